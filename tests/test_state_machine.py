"""A school at random: exports come, change and go, nights crash, the importer takes runs, pupils are purged, the ledger is lost.

After every night the runs and the folder are held against the rules as `model_for_tests` says them in plain Python.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import pytest
from conftest import EXPORT_HEADER, SchoolFolder, eck_id, leerling, row
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from model_for_tests import File, Inbox, InForce, Leerplan, Model, Plan, Reached, Row, Said, Tonight, said_in
from proving import PROVE
from tables_for_tests import LEZEN, REKENEN, TAAL, leerplan_id, result

from cito_numo import delivery
from cito_numo import rebuild as rebuilding
from cito_numo.config import Workspace, read_workspace
from cito_numo.intake import ImportOptions, ImportResult, ImportStatus, import_files
from cito_numo.ledger import Ledger, RunState, ledger_path, open_ledger
from cito_numo.privacy import Secret
from cito_numo.processing import PlansRun, process, withdraw
from cito_numo.purge import PurgeOptions, PurgeStatus, purge_school
from cito_numo.runs import RunResult
from cito_numo.schooljaar import AMSTERDAM
from cito_numo.sync import Options, Sync

SCHOOL = "demo-college"
PUPILS = [f"8{number}0011" for number in "1234"]
ECK = {name: eck_id(int(name)) for name in PUPILS}
KEY = {name: f"sleutel-{letter}" for name, letter in zip(PUPILS, "abcd", strict=True)}
ONDERDELEN = {REKENEN: "Rekenen-Wiskunde", LEZEN: "Leesvaardigheid Nederlands", TAAL: "Taalverzorging"}
FIRST_DAY = date(2026, 11, 19)
STEPS: Counter[str] = Counter()
SETTINGS = settings(
    max_examples=60 if PROVE else 8,
    stateful_step_count=40 if PROVE else 12,
    derandomize=not PROVE,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink] if PROVE else [Phase.generate],  # to shrink takes minutes
    suppress_health_check=list(HealthCheck),
)


# --- what stands in an export ----------------------------------------------------------------------------------------

SAYS = {
    "toets": st.sampled_from(["T1", "T2"]),
    "onderdeel": st.sampled_from([LEZEN, TAAL]),
    "day": st.sampled_from(["2026-10-05", "2026-10-06", "2026-11-10", "2026-11-19", "2026-11-20", "2026-11-21", "2026-07-01"]),
    "fn": st.sampled_from(["vmbo-kb", "havo", "vwo", "havo", "vmbo-kb", "M5"]),
}


def says(who: str | None = None, *, eck_of: str | None = None, key_of: str | None = None, **said: str) -> Row:
    """A result with the number, the ECK iD and the Cito key of these pupils."""
    return result(who, ECK.get(eck_of or ""), KEY.get(key_of or ""), **said)


WHO = st.sampled_from(PUPILS)
BY_NUMBER = st.one_of(
    st.builds(says, WHO, **SAYS),
    st.builds(says, eck_of=WHO, **SAYS),
    st.builds(says, WHO, eck_of=WHO, **SAYS),
    WHO.flatmap(lambda who: st.builds(says, st.just(who), eck_of=st.just(who), **SAYS)),
)
BY_KEY = st.one_of(
    st.builds(says, key_of=WHO, **SAYS),
    st.builds(says, WHO, key_of=WHO, **SAYS),
    WHO.flatmap(lambda who: st.builds(says, st.just(who), key_of=st.just(who), **SAYS)),
)


Then = Literal["nothing", "a night", "a night, agreed to"] | tuple[Reached, int]
MOMENTS = st.sampled_from([0, 1, 2, 3, 5, 8, 13])
STAGES = st.sampled_from([Reached.BUILT, Reached.CONFIRMED, Reached.AGREED, Reached.FILES, Reached.NOTHING])
THEN = st.sampled_from(["a night, agreed to", "a night", "nothing"]) | st.tuples(STAGES, MOMENTS)


def line(said: Row) -> str:
    """A result as a row of an export."""
    return row(
        said["leerlingnummer"] or "",
        said["eck_id"] or "",
        said["cito_key"] or "",
        toets=said["toets"],
        toetsniveau=said["toetsniveau"],
        onderdeel=ONDERDELEN[said["onderdeel"]],
        day=f"{date.fromisoformat(said['afnamedatum']):%d-%m-%Y}",
        fn=said["functioneringsniveau"],
    )


def export(rows: Sequence[Row]) -> bytes:
    return ("\r\n".join((EXPORT_HEADER, *map(line, rows))) + "\r\n").encode()


def belongs_to(said: Row, who: str) -> bool:
    """Whether all keys of a result are this pupil's own."""
    own = {"leerlingnummer": who, "eck_id": ECK[who], "cito_key": KEY[who]}
    return all(said[key] in (None, value) for key, value in own.items())


