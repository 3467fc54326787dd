"""`purge`: what is older than the term, or all of one pupil, goes for good; it is not delivered again, and nothing else is touched."""

import json
import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import COMMAND, EXPORT_HEADER, Ran, SchoolFolder, WorkspaceFolder, closes, eck_id, leerling, row
from upkeep_for_tests import cells, config_of, contents, copied, holding, ledger_of, make_old, plan_lines, run, set_clock, sql, template

from cito_numo import delivery
from cito_numo import purge as purging
from cito_numo.ledger import Ledger
from cito_numo.locking import school_lock
from cito_numo.purge import before_day
from cito_numo.report import sha256_of

NUMBER = "0104233"
"""The pupil who is purged."""
OTHER = "0104777"
OLD, NEW = "06-10-2026", "10-11-2026"
FIRST_NIGHT, SECOND_NIGHT, PURGE_DAY, NEXT_DAY = "2026-10-10", "2026-11-15", "2026-11-25", "2026-11-26"
BEFORE = ("--older-than", "30 days")
"""From the purge day: before 26 October."""
TWELVE_DAYS = ("--older-than", "12 days")
"""From the purge day: before 13 November."""


def night(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch, day: str, *arguments: str) -> Ran:
    """A night of this day, by the clock too."""
    set_clock(monkeypatch, f"{day}T03:00:00")
    return workspace.sync_json(*arguments, day=day)


def purge(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch, *arguments: str, day: str = PURGE_DAY) -> Ran:
    set_clock(monkeypatch, f"{day}T12:00:00")
    return run(workspace, "purge", "--yes", *arguments)


def removed(ran: Ran, place: int = 0) -> dict[str, int]:
    """What `purge --json` says was removed, where it is anything."""
    return {name: count for name, count in ran.json["schools"][place]["removed"].items() if count}


def disk_full(*_arguments: object, **_options: object) -> None:
    raise OSError(28, "No space left on device")


def kept(school: SchoolFolder) -> dict[str, list[tuple]]:
    """All that the ledger keeps of pupils and runs."""
    tables = ("leerplannen", "onderdelen", "sleutels", "vervallen", "runs", "gewist", "ondergrens")
    return {table: sorted(sql(school, f"SELECT * FROM {table}"), key=repr) for table in tables}  # noqa: S608  these tables


def given(school: SchoolFolder) -> dict[str, int]:
    """The highest revisie of each leerplan in the outbox."""
    highest: dict[str, int] = {}
    for number in range(len(school.runs)):
        delivered = school.delivered(number)
        for plan in (*delivered["leerplannen"], *delivered["ingetrokken"]):
            highest[plan["leerplan_id"]] = max(plan["revisie"], highest.get(plan["leerplan_id"], 0))
    return highest


