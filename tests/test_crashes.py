"""Commands that are stopped anywhere: no run is half there, no revisie is lost or delivered twice, and the next night mends the rest.

Each test tries a sample of all moments; with CITO_NUMO_PROVE=1 in the environment it tries all of them, which takes an hour.
"""

import grp
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import pytest
from conftest import DAY, EXPORT_HEADER, SchoolFolder, eck_id, leerling, row
from crashing import Content, Ended, PowerLoss, Signalled, Stop, Trial, Undisturbed, When, faults_at, sample, signals_at, words_of
from edexml_for_tests import MAIL_HOST, SENDER, document, mail
from proving import PROVE
from syscalls import Tracer, can_trace

from cito_numo.privacy import read_secret

SCHEMA = Path(__file__).parent.parent / "cito_numo/data/schemas/leerplannen.json"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
KORTE_NAAM = "demo-college"
IO = 74
PUPIL = "76543"
"""What the number of each pupil begins with, and no message may hold."""
ONE, TWO, THREE, FOUR = (f"{PUPIL}{number:02}" for number in range(1, 5))
RUN = re.compile(r"\d{8}T\d{6}Z-\d{3}")
IN_QUARANTINE = "it lies in quarantine"
LEDGER = {
    "bestanden": "volgorde, sha256",
    "sleutels": "cito_key, gebruikersnaam, eck_id IS NULL, klas, volgorde",
    "sleutels_vanaf": "volgorde",
    "akkoorden": "code",
    "leerplannen": "leerplan_id, gebruikersnaam, vak, klas, revisie, status",
    "onderdelen": "*",
    "vervallen": "gebruikersnaam, onderdeel, schooljaar, toets, volgorde",
    "ingetrokken": "gebruikersnaam, onderdeel, schooljaar, toets, afnamedatum, toetsniveau, functioneringsniveau, volgorde",
}
"""What the ledger keeps, but for what is of one run only (its id) or of one workspace (its secret)."""

tried: Counter[str] = Counter()
"""How many points were tried, by test."""


# --- what happens in a workspace -------------------------------------------------------------------------------------


@dataclass
class Somewhere:
    """A workspace in which a command is going to be stopped."""

    root: Path

    @cached_property
    def school(self) -> SchoolFolder:
        return SchoolFolder(self.root / "schools" / KORTE_NAAM)

    def trial(self, *arguments: str, stdin: bytes = b"") -> Trial:
        """A command in it; {root} in a word is the workspace's folder."""
        words = [word.format(root=self.root) for word in arguments]
        return Trial(self.root, [*words, "--config", str(self.root / "cito-numo.yaml")], stdin)

    def night(self) -> Ended:
        return self.trial(*SYNC).run()


def first_night(place: Somewhere) -> None:
    """Results of pupils with and without an ECK iD lie ready, one above the cutoff; and an EDEXML."""
    place.school.configure()
    place.school.numo(f"{ONE};;2A", f"{TWO};;2A", f"{THREE};;2B")
    place.school.edexml(leerling("k1", ONE, eck_id(1)), leerling("k2", TWO, eck_id(2)))
    place.school.cito(
        row(ONE), row(ONE, onderdeel="Taalverzorging", fn="vmbo-kb"), row(TWO, fn="vmbo-gt"), row(THREE, fn="vwo"), name="a.csv"
    )


def second_night(place: Somewhere) -> None:
    """A newer toets, a correction above the cutoff that takes a leerplan back, and a new pupil; a group may read the outbox now."""
    first_night(place)
    assert place.night().exit_code == 0
    place.school.configure(outbox_group=grp.getgrgid(os.getgid()).gr_name)
    place.school.numo(f"{ONE};;2A", f"{TWO};;2A", f"{THREE};;2B", f"{FOUR};;2B", name="newer.csv")
    later = row(ONE, toets="T2", day="10-11-2026", fn="vmbo-gt")
    place.school.cito(later, row(TWO, fn="vwo"), row(FOUR), name="b.csv")


def all_once_more(place: Somewhere) -> None:
    """Two nights were delivered."""
    second_night(place)
    assert place.night().exit_code == 0


