"""`edexml import`, through the command: EDEXML files into the key table of a school, and the nights after it."""

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Ran, SchoolFolder, WorkspaceFolder, eck_id, leerling, row
from edexml_for_tests import document, locked, mail, zipped

from cito_numo.ledger import Ledger
from cito_numo.locking import school_lock

K1, K2, K3, K4 = (leerling(f"k{number}", f"001{number + 1}") for number in range(1, 5))
"""Of the pupils 0012, 0013, 0014 and 0015."""


def imports(workspace: WorkspaceFolder, *arguments: object) -> Ran:
    return workspace.run("edexml", "import", *map(str, arguments), "--config", str(workspace.folder / "cito-numo.yaml"))


def put(workspace: WorkspaceFolder, content: str | bytes, name: str = "edexml.xml") -> Path:
    path = workspace.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def key_table(school: SchoolFolder) -> dict[str, str]:
    """Cito key → gebruikersnaam, as the school's ledger holds it."""
    ledger = school.folder / ".cito-numo/ledger.sqlite"
    if not ledger.exists():
        return {}
    connection = sqlite3.connect(ledger)
    try:
        return dict(connection.execute("SELECT cito_key, gebruikersnaam FROM sleutels"))
    finally:
        connection.close()


def only(ran: Ran) -> dict:
    """What `--json` says of the only school."""
    (told,) = ran.json["schools"]
    return told


def accept_codes(ran: Ran) -> list[str]:
    return [message["accept"] for message in only(ran)["messages"] if "accept" in message]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.fixture
def school(workspace: WorkspaceFolder) -> SchoolFolder:
    """One Somtoday school, of which Numo knows four pupils."""
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A", "0013;;2A", "0014;;2B", "0015;;2B")
    return school


# --- what becomes of the key table -----------------------------------------------------------------------------------


def test_an_import_tells_what_is_new_and_how_many_of_numos_pupils_it_covers(workspace: WorkspaceFolder, school: SchoolFolder):
    ran = imports(workspace, put(workspace, document(K1, K2, K3)))

    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout == ("demo-college: imported. Keys known: 3; new: 3, changed: 0, gone: 0. They cover 3 of Numo's 4 pupils.\n")
    assert key_table(school) == {"k1": "0012", "k2": "0013", "k3": "0014"}


def test_the_json_tells_the_same(workspace: WorkspaceFolder, school: SchoolFolder):
    path = put(workspace, document(K1, K2, K3))

    ran = imports(workspace, path, "--json")

    assert ran.stderr == ""
    assert ran.json == {
        "exit_code": 0,
        "schools": [
            {
                "korte_naam": "demo-college",
                "status": "imported",
                "exit_code": 0,
                "files": [
                    {
                        "file": str(path),
                        "pupils": 3,
                        "place": "gebruikersnaam",
                        "places": {"gebruikersnaam": 3, "emailadres": 0, "key": 0},
                    }
                ],
                "keys": {"known": 3, "new": 3, "changed": 0, "gone": 0},
                "numo": {"pupils": 4, "covered": 3},
                "messages": [],
                "antwoord": "",
                "quarantine": None,
            }
        ],
    }


def test_keys_stay_when_files_come_per_vestiging_or_leerjaar(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(K1, K2), "oost.xml"))

    ran = imports(workspace, put(workspace, document(K3, K4), "west.xml"), "--json")

    assert only(ran)["keys"] == {"known": 4, "new": 2, "changed": 0, "gone": 0}
    assert only(ran)["numo"] == {"pupils": 4, "covered": 4}
    assert key_table(school) == {"k1": "0012", "k2": "0013", "k3": "0014", "k4": "0015"}


def test_what_a_newer_file_says_else_of_a_pupil_is_a_change(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(K1, K2)))
    promoted = document(K1, K2, groepen='<groep key="g1"><naam>3A</naam><jaargroep>13</jaargroep></groep>')

    ran = imports(workspace, put(workspace, promoted), "--json")

    assert (only(ran)["status"], only(ran)["keys"]) == ("imported", {"known": 2, "new": 0, "changed": 2, "gone": 0})


def test_the_same_file_twice_is_unchanged(workspace: WorkspaceFolder, school: SchoolFolder):
    path = put(workspace, document(K2, K1))
    imports(workspace, path)

    ran = imports(workspace, path, "--json")

    assert (ran.exit_code, only(ran)["status"], only(ran)["keys"]["new"]) == (0, "unchanged", 0)
    assert "nothing new" in imports(workspace, path).stdout


def test_replace_takes_away_the_keys_that_are_in_none_of_the_files(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(K1, K2), "oud.xml"))

    ran = imports(workspace, put(workspace, document(K2, K3)), "--replace", "--json")

    assert only(ran)["keys"] == {"known": 2, "new": 1, "changed": 0, "gone": 1}
    assert key_table(school) == {"k2": "0013", "k3": "0014"}


