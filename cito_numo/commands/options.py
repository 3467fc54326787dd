"""Options that several commands have, each defined once."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cito_numo.errors import CitoNumoError
from cito_numo.language import _
from cito_numo.school_folders import KORTE_NAAM, names_in
from cito_numo.shards import Shard

if TYPE_CHECKING:
    from cito_numo.config import Workspace

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
CONFIG = Path("cito-numo.yaml")

Config = Annotated[
    Path,
    typer.Option(
        "--config",
        envvar="CITO_NUMO_CONFIG",
        metavar="FILE",
        help=_("The workspace's cito-numo.yaml; the folder it lies in is the workspace."),
        show_default="cito-numo.yaml",
    ),
]


def schools_for_tab(context: typer.Context, incomplete: str) -> list[str]:
    """What Tab offers for a school: those of the workspace that begin so and were not named yet.

    Whatever is wrong, it offers nothing and says nothing: an error would land in the line that somebody types. A name that no school may
    have is not offered, for zsh evaluates what it is given.
    """
    named = context.params.get("schools") or ()
    with suppress(OSError, ValueError, RuntimeError):  # RuntimeError: ~ is nobody's home
        config = (context.params.get("config") or CONFIG).expanduser()
        if config.is_file():
            names = names_in(config.resolve().parent)
            return [name for name in names if name.startswith(incomplete) and name not in named and KORTE_NAAM.fullmatch(name)]
    return []


def in_these_times(day: datetime | None) -> datetime | None:
    """The day; a usage error where it is a slip of the pen."""
    if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise typer.BadParameter(_("expected a day from {first} to {last}").format(first=_FIRST_YEAR, last=_LAST_YEAR))
    return day


Day = Annotated[
    datetime | None,
    typer.Option(
        "--date",
        callback=in_these_times,
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        help=_("The day to judge by."),
        show_default=_("today"),
    ),
]
Json = Annotated[bool, typer.Option("--json", help=_("Print what came of it as JSON."))]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help=_("Say more."))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=_("Write nothing; tell what would be done."))]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", metavar="CODE", help=_("Go on although it was held with this code; may be given more than once.")),
]
Schools = Annotated[
    list[str] | None,
    typer.Argument(metavar="SCHOOL", help=_("Korte schoolnamen; all schools when none is named."), autocompletion=schools_for_tab),
]
LogFile = Annotated[Path | None, typer.Option("--log", metavar="FILE", help=_("Add what was done to this file, as lines of JSON."))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=_("Go on without being asked."))]
School = Annotated[
    str | None,
    typer.Option(
        "--school",
        metavar="SCHOOL",
        help=_("The korte schoolnaam."),
        show_default=_("by the file's folder or mail"),
        autocompletion=schools_for_tab,
    ),
]
OneSchool = Annotated[str, typer.Option("--school", metavar="SCHOOL", help=_("The korte schoolnaam."), autocompletion=schools_for_tab)]
Vakken = Annotated[list[str] | None, typer.Option("--vak", metavar="VAK", help=_("Only of this vak; may be given more than once."))]
Klassen = Annotated[
    list[str] | None,
    typer.Option("--klas", metavar="KLAS", help=_("Only of pupils who are in this klas now; may be given more than once.")),
]
Leerlingen = Annotated[
    list[str] | None,
    typer.Option("--leerling", metavar="GEBRUIKERSNAAM", help=_("Only of this pupil; may be given more than once.")),
]


def shard_of(text: str) -> Shard:
    """The share of the schools that a person says; a usage error where it is none."""
    try:
        return Shard.parse(text)
    except ValueError:
        raise typer.BadParameter(_("expected a share K of N, as 1/3: K from 1 to N")) from None


def chosen(config: Path, named: list[str] | None, *, as_json: bool) -> "tuple[Workspace, Sequence[str]]":
    """The workspace, and the schools of it that were named, or all."""
    from cito_numo.config import chosen_schools, read_workspace

    with failure_as_json("schools", wanted=as_json):
        workspace = read_workspace(config)
        return workspace, chosen_schools(workspace, named or ())


@contextmanager
def failure_as_json(*names: str, wanted: bool, **others: object) -> Iterator[None]:
    """With --json, what stops a command before it begins is printed as JSON too: its exit code, an empty list of each name, and others."""
    try:
        yield
    except CitoNumoError as error:
        if wanted:
            typer.echo(json.dumps({"exit_code": error.exit_code, **{name: [] for name in names}, **others}, ensure_ascii=False))
        raise
