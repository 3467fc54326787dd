"""The path of the data, for one school: what lies ready and what is known → results with an uitkomst each, and what changes.

Touches no disk and writes nothing: files come in as bytes, the past as tables. Raises CitoNumoError where there is nothing to work with.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NoReturn, TypeVar

import pandas as pd

from cito_numo.cito import Export, read_export, to_results
from cito_numo.config import School
from cito_numo.edexml import EdexmlFile, read_edexml, to_key_table
from cito_numo.errors import (
    ALL_UNUSABLE,
    COUNT_OPEN,
    HOLD_BRIN,
    HOLD_KEYS_MOVED,
    HOLD_SHRINK,
    HOLD_UNMATCHED,
    IDS_REPAIRED,
    NO_ROSTER,
    ROSTER_LEFT_OUT,
    UNMATCHED_MANY,
    CitoNumoError,
    ErrorKind,
    Problem,
    stop,
)
from cito_numo.inbox import CITO, Content
from cito_numo.keytable import add_to_key_table
from cito_numo.layouts import Layout, Leerlijnen
from cito_numo.matching import match, matched_per_key, unmatched
from cito_numo.plans import newest_wins, onderdelen_of
from cito_numo.privacy import Secret
from cito_numo.revisions import Changes, compare, finish, to_deliver
from cito_numo.roster import from_key_table, from_results, read_roster, with_key_table
from cito_numo.schooljaar import AMSTERDAM, next_schooljaar
from cito_numo.selection import select
from cito_numo.tables import PUPILS, empty
from cito_numo.threshold import apply_cutoff
from cito_numo.uitkomst import Reden, Uitkomst

_T = TypeVar("_T")


@dataclass(frozen=True)
class Ready:
    """The files of one school that were read tonight."""

    cito: Sequence[Content]
    numo: Sequence[Content]
    edexml: Sequence[Content]
    problems: Sequence[Problem] = ()
    """With files that lie there too, but could not be read."""

    @property
    def all(self) -> list[Content]:
        """Every file."""
        return [*self.cito, *self.numo, *self.edexml]


@dataclass(frozen=True)
class Past:
    """What the ledger knows."""

    orders: Mapping[str, int]
    """The order of each file that was seen before, by sha256."""
    key_table: pd.DataFrame
    onderdelen: pd.DataFrame
    leerplannen: pd.DataFrame
    vervallen: pd.DataFrame
    pupils: int
    """How many pupils Numo had at the last delivery; 0 before the first."""


@dataclass(frozen=True)
class Rules:
    """What is the same for all schools of a night, and what the person who started it said."""

    layouts: Sequence[Layout]
    leerlijnen: Leerlijnen
    secret: Secret
    day: date
    full: bool = False
    accept: frozenset[str] = frozenset()


@dataclass
class Outcome:
    """What came of it. `holds` says why nothing of it may be delivered before a person agrees."""

    results: pd.DataFrame
    changes: Changes
    vervallen: pd.DataFrame
    confirmed: pd.DataFrame
    """leerplan_id, revisie, onderdeel and volgorde of what is in force and was given again by a newer file."""
    key_table: pd.DataFrame | None
    """The key table where it changed."""
    orders: Mapping[str, int]
    pupils: int
    until: date
    """The first later day on which the outcome may differ by itself."""
    counts: Mapping[str, int]
    match: Mapping[str, Mapping[str, int]]
    inputs: Sequence[Mapping[str, object]]
    problems: Sequence[Problem]
    holds: Sequence[Problem]


def work_out(school: School, ready: Ready, past: Past, rules: Rules) -> Outcome:
    """Take the results of one school through all steps, in order."""
    desk = _Desk(school, ready, rules, [*ready.problems])
    exports = desk.opened(ready.cito, lambda content: read_export(content.data, content.file.name, rules.layouts))
    keys_needed = past.key_table.empty and list(school.match_on) == ["cito_key"]
    edexml = desk.opened(
        ready.edexml, lambda content: read_edexml(content.data, content.file.name, rules.secret, school.config.edexml), needed=keys_needed
    )
    orders = _orders(ready, past.orders, edexml)
    roster = _newest_roster(desk, orders)
    key_table = _key_table(desk, past.key_table, edexml, orders, roster)

    results = to_results(
        [(orders[content.sha256], _renamed(export, content)) for content, export in exports], rules.leerlijnen, rules.secret, rules.day
    )
    desk.note_repairs(results)
    pupils = _pupils(school, roster, key_table, results)
    results = match(results, pupils, school.match_on)
    desk.judge_matches(results)
    matches = matched_per_key(results)
    results = select(results)
    results = apply_cutoff(results, school.config.terugstuuroptie)
    results, counting = newest_wins(results, past.onderdelen, past.vervallen)
    onderdelen = onderdelen_of(counting.onderdelen, rules.leerlijnen.vak_of, past.onderdelen)
    in_numo = pupils[pupils["in_numo"]].drop_duplicates("leerlingnummer").set_index("leerlingnummer")
    automatic = school.config.processing == "automatic"
    plans, gone = compare(onderdelen, past.onderdelen, past.leerplannen, in_numo["klas"], school.korte_naam, automatic=automatic)
    changes = to_deliver(plans, onderdelen, gone, full=rules.full)
    results = finish(results, onderdelen, changes)

    desk.judge_pupils(len(in_numo), past.pupils)
    return Outcome(
        results=results,
        changes=changes,
        vervallen=counting.vervallen,
        confirmed=_confirmed(onderdelen, past),
        key_table=None if key_table.equals(past.key_table) else key_table,
        orders=orders,
        pupils=len(in_numo),
        until=_until(results, rules.day),
        counts=_counts(results),
        match=matches,
        inputs=_inputs(ready, exports),
        problems=desk.problems,
        holds=desk.holds,
    )


@dataclass
class _Desk:
    """Where what needs a person is put down on the way."""

    school: School
    ready: Ready
    rules: Rules
    problems: list[Problem] = field(default_factory=list)
    holds: list[Problem] = field(default_factory=list)

    def opened(self, contents: Sequence[Content], reader: Callable[[Content], _T], *, needed: bool = True) -> list[tuple[Content, _T]]:
        """The files that could be read; the others are problems. Where they are `needed`, having none of them stops the school."""
        opened = []
        for content in contents:
            try:
                opened.append((content, reader(content)))
            except CitoNumoError as error:
                self.problems.extend(error.problems)
        if contents and not opened and needed:
            self.stop_without(contents)
        return opened

    def stop_without(self, contents: Sequence[Content]) -> NoReturn:
        """Stop the school, because none of these files could be used."""
        raise CitoNumoError(Problem(ALL_UNUSABLE, "", {"folder": contents[0].file.folder}), *self.problems)

    def hold(self, kind: ErrorKind, place: str = "", **values: object) -> bool:
        """Hold the run back, unless a person said that these very inputs are right; whether it is held."""
        bound_to = "\n".join([kind.code, place, *sorted(content.sha256 for content in self.ready.all)])
        code = hashlib.sha256(bound_to.encode()).hexdigest()[:8]
        if code in self.rules.accept:
            return False
        self.holds.append(Problem(kind, place, {**values, "school": self.school.korte_naam, "accept": code}))
        return True

    def note_repairs(self, results: pd.DataFrame) -> None:
        """Say in which exports a spreadsheet had changed keys."""
        per_file = results.loc[results["hersteld"], "bestand"].astype("str").value_counts().sort_index()
        self.problems += [Problem(IDS_REPAIRED, f"{CITO}/{name}", {"count": count}) for name, count in per_file.items()]

    def judge_matches(self, results: pd.DataFrame) -> None:
        """Hold where too many results match nobody; ask for a look where many could not be joined."""
        tolerance = self.school.config.tolerance
        nobody, contradictory, total = unmatched(results)
        if nobody > tolerance.unmatched_hold * total:
            self.hold(HOLD_UNMATCHED, count=nobody, total=total)
        if nobody + contradictory > tolerance.unmatched * total:
            self.problems.append(Problem(UNMATCHED_MANY, "", {"count": nobody + contradictory, "total": total}))
        if nobody and not self.ready.numo and "cito_key" not in self.school.match_on:
            self.problems.append(Problem(NO_ROSTER))

    def judge_pupils(self, now: int, before: int) -> None:
        """Hold where the pupils shrink by more than is usual."""
        if before - now > self.school.config.tolerance.shrink * before:
            self.hold(HOLD_SHRINK, now=now, before=before)


def _orders(ready: Ready, seen: Mapping[str, int], edexml: Sequence[tuple[Content, EdexmlFile]]) -> dict[str, int]:
    """The order of each file: as first seen; files that are new come after those, by when they were made, then by name."""
    made = {content.sha256: _moment(file.aanmaakdatum) for content, file in edexml}
    fresh = [content for content in ready.all if content.sha256 not in seen]
    fresh.sort(key=lambda content: (made.get(content.sha256) or content.file.mtime_ns / 1e9, content.file.name))
    newest = max(seen.values(), default=0)
    numbers = {sha256: newest + place for place, sha256 in enumerate(dict.fromkeys(content.sha256 for content in fresh), 1)}
    return {content.sha256: seen[content.sha256] for content in ready.all if content.sha256 in seen} | numbers


def _moment(aanmaakdatum: str | None) -> float | None:
    try:
        moment = datetime.fromisoformat(aanmaakdatum or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)).timestamp()


def _newest_roster(desk: _Desk, orders: Mapping[str, int]) -> pd.DataFrame | None:
    """The newest list of Numo that can be read; None where no list lies there."""
    for content in sorted(desk.ready.numo, key=lambda content: orders[content.sha256], reverse=True):
        try:
            roster = read_roster(content.data, content.file.name, desk.rules.secret)
        except CitoNumoError as error:
            desk.problems.extend(error.problems)
            continue
        if roster.left_out:
            desk.problems.append(Problem(ROSTER_LEFT_OUT, content.file.name, {"count": roster.left_out}))
        if roster.repaired:
            desk.problems.append(Problem(IDS_REPAIRED, content.file.name, {"count": roster.repaired}))
        return roster.pupils
    if desk.ready.numo:
        desk.stop_without(desk.ready.numo)
    return None


def _key_table(
    desk: _Desk,
    key_table: pd.DataFrame,
    edexml: Sequence[tuple[Content, EdexmlFile]],
    orders: Mapping[str, int],
    roster: pd.DataFrame | None,
) -> pd.DataFrame:
    """The key table with the EDEXML files added, oldest first."""
    config = desk.school.config
    known = roster["gebruikersnaam"] if roster is not None else None
    accepted = set(key_table["volgorde"])
    for content, file in sorted(edexml, key=lambda pair: orders[pair[0].sha256]):
        taken_in = orders[content.sha256] in accepted
        other_brin = file.brin is not None and file.brin not in config.brin and not taken_in
        if other_brin and desk.hold(HOLD_BRIN, content.file.name, found=file.brin, expected=", ".join(config.brin)):
            continue
        try:
            table = to_key_table(file, orders[content.sha256], config.edexml, config.vestigingen, known)
        except CitoNumoError as error:
            desk.problems.extend(error.problems)
            continue
        added, moved = add_to_key_table(key_table, table)
        if not moved or not desk.hold(HOLD_KEYS_MOVED, content.file.name, count=moved):
            key_table = added
    return key_table


def _pupils(school: School, roster: pd.DataFrame | None, key_table: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    if roster is not None:
        return with_key_table(roster, key_table)
    if len(key_table):
        return from_key_table(key_table)
    if school.config.trust_leerlingnummer:
        return from_results(results)
    return empty(PUPILS)


def _renamed(export: Export, content: Content) -> Export:
    """The export under the name that a school knows its file by."""
    return Export(content.file.name.removeprefix(f"{CITO}/"), export.layout, export.detected, export.cells)


def _confirmed(onderdelen: pd.DataFrame, past: Past) -> pd.DataFrame:
    columns = ["gebruikersnaam", "onderdeel", "schooljaar", "toets"]
    both = past.onderdelen[[*columns, "vak", "volgorde"]].merge(onderdelen[[*columns, "volgorde"]], on=columns, suffixes=("_before", ""))
    newer = both[both["volgorde"] > both["volgorde_before"]].merge(past.leerplannen, on=["gebruikersnaam", "vak"])
    return newer[["leerplan_id", "revisie", "onderdeel", "volgorde"]]


def _until(results: pd.DataFrame, day: date) -> date:
    """When time alone may change an uitkomst: at the end of the schooljaar, or when an afnamedatum is no longer to come."""
    to_come = results.loc[results["reden"] == Reden.DATUM_IN_TOEKOMST, "afnamedatum"]
    first: date = min([next_schooljaar(day), *to_come.drop_duplicates().dt.date])
    return first


def _counts(results: pd.DataFrame) -> dict[str, int]:
    """`read`, and how many ended in each uitkomst; CitoNumoError where these do not add up."""
    per_uitkomst = results["uitkomst"].value_counts()
    counts = {uitkomst.value: int(per_uitkomst.get(uitkomst.value, 0)) for uitkomst in Uitkomst}
    if sum(counts.values()) != len(results):
        raise stop(COUNT_OPEN, read=len(results), counted=sum(counts.values()))
    return {"read": len(results), **counts}


def _inputs(ready: Ready, exports: Sequence[tuple[Content, Export]]) -> list[dict[str, Any]]:
    detected = {content.file.name: export.detected for content, export in exports}
    return [
        {"path": content.file.name, "size": len(content.data), "sha256": content.sha256, **detected.get(content.file.name, {})}
        for content in sorted(ready.all, key=lambda content: content.file.name)
    ]
