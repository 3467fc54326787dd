"""What a leerplan holds: which toets counts, what stays in force, and where a leerling starts and goes."""

import pandas as pd
import pytest
from tables_for_tests import ENGELS, LEZEN, REKENEN, TAAL, VAK_OF, WOORDEN, SchoolNights, matched_results, redenen, result

from cito_numo.plans import newest_wins, onderdelen_of
from cito_numo.tables import ONDERDELEN, VERVALLEN, WITHDRAWN, empty, names

T1 = {"toets": "T1", "day": "2026-10-06"}
T2 = {"toets": "T2", "day": "2027-02-09"}


@pytest.fixture
def school() -> SchoolNights:
    """A school of which nothing is in force, with terugstuuroptie 0."""
    return SchoolNights()


# --- newest wins -----------------------------------------------------------------------------------------------------


def test_of_two_toetsen_the_newest_counts(school: SchoolNights):
    night = school.night(result(**T1, fn="vmbo-gt"), result(**T2, fn="havo"))
    assert school.in_force == [("0012", REKENEN, "T2", "havo")]
    assert night.uitkomsten == ["vervangen", "leerplan"]


def test_the_afnamedatum_says_which_toets_is_newest_not_its_name(school: SchoolNights):
    school.night(result(toets="T2", day="2026-10-06"), result(toets="T1", day="2026-10-07"))
    assert school.in_force == [("0012", REKENEN, "T1", "havo")]


def test_on_one_day_the_higher_toets_counts(school: SchoolNights):
    school.night(result(toets="T2"), result(toets="T3", fn="vmbo-gt"), result(toets="T1"))
    assert school.in_force == [("0012", REKENEN, "T3", "vmbo-gt")]


def test_a_newer_toets_counts_also_when_it_came_in_an_older_file(school: SchoolNights):
    school.night(result(**T2, file=1), result(**T1, file=2))
    assert school.in_force == [("0012", REKENEN, "T2", "havo")]


def test_each_leerling_and_onderdeel_has_its_own_newest_toets(school: SchoolNights):
    school.night(result("0011", **T2), result("0012", **T1), result("0012", **T2, onderdeel=LEZEN))
    assert school.in_force == [("0011", REKENEN, "T2", "havo"), ("0012", LEZEN, "T2", "havo"), ("0012", REKENEN, "T1", "havo")]


def test_a_newer_toets_above_the_cutoff_leaves_the_older_one_in_its_place(school: SchoolNights):
    night = school.night(result(**T1), result(**T2, fn="vwo"))
    assert school.in_force == [("0012", REKENEN, "T1", "havo")]
    assert night.uitkomsten == ["leerplan", "boven_terugstuuroptie"]


def test_what_a_newer_toets_replaces_says_so(school: SchoolNights):
    assert redenen(school.night(result(**T1), result(**T2)).results) == ["nieuwere_toets", None]


# --- in force: a newer toets or a correction takes its place ---------------------------------------------------------


def test_a_newer_toets_takes_the_place_of_what_is_in_force(school: SchoolNights):
    school.night(result(**T1))
    night = school.night(result(**T1), result(**T2, fn="vmbo-gt", file=2))
    assert school.in_force == [("0012", REKENEN, "T2", "vmbo-gt")]
    assert night.uitkomsten == ["vervangen", "leerplan"]


def test_an_older_toets_that_comes_in_late_does_not_count(school: SchoolNights):
    school.night(result(**T2))
    night = school.night(result(**T2), result(**T1, fn="vmbo-gt", file=2))
    assert school.in_force == [("0012", REKENEN, "T2", "havo")]
    assert night.uitkomsten == ["ongewijzigd", "vervangen"]


def test_an_older_toets_does_not_count_though_what_is_in_force_is_no_longer_in_the_inbox(school: SchoolNights):
    school.night(result(**T2))
    night = school.night(result(**T1, fn="vmbo-gt", file=2))
    assert school.in_force == [("0012", REKENEN, "T2", "havo")]
    assert night.uitkomsten == ["vervangen"]
    assert redenen(night.results) == ["nieuwere_toets"]


