"""`explain`: what a person reads of a pupil's results, of the leerplannen in force, and of why there are none."""

import re
from pathlib import Path

import pytest
from conftest import Ran, SchoolFolder, WorkspaceFolder, eck_id, leerling, on_a_terminal, row
from upkeep_for_tests import config_of, contents, copied, set_clock, sql, template

from cito_numo.privacy import read_secret
from cito_numo.uitkomst import Uitkomst

BEFORE = "2026-11-23"
DAY = "2026-11-24"
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
NUMBERS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0010", "0011", "0012")
FIRST = (
    row("0001", eck_id(1), toetsniveau="HAVO", fn="VMBO GL/TL"),
    row("0002", fn="vwo"),
    row("0003"),
    row("0003"),
    row("0004"),
    row("0004", fn="vmbo-kb"),
    row("0005", day="05-10-2026"),
    row("0005", fn="vmbo-gt"),
    row("0006", toets="T0", day="01-09-2026"),
    row("0006", fn="vmbo-gt"),
    row("0007", fn="M5"),
    row("0008", day="06-10-2025"),
    row("0099"),
    row("0010", eck_id(11)),
)
"""Rows 2 … 15 of an export: a pupil for each uitkomst."""


def explain(workspace: WorkspaceFolder, *arguments: str, school: str = "demo-college", day: str = DAY) -> Ran:
    return workspace.run("explain", *arguments, "--school", school, "--date", day, *config_of(workspace))


def explained(workspace: WorkspaceFolder, *arguments: str, school: str = "demo-college", day: str = DAY) -> dict:
    """What `explain --json` tells."""
    ran = explain(workspace, *arguments, "--json", school=school, day=day)
    assert (ran.exit_code, ran.stderr) == (0, "")
    return ran.json


def steps(result: dict) -> dict[str, str]:
    return {step["step"]: step["text"] for step in result["steps"]}


def why(told: dict) -> str:
    return "\n".join(told["why"])


@pytest.fixture(scope="module")
def before_the_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before")
    with template(folder) as (_workspace, school, _patch):
        school.numo(f"0001;{eck_id(1)};2A", *(f"{number};{eck_id(int(number))};2A" for number in NUMBERS[1:]))
        school.cito(*FIRST, name="eerste.csv")
    return folder


@pytest.fixture(scope="module")
def after_the_night(tmp_path_factory: pytest.TempPathFactory, before_the_night: Path) -> Path:
    folder = tmp_path_factory.mktemp("after")
    with template(folder) as (workspace, _school, _patch):
        copied(before_the_night, workspace)
        assert workspace.sync_json(day=BEFORE).school["status"] == "delivered"
    return folder


@pytest.fixture
def ready(workspace: WorkspaceFolder, before_the_night: Path) -> SchoolFolder:
    """A school with results of every uitkomst, before its first night."""
    return copied(before_the_night, workspace)


@pytest.fixture
def delivered(workspace: WorkspaceFolder, after_the_night: Path) -> SchoolFolder:
    """The same after that night."""
    return copied(after_the_night, workspace)


# --- each uitkomst, step by step -------------------------------------------------------------------------------------


def test_a_result_that_comes_into_a_leerplan_passes_every_step(workspace: WorkspaceFolder, ready: SchoolFolder):
    told = explained(workspace, "0001")

    (result,) = told["results"]
    assert (told["school"], told["leerling"], told["in_numo"], told["leerplannen"]) == ("demo-college", "0001", True, [])
    assert (result["bestand"], result["rij"], result["toets"], result["onderdeel"]) == ("eerste.csv", 2, "T1", "rekenen-wiskunde")
    assert (result["afnamedatum"], result["toetsniveau"], result["functioneringsniveau"]) == ("2026-10-06", "havo", "vmbo-gt")
    assert (result["uitkomst"], result["reden"], result["wat_te_doen"]) == ("leerplan", None, None)
    assert steps(result) == {
        "read": "made for havo, performs at vmbo-gt (written 'VMBO GL/TL')",
        "match": "joined on leerlingnummer and ECK iD",
        "select": "the only result of this toets and onderdeel",
        "cut": "relatief -1, terugstuuroptie 0: passed on",
        "plan": "counts: leerplan rekenen, revisie 1, te_verwerken; the next night delivers it",
    }
    assert "no night yet" in why(told)


