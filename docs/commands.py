"""Prints docs/commands.md: every command with its help, as a terminal of 80 columns shows it."""

import os
import subprocess
import sys

import typer

from cito_numo.cli import app

_COMMAND = "import sys; from cito_numo.cli import run; sys.exit(run(sys.argv[1:]))"


def help_of(*command: str) -> str:
    """The help text of a command, plain."""
    environment = {**os.environ, "COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1", "LANGUAGE": "en"}
    environment.pop("FORCE_COLOR", None)
    environment.pop("GITHUB_ACTIONS", None)
    ran = subprocess.run([sys.executable, "-c", _COMMAND, *command, "--help"], env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return "\n".join(line.rstrip() for line in ran.stdout.strip().splitlines())


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
    parts = ["# Commands", "What `--help` says. `make docs` writes this page anew.", "## cito-numo", f"```\n{help_of()}\n```"]
    for names in commands(app):
        parts += [f"## cito-numo {' '.join(names)}", f"```\n{help_of(*names)}\n```"]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