def somtoday(place: Somewhere) -> None:
    """A Somtoday school that knows the keys of two pupils; results of a third lie ready."""
    (place.root / "cito-numo.yaml").write_text(f"mail_host: {MAIL_HOST}\n", "utf-8")
    place.school.configure(administratie="somtoday", mail_from=f"[{SENDER}]")
    place.school.numo(f"{ONE};;2A", f"{TWO};;2A", f"{THREE};;2B")
    place.school.edexml(leerling("sleutel-1", ONE), leerling("sleutel-2", TWO))
    place.school.cito(row(key="sleutel-1"), row(key="sleutel-2"), row(key="sleutel-3"))
    assert place.night().exit_code in (0, 3)


def a_file_to_import(place: Somewhere) -> None:
    """Its EDEXML came as a file."""
    somtoday(place)
    (place.root / "incoming.xml").write_text(EDEXML, "utf-8")


def first_mail(place: Somewhere) -> None:
    """A school of which nothing is known yet."""
    somtoday(place)
    for name in (place.root / ".cito-numo", *(place.school.folder / name for name in ("outbox", "report", ".cito-numo", "inbox/edexml"))):
        shutil.rmtree(name)


def an_earlier_schooljaar(place: Somewhere) -> None:
    """Two nights were delivered; Cito sent results of last year, which fill, replace nothing, and match nobody."""
    all_once_more(place)
    older = {"day": "10-10-2025"}
    rows = (row(ONE, onderdeel="Engels woordenschat", **older), row(FOUR, **older), row(THREE, **older), row("9999", **older))
    (place.root / "prior.csv").write_text("\r\n".join((EXPORT_HEADER, *rows)) + "\r\n", "utf-8")


EDEXML = document(*(leerling(f"sleutel-{number}", pupil, eck_id(number)) for number, pupil in enumerate((ONE, TWO, THREE), 1)))
SYNC = ("sync", "--date", DAY)
PRIOR = ("import", "{root}/prior.csv", "--school", KORTE_NAAM, "--schooljaar", "2025-2026", "--aanvraag", "12345", "--date", DAY)
MAIL = ("edexml", "import", "-")
OF_SCHOOL = ("--school", KORTE_NAAM)


@dataclass(frozen=True)
class Scenario:
    """What lies there, and the command that is stopped."""

    prepare: Callable[[Somewhere], None]
    command: Sequence[str]
    stdin: bytes = b""


SCENARIOS = {
    "first night": Scenario(first_night, SYNC),
    "second night": Scenario(second_night, SYNC),
    "full": Scenario(all_once_more, (*SYNC, "--full")),
    "prior year": Scenario(an_earlier_schooljaar, PRIOR),
    "process": Scenario(all_once_more, ("plans", "process", *OF_SCHOOL, "--all", "--yes", "--json")),
    "withdraw": Scenario(all_once_more, ("plans", "withdraw", *OF_SCHOOL, "--leerling", ONE, "--reden", "Een ander.", "--yes", "--json")),
    "import": Scenario(a_file_to_import, ("edexml", "import", "{root}/incoming.xml", "--school", KORTE_NAAM)),
    "mail": Scenario(somtoday, MAIL, mail(("edexml.xml", EDEXML))),
    "first mail": Scenario(first_mail, MAIL, mail(("edexml.xml", EDEXML))),
    "mail of a stranger": Scenario(somtoday, MAIL, mail(("edexml.xml", EDEXML), confirmed=None)),
}
each_scenario = pytest.mark.parametrize("name", SCENARIOS)
some_scenarios = pytest.mark.parametrize("name", SCENARIOS if PROVE else ["first night", "second night", "mail"])


# --- what is there ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What counts of what came of it all."""

    deliveries: Mapping[tuple[str, int], int]
    """How often each revisie of each leerplan was delivered."""
    in_force: Mapping[str, Any]
    """What an importer that took all runs in order would have, by leerplan."""
    ledger: Mapping[str, Sequence[Any]]
    quarantine: Mapping[str, bytes]
    held_back: bytes
    """niet-geleverd.csv."""
    modes: frozenset[int]
    """Those of the files in the outbox."""


