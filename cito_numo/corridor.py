"""The path of the data, for one school: what lies ready and what is known → results with an uitkomst each, and what changes.

Touches no disk and writes nothing: files come in as bytes, the past as tables. Raises CitoNumoError where there is nothing to work with.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NoReturn, TypeVar

import pandas as pd
import pyarrow as pa

from cito_numo.arrivals import arrived, gebruikersnamen, moment, newest_roster, read_arrival, usable
from cito_numo.cito import to_results
from cito_numo.config import School
from cito_numo.edexml import EdexmlFile
from cito_numo.errors import (
    ALL_UNUSABLE,
    COUNT_OPEN,
    FILE_ALL_INVALID,
    FILE_STUMBLED,
    HOLD_LEERJAREN,
    HOLD_OTHER_SCHOOL,
    HOLD_SCATTERED,
    HOLD_SHRINK,
    HOLD_UNMATCHED,
    IDS_REPAIRED,
    KEYS_OLDER,
    KLASSEN_UNKNOWN,
    NO_ROSTER,
    PRIMARY_LEVELS,
    REFUSED_ROWS,
    ROSTER_LEFT_OUT,
    UNMATCHED_MANY,
    ZEROS_GONE,
    CitoNumoError,
    Problem,
    kind_and_place,
    stop,
)
from cito_numo.exports import Export, Reader, domeinen_unread, read_export
from cito_numo.holds import Holds
from cito_numo.inbox import CITO, EDEXML, NUMO, Content, file_orders
from cito_numo.keytable import KeyChange, take_in
from cito_numo.layouts import Layout
from cito_numo.leerlijnen import Leerlijnen
from cito_numo.matching import elsewhere_in_school, match, matched_per_key, scattered, unmatched
from cito_numo.plans import newest_wins, onderdelen_of
from cito_numo.privacy import Secret
from cito_numo.purged import stop_purged
from cito_numo.refused import is_primary
from cito_numo.revisions import Changes, compare, finish, to_deliver
from cito_numo.roster import Roster, from_key_table, from_results, with_key_table
from cito_numo.schooljaar import next_schooljaar, schooljaar_of
from cito_numo.selection import CONTENT, TOETS, select
from cito_numo.tables import PUPILS, empty, under_way
from cito_numo.threshold import apply_cutoff
from cito_numo.uitkomst import Reden, Uitkomst
from cito_numo.unpacking import Source

_T = TypeVar("_T")

_LARGE_FILES, _LARGE_TABLE = 64 << 20, 250_000
"""Bytes of a school's files, and results of it, from which memory that is free is given back: it costs time, and saves half of it."""


