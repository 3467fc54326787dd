"""EDEXML 2.1, and the ways in which files depart from it → which Cito key is which pupil."""

import codecs
import io
from pathlib import Path

import pandas as pd
import pytest
from conftest import WorkspaceFolder, eck_id, leerling, row

from cito_numo.arrivals import made_at
from cito_numo.config import Edexml
from cito_numo.edexml import EdexmlFile, read_edexml
from cito_numo.errors import CitoNumoError
from cito_numo.findings import Finding
from cito_numo.keytable import Arrived
from cito_numo.privacy import Secret
from cito_numo.tables import EDEXML_PUPILS, KEY_TABLE, names

SECRET = Secret(bytes(32))
AUTO = Edexml()

WHOLE = """\
<?xml version="1.0" encoding="UTF-8"?>
<EDEX xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="EDEXML.structuur.xsd">
  <school>
    <schooljaar>2026-2027</schooljaar>
    <brincode>99XX</brincode>
    <dependancecode>00</dependancecode>
    <aanmaakdatum>2026-09-01T08:00:00</aanmaakdatum>
    <auteur>Voorbeeld</auteur>
    <xsdversie>2.1</xsdversie>
  </school>
  <vestigingen>
    <vestiging key="v1"><naam>Oost</naam><dependancecode>01</dependancecode></vestiging>
  </vestigingen>
  <groepen>
    <groep key="g1"><naam>2A</naam><jaargroep>12</jaargroep></groep>
    <samengestelde_groep key="s1"><naam>2 rekenen</naam></samengestelde_groep>
  </groepen>
  <leerlingen>
    <!-- de eerste leerling -->
    <leerling key=" 00001 " eckid="ECK">
      <achternaam>Demo</achternaam>
      <voorvoegsel></voorvoegsel>
      <roepnaam>Demi</roepnaam>
      <geboortedatum>2014-01-01</geboortedatum>
      <geslacht>9</geslacht>
      <jaargroep>12</jaargroep>
      <groep key="g1"/>
      <samengestelde_groepen><samengestelde_groep key="s1"/></samengestelde_groepen>
      <vestiging key="v1"/>
      <gebruikersnaam> 0012 </gebruikersnaam>
      <emailadres>d.demo@demo-college.example</emailadres>
      <bsn>999999990</bsn>
      <toevoegingen><blok xsi:type="x"><code>1</code><stamnummer>S12</stamnummer></blok></toevoegingen>
      <mutatiedatum>2026-08-30</mutatiedatum>
      <blok xsi:type="VolgsysteemVOType"><leerling><bsn_ondwnr-4>999999990</bsn_ondwnr-4></leerling></blok>
    </leerling>
  </leerlingen>
  <leerkrachten>
    <leerkracht key="l1">
      <groepen><groep key="g1"><naam>Docent</naam></groep></groepen>
    </leerkracht>
  </leerkrachten>
</EDEX>
""".replace("ECK", eck_id(1))


def edex(*leerlingen: str, before: str = "", school: str = "") -> str:
    """A small EDEXML."""
    groepen = '<groep key="g1"><naam>2A</naam></groep><samengestelde_groep key="s1"><naam>2X</naam></samengestelde_groep>'
    head = f"<school><schooljaar>2026-2027</schooljaar>{school}</school>{before}<groepen>{groepen}</groepen>"
    return f"<EDEX>{head}<leerlingen>{''.join(leerlingen)}</leerlingen></EDEX>"


def read(
    content: str | bytes, settings: Edexml = AUTO, *, vestigingen: tuple[str, ...] = (), known: tuple[str, ...] | None = None
) -> EdexmlFile:
    content = content if isinstance(content, bytes) else content.encode()
    return read_edexml(content, "edexml.xml", secret=SECRET, settings=settings, vestigingen=vestigingen, known=known)


def plain(table: pd.DataFrame, *columns: str) -> list[tuple]:
    """The rows as tuples, with None for what is missing."""
    chosen = table[list(columns)]
    return list(chosen.astype(object).where(chosen.notna(), None).itertuples(index=False, name=None))


