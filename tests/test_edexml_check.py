"""`edexml check`, through the command: what is wrong or odd in a file, on which line, and never whose it is."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import COMMAND, DAY, Ran, SchoolFolder, WorkspaceFolder, eck_id, leerling, on_a_terminal
from edexml_for_tests import FIRST_LINE, document, locked, mail, zipped

GOOD = document(leerling("k1", "0012", eck_id(1)), leerling("k2", "0013", eck_id(2)))
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command is run: no workspace."""
    desk = tmp_path / "bureau"
    desk.mkdir()
    monkeypatch.chdir(desk)
    return desk


def check(workspace: WorkspaceFolder, *arguments: object, day: str = DAY) -> Ran:
    return workspace.run("edexml", "check", *map(str, arguments), "--date", day)


def check_in(workspace: WorkspaceFolder, *arguments: object) -> Ran:
    """Check in the workspace."""
    return check(workspace, *arguments, "--config", workspace.folder / "cito-numo.yaml")


def put(content: str | bytes, name: str = "edexml.xml") -> Path:
    path = Path.cwd() / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def findings(ran: Ran) -> dict[str, list[int]]:
    """code → lines, of the only file."""
    (file,) = ran.json["files"]
    found: dict[str, list[int]] = {}
    for finding in file["findings"]:
        found[finding["code"]] = sorted([*found.get(finding["code"], []), *finding["lines"]])
    return found


