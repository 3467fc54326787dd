"""A ledger that was damaged, lost or put back from long ago: held, and built anew from the runs in the outbox."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SchoolFolder, WorkspaceFolder, leerling, row
from upkeep_for_tests import copied, ledger_of, template


def in_force(school: SchoolFolder) -> dict[str, tuple]:
    """The newest revisie of each leerplan, over all runs."""
    newest: dict[str, tuple] = {}
    for run in range(len(school.runs)):
        for plan in school.delivered(run)["leerplannen"]:
            newest[plan["leerplan_id"]] = (plan["revisie"], plan["status"], plan["onderdelen"])
        for plan in school.delivered(run)["ingetrokken"]:
            newest[plan["leerplan_id"]] = (plan["revisie"], "ingetrokken", plan["reden"])
    return newest


@pytest.fixture(scope="module")
def after_three_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: two pupils, a newer toets of one, a correction that takes the other's leerplan back."""
    folder = tmp_path_factory.mktemp("three-nights")
    with template(folder) as (workspace, school, _patch):
        school.numo("0012;;2A", "0013;;2A")
        school.cito(row("0012"), row("0013"), name="a.csv")
        workspace.sync()
        school.cito(row("0012", toets="T2", day="10-11-2026", fn="vmbo-kb"), name="b.csv")
        workspace.sync()
        school.cito(row("0013", fn="vwo"), name="c.csv")
        workspace.sync()
        assert len(school.runs) == 3
    return folder


@pytest.fixture
def three_nights(workspace: WorkspaceFolder, after_three_nights: Path) -> SchoolFolder:
    return copied(after_three_nights, workspace)


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8192] + b"\x00" * 500 + path.read_bytes()[8692:])


def flip(path: Path) -> None:
    """Change one byte of the b-tree that holds the onderdelen."""
    content = bytearray(path.read_bytes())
    content[3 * 4096] ^= 0xFF
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    "harm", [Path.unlink, damage, flip, lambda path: path.write_bytes(b"")], ids=["gone", "torn", "flipped", "emptied"]
)
def test_a_ledger_that_cannot_be_trusted_is_held_and_built_anew_with_nothing_delivered_twice(
    workspace: WorkspaceFolder, three_nights: SchoolFolder, harm: Callable[[Path], object]
):
    before = {run.name: (run / "leerplannen.json").read_bytes() for run in three_nights.runs}
    harm(ledger_of(three_nights))

    held = workspace.sync_json()
    assert (held.exit_code, held.school["status"]) == (4, "held")
    assert "--rebuild" in held.school["message"]
    rebuilt = workspace.sync_json("--rebuild")
    assert (rebuilt.exit_code, rebuilt.school["status"]) == (3, "nothing_new")
    assert "the runs in the outbox (3)" in rebuilt.school["message"]
    assert {run.name: (run / "leerplannen.json").read_bytes() for run in three_nights.runs} == before
    after = workspace.sync_json()
    assert (after.exit_code, after.school["status"], after.school["message"]) == (0, "nothing_new", "")


def test_after_a_rebuild_revisies_go_on_where_they_were(workspace: WorkspaceFolder, three_nights: SchoolFolder):
    ledger_of(three_nights).unlink()
    workspace.sync("--rebuild")

    three_nights.cito(row("0012", toets="T3", day="20-11-2026", fn="havo"), name="d.csv")
    workspace.sync()

    (plan,) = three_nights.delivered()["leerplannen"]
    assert plan["revisie"] == 3


def test_an_export_of_before_the_rebuild_corrects_nothing(workspace: WorkspaceFolder, three_nights: SchoolFolder):
    ledger_of(three_nights).unlink()
    (three_nights.folder / "inbox/cito/c.csv").unlink()
    (three_nights.folder / "inbox/cito/b.csv").unlink()
    (still,) = [key for key, (_revisie, status, _onderdelen) in in_force(three_nights).items() if status == "te_verwerken"]
    before = in_force(three_nights)[still]

    workspace.sync("--rebuild")

    assert in_force(three_nights)[still] == before


def test_what_was_in_runs_that_were_taken_comes_again_as_a_higher_revisie(workspace: WorkspaceFolder, three_nights: SchoolFolder):
    given = {(plan["leerplan_id"], plan["revisie"]) for run in range(3) for plan in three_nights.delivered(run)["leerplannen"]}
    shutil.rmtree(three_nights.runs[1])
    ledger_of(three_nights).unlink()

    rebuilt = workspace.sync_json("--rebuild")

    assert (rebuilt.exit_code, rebuilt.school["status"]) == (3, "delivered")
    assert "taken from the outbox before" in rebuilt.school["message"]
    again = {(plan["leerplan_id"], plan["revisie"]) for plan in three_nights.delivered()["leerplannen"]}
    assert again
    assert not again & given


