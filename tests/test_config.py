"""The workspace's YAML: what it says, and every mistake in it at once."""

import re
from pathlib import Path

import pytest
from conftest import SCHOOL, SchoolFolder, WorkspaceFolder

from cito_numo.config import School, SchoolConfig, chosen_schools, read_workspace
from cito_numo.errors import CitoNumoError, Problem
from cito_numo.workspace import new_example_school, new_workspace, workspace_yaml

SCHOOL_YAML = "".join(f"{key}: {value}\n" for key, value in SCHOOL.items())


def read(workspace: WorkspaceFolder, korte_naam: str = "demo-college") -> School:
    return read_workspace(workspace.folder / "cito-numo.yaml").school(korte_naam)


def mistakes(workspace: WorkspaceFolder) -> list[Problem]:
    with pytest.raises(CitoNumoError) as stopped:
        read(workspace)
    return list(stopped.value.problems)


def mistake(workspace: WorkspaceFolder) -> Problem:
    (problem,) = mistakes(workspace)
    return problem


def codes_and_lines(problems: list[Problem]) -> list[tuple[str, int]]:
    return [(problem.kind.code, int(problem.place.rsplit(" ", 1)[1])) for problem in problems]


# --- what a school.yaml says -----------------------------------------------------------------------------------------


def test_ids_and_codes_stay_text_with_their_leading_zeros(workspace: WorkspaceFolder, school: SchoolFolder):
    school.configure(klantnummer="0123456", vestigingen="[00, 02]")
    config = read(workspace).config
    assert config.klantnummer == "0123456"
    assert config.vestigingen == ["00", "02"]


@pytest.mark.parametrize(
    ("written", "option"), [("+2", 2), ("+1", 1), ("0", 0), ("-1", -1), ("-2", -2), ('"+2"', 2), ("'-1'", -1), ("1", 1)]
)
def test_a_terugstuuroptie_is_a_number_with_or_without_sign_and_quotes(
    workspace: WorkspaceFolder, school: SchoolFolder, written: str, option: int
):
    school.configure(terugstuuroptie=written)
    assert read(workspace).config.terugstuuroptie == option


@pytest.mark.parametrize(("written", "brin"), [("99XX", ["99XX"]), ("[99XX, 99XY]", ["99XX", "99XY"])])
def test_a_brin_is_one_or_after_a_fusion_a_list(workspace: WorkspaceFolder, school: SchoolFolder, written: str, brin: list[str]):
    school.configure(brin=written)
    assert read(workspace).config.brin == brin


@pytest.mark.parametrize(
    ("administratie", "match_on"),
    [("magister", ["leerlingnummer", "eck_id"]), ("other", ["leerlingnummer", "eck_id"]), ("somtoday", ["cito_key"])],
)
def test_the_administratie_says_which_keys_join_unless_the_school_does(
    workspace: WorkspaceFolder, school: SchoolFolder, administratie: str, match_on: list[str]
):
    school.configure(administratie=administratie)
    assert list(read(workspace).match_on) == match_on

    school.configure(administratie=administratie, match_on="[eck_id]")
    assert list(read(workspace).match_on) == ["eck_id"]


@pytest.mark.parametrize("nothing", ["", "~", "null", "# to be filled in"])
def test_a_key_with_nothing_behind_it_is_absent(workspace: WorkspaceFolder, school: SchoolFolder, nothing: str):
    school.configure(active_from=nothing, vestigingen=nothing, csv=nothing)
    config = read(workspace).config
    assert config.active_from is None
    assert config.vestigingen == []
    assert config.csv.separator == ";"


def test_a_required_key_with_nothing_behind_it_is_missing(workspace: WorkspaceFolder, school: SchoolFolder):
    school.configure(terugstuuroptie="")
    problem = mistake(workspace)
    assert problem.kind.code == "config-missing-key"
    assert problem.message == "The key 'terugstuuroptie' is required."


def test_a_quoted_empty_text_is_a_value(workspace: WorkspaceFolder, school: SchoolFolder):
    school.configure(name='""')
    assert mistake(workspace).kind.code == "config-value"


# --- defaults --------------------------------------------------------------------------------------------------------


def test_defaults_hold_for_every_school_and_merge_deep_with_its_own_keys(workspace: WorkspaceFolder, school: SchoolFolder):
    defaults = """\
defaults:
  processing: automatic
  tolerance:
    unmatched: 0.2
    shrink: 0.3
"""
    (workspace.folder / "cito-numo.yaml").write_text(defaults)
    school.configure(tolerance="{shrink: 0.4}")
    config = read(workspace).config
    assert config.processing == "automatic"
    assert (config.tolerance.unmatched, config.tolerance.shrink, config.tolerance.unmatched_hold) == (0.2, 0.4, 0.5)


