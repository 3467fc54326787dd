"""Which folders of a workspace are its schools, and what one may be called. Imports next to nothing: a shell asks it at each Tab."""

import re
from pathlib import Path

KORTE_NAAM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def names_in(workspace: Path) -> list[str]:
    """The names of the folders in schools/, in order; that one cannot be a korte schoolnaam is told when the school is read."""
    schools = workspace / "schools"
    return sorted(entry.name for entry in schools.iterdir() if _is_school(entry)) if schools.is_dir() else []


def _is_school(entry: Path) -> bool:
    return entry.is_dir() and not entry.name.startswith(".")
