"""Nights in which something goes wrong, or is mended: what is remembered, what is judged anew, and what is never lost."""

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from conftest import EXPORT_HEADER, SchoolFolder, WorkspaceFolder, eck_id, leerling, row

from cito_numo import delivery, files, groundwork, inbox, outbox
from cito_numo import sync as nights
from cito_numo.inbox import Content, InboxFile
from cito_numo.ledger import Ledger, RunState


def disk_full(*_arguments: object, **_options: object) -> None:
    raise OSError(28, "No space left on device")


def code_in(message: str) -> str:
    return message.split("--accept ")[1].split(maxsplit=1)[0]


def level(school: SchoolFolder) -> str:
    """The functioneringsniveau of the first onderdeel that was delivered last."""
    return school.delivered()["leerplannen"][0]["onderdelen"][0]["functioneringsniveau"]


@pytest.fixture
def growing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Lets a file grow while it is waited for."""

    def grow(path: Path) -> None:
        path.write_text("x")
        monkeypatch.setattr(inbox.time, "sleep", lambda _seconds: path.write_text("xx"))

    return grow


# --- what makes a night be worked out anew ---------------------------------------------------------------------------


def test_a_file_that_could_not_be_read_once_is_read_the_next_night(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    school.cito(row("0012", toets="T2", day="10-11-2026", fn="vmbo-kb"), name="later.csv")

    def flaky(file: InboxFile) -> Content:
        if "later" in file.name:
            raise OSError(5, "Input/output error")
        return inbox.read(file)

    with monkeypatch.context() as trouble:
        trouble.setattr(groundwork, "read", flaky)
        assert workspace.sync_json().exit_code == 3

    assert workspace.sync_json().school["status"] == "delivered"


def test_a_file_that_still_grows_is_told_on_an_idle_night_and_forgotten_when_it_is_gone(
    workspace: WorkspaceFolder, school: SchoolFolder, growing: Callable[[Path], None]
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    path = school.folder / "inbox/cito/growing.csv"
    growing(path)

    assert "still being written" in workspace.sync_json().school["message"]
    path.unlink()
    after = workspace.sync_json()
    assert (after.exit_code, after.school["message"]) == (0, "")


def test_a_new_version_works_the_night_out_anew(workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    monkeypatch.setattr(groundwork, "__version__", "99")

    assert workspace.sync_json().school["counts"]["ongewijzigd"] == 1


def test_other_leerlijnen_move_the_onderdeel_to_its_new_vak(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    (workspace.folder / "leerlijnen.yaml").write_text("wiskunde:\n  rekenen-wiskunde: [Rekenen]\n")

    workspace.sync()

    assert [plan["vak"] for plan in school.delivered()["leerplannen"]] == ["wiskunde"]
    assert [(plan["vak"], plan["revisie"]) for plan in school.delivered()["ingetrokken"]] == [("rekenen", 2)]


def test_leerlijnen_that_change_during_a_night_hold_for_all_schools_of_the_next(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    other = workspace.school("other-college")
    for each, number in ((school, "0012"), (other, "0013")):
        each.numo(f"{number};;2A")
        each.cito(row(number))
    leerlijnen = workspace.folder / "leerlijnen.yaml"
    leerlijnen.write_text("rekenen:\n  rekenen-wiskunde: []\n")
    one_school = nights.Sync.school

    def edited_meanwhile(sync: nights.Sync, korte_naam: str) -> nights.RunResult:
        result = one_school(sync, korte_naam)
        leerlijnen.write_text("wiskunde:\n  rekenen-wiskunde: []\n")
        return result

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(nights.Sync, "school", edited_meanwhile)
        workspace.sync()

    assert [each["status"] for each in workspace.sync_json().json["schools"]] == ["delivered", "delivered"]


def test_a_list_of_what_was_not_delivered_comes_back_when_it_is_gone(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"), row("0012", toets="T2", fn="vwo"))
    workspace.sync()
    shutil.rmtree(school.folder / "report")

    workspace.sync()

    assert [line["uitkomst"] for line in school.niet_geleverd] == ["boven_terugstuuroptie"]


def test_an_earlier_day_is_worked_out_for_itself(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012", day="10-11-2026"))
    workspace.sync(day="2026-11-24")

    assert workspace.sync_json(day="2026-11-01").school["counts"]["ongeldig"] == 1


# --- the order of files ----------------------------------------------------------------------------------------------


def test_a_file_that_was_seen_first_stays_older_whatever_its_time(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    old = school.cito(row("0012", fn="vmbo-bb"), name="old.csv")
    workspace.sync()
    school.cito(row("0012", fn="havo"), name="new.csv")
    workspace.sync()
    os.utime(old, (1_795_000_000, 1_795_000_000))

    assert workspace.sync_json().school["status"] == "nothing_new"
    assert level(school) == "havo"


def test_a_list_of_numo_that_was_seen_first_stays_older_whatever_its_time(workspace: WorkspaceFolder, school: SchoolFolder):
    old = school.numo("0012;;2A", "0013;;2A", name="old.csv")
    school.cito(row("0012"))
    workspace.sync()
    school.numo("0012;;2A", "0013;;2A", "0014;;2A", name="new.csv")
    workspace.sync()
    os.utime(old, (1_795_000_000, 1_795_000_000))
    school.cito(row("0014"), name="later.csv")

    assert workspace.sync_json().school["counts"]["niet_gekoppeld"] == 0


def test_the_order_is_remembered_of_a_night_that_failed_too(workspace: WorkspaceFolder, school: SchoolFolder):
    broken = school.put("inbox/numo/numo.csv", "x;y\r\n1;2\r\n")
    first = school.cito(row("0012", fn="vmbo-bb"), name="first.csv")
    os.utime(first, (1_795_000_000, 1_795_000_000))
    assert workspace.sync_json().exit_code == 65
    broken.unlink()
    school.numo("0012;;2A")
    school.cito(row("0012", fn="havo"), name="second.csv")

    workspace.sync()

    assert level(school) == "havo"


def test_of_two_new_edexml_files_the_one_that_says_it_was_made_later_counts(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A", "0013;;2A")
    made_later = school.edexml(leerling("k1", "0012"), name="a.xml")
    made_earlier = school.edexml(leerling("k1", ""), leerling("k2", "0013"), name="b.xml")
    for path, day in ((made_later, "2026-11-02"), (made_earlier, "2026-11-01")):
        changed = path.stat().st_mtime
        path.write_text(path.read_text().replace("</school>", f"<aanmaakdatum>{day}T08:00:00</aanmaakdatum></school>"))
        os.utime(path, (changed, changed))
    school.cito(row(key="k1"), row(key="k2"))

    assert workspace.sync_json().school["counts"]["leerplan"] == 2


def test_what_a_newer_file_confirmed_is_not_corrected_by_the_one_before_it(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"), name="a.csv")
    workspace.sync()
    school.cito(row("0012", fn="vmbo-kb"), name="b.csv")
    confirming = school.cito(row("0012"), row("0012", onderdeel="Taalverzorging", fn="M5"), name="c.csv")
    assert workspace.sync_json().school["status"] == "nothing_new"
    confirming.unlink()

    assert workspace.sync_json().school["status"] == "nothing_new"


def test_a_correction_that_a_full_disk_kept_back_is_not_taken_for_delivered(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012"), name="a.csv")
    workspace.sync()
    school.cito(row("0012", fn="vmbo-kb"), name="b.csv")
    newest = school.cito(row("0012", fn="vmbo-bb"), name="c.csv")
    with monkeypatch.context() as full:
        full.setattr(delivery, "build", disk_full)
        assert workspace.sync_json().exit_code == 74
    newest.unlink()

    workspace.sync()

    assert level(school) == "vmbo-kb"


def test_a_result_that_is_in_force_is_unchanged_also_in_an_older_file(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"), name="a.csv")
    workspace.sync()
    above = school.cito(row("0012", fn="vwo"), name="b.csv")
    workspace.sync()
    again = school.cito(row("0012"), row("0012", onderdeel="Taalverzorging"), name="c.csv")
    workspace.sync()
    above.unlink()
    again.unlink()

    assert workspace.sync_json().school["counts"]["ongewijzigd"] == 1


# --- held, and agreed to ---------------------------------------------------------------------------------------------


@pytest.fixture
def agreed(workspace: WorkspaceFolder, school: SchoolFolder) -> str:
    """The code of a hold that a person agreed to."""
    school.numo("0012;;2A")
    school.cito(row("0012"), row("0098"), row("0099"))
    code = code_in(workspace.sync_json().school["message"])
    assert workspace.sync_json("--accept", code).school["status"] == "delivered"
    return code


@pytest.mark.usefixtures("agreed")
def test_a_hold_that_was_agreed_to_does_not_come_back_for_the_same_files(workspace: WorkspaceFolder, school: SchoolFolder):
    assert workspace.sync_json("--full").exit_code == 3
    school.configure(name="Other name")
    assert workspace.sync_json().exit_code == 3


def test_a_hold_comes_back_for_other_files(workspace: WorkspaceFolder, school: SchoolFolder, agreed: str):
    school.cito(row("0012"), row("0096"), row("0097"), row("0098"), name="other.csv")

    held = workspace.sync_json("--accept", agreed)

    assert held.school["status"] == "held"
    assert code_in(held.school["message"]) != agreed


def test_a_hold_that_was_agreed_to_outlives_a_crash(workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    school.numo(*(f"00{number};;2A" for number in range(10, 20)))
    school.cito(row("0012"))
    workspace.sync()
    school.numo("0012;;2A", name="newer.csv")
    school.cito(row("0012", toets="T2", day="10-11-2026"), name="later.csv")
    code = code_in(workspace.sync_json().school["message"])
    with monkeypatch.context() as crash:
        crash.setattr(Ledger, "remember_night", disk_full)
        assert workspace.sync_json("--accept", code).exit_code == 74

    assert workspace.sync_json().exit_code == 0
    assert len(school.runs) == 2


def test_an_edexml_of_another_brin_that_was_agreed_to_stays_agreed_to(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A")
    school.edexml(leerling("k1", "0012"), brin="99ZZ")
    school.cito(row(key="k1"))
    workspace.sync("--accept", code_in(workspace.sync_json().school["message"]))
    school.edexml(leerling("k1", "0012"), name="own.xml")
    workspace.sync()
    school.cito(row(key="k1", toets="T2", day="10-11-2026"), name="later.csv")

    assert workspace.sync_json().exit_code == 0


def test_who_takes_citos_number_on_trust_is_not_held_for_a_smaller_export(workspace: WorkspaceFolder):
    school = workspace.school(trust_leerlingnummer="true")
    school.cito(*(row(f"00{number}") for number in range(10, 20))).rename(workspace.folder / "gone.csv")
    (workspace.folder / "gone.csv").rename(school.folder / "inbox/cito/export.csv")
    workspace.sync()
    (school.folder / "inbox/cito/export.csv").unlink()
    school.cito(row("0012", toets="T2", day="10-11-2026"), name="later.csv")

    assert workspace.sync_json().exit_code == 0


# --- never a wrong match ---------------------------------------------------------------------------------------------


def test_two_pupils_of_the_edexml_with_one_gebruikersnaam_are_found_by_no_key(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    school.edexml(leerling("k1", "0012", eck_id(1)), leerling("k2", "0012", eck_id(2)), leerling("k3", "0013", eck_id(3)))
    school.cito(row("", eck_id(1)), row("", eck_id(2)), row("0013"), row("0013", onderdeel="Taalverzorging"))

    assert workspace.sync_json().school["counts"]["leerplan"] in (0, 2)
    assert all(plan["gebruikersnaam"] == "0013" for run in range(len(school.runs)) for plan in school.delivered(run)["leerplannen"])


def test_the_eck_id_of_somebody_who_is_not_in_numo_contradicts_the_number_of_another(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    school.edexml(leerling("k1", "0099", eck_id(5)), leerling("k2", "0013", eck_id(6)))
    school.cito(row("0012", eck_id(5)), row("0013"))

    counts = workspace.sync_json().school["counts"]

    assert (counts["tegenstrijdig"], counts["leerplan"]) == (1, 1)


def test_a_secret_that_was_made_anew_contradicts_nobody(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    numbers = range(10, 20)
    school.numo(*(f"00{number};{eck_id(number)};2A" for number in numbers))
    edexml = school.edexml(*(leerling(f"k{number}", f"00{number}", eck_id(number)) for number in numbers))
    school.cito(row(key="k12"))
    workspace.sync()
    edexml.unlink()
    (workspace.folder / ".cito-numo/secret").unlink()
    for toets in ("T2", "T3"):
        school.cito(row(key="k12", toets=toets, day="10-11-2026"), name=f"{toets}.csv")

        assert workspace.sync_json().school["counts"]["tegenstrijdig"] == 0


# --- one bad thing stops no other ------------------------------------------------------------------------------------


@pytest.mark.parametrize("element", ["<som:x/>", "<toevoegingen><som:x>1</som:x></toevoegingen>"])
def test_an_edexml_with_a_prefix_that_it_does_not_declare_is_told(workspace: WorkspaceFolder, school: SchoolFolder, element: str):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    school.edexml(leerling("k1", "0012", extra=element), element)

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["counts"]["leerplan"]) == (3, 1)
    assert "not well-formed" in ran.school["message"]


def test_a_file_that_a_reader_stumbles_over_stops_no_other(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    school.edexml(leerling("k1", "0012"))

    def stumbles(*_arguments: object, **_named: object) -> None:
        raise ValueError("leerling 0012")

    monkeypatch.setattr("cito_numo.arrivals.read_edexml", stumbles)
    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["counts"]["leerplan"]) == (3, 1)
    assert "ValueError, test_nights.py:" in ran.school["message"]
    assert "0012" not in ran.school["message"]


@pytest.mark.parametrize("target", ["loop", "not-mounted"])
def test_an_inbox_that_cannot_be_listed_is_not_taken_for_an_empty_one(workspace: WorkspaceFolder, school: SchoolFolder, target: str):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    folder = school.folder / "inbox/cito"
    shutil.rmtree(folder)
    folder.symlink_to(folder if target == "loop" else school.folder / target)

    assert workspace.sync_json().exit_code == 74


# --- whole or not at all ---------------------------------------------------------------------------------------------


def test_everything_is_on_the_disk_before_it_is_said_to_be(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    told: list[str] = []
    fsync, mark, mark_built = os.fsync, Ledger.mark, Ledger.mark_built

    def watched_fsync(descriptor: int) -> None:
        told.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()).removeprefix(f"{school.folder}/"))
        fsync(descriptor)

    def watched_mark(ledger: Ledger, run_id: str, state: RunState) -> None:
        told.append(state)
        mark(ledger, run_id, state)

    def watched_mark_built(ledger: Ledger, run_id: str, manifest: str) -> None:
        told.append("built")
        mark_built(ledger, run_id, manifest)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Ledger, "mark", watched_mark)
    monkeypatch.setattr(Ledger, "mark_built", watched_mark_built)
    run_id = workspace.sync_json().school["run_id"]

    built, delivered = told.index("built"), told.index("delivered")
    hidden = f"outbox/.{run_id}"
    names = ("leerplannen.json", "leerplannen.csv", "manifest.json")
    assert {*(f"{hidden}/{name}" for name in names), hidden, "outbox"} <= set(told[:built])
    assert "outbox" in told[built:delivered]


def test_a_large_run_is_built_beside_the_ledger_and_is_the_same(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A", "0013;;2B")
    school.cito(row("0012"), row("0013", fn="vmbo-gt"))
    shutil.copytree(school.folder, workspace.folder / "copy")
    workspace.sync()
    small = {path.name: path.read_bytes() for path in school.runs[0].iterdir()}
    shutil.rmtree(school.folder)
    shutil.copytree(workspace.folder / "copy", school.folder)

    monkeypatch.setattr(outbox, "_LARGE", 1)
    workspace.sync()

    large = {path.name: path.read_bytes() for path in school.runs[0].iterdir()}
    of_small, of_large = (json.loads(files.pop("manifest.json")) for files in (small, large))
    assert large == small
    assert of_large["outputs"] == of_small["outputs"]
    assert workspace.sync_json().school["status"] == "nothing_new"


@pytest.mark.parametrize("large", [1, sys.maxsize])
def test_a_run_that_was_only_half_built_is_thrown_away(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch, large: int
):
    monkeypatch.setattr(outbox, "_LARGE", large)
    school.numo("0012;;2A")
    school.cito(row("0012"))
    write = delivery.write_file

    def full_at_the_second_file(path: Path, content: Iterable[bytes], group: str | None) -> None:
        if path.name == "leerplannen.csv":
            disk_full()
        write(path, content, group)

    with monkeypatch.context() as full:
        full.setattr(delivery, "write_file", full_at_the_second_file)
        assert workspace.sync_json().exit_code == 74
    (half,) = (school.folder / "outbox").iterdir()
    assert half.name.startswith(".")

    workspace.sync()

    assert [len(list(run.iterdir())) for run in school.runs] == [3]
    assert not half.exists()


def test_a_run_id_is_greater_than_any_before_though_the_importer_took_them_and_the_clock_went_back(
    workspace: WorkspaceFolder, school: SchoolFolder
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    connection = sqlite3.connect(school.folder / ".cito-numo/ledger.sqlite")
    connection.execute("UPDATE runs SET run_id = '20991231T235959Z-000'")
    connection.execute("UPDATE leerplannen SET run_id = '20991231T235959Z-000'")
    connection.commit()
    connection.close()
    shutil.rmtree(school.folder / "outbox")
    shutil.rmtree(school.folder / "report")
    school.cito(row("0012", toets="T2", day="10-11-2026"), name="later.csv")

    assert workspace.sync_json().school["run_id"] == "20991231T235959Z-001"


def test_a_delivery_is_told_though_its_report_could_not_be_written(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    monkeypatch.setattr(files, "write_whole", disk_full)

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"], ran.school["run_id"]) == (74, "delivered", school.runs[0].name)


def test_a_run_that_is_finished_a_night_later_is_told_also_by_a_school_that_waits(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    with monkeypatch.context() as crash:
        crash.setattr(delivery, "publish", disk_full)
        workspace.sync()
    school.configure(active_from=None)

    waiting = workspace.sync_json()

    assert (waiting.school["status"], waiting.school["run_id"]) == ("waiting", school.runs[0].name)


def test_the_report_tells_that_the_ledger_is_damaged(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    (school.folder / ".cito-numo/ledger.sqlite").write_bytes(b"no database" * 1000)

    assert workspace.sync_json().exit_code == 4
    assert (school.manifest["status"], school.manifest["exit_code"]) == ("held", 4)


def test_a_ledger_that_was_lost_is_told_and_nothing_is_delivered_anew(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    (school.folder / ".cito-numo/ledger.sqlite").unlink()

    for _night in range(2):
        ran = workspace.sync_json()
        assert (ran.exit_code, ran.school["status"]) == (4, "held")
    assert "ledger" in ran.school["message"]
    assert len(school.runs) == 1


def test_a_ledger_that_another_program_has_open_is_told_as_that(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    school.cito(row("0012", toets="T2", day="10-11-2026"), name="later.csv")
    other = sqlite3.connect(school.folder / ".cito-numo/ledger.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connect = sqlite3.connect
    with monkeypatch.context() as impatient:
        impatient.setattr(sqlite3, "connect", lambda *arguments, **options: connect(*arguments, **options, timeout=0))
        busy = workspace.sync_json()
    other.close()

    assert busy.exit_code == 74
    assert "Another program has the ledger open" in busy.school["message"]
    assert workspace.sync_json().school["status"] == "delivered"


def test_a_mistake_in_school_yaml_leaves_the_list_of_what_was_not_delivered(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012", fn="vwo"))
    workspace.sync()
    school.configure(terugstuuroptie="7")

    assert workspace.sync_json().exit_code == 78
    assert [line["uitkomst"] for line in school.niet_geleverd] == ["boven_terugstuuroptie"]


# --- files as they should not be -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("klas", "klas"),  # from one column to the same of another row: a row that looks whole
        ("fn", "klas"),
        ("fn", "leerlingnummer"),  # to the first cell of the next row: no separator between them
    ],
)
def test_rows_that_two_stray_quotes_fuse_are_nobodys_result(workspace: WorkspaceFolder, school: SchoolFolder, opens: str, closes: str):
    school.numo("1001;;1A", "1002;;1A", "1003;;1A")
    first = {"leerlingnummer": "1001", "klas": "1A", "fn": "vmbo-bb"}
    second = {"leerlingnummer": "1002", "klas": "1A", "fn": "havo"}
    first[opens], second[closes] = f'"{first[opens]}', f'{second[closes]}"'
    school.cito(row(**first), row(**second), row("1003"))

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (65, "failed")
    assert "line 2" in ran.school["message"]


def test_two_files_whose_names_are_no_utf_8_are_both_read(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    for letter, number in ((b"\xe9", "0012"), (b"\xe8", "0013")):
        path = school.cito(row(number))
        path.rename(path.parent / os.fsdecode(b"export-caf" + letter + b".csv"))

    counts = workspace.sync_json().school["counts"]

    assert counts["leerplan"] == 2


def test_a_name_with_control_characters_cannot_write_on_the_terminal(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    school.put("inbox/cito/a\x1b[2J\nForged: all is well.csv", "Naam;Cijfer\r\n")

    ran = workspace.sync()

    assert ran.exit_code == 3
    assert "\x1b" not in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_an_eck_id_in_another_column_is_shown_and_kept_nowhere(workspace: WorkspaceFolder, school: SchoolFolder):
    canary = eck_id(0xCAFE)
    school.numo("0012;;2A", f"{canary};;2A", f"0013;;{canary}")
    school.edexml(leerling(canary, canary), leerling("k1", "0012"))
    wrong = [row(canary), row("0012", key=canary)]
    wrong += [row("0012", **{field: canary}) for field in ("klas", "toets", "toetsniveau", "onderdeel", "day", "fn")]
    school.cito(row("0012"), row("0013"), *wrong)

    counts = workspace.sync_json("-v").school["counts"]

    assert (counts["ongeldig"], counts["leerplan"]) == (len(wrong), 2)
    written = [
        path.read_bytes() for name in ("report", "outbox", ".cito-numo") for path in (school.folder / name).rglob("*") if path.is_file()
    ]
    assert [content for content in written if b"cafe" in content.lower()] == []


def test_an_export_of_which_no_row_can_be_read_asks_for_a_look(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    school.cito(row("0012", fn="M5"), row("0012", fn="E5"), name="primary.csv")

    ran = workspace.sync()

    assert ran.exit_code == 3
    assert "primary.csv: Not one of the 2 rows" in ran.stderr


def test_exports_of_which_no_row_can_be_read_are_told_by_name_not_by_age(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012", fn="M5"), name="b.csv")
    school.cito(row("0012", fn="E5"), name="a.csv")

    told = workspace.sync_json().school["message"]

    assert told.index("a.csv: Not one of the 1 rows") < told.index("b.csv: Not one of the 1 rows")


def test_no_name_or_bsn_is_kept_and_no_number_is_told(workspace: WorkspaceFolder):
    school = workspace.school(brin="99ZZ", tolerance="{unmatched_hold: 1}")
    name, bsn, number = "Canarynaam", "123456782", "7654321"
    school.put("inbox/numo/numo.csv", f"naam;bsn;gebruikersnaam;eck_id\n{name};{bsn};{number};{eck_id(1)}\n{name};{bsn};;\n")
    good, contradictory = (row(number, eck_id(each)) for each in (1, 2))
    header = "Naam;BSN;" + EXPORT_HEADER
    rows = [f"{name};{bsn};{each}" for each in (good, contradictory, row("7654399", fn=bsn))]
    school.put("inbox/cito/export.csv", "\n".join([header, *rows, f"{name};ragged"]))
    school.put("inbox/cito/other.csv", f"Naam;Cijfer\n{name};7\n")
    school.edexml(leerling(number, number, eck_id(1), extra=f"<achternaam>{name}</achternaam><bsn>{bsn}</bsn>"), brin="99ZZ")
    school.put("inbox/edexml/hostile.xml", f'<!DOCTYPE x [<!ENTITY a "{name}">]><EDEX>&a;</EDEX>')

    told = "".join(
        ran.stdout + ran.stderr for ran in (workspace.sync("-v"), workspace.sync_json("--full"), workspace.sync("--dry-run", "-v"))
    )

    assert [plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]] == [number]
    assert [text for text in (name, bsn, number, "7654399") if text in told + (school.folder / "report/manifest.json").read_text()] == []
    made = [path for folder in ("report", "outbox", ".cito-numo") for path in (school.folder / folder).rglob("*") if path.is_file()]
    assert [path.name for path in made for text in (name, bsn, f"{1:0128x}", f"{2:0128x}") if text.encode() in path.read_bytes()] == []
