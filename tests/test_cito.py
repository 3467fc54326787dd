"""Cito exports → results: what is understood, and what is stopped because it is not."""

import io
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from conftest import EXPORT_HEADER, SchoolFolder, WorkspaceFolder, eck_id, row

from cito_numo.cito import to_results
from cito_numo.errors import CitoNumoError
from cito_numo.exports import Export, Reader, read_export
from cito_numo.layouts import Layout, shipped_layouts
from cito_numo.leerlijnen import read_leerlijnen
from cito_numo.privacy import Secret
from cito_numo.tables import READ, STOPPED, names

DAY = date(2026, 11, 24)
SECRET = Secret(bytes(32))
LAYOUTS = shipped_layouts()
LEERLIJNEN = read_leerlijnen(Path("no-workspace"), None)


def export(*lines: str, header: str = EXPORT_HEADER, name: str = "export.csv") -> Export:
    return read_one("\r\n".join((header, *lines)).encode(), name)


def read_one(content: bytes, name: str, *own: Layout) -> Export:
    (read,) = read_export(content, name, Reader([*LAYOUTS, *own], LEERLIJNEN))
    return read


def results_of(*exports: Export, day: date = DAY) -> pd.DataFrame:
    return to_results(list(enumerate(exports, 1)), LEERLIJNEN, SECRET, day)


def results(*lines: str, header: str = EXPORT_HEADER) -> pd.DataFrame:
    return results_of(export(*lines, header=header))


def only(*lines: str, header: str = EXPORT_HEADER) -> dict:
    """The only result, as a dict with None for what is missing."""
    (result,) = records(results(*lines, header=header))
    return result


def records(table: pd.DataFrame) -> list[dict]:
    return table.astype(object).where(table.notna(), None).to_dict("records")


def stopped(result: dict) -> tuple:
    return result["uitkomst"], result["reden"], result["veld"], result["waarde"]


def refusal(header: str, name: str = "export.csv") -> CitoNumoError:
    with pytest.raises(CitoNumoError) as error:
        export("1;2;3", header=header, name=name)
    return error.value


# --- layouts ---------------------------------------------------------------------------------------------------------


def test_a_row_of_the_usual_layout_becomes_a_result():
    result = only(row("0012", klas="2A", toets="Toets 1", toetsniveau="VMBO BB/KB", fn="<BB", onderdeel="Rekenen-Wiskunde"))
    assert result == {
        "bestand": "export.csv",
        "volgorde": 1,
        "rij": 2,
        "hersteld": False,
        "leerlingnummer": "0012",
        "eck_id": None,
        "cito_key": None,
        "klas": "2A",
        "toets": "T1",
        "onderdeel": "rekenen-wiskunde",
        "afnamedatum": pd.Timestamp("2026-10-06"),
        "schooljaar": "2026-2027",
        "toetsniveau": "vmbo-bb/vmbo-kb",
        "toetsniveau_tekst": "VMBO BB/KB",
        "functioneringsniveau": "onder-bb",
        "functioneringsniveau_tekst": "<BB",
        "domeinen": None,
        "uitkomst": None,
        "reden": None,
        "veld": None,
        "waarde": None,
    }


def test_headers_may_stand_in_any_order_and_case_with_other_columns_between():
    result = only(
        "havo;Demo;6-10-2026;0012;T1;2014-01-01;REKENEN;vwo",
        header="FUNCTIONERINGSNIVEAU;Achternaam;afname-datum;leerlingNUMMER;toets;Geboortedatum;ONDERDEEL;toets niveau",
    )
    assert (result["leerlingnummer"], result["functioneringsniveau"], result["toetsniveau"]) == ("0012", "havo", "vwo")
    assert result["uitkomst"] is None