@pytest.fixture(scope="module")
def after_two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In October two pupils, one with two onderdelen of Nederlands; in November a newer toets of one of these two."""
    folder = tmp_path_factory.mktemp("two-nights")
    with template(folder) as (workspace, school, patch):
        school.numo("0012;;2A", "0013;;2A")
        school.cito(
            row("0012", day=OLD),
            row("0013", day=OLD),
            row("0013", onderdeel="Begrijpend lezen", day=OLD, fn="vmbo-kb"),
            row("0013", onderdeel="Taalverzorging", day=OLD),
            name="a.csv",
        )
        assert night(workspace, patch, FIRST_NIGHT).school["status"] == "delivered"
        school.cito(row("0013", toets="T2", onderdeel="Taalverzorging", day=NEW), name="b.csv")
        assert night(workspace, patch, SECOND_NIGHT).school["status"] == "delivered"
    return folder


@pytest.fixture
def two_nights(workspace: WorkspaceFolder, after_two_nights: Path) -> SchoolFolder:
    return copied(after_two_nights, workspace)


# --- by age ----------------------------------------------------------------------------------------------------------


def test_leerplannen_of_which_all_is_older_go_and_those_with_something_newer_stay(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    ran = purge(workspace, monkeypatch, "demo-college", *BEFORE, "--json")

    assert (ran.exit_code, ran.school["status"], ran.school["before"]) == (0, "purged", "2026-10-26")
    assert removed(ran) == {"leerplannen": 2, "runs": 1}
    assert sql(two_nights, "SELECT gebruikersnaam, vak, revisie FROM leerplannen") == [("0013", "nederlands", 2)]
    left = "SELECT onderdeel, toets, prioriteit FROM onderdelen JOIN inhouden USING (inhoud)"
    assert sql(two_nights, left) == [("taalverzorging", "T2", 1)]
    assert [entry.name for entry in two_nights.runs] == ["20261115T030000Z-000"]
    assert (two_nights.folder / "outbox/latest").readlink() == Path("20261115T030000Z-000")


def test_what_was_purged_is_not_delivered_again_though_it_lies_in_the_inbox(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    purge(workspace, monkeypatch, *BEFORE)
    runs = two_nights.runs

    for arguments in ([], ["--dry-run"], []):
        ran = night(workspace, monkeypatch, NEXT_DAY, *arguments)
        assert (ran.exit_code, ran.school["message"]) == (0, "")
        assert ran.school["status"] in ("nothing_new", "dry_run")
    two_nights.cito(row("0012", day=OLD), name="again.csv")
    counts = night(workspace, monkeypatch, NEXT_DAY).school["counts"]

    assert closes(counts)
    assert (counts["read"], counts["ongewijzigd"], counts["leerplan"]) == (6, 6, 0)
    assert two_nights.runs == runs
    assert two_nights.niet_geleverd == []


def test_what_stays_in_force_is_delivered_in_full_without_what_was_purged(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    purge(workspace, monkeypatch, *BEFORE)

    night(workspace, monkeypatch, NEXT_DAY, "--full")

    (plan,) = two_nights.delivered()["leerplannen"]
    assert (plan["gebruikersnaam"], plan["vak"], plan["revisie"]) == ("0013", "nederlands", 2)
    assert [(part["toets"], part["prioriteit"]) for part in plan["onderdelen"]] == [("T2", 1)]


def test_a_newer_toets_of_a_pupil_who_was_purged_gets_a_revisie_above_any_before(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    before = given(two_nights)
    purge(workspace, monkeypatch, *BEFORE)
    two_nights.cito(row("0012", toets="T2", day=NEW), name="later.csv")

    assert night(workspace, monkeypatch, NEXT_DAY).school["status"] == "delivered"

    (plan,) = two_nights.delivered()["leerplannen"]
    assert plan["gebruikersnaam"] == "0012"
    assert plan["revisie"] > before[plan["leerplan_id"]]


def test_latest_goes_with_the_last_run(workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    purge(workspace, monkeypatch, "--older-than", "9 days")

    assert contents(two_nights.folder / "outbox") == {}
    assert sql(two_nights, "SELECT * FROM leerplannen") == []
    after = night(workspace, monkeypatch, NEXT_DAY)
    assert (after.exit_code, after.school["status"], after.school["message"]) == (0, "nothing_new", "")
    assert contents(two_nights.folder / "outbox") == {}


def test_a_leerplan_that_was_taken_back_long_ago_goes_too(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012", day=OLD), name="a.csv")
    night(workspace, monkeypatch, "2026-10-08")
    school.cito(row("0012", day=OLD, fn="vwo"), name="b.csv")
    night(workspace, monkeypatch, FIRST_NIGHT)
    assert len(school.delivered()["ingetrokken"]) == 1

    purge(workspace, monkeypatch, *BEFORE)

    assert holding(school.folder, '"0012"') == []
    assert (sql(school, "SELECT * FROM leerplannen"), sql(school, "SELECT * FROM vervallen")) == ([], [])
    assert night(workspace, monkeypatch, NEXT_DAY).school["status"] == "nothing_new"
    school.cito(row("0012", toets="T2", day=NEW), name="later.csv")
    night(workspace, monkeypatch, NEXT_DAY)
    assert [plan["revisie"] for plan in school.delivered()["leerplannen"]] == [3]


def test_what_was_purged_is_not_listed_as_not_delivered(workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    school.numo(f"{OTHER};;2A", f"{NUMBER};;2A")
    school.cito(row(OTHER, day=OLD), row(NUMBER, day=OLD, fn="vwo"), row(OTHER, day=NEW, toets="T2", fn="vwo"))
    night(workspace, monkeypatch, SECOND_NIGHT)
    assert [line["leerling"] for line in school.niet_geleverd] == [NUMBER, OTHER]

    ran = purge(workspace, monkeypatch, "demo-college", *BEFORE, "--json")

    assert ran.school["removed"]["lines"] == 2
    assert holding(school.folder, NUMBER) == []
    night(workspace, monkeypatch, NEXT_DAY)
    assert [line["leerling"] for line in school.niet_geleverd] == [OTHER]
    assert holding(school.folder, NUMBER) == []


def test_a_row_that_cannot_be_read_and_is_older_is_not_listed_either(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo(f"{OTHER};;2A", f"{NUMBER};;2A")
    school.cito(row(OTHER, day=NEW), row(NUMBER, day=OLD, fn="?"))
    night(workspace, monkeypatch, SECOND_NIGHT)
    purge(workspace, monkeypatch, *BEFORE)

    counts = night(workspace, monkeypatch, NEXT_DAY).school["counts"]

    assert closes(counts)
    assert holding(school.folder, NUMBER) == []


def test_lines_of_a_schooljaar_within_the_term_stay(workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    school.numo("0012;;2A")
    school.cito(row("0012", day=OLD, fn="vwo"))
    night(workspace, monkeypatch, SECOND_NIGHT)
    before = contents(school.folder / "report")

    assert removed(purge(workspace, monkeypatch, "--older-than", "4 months", "--json")) == {}

    assert contents(school.folder / "report")["niet-geleverd.csv"] == before["niet-geleverd.csv"]


def test_keys_that_were_first_seen_long_ago_go(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A", "0013;;2A")
    old = school.edexml(leerling("k1", "0012"), name="old.xml")
    school.cito(row(key="k1", day=NEW))
    night(workspace, monkeypatch, SECOND_NIGHT)
    sql(school, "UPDATE bestanden SET gezien = '2024-09-01'")
    old.unlink()
    school.edexml(leerling("k2", "0013"), name="new.xml")
    school.cito(row(key="k2", day=NEW), name="b.csv")
    night(workspace, monkeypatch, SECOND_NIGHT)

    ran = purge(workspace, monkeypatch, "--json")

    assert removed(ran) == {"keys": 1}
    assert sql(school, "SELECT cito_key, gebruikersnaam FROM sleutels") == [("k2", "0013")]
    assert sql(school, "SELECT count(*) FROM leerplannen") == [(2,)]
    assert len(sql(school, "SELECT sha256 FROM bestanden")) == 5


def test_the_night_after_old_keys_went_is_not_held(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch):
    """A Somtoday school without Numo's list, of which the pupils are those of the key table."""
    school = workspace.school(administratie="somtoday")
    left = school.edexml(*(leerling(f"old-{number}", f"00{number}") for number in range(10, 15)), name="old.xml")
    school.cito(row(key="old-10", day=OLD), row(key="old-11", day=OLD))
    night(workspace, monkeypatch, FIRST_NIGHT)
    sql(school, "UPDATE bestanden SET gezien = '2024-09-01'")
    left.unlink()
    school.edexml(*(leerling(f"new-{number}", f"00{number}") for number in range(20, 30)), name="new.xml")
    (school.folder / "inbox/cito/export.csv").unlink()
    school.cito(row(key="new-20", day=NEW), row(key="new-21", day=NEW), name="new.csv")
    assert night(workspace, monkeypatch, SECOND_NIGHT).school["status"] == "delivered"
    assert removed(purge(workspace, monkeypatch, "--json")) == {"keys": 5}

    after = night(workspace, monkeypatch, NEXT_DAY)

    assert (after.exit_code, after.school["status"], after.school["message"]) == (0, "nothing_new", "")