def test_after_the_night_it_is_in_force(workspace: WorkspaceFolder, delivered: SchoolFolder):
    told = explained(workspace, "0001")

    (result,), (plan,) = told["results"], told["leerplannen"]
    assert result["uitkomst"] == "ongewijzigd"
    assert steps(result)["plan"] == "counts: leerplan rekenen, revisie 1, te_verwerken; delivered before, and still in force"
    assert (plan["vak"], plan["klas"], plan["revisie"], plan["status"]) == ("rekenen", "2A", 1, "te_verwerken")
    (onderdeel,) = plan["onderdelen"]
    assert (onderdeel["afnamedatum"], onderdeel["route"], onderdeel["bestand"]) == ("2026-10-06", "ondersteuning", "eerste.csv")
    assert told["why"] == ["Nothing was read for nederlands, engels: not taken, or held back in Leerling in beeld."]


STOPPED = {
    "0002": ("boven_terugstuuroptie", "cut", "(relatief +1, terugstuuroptie 0)"),
    "0003": ("dubbel", "select", "See eerste.csv row 4."),
    "0004": ("tegenstrijdig", "select", "See eerste.csv row"),
    "0005": ("vervangen", "select", "See eerste.csv row 9."),
    "0006": ("vervangen", "plan", "What counts: T1 of 2026-10-06, vmbo-gt."),
    "0007": ("ongeldig", "read", "Functioneringsniveau is niet te lezen: 'M5'."),
    "0008": ("vorig_schooljaar", "read", "2025-2026"),
    "0099": ("niet_gekoppeld", "match", "[leerlingnummer: of no pupil]"),
    "0010": ("tegenstrijdig", "match", "[leerlingnummer: this pupil's; ECK iD: another pupil's]"),
}


@pytest.mark.parametrize("number", STOPPED)
def test_a_result_that_was_stopped_says_in_which_step_and_why(workspace: WorkspaceFolder, delivered: SchoolFolder, number: str):
    uitkomst, step, text = STOPPED[number]

    result = next(result for result in explained(workspace, number)["results"] if result["uitkomst"] == uitkomst)

    assert result["steps"][-1]["step"] == step
    assert text in result["steps"][-1]["text"]
    assert result["reden"] in result["steps"][-1]["text"]
    assert [each["step"] for each in result["steps"]] == ["read", "match", "select", "cut", "plan"][: len(result["steps"])]
    listed = [(line["reden"], line["wat_te_doen"]) for line in delivered.niet_geleverd if line["rij"] == str(result["rij"])]
    assert listed in ([], [(result["reden"], result["wat_te_doen"])])


def test_every_uitkomst_is_tried_here():
    assert {uitkomst for uitkomst, _step, _text in STOPPED.values()} | {"leerplan", "ongewijzigd"} == set(Uitkomst)


def test_one_with_the_eck_id_of_a_pupil_is_told_of_that_pupil_too(workspace: WorkspaceFolder, ready: SchoolFolder):
    (result,) = explained(workspace, "0011")["results"]

    assert (result["bestand"], result["rij"], result["uitkomst"]) == ("eerste.csv", 15, "tegenstrijdig")
    assert steps(result)["match"].endswith("[leerlingnummer: another pupil's; ECK iD: this pupil's]")


def test_a_correction_above_the_cutoff_takes_the_leerplan_out(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row("0001", eck_id(1), fn="vwo"), name="tweede.csv")

    told = explained(workspace, "0001")
    older, newer = told["results"]
    assert (older["uitkomst"], steps(older)["select"]) == (
        "vervangen",
        "Een nieuwere download corrigeert dit resultaat. See tweede.csv row 2.",
    )
    assert "It corrects what is in force, so this onderdeel leaves its leerplan." in steps(newer)["cut"]
    assert "The next night withdraws leerplan rekenen: Een correctie" in why(told)

    workspace.sync_json()
    told = explained(workspace, "0001")
    assert told["leerplannen"] == []
    assert "rekenen-wiskunde: a correction of T1 lies above the terugstuuroptie" in why(told)
    assert "Leerplan rekenen was delivered as ingetrokken (revisie 2)." in why(told)