def test_a_correction_takes_its_place(school: SchoolNights):
    school.night(result(fn="havo"))
    night = school.night(result(fn="havo"), result(fn="vmbo-gt", file=2))
    assert school.in_force == [("0012", REKENEN, "T1", "vmbo-gt")]
    assert night.uitkomsten == ["vervangen", "leerplan"]


def test_a_correction_with_an_older_date_takes_its_place(school: SchoolNights):
    school.night(result(day="2026-10-06", fn="havo"))
    night = school.night(result(day="2026-09-29", fn="vmbo-gt", file=2))
    assert school.in_force == [("0012", REKENEN, "T1", "vmbo-gt")]
    assert night.uitkomsten == ["leerplan"]


def test_a_correction_of_the_date_alone_is_a_correction(school: SchoolNights):
    school.night(result(day="2026-10-06"))
    assert school.night(result(day="2026-09-29", file=2)).delivered == [("0012", "rekenen", 2, "te_verwerken")]
    assert school.onderdelen["afnamedatum"].dt.strftime("%Y-%m-%d").tolist() == ["2026-09-29"]


def test_a_correction_to_an_earlier_date_may_make_another_toets_the_newest(school: SchoolNights):
    school.night(result(**T1), result(**T2))
    night = school.night(result(**T1), result(toets="T2", day="2026-10-01", file=2))
    assert school.in_force == [("0012", REKENEN, "T1", "havo")]
    assert night.uitkomsten == ["leerplan", "vervangen"]


def test_a_correction_of_a_toets_that_is_not_in_force_changes_nothing(school: SchoolNights):
    school.night(result(**T1), result(**T2))
    night = school.night(result(**T1, fn="vwo", file=2), result(**T2))
    assert school.in_force == [("0012", REKENEN, "T2", "havo")]
    assert night.uitkomsten == ["boven_terugstuuroptie", "ongewijzigd"]


def test_the_same_file_read_otherwise_since_its_layout_was_mended_takes_its_place(school: SchoolNights):
    school.night(result(fn="havo", file=1))
    school.night(result(fn="vmbo-gt", file=1))
    assert school.in_force == [("0012", REKENEN, "T1", "vmbo-gt")]


def test_an_older_file_that_is_copied_back_corrects_nothing(school: SchoolNights):
    school.night(result(fn="havo", file=1), result(fn="vmbo-gt", file=2))
    night = school.night(result(fn="havo", file=1))
    assert school.in_force == [("0012", REKENEN, "T1", "vmbo-gt")]
    assert night.uitkomsten == ["vervangen"]
    assert redenen(night.results) == ["gecorrigeerd"]


def test_an_older_file_that_is_copied_back_corrects_nothing_with_a_later_date_either(school: SchoolNights):
    school.night(result(day="2026-10-20", file=1), result(day="2026-10-06", fn="vmbo-gt", file=2))
    school.night(result(day="2026-10-20", file=1))
    assert school.in_force == [("0012", REKENEN, "T1", "vmbo-gt")]


def test_an_older_file_above_the_cutoff_takes_nothing_out(school: SchoolNights):
    school.night(result(fn="vwo", file=1), result(fn="havo", file=2))
    night = school.night(result(fn="vwo", file=1))
    assert school.in_force == [("0012", REKENEN, "T1", "havo")]
    assert night.uitkomsten == ["boven_terugstuuroptie"]


def test_what_a_newer_file_gave_once_more_is_no_longer_corrected_by_a_file_between(school: SchoolNights):
    school.night(result(fn="havo", file=1))
    school.night(result(fn="havo", file=3))
    night = school.night(result(fn="vmbo-gt", file=2))
    assert school.in_force == [("0012", REKENEN, "T1", "havo")]
    assert night.uitkomsten == ["vervangen"]