def test_an_onderdeel_that_is_in_force_in_two_vakken_stays_in_the_new_one(workspace: WorkspaceFolder, school: SchoolFolder):
    """It moved to another vak, in a run that was taken from the outbox: those that are left tell of it in both."""
    school.numo("0012;;2A", "0013;;2A")
    school.cito(row("0012"), row("0013"))
    workspace.sync()
    (workspace.folder / "leerlijnen.yaml").write_text("wiskunde: {rekenen-wiskunde: [Rekenen], meten: [Meten]}\n")
    workspace.sync()
    school.cito(row("0012", onderdeel="Meten"), row("0013", onderdeel="Meten"), name="b.csv")
    workspace.sync()
    shutil.rmtree(school.runs[1])
    ledger_of(school).unlink()

    assert workspace.sync("--rebuild").exit_code == 3
    school.cito(row("0012", fn="vmbo-kb"), row("0013", toets="T2", day="10-11-2026"), name="c.csv")
    assert workspace.sync().exit_code == 0

    assert [plan["vak"] for plan in school.delivered(-2)["ingetrokken"]] == ["rekenen", "rekenen"]
    corrected, newer = (plan["onderdelen"] for plan in school.delivered()["leerplannen"])
    assert [(one["onderdeel"], one["functioneringsniveau"]) for one in corrected] == [("rekenen-wiskunde", "vmbo-kb"), ("meten", "havo")]
    assert [(one["onderdeel"], one["toets"]) for one in newer] == [("meten", "T1"), ("rekenen-wiskunde", "T2")]
    assert workspace.sync_json().school["status"] == "nothing_new"


def test_a_ledger_that_is_lost_is_noticed_also_when_the_importer_took_every_run(workspace: WorkspaceFolder, three_nights: SchoolFolder):
    shutil.rmtree(three_nights.folder / "outbox")
    ledger_of(three_nights).unlink()

    assert workspace.sync_json().school["status"] == "held"
    assert workspace.sync_json("--rebuild").school["status"] == "delivered"
    assert {plan["revisie"] for plan in three_nights.delivered()["leerplannen"]} == {4}


