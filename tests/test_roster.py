"""Numo's list of pupils, and the key table beside it."""

import io

import pandas as pd
import pytest
import xlsxwriter
from conftest import eck_id

from cito_numo.errors import ROSTER_EXPORT, CitoNumoError
from cito_numo.privacy import Secret
from cito_numo.roster import Roster, from_key_table, from_results, read_roster, with_key_table
from cito_numo.tables import KEY_TABLE, PUPILS, READ, empty, from_records, names

SECRET = Secret(bytes(32))


def read(*lines: str, header: str = "gebruikersnaam;eck_id;klas") -> Roster:
    return read_roster("\r\n".join((header, *lines)).encode(), "numo.csv", SECRET)


def roster(*lines: str, header: str = "gebruikersnaam;eck_id;klas") -> pd.DataFrame:
    return read(*lines, header=header).pupils


def key_table(*rows: tuple[str, str | None, str | None]) -> pd.DataFrame:
    """A key table of rows of Cito key, gebruikersnaam and (hash of an) ECK iD."""
    return from_records([(key, gebruikersnaam, eck, "2A", 1) for key, gebruikersnaam, eck in rows], KEY_TABLE)


def plain(table: pd.DataFrame, *columns: str) -> list[tuple]:
    """The rows as tuples, with None for what is missing."""
    chosen = table[list(columns)]
    return list(chosen.astype(object).where(chosen.notna(), None).itertuples(index=False, name=None))


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_has_gebruikersnaam_klas_and_the_hash_of_the_eck_id():
    found = roster(f"0012;{eck_id(1)};2A", "0013;;2B")
    assert plain(found, "gebruikersnaam", "eck_id", "klas") == [("0012", SECRET.hash_eck_id(eck_id(1)), "2A"), ("0013", None, "2B")]


def test_only_the_gebruikersnaam_is_required():
    assert plain(roster("0012", header="gebruikersnaam"), "gebruikersnaam", "eck_id", "klas") == [("0012", None, None)]


@pytest.mark.parametrize("header", ["Leerlingnummer;Keten-iD;Stamgroep", "STAMNUMMER,ECK iD,groep", "login\teckid\tKlascode"])
def test_usual_headers_are_known(header: str):
    separator = next(mark for mark in ";,\t" if mark in header)
    assert plain(roster(separator.join(("0012", "", "2A")), header=header), "gebruikersnaam", "klas") == [("0012", "2A")]


def test_gebruikersnaam_goes_before_leerlingnummer_where_a_list_has_both():
    found = roster("999;demi", header="Leerlingnummer;Gebruikersnaam")
    assert plain(found, "gebruikersnaam") == [("demi",)]


def test_names_and_birth_dates_of_the_list_are_never_read():
    found = roster("0012;2A;Demi;Demo;2014-01-01", header="gebruikersnaam;klas;voornaam;achternaam;geboortedatum")
    assert list(found.columns) == ["gebruikersnaam", "eck_id", "klas"]
    assert "Dem" not in found.to_csv()


def test_numbers_of_a_workbook_are_ids_without_decimals_and_text_keeps_its_zeros():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.add_worksheet().write_row(0, 0, ["Toelichting"])
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Gebruikersnaam", "Klas"])
        sheet.write_row(1, 0, [12345, "2A"])
        sheet.write_row(2, 0, ["0012", 2])
    found = read_roster(file.getvalue(), "numo.xlsx", SECRET)
    assert plain(found.pupils, "gebruikersnaam", "klas") == [("12345", "2A"), ("0012", "2")]
    assert (found.repaired, found.left_out) == (1, 0)


def test_rows_without_gebruikersnaam_and_rows_that_are_not_whole_are_left_out_and_counted():
    found = read("0012;;2A", ";;2B", "-;;2B", "0013;2A", "0014;;2B;te veel", "", "0015;;2C")
    assert plain(found.pupils, "gebruikersnaam") == [("0012",), ("0015",)]
    assert found.left_out == 4


def test_a_gebruikersnaam_that_a_spreadsheet_changed_is_repaired_and_counted():
    found = read("12345.0;;2A", '="0012";;2A', "0013;;2.0")
    assert plain(found.pupils, "gebruikersnaam") == [("12345",), ("0012",), ("0013",)]
    assert found.repaired == 2


def test_a_list_without_rows_has_no_pupils():
    found = read()
    assert (len(found.pupils), found.left_out, found.repaired) == (0, 0, 0)


def test_a_gebruikersnaam_that_stands_twice_stays_twice():
    assert len(roster("0012;;2A", "0012;;2A")) == 2


def test_a_list_without_gebruikersnaam_is_refused_with_the_headers_it_has():
    with pytest.raises(CitoNumoError) as stopped:
        roster("Demi;2A", header="Voornaam;Klas")
    (problem,) = stopped.value.problems
    assert (problem.kind.code, problem.place) == ("roster-columns", "numo.csv")
    assert "Its headers are: Voornaam, Klas." in problem.message


