"""What holds for any results and pupils: the count closes, no wrong match, and every night follows the rules as plain Python says them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from proving import quick
from tables_for_tests import (
    LEZEN,
    REKENEN,
    TAAL,
    Night,
    SchoolNights,
    gebruikersnamen,
    matched_results,
    pupil,
    pupils,
    read_results,
    result,
    uitkomsten,
)

from cito_numo.matching import match
from cito_numo.selection import select

KEYS = ("leerlingnummer", "eck_id", "cito_key")
LADDER = ("onder-bb", "vmbo-bb", "vmbo-kb", "vmbo-gt", "havo", "vwo", "boven-vwo")
OPTIONS = st.sampled_from([-2, -1, 0, 1, 2])


# --- any results and pupils, of so few values that they meet ---------------------------------------------------------


def maybe(*values: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *values])


KEYS_OF_RESULT = {
    "leerlingnummer": maybe("0011", "0012", "0013"),
    "eck_id": maybe("eck-a", "eck-b", "eck-c"),
    "cito_key": maybe("key-a", "key-b", "key-c"),
}
SAYS = {
    "toets": st.sampled_from(["T1", "T2"]),
    "onderdeel": st.sampled_from([REKENEN, LEZEN, TAAL]),
    "day": st.sampled_from(["2026-10-05", "2026-10-06", "2026-10-07"]),
    "fn": st.sampled_from(["vmbo-gt", "havo", "vwo"]),
    "file": st.integers(1, 4),
}
ENDED = maybe("ongeldig", "vorig_schooljaar", "niet_gekoppeld")
ANY_RESULTS = st.lists(st.builds(result, **KEYS_OF_RESULT, **SAYS, uitkomst=ENDED), max_size=12)
RESULTS_OF_TWO = st.lists(st.builds(result, st.sampled_from(["0011", "0012"]), **SAYS), max_size=14)


@dataclass(frozen=True)
class Listed:
    """A pupil of the list, with the Cito keys that the EDEXML adds."""

    leerlingnummer: str | None
    eck_id: str | None
    cito_keys: frozenset[str]
    klas: str
    in_numo: bool

    def has(self, key: str) -> frozenset[str]:
        """The values of a key that the pupil has."""
        if key == "cito_key":
            return self.cito_keys
        value = self.leerlingnummer if key == "leerlingnummer" else self.eck_id
        return frozenset() if value is None else frozenset({value})


LISTED = st.builds(
    Listed,
    leerlingnummer=st.sampled_from(["0011", "0012", "0013"]),
    eck_id=KEYS_OF_RESULT["eck_id"],
    cito_keys=st.frozensets(st.sampled_from(["key-a", "key-b", "key-c"]), max_size=2),
    klas=st.sampled_from(["2A", "2B"]),
    in_numo=st.just(value=True),
)
ONLY_IN_EDEXML = st.builds(
    Listed,
    leerlingnummer=maybe("0011", "0099"),
    eck_id=KEYS_OF_RESULT["eck_id"],
    cito_keys=st.frozensets(st.sampled_from(["key-a", "key-b", "key-c"]), min_size=1, max_size=1),
    klas=st.just("2A"),
    in_numo=st.just(value=False),
)
ANY_LIST = st.lists(st.one_of(LISTED, LISTED, ONLY_IN_EDEXML), max_size=5)
MATCH_ON = st.lists(st.sampled_from(KEYS), min_size=1, unique=True)


def table_of(listed: Sequence[Listed]) -> pd.DataFrame:
    return pupils(
        *(
            pupil(number, who.leerlingnummer, who.eck_id, cito_key, klas=who.klas, in_numo=who.in_numo)
            for number, who in enumerate(listed)
            for cito_key in sorted(who.cito_keys) or [None]
        )
    )


# --- matching --------------------------------------------------------------------------------------------------------


def whose(row: Mapping[str, object], listed: Sequence[Listed], match_on: Iterable[str]) -> tuple[str | None, str | None]:
    """gebruikersnaam and uitkomst of a result, by the rules: all of its keys agree on one pupil, or it is nobody's."""
    has = {key: row[key] for key in KEYS if row[key] is not None}
    owners = {key: [number for number, who in enumerate(listed) if value in who.has(key)] for key, value in has.items()}
    if any(len(numbers) > 1 for numbers in owners.values()):
        return None, "tegenstrijdig"
    found = {number for numbers in owners.values() for number in numbers}
    if len(found) > 1:
        return None, "tegenstrijdig"
    if not found:
        return None, "niet_gekoppeld"
    who = listed[found.pop()]
    if any(who.has(key) and value not in who.has(key) for key, value in has.items()):
        return None, "tegenstrijdig"
    if not any(owners.get(key) for key in match_on) or not who.in_numo:
        return None, "niet_gekoppeld"
    if sum(other.leerlingnummer == who.leerlingnummer for other in listed) > 1:
        return None, "tegenstrijdig"
    return who.leerlingnummer, None