def test_an_empty_key_of_a_school_leaves_the_default_in_place(workspace: WorkspaceFolder, school: SchoolFolder):
    (workspace.folder / "cito-numo.yaml").write_text('defaults: {csv: {separator: ","}}\n')
    school.configure(csv="")
    assert read(workspace).config.csv.separator == ","


def test_a_list_of_the_school_takes_the_place_of_the_default_list(workspace: WorkspaceFolder, school: SchoolFolder):
    (workspace.folder / "cito-numo.yaml").write_text("defaults: {mail_from: [a@kurve.example, b@kurve.example]}\n")
    school.configure(mail_from="[beheer@demo-college.example]")
    assert read(workspace).config.mail_from == ["beheer@demo-college.example"]


def test_what_is_the_schools_own_cannot_stand_under_defaults(workspace: WorkspaceFolder, school: SchoolFolder):
    (workspace.folder / "cito-numo.yaml").write_text("defaults:\n  terugstuuroptie: 0\n")
    problem = mistake(workspace)
    assert school.folder.name not in problem.place
    assert (problem.kind.code, problem.values["key"]) == ("config-unknown-key", "defaults.terugstuuroptie")


# --- mistakes --------------------------------------------------------------------------------------------------------


def test_all_mistakes_of_a_file_are_told_at_once_each_with_its_line_key_and_what_is_allowed(
    workspace: WorkspaceFolder, school: SchoolFolder
):
    path = school.put(
        "school.yaml",
        """\
name: Demo College
brin: 99xx
administratie: magster
terugstuuroptie: 3
terugstuurotpie: 0
csv:
  separator: ";"
  encodign: utf-8
active_from: 1 september
""",
    )
    problems = mistakes(workspace)
    assert [str(problem) for problem in problems] == [
        f"{path}, line 2: 'brin.1': this is not allowed. Two digits and two capitals, as 99XX; a list of them after a fusion.",
        f"{path}, line 3: 'administratie': this is not allowed. Allowed: somtoday, magister, other.",
        f"{path}, line 4: 'terugstuuroptie': this is not allowed. One of +2 +1 0 -1 -2, the same as the school set at Cito.",
        f"{path}, line 5: The key 'terugstuurotpie' is not known. Did you mean 'terugstuuroptie'?",
        f"{path}, line 8: The key 'csv.encodign' is not known. Did you mean 'encoding'?",
        f"{path}, line 9: 'active_from': this is not allowed. A date as 2026-09-01; absent while Cito has not handled the request.",
    ]
    assert {problem.kind.exit_code for problem in problems} == {78}


def test_a_misspelt_key_gets_the_key_that_was_probably_meant(workspace: WorkspaceFolder, school: SchoolFolder):
    school.configure(Terugstuur_optie="0")
    assert mistake(workspace).advice == "Did you mean 'terugstuuroptie'?"


def test_a_key_that_is_like_no_other_gets_the_keys_that_are_known(workspace: WorkspaceFolder, school: SchoolFolder):
    school.configure(edexml="{qqqq: 1}")
    assert mistake(workspace).advice == "Known are: leerlingnummer, cito_key."


def test_missing_keys_are_all_told(workspace: WorkspaceFolder, school: SchoolFolder):
    school.put("school.yaml", "name: Demo College\n")
    assert [problem.values["key"] for problem in mistakes(workspace)] == ["brin", "administratie", "terugstuuroptie"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("terugstuuroptie", "3"),
        ("terugstuuroptie", "-3"),
        ("terugstuuroptie", "alles"),
        ("terugstuuroptie", "0.0"),
        ("administratie", "Magister"),
        ("brin", "99xx"),
        ("brin", "999X"),
        ("brin", "99XX00"),
        ("brin", "[]"),
        ("vestigingen", "[0]"),
        ("vestigingen", "[000]"),
        ("active_from", "01-09-2026"),
        ("active_from", "2026-02-30"),
        ("active_from", "0"),
        ("match_on", "[naam]"),
        ("match_on", "[]"),
        ("match_on", "leerlingnummer"),
        ("processing", "handmatig"),
        ("trust_leerlingnummer", "misschien"),
        ("retention", "altijd"),
        ("retention", "0 years"),
        ("tolerance", "{unmatched: 1.5}"),
        ("tolerance", "{shrink: -0.1}"),
        ("tolerance", "{shrink: nan}"),
        ("tolerance", "veel"),
        ("csv", '{separator: "|"}'),
        ("csv", "{encoding: latin-9}"),
        ("edexml", "{leerlingnummer: naam}"),
        ("edexml", '{leerlingnummer: "toevoegingen:"}'),
        ("language", "de"),
    ],
)
def test_a_value_that_is_not_allowed_says_what_is(workspace: WorkspaceFolder, school: SchoolFolder, key: str, value: str):
    school.configure(**{key: value})
    problem = mistake(workspace)
    assert problem.kind.code == "config-value"
    assert str(problem.values["key"]).split(".")[0] == key
    assert problem.place == f"{school.folder / 'school.yaml'}, line {[*SCHOOL, key].index(key) + 1}"
    assert problem.advice


