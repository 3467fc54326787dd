"""Prints docs/commands.md: every command with its help, as a terminal of 80 columns shows it."""

import json
import os
import subprocess
import sys

import typer

from cito_numo.cli import app

_HELP = """if True:
    import json, sys
    from cito_numo.cli import run
    for words in json.loads(sys.argv[1]):
        assert run([*words, "--help"]) == 0
        print(end="\\f")
"""
"""Each help, with a form feed behind it."""


def helps_of(commands: list[list[str]]) -> list[str]:
    """The help text of each command, plain. One process tells them all: it is the import that takes time."""
    environment = {**os.environ, "COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1", "LANGUAGE": "en"}
    environment.pop("FORCE_COLOR", None)
    environment.pop("GITHUB_ACTIONS", None)
    ran = subprocess.run([sys.executable, "-c", _HELP, json.dumps(commands)], env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return ["\n".join(line.rstrip() for line in shown.strip().splitlines()) for shown in ran.stdout.split("\f")[:-1]]


def commands(group: typer.Typer) -> list[list[str]]:
    """The words of each command, those of groups too."""
    names = [[str(command.name or command.callback.__name__)] for command in group.registered_commands if command.callback]
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        name = str(inner.typer_instance.info.name)
        names += [[name], *([name, *words] for words in commands(inner.typer_instance))]
    return names


def page() -> str:
    """The whole page."""
    named = [[], *commands(app)]
    parts = ["# Commands", "What `--help` says. `make docs` writes this page anew."]
    for names, shown in zip(named, helps_of(named), strict=True):
        parts += [f"## {' '.join(['cito-numo', *names])}", f"```\n{shown}\n```"]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