def test_a_list_with_the_gebruikersnaam_twice_is_refused():
    with pytest.raises(CitoNumoError, match="Two columns of this file hold gebruikersnaam"):
        roster("0012;0013", header="gebruikersnaam;Gebruikersnaam")


# --- list and key table ----------------------------------------------------------------------------------------------


def test_the_key_table_adds_the_cito_key_and_the_eck_id_that_the_list_lacks():
    pupils = with_key_table(roster("0012;;2A", "0013;;2B"), key_table(("K1", "0012", "hash1")))
    assert list(pupils.columns) == names(PUPILS)
    assert plain(pupils, "leerlingnummer", "eck_id", "cito_key", "klas", "in_numo") == [
        ("0012", "hash1", "K1", "2A", True),
        ("0013", None, None, "2B", True),
    ]


def test_the_klas_is_that_of_the_list():
    pupils = with_key_table(roster("0012;;3C"), key_table(("K1", "0012", None)))
    assert plain(pupils, "klas") == [("3C",)]


def test_without_a_key_table_the_list_is_the_pupils():
    pupils = with_key_table(roster("0012;;2A"), key_table())
    assert plain(pupils, "leerling", "leerlingnummer", "cito_key", "in_numo") == [(0, "0012", None, True)]


def test_a_pupil_with_cito_keys_from_two_files_has_two_rows_with_one_number():
    keys = key_table(("K1", "0012", None), ("K2", "0012", None)).assign(volgorde=[1, 2])
    pupils = with_key_table(roster("0012;;2A", "0013;;2A"), keys)
    assert plain(pupils, "leerling", "leerlingnummer", "cito_key") == [(0, "0012", "K1"), (0, "0012", "K2"), (1, "0013", None)]


def test_two_keys_of_one_file_with_one_gebruikersnaam_point_at_two_pupils():
    pupils = with_key_table(roster("0012;;2A"), key_table(("K1", "0012", None), ("K2", "0012", None)))
    assert pupils.groupby("cito_key")["leerling"].nunique().tolist() == [2, 2]


def test_a_key_whose_gebruikersnaam_is_not_in_the_list_stays_as_somebody_who_is_not_in_numo():
    pupils = with_key_table(roster("0012;;2A"), key_table(("K1", "0099", None), ("K2", None, None)))
    strangers = pupils[~pupils["in_numo"]]
    assert plain(strangers, "cito_key", "leerlingnummer") == [("K1", "0099"), ("K2", None)]
    assert pupils["leerling"].is_unique


def test_a_key_whose_eck_id_differs_from_the_lists_points_at_two_pupils():
    pupils = with_key_table(roster(f"0012;{eck_id(1)};2A"), key_table(("K1", "0012", "another-hash")))
    assert pupils.loc[pupils["cito_key"] == "K1", "leerling"].nunique() == 2
    assert plain(pupils[pupils["in_numo"]], "leerlingnummer", "eck_id") == [("0012", SECRET.hash_eck_id(eck_id(1)))]


def test_without_the_list_the_pupils_of_the_edexml_are_the_list():
    pupils = from_key_table(key_table(("K1", "0012", "hash1"), ("K2", None, None)))
    assert plain(pupils, "leerling", "leerlingnummer", "eck_id", "cito_key", "in_numo") == [
        (0, "0012", "hash1", "K1", True),
        (1, None, None, "K2", False),
    ]


# --- a school that trusts Cito's leerlingnummer ----------------------------------------------------------------------


def named(*rows: tuple[str | None, str | None]) -> pd.DataFrame:
    """Results of which only leerlingnummer and (hash of the) ECK iD matter."""
    results = empty(READ).reindex(range(len(rows)))
    return results.assign(
        leerlingnummer=pd.array([number for number, _eck in rows], "str"), eck_id=pd.array([eck for _number, eck in rows], "str"), klas="2A"
    )


def test_trusted_numbers_are_pupils_each_once():
    pupils = from_results(named(("0013", None), ("0012", "hash1"), ("0012", "hash1"), (None, "hash2")))
    assert plain(pupils, "leerling", "leerlingnummer", "eck_id", "in_numo") == [(0, "0012", "hash1", True), (1, "0013", None, True)]


def test_a_trusted_number_that_sometimes_lacks_its_eck_id_is_one_pupil():
    pupils = from_results(named(("0012", None), ("0012", "hash1")))
    assert plain(pupils, "leerlingnummer", "eck_id") == [("0012", "hash1")]


def test_a_trusted_number_with_two_eck_ids_is_two_pupils():
    pupils = from_results(named(("0012", "hash1"), ("0012", "hash2")))
    assert plain(pupils, "leerling", "leerlingnummer", "eck_id") == [(0, "0012", "hash1"), (1, "0012", "hash2")]


def test_an_export_of_cito_is_no_list_of_pupils():
    content = b"Leerlingnummer;Klas;Toets;Toetsniveau;Functioneringsniveau\r\n0012;2A;T1;havo;havo\r\n"
    with pytest.raises(CitoNumoError) as error:
        read_roster(content, "inbox/numo/export.csv", SECRET)
    assert [problem.kind for problem in error.value.problems] == [ROSTER_EXPORT]