@quick(200)
@given(st.lists(st.builds(result, **KEYS_OF_RESULT), min_size=1, max_size=12), ANY_LIST, MATCH_ON)
def test_a_result_is_joined_with_the_one_pupil_on_whom_all_its_keys_agree_or_with_nobody(
    rows: list[dict], listed: list[Listed], match_on: list[str]
):
    results = match(read_results(*rows), table_of(listed), match_on)
    assert list(zip(gebruikersnamen(results), uitkomsten(results), strict=True)) == [whose(row, listed, match_on) for row in rows]


@quick(100)
@given(ANY_RESULTS, ANY_LIST, MATCH_ON)
def test_nobody_gets_a_result_with_a_key_of_somebody_else(rows: list[dict], listed: list[Listed], match_on: list[str]):
    results = match(read_results(*rows), table_of(listed), match_on)
    joined = [(row, name) for row, name in zip(rows, gebruikersnamen(results), strict=True) if name is not None]
    for row, name in joined:
        (who,) = [who for who in listed if who.leerlingnummer == name]
        others = [other for other in listed if other is not who]
        for key in KEYS:
            assert row[key] is None or not who.has(key) or row[key] in who.has(key)
            assert not any(row[key] in other.has(key) for other in others)


# --- selection -------------------------------------------------------------------------------------------------------


def toets_of(row: Mapping[str, object]) -> tuple:
    return row["leerlingnummer"], row["schooljaar"], row["toets"], row["onderdeel"]


def content_of(row: Mapping[str, object]) -> tuple:
    return row["afnamedatum"], row["toetsniveau"], row["functioneringsniveau"]


def selected(rows: Sequence[Mapping[str, object]]) -> list[str | None]:
    """The uitkomst of each row, by the rules; rows stand in their files in this order."""
    ended: list[str | None] = ["vervangen"] * len(rows)
    for toets in {toets_of(row) for row in rows}:
        mine = [place for place, row in enumerate(rows) if toets_of(row) == toets]
        mine.sort(key=lambda place: (-rows[place]["volgorde"], place))
        first = {content_of(rows[place]): place for place in reversed(mine)}
        for place in mine:
            if first[content_of(rows[place])] != place:
                ended[place] = "dubbel"
        newest = rows[mine[0]]["volgorde"]
        in_newest = [place for place in first.values() if rows[place]["volgorde"] == newest]
        latest = max(rows[place]["afnamedatum"] for place in in_newest)
        deciding = [place for place in in_newest if rows[place]["afnamedatum"] == latest]
        for place in deciding:
            ended[place] = "tegenstrijdig" if len(deciding) > 1 else None
    return ended


@quick(200)
@given(RESULTS_OF_TWO)
def test_one_result_per_toets_is_selected_by_the_rules(rows: list[dict]):
    assert uitkomsten(select(matched_results(*rows))) == selected(rows)


# --- the count closes ------------------------------------------------------------------------------------------------

EVERY_UITKOMST = {
    *("ongeldig", "vorig_schooljaar", "niet_gekoppeld", "tegenstrijdig", "dubbel", "vervangen"),
    *("boven_terugstuuroptie", "ongewijzigd", "leerplan"),
}


@quick(30)
@given(st.lists(ANY_RESULTS, min_size=1, max_size=2), ANY_LIST, MATCH_ON, OPTIONS, st.booleans())
def test_the_count_closes(nights: list[list[dict]], listed: list[Listed], match_on: list[str], option: int, full: bool):
    school = SchoolNights()
    for rows in nights:
        results = school.night_of(match(read_results(*rows), table_of(listed), match_on), option=option, full=full).results
        assert len(results) == len(rows)
        assert results.index.tolist() == list(range(len(rows)))
        assert set(uitkomsten(results)) <= EVERY_UITKOMST
        ended_before = [(row["uitkomst"], uitkomst) for row, uitkomst in zip(rows, uitkomsten(results), strict=True) if row["uitkomst"]]
        assert all(before == after for before, after in ended_before)


# --- the order of rows is nothing ------------------------------------------------------------------------------------


def delivered(school: SchoolNights, night: Night) -> list[pd.DataFrame]:
    changes = night.changes
    return [changes.leerplannen, changes.onderdelen, changes.ingetrokken, school.onderdelen, school.leerplannen]


