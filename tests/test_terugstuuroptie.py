"""`terugstuuroptie set`: one value of a school.yaml, changed as a person would do it."""

import os
from pathlib import Path

import pytest
from conftest import Ran, SchoolFolder, WorkspaceFolder, row

TEXT = """\
# De school van Demi
terugstuuroptie: 0      # zoals in Leerling in beeld
name: "Demo: #1"
brin: 99XX
administratie: magister
active_from: 2026-09-01
"""


def set_(workspace: WorkspaceFolder, *arguments: str) -> Ran:
    return workspace.run("terugstuuroptie", "set", *arguments, "--config", str(workspace.folder / "cito-numo.yaml"))


@pytest.fixture
def yaml(school: SchoolFolder) -> Path:
    """A school.yaml with comments, in an order of its own."""
    return school.put("school.yaml", TEXT)


@pytest.mark.parametrize(("option", "written"), [("-1", "-1"), ("-2", "-2"), ("+2", "+2"), ("1", "+1"), ("+1", "+1"), ("\u22121", "-1")])
def test_only_the_value_changes(workspace: WorkspaceFolder, yaml: Path, option: str, written: str):
    ran = set_(workspace, "demo-college", option)

    assert (ran.exit_code, ran.stdout) == (0, "")
    assert yaml.read_text() == TEXT.replace("terugstuuroptie: 0 ", f"terugstuuroptie: {written} ")
    assert f"demo-college: terugstuuroptie 0 → {written}." in ran.stderr
    assert "Nothing that was delivered is taken back." in ran.stderr
    assert "Set the same in Leerling in beeld." in ran.stderr
    assert ("within reach" in ran.stderr) == (written[0] == "+")


@pytest.mark.parametrize("arguments", [["--config", "{}", "demo-college", "-1"], ["demo-college", "--json", "-1", "--config", "{}"]])
def test_minus_one_is_a_value_wherever_it_stands(workspace: WorkspaceFolder, yaml: Path, arguments: list[str]):
    config = str(workspace.folder / "cito-numo.yaml")

    assert workspace.run("terugstuuroptie", "set", *(word.format(config) for word in arguments)).exit_code == 0
    assert "terugstuuroptie: -1 " in yaml.read_text()


def test_json_tells_what_it_was_and_is(workspace: WorkspaceFolder, yaml: Path):
    assert set_(workspace, "demo-college", "+2", "--json").json == {"exit_code": 0, "school": "demo-college", "before": 0, "after": 2}
    again = set_(workspace, "demo-college", "2", "--json")
    assert again.json == {"exit_code": 0, "school": "demo-college", "before": 2, "after": 2}
    unknown = set_(workspace, "demo-colege", "0", "--json")
    assert (unknown.exit_code, unknown.json) == (2, {"exit_code": 2, "school": "demo-colege", "before": None, "after": None})
    assert "Did you mean 'demo-college'?" in unknown.stderr


def test_the_value_that_stands_there_already_is_not_written_again(workspace: WorkspaceFolder, yaml: Path):
    before = yaml.stat()

    ran = set_(workspace, "demo-college", "0")

    assert "the terugstuuroptie is 0 already" in ran.stderr
    assert (yaml.stat().st_ino, yaml.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("option", ["3", "-3", "+", "hoog", "", "0.5", "--jsn"])
def test_another_value_is_refused(workspace: WorkspaceFolder, yaml: Path, option: str):
    ran = set_(workspace, "demo-college", option)

    assert ran.exit_code == 2
    assert "+2 +1 0 -1 -2" in ran.stderr
    assert yaml.read_text() == TEXT


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_mode_stays_and_nothing_is_left_beside_it(workspace: WorkspaceFolder, yaml: Path, mode: int):
    yaml.chmod(mode)

    assert set_(workspace, "demo-college", "-1").exit_code == 0

    assert yaml.stat().st_mode & 0o777 == mode
    assert [path.name for path in yaml.parent.iterdir()] == ["school.yaml"]


def test_a_link_stays_a_link_and_what_it_leads_to_is_changed(workspace: WorkspaceFolder, yaml: Path):
    elsewhere = workspace.folder / "managed.yaml"
    yaml.rename(elsewhere)
    yaml.symlink_to(os.path.relpath(elsewhere, yaml.parent))

    assert set_(workspace, "demo-college", "-1").exit_code == 0

    assert yaml.is_symlink()
    assert "terugstuuroptie: -1 " in elsewhere.read_text()


@pytest.mark.parametrize(
    "content", [TEXT.replace("99XX", "9XX"), TEXT.replace("0  ", "[0]"), TEXT + "terugstuuroptie: 1\n", TEXT + "\ta: b\n"]
)
def test_a_school_yaml_that_is_not_valid_is_left_as_it_is(workspace: WorkspaceFolder, school: SchoolFolder, content: str):
    yaml = school.put("school.yaml", content)

    ran = set_(workspace, "demo-college", "-1")

    assert ran.exit_code == 78
    assert yaml.read_text() == content
    assert [path.name for path in school.folder.iterdir()] == ["school.yaml"]


def test_windows_line_ends_a_bom_and_no_last_line_end_stay(workspace: WorkspaceFolder, school: SchoolFolder):
    content = b"\xef\xbb\xbf" + TEXT.rstrip().replace("\n", "\r\n").encode()
    yaml = school.put("school.yaml", content)

    assert set_(workspace, "demo-college", "-1").exit_code == 0

    assert yaml.read_bytes() == content.replace(b"optie: 0", b"optie: -1")


def test_the_next_sync_passes_on_what_has_come_within_reach(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012", fn="vwo"))
    assert workspace.sync_json().school["counts"]["boven_terugstuuroptie"] == 1

    set_(workspace, "demo-college", "+1")

    assert workspace.sync_json().school["counts"]["leerplan"] == 1
