"""EDEXML 2.1, and the ways in which files depart from it → which Cito key is which pupil."""

import codecs

import pandas as pd
import pytest
from conftest import WorkspaceFolder, eck_id, leerling, row

from cito_numo.config import Edexml
from cito_numo.edexml import EdexmlFile, read_edexml, to_key_table
from cito_numo.errors import CitoNumoError
from cito_numo.privacy import Secret
from cito_numo.tables import KEY_TABLE, names

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


def read(content: str | bytes, settings: Edexml | None = None) -> EdexmlFile:
    return read_edexml(content if isinstance(content, bytes) else content.encode(), "edexml.xml", SECRET, settings)


def plain(table: pd.DataFrame, *columns: str) -> list[tuple]:
    """The rows as tuples, with None for what is missing."""
    chosen = table[list(columns)]
    return list(chosen.astype(object).where(chosen.notna(), None).itertuples(index=False, name=None))


def keys(file: EdexmlFile, settings: Edexml = AUTO, vestigingen: tuple[str, ...] = (), known: tuple[str, ...] | None = None) -> list[tuple]:
    """Cito key and gebruikersnaam of each pupil in the key table."""
    numo = pd.Series(known, dtype="str") if known is not None else None
    return plain(to_key_table(file, 1, settings, vestigingen, numo), "cito_key", "gebruikersnaam")


def refusal(content: str | bytes) -> tuple[str, str]:
    with pytest.raises(CitoNumoError) as stopped:
        read(content)
    (problem,) = stopped.value.problems
    assert problem.place == "edexml.xml"
    return problem.kind.code, problem.message


# --- what is read ----------------------------------------------------------------------------------------------------


def test_a_whole_edexml_gives_its_school_and_its_pupils():
    file = read(WHOLE)
    assert (file.brin, file.aanmaakdatum) == ("99XX", "2026-09-01T08:00:00")
    assert plain(file.pupils, "cito_key", "eck_id", "klas", "vestiging", "gebruikersnaam", "emailadres", "key") == [
        ("00001", SECRET.hash_eck_id(eck_id(1)), "2A", "01", "0012", "d.demo", "00001")
    ]


def test_a_leerling_nested_in_a_block_is_no_pupil():
    nested = '<toevoegingen><blok><leerling key="9"><gebruikersnaam>0099</gebruikersnaam></leerling></blok></toevoegingen>'
    after = '<blok><leerlingen><leerling key="8"/></leerlingen></blok>'
    assert plain(read(edex(leerling("1", "0012", extra=nested + after))).pupils, "cito_key", "gebruikersnaam") == [("1", "0012")]


def test_a_leerling_outside_leerlingen_is_no_pupil():
    assert plain(read(edex(leerling("1", "0012"), before=leerling("2", "0013"))).pupils, "cito_key") == [("1",)]


def test_no_name_birth_date_or_bsn_is_in_the_table():
    pupils = read(WHOLE).pupils
    assert set(pupils.columns) == {"cito_key", "eck_id", "klas", "vestiging", "gebruikersnaam", "emailadres", "key"}
    text = pupils.to_csv()
    assert not [private for private in ("Demo", "Demi", "2014", "999999990", "ketenid", "@") if private in text]


def test_dummy_keys_and_pupils_without_key_are_left_out():
    file = read(edex(leerling("#1", "0012"), leerling(" #2", "0013"), leerling("3", "0014"), leerling(" ", "0015"), "<leerling/>"))
    assert plain(file.pupils, "cito_key") == [("3",)]


def test_keys_are_stripped_and_keep_their_zeros():
    file = read(edex(leerling(" 00001 ", "0012"), leerling("\t001\n", "0013")))
    assert plain(file.pupils, "cito_key") == [("00001",), ("001",)]


def test_a_key_that_two_pupils_have_stays_twice():
    assert plain(read(edex(leerling("1", "0012"), leerling("1 ", "0013"))).pupils, "cito_key") == [("1",), ("1",)]


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


def test_groepen_of_leerkrachten_are_no_klassen():
    assert plain(read(WHOLE).pupils, "klas") == [("2A",)]


def test_an_eckid_that_is_a_stampseudoniem_is_none():
    file = read(edex(leerling("1", "0012", eck="https://ketenid.nl/sppilot/" + "a" * 128)))
    assert plain(file.pupils, "eck_id") == [(None,)]


def test_a_file_without_brincode_and_leerkrachten_is_read():
    file = read(edex(leerling("1", "0012")))
    assert (file.brin, file.aanmaakdatum) == (None, None)
    assert plain(file.pupils, "cito_key", "gebruikersnaam") == [("1", "0012")]


def test_elements_in_another_order_and_on_one_line_are_read():
    text = edex('<leerling key="1"><gebruikersnaam>0012</gebruikersnaam><groep key="g1"/><achternaam>Demo</achternaam></leerling>')
    assert plain(read(text).pupils, "gebruikersnaam", "klas") == [("0012", "2A")]


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
    ("vestigingen", "found"),
    [((), ["1", "2", "3", "4"]), (("00",), ["1", "4"]), (("01",), ["2"]), (("02",), ["3"]), (("00", "01"), ["1", "2", "4"])],
)
def test_of_a_joint_file_only_the_schools_own_vestigingen_count(vestigingen: tuple[str, ...], found: list[str]):
    assert [key for key, _gebruikersnaam in keys(read(JOINT), vestigingen=vestigingen)] == found


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