# --- the power that fails --------------------------------------------------------------------------------------------


class PowerCut(BaseException):
    """Nothing catches this, as nothing catches a power failure."""


@dataclass
class Power:
    """Fails so many moments after the night came so far; knows how far it had come."""

    moments: int
    after: Reached = Reached.NOTHING
    reached: Reached = Reached.NOTHING

    def moment(self) -> None:
        self.moments -= self.reached >= self.after
        if self.moments < 0:
            raise PowerCut

    def at(self, call: Callable, reached: Reached | None = None) -> Callable:
        """The call, with a moment before it and one after."""

        def watched(*arguments: object, **named: object) -> object:
            self.moment()
            came_back = call(*arguments, **named)
            if reached is not None:
                self.reached = reached
            self.moment()
            return came_back

        return watched

    def marking(self, call: Callable) -> Callable:
        """`Ledger.mark`: a run that is built will be finished."""

        def watched(ledger: Ledger, run_id: str, state: RunState) -> None:
            self.moment()
            call(ledger, run_id, state)
            if state is RunState.BUILT:
                self.reached = Reached.BUILT
            self.moment()

        return watched


@contextmanager
def power(moments: int, after: Reached = Reached.NOTHING) -> Iterator[Power]:
    """Whatever is written within, the power fails at one of its moments; if it lasts that long."""
    failing = Power(moments, after)
    stages = {"remember_files": Reached.FILES, "remember_accepted": Reached.AGREED, "confirm": Reached.CONFIRMED}
    stages |= {"remember_night": Reached.ALL}
    plain = ["begin", "discard", "mark_built", "purge", "purge_leerling"]
    with (
        patch.multiple(Ledger, mark=failing.marking(Ledger.mark)),
        patch.multiple(Ledger, **{name: failing.at(getattr(Ledger, name), stages.get(name)) for name in [*stages, *plain]}),
        patch.multiple(
            delivery, **{name: failing.at(getattr(delivery, name)) for name in ("build", "publish", "point_latest", "_take_away")}
        ),
        patch.object(os, "fsync", failing.at(os.fsync)),
    ):
        yield failing


# --- the importer ----------------------------------------------------------------------------------------------------


@dataclass
class Importer:
    """Applies every run once, in order, as it appears."""

    runs: set[str] = field(default_factory=set)
    plans: dict[Leerplan, Plan] = field(default_factory=dict)
    says: dict[Leerplan, dict[str, Said]] = field(default_factory=dict)
    given: dict[tuple[str, int], tuple | None] = field(default_factory=dict)
    """What each (leerplan_id, revisie) said: each is given once, but by `--full`."""
    highest: dict[str, int] = field(default_factory=dict)

    def look(self, school: SchoolFolder, full_runs: set[str]) -> list[tuple[str, str, Said]]:
        """Apply what appeared since; gebruikersnaam, onderdeel and what is said of it."""
        told = []
        for number, run in enumerate(school.runs):
            if run.name in self.runs:
                continue
            assert run.name > max(self.runs, default="")
            assert_whole(run)
            self.runs.add(run.name)
            told += self._apply(school.delivered(number), run.name, full=run.name in full_runs)
        return told

    def _apply(self, document: dict, run_id: str, *, full: bool) -> list[tuple[str, str, Said]]:
        for plan in [*document["leerplannen"], *document["ingetrokken"]]:
            leerplan = (plan["gebruikersnaam"], plan["vak"])
            status = plan.get("status", "ingetrokken")
            says = {each["onderdeel"]: said_by(each) for each in plan.get("onderdelen", [])}
            self._once(plan["leerplan_id"], plan["revisie"], (status, says), full=full)
            self.plans[leerplan] = Plan(plan["revisie"], status, run_id)
            self.says[leerplan] = says
        return [
            (plan["gebruikersnaam"], each["onderdeel"], said_by(each)) for plan in document["leerplannen"] for each in plan["onderdelen"]
        ]

    def _once(self, leerplan_id: str, revisie: int, content: tuple, *, full: bool) -> None:
        if full and (leerplan_id, revisie) in self.given:
            assert self.given[leerplan_id, revisie] in (content, None), "a revisie came again with other content"
        else:
            assert revisie > self.highest.get(leerplan_id, 0), "a revisie came twice, or they do not grow"
        self.given[leerplan_id, revisie] = content
        self.highest[leerplan_id] = max(revisie, self.highest.get(leerplan_id, 0))

    def forget(self, keep: Callable[[Leerplan], bool], day: str = "") -> None:
        """What is purged is purged there too: all leerplannen but these, and what is about tests of before a day."""
        self.plans = {leerplan: plan for leerplan, plan in self.plans.items() if keep(leerplan)}
        self.says = {leerplan: since(says, day) for leerplan, says in self.says.items() if leerplan in self.plans}
        self.given = {revisie: known and (known[0], since(known[1], day)) for revisie, known in self.given.items()}


