"""Real processes at once: one run of a school at a time, no school waits for another, and whoever is stopped leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import COMMAND, DAY, SchoolFolder, WorkspaceFolder, row

BUSY = 75
HOLDER = re.compile(r"Another run of this school is busy \(process (\d+), since (\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2})\)")
HOLDS_THE_LOCK = """
import sys
from datetime import datetime
from pathlib import Path
from cito_numo.locking import school_lock

with school_lock(Path(sys.argv[1]), datetime.fromisoformat("2026-11-24T03:30:00+01:00")):
    print("held", flush=True)
    sys.stdin.read()
"""


def filled(workspace: WorkspaceFolder, korte_naam: str = "demo-college", rows: int = 3) -> SchoolFolder:
    """A school with so many results, all of which are delivered."""
    school = workspace.school(korte_naam)
    first = 100_000 + zlib.crc32(korte_naam.encode()) % 800_000  # no two schools have the same export
    numbers = [f"{first + number}" for number in range(rows)]
    school.numo(*(f"{number};;2A" for number in numbers))
    school.cito(*map(row, numbers))
    return school


def started(workspace: WorkspaceFolder, *arguments: str) -> subprocess.Popen[str]:
    """A sync of this workspace, begun."""
    words = ["sync", "--config", str(workspace.folder / "cito-numo.yaml"), "--date", DAY, *arguments]
    return subprocess.Popen([*COMMAND, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """How a process ended: exit code and what it said."""
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr


def lock_of(school: SchoolFolder) -> Path:
    return school.folder / ".cito-numo/lock"


@contextmanager
def lock_held(school: SchoolFolder) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of a school, as a run does."""
    command = [sys.executable, "-c", HOLDS_THE_LOCK, str(lock_of(school))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def at_work(process: subprocess.Popen[str], school: SchoolFolder) -> None:
    """Wait until a process holds the lock of a school: only then it writes down who it is."""
    lock = lock_of(school)
    while not (lock.exists() and f"process {process.pid}," in lock.read_text()):
        assert process.poll() is None, process.communicate()
        os.sched_yield()


def leftovers(workspace: WorkspaceFolder) -> list[str]:
    """Files that nobody should find: half of something, or of a process that is gone."""
    names = [path.relative_to(workspace.folder).as_posix() for path in workspace.folder.rglob("*")]
    return [name for name in names if re.search(r"\.part$|-journal$|-wal$|/\.(?!cito-numo)", name)]


def gebruikersnamen(school: SchoolFolder) -> list[str]:
    """Whose leerplannen were delivered, in all runs together."""
    return [plan["gebruikersnaam"] for run in range(len(school.runs)) for plan in school.delivered(run)["leerplannen"]]


def statuses(stdout: str) -> dict[str, str]:
    """The status of each school, as `--json` tells it."""
    return {each["korte_naam"]: each["status"] for each in json.loads(stdout)["schools"]}


# --- the same school twice -------------------------------------------------------------------------------------------


def test_a_second_run_of_a_school_is_told_which_process_is_busy_and_since_when(workspace: WorkspaceFolder):
    school = filled(workspace)
    with lock_held(school) as holder:
        code, stdout, stderr = ended(started(workspace))

        found = HOLDER.search(stderr)
        assert found is not None
        assert (code, stdout, found[1], found[2]) == (BUSY, "", str(holder.pid), "2026-11-24T03:30:00+01:00")
        assert stderr.count("\n") == 1
        assert not (school.folder / "report").exists()

    assert ended(started(workspace)) == (0, "", "")
    assert len(school.runs) == 1


def test_an_import_does_not_run_beside_a_night(workspace: WorkspaceFolder):
    school = filled(workspace)
    path = school.edexml('<leerling key="k1"><gebruikersnaam>100000</gebruikersnaam></leerling>')
    with lock_held(school):
        ran = workspace.run("edexml", "import", str(path), "--config", str(workspace.folder / "cito-numo.yaml"))

    assert ran.exit_code == BUSY
    assert HOLDER.search(ran.stderr)


def test_a_run_that_is_killed_while_it_holds_the_lock_frees_it(workspace: WorkspaceFolder):
    school = filled(workspace)
    with lock_held(school) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        said_before = lock_of(school).read_text()

        assert ended(started(workspace)) == (0, "", "")

    assert f"process {holder.pid}" in said_before
    assert len(school.runs) == 1


def test_a_short_text_in_the_lock_takes_the_place_of_a_longer_one(workspace: WorkspaceFolder):
    school = filled(workspace)
    lock_of(school).parent.mkdir()
    lock_of(school).write_text("process 1234567890, since a very long time ago, and more of it than any process ever wrote there " * 2)

    assert ended(started(workspace))[0] == 0

    assert re.fullmatch(r"process \d+, since [\d:T+-]+", lock_of(school).read_text())


def test_a_dry_run_waits_for_nobody(workspace: WorkspaceFolder):
    school = filled(workspace)
    with lock_held(school):
        code, stdout, _stderr = ended(started(workspace, "--dry-run", "--json"))

    assert (code, statuses(stdout)) == (0, {"demo-college": "dry_run"})
    assert school.runs == []


def test_schools_do_not_block_each_other(workspace: WorkspaceFolder):
    busy, other = filled(workspace), filled(workspace, "demo-lyceum")
    with lock_held(busy):
        code, stdout, stderr = ended(started(workspace, "--json"))

    assert (code, statuses(stdout), stderr) == (BUSY, {"demo-college": "busy", "demo-lyceum": "delivered"}, "")
    assert (len(busy.runs), len(other.runs)) == (0, 1)


# --- many at once ----------------------------------------------------------------------------------------------------


def test_ten_runs_at_once_deliver_each_school_once(workspace: WorkspaceFolder):
    schools = [filled(workspace, f"school-{number}", rows=20) for number in range(3)]

    ends = [ended(process) for process in [started(workspace, "--json") for _run in range(10)]]

    assert {code for code, _stdout, _stderr in ends} <= {0, BUSY}
    assert [stderr for _code, _stdout, stderr in ends if stderr] == []
    told = [statuses(stdout) for _code, stdout, _stderr in ends]
    for school in schools:
        of_school = [each[school.folder.name] for each in told]
        assert of_school.count("delivered") == 1
        assert set(of_school) <= {"delivered", "busy", "nothing_new"}
        assert len(school.runs) == 1
        assert len(gebruikersnamen(school)) == 20
        assert (school.folder / "outbox/latest").resolve() == school.runs[0]
    assert leftovers(workspace) == []
    assert [entry.name for entry in (workspace.folder / ".cito-numo").iterdir()] == ["secret"]
    assert [each["status"] for each in workspace.sync_json().json["schools"]] == ["nothing_new"] * 3


def test_runs_of_different_schools_at_once_share_one_secret(workspace: WorkspaceFolder):
    names = [f"school-{number}" for number in range(3)]
    for name in names:
        filled(workspace, name)

    ends = [ended(process)[0] for process in [started(workspace, name) for name in names]]

    assert ends == [0, 0, 0]
    assert [entry.name for entry in (workspace.folder / ".cito-numo").iterdir()] == ["secret"]
    assert [each["status"] for each in workspace.sync_json().json["schools"]] == ["nothing_new"] * 3


# --- told to stop ----------------------------------------------------------------------------------------------------

SIGNALS: Sequence[tuple[signal.Signals, int]] = [
    (signal.SIGTERM, 143),
    (signal.SIGINT, 130),
    (signal.SIGKILL, -signal.SIGKILL),
]


@pytest.mark.parametrize(("number", "code"), SIGNALS, ids=[number.name for number, _code in SIGNALS])
def test_a_run_that_is_told_to_stop_at_work_stops_and_the_next_night_is_fine(workspace: WorkspaceFolder, number: signal.Signals, code: int):
    school = filled(workspace, rows=2_000)
    process = started(workspace)
    at_work(process, school)

    process.send_signal(number)

    assert ended(process) == (code, "", "")
    assert ended(started(workspace)) == (0, "", "")
    assert len(school.runs) == 1
    assert len(gebruikersnamen(school)) == len(set(gebruikersnamen(school))) == 2_000
    assert leftovers(workspace) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_is_stopped_for_all_schools(workspace: WorkspaceFolder, number: signal.Signals):
    first, second = filled(workspace, "a-school", rows=2_000), filled(workspace, "b-school")
    process = started(workspace)
    at_work(process, first)

    process.send_signal(number)

    assert ended(process)[0] == 128 + number
    assert (first.runs, second.runs) == ([], [])
    assert not lock_of(second).exists()


def test_a_process_that_was_stopped_for_a_while_goes_on(workspace: WorkspaceFolder):
    school = filled(workspace, rows=2_000)
    process = started(workspace)
    at_work(process, school)
    os.kill(process.pid, signal.SIGSTOP)

    code, _stdout, stderr = ended(started(workspace))

    assert (code, HOLDER.search(stderr) is not None) == (BUSY, True)
    os.kill(process.pid, signal.SIGCONT)
    assert ended(process) == (0, "", "")
    assert len(school.runs) == 1
