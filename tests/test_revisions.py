"""What is new: which leerplannen a run delivers, with which revisie and status, and which it withdraws."""

import pandas as pd
import pytest
from tables_for_tests import ENGELS, LEZEN, REKENEN, TAAL, VAK_OF, WOORDEN, SchoolNights, leerplan_id, result

from cito_numo.redenen import INGETROKKEN_BOVEN_OPTIE, INGETROKKEN_VERPLAATST
from cito_numo.revisions import leerplan_ids


@pytest.fixture
def school() -> SchoolNights:
    """A school of which nothing was delivered yet, with terugstuuroptie 0."""
    return SchoolNights()


# --- what is delivered -----------------------------------------------------------------------------------------------


def test_the_first_leerplan_is_revisie_1_for_a_teacher_to_process(school: SchoolNights):
    night = school.night(result("0012"))
    assert night.delivered == [("0012", "rekenen", 1, "te_verwerken")]
    assert night.changes.leerplannen["klas"].tolist() == ["2A"]
    assert night.uitkomsten == ["leerplan"]


def test_there_is_one_leerplan_per_leerling_and_vak(school: SchoolNights):
    night = school.night(result("0012", onderdeel=LEZEN), result("0012", onderdeel=TAAL), result("0012"), result("0011"))
    assert night.delivered == [
        ("0011", "rekenen", 1, "te_verwerken"),
        ("0012", "nederlands", 1, "te_verwerken"),
        ("0012", "rekenen", 1, "te_verwerken"),
    ]
    assert night.onderdelen == [("0011", REKENEN), ("0012", LEZEN), ("0012", TAAL), ("0012", REKENEN)]


def test_a_night_without_news_delivers_nothing(school: SchoolNights):
    school.night(result("0011"), result("0012"))
    night = school.night(result("0011"), result("0012"))
    assert not night.changes
    assert night.uitkomsten == ["ongewijzigd", "ongewijzigd"]


def test_only_the_leerplan_that_changed_is_delivered(school: SchoolNights):
    school.night(result("0011"), result("0012"), result("0012", onderdeel=ENGELS))
    night = school.night(result("0011"), result("0012", fn="vmbo-gt", file=2), result("0012", onderdeel=ENGELS))
    assert night.delivered == [("0012", "rekenen", 2, "te_verwerken")]
    assert night.uitkomsten == ["ongewijzigd", "leerplan", "ongewijzigd"]


def test_a_leerplan_that_changed_is_delivered_with_all_its_onderdelen(school: SchoolNights):
    school.night(result(onderdeel=LEZEN), result(onderdeel=TAAL))
    night = school.night(result(onderdeel=LEZEN), result(onderdeel=TAAL), result(onderdeel=WOORDEN, file=2))
    assert night.delivered == [("0012", "nederlands", 2, "te_verwerken")]
    assert night.onderdelen == [("0012", LEZEN), ("0012", WOORDEN), ("0012", TAAL)]
    assert night.uitkomsten == ["leerplan", "leerplan", "leerplan"]


def test_an_onderdeel_that_only_the_past_knows_is_delivered_again_with_its_leerplan(school: SchoolNights):
    school.night(result(onderdeel=LEZEN))
    night = school.night(result(onderdeel=TAAL, file=2))
    assert night.onderdelen == [("0012", LEZEN), ("0012", TAAL)]


def test_a_newer_file_with_the_same_result_is_no_news(school: SchoolNights):
    school.night(result(file=1))
    night = school.night(result(file=2))
    assert not night.changes
    assert night.uitkomsten == ["ongewijzigd"]


def test_full_delivers_all_that_is_in_force_with_the_same_revisies(school: SchoolNights):
    school.night(result("0011"), result("0012"))
    school.night(result("0012", fn="vmbo-gt", file=2))
    night = school.night(result("0012", fn="vmbo-gt", file=2), full=True)
    assert night.delivered == [("0011", "rekenen", 1, "te_verwerken"), ("0012", "rekenen", 2, "te_verwerken")]
    assert night.onderdelen == [("0011", REKENEN), ("0012", REKENEN)]
    assert night.uitkomsten == ["leerplan"]


def test_a_lowered_cutoff_does_not_change_what_full_delivers(school: SchoolNights):
    school.night(result(fn="vwo"), option=1)
    night = school.night(result(fn="vwo"), option=0, full=True)
    assert night.delivered == [("0012", "rekenen", 1, "te_verwerken")]
    assert night.uitkomsten == ["boven_terugstuuroptie"]