def test_keys_that_stand_twice_are_refused_with_the_line_of_the_second(workspace: WorkspaceFolder, school: SchoolFolder):
    school.put("school.yaml", f"{SCHOOL_YAML}csv: {{separator: ';', separator: ','}}\nterugstuuroptie: 2\n")
    problems = mistakes(workspace)
    assert codes_and_lines(problems) == [("config-duplicate-key", len(SCHOOL) + 1), ("config-duplicate-key", len(SCHOOL) + 2)]
    assert [problem.values["key"] for problem in problems] == ["csv.separator", "terugstuuroptie"]


@pytest.mark.parametrize(
    "clever",
    [
        "tolerance: &t {shrink: 0.5}",
        "tolerance: *t",
        "name: !!python/object/apply:os.system [ls]",
        "name: !!str Demo",
        "csv: {<<: *c}",
        f"csv: {'[' * 50}{']' * 50}",
        f"csv: {'[' * 20_000}",
    ],
)
def test_anchors_aliases_tags_and_deep_nesting_are_refused(workspace: WorkspaceFolder, school: SchoolFolder, clever: str):
    school.put("school.yaml", f"brin: 99XX\n{clever}\n")
    assert codes_and_lines(mistakes(workspace)) == [("config-syntax", 2)]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"name: Demo\nbrin: [99XX\nadministratie: other\n", 3),
        (b"name: Demo\n\tbrin: 99XX\n", 2),
        (b'name: "Demo\n', None),
        (b"name: Demo: College\n", 1),
        (b"- name\n- brin\n", 1),
        (b"Demo College\n", 1),
        (b"name: Demo\n---\nname: Lyceum\n", 2),
        (b"name: D\xe9mo\n", None),
        (b"name: De\x00mo\n", None),
    ],
)
def test_what_is_no_yaml_of_keys_and_values_is_told_with_the_place(
    workspace: WorkspaceFolder, school: SchoolFolder, content: bytes, line: int | None
):
    path = school.put("school.yaml", content)
    problem = mistake(workspace)
    assert problem.kind.code == "config-syntax"
    assert problem.place.startswith(str(path))
    assert line is None or problem.place == f"{path}, line {line}"


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(workspace: WorkspaceFolder, school: SchoolFolder):
    school.put("school.yaml", b"\xef\xbb\xbf" + SCHOOL_YAML.replace("\n", "\r\n").encode())
    assert read(workspace).config.name == "Demo College"


# --- schools ---------------------------------------------------------------------------------------------------------


def test_an_error_in_one_school_yaml_is_that_schools_alone(workspace: WorkspaceFolder):
    workspace.school("demo-college")
    workspace.school("demo-lyceum", terugstuuroptie="9")
    both = read_workspace(workspace.folder / "cito-numo.yaml")
    assert both.korte_namen == ["demo-college", "demo-lyceum"]
    assert both.school("demo-college").korte_naam == "demo-college"
    with pytest.raises(CitoNumoError, match="demo-lyceum"):
        both.school("demo-lyceum")


def test_of_two_schools_the_one_with_a_mistake_does_not_stop_the_other(workspace: WorkspaceFolder):
    good = workspace.school("demo-college")
    good.numo("0012;;2A")
    good.cito("0012;;;2A;T1;havo;Rekenen-Wiskunde;06-10-2026;havo;")
    workspace.school("demo-lyceum", terugstuuroptie="9")

    ran = workspace.sync_json()

    assert ran.exit_code == 78
    assert [school["status"] for school in ran.json["schools"]] == ["delivered", "failed"]


def test_schools_may_share_a_brin_and_a_klantnummer(workspace: WorkspaceFolder):
    workspace.school("demo-college")
    workspace.school("demo-lyceum")
    assert read(workspace, "demo-college").config.brin == read(workspace, "demo-lyceum").config.brin


@pytest.mark.parametrize("folder", ["Demo-College", "demo college", "demo_college", "-demo", "demo--college"])
def test_a_folder_whose_name_cannot_be_a_korte_naam_is_refused(workspace: WorkspaceFolder, folder: str):
    workspace.school(folder)
    with pytest.raises(CitoNumoError, match="korte schoolnaam"):
        read(workspace, folder)


