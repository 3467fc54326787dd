"""What is held: each kind with its code and its command, until a person agrees or the files change; and what is not held."""

import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import EXPORT_HEADER, Ran, SchoolFolder, Workbook, WorkspaceFolder, closes, leerling, row
from upkeep_for_tests import code_in, contents, copied, ledger_of, template

OF_OTHER_SCHOOL = "lies at another school too"
SCATTERED = "scattered over the klassen of the list"


def one(ran: Ran, korte_naam: str) -> dict:
    """What `sync --json` says of one school of several."""
    (found,) = [each for each in ran.json["schools"] if each["korte_naam"] == korte_naam]
    return found


def statuses(ran: Ran) -> dict[str, str]:
    return {each["korte_naam"]: each["status"] for each in ran.json["schools"]}


def paste(workspace: WorkspaceFolder, message: str) -> Ran:
    """Run the command that a message gives, as a person would who copies it."""
    words = shlex.split(message[message.rindex("cito-numo sync ") :])
    return workspace.run(*words[1:], "--date", "2026-11-24", "--json")


# --- the same export at another school -------------------------------------------------------------------------------

EXPORT = (row("0012"), row("0013"))


@pytest.fixture
def two_schools(workspace: WorkspaceFolder) -> tuple[SchoolFolder, SchoolFolder]:
    """Two schools that have the same pupils' numbers."""
    schools = workspace.school("a-college"), workspace.school("b-college")
    for school in schools:
        school.numo("0012;;2A", "0013;;2A")
    return schools


def test_an_export_that_is_new_at_two_schools_is_held_at_both(workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder]):
    for school in two_schools:
        school.cito(*EXPORT)

    ran = workspace.sync_json()

    assert (ran.exit_code, statuses(ran)) == (4, {"a-college": "held", "b-college": "held"})
    assert f"{OF_OTHER_SCHOOL}: b-college." in one(ran, "a-college")["message"]
    assert f"{OF_OTHER_SCHOOL}: a-college." in one(ran, "b-college")["message"]
    assert [school.runs for school in two_schools] == [[], []]
    assert all(closes(each["counts"]) for each in ran.json["schools"])


def test_an_export_is_held_also_where_only_one_school_runs_and_under_another_name(
    workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder]
):
    two_schools[0].cito(*EXPORT)
    two_schools[1].cito(*EXPORT, name="2026/of-a.csv")

    assert statuses(workspace.sync_json("b-college")) == {"b-college": "held"}


def test_an_export_that_was_delivered_before_it_lay_elsewhere_is_held_there_only(
    workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder]
):
    first, second = two_schools
    first.cito(*EXPORT)
    assert statuses(workspace.sync_json()) == {"a-college": "delivered", "b-college": "waiting"}
    second.cito(*EXPORT)
    first.cito(row("0012", toets="T2", day="10-11-2026"), name="later.csv")

    ran = workspace.sync_json()

    assert statuses(ran) == {"a-college": "delivered", "b-college": "held"}
    assert one(ran, "a-college")["message"] == ""


def test_the_school_that_it_is_of_goes_on_when_the_other_file_is_gone(
    workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder]
):
    first, second = two_schools
    first.cito(*EXPORT)
    astray = second.cito(*EXPORT)
    assert statuses(workspace.sync_json()) == {"a-college": "held", "b-college": "held"}
    astray.unlink()

    ran = workspace.sync_json()

    assert (ran.exit_code, statuses(ran)) == (0, {"a-college": "delivered", "b-college": "waiting"})
    second.cito(*EXPORT)
    assert statuses(workspace.sync_json()) == {"a-college": "nothing_new", "b-college": "held"}


def test_an_export_of_two_schools_that_was_agreed_to_is_not_held_again(
    workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder]
):
    for school in two_schools:
        school.cito(*EXPORT)
    held = workspace.sync_json()

    assert paste(workspace, one(held, "a-college")["message"]).school["status"] == "delivered"
    assert statuses(workspace.sync_json()) == {"a-college": "nothing_new", "b-college": "held"}
    two_schools[0].cito(row("0012", toets="T2", day="10-11-2026"), name="later.csv")
    assert one(workspace.sync_json(), "a-college")["status"] == "delivered"