def test_after_replace_a_night_does_not_bring_back_what_an_older_file_in_the_inbox_had(workspace: WorkspaceFolder, school: SchoolFolder):
    school.put("inbox/edexml/oud.xml", document(K1, K2))
    school.cito(row(key="k2"))
    workspace.sync()

    imports(workspace, put(workspace, document(K2, K3)), "--replace")
    workspace.sync()

    assert key_table(school) == {"k2": "0013", "k3": "0014"}


def test_after_replace_no_night_brings_back_a_file_that_was_made_before_and_no_night_had_seen(
    workspace: WorkspaceFolder, school: SchoolFolder
):
    school.put("inbox/edexml/oud.xml", document(K1, K2, made="2026-09-01T08:00:00"))
    school.cito(row(key="k2"))

    imports(workspace, put(workspace, document(K2, K3, made="2026-11-01T08:00:00")), "--replace")
    workspace.sync()

    assert key_table(school) == {"k2": "0013", "k3": "0014"}


def test_replace_by_an_older_file_undoes_what_a_newer_one_did(workspace: WorkspaceFolder, school: SchoolFolder):
    good, bad = put(workspace, document(K1, K2), "goed.xml"), put(workspace, MISTAKES["hold-keys-moved"], "fout.xml")
    imports(workspace, good)
    (code,) = accept_codes(imports(workspace, bad, "--json"))
    imports(workspace, bad, "--accept", code)
    back = imports(workspace, good, "--replace", "--json")

    imports(workspace, good, "--replace", *(argument for code in accept_codes(back) for argument in ("--accept", code)))

    assert key_table(school) == {"k1": "0012", "k2": "0013"}


def test_after_replace_a_night_does_not_bring_back_the_newest_file_it_had_seen(workspace: WorkspaceFolder, school: SchoolFolder):
    good = put(workspace, document(K1, K2), "goed.xml")
    imports(workspace, good)
    school.put("inbox/edexml/later.xml", document(K1, K2, K3, K4))
    school.cito(row(key="k2"))
    workspace.sync()
    assert len(key_table(school)) == 4

    imports(workspace, good, "--replace")
    workspace.sync()

    assert key_table(school) == {"k1": "0012", "k2": "0013"}


def test_what_was_agreed_to_once_is_not_held_when_the_file_is_imported_again(workspace: WorkspaceFolder, school: SchoolFolder):
    path = put(workspace, document(K1, K2, brin="99YY"))
    (code,) = accept_codes(imports(workspace, path, "--json"))
    imports(workspace, path, "--accept", code)

    assert only(imports(workspace, path, "--json"))["status"] == "unchanged"


def test_of_two_files_in_one_zip_the_one_that_was_made_later_counts(workspace: WorkspaceFolder, school: SchoolFolder):
    older = document(leerling("k1", "0013"), K2, made="2026-09-01T08:00:00")
    newer = document(K1, K2, made="2026-11-01T08:00:00")
    path = put(workspace, zipped(("b.xml", older), ("a.xml", newer)), "export.zip")
    codes = accept_codes(imports(workspace, path, "--json"))

    imports(workspace, path, *(argument for code in codes for argument in ("--accept", code)))

    assert key_table(school) == {"k1": "0012", "k2": "0013"}


def test_with_replace_a_file_that_cannot_be_used_stops_the_import(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(K1, K2, K3, K4), "alles.xml"))

    ran = imports(workspace, put(workspace, document(K1, K2)), put(workspace, "<EDEX>", "stuk.xml"), "--replace", "--json")

    assert (ran.exit_code, only(ran)["status"]) == (65, "failed")
    assert len(key_table(school)) == 4


def test_who_agreed_to_add_keys_did_not_agree_to_take_others_away(workspace: WorkspaceFolder, school: SchoolFolder):
    one = put(workspace, document(K1), "een.xml")
    (code,) = accept_codes(imports(workspace, one, "--json"))
    imports(workspace, one, "--accept", code)
    imports(workspace, put(workspace, document(K1, K2, K3, K4), "alles.xml"))

    ran = imports(workspace, one, "--replace", "--json")

    assert (ran.exit_code, only(ran)["status"], len(key_table(school))) == (4, "held", 4)


def test_an_older_file_that_says_otherwise_is_told(workspace: WorkspaceFolder, school: SchoolFolder):
    good, bad = put(workspace, document(K1, K2), "goed.xml"), put(workspace, MISTAKES["hold-keys-moved"], "fout.xml")
    imports(workspace, good)
    (code,) = accept_codes(imports(workspace, bad, "--json"))
    imports(workspace, bad, "--accept", code)

    ran = imports(workspace, good, "--json")

    assert (ran.exit_code, only(ran)["status"], [message["code"] for message in only(ran)["messages"]]) == (3, "unchanged", ["keys-older"])