def who(file: EdexmlFile) -> list[tuple]:
    """Cito key and gebruikersnaam of each pupil."""
    return plain(file.pupils, "cito_key", "gebruikersnaam")


def found(file: EdexmlFile, code: str) -> Finding | None:
    """What was found under that code, once at most."""
    findings = [finding for finding in file.findings if finding.kind.code == code]
    assert len(findings) <= 1
    return findings[0] if findings else None


def lines(file: EdexmlFile, code: str) -> tuple[int, ...]:
    """The lines on which that stands."""
    finding = found(file, code)
    return finding.lines if finding else ()


def refusal(content: str | bytes, *, vestigingen: tuple[str, ...] = ()) -> tuple[str, str]:
    with pytest.raises(CitoNumoError) as stopped:
        read(content, vestigingen=vestigingen)
    (problem,) = stopped.value.problems
    assert problem.place == "edexml.xml"
    return problem.kind.code, problem.message


# --- what is read ----------------------------------------------------------------------------------------------------


def test_a_whole_edexml_gives_its_school_and_its_pupils():
    file = read(WHOLE)
    assert (file.dialect, file.xsdversie, file.brin, file.schooljaar, file.aanmaakdatum) == (
        "EDEXML", "2.1", "99XX", "2026-2027", "2026-09-01T08:00:00",
    )  # fmt: skip
    assert plain(file.pupils, *names(EDEXML_PUPILS)) == [("00001", SECRET.hash_eck_id(eck_id(1)), "0012", "2A", 2, "01")]


def test_the_table_has_the_declared_columns_and_dtypes():
    pupils = read(WHOLE).pupils
    assert {name: str(dtype) for name, dtype in pupils.dtypes.items()} == {column.name: column.dtype for column in EDEXML_PUPILS}


def test_the_source_may_be_a_path_bytes_or_a_stream(tmp_path: Path):
    path = tmp_path / "cito-importbestand.xml"
    path.write_text(WHOLE)
    files = [read_edexml(source, secret=SECRET) for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes()))]
    assert [file.name for file in files] == ["cito-importbestand.xml", "cito-importbestand.xml", "", ""]
    assert [who(file) for file in files] == [[("00001", "0012")]] * 4


def test_without_a_secret_eck_ids_can_only_be_compared_within_one_file():
    text = edex(leerling("1", "0012", eck_id(1)), leerling("2", "0013", eck_id(1))).encode()
    one, other = read_edexml(text).pupils["eck_id"], read_edexml(text).pupils["eck_id"]
    assert one[0] == one[1] != other[0]


def test_pupils_are_in_the_order_of_the_file():
    file = read(edex(*(leerling(str(number), f"{number:04}") for number in range(5000, 0, -1))))
    assert file.pupils["cito_key"].tolist() == [str(number) for number in range(5000, 0, -1)]


def test_a_leerling_nested_in_a_block_is_no_pupil():
    nested = '<toevoegingen><blok><leerling key="9"><gebruikersnaam>0099</gebruikersnaam></leerling></blok></toevoegingen>'
    after = '<blok><leerlingen><leerling key="8"/></leerlingen></blok>'
    assert plain(read(edex(leerling("1", "0012", extra=nested + after))).pupils, "cito_key", "gebruikersnaam") == [("1", "0012")]


def test_a_leerling_outside_leerlingen_is_no_pupil():
    assert plain(read(edex(leerling("1", "0012"), before=leerling("2", "0013"))).pupils, "cito_key") == [("1",)]


def test_no_name_birth_date_or_bsn_leaves_the_reader():
    file = read(WHOLE)
    told = "\n".join((file.pupils.to_csv(), repr(file), *(str(finding.problem("edexml.xml")) for finding in file.findings)))
    assert not [private for private in ("Demo", "Demi", "2014", "999999990", "ketenid", "@", "d.demo") if private in told]


def test_a_dummy_key_is_not_kept():
    file = read(edex(leerling("#1", "0012", eck_id(1)), leerling(" #2", "0013", eck_id(2)), leerling("3", "0014")))
    assert who(file) == [(None, "0012"), (None, "0013"), ("3", "0014")]
    assert found(file, "edexml-key-dummy").count == 2


