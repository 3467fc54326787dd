"""`status`, `verify`, `--log`, `on_failure`, and who may have written the YAML."""

import json
import os
import re
import resource
import shlex
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from conftest import Ran, SchoolFolder, WorkspaceFolder, eck_id, leerling, on_a_terminal, row
from upkeep_for_tests import config_of, contents, copied, ledger_of, make_old, run, set_clock, sql, template

from cito_numo.errors import ExitCode
from cito_numo.locking import school_lock
from cito_numo.log import Log
from cito_numo.on_failure import run_on_failure
from cito_numo.report import sha256_of
from cito_numo.status import age_of

NUMBER = "0104233"
"""The only pupil."""
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


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


def status_json(workspace: WorkspaceFolder, *arguments: str) -> Ran:
    return run(workspace, "status", "--json", *arguments)


def unreadable(school: SchoolFolder) -> Path:
    """An export that a person has to look at."""
    return school.put("inbox/cito/other.csv", "Naam;Cijfer\r\nDemo;7\r\n")


def last_night(school: SchoolFolder) -> dict:
    ((text,),) = sql(school, "SELECT inhoud FROM nacht")
    return json.loads(text)


def move_back(school: SchoolFolder, **ago: float) -> None:
    """Let the last night be so long ago."""
    night = last_night(school)
    moved = {name: (datetime.now().astimezone() - timedelta(**ago)).isoformat() for name in ("at", "good_at") if night[name]}
    sql(school, "UPDATE nacht SET inhoud = ?", json.dumps({**night, **moved}))


# --- status ----------------------------------------------------------------------------------------------------------


def test_a_school_without_a_night_says_so_and_is_not_made_a_ledger(workspace: WorkspaceFolder, school: SchoolFolder):
    before = contents(workspace.folder)

    ran = status_json(workspace)

    assert ran.exit_code == 0
    assert ran.school == {
        "korte_naam": "demo-college",
        "status": "never",
        "at": None,
        "good_at": None,
        "run_id": None,
        "in_outbox": 0,
        "active": True,
        "active_from": "2026-09-01",
        "signed_up": "2026-08-20",
        "administratie": "magister",
        "terugstuuroptie": 0,
        "newest_export": None,
        "plans": {"in_force": 0, "te_verwerken": 0},
        "unmatched": {"count": None, "read": None},
        "keys_age_days": None,
        "needs_person": [],
        "exit_code": 0,
        "message": "",
    }
    assert status_json(workspace, "--max-age", "26h").exit_code == 3
    assert contents(workspace.folder) == before


