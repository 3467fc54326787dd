"""Selection: of everything that was read about a leerling's toets and onderdeel, one result counts."""

import pandas as pd
import pytest
from tables_for_tests import LEZEN, REKENEN, matched_results, redenen, result, uitkomsten

from cito_numo.selection import select


def selected(*rows: dict) -> list[str | None]:
    return uitkomsten(select(matched_results(*rows)))


def test_a_result_that_stands_alone_counts():
    assert selected(result()) == [None]


# --- corrections -----------------------------------------------------------------------------------------------------


def test_the_newest_file_decides():
    assert selected(result(fn="havo", file=1), result(fn="vwo", file=2)) == ["vervangen", None]


def test_the_newest_file_decides_wherever_it_stands_in_the_table():
    assert selected(result(fn="vwo", file=2), result(fn="havo", file=1)) == [None, "vervangen"]


def test_the_newest_file_decides_also_with_an_older_date():
    assert selected(result(day="2026-10-06", file=1), result(day="2026-10-01", file=2)) == ["vervangen", None]


def test_within_the_newest_file_the_latest_afnamedatum_counts():
    rows = result(day="2026-10-06", fn="vwo"), result(day="2026-10-13", fn="havo"), result(day="2026-10-01")
    assert selected(*rows) == ["vervangen", None, "vervangen"]


def test_a_later_date_in_an_older_file_does_not_count():
    rows = result(day="2026-11-10", file=1), result(day="2026-10-06", file=2), result(day="2026-10-13", file=2)
    assert selected(*rows) == ["vervangen", "vervangen", None]


def test_another_toetsniveau_is_a_correction_too():
    assert selected(result(toetsniveau="havo", file=1), result(toetsniveau="havo/vwo", file=2)) == ["vervangen", None]


def test_a_newer_file_that_does_not_have_the_toets_decides_nothing():
    assert selected(result(onderdeel=REKENEN, file=1), result(onderdeel=LEZEN, file=2)) == [None, None]


def test_what_is_corrected_says_so():
    assert redenen(select(matched_results(result(fn="havo", file=1), result(fn="vwo", file=2)))) == ["gecorrigeerd", None]


# --- the same result more than once ----------------------------------------------------------------------------------


def test_equal_rows_of_one_file_are_dubbel_and_the_lowest_row_stays():
    assert selected(result(rij=8), result(rij=3), result(rij=12)) == ["dubbel", None, "dubbel"]


def test_equal_rows_of_several_files_are_dubbel_and_the_one_in_the_newest_file_stays():
    assert selected(result(file=2, rij=9), result(file=3, rij=9), result(file=1, rij=2)) == ["dubbel", None, "dubbel"]


def test_of_equal_rows_the_newest_file_goes_before_the_lowest_row():
    assert selected(result(file=2, rij=2), result(file=3, rij=9), result(file=3, rij=7)) == ["dubbel", "dubbel", None]


def test_rows_are_equal_by_what_their_levels_mean_not_by_how_they_are_written():
    written_otherwise = result() | {"functioneringsniveau_tekst": "HAVO+", "klas": "2B", "eck_id": "eck-b"}
    assert selected(result(), written_otherwise) == [None, "dubbel"]


def test_a_row_that_comes_back_in_a_newer_file_stays_the_result():
    rows = result(fn="havo", file=1), result(fn="vwo", file=2), result(fn="havo", file=3)
    assert selected(*rows) == ["dubbel", "vervangen", None]


def test_two_equal_rows_do_not_contradict_each_other():
    assert selected(result(file=2), result(file=2), result(fn="vwo", file=1)) == [None, "dubbel", "vervangen"]


def test_what_was_read_again_says_so():
    assert redenen(select(matched_results(result(), result()))) == [None, "zelfde_resultaat"]


# --- rows that contradict each other ---------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [result(fn="vwo"), result(toetsniveau="vwo")], ids=["functioneringsniveau", "toetsniveau"])
def test_two_different_results_on_the_deciding_date_are_both_tegenstrijdig(other: dict):
    results = select(matched_results(result(), other))
    assert uitkomsten(results) == ["tegenstrijdig", "tegenstrijdig"]
    assert redenen(results) == ["ander_niveau_zelfde_dag", "ander_niveau_zelfde_dag"]


def test_of_contradicting_results_an_equal_row_is_dubbel():
    assert selected(result(fn="havo"), result(fn="vwo"), result(fn="vwo")) == ["tegenstrijdig", "tegenstrijdig", "dubbel"]


def test_contradicting_results_still_take_the_place_of_older_ones():
    rows = result(fn="vmbo-gt", file=1), result(fn="havo", file=2), result(fn="vwo", file=2), result(day="2026-10-01", file=2)
    assert selected(*rows) == ["vervangen", "tegenstrijdig", "tegenstrijdig", "vervangen"]


def test_different_results_on_another_date_than_the_deciding_one_do_not_matter():
    rows = result(day="2026-10-01", fn="havo"), result(day="2026-10-01", fn="vwo"), result(day="2026-10-06")
    assert selected(*rows) == ["vervangen", "vervangen", None]


def test_different_results_in_an_older_file_do_not_matter():
    assert selected(result(fn="havo", file=1), result(fn="vwo", file=1), result(fn="vmbo-gt", file=2)) == ["vervangen", "vervangen", None]


def test_files_that_differ_on_the_same_day_do_not_contradict_each_other():
    assert selected(result(fn="havo", file=1), result(fn="vwo", file=2)) == ["vervangen", None]


# --- what is another toets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        result("0013", fn="vwo", file=2),
        result(toets="T2", fn="vwo", file=2),
        result(onderdeel=LEZEN, fn="vwo", file=2),
        result(day="2026-07-31", fn="vwo", file=2),
    ],
    ids=["leerling", "toets", "onderdeel", "schooljaar"],
)
def test_results_of_another_leerling_toets_onderdeel_or_schooljaar_both_count(other: dict):
    assert selected(result(), other) == [None, None]


@pytest.mark.parametrize("uitkomst", ["ongeldig", "vorig_schooljaar", "niet_gekoppeld", "tegenstrijdig"])
def test_a_result_that_ended_before_plays_no_part(uitkomst: str):
    assert selected(result(file=1), result(fn="vwo", file=2, uitkomst=uitkomst)) == [None, uitkomst]


def test_two_keys_of_one_pupil_are_one_leerling():
    results = matched_results(result("0012", file=1), result(None, "eck-b", fn="vwo", file=2))
    results["gebruikersnaam"] = pd.Categorical(["0012", "0012"])
    assert uitkomsten(select(results)) == ["vervangen", None]


def test_a_night_without_results_selects_nothing():
    assert selected() == []
