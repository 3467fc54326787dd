"""`register`: schools are signed up, one or a list of them, and become active when Cito has handled that."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import Ran, SchoolFolder, Workbook, WorkspaceFolder, on_a_terminal
from crashing import Trial, Undisturbed, faults_at, sample, signals_at
from proving import PROVE

from cito_numo.config import SchoolConfig, read_workspace

DAY = "2026-08-20"
SAID = {
    "klantnummer": "0123456",
    "brin": "99XX",
    "school": "Demo College",
    "aanhef": "Mevrouw",
    "voornaam": "Demi",
    "achternaam": "Demo",
    "email": "beheer@demo-college.example",
    "maximum-niveau": "+2",
    "korte-naam": "demo-college",
    "administratie": "magister",
    "terugstuuroptie": "0",
}
SCHOOL_YAML = """\
# One school. The name of this folder is the korte schoolnaam in Numo: demo-college
name: Demo College
brin: 99XX                       # two digits, two capitals; a list after a fusion: [99XX, 99XY]
# vestigingen: ["00"]            # only these of a joint EDEXML
klantnummer: "0123456"         # Cito's customer number
contact: {aanhef: Mevrouw, voornaam: Demi, achternaam: Demo, email: beheer@demo-college.example}
maximum_niveau: "+2"             # as filled in on the sign-up form
signed_up: 2026-08-20
# active_from: 2026-09-01      # the day from which Cito has handled the request; absent: not yet
administratie: magister          # somtoday | magister | other
# leerlingnummers_valid_from: 2026-08-01    # after a fusion or a new administration: what is older is not joined on leerlingnummer
terugstuuroptie: 0               # +2 +1 0 -1 -2: the same as the school set in Leerling in beeld
"""
HEADER = "Klantnummer;BRIN;School;Aanhef;Voornaam;Achternaam;e-mail;Maximum_niveau;korte naam;Vestiging;Administratie;terugstuur-optie"
TWO = (
    "0123456;99XX;Demo College;Mevrouw;Demi;Demo;a@demo.example;+2;demo-college;;magister;0",
    "0123457;99XY;Demo Lyceum;Meneer;Zoë;Demo;b@demo.example;+1;demo-lyceum;00, 01;Somtoday;-1",
)


def options(**changes: str | None) -> list[str]:
    """The options that sign demo-college up, with these changes (None leaves one out)."""
    said = SAID | {name.replace("_", "-"): text for name, text in changes.items()}
    return [word for name, text in said.items() if text is not None for word in (f"--{name}", text)]


def register(workspace: WorkspaceFolder, *arguments: str) -> Ran:
    return workspace.run("register", "--config", str(workspace.folder / "cito-numo.yaml"), "--date", DAY, *arguments)


def config_of(workspace: WorkspaceFolder, korte_naam: str = "demo-college") -> SchoolConfig:
    return read_workspace(workspace.folder / "cito-numo.yaml").school(korte_naam).config


def schools_in(workspace: WorkspaceFolder) -> list[str]:
    return sorted(path.name for path in (workspace.folder / "schools").glob("*"))


def listed(workspace: WorkspaceFolder, *rows: str, header: str = HEADER, encoding: str = "utf-8-sig") -> Path:
    path = workspace.folder / "scholen.csv"
    path.write_bytes("\r\n".join((header, *rows, "")).encode(encoding))
    return path


# --- one school ------------------------------------------------------------------------------------------------------


def test_a_school_is_signed_up_in_a_workspace_that_has_none(workspace: WorkspaceFolder):
    ran = register(workspace, *options())

    folder = workspace.folder / "schools/demo-college"
    assert ran.exit_code == 0
    assert (folder / "school.yaml").read_text() == SCHOOL_YAML
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [
        "inbox",
        "inbox/cito",
        "inbox/edexml",
        "inbox/numo",
        "school.yaml",
    ]
    assert {path.stat().st_mode & 0o077 for path in (workspace.folder / "schools").rglob("*")} == {0}
    assert workspace.sync_json().school["status"] == "waiting"


def test_it_tells_what_to_fill_in_on_the_form_in_its_order_and_what_comes_then(workspace: WorkspaceFolder):
    ran = register(workspace, *options())

    assert ran.stdout.split("\n")[1:-1] == [
        "Klantnummer: 0123456",
        "BRIN nummer: 99XX",
        "School/onderwijsorganisatie: Demo College",
        "Aanhef: Mevrouw",
        "Voornaam: Demi",
        "Achternaam: Demo",
        "E-mail: beheer@demo-college.example",
        "Maximum niveau: +2",
        "Korte schoolnaam Numo: demo-college",
    ]
    assert "fill in the form on cito.nl/cito-numo. This may be done before any test was taken." in ran.stderr
    assert "within 5 days. Then: cito-numo register --activate demo-college --config" in ran.stderr
    assert "Somtoday" not in ran.stderr


def test_of_a_somtoday_school_the_administrator_has_to_mail_the_importbestand(workspace: WorkspaceFolder):
    ran = register(workspace, *options(administratie="somtoday"))

    assert "mails the Cito-importbestand (EDEXML) to support@kurve.nl, with demo-college in the subject" in ran.stderr


def test_vestigingen_and_minus_one_are_taken(workspace: WorkspaceFolder):
    ran = register(workspace, *options(terugstuuroptie="-1"), "--vestiging", "00", "--vestiging", "01,02")

    config = config_of(workspace)
    assert ran.exit_code == 0
    assert (config.vestigingen, config.terugstuuroptie) == (["00", "01", "02"], -1)


def test_json_holds_the_form(workspace: WorkspaceFolder):
    ran = register(workspace, *options(), "--json")

    (school,) = ran.json["schools"]
    assert (ran.exit_code, ran.json["exit_code"], ran.stderr) == (0, 0, "")
    assert (school["korte_naam"], school["status"]) == ("demo-college", "signed_up")
    assert (school["form"]["BRIN nummer"], list(school["form"])[-1]) == ("99XX", "Korte schoolnaam Numo")


@pytest.mark.parametrize(
    "name",
    [
        'De "Brug": #1',
        "'t Hof",
        "a, b {c} [d]",
        "- x",
        "null",
        "~",
        "Zoë \u2013 IJ\u00df",
        "100%",
        "{name}",
        "back\\slash",
        "yes",
        "@x",
        "&a *b !c",
    ],
)
def test_whatever_stands_in_a_field_is_read_back_as_it_was(workspace: WorkspaceFolder, name: str):
    words = {"school": name, "aanhef": name, "voornaam": name, "achternaam": name, "maximum_niveau": name}

    assert register(workspace, *options(**words)).exit_code == 0

    config = config_of(workspace)
    assert (config.name, config.maximum_niveau) == (name, name)
    assert set(config.contact.model_dump().values()) == {name, SAID["email"]}


def test_blanks_of_a_copy_are_taken_off(workspace: WorkspaceFolder):
    assert register(workspace, *options(school=" Demo\u00a0 College\t", brin="\u200b99XX ")).exit_code == 0

    assert (config_of(workspace).name, config_of(workspace).brin) == ("Demo College", ["99XX"])


@pytest.mark.parametrize(
    ("field", "text", "allowed"),
    [
        ("klantnummer", "12a", "digits, as 1234567"),
        ("klantnummer", "\u0661\u0662", "digits, as 1234567"),
        ("brin", "99xx", "Two digits and two capitals, as 99XX."),
        ("brin", "99XX00", "Two digits and two capitals, as 99XX."),
        ("vestiging", "0", "Two digits, as 00"),
        ("school", "", "The school's name"),
        ("school", "x" * 201, "The school's name"),
        ("school", "a\x1bb", "The school's name"),
        ("email", "beheer", "An e-mail address"),
        ("email", "a@b", "An e-mail address"),
        ("email", "A <a@b.example>", "An e-mail address"),
        ("maximum_niveau", "  ", "As on the form"),
        ("korte_naam", "Demo", "Lower case, digits and hyphens"),
        ("korte_naam", "../demo", "Lower case, digits and hyphens"),
        ("korte_naam", "x" * 101, "Lower case, digits and hyphens"),
        ("administratie", "parnassys", "Somtoday, magister or other."),
        ("terugstuuroptie", "3", "+2, +1, 0, -1 or -2"),
        ("terugstuuroptie", "hoog", "+2, +1, 0, -1 or -2"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed_and_nothing_is_written(workspace: WorkspaceFolder, field: str, text: str, allowed: str):
    ran = register(workspace, *options(**{field: text}))

    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"--{field.replace('_', '-')}: ")
    assert allowed in ran.stderr
    assert schools_in(workspace) == []


def test_all_that_is_missing_and_all_that_is_wrong_is_told_at_once(workspace: WorkspaceFolder):
    ran = register(workspace, "--brin", "x", "--email", "y", "--json")

    assert (ran.exit_code, ran.json) == (2, {"exit_code": 2, "schools": []})
    assert [line.partition(":")[0] for line in ran.stderr.splitlines()] == [
        "--brin",
        "--email",
        "Needed to sign a school up, and not given",
    ]
    missing = (
        "klantnummer",
        "school",
        "aanhef",
        "voornaam",
        "achternaam",
        "maximum-niveau",
        "korte-naam",
        "administratie",
        "terugstuuroptie",
    )
    assert all(f"--{name}" in ran.stderr.splitlines()[-1] for name in missing)
    assert "--vestiging" not in ran.stderr


def test_a_korte_naam_that_is_there_is_refused(workspace: WorkspaceFolder, school: SchoolFolder):
    before = (school.folder / "school.yaml").read_bytes()

    ran = register(workspace, *options())

    assert ran.exit_code == 2
    assert "--korte-naam: What is given here is not allowed. There is a school of this name already." in ran.stderr
    assert (school.folder / "school.yaml").read_bytes() == before


def test_without_a_workspace_the_way_to_make_one_is_told(tmp_path: Path, workspace: WorkspaceFolder):
    ran = workspace.run("register", "--config", str(tmp_path / "none/cito-numo.yaml"), *options())

    assert ran.exit_code == 78
    assert "cito-numo init" in ran.stderr


def test_a_workspace_without_a_school_tells_how_to_sign_one_up(workspace: WorkspaceFolder):
    assert "cito-numo register" in workspace.sync().stderr


@pytest.mark.parametrize("more", [["--from", "scholen.csv"], ["--activate", "demo-college"]])
def test_the_fields_go_with_neither_a_list_nor_activate(workspace: WorkspaceFolder, more: list[str]):
    assert register(workspace, *options(), *more).exit_code == 2


# --- on a terminal ---------------------------------------------------------------------------------------------------


def test_on_a_terminal_what_is_missing_is_asked_and_a_wrong_answer_is_asked_again(workspace: WorkspaceFolder):
    workspace.school("demo-lyceum")
    answers = ["99xx", "99XX", "", "Demo: #1", "Mevrouw", "Demi", "Demo", "demi", "demi@demo.example", "+2"]
    answers += ["demo-lyceum", "demo-college", "", "Somtoday", "-1", "y"]

    shown = on_a_terminal(
        "register", "--config", str(workspace.folder / "cito-numo.yaml"), "--klantnummer", "0123456", "--date", DAY, answers=answers
    )

    config = config_of(workspace)
    assert (config.name, config.brin, config.contact.email) == ("Demo: #1", ["99XX"], "demi@demo.example")
    assert (config.klantnummer, config.administratie, config.terugstuuroptie, config.vestigingen) == ("0123456", "somtoday", -1, [])
    assert (str(config.signed_up), config.active_from) == (DAY, None)
    lines = [line.rstrip() for line in shown.replace("\r", "").split("\n")]
    assert "Two digits and two capitals, as 99XX." in lines
    assert "There is a school of this name already." in lines
    assert "Sign this school up? [y/N]: y" in lines
    assert max(len(line.replace(str(workspace.folder), "")) for line in lines) <= 150, "but for the workspace's path in a command"
    assert not any(line.startswith("Klantnummer (") for line in lines)


@pytest.mark.parametrize("answers", [["n"], ["\x04"]])
def test_without_agreement_nothing_is_written(workspace: WorkspaceFolder, answers: list[str]):
    shown = on_a_terminal("register", "--config", str(workspace.folder / "cito-numo.yaml"), *options(), answers=answers)

    assert "Nothing was written." in shown
    assert schools_in(workspace) == []


def test_with_yes_nothing_is_asked(workspace: WorkspaceFolder):
    shown = on_a_terminal("register", "--config", str(workspace.folder / "cito-numo.yaml"), *options(), "--yes")

    assert "?" not in shown
    assert schools_in(workspace) == ["demo-college"]


# --- active ----------------------------------------------------------------------------------------------------------


def test_active_from_takes_the_place_of_its_comment_and_all_else_stays(workspace: WorkspaceFolder):
    register(workspace, *options())

    ran = register(workspace, "--activate", "demo-college", "--date", "2026-09-03")

    text = (workspace.folder / "schools/demo-college/school.yaml").read_text()
    assert (ran.exit_code, ran.stderr) == (0, "demo-college is active from 2026-09-03.\n")
    assert text == SCHOOL_YAML.replace("# active_from: 2026-09-01", "active_from: 2026-09-03")


def test_a_school_that_is_active_stays_so_from_that_day_unless_another_is_named(workspace: WorkspaceFolder, school: SchoolFolder):
    before = (school.folder / "school.yaml").read_bytes()
    again = register(workspace, "--activate", "demo-college")
    assert (again.exit_code, again.stderr) == (0, "demo-college is active from 2026-09-01 already. Another day: --from.\n")
    assert (school.folder / "school.yaml").read_bytes() == before

    other = register(workspace, "--activate", "demo-college", "--from", "2026-10-01", "--json")

    assert other.json == {"exit_code": 0, "schools": [{"korte_naam": "demo-college", "status": "active", "active_from": "2026-10-01"}]}
    assert (school.folder / "school.yaml").read_bytes() == before.replace(b"2026-09-01", b"2026-10-01")
    same = register(workspace, "--activate", "demo-college", "--from", "2026-10-01", "--json")
    assert same.json["schools"][0]["status"] == "unchanged"


@pytest.mark.parametrize("arguments", [["demo"], ["demo-college", "--from", "morgen"], ["demo-college", "--from", "0206-09-01"]])
def test_a_school_or_day_that_is_none_is_refused(workspace: WorkspaceFolder, school: SchoolFolder, arguments: list[str]):
    before = (school.folder / "school.yaml").read_bytes()

    assert register(workspace, "--activate", *arguments).exit_code == 2
    assert (school.folder / "school.yaml").read_bytes() == before


def test_a_school_yaml_that_is_not_valid_is_not_made_active(workspace: WorkspaceFolder, school: SchoolFolder):
    school.configure(brin="9XX", active_from=None)
    before = (school.folder / "school.yaml").read_bytes()

    assert register(workspace, "--activate", "demo-college").exit_code == 78
    assert (school.folder / "school.yaml").read_bytes() == before


# --- a list ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "windows-1252"])
def test_all_schools_of_a_list_are_signed_up(workspace: WorkspaceFolder, encoding: str):
    ran = register(workspace, "--from", str(listed(workspace, *TWO, encoding=encoding)))

    lyceum = config_of(workspace, "demo-lyceum")
    assert ran.exit_code == 0
    assert schools_in(workspace) == ["demo-college", "demo-lyceum"]
    assert (lyceum.contact.voornaam, lyceum.vestigingen, lyceum.administratie, lyceum.terugstuuroptie) == (
        "Zoë",
        ["00", "01"],
        "somtoday",
        -1,
    )
    assert (lyceum.klantnummer, str(lyceum.signed_up), lyceum.active_from) == ("0123457", DAY, None)
    assert ran.stdout.count("Korte schoolnaam Numo: ") == 2
    assert "--activate SCHOOL" in ran.stderr


def test_a_list_may_have_the_labels_of_the_form_commas_and_columns_of_its_own(workspace: WorkspaceFolder):
    header = (
        "Opmerking,Klantnummer,BRIN nummer,School/onderwijsorganisatie,Aanhef,Voornaam,Achternaam,E-mail,Maximum niveau,"
        "Korte schoolnaam Numo,Administratie,Terugstuuroptie"
    )
    row = 'x,1,99XX,"Demo, College",Mevrouw,V,A,a@b.example,+2,demo-college,other,1'

    ran = register(workspace, "--from", str(listed(workspace, row, header=header)))

    assert ran.exit_code == 0
    assert "Columns that were not read: Opmerking." in ran.stderr
    assert config_of(workspace).name == "Demo, College"


def test_a_workbook_is_a_list_too(workspace: WorkspaceFolder, xlsx: Workbook):
    path = workspace.folder / "scholen.xlsx"
    cells: list[list[object]] = [list(HEADER.split(";")), list(TWO[0].split(";"))]
    cells[1][0], cells[1][-1] = 1234567, -1
    path.write_bytes(xlsx(cells))

    assert register(workspace, "--from", str(path)).exit_code == 0
    assert (config_of(workspace).klantnummer, config_of(workspace).terugstuuroptie) == ("1234567", -1)


def test_every_mistake_of_every_row_is_told_and_no_school_is_signed_up(workspace: WorkspaceFolder):
    wrong = ("x;99XX;;Mevrouw;V;A;a@b.example;+2;demo-mavo;;magister;0", "1;9XX;Demo;Mevrouw;V;A;a@b.example;+2;demo-college;;magister;5")

    ran = register(workspace, "--from", str(listed(workspace, *TWO, *wrong)), "--json")

    assert (ran.exit_code, ran.json) == (65, {"exit_code": 65, "schools": []})
    told = [line.removeprefix(f"{workspace.folder}/scholen.csv, ") for line in ran.stderr.splitlines()]
    assert [line.partition(":")[0] for line in told] == [
        "row 4, column klantnummer",
        "row 4, column school",
        "row 5, column brin",
        "row 5, column terugstuuroptie",
        "row 5, column korte_naam",
    ]
    assert told[-1].endswith("Row 2 has the same.")
    assert schools_in(workspace) == []


@pytest.mark.parametrize("korte_naam", ["..", "../schools", "", "x" * 101, "Demo-College"])
def test_a_korte_naam_of_a_list_that_cannot_be_one_is_told(workspace: WorkspaceFolder, school: SchoolFolder, korte_naam: str):
    ran = register(workspace, "--from", str(listed(workspace, TWO[0].replace("demo-college", korte_naam))))

    assert ran.exit_code == 65
    assert ran.stderr.endswith(
        "row 2, column korte_naam: What stands here is not allowed. Lower case, digits and hyphens, as demo-college.\n"
    )


def test_a_list_without_a_column_that_is_needed_is_refused(workspace: WorkspaceFolder):
    ran = register(workspace, "--from", str(listed(workspace, "1;99XX", header="klantnummer;brin")))

    assert ran.exit_code == 65
    assert "lacks columns: school, aanhef" in ran.stderr


def test_a_list_that_was_stopped_halfway_is_done_once_more(workspace: WorkspaceFolder):
    register(workspace, "--from", str(listed(workspace, TWO[0])))
    before = (workspace.folder / "schools/demo-college/school.yaml").read_bytes()

    ran = register(workspace, "--from", str(listed(workspace, *TWO)), "--date", "2026-08-21", "--json")

    assert [school["status"] for school in ran.json["schools"]] == ["unchanged", "signed_up"]
    assert (workspace.folder / "schools/demo-college/school.yaml").read_bytes() == before
    other = register(workspace, "--from", str(listed(workspace, TWO[0].replace("99XX", "99YY"))))
    assert "row 2, column korte_naam: What stands here is not allowed. There is a school of this name already." in other.stderr


# --- stopped ---------------------------------------------------------------------------------------------------------


def files_in(folder: Path) -> Mapping[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("school.yaml") if path.is_file()}


def test_a_list_that_is_killed_anywhere_leaves_whole_schools_and_is_finished_by_once_more(tmp_path: Path, workspace: WorkspaceFolder):
    words = ["register", "--from", str(listed(workspace, *TWO)), "--date", DAY, "--config", str(workspace.folder / "cito-numo.yaml")]
    schools = workspace.folder / "schools"
    ended = Trial(workspace.folder, words, stop=Undisturbed()).run()
    whole = files_in(schools)
    assert (ended.exit_code, len(whole)) == (0, 2)

    for number, stop in enumerate(sample(signals_at(ended.changes), None if PROVE else 8, "register")):
        schools.rename(tmp_path / f"aside-{number}")
        assert Trial(workspace.folder, words, stop=stop).run().exit_code < 0
        if schools.exists():
            found = {entry.name for entry in schools.iterdir() if not entry.name.startswith(".")}
            assert {f"{name}/school.yaml": whole[f"{name}/school.yaml"] for name in found} == {
                name: content for name, content in files_in(schools).items() if not name.startswith(".")
            }
        assert Trial(workspace.folder, words).run().exit_code == 0
        assert files_in(schools) == whole
        assert schools_in(workspace) == ["demo-college", "demo-lyceum"]


def test_a_change_that_is_killed_anywhere_leaves_the_old_or_the_new_file(workspace: WorkspaceFolder, school: SchoolFolder):
    path = school.folder / "school.yaml"
    old = path.read_bytes()
    words = ["terugstuuroptie", "set", "demo-college", "-1", "--config", str(workspace.folder / "cito-numo.yaml")]
    ended = Trial(workspace.folder, words, stop=Undisturbed()).run()
    new = path.read_bytes()
    assert ended.exit_code == 0
    assert new == old.replace(b"terugstuuroptie: 0", b"terugstuuroptie: -1")

    for stop in sample(signals_at(ended.changes), None if PROVE else 6, "set"):
        path.write_bytes(old)
        assert Trial(workspace.folder, words, stop=stop).run().exit_code < 0
        assert path.read_bytes() in (old, new)
        assert Trial(workspace.folder, words).run().exit_code == 0
        assert path.read_bytes() == new


def test_a_disk_that_refuses_a_change_is_one_sentence_and_the_file_is_whole(workspace: WorkspaceFolder, school: SchoolFolder):
    path = school.folder / "school.yaml"
    old = path.read_bytes()
    words = ["terugstuuroptie", "set", "demo-college", "-1", "--config", str(workspace.folder / "cito-numo.yaml")]
    ended = Trial(workspace.folder, words, stop=Undisturbed()).run()
    new = path.read_bytes()

    for stop in sample(faults_at(ended.changes), None if PROVE else 6, "refused"):
        path.write_bytes(old)
        refused = Trial(workspace.folder, words, stop=stop).run()
        assert refused.exit_code == 74, stop
        assert refused.stderr.count("\n") == 1
        assert path.read_bytes() in (old, new)