@dataclass(frozen=True)
class Ready:
    """The files of one school that were read tonight."""

    cito: Sequence[Content]
    numo: Sequence[Content]
    edexml: Sequence[Content]
    problems: Sequence[Problem] = ()
    """With files that lie there too, but could not be read."""
    elsewhere: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Per export (sha256) that lies at other schools too: their korte namen."""
    named: bool = False
    """Whether a person named the exports; else they lie in the inbox."""

    @property
    def all(self) -> list[Content]:
        """Every file."""
        return [*self.cito, *self.numo, *self.edexml]


@dataclass(frozen=True)
class Past:
    """What the ledger knows."""

    key_table: pd.DataFrame
    keys_since: int
    """EDEXML files of a lower order were seen before the key table was replaced."""
    onderdelen: pd.DataFrame
    leerplannen: pd.DataFrame
    vervallen: pd.DataFrame
    withdrawn: pd.DataFrame
    """What was in force when a person withdrew it."""
    pupils: int
    """How many pupils Numo had at the last delivery; 0 before the first."""
    purged: Mapping[str, str] = field(default_factory=dict)
    """Per leerling (`Secret.hash_leerling`; an empty text is everybody): results of before this ISO day were purged."""
    revisie_floor: int = 0
    """A revisie that is given is higher than this."""


@dataclass(frozen=True)
class Rules:
    """What is the same for all schools of a night, and what the person who started it said."""

    layouts: Sequence[Layout]
    leerlijnen: Leerlijnen
    secret: Secret
    day: date
    full: bool = False
    command: Callable[[str], str] = "cito-numo sync {}".format
    """What a person runs for a school of this name."""
    accept: frozenset[str] = frozenset()
    """The codes of holds that a person agreed to, tonight or before."""
    schooljaar: str | None = None
    """The earlier schooljaar of which results are imported; absent: that of the day."""


@dataclass(frozen=True)
class Opened:
    """What the files of tonight hold that could be read, and the order of all."""

    results: pd.DataFrame
    """Of all exports (columns `tables.READ` and `tables.STOPPED`)."""
    detected: Mapping[str, Mapping[str, str]]
    """How each export was read, by its name."""
    edexml: Sequence[tuple[Content, Sequence[EdexmlFile]]]
    roster: Roster | None
    orders: Mapping[str, int]
    problems: Sequence[Problem]


@dataclass
class Outcome:
    """What came of it. `holds` says why nothing of it may be delivered before a person agrees."""

    results: pd.DataFrame
    selected: "pd.Series[bool]"
    """Which results were still under way after selection, before the cutoff."""
    leerlingen: pd.DataFrame
    """Columns `tables.PUPILS`: whom results were joined with."""
    changes: Changes
    vervallen: pd.DataFrame
    confirmed: pd.DataFrame
    """leerplan_id, revisie, onderdeel and volgorde of what is in force and was given again by a newer file."""
    key_table: pd.DataFrame | None
    """The key table where it changed."""
    pupils: int
    until: date
    """The first later day on which the outcome may differ by itself."""
    counts: Mapping[str, int]
    match: Mapping[str, Mapping[str, int]]
    inputs: Sequence[Mapping[str, object]]
    problems: Sequence[Problem]
    holds: Sequence[Problem]
    accepted: Sequence[str]
    """The codes of what would be held, had a person not agreed."""
    settled: Sequence[str]
    """The codes of what gave no reason to hold, and need not be looked at again."""

    def let_go(self) -> None:
        """Forget the tables that nothing is delivered from: those of a large school fill the memory."""
        results = len(self.results)
        self.results = self.leerlingen = pd.DataFrame()
        self.selected = pd.Series(dtype="bool")
        _give_back(results)


def _give_back(results: int) -> None:
    if results >= _LARGE_TABLE:
        pa.default_memory_pool().release_unused()


def open_files(school: School, ready: Ready, seen: Mapping[str, int], rules: Rules, *, has_keys: bool) -> Opened:
    """Read all files, and put them in order: as first `seen` (sha256 → order), new ones behind those.

    One that cannot be read is a problem. CitoNumoError where no export, or no EDEXML of a school that needs one, can be read.
    """
    if sum(content.size for content in ready.all) >= _LARGE_FILES:
        pa.set_memory_pool(pa.system_memory_pool())  # the one that gives it back
    desk = _Desk(school, ready, rules, [*ready.problems])
    reader = Reader(rules.layouts, rules.leerlijnen, school.config.brin, "cito_key" if school.needs_keys else "leerlingnummer")
    exports = desk.opened(CITO, ready.cito, lambda content: read_export(content.take(), content.file.name, reader))
    desk.note_exports([export for _content, of_file in exports for export in of_file])
    roster = _newest_roster(desk, seen)
    known = gebruikersnamen(roster)
    needed = (school.needs_keys or roster is None) and not has_keys
    edexml = desk.opened(EDEXML, ready.edexml, lambda content: desk.arrived(content, known), needed=needed)
    orders = _orders(ready, seen, exports, edexml)
    detected = {content.file.name: _detected(of_file) for content, of_file in exports}
    named = [(orders[content.sha256], _renamed(export)) for content, of_file in exports for export in of_file]
    exports.clear()
    results = to_results(named, rules.leerlijnen, rules.secret, rules.day, rules.schooljaar)
    _give_back(len(results))
    return Opened(results, detected, edexml, roster, orders, desk.problems)


def work_out(school: School, ready: Ready, opened: Opened, past: Past, rules: Rules) -> Outcome:
    """Take the results of one school through all steps, in order. CitoNumoError where no list of Numo can be read."""
    desk = _Desk(school, ready, rules, [*opened.problems])
    if opened.roster is None and desk.lies_there(NUMO, ready.numo):
        desk.stop_without(NUMO)
    orders = opened.orders
    roster = opened.roster.pupils if opened.roster is not None else None
    keys = _key_table(desk, past, opened)
    key_table = keys.table

    results = opened.results
    desk.note_repairs(results)
    desk.note_refused(results)
    desk.judge_files(results)
    desk.judge_schools(results, orders)
    pupils = _pupils(school, roster, key_table, results)
    results = stop_purged(results, past.purged, rules.secret, ["leerlingnummer", "cito_key"])
    results = match(results, pupils, school.match_on, school.config.leerlingnummers_valid_from)
    results = stop_purged(results, past.purged, rules.secret, ["gebruikersnaam"])
    desk.note_zeros(results)
    in_numo = pupils[pupils["in_numo"]].drop_duplicates("leerlingnummer").set_index("leerlingnummer")
    desk.judge_matches(results, pupils)
    if rules.schooljaar is None:
        desk.judge_klassen(results, in_numo["klas"], orders)
    else:  # pupils of a klas of then may be in any klas of now, but not of any leerjaar
        desk.judge_leerjaren(results, in_numo["klas"], rules.schooljaar)
    matches = matched_per_key(results)
    results = select(results)
    selected = under_way(results)
    results = apply_cutoff(results, school.config.terugstuuroptie)
    _give_back(len(results))
    results, counting = newest_wins(results, past.onderdelen, past.vervallen, past.withdrawn, keep_newer=rules.schooljaar is not None)
    onderdelen = onderdelen_of(counting.onderdelen, rules.leerlijnen.vak_of, past.onderdelen)
    automatic = school.config.processing == "automatic"
    plans, gone = compare(
        onderdelen,
        past.onderdelen,
        past.leerplannen,
        in_numo["klas"],
        school.korte_naam,
        automatic=automatic,
        above=past.revisie_floor,
    )
    changes = to_deliver(plans, onderdelen, gone, full=rules.full)
    results = finish(results, onderdelen, changes)

    _give_back(len(results))
    known = len(in_numo) if roster is not None or len(key_table) else 0
    desk.judge_pupils(known, past.pupils)
    return Outcome(
        results=results,
        selected=selected,
        leerlingen=pupils,
        changes=changes,
        vervallen=counting.vervallen,
        confirmed=_confirmed(onderdelen, past),
        key_table=key_table if keys.differs else None,
        pupils=known,
        until=_until(results, rules.day),
        counts=_counts(results),
        match=matches,
        inputs=_inputs(ready, opened),
        problems=desk.problems,
        holds=desk.holds.problems,
        accepted=desk.holds.accepted,
        settled=desk.holds.settled,
    )


@dataclass
class _Desk:
    """Where what needs a person is put down on the way."""

    school: School
    ready: Ready
    rules: Rules
    problems: list[Problem] = field(default_factory=list)
    holds: Holds = field(init=False)

    def __post_init__(self) -> None:
        about = [self.rules.schooljaar] if self.rules.schooljaar else []
        self.holds = Holds(self.rules.command(self.school.korte_naam), self.rules.accept, about)

    def opened(
        self, folder: str, contents: Sequence[Content], reader: Callable[[Content], _T], *, needed: bool = True
    ) -> list[tuple[Content, _T]]:
        """The files of a folder that could be read; the others are problems. Where one is `needed`, having none stops the school."""
        opened = []
        for content in contents:
            try:
                opened.append((content, reader(content)))
            except CitoNumoError as error:
                self.problems.extend(error.problems)
            except Exception as error:  # noqa: BLE001  one file never stops a school, whatever a reader stumbles over
                self.problems.append(Problem(FILE_STUMBLED, content.file.name, {"detail": kind_and_place(error)}))
        if needed and not opened and self.lies_there(folder, contents):
            self.stop_without(folder)
        return opened

    def place(self, bestand: str) -> str:
        """Where an export lies that results name as `bestand`."""
        return bestand if self.ready.named else f"{CITO}/{bestand}"

    def lies_there(self, folder: str, contents: Sequence[Content]) -> bool:
        """Whether there are files in a folder, also where none of their bytes could be had: that is not the same as no file."""
        return bool(contents) or any(problem.place.startswith(f"{folder}/") for problem in self.ready.problems)

    def stop_without(self, folder: str) -> NoReturn:
        """Stop the school, because none of the files in a folder could be used."""
        if folder == CITO and self.ready.named:
            raise CitoNumoError(*self.problems)
        raise CitoNumoError(Problem(ALL_UNUSABLE, "", {"folder": folder}), *self.problems)

    def arrived(self, content: Content, known: "pd.Series[str] | None") -> list[EdexmlFile]:
        """The EDEXML files in one file; those in it that cannot be used are problems."""
        source = Source.of(content.file.name, content.take())
        files, problems = usable(*read_arrival(source, self.rules.secret, self.school.config, known), self.school.config.brin)
        self.problems += problems
        return files

    def note_repairs(self, results: pd.DataFrame) -> None:
        """Say in which exports a spreadsheet had changed keys."""
        per_file = results.loc[results["hersteld"], "bestand"].astype("str").value_counts().sort_index()
        self.problems += [Problem(IDS_REPAIRED, self.place(str(name)), {"count": count}) for name, count in per_file.items()]

    def note_exports(self, exports: Sequence[Export]) -> None:
        """Say what was left out of exports while they were read."""
        self.problems += [problem for export in exports for problem in export.problems]
        self.problems += domeinen_unread(exports)

    def note_refused(self, results: pd.DataFrame) -> None:
        """Say in which exports stand results that have no place there: of refused instruments, of primary education."""
        refused = results[results["reden"] == Reden.GEWEIGERD]
        for name, rows in refused.groupby(refused["bestand"].astype("str"), sort=True):
            kinds = ", ".join(sorted(set(rows["waarde"])))
            self.problems.append(Problem(REFUSED_ROWS, self.place(str(name)), {"count": len(rows), "kinds": kinds}))
        levels = results.loc[(results["reden"] == Reden.VELD_ONLEESBAAR) & results["veld"].isin(["toetsniveau", "functioneringsniveau"])]
        primary = levels.loc[levels["waarde"].map(is_primary).astype(bool), "bestand"].astype("str").value_counts().sort_index()
        self.problems += [Problem(PRIMARY_LEVELS, self.place(str(name)), {"count": count}) for name, count in primary.items()]

    def note_zeros(self, results: pd.DataFrame) -> None:
        """Say in which exports a spreadsheet left out leading zeros."""
        per_file = results.loc[results["reden"] == Reden.NULLEN_WEG, "bestand"].astype("str").value_counts().sort_index()
        self.problems += [Problem(ZEROS_GONE, self.place(str(name)), {"count": count}) for name, count in per_file.items()]

    def judge_files(self, results: pd.DataFrame) -> None:
        """Ask for a look at exports of which not one row can be read."""
        invalid = (results["uitkomst"] == Uitkomst.ONGELDIG).groupby(results["bestand"], observed=True)
        sizes = invalid.size()[invalid.all()]
        self.problems += [Problem(FILE_ALL_INVALID, self.place(str(name)), {"count": count}) for name, count in sizes.items()]

    def judge_schools(self, results: pd.DataFrame, orders: Mapping[str, int]) -> None:
        """Hold where an export with results lies at another school too, unless it was delivered here before it lay there.

        `orders` are those of the files, by sha256; the sheets of a workbook share one.
        """
        with_results = set(results.loc[under_way(results), "volgorde"])
        for content in self.ready.cito:
            others = self.ready.elsewhere.get(content.sha256)
            if orders[content.sha256] not in with_results:
                continue
            if others:
                self.holds.hold(HOLD_OTHER_SCHOOL, [content.sha256], content.file.name, other=", ".join(others))
            else:
                self.holds.settle(HOLD_OTHER_SCHOOL, [content.sha256])

    def judge_klassen(self, results: pd.DataFrame, klassen: pd.Series, orders: Mapping[str, int]) -> None:
        """Hold where the pupils of klassen of the exports are scattered over those of the list (`klassen`, by gebruikersnaam).

        `orders` are those of the files, by sha256.
        """
        apart, total = scattered(results, klassen)
        if len(apart):
            pairs = apart.drop_duplicates(["klas", "in_list"]).sort_values(["klas", "in_list"])
            hashes = {sha256 for sha256, order in orders.items() if order in set(apart["volgorde"])}
            names = sorted(pairs["klas"].unique())
            bound_to = [*hashes, *(pairs["klas"] + "\t" + pairs["in_list"])]
            self.holds.hold(HOLD_SCATTERED, bound_to, count=len(names), total=total, klas=names[0])

    def judge_leerjaren(self, results: pd.DataFrame, klassen: pd.Series, schooljaar: str) -> None:
        """Hold an import where pupils are in a leerjaar in which who was in that klas then cannot be: keys may be others' now."""
        years = int(schooljaar_of(self.rules.day)[:4]) - int(schooljaar[:4])
        odd, total = elsewhere_in_school(results, klassen, years)
        if odd > self.school.config.tolerance.unmatched * total:
            self.holds.hold(HOLD_LEERJAREN, _hashes(self.ready.all), count=odd, total=total)

    def judge_matches(self, results: pd.DataFrame, pupils: pd.DataFrame) -> None:
        """Hold where too many results match nobody; ask for a look where many could not be joined."""
        tolerance = self.school.config.tolerance
        left = unmatched(results, pupils)
        nobody, total = left.nobody, left.total
        if nobody > tolerance.unmatched_hold * total:
            self.holds.hold(HOLD_UNMATCHED, _hashes(self.ready.all), count=nobody, total=total)
        if nobody + left.contradictory > tolerance.unmatched * total:
            self.problems.append(Problem(UNMATCHED_MANY, "", {"count": nobody + left.contradictory, "total": total}))
        if left.elsewhere:
            shown = {"count": sum(left.elsewhere.values()), "klassen": ", ".join(left.elsewhere)}
            self.problems.append(Problem(KLASSEN_UNKNOWN, "", shown))
        if nobody and not self.ready.numo and not self.school.needs_keys:
            self.problems.append(Problem(NO_ROSTER))

    def judge_pupils(self, now: int, before: int) -> None:
        """Hold where the pupils shrink by more than is usual; who takes Cito's number on trust knows no list that could."""
        trusted = not now and self.school.config.trust_leerlingnummer
        if before - now > self.school.config.tolerance.shrink * before and not trusted:
            self.holds.hold(HOLD_SHRINK, _hashes([*self.ready.numo, *self.ready.edexml]), now=now, before=before)