def runs_in(*outboxes: Path) -> list[Path]:
    """The runs, oldest first."""
    return sorted(
        (run for outbox in outboxes if outbox.is_dir() for run in outbox.iterdir() if RUN.fullmatch(run.name)), key=lambda run: run.name
    )


def state_of(place: Somewhere, *taken: Path) -> State:
    """The state of a workspace, of which the importer took some runs to elsewhere."""
    deliveries: Counter[tuple[str, int]] = Counter()
    in_force: dict[str, Any] = {}
    runs = runs_in(place.school.folder / "outbox", *taken)
    for run in runs:
        delivered = json.loads((run / "leerplannen.json").read_bytes())
        for plan in (*delivered["leerplannen"], *delivered["ingetrokken"]):
            deliveries[plan["leerplan_id"], plan["revisie"]] += 1
            assert in_force.get(plan["leerplan_id"], plan)["revisie"] <= plan["revisie"], "a revisie went back"
            in_force[plan["leerplan_id"]] = plan
    listed = place.school.folder / "report/niet-geleverd.csv"
    held_back = listed.read_bytes() if listed.exists() else b""
    modes = frozenset(file.stat().st_mode & 0o777 for run in runs for file in run.iterdir())
    return State(deliveries, in_force, ledger_of(place), quarantine_of(place), held_back, modes)


def ledger_of(place: Somewhere) -> Mapping[str, Sequence[Any]]:
    """What the ledger keeps, read from a copy; of runs only that they were delivered."""
    path = place.school.folder / ".cito-numo/ledger.sqlite"
    if not path.exists():
        return {}
    with TemporaryDirectory() as folder:
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / path.name)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                return {}
            tables = {name: f"SELECT {columns} FROM {name}" for name, columns in LEDGER.items()}  # noqa: S608  names of our own
            kept = {name: sorted(connection.execute(query), key=str) for name, query in tables.items()}
            secrets = [secret for (secret,) in connection.execute("SELECT DISTINCT secret FROM sleutels WHERE eck_id IS NOT NULL")]
            runs = connection.execute("SELECT state, count(*) FROM runs GROUP BY state").fetchall()
            return {**kept, "runs": runs, "secrets": secrets}


def quarantine_of(place: Somewhere) -> Mapping[str, bytes]:
    """The mails in quarantine and what is written beside them."""
    folder = place.root / "quarantine"
    root = str(place.root).encode()
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
    return {name: (folder / name).read_bytes().replace(root, b"ROOT") for name in names}


def bytes_of(runs: Sequence[Path]) -> Mapping[str, bytes]:
    """All that stands in these runs."""
    return {f"{run.name}/{file.name}": file.read_bytes() for run in runs for file in run.iterdir()}


def assert_is_whole(run: Path) -> None:
    """Nothing of a run is missing or cut short."""
    manifest = json.loads((run / "manifest.json").read_bytes())
    listed = {output["path"]: (output["size"], output["sha256"]) for output in manifest["outputs"]}
    found = {file.name: file.read_bytes() for file in run.iterdir() if file.name != "manifest.json"}
    assert {name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in found.items()} == listed
    assert "leerplannen.json" in listed
    VALIDATOR.validate(json.loads(found["leerplannen.json"]))


def assert_only_whole_runs(place: Somewhere) -> None:
    """What an importer may meet in the outbox."""
    outbox = place.school.folder / "outbox"
    entries = [entry for entry in outbox.iterdir() if not entry.name.startswith(".")] if outbox.is_dir() else []
    assert [entry.name for entry in entries if entry.name != "latest" and not RUN.fullmatch(entry.name)] == []
    for run in runs_in(outbox):
        assert_is_whole(run)
    if (outbox / "latest").is_symlink():
        assert (outbox / (outbox / "latest").readlink()) in runs_in(outbox), "latest points at no run"