def test_the_same_toets_of_another_schooljaar_is_no_correction(school: SchoolNights):
    school.night(result(day="2026-10-06"))
    school.night(result(day="2025-10-07", fn="vmbo-gt", file=2))
    assert school.in_force == [("0012", REKENEN, "T1", "havo")]


# --- in force: a correction above the cutoff takes it out ------------------------------------------------------------


def test_a_correction_above_the_cutoff_takes_the_onderdeel_out(school: SchoolNights):
    school.night(result(fn="havo"), result(onderdeel=LEZEN))
    night = school.night(result(fn="vwo", file=2), result(onderdeel=LEZEN))
    assert school.in_force == [("0012", LEZEN, "T1", "havo")]
    assert night.uitkomsten == ["boven_terugstuuroptie", "ongewijzigd"]


def test_a_correction_above_the_cutoff_takes_the_onderdeel_out_whatever_its_date(school: SchoolNights):
    school.night(result(day="2026-10-06"))
    school.night(result(day="2026-09-29", fn="vwo", file=2))
    assert school.in_force == []


def test_an_older_file_does_not_bring_back_what_a_correction_took_out(school: SchoolNights):
    school.night(result(fn="havo", file=1))
    school.night(result(fn="havo", file=1), result(fn="vwo", file=2))
    night = school.night(result(fn="havo", file=1))
    assert school.in_force == []
    assert night.uitkomsten == ["vervangen"]
    assert redenen(night.results) == ["gecorrigeerd"]


def test_a_newer_file_brings_back_what_a_correction_took_out(school: SchoolNights):
    school.night(result(fn="havo", file=1))
    school.night(result(fn="vwo", file=2))
    school.night(result(fn="havo", file=3))
    assert school.in_force == [("0012", REKENEN, "T1", "havo")]


def test_a_raised_cutoff_brings_in_the_correction_that_was_held_back(school: SchoolNights):
    school.night(result(fn="havo", file=1))
    school.night(result(fn="vwo", file=2))
    school.night(result(fn="vwo", file=2), option=1)
    assert school.in_force == [("0012", REKENEN, "T1", "vwo")]


def test_another_toets_comes_in_after_a_correction_took_the_onderdeel_out(school: SchoolNights):
    school.night(result(**T1, file=1))
    school.night(result(**T1, fn="vwo", file=2))
    school.night(result(**T2, file=1))
    assert school.in_force == [("0012", REKENEN, "T2", "havo")]


def test_where_a_correction_takes_the_newest_toets_out_the_one_before_it_counts(school: SchoolNights):
    school.night(result(**T1, fn="vmbo-gt"), result(**T2))
    night = school.night(result(**T1, fn="vmbo-gt"), result(**T2, fn="vwo", file=2))
    assert school.in_force == [("0012", REKENEN, "T1", "vmbo-gt")]
    assert night.uitkomsten == ["leerplan", "boven_terugstuuroptie"]


def test_what_a_correction_took_out_is_remembered_with_its_file(school: SchoolNights):
    school.night(result("0012", file=3))
    held = [result(who, fn="vwo", file=7, uitkomst="boven_terugstuuroptie") for who in ("0012", "never-delivered")]
    _results, counting = newest_wins(matched_results(*held), school.onderdelen, empty(VERVALLEN), empty(WITHDRAWN))
    assert list(counting.vervallen[names(VERVALLEN)].itertuples(index=False, name=None)) == [("0012", REKENEN, "2026-2027", "T1", 7)]
    assert counting.onderdelen.empty


# --- in force: nothing else takes it out -----------------------------------------------------------------------------


def test_what_is_in_force_above_a_lowered_cutoff_is_told_as_delivered_and_what_never_was_is_not(school: SchoolNights):
    school.night(result("0011", fn="vwo"), option=1)
    night = school.night(result("0011", fn="vwo"), result("0012", fn="vwo"), option=0)
    assert night.uitkomsten == ["boven_terugstuuroptie", "boven_terugstuuroptie"]
    assert night.results["reden"].tolist() == ["boven_optie_geleverd", "boven_optie"]
    assert school.in_force == [("0011", REKENEN, "T1", "vwo")]