def test_a_pupil_with_an_eck_id_but_no_key_stays():
    file = read(edex(f'<leerling eckid="{eck_id(1)}"><gebruikersnaam>0012</gebruikersnaam></leerling>'))
    assert plain(file.pupils, "cito_key", "eck_id", "gebruikersnaam") == [(None, SECRET.hash_eck_id(eck_id(1)), "0012")]
    assert found(file, "edexml-no-key") is None


def test_a_pupil_with_neither_key_nor_eck_id_is_left_out_and_noted():
    file = read(edex(leerling("1", "0012"), *("\n" + pupil for pupil in (leerling("#2", "0013"), leerling(" ", "0015"), "<leerling/>"))))
    assert who(file) == [("1", "0012")]
    assert lines(file, "edexml-no-key") == (2, 3, 4)


def test_keys_are_stripped_and_keep_their_zeros():
    file = read(edex(leerling(" 00001 ", "0012"), leerling("\t001\n", "0013")))
    assert plain(file.pupils, "cito_key") == [("00001",), ("001",)]


def test_a_key_that_two_pupils_have_stays_twice():
    file = read(edex(leerling("1", "0012"), "\n", leerling("1 ", "0013"), "\n", leerling("01", "0014")))
    assert who(file) == [("1", "0012"), ("1", "0013"), ("01", "0014")]
    assert lines(file, "edexml-key-double") == (1, 2)


def test_an_eck_id_or_a_gebruikersnaam_that_two_pupils_have_stays_twice_and_is_noted():
    file = read(edex(leerling("1", "0012", eck_id(7)), "\n", leerling("2", "0012", eck_id(7).replace("https", "HTTPS"))))
    assert who(file) == [("1", "0012"), ("2", "0012")]
    assert (lines(file, "edexml-eck-double"), lines(file, "edexml-name-double")) == ((1, 2), (1, 2))


@pytest.mark.parametrize(
    ("groepen", "klas"),
    [
        ('<groep key="g1"/>', "2A"),
        ('<groep key=" g1 "/>', "2A"),
        ('<samengestelde_groepen><samengestelde_groep key="s1"/></samengestelde_groepen>', "2X"),
        ('<groep key="g1"/><samengestelde_groepen><samengestelde_groep key="s1"/></samengestelde_groepen>', "2A"),
        ('<groep key="weg"/>', None),
        ("<samengestelde_groepen/>", None),
        ("", None),
    ],
)
def test_the_klas_is_the_groep_else_the_samengestelde_groep(groepen: str, klas: str | None):
    file = read(edex(f'<leerling key="1">{groepen}</leerling>'))
    assert plain(file.pupils, "klas") == [(klas,)]
    assert bool(found(file, "edexml-groep-unknown")) == ("weg" in groepen)


def test_groepen_of_leerkrachten_are_no_klassen():
    assert plain(read(WHOLE).pupils, "klas") == [("2A",)]


def test_an_eckid_that_is_a_stampseudoniem_is_none():
    file = read(edex(leerling("1", "0012", eck="https://ketenid.nl/sppilot/" + "a" * 128)))
    assert plain(file.pupils, "eck_id") == [(None,)]


@pytest.mark.parametrize("element", ["gebruikersnaam", "emailadres"])
def test_an_eck_id_in_a_wrong_element_is_neither_kept_nor_shown(element: str):
    text = edex(f'<leerling key="1"><{element}>{eck_id(1)}</{element}></leerling>', leerling("2", "0012"), leerling("3", "0013"))
    file = read(text, Edexml(leerlingnummer=element))
    assert pd.isna(file.pupils["gebruikersnaam"][0])
    assert "ketenid" not in file.pupils.to_csv() + repr(file.findings)


def test_an_eck_id_in_a_key_or_a_name_of_a_groep_is_neither_kept_nor_shown():
    groep = f'<groepen><groep key="e"><naam>{eck_id(2)}</naam></groep></groepen>'
    text = edex(leerling(eck_id(1), "0012"), '<leerling key="2"><groep key="e"/></leerling>').replace("<groepen>", groep + "<groepen>", 1)
    assert "ketenid" not in read(text).pupils.to_csv()