def test_a_folder_without_school_yaml_is_told_with_its_path(workspace: WorkspaceFolder):
    (workspace.folder / "schools" / "demo-college").mkdir(parents=True)
    problem = mistake(workspace)
    assert (problem.kind.code, problem.kind.exit_code) == ("school-missing", 78)
    assert problem.place == str(workspace.folder / "schools" / "demo-college")


def test_files_and_hidden_folders_below_schools_are_no_schools(workspace: WorkspaceFolder):
    workspace.school("demo-college")
    (workspace.folder / "schools" / "lees-mij.txt").write_text("")
    (workspace.folder / "schools" / ".oud").mkdir()
    assert read_workspace(workspace.folder / "cito-numo.yaml").korte_namen == ["demo-college"]


def test_a_workspace_without_schools_says_how_to_make_one(workspace: WorkspaceFolder):
    with pytest.raises(CitoNumoError, match=r"There is no school here\. Sign the first one up: 'cito-numo register'"):
        read_workspace(workspace.folder / "cito-numo.yaml")


def test_a_config_that_is_not_there_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(CitoNumoError, match="cito-numo init DIR"):
        read_workspace(tmp_path / "cito-numo.yaml")


def test_schools_are_chosen_by_name_each_once(workspace: WorkspaceFolder):
    for korte_naam in ("demo-lyceum", "demo-college", "demo-mavo"):
        workspace.school(korte_naam)
    schools = read_workspace(workspace.folder / "cito-numo.yaml")
    assert chosen_schools(schools, []) == ["demo-college", "demo-lyceum", "demo-mavo"]
    assert chosen_schools(schools, ["demo-mavo", "demo-college", "demo-mavo"]) == ["demo-college", "demo-mavo"]


def test_a_misspelt_school_gets_the_one_that_was_probably_meant(workspace: WorkspaceFolder, school: SchoolFolder):
    with pytest.raises(CitoNumoError, match="Did you mean 'demo-college'"):
        chosen_schools(read_workspace(workspace.folder / "cito-numo.yaml"), ["demo-colege"])
    assert school.folder.is_dir()


# --- a new workspace -------------------------------------------------------------------------------------------------


def uncommented(text: str) -> str:
    """The sample with the # taken away before every key; lines with #: explain, and stay."""
    return re.sub(r"(?m)^  # ", "  ", text)


def test_the_sample_config_is_valid_as_it_is_and_with_every_key_uncommented(tmp_path: Path):
    folder = tmp_path / "workspace"
    new_workspace(folder)
    new_example_school(folder)
    config = folder / "cito-numo.yaml"
    commented = read_workspace(config).school("voorbeeld-school").config

    config.write_text(uncommented(config.read_text()))
    workspace = read_workspace(config)

    assert workspace.defaults["tolerance"] == {"unmatched": "0.1", "unmatched_hold": "0.5", "shrink": "0.2"}
    assert workspace.defaults["csv"] == {"separator": ";", "encoding": "utf-8-sig"}
    assert workspace.school("voorbeeld-school").config == commented


def test_the_sample_config_names_and_explains_every_key_that_defaults_may_hold():
    sample = workspace_yaml()
    own = {"name", "brin", "vestigingen", "klantnummer", "contact", "maximum_niveau", "signed_up", "active_from", "administratie"}
    own |= {"leerlingnummers_valid_from"}
    not_yet = {"language", "retention", "mail_from", "on_failure"}
    shared = SchoolConfig.model_fields.keys() - own - {"terugstuuroptie"} - not_yet
    assert {key for key in shared if f"\n  # {key}:" in sample} == shared
    assert "Allowed: teacher" in sample


def test_the_example_school_is_valid_and_not_active_until_it_is_uncommented(tmp_path: Path):
    folder = tmp_path / "workspace"
    new_workspace(folder)
    path = new_example_school(folder) / "school.yaml"
    workspace = read_workspace(folder / "cito-numo.yaml")
    assert workspace.school("voorbeeld-school").config.active_from is None

    path.write_text(re.sub(r"(?m)^# (active_from|vestigingen)", r"\1", path.read_text()))
    config = workspace.school("voorbeeld-school").config
    assert (str(config.active_from), config.vestigingen) == ("2026-09-01", ["00"])


def test_a_new_workspace_is_not_made_in_a_folder_that_holds_something(tmp_path: Path):
    (tmp_path / "iets.txt").write_text("")
    with pytest.raises(CitoNumoError, match="This folder is not empty"):
        new_workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["iets.txt"]


def test_a_key_that_is_a_list_is_told_at_its_line(workspace: WorkspaceFolder, school: SchoolFolder):
    school.put("school.yaml", "name: Demo\n? [a, b]\n: c\n")

    ran = workspace.sync()

    assert ran.exit_code == 78
    assert "line 2: This is not valid YAML: a key has to be one word." in ran.stderr