@pytest.mark.parametrize(
    "content",
    ["", f"{EXPORT_HEADER}\r\n", "\r\n".join((EXPORT_HEADER, row("0012", day="06-10-2025"), ""))],
    ids=["empty", "header only", "another schooljaar"],
)
def test_an_export_without_results_of_now_is_not_held_though_it_lies_at_two_schools(
    workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder], content: str
):
    for number, school in enumerate(two_schools):
        school.put("inbox/cito/same.csv", content)
        school.cito(row("0012", toets=f"T{number}"), name="own.csv")

    ran = workspace.sync_json()

    assert statuses(ran) == {"a-college": "delivered", "b-college": "delivered"}
    assert OF_OTHER_SCHOOL not in ran.stdout


def test_exports_that_say_the_same_in_other_bytes_are_not_held(workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder]):
    for number, school in enumerate(two_schools):
        school.cito(*EXPORT[:: 1 - 2 * number])

    ran = workspace.sync_json()

    assert (ran.exit_code, statuses(ran)) == (0, {"a-college": "delivered", "b-college": "delivered"})


def test_an_export_that_lies_at_one_school_twice_is_not_held(workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder]):
    for name in ("one.csv", "two.csv"):
        two_schools[0].cito(*EXPORT, name=name)

    assert one(workspace.sync_json(), "a-college")["status"] == "delivered"


def test_results_that_were_still_to_come_are_held_once_they_are_there(
    workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder]
):
    for school in two_schools:
        school.cito(row("0012", day="26-11-2026"))
    workspace.sync_json(day="2026-11-25")

    assert statuses(workspace.sync_json(day="2026-11-26")) == {"a-college": "held", "b-college": "held"}


def test_many_exports_that_lie_at_two_schools_can_be_agreed_to(workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder]):
    """Each command that is told is followed, as by a person who goes on until it is no longer held."""
    for school in two_schools:
        for number in range(40):
            school.cito(row("0012", day=f"{number % 28 + 1:02d}-10-2026", toets=f"T{number % 4}"), row(f"{number}"), name=f"{number}.csv")
    school = two_schools[0]
    school.numo("0012;;2A", *(f"{number};;2A" for number in range(40)), name="all.csv")
    told = one(workspace.sync_json("a-college"), "a-college")["message"]
    codes = {part.split(maxsplit=1)[0] for part in told.split("--accept ")[1:]}
    assert len(codes) == 40
    accepted = sorted(codes)[:-1]

    nearly = workspace.sync_json("a-college", *(word for code in accepted for word in ("--accept", code)))

    (left,) = [each["message"] for each in school.manifest["messages"] if "--accept" in each["message"]]
    assert nearly.school["status"] == "held"
    assert left.count("--accept") == 1, left
    assert paste(workspace, left).school["status"] == "delivered"


# --- klassen that are scattered --------------------------------------------------------------------------------------


def numbers_of(first: int, count: int) -> list[str]:
    return [f"01{number:03d}" for number in range(first, first + count)]


def list_of(school: SchoolFolder, klassen: dict[str, Sequence[str]], name: str = "numo.csv") -> None:
    school.numo(*(f"{number};;{klas}" for klas, numbers in klassen.items() for number in numbers), name=name)


def export_of(school: SchoolFolder, klassen: dict[str, Sequence[str]], **how: str) -> Path:
    name = how.pop("name", "export.csv")
    return school.cito(*(row(number, klas=klas, **how) for klas, numbers in klassen.items() for number in numbers), name=name)


ALL = numbers_of(0, 12)
IN_FOUR = {"2A": ALL[0::4], "2B": ALL[1::4], "2C": ALL[2::4], "2D": ALL[3::4]}


def test_a_klas_of_which_the_pupils_are_all_over_the_list_is_held(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, IN_FOUR)
    export_of(school, {"2A": ALL[:4], "2B": IN_FOUR["2B"][1:]})

    held = workspace.sync_json()

    assert (held.exit_code, held.school["status"], school.runs) == (4, "held", [])
    assert "in 1 of 1 klassen of the exports, 2A for one" in held.school["message"]
    assert not any(number in held.stdout for number in ALL)
    assert paste(workspace, held.school["message"]).school["status"] == "delivered"