def test_after_a_good_night_status_says_when_and_which_run(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    set_clock(monkeypatch, "2026-11-24T02:00:00")
    school.numo(f"{NUMBER};;2A")
    school.cito(row(NUMBER))
    workspace.sync()
    set_clock(monkeypatch, "2026-11-25T04:00:00")
    before = contents(workspace.folder)

    found = status_json(workspace, "--max-age", "26h")

    assert (found.exit_code, found.school["status"], found.school["message"]) == (0, "delivered", "")
    assert (found.school["run_id"], found.school["in_outbox"]) == (school.runs[0].name, 1)
    assert datetime.fromisoformat(found.school["at"]) == datetime.fromisoformat("2026-11-24T02:00:00+00:00")
    assert found.school["good_at"] == found.school["at"]
    assert contents(workspace.folder) == before
    set_clock(monkeypatch, "2026-11-25T04:00:01")
    late = status_json(workspace, "--max-age", "26h")
    assert (late.exit_code, late.json["exit_code"], late.school["exit_code"], late.school["status"]) == (3, 3, 3, "delivered")


def test_a_night_too_long_ago_is_told_without_json_too(workspace: WorkspaceFolder, delivered: SchoolFolder):
    move_back(delivered, hours=27)

    ran = run(workspace, "status", "--max-age", "26h")

    assert ran.exit_code == 3
    assert "The last good night of this school was 20" in ran.stderr
    assert run(workspace, "status", "--max-age", "28h").exit_code == 0
    assert run(workspace, "status").exit_code == 0


def test_of_several_schools_the_late_one_is_told(workspace: WorkspaceFolder, delivered: SchoolFolder):
    workspace.school("other-college")

    ran = status_json(workspace, "--max-age", "26h")

    assert (ran.exit_code, {each["korte_naam"]: each["exit_code"] for each in ran.json["schools"]}) == (
        3,
        {"other-college": 3, "demo-college": 0},
    )
    assert status_json(workspace, "demo-college", "--max-age", "26h").exit_code == 0
    assert status_json(workspace, "no-college").exit_code == 2


def fail(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.configure(terugstuuroptie="3")


def hold(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.cito(*(row(f"{number}") for number in range(900, 909)), name="b.csv")


def lose(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    ledger_of(school).unlink()


def damage(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    ledger_of(school).write_bytes(b"no database" * 1000)


@pytest.mark.parametrize(("spoil", "status"), [(fail, "failed"), (hold, "held")], ids=["failed", "held"])
def test_a_night_that_is_not_good_keeps_when_the_last_good_one_was(
    workspace: WorkspaceFolder, delivered: SchoolFolder, spoil: Callable[[WorkspaceFolder, SchoolFolder], None], status: str
):
    move_back(delivered, hours=24)
    good_at = status_json(workspace).school["good_at"]
    spoil(workspace, delivered)
    workspace.sync()

    found = status_json(workspace).school

    assert (found["status"], found["good_at"], found["at"] > good_at) == (status, good_at, True)
    assert (found["run_id"], found["in_outbox"]) == (delivered.runs[0].name, 1)
    assert found["message"]
    assert status_json(workspace, "--max-age", "26h").exit_code == 0
    assert status_json(workspace, "--max-age", "23h").exit_code == 3


def test_a_night_that_asks_for_a_look_is_a_good_one(workspace: WorkspaceFolder, delivered: SchoolFolder):
    move_back(delivered, hours=48)
    unreadable(delivered)
    assert workspace.sync().exit_code == 3

    found = status_json(workspace, "--max-age", "26h")

    assert (found.exit_code, found.school["good_at"]) == (0, found.school["at"])
    assert "other.csv" in run(workspace, "status").stderr


def test_a_school_that_waits_has_good_nights(workspace: WorkspaceFolder):
    workspace.school(active_from=None, signed_up=None)
    workspace.sync()

    found = status_json(workspace, "--max-age", "26h")

    assert (found.exit_code, found.school["status"]) == (0, "waiting")
    assert run(workspace, "status").stderr == ""
    assert "not active yet" in run(workspace, "status", "-v").stderr


def test_a_dry_run_is_no_night(workspace: WorkspaceFolder, school: SchoolFolder):
    workspace.sync("--dry-run")

    assert status_json(workspace).school["status"] == "never"


def test_a_damaged_ledger_is_held(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ledger_of(delivered).write_bytes(b"no database" * 1000)
    before = contents(workspace.folder)

    found = status_json(workspace)

    assert (found.exit_code, found.school["status"], found.school["in_outbox"]) == (0, "held", 1)
    assert "'cito-numo sync demo-college --rebuild'" in found.school["message"]
    assert found.school["plans"] == {"in_force": None, "te_verwerken": None}
    assert found.school["active"]
    assert status_json(workspace, "--max-age", "26h").exit_code == 3
    assert "--rebuild" in run(workspace, "status").stderr
    assert contents(workspace.folder) == before


@pytest.mark.parametrize("content", ["no json", "[]", '{"fingerprint": 1}'])
def test_a_night_that_cannot_be_read_is_held(workspace: WorkspaceFolder, delivered: SchoolFolder, content: str):
    sql(delivered, "UPDATE nacht SET inhoud = ?", content)

    assert status_json(workspace).school["status"] == "held"


@pytest.mark.parametrize("odd", [{"messages": [1]}, {"judged": {"read": "many"}}, {"judged": []}, {"at": "yesterday"}], ids=repr)
def test_a_night_with_something_odd_in_it_is_the_line_of_that_school(
    workspace: WorkspaceFolder, delivered: SchoolFolder, odd: dict[str, object]
):
    workspace.school("other-college")
    sql(delivered, "UPDATE nacht SET inhoud = ?", json.dumps({**last_night(delivered), **odd}))

    ran = run(workspace, "status")

    assert (ran.exit_code, len(ran.stdout.splitlines())) == (0, 2)
    assert ran.stdout.startswith("demo-college: failed, active, ")


def test_a_folder_with_an_odd_name_is_a_line_too(workspace: WorkspaceFolder, delivered: SchoolFolder):
    os.mkdir(os.fsencode(workspace.folder / "schools") + b"/caf\xe9")  # noqa: PTH102  no text can name it

    ran = run(workspace, "status")

    assert (ran.exit_code, [line.split(":")[0] for line in ran.stdout.splitlines()]) == (0, ["caf\\udce9", "demo-college"])
    assert len(status_json(workspace).json["schools"]) == 2


def test_a_run_that_the_importer_took_is_still_the_newest(workspace: WorkspaceFolder, delivered: SchoolFolder):
    (taken,) = delivered.runs
    taken.rename(workspace.folder / "taken")

    found = status_json(workspace).school

    assert (found["run_id"], found["in_outbox"]) == (taken.name, 0)


def test_without_a_terminal_status_is_a_line_for_each_school(workspace: WorkspaceFolder, delivered: SchoolFolder):
    workspace.school("other-college")

    lines = run(workspace, "status").stdout.splitlines()

    assert len(lines) == 2
    assert re.sub(r"good night \d{4}-\d\d-\d\d \d\d:\d\d", "good night 2026-11-24 03:30", lines[0]) == (
        "demo-college: delivered, active, magister, terugstuuroptie 0, last good night 2026-11-24 03:30, newest export 2026-09-21, "
        "1 leerplan in force (1 te verwerken), 0 of 1 result not joined"
    )
    assert lines[1] == (
        "other-college: never, active, magister, terugstuuroptie 0, last good night never, newest export none, "
        "0 leerplannen in force (0 te verwerken)"
    )
    more = run(workspace, "status", "-v").stdout.splitlines()
    assert (more[0].startswith(lines[0]), more[0].endswith(f"newest run {delivered.runs[0].name}, in the outbox 1")) == (True, True)
    assert more[1] == f"{lines[1]}, last night never, newest run none, in the outbox 0"


def test_on_a_terminal_of_80_columns_the_table_of_status_fits(workspace: WorkspaceFolder, delivered: SchoolFolder):
    long = "een-school-met-een-heel-lange-naam-in-het-oosten-des-lands"
    workspace.school(long, administratie="somtoday", terugstuuroptie="-1")
    workspace.school("asked-long-ago", active_from=None, signed_up="2020-01-15")
    workspace.school("asked", active_from=None, signed_up="2026-11-22")
    workspace.school("from-then", active_from="2026-12-01")
    workspace.school("invalid", terugstuuroptie="3")
    counts = {"read": 9876, "niet_gekoppeld": 123, "tegenstrijdig": 4}
    sql(delivered, "UPDATE nacht SET inhoud = ?", json.dumps({**last_night(delivered), "judged": counts}))

    shown = ANSI.sub("", on_a_terminal("status", "--date", "2026-11-24", *config_of(workspace))).replace("\r\n", "\n")

    table = [line for line in shown.splitlines() if ": " not in line]
    rows = {line.split()[0]: line.split()[1:] for line in table}
    assert rows["demo-college"][0] == "delivered"
    assert rows["demo-college"][2:] == ["21-09", "1", "1", "127/9876", "-", "magister", "0"]
    assert [rows[name][:3] for name in ("asked", "from-then")] == [["asked", "22-11", "-"], ["from", "01-12", "-"]]
    assert next(cells for cells in rows.values() if "somtoday" in cells) == ["never", "-", "-", "0", "0", "-", "-", "somtoday", "-1"]
    assert rows["invalid"][0] == "invalid"
    assert max(len(line) for line in table) <= 80
    assert "…" not in shown
    assert "asked-long-ago: The school signed up on 2020-01-15, 2505 days ago" in shown


REQUESTS: dict[str, tuple[dict[str, str | None], str, bool, bool]] = {
    "active": ({"active_from": "2026-11-24"}, "active", True, False),
    "active, and asked long ago": ({"signed_up": "2025-01-01", "active_from": "2026-11-24"}, "active", True, False),
    "from a day to come": ({"active_from": "2026-11-25"}, "active from 2026-11-25", False, False),
    "asked 5 days ago": ({"active_from": None, "signed_up": "2026-11-19"}, "signed up 2026-11-19", False, False),
    "asked 6 days ago": ({"active_from": None, "signed_up": "2026-11-18"}, "requested 6 days ago", False, True),
    "never asked": ({"active_from": None, "signed_up": None}, "not active", False, False),
}


@pytest.mark.parametrize(("keys", "said", "active", "overdue"), REQUESTS.values(), ids=REQUESTS)
def test_status_tells_whether_a_school_is_active_on_a_day_and_which_request_is_overdue(
    workspace: WorkspaceFolder, keys: dict[str, str | None], said: str, *, active: bool, overdue: bool
):
    workspace.school(**keys)
    workspace.sync(day="2026-11-24")

    ran = status_json(workspace, "--date", "2026-11-24")

    changed = {"signed_up": "2026-08-20", "active_from": "2026-09-01", **keys}
    assert (ran.exit_code, ran.school["exit_code"], ran.school["active"]) == (0, 0, active)
    assert {name: ran.school[name] for name in changed} == changed
    assert ("klantenservice@cito.nl" in " ".join(ran.school["needs_person"])) == overdue
    plain = run(workspace, "status", "--date", "2026-11-24")
    assert f", {said}, magister, " in plain.stdout
    assert ("klantenservice@cito.nl" in plain.stderr, plain.exit_code) == (overdue, 0)


def test_status_tells_the_worst_first(workspace: WorkspaceFolder, delivered: SchoolFolder):
    workspace.school("a-good")
    workspace.school("b-overdue", active_from=None)
    looks = workspace.school("c-looks")
    looks.numo("0012;;2A")
    looks.cito(row("0012"))
    unreadable(looks)
    workspace.school("y-failed", terugstuuroptie="3")
    workspace.school("z-held")
    workspace.sync()
    workspace.school("y-failed")
    damage(workspace, SchoolFolder(workspace.folder / "schools/z-held"))
    workspace.school("x-invalid").put("school.yaml", "name: [")

    found = status_json(workspace, "--date", "2026-11-24").json["schools"]

    names = [each["korte_naam"] for each in found]
    assert names == ["x-invalid", "y-failed", "z-held", "c-looks", "b-overdue", "a-good", "demo-college"]
    assert [line.split(":")[0] for line in run(workspace, "status").stdout.splitlines()] == names
    assert [bool(each["needs_person"]) for each in found] == [True] * 5 + [False] * 2


def test_a_mistake_in_a_school_yaml_is_the_line_of_that_school(workspace: WorkspaceFolder, delivered: SchoolFolder):
    other = workspace.school("other-college")
    fail(workspace, delivered)
    before = contents(workspace.folder)

    ran = run(workspace, "status", "--json")
    plain = run(workspace, "status")

    spoilt, sound = ran.json["schools"]
    assert (ran.exit_code, plain.exit_code, sound["korte_naam"]) == (0, 0, other.folder.name)
    assert (spoilt["status"], spoilt["active"], spoilt["administratie"], spoilt["plans"]["in_force"]) == ("delivered", False, None, 1)
    assert "terugstuuroptie" in spoilt["needs_person"][0]
    assert "demo-college: delivered, school.yaml cannot be used, last good night" in plain.stdout
    assert plain.stderr.count("terugstuuroptie") == 1
    assert contents(workspace.folder) == before
    workspace.sync()
    assert run(workspace, "status").stderr.count("school.yaml, line") == 1


def test_while_another_run_has_the_school_status_tells_it_all_the_same(workspace: WorkspaceFolder, delivered: SchoolFolder):
    with school_lock(delivered.folder / ".cito-numo/lock", datetime.now().astimezone()):
        found = status_json(workspace)

    assert (found.exit_code, found.school["status"], found.school["needs_person"]) == (0, "delivered", [])


def test_status_counts_what_was_not_joined_on_the_last_night_that_read_results(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo(f"{NUMBER};{eck_id(1)};2A", f"0104234;{eck_id(2)};2A")
    school.cito(row(NUMBER), row("999"), row(NUMBER, eck_id(2)), row("0104234"), row("0104234", onderdeel="Taalverzorging", fn="vwo"))
    workspace.sync()
    expected = {"count": 2, "read": 5}
    assert status_json(workspace).school["unmatched"] == expected
    workspace.sync()
    assert status_json(workspace).school["unmatched"] == expected
    school.configure(terugstuuroptie="3")

    for _night in range(2):
        workspace.sync()

    assert (status_json(workspace).school["status"], status_json(workspace).school["unmatched"]) == ("failed", expected)
    assert "2 of 5 results not joined" in run(workspace, "status").stdout


def test_status_counts_the_plans_in_force_and_those_to_be_processed(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo(f"{NUMBER};;2A", "0104234;;2A")
    school.cito(row(NUMBER), row(NUMBER, onderdeel="Taalverzorging"), row("0104234"))
    workspace.sync()
    assert status_json(workspace).school["plans"] == {"in_force": 3, "te_verwerken": 3}
    school.cito(row(NUMBER, fn="vwo"), name="correction.csv")
    workspace.sync()
    assert status_json(workspace).school["plans"] == {"in_force": 2, "te_verwerken": 2}
    school.configure(processing="automatic")

    workspace.sync()

    assert status_json(workspace).school["plans"] == {"in_force": 2, "te_verwerken": 0}


def test_the_newest_export_is_of_the_day_in_the_netherlands(workspace: WorkspaceFolder, school: SchoolFolder):
    make_old(school.cito(row(NUMBER), name="old.csv"), "2026-10-01T12:00:00")
    make_old(school.cito(row(NUMBER), name="below/new.csv"), "2026-11-23T23:30:00")
    make_old(school.cito(row(NUMBER), name=".hidden.csv"), "2026-12-24T12:00:00")

    assert status_json(workspace).school["newest_export"] == "2026-11-24"


def test_keys_are_as_old_as_the_newest_edexml_by_the_day_in_the_netherlands(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch):
    lyceum = workspace.school("demo-lyceum", administratie="somtoday")
    lyceum.numo(f"{NUMBER};;2A")
    lyceum.cito(row(key="k1"))
    set_clock(monkeypatch, "2026-11-01T02:00:00")
    workspace.sync(day="2026-11-01")
    assert status_json(workspace, "--date", "2026-11-01").school["keys_age_days"] is None
    assert "no keys" in run(workspace, "status").stdout
    lyceum.edexml(leerling("k1", NUMBER))
    set_clock(monkeypatch, "2026-11-20T23:30:00")  # past midnight in the Netherlands

    workspace.sync(day="2026-11-21")
    set_clock(monkeypatch, "2026-11-22T02:00:00")
    workspace.sync(day="2026-11-22")

    for day, age in (("2026-11-24", 3), ("2026-11-21", 0), ("2026-11-01", 0)):
        assert status_json(workspace, "--date", day).school["keys_age_days"] == age
    assert "keys 1 day old" in run(workspace, "status", "--date", "2026-11-22").stdout
    lyceum.configure(administratie="magister")
    assert status_json(workspace).school["keys_age_days"] is None
    lyceum.configure(administratie="magister", match_on="[leerlingnummer, cito_key]")
    assert status_json(workspace, "--date", "2026-11-24").school["keys_age_days"] == 3


@pytest.mark.parametrize("age", ["26", "h", "0h", "-1h", "1.5h", "26 hours", "1w", "", "100000h", "26h 3m", "२h"])
def test_a_wrong_age_is_a_usage_error(workspace: WorkspaceFolder, delivered: SchoolFolder, age: str):
    assert run(workspace, "status", f"--max-age={age}").exit_code == 2


@pytest.mark.parametrize(("age", "expected"), [("26h", timedelta(hours=26)), ("90m", timedelta(minutes=90)), (" 2 d ", timedelta(days=2))])
def test_an_age_is_in_minutes_hours_or_days(age: str, expected: timedelta):
    assert age_of(age) == expected


# --- verify ----------------------------------------------------------------------------------------------------------


def test_where_all_is_as_it_was_delivered_verify_is_silent(workspace: WorkspaceFolder, delivered: SchoolFolder):
    workspace.school("other-college")
    before = contents(workspace.folder)

    ran = run(workspace, "verify")

    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")
    assert contents(workspace.folder) == before
    assert "demo-college: 1 run checked, all as delivered" in run(workspace, "verify", "-v").stderr


def test_verify_as_json(workspace: WorkspaceFolder, delivered: SchoolFolder):
    sound = run(workspace, "verify", "--json")
    assert (sound.exit_code, sound.json) == (
        0,
        {"exit_code": 0, "schools": [{"korte_naam": "demo-college", "runs": 1, "exit_code": 0, "problems": []}]},
    )
    (delivered.runs[0] / "erbij.txt").write_bytes(b"")

    ran = run(workspace, "verify", "--json")

    assert (ran.exit_code, ran.school["exit_code"], ran.stderr) == (3, 3, "")
    ((code, message),) = [(problem["code"], problem["message"]) for problem in ran.school["problems"]]
    assert (code, "erbij.txt was added" in message) == ("run-altered", True)


def rewrite(run_folder: Path, change: Callable[[dict], object]) -> None:
    """Change a leerplannen.json by hand, with a manifest that says the same."""
    path = run_folder / "leerplannen.json"
    document = json.loads(path.read_text())
    change(document)
    replace(run_folder, json.dumps(document).encode())


def replace(run_folder: Path, content: bytes) -> None:
    (run_folder / "leerplannen.json").write_bytes(content)
    manifest = json.loads((run_folder / "manifest.json").read_text())
    manifest["outputs"][0].update(size=len(content), sha256=sha256_of(content))
    (run_folder / "manifest.json").write_text(json.dumps(manifest))


def known(school: SchoolFolder) -> None:
    """Let the ledger know the manifest as it is now."""
    sql(school, "UPDATE runs SET manifest = ?", sha256_of((school.runs[0] / "manifest.json").read_bytes()))


def change_json(school: SchoolFolder) -> None:
    path = school.runs[0] / "leerplannen.json"
    path.write_bytes(path.read_bytes().replace(b"havo", b"vwo!"))


def change_csv(school: SchoolFolder) -> None:
    (school.runs[0] / "leerplannen.csv").write_bytes(b"")


def remove_json(school: SchoolFolder) -> None:
    (school.runs[0] / "leerplannen.json").unlink()


def folder_for_file(school: SchoolFolder) -> None:
    remove_json(school)
    (school.runs[0] / "leerplannen.json").mkdir()


def add_file(school: SchoolFolder) -> None:
    (school.runs[0] / f"{NUMBER}.txt".replace(NUMBER, "erbij")).write_text(NUMBER)


def add_hidden(school: SchoolFolder) -> None:
    (school.runs[0] / ".erbij").write_text(NUMBER)


def remove_manifest(school: SchoolFolder) -> None:
    (school.runs[0] / "manifest.json").unlink()


def manifest_is(content: str) -> Callable[[SchoolFolder], None]:
    return lambda school: (school.runs[0] / "manifest.json").write_text(content) and None


def agreeing_manifest(school: SchoolFolder) -> None:
    rewrite(school.runs[0], lambda document: document["leerplannen"][0].update(klas="2B"))


def invalid_value(school: SchoolFolder) -> None:
    rewrite(school.runs[0], lambda document: document["leerplannen"][0].update(revisie=NUMBER))
    known(school)


def unknown_key(school: SchoolFolder) -> None:
    rewrite(school.runs[0], lambda document: document["leerplannen"][0].update({f"x{NUMBER}": 1}))
    known(school)


def no_leerplannen(school: SchoolFolder) -> None:
    rewrite(school.runs[0], lambda document: document.pop("leerplannen"))
    known(school)


def invalid_date(school: SchoolFolder) -> None:
    rewrite(school.runs[0], lambda document: document["leerplannen"][0]["onderdelen"][0].update(afnamedatum="2026-02-30"))
    known(school)


def no_json(school: SchoolFolder) -> None:
    replace(school.runs[0], f"{{ {NUMBER}".encode())
    known(school)


def no_utf_8(school: SchoolFolder) -> None:
    replace(school.runs[0], b'{"a": "\xff"}')
    known(school)


def promised_nothing(school: SchoolFolder) -> None:
    remove_json(school)
    manifest = json.loads((school.runs[0] / "manifest.json").read_text())
    manifest["outputs"] = manifest["outputs"][1:]
    (school.runs[0] / "manifest.json").write_text(json.dumps(manifest))
    known(school)


def deep_json(school: SchoolFolder) -> None:
    replace(school.runs[0], b"[" * 100_000)
    known(school)


HARMS: dict[str, tuple[Callable[[SchoolFolder], None], str, str]] = {
    "json changed": (change_json, "run-altered", "leerplannen.json was changed"),
    "csv changed": (change_csv, "run-altered", "leerplannen.csv was changed"),
    "json gone": (remove_json, "run-altered", "leerplannen.json is gone"),
    "folder for file": (folder_for_file, "run-altered", "leerplannen.json is gone"),
    "added": (add_file, "run-altered", "erbij.txt was added"),
    "hidden": (add_hidden, "run-altered", ".erbij was added"),
    "manifest gone": (remove_manifest, "run-altered", "manifest.json is gone"),
    "manifest no json": (manifest_is("{"), "run-altered", "manifest.json is gone or cannot be read"),
    "manifest a list": (manifest_is("[]"), "run-altered", "manifest.json is gone or cannot be read"),
    "manifest of texts": (manifest_is('{"outputs": ["x"]}'), "run-altered", "manifest.json is gone or cannot be read"),
    "manifest empty": (manifest_is('{"outputs": []}'), "run-altered", "manifest.json was changed"),
    "manifest agrees": (agreeing_manifest, "run-altered", "manifest.json was changed"),
    "invalid value": (invalid_value, "run-invalid", "revisie"),
    "unknown key": (unknown_key, "run-invalid", "leerplannen"),
    "no leerplannen": (no_leerplannen, "run-invalid", "leerplannen.json is not valid"),
    "no such date": (invalid_date, "run-invalid", "afnamedatum"),
    "no json": (no_json, "run-invalid", "leerplannen.json"),
    "no utf-8": (no_utf_8, "run-invalid", "leerplannen.json"),
    "nested endlessly": (deep_json, "run-invalid", "leerplannen.json"),
    "no json promised": (promised_nothing, "run-invalid", "leerplannen.json"),
}


@pytest.mark.parametrize(("harm", "code", "said"), HARMS.values(), ids=HARMS)
def test_verify_tells_each_harm_with_the_run_and_no_pupil(
    workspace: WorkspaceFolder, delivered: SchoolFolder, harm: Callable[[SchoolFolder], None], code: str, said: str
):
    harm(delivered)

    ran = run(workspace, "verify", "--json")

    assert ran.exit_code == 3, ran.stderr
    assert [problem["code"] for problem in ran.school["problems"]] == [code]
    (message,) = [problem["message"] for problem in ran.school["problems"]]
    assert (delivered.runs[0].name in message, said in message) == (True, True), message
    plain = run(workspace, "verify")
    assert (plain.exit_code, message in plain.stderr) == (3, True)
    assert NUMBER not in ran.stdout + ran.stderr + plain.stdout + plain.stderr


def test_verify_tells_a_run_that_the_ledger_does_not_know(workspace: WorkspaceFolder, delivered: SchoolFolder):
    (real,) = delivered.runs
    strange = real.with_name("20200101T000000Z-000")
    strange.mkdir()
    for entry in real.iterdir():
        (strange / entry.name).write_bytes(entry.read_bytes())

    ran = run(workspace, "verify", "--json")

    assert (ran.exit_code, ran.school["runs"]) == (3, 2)
    ((code, message),) = [(problem["code"], problem["message"]) for problem in ran.school["problems"]]
    assert (code, strange.name in message) == ("run-unknown", True)


def latest_of(school: SchoolFolder) -> Path:
    return school.folder / "outbox/latest"


def no_latest(school: SchoolFolder) -> None:
    latest_of(school).unlink()


def dangling_latest(school: SchoolFolder) -> None:
    latest_of(school).unlink()
    latest_of(school).symlink_to("20200101T000000Z-000")


def file_for_latest(school: SchoolFolder) -> None:
    latest_of(school).unlink()
    latest_of(school).write_text("20200101T000000Z-000")


def folder_for_latest(school: SchoolFolder) -> None:
    """As a backup that was put back with the links followed."""
    latest_of(school).unlink()
    latest_of(school).mkdir()
    (latest_of(school) / "leerplannen.json").write_bytes(b"old")


def nothing_but_latest(school: SchoolFolder) -> None:
    school.runs[0].rename(school.folder / "taken")


@pytest.mark.parametrize("astray", [no_latest, dangling_latest, file_for_latest, folder_for_latest, nothing_but_latest])
def test_verify_tells_that_latest_is_astray(workspace: WorkspaceFolder, delivered: SchoolFolder, astray: Callable[[SchoolFolder], None]):
    astray(delivered)

    ran = run(workspace, "verify", "--json")

    assert (ran.exit_code, [problem["code"] for problem in ran.school["problems"]]) == (3, ["latest-astray"])


@pytest.mark.parametrize("astray", [no_latest, dangling_latest, file_for_latest, nothing_but_latest])
def test_the_next_night_mends_latest(workspace: WorkspaceFolder, delivered: SchoolFolder, astray: Callable[[SchoolFolder], None]):
    astray(delivered)

    assert workspace.sync().exit_code == 0

    assert run(workspace, "verify").exit_code == 0


def test_a_folder_in_the_place_of_latest_is_put_aside_and_loses_nothing(workspace: WorkspaceFolder, delivered: SchoolFolder):
    folder_for_latest(delivered)
    delivered.cito(row(NUMBER, toets="T2", day="10-11-2026", fn="vmbo-kb"), name="later.csv")
    before = contents(latest_of(delivered))

    assert workspace.sync().exit_code == 0

    assert len(delivered.runs) == 2
    (aside,) = (delivered.folder / "outbox").glob("latest-*")
    assert contents(aside) == before
    assert run(workspace, "verify").exit_code == 0


def test_verify_tells_that_the_ledger_is_damaged_and_checks_the_runs_all_the_same(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ledger_of(delivered).write_bytes(b"no database" * 1000)
    change_csv(delivered)

    ran = run(workspace, "verify", "--json")

    assert ran.exit_code == 4
    assert [problem["code"] for problem in ran.school["problems"]] == ["ledger-damaged", "run-altered"]


def test_harm_in_one_school_is_told_of_that_school(workspace: WorkspaceFolder, delivered: SchoolFolder):
    other = workspace.school("other-college")
    other.numo(f"{NUMBER};;2A")
    other.cito(row(NUMBER, fn="vmbo-kb"))
    workspace.sync()
    change_csv(delivered)

    ran = run(workspace, "verify", "--json")

    assert [each["exit_code"] for each in ran.json["schools"]] == [3, 0]
    assert run(workspace, "verify", "other-college").exit_code == 0


# --- the log ---------------------------------------------------------------------------------------------------------


def lines_of(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_each_line_of_the_log_is_json_that_says_when_what_and_of_whom(workspace: WorkspaceFolder, delivered: SchoolFolder):
    log = workspace.folder / "cito-numo.log"
    unreadable(delivered)
    delivered.cito(row(NUMBER, toets="T2", day="10-11-2026", fn="vmbo-kb"), row("999"), name="later.csv")

    workspace.sync("--log", str(log))

    lines = lines_of(log)
    assert [(line["event"], line["level"]) for line in lines] == [
        ("start", "info"),
        ("message", "warning"),
        ("message", "warning"),
        ("night", "warning"),
        ("end", "warning"),
    ]
    for line in lines:
        assert line["command"] == "sync"
        assert datetime.fromisoformat(line["time"]).tzinfo is not None
    for line in lines[1:-1]:
        assert (line["school"], line["run_id"]) == ("demo-college", delivered.runs[-1].name)
    night = lines[-2]
    assert (night["status"], night["exit_code"], night["counts"]["leerplan"]) == ("delivered", 3, 1)
    assert lines[-1]["exit_code"] == 3


def test_the_log_holds_no_pupil(workspace: WorkspaceFolder, school: SchoolFolder):
    log = workspace.folder / "cito-numo.log"
    school.numo(f"{NUMBER};;2A", f"{NUMBER}1;;2A")
    school.cito(row(NUMBER), row(f"{NUMBER}1", fn="vwo"), row(f"{NUMBER}2"), row(f"{NUMBER}3", fn="?"))

    workspace.sync("-v", "--log", str(log))

    assert NUMBER in json.dumps(school.niet_geleverd)
    assert len(lines_of(log)) >= 3
    assert NUMBER not in log.read_text()


def test_the_log_is_added_to_and_is_its_owners_alone(workspace: WorkspaceFolder, delivered: SchoolFolder):
    log = workspace.folder / "cito-numo.log"
    before = os.umask(0)
    try:
        workspace.sync("--log", str(log))
    finally:
        os.umask(before)
    first = log.read_bytes()

    workspace.sync("--log", str(log))

    assert log.read_bytes().startswith(first)
    assert [line["event"] for line in lines_of(log)] == ["start", "night", "end"] * 2
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_school_that_fails_is_an_error_in_the_log(workspace: WorkspaceFolder, delivered: SchoolFolder):
    log = workspace.folder / "cito-numo.log"
    workspace.school("other-college", terugstuuroptie="3")

    workspace.sync("--log", str(log))

    nights = {line["school"]: (line["status"], line["level"]) for line in lines_of(log) if line["event"] == "night"}
    assert nights == {"demo-college": ("nothing_new", "info"), "other-college": ("failed", "error")}
    assert (lines_of(log)[-1]["level"], lines_of(log)[-1]["exit_code"]) == ("error", 78)


def test_the_log_of_a_message_that_lasts_says_that_it_is_not_new(workspace: WorkspaceFolder, delivered: SchoolFolder):
    log = workspace.folder / "cito-numo.log"
    unreadable(delivered)

    for _night in range(2):
        workspace.sync("--log", str(log))

    assert [line["new"] for line in lines_of(log) if line["event"] == "message"] == [True, False]


@pytest.mark.parametrize("place", ["", "no-such-folder/cito-numo.log"], ids=["a folder", "no folder"])
def test_a_log_that_cannot_be_written_stops_no_night(workspace: WorkspaceFolder, school: SchoolFolder, place: str):
    school.numo(f"{NUMBER};;2A")
    school.cito(row(NUMBER))

    ran = workspace.sync_json("--log", str(workspace.folder / place))

    assert (ran.exit_code, ran.json["exit_code"], ran.school["status"], ran.school["exit_code"]) == (74, 74, "delivered", 0)
    assert "The log cannot be written" in ran.stderr
    assert len(school.runs) == 1


def test_a_worse_exit_code_is_not_hidden_by_a_log_that_cannot_be_written(workspace: WorkspaceFolder):
    workspace.school(terugstuuroptie="3")

    assert workspace.sync("--log", str(workspace.folder)).exit_code == 78


def test_a_disk_that_is_full_stops_the_log_alone(tmp_path: Path):
    path = tmp_path / "cito-numo.log"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Log(path, "sync") as log:
        written = path.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(written), limits[1]))
        try:
            log.write("night", ExitCode.DONE, school="demo-college")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        log.write("night", ExitCode.DONE, school="demo-college")
        assert log.end(ExitCode.LOOK) == ExitCode.IO

    assert path.read_bytes() == written
    assert log.problem is not None


def test_an_odd_name_of_a_folder_stops_neither_the_log_nor_the_other_schools(workspace: WorkspaceFolder, delivered: SchoolFolder):
    log = workspace.folder / "cito-numo.log"
    odd = os.fsencode(workspace.folder / "schools") + b"/caf\xe9"
    os.mkdir(odd)  # noqa: PTH102  no text can name it
    delivered.cito(row(NUMBER, toets="T2", day="10-11-2026", fn="vmbo-kb"), name="later.csv")

    workspace.sync("--log", str(log))

    assert len(delivered.runs) == 2
    assert [line["event"] for line in lines_of(log)][-1] == "end"


# --- on_failure ------------------------------------------------------------------------------------------------------

CALLED = """
import os, sys
facts = {name: value for name, value in os.environ.items() if name.startswith("CITO_NUMO_")}
with open(sys.argv[1], "a") as file:
    print(repr((facts, sys.stdin.read())), file=file)
"""


class Alarm:
    """A command that writes down how it was called."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "called"
        script = folder / "alarm.py"
        script.write_text(CALLED)
        self.command = shlex.join([sys.executable, str(script), str(self._log)])

    @property
    def calls(self) -> list[tuple[dict[str, str], str]]:
        return [eval(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []  # noqa: S307  it is our own


@pytest.fixture
def alarm(tmp_path_factory: pytest.TempPathFactory) -> Alarm:
    return Alarm(tmp_path_factory.mktemp("alarm"))


@pytest.fixture
def watched(workspace: WorkspaceFolder, delivered: SchoolFolder, alarm: Alarm) -> SchoolFolder:
    """A school with a good night behind it, of which the alarm goes off when a night needs a person."""
    delivered.configure(on_failure=json.dumps(alarm.command))
    workspace.sync()
    assert alarm.calls == []
    return delivered


def test_on_failure_runs_when_a_night_needs_a_person_and_not_again_while_that_lasts(
    workspace: WorkspaceFolder, watched: SchoolFolder, alarm: Alarm
):
    odd = unreadable(watched)

    first = workspace.sync()
    second = workspace.sync()

    assert (first.exit_code, second.exit_code) == (3, 3)
    ((facts, text),) = alarm.calls
    assert facts | {"CITO_NUMO_JOBS": "1"} == {
        "CITO_NUMO_JOBS": "1",
        "CITO_NUMO_SCHOOL": "demo-college",
        "CITO_NUMO_STATUS": "nothing_new",
        "CITO_NUMO_EXIT_CODE": "3",
        "CITO_NUMO_RUN_ID": "",
    }
    assert ("other.csv" in text, text.count("\n")) == (True, 1)
    assert text.strip() in first.stderr
    odd.unlink()
    assert workspace.sync().exit_code == 0
    unreadable(watched)
    workspace.sync()
    assert len(alarm.calls) == 2


def test_on_failure_is_told_the_run_that_was_delivered(workspace: WorkspaceFolder, watched: SchoolFolder, alarm: Alarm):
    unreadable(watched)
    watched.cito(row(NUMBER, toets="T2", day="10-11-2026", fn="vmbo-kb"), name="later.csv")

    workspace.sync()

    ((facts, text),) = alarm.calls
    assert (facts["CITO_NUMO_STATUS"], facts["CITO_NUMO_RUN_ID"]) == ("delivered", watched.runs[-1].name)
    assert NUMBER not in text


def test_on_failure_runs_neither_on_good_nights_nor_in_a_dry_run(workspace: WorkspaceFolder, watched: SchoolFolder, alarm: Alarm):
    watched.cito(row(NUMBER, toets="T2", day="10-11-2026", fn="vmbo-kb"), name="later.csv")
    workspace.sync()
    unreadable(watched)
    assert workspace.sync("--dry-run").exit_code == 3

    assert alarm.calls == []


@pytest.mark.parametrize(
    ("spoil", "status", "exit_code"),
    [(hold, "held", "4"), (lose, "held", "4"), (damage, "held", "4")],
    ids=["held", "ledger lost", "ledger damaged"],
)
def test_on_failure_runs_once_for_a_hold(
    workspace: WorkspaceFolder,
    watched: SchoolFolder,
    alarm: Alarm,
    spoil: Callable[[WorkspaceFolder, SchoolFolder], None],
    status: str,
    exit_code: str,
):
    spoil(workspace, watched)

    for _night in range(2):
        workspace.sync()

    assert [(facts["CITO_NUMO_STATUS"], facts["CITO_NUMO_EXIT_CODE"]) for facts, _text in alarm.calls] == [(status, exit_code)]


def test_on_failure_of_the_defaults_is_used_where_the_school_yaml_is_broken(
    workspace: WorkspaceFolder, delivered: SchoolFolder, alarm: Alarm
):
    (workspace.folder / "cito-numo.yaml").write_text(f"defaults: {{on_failure: {json.dumps(alarm.command)}}}\n")
    fail(workspace, delivered)

    for _night in range(2):
        assert workspace.sync().exit_code == 78

    ((facts, text),) = alarm.calls
    assert (facts["CITO_NUMO_STATUS"], facts["CITO_NUMO_EXIT_CODE"]) == ("failed", "78")
    assert "terugstuuroptie" in text


def test_a_school_may_have_a_command_of_its_own(workspace: WorkspaceFolder, watched: SchoolFolder, alarm: Alarm):
    (workspace.folder / "cito-numo.yaml").write_text("defaults: {on_failure: no-such-command-of-cito-numo}\n")
    other = workspace.school("other-college")
    unreadable(watched)
    unreadable(other)
    other.numo(f"{NUMBER};;2A")

    ran = workspace.sync()

    assert [facts["CITO_NUMO_SCHOOL"] for facts, _text in alarm.calls] == ["demo-college"]
    assert next(line for line in ran.stderr.splitlines() if "on_failure" in line).startswith("other-college: ")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("false", "exit code 1"),
        ("no-such-command-of-cito-numo --now", "No such file"),
        ("/", "Permission denied"),
        ("mail 'beheer", "check the quotes"),
        ("' '", "No such file"),
        ('""', ""),
        ("   ", "check the quotes"),
    ],
    ids=["fails", "does not exist", "a folder", "open quote", "a blank", "empty word", "nothing"],
)
def test_an_on_failure_that_does_not_work_is_told_and_the_night_is_done_all_the_same(
    workspace: WorkspaceFolder, delivered: SchoolFolder, command: str, said: str
):
    delivered.configure(on_failure=json.dumps(command))
    unreadable(delivered)
    delivered.cito(row(NUMBER, toets="T2", day="10-11-2026", fn="vmbo-kb"), name="later.csv")

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"], ran.school["exit_code"]) == (3, "delivered", 3)
    assert "The command of on_failure did not work" in ran.school["message"]
    assert said in ran.school["message"]
    assert len(delivered.runs) == 2


def test_an_on_failure_that_does_not_work_hides_no_worse_exit_code(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.configure(on_failure="false")
    hold(workspace, delivered)

    ran = workspace.sync()

    assert ran.exit_code == 4
    assert "exit code 1" in ran.stderr


@pytest.mark.parametrize("text", ["; touch {made}", "$(touch {made})", "`touch {made}`", "> {made}", "&& touch {made}", "| tee {made}"])
def test_no_shell_reads_the_command(workspace: WorkspaceFolder, watched: SchoolFolder, alarm: Alarm, tmp_path: Path, text: str):
    made = tmp_path / "made"
    watched.configure(on_failure=json.dumps(f"{alarm.command} {text.format(made=made)}"))
    unreadable(watched)

    workspace.sync()

    assert len(alarm.calls) == 1
    assert not made.exists()


def test_a_command_that_reads_nothing_of_a_long_text_works():
    assert run_on_failure("true", {"school": "demo-college"}, "line\n" * 100_000) is None


def test_on_failure_runs_while_nobody_has_the_school(workspace: WorkspaceFolder, watched: SchoolFolder):
    command = [sys.executable, "-c", "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"]
    watched.configure(on_failure=json.dumps(shlex.join([*command, str(watched.folder / ".cito-numo/lock")])))
    unreadable(watched)

    ran = workspace.sync()

    assert ran.exit_code == 3
    assert "on_failure" not in ran.stderr


# --- who may have written the YAML -----------------------------------------------------------------------------------

STRANGER = 54321
"""A user that this machine does not have."""


def made_writable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.chmod(path.stat().st_mode | 0o002)


def given_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file be of a user who is neither this one nor root."""
    if os.geteuid() == 0:
        os.chown(path, STRANGER, -1)
        return
    stat = Path.stat

    def of_stranger(self: Path, **options: bool) -> os.stat_result:
        found = stat(self, **options)
        return os.stat_result([STRANGER if place == 4 else value for place, value in enumerate(found)]) if self == path else found

    monkeypatch.setattr(Path, "stat", of_stranger)


UNSAFE = pytest.mark.parametrize(
    ("spoil", "said"),
    [(made_writable, "everybody may write it"), (given_away, "it belongs to another user")],
    ids=["writable", "given away"],
)


@UNSAFE
def test_a_workspace_config_that_others_may_have_written_stops_all(
    workspace: WorkspaceFolder,
    delivered: SchoolFolder,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path, pytest.MonkeyPatch], None],
    said: str,
):
    spoil(workspace.folder / "cito-numo.yaml", monkeypatch)

    for command in ("sync", "status", "verify", "purge"):
        ran = run(workspace, command)
        assert (ran.exit_code, said in ran.stderr) == (78, True), command
    assert workspace.sync_json().json == {"exit_code": 78, "schools": []}


@UNSAFE
def test_a_school_yaml_that_others_may_have_written_stops_that_school_only(
    workspace: WorkspaceFolder,
    delivered: SchoolFolder,
    alarm: Alarm,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path, pytest.MonkeyPatch], None],
    said: str,
):
    other = workspace.school("other-college", on_failure=json.dumps(alarm.command))
    spoil(other.folder / "school.yaml", monkeypatch)

    ran = workspace.sync_json()

    assert (ran.exit_code, [each["exit_code"] for each in ran.json["schools"]]) == (78, [0, 78])
    assert said in ran.json["schools"][1]["message"]
    assert alarm.calls == []


@pytest.mark.parametrize("name", ["leerlijnen.yaml", "layouts/own.yaml"])
@UNSAFE
def test_leerlijnen_and_layouts_that_others_may_have_written_stop_a_night(
    workspace: WorkspaceFolder,
    delivered: SchoolFolder,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    spoil: Callable[[Path, pytest.MonkeyPatch], None],
    said: str,
):
    path = workspace.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("rekenen:\n  rekenen-wiskunde: []\n" if "leerlijnen" in name else "")
    assert workspace.sync().exit_code == 0
    spoil(path, monkeypatch)
    before = contents(delivered.folder / "outbox")

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (78, "failed")
    assert said in ran.school["message"]
    assert contents(delivered.folder / "outbox") == before


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o444])
def test_files_that_not_everybody_may_write_are_read(workspace: WorkspaceFolder, delivered: SchoolFolder, mode: int):
    (workspace.folder / "cito-numo.yaml").chmod(mode)
    (delivered.folder / "school.yaml").chmod(mode)

    assert workspace.sync().exit_code == 0


def test_a_link_to_a_file_that_everybody_may_write_is_not_read(workspace: WorkspaceFolder, delivered: SchoolFolder):
    path = delivered.folder / "school.yaml"
    real = path.rename(workspace.folder / "elsewhere.yaml")
    path.symlink_to(real)
    assert workspace.sync().exit_code == 0
    real.chmod(0o666)

    assert workspace.sync().exit_code == 78
