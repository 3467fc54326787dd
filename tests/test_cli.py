"""The commands as a person or a script meets them: help, modes, signals, a terminal and none."""

import json
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import COMMAND, SchoolFolder, WorkspaceFolder, on_a_terminal, row

from cito_numo import corridor
from cito_numo.cli import app, run

HOLD_THE_LOCK = """
import sys
from datetime import UTC, datetime
from pathlib import Path

from cito_numo.locking import school_lock

with school_lock(Path(sys.argv[1]), datetime.now(UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_init_makes_a_workspace_that_only_its_owner_can_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "new"

    assert run(["init", str(folder)]) == 0

    assert (folder / "schools/voorbeeld-school/inbox/cito").is_dir()
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*")} == {0}
    capsys.readouterr()
    assert run(["sync", "--json", "--config", str(folder / "cito-numo.yaml")]) == 0
    assert json.loads(capsys.readouterr().out)["schools"][0]["status"] == "waiting"


def test_init_never_writes_into_a_folder_that_holds_something(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "mine.txt").write_text("mine")

    assert run(["init", str(tmp_path), "--demo"]) == 2

    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_schema_prints_the_schema(capsys: pytest.CaptureFixture[str]):
    assert run(["schema", "leerplannen"]) == 0

    assert json.loads(capsys.readouterr().out)["$id"] == "urn:cito-numo:leerplannen:1.0"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("cito-numo 0.")


def test_without_a_workspace_the_way_to_make_one_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["sync", "--config", str(tmp_path / "cito-numo.yaml")]) == 78
    assert "cito-numo init" in capsys.readouterr().err


def test_the_config_can_be_named_in_the_environment(workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CITO_NUMO_CONFIG", str(workspace.folder / "cito-numo.yaml"))

    assert workspace.run("sync", "--json").school["korte_naam"] == "demo-college"


def test_json_is_printed_also_when_the_workspace_is_invalid(workspace: WorkspaceFolder, school: SchoolFolder):
    (workspace.folder / "cito-numo.yaml").write_text("default: {}\n")

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.json) == (78, {"exit_code": 78, "schools": []})
    assert "Did you mean 'defaults'?" in ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["sync", "--date", "gisteren"],
        ["sync", "--date", "0001-01-01"],
        ["sync", "--date", "9999-12-31"],
        ["sync", "--nope"],
        ["schema", "nope"],
        ["nope"],
    ],
)
def test_a_wrong_option_is_a_usage_error(arguments: list[str]):
    assert run(arguments) == 2


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]):
    groups = {str(group.typer_instance.info.name) for group in app.registered_groups}
    commands = [words for words in runpy.run_path("docs/commands.py")["commands"](app) if words[-1] not in groups]
    for words in commands:
        assert run([*words, "--help"]) == 0
        assert "Example" in capsys.readouterr().out, words
    assert ["import"] in commands


def test_on_a_terminal_of_80_columns_the_table_fits(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"), row("0099"))

    shown = on_a_terminal("sync", "--config", str(workspace.folder / "cito-numo.yaml"), "--date", "2026-11-24")

    table = [line for line in shown.replace("\r", "\n").split("\n") if "demo-college" in line and "delivered" in line]
    assert len(table) == 1
    assert "could not be joined" in shown
    assert "…" not in shown


def test_a_bug_is_told_without_a_traceback_and_without_what_it_was_about(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012"))

    def breaks(*_arguments: object) -> None:
        raise ValueError("leerling 0012 is on my mind")

    monkeypatch.setattr(corridor, "work_out", breaks)
    ran = workspace.sync()

    assert ran.exit_code == 1
    assert "ValueError, test_cli.py:" in ran.stderr
    assert "0012" not in ran.stderr
    assert "Traceback" not in ran.stderr
    assert school.manifest["status"] == "failed"


def test_a_second_run_of_a_school_says_who_is_busy(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    lock = str(school.folder / ".cito-numo/lock")
    holder = subprocess.Popen([sys.executable, "-c", HOLD_THE_LOCK, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    busy = workspace.sync_json()
    holder.kill()
    holder.communicate()

    assert (busy.exit_code, busy.school["status"]) == (75, "busy")
    assert f"process {holder.pid}, since 20" in busy.school["message"]
    assert workspace.sync_json().school["status"] == "delivered"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(workspace: WorkspaceFolder, school: SchoolFolder, number: signal.Signals):
    school.numo("0012;;2A")
    school.cito(row("0012")).touch()  # so young that it is looked at again after 2 seconds
    lock = school.folder / ".cito-numo/lock"
    process = subprocess.Popen(
        [*COMMAND, "sync", "--config", str(workspace.folder / "cito-numo.yaml")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not lock.exists() or not lock.read_text():
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err) == (128 + number, "", "")


def test_help_status_and_an_idle_night_never_load_pandas(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    config = str(workspace.folder / "cito-numo.yaml")
    script = (
        "import sys; from cito_numo.cli import run\n"
        f"assert run({['--help']!r}) == 0\n"
        f"assert run({['sync', '--date', '2026-11-24', '--config', config]!r}) == 0\n"
        f"assert run({['status', '--config', config]!r}) == 0\n"
        "print(sorted({'pandas', 'pyarrow', 'lxml', 'numpy'} & set(sys.modules)))"
    )

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines()[-1] == "[]"