def test_a_list_of_another_year_is_held(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, IN_FOUR)
    export_of(school, {"3A": ALL[:6], "3B": ALL[6:]})

    assert SCATTERED in workspace.sync_json().school["message"]


@pytest.mark.parametrize(
    ("in_list", "in_export"),
    [
        (IN_FOUR, {"2A": ALL[:3]}),
        ({"2A": ALL[0:2], "2B": ALL[2:3], "2C": ALL[3:4]}, {"2A": ALL[:4]}),
        ({"2A": ALL[:6], "2B": ALL[6:]}, {"2A": ALL[:12]}),
        ({"": ALL}, {"2A": ALL}),
        (IN_FOUR, {"": ALL}),
        ({"H2a": ALL[:6], "H2b": ALL[6:]}, {"2A": ALL[:6], "2B": ALL[6:]}),
        ({"2A": ALL}, {"2A": ALL[:6], "2B": ALL[6:]}),
        ({"2A": ALL[:2]}, {"2A": ALL[:2]}),
    ],
    ids=["three pupils", "half together", "half and half", "no klas in list", "no klas in export", "renamed", "one klas", "small"],
)
def test_klassen_that_are_not_scattered_are_not_held(
    workspace: WorkspaceFolder, school: SchoolFolder, in_list: dict[str, Sequence[str]], in_export: dict[str, Sequence[str]]
):
    list_of(school, in_list)
    export_of(school, in_export)

    ran = workspace.sync_json()

    assert (ran.school["status"], SCATTERED in ran.school["message"]) == ("delivered", False)


def test_one_of_two_in_every_klas_of_five_is_scattered_by_the_smallest_margin(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, {"2A": ALL[:2], "2B": ALL[2:4], "2C": ALL[4:5]})
    export_of(school, {"2A": ALL[:5]})

    assert workspace.sync_json().school["status"] == "held"


def test_pupils_with_several_results_count_once(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, IN_FOUR)
    rows = [row(number, klas="2A", onderdeel=onderdeel) for number in ALL[:3] for onderdeel in ("Rekenen-Wiskunde", "Taalverzorging")]
    school.cito(*rows)

    assert workspace.sync_json().school["status"] == "delivered"


def test_scattered_klassen_that_were_agreed_to_stay_agreed_to_for_the_same_files(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, IN_FOUR)
    export_of(school, {"2A": ALL[:4]})
    code = code_in(workspace.sync_json().school["message"])
    assert workspace.sync_json("--accept", code).school["status"] == "delivered"

    school.cito(row(ALL[4], klas=""), name="no-klas.csv")
    after = workspace.sync_json()
    assert (after.school["status"], after.school["message"]) == ("delivered", "")
    export_of(school, {"2B": ALL[4:8]}, name="other.csv")
    other = workspace.sync_json()
    assert other.school["status"] == "held"
    assert code_in(other.school["message"]) != code


def test_a_code_for_scattered_klassen_is_bound_to_the_file(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, IN_FOUR)
    export_of(school, {"2A": ALL[:4]})
    code = code_in(workspace.sync_json().school["message"])
    export_of(school, {"2A": ALL[:4]}, fn="vmbo-kb")

    assert workspace.sync_json("--accept", code).school["status"] == "held"
    export_of(school, {"2A": ALL[:4]})
    list_of(school, {"2A": ALL[1::4], "2C": ALL[0::4], "2D": ALL[2::4], "2E": ALL[3::4]}, name="newer.csv")
    assert workspace.sync_json("--accept", code).school["status"] == "held"


def test_a_workbook_of_several_sheets_can_be_scattered_too(workspace: WorkspaceFolder, school: SchoolFolder, xlsx: Workbook):
    list_of(school, IN_FOUR)
    sheets = [[EXPORT_HEADER, *(row(number, klas="2A", onderdeel=name) for number in ALL[:4])] for name in ("Rekenen", "Taalverzorging")]
    school.put("inbox/cito/2026/export.xlsx", xlsx(*([line.split(";") for line in rows] for rows in sheets)))

    held = workspace.sync_json()

    assert held.school["status"] == "held"
    assert paste(workspace, held.school["message"]).school["status"] == "delivered"