def test_what_is_in_force_may_come_from_a_file_that_is_gone(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row("0002"), row("0001", eck_id(1), toets="T0", day="01-09-2026"), name="eerste.csv")

    told = explained(workspace, "0001")

    (result,) = told["results"]
    assert steps(result)["plan"] == "Een nieuwere toets van dit onderdeel telt. What counts: T1 of 2026-10-06, vmbo-gt."
    assert told["leerplannen"][0]["onderdelen"][0]["bestand"] is None
    assert "its file is not in the inbox" in explain(workspace, "0001").stdout


def test_an_older_file_corrects_nothing(workspace: WorkspaceFolder, delivered: SchoolFolder):
    first = (delivered.folder / "inbox/cito/eerste.csv").read_bytes()
    delivered.cito(row("0001", eck_id(1), fn="havo"), name="tweede.csv")
    workspace.sync_json()
    (delivered.folder / "inbox/cito/tweede.csv").unlink()
    delivered.put("inbox/cito/terug.csv", first)

    told = explained(workspace, "0001")

    reached = [steps(result)["plan"] for result in told["results"] if "plan" in steps(result)]
    assert reached == ["Een nieuwere download corrigeert dit resultaat. What counts: T1 of 2026-10-06, havo."]


def test_what_a_person_withdrew_says_so(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ((leerplan_id, run_id),) = sql(delivered, "SELECT leerplan_id, run_id FROM leerplannen WHERE gebruikersnaam = '0001'")
    sql(delivered, "INSERT INTO leerplannen VALUES (NULL, ?, '0001', 'rekenen', '2A', 2, 'ingetrokken', ?)", leerplan_id, run_id)
    kept = (run_id, "0001", "rekenen-wiskunde", "2026-2027", "T1", "2026-10-06", "havo", "vmbo-gt", 1)
    sql(delivered, "INSERT INTO ingetrokken VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *kept)

    told = explained(workspace, "0001")

    (result,) = told["results"]
    assert (result["uitkomst"], result["steps"][-1]["step"]) == ("ongewijzigd", "plan")
    assert result["reden"].startswith("Dit resultaat is geleverd en daarna ingetrokken.")
    assert told["leerplannen"] == []
    assert "rekenen-wiskunde, T1 of 2026-10-06, was delivered and withdrawn by a person" in why(told)


def test_who_was_purged_is_told_from_the_hash(workspace: WorkspaceFolder, delivered: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    set_clock(monkeypatch, "2026-11-25T09:00:00")
    workspace.run("purge", "demo-college", "--leerling", "0001", "--yes", *config_of(workspace))

    told = explained(workspace, "0001")

    (result,) = told["results"]
    assert (result["uitkomst"], result["reden"]) == ("ongewijzigd", "Dit resultaat is gewist, en wordt niet opnieuw geleverd.")
    assert "All of this pupil was purged: results of before 2026-11-26 are not delivered again." in told["why"]


def test_what_was_purged_for_all_is_told_by_its_day(workspace: WorkspaceFolder, delivered: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    set_clock(monkeypatch, "2026-11-25T09:00:00")
    workspace.run("purge", "demo-college", "--older-than", "1 day", "--yes", *config_of(workspace))

    told = explained(workspace, "0001")

    assert (told["leerplannen"], told["results"]) == ([], [])
    assert "What was taken before 2026-11-24 was purged for all pupils, and is not delivered again (in the inbox: 12)." in told["why"]


def test_a_number_of_before_the_fusion_says_nothing(workspace: WorkspaceFolder, ready: SchoolFolder):
    ready.configure(leerlingnummers_valid_from="2026-11-01")
    ready.cito(row("0010", eck_id(11)), name="later.csv")

    told = explained(workspace, "0010")
    joined = next(result for result in told["results"] if result["bestand"] == "later.csv")

    assert joined["steps"][-1]["step"] == "match"
    assert joined["steps"][-1]["text"] == (
        "joined with another pupil [leerlingnummer: does not count, for the toets was taken before 2026-11-01; ECK iD: another pupil's]"
    )


# --- nothing came ----------------------------------------------------------------------------------------------------

OUTSIDE = ("terugstuuroptie in Leerling in beeld", "taken or finished, or was reset", "klantenservice@cito.nl", "of another klas")


def test_of_a_pupil_without_results_the_causes_outside_are_named(workspace: WorkspaceFolder, delivered: SchoolFolder):
    told = explained(workspace, "0012")

    assert (told["in_numo"], told["results"], told["leerplannen"]) == (True, [], [])
    assert "No export in inbox/cito has a result of this pupil (14 results were read)." in told["why"]
    assert [cause for cause in OUTSIDE if cause not in why(told)] == []
    assert told["why"][-1].endswith("and then with cito-numo import.")


def test_the_export_of_a_klas_may_be_missing(workspace: WorkspaceFolder, ready: SchoolFolder):
    ready.numo("0012;;3B", *(f"{number};;2A" for number in NUMBERS[:-1]), name="nieuw.csv")

    assert "They have no result of klas 3B at all" in why(explained(workspace, "0012"))
    assert "They have no result of klas" not in why(explained(workspace, "0001"))


def test_an_export_that_cannot_be_read_may_hold_the_pupil(workspace: WorkspaceFolder, ready: SchoolFolder):
    ready.put("inbox/cito/ander.csv", "Naam;Cijfer\r\nDemo;7\r\n")

    assert "inbox/cito/ander.csv: No layout fits this file" in why(explained(workspace, "0012"))
    assert "ander.csv" not in why(explained(workspace, "0001"))


def test_of_a_pupil_without_a_leerplan_the_uitkomsten_are_counted(workspace: WorkspaceFolder, delivered: SchoolFolder):
    assert (
        "The 1 result that was read came into no leerplan: boven_terugstuuroptie 1. Each says why." in explained(workspace, "0002")["why"]
    )


def test_of_an_earlier_schooljaar_it_is_told_how_it_is_coupled(workspace: WorkspaceFolder, delivered: SchoolFolder):
    assert "A toets of before 2026-08-01 is of an earlier schooljaar." in why(explained(workspace, "0008"))


def test_what_came_in_since_the_last_night_waits_for_the_next(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row("0012"), name="tweede.csv")

    assert "What came in since the last night is delivered by the next: cito-numo sync demo-college" in why(explained(workspace, "0012"))


def test_a_vak_without_a_leerplan_is_told_beside_those_that_have_one(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row("0001", eck_id(1), onderdeel="Engels woordenschat", fn="vwo"), name="tweede.csv")

    assert "No leerplan engels: boven_terugstuuroptie 1. Each says why." in explained(workspace, "0001")["why"]


def test_a_pupil_who_is_not_in_numo_says_so(workspace: WorkspaceFolder, delivered: SchoolFolder):
    told = explained(workspace, "0500")

    assert (told["leerling"], told["in_numo"]) == ("0500", False)
    assert told["why"][0].startswith("Not in Numo's list (inbox/numo).")


@pytest.mark.parametrize("number", ["1", "00001"])
def test_leading_zeros_are_not_guessed(workspace: WorkspaceFolder, delivered: SchoolFolder, number: str):
    told = explained(workspace, number)

    assert (told["in_numo"], told["leerplannen"]) == (False, [])
    assert "differs from this in leading zeros only" in why(told)
    assert "0001" not in why(told)


def test_results_that_lost_their_zeros_in_a_spreadsheet_are_pointed_at(workspace: WorkspaceFolder, ready: SchoolFolder):
    ready.cito(row("12"), name="excel.csv")

    assert "1 result stands under this number without its leading zeros, and is joined with nobody: excel.csv row 2." in why(
        explained(workspace, "0012")
    )


def test_a_school_that_is_not_active_yet_waits(workspace: WorkspaceFolder, ready: SchoolFolder):
    ready.configure(active_from="2026-12-01")

    told = explained(workspace, "0001")

    assert steps(told["results"][0])["plan"].endswith("; it waits until the school is active")
    assert "The school is active from 2026-12-01." in told["why"]


def test_a_school_without_exports_or_list_says_so(workspace: WorkspaceFolder, school: SchoolFolder):
    told = explained(workspace, "0001")

    assert (told["in_numo"], told["results"]) == (False, [])
    assert "There is no list of pupils" in why(told)
    assert "There are no results yet: inbox/cito is empty." in told["why"]
    assert not (workspace.folder / ".cito-numo").exists()


def test_a_night_that_was_held_is_told_once(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.numo("0001;;2A", name="nieuw.csv")
    assert workspace.sync_json().school["status"] == "held"

    told = explained(workspace, "0001")

    assert re.search(r"^The last night \(.*\) was held\.", why(told), re.MULTILINE)
    held = [text for text in told["why"] if "--accept" in text]
    assert [text.split(".")[0] for text in held] == [
        "Held: 11 of 12 results match no pupil",
        "Held: there are 1 pupils now, and there were 11",
    ]
    assert len(told["leerplannen"]) == 1


def test_where_nothing_can_be_read_what_is_in_force_is_told(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.put("inbox/cito/eerste.csv", "Naam;Cijfer\r\nDemo;7\r\n")
    assert workspace.sync_json().school["status"] == "failed"

    told = explained(workspace, "0001")

    assert (told["in_numo"], told["results"], len(told["leerplannen"])) == (None, [], 1)
    assert "The results in the inbox cannot be worked out, so nothing of them is told here." in told["why"]
    assert "None of the files in inbox/cito could be used." in why(told)
    lines = explain(workspace, "0001").stdout
    assert "Numo's list was not looked at" in lines
    assert "not in the inbox" not in lines


# --- Somtoday --------------------------------------------------------------------------------------------------------


@pytest.fixture
def somtoday(workspace: WorkspaceFolder) -> SchoolFolder:
    school = workspace.school("demo-lyceum", administratie="somtoday")
    school.numo("0001;;2A", "0002;;2A", "0003;;2A", "0004;;2A")
    school.cito(row(key="K1"), row(key="K2", fn="vmbo-gt"), row(key="K7"))
    return school


def test_by_its_cito_key_a_pupil_is_found(workspace: WorkspaceFolder, somtoday: SchoolFolder):
    somtoday.edexml(leerling("K1", "0001"), leerling("K2", "0002"), leerling("K3", "0003"))

    by_key, by_number = (explained(workspace, *asked, school="demo-lyceum") for asked in (("--cito-key", "K1"), ("0001",)))

    assert by_key == by_number
    assert by_key["leerling"] == "0001"
    assert steps(by_key["results"][0])["match"] == "joined on Cito key"


def test_a_pupil_whom_no_edexml_names_says_so(workspace: WorkspaceFolder, somtoday: SchoolFolder):
    somtoday.edexml(leerling("K1", "0001"), leerling("K2", "0002"), leerling("K3", "0003"))

    told = explained(workspace, "0004", school="demo-lyceum")

    assert told["why"][0].startswith("No EDEXML that was read names this pupil")
    assert told["why"][1] == "Without a Cito key it is not known which results are this pupil's. Results with a key that is nobody's: 1."
    assert "No export in inbox/cito" not in why(told)
    assert [cause for cause in OUTSIDE if cause in why(told)] == []


def test_a_key_that_no_edexml_names_says_so(workspace: WorkspaceFolder, somtoday: SchoolFolder):
    somtoday.edexml(leerling("K1", "0001"), leerling("K2", "0002"), leerling("K3", "0003"))

    told = explained(workspace, "--cito-key", "K7", school="demo-lyceum")

    assert (told["leerling"], told["in_numo"]) == (None, False)
    assert [result["rij"] for result in told["results"]] == [4]
    assert "The key table has no such Cito key" in why(told)


def test_a_key_of_two_pupils_says_so(workspace: WorkspaceFolder, somtoday: SchoolFolder):
    somtoday.edexml(leerling("K1", "0001"), leerling("K1", "0002"), leerling("K3", "0003"))

    told = explained(workspace, "--cito-key", "K1", school="demo-lyceum")

    assert told["leerling"] is None
    assert steps(told["results"][0])["match"].endswith("[Cito key: of more than one pupil]")
    assert "This Cito key belongs to more than one pupil" in why(told)


def test_without_any_edexml_the_school_is_told_to_send_one(workspace: WorkspaceFolder, somtoday: SchoolFolder):
    assert "The Cito-importbestand (EDEXML) is missing" in why(explained(workspace, "0001", school="demo-lyceum"))


def test_who_is_in_the_edexml_only_says_so(workspace: WorkspaceFolder, somtoday: SchoolFolder):
    somtoday.edexml(leerling("K1", "0001"), leerling("K2", "0002"), leerling("K7", "0007"))

    told = explained(workspace, "0007", school="demo-lyceum")

    assert told["in_numo"] is False
    assert "The EDEXML names this pupil, but Numo's list does not." in why(told)


def test_a_key_without_a_gebruikersnaam_says_so(workspace: WorkspaceFolder, somtoday: SchoolFolder):
    somtoday.edexml(
        leerling("K1", "0001"), leerling("K2", "0002"), leerling("K3", "0003"), '<leerling key="K7"><groep key="g1"/></leerling>'
    )

    told = explained(workspace, "--cito-key", "K7", school="demo-lyceum")

    assert (told["leerling"], told["results"][0]["uitkomst"]) == (None, "niet_gekoppeld")
    assert "The EDEXML names this Cito key, but no gebruikersnaam with it." in why(told)


def test_without_a_list_of_numo_the_edexml_stands_for_it(workspace: WorkspaceFolder, somtoday: SchoolFolder):
    (somtoday.folder / "inbox/numo/numo.csv").unlink()
    somtoday.edexml(leerling("K1", "0001"), leerling("K2", "0002"), leerling("K7", "0007"))

    known, unknown = (explain(workspace, number, school="demo-lyceum").stdout for number in ("0001", "0009"))

    assert known.startswith("demo-lyceum, leerling 0001, klas 2A, there is no list of Numo, 1 result read")
    assert "Not in the key table, and there is no list of Numo (inbox/numo)" in unknown


# --- one row ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["eerste.csv", "inbox/cito/eerste.csv", "/srv/schools/demo-college/inbox/cito/eerste.csv"])
def test_a_row_is_named_as_in_the_report_or_by_its_path(workspace: WorkspaceFolder, delivered: SchoolFolder, file: str):
    told = explained(workspace, "--row", f"{file}:2")

    assert told["leerling"] == "0001"
    assert [(result["bestand"], result["rij"]) for result in told["results"]] == [("eerste.csv", 2)]
    assert [plan["vak"] for plan in told["leerplannen"]] == ["rekenen"]
    assert told["why"] == []


def test_a_row_that_contradicts_itself_names_nobody(workspace: WorkspaceFolder, delivered: SchoolFolder):
    told = explained(workspace, "--row", "eerste.csv:15")

    assert (told["leerling"], told["leerplannen"]) == (None, [])
    assert steps(told["results"][0])["match"].endswith("[leerlingnummer: of pupil A; ECK iD: of pupil B]")


def test_a_row_in_a_folder_is_found_by_the_end_of_its_path(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row("0012"), name="havo/later.csv")

    assert explained(workspace, "--row", "later.csv:2")["leerling"] == "0012"


def test_a_file_that_is_not_there_is_told_with_those_that_are(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ran = explain(workspace, "--row", "anders.csv:2")

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "There is no export 'anders.csv' here that could be read. There are: eerste.csv." in ran.stderr


def test_a_row_that_is_not_there_is_told(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ran = explain(workspace, "--row", "eerste.csv:99")

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "No result was read from row 99 of this export. Rows with results: 2 … 15." in ran.stderr


def test_of_two_files_that_end_alike_neither_is_guessed(workspace: WorkspaceFolder, delivered: SchoolFolder):
    for folder in ("havo", "vwo"):
        delivered.cito(row("0012"), name=f"{folder}/later.csv")

    ran = explain(workspace, "--row", "later.csv:2")

    assert ran.exit_code == 2
    assert "havo/later.csv, vwo/later.csv" in ran.stderr


def test_a_row_where_nothing_can_be_read_is_that_error(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.put("inbox/cito/eerste.csv", "Naam;Cijfer\r\nDemo;7\r\n")

    ran = explain(workspace, "--row", "eerste.csv:2")

    assert ran.exit_code == 65
    assert "No layout fits this file" in ran.stderr


# --- how it is asked and shown ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [(), ("0001", "--cito-key", "K1"), ("0001", "--row", "a.csv:2"), ("--row", "a.csv"), ("--row", "a.csv:x"), ("--row", ":2"), (" ",)],
)
def test_one_pupil_or_row_is_named(workspace: WorkspaceFolder, school: SchoolFolder, arguments: tuple[str, ...]):
    assert explain(workspace, *arguments).exit_code == 2


def test_a_school_that_is_unknown_is_a_usage_error(workspace: WorkspaceFolder, school: SchoolFolder):
    ran = explain(workspace, "0001", "--json", school="demo-colege")

    assert (ran.exit_code, ran.json) == (2, {"exit_code": 2, "results": []})
    assert "Did you mean 'demo-college'?" in ran.stderr
    assert workspace.run("explain", "0001", *config_of(workspace)).exit_code == 2


def test_without_a_terminal_it_is_plain_lines(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ran = explain(workspace, "0002")

    assert (ran.exit_code, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "demo-college, leerling 0002, klas 2A, in Numo's list, 1 result read"
    assert lines[2:6] == [
        "eerste.csv:3: T1 rekenen-wiskunde of 2026-10-06: boven_terugstuuroptie",
        "  read: made for havo, performs at vwo",
        "  match: joined on leerlingnummer",
        "  select: the only result of this toets and onderdeel",
    ]
    assert lines[6].startswith("  cut: Functioneringsniveau vwo ligt boven wat de school laat terugsturen")
    assert lines[7].startswith("  to do: Zo ingesteld door de school.")
    assert lines[9:12] == ["No leerplan in force.", "", "Why:"]


def test_on_a_terminal_of_80_columns_all_of_it_fits(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row("0001", eck_id(1), onderdeel="Nederlands leesvaardigheid", fn="vwo"), name=f"{'een-lange-naam-' * 6}.csv")

    shown = ANSI.sub("", on_a_terminal("explain", "0001", "--school", "demo-college", "--date", DAY, *config_of(workspace)))

    lines = [line.rstrip() for line in shown.replace("\r", "").splitlines()]
    assert max(map(len, lines)) <= 80
    assert "T1 rekenen-wiskunde of 2026-10-06: ongewijzigd" in lines
    assert "  in     eerste.csv:2" in lines
    assert "  match  joined on leerlingnummer and ECK iD" in lines
    assert "1 leerplan in force:" in lines
    assert any("verwerk testresultaten" in line for line in lines)
    assert "  - No leerplan nederlands: boven_terugstuuroptie 1. Each says why." in lines


def test_nothing_is_written(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row("0012", fn="vmbo-kb"), name="tweede.csv")
    before = contents(workspace.folder)

    for asked in (("0001",), ("--row", "tweede.csv:2"), ("--cito-key", "K1", "--json")):
        assert explain(workspace, *asked).exit_code == 0

    assert contents(workspace.folder) == before


def test_no_eck_id_hash_or_other_pupil_is_shown(workspace: WorkspaceFolder, delivered: SchoolFolder):
    secret = read_secret(workspace.folder / ".cito-numo/secret")
    assert secret is not None
    known = [eck_id(int(number)) for number in NUMBERS]
    hashes = [*(secret.hash_eck_id(one) for one in known), *(secret.hash_leerling(number) for number in NUMBERS), secret.fingerprint()]

    for number, style in (("0010", ()), ("0001", ("--json",)), ("0010", ("--json",)), ("0011", ("--json",))):
        shown = explain(workspace, number, *style).stdout
        words = set(re.findall(r"\w+", shown))
        assert number in words
        assert words & ({*NUMBERS, "0099"} - {number}) == set()
        assert [one for one in (*known, *hashes) if str(one) in shown] == []