def message(ran: Ran, code: str) -> str:
    (text,) = [finding["message"] for file in ran.json["files"] for finding in file["findings"] if finding["code"] == code]
    return text


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All files below a folder, with their bytes and times."""
    return {str(path): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns) for path in folder.rglob("*")}


# --- a good file -----------------------------------------------------------------------------------------------------


def test_a_good_file_is_told_in_one_line(workspace: WorkspaceFolder):
    ran = check(workspace, put(GOOD))

    assert (ran.exit_code, ran.stderr, ran.stdout.count("\n")) == (0, "", 1)
    for fact in ("edexml.xml", "EDEXML 2.1", "99XX", "2026-2027", "2026-11-01", "2 pupils", "all is well"):
        assert fact in ran.stdout


def test_nothing_else_is_needed_and_nothing_is_left_behind(desk: Path, workspace: WorkspaceFolder):
    put(GOOD)

    assert check(workspace, "edexml.xml").exit_code == 0
    assert [entry.name for entry in desk.iterdir()] == ["edexml.xml"]


def test_the_json_tells_the_facts_of_each_file_and_its_findings(workspace: WorkspaceFolder):
    path = put(document(leerling("k1", "0012"), leerling("k1", "0013")))

    ran = check(workspace, path, "--json")

    assert ran.stderr == ""
    assert ran.json == {
        "exit_code": 0,
        "files": [
            {
                "file": str(path),
                "usable": True,
                "dialect": "EDEXML",
                "xsdversie": "2.1",
                "brin": "99XX",
                "schooljaar": "2026-2027",
                "aanmaakdatum": "2026-11-01T08:00:00",
                "pupils": 2,
                "place": "gebruikersnaam",
                "places": {"gebruikersnaam": 2, "emailadres": 0, "key": 2},
                "findings": [
                    {
                        "degree": "noted",
                        "code": "edexml-key-double",
                        "count": 2,
                        "lines": [FIRST_LINE, FIRST_LINE + 1],
                        "message": "Pupils with a key that another pupil has too: 2.",
                        "advice": "Results with such a key are joined with nobody. Have the administrator mend it.",
                    }
                ],
                "antwoord": "",
            }
        ],
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("export.zip", zipped(("een.xml", GOOD), ("twee.xml", GOOD), ("leesmij.txt", "Hierbij de export."))),
        ("mail.eml", mail(("een.xml", GOOD), ("rest.zip", zipped(("twee.xml", GOOD))))),
    ],
    ids=["zip", "mail"],
)
def test_each_edexml_in_a_zip_or_a_mail_is_checked(workspace: WorkspaceFolder, name: str, content: bytes):
    ran = check(workspace, put(content, name), "--json")

    assert ran.exit_code == 0
    assert [Path(file["file"]).name for file in ran.json["files"]] == ["een.xml", "twee.xml"]


@pytest.mark.parametrize("content", [GOOD.encode(), mail(("edexml.xml", GOOD)), zipped(("edexml.xml", GOOD))], ids=["xml", "mail", "zip"])
def test_a_file_can_come_in_on_standard_input(content: bytes):
    done = subprocess.run([*COMMAND, "edexml", "check", "-", "--json", "--date", DAY], input=content, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert [file["pupils"] for file in json.loads(done.stdout)["files"]] == [2]


def test_a_pipe_between_programs_does_for_a_file(workspace: WorkspaceFolder):
    reading, writing = os.pipe()  # as the shell's <(unzip -p export.zip)
    os.write(writing, GOOD.encode())
    os.close(writing)
    try:
        ran = check(workspace, f"/dev/fd/{reading}", "--json")
    finally:
        os.close(reading)

    assert (ran.exit_code, ran.json["files"][0]["usable"]) == (0, True)


# --- what is odd -----------------------------------------------------------------------------------------------------


def test_what_is_odd_is_told_with_its_lines(workspace: WorkspaceFolder):
    path = put(
        document(
            leerling(" k1 ", "0012"),
            leerling("k1", "0013"),
            leerling("#1", "0014", eck_id(4)),
            leerling("k4", "0015").replace('groep key="g1"', 'groep key="g9"'),
            leerling("#2", "0016"),
            leerling("k6", "0017", extra="<uitstroomdatum>2026-10-01</uitstroomdatum>"),
            leerling("k7", "0018", extra="<achternaam>Demo</achternaam>"),
            leerling("k8", "0019", extra="<instroomdatum>01-08-2026</instroomdatum>"),
            leerling("k9", "0020", "geen-eck-id"),
            leerling("k10", "0020"),
        ),
    )

    ran = check(workspace, path, "--json")

    assert ran.exit_code == 0
    assert findings(ran) == {
        "edexml-key-double": [6, 7],
        "edexml-key-dummy": [8, 10],
        "edexml-groep-unknown": [9],
        "edexml-no-key": [10],
        "edexml-only-eck-id": [8],
        "edexml-left": [11],
        "edexml-order": [12],
        "edexml-pattern": [13, 14],
        "edexml-name-double": [14, 15],
    }


def test_a_pupil_who_is_historic_has_left(workspace: WorkspaceFolder):
    historic = '<leerling key="k2"><jaargroep>H</jaargroep><groep key="g1"/><gebruikersnaam>0013</gebruikersnaam></leerling>'

    ran = check(workspace, put(document(leerling("k1", "0012"), historic)), "--json")

    assert findings(ran) == {"edexml-left": [FIRST_LINE + 1]}


def test_two_pupils_with_one_eck_id_are_told(workspace: WorkspaceFolder):
    ran = check(workspace, put(document(leerling("k1", "0012", eck_id(1)), leerling("k2", "0013", eck_id(1)))), "--json")

    assert findings(ran) == {"edexml-eck-double": [FIRST_LINE, FIRST_LINE + 1]}


def test_an_element_that_stands_twice_is_told_and_neither_counts(workspace: WorkspaceFolder):
    twice = leerling("k1", "0012", extra="<gebruikersnaam>0099</gebruikersnaam>")

    ran = check(workspace, put(document(twice, leerling("k2", "0013"), leerling("k3", "0014"))), "--json")

    assert findings(ran) == {"edexml-twice": [FIRST_LINE]}
    assert ran.json["files"][0]["places"]["gebruikersnaam"] == 2


def test_a_file_of_another_schooljaar_is_noted(workspace: WorkspaceFolder):
    path = put(GOOD)

    ran = check(workspace, path, "--json", day="2027-09-01")

    assert ran.exit_code == 0
    assert message(ran, "edexml-schooljaar") == "It is of schooljaar 2026-2027; now it is 2027-2028."


def test_without_numos_list_a_file_with_hardly_any_gebruikersnaam_says_what_it_has(workspace: WorkspaceFolder):
    pupils = [
        f'<leerling key="k{number}"><groep key="g1"/><emailadres>{number}@demo-college.example</emailadres></leerling>'
        for number in (1, 2, 3)
    ]

    ran = check(workspace, put(document(*pupils)), "--json")

    assert (ran.exit_code, ran.json["files"][0]["usable"], ran.json["files"][0]["place"]) == (0, True, None)
    assert "gebruikersnaam 0, emailadres 3, key 3" in message(ran, "edexml-place-unknown")


# --- what cannot be used ---------------------------------------------------------------------------------------------


UNUSABLE = [
    (GOOD.replace("</leerling>\n<leerling", "</leerlin>\n<leerling"), "xml-syntax", [FIRST_LINE]),
    (GOOD[: GOOD.index("</leerlingen>")], "xml-syntax", [FIRST_LINE + 2]),
    ("<rapport><leerling/></rapport>", "edexml-root", []),
    (GOOD.replace("<EDEX>", '<!DOCTYPE EDEX [<!ENTITY x "y">]>\n<EDEX>'), "xml-doctype", []),
    ("", "file-empty", []),
    (" \n\n", "file-empty", []),
    (document(), "edexml-no-pupils", []),
    (document('<leerling><groep key="g1"/><gebruikersnaam>0012</gebruikersnaam></leerling>'), "edexml-no-keys", []),
    (b"%PDF-1.7 ...", "not-xml", []),
    (b"7z\xbc\xaf\x27\x1c....", "packed-otherwise", []),
    (locked(zipped(("edexml.xml", GOOD))), "archive-locked", []),
    (zipped(("leesmij.txt", "Hierbij.")), "archive-nothing", []),
    (mail(), "mail-nothing", []),
]


@pytest.mark.parametrize(("content", "code", "lines"), UNUSABLE, ids=[code for _content, code, _lines in UNUSABLE])
def test_a_file_that_cannot_be_used_is_one_clear_sentence(workspace: WorkspaceFolder, content: str | bytes, code: str, lines: list[int]):
    path = put(content)

    told = check(workspace, path)
    ran = check(workspace, path, "--json")

    assert (told.exit_code, ran.exit_code) == (65, 65)
    assert (ran.json["files"][0]["usable"], findings(ran)) == (False, {code: lines})
    assert "cannot be used" in told.stdout
    assert "unusable: " in told.stdout
    assert "Traceback" not in told.stdout + told.stderr


@pytest.mark.parametrize("kind", ["missing", "folder", "dangling link"])
def test_a_file_that_cannot_be_read_is_one_clear_sentence(workspace: WorkspaceFolder, kind: str):
    path = Path.cwd() / "edexml.xml"
    if kind == "folder":
        path.mkdir()
    elif kind == "dangling link":
        path.symlink_to("nowhere.xml")

    ran = check(workspace, path)

    assert ran.exit_code == 65
    assert "edexml.xml" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("bad", [None, "", "<rapport/>"], ids=["missing", "empty", "other root"])
def test_one_unusable_file_among_others_asks_for_a_look_and_the_others_are_told(workspace: WorkspaceFolder, bad: str | None):
    good = put(GOOD, "goed.xml")
    other = Path.cwd() / "fout.xml" if bad is None else put(bad, "fout.xml")

    ran = check(workspace, other, good, "--json")

    assert ran.exit_code == 3
    assert [(Path(file["file"]).name, file["usable"]) for file in ran.json["files"]] == [("fout.xml", False), ("goed.xml", True)]


def test_what_a_school_can_be_answered_is_shown_in_dutch(workspace: WorkspaceFolder):
    ran = check(workspace, put(locked(zipped(("edexml.xml", GOOD))), "export.zip"))

    assert "locked with a password" in ran.stdout
    assert "To mail back:\n\nBeste collega," in ran.stderr
    assert "met een wachtwoord beveiligd" in ran.stderr


# --- for a school ----------------------------------------------------------------------------------------------------


def test_a_file_of_another_brin_is_noted_for_the_school(workspace: WorkspaceFolder, school: SchoolFolder):
    path = put(document(leerling("k1", "0012"), brin="99YY"))

    ran = check_in(workspace, path, "--school", "demo-college", "--json")

    assert ran.exit_code == 0
    assert message(ran, "edexml-brin") == "It is of a school with BRIN 99YY; this school has 99XX."
    assert findings(check(workspace, path, "--json")) == {}


def test_the_place_of_the_gebruikersnaam_is_where_most_of_numos_pupils_are_found(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A", "0014;;2A")
    pupils = [
        leerling(f"k{number}", f"x{number}", extra=f"<emailadres>00{number}@demo-college.example</emailadres>") for number in (12, 13, 14)
    ]

    ran = check_in(workspace, put(document(*pupils)), "--school", "demo-college", "--json")

    (file,) = ran.json["files"]
    assert (ran.exit_code, file["place"]) == (0, "emailadres")
    assert file["places"] == {"gebruikersnaam": 0, "emailadres": 3, "key": 0}


@pytest.mark.parametrize(
    ("in_gebruikersnaam", "in_emailadres", "figures"),
    [
        (("0012", "0013", "x", "y"), ("p", "q", "0014", "0015"), "gebruikersnaam 2, emailadres 2, key 0"),
        (("0012", "x", "y", "z"), ("p", "q", "r", "s"), "gebruikersnaam 1, emailadres 0, key 0"),
    ],
    ids=["tie", "under half"],
)
def test_no_place_is_chosen_on_a_tie_or_under_half(
    workspace: WorkspaceFolder, school: SchoolFolder, in_gebruikersnaam: tuple[str, ...], in_emailadres: tuple[str, ...], figures: str
):
    school.numo("0012;;2A", "0013;;2A", "0014;;2A", "0015;;2A")
    pupils = [
        leerling(
            f"k{number}",
            name,
            extra=f"<emailadres>{address}@demo-college.example</emailadres><toevoegingen><stamnummer>1</stamnummer></toevoegingen>",
        )
        for number, (name, address) in enumerate(zip(in_gebruikersnaam, in_emailadres, strict=True))
    ]

    ran = check_in(workspace, put(document(*pupils)), "--school", "demo-college", "--json")

    assert (ran.exit_code, ran.json["files"][0]["usable"]) == (65, False)
    assert figures in message(ran, "edexml-place")
    assert "in the list: 4" in message(ran, "edexml-place")
    assert "stamnummer" in ran.json["files"][0]["findings"][0]["advice"]


def test_in_a_workspace_a_file_is_compared_with_the_school_that_it_is_for(workspace: WorkspaceFolder, school: SchoolFolder):
    workspace.school("ander-college", brin="99YY")
    text = document(leerling("k1", "0012"), brin="99YY")
    lying = school.put("inbox/edexml/edexml.xml", text)
    mailed = put(mail(("edexml.xml", text), subject="o.v.v. demo-college", sender="iemand@elders.example", confirmed=None), "mail.eml")

    for path in (lying, mailed):
        assert list(findings(check_in(workspace, path, "--json"))) == ["edexml-brin"]
    assert findings(check_in(workspace, put(text), "--json")) == {}
    assert findings(check_in(workspace, put(text), "--school", "ander-college", "--json")) == {}


def test_a_workspace_without_schools_does_not_stand_in_the_way(workspace: WorkspaceFolder):
    assert check_in(workspace, put(GOOD)).exit_code == 0


def test_a_workspace_that_is_named_and_not_there_is_told(workspace: WorkspaceFolder):
    ran = check(workspace, put(GOOD), "--config", "cito-nuno.yaml")

    assert ran.exit_code == 78
    assert "cito-nuno.yaml" in ran.stderr


def test_an_unknown_school_is_a_usage_error(workspace: WorkspaceFolder, school: SchoolFolder):
    ran = check_in(workspace, put(GOOD), "--school", "demo-colege")

    assert ran.exit_code == 2
    assert "Did you mean 'demo-college'?" in ran.stderr


def test_a_school_that_has_no_list_of_numo_yet_can_be_checked(workspace: WorkspaceFolder, school: SchoolFolder):
    ran = check_in(workspace, put(GOOD), "--school", "demo-college")

    assert (ran.exit_code, "all is well" in ran.stdout) == (0, True)


# --- how it is shown -------------------------------------------------------------------------------------------------


def test_without_a_terminal_each_finding_is_a_line_with_file_line_and_degree(workspace: WorkspaceFolder):
    put(document(leerling("k1", "0012"), leerling("k2", "0013"), leerling("k2", "0014")))

    ran = check(workspace, "edexml.xml")

    _head, line = ran.stdout.splitlines()
    assert line.startswith("edexml.xml:7: noted: Pupils with a key that another pupil has too: 2.")
    assert line.endswith("(lines 7, 8)")


def test_the_line_of_what_is_not_well_formed_stands_behind_the_file(workspace: WorkspaceFolder):
    put(GOOD.replace("</leerling>\n<leerling", "</leerlin>\n<leerling"))

    ran = check(workspace, "edexml.xml")

    assert f"edexml.xml:{FIRST_LINE}: unusable: This is not well-formed XML" in ran.stdout


def test_on_a_terminal_of_80_columns_nothing_is_cut_off(workspace: WorkspaceFolder, school: SchoolFolder):
    path = put(
        document(
            leerling("k1", "0012", extra="<achternaam>Demo</achternaam>"),
            leerling("k1", "0013", extra="<instroomdatum>01-08-2026</instroomdatum>"),
            leerling("#2", "0016"),
            brin="99YY",
        ),
        "een-bestand-met-een-heel-lange-naam-zoals-leerlingadministraties-die-maken-2026-11-01.xml",
    )
    arguments = ("--school", "demo-college", "--config", str(workspace.folder / "cito-numo.yaml"), "--date", DAY)

    shown = ANSI.sub("", on_a_terminal("edexml", "check", str(path), *arguments)).replace("\r\n", "\n")

    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    joined = re.sub(r"\s", "", shown)
    for text in (path.name, "Pupils with a key that another pupil has too: 2.", "It is of a school with BRIN 99YY; this school has 99XX."):
        assert text.replace(" ", "") in joined
    assert re.search(r"^noted +6, 7 ", shown, re.MULTILINE)


def test_a_long_list_of_lines_ends_in_dots_and_the_count_says_how_many(workspace: WorkspaceFolder):
    ran = check(workspace, put(document(leerling("k1", "0012"), *(leerling(f"#{number}", "") for number in range(9)))))

    assert "Pupils with a dummy key (it begins with #), which is not kept: 9." in ran.stdout
    assert "(lines 7, 8, 9, 10, 11, …)" in ran.stdout


# --- what it never does ----------------------------------------------------------------------------------------------

CANARIES = (
    "Vogelaar",
    "Kanaria",
    "Piet-Vink",
    "999990019",
    "1987-06-05",
    "c.vogel",
    "kanarie77",
    "sleutel-88",
    "c0ffee",
    "stam-4711",
    "geheim-lokaal",
)


def of_a_canary(ending: str = "") -> str:
    """A pupil who has something to hide in every field, some of it in forms that the standard does not know."""
    eckid = f"https://ketenid.nl/201703/c0ffee{'0' * 121}{ending}"
    return (
        f'<leerling key="sleutel-88{ending}" eckid="{eckid}"><achternaam>Vogelaar</achternaam>'
        "<voorvoegsel>Kanaria van der Vink</voorvoegsel><voornamen>Kanaria</voornamen><roepnaam>Piet-Vink</roepnaam>"
        "<geboortedatum>1987-06-05T00</geboortedatum><geslacht>Vogelaar</geslacht><jaargroep>geheim-lokaal</jaargroep>"
        '<groep key="geheim-lokaal"/><gebruikersnaam>kanarie77</gebruikersnaam>'
        "<emailadres>c.vogel@demo-college.example</emailadres><bsn>999990019</bsn>"
        "<toevoegingen><stamnummer>stam-4711</stamnummer></toevoegingen></leerling>"
    )


@pytest.mark.parametrize(
    "content",
    [
        document(of_a_canary(), of_a_canary()),
        document(of_a_canary("x"), of_a_canary()).replace("</leerlingen>", "<leerling"),
        document(of_a_canary().replace("<bsn>", "<bsn>&vogel;")),
        document(of_a_canary().replace("<bsn>", "<bsn>\x07")),
        f"<?xml version='1.0' encoding='UTF-8'?><rapport>{of_a_canary()}</rapport>",
        mail(("edexml.xml", document(of_a_canary(), of_a_canary()))),
    ],
    ids=["odd", "cut off", "entity", "control character", "other root", "mail"],
)
def test_nothing_of_a_pupil_is_ever_shown(workspace: WorkspaceFolder, school: SchoolFolder, content: str | bytes):
    school.numo("kanarie77;;geheim-lokaal", "stam-4711;;2A", "0012;;2A", "0013;;2A", "0014;;2A")
    path = put(content)

    for ran in (command(workspace, path, *arguments) for command in (check, check_in) for arguments in ((), ("--json",))):
        shown = (ran.stdout + ran.stderr).lower()
        assert path.name in shown
        assert [canary for canary in CANARIES if canary.lower() in shown] == []


def test_nothing_is_written(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    paths = [put(GOOD), put(mail(("edexml.xml", GOOD)), "mail.eml"), put("<rapport/>", "fout.xml")]
    before = tree(workspace.folder)

    for command in (check, check_in):
        assert command(workspace, *paths, "--json").exit_code == 3
    assert tree(workspace.folder) == before


def test_a_control_character_in_a_files_name_does_not_reach_the_terminal(workspace: WorkspaceFolder):
    path = put(document(leerling("k1", "0012"), leerling("k1", "0013")), "edexml\x1b[31m\n\x9b.xml")

    ran = check(workspace, path)
    shown = ANSI.sub("", on_a_terminal("edexml", "check", str(path), "--date", DAY))

    assert ran.exit_code == 0
    assert not set("\x1b\x9b") & set(ran.stdout + ran.stderr + shown)
    assert len(ran.stdout.splitlines()) == 2