def test_an_input_that_vanished_takes_nothing_back(school: SchoolNights):
    school.night(result("0011"), result("0012"))
    night = school.night(result("0012"))
    assert school.in_force == [("0011", REKENEN, "T1", "havo"), ("0012", REKENEN, "T1", "havo")]
    assert not night.changes


def test_an_empty_inbox_takes_nothing_back(school: SchoolNights):
    school.night(result("0011"), result("0012"))
    night = school.night()
    assert len(school.in_force) == 2
    assert not night.changes


def test_a_lowered_cutoff_takes_nothing_back(school: SchoolNights):
    school.night(result(fn="vwo"), option=1)
    night = school.night(result(fn="vwo"), option=-2)
    assert school.in_force == [("0012", REKENEN, "T1", "vwo")]
    assert night.uitkomsten == ["boven_terugstuuroptie"]
    assert not night.changes


def test_a_lowered_cutoff_takes_nothing_back_when_a_newer_file_gives_the_same_result(school: SchoolNights):
    school.night(result(fn="vwo", file=1), option=1)
    night = school.night(result(fn="vwo", file=2), option=0)
    assert school.in_force == [("0012", REKENEN, "T1", "vwo")]
    assert not night.changes


def test_a_newer_toets_above_a_lowered_cutoff_takes_nothing_back(school: SchoolNights):
    school.night(result(**T1, fn="vwo"), option=1)
    school.night(result(**T2, fn="vwo", file=2), option=0)
    assert school.in_force == [("0012", REKENEN, "T1", "vwo")]


def test_contradicting_results_take_nothing_back(school: SchoolNights):
    school.night(result(fn="havo", file=1))
    night = school.night(result(fn="havo", file=1), result(fn="havo", file=2), result(fn="vmbo-gt", file=2))
    assert school.in_force == [("0012", REKENEN, "T1", "havo")]
    assert night.uitkomsten == ["dubbel", "tegenstrijdig", "tegenstrijdig"]


def test_a_new_schooljaar_takes_nothing_back(school: SchoolNights):
    school.night(result(toets="T3", day="2026-05-11"))
    school.night(result(toets="T3", day="2026-05-11", uitkomst="vorig_schooljaar"), result(onderdeel=LEZEN, day="2026-10-06"))
    assert school.in_force == [("0012", LEZEN, "T1", "havo"), ("0012", REKENEN, "T3", "havo")]


def test_a_toets_of_a_new_schooljaar_is_newer(school: SchoolNights):
    school.night(result(toets="T3", day="2026-05-11"))
    school.night(result(toets="T0", day="2026-09-01", fn="vmbo-gt"))
    assert school.in_force == [("0012", REKENEN, "T0", "vmbo-gt")]


def test_results_that_ended_before_play_no_part(school: SchoolNights):
    night = school.night(result(**T1), result(**T2, uitkomst="niet_gekoppeld"), result("0099", uitkomst="ongeldig"))
    assert school.in_force == [("0012", REKENEN, "T1", "havo")]
    assert night.uitkomsten == ["leerplan", "niet_gekoppeld", "ongeldig"]


# --- withdrawn by a person: only what is newer comes back ------------------------------------------------------------


@pytest.fixture
def withdrawn(school: SchoolNights) -> SchoolNights:
    """Its T1 of rekenen came from the second file, and was withdrawn."""
    school.night(result(**T1, file=2))
    school.withdraw("0012")
    assert school.in_force == []
    return school


@pytest.mark.parametrize("file", [1, 2, 3, 9])
def test_what_was_withdrawn_does_not_come_back_from_any_file(withdrawn: SchoolNights, file: int):
    for _night in range(2):
        night = withdrawn.night(result(**T1, file=file))
        assert (night.uitkomsten, redenen(night.results)) == (["ongewijzigd"], ["ingetrokken"])
        assert (night.delivered, withdrawn.in_force) == ([], [])