def since(says: dict[str, Said], day: str) -> dict[str, Said]:
    return {onderdeel: said for onderdeel, said in says.items() if said[1] >= day}


def said_by(onderdeel: dict) -> Said:
    return onderdeel["toets"], onderdeel["afnamedatum"], onderdeel["toetsniveau"], onderdeel["functioneringsniveau"]


def assert_whole(run: Path) -> None:
    """A run that can be seen has all its files, as its manifest describes them."""
    outputs = {output["path"]: output["sha256"] for output in json.loads((run / "manifest.json").read_bytes())["outputs"]}
    assert {path.name for path in run.iterdir()} == {"manifest.json", *outputs} == {"manifest.json", "leerplannen.json", "leerplannen.csv"}
    for name, sha256 in outputs.items():
        assert hashlib.sha256((run / name).read_bytes()).hexdigest() == sha256


# --- the school ------------------------------------------------------------------------------------------------------


class School(RuleBasedStateMachine):
    """A school that joins by leerlingnummer and ECK iD."""

    administratie = "magister"
    match_on: Sequence[str] = ("leerlingnummer", "eck_id")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "cito-numo.yaml").write_text("defaults: {}\n")
        self.school = SchoolFolder(self.folder / "schools" / SCHOOL)
        self.exports: dict[str, File] = {}
        self.gone: list[File] = []
        self.written: list[Row] = []
        self.day, self.looked = FIRST_DAY, 0
        self.option, self.automatic = 0, False
        self.model = Model(self.match_on, KEY, ECK if "eck_id" in self.match_on else {})
        self.importer = Importer()
        self.full_runs: set[str] = set()
        self.lost: set[Leerplan] = set()
        """What the importer has, and a ledger that was built anew does not know."""
        self.clean: set[str] = set()
        """Pupils who were purged, and of whom no newer result came."""
        self._configure()
        self._list(PUPILS)

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(rows=st.lists(BY_NUMBER, min_size=2, max_size=5))
    def a_first_night(self, rows: list[Row]) -> None:
        self._export("export-0.csv", rows)
        self.a_night(full=False, agree=True)

    # --- what lies there -----------------------------------------------------------------------------------------------

    @rule(rows=st.lists(BY_NUMBER, min_size=1, max_size=4), then=THEN)
    def an_export_appears(self, rows: list[Row], then: Then) -> None:
        if len(self.exports) < 4:
            self._export(f"export-{len(self.written)}.csv", rows)
        self._then(then)

    @precondition(lambda self: self.exports)
    @rule(data=st.data(), rows=st.lists(BY_NUMBER, min_size=1, max_size=4), then=THEN)
    def an_export_changes(self, data: st.DataObject, rows: list[Row], then: Then) -> None:
        self._export(data.draw(st.sampled_from(sorted(self.exports))), rows)
        self._then(then)

    @precondition(lambda self: self.exports)
    @rule(data=st.data(), day=SAYS["day"], same_time=st.booleans())
    def a_day_in_an_export_changes(self, data: st.DataObject, day: str, same_time: bool) -> None:
        """The same name and size, and may be the same time."""
        file = self.exports[data.draw(st.sampled_from(sorted(self.exports)))]
        first, *others = file.rows
        changed = result(
            *(first[key] for key in ("leerlingnummer", "eck_id", "cito_key")),
            **{key: first[key] for key in ("toets", "onderdeel", "toetsniveau")},
            day=day,
            fn=first["functioneringsniveau"],
        )
        self._export(file.name, [changed, *others], file.mtime if same_time else None)

    @precondition(lambda self: self.exports)
    @rule(data=st.data(), then=THEN)
    def an_export_vanishes(self, data: st.DataObject, then: Then) -> None:
        name = data.draw(st.sampled_from(sorted(self.exports)))
        self.gone.append(self.exports.pop(name))
        (self.school.folder / "inbox/cito" / name).unlink()
        self._then(then)

    @precondition(lambda self: self.gone)
    @rule(data=st.data(), then=THEN)
    def an_old_export_is_copied_back(self, data: st.DataObject, then: Then) -> None:
        file = data.draw(st.sampled_from(self.gone))
        self._export(f"back-{len(self.written)}.csv", file.rows)
        self._then(then)

    @rule(names=st.sets(st.sampled_from(PUPILS), min_size=2), then=THEN)
    def numo_has_other_pupils(self, names: set[str], then: Then) -> None:
        self._list(sorted(names))
        self._then(then)

    @rule(option=st.sampled_from([-2, 0, 1, 2]), automatic=st.booleans(), then=THEN)
    def the_school_chooses_otherwise(self, option: int, automatic: bool, then: Then) -> None:
        self.option, self.automatic = option, automatic
        self._configure()
        self._then(then)

    @rule(days=st.integers(1, 2), then=THEN)
    def days_go_by(self, days: int, then: Then) -> None:
        self.day += timedelta(days=days)
        self._then(then)

    def _then(self, then: Then) -> None:
        """Nothing, a night, one of which a person agrees to what is held, or one in which the power fails so long after it came so far."""
        if isinstance(then, tuple):
            self.a_night_in_which_the_power_fails(*then, full=False)
        elif then != "nothing":
            self.a_night(full=False, agree=then == "a night, agreed to")

    # --- nights --------------------------------------------------------------------------------------------------------

    @rule(full=st.sampled_from([False, False, False, True]), agree=st.booleans())
    def a_night(self, full: bool, agree: bool) -> None:
        held = self._night(full=full)
        if held is not None and agree:
            codes = re.findall(r"--accept ([0-9a-f]{8})", " ".join(message.text for message in held.messages))
            assert self._night(full=full, accept=frozenset(codes)) is None

    @rule(full=st.booleans())
    def a_dry_run(self, full: bool) -> None:
        before = everything(self.folder)
        self._sync(full=full, dry_run=True)
        assert everything(self.folder) == before

    @rule(after=STAGES, moments=MOMENTS, full=st.sampled_from([False, False, False, True]))
    def a_night_in_which_the_power_fails(self, after: Reached, moments: int, full: bool) -> None:
        tonight = self.model.night(self._inbox())
        delivers = bool(tonight.changed or (full and tonight.in_force))
        with power(moments, after) as failing:
            try:
                came = self._sync(full=full)
            except PowerCut:
                STEPS[f"power failed: {failing.reached.name.lower()}"] += 1
                run_id = self._newest_run() if delivers and failing.reached >= Reached.BUILT else ""
                self.full_runs |= {run_id} if full else set()
                self.model.keep(tonight, run_id, failing.reached)
                return
        self._compare(tonight, came, full=full, unfinished=True)

    def _night(self, *, full: bool = False, accept: frozenset[str] = frozenset()) -> RunResult | None:
        """A night as any; what came of it where it is held."""
        tonight = self.model.night(self._inbox(), agree=bool(accept))
        unfinished = self._has_unfinished()
        came = self._sync(full=full, accept=accept)
        self._compare(tonight, came, full=full, unfinished=unfinished)
        return came if tonight.status == "held" else None

    def _compare(self, tonight: Tonight, came: RunResult, *, full: bool, unfinished: bool) -> None:
        expected = "delivered" if full and tonight.in_force else tonight.status
        told = " ".join(message.text for message in came.messages)
        assert came.status == expected or (unfinished and (expected, came.status) == ("nothing_new", "delivered")), told
        assert came.exit_code in ({4} if expected == "held" else {0, 3}), told
        STEPS[f"night: {came.status}"] += 1
        run_id = came.run_id or "" if expected == "delivered" else ""
        self.full_runs |= {run_id} if full else set()
        self.model.keep(tonight, run_id)
        self._importer_looks()
        assert self._of_importer() == self._of_model()
        assert_latest(self.school)
        counts = self.school.manifest["counts"]
        if tonight.status not in ("waiting", "held"):
            assert counts["read"] == sum(counts.values()) - counts["read"]
            assert counts["read"] == sum(len(file.rows) for file in self.exports.values())
            for uitkomst in ("ongeldig", "vorig_schooljaar", "niet_gekoppeld"):
                assert counts[uitkomst] == tonight.counts.get(uitkomst, 0)

    # --- what a teacher does -------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.plans)
    @rule(data=st.data(), moments=st.none() | MOMENTS)
    def a_teacher_processes(self, data: st.DataObject, moments: int | None) -> None:
        chosen = data.draw(st.sets(st.sampled_from(sorted(self.model.plans)), min_size=1))
        waiting = {leerplan for leerplan in chosen if self.model.plans[leerplan].status == "te_verwerken"}
        self._by_a_person(process, chosen, waiting, self.model.process, moments)

    @precondition(lambda self: self.model.plans)
    @rule(data=st.data(), moments=st.none() | MOMENTS)
    def a_teacher_withdraws(self, data: st.DataObject, moments: int | None) -> None:
        name = data.draw(st.sampled_from(sorted({name for name, _vak in self.model.plans})))
        chosen = {leerplan for leerplan in self.model.plans if leerplan[0] == name}
        in_force = {leerplan for leerplan in chosen if self.model.plans[leerplan].status != "ingetrokken"}
        reden = "Door een ander gemaakt."
        self._by_a_person(
            lambda workspace, school, keys, now, *, dry_run: withdraw(workspace, school, keys, reden, now, dry_run=dry_run),
            chosen,
            in_force,
            self.model.withdraw,
            moments,
        )

    def _by_a_person(
        self, does: Callable[..., PlansRun], chosen: set[Leerplan], wanted: set[Leerplan], keeps: Callable, moments: int | None
    ) -> None:
        """What a person does with the chosen leerplannen, of which these can be; where the power fails it is done or not."""
        keys = [(leerplan_id(SCHOOL, *leerplan), self.model.plans[leerplan].revisie) for leerplan in sorted(chosen)]
        with power(1_000 if moments is None else moments) as failing:
            try:
                came = does(self._workspace(), SCHOOL, keys, self._now(), dry_run=False)
            except PowerCut:
                STEPS[f"power failed: {does.__name__}"] += 1
                if failing.reached >= Reached.BUILT:
                    keeps(wanted, self._newest_run())
                return
        STEPS[f"by a person: {came.result.status}"] += 1
        assert (came.leerplannen, came.result.status) == (len(wanted), "delivered" if wanted else "nothing_new"), came.result.messages
        keeps(wanted, came.result.run_id or "")
        self._importer_looks()
        assert self._of_importer() == self._of_model()
        assert_latest(self.school)

    # --- the importer --------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.school.runs)
    @rule(count=st.integers(1, 3))
    def the_importer_takes_the_oldest_runs(self, count: int) -> None:
        for run in self.school.runs[:count]:
            shutil.rmtree(run)

    @invariant()
    def the_importer_applies_what_appeared(self) -> None:
        STEPS["step"] += 1
        self._importer_looks()
        for name in self.clean:
            found = [path for path, content in everything(self.folder).items() if "/inbox/" not in path and name.encode() in content]
            assert not found, f"a pupil who was purged is in {found}"

    def _importer_looks(self) -> None:
        before = dict(self.importer.plans)
        for who, onderdeel, (toets, day, toetsniveau, fn) in self.importer.look(self.school, self.full_runs):
            said = {"onderdeel": onderdeel, "toets": toets, "afnamedatum": day, "toetsniveau": toetsniveau, "functioneringsniveau": fn}
            own = [each for each in self.written if belongs_to(each, who)]
            assert any(said.items() <= each.items() for each in own), "somebody else's result"
        self.lost -= {leerplan for leerplan, plan in self.importer.plans.items() if before.get(leerplan) != plan}

    def _of_importer(self) -> dict:
        known = {leerplan: plan for leerplan, plan in self.importer.plans.items() if leerplan not in self.lost}
        return {leerplan: (plan.revisie, plan.status, self.importer.says[leerplan]) for leerplan, plan in known.items()}

    def _of_model(self) -> dict:
        says = said_in(self.model.in_force)
        return {leerplan: (plan.revisie, plan.status, says.get(leerplan, {})) for leerplan, plan in self.model.plans.items()}

    # --- what a person takes out ---------------------------------------------------------------------------------------

    @rule(name=st.sampled_from(PUPILS), moments=st.none() | st.integers(0, 50))
    def a_pupil_is_purged(self, name: str, moments: int | None) -> None:
        self._purge(moments, leerling=name)
        self.model.purge_pupil(name, self.day)
        self.importer.forget(lambda leerplan: leerplan[0] != name)
        self.lost = {leerplan for leerplan in self.lost if leerplan[0] != name}
        lying = [said for file in self.exports.values() for said in file.rows]
        self.clean |= {name} - {name for said in lying if self._is_newer(said, name)}

    @rule(days=st.sampled_from([3, 12, 44]), moments=st.none() | st.integers(0, 50))
    def what_is_old_is_purged(self, days: int, moments: int | None) -> None:
        self._purge(moments, older_than=f"{days} days")
        before = self.day - timedelta(days=days)
        self.model.purge_before(before)
        self.importer.forget(lambda leerplan: leerplan in self.model.plans or leerplan in self.lost, before.isoformat())

    def _purge(self, moments: int | None, **chosen: str) -> None:
        """Purge; where the power fails, once more."""
        self._importer_looks()
        if moments is not None:
            with power(moments):
                try:
                    purge_school(self._workspace(), SCHOOL, PurgeOptions(self._now(), **chosen))
                except PowerCut:
                    STEPS["power failed: purge"] += 1
        done = purge_school(self._workspace(), SCHOOL, PurgeOptions(self._now(), **chosen))
        assert done.status in (PurgeStatus.PURGED, PurgeStatus.NOTHING), done.problems

    # --- a ledger that is lost -----------------------------------------------------------------------------------------

    @precondition(lambda self: ledger_path(self.school.folder).exists())
    @rule(harm=st.sampled_from(["gone", "emptied", "torn"]), first_a_night=st.booleans())
    def the_ledger_is_lost_and_built_anew(self, harm: str, first_a_night: bool) -> None:
        path, whole = ledger_path(self.school.folder), self._knows_all()
        if not (self.school.runs or self._reported_run()):
            return
        {"gone": path.unlink, "emptied": lambda: path.write_bytes(b""), "torn": lambda: tear(path)}[harm]()
        if first_a_night:
            held = self._sync()
            assert (held.status, held.exit_code) == ("held", 4)
        with patch.object(rebuilding, "rebuild", self._and_adopted(rebuilding.rebuild, whole=whole)):
            came = self._sync(rebuild=True)
        self._compare(self.model.night(self._inbox()), came, full=False, unfinished=False)

    def _knows_all(self) -> bool:
        """Whether the outbox holds all that was ever delivered, and nothing was purged: then nothing may be lost."""
        return {run.name for run in self.school.runs} == self.importer.runs and not self.model.purged and not self._has_unfinished()

    def _and_adopted(self, rebuild: Callable, *, whole: bool) -> Callable:
        """`rebuild`, after which the model goes on from what it made."""

        def rebuilt(school: Path, now: datetime, secret: Secret) -> object:
            problems = rebuild(school, now, secret)
            before, withdrawn = self._of_model(), self._withdrawn()
            with open_ledger(ledger_path(school), read_only=True) as ledger:
                adopt(self.model, ledger)
            after = self._of_model()
            assert (after == before and self._withdrawn() == withdrawn) or not whole, "a rebuild from all runs lost something"
            assert all(self._of_importer().get(leerplan, plan) == plan for leerplan, plan in after.items()), "a rebuild made something up"
            self.lost = set(self.importer.plans) - set(self.model.plans)
            return problems

        return rebuilt

    def _withdrawn(self) -> set[tuple]:
        """What must not come back, but for how new the files were that told it."""
        return {(who, said[:-1]) for who, said in self.model.withdrawn}

    def _configure(self) -> None:
        processing = "automatic" if self.automatic else "teacher"
        tolerance = "{unmatched_hold: 0.5, shrink: 0.3}"
        self.school.configure(
            administratie=self.administratie, terugstuuroptie=str(self.option), processing=processing, tolerance=tolerance
        )

    def _export(self, name: str, rows: Sequence[Row], mtime: int | None = None) -> None:
        content = export(rows)
        if name in self.exports:
            self.gone.append(self.exports[name])
        path = self.school.put(f"inbox/cito/{name}", content)
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        mtime = int(path.stat().st_mtime)
        self.exports[name] = File(name, hashlib.sha256(content).hexdigest(), mtime, tuple(rows))
        self.written += rows
        self.clean -= {who for who in self.clean for said in rows if self._is_newer(said, who)}

    def _is_newer(self, said: Row, who: str) -> bool:
        """Whether a result is of a pupil and was taken after what was purged."""
        is_newer = said["afnamedatum"] >= self.model.purged[who].isoformat()
        return is_newer and who in (said["leerlingnummer"], self._whose_eck(said["eck_id"]))

    def _whose_eck(self, eck: str | None) -> str | None:
        return next((name for name, its in ECK.items() if its == eck), None)

    def _list(self, names: Sequence[str]) -> None:
        path = self.school.numo(*(f"{name};{self.model.eck_of.get(name, '')};2A" for name in names))
        self.numo = File("numo.csv", hashlib.sha256(path.read_bytes()).hexdigest(), int(path.stat().st_mtime))
        self.in_numo = frozenset(names)

    def _inbox(self) -> Inbox:
        return Inbox(list(self.exports.values()), self.numo, self.in_numo, self.day, self.option, self.automatic)

    def _now(self) -> datetime:
        """Some runs share a second."""
        self.looked += 1
        return datetime.combine(self.day, time(3, 30), AMSTERDAM) + timedelta(seconds=self.looked // 2)

    def _workspace(self) -> Workspace:
        return read_workspace(self.folder / "cito-numo.yaml")

    def _sync(self, **options: object) -> RunResult:
        return Sync(self._workspace(), Options(self.day, self._now(), **options)).school(SCHOOL)

    def _newest_run(self) -> str:
        with open_ledger(ledger_path(self.school.folder), read_only=True) as ledger:
            return ledger.newest_run()

    def _has_unfinished(self) -> bool:
        with open_ledger(ledger_path(self.school.folder), read_only=True) as ledger:
            return bool(ledger.unfinished())

    def _reported_run(self) -> str:
        path = self.school.folder / "report/manifest.json"
        return (self.school.manifest.get("newest_run") or "") if path.exists() else ""


class SomtodaySchool(School):
    """A school that joins by Cito keys, which come in EDEXML files that a person imports."""

    administratie = "somtoday"
    match_on = ("cito_key",)

    @initialize(rows=st.lists(BY_KEY, min_size=2, max_size=5), names=st.sets(WHO, min_size=2))
    def a_first_night(self, rows: list[Row], names: set[str]) -> None:
        self.keys_are_imported(names)
        self._export("export-0.csv", rows)
        self.a_night(full=False, agree=True)

    @rule(rows=st.lists(BY_KEY, min_size=1, max_size=4), then=THEN)
    def an_export_appears(self, rows: list[Row], then: Then) -> None:
        if len(self.exports) < 4:
            self._export(f"export-{len(self.written)}.csv", rows)
        self._then(then)

    @precondition(lambda self: self.exports)
    @rule(data=st.data(), rows=st.lists(BY_KEY, min_size=1, max_size=4), then=THEN)
    def an_export_changes(self, data: st.DataObject, rows: list[Row], then: Then) -> None:
        self._export(data.draw(st.sampled_from(sorted(self.exports))), rows)
        self._then(then)

    @rule(names=st.sets(st.sampled_from(PUPILS), min_size=1))
    def keys_are_imported(self, names: set[str]) -> None:
        path = self._edexml({KEY[name]: name for name in sorted(names)})
        came = self._import(path)
        if came.status is ImportStatus.HELD:
            came = self._import(path, frozenset(str(problem.values["accept"]) for problem in came.problems if "accept" in problem.values))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        path.unlink()
        if came.status is ImportStatus.FAILED and not names & self.in_numo:
            return  # of nobody in Numo: then it is not certain which field the gebruikersnaam is
        assert came.status in (ImportStatus.IMPORTED, ImportStatus.UNCHANGED), came.problems
        self.model.import_keys(names, sha256)
        self.clean -= names

    @precondition(lambda self: self.model.keys)
    @rule(other=st.sampled_from(PUPILS))
    def a_key_of_somebody_else_is_held(self, other: str) -> None:
        known = min(self.model.keys - {other}, default=None)
        if known is not None:
            path = self._edexml({KEY[known]: other})
            assert self._import(path).status in (ImportStatus.HELD, ImportStatus.FAILED)
            path.unlink()

    def _edexml(self, pupils: Mapping[str, str]) -> Path:
        return self.school.edexml(*(leerling(key, name) for key, name in pupils.items())).rename(self.folder / "edexml.xml")

    def _import(self, path: Path, accept: frozenset[str] = frozenset()) -> ImportResult:
        (came,) = import_files(self._workspace(), [path], ImportOptions(self._now(), SCHOOL, accept=accept))
        return came


def adopt(model: Model, ledger: Ledger) -> None:
    """Let the model go on from a ledger that was built anew: it knows what its runs hold, and of which files they were made."""
    days = ledger.onderdelen().assign(day=lambda table: table["afnamedatum"].dt.strftime("%Y-%m-%d"))
    model.in_force = {(each.gebruikersnaam, each.onderdeel): in_force_of(each) for each in days.itertuples()}
    runs = dict(ledger._connection.execute("SELECT leerplan_id, max(run_id) FROM leerplannen GROUP BY leerplan_id").fetchall())
    plans = ledger.leerplannen().itertuples()
    model.plans = {(each.gebruikersnaam, each.vak): Plan(each.revisie, each.status, runs[each.leerplan_id]) for each in plans}
    model.orders, model.floor, model.any_run = ledger.orders(), ledger.revisie_floor(), bool(ledger.newest_run())
    gone = ledger.withdrawn().assign(day=lambda table: table["afnamedatum"].dt.strftime("%Y-%m-%d"))
    model.withdrawn = [((each.gebruikersnaam, each.onderdeel), in_force_of(each)) for each in gone.itertuples()]
    model.taken_out, model.agreed, model.keys, model.pupils = {}, set(), set(), 0


def in_force_of(each: Any) -> InForce:  # noqa: ANN401  a row of a table
    """What a row of the ledger says, with its day as ISO text."""
    content = (each.day, each.toetsniveau, each.functioneringsniveau)
    return InForce(each.day, each.toets, each.schooljaar, content, each.volgorde)


def tear(path: Path) -> None:
    """Nothing stands any more in a part of the ledger."""
    content = path.read_bytes()
    path.write_bytes(content[:8192] + bytes(500) + content[8692:])


def everything(folder: Path) -> dict[str, bytes]:
    """All that there is in a folder, and what stands in it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        is_link = path.is_symlink()
        found[str(path)] = str(path.readlink()).encode() if is_link else path.read_bytes() if path.is_file() else b""
    return found


def assert_latest(school: SchoolFolder) -> None:
    """`latest` leads to the newest run; without one there is no link."""
    link = school.folder / "outbox/latest"
    runs = [run.name for run in school.runs]
    assert [str(link.readlink())] == runs[-1:] if link.is_symlink() else not runs


@pytest.mark.parametrize("school", [School, SomtodaySchool])
def test_whatever_comes_between_the_nights_what_is_in_force_follows_the_rules(school: type[School], capsys: pytest.CaptureFixture[str]):
    STEPS.clear()
    try:
        run_state_machine_as_test(school, settings=SETTINGS)
    finally:
        with capsys.disabled():
            told = ", ".join(f"{name} {count}" for name, count in sorted(STEPS.items()))
            sys.stdout.write(f"\n{school.__name__}: {told}\n")