# --- revisie and klas ------------------------------------------------------------------------------------------------


def test_every_change_is_the_next_revisie(school: SchoolNights):
    revisies = [school.night(result(fn=fn, file=file)).delivered[0][2] for file, fn in enumerate(("havo", "vmbo-gt", "havo", "vmbo-kb"), 1)]
    assert revisies == [1, 2, 3, 4]


def test_another_klas_alone_does_not_raise_the_revisie(school: SchoolNights):
    school.night(result(), klas="2A")
    night = school.night(result(), klas="2B")
    assert not night.changes
    assert school.revisies == [("0012", "rekenen", 1, "te_verwerken")]


def test_the_next_revisie_has_the_klas_of_that_day(school: SchoolNights):
    school.night(result(), klas="2A")
    night = school.night(result(fn="vmbo-gt", file=2), klas="2B")
    assert night.changes.leerplannen["klas"].tolist() == ["2B"]


def test_full_delivers_the_klas_of_that_day(school: SchoolNights):
    school.night(result(), klas="2A")
    night = school.night(result(), klas="2B", full=True)
    assert night.changes.leerplannen[["klas", "revisie"]].to_numpy().tolist() == [["2B", 1]]


def test_a_leerling_who_is_no_longer_in_numos_list_keeps_the_klas_of_the_leerplan(school: SchoolNights):
    school.night(result(), klas="2A")
    night = school.night(klas=None, full=True)
    assert night.changes.leerplannen[["klas", "revisie"]].to_numpy().tolist() == [["2A", 1]]


# --- status ----------------------------------------------------------------------------------------------------------


def test_automatic_processing_delivers_leerplannen_that_are_verwerkt(school: SchoolNights):
    assert school.night(result(), automatic=True).delivered == [("0012", "rekenen", 1, "verwerkt")]


def test_automatic_processing_stays_quiet_when_nothing_changed(school: SchoolNights):
    school.night(result(), automatic=True)
    assert not school.night(result(), automatic=True).changes


def test_processing_that_becomes_automatic_processes_what_waits(school: SchoolNights):
    school.night(result())
    night = school.night(result(), automatic=True)
    assert night.delivered == [("0012", "rekenen", 2, "verwerkt")]
    assert night.uitkomsten == ["leerplan"]


def test_processing_by_a_teacher_leaves_what_was_verwerkt(school: SchoolNights):
    school.night(result(), automatic=True)
    assert not school.night(result()).changes


def test_what_was_verwerkt_is_te_verwerken_again_when_its_onderdelen_change(school: SchoolNights):
    school.night(result(), automatic=True)
    assert school.night(result(fn="vmbo-gt", file=2)).delivered == [("0012", "rekenen", 2, "te_verwerken")]


# --- ingetrokken -----------------------------------------------------------------------------------------------------


def test_a_leerplan_that_loses_its_last_onderdeel_is_ingetrokken(school: SchoolNights):
    school.night(result())
    night = school.night(result(fn="vwo", file=2))
    assert night.delivered == []
    assert night.ingetrokken == [("0012", "rekenen", 2, "ingetrokken")]
    assert night.changes.ingetrokken["reden"].tolist() == [INGETROKKEN_BOVEN_OPTIE]


def test_a_withdrawal_alone_is_something_to_deliver(school: SchoolNights):
    school.night(result())
    assert school.night(result(fn="vwo", file=2)).changes


def test_a_leerplan_that_keeps_another_onderdeel_is_not_ingetrokken(school: SchoolNights):
    school.night(result(onderdeel=LEZEN), result(onderdeel=TAAL))
    night = school.night(result(onderdeel=LEZEN, fn="vwo", file=2), result(onderdeel=TAAL))
    assert night.ingetrokken == []
    assert night.delivered == [("0012", "nederlands", 2, "te_verwerken")]
    assert night.onderdelen == [("0012", TAAL)]


def test_a_leerplan_is_ingetrokken_once(school: SchoolNights):
    school.night(result())
    school.night(result(fn="vwo", file=2))
    assert not school.night(result(fn="vwo", file=2)).changes
    assert not school.night().changes