@pytest.mark.parametrize(
    ("usual", "alias", "column"),
    [
        ("Leerlingnummer", "Stamnummer", "leerlingnummer"),
        ("Leerlingnummer", "Leerling nr.", "leerlingnummer"),
        ("ECK-iD", "Keten-ID", "eck_id"),
        ("Cito-leerlingkey", "Leerlingkey", "cito_key"),
        ("Klas", "Stamgroep", "klas"),
        ("Toets;", "Naam toets;", "toets"),
        ("Onderdeel", "Vaardigheid", "onderdeel"),
        ("Afnamedatum", "Datum afname", "afnamedatum"),
        ("Functioneringsniveau", "FN", "functioneringsniveau"),
    ],
)
def test_usual_aliases_of_a_header_are_known(usual: str, alias: str, column: str):
    line = row("0012", eck_id(1), "K1")
    assert only(line, header=EXPORT_HEADER.replace(usual, alias)) == only(line)
    assert only(line)[column] is not None


@pytest.mark.parametrize("key", ["Leerlingnummer", "ECK-iD", "Cito-leerlingkey"])
def test_one_of_the_three_keys_is_enough(key: str):
    header = f"{key};Toets;Toetsniveau;Onderdeel;Afnamedatum;Functioneringsniveau"
    assert only("0012;T1;havo;Rekenen;06-10-2026;havo", header=header)["uitkomst"] is None


def test_a_file_without_any_key_is_refused():
    error = refusal("Toets;Toetsniveau;Onderdeel;Afnamedatum;Functioneringsniveau")
    assert "also needs: leerlingnummer / eck_id / cito_key." in str(error)


def test_a_file_that_fits_no_layout_is_refused_with_its_headers_the_nearest_layout_and_what_it_misses():
    error = refusal("Leerlingnummer;Toets;Onderdeel;Datum;Score")
    (problem,) = error.problems
    assert (problem.kind.code, problem.place) == ("file-no-layout", "export.csv")
    assert problem.message == (
        "No layout fits this file. Its headers are: Leerlingnummer, Toets, Onderdeel, Datum, Score. "
        "The nearest layout, lib-vo, also needs: toetsniveau, afnamedatum, functioneringsniveau."
    )


def test_the_nearest_layout_is_the_one_that_misses_least():
    other = own_layout("breed", leerlingnummer=["Nummer"], toets=["Test"])
    with pytest.raises(CitoNumoError, match="nearest layout, breed, also needs: functioneringsniveau"):
        read_one(b"Nummer;Test;Toetsniveau;Onderdeel;Afnamedatum\n", "export.csv", other)


def test_two_columns_with_the_same_header_are_refused():
    error = refusal(f"{EXPORT_HEADER};leerling-nummer")
    (problem,) = error.problems
    assert problem.kind.code == "file-double-column"
    assert "hold leerlingnummer, under the same header" in problem.message


def test_two_other_columns_may_have_the_same_header():
    result = only(f"{row('0012')};opmerking;opmerking", header=f"{EXPORT_HEADER};Opmerking;Opmerking")
    assert result["uitkomst"] is None


def test_of_two_aliases_of_a_column_the_one_named_first_in_the_layout_counts():
    result = only(f"9999;{row('0012')}", header=f"Gebruikersnaam;{EXPORT_HEADER}")
    assert result["leerlingnummer"] == "0012"


def test_names_birth_dates_and_bsn_never_leave_the_reader():
    read = export(f"{row('0012')};Demi Demo;2014-01-01;999999990", header=f"{EXPORT_HEADER};Naam;Geboortedatum;BSN")
    assert not {"Demi Demo", "2014-01-01", "999999990"} & {cell for line in read.cells.to_pylist() for cell in line.values()}
    assert set(read.cells.column_names) == {*EXPORT_COLUMNS, "rij", "heel"}


EXPORT_COLUMNS = (
    "leerlingnummer", "eck_id", "cito_key", "klas", "toets", "toetsniveau", "onderdeel", "afnamedatum", "functioneringsniveau",
)  # fmt: skip