def test_the_place_is_the_one_in_which_most_of_numos_pupils_are_found():
    file = read(edex(pupil("1", "jan", "0012@demo-college.example"), pupil("2", "0099", "0013@demo-college.example"), pupil("3", "0014")))
    assert keys(file, known=("0012", "0013", "0014")) == [("1", "0012"), ("2", "0013"), ("3", None)]


def test_the_place_may_be_the_key():
    file = read(edex(pupil("0012"), pupil("0013")))
    assert keys(file, known=("0012", "0013")) == [("0012", "0012"), ("0013", "0013")]


def test_the_place_is_decided_once_for_the_file_and_never_per_pupil():
    file = read(edex(pupil("1", "0012"), pupil("2", "0013"), pupil("0014", "")))
    assert keys(file, known=("0012", "0013", "0014")) == [("1", "0012"), ("2", "0013"), ("0014", None)]


def test_two_places_with_as_many_of_numos_pupils_are_not_certain():
    file = read(edex(pupil("0013", "0012"), pupil("0012", "0013")))
    with pytest.raises(CitoNumoError, match="gebruikersnaam 2, emailadres 0, key 2; in the list: 2") as stopped:
        keys(file, known=("0012", "0013"))
    assert stopped.value.problems[0].kind.code == "edexml-place"


def test_two_places_that_say_the_same_of_every_pupil_are_no_tie():
    file = read(edex(pupil("0012", "0012"), pupil("0013", "0013")))
    assert keys(file, known=("0012", "0013")) == [("0012", "0012"), ("0013", "0013")]


def test_less_than_half_of_the_pupils_found_is_not_certain():
    file = read(edex(pupil("1", "0012"), pupil("2", "b"), pupil("3", "c")))
    with pytest.raises(CitoNumoError, match="gebruikersnaam 1, emailadres 0, key 0; in the list: 3"):
        keys(file, known=("0012", "0013", "0014"))


def test_half_of_the_pupils_found_is_enough():
    file = read(edex(pupil("1", "0012"), pupil("2", "b")))
    assert keys(file, known=("0012", "0013")) == [("1", "0012"), ("2", "b")]


def test_a_file_of_one_leerjaar_need_not_hold_all_of_numos_pupils():
    file = read(edex(pupil("1", "0012")))
    assert keys(file, known=("0012", "0013", "0014", "0015", "0016")) == [("1", "0012")]


def test_a_file_in_which_none_of_numos_pupils_is_found_is_not_certain():
    with pytest.raises(CitoNumoError, match="gebruikersnaam 0, emailadres 0, key 0"):
        keys(read(edex(pupil("1", "a"))), known=("0012",))


def test_without_numos_list_the_element_gebruikersnaam_counts_where_most_pupils_have_it():
    assert keys(read(edex(pupil("1", "0012"), pupil("2", "0013"), pupil("3")))) == [("1", "0012"), ("2", "0013"), ("3", None)]


def test_without_numos_list_and_with_few_gebruikersnamen_it_is_not_certain():
    with pytest.raises(CitoNumoError, match="there is no list of Numo's pupils to compare with"):
        keys(read(edex(pupil("1", "0012"), pupil("2"))))


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
    settings = Edexml(leerlingnummer=place)
    assert keys(read(WHOLE, settings), settings, known=("0012",)) == [("00001", gebruikersnaam)]


def test_the_cito_key_may_stand_in_toevoegingen():
    settings = Edexml(cito_key="toevoegingen:stamnummer")
    file = read(edex(pupil("1", "0012", extra="<toevoegingen><stamnummer> K1 </stamnummer></toevoegingen>"), pupil("2", "0013")), settings)
    assert keys(file, settings) == [("K1", "0012")]


def test_the_key_table_has_the_order_of_the_file_and_the_declared_columns():
    table = to_key_table(read(WHOLE), 7, AUTO, (), pd.Series(["0012"], dtype="str"))
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
    assert refusal(bomb)[0] in {"xml-doctype", "xml-syntax"}


def test_what_is_not_well_formed_is_refused_with_its_line():
    text = "<EDEX>\n<school>\n</school>\n<leerlingen>\n<leerling key='1'>\n</leerlingen>\n</EDEX>"
    assert refusal(text) == ("xml-syntax", "This is not well-formed XML (line 6).")


@pytest.mark.parametrize("content", [b"geen xml", b"<EDEX><leerlingen>", b'<?xml version="1.0" encoding="UTF-8"?>\n<EDEX>\xe9</EDEX>'])
def test_what_is_no_xml_or_is_cut_off_is_refused(content: bytes):
    assert refusal(content)[0] == "xml-syntax"


def test_another_root_is_refused_by_name():
    code, message = refusal("<leerlinggegevens><leerlingen><leerling key='1'/></leerlingen></leerlinggegevens>")
    assert code == "edexml-root"
    assert "<leerlinggegevens>, not <EDEX>" in message


def test_a_file_without_pupils_is_refused():
    assert refusal(edex())[0] == "edexml-no-pupils"
    assert refusal(edex(leerling("#1", "0012")))[0] == "edexml-no-pupils"


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