def leftovers_in(place: Somewhere) -> list[str]:
    """What no command should leave behind for good."""
    hidden = {".cito-numo"}
    entries = [entry for entry in place.root.rglob("*") if entry.name.startswith(".") or entry.name.endswith((".part", "-journal"))]
    return sorted(str(entry.relative_to(place.root)) for entry in entries if entry.name not in hidden)


# --- one point -------------------------------------------------------------------------------------------------------


@dataclass
class Prepared:
    """A scenario up to its command, and what comes of that when nothing stops it."""

    scenario: Scenario
    folder: Path
    elsewhere: Path
    before: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        place = self.place()
        self.before = bytes_of(runs_in(place.school.folder / "outbox"))
        self.ended = self.stopped(place, Undisturbed())
        assert self.ended.stderr.count("Traceback") == 0, self.ended.stderr
        self.state = state_of(place)
        self.leftovers = leftovers_in(place)
        self.next_ended = place.night()
        self.next_state = state_of(place)

    def place(self) -> Somewhere:
        """A fresh copy, always in the same place."""
        place = Somewhere(self.elsewhere / "workspace")
        copy(self.folder, place.root)
        return place

    def stopped(self, place: Somewhere, stop: Stop | None = None, *, kept: Path | None = None, largest_file: int | None = None) -> Ended:
        """The command, with something done to it."""
        return replace(self.trial(place), stop=stop, kept=kept, largest_file=largest_file).run()

    def trial(self, place: Somewhere) -> Trial:
        """The command, not yet run."""
        return place.trial(*self.scenario.command, stdin=self.scenario.stdin)

    @cached_property
    def traced(self) -> Sequence[str]:
        """The system calls by which the command changes files, when nothing stops it."""
        place = self.place()
        tracer = Tracer(place.root)
        assert tracer.run(self.trial(place)).exit_code == self.ended.exit_code
        return tracer.changes

    def named(self, at: int) -> str:
        """The change of this number, as a person would tell it."""
        change = str(self.ended.changes[at - 1]) if at else "nothing"
        return f"{change.replace(f'{self.elsewhere}/workspace/', '')} (change {at})"

    def check_right_after(self, place: Somewhere, ended: Ended) -> None:
        """What must hold at once, whatever stopped the command."""
        assert_only_whole_runs(place)
        now = bytes_of(runs_in(place.school.folder / "outbox"))
        assert {name: now.get(name) for name in self.before} == self.before, "a run of before changed"
        secret = read_secret(place.root / ".cito-numo/secret")
        known = [] if secret is None else [secret.fingerprint()]
        assert set(ledger_of(place).get("secrets", ())) <= set(known), "ECK iDs are kept that were hashed with a secret that is gone"
        if self.scenario.command == MAIL:
            lying = quarantine_of(place)
            assert [name for name, content in lying.items() if not name.endswith(".txt") and content != self.scenario.stdin] == []
            if ended.exit_code in (0, 3, 4, 65):  # else the mail host still has it
                taken_in = ledger_of(place).get("sleutels") == self.state.ledger["sleutels"]
                assert self.scenario.stdin in lying.values() or (taken_in and not self.state.quarantine), "a mail is lost"

    def check_recovery(self, place: Somewhere) -> None:
        """Run the command again, twice where the importer may have taken runs since, and see that all is as if nothing had happened."""
        appeared = [run for run in runs_in(place.school.folder / "outbox") if f"{run.name}/manifest.json" not in self.before]
        if appeared:
            aside = self.elsewhere / "aside"
            copy(place.root, aside)
            self._check_again(place)
            copy(aside, place.root)
            taken = self.elsewhere / "taken"
            shutil.rmtree(taken, ignore_errors=True)
            taken.mkdir()
            for run in runs_in(place.school.folder / "outbox"):
                shutil.move(run, taken)
            self._check_again(place, taken)
        else:
            self._check_again(place)

    def _check_again(self, place: Somewhere, *taken: Path) -> None:
        twice = "--full" in self.scenario.command and self._has_built(place)
        again = self.stopped(place)
        assert again.exit_code == self.ended.exit_code, f"exit {again.exit_code} {again.stderr}"
        assert "Traceback" not in again.stderr
        self._check_state(state_of(place, *taken), self.state, twice=twice)
        assert_only_whole_runs(place)
        for run in runs_in(*taken):
            assert_is_whole(run)
        left = runs_in(place.school.folder / "outbox")
        latest = place.school.folder / "outbox/latest"
        assert [latest.readlink().name] == [left[-1].name] if left else not latest.is_symlink(), "latest is not the newest run"
        following = place.night()
        assert following.exit_code == self.next_ended.exit_code, f"the night after: exit {following.exit_code} {following.stderr}"
        self._check_state(state_of(place, *taken), self.next_state, twice=twice)
        left_over = leftovers_in(place)
        assert left_over == self.leftovers, f"left behind: {left_over}"

    def _has_built(self, place: Somewhere) -> bool:
        """Whether the run was built, or more: then it is delivered, and a command that is told to deliver all does so once more."""
        states = dict(ledger_of(place).get("runs", ()))
        return bool(sum(states.values()) - states.get("pending", 0) > len({name.split("/")[0] for name in self.before}))

    def _check_state(self, found: State, wanted: State, *, twice: bool) -> None:
        """The same; with `twice` all of `sync --full` may have been delivered two times."""
        assert set(found.deliveries) == set(wanted.deliveries), "not the same revisies were delivered"
        extra = {plan: found.deliveries[plan] - count for plan, count in wanted.deliveries.items()}
        all_again = {plan: int(count > 1) for plan, count in wanted.deliveries.items()}
        assert not any(extra.values()) or (twice and extra == all_again), f"delivered again: {sum(extra.values())}"
        assert found.in_force == wanted.in_force, "other leerplannen are in force"
        for table in LEDGER:
            assert found.ledger.get(table) == wanted.ledger[table], f"the ledger differs: {table}"
        assert [state for state, _count in found.ledger["runs"]] == [state for state, _count in wanted.ledger["runs"]]
        assert found.quarantine == wanted.quarantine, f"in quarantine: {list(found.quarantine)}"
        assert found.held_back == wanted.held_back, "another list of what was held back"
        assert found.modes == wanted.modes, f"modes: {set(map(oct, found.modes))}"

    def check_sentence(self, ended: Ended, place: Somewhere, words: Sequence[str]) -> None:
        """Of what went wrong one line is said, in one of these words, and no pupil is named."""
        said = ended.stdout + ended.stderr
        assert "Traceback" not in said, said
        manifest = place.school.folder / "report/manifest.json"
        told = said + (manifest.read_text("utf-8") if manifest.exists() else "")
        assert PUPIL not in told, told
        assert "sleutel-" not in told, told
        usual = RUN.sub("RUN", self.ended.stderr).splitlines()
        lines = [line for line in RUN.sub("RUN", ended.stderr).splitlines() if line and line not in usual and IN_QUARANTINE not in line]
        lines = [line.replace(str(place.root), "") for line in lines]
        assert len(lines) == 1, f"{len(lines)} sentences: {' | '.join(lines)}"
        assert any(word in lines[0] for word in words), f"another sentence: {lines[0]}"