def test_the_sheet_of_a_workbook_that_fits_is_read_whichever_it_is():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "dd-mm-yyyy"}) as book:
        book.add_worksheet("Uitleg").write_row(0, 0, ["Dit bestand bevat", "resultaten"])
        sheet = book.add_worksheet("Resultaten")
        sheet.write_row(0, 0, EXPORT_HEADER.split(";")[:9])
        sheet.write_row(1, 0, [12345, "", "", "2A", "T1", "havo", "Rekenen", date(2026, 10, 6), "vwo"])
        sheet.write_row(3, 0, ["0012", "", "", "2A", "T1", "havo", "Rekenen", "06-10-2026", "vwo"])
    read = read_one(file.getvalue(), "export.xlsx")
    assert (read.detected["sheet"], read.detected["layout"]) == ("Resultaten", "lib-vo")
    found = results_of(read)
    assert found["rij"].tolist() == [2, 4]
    assert found["leerlingnummer"].tolist() == ["12345", "0012"]
    assert found["afnamedatum"].tolist() == [pd.Timestamp("2026-10-06")] * 2
    assert found["uitkomst"].isna().all()


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "leerlingnummer"),
    [
        ("0012", "0012"),
        ("12345.0", "12345"),
        ("12345,0", "12345"),
        ("0012.00", "0012"),
        ('="0012"', "0012"),
        ('"=""0012"""', "0012"),
        ("'0012", "0012"),
        ("  0012\u00a0", "0012"),
        ("a-12", "a-12"),
        ("12.5", "12.5"),
    ],
)
def test_an_id_is_text_without_what_a_spreadsheet_did_to_it(written: str, leerlingnummer: str):
    result = only(row(written))
    assert (result["leerlingnummer"], result["uitkomst"]) == (leerlingnummer, None)


def test_a_row_of_which_a_key_was_repaired_is_marked():
    found = results(row("12345.0"), row("0012", "", '="K1"'), row("0012", klas="2.0"), row("0012", "", "K1"))
    assert found["hersteld"].tolist() == [True, True, False, False]


def test_the_repair_of_an_id_is_noted_for_the_file(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("12345;;2A")
    school.cito(row("12345.0"), row("12345.0", toets="T0"))
    ran = workspace.sync_json()
    assert (ran.exit_code, ran.school["status"]) == (0, "delivered")
    assert "inbox/cito/export.csv: In 2 rows a number was repaired" in ran.school["message"]


@pytest.mark.parametrize("written", ["1,2E+05", "1.2E+05", "1E+05", "1,04233e+06"])
@pytest.mark.parametrize("field", ["leerlingnummer", "cito_key"])
def test_an_id_that_a_spreadsheet_rounded_is_beyond_repair(field: str, written: str):
    result = only(row(written) if field == "leerlingnummer" else row("0012", "", written))
    assert stopped(result) == ("ongeldig", "veld_onleesbaar", field, written)


@pytest.mark.parametrize(
    "written", ["06-10-2026", "6-10-2026", "06/10/2026", "6.10.2026", "2026-10-06", "2026-10-06T09:15:00", "06-10-2026 09:15"]
)
def test_usual_dates_are_read_day_first(written: str):
    result = only(row("0012", day=written))
    assert (result["afnamedatum"], result["schooljaar"]) == (pd.Timestamp("2026-10-06"), "2026-2027")


@pytest.mark.parametrize("written", ["06-10-26", "10-2026", "31-02-2026", "00-10-2026", "2026-13-01", "46301", "gisteren", "06-10/2026"])
def test_a_date_that_is_none_is_ongeldig(written: str):
    assert stopped(only(row("0012", day=written))) == ("ongeldig", "veld_onleesbaar", "afnamedatum", written)


@pytest.mark.parametrize("written", ["01-01-0001", "0001-01-01T00:00:00", "31-12-9999", "06-10-1026", "01-01-1900"])
def test_a_date_far_away_stops_its_own_row_only(written: str):
    found = results(row("0012", day=written), row("0013"))
    assert found["uitkomst"].notna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("written", "toets"),
    [("Toets 1", "T1"), ("T0", "T0"), ("VAS-3", "T3"), ("Kernvaardighedentoets T2", "T2"), ("toets 4", "toets 4"), ("Eind", "Eind")],
)
def test_a_toets_has_one_name_or_keeps_its_own(written: str, toets: str):
    assert only(row("0012", toets=written))["toets"] == toets


