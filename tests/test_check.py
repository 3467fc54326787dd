"""`check`: what would stop or hold the next night, what it would deliver, and what nobody reads; nothing is written."""

import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from conftest import DAY, EXPORT_HEADER, Ran, SchoolFolder, Workbook, WorkspaceFolder, closes, leerling, on_a_terminal, row
from upkeep_for_tests import TO_VERSION_5, config_of, contents, copied, ledger_of, template, tree

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
NUMBER = "0104233"
"""The only pupil."""
LAYOUT = "name: eigen\nshape: long\n"


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a-night")
    with template(folder) as (workspace, school, _patch):
        school.numo(f"{NUMBER};;2A")
        school.cito(row(NUMBER))
        assert workspace.sync_json().school["status"] == "delivered"
    return folder


@pytest.fixture
def delivered(workspace: WorkspaceFolder, after_a_night: Path) -> SchoolFolder:
    """A school with one good night behind it."""
    return copied(after_a_night, workspace)


@pytest.fixture
def filled(school: SchoolFolder) -> SchoolFolder:
    """A school before its first night."""
    school.numo(f"{NUMBER};;2A")
    school.cito(row(NUMBER))
    return school


def check(workspace: WorkspaceFolder, *arguments: str) -> Ran:
    return workspace.run("check", *config_of(workspace), "--date", DAY, *arguments)


def check_json(workspace: WorkspaceFolder, *arguments: str) -> Ran:
    """With it: that nothing was written, and no pupil shown."""
    before = tree(workspace.folder)
    ran = check(workspace, "--json", *arguments)
    assert tree(workspace.folder) == before
    assert NUMBER not in ran.stdout + ran.stderr
    return ran


def codes(told: dict) -> list[str]:
    return [message["code"] for message in told["messages"]]


# --- what the night would do -----------------------------------------------------------------------------------------


def test_a_school_that_is_ready_says_what_would_be_delivered(workspace: WorkspaceFolder, filled: SchoolFolder):
    ran = check_json(workspace)

    assert (ran.exit_code, ran.json["exit_code"], ran.json["workspace"]) == (0, 0, [])
    assert (ran.school["korte_naam"], ran.school["status"], ran.school["exit_code"]) == ("demo-college", "ready", 0)
    assert (ran.school["leerplannen"], ran.school["ingetrokken"], ran.school["messages"]) == (1, 0, [])
    assert closes(ran.school["counts"])
    assert ran.school["counts"]["leerplan"] == 1
    assert check(workspace).stdout == "demo-college: ready: 1 result, 1 leerplan would be delivered\n"