def copy(source: Path, target: Path) -> None:
    """Make a folder the same as another, with links and times."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)


Preparing = Callable[[str], Prepared]


@pytest.fixture(scope="module")
def preparing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preparing]:
    """Scenarios, each prepared once; in the end it is said how many points were tried."""
    done: dict[str, Prepared] = {}

    def prepared(name: str) -> Prepared:
        if name not in done:
            elsewhere = tmp_path_factory.mktemp(name.replace(" ", "-"))
            place = Somewhere(elsewhere / "workspace")
            place.root.mkdir()
            (place.root / "cito-numo.yaml").write_text("defaults: {}\n", "utf-8")
            SCENARIOS[name].prepare(place)
            place.root.rename(elsewhere / "prepared")
            done[name] = Prepared(SCENARIOS[name], elsewhere / "prepared", elsewhere)
        return done[name]

    yield prepared
    print(f"\npoints tried: {tried.total()}", *(f"  {test}: {count}" for test, count in tried.items()), sep="\n")  # noqa: T201


class Points:
    """Points that are tried one after the other; those at which something was wrong are told together."""

    def __init__(self, test: str) -> None:
        self._test = test
        self._wrong: list[str] = []

    @contextmanager
    def at(self, point: str) -> Iterator[None]:
        """Try one."""
        tried[self._test] += 1
        with self.on(point):
            yield

    @contextmanager
    def on(self, point: str) -> Iterator[None]:
        """Look at something else of it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  the other points are tried all the same
            told = str(error).partition("\n")[0] or repr(error)
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            self._wrong.append(f"{point}: {kind}{told}")

    def close(self, of: int) -> None:
        """Say how many were tried, and fail where one was wrong."""
        print(f"{self._test}: {tried[self._test]} points tried of {of}")  # noqa: T201  that is what is asked of it
        if self._wrong:
            pytest.fail(f"{self._test}: {len(self._wrong)} of {tried[self._test]} points:\n" + "\n".join(self._wrong), pytrace=False)


