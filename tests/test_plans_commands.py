"""`plans list`, `show`, `process`, `withdraw` and `export`: what a teacher sees, processes and takes back."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from conftest import COMMAND, Ran, SchoolFolder, WorkspaceFolder, leerling, on_a_terminal, row
from upkeep_for_tests import config_of, contents, copied, holding, ledger_of, sql, template

from cito_numo.config import read_workspace
from cito_numo.errors import CitoNumoError
from cito_numo.locking import school_lock
from cito_numo.processing import cleaned_reden, process
from cito_numo.schemas import schema_text
from cito_numo.show_plans import picked

SCHOOL = ("--school", "demo-college")
REDEN = ("--reden", "De toets is door een ander gemaakt.")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TAAL = "Taalverzorging"


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a-night")
    with template(folder) as (workspace, school, _patch):
        school.numo("0011;;2A", "0012;;2A", "0013;;2B")
        rekenen = (row("0011", fn="vmbo-gt"), row("0012"), row("0013"))
        school.cito(*rekenen, row("0012", onderdeel=TAAL, fn="vmbo-kb"), row("0012", onderdeel="Nederlands leesvaardigheid"))
        assert workspace.sync_json().school["status"] == "delivered"
    return folder


@pytest.fixture
def delivered(workspace: WorkspaceFolder, after_a_night: Path) -> SchoolFolder:
    """A school with one good night behind it: rekenen of three pupils in two klassen, nederlands of one."""
    return copied(after_a_night, workspace)


def plans(workspace: WorkspaceFolder, *arguments: str) -> Ran:
    return workspace.run("plans", *arguments, *config_of(workspace))


def who(ran: Ran) -> list[tuple[str, str, str]]:
    """gebruikersnaam, vak and status of all that is listed."""
    (school,) = ran.json["schools"]
    return [(plan["gebruikersnaam"], plan["vak"], plan["status"]) for plan in school["plans"]]


def listed(workspace: WorkspaceFolder, *arguments: str) -> list[tuple[str, str, str]]:
    return who(plans(workspace, "list", "--json", *arguments))


def answered(answers: str, *arguments: str) -> tuple[int, str]:
    """Exit code and what is shown of a command on a terminal, to which a person types these lines."""
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80"}
    process = subprocess.Popen([*COMMAND, *arguments], stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    os.write(controller, answers.encode())
    shown = b"".join(_read(controller))
    os.close(controller)
    return process.wait(), ANSI.sub("", shown.decode())


def _read(controller: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(controller, 65536)
        except OSError:
            return
        if not part:
            return
        yield part


def valid(document: dict) -> dict:
    jsonschema.Draft202012Validator(json.loads(schema_text("leerplannen"))).validate(document)
    return document


# --- list ------------------------------------------------------------------------------------------------------------


def test_the_list_says_per_vak_who_waits_on_lines_without_a_terminal(workspace: WorkspaceFolder, delivered: SchoolFolder):
    before = contents(workspace.folder)

    ran = plans(workspace, "list")

    assert ran.stdout.splitlines() == [
        "demo-college\tnederlands\t2A\t0012\t1\tte_verwerken\ttaalverzorging vmbo-kb, nederlands-leesvaardigheid havo",
        "demo-college\trekenen\t2A\t0011\t1\tte_verwerken\trekenen-wiskunde vmbo-gt",
        "demo-college\trekenen\t2A\t0012\t1\tte_verwerken\trekenen-wiskunde havo",
        "demo-college\trekenen\t2B\t0013\t1\tte_verwerken\trekenen-wiskunde havo",
    ]
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert contents(workspace.folder) == before


def test_as_json_a_plan_stands_as_it_was_delivered(workspace: WorkspaceFolder, delivered: SchoolFolder):
    (school,) = plans(workspace, "list", "--json", "--leerling", "0012").json["schools"]

    assert school["korte_naam"] == "demo-college"
    of_pupil = [plan for plan in delivered.delivered()["leerplannen"] if plan["gebruikersnaam"] == "0012"]
    assert school["plans"] == of_pupil


@pytest.mark.parametrize(
    ("filters", "pupils"),
    [
        (("--vak", "rekenen"), ["0011", "0012", "0013"]),
        (("--vak", "Nederlands", "--vak", "rekenen"), ["0012", "0011", "0012", "0013"]),
        (("--klas", "2b"), ["0013"]),
        (("--klas", "2A", "--vak", "rekenen"), ["0011", "0012"]),
        (("--leerling", "0013", "--leerling", "0011"), ["0011", "0013"]),
        (("--klas", "9Z"), []),
    ],
)
def test_filters_choose_by_vak_klas_and_leerling(
    workspace: WorkspaceFolder, delivered: SchoolFolder, filters: tuple[str, ...], pupils: list[str]
):
    assert [pupil for pupil, _vak, _status in listed(workspace, *filters)] == pupils


@pytest.mark.parametrize("command", [("list",), ("process", *SCHOOL, "--yes"), ("export", *SCHOOL)])
def test_an_unknown_vak_names_those_that_there_are(workspace: WorkspaceFolder, delivered: SchoolFolder, command: tuple[str, ...]):
    ran = plans(workspace, *command, "--vak", "0012")

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "There are: engels, nederlands, rekenen" in ran.stderr
    assert "0012" not in ran.stderr


def test_the_klas_is_that_of_now(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.numo("0011;;3A", "0012;;", name="newer.csv")

    assert [plan.split("\t")[2:4] for plan in plans(workspace, "list", "--vak", "rekenen").stdout.splitlines()] == [
        ["2A", "0012"],
        ["2B", "0013"],
        ["3A", "0011"],
    ]


def test_without_a_list_the_klas_is_that_of_the_key_table(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.edexml(leerling("k1", "0011"))
    school.cito(row(key="k1"))
    workspace.sync()
    sql(school, "UPDATE sleutels SET klas = '3C'")

    assert listed(workspace, "--klas", "3C") == [("0011", "rekenen", "te_verwerken")]
    sql(school, "DELETE FROM sleutels")
    assert listed(workspace, "--klas", "2A") == [("0011", "rekenen", "te_verwerken")]


def test_a_list_of_numo_that_cannot_be_read_is_told(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.put("inbox/numo/newer.csv", "Naam;Cijfer\r\nDemo;7\r\n")
    ran = plans(workspace, "list", "--klas", "2B")
    assert (ran.exit_code, len(ran.stdout.splitlines())) == (3, 1)
    assert "newer.csv" in ran.stderr

    (delivered.folder / "inbox/numo/numo.csv").unlink()
    assert plans(workspace, "show", *SCHOOL, "0011").exit_code == 3
    assert plans(workspace, "process", *SCHOOL, "--all", "--yes").exit_code == 3
    assert len(delivered.runs) == 2, "that klassen are as they were delivered keeps nobody from processing"


def test_all_schools_are_listed_and_one_that_cannot_be_does_not_stop_the_others(workspace: WorkspaceFolder, delivered: SchoolFolder):
    workspace.school("other-college", terugstuuroptie="9")
    workspace.school("third-college")

    ran = plans(workspace, "list", "--json")

    assert (ran.exit_code, ran.json["exit_code"]) == (78, 78)
    assert [(each["korte_naam"], len(each["plans"])) for each in ran.json["schools"]] == [
        ("demo-college", 4),
        ("other-college", 0),
        ("third-college", 0),
    ]
    assert ran.stderr.startswith("other-college: ")
    assert not (workspace.folder / "schools/third-college/.cito-numo").exists()
    assert plans(workspace, "list", "--school", "no-college", "--json").json == {"exit_code": 2, "schools": []}


def test_on_a_terminal_a_link_stands_behind_who_waits(workspace: WorkspaceFolder, delivered: SchoolFolder):
    plans(workspace, "process", *SCHOOL, "--leerling", "0011", "--yes")

    lines = [line.rstrip() for line in ANSI.sub("", on_a_terminal("plans", "list", "--all", *config_of(workspace))).splitlines()]

    assert max(len(line) for line in lines) <= 80
    assert "rekenen" in lines
    assert re.search(r"^2A +0011 +2 +rekenen-wiskunde vmbo-gt$", "\n".join(lines), re.MULTILINE)
    assert re.search(r"^2A +0012 +🔗 +1 +rekenen-wiskunde havo$", "\n".join(lines), re.MULTILINE)


# --- show ------------------------------------------------------------------------------------------------------------


def test_show_tells_what_a_pupil_practises_and_why(workspace: WorkspaceFolder, delivered: SchoolFolder):
    run = delivered.runs[0].name

    ran = plans(workspace, "show", "0012", *SCHOOL)

    assert ran.stdout.splitlines() == [
        "0012, klas 2A",
        "",
        f"nederlands: te verwerken {'🔗' if '🔗' in ran.stdout else '*'}, revisie 1, run {run}",
        "  1. taalverzorging: ondersteuning, vmbo-kb → havo",
        "     T1 of 2026-10-06, test at havo, performs at vmbo-kb",
        "  2. nederlands-leesvaardigheid: basis, havo → vwo",
        "     T1 of 2026-10-06, test at havo, performs at havo",
        "",
        f"rekenen: te verwerken {'🔗' if '🔗' in ran.stdout else '*'}, revisie 1, run {run}",
        "  1. rekenen-wiskunde: basis, havo → vwo",
        "     T1 of 2026-10-06, test at havo, performs at havo",
    ]


def test_show_tells_what_was_withdrawn_and_why_while_the_run_is_there(workspace: WorkspaceFolder, delivered: SchoolFolder):
    plans(workspace, "withdraw", *SCHOOL, "--leerling", "0013", *REDEN, "--yes")
    run = delivered.runs[-1]

    assert plans(workspace, "show", "0013", *SCHOOL).stdout.splitlines() == [
        "0013",
        "",
        f"rekenen: ingetrokken, revisie 2, run {run.name}",
        f"  {REDEN[1]}",
    ]
    (run / "leerplannen.json").unlink()
    (school,) = plans(workspace, "show", "0013", *SCHOOL, "--json").json["schools"]
    assert school["plans"] == []
    assert [(plan["vak"], plan["revisie"], plan["reden"], plan["run_id"]) for plan in school["ingetrokken"]] == [
        ("rekenen", 2, None, run.name)
    ]


def test_of_a_pupil_without_leerplan_show_says_so(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ran = plans(workspace, "show", "0099", *SCHOOL)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "no leerplan" in ran.stderr
    assert "0099" not in ran.stderr


# --- process ---------------------------------------------------------------------------------------------------------


def test_what_is_processed_is_delivered_as_verwerkt_with_the_next_revisie(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.numo("0011;;3A", "0012;;2A", "0013;;2B", name="newer.csv")
    before = {plan["gebruikersnaam"]: plan for plan in delivered.delivered()["leerplannen"] if plan["vak"] == "rekenen"}

    ran = plans(workspace, "process", *SCHOOL, "--vak", "rekenen", "--klas", "3A", "--klas", "2B", "--yes", "--json")

    assert ran.exit_code == 0
    assert ran.school == {
        "korte_naam": "demo-college",
        "status": "delivered",
        "run_id": delivered.runs[-1].name,
        "counts": {},
        "exit_code": 0,
        "message": "",
        "leerplannen": 2,
    }
    assert len(delivered.runs) == 2
    document = valid(delivered.delivered())
    assert document["leerplannen"] == [
        {**before["0011"], "revisie": 2, "status": "verwerkt", "klas": "3A"},
        {**before["0013"], "revisie": 2, "status": "verwerkt"},
    ]
    assert document["ingetrokken"] == []
    assert json.loads((delivered.runs[-1] / "manifest.json").read_text())["action"] == "plans process"
    assert listed(workspace, "--vak", "rekenen") == [("0012", "rekenen", "te_verwerken")]
    assert len(listed(workspace, "--vak", "rekenen", "--all")) == 3
    assert workspace.run("verify", *config_of(workspace)).exit_code == 0


def test_a_newer_result_makes_it_wait_again(workspace: WorkspaceFolder, delivered: SchoolFolder):
    plans(workspace, "process", *SCHOOL, "--all", "--yes")
    assert listed(workspace) == []

    assert workspace.sync_json().school["status"] == "nothing_new"
    delivered.cito(row("0012", toets="T2", day="10-11-2026"), row("0011", fn="vmbo-gt"), name="b.csv")
    assert workspace.sync_json().school["status"] == "delivered"

    assert [(plan["gebruikersnaam"], plan["revisie"], plan["status"]) for plan in delivered.delivered()["leerplannen"]] == [
        ("0012", 3, "te_verwerken")
    ]
    assert listed(workspace) == [("0012", "rekenen", "te_verwerken")]


def test_what_was_processed_is_not_processed_again(workspace: WorkspaceFolder, delivered: SchoolFolder):
    plans(workspace, "process", *SCHOOL, "--all", "--yes")

    ran = plans(workspace, "process", *SCHOOL, "--all", "--json")

    assert (ran.exit_code, ran.school["status"], ran.school["leerplannen"]) == (0, "nothing_new", 0)
    assert "nothing to process" in ran.school["message"]
    assert len(delivered.runs) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "--all"), (("--yes",), "--leerling"), (("--all",), "--yes"), (("--all", "--klas", "2A", "--yes"), "--all goes with neither")],
)
def test_nothing_is_processed_without_saying_which_and_yes(
    workspace: WorkspaceFolder, delivered: SchoolFolder, arguments: tuple[str, ...], said: str
):
    before = contents(workspace.folder)
    command = [*COMMAND, "plans", "process", *SCHOOL, *arguments, *config_of(workspace)]

    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert said in done.stderr
    assert not re.search(r"001\d", done.stderr)
    assert contents(workspace.folder) == before


def test_on_a_terminal_they_are_picked_by_their_numbers(workspace: WorkspaceFolder, delivered: SchoolFolder):
    exit_code, shown = answered("5\n1 3-4\ny\n", "plans", "process", *SCHOOL, *config_of(workspace))

    assert exit_code == 0, shown
    assert "Give numbers from 1 to 4" in shown
    assert re.search(r"^ ?3 +2A +0012 +🔗", shown, re.MULTILINE)
    assert "Process these 3 leerplannen?" in shown
    assert listed(workspace) == [("0011", "rekenen", "te_verwerken")]


@pytest.mark.parametrize("answers", ["\n", "all\nn\n", "\x04"])
def test_on_a_terminal_nothing_is_done_without_an_answer_or_at_a_no(workspace: WorkspaceFolder, delivered: SchoolFolder, answers: str):
    exit_code, shown = answered(answers, "plans", "process", *SCHOOL, *config_of(workspace))

    assert exit_code == 2
    assert "Nothing was done" in shown
    assert len(delivered.runs) == 1


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        ("2", [2]),
        ("1 3-5", [1, 3, 4, 5]),
        ("4, 2,2", [2, 4]),
        ("all", [1, 2, 3, 4, 5]),
        (" ALL ", [1, 2, 3, 4, 5]),
        *((wrong, None) for wrong in ("0", "6", "2-9", "4-2", "-3", "3-", "1-2-3", "een", "1 all", "²", "9" * 5000)),
    ],
)
def test_an_answer_names_numbers_of_the_list(answer: str, numbers: list[int] | None):
    assert picked(answer, 5) == numbers


def test_what_changed_since_it_was_shown_is_left_out_and_told(workspace: WorkspaceFolder, delivered: SchoolFolder):
    shown = [(plan["leerplan_id"], plan["revisie"]) for plan in delivered.delivered()["leerplannen"]]
    delivered.cito(row("0012", toets="T2", day="10-11-2026"), name="b.csv")
    workspace.sync()
    plans(workspace, "process", *SCHOOL, "--leerling", "0013", "--yes")  # that is done, as was wanted
    there = read_workspace(workspace.folder / "cito-numo.yaml")

    done = process(there, "demo-college", shown, datetime.now(UTC), dry_run=False)

    assert (done.result.exit_code, done.leerplannen) == (3, 2)
    assert "left out: 1" in done.result.messages[0].text
    assert listed(workspace) == [("0012", "rekenen", "te_verwerken")]
    again = process(there, "demo-college", shown, datetime.now(UTC), dry_run=False)
    assert (again.result.exit_code, again.result.status, again.leerplannen) == (3, "nothing_new", 0)


@pytest.mark.parametrize("arguments", [("process", "--all"), ("withdraw", "--leerling", "0012", *REDEN)])
def test_a_dry_run_tells_what_would_be_done_and_writes_nothing(
    workspace: WorkspaceFolder, delivered: SchoolFolder, arguments: tuple[str, ...]
):
    before = contents(workspace.folder)

    ran = plans(workspace, *arguments, *SCHOOL, "--dry-run", "--json")

    assert (ran.exit_code, ran.school["status"], ran.school["run_id"]) == (0, "dry_run", None)
    assert ran.school["leerplannen"] == (4 if "--all" in arguments else 2)
    assert contents(workspace.folder) == before


def test_a_revisie_is_above_those_that_the_ledger_forgot(workspace: WorkspaceFolder, delivered: SchoolFolder):
    sql(delivered, "INSERT INTO ondergrens VALUES (10)")

    plans(workspace, "process", *SCHOOL, "--leerling", "0011", "--yes")
    plans(workspace, "withdraw", *SCHOOL, "--leerling", "0012", "--vak", "rekenen", *REDEN, "--yes")

    assert [plan["revisie"] for plan in delivered.delivered(1)["leerplannen"]] == [11]
    assert [plan["revisie"] for plan in delivered.delivered(2)["ingetrokken"]] == [11]


# --- withdraw --------------------------------------------------------------------------------------------------------


def test_what_is_withdrawn_is_delivered_as_ingetrokken_and_does_not_come_back(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ran = plans(workspace, "withdraw", *SCHOOL, "--leerling", "0012", "--vak", "rekenen", *REDEN, "--yes", "--json")

    assert (ran.exit_code, ran.school["status"], ran.school["leerplannen"]) == (0, "delivered", 1)
    document = valid(delivered.delivered())
    assert document["leerplannen"] == []
    assert [(plan["gebruikersnaam"], plan["vak"], plan["revisie"], plan["reden"]) for plan in document["ingetrokken"]] == [
        ("0012", "rekenen", 2, REDEN[1])
    ]
    assert json.loads((delivered.runs[-1] / "manifest.json").read_text())["action"] == "plans withdraw"
    assert ("0012", "nederlands", "te_verwerken") in listed(workspace)

    delivered.cito(row("0012"), row("0011", fn="vmbo-gt"), name="b.csv")
    night = workspace.sync_json().school
    assert (night["status"], night["counts"]["ongewijzigd"]) == ("nothing_new", 5)
    assert workspace.sync_json("--full").school["status"] == "delivered"
    assert delivered.delivered()["ingetrokken"] == []
    assert "0012" not in [plan["gebruikersnaam"] for plan in delivered.delivered()["leerplannen"] if plan["vak"] == "rekenen"]


@pytest.mark.parametrize(
    "newer",
    [row("0012", toets="T2", day="10-11-2026"), row("0012", fn="vmbo-gt")],
    ids=["a newer toets", "a correction"],
)
def test_a_newer_result_brings_it_back(workspace: WorkspaceFolder, delivered: SchoolFolder, newer: str):
    plans(workspace, "withdraw", *SCHOOL, "--leerling", "0012", *REDEN, "--yes")
    delivered.cito(newer, name="b.csv")

    workspace.sync()

    assert [(plan["vak"], plan["revisie"], plan["status"]) for plan in delivered.delivered()["leerplannen"]] == [
        ("rekenen", 3, "te_verwerken")
    ]


def test_without_vak_all_of_the_pupil_is_withdrawn_processed_or_not(workspace: WorkspaceFolder, delivered: SchoolFolder):
    plans(workspace, "process", *SCHOOL, "--leerling", "0012", "--vak", "rekenen", "--yes")

    exit_code, shown = answered("y\n", "plans", "withdraw", *SCHOOL, "--leerling", "0012", *REDEN, *config_of(workspace))

    assert exit_code == 0
    assert "Withdraw these 2 leerplannen?" in shown
    assert [(plan["vak"], plan["revisie"]) for plan in delivered.delivered()["ingetrokken"]] == [("nederlands", 2), ("rekenen", 3)]


def test_what_was_withdrawn_before_is_said_to_be(workspace: WorkspaceFolder, delivered: SchoolFolder):
    plans(workspace, "withdraw", *SCHOOL, "--leerling", "0013", *REDEN, "--yes")

    ran = plans(workspace, "withdraw", *SCHOOL, "--leerling", "0013", *REDEN)

    assert (ran.exit_code, ran.stdout) == (0, "")
    assert "ingetrokken before" in ran.stderr
    assert len(delivered.runs) == 2


@pytest.mark.parametrize("arguments", [("--leerling", "0099"), ("--leerling", "0013", "--vak", "engels")])
def test_a_pupil_without_such_a_leerplan_is_told(workspace: WorkspaceFolder, delivered: SchoolFolder, arguments: tuple[str, ...]):
    ran = plans(workspace, "withdraw", *SCHOOL, *arguments, *REDEN, "--yes", "--json")

    assert (ran.exit_code, ran.json) == (2, {"exit_code": 2, "schools": []})
    assert "no leerplan" in ran.stderr
    assert "00" not in ran.stderr


def test_nothing_is_withdrawn_without_a_yes(workspace: WorkspaceFolder, delivered: SchoolFolder):
    before = contents(workspace.folder)
    command = [*COMMAND, "plans", "withdraw", *SCHOOL, "--leerling", "0012", *REDEN, *config_of(workspace)]

    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert (done.returncode, "0012" in done.stderr) == (2, False)
    assert contents(workspace.folder) == before


def test_a_reden_is_put_on_one_line():
    assert cleaned_reden("  De leerling deed\n  groep 2\tniet mee. ", "0012") == "De leerling deed groep 2 niet mee."
    assert cleaned_reden("x" * 200, "0012") == "x" * 200


@pytest.mark.parametrize(
    "reden",
    [
        "",
        " \n ",
        "x" * 201,
        "met een \x07",
        "verborgen\u202e",
        "leerling 123456",
        "bsn 123.45 67-89",
        "geboren 24-11-2012",
        "1_2_3_4_5_6",
        "van leerling 0012",
        "https://ketenid.nl/201703/ab",
        "sleutel a0b1c2d3-e4f5-a6b7-c8d9-aabbccddeeff",
    ],
)
def test_a_reden_that_may_tell_whom_it_is_about_is_refused(reden: str):
    with pytest.raises(CitoNumoError) as refused:
        cleaned_reden(reden, "0012")
    assert refused.value.exit_code == 2
    assert not reden.strip() or reden.strip() not in str(refused.value)


def test_a_reden_that_is_refused_is_told_before_anything_is_read(workspace: WorkspaceFolder, delivered: SchoolFolder):
    ran = plans(workspace, "withdraw", *SCHOOL, "--leerling", "0012", "--reden", "leerling 123456", "--yes")
    assert (ran.exit_code, "123456" in ran.stderr) == (2, False)
    assert len(delivered.runs) == 1


# --- and the ledger, and purge ---------------------------------------------------------------------------------------


def test_a_ledger_that_is_built_anew_knows_what_was_processed_and_withdrawn(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.cito(row("0011"), name="b.csv")
    workspace.sync()
    plans(workspace, "process", *SCHOOL, "--leerling", "0011", "--yes")
    plans(workspace, "withdraw", *SCHOOL, "--leerling", "0012", *REDEN, "--yes")
    before = listed(workspace, "--all")
    runs = len(delivered.runs)
    ledger_of(delivered).unlink()
    assert plans(workspace, "list").exit_code == 4

    (delivered.folder / "inbox/cito/b.csv").unlink()
    rebuilt = workspace.sync_json("--rebuild")

    assert (rebuilt.school["status"], rebuilt.exit_code) == ("nothing_new", 3)
    assert len(delivered.runs) == runs
    assert listed(workspace, "--all") == before
    delivered.cito(row("0012", toets="T2", day="10-11-2026"), name="c.csv")
    workspace.sync()
    assert [(plan["gebruikersnaam"], plan["vak"], plan["revisie"]) for plan in delivered.delivered()["leerplannen"]] == [
        ("0012", "rekenen", 3)
    ]


def test_a_purge_of_the_pupil_leaves_nothing_of_what_was_withdrawn(workspace: WorkspaceFolder, delivered: SchoolFolder):
    plans(workspace, "withdraw", *SCHOOL, "--leerling", "0012", *REDEN, "--yes")

    assert workspace.run("purge", "demo-college", "--leerling", "0012", "--yes", *config_of(workspace)).exit_code == 0

    assert holding(delivered.folder, "0012") == []
    assert sql(delivered, "SELECT * FROM ingetrokken") == []
    assert workspace.sync_json().school["status"] == "nothing_new"
    assert plans(workspace, "show", "0012", *SCHOOL).exit_code == 2


# --- export ----------------------------------------------------------------------------------------------------------


def test_an_export_is_what_a_full_night_delivers(workspace: WorkspaceFolder, delivered: SchoolFolder, tmp_path: Path):
    plans(workspace, "process", *SCHOOL, "--leerling", "0011", "--yes")
    plans(workspace, "withdraw", *SCHOOL, "--leerling", "0013", *REDEN, "--yes")

    as_json = plans(workspace, "export", *SCHOOL)
    as_csv = plans(workspace, "export", *SCHOOL, "--format", "csv", "--output", str(tmp_path / "plans.csv"))
    runs = len(delivered.runs)
    workspace.sync("--full")

    assert valid(as_json.json) == delivered.delivered()
    assert as_json.stdout.encode() == (delivered.runs[runs] / "leerplannen.json").read_bytes()
    assert as_csv.stdout == ""
    assert (tmp_path / "plans.csv").read_bytes() == (delivered.runs[runs] / "leerplannen.csv").read_bytes()
    assert (tmp_path / "plans.csv").stat().st_mode & 0o777 == 0o600


def test_an_export_of_nothing_is_valid_too(workspace: WorkspaceFolder, delivered: SchoolFolder):
    assert valid(plans(workspace, "export", *SCHOOL, "--vak", "engels").json)["leerplannen"] == []
    only = valid(plans(workspace, "export", *SCHOOL, "--klas", "2B").json)["leerplannen"]
    assert [plan["gebruikersnaam"] for plan in only] == ["0013"]


@pytest.mark.parametrize(
    "place",
    [
        "schools/demo-college/outbox/export.json",
        "schools/demo-college/outbox/latest/export.json",
        "schools/other-college/outbox/export.json",
        "schools/demo-college/inbox/cito/export.json",
        "schools/demo-college/.cito-numo/ledger.sqlite",
        "link/export.json",
        "schools",
        "no-folder/export.json",
    ],
)
def test_an_export_does_not_come_among_what_is_read_or_delivered(workspace: WorkspaceFolder, delivered: SchoolFolder, place: str):
    (workspace.folder / "link").symlink_to(delivered.folder / "outbox")
    (workspace.school("other-college").folder / "outbox").mkdir()
    before = contents(workspace.folder)

    ran = plans(workspace, "export", *SCHOOL, "--output", str(workspace.folder / place))

    assert ran.exit_code == 2
    assert contents(workspace.folder) == before


# --- what goes wrong -------------------------------------------------------------------------------------------------

CHANGING = [("process", *SCHOOL, "--all", "--yes"), ("withdraw", *SCHOOL, "--leerling", "0012", *REDEN, "--yes")]


@pytest.mark.parametrize("command", CHANGING, ids=["process", "withdraw"])
def test_while_another_run_is_busy_nothing_is_done(workspace: WorkspaceFolder, delivered: SchoolFolder, command: tuple[str, ...]):
    with school_lock(delivered.folder / ".cito-numo/lock", datetime.now(UTC)):
        ran = plans(workspace, *command, "--json")
        assert (ran.exit_code, ran.school["status"], ran.school["leerplannen"]) == (75, "busy", 0)
        assert len(listed(workspace)) == 4
    assert len(delivered.runs) == 1


@pytest.mark.parametrize("command", [*CHANGING, ("list",), ("show", "0012", *SCHOOL), ("export", *SCHOOL)])
def test_a_ledger_that_is_damaged_is_told(workspace: WorkspaceFolder, delivered: SchoolFolder, command: tuple[str, ...]):
    content = bytearray(ledger_of(delivered).read_bytes())
    content[8192:8692] = bytes(500)
    ledger_of(delivered).write_bytes(content)
    before = contents(workspace.folder)

    ran = plans(workspace, *command)

    assert ran.exit_code == 4
    assert "ledger" in ran.stderr
    assert not re.search(r"001\d|Traceback", ran.stderr)
    assert contents(workspace.folder) == before


@pytest.mark.parametrize("command", [*CHANGING, ("list",), ("show", "0012", *SCHOOL), ("export", *SCHOOL)])
def test_a_mistake_in_school_yaml_is_told(workspace: WorkspaceFolder, delivered: SchoolFolder, command: tuple[str, ...]):
    delivered.configure(terugstuuroptie="3")
    ran = plans(workspace, *command)
    assert (ran.exit_code, ran.stdout) == (78, "")
    assert "school.yaml" in ran.stderr


def test_the_log_says_what_was_done_and_to_nobody(workspace: WorkspaceFolder, delivered: SchoolFolder, tmp_path: Path):
    plans(workspace, *CHANGING[1], "--log", str(tmp_path / "log"))

    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    (line,) = [line for line in lines if line["event"] == "plans"]
    assert (line["command"], line["status"], line["leerplannen"]) == ("plans withdraw", "delivered", 2)
    assert "0012" not in (tmp_path / "log").read_text()


def test_a_school_that_is_not_active_processes_nothing_but_may_withdraw(workspace: WorkspaceFolder, delivered: SchoolFolder):
    delivered.configure(active_from="2099-01-01")

    ran = plans(workspace, "process", *SCHOOL, "--all", "--yes")
    assert (ran.exit_code, len(delivered.runs)) == (0, 1)
    assert "active from 2099-01-01" in ran.stderr

    plans(workspace, "withdraw", *SCHOOL, "--leerling", "0011", "--reden", "Fout", "--yes")
    assert len(delivered.runs) == 2


@pytest.mark.parametrize("filters", [["--klas", "9Z"], ["--leerling", "99"], ["--leerling", "0011", "--leerling", "99"]])
def test_a_klas_or_pupil_that_is_not_there_is_a_mistake(workspace: WorkspaceFolder, delivered: SchoolFolder, filters: list[str]):
    for command in (["process", "--yes"], ["export"]):
        ran = plans(workspace, *command, *SCHOOL, *filters)
        assert (ran.exit_code, ran.stdout, len(delivered.runs)) == (2, "", 1)


@pytest.mark.parametrize(
    "name", ["cito-numo.yaml", "schools/demo-college/school.yaml", "leerlijnen.yaml", "layouts/own.yaml", "schools/a/outbox/x"]
)
def test_an_export_takes_the_place_of_no_file_of_the_workspace(workspace: WorkspaceFolder, delivered: SchoolFolder, name: str):
    (workspace.folder / "layouts").mkdir()
    before = (workspace.folder / name).read_bytes() if (workspace.folder / name).exists() else None

    ran = plans(workspace, "export", *SCHOOL, "--output", str(workspace.folder / name))

    assert ran.exit_code == 2
    assert ((workspace.folder / name).read_bytes() if (workspace.folder / name).exists() else None) == before


def test_a_day_may_stand_in_a_reden_and_a_number_may_not(workspace: WorkspaceFolder, delivered: SchoolFolder):
    withdraw = ("withdraw", *SCHOOL, "--leerling", " 0011 ", "--dry-run", "--reden")
    assert plans(workspace, *withdraw, "Toets van 12-11-2026 door een ander gemaakt").exit_code == 0
    for reden in ("Zie 0011", "123 - 456 - 782", "0104233"):
        assert plans(workspace, *withdraw, reden).exit_code == 2
