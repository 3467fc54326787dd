"""Schools side by side, and shares of them: the same comes of it, in the same order, and who dies takes nobody with it."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from conftest import DAY, SchoolFolder, WorkspaceFolder, copy_tree, eck_id, row
from hypothesis import given, settings
from hypothesis import strategies as st
from test_overlap import ended, filled, gebruikersnamen, leftovers, lock_of, started, statuses

from cito_numo import workers
from cito_numo.errors import ExitCode
from cito_numo.shards import Shard

RUN_ID = re.compile(rb"\d{8}T\d{6}Z-\d{3}")
MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")


def of_all_kinds(workspace: WorkspaceFolder) -> None:
    """Schools with work, some of which need a person, and others without."""
    for name in ("a-school", "d-school"):
        filled(workspace, name)
    look = filled(workspace, "b-school")
    look.put("inbox/cito/other.csv", "Naam;Cijfer\n")
    workspace.school("c-school", active_from=None)
    workspace.school("e-school", terugstuuroptie="7")
    shared = (row("0012", eck_id(12)), row("0013", eck_id(13)))
    for name in ("g-school", "h-school"):
        school = workspace.school(name)
        school.numo("0012;;2A", "0013;;2A")
        school.cito(*shared)


def copied(workspace: WorkspaceFolder, name: str) -> WorkspaceFolder:
    """The same workspace in another folder, with the same secret."""
    secret = workspace.folder / ".cito-numo/secret"
    if not secret.exists():
        secret.parent.mkdir(mode=0o700)
        secret.write_text("ab" * 32)
        secret.chmod(0o600)
    folder = workspace.folder.with_name(name)
    copy_tree(workspace.folder, folder)
    return WorkspaceFolder(folder, workspace._capsys)


def made(workspace: WorkspaceFolder) -> dict[str, object]:
    """All that nights made: the bytes of files, and what stands in ledgers, without when it was and where."""
    found: dict[str, object] = {}
    for path in sorted(workspace.folder.glob("schools/*/*/**/*")):
        name = RUN_ID.sub(b"RUN", bytes(path.relative_to(workspace.folder))).decode()
        if path.name == "ledger.sqlite":
            with contextlib.closing(sqlite3.connect(path)) as ledger:
                lines = [line for line in ledger.iterdump() if 'INTO "nacht"' not in line]
            found[name] = plain(workspace, "\n".join(lines).encode())
        elif path.is_file() and path.name != "lock":
            found[name] = plain(workspace, path.read_bytes())
    return found


def plain(workspace: WorkspaceFolder, content: bytes) -> bytes:
    """A text without when it was and where; hashes of files that name a run are gone too."""
    content = MOMENT.sub(b"MOMENT", RUN_ID.sub(b"RUN", content)).replace(bytes(workspace.folder), b"FOLDER")
    return re.sub(rb"[0-9a-f]{64}", b"HASH", content)


class Waiting:
    """A command for `on_failure` that says which process ran it for which school, and then waits until it may go on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "waiting"
        self._folder.mkdir()
        os.mkfifo(self._folder / "go")
        self._go = os.open(self._folder / "go", os.O_RDWR)
        self.command = self._folder / "command"
        self.command.write_text(
            f"#!/bin/sh\ncd {self._folder}\necho $PPID > .$CITO_NUMO_SCHOOL && mv .$CITO_NUMO_SCHOOL $CITO_NUMO_SCHOOL\nread x < go\n"
        )
        self.command.chmod(0o700)

    def process_at(self, korte_naam: str) -> int:
        """The process that is at this school, once its command waits."""
        path = self._folder / korte_naam
        while not path.exists():
            os.sched_yield()
        return int(path.read_text())

    def go_on(self, commands: int) -> None:
        os.write(self._go, b"\n" * commands)


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    command = Waiting(tmp_path)
    yield command
    os.close(command._go)


def with_news(workspace: WorkspaceFolder, korte_naam: str, on_failure: Path) -> SchoolFolder:
    """A school that delivers, and of which a person is told."""
    school = filled(workspace, korte_naam)
    school.configure(on_failure=str(on_failure))
    school.put("inbox/cito/other.csv", "Naam;Cijfer\n")
    return school