@pytest.mark.parametrize(
    ("written", "onderdeel"),
    [
        ("Nederlandse leesvaardigheid", "nederlands-leesvaardigheid"),
        ("begrijpend lezen", "nederlands-leesvaardigheid"),
        ("REKENEN/WISKUNDE", "rekenen-wiskunde"),
        ("Nederlands taalverzorging", "taalverzorging"),
        ("Engelse woordenschat", "engels-woordenschat"),
    ],
)
def test_an_onderdeel_is_known_by_the_names_of_the_leerlijnen(written: str, onderdeel: str):
    assert only(row("0012", onderdeel=written))["onderdeel"] == onderdeel


def test_an_empty_score_is_no_error():
    header = EXPORT_HEADER + ";Percentiel"
    assert only(row("0012") + ";", header=header)["uitkomst"] is None


def test_an_eck_id_is_a_keyed_hash_in_the_table_whatever_its_case():
    found = results(row("", eck_id(10)), row("", eck_id(10).upper()), row("", eck_id(11)))
    first, upper, other = found["eck_id"]
    assert first == upper == SECRET.hash_eck_id(eck_id(10))
    assert first != other
    assert "ketenid" not in found.astype(str).to_csv()


# --- ongeldig --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", ["", " ", "-", "n.v.t.", "N.V.T.", "nvt", "niet gemaakt", "Niet gemaakt"])
@pytest.mark.parametrize(
    ("argument", "veld"),
    [
        ("fn", "functioneringsniveau"),
        ("toetsniveau", "toetsniveau"),
        ("onderdeel", "onderdeel"),
        ("day", "afnamedatum"),
        ("toets", "toets"),
    ],
)
def test_a_required_field_that_says_nothing_is_named_with_what_stands_there(argument: str, veld: str, nothing: str):
    result = only(row("0012", **{argument: nothing}))
    assert stopped(result) == ("ongeldig", "veld_ontbreekt", veld, nothing.strip())


@pytest.mark.parametrize("nothing", ["", "-", "n.v.t."])
def test_a_key_that_says_nothing_is_absent(nothing: str):
    result = only(row(nothing, nothing, "K1"))
    assert (result["leerlingnummer"], result["eck_id"], result["cito_key"], result["uitkomst"]) == (None, None, "K1", None)


def test_a_row_without_any_key_is_ongeldig():
    assert stopped(only(row("-", "", "n.v.t."))) == ("ongeldig", "sleutel_ontbreekt", None, None)


def test_a_stampseudoniem_is_no_key():
    assert stopped(only(row("", "https://ketenid.nl/sppilot/" + "a" * 128)))[:2] == ("ongeldig", "sleutel_ontbreekt")


@pytest.mark.parametrize("written", ["M5", "E6", "III", "A", "87", "2F", "B1", "vmbo", "hoog"])
@pytest.mark.parametrize(("argument", "veld"), [("fn", "functioneringsniveau"), ("toetsniveau", "toetsniveau")])
def test_a_level_that_is_not_on_the_ladder_is_never_guessed(argument: str, veld: str, written: str):
    result = only(row("0012", **{argument: written}))
    assert stopped(result) == ("ongeldig", "veld_onleesbaar", veld, written)
    assert result[f"{veld}_tekst"] == written


def test_an_onderdeel_that_no_leerlijn_knows_is_ongeldig():
    assert stopped(only(row("0012", onderdeel="Frans"))) == ("ongeldig", "veld_onleesbaar", "onderdeel", "Frans")


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Sociaal-emotioneel functioneren", "sociaal-emotioneel functioneren (SEF)"),
        ("SEF", "sociaal-emotioneel functioneren (SEF)"),
        ("Cognitieve capaciteiten", "cognitieve capaciteiten (CCT)"),
        ("CCT_verbaal", "cognitieve capaciteiten (CCT)"),
        ("Leer-werkhouding", "leer-werkhouding"),
        ("Werkhouding", "leer-werkhouding"),
    ],
)
@pytest.mark.parametrize("argument", ["toets", "onderdeel"])
def test_a_result_of_a_refused_instrument_is_ongeldig_and_nothing_of_it_is_kept(argument: str, written: str, kind: str):
    result = only(row("0012", **{argument: written}, toetsniveau="havo", fn="vwo"))
    assert stopped(result) == ("ongeldig", "geweigerd", None, kind)
    kept = ("toets", "onderdeel", "toetsniveau", "toetsniveau_tekst", "functioneringsniveau", "functioneringsniveau_tekst")
    assert {result[name] for name in kept} == {None}