def _hashes(contents: Sequence[Content]) -> list[str]:
    return [content.sha256 for content in contents]


def _orders(
    ready: Ready,
    seen: Mapping[str, int],
    exports: Sequence[tuple[Content, Sequence[Export]]],
    edexml: Sequence[tuple[Content, Sequence[EdexmlFile]]],
) -> dict[str, int]:
    """The order of each file: as first seen; files that are new come after those, by when they were made, then by name."""
    dated = [*((content, file.made) for content, files in exports for file in files)]
    dated += [(content, file.aanmaakdatum or "") for content, files in edexml for file in files]
    made: dict[str, float] = {}
    for content, text in dated:
        made[content.sha256] = max(made.get(content.sha256, 0), moment(text))
    by_time = sorted(ready.all, key=lambda content: (made.get(content.sha256) or content.file.mtime_ns / 1e9, content.file.name))
    return file_orders(_hashes(by_time), seen)


def _newest_roster(desk: _Desk, seen: Mapping[str, int]) -> Roster | None:
    """The newest list of Numo that can be read; None where there is none."""
    roster, name, problems = newest_roster(desk.ready.numo, seen, desk.rules.secret)
    desk.problems += problems
    if roster is None:
        return None
    if roster.left_out:
        desk.problems.append(Problem(ROSTER_LEFT_OUT, name, {"count": roster.left_out}))
    if roster.repaired:
        desk.problems.append(Problem(IDS_REPAIRED, name, {"count": roster.repaired}))
    return roster


