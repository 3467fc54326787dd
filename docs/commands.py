"""Prints docs/commands.md: every command with its help, as a terminal of 80 columns shows it."""

import os
import subprocess
import sys

from cito_numo.cli import app

_COMMAND = "import sys; from cito_numo.cli import run; sys.exit(run(sys.argv[1:]))"


def help_of(*command: str) -> str:
    """The help text of a command, plain."""
    environment = {**os.environ, "COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1", "LANGUAGE": "en"}
    environment.pop("FORCE_COLOR", None)
    environment.pop("GITHUB_ACTIONS", None)
    ran = subprocess.run([sys.executable, "-c", _COMMAND, *command, "--help"], env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return "\n".join(line.rstrip() for line in ran.stdout.strip().splitlines())


def page() -> str:
    """The whole page."""
    names = [str(command.name or command.callback.__name__) for command in app.registered_commands if command.callback]
    parts = ["# Commands", "What `--help` says. `make docs` writes this page anew.", "## cito-numo", f"```\n{help_of()}\n```"]
    for name in names:
        parts += [f"## cito-numo {name}", f"```\n{help_of(name)}\n```"]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