def test_after_a_night_there_is_nothing_new(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ran = check_json(workspace)

    assert (ran.exit_code, ran.school["status"], ran.school["leerplannen"]) == (0, "nothing_new", 0)
    plain = check(workspace)
    assert (plain.stdout, plain.stderr) == ("demo-college: nothing new: 1 result\n", "")


def test_a_leerplan_that_would_be_withdrawn_is_told(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row(NUMBER, fn="vwo"), name="correction.csv")

    assert check(workspace).stdout == "demo-college: ready: 2 results, 0 leerplannen would be delivered, 1 as ingetrokken\n"


def test_a_fresh_workspace_waits(workspace: WorkspaceFolder, school: SchoolFolder):
    workspace.school("signed-up", active_from=None)
    workspace.school("somtoday", administratie="somtoday").cito(row(key="k12"))

    ran = check_json(workspace)

    assert ran.exit_code == 0
    assert {each["korte_naam"]: (each["status"], codes(each)) for each in ran.json["schools"]} == {
        "demo-college": ("waiting", ["waiting-no-results"]),
        "signed-up": ("waiting", ["waiting-inactive", "waiting-no-results"]),
        "somtoday": ("waiting", ["waiting-no-keys"]),
    }
    plain = check(workspace)
    assert plain.stdout.splitlines()[0] == "demo-college: waiting: There are no results yet: inbox/cito is empty."
    assert plain.stderr == ""


def test_what_would_be_held_is_told_with_the_command_that_agrees(workspace: WorkspaceFolder, filled: SchoolFolder):
    filled.cito(*(row(f"00{number}") for number in range(50, 60)), name="other.csv")

    ran = check_json(workspace)

    assert (ran.exit_code, ran.school["status"], ran.school["exit_code"]) == (4, "held", 4)
    assert codes(ran.school)[0] == "hold-unmatched"
    assert check(workspace).stdout.startswith("demo-college: would be held: 10 of 11 results match no pupil. If it is right all the same: ")


def test_what_a_night_would_only_tell_stops_nothing(workspace: WorkspaceFolder, filled: SchoolFolder):
    filled.put("inbox/cito/rommel.csv", "Naam;Cijfer\r\nDemo;7\r\n")

    ran = check_json(workspace)

    assert (ran.exit_code, ran.school["status"], codes(ran.school)) == (0, "ready", ["file-no-layout"])
    assert "demo-college: inbox/cito/rommel.csv: No layout fits this file" in check(workspace).stderr


# --- what would stop it ----------------------------------------------------------------------------------------------


def wrong_yaml(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.configure(terugstuuroptie="3", administratie="magistr")


def no_yaml(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    (school.folder / "school.yaml").unlink()


def unusable(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.put("inbox/cito/export.csv", "Naam;Cijfer\r\nDemo;7\r\n")


def lost(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    ledger_of(school).unlink()


def damaged(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    ledger_of(school).write_bytes(b"no database" * 1000)


def unwritable(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    for path in (school.folder / "report").iterdir():
        path.unlink()
    (school.folder / "report").rmdir()
    school.put("report", "a file where a folder belongs")


def encoding(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.configure(csv="{encoding: windows-1252}")
    school.numo(f"{NUMBER};;2Ж", name="klassen.csv")
    school.cito(row(NUMBER, toets="T2", day="10-11-2026", klas="2Ж"), name="later.csv")


def own_layout(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    put_in(workspace, "layouts/eigen.yaml", LAYOUT)
    school.cito(row(NUMBER, fn="vmbo-gt"), name="later.csv")


def own_leerlijnen(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    put_in(workspace, "leerlijnen.yaml", "rekenen: {rekenen-wiskunde: rekenen}\n")
    school.cito(row(NUMBER, fn="vmbo-gt"), name="later.csv")


def open_secret(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    (workspace.folder / ".cito-numo/secret").chmod(0o644)


def put_in(workspace: WorkspaceFolder, name: str, text: str) -> None:
    path = workspace.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


STOPS = {
    wrong_yaml: (78, "stopped", "config-value"),
    no_yaml: (78, "stopped", "school-missing"),
    unusable: (65, "stopped", "all-unusable"),
    lost: (4, "held", "ledger-lost"),
    damaged: (4, "held", "ledger-damaged"),
    unwritable: (74, "stopped", "io-failed"),
    encoding: (78, "stopped", "csv-encoding"),
    own_layout: (78, "stopped", "config-missing-key"),
    own_leerlijnen: (78, "stopped", "config-value"),
    open_secret: (78, "stopped", "secret-open"),
}


@pytest.mark.parametrize("spoil", STOPS, ids=lambda spoil: spoil.__name__)
def test_what_would_stop_the_night_gives_the_code_of_that_night(
    workspace: WorkspaceFolder, delivered: SchoolFolder, spoil: Callable[[WorkspaceFolder, SchoolFolder], None]
):
    spoil(workspace, delivered)

    ran = check_json(workspace)

    exit_code, status, code = STOPS[spoil]
    assert (ran.exit_code, ran.school["exit_code"], ran.school["status"], codes(ran.school)[0]) == (exit_code, exit_code, status, code)
    would = "would be held: " if status == "held" else "would stop: "
    assert check(workspace).stdout.startswith(f"demo-college: {would}")
    assert workspace.sync().exit_code == exit_code


def test_every_mistake_is_told_at_once(workspace: WorkspaceFolder, delivered: SchoolFolder):
    wrong_yaml(workspace, delivered)
    lost(workspace, delivered)
    own_layout(workspace, delivered)
    own_leerlijnen(workspace, delivered)

    ran = check_json(workspace)

    assert codes(ran.school) == ["config-value", "config-value", "ledger-lost"]
    assert {message["code"] for message in ran.json["workspace"]} == {"config-missing-key", "config-value"}
    assert ran.exit_code == 78


def test_layouts_and_leerlijnen_are_read_though_no_school_has_results(workspace: WorkspaceFolder, school: SchoolFolder):
    put_in(workspace, "layouts/eigen.yaml", LAYOUT)

    ran = check_json(workspace)

    assert (ran.exit_code, ran.school["exit_code"], ran.school["status"]) == (78, 0, "waiting")
    plain = check(workspace)
    assert "workspace: " in plain.stderr
    assert "layouts/eigen.yaml, line 1" in plain.stderr


def test_a_mistake_that_all_schools_share_is_told_once(workspace: WorkspaceFolder, filled: SchoolFolder):
    put_in(workspace, "layouts/eigen.yaml", "name: eigen\nshape: long\ncolums: {}\n")

    shown = check(workspace)

    assert shown.stderr.count("The key 'colums' is not known.") == 1


def test_one_school_never_stops_another(workspace: WorkspaceFolder, filled: SchoolFolder):
    workspace.school("a-college", brin="9")

    ran = check_json(workspace)

    assert (ran.exit_code, [each["status"] for each in ran.json["schools"]]) == (78, ["stopped", "ready"])
    assert check_json(workspace, "demo-college").exit_code == 0
    assert check(workspace, "no-college").exit_code == 2


def test_a_wrong_config_is_told_at_its_line(workspace: WorkspaceFolder, filled: SchoolFolder):
    put_in(workspace, "cito-numo.yaml", "defaults:\n  retenion: 1 year\n")

    ran = check_json(workspace)

    assert (ran.exit_code, ran.json) == (78, {"exit_code": 78, "schools": [], "workspace": []})
    assert "cito-numo.yaml, line 2: The key 'defaults.retenion' is not known. Did you mean 'retention'?" in ran.stderr


def test_a_run_that_was_altered_is_told(workspace: WorkspaceFolder, delivered: SchoolFolder):
    (delivered.runs[0] / "leerplannen.csv").write_bytes(b"")

    ran = check_json(workspace)

    assert (ran.exit_code, ran.school["status"], codes(ran.school)) == (0, "nothing_new", ["run-altered"])


# --- a school that waits ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", [unusable, encoding], ids=lambda spoil: spoil.__name__)
def test_what_lies_ready_for_a_school_that_is_not_active_is_told_and_stops_nothing(
    workspace: WorkspaceFolder, filled: SchoolFolder, spoil: Callable[[WorkspaceFolder, SchoolFolder], None]
):
    spoil(workspace, filled)
    text = (filled.folder / "school.yaml").read_text()
    filled.put("school.yaml", text.replace("active_from: 2026-09-01", "active_from: 2026-12-01"))

    ran = check_json(workspace)

    assert (ran.exit_code, ran.school["status"], ran.school["exit_code"]) == (0, "waiting", 0)
    assert codes(ran.school)[:2] == ["waiting-active-from", STOPS[spoil][2]]
    shown = check(workspace)
    assert shown.stdout == "demo-college: waiting: The school is active from 2026-12-01.\n"
    assert shown.stderr != ""


def test_a_hold_at_a_school_that_is_not_active_is_told(workspace: WorkspaceFolder):
    school = workspace.school(active_from=None)
    school.numo(f"{NUMBER};;2A")
    school.cito(row("0099"))

    ran = check_json(workspace)

    assert (ran.exit_code, ran.school["status"], "hold-unmatched" in codes(ran.school)) == (0, "waiting", True)


def test_of_a_school_that_waits_for_results_the_other_files_are_read(workspace: WorkspaceFolder, school: SchoolFolder):
    school.put("inbox/numo/numo.csv", "naam\r\nDemo\r\n")
    school.edexml(leerling("k12", NUMBER))

    ran = check_json(workspace)

    assert (ran.exit_code, codes(ran.school)[0]) == (0, "waiting-no-results")
    assert "roster-columns" in codes(ran.school)
    assert {file["path"]: file["unusable"] for file in ran.school["files"]} == {
        "inbox/numo/numo.csv": True,
        "inbox/edexml/edexml.xml": False,
    }


# --- the files -------------------------------------------------------------------------------------------------------


def two_sheets() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_numbers": False}) as workbook:
        for toets, day in (("T1", "06-10-2026"), ("T2", "10-11-2026")):
            sheet = workbook.add_worksheet(toets)
            sheet.write_row(0, 0, EXPORT_HEADER.split(";"))
            sheet.write_row(1, 0, row(NUMBER, toets=toets, day=day).split(";"))
    return content.getvalue()


def test_each_file_says_how_it_was_read(workspace: WorkspaceFolder, filled: SchoolFolder):
    filled.put("inbox/cito/werkmap.xlsx", two_sheets())
    filled.put("inbox/cito/rommel.csv", "Naam;Cijfer\r\nDemo;7\r\n")

    ran = check_json(workspace)

    files = {file["path"]: file for file in ran.school["files"]}
    assert list(files) == ["inbox/cito/export.csv", "inbox/cito/rommel.csv", "inbox/cito/werkmap.xlsx", "inbox/numo/numo.csv"]
    export, rommel, werkmap, numo = files.values()
    assert (export["layout"], export["rows"], export["separator"], export["unusable"]) == ("lib-vo", 1, ";", False)
    assert (werkmap["layout"], werkmap["rows"], "sheet" in werkmap) == ("lib-vo", 2, False)
    assert (rommel["unusable"], "layout" in rommel, numo["unusable"]) == (True, False, False)
    assert check(workspace, "-v").stdout.splitlines()[1:] == [
        "demo-college: inbox/cito/export.csv: lib-vo, 1 row",
        "demo-college: inbox/cito/rommel.csv: cannot be used",
        "demo-college: inbox/cito/werkmap.xlsx: lib-vo, 2 rows",
        "demo-college: inbox/numo/numo.csv",
    ]


def test_with_v_also_what_needs_no_person_is_told(workspace: WorkspaceFolder, filled: SchoolFolder, xlsx: Workbook):
    cells = row(NUMBER, toets="T2", day="10-11-2026").split(";")
    filled.put("inbox/cito/later.xlsx", xlsx([EXPORT_HEADER.split(";"), [f"{NUMBER}.0", *cells[1:]]]))

    assert "a number was repaired" in check(workspace, "-v").stderr
    assert check(workspace).stderr == ""


def test_what_nothing_reads_is_told(workspace: WorkspaceFolder, filled: SchoolFolder):
    for name in ("leerlijnen.yml", "notes.txt", "layouts/eigen.txt", "layouts/README", "schools/demo.yaml"):
        put_in(workspace, name, "")
    filled.put("inbox/export.csv", "")
    filled.put("inbox/citos/export.csv", "")
    filled.put("inbox/cito/.part", "")
    for number in range(6):
        filled.put(f"memo-{number}.txt", "")

    ran = check_json(workspace)

    assert ran.exit_code == 0
    told = [message["message"] for message in (*ran.json["workspace"], *ran.school["messages"])]
    assert {text.partition(": ")[0].removeprefix(f"{workspace.folder}"): text.partition(": ")[2] for text in told} == {
        "": "Nothing reads what lies here: leerlijnen.yml. Did you mean 'leerlijnen.yaml'?",
        "/layouts": "Nothing reads what lies here: README, eigen.txt. A layout is a file whose name ends in .yaml.",
        "/schools": "Nothing reads what lies here: demo.yaml. A school is a folder with a school.yaml in it.",
        "/schools/demo-college": "Nothing reads what lies here: memo-0.txt, memo-1.txt, memo-2.txt, memo-3.txt, memo-4.txt and 1 more."
        " Exports belong in inbox/cito, Numo's list in inbox/numo, an EDEXML in inbox/edexml.",
        "/schools/demo-college/inbox": "Nothing reads what lies here: citos/, export.csv."
        " Exports belong in inbox/cito, Numo's list in inbox/numo, an EDEXML in inbox/edexml.",
    }
    assert check(workspace).stderr.count("Nothing reads what lies here") == 5


def test_a_new_demo_has_nothing_that_nobody_reads(workspace: WorkspaceFolder, tmp_path: Path):
    folder = tmp_path / "demo"
    workspace.run("init", str(folder), "--demo", "--date", DAY, "--pupils", "20")

    ran = workspace.run("check", "--config", str(folder / "cito-numo.yaml"), "--date", DAY, "--json")

    assert (ran.exit_code, ran.json["workspace"], [each["status"] for each in ran.json["schools"]]) == (0, [], ["ready", "ready"])


def test_what_check_foresees_is_what_the_night_does(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row(NUMBER, toets="T2", day="10-11-2026", fn="vmbo-kb"), row("0099"), row(NUMBER, fn="?"), name="later.csv")

    foreseen = check_json(workspace).school
    night = workspace.sync_json().school

    assert foreseen["counts"] == night["counts"]
    assert foreseen["leerplannen"] == len(delivered.delivered()["leerplannen"]) == 1
    assert [message["code"] for message in delivered.manifest["messages"]] == codes(foreseen)


def test_a_ledger_of_an_older_version_is_left_as_it_is(workspace: WorkspaceFolder, delivered: SchoolFolder):
    connection = sqlite3.connect(ledger_of(delivered))
    connection.executescript(f"{TO_VERSION_5} DROP TABLE ingetrokken; PRAGMA user_version = 4;")
    connection.close()

    assert check_json(workspace).school["status"] == "nothing_new"


HALF_WRITTEN = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.executescript("PRAGMA cache_size = 1; BEGIN; CREATE TABLE half (text)")
connection.executemany("INSERT INTO half VALUES (?)", [("x" * 500,)] * 500)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_ledger_that_a_killed_run_left_half_written_stops_no_night(workspace: WorkspaceFolder, delivered: SchoolFolder):
    subprocess.run([sys.executable, "-c", HALF_WRITTEN, str(ledger_of(delivered))], check=False)
    before = contents(workspace.folder)

    ran = check(workspace, "--json")

    assert contents(workspace.folder) == before  # SQLite touches the journal, and no more
    assert (ran.exit_code, ran.school["status"], codes(ran.school)) == (0, "waiting", ["ledger-unfinished"])
    assert "'cito-numo sync demo-college'" in ran.school["messages"][0]["message"]
    assert workspace.sync().exit_code == 0
    assert check_json(workspace).school["status"] == "nothing_new"


def test_on_a_terminal_of_80_columns_files_and_messages_are_shown(workspace: WorkspaceFolder, filled: SchoolFolder):
    filled.put("inbox/cito/rommel.csv", "Naam;Cijfer\r\nDemo;7\r\n")
    filled.put("inbox/export.csv", "")

    shown = ANSI.sub("", on_a_terminal("check", *config_of(workspace), "--date", DAY)).replace("\r\n", "\n")

    lines = [line.rstrip() for line in shown.splitlines()]
    start = next(place for place, line in enumerate(lines) if line.endswith("demo-college: ready: 1 result, 1 leerplan would be delivered"))
    assert lines[start + 1 : start + 4] == [
        "  inbox/cito/export.csv  lib-vo, 1 row",
        "  inbox/cito/rommel.csv  cannot be used",
        "  inbox/numo/numo.csv",
    ]
    assert "Nothing reads what lies here: export.csv." in shown
    assert json.dumps(NUMBER)[1:-1] not in shown