def test_by_default_what_is_older_than_2_years_goes_and_a_school_may_say_otherwise(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    other = workspace.school("other-college", retention="40 days")
    (workspace.folder / "cito-numo.yaml").write_text("defaults: {retention: 3 months}\n")
    workspace.school("third-college")

    by_config = purge(workspace, monkeypatch, "--dry-run", "--json")
    (workspace.folder / "cito-numo.yaml").write_text("defaults: {}\n")
    by_default = purge(workspace, monkeypatch, "--dry-run", "--json")

    assert other.runs == []
    assert [each["before"] for each in by_config.json["schools"]] == ["2026-08-25", "2026-10-16", "2026-08-25", "2026-08-25"]
    assert [each["before"] for each in by_default.json["schools"]] == ["2024-11-25", "2026-10-16", "2024-11-25", "2024-11-25"]
    assert [each["status"] for each in by_default.json["schools"]] == ["dry_run"] * 4


def test_with_nothing_that_old_nothing_happens(workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    before = kept(two_nights)
    outbox = contents(two_nights.folder / "outbox")

    ran = purge(workspace, monkeypatch, "--json")

    assert [each["status"] for each in ran.json["schools"]] == ["nothing", "nothing"]
    assert contents(two_nights.folder / "outbox") == outbox
    assert {**kept(two_nights), "gewist": []} == {**before, "gewist": []} | {"ondergrens": kept(two_nights)["ondergrens"]}
    assert night(workspace, monkeypatch, NEXT_DAY).school["status"] == "nothing_new"


@pytest.mark.parametrize(
    ("day", "term", "first"),
    [
        ("2028-02-29", "2 years", "2026-02-28"),
        ("2028-02-29", "4 years", "2024-02-29"),
        ("2028-02-29", "12 months", "2027-02-28"),
        ("2027-03-31", "1 month", "2027-02-28"),
        ("2027-01-15", "1 month", "2026-12-15"),
        ("2027-01-15", "1 day", "2027-01-14"),
        ("2027-01-15", "18 months", "2025-07-15"),
        ("2027-12-31", "1 year", "2026-12-31"),
        ("2027-01-15", "9999 years", "0001-01-15"),
        ("2027-01-15", "9999 days", "1999-08-31"),
    ],
)
def test_a_term_goes_back_to_a_day_that_exists(day: str, term: str, first: str):
    assert before_day(datetime.fromisoformat(f"{day}T12:00:00+00:00"), term) == date.fromisoformat(first)


def test_a_term_counts_from_the_day_in_the_netherlands():
    assert before_day(datetime(2026, 11, 24, 23, 30, tzinfo=UTC), "1 day") == date(2026, 11, 24)


@pytest.mark.parametrize("term", ["2years", "0 days", "two years", "2 weeks", "-1 days", "", "2 years ago", "99999 days"])
def test_a_wrong_term_is_a_usage_error(workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch, term: str):
    before = contents(workspace.folder)

    assert purge(workspace, monkeypatch, "--older-than", term).exit_code == 2
    assert contents(workspace.folder) == before


def test_a_longer_term_than_there_are_days_removes_nothing(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    ran = purge(workspace, monkeypatch, "--older-than", "9999 years", "--json")

    assert (ran.exit_code, [each["status"] for each in ran.json["schools"]]) == (0, ["nothing", "nothing"])
    assert night(workspace, monkeypatch, NEXT_DAY).exit_code == 0


# --- quarantine and inbox --------------------------------------------------------------------------------------------


@pytest.fixture
def quarantine(workspace: WorkspaceFolder) -> Path:
    """A mail of long ago and one of this month, each with its note."""
    folder = workspace.folder / "quarantine"
    folder.mkdir()
    for name, moment in (("old.eml", "2024-10-01"), ("new.eml", "2026-11-10")):
        (folder / name).write_text(f"mail with {NUMBER}")
        (folder / f"{name}.txt").write_text("why it lies here")
        make_old(folder / name, moment)
        make_old(folder / f"{name}.txt", moment)
    return folder


def test_old_mails_in_quarantine_go_with_their_notes(
    workspace: WorkspaceFolder, school: SchoolFolder, quarantine: Path, monkeypatch: pytest.MonkeyPatch
):
    ran = purge(workspace, monkeypatch, "--json")

    assert ran.json["schools"][1] == {
        "korte_naam": None,
        "status": "purged",
        "exit_code": 0,
        "before": "2024-11-25",
        "removed": {"mails": 1},
        "message": "",
    }
    assert sorted(contents(quarantine)) == ["new.eml", "new.eml.txt"]


@pytest.mark.parametrize("arguments", [["demo-college"], ["--leerling", NUMBER]])
def test_the_quarantine_is_left_alone_when_it_is_about_one_school(
    workspace: WorkspaceFolder, school: SchoolFolder, quarantine: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
):
    before = contents(quarantine)

    ran = purge(workspace, monkeypatch, *arguments, "--json")

    assert [each["korte_naam"] for each in ran.json["schools"]] == ["demo-college"]
    assert contents(quarantine) == before


def test_the_inbox_is_left_alone_unless_it_is_asked_for(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    inbox = two_nights.folder / "inbox"
    before = contents(inbox)
    make_old(inbox / "cito/b.csv", "2026-11-10")
    make_old(inbox / "numo/numo.csv", "2026-11-10")
    beside = two_nights.put("notes.txt", "no export")
    below = two_nights.put("inbox/cito/2024/x.csv", before["cito/a.csv"])

    assert "files" not in removed(purge(workspace, monkeypatch, *BEFORE, "--json"))
    assert {name for name in contents(inbox) if name.endswith(".csv")} == {"cito/a.csv", "cito/b.csv", "numo/numo.csv", "cito/2024/x.csv"}
    ran = purge(workspace, monkeypatch, *BEFORE, "--inbox", "--json")

    assert removed(ran) == {"files": 2}
    assert {name for name in contents(inbox) if name.endswith(".csv")} == {"cito/b.csv", "numo/numo.csv"}
    assert (beside.exists(), below.exists()) == (True, False)
    assert night(workspace, monkeypatch, NEXT_DAY).school["status"] == "nothing_new"


# --- how it is asked for ---------------------------------------------------------------------------------------------


def answered(answer: str, *arguments: str) -> tuple[int, str]:
    """Exit code and what is shown of a command on a terminal, to which a person types this."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=terminal, stdout=terminal, stderr=terminal, env={**os.environ, "COLUMNS": "80"}
    )
    os.close(terminal)
    os.write(controller, f"{answer}\n".encode())
    shown = b"".join(_read(controller))
    os.close(controller)
    return process.wait(), shown.decode()


def _read(controller: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(controller, 65536)
        except OSError:
            return
        if not part:
            return
        yield part


@pytest.mark.parametrize(
    "arguments", [BEFORE, ("--leerling", "0013"), (*BEFORE, "--inbox"), (*BEFORE, "--json")], ids=["age", "leerling", "inbox", "json"]
)
def test_a_dry_run_writes_nothing(
    workspace: WorkspaceFolder,
    two_nights: SchoolFolder,
    quarantine: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
):
    before = contents(workspace.folder)

    ran = purge(workspace, monkeypatch, "--dry-run", *arguments)

    assert ran.exit_code == 0
    assert contents(workspace.folder) == before


def test_a_dry_run_tells_what_a_purge_then_removes(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, quarantine: Path, monkeypatch: pytest.MonkeyPatch
):
    said = purge(workspace, monkeypatch, *BEFORE, "--inbox", "--dry-run", "--json").json["schools"]
    done = purge(workspace, monkeypatch, *BEFORE, "--inbox", "--json").json["schools"]

    assert [each["removed"] for each in said] == [each["removed"] for each in done]
    assert [each["status"] for each in said] == ["dry_run", "dry_run"]


def test_a_dry_run_in_a_school_without_ledger_makes_none(workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    assert purge(workspace, monkeypatch, "--dry-run").exit_code == 0
    assert purge(workspace, monkeypatch, "--dry-run", "--leerling", NUMBER).exit_code == 3
    assert contents(school.folder).keys() == {"school.yaml"}


@pytest.mark.parametrize("arguments", [BEFORE, ("--leerling", "0013")], ids=["age", "leerling"])
def test_without_terminal_and_without_yes_nothing_is_removed(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, arguments: tuple[str, ...]
):
    before = contents(workspace.folder)
    command = [*COMMAND, "purge", *arguments, *config_of(workspace)]

    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert "--yes" in done.stderr
    assert contents(workspace.folder) == before


@pytest.mark.parametrize("answer", ["n", ""])
def test_on_a_terminal_it_tells_what_goes_and_stops_at_a_no(workspace: WorkspaceFolder, two_nights: SchoolFolder, answer: str):
    before = contents(workspace.folder)

    exit_code, shown = answered(answer, "purge", "--leerling", "0013", *config_of(workspace))

    assert exit_code == 2
    assert "2 leerplannen" in shown
    assert "Remove this for good?" in shown
    assert "Nothing was done" in shown
    assert contents(workspace.folder) == before


def test_on_a_terminal_it_removes_at_a_yes(workspace: WorkspaceFolder, two_nights: SchoolFolder):
    exit_code, shown = answered("y", "purge", "--leerling", "0013", *config_of(workspace))

    assert exit_code == 0, shown
    assert sql(two_nights, "SELECT DISTINCT gebruikersnaam FROM leerplannen") == [("0012",)]


def test_the_json_says_what_was_removed(workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    ran = purge(workspace, monkeypatch, *BEFORE, "--json")

    assert ran.json["exit_code"] == 0
    assert ran.json["schools"][0] == {
        "korte_naam": "demo-college",
        "status": "purged",
        "exit_code": 0,
        "before": "2026-10-26",
        "removed": {"leerplannen": 2, "keys": 0, "runs": 1, "lines": 0, "files": 0},
        "message": "",
    }


def test_the_log_says_what_was_removed_and_of_whom_it_does_not(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    log = workspace.folder / "purge.log"

    purge(workspace, monkeypatch, "--leerling", "0013", "--log", str(log))

    start, line, end = (json.loads(text) for text in log.read_text().splitlines())
    assert (start["event"], end["event"], end["exit_code"]) == ("start", "end", 0)
    assert (line["event"], line["school"], line["status"], line["level"]) == ("purge", "demo-college", "purged", "info")
    assert line["removed"] == {"leerplannen": 2, "keys": 0, "runs": 2, "lines": 0}
    assert "0013" not in json.dumps([{**each, "process": 0, "time": ""} for each in (start, line, end)])


@pytest.mark.parametrize("arguments", [("--older-than", "2 years"), ("--inbox",)], ids=["term", "inbox"])
def test_a_pupil_goes_with_neither_a_term_nor_the_inbox(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
):
    assert purge(workspace, monkeypatch, "--leerling", "0013", *arguments).exit_code == 2


# --- what stops it ---------------------------------------------------------------------------------------------------


def test_a_broken_school_yaml_stops_that_school_only(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, quarantine: Path, monkeypatch: pytest.MonkeyPatch
):
    broken = workspace.school("broken-college", terugstuuroptie="3")
    before = contents(broken.folder)

    ran = purge(workspace, monkeypatch, *BEFORE, "--json")

    assert ran.exit_code == 78
    assert [(each["status"], each["exit_code"]) for each in ran.json["schools"]] == [("failed", 78), ("purged", 0), ("purged", 0)]
    assert "terugstuuroptie" in ran.json["schools"][0]["message"]
    assert {name: before[name] for name in before} == {name: contents(broken.folder)[name] for name in before}


def test_a_school_that_is_busy_is_left_alone(workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    before = contents(two_nights.folder / "outbox")

    with school_lock(two_nights.folder / ".cito-numo/lock", datetime.now(UTC)):
        ran = purge(workspace, monkeypatch, "demo-college", *BEFORE, "--json")

    assert (ran.exit_code, ran.school["status"]) == (75, "busy")
    assert contents(two_nights.folder / "outbox") == before


@pytest.mark.parametrize("arguments", [BEFORE, ("--leerling", "0013")], ids=["age", "leerling"])
@pytest.mark.parametrize("harm", [lambda path: path.write_bytes(b"no database" * 1000), Path.unlink], ids=["damaged", "lost"])
def test_with_a_ledger_that_cannot_be_trusted_nothing_is_removed(
    workspace: WorkspaceFolder,
    two_nights: SchoolFolder,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[Path], object],
    arguments: tuple[str, ...],
):
    harm(ledger_of(two_nights))
    before = contents(two_nights.folder / "outbox")

    ran = purge(workspace, monkeypatch, "demo-college", *arguments, "--json")

    assert (ran.exit_code, ran.school["status"], ran.school["exit_code"]) == (4, "failed", 4)
    assert "--rebuild" in ran.school["message"]
    assert contents(two_nights.folder / "outbox") == before


def test_a_pupil_is_of_one_school(workspace: WorkspaceFolder, two_nights: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    workspace.school("other-college")
    before = contents(workspace.folder)

    assert purge(workspace, monkeypatch, "--leerling", "0013").exit_code == 2
    assert purge(workspace, monkeypatch, "demo-college", "other-college", "--leerling", "0013").exit_code == 2
    assert contents(workspace.folder) == before
    assert purge(workspace, monkeypatch, "demo-college", "--leerling", "0013").exit_code == 0


# --- of one pupil ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_two_pupils(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: of both pupils, of the one that will be purged alone, and of both again; he is listed as not delivered, too."""
    folder = tmp_path_factory.mktemp("two-pupils")
    with template(folder) as (workspace, school, patch):
        school.numo(f"{NUMBER};{eck_id(1)};2A", f"{OTHER};{eck_id(2)};2A")
        parts = [(number, onderdeel) for number in (NUMBER, OTHER) for onderdeel in ("Rekenen-Wiskunde", "Taalverzorging")]
        school.cito(*(row(number, onderdeel=onderdeel, day=OLD) for number, onderdeel in parts), name="a.csv")
        night(workspace, patch, FIRST_NIGHT)
        school.cito(row(NUMBER, toets="T2", day=NEW, fn="vmbo-kb"), name="b.csv")
        night(workspace, patch, "2026-11-12")
        school.cito(
            row(NUMBER, toets="T2", day="12-11-2026", onderdeel="Taalverzorging", fn="vmbo-gt"),
            row(OTHER, toets="T2", day="12-11-2026", onderdeel="Taalverzorging", fn="vmbo-gt"),
            row(NUMBER, toets="T3", day="13-11-2026", fn="vwo"),
            row(OTHER, toets="T3", day="13-11-2026", fn="vwo"),
            name="c.csv",
        )
        night(workspace, patch, SECOND_NIGHT)
        assert len(school.runs) == 3
        assert [line["leerling"] for line in school.niet_geleverd] == [NUMBER, OTHER]
    return folder


@pytest.fixture
def two_pupils(workspace: WorkspaceFolder, with_two_pupils: Path) -> SchoolFolder:
    return copied(with_two_pupils, workspace)


def test_all_of_a_pupil_goes_from_ledger_outbox_and_report(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    ran = purge(workspace, monkeypatch, "--leerling", NUMBER, "--json")

    assert (ran.exit_code, ran.school["status"]) == (0, "purged")
    assert removed(ran) == {"leerplannen": 2, "runs": 3, "lines": 1}
    assert holding(two_pupils.folder, NUMBER) == []
    assert NUMBER not in ran.stdout + ran.stderr


def test_what_is_of_another_pupil_is_untouched(workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    lines = [plan_lines(folder, OTHER) for folder in two_pupils.runs]
    rows = [[line for line in cells(folder / "leerplannen.csv") if NUMBER not in line] for folder in two_pupils.runs]
    listed = [line for line in cells(two_pupils.folder / "report/niet-geleverd.csv") if NUMBER not in line]
    of_other = sql(two_pupils, "SELECT * FROM leerplannen JOIN onderdelen USING (leerplan) WHERE gebruikersnaam = ?", OTHER)
    names = [folder.name for folder in two_pupils.runs]

    purge(workspace, monkeypatch, "--leerling", NUMBER)

    assert [folder.name for folder in two_pupils.runs] == names
    assert [plan_lines(folder, OTHER) for folder in two_pupils.runs] == lines
    assert [cells(folder / "leerplannen.csv") for folder in two_pupils.runs] == rows
    assert cells(two_pupils.folder / "report/niet-geleverd.csv") == listed
    assert sql(two_pupils, "SELECT * FROM leerplannen JOIN onderdelen USING (leerplan)") == of_other


def test_domeinen_of_another_pupil_are_untouched(workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    school.numo(f"{NUMBER};;2A", f"{OTHER};;2A")
    levels = "vmbo-kb;havo;vmbo-kb;vmbo-gt/havo"
    lines = [f"{EXPORT_HEADER};Getallen;Verhoudingen;Verbanden;Meten en meetkunde", *(f"{row(who)};{levels}" for who in (NUMBER, OTHER))]
    school.put("inbox/cito/export.csv", "\r\n".join([*lines, ""]))
    night(workspace, monkeypatch, SECOND_NIGHT)
    before = plan_lines(school.runs[0], OTHER)
    assert before[0].count(b'"domein":') == 4

    purge(workspace, monkeypatch, "--leerling", NUMBER)

    assert plan_lines(school.runs[0], OTHER) == before
    assert run(workspace, "verify").exit_code == 0


def test_runs_that_were_rewritten_are_sound(workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    purge(workspace, monkeypatch, "--leerling", NUMBER)

    for folder in two_pupils.runs:
        manifest = json.loads((folder / "manifest.json").read_text())
        assert manifest["rewritten"] is True
        for output in manifest["outputs"]:
            content = (folder / output["path"]).read_bytes()
            assert (output["size"], output["sha256"]) == (len(content), sha256_of(content))
        assert {entry.stat().st_mode & 0o777 for entry in folder.iterdir()} == {0o600}
    verified = run(workspace, "verify")
    assert (verified.exit_code, verified.stdout + verified.stderr) == (0, "")
    assert (two_pupils.folder / "outbox/latest").readlink() == Path(two_pupils.runs[-1].name)


def test_the_nights_after_it_deliver_nothing_and_say_nothing(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    purge(workspace, monkeypatch, "--leerling", NUMBER)
    outbox = contents(two_pupils.folder / "outbox")

    for _night in range(2):
        after = night(workspace, monkeypatch, NEXT_DAY)
        assert (after.exit_code, after.school["status"], after.school["message"]) == (0, "nothing_new", "")
    set_clock(monkeypatch, f"{NEXT_DAY}T05:00:00")
    assert workspace.sync("--dry-run").stderr == ""

    assert contents(two_pupils.folder / "outbox") == outbox


def test_a_pupil_who_was_purged_is_named_by_no_list_of_the_nights_after(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    purge(workspace, monkeypatch, "--leerling", NUMBER)

    counts = night(workspace, monkeypatch, NEXT_DAY).school["counts"]

    assert closes(counts)
    assert [line["leerling"] for line in two_pupils.niet_geleverd] == [OTHER]
    assert holding(two_pupils.folder, NUMBER) == []


@pytest.mark.parametrize("odd", [row(NUMBER, day=NEW, fn="?"), row(NUMBER, day="gisteren")], ids=["level", "date"])
def test_rows_that_cannot_be_read_of_a_pupil_who_was_purged_are_not_listed_either(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch, odd: str
):
    two_pupils.cito(odd, row(OTHER, day=NEW, fn="?"), name="odd.csv")
    night(workspace, monkeypatch, SECOND_NIGHT)
    purge(workspace, monkeypatch, "--leerling", NUMBER)

    counts = night(workspace, monkeypatch, NEXT_DAY).school["counts"]

    assert closes(counts)
    assert holding(two_pupils.folder, NUMBER) == []


def test_results_by_eck_id_alone_of_a_pupil_who_was_purged_are_not_delivered(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    purge(workspace, monkeypatch, "--leerling", NUMBER)
    two_pupils.cito(row("", eck_id(1), day=NEW, onderdeel="Begrijpend lezen"), name="by-eck.csv")

    after = night(workspace, monkeypatch, NEXT_DAY)

    assert (after.school["status"], after.school["counts"]["leerplan"]) == ("nothing_new", 0)
    assert holding(two_pupils.folder, NUMBER) == []


def test_a_toets_that_a_purged_pupil_takes_later_is_delivered_with_a_higher_revisie(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    before = given(two_pupils)
    purge(workspace, monkeypatch, "--leerling", NUMBER)
    two_pupils.cito(
        row(NUMBER, toets="T3", day="25-11-2026", fn="vmbo-bb"), row(NUMBER, toets="T3", day="26-11-2026", fn="vmbo-kb"), name="later.csv"
    )

    assert night(workspace, monkeypatch, "2026-11-27").school["status"] == "delivered"

    (plan,) = two_pupils.delivered()["leerplannen"]
    assert (plan["gebruikersnaam"], [part["afnamedatum"] for part in plan["onderdelen"]]) == (NUMBER, ["2026-11-26"])
    assert plan["revisie"] > max(before.values())


def test_a_toets_of_another_pupil_after_it_gets_a_higher_revisie_too(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    before = given(two_pupils)
    purge(workspace, monkeypatch, "--leerling", NUMBER)
    two_pupils.cito(row(OTHER, toets="T3", day="24-11-2026", fn="vmbo-kb"), name="later.csv")

    night(workspace, monkeypatch, NEXT_DAY)

    (plan,) = two_pupils.delivered()["leerplannen"]
    assert (plan["gebruikersnaam"], plan["revisie"] > before[plan["leerplan_id"]]) == (OTHER, True)


def test_a_pupil_of_a_somtoday_school_goes_with_all_cito_keys(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch):
    school = workspace.school(administratie="somtoday")
    school.numo(f"{NUMBER};;2A", *(f"{OTHER}{number};;2A" for number in range(9)))
    edexml = [
        school.edexml(leerling("kkey-old", NUMBER), *(leerling(f"k{number}", f"{OTHER}{number}") for number in range(9)), name="a.xml"),
        school.edexml(leerling("kkey-new", NUMBER), name="b.xml"),
    ]
    school.cito(row(key="kkey-old", day=OLD), row(key="kkey-new", toets="T2", day=NEW, fn="vwo"), row(key="k1", day=NEW))
    delivered = night(workspace, monkeypatch, SECOND_NIGHT)
    assert delivered.school["status"] == "delivered", delivered.school["message"]
    assert [line["leerling"] for line in school.niet_geleverd] == ["kkey-new"]
    for path in edexml:
        path.unlink()

    ran = purge(workspace, monkeypatch, "--leerling", NUMBER, "--json")

    assert removed(ran) == {"leerplannen": 1, "keys": 2, "runs": 1, "lines": 1}
    assert holding(school.folder, NUMBER) + holding(school.folder, "kkey-") == []
    after = night(workspace, monkeypatch, NEXT_DAY)
    assert (after.exit_code, after.school["status"], after.school["message"]) == (0, "nothing_new", "")
    assert (after.school["counts"]["leerplan"], after.school["counts"]["niet_gekoppeld"]) == (0, 0)
    assert holding(school.folder, NUMBER) + holding(school.folder, "kkey-") == []


def test_a_later_toets_of_a_purged_pupil_of_a_somtoday_school_is_joined_by_the_edexml_of_the_inbox(
    workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
):
    school = workspace.school(administratie="somtoday")
    school.numo(f"{NUMBER};;2A", f"{OTHER};;2A")
    school.edexml(leerling("k1", NUMBER), leerling("k2", OTHER))
    school.cito(row(key="k1", day=NEW), row(key="k2", day=NEW))
    night(workspace, monkeypatch, SECOND_NIGHT)
    purge(workspace, monkeypatch, "--leerling", NUMBER)
    after = night(workspace, monkeypatch, NEXT_DAY)
    assert (after.exit_code, after.school["status"], after.school["message"]) == (0, "nothing_new", "")
    school.cito(row(key="k1", toets="T2", day="26-11-2026"), name="later.csv")

    night(workspace, monkeypatch, "2026-11-27")

    assert [plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]] == [NUMBER]


def test_a_number_that_is_not_known_is_told_and_changes_no_run(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    outbox, report = contents(two_pupils.folder / "outbox"), contents(two_pupils.folder / "report")

    ran = purge(workspace, monkeypatch, "--leerling", NUMBER.lstrip("0"))

    assert ran.exit_code == 3
    assert "Nothing of this pupil was found" in ran.stderr
    assert NUMBER.lstrip("0") not in ran.stdout + ran.stderr
    assert contents(two_pupils.folder / "outbox") == outbox
    assert contents(two_pupils.folder / "report")["niet-geleverd.csv"] == report["niet-geleverd.csv"]
    assert night(workspace, monkeypatch, NEXT_DAY).school["status"] == "nothing_new"


@pytest.mark.parametrize("number", ["=1+1", "-2x", "@0104", "+x12", "a;b", 'a"b', "'t-hooft"])
def test_a_number_that_a_spreadsheet_would_take_for_something_else_goes_too(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch, number: str
):
    quoted = f'"{number.replace(chr(34), chr(34) * 2)}"'
    school.numo(f"{quoted};;2A", f"{OTHER};;2A")
    school.cito(row(quoted, day=NEW), row(quoted, toets="T2", day="12-11-2026", fn="vwo"), row(OTHER, day=NEW, fn="vwo"))
    night(workspace, monkeypatch, SECOND_NIGHT)
    (name,) = {plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]}

    ran = purge(workspace, monkeypatch, f"--leerling={name}", "--json")

    assert (ran.exit_code, removed(ran)) == (0, {"leerplannen": 1, "runs": 1, "lines": 1})
    assert [line["leerling"] for line in school.niet_geleverd] == [OTHER]
    assert holding(school.folder, name) == []
    assert holding(school.folder, json.dumps(name)) == []


@pytest.mark.parametrize(("encoding", "separator"), [("utf-8-sig", '";"'), ("utf-8", '","'), ("utf-16", r'"\t"'), ("windows-1252", '";"')])
def test_the_list_keeps_its_style_without_the_pupil(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch, encoding: str, separator: str
):
    school.configure(csv=f"{{encoding: {encoding}, separator: {separator}}}")
    school.numo(f"{NUMBER};;2A", f"{OTHER};;2A")
    school.cito(row(OTHER, day=NEW, fn="vwo"), name="a.csv")
    night(workspace, monkeypatch, SECOND_NIGHT)
    path = school.folder / "report/niet-geleverd.csv"
    without = path.read_bytes()
    school.cito(row(NUMBER, day=NEW, fn="vwo"), name="b.csv")
    night(workspace, monkeypatch, SECOND_NIGHT)
    assert path.read_bytes() != without

    purge(workspace, monkeypatch, "--leerling", NUMBER)

    assert path.read_bytes() == without


def test_a_list_in_another_style_than_the_school_has_now_is_emptied_of_the_pupil(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    two_pupils.configure(csv='{encoding: utf-16, separator: ","}')

    assert purge(workspace, monkeypatch, "--leerling", NUMBER).exit_code == 0

    assert holding(two_pupils.folder, NUMBER) == []


def test_a_run_that_was_altered_is_told_and_left_as_it_is(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    path = two_pupils.runs[0] / "leerplannen.csv"
    path.write_bytes(path.read_bytes() + b"\r\n")
    before = contents(two_pupils.runs[0])

    ran = purge(workspace, monkeypatch, "--leerling", NUMBER, "--json")

    assert (ran.exit_code, ran.school["removed"]["runs"]) == (3, 2)
    assert two_pupils.runs[0].name in ran.school["message"]
    assert contents(two_pupils.runs[0]) == before


def test_a_pupil_of_a_run_that_the_importer_took_goes_from_the_ledger(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    delivery.remove(two_pupils.folder / "outbox", [folder.name for folder in two_pupils.runs])

    ran = purge(workspace, monkeypatch, "--leerling", NUMBER, "--json")

    assert removed(ran) == {"leerplannen": 2, "lines": 1}
    assert holding(two_pupils.folder, NUMBER) == []


def test_a_ledger_that_was_put_aside_keeps_nothing_of_the_pupil(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    path = ledger_of(two_pupils)
    content = bytearray(path.read_bytes())
    content[3 * 4096] ^= 0xFF
    path.write_bytes(bytes(content))
    night(workspace, monkeypatch, SECOND_NIGHT, "--rebuild")
    assert any("ledger-damaged" in name for name in holding(two_pupils.folder, NUMBER))

    purge(workspace, monkeypatch, "--leerling", NUMBER)

    assert holding(two_pupils.folder, NUMBER) == []


@pytest.mark.parametrize("with_night", [True, False], ids=["after a night", "at once"])
def test_a_ledger_that_is_built_anew_does_not_bring_a_purged_pupil_back(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch, *, with_night: bool
):
    purge(workspace, monkeypatch, "--leerling", NUMBER)
    if with_night:
        night(workspace, monkeypatch, NEXT_DAY)
    ledger_of(two_pupils).unlink()

    ran = night(workspace, monkeypatch, NEXT_DAY, "--rebuild")

    assert ran.exit_code == 3
    assert len(two_pupils.runs) == 3
    assert holding(two_pupils.folder, NUMBER) == []


def test_an_old_ledger_that_was_put_back_does_not_bring_a_purged_pupil_back(
    workspace: WorkspaceFolder, two_pupils: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    old = ledger_of(two_pupils).read_bytes()
    purge(workspace, monkeypatch, "--leerling", NUMBER)
    two_pupils.cito(row(OTHER, toets="T3", day="24-11-2026", fn="vmbo-kb"), name="later.csv")
    assert night(workspace, monkeypatch, NEXT_DAY).school["status"] == "delivered"
    ledger_of(two_pupils).write_bytes(old)
    assert night(workspace, monkeypatch, "2026-11-27").school["status"] == "held"

    night(workspace, monkeypatch, "2026-11-27", "--rebuild", "--full")

    assert [plan["gebruikersnaam"] for plan in two_pupils.delivered()["leerplannen"]] == [OTHER, OTHER]
    (aside,) = (two_pupils.folder / ".cito-numo").glob("ledger-damaged-*")
    aside.unlink()
    assert holding(two_pupils.folder, NUMBER) == []


# --- whole or not at all ---------------------------------------------------------------------------------------------

CRASHES = pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        (delivery, "build", 1),
        (delivery, "publish", 0),
        (delivery, "publish", 1),
        (Ledger, "mark_built", 0),
        (delivery, "remove", 1),
        (purging, "write_whole", 0),
        (Ledger, "purge_leerling", 0),
    ],
    ids=lambda value: str(getattr(value, "__name__", value)).removeprefix("cito_numo."),
)
"""What fails, after it went well so many times."""


def fails_after(function: Callable[..., object], times: int) -> Callable[..., object]:
    left = [times]

    def failing(*arguments: object, **options: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            disk_full()
        return function(*arguments, **options)

    return failing


State = tuple[dict[str, bytes | str], dict[str, list[tuple]]]


def purged_state(workspace: Path, folder: Path, *arguments: str) -> State:
    """Outbox and ledger after a purge of a copy of this workspace that nothing disturbs."""
    with template(folder) as (copy, _school, patch):
        school = copied(workspace, copy)
        assert purge(copy, patch, *arguments).exit_code == 0
    return contents(school.folder / "outbox"), kept(school)


@pytest.fixture(scope="module")
def without_the_pupil(with_two_pupils: Path, tmp_path_factory: pytest.TempPathFactory) -> State:
    return purged_state(with_two_pupils, tmp_path_factory.mktemp("undisturbed"), "--leerling", NUMBER)


@pytest.fixture(scope="module")
def without_what_is_old(with_two_pupils: Path, tmp_path_factory: pytest.TempPathFactory) -> State:
    return purged_state(with_two_pupils, tmp_path_factory.mktemp("undisturbed"), *TWELVE_DAYS)


@CRASHES
@pytest.mark.parametrize("with_night", [False, True], ids=["at once", "after a night"])
def test_a_purge_of_a_pupil_that_was_cut_short_goes_on_where_it_was(
    workspace: WorkspaceFolder,
    two_pupils: SchoolFolder,
    without_the_pupil: State,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    after: int,
    *,
    with_night: bool,
):
    of_other = [plan_lines(folder, OTHER) for folder in two_pupils.runs]
    with monkeypatch.context() as crash:
        crash.setattr(owner, name, fails_after(getattr(owner, name), after))
        assert purge(workspace, monkeypatch, "--leerling", NUMBER).exit_code == 74
    if with_night:
        between = night(workspace, monkeypatch, NEXT_DAY)
        assert between.exit_code == 0, between.school["message"]
        assert run(workspace, "verify").exit_code == 0
        assert [plan_lines(folder, OTHER) for folder in two_pupils.runs] == of_other

    again = purge(workspace, monkeypatch, "--leerling", NUMBER)

    assert again.exit_code == 0, again.stderr
    assert holding(two_pupils.folder, NUMBER) == []
    assert (contents(two_pupils.folder / "outbox"), kept(two_pupils)) == without_the_pupil
    assert run(workspace, "verify").exit_code == 0
    assert night(workspace, monkeypatch, NEXT_DAY).school["status"] == "nothing_new"


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        (delivery, "remove", 0),
        (delivery, "_take_away", 1),
        (delivery, "point_latest", 1),
        (purging, "write_whole", 0),
        (Ledger, "purge", 0),
    ],
    ids=lambda value: str(getattr(value, "__name__", value)).removeprefix("cito_numo."),
)
@pytest.mark.parametrize("with_night", [False, True], ids=["at once", "after a night"])
def test_a_purge_by_age_that_was_cut_short_goes_on_where_it_was(
    workspace: WorkspaceFolder,
    two_pupils: SchoolFolder,
    without_what_is_old: State,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    after: int,
    *,
    with_night: bool,
):
    with monkeypatch.context() as crash:
        crash.setattr(owner, name, fails_after(getattr(owner, name), after))
        assert purge(workspace, monkeypatch, *TWELVE_DAYS).exit_code == 74
    if with_night:
        between = night(workspace, monkeypatch, NEXT_DAY)
        assert (between.exit_code, between.school["status"]) == (0, "nothing_new"), between.school["message"]
        assert run(workspace, "verify").exit_code == 0

    assert purge(workspace, monkeypatch, *TWELVE_DAYS).exit_code == 0

    assert (contents(two_pupils.folder / "outbox"), kept(two_pupils)) == without_what_is_old
    assert run(workspace, "verify").exit_code == 0


def test_a_school_that_fails_does_not_stop_the_quarantine(
    workspace: WorkspaceFolder, two_nights: SchoolFolder, quarantine: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as crash:
        crash.setattr(delivery, "remove", disk_full)
        ran = purge(workspace, monkeypatch, *BEFORE, "--json")

    assert (ran.exit_code, [each["status"] for each in ran.json["schools"]]) == (74, ["failed", "purged"])
    assert sorted(contents(quarantine)) == ["new.eml", "new.eml.txt"]