def most(count: int) -> int | None:
    """How many points are tried at most."""
    return None if PROVE else count


# --- killed ----------------------------------------------------------------------------------------------------------


@each_scenario
def test_a_command_that_is_killed_anywhere_is_finished_or_forgotten_by_the_next(preparing: Preparing, name: str):
    prepared = preparing(name)
    points, tries = signals_at(prepared.ended.changes), Points(f"killed, {name}")
    for stop in sample(points, most(2), name):
        place = prepared.place()
        ended = prepared.stopped(place, stop)
        with tries.at(f"{stop} {prepared.named(stop.at)}"):
            assert ended.exit_code == -signal.SIGKILL, ended.stderr
            prepared.check_right_after(place, ended)
            prepared.check_recovery(place)
    tries.close(len(points))


@some_scenarios
def test_a_command_that_is_killed_again_while_it_mends_is_mended_by_the_next(preparing: Preparing, name: str):
    prepared = preparing(name)
    points, tries = signals_at(prepared.ended.changes), Points(f"killed twice, {name}")
    pairs = [(first, second) for first in points for second in points if name != "full"]  # that would rightly be delivered three times
    for first, second in sample(pairs, 100 if PROVE else 1, name):
        place = prepared.place()
        prepared.stopped(place, first)
        ended = prepared.stopped(place, second)
        with tries.at(f"{first} {prepared.named(first.at)}, then {second} change {second.at}"):
            assert ended.exit_code in (-signal.SIGKILL, prepared.ended.exit_code), f"exit {ended.exit_code} {ended.stderr}"
            prepared.check_right_after(place, ended)
            prepared.check_recovery(place)
    tries.close(len(pairs))


@each_scenario
def test_a_loss_of_power_anywhere_loses_nothing_that_was_said_to_be_there(preparing: Preparing, name: str):
    prepared = preparing(name)
    changes = prepared.ended.changes
    kept = prepared.elsewhere / "kept"
    tries = Points(f"power lost, {name}")
    for at in sample(range(len(changes) + 1), most(1), name):
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        place = prepared.place()
        ended = prepared.stopped(place, Signalled(at + 1, When.BEFORE), kept=kept)
        crashed = prepared.elsewhere / "crashed"
        copy(place.root, crashed)
        entries = PowerLoss(ended.changes, kept).entries
        losses = dict.fromkeys([(entries, Content.EMPTY), (0, Content.EMPTY), (0, Content.TORN)])
        losses |= dict.fromkeys((undone, Content.EMPTY) for undone in range(1, entries))
        for undone, content in sample(list(losses), most(1), f"{name} {at}"):
            copy(crashed, place.root)
            with tries.at(f"after {prepared.named(at)}, {undone} of {entries} entries undone, content {content}"):
                PowerLoss(ended.changes, kept).strike(undone, content)
                prepared.check_right_after(place, ended)
                prepared.check_recovery(place)
    tries.close(len(changes) + 1)