def test_a_workbook_of_several_sheets_that_lies_at_two_schools_is_held(workspace: WorkspaceFolder, xlsx: Workbook):
    sheets = [[EXPORT_HEADER, row("0010", onderdeel=name)] for name in ("Rekenen-Wiskunde", "Taalverzorging")]
    book = xlsx(*([line.split(";") for line in rows] for rows in sheets))
    for name in ("demo-college", "demo-lyceum"):
        school = workspace.school(name)
        school.numo("0010;;2A")
        school.put("inbox/cito/export.xlsx", book)

    ran = workspace.sync_json()

    assert [each["status"] for each in ran.json["schools"]] == ["held", "held"]
    assert all(OF_OTHER_SCHOOL in each["message"] for each in ran.json["schools"])


# --- klassen that the list does not know -----------------------------------------------------------------------------


def test_results_of_klassen_that_the_list_does_not_know_count_apart(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, {"2A": ALL[:2]})
    export_of(school, {"2a ": ALL[:2], "4B": numbers_of(100, 20), "4A": numbers_of(200, 1)})

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (0, "delivered")
    assert "does not have: 21 (4A, 4B)" in ran.school["message"]
    assert ran.school["counts"]["niet_gekoppeld"] == 21
    assert len(school.niet_geleverd) == 21
    assert (workspace.sync().stderr, workspace.sync().exit_code) == ("", 0)


def test_results_of_known_klassen_count_though_others_are_unknown(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, {"2A": ALL[:2]})
    export_of(school, {"2A": [*ALL[:2], *numbers_of(300, 3)], "4B": numbers_of(100, 20)})

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (4, "held")
    assert "3 of 5 results match no pupil" in ran.school["message"]


def test_where_no_klas_of_the_export_is_in_the_list_all_results_count(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, {"H2a": ALL[:2]})
    export_of(school, {"2A": ALL[:2], "4B": numbers_of(100, 20)})

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (4, "held")
    assert "20 of 22 results match no pupil" in ran.school["message"]
    assert "does not have" not in ran.school["message"]


def test_a_klas_of_which_somebody_was_found_is_not_unknown(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, {"2A": ALL[:2], "2B": ALL[2:3]})
    export_of(school, {"2A": ALL[:2], "2X": [ALL[2], *numbers_of(100, 9)]})

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (4, "held")
    assert "9 of 12 results match no pupil" in ran.school["message"]


def test_results_without_klas_count(workspace: WorkspaceFolder, school: SchoolFolder):
    list_of(school, {"2A": ALL[:2]})
    export_of(school, {"2A": ALL[:2], "": numbers_of(100, 9)})

    assert "9 of 11 results match no pupil" in workspace.sync_json().school["message"]


# --- every kind of hold ----------------------------------------------------------------------------------------------

NUMO = [f"00{number};;2A" for number in range(10, 20)]
EDEXML = [leerling(f"k{number}", f"00{number}") for number in range(10, 20)]