def test_of_several_mistakes_in_a_row_one_is_told():
    result = only(row("1,2E+05", fn="M5", day="gisteren"))
    assert stopped(result) == ("ongeldig", "veld_onleesbaar", "leerlingnummer", "1,2E+05")


def test_a_row_of_another_length_is_ongeldig_and_the_rows_around_it_are_read():
    found = results(row("0012"), "0013;;;2A;T1;havo", row("0014"))
    assert found["uitkomst"].isna().tolist() == [True, False, True]
    assert (found["rij"][1], found["reden"][1], found["leerlingnummer"].isna()[1]) == (3, "rij_onleesbaar", True)


def test_every_row_that_is_read_is_in_the_table_whatever_is_wrong_with_it():
    lines = [row("0012"), row(), row("0013", fn="?"), "kapot", row("0014", day="31-07-2026"), row("0015", day="25-11-2026")]
    assert results(*lines)["rij"].tolist() == [2, 3, 4, 5, 6, 7]


def test_a_file_of_which_no_date_can_be_read_gives_only_ongeldig():
    found = results(row("0012", day="?"), row("0013", day=""))
    assert found["uitkomst"].tolist() == ["ongeldig", "ongeldig"]
    assert found["afnamedatum"].isna().all()


# --- schooljaar ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["25-11-2026", "2027-01-01", "01-08-2027"])
def test_a_date_after_the_night_is_ongeldig(written: str):
    assert stopped(only(row("0012", day=written))) == ("ongeldig", "datum_in_toekomst", "afnamedatum", written)


def test_the_day_of_the_night_itself_is_not_in_the_future():
    assert only(row("0012", day="24-11-2026"))["uitkomst"] is None


@pytest.mark.parametrize(
    ("written", "schooljaar", "uitkomst"),
    [("31-07-2026", "2025-2026", "vorig_schooljaar"), ("01-08-2026", "2026-2027", None), ("01-08-2025", "2025-2026", "vorig_schooljaar")],
)
def test_a_toets_of_another_schooljaar_is_set_apart(written: str, schooljaar: str, uitkomst: str | None):
    result = only(row("0012", day=written))
    assert (result["schooljaar"], result["uitkomst"]) == (schooljaar, uitkomst)


def test_the_schooljaar_is_that_of_the_day_of_the_run():
    found = results_of(export(row("0012", day="06-10-2026"), row("0013", day="06-07-2026")), day=date(2026, 7, 31))
    assert found["reden"].tolist()[0] == "datum_in_toekomst"
    assert pd.isna(found["uitkomst"][1])


def test_a_row_of_another_schooljaar_that_cannot_be_read_is_ongeldig_first():
    assert only(row("0012", day="06-10-2025", fn="M5"))["uitkomst"] == "ongeldig"


# --- files together --------------------------------------------------------------------------------------------------


def test_several_files_become_one_table_in_their_order():
    first, second = export(row("0012"), row("0013", fn="M5"), name="b.csv"), export(row("0014", toets="VAS-2"), name="a.csv")
    found = results_of(first, second)
    assert list(found.columns) == names(READ, STOPPED)
    assert list(zip(found["bestand"], found["volgorde"], found["rij"], found["leerlingnummer"], found["toets"], strict=True)) == [
        ("b.csv", 1, 2, "0012", "T1"),
        ("b.csv", 1, 3, "0013", "T1"),
        ("a.csv", 2, 2, "0014", "T2"),
    ]
    assert found["uitkomst"].isna().tolist() == [True, False, True]


def test_files_may_lack_each_others_columns():
    with_key = export("K1;T1;havo;Rekenen;06-10-2026;vwo", header="Leerlingkey;Toets;Toetsniveau;Onderdeel;Afnamedatum;FN", name="a.csv")
    found = results_of(with_key, export(row("0012")))
    assert found["cito_key"].astype("str").fillna("").tolist() == ["K1", ""]
    assert found["leerlingnummer"].astype("str").fillna("").tolist() == ["", "0012"]


