"""What lies in a workspace where nothing reads it: a file in the wrong folder, a name that is nearly right. Writes nothing."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from cito_numo.config import CONFIG_NAME, LAYOUTS, LEERLIJNEN
from cito_numo.errors import NOTHING_READS, Problem
from cito_numo.inbox import CITO, EDEXML, NUMO, is_ignored
from cito_numo.language import _

_SCHOOLS = "schools"
_OF_WORKSPACE = (CONFIG_NAME, LEERLIJNEN, LAYOUTS, _SCHOOLS)
_OF_SCHOOL = frozenset({"school.yaml", "inbox", "outbox", "report"})
_OF_INBOX = frozenset(Path(folder).name for folder in (CITO, NUMO, EDEXML))
_NEAR = 0.8
"""How much a name resembles one that is read, to have been meant as it."""
_MOST = 5
"""So many names are told."""


def in_workspace(folder: Path) -> list[Problem]:
    """Outside the folders of schools. Of the workspace's own folder, where anything may lie, only what was probably meant to be read."""
    problems = []
    for entry in _entries(folder):
        near = [] if entry.name in _OF_WORKSPACE else get_close_matches(entry.name.casefold(), _OF_WORKSPACE, 1, _NEAR)
        if near:
            problems.append(_problem(folder, [entry], _("Did you mean '{near}'?").format(near=near[0])))
    layouts = [entry for entry in _entries(folder / LAYOUTS) if entry.suffix not in (".yaml", ".yml") or entry.is_dir()]
    schools = [entry for entry in _entries(folder / _SCHOOLS) if not entry.is_dir()]
    found = (
        (folder / LAYOUTS, layouts, _("A layout is a file whose name ends in .yaml.")),
        (folder / _SCHOOLS, schools, _("A school is a folder with a school.yaml in it.")),
    )
    return problems + [_problem(place, entries, hint) for place, entries, hint in found if entries]


def in_school(folder: Path) -> list[Problem]:
    """In the folder of a school, and in its inbox beside the folders that are read."""
    own = [entry for entry in _entries(folder) if entry.name not in _OF_SCHOOL]
    inbox = [entry for entry in _entries(folder / "inbox") if entry.name not in _OF_INBOX]
    hint = _("Exports belong in inbox/cito, Numo's list in inbox/numo, an EDEXML in inbox/edexml.")
    return [_problem(place, entries, hint) for place, entries in ((folder, own), (folder / "inbox", inbox)) if entries]


def _entries(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not is_ignored(entry.name)) if folder.is_dir() else []


def _problem(place: Path, entries: Iterable[Path], hint: str) -> Problem:
    names = [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries]
    shown = ", ".join(names[:_MOST])
    if len(names) > _MOST:
        shown = _("{names} and {n} more").format(names=shown, n=len(names) - _MOST)
    return Problem(NOTHING_READS, str(place), {"names": shown, "hint": hint})
