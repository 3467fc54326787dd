"""Matching: whose result is it? Exact keys that all agree, or nobody."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pytest
from tables_for_tests import gebruikersnamen, pupil, pupils, read_results, redenen, result, uitkomsten, velden

from cito_numo.matching import Unmatched, match, matched_per_key, unmatched

DEFAULT = ("leerlingnummer", "eck_id")
SOMTODAY = ("cito_key",)


def matched(row: dict, *rows: tuple, match_on: Sequence[str] = DEFAULT) -> pd.DataFrame:
    """One result, joined with the list of these pupils."""
    return match(read_results(row), pupils(*rows), match_on)


def joined_with(results: pd.DataFrame) -> str:
    """The pupil of the only result, which is under way."""
    assert uitkomsten(results) == [None]
    (gebruikersnaam,) = gebruikersnamen(results)
    assert gebruikersnaam is not None
    return gebruikersnaam


def stopped(results: pd.DataFrame) -> tuple[str | None, str | None, str | None]:
    """uitkomst, reden and veld of the only result, which nobody got."""
    assert gebruikersnamen(results) == [None]
    return uitkomsten(results)[0], redenen(results)[0], velden(results)[0]


# --- joined ----------------------------------------------------------------------------------------------------------


def test_a_leerlingnummer_is_the_gebruikersnaam_in_numo():
    assert joined_with(matched(result("0012"), pupil(0, "0011"), pupil(1, "0012"))) == "0012"


def test_an_eck_id_joins_where_the_result_has_no_leerlingnummer():
    assert joined_with(matched(result(None, "eck-b"), pupil(0, "0011", "eck-a"), pupil(1, "0012", "eck-b"))) == "0012"


def test_keys_that_agree_join():
    assert joined_with(matched(result("0012", "eck-b", "key-b"), pupil(0, "0012", "eck-b", "key-b"))) == "0012"


def test_a_somtoday_school_joins_on_the_cito_key():
    assert joined_with(matched(result(None, None, "key-b"), pupil(0, "0012", None, "key-b"), match_on=SOMTODAY)) == "0012"


def test_a_pupil_with_two_cito_keys_is_found_by_either():
    rows = pupil(0, "0012", None, "key-old"), pupil(0, "0012", None, "key-new")
    assert joined_with(matched(result(None, None, "key-old"), *rows, match_on=SOMTODAY)) == "0012"
    assert joined_with(matched(result(None, None, "key-new"), *rows, match_on=SOMTODAY)) == "0012"


def test_a_pupil_with_two_cito_keys_is_still_listed_once():
    rows = pupil(0, "0012", "eck-b", "key-old"), pupil(0, "0012", "eck-b", "key-new")
    assert joined_with(matched(result("0012", "eck-b", "key-new"), *rows)) == "0012"


def test_a_key_that_the_pupil_lacks_says_nothing():
    assert joined_with(matched(result("0012", "eck-b"), pupil(0, "0012"))) == "0012"


def test_a_key_that_the_result_lacks_says_nothing():
    assert joined_with(matched(result("0012"), pupil(0, "0012", "eck-b", "key-b"))) == "0012"


def test_leading_zeros_are_part_of_a_number():
    assert stopped(matched(result("12"), pupil(0, "0012"))) == ("niet_gekoppeld", "nullen_weg", None)
    assert stopped(matched(result("0012"), pupil(0, "12"))) == ("niet_gekoppeld", "geen_leerling", None)
    assert stopped(matched(result("2"), pupil(0, "0012"))) == ("niet_gekoppeld", "geen_leerling", None)


def test_in_a_file_that_lost_zeros_a_number_that_another_pupil_has_with_zeros_joins_nobody():
    two = pupils(pupil(0, "0105"), pupil(1, "105"), pupil(2, "0106"))
    results = match(read_results(result("105"), result("106"), result("105", file=2)), two, DEFAULT)
    assert results["reden"].astype("str").fillna("").tolist() == ["nullen_weg", "nullen_weg", ""]
    assert gebruikersnamen(results) == [None, None, "105"]


def test_an_eck_id_that_agrees_confirms_a_number_that_another_pupil_has_with_zeros():
    two = pupils(pupil(0, "0105", "eck-a"), pupil(1, "105", "eck-b"), pupil(2, "0106"))
    results = match(read_results(result("105", "eck-b"), result("106")), two, DEFAULT)
    assert results["reden"].astype("str").fillna("").tolist() == ["", "nullen_weg"]


def test_lost_zeros_are_told_also_where_the_eck_id_is_a_pupils():
    assert stopped(matched(result("12", "eck-b"), pupil(0, "0012", "eck-b"))) == ("niet_gekoppeld", "nullen_weg", None)


def test_a_number_without_the_zeros_of_another_pupil_than_the_eck_ids_contradicts_it():
    two = pupils(pupil(0, "0012", "eck-a"), pupil(1, "0099", "eck-b"))
    results = match(read_results(result("12", "eck-b")), two, DEFAULT)
    assert results[["uitkomst", "reden"]].astype("str").to_numpy().tolist() == [["tegenstrijdig", "sleutel_wijkt_af"]]


def test_every_result_of_a_pupil_is_joined():
    results = match(read_results(result("0012"), result("0011"), result("0012")), pupils(pupil(0, "0012"), pupil(1, "0011")), DEFAULT)
    assert gebruikersnamen(results) == ["0012", "0011", "0012"]


# --- nobody ----------------------------------------------------------------------------------------------------------


def test_a_result_that_no_pupil_has_a_key_of_is_niet_gekoppeld():
    assert stopped(matched(result("0099", "eck-z", "key-z"), pupil(0, "0012", "eck-b", "key-b"))) == (
        "niet_gekoppeld",
        "geen_leerling",
        None,
    )


def test_without_pupils_nothing_matches():
    assert stopped(matched(result("0012", "eck-b", "key-b"))) == ("niet_gekoppeld", "geen_leerling", None)


def test_a_key_that_is_not_in_match_on_joins_nobody():
    assert stopped(matched(result(None, None, "key-b"), pupil(0, "0012", None, "key-b"))) == ("niet_gekoppeld", "geen_leerling", None)
    assert stopped(matched(result("0012"), pupil(0, "0012", None, "key-b"), match_on=SOMTODAY)) == ("niet_gekoppeld", "geen_leerling", None)


def test_a_pupil_of_the_edexml_who_is_not_in_numo_gets_nothing():
    row = result(None, None, "key-b")
    assert stopped(matched(row, pupil(0, "0012", None, "key-b", in_numo=False), match_on=SOMTODAY)) == (
        "niet_gekoppeld",
        "niet_in_numo",
        None,
    )


def test_names_and_klas_play_no_part():
    results = matched(result("0099"), pupil(0, "0012"))
    assert results["klas"].tolist() == ["2A"]
    assert stopped(results) == ("niet_gekoppeld", "geen_leerling", None)


def test_a_pupil_without_a_key_is_not_found_by_a_result_without_it():
    rows = pupil(0, "0012"), pupil(1, "0013")
    assert joined_with(matched(result("0013"), *rows)) == "0013"
    assert stopped(matched(result(None, None, "key-z"), *rows)) == ("niet_gekoppeld", "geen_leerling", None)


# --- keys that contradict --------------------------------------------------------------------------------------------


def test_keys_that_lead_to_different_pupils_join_nobody():
    results = matched(result("0011", "eck-b"), pupil(0, "0011", "eck-a"), pupil(1, "0012", "eck-b"))
    assert stopped(results) == ("tegenstrijdig", "sleutels_tegenstrijdig", None)


def test_keys_that_lead_to_different_pupils_contradict_also_where_the_pupils_lack_the_other_key():
    results = matched(result("0011", "eck-b"), pupil(0, "0011"), pupil(1, "0012", "eck-b"))
    assert stopped(results) == ("tegenstrijdig", "sleutels_tegenstrijdig", None)


def test_a_key_outside_match_on_contradicts_all_the_same():
    results = matched(result("0011", None, "key-b"), pupil(0, "0011"), pupil(1, "0012", None, "key-b"))
    assert stopped(results) == ("tegenstrijdig", "sleutels_tegenstrijdig", None)


@pytest.mark.parametrize(
    ("row", "veld"),
    [
        (result("0012", "eck-z"), "eck_id"),
        (result("0099", "eck-b"), "leerlingnummer"),
        (result("0012", None, "key-z"), "cito_key"),
        (result("0012", "eck-b", "key-z"), "cito_key"),
    ],
)
def test_a_key_that_differs_from_the_one_the_found_pupil_has_joins_nobody(row: dict, veld: str):
    assert stopped(matched(row, pupil(0, "0012", "eck-b", "key-b"))) == ("tegenstrijdig", "sleutel_wijkt_af", veld)


def test_a_key_that_is_none_of_the_two_that_the_pupil_has_joins_nobody():
    rows = pupil(0, "0012", None, "key-old"), pupil(0, "0012", None, "key-new")
    assert stopped(matched(result("0012", None, "key-z"), *rows)) == ("tegenstrijdig", "sleutel_wijkt_af", "cito_key")


@pytest.mark.parametrize(
    ("row", "veld"), [(result("0012"), "leerlingnummer"), (result(None, "eck-b"), "eck_id"), (result(None, None, "key-b"), "cito_key")]
)
def test_a_key_that_two_pupils_have_joins_nobody(row: dict, veld: str):
    twins = {
        "leerlingnummer": (pupil(0, "0012"), pupil(1, "0012")),
        "eck_id": (pupil(0, "0012", "eck-b"), pupil(1, "0013", "eck-b")),
        "cito_key": (pupil(0, "0012", None, "key-b"), pupil(1, "0013", None, "key-b")),
    }[veld]
    assert stopped(matched(row, *twins, match_on=(*DEFAULT, *SOMTODAY))) == ("tegenstrijdig", "sleutel_dubbel", veld)


def test_two_identical_rows_of_the_list_join_nobody():
    rows = pupil(0, "0012", "eck-b"), pupil(1, "0012", "eck-b")
    assert stopped(matched(result("0012", "eck-b"), *rows)) == ("tegenstrijdig", "sleutel_dubbel", "leerlingnummer")


def test_a_key_that_two_pupils_have_joins_nobody_though_another_key_is_certain():
    rows = pupil(0, "0012", "eck-b"), pupil(1, "0013", "eck-b")
    assert stopped(matched(result("0012", "eck-b"), *rows)) == ("tegenstrijdig", "sleutel_dubbel", "eck_id")


def test_a_key_outside_match_on_that_two_pupils_have_joins_nobody():
    rows = pupil(0, "0012", None, "key-b"), pupil(1, "0013", None, "key-b")
    assert stopped(matched(result("0012", None, "key-b"), *rows)) == ("tegenstrijdig", "sleutel_dubbel", "cito_key")


def test_a_pupil_whose_gebruikersnaam_stands_in_the_list_twice_gets_nothing_by_another_key():
    rows = pupil(0, "0012", "eck-b"), pupil(1, "0012", "eck-c")
    assert stopped(matched(result(None, "eck-b"), *rows)) == ("tegenstrijdig", "sleutel_dubbel", "leerlingnummer")


def test_a_pupil_listed_twice_does_not_touch_the_others():
    rows = pupil(0, "0012"), pupil(1, "0012"), pupil(2, "0013")
    assert joined_with(matched(result("0013"), *rows)) == "0013"


# --- a leerlingnummer of before ---------------------------------------------------------------------------------------


SINCE = date(2026, 10, 6)
"""From when the numbers of now hold."""


def matched_since(row: dict[str, object], *rows: dict[str, object], match_on: Sequence[str] = DEFAULT) -> pd.DataFrame:
    return match(read_results(row), pupils(*rows), match_on, SINCE)


def test_a_number_of_before_joins_nobody_and_the_reason_says_so():
    before, on_the_day = (matched_since(result("0012", day=day), pupil(0, "0012", "eck-a")) for day in ("2026-10-05", "2026-10-06"))
    assert stopped(before) == ("niet_gekoppeld", "nummer_van_eerder", None)
    assert joined_with(on_the_day) == "0012"


def test_with_an_eck_id_a_number_of_before_says_nothing_whoever_has_it_now():
    for number in ("0012", "0013", "0777", "12"):
        results = matched_since(result(number, "eck-a", day="2026-10-05"), pupil(0, "0012", "eck-a"), pupil(1, "0013", "eck-b"))
        assert joined_with(results) == "0012"
        assert results["leerlingnummer"].tolist() == [number], "as it was written"


def test_an_eck_id_of_nobody_leaves_a_number_of_before_out():
    results = matched_since(result("0012", "eck-z", day="2026-10-05"), pupil(0, "0012", "eck-a"))
    assert stopped(results) == ("niet_gekoppeld", "nummer_van_eerder", None)


def test_a_cito_key_joins_what_a_number_of_before_does_not():
    results = matched_since(result("0012", None, "key-a", day="2026-10-05"), pupil(0, "0013", None, "key-a"), match_on=SOMTODAY)
    assert joined_with(results) == "0013"


# --- other rows and counts -------------------------------------------------------------------------------------------


def test_a_result_that_ended_before_stays_as_it_was_and_is_joined_with_nobody():
    results = matched(result("0012", uitkomst="vorig_schooljaar"), pupil(0, "0012"))
    assert stopped(results) == ("vorig_schooljaar", None, None)


def test_a_night_without_results_matches_nothing():
    results = match(read_results(), pupils(pupil(0, "0012")), DEFAULT)
    assert results.empty
    assert "gebruikersnaam" in results.columns


def test_no_row_is_dropped_or_moved():
    rows = [result("0012", file=3), result("0099", file=1), result("0013", file=2)]
    results = match(read_results(*rows), pupils(pupil(0, "0012"), pupil(1, "0013"), pupil(2, "0013")), DEFAULT)
    assert results["leerlingnummer"].tolist() == ["0012", "0099", "0013"]
    assert uitkomsten(results) == [None, "niet_gekoppeld", "tegenstrijdig"]


def night_of_all_kinds() -> pd.DataFrame:
    return match(
        read_results(
            result("0012", "eck-b"),
            result(None, "eck-b"),
            result("0099"),
            result("0013"),
            result("0012", uitkomst="ongeldig"),
            result("0012", uitkomst="vorig_schooljaar"),
        ),
        pupils(pupil(0, "0012", "eck-b"), pupil(1, "0013"), pupil(2, "0013")),
        DEFAULT,
    )


def test_how_many_found_nobody_counts_what_was_looked_up():
    assert unmatched(night_of_all_kinds(), pupils(pupil(0, "0012", "eck-b"))) == Unmatched(1, 1, 4, {})


def test_per_key_is_counted_how_often_it_was_tried_and_joined():
    assert matched_per_key(night_of_all_kinds()) == {
        "leerlingnummer": {"tried": 3, "matched": 1},
        "eck_id": {"tried": 2, "matched": 2},
        "cito_key": {"tried": 0, "matched": 0},
    }