def own_layout(name: str, **columns: list[str]) -> Layout:
    usual = {
        "toets": ["Toets"],
        "toetsniveau": ["Toetsniveau"],
        "onderdeel": ["Onderdeel"],
        "afnamedatum": ["Afnamedatum"],
        "functioneringsniveau": ["Functioneringsniveau"],
    }
    return Layout.model_validate({"name": name, "title": "Eigen layout", "columns": usual | columns, "absent": ["afwezig"]})


def test_files_of_different_layouts_become_one_table_of_the_same_columns():
    own = own_layout("eigen", leerlingnummer=["Nummer"])
    header = "Nummer;Toets;Toetsniveau;Onderdeel;Afnamedatum;Functioneringsniveau"
    content = f"{header}\n0013;Toets 2;vwo;Rekenen;07-10-2026;havo\n0014;T1;vwo;Rekenen;07-10-2026;afwezig\n"
    of_own = read_one(content.encode(), "eigen.csv", own)
    one, together = results_of(export(row("0012"))), results_of(of_own, export(row("0012")))

    assert together["leerlingnummer"].tolist() == ["0013", "0014", "0012"]
    assert together["rij"].tolist() == [2, 3, 2]
    assert together["toets"].tolist() == ["T2", "T1", "T1"]
    assert [result["reden"] for result in records(together)] == [None, "veld_ontbreekt", None]
    assert [dtype.name for dtype in together.dtypes] == [dtype.name for dtype in one.dtypes]


def test_a_file_with_only_a_header_gives_no_results():
    found = results_of(export())
    assert len(found) == 0
    assert list(found.columns) == names(READ, STOPPED)


def test_no_files_give_an_empty_table():
    found = results_of()
    assert (len(found), list(found.columns)) == (0, names(READ, STOPPED))


# --- what is left out is told ----------------------------------------------------------------------------------------


def test_columns_that_look_like_results_but_fit_no_template_are_named():
    known, others = "Leerlingnummer;T1 Rekenen FN;T1 toetsniveau;T1 afnamedatum", "T1 Rekenen vaardigheidsscore;Mentor"
    read = export("0012;havo;havo;06-10-2026;vwo;vwo;57;x", header=f"{known};Rekenen FN;T2 Engels leesvaardigheid;{others}")
    assert [(problem.kind.code, dict(problem.values)) for problem in read.problems] == [
        ("columns-left", {"headers": "Rekenen FN, T2 Engels leesvaardigheid"})
    ]


def test_a_column_that_ends_in_a_domein_under_a_toets_that_is_written_otherwise_is_named():
    header = "Leerlingnummer;T1 Rekenen FN;T1 toetsniveau;T1 afnamedatum;KVT T1 Rekenen getallen;Getallen"
    read = export("0012;havo;havo;06-10-2026;vwo;8", header=header)
    assert [dict(problem.values) for problem in read.problems] == [{"headers": "KVT T1 Rekenen getallen"}]


def test_a_second_export_with_another_separator_in_the_same_file_is_ongeldig_row_by_row():
    lines = (row("0012"), EXPORT_HEADER.replace(";", ","), row("0013").replace(";", ","))
    assert results(*lines)["reden"].astype("str").fillna("").tolist() == ["", "rij_onleesbaar", "rij_onleesbaar"]


def test_headers_between_which_both_a_semicolon_and_a_tab_stand_are_read():
    assert only(row("0012").replace(";", ";\t"), header=EXPORT_HEADER.replace(";", ";\t"))["uitkomst"] is None


def test_a_long_number_in_the_klas_is_not_kept():
    assert only(row("0012", klas="999990019"))["klas"] is None


def test_a_workbook_of_which_the_results_are_hidden_is_told_and_not_read():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.add_worksheet("Leeg")
        hidden = book.add_worksheet("Oud")
        hidden.write_row(0, 0, EXPORT_HEADER.split(";"))
        hidden.write_row(1, 0, row("0012").split(";"))
        hidden.hide()
    with pytest.raises(CitoNumoError) as stopped_by:
        read_one(file.getvalue(), "export.xlsx")
    assert [problem.kind.code for problem in stopped_by.value.problems] == ["sheet-hidden"]