def test_a_file_of_another_brin_is_held_for_that_whatever_else_is_wrong(workspace: WorkspaceFolder, school: SchoolFolder):
    strangers = document(leerling("x1", "0912"), leerling("x2", "0913"), brin="99YY")

    ran = imports(workspace, put(workspace, strangers), "--json")

    assert (ran.exit_code, [message["code"] for message in only(ran)["messages"]]) == (4, ["hold-brin"])


def test_each_file_of_another_brin_in_a_zip_is_held_with_a_code_of_its_own(workspace: WorkspaceFolder, school: SchoolFolder):
    files = (("a.xml", document(K1, K2, brin="99YY")), ("b.xml", document(K3, K4, brin="99ZZ")))

    ran = imports(workspace, put(workspace, zipped(*files), "export.zip"), "--json")

    assert len(set(accept_codes(ran))) == 2


def test_keys_that_happen_to_be_numbers_of_numo_are_not_taken_for_them(workspace: WorkspaceFolder, school: SchoolFolder):
    shifted = document(leerling("0013", "0012"), leerling("0014", "0013"), leerling("0015", "0014"), leerling("0012", ""))

    ran = imports(workspace, put(workspace, shifted), "--json")

    assert (ran.exit_code, [message["code"] for message in only(ran)["messages"]]) == (65, ["edexml-place"])
    assert key_table(school) == {}


def test_new_keys_for_most_pupils_who_have_one_are_held_and_for_a_few_are_not(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(K1, K2, K3, K4), "alles.xml"))
    few = imports(workspace, put(workspace, document(leerling("n1", "0012"), K2, K3, K4), "een.xml"), "--json")

    most = imports(workspace, put(workspace, document(*(leerling(f"m{n}", f"001{n + 1}") for n in range(1, 5))), "nieuw.xml"), "--json")

    assert (few.exit_code, only(few)["keys"]["new"]) == (0, 1)
    assert (most.exit_code, [message["code"] for message in only(most)["messages"]]) == (4, ["hold-keys-renewed"])
    assert len(key_table(school)) == 5


def test_after_replace_the_first_new_file_in_the_inbox_is_taken_in(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(K1, K2)), "--replace")
    school.put("inbox/edexml/later.xml", document(K3))
    school.cito(row(key="k3"))

    workspace.sync()

    assert key_table(school) == {"k1": "0012", "k2": "0013", "k3": "0014"}