def _key_table(desk: _Desk, past: Past, opened: Opened) -> KeyChange:
    """The key table with the EDEXML files added that are not older than what replaced it."""
    orders = {content.sha256: opened.orders[content.sha256] for content, _files in opened.edexml}
    files = [
        arrived(file, content.file.name, content.sha256, orders[content.sha256])
        for content, files in opened.edexml
        for file in files
        if orders[content.sha256] >= past.keys_since
    ]
    known = gebruikersnamen(opened.roster)
    change = take_in(past.key_table, files, desk.school.config.brin, known, desk.holds, needs_keys=desk.school.needs_keys)
    desk.problems += [doubt for doubt in change.doubts if doubt.kind is not KEYS_OLDER]  # what is older lies in the inbox for good
    return change


def _pupils(school: School, roster: pd.DataFrame | None, key_table: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    if roster is not None:
        return with_key_table(roster, key_table)
    if len(key_table):
        return from_key_table(key_table)
    if school.config.trust_leerlingnummer:
        since = school.config.leerlingnummers_valid_from
        return from_results(results if since is None else results[results["afnamedatum"] >= pd.Timestamp(since)])
    return empty(PUPILS)


def _renamed(export: Export) -> Export:
    """The export under the name that a school knows its file by."""
    return replace(export, name=export.name.removeprefix(f"{CITO}/"))


def _confirmed(onderdelen: pd.DataFrame, past: Past) -> pd.DataFrame:
    same = [*TOETS, *CONTENT]
    both = past.onderdelen[[*same, "vak", "volgorde"]].merge(onderdelen[[*same, "volgorde"]], on=same, suffixes=("_before", ""))
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


def _inputs(ready: Ready, opened: Opened) -> list[dict[str, Any]]:
    return [
        {
            "path": content.file.name,
            "size": content.size,
            "sha256": content.sha256,
            "volgorde": opened.orders[content.sha256],
            **opened.detected.get(content.file.name, {}),
        }
        for content in sorted(ready.all, key=lambda content: content.file.name)
    ]


def _detected(exports: Sequence[Export]) -> dict[str, str]:
    """How a file was read; of several sheets the different values beside each other."""
    keys = dict.fromkeys(key for export in exports for key in export.detected)
    return {key: ", ".join(dict.fromkeys(export.detected[key] for export in exports if key in export.detected)) for key in keys}
