"""Prints docs/errors.md: the exit codes, and every message with what to do, from the catalogue in the code."""

import sys

from cito_numo import errors
from cito_numo.errors import MEANINGS, WORST_FIRST, ErrorKind


def kinds() -> list[ErrorKind]:
    """Every kind of the catalogue, by code."""
    return sorted((kind for kind in vars(errors).values() if isinstance(kind, ErrorKind)), key=lambda kind: kind.code)


def shown(template: str) -> str:
    """A text for a cell of a table; {name} is where a value stands."""
    return template.replace("|", "\\|")


def row(*cells: str) -> str:
    """One row of a table."""
    return f"| {' | '.join(cells)} |"


def page() -> str:
    """The whole page."""
    worst_first = ", ".join(str(int(code)) for code in WORST_FIRST)
    lines = [
        "# Exit codes and messages",
        "",
        "What the command tells the shell, and everything that it can say. `make docs` writes this page anew from the code.",
        "",
        "## Exit codes",
        "",
        row("exit code", "meaning"),
        row("---", "---"),
        *(row(str(int(code)), meaning) for code, meaning in MEANINGS.items()),
        row("128 + N", "Stopped by signal N (SIGTERM: 143, SIGINT: 130). The next run goes on where it was."),
        "",
        f"Schools go on without each other. The command's exit code is the worst of theirs: the first in {worst_first}.",
        "",
        "## Messages",
        "",
        "The code stands in `report/manifest.json` and in the log. Before a message stands where: file, row, column. `{name}` is a value.",
        "",
        row("code", "exit code", "what it says", "what to do"),
        row("---", "---", "---", "---"),
        *(row(f"`{kind.code}`", str(int(kind.exit_code)), shown(kind.message), shown(kind.advice)) for kind in kinds()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