def is_there(process: int) -> bool:
    """Whether a process still runs: one that ended may wait for somebody to look."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


# --- the same comes of it --------------------------------------------------------------------------------------------


def test_the_same_comes_of_it_however_many_work_and_in_shares(workspace: WorkspaceFolder, tmp_path_factory: pytest.TempPathFactory):
    of_all_kinds(workspace)
    ways = {"one": ["1"], "two": ["2"], "four": ["4"], "shares": ["1", "--shard"]}
    came = {}
    for way, (jobs, *shard) in ways.items():
        copy = copied(workspace, f"{workspace.folder.name}-{way}")
        log = tmp_path_factory.mktemp("log") / "log"
        runs = [
            copy.sync_json("--jobs", jobs, "--log", str(log), *shard, *([f"{number}/3"] if shard else []))
            for number in ((1, 2, 3) if shard else (1,))
        ]
        schools = sorted((school for ran in runs for school in ran.json["schools"]), key=lambda school: school["korte_naam"])
        assert {ran.stderr for ran in runs} == {""}
        assert max(ran.exit_code for ran in runs) == ExitCode.CONFIG
        if not shard:
            assert schools == runs[0].json["schools"]
        nights = sorted(json.loads(line)["school"] for line in log.read_text().splitlines() if json.loads(line)["event"] == "night")
        came[way] = (plain(copy, json.dumps(schools).encode()), made(copy), nights)

    one = came.pop("one")
    assert len(one[1]) > 20
    assert {school["status"] for school in json.loads(one[0])} == {"delivered", "waiting", "failed", "held"}
    for way, others in came.items():
        assert others == one, way


def test_results_come_in_the_order_of_the_schools_whichever_is_ready_first(workspace: WorkspaceFolder, waiting: Waiting):
    with_news(workspace, "a-school", waiting.command)
    filled(workspace, "b-school")
    filled(workspace, "c-school")
    log = workspace.folder / "log"
    process = started(workspace, "--jobs", "2", "--json", "--log", str(log))
    waiting.process_at("a-school")
    others = [SchoolFolder(workspace.folder / "schools" / name) for name in ("b-school", "c-school")]
    while not all((school.folder / "report/manifest.json").exists() for school in others):
        assert process.poll() is None
    waiting.go_on(1)

    code, stdout, _stderr = ended(process)

    assert (code, list(statuses(stdout))) == (3, ["a-school", "b-school", "c-school"])
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["school"] for line in told if line["event"] == "night"] == ["a-school", "b-school", "c-school"]


def test_an_idle_night_starts_no_worker_and_loads_no_pandas(workspace: WorkspaceFolder):
    for name in ("a-school", "b-school"):
        filled(workspace, name)
    workspace.school("c-school", active_from=None)
    workspace.sync()
    words = ["sync", "--date", DAY, "--jobs", "4", "--json", "--config", str(workspace.folder / "cito-numo.yaml")]
    script = (
        "import subprocess, sys; from cito_numo.cli import run\n"
        "subprocess.Popen = None\n"
        f"assert run({words!r}) == 0\n"
        "print(sorted({'pandas', 'pyarrow', 'lxml', 'numpy'} & set(sys.modules)))"
    )

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    told, loaded = ran.stdout.splitlines()
    assert (list(statuses(told).values()), loaded) == (["nothing_new", "nothing_new", "waiting"], "[]")


def test_a_school_that_is_the_only_one_with_work_needs_no_worker(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch):
    for name in ("a-school", "b-school", "c-school"):
        filled(workspace, name)
    workspace.sync()
    school = SchoolFolder(workspace.folder / "schools/b-school")
    school.cito(row(gebruikersnamen(school)[0], toets="T2", day="10-11-2026"), name="later.csv")
    monkeypatch.setattr(workers._Workers, "ask", None)

    ran = workspace.sync_json("--jobs", "4")

    assert list(statuses(ran.stdout).values()) == ["nothing_new", "delivered", "nothing_new"]


def test_what_a_crash_left_is_finished_by_a_worker_and_told(workspace: WorkspaceFolder):
    schools = [filled(workspace, name) for name in ("a-school", "b-school")]
    workspace.sync()
    for school in schools:
        with contextlib.closing(sqlite3.connect(school.folder / ".cito-numo/ledger.sqlite")) as ledger:
            ledger.execute("UPDATE runs SET state = 'built'")
            ledger.commit()

    ran = workspace.sync_json("--jobs", "2")

    assert [(each["status"], each["run_id"]) for each in ran.json["schools"]] == [("delivered", school.runs[0].name) for school in schools]


# --- who dies takes nobody with it -----------------------------------------------------------------------------------


def test_a_worker_that_is_killed_fails_its_school_alone_and_the_next_night_goes_on(workspace: WorkspaceFolder):
    killed, *others = (filled(workspace, name) for name in ("a-school", "b-school", "c-school"))
    workspace.sync()
    for number, school in enumerate((killed, *others)):
        school.cito(row(gebruikersnamen(school)[0], toets="T2", day=f"1{number}-11-2026"), name="later.csv")
    with contextlib.closing(sqlite3.connect(killed.folder / ".cito-numo/ledger.sqlite", isolation_level=None)) as ledger:
        ledger.execute("BEGIN IMMEDIATE")  # the worker waits for it
        process = started(workspace, "--jobs", "2", "--json")
        at = 0
        while not at or at in (os.getpid(), process.pid):
            assert process.poll() is None
            at = int((re.findall(r"process (\d+),", lock_of(killed).read_text()) or ["0"])[0])
        os.kill(at, signal.SIGKILL)
        code, stdout, stderr = ended(process)

    assert (code, stderr) == (74, "")
    assert statuses(stdout) == {"a-school": "failed", "b-school": "delivered", "c-school": "delivered"}
    assert "(signal SIGKILL)" in json.loads(stdout)["schools"][0]["message"]
    assert "cito-numo sync a-school" in json.loads(stdout)["schools"][0]["message"]
    assert [message["code"] for message in killed.manifest["messages"]] == ["worker-died"]
    assert statuses(workspace.sync_json().stdout) == {"a-school": "delivered", "b-school": "nothing_new", "c-school": "nothing_new"}
    assert [len(school.runs) for school in (killed, *others)] == [2, 2, 2]
    assert leftovers(workspace) == []


def test_a_worker_that_cannot_begin_is_told_for_each_school(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch):
    for name in ("a-school", "b-school"):
        filled(workspace, name)
    monkeypatch.setattr(workers.worker, "__name__", "cito_numo.nothing")

    ran = workspace.sync_json("--jobs", "2")

    assert (ran.exit_code, statuses(ran.stdout)) == (74, {"a-school": "failed", "b-school": "failed"})
    assert "(exit code 1)" in ran.json["schools"][0]["message"]
    assert list(statuses(workspace.sync_json().stdout).values()) == ["delivered", "delivered"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_process_that_started_them(workspace: WorkspaceFolder, waiting: Waiting, number: signal.Signals):
    names = ("a-school", "b-school", "c-school")
    schools = [with_news(workspace, name, waiting.command) for name in names]
    process = started(workspace, "--jobs", "2", "--json")
    at = [waiting.process_at(name) for name in names[:2]]
    process.send_signal(number)

    if number is signal.SIGKILL:
        assert process.wait() == -number
        assert [is_there(each) for each in at] == [True, True]
        waiting.go_on(2)
        while any(map(is_there, at)):
            os.sched_yield()
    code, stdout, stderr = ended(process)

    assert (code, stdout, stderr) == (-number if number is signal.SIGKILL else 128 + number, "", "")
    assert [is_there(each) for each in at] == [False, False]
    assert [len(school.runs) for school in schools] == [1, 1, 0]
    assert list(statuses(workspace.sync_json("--dry-run").stdout)) == list(names)
    assert leftovers(workspace) == []


# --- shares ----------------------------------------------------------------------------------------------------------


def test_shares_that_run_at_once_lose_nothing_and_do_nothing_twice(workspace: WorkspaceFolder):
    names = [f"school-{number}" for number in range(6)]
    schools = [filled(workspace, name, rows=20) for name in names]

    ends = [ended(process) for process in [started(workspace, "--json", "--shard", f"{number}/2") for number in (1, 2)]]

    assert [(code, stderr) for code, _stdout, stderr in ends] == [(0, ""), (0, "")]
    shares = [statuses(stdout) for _code, stdout, _stderr in ends]
    assert sorted([*shares[0], *shares[1]]) == names
    assert {*shares[0].values(), *shares[1].values()} == {"delivered"}
    assert [(len(school.runs), len(gebruikersnamen(school))) for school in schools] == [(1, 20)] * 6
    assert [entry.name for entry in (workspace.folder / ".cito-numo").iterdir()] == ["secret"]


def test_a_share_in_which_no_school_is_has_nothing_to_do(workspace: WorkspaceFolder):
    school = filled(workspace)
    ran = [workspace.sync_json("--shard", f"{number}/3") for number in (1, 2, 3)]

    assert sorted(len(each.json["schools"]) for each in ran) == [0, 0, 1]
    assert [each.exit_code for each in ran] == [0, 0, 0]
    assert len(school.runs) == 1


def test_an_export_that_lies_at_a_school_of_another_share_is_held(workspace: WorkspaceFolder):
    names = ("a-school", "b-school", "c-school", "d-school")
    for name in names:
        school = workspace.school(name)
        school.numo("0012;;2A")
        school.cito(row("0012"))

    ran = [workspace.sync_json("--shard", f"{number}/4") for number in (1, 2, 3, 4)]

    assert max(len(each.json["schools"]) for each in ran) < len(names)
    assert {school["status"] for each in ran for school in each.json["schools"]} == {"held"}


@settings(max_examples=40, deadline=None, database=None)
@given(st.lists(st.from_regex(r"[a-z0-9]{1,9}(-[a-z0-9]{1,9})?", fullmatch=True), unique=True), st.integers(1, 40))
def test_each_school_is_in_one_share_and_stays_in_it(korte_namen: Sequence[str], of: int):
    shares = [Shard.parse(f"{number}/{of}") for number in range(1, of + 1)]

    assert sorted(name for share in shares for name in share.schools(korte_namen)) == sorted(korte_namen)
    for share in shares:
        chosen = share.schools(korte_namen)
        assert list(chosen) == [name for name in korte_namen if name in chosen]
        assert list(chosen) == [name for name in korte_namen if share.schools([name])]


def test_a_school_is_in_the_same_share_on_every_machine():
    korte_namen = ["demo-college", "demo-lyceum", "voorbeeld-school"]

    assert [Shard(number, 4).schools(korte_namen) for number in (1, 2, 3, 4)] == [
        ["demo-college"],
        ["demo-lyceum"],
        [],
        ["voorbeeld-school"],
    ]


# --- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["--jobs", "0"],
        ["--jobs", "-1"],
        ["--jobs", "x"],
        *(["--shard", text] for text in ("0/2", "3/2", "0/0", "1", "a/b", "1/2/3", "-1/2", "1 /2")),
    ],
    ids=" ".join,
)
def test_a_wrong_number_is_a_usage_error(workspace: WorkspaceFolder, school: SchoolFolder, words: list[str]):
    ran = workspace.sync(*words)

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert not (school.folder / ".cito-numo").exists()


def test_a_share_of_schools_that_are_named_is_a_usage_error(workspace: WorkspaceFolder, school: SchoolFolder):
    ran = workspace.sync("demo-college", "--shard", "1/2")

    assert ran.exit_code == 2
    assert "name no SCHOOL" in " ".join(ran.stderr.split())


@pytest.mark.parametrize(
    ("limits", "cores"),
    [
        ({}, float("inf")),
        ({"a": "max 100000"}, float("inf")),
        ({"a/b": "250000 100000", "a": "max 100000"}, 2.5),
        ({"a": "50000 100000", "a/b": "200000 100000"}, 0.5),
    ],
)
def test_the_quota_of_a_container_counts(tmp_path: Path, limits: dict[str, str], cores: float):
    (tmp_path / "top/a/b").mkdir(parents=True)
    for group, limit in limits.items():
        (tmp_path / "top" / group / "cpu.max").write_text(f"{limit}\n")
    (tmp_path / "own").write_text("1:name=systemd:/c\n0::/a/b\n")

    assert workers._quota(tmp_path / "own", tmp_path / "top") == cores
    assert workers._quota(tmp_path / "not-there", tmp_path / "top") == float("inf")
    assert workers.cores() >= 1