def test_an_old_ledger_that_was_put_back_is_noticed(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    old = ledger_of(school).read_bytes()
    school.cito(row("0012", toets="T2", day="10-11-2026", fn="vmbo-kb"), name="b.csv")
    workspace.sync()
    ledger_of(school).write_bytes(old)

    assert workspace.sync_json().school["status"] == "held"
    assert workspace.sync_json("--rebuild").school["status"] == "nothing_new"


def test_what_an_old_ledger_still_tells_is_kept(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A", "0013;;2A")
    path = school.edexml(leerling("key-1", "0012"), leerling("key-2", "0013")).rename(workspace.folder / "sleutels.xml")
    school.cito(row(key="key-1"))
    config = ("--config", str(workspace.folder / "cito-numo.yaml"))
    workspace.run("edexml", "import", str(path), "--school", "demo-college", *config)
    workspace.sync()
    old = ledger_of(school).read_bytes()
    school.cito(row(key="key-2"), name="b.csv")
    workspace.sync()
    ledger_of(school).write_bytes(old)

    assert workspace.run("edexml", "import", str(path), "--school", "demo-college", *config).exit_code == 4
    assert workspace.sync_json("--rebuild").school["status"] == "nothing_new"
    school.cito(row(key="key-2", toets="T2", day="10-11-2026", fn="vmbo-kb"), name="c.csv")
    workspace.sync()
    (plan,) = school.delivered()["leerplannen"]
    assert (plan["gebruikersnaam"], plan["revisie"]) == ("0013", 2)


def test_what_was_purged_stays_so_when_the_ledger_is_built_anew(workspace: WorkspaceFolder, three_nights: SchoolFolder):
    config = ("--config", str(workspace.folder / "cito-numo.yaml"))
    assert workspace.run("purge", "demo-college", "--leerling", "0012", "--yes", *config).exit_code == 0
    workspace.sync(day="2026-11-25")
    ledger_of(three_nights).unlink()

    workspace.sync("--rebuild", day="2026-11-25")

    given = [plan["gebruikersnaam"] for run in range(len(three_nights.runs)) for plan in three_nights.delivered(run)["leerplannen"]]
    assert "0012" not in given


def test_a_ledger_is_not_built_anew_from_a_run_that_was_altered(workspace: WorkspaceFolder, three_nights: SchoolFolder):
    ledger_of(three_nights).unlink()
    path = three_nights.runs[0] / "leerplannen.json"
    path.write_bytes(path.read_bytes().replace(b"havo", b"vwo"))

    ran = workspace.sync_json("--rebuild")

    assert (ran.exit_code, ran.school["status"]) == (4, "held")
    assert "leerplannen.json was changed" in ran.school["message"]


def test_a_sound_ledger_is_left_as_it_is(workspace: WorkspaceFolder, three_nights: SchoolFolder):
    ran = workspace.sync_json("--rebuild")

    assert (ran.exit_code, ran.school["status"]) == (0, "nothing_new")
    assert "sound" in ran.school["message"]
    assert [entry.name for entry in sorted(ledger_of(three_nights).parent.iterdir())] == ["ledger.sqlite", "lock"]


def test_a_ledger_of_a_newer_version_is_held_and_never_built_anew(workspace: WorkspaceFolder, three_nights: SchoolFolder):
    connection = sqlite3.connect(ledger_of(three_nights))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = ledger_of(three_nights).read_bytes()

    ran = workspace.sync_json("--rebuild")

    assert (ran.exit_code, ran.school["status"]) == (4, "held")
    assert "newer version" in ran.school["message"]
    assert ledger_of(three_nights).read_bytes() == before


def test_keys_that_were_imported_are_asked_for_again(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A")
    path = school.edexml(leerling("key-1", "0012"))
    school.cito(row(key="key-1"))
    workspace.run("edexml", "import", str(path), "--school", "demo-college", "--config", str(workspace.folder / "cito-numo.yaml"))
    path.unlink()
    assert workspace.sync_json().school["status"] == "delivered"
    ledger_of(school).unlink()

    ran = workspace.sync_json("--rebuild")

    assert ran.school["status"] == "waiting"
    assert "edexml import" in ran.school["message"]
    assert len(school.runs) == 1


# --- runs that were altered ------------------------------------------------------------------------------------------


def test_a_run_that_was_altered_is_told_once_and_lasts_until_it_is_gone(workspace: WorkspaceFolder, three_nights: SchoolFolder):
    path = three_nights.runs[0] / "leerplannen.csv"
    path.write_bytes(path.read_bytes().replace(b"havo", b"vwo1"))

    first = workspace.sync()
    assert first.exit_code == 3
    assert "not as it was delivered: leerplannen.csv was changed" in first.stderr
    second = workspace.sync()
    assert (second.exit_code, second.stderr) == (3, "")
    shutil.rmtree(three_nights.runs[0])
    third = workspace.sync()
    assert (third.exit_code, third.stderr) == (0, "")


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda run: (run / "leerplannen.json").unlink(), "leerplannen.json is gone"),
        (lambda run: (run / "manifest.json").unlink(), "manifest.json is gone"),
        (lambda run: (run / "manifest.json").write_bytes((run / "manifest.json").read_bytes() + b"\n"), "manifest.json was changed"),
        (lambda run: (run / "erbij.txt").write_bytes(b""), "erbij.txt was added"),
    ],
    ids=["gone", "no manifest", "manifest", "added"],
)
def test_whatever_was_altered_in_a_run_is_told(
    workspace: WorkspaceFolder, three_nights: SchoolFolder, alter: Callable[[Path], object], said: str
):
    alter(three_nights.runs[1])

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (3, "nothing_new")
    assert said in ran.school["message"]


def test_a_withdrawal_survives_a_rebuild_though_an_older_correction_lies_there(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    first = school.cito(row("0012"), name="a.csv")
    workspace.sync()
    school.cito(row("0012", fn="vmbo-kb"), name="b.csv")
    last = school.cito(row("0012"), row("0012", fn="havo"), name="c.csv")
    assert workspace.sync_json().school["status"] == "nothing_new"
    withdraw = ("plans", "withdraw", "--school", "demo-college", "--leerling", "0012", "--reden", "Fout", "--yes")
    assert workspace.run(*withdraw, "--config", str(workspace.folder / "cito-numo.yaml")).exit_code == 0
    first.unlink()
    last.unlink()
    assert workspace.sync_json().school["status"] == "nothing_new"
    ledger_of(school).unlink()

    workspace.sync("--rebuild")

    assert len(school.runs) == 2
    assert workspace.sync_json().school["status"] == "nothing_new"
