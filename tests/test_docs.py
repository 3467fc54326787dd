"""The documents say what the program does: commands, options, links and exit codes."""

import re
import runpy
import tempfile
from pathlib import Path

import pytest
from conftest import copy_tree, on_a_terminal

from cito_numo import errors
from cito_numo.cli import run
from cito_numo.demo import TOMORROW
from cito_numo.errors import MEANINGS, ErrorKind, ExitCode
from cito_numo.uitkomst import Uitkomst

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_the_page_of_commands_is_what_help_says():
    made = runpy.run_path(str(ROOT / "docs/commands.py"))["page"]()

    assert made == (ROOT / "docs/commands.md").read_text()


def test_the_page_of_messages_is_the_catalogue():
    made = runpy.run_path(str(ROOT / "docs/errors.py"))["page"]()

    assert made == (ROOT / "docs/errors.md").read_text()
    assert set(MEANINGS) == set(ExitCode)


def test_the_year_of_a_school_is_what_its_commands_say_and_do():
    made = runpy.run_path(str(ROOT / "docs/walkthrough.py"))["page"]()

    assert made == (ROOT / "docs/walkthrough.md").read_text()
    assert "Error" not in made
    assert tempfile.gettempdir() not in made


def test_every_message_of_the_catalogue_has_a_code_of_its_own():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, ErrorKind)]

    assert len({kind.code for kind in kinds}) == len(kinds) > 100


def test_the_tables_of_exports_are_those_of_the_layouts():
    made = runpy.run_path(str(ROOT / "docs/exports.py"))["page"]()

    assert made == (ROOT / "docs/exports.md").read_text()
    assert "**`lib-vo-breed`** (wide)" in made


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_a_page_names_exists(page: Path):
    commands = (ROOT / "docs/commands.md").read_text()
    named = re.findall(
        r"cito-numo ((?:edexml|layouts|plans|terugstuuroptie) [a-z]+|[a-z]+)((?: +[^\s`|]+)*)",
        " ".join(re.findall(r"`+[^`]*`+", page.read_text())),
    )

    known = set(re.findall(r"^## cito-numo ([a-z ]+)$", commands, re.MULTILINE))
    assert {command for command, _rest in named} <= known
    options = {option for _command, rest in named for option in re.findall(r"--[a-z-]+", rest)}
    assert {option for option in options if option not in commands} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_night_in_the_readme_is_the_second_night_of_the_demo(tmp_path: Path):
    folder = tmp_path / "demo"
    config = str(folder / "cito-numo.yaml")
    run(["init", str(folder), "--demo", "--date", "2026-11-24"])
    run(["sync", "--config", config, "--date", "2026-11-24"])
    copy_tree(folder / TOMORROW, folder)

    shown = on_a_terminal("sync", "--config", config, "--date", "2026-11-24")

    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown).replace("\r", "\n")
    table = [line.rstrip() for line in plain.split("\n") if re.match(r"demo-\w+ +delivered", line)]
    capture = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("demo-")]
    assert capture == table


def test_the_readme_names_every_exit_code():
    named = {int(code) for code in re.findall(r"^\| (\d+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)}

    assert named == set(ExitCode)


def test_the_rules_name_every_uitkomst():
    assert set(re.findall(r"^\| `([a-z_]+)` \|", (ROOT / "docs/matching.md").read_text(), re.MULTILINE)) == set(Uitkomst)


def test_every_module_has_its_place_in_the_architecture():
    named = set(re.findall(r"`([a-z_]+)\.py`", (ROOT / "docs/architecture.md").read_text()))

    assert {path.stem for path in (ROOT / "cito_numo").rglob("*.py")} - {"__init__"} <= named