def test_full_does_not_deliver_what_was_ingetrokken_before(school: SchoolNights):
    school.night(result("0011"), result("0012"))
    school.night(result("0012", fn="vwo", file=2))
    night = school.night(full=True)
    assert night.delivered == [("0011", "rekenen", 1, "te_verwerken")]
    assert night.ingetrokken == []


def test_a_leerplan_that_comes_back_has_the_next_revisie_and_the_same_id(school: SchoolNights):
    first = school.night(result(file=1))
    school.night(result(fn="vwo", file=2))
    back = school.night(result(file=3))
    assert back.delivered == [("0012", "rekenen", 3, "te_verwerken")]
    assert back.changes.leerplannen["leerplan_id"].tolist() == first.changes.leerplannen["leerplan_id"].tolist()


def test_a_leerplan_that_comes_back_the_same_is_delivered_all_the_same(school: SchoolNights):
    school.night(result(file=1), automatic=True)
    school.night(result(fn="vwo", file=2), automatic=True)
    assert school.night(result(file=3), automatic=True).delivered == [("0012", "rekenen", 3, "verwerkt")]


def test_what_came_back_may_be_ingetrokken_again(school: SchoolNights):
    school.night(result(file=1))
    school.night(result(fn="vwo", file=2))
    school.night(result(file=3))
    assert school.night(result(fn="vwo", file=4)).ingetrokken == [("0012", "rekenen", 4, "ingetrokken")]


# --- leerlijnen that change ------------------------------------------------------------------------------------------


def test_an_onderdeel_that_moves_to_another_vak_changes_both_leerplannen(school: SchoolNights):
    school.night(result(onderdeel=LEZEN), result(onderdeel=TAAL))
    night = school.night(result(onderdeel=LEZEN), result(onderdeel=TAAL), vak_of={**VAK_OF, TAAL: "taal"})
    assert night.delivered == [("0012", "nederlands", 2, "te_verwerken"), ("0012", "taal", 1, "te_verwerken")]
    assert night.ingetrokken == []


def test_a_leerplan_whose_only_onderdeel_moves_to_another_vak_is_ingetrokken(school: SchoolNights):
    school.night(result(onderdeel=TAAL))
    night = school.night(result(onderdeel=TAAL), vak_of={**VAK_OF, TAAL: "taal"})
    assert night.delivered == [("0012", "taal", 1, "te_verwerken")]
    assert night.ingetrokken == [("0012", "nederlands", 2, "ingetrokken")]
    assert night.changes.ingetrokken["reden"].tolist() == [INGETROKKEN_VERPLAATST]


def test_the_reason_of_a_withdrawal_is_its_own_for_each_leerling(school: SchoolNights):
    school.night(result("0011", onderdeel=TAAL), result("0012", onderdeel=TAAL))
    night = school.night(result("0011", onderdeel=TAAL, fn="vwo", file=2), result("0012", onderdeel=TAAL), vak_of={**VAK_OF, TAAL: "taal"})
    withdrawn = night.changes.ingetrokken
    assert dict(zip(withdrawn["gebruikersnaam"], withdrawn["reden"], strict=True)) == {
        "0011": INGETROKKEN_BOVEN_OPTIE,
        "0012": INGETROKKEN_VERPLAATST,
    }


# --- the id ----------------------------------------------------------------------------------------------------------


def ids(school: str, *leerplannen: tuple[str, str]) -> list[str]:
    return leerplan_ids(school, pd.DataFrame(leerplannen, columns=["gebruikersnaam", "vak"])).tolist()


def test_the_id_of_a_leerplan_is_the_same_for_ever():
    assert ids("demo-college", ("0012", "rekenen")) == ["ce38bf14-5f52-5462-83c6-f1249269582d"]


@pytest.mark.parametrize("school", ["demo-college", "é ☃", ""])
def test_the_ids_are_those_of_uuid5(school: str):
    leerplannen = [(f"{number:07d}", vak) for number in range(50) for vak in ("engels", "rekenen", "nederlands ☃")]
    assert ids(school, *leerplannen) == [leerplan_id(school, *leerplan) for leerplan in leerplannen]
    assert ids(school) == []


def test_every_school_leerling_and_vak_has_its_own_id():
    of_all = {*ids("a", ("1", "engels"), ("2", "engels"), ("1", "rekenen")), *ids("b", ("1", "engels"))}
    assert len(of_all) == 4