def test_a_file_of_which_nothing_is_certain_replaces_nothing(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    imports(workspace, put(workspace, document(K1, K2)))
    without_names = document(leerling("k1", ""), leerling("k2", ""), leerling("k3", ""), brin="99YY")
    path = put(workspace, without_names, "ander.xml")
    (code,) = accept_codes(imports(workspace, path, "--replace", "--json"))

    ran = imports(workspace, path, "--replace", "--accept", code, "--json")

    assert (ran.exit_code, only(ran)["status"]) == (65, "failed")
    assert key_table(school) == {"k1": "0012", "k2": "0013"}


def test_the_moment_a_file_was_made_counts_in_whatever_zone_it_is_written(workspace: WorkspaceFolder, school: SchoolFolder):
    later = put(workspace, document(K1, K2, made="2026-11-01T08:00:00Z"), "a.xml")
    earlier = put(workspace, document(leerling("k1", "0013"), leerling("k2", "0012"), made="2026-11-01T08:30:00+01:00"), "b.xml")
    codes = accept_codes(imports(workspace, later, earlier, "--json"))

    imports(workspace, later, earlier, *(argument for code in codes for argument in ("--accept", code)))

    assert key_table(school) == {"k1": "0012", "k2": "0013"}


def test_a_pupil_without_a_key_is_known_by_the_eck_id(workspace: WorkspaceFolder, school: SchoolFolder):
    without_key = f'<leerling eckid="{eck_id(4)}"><groep key="g1"/><gebruikersnaam>0015</gebruikersnaam></leerling>'
    path = put(workspace, document(K1, K2, without_key))
    imports(workspace, path)

    ran = imports(workspace, path, "--json")

    assert (only(ran)["status"], only(ran)["keys"]["known"], only(ran)["numo"]["covered"]) == ("unchanged", 3, 2)


def test_without_numos_list_it_says_that_cover_cannot_be_told(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")

    ran = imports(workspace, put(workspace, document(K1)))

    assert (ran.exit_code, key_table(school)) == (0, {"k1": "0012"})
    assert "covers cannot be told" in ran.stderr


def test_a_school_that_is_not_active_yet_takes_keys_in(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday", active_from=None)
    school.numo("0012;;2A")

    assert imports(workspace, put(workspace, document(K1))).exit_code == 0
    assert key_table(school) == {"k1": "0012"}


# --- what looks like a mistake ---------------------------------------------------------------------------------------

MISTAKES = {
    "hold-keys-moved": document(leerling("k1", "0013"), leerling("k2", "0012"), K3, K4),
    "hold-brin": document(K1, K2, K3, K4, brin="99YY"),
    "hold-cover": document(leerling("k7", "x7"), leerling("k8", "0015")),
}


def before_the_mistake(workspace: WorkspaceFolder, school: SchoolFolder, kind: str) -> dict[str, str]:
    """A key table that the mistake would harm; it."""
    if kind == "hold-cover":
        return {}
    imports(workspace, put(workspace, document(K1, K2), "goed.xml"))
    return key_table(school)


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_held_with_a_code_and_nothing_is_written(workspace: WorkspaceFolder, school: SchoolFolder, kind: str):
    before = before_the_mistake(workspace, school, kind)

    ran = imports(workspace, put(workspace, MISTAKES[kind]), "--json")

    assert (ran.exit_code, only(ran)["status"]) == (4, "held")
    (code,) = accept_codes(ran)
    (told,) = [message for message in only(ran)["messages"] if message["code"] == kind]
    assert told["message"].endswith(f" --accept {code}")
    assert " --school demo-college " in told["message"]
    assert key_table(school) == before


@pytest.mark.parametrize("kind", MISTAKES)
def test_with_its_code_it_goes_on(workspace: WorkspaceFolder, school: SchoolFolder, kind: str):
    before = before_the_mistake(workspace, school, kind)
    path = put(workspace, MISTAKES[kind])
    (code,) = accept_codes(imports(workspace, path, "--json"))

    ran = imports(workspace, path, "--accept", code)

    assert ran.exit_code == 0
    assert key_table(school) != before


@pytest.mark.parametrize("kind", MISTAKES)
def test_the_code_of_one_file_does_not_work_for_another(workspace: WorkspaceFolder, school: SchoolFolder, kind: str):
    before = before_the_mistake(workspace, school, kind)
    (code,) = accept_codes(imports(workspace, put(workspace, MISTAKES[kind]), "--json"))

    other = put(workspace, MISTAKES[kind].replace("2A", "2C"), "ander.xml")

    assert imports(workspace, other, "--accept", code).exit_code == 4
    assert imports(workspace, other, "--accept", "00000000").exit_code == 4
    assert key_table(school) == before


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_night_holds_the_same_and_is_accepted_the_same_way(workspace: WorkspaceFolder, school: SchoolFolder, kind: str):
    before = before_the_mistake(workspace, school, kind)
    school.cito(row(key="k8" if kind == "hold-cover" else "k1"))
    school.put("inbox/edexml/mistake.xml", MISTAKES[kind])

    held = workspace.sync_json()

    assert (held.exit_code, held.school["status"], key_table(school)) == (4, "held", before)
    codes = {part.split()[0] for part in held.school["message"].split("--accept ")[1:]}
    accepted = [argument for code in codes for argument in ("--accept", code)]
    assert workspace.sync_json(*accepted).school["status"] == "delivered"
    assert key_table(school) != before
    assert workspace.sync_json("--full").exit_code == 0


@pytest.mark.parametrize("kind", MISTAKES)
def test_what_an_import_accepted_a_night_accepts_too(workspace: WorkspaceFolder, school: SchoolFolder, kind: str):
    before_the_mistake(workspace, school, kind)
    path = school.put("inbox/edexml/mistake.xml", MISTAKES[kind])
    (code,) = accept_codes(imports(workspace, path, "--json"))
    assert imports(workspace, path, "--accept", code).exit_code == 0
    school.cito(row(key="k8" if kind == "hold-cover" else "k1"))

    assert workspace.sync_json().school["status"] == "delivered"


def test_a_file_of_a_fused_school_may_have_either_brin(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday", brin="[99XX, 99YY]")
    school.numo("0012;;2A")

    assert imports(workspace, put(workspace, document(K1, brin="99YY"))).exit_code == 0


def test_a_pupil_who_stands_in_numos_list_twice_counts_once_for_the_cover(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A", "0013;;2B", "0013;;2C", name="newer.csv")

    ran = imports(workspace, put(workspace, document(K1)), "--json")

    assert (ran.exit_code, only(ran)["numo"]) == (0, {"pupils": 2, "covered": 1})


def test_who_does_what_is_told_gets_there_also_when_two_things_are_held(workspace: WorkspaceFolder, school: SchoolFolder):
    ran = imports(workspace, put(workspace, document(K1, leerling("k7", "x7"), brin="99YY")), "--school", "demo-college")

    assert ran.exit_code == 4
    for _hold in ("hold-brin", "hold-cover"):
        told = re.findall(r"cito-numo edexml import (.+)", ran.stderr)
        ran = imports(workspace, *told[-1].split()) if told else ran

    assert ran.exit_code == 0


def test_half_of_numos_pupils_is_enough(workspace: WorkspaceFolder, school: SchoolFolder):
    assert imports(workspace, put(workspace, document(K1, K2))).exit_code == 0


def test_a_file_that_says_nothing_new_is_not_held_when_numo_has_grown_since(workspace: WorkspaceFolder, school: SchoolFolder):
    path = put(workspace, document(K2, K1))
    imports(workspace, path)
    school.numo(*(f"00{number};;2A" for number in range(12, 30)), name="newer.csv")

    ran = imports(workspace, path, "--json")

    assert (ran.exit_code, only(ran)["status"]) == (0, "unchanged")


def test_a_night_is_not_held_by_an_edexml_it_knows_when_numo_has_grown_since(workspace: WorkspaceFolder, school: SchoolFolder):
    school.put("inbox/edexml/edexml.xml", document(K2, K1))
    school.cito(row(key="k1"))
    workspace.sync()
    school.numo(*(f"00{number};;2A" for number in range(12, 30)), name="newer.csv")

    assert workspace.sync_json().exit_code == 0


def test_what_is_told_to_run_again_repeats_replace(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(K1, K2), "goed.xml"))

    ran = imports(workspace, put(workspace, MISTAKES["hold-brin"]), "--replace")

    assert ran.exit_code == 4
    assert "--replace" in ran.stderr


def test_what_is_told_to_run_again_can_be_pasted_into_a_shell(workspace: WorkspaceFolder, school: SchoolFolder):
    path = put(workspace, MISTAKES["hold-brin"], "Cito importbestand.xml")

    ran = imports(workspace, path)

    assert f"'{path}'" in ran.stderr


# --- several files ---------------------------------------------------------------------------------------------------


def test_of_several_files_all_are_taken_in_or_none(workspace: WorkspaceFolder, school: SchoolFolder):
    good, other = put(workspace, document(K1, K2), "oost.xml"), put(workspace, MISTAKES["hold-brin"], "west.xml")

    held = imports(workspace, good, other, "--json")

    assert (held.exit_code, key_table(school)) == (4, {})
    (code,) = accept_codes(held)
    assert imports(workspace, good, other, "--accept", code).exit_code == 0
    assert set(key_table(school)) == {"k1", "k2", "k3", "k4"}


def test_with_replace_several_files_together_are_the_key_table(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(leerling("k0", "0012"), K2), "oud.xml"))

    ran = imports(workspace, put(workspace, document(K2), "oost.xml"), put(workspace, document(K3), "west.xml"), "--replace")

    assert ran.exit_code == 0
    assert set(key_table(school)) == {"k2", "k3"}


@pytest.mark.parametrize(
    "bad",
    [None, "", "<rapport/>", "<EDEX>", b"%PDF-1.7", locked(zipped(("edexml.xml", document(K1))))],
    ids=["missing", "empty", "other root", "cut off", "pdf", "locked zip"],
)
def test_an_unusable_file_beside_a_good_one_asks_for_a_look_and_the_good_one_is_in(
    workspace: WorkspaceFolder, school: SchoolFolder, bad: str | bytes | None
):
    good = put(workspace, document(K1, K2), "goed.xml")
    other = workspace.folder / "fout.xml" if bad is None else put(workspace, bad, "fout.xml")

    ran = imports(workspace, good, other, "--school", "demo-college")

    assert ran.exit_code == 3
    assert "fout.xml" in ran.stderr
    assert "imported" in ran.stdout
    assert key_table(school) == {"k1": "0012", "k2": "0013"}


@pytest.mark.parametrize(
    "bad", [None, "", "<rapport/>", "<EDEX>", b"%PDF-1.7", "folder"], ids=["missing", "empty", "other root", "cut off", "pdf", "folder"]
)
def test_nothing_but_unusable_files_is_no_usable_input(workspace: WorkspaceFolder, school: SchoolFolder, bad: str | bytes | None):
    path = workspace.folder / "fout.xml"
    if bad == "folder":
        path.mkdir()
    elif bad is not None:
        put(workspace, bad, "fout.xml")

    ran = imports(workspace, path)

    assert (ran.exit_code, key_table(school)) == (65, {})
    assert "fout.xml" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_files_of_several_schools_each_go_to_their_own(workspace: WorkspaceFolder, school: SchoolFolder):
    other = workspace.school("ander-college", administratie="somtoday", brin="99YY")
    one = school.put("inbox/edexml/edexml.xml", document(K1, K2))
    two = other.put("inbox/edexml/edexml.xml", document(leerling("k1", "0099"), brin="99YY"))

    ran = imports(workspace, one, two, "--json")

    assert {told["korte_naam"]: told["status"] for told in ran.json["schools"]} == {"demo-college": "imported", "ander-college": "imported"}
    assert (key_table(school)["k1"], key_table(other)["k1"]) == ("0012", "0099")


# --- which school ----------------------------------------------------------------------------------------------------


@pytest.fixture
def two_schools(workspace: WorkspaceFolder, school: SchoolFolder) -> SchoolFolder:
    """A second school, so that it is not certain by itself which one a file is for."""
    return workspace.school("ander-college", administratie="somtoday", brin="99YY")


def test_the_school_can_be_named(workspace: WorkspaceFolder, school: SchoolFolder, two_schools: SchoolFolder):
    assert imports(workspace, put(workspace, document(K1, K2)), "--school", "demo-college").exit_code == 0
    assert (len(key_table(school)), key_table(two_schools)) == (2, {})


def test_a_file_in_a_schools_folder_is_that_schools(workspace: WorkspaceFolder, school: SchoolFolder, two_schools: SchoolFolder):
    assert imports(workspace, school.put("inbox/edexml/edexml.xml", document(K1, K2))).exit_code == 0
    assert (len(key_table(school)), key_table(two_schools)) == (2, {})


@pytest.mark.parametrize("subject", ["demo-college", "RE: Fwd: o.v.v. 'Demo-College'", "EDEXML demo-college oktober"])
def test_the_subject_of_a_mail_names_the_school(workspace: WorkspaceFolder, school: SchoolFolder, two_schools: SchoolFolder, subject: str):
    content = mail(("edexml.xml", document(K1, K2)), subject=subject, sender="iemand@elders.example", confirmed=None)

    assert imports(workspace, put(workspace, content, "mail.eml")).exit_code == 0
    assert (len(key_table(school)), key_table(two_schools)) == (2, {})


@pytest.mark.parametrize("subject", ["EDEXML", "demo-college en ander-college"])
def test_without_a_school_it_is_a_usage_error(workspace: WorkspaceFolder, school: SchoolFolder, two_schools: SchoolFolder, subject: str):
    files = put(workspace, document(K1, K2)), put(workspace, mail(("edexml.xml", document(K1)), subject=subject), "mail.eml")

    ran = imports(workspace, *files)

    assert ran.exit_code == 2
    assert ran.stderr.count("Name it with --school") == 2
    assert (key_table(school), key_table(two_schools)) == ({}, {})


def test_a_file_that_lies_beside_the_schools_is_no_schools(workspace: WorkspaceFolder, school: SchoolFolder, two_schools: SchoolFolder):
    ran = imports(workspace, put(workspace, document(K1, K2), "schools/edexml.xml"))

    assert ran.exit_code == 2
    assert "Name it with --school" in ran.stderr


def test_an_unknown_school_is_a_usage_error(workspace: WorkspaceFolder, school: SchoolFolder):
    ran = imports(workspace, put(workspace, document(K1)), "--school", "demo-colege")

    assert ran.exit_code == 2
    assert "Did you mean 'demo-college'?" in ran.stderr
    assert not (workspace.folder / "schools/demo-colege").exists()


def test_with_json_an_unknown_school_is_told_as_json(workspace: WorkspaceFolder, school: SchoolFolder):
    ran = imports(workspace, put(workspace, document(K1)), "--school", "demo-colege", "--json")

    assert ran.json == {"exit_code": 2, "schools": []}


def test_a_mistake_in_school_yaml_is_told(workspace: WorkspaceFolder, school: SchoolFolder):
    school.configure(terugstuuroptie="3")

    ran = imports(workspace, put(workspace, document(K1)))

    assert ran.exit_code == 78
    assert "terugstuuroptie" in ran.stderr


def test_a_list_of_numo_that_cannot_be_read_stops_the_import(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.put("inbox/numo/numo.csv", "naam;klas\r\nDemo;2A\r\n")

    ran = imports(workspace, put(workspace, document(K1)))

    assert (ran.exit_code, key_table(school)) == (65, {})
    assert "numo.csv" in ran.stderr
    assert "Demo" not in ran.stderr


def test_an_older_list_of_numo_does_when_the_newest_cannot_be_read(workspace: WorkspaceFolder, school: SchoolFolder):
    school.put("inbox/numo/newer.xlsx", b"no workbook")

    ran = imports(workspace, put(workspace, document(K1, K2)), "--json")

    assert (ran.exit_code, only(ran)["numo"]) == (3, {"pupils": 4, "covered": 2})


# --- as it arrives ---------------------------------------------------------------------------------------------------

ARRIVALS = {
    "export.zip": zipped(("oost.xml", document(K1, K2)), ("west.xml", document(K3))),
    "mail.eml": mail(("oost.xml", document(K1, K2)), ("rest.zip", zipped(("west.xml", document(K3))))),
}
PER_ARRIVAL = pytest.mark.parametrize("name", ARRIVALS)


@PER_ARRIVAL
def test_a_zip_or_a_mail_is_imported_by_name(workspace: WorkspaceFolder, school: SchoolFolder, name: str):
    ran = imports(workspace, put(workspace, ARRIVALS[name], name), "--json")

    assert (ran.exit_code, [Path(file["file"]).name for file in only(ran)["files"]]) == (0, ["oost.xml", "west.xml"])
    assert set(key_table(school)) == {"k1", "k2", "k3"}
    assert (workspace.folder / name).exists()


@PER_ARRIVAL
def test_a_zip_or_a_mail_in_the_inbox_is_taken_in_by_the_night(workspace: WorkspaceFolder, school: SchoolFolder, name: str):
    school.put(f"inbox/edexml/{name}", ARRIVALS[name])
    school.cito(row(key="k1"), row(key="k3"))

    assert workspace.sync_json().school["counts"]["leerplan"] == 2
    assert set(key_table(school)) == {"k1", "k2", "k3"}


# --- the night after -------------------------------------------------------------------------------------------------


def test_the_next_night_joins_results_by_the_imported_keys(workspace: WorkspaceFolder, school: SchoolFolder):
    school.cito(row(key="k1"), row(key="k2"))
    assert workspace.sync_json().school["status"] == "waiting"

    imports(workspace, put(workspace, document(K1, K2)))

    night = workspace.sync_json().school
    assert (night["status"], night["counts"]["leerplan"]) == ("delivered", 2)


def test_keys_that_came_after_an_idle_night_are_joined_the_next(workspace: WorkspaceFolder, school: SchoolFolder):
    school.configure(administratie="somtoday", tolerance="{unmatched: 1.0, unmatched_hold: 1.0}")
    imports(workspace, put(workspace, document(K1, K2), "oost.xml"))
    school.cito(row(key="k1"), row(key="k3"))
    workspace.sync()
    assert workspace.sync_json().school["status"] == "nothing_new"

    imports(workspace, put(workspace, document(K3), "west.xml"))

    night = workspace.sync_json().school
    assert (night["status"], night["counts"]["leerplan"], night["counts"]["ongewijzigd"]) == ("delivered", 1, 1)


def test_an_import_says_nothing_of_the_pupils_names_or_numbers(workspace: WorkspaceFolder, school: SchoolFolder):
    school.put("inbox/numo/numo.csv", "gebruikersnaam;klas\r\nkanarie77;2A\r\n")
    pupil = leerling("sleutel-88", "kanarie77", eck_id(0xC0FFEE), "<achternaam>Vogelaar</achternaam><bsn>999990019</bsn>")

    for arguments in ((), ("-v",), ("--json",)):
        for brin in ("99XX", "99YY"):
            ran = imports(workspace, put(workspace, document(pupil, pupil, brin=brin)), *arguments)
            shown = ran.stdout + ran.stderr
            assert [canary for canary in ("sleutel-88", "kanarie77", "c0ffee", "Vogelaar", "999990019") if canary in shown] == []
    assert b"Vogelaar" not in b"".join(tree(workspace.folder / "schools").values())


# --- whole or not at all ---------------------------------------------------------------------------------------------


def test_dry_run_writes_nothing_and_tells_what_would_be(workspace: WorkspaceFolder, school: SchoolFolder):
    path = put(workspace, document(K1, K2))
    before = tree(workspace.folder)

    ran = imports(workspace, path, "--dry-run", "--json")

    assert (ran.exit_code, only(ran)["status"], only(ran)["keys"]["new"]) == (0, "dry_run", 2)
    assert tree(workspace.folder) == before


def test_dry_run_over_a_key_table_writes_nothing_and_holds_the_same(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(K1, K2), "goed.xml"))
    path = put(workspace, MISTAKES["hold-keys-moved"])
    before = tree(workspace.folder)

    ran = imports(workspace, path, "--dry-run", "--replace", "--json")

    assert (ran.exit_code, only(ran)["status"]) == (4, "held")
    assert tree(workspace.folder) == before


def test_while_another_run_of_the_school_is_busy_nothing_is_imported(workspace: WorkspaceFolder, school: SchoolFolder):
    with school_lock(school.folder / ".cito-numo/lock", datetime(2026, 11, 25, 3, 0, tzinfo=UTC)):
        ran = imports(workspace, put(workspace, document(K1, K2)))

    assert (ran.exit_code, key_table(school)) == (75, {})
    assert "since 2026-11-25T03:00:00" in ran.stderr


@pytest.mark.parametrize("moment", ["_keep_files", "_keep_keys", "_keep_accepted", "_insert"])
def test_a_crash_between_reading_and_writing_leaves_the_old_key_table(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch, moment: str
):
    imports(workspace, put(workspace, document(K1, K2)))
    path = put(workspace, document(K3, K4), "later.xml")
    with monkeypatch.context() as crash:
        crash.setattr(Ledger, moment, _fails)
        ran = imports(workspace, path, "--replace")
    assert (ran.exit_code, key_table(school)) == (74, {"k1": "0012", "k2": "0013"})
    assert "No space left" in ran.stderr

    assert only(imports(workspace, path, "--replace", "--json"))["keys"] == {"known": 2, "new": 2, "changed": 0, "gone": 2}


def test_what_it_writes_is_for_its_owner_only(workspace: WorkspaceFolder, school: SchoolFolder):
    imports(workspace, put(workspace, document(K1, K2)))

    made = [path for folder in (workspace.folder, school.folder) for path in [folder / ".cito-numo", *(folder / ".cito-numo").rglob("*")]]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {0o700}


# --- a ledger of before ----------------------------------------------------------------------------------------------

VERSION_1 = """
CREATE TABLE bestanden (volgorde INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE);
CREATE TABLE sleutels (cito_key TEXT NOT NULL, gebruikersnaam TEXT, eck_id TEXT, klas TEXT, volgorde INTEGER NOT NULL,
    secret TEXT NOT NULL);
CREATE TABLE akkoorden (code TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE runs (run_id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE leerplannen (leerplan_id TEXT NOT NULL, gebruikersnaam TEXT NOT NULL, vak TEXT NOT NULL, klas TEXT,
    revisie INTEGER NOT NULL, status TEXT NOT NULL, run_id TEXT NOT NULL REFERENCES runs, PRIMARY KEY (leerplan_id, revisie)) WITHOUT ROWID;
CREATE TABLE onderdelen (leerplan_id TEXT NOT NULL, revisie INTEGER NOT NULL, onderdeel TEXT NOT NULL, toets TEXT NOT NULL,
    schooljaar TEXT NOT NULL, afnamedatum TEXT NOT NULL, toetsniveau TEXT NOT NULL, functioneringsniveau TEXT NOT NULL,
    relatief INTEGER NOT NULL, route TEXT NOT NULL, startniveau TEXT NOT NULL, doelniveau TEXT NOT NULL, prioriteit INTEGER NOT NULL,
    volgorde INTEGER NOT NULL, PRIMARY KEY (leerplan_id, revisie, onderdeel)) WITHOUT ROWID;
CREATE TABLE vervallen (run_id TEXT NOT NULL REFERENCES runs, gebruikersnaam TEXT NOT NULL, onderdeel TEXT NOT NULL,
    schooljaar TEXT NOT NULL, toets TEXT NOT NULL, volgorde INTEGER NOT NULL);
CREATE TABLE nacht (id INTEGER PRIMARY KEY CHECK (id = 1), inhoud TEXT NOT NULL);
INSERT INTO bestanden VALUES (1, 'een-eerder-bestand');
INSERT INTO sleutels VALUES ('k1', '0012', NULL, '2A', 1, 'secret'), ('k2', '0013', NULL, '2A', 1, 'secret');
PRAGMA user_version = 1;
"""


@pytest.fixture
def ledger_of_version_1(school: SchoolFolder) -> Path:
    """A ledger as the version before wrote it, with two keys."""
    ledger = school.put(".cito-numo/ledger.sqlite", b"")
    connection = sqlite3.connect(ledger)
    connection.executescript(VERSION_1)
    connection.close()
    return ledger


def test_an_older_ledger_keeps_its_keys(workspace: WorkspaceFolder, school: SchoolFolder, ledger_of_version_1: Path):
    without_key = f'<leerling eckid="{eck_id(4)}"><groep key="g1"/><gebruikersnaam>0015</gebruikersnaam></leerling>'

    ran = imports(workspace, put(workspace, document(K3, without_key)), "--json")

    assert only(ran)["keys"] == {"known": 4, "new": 2, "changed": 0, "gone": 0}
    assert key_table(school) == {"k1": "0012", "k2": "0013", "k3": "0014", None: "0015"}


def test_a_night_goes_on_with_an_older_ledger(workspace: WorkspaceFolder, school: SchoolFolder, ledger_of_version_1: Path):
    school.cito(row(key="k1"), row(key="k2"))

    assert workspace.sync_json().school["counts"]["leerplan"] == 2
    assert key_table(school) == {"k1": "0012", "k2": "0013"}


def test_dry_run_reads_an_older_ledger_and_leaves_it_as_it_is(workspace: WorkspaceFolder, school: SchoolFolder, ledger_of_version_1: Path):
    path = put(workspace, document(K3))
    before = tree(workspace.folder)

    ran = imports(workspace, path, "--dry-run", "--json")

    assert only(ran)["keys"] == {"known": 3, "new": 1, "changed": 0, "gone": 0}
    assert tree(workspace.folder) == before


def _fails(*_arguments: object, **_options: object) -> None:
    raise OSError(28, "No space left on device")