@each_scenario
def test_a_command_that_is_killed_at_any_system_call_is_finished_or_forgotten_by_the_next(preparing: Preparing, name: str):
    if not can_trace():
        pytest.skip("this system lets no process trace another")
    prepared = preparing(name)
    points = [(at, when) for at in range(1, len(prepared.traced) + 1) for when in (When.BEFORE, When.AFTER)]
    tries = Points(f"killed at a system call, {name}")
    for at, when in sample(points, most(1), name):
        place = prepared.place()
        tracer = Tracer(place.root, at, when)
        ended = tracer.run(prepared.trial(place))
        with tries.at(f"SIGKILL {when} {tracer.changes[-1]} (change {at})"):
            assert ended.exit_code == -signal.SIGKILL, ended.stderr
            prepared.check_right_after(place, ended)
            prepared.check_recovery(place)
    tries.close(len(points))


@each_scenario
def test_what_is_counted_is_all_that_a_command_changes_beside_its_ledger(preparing: Preparing, name: str):
    if not can_trace():
        pytest.skip("this system lets no process trace another")
    prepared = preparing(name)
    root = f"{prepared.elsewhere}/workspace/"
    traced = {alike(change.partition(" ")[2]) for change in prepared.traced}
    counted = {alike(path.removeprefix(root)) for change in prepared.ended.changes for path in (change.path, change.to) if path}
    assert {path for path in traced - counted if not path.endswith(("ledger.sqlite-journal", "/.cito-numo"))} == set()


def alike(path: str) -> str:
    """A path without what is another each time: the id of a run or process, or chance."""
    return re.sub(r"\d{8}T\d{6}Z-\d{3}|(?<=secret\.)\d+|(?<=quarantine/\.arriving-)\w{8}(?=\.part)", "…", path)


# --- told to stop ----------------------------------------------------------------------------------------------------


@each_scenario
def test_a_signal_anywhere_ends_a_command_with_its_number(preparing: Preparing, name: str):
    prepared = preparing(name)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    points = [point for number in numbers for point in signals_at(prepared.ended.changes, number)]
    tries = Points(f"told to stop, {name}")
    for stop in sample(points, most(1), name):
        place = prepared.place()
        ended = prepared.stopped(place, stop)
        with tries.at(f"{stop} {prepared.named(stop.at)}"):
            assert (ended.exit_code, ended.stdout) == (128 + stop.which, ""), ended.stderr
            assert "Traceback" not in ended.stderr, ended.stderr
            prepared.check_right_after(place, ended)
            prepared.check_recovery(place)
    tries.close(len(points))


# --- refused ---------------------------------------------------------------------------------------------------------


@each_scenario
def test_a_disk_that_refuses_anything_is_one_sentence_and_mended_by_the_next_night(preparing: Preparing, name: str):
    prepared = preparing(name)
    points, tries = faults_at(prepared.ended.changes), Points(f"refused, {name}")
    for stop in sample(points, most(1), name):
        place = prepared.place()
        ended = prepared.stopped(place, stop)
        with tries.at(f"{stop} {prepared.named(stop.at)}"):
            in_vain = ended.exit_code == prepared.ended.exit_code and not prepared.ended.changes[stop.at - 1].made
            assert ended.exit_code == IO or in_vain, f"exit {ended.exit_code} {ended.stderr}"
            if not in_vain:  # a folder is made that is there already: that it cannot be made is no trouble
                prepared.check_sentence(ended, place, words_of(stop.number))
        with tries.on(f"{stop} {prepared.named(stop.at)}"):
            prepared.check_right_after(place, ended)
            prepared.check_recovery(place)
    tries.close(len(points))


SIZES = (0, 1, 64, 512, 1024, 2048, 4096, 8192, 16384, 32768, 40960, 65536, 131072)