def unmatched(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.cito(*(row(f"{number}") for number in range(900, 909)), name="b.csv")


def shrink(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.numo(*NUMO[:5], name="newer.csv")


def other_school(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    for each in (school, workspace.school("other-college", active_from=None)):
        each.cito(row("0010", toets="T2", day="10-11-2026"), name="astray.csv")


def scattered(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.numo(*(f"00{number};;2{'ABCDE'[number % 5]}" for number in range(10, 20)), name="newer.csv")
    school.cito(*(row(f"00{number}", toets="T2", day="10-11-2026") for number in range(10, 15)), name="b.csv")


def keys_moved(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.edexml(leerling("k10", "0011"), leerling("k11", "0010"), name="b.xml")


def keys_renewed(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.edexml(*(leerling(f"new-{number}", f"00{number}") for number in range(10, 20)), name="b.xml")


def brin(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.edexml(leerling("k30", "0030"), brin="99ZZ", name="b.xml")


def cover(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    school.numo(*NUMO, *(f"01{number};;2A" for number in range(10, 40)), name="newer.csv")
    school.edexml(leerling("k30", "0110"), name="b.xml")


def ledger_damaged(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    ledger_of(school).write_bytes(b"no database" * 1000)


def ledger_lost(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    ledger_of(school).unlink()


ASKING: dict[str, tuple[str, Callable[[WorkspaceFolder, SchoolFolder], None], str]] = {
    "unmatched": ("magister", unmatched, "match no pupil"),
    "shrink": ("magister", shrink, "there are 5 pupils now"),
    "other school": ("magister", other_school, OF_OTHER_SCHOOL),
    "scattered": ("magister", scattered, SCATTERED),
    "keys moved": ("somtoday", keys_moved, "point at another pupil"),
    "keys renewed": ("somtoday", keys_renewed, "would get another"),
    "brin": ("somtoday", brin, "BRIN 99ZZ"),
    "cover": ("somtoday", cover, "covers 11 of Numo's 40 pupils"),
}
"""Holds that a person can agree to: administratie, what brings it about, what is said."""
LEDGER: dict[str, tuple[str, Callable[[WorkspaceFolder, SchoolFolder], None], str]] = {
    "ledger damaged": ("magister", ledger_damaged, "--rebuild"),
    "ledger lost": ("magister", ledger_lost, "--rebuild"),
}


Deliver = Callable[[WorkspaceFolder, str], SchoolFolder]


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Per administratie a workspace with a school that delivered."""
    folders = {administratie: tmp_path_factory.mktemp(administratie) for administratie in ("magister", "somtoday")}
    for administratie, folder in folders.items():
        with template(folder) as (workspace, school, _patch):
            school.configure(administratie=administratie)
            school.numo(*NUMO)
            if administratie == "somtoday":
                school.edexml(*EDEXML)
            school.cito(row(key="k10") if administratie == "somtoday" else row("0010"))
            assert workspace.sync_json().school["status"] == "delivered"
    return folders


@pytest.fixture
def deliver(after_a_night: dict[str, Path]) -> Deliver:
    """Makes a workspace one with a school of this administratie that delivered."""
    return lambda workspace, administratie: copied(after_a_night[administratie], workspace)


@pytest.mark.parametrize(("administratie", "come_about", "said"), [*ASKING.values(), *LEDGER.values()], ids=[*ASKING, *LEDGER])
def test_a_hold_leaves_yesterdays_delivery_and_is_reported(
    workspace: WorkspaceFolder, deliver: Deliver, administratie: str, come_about: Callable[[WorkspaceFolder, SchoolFolder], None], said: str
):
    school = deliver(workspace, administratie)
    before = contents(school.folder / "outbox")
    come_about(workspace, school)

    held = workspace.sync_json("demo-college")

    assert (held.exit_code, held.school["status"], held.school["exit_code"], held.school["run_id"]) == (4, "held", 4, None)
    assert said in held.school["message"]
    assert held.school["counts"] == {} or closes(held.school["counts"])
    assert contents(school.folder / "outbox") == before
    assert (school.manifest["status"], school.manifest["exit_code"]) == ("held", 4)
    assert said in " ".join(message["message"] for message in school.manifest["messages"])


@pytest.mark.parametrize(("administratie", "come_about", "said"), ASKING.values(), ids=ASKING)
def test_the_command_that_a_hold_tells_goes_on(
    workspace: WorkspaceFolder, deliver: Deliver, administratie: str, come_about: Callable[[WorkspaceFolder, SchoolFolder], None], said: str
):
    school = deliver(workspace, administratie)
    come_about(workspace, school)
    (told,) = [message["message"] for message in held_messages(workspace, school) if said in message["message"]]

    done = paste(workspace, told)

    assert done.exit_code in (0, 3), done.school["message"]
    assert done.school["status"] in ("delivered", "nothing_new")
    assert said not in done.school["message"]
    after = workspace.sync_json("demo-college")
    assert (after.school["status"], said in after.school["message"]) == ("nothing_new", False)


def held_messages(workspace: WorkspaceFolder, school: SchoolFolder) -> list[dict[str, str]]:
    """What the report says of a night that is held."""
    workspace.sync("demo-college", "--accept", "0badc0de")  # a code that is of nothing here
    return school.manifest["messages"]


@pytest.mark.parametrize(("administratie", "come_about", "said"), [*ASKING.values(), LEDGER["ledger lost"]], ids=[*ASKING, "ledger lost"])
def test_a_hold_is_printed_once_and_lasts(
    workspace: WorkspaceFolder, deliver: Deliver, administratie: str, come_about: Callable[[WorkspaceFolder, SchoolFolder], None], said: str
):
    school = deliver(workspace, administratie)
    come_about(workspace, school)

    first, second = (workspace.sync("demo-college") for _night in range(2))

    assert (first.exit_code, second.exit_code) == (4, 4)
    assert said in first.stderr
    assert second.stdout + second.stderr == ""
    assert said in workspace.sync("demo-college", "-v").stderr


def test_a_ledger_that_is_damaged_is_told_once_too(workspace: WorkspaceFolder, deliver: Deliver):
    school = deliver(workspace, "magister")
    ledger_damaged(workspace, school)

    first, second = workspace.sync(), workspace.sync()

    assert "--rebuild" in first.stderr
    assert second.stderr == ""


def test_two_holds_at_once_are_agreed_to_one_after_the_other(workspace: WorkspaceFolder, deliver: Deliver):
    school = deliver(workspace, "magister")
    unmatched(workspace, school)
    shrink(workspace, school)
    first = held_messages(workspace, school)
    assert len([each for each in first if "--accept" in each["message"]]) == 2

    nearly = paste(workspace, first[0]["message"])
    assert nearly.school["status"] == "held"
    (left,) = [each["message"] for each in school.manifest["messages"] if "--accept" in each["message"]]
    assert left.count("--accept") == 1  # what was agreed to is kept

    assert paste(workspace, left).school["status"] in ("delivered", "nothing_new")


def test_a_hold_of_one_school_stops_no_other(workspace: WorkspaceFolder, deliver: Deliver):
    school = deliver(workspace, "magister")
    other = workspace.school("other-college")
    other.numo("0012;;2A")
    other.cito(row("0012"))
    shrink(workspace, school)

    ran = workspace.sync_json()

    assert (ran.exit_code, statuses(ran)) == (4, {"demo-college": "held", "other-college": "delivered"})


def test_the_command_works_in_a_workspace_with_an_odd_path(workspace: WorkspaceFolder, capsys: pytest.CaptureFixture[str]):
    odd = workspace.folder / "op de 'schijf' (2)"
    odd.mkdir()
    elsewhere = WorkspaceFolder(odd, capsys)
    school = elsewhere.school()
    school.numo("0012;;2A")
    school.cito(row("0012"), row("0098"), row("0099"))

    held = elsewhere.sync_json()

    (told,) = [message["message"] for message in school.manifest["messages"] if "--accept" in message["message"]]
    assert held.school["status"] == "held"
    assert paste(elsewhere, told).school["status"] == "delivered"


def test_a_hold_in_a_dry_run_is_told_and_kept_nowhere(workspace: WorkspaceFolder, deliver: Deliver):
    school = deliver(workspace, "magister")
    shrink(workspace, school)
    before = contents(workspace.folder)

    dry = workspace.sync("--dry-run")

    assert dry.exit_code in (0, 3, 4)
    assert "there are 5 pupils now" in dry.stderr
    assert contents(workspace.folder) == before
    assert "there are 5 pupils now" in workspace.sync().stderr


def test_what_was_agreed_to_in_a_dry_run_is_not_kept(workspace: WorkspaceFolder, deliver: Deliver):
    school = deliver(workspace, "magister")
    shrink(workspace, school)
    code = code_in(workspace.sync_json("--dry-run").school["message"])

    workspace.sync_json("--dry-run", "--accept", code)

    assert workspace.sync_json().school["status"] == "held"


def test_a_hold_goes_with_what_it_was_about(workspace: WorkspaceFolder, deliver: Deliver):
    school = deliver(workspace, "magister")
    shrink(workspace, school)
    assert workspace.sync_json().school["status"] == "held"
    (school.folder / "inbox/numo/newer.csv").unlink()

    after = workspace.sync_json()

    assert (after.exit_code, after.school["status"], after.school["message"]) == (0, "nothing_new", "")
    shutil.rmtree(school.folder / "report")
    assert workspace.sync_json().exit_code == 0