@pytest.mark.parametrize(
    "older", [{"toets": "T0", "day": "2026-09-01"}, {"toets": "T0", "day": "2026-10-06"}, {"toets": "T3", "day": "2026-10-05"}]
)
def test_an_older_toets_does_not_come_in_its_place(withdrawn: SchoolNights, older: dict[str, str]):
    night = withdrawn.night(result(**older, file=3))
    assert (night.uitkomsten, withdrawn.in_force) == (["ongewijzigd"], [])


@pytest.mark.parametrize("newer", [T2, {"toets": "T2", "day": "2026-10-06"}, {"toets": "T0", "day": "2026-10-07"}])
def test_a_newer_toets_comes_back(withdrawn: SchoolNights, newer: dict[str, str]):
    night = withdrawn.night(result(**T1, file=2), result(**newer, file=1))
    assert night.delivered == [("0012", "rekenen", 3, "te_verwerken")]
    assert withdrawn.in_force == [("0012", REKENEN, newer["toets"], "havo")]


@pytest.mark.parametrize("change", [{"fn": "vmbo-gt"}, {"toetsniveau": "vwo"}, {"day": "2026-10-01"}])
def test_a_correction_from_a_newer_file_comes_back(withdrawn: SchoolNights, change: dict[str, str]):
    assert withdrawn.night(result(**{**T1, **change}, file=2)).uitkomsten == ["ongewijzigd"]
    assert withdrawn.night(result(**{**T1, **change}, file=1)).uitkomsten == ["ongewijzigd"]
    night = withdrawn.night(result(**{**T1, **change}, file=3))
    assert night.delivered == [("0012", "rekenen", 3, "te_verwerken")]


def test_what_is_back_is_corrected_as_anything_else_also_to_what_it_was(withdrawn: SchoolNights):
    withdrawn.night(result(**T1, fn="vmbo-gt", file=3))
    assert withdrawn.night(result(**T1, fn="havo", file=2), result(**T1, fn="vmbo-gt", file=3)).delivered == []
    withdrawn.night(result(**T1, fn="havo", file=4))
    assert withdrawn.in_force == [("0012", REKENEN, "T1", "havo")]


def test_where_what_was_newer_is_corrected_away_what_was_withdrawn_does_not_come_back(withdrawn: SchoolNights):
    withdrawn.night(result(**T1, file=2), result(**T2, file=3))
    night = withdrawn.night(result(**T1, file=2), result(**T2, fn="vwo", file=4))
    assert (withdrawn.in_force, len(night.ingetrokken)) == ([], 1)
    assert withdrawn.night(result(**T1, file=2), result(**T2, fn="vwo", file=4)).delivered == []


def test_nor_where_what_was_newer_is_corrected_to_an_older_date(withdrawn: SchoolNights):
    withdrawn.night(result(**T1, file=2), result(**T2, file=3))
    for _night in range(2):
        withdrawn.night(result(**T1, file=2), result(toets="T2", day="2026-10-01", file=4))
        assert withdrawn.in_force == [("0012", REKENEN, "T2", "havo")]


def test_what_was_withdrawn_twice_stays_so(withdrawn: SchoolNights):
    withdrawn.night(result(**T2, file=3))
    withdrawn.withdraw("0012")
    assert withdrawn.night(result(**T1, file=4), result(**T2, file=4)).uitkomsten == ["ongewijzigd", "ongewijzigd"]
    assert withdrawn.night(result(toets="T3", day="2027-05-01", file=5)).delivered == [("0012", "rekenen", 5, "te_verwerken")]


def test_another_pupil_and_another_vak_are_not_touched(school: SchoolNights):
    rows = (result("0011", **T1), result("0012", **T1), result("0012", **T1, onderdeel=LEZEN))
    school.night(*rows)
    school.withdraw("0012", "rekenen")
    night = school.night(*rows)
    assert (night.uitkomsten, night.delivered, night.ingetrokken) == (["ongewijzigd"] * 3, [], [])
    assert school.in_force == [("0011", REKENEN, "T1", "havo"), ("0012", LEZEN, "T1", "havo")]