def test_a_file_without_brincode_and_leerkrachten_is_read():
    file = read(edex(leerling("1", "0012")))
    assert (file.brin, file.aanmaakdatum) == (None, None)
    assert who(file) == [("1", "0012")]


def test_a_file_without_school_and_groepen_is_read():
    file = read(f"<EDEX><leerlingen>{leerling('1', '0012')}</leerlingen></EDEX>")
    assert (file.brin, file.schooljaar, file.xsdversie) == (None, None, None)
    assert plain(file.pupils, "cito_key", "gebruikersnaam", "klas", "leerjaar", "vestiging") == [("1", "0012", None, None, "00")]


# --- leerjaar --------------------------------------------------------------------------------------------------------


def jaargroepen(*written: str) -> EdexmlFile:
    return read(edex(*(f'<leerling key="{number}"><jaargroep>{text}</jaargroep></leerling>' for number, text in enumerate(written))))


def leerjaren(*written: str) -> list[int | None]:
    return [leerjaar for (leerjaar,) in plain(jaargroepen(*written).pupils, "leerjaar")]


def test_jaargroep_11_to_16_are_the_years_of_vo():
    assert leerjaren("11", "12", "13", "14", "15", "16", "S", "V", "") == [1, 2, 3, 4, 5, 6, None, None, None]


def test_jaargroep_1_to_6_are_the_years_of_vo_where_no_pupil_has_a_higher_one():
    assert leerjaren("1", "2", "6", "V") == [1, 2, 6, None]


def test_jaargroep_1_to_6_are_of_primary_education_beside_11_to_16():
    assert leerjaren("1", "12", "8") == [None, 2, None]


def test_a_file_of_primary_education_gives_no_leerjaar_and_says_so():
    file = jaargroepen("6", "7", "8")
    assert file.pupils["leerjaar"].isna().all()
    assert found(file, "edexml-not-vo") is not None


def test_a_jaargroep_that_is_no_jaargroep_leaves_that_of_others_as_it_is():
    assert leerjaren("1", "2", "99") == [1, 2, None]


def test_a_jaargroep_of_endless_digits_is_none():
    assert leerjaren("12", "1" * 5000, "²", "+13") == [2, None, None, None]


def test_the_jaargroep_of_the_pupil_goes_before_that_of_the_groep():
    groepen = '<groepen><groep key="g"><naam>2/3</naam><jaargroep>12</jaargroep></groep></groepen>'
    pupils = '<leerling key="1"><jaargroep>13</jaargroep><groep key="g"/></leerling><leerling key="2"><groep key="g"/></leerling>'
    assert plain(read(f"<EDEX>{groepen}<leerlingen>{pupils}</leerlingen></EDEX>").pupils, "leerjaar") == [(3,), (2,)]


# --- who left --------------------------------------------------------------------------------------------------------


def ex_pupil(day: str = "", jaargroep: str = "12") -> str:
    return f'<leerling key="1"><jaargroep>{jaargroep}</jaargroep><uitstroomdatum>{day}</uitstroomdatum></leerling>'


@pytest.mark.parametrize(
    ("pupil", "left"),
    [
        (ex_pupil("2026-08-31"), True),
        (ex_pupil("2026-09-01"), False),
        (ex_pupil("2027-07-31"), False),
        (ex_pupil(), False),
        (ex_pupil(jaargroep="H"), True),
    ],
)
@pytest.mark.parametrize(
    "day",
    [
        "<peildatum>2026-09-01</peildatum><aanmaakdatum>2026-10-10T08:00:00</aanmaakdatum>",
        "<aanmaakdatum>2026-09-01T08:00:00</aanmaakdatum>",
    ],
)
def test_who_left_before_the_files_day_is_noted_and_kept(day: str, pupil: str, left: bool):
    file = read(edex(pupil, school=day))
    assert (plain(file.pupils, "cito_key"), bool(found(file, "edexml-left"))) == ([("1",)], left)


def test_without_a_day_in_the_file_only_jaargroep_h_tells_who_left():
    assert [bool(found(read(edex(pupil)), "edexml-left")) for pupil in (ex_pupil("2001-01-01"), ex_pupil(jaargroep="H"))] == [False, True]