@quick(30)
@given(ANY_RESULTS, ANY_RESULTS, ANY_LIST, OPTIONS, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_pupils_does_not_change_what_is_delivered(
    before: list[dict], rows: list[dict], listed: list[Listed], option: int, random: Random
):
    played = []
    for shuffle in (False, True):
        school = SchoolNights()
        school.night_of(match(read_results(*before), table_of(listed), KEYS))
        if shuffle:
            rows, listed = random.sample(rows, len(rows)), random.sample(listed, len(listed))
        night = school.night_of(match(read_results(*rows), table_of(listed), KEYS), option=option)
        played.append((delivered(school, night), Counter(night.uitkomsten)))
    (one, counts), (other, counts_shuffled) = played
    for table, shuffled in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(table, shuffled)
    assert counts == counts_shuffled


# --- night after night -----------------------------------------------------------------------------------------------


class InForce(NamedTuple):
    """What counts of one leerling and onderdeel."""

    afnamedatum: str
    toets: str
    schooljaar: str
    content: tuple
    volgorde: int


class Rules:
    """What is in force night after night, by the rules."""

    def __init__(self) -> None:
        self.in_force: dict[tuple[str, str], InForce] = {}
        self.taken_out: dict[tuple, int] = {}

    def night(self, rows: Sequence[Mapping[str, object]], option: int) -> None:
        counting = [row for row, ended in zip(rows, selected(rows), strict=True) if ended is None]
        for who in {(row["leerlingnummer"], row["onderdeel"]) for row in counting}:
            self._onderdeel(who, [row for row in counting if (row["leerlingnummer"], row["onderdeel"]) == who], option)

    def _onderdeel(self, who: tuple, rows: Sequence[Mapping[str, object]], option: int) -> None:
        current = self.in_force.pop(who, None)
        candidates = []
        for row in rows:
            passes = LADDER.index(row["functioneringsniveau"]) - LADDER.index(row["toetsniveau"]) <= option
            said = InForce(row["afnamedatum"], row["toets"], row["schooljaar"], content_of(row), row["volgorde"])
            of_the_toets_in_force = current is not None and (said.toets, said.schooljaar) == (current.toets, current.schooljaar)
            if of_the_toets_in_force and said.content == current.content:
                current = current._replace(volgorde=max(said.volgorde, current.volgorde))
            elif of_the_toets_in_force and said.volgorde > current.volgorde:
                current = None
                if not passes:
                    self.taken_out[toets_of(row)] = said.volgorde
            elif of_the_toets_in_force:
                continue
            if passes and said.volgorde >= self.taken_out.get(toets_of(row), 0):
                candidates.append(said)
        if current is not None:
            candidates.append(current)
        if candidates:
            self.in_force[who] = max(candidates)

    def told(self) -> list[tuple]:
        return sorted((*who, said.toets, said.content[2], said.afnamedatum) for who, said in self.in_force.items())


def told(school: SchoolNights) -> list[tuple]:
    days = school.onderdelen["afnamedatum"].dt.strftime("%Y-%m-%d")
    return sorted((*onderdeel, day) for onderdeel, day in zip(school.in_force, days, strict=True))


def inbox(rows: Sequence[Mapping[str, object]], files: frozenset[int]) -> list[Mapping[str, object]]:
    """The rows of the files that lie there tonight; what is in a file never changes."""
    return [row for row in rows if row["volgorde"] in files]


FILES_PER_NIGHT = st.lists(st.tuples(st.frozensets(st.integers(1, 4)), OPTIONS), min_size=1, max_size=4)


@quick(60)
@given(RESULTS_OF_TWO, FILES_PER_NIGHT)
def test_what_is_in_force_night_after_night_follows_the_rules(rows: list[dict], nights: list[tuple[frozenset[int], int]]):
    school, rules = SchoolNights(), Rules()
    for files, option in nights:
        school.night(*inbox(rows, files), option=option)
        rules.night(inbox(rows, files), option)
        assert told(school) == rules.told()


def leerplannen_of(school: SchoolNights) -> dict[tuple[str, str], tuple]:
    """The newest revisie of each leerplan: its number, and what is in it."""
    members = school.onderdelen.drop(columns="volgorde").groupby(["gebruikersnaam", "vak"])
    content = {leerplan: table.to_csv(index=False) for leerplan, table in members}
    newest = school.leerplannen.itertuples()
    return {(plan.gebruikersnaam, plan.vak): (plan.revisie, (plan.status, content.get((plan.gebruikersnaam, plan.vak)))) for plan in newest}


@quick(30)
@given(RESULTS_OF_TWO, FILES_PER_NIGHT, st.booleans())
def test_a_revisie_is_one_higher_if_and_only_if_onderdelen_or_status_changed(
    rows: list[dict], nights: list[tuple[frozenset[int], int]], automatic: bool
):
    school = SchoolNights()
    for number, (files, option) in enumerate(nights):
        before = leerplannen_of(school)
        night = school.night(*inbox(rows, files), option=option, automatic=automatic and number % 2 == 1)
        after = leerplannen_of(school)
        changed = {leerplan for leerplan in after if after[leerplan][1] != before.get(leerplan, (0, None))[1]}
        assert {(who, vak) for who, vak, *_rest in night.delivered + night.ingetrokken} == changed
        for leerplan, (revisie, (status, content)) in after.items():
            assert revisie == before.get(leerplan, (0, None))[0] + (leerplan in changed)
            assert (status == "ingetrokken") == (content is None)


@quick(30)
@given(RESULTS_OF_TWO, FILES_PER_NIGHT)
def test_the_same_night_again_delivers_nothing(rows: list[dict], nights: list[tuple[frozenset[int], int]]):
    school = SchoolNights()
    for files, option in nights:
        school.night(*inbox(rows, files), option=option)
    in_force = school.onderdelen
    again = school.night(*inbox(rows, files), option=option)
    assert not again.changes
    assert "leerplan" not in again.uitkomsten
    pd.testing.assert_frame_equal(school.onderdelen, in_force)