def test_only_the_onderdelen_of_which_something_newer_came_are_back(school: SchoolNights):
    rows = (result(**T1, onderdeel=TAAL), result(**T1, onderdeel=LEZEN))
    school.night(*rows)
    school.withdraw("0012")
    school.night(*rows, result(**T2, onderdeel=TAAL, file=2))
    assert school.in_force == [("0012", TAAL, "T2", "havo")]


def test_what_was_withdrawn_stays_so_under_another_vak(withdrawn: SchoolNights):
    assert withdrawn.night(result(**T1, file=3), vak_of={**VAK_OF, REKENEN: "wiskunde"}).delivered == []


def test_a_newer_result_above_the_cutoff_leaves_it_withdrawn(withdrawn: SchoolNights):
    night = withdrawn.night(result(**T1, file=2), result(**T2, fn="vwo", file=3))
    assert (night.uitkomsten, withdrawn.in_force) == (["ongewijzigd", "boven_terugstuuroptie"], [])


# --- where a leerling starts and goes --------------------------------------------------------------------------------


def planned(*levels: tuple[str, str, str], vak_of: dict[str, str] = VAK_OF) -> pd.DataFrame:
    """The onderdelen of one leerling, of onderdeel, toetsniveau and functioneringsniveau."""
    rows = [result(onderdeel=onderdeel, toetsniveau=toetsniveau, fn=fn) for onderdeel, toetsniveau, fn in levels]
    _results, counting = newest_wins(matched_results(*rows), empty(ONDERDELEN), empty(VERVALLEN), empty(WITHDRAWN))
    return onderdelen_of(counting.onderdelen, vak_of, empty(ONDERDELEN))


@pytest.mark.parametrize(
    ("toetsniveau", "fn", "relatief", "route", "startniveau", "doelniveau"),
    [
        # below the toetsniveau: towards its highest rung
        ("havo", "vmbo-gt", -1, "ondersteuning", "vmbo-gt", "havo"),
        ("vwo", "vmbo-bb", -2, "ondersteuning", "vmbo-bb", "vwo"),
        ("havo/vwo", "vmbo-gt", -1, "ondersteuning", "vmbo-gt", "vwo"),
        ("vmbo-gt/havo", "vmbo-bb/vmbo-kb", -1, "ondersteuning", "vmbo-bb", "havo"),
        # at the toetsniveau: one rung up
        ("havo", "havo", 0, "basis", "havo", "vwo"),
        ("vmbo-bb/vmbo-kb", "vmbo-bb", 0, "basis", "vmbo-bb", "vmbo-kb"),
        ("havo/vwo", "havo", 0, "basis", "havo", "vwo"),
        ("havo", "vmbo-gt/havo", 0, "basis", "vmbo-gt", "vwo"),
        ("vmbo-gt", "vmbo-kb/vmbo-gt", 0, "basis", "vmbo-kb", "havo"),
        # above it: one rung up from there
        ("vmbo-bb", "vmbo-kb", 1, "verrijking", "vmbo-kb", "vmbo-gt"),
        ("vmbo-bb/vmbo-kb", "vmbo-gt/havo", 1, "verrijking", "vmbo-gt", "vwo"),
        ("vmbo-kb", "havo", 2, "verrijking", "havo", "vwo"),
        # always within vmbo-bb … vwo
        ("vmbo-bb", "onder-bb", -1, "ondersteuning", "vmbo-bb", "vmbo-bb"),
        ("havo", "onder-bb", -2, "ondersteuning", "vmbo-bb", "havo"),
        ("onder-bb", "onder-bb", 0, "basis", "vmbo-bb", "vmbo-bb"),
        ("havo", "vwo", 1, "verrijking", "vwo", "vwo"),
        ("vwo", "vwo", 0, "basis", "vwo", "vwo"),
        ("vwo", "boven-vwo", 1, "verrijking", "vwo", "vwo"),
        ("boven-vwo", "havo", -2, "ondersteuning", "havo", "vwo"),
    ],
)
def test_route_startniveau_and_doelniveau(toetsniveau: str, fn: str, relatief: int, route: str, startniveau: str, doelniveau: str):
    (onderdeel,) = planned((REKENEN, toetsniveau, fn)).itertuples()
    assert (onderdeel.relatief, onderdeel.route) == (relatief, route)
    assert (onderdeel.startniveau, onderdeel.doelniveau) == (startniveau, doelniveau)