@some_scenarios
def test_files_that_cannot_grow_are_one_sentence_and_mended_by_the_next_night(preparing: Preparing, name: str):
    prepared = preparing(name)
    tries = Points(f"files cannot grow, {name}")
    for size in sample(SIZES, most(1), name):
        place = prepared.place()
        ended = prepared.stopped(place, largest_file=size)
        with tries.at(f"{size} bytes"):
            if ended.exit_code != prepared.ended.exit_code or "too large" in ended.stderr:
                assert ended.exit_code == IO, f"exit {ended.exit_code} {ended.stderr}"
                prepared.check_sentence(ended, place, ("File too large", "Reading or writing it failed", "No space left"))
        with tries.on(f"{size} bytes"):
            prepared.check_right_after(place, ended)
            prepared.check_recovery(place)
    tries.close(len(SIZES))


class Mounts:
    """Mounts of a test, that `mount` makes; the test is skipped where that is not permitted."""

    def __init__(self) -> None:
        self._folders: list[Path] = []

    def mount(self, folder: Path, *arguments: str) -> None:
        done = subprocess.run(["mount", *arguments, str(folder)], capture_output=True, text=True, check=False)  # noqa: S607
        if done.returncode:
            pytest.skip(f"mount is not permitted: {done.stderr.strip()}")
        if folder not in self._folders:
            self._folders.append(folder)

    def unmount_all(self) -> None:
        while self._folders:
            subprocess.run(["umount", str(self._folders.pop())], check=True)  # noqa: S607


@pytest.fixture
def mounts() -> Iterator[Mounts]:
    made = Mounts()
    yield made
    made.unmount_all()


PAGES = range(40)
"""How many pages of 4 KiB are free."""


@some_scenarios
def test_a_disk_that_is_full_is_one_sentence_and_mended_by_the_next_night(preparing: Preparing, name: str, mounts: Mounts, tmp_path: Path):
    prepared = preparing(name)
    disk = tmp_path / "disk"
    disk.mkdir()
    mounts.mount(disk, "-t", "tmpfs", "-o", "size=2m", "none")
    place = Somewhere(disk / "workspace")
    tries = Points(f"disk full, {name}")
    for free in sample(PAGES, most(1), name):
        copy(prepared.folder, place.root)
        ballast = disk / "ballast"
        fill(ballast, free * 4096)
        ended = prepared.stopped(place)
        ballast.unlink()
        with tries.at(f"{free} pages"):
            if ended.exit_code != prepared.ended.exit_code or "No space" in ended.stderr:
                assert ended.exit_code == IO, f"exit {ended.exit_code} {ended.stderr}"
                prepared.check_sentence(ended, place, ("No space left on device",))
        with tries.on(f"{free} pages"):
            prepared.check_right_after(place, ended)
            prepared.check_recovery(place)
    tries.close(len(PAGES))


def fill(ballast: Path, free: int) -> None:
    """Fill a disk until so many bytes are free."""
    with ballast.open("wb", buffering=0) as file:
        space = os.statvfs(ballast)
        file.write(bytes(max(0, space.f_bavail * space.f_frsize - free)))


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("first night", f"schools/{KORTE_NAAM}/outbox"),
        ("second night", f"schools/{KORTE_NAAM}/outbox"),
        ("second night", f"schools/{KORTE_NAAM}/report"),
        ("second night", f"schools/{KORTE_NAAM}/.cito-numo"),
        ("mail", f"schools/{KORTE_NAAM}/.cito-numo"),
        ("mail", "quarantine"),
    ],
)
def test_a_folder_that_is_read_only_is_one_sentence_and_mended_by_the_next_night(
    preparing: Preparing, name: str, folder: str, mounts: Mounts
):
    prepared = preparing(name)
    place = prepared.place()
    tries = Points(f"read-only {folder}, {name}")
    closed = place.root / folder
    closed.mkdir(mode=0o700, exist_ok=True)
    mounts.mount(closed, "--bind", str(closed))
    mounts.mount(closed, "-o", "remount,ro,bind")
    ended = prepared.stopped(place)
    mounts.unmount_all()
    with tries.at("read-only"):
        assert ended.exit_code == IO, f"exit {ended.exit_code} {ended.stderr}"
        prepared.check_sentence(ended, place, ("Read-only file system", "It may not be written", "It cannot be opened"))
    with tries.on("read-only"):
        prepared.check_right_after(place, ended)
        prepared.check_recovery(place)
    tries.close(1)