# --- how it is written -----------------------------------------------------------------------------------------------


def test_elements_in_another_order_and_on_one_line_are_read():
    text = edex('<leerling key="1"><gebruikersnaam>0012</gebruikersnaam><groep key="g1"/><achternaam>Demo</achternaam></leerling>')
    file = read(text)
    assert plain(file.pupils, "gebruikersnaam", "klas") == [("0012", "2A")]
    assert [str(finding.problem("")).partition(" stands")[0] for finding in file.findings] == ["<groep>", "<achternaam>"]
    assert {finding.kind.code for finding in file.findings} == {"edexml-order"}


@pytest.mark.parametrize(
    ("start", "encoding"),
    [
        (codecs.BOM_UTF8, "UTF-8"),
        (codecs.BOM_UTF16_LE, "UTF-16-LE"),
        (codecs.BOM_UTF16_BE, "UTF-16-BE"),
        (b"", "ISO-8859-1"),
        (b"", "windows-1252"),
    ],
)
def test_the_encoding_is_the_one_that_is_declared(start: bytes, encoding: str):
    declaration = f'<?xml version="1.0" encoding="{encoding.removesuffix("-LE").removesuffix("-BE")}"?>'
    content = start + (declaration + edex(leerling("1", "zoë"))).encode(encoding)
    assert plain(read(content).pupils, "gebruikersnaam") == [("zoë",)]


# --- vestigingen -----------------------------------------------------------------------------------------------------

JOINT = edex(
    '<leerling key="1"><vestiging key="v0"/><gebruikersnaam>0010</gebruikersnaam></leerling>',
    '<leerling key="2"><vestiging key="v1"/><gebruikersnaam>0011</gebruikersnaam></leerling>',
    '<leerling key="3"><vestiging key="02"/><gebruikersnaam>0012</gebruikersnaam></leerling>',
    '<leerling key="4"><gebruikersnaam>0013</gebruikersnaam></leerling>',
    before="<vestigingen>"
    '<vestiging key="v0"><naam>Hoofd</naam><dependancecode>00</dependancecode></vestiging>'
    '<vestiging key="v1"><naam>Oost</naam><dependancecode>01</dependancecode></vestiging>'
    "</vestigingen>",
)


@pytest.mark.parametrize(
    ("vestigingen", "keys"),
    [((), ["1", "2", "3", "4"]), (("00",), ["1", "4"]), (("01",), ["2"]), (("02",), ["3"]), (("00", "01"), ["1", "2", "4"])],
)
def test_of_a_joint_file_only_the_schools_own_vestigingen_count(vestigingen: tuple[str, ...], keys: list[str]):
    assert [key for key, _gebruikersnaam in who(read(JOINT, vestigingen=vestigingen))] == keys


def test_a_joint_file_in_which_none_of_the_schools_vestigingen_is_is_refused():
    code, message = refusal(JOINT, vestigingen=("07", "08"))
    assert (code, "(07, 08)" in message) == ("edexml-other-vestigingen", True)


def test_pupils_of_another_vestiging_do_not_count_for_what_is_noted():
    text = edex('<leerling key="1"><vestiging key="01"/></leerling>', leerling("1", "0012"), leerling("1 ", "0013"))
    assert found(read(text, vestigingen=("00",)), "edexml-key-double").count == 2
    assert found(read(text, vestigingen=("01",)), "edexml-key-double") is None


@pytest.mark.parametrize(("code", "vestiging"), [("<dependancecode>03</dependancecode>", "03"), ("<dependancecode/>", "00"), ("", "00")])
def test_a_pupil_without_vestiging_is_of_the_files_own_where_empty_is_00(code: str, vestiging: str):
    assert plain(read(edex(leerling("1", "0012"), school=code)).pupils, "vestiging") == [(vestiging,)]


def test_an_empty_dependancecode_of_a_vestiging_is_00_too():
    vestigingen = '<vestigingen><vestiging key="v0"><naam>Hoofd</naam><dependancecode/></vestiging></vestigingen>'
    file = read(edex('<leerling key="1"><vestiging key="v0"/></leerling>', before=vestigingen))
    assert plain(file.pupils, "vestiging") == [("00",)]