def order(onderdelen: pd.DataFrame) -> list[tuple[int, str]]:
    """prioriteit and onderdeel, as they stand in the leerplan."""
    return list(zip(onderdelen["prioriteit"], onderdelen["onderdeel"], strict=True))


def test_the_lowest_relative_level_comes_first():
    onderdelen = planned((LEZEN, "vmbo-bb", "vmbo-bb"), (WOORDEN, "vwo", "havo"), (TAAL, "vwo", "vmbo-gt"))
    assert order(onderdelen) == [(1, TAAL), (2, WOORDEN), (3, LEZEN)]


def test_of_equal_relative_levels_the_lowest_startniveau_comes_first():
    onderdelen = planned((LEZEN, "vwo", "havo"), (WOORDEN, "havo", "vmbo-gt"), (TAAL, "vmbo-gt", "vmbo-kb"))
    assert order(onderdelen) == [(1, TAAL), (2, WOORDEN), (3, LEZEN)]


def test_startniveaus_are_compared_on_the_ladder_not_by_name():
    onderdelen = planned((LEZEN, "vmbo-gt", "vmbo-gt"), (TAAL, "havo", "havo"))
    assert order(onderdelen) == [(1, LEZEN), (2, TAAL)]


def test_else_the_name_of_the_onderdeel_decides():
    onderdelen = planned((TAAL, "havo", "havo"), (WOORDEN, "havo", "havo"), (LEZEN, "havo", "havo"))
    assert order(onderdelen) == [(1, LEZEN), (2, WOORDEN), (3, TAAL)]


def test_onderdelen_that_start_at_the_same_rung_are_ordered_by_name():
    onderdelen = planned((WOORDEN, "vwo", "onder-bb"), (LEZEN, "vwo", "vmbo-bb"))
    assert order(onderdelen) == [(1, LEZEN), (2, WOORDEN)]


def test_each_leerplan_counts_its_prioriteit_from_1():
    onderdelen = planned((REKENEN, "havo", "vmbo-gt"), (LEZEN, "havo", "havo"), (TAAL, "havo", "vmbo-gt"), (ENGELS, "havo", "havo"))
    assert list(zip(onderdelen["vak"], onderdelen["prioriteit"], onderdelen["onderdeel"], strict=True)) == [
        ("engels", 1, ENGELS),
        ("nederlands", 1, TAAL),
        ("nederlands", 2, LEZEN),
        ("rekenen", 1, REKENEN),
    ]


# --- which vak -------------------------------------------------------------------------------------------------------


def test_the_leerlijnen_say_which_vak_an_onderdeel_belongs_to():
    assert planned((TAAL, "havo", "havo"), vak_of={TAAL: "taal"})["vak"].tolist() == ["taal"]


def test_leerlijnen_that_move_an_onderdeel_to_another_vak_move_what_is_in_force(school: SchoolNights):
    school.night(result(onderdeel=TAAL), result(onderdeel=LEZEN))
    school.night(vak_of={**VAK_OF, TAAL: "taal"})
    assert school.onderdelen[["vak", "onderdeel", "prioriteit"]].to_numpy().tolist() == [["nederlands", LEZEN, 1], ["taal", TAAL, 1]]


def test_an_onderdeel_that_the_leerlijnen_no_longer_know_keeps_the_vak_it_was_delivered_under(school: SchoolNights):
    school.night(result(onderdeel=TAAL))
    night = school.night(vak_of={REKENEN: "rekenen"})
    assert school.onderdelen["vak"].tolist() == ["nederlands"]
    assert not night.changes