# --- where the gebruikersnaam stands ---------------------------------------------------------------------------------


def pupil(key: str, gebruikersnaam: str = "", mail: str = "", extra: str = "") -> str:
    return f'<leerling key="{key}"><gebruikersnaam>{gebruikersnaam}</gebruikersnaam><emailadres>{mail}</emailadres>{extra}</leerling>'


def uncertain(file: EdexmlFile, code: str) -> str:
    """What is said of a file of which the place is not certain."""
    assert file.place is None
    assert file.pupils["gebruikersnaam"].isna().all()
    finding = found(file, code)
    assert finding is not None
    return finding.problem("edexml.xml").message


def test_the_place_is_the_one_in_which_most_of_numos_pupils_are_found():
    mails = (pupil("1", "jan", "0012@demo-college.example"), pupil("2", "0099", "0013@demo-college.example"), pupil("3", "0014"))
    file = read(edex(*mails), known=("0012", "0013", "0014"))
    assert (file.place, file.places) == ("emailadres", {"gebruikersnaam": 1, "emailadres": 2, "key": 0})
    assert who(file) == [("1", "0012"), ("2", "0013"), ("3", None)]


def test_the_place_may_be_the_key():
    file = read(edex(pupil("0012"), pupil("0013")), known=("0012", "0013"))
    assert file.place == "key"
    assert who(file) == [("0012", "0012"), ("0013", "0013")]


def test_the_place_is_decided_once_for_the_file_and_never_per_pupil():
    file = read(edex(pupil("1", "0012"), pupil("2", "0013"), pupil("0014", "")), known=("0012", "0013", "0014"))
    assert who(file) == [("1", "0012"), ("2", "0013"), ("0014", None)]


def test_two_places_with_as_many_of_numos_pupils_are_not_certain():
    file = read(edex(pupil("0013", "0012"), pupil("0012", "0013")), known=("0012", "0013"))
    assert "gebruikersnaam 2, emailadres 0, key 2; in the list: 2" in uncertain(file, "edexml-place")
    assert found(file, "edexml-place").unusable


def test_two_places_that_say_the_same_of_every_pupil_are_no_tie():
    file = read(edex(pupil("0012", "0012"), pupil("0013", "0013")), known=("0012", "0013"))
    assert file.place == "gebruikersnaam"
    assert who(file) == [("0012", "0012"), ("0013", "0013")]


def test_less_than_half_of_the_pupils_found_is_not_certain():
    file = read(edex(pupil("1", "0012"), pupil("2", "b"), pupil("3", "c")), known=("0012", "0013", "0014"))
    assert "gebruikersnaam 1, emailadres 0, key 0; in the list: 3" in uncertain(file, "edexml-place")


def test_half_of_the_pupils_found_is_enough():
    file = read(edex(pupil("1", "0012"), pupil("2", "b")), known=("0012", "0013"))
    assert who(file) == [("1", "0012"), ("2", "b")]


def test_a_file_of_one_leerjaar_need_not_hold_all_of_numos_pupils():
    file = read(edex(pupil("1", "0012")), known=("0012", "0013", "0014", "0015", "0016"))
    assert who(file) == [("1", "0012")]


def test_a_file_in_which_none_of_numos_pupils_is_found_is_not_certain():
    file = read(edex(pupil("1", "a")), known=("0012",))
    assert "gebruikersnaam 0, emailadres 0, key 0" in uncertain(file, "edexml-place")


def test_a_pupil_that_is_in_the_file_twice_counts_once_for_the_place():
    same = [pupil(str(number), "0012") for number in range(3)]
    file = read(edex(*same, pupil("7", "", "0013@x.example"), pupil("8", "", "0014@x.example")), known=("0012", "0013", "0014"))
    assert (file.place, file.places) == ("emailadres", {"gebruikersnaam": 1, "emailadres": 2, "key": 0})


def test_an_empty_list_of_numo_makes_no_place_certain():
    assert "in the list: 0" in uncertain(read(edex(pupil("1", "0012")), known=()), "edexml-place")


def test_an_uncertain_place_is_told_whatever_else_is_odd_about_the_file():
    behind_the_last = "<mutatiedatum/>" + "".join(f"<eigen{number}/>" for number in range(300))
    file = read(edex(pupil("1", "a", extra=behind_the_last)), known=("0012",))
    assert uncertain(file, "edexml-place")


def test_where_the_place_is_uncertain_it_says_what_parties_added():
    added = "<toevoegingen><blok><code>1</code><stamnummer>0012</stamnummer></blok></toevoegingen>"
    file = read(edex(pupil("1", "a", extra=added)), known=("0012",))
    assert "In toevoegingen stands: code, stamnummer." in found(file, "edexml-place").problem("").advice


def test_without_numos_list_the_element_gebruikersnaam_counts_where_most_pupils_have_it():
    file = read(edex(pupil("1", "0012"), pupil("2", "0013"), pupil("3")))
    assert (file.place, file.places) == ("gebruikersnaam", {"gebruikersnaam": 2, "emailadres": 0, "key": 3})
    assert who(file) == [("1", "0012"), ("2", "0013"), ("3", None)]


def test_without_numos_list_and_with_few_gebruikersnamen_it_is_not_certain():
    file = read(edex(pupil("1", "0012"), pupil("2")))
    assert "without Numo's list to compare. Of 2 pupils have one: gebruikersnaam 1" in uncertain(file, "edexml-place-unknown")
    assert not found(file, "edexml-place-unknown").unusable


def test_nothing_before_the_at_is_no_gebruikersnaam():
    text = edex(pupil("1", "", " 0012 @x.example"), pupil("2", "", "@x.example"), pupil("3", "", " "), pupil("4", "", "0013"))
    assert who(read(text, Edexml(leerlingnummer="emailadres"))) == [("1", "0012"), ("2", None), ("3", None), ("4", "0013")]


@pytest.mark.parametrize(
    ("place", "gebruikersnaam"),
    [
        ("gebruikersnaam", "0012"),
        ("emailadres", "d.demo"),
        ("key", "00001"),
        ("toevoegingen:stamnummer", "S12"),
        ("toevoegingen:weg", None),
    ],
)
def test_a_configured_place_counts_whatever_numos_list_says(place: str, gebruikersnaam: str | None):
    file = read(WHOLE, Edexml(leerlingnummer=place), known=("0012",))
    assert (file.place, who(file)) == (place, [("00001", gebruikersnaam)])
    assert not [finding for finding in file.findings if finding.unusable]


def test_the_cito_key_may_stand_in_toevoegingen():
    extra = "<toevoegingen><stamnummer> K1 </stamnummer></toevoegingen>"
    file = read(edex(pupil("1", "0012", extra=extra), pupil("2", "0013")), Edexml(cito_key="toevoegingen:stamnummer"))
    assert who(file) == [("K1", "0012")]
    assert found(file, "edexml-no-key").count == 1


def test_a_dummy_cito_key_in_toevoegingen_is_not_kept_either():
    extra = "<toevoegingen><stamnummer>#1</stamnummer></toevoegingen>"
    text = edex(f'<leerling key="1" eckid="{eck_id(1)}"><gebruikersnaam>0012</gebruikersnaam>{extra}</leerling>')
    assert who(read(text, Edexml(cito_key="toevoegingen:stamnummer"))) == [(None, "0012")]


def test_the_key_table_has_the_order_of_the_file_and_the_declared_columns():
    file = read(WHOLE, known=("0012",))
    table = Arrived(file.name, file.brin, made_at(file), file.pupils, "sha256", 7).rows
    assert list(table.columns) == names(KEY_TABLE)
    assert plain(table, "cito_key", "klas", "volgorde") == [("00001", "2A", 7)]


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE EDEX>",
        '<!DOCTYPE EDEX SYSTEM "edex.dtd">',
        '<!DOCTYPE EDEX [<!ENTITY naam "0012">]>',
        '<!DOCTYPE EDEX [<!ENTITY naam SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE EDEX [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
    ],
)
def test_a_doctype_with_or_without_entities_is_refused(doctype: str):
    assert refusal(doctype + edex(leerling("1", "0012")))[0] == "xml-doctype"


def test_an_entity_that_nobody_declared_is_refused():
    assert refusal(edex(leerling("1", "&naam;")))[0] == "xml-syntax"


def test_entities_that_grow_without_end_are_refused():
    grow = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 12))
    bomb = f'<!DOCTYPE EDEX [<!ENTITY e0 "0123456789">{grow}]><EDEX x="&e11;"><leerlingen/></EDEX>'
    assert refusal(bomb)[0] == "xml-doctype"


def test_what_is_not_well_formed_is_refused_with_its_line():
    text = "<EDEX>\n<school>\n</school>\n<leerlingen>\n<leerling key='1'>\n</leerlingen>\n</EDEX>"
    assert refusal(text) == ("xml-syntax", "This is not well-formed XML (line 6).")


@pytest.mark.parametrize("content", [b"geen xml", b"<EDEX><leerlingen>", b"<EDEX", b"<", b"<?xml", b"\xff\xfe", b"{}", b"PK\x03\x04"])
def test_what_is_no_xml_or_is_cut_off_is_refused(content: bytes):
    assert refusal(content)[0] == "xml-syntax"


def test_bytes_that_are_not_in_the_encoding_are_refused_with_their_line():
    code, message = refusal(b'<?xml version="1.0" encoding="UTF-8"?>\n<EDEX>\xe9</EDEX>')
    assert (code, "UTF-8" in message, "(line 2)" in message) == ("xml-charset", True, True)


@pytest.mark.parametrize("root", ["leerlingen", "html", "rss", "x:leerling"])
def test_another_root_is_refused_by_name(root: str):
    code, message = refusal(f"<{root} xmlns:x='urn:x'><leerlingen><leerling key='1'/></leerlingen></{root}>")
    assert code == "edexml-root"
    assert f"<{root.removeprefix('x:')}>, not <EDEX> or <leerlinggegevens>" in message


def test_a_file_without_pupils_is_refused():
    assert refusal(edex())[0] == "edexml-no-pupils"
    assert refusal("<EDEX/>")[0] == "edexml-no-pupils"


def test_a_file_in_which_no_pupil_has_a_key_is_refused():
    assert refusal(edex(leerling("#1", "0012"), "<leerling/>"))[0] == "edexml-no-keys"


@pytest.mark.parametrize("content", [b"", b" \r\n"])
def test_an_empty_file_is_refused(content: bytes):
    assert refusal(content)[0] == "file-empty"


# --- a Somtoday school's night ---------------------------------------------------------------------------------------


def test_the_results_of_a_somtoday_school_find_their_pupils_through_the_edexml(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A", "0013;;2A")
    school.edexml(leerling("K1", "0012"), leerling("K2", "0013"))
    school.cito(row(key="K2"))

    assert workspace.sync_json().exit_code == 0
    assert [plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]] == ["0013"]


def test_an_edexml_with_a_doctype_does_not_stop_the_good_one_beside_it(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A")
    school.put("inbox/edexml/a.xml", "<!DOCTYPE EDEX>" + edex(leerling("K1", "0012")))
    school.edexml(leerling("K1", "0012"), name="b.xml")
    school.cito(row(key="K1"))

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (3, "delivered")
    assert "a.xml: This file has a DOCTYPE" in ran.school["message"]


def test_an_unknown_groep_of_a_pupil_of_another_vestiging_is_not_told():
    file = read(
        edex(
            '<leerling key="1"><groep key="weg"/><vestiging key="02"/></leerling>',
            '<leerling key="2"><groep key="g1"/><vestiging key="01"/><gebruikersnaam>0012</gebruikersnaam></leerling>',
        ),
        vestigingen=("01",),
    )
    assert [finding.kind.code for finding in file.findings] == []


def test_what_stands_in_the_place_of_the_outermost_element_and_is_no_name_is_not_told():
    with pytest.raises(CitoNumoError) as error:
        read_edexml(b'<?xml version="1.0"?>\n<htmlkey="00001"/></leerlingen></html>\n', "edexml.xml", secret=Secret(bytes(32)))
    assert "00001" not in str(error.value)
