"""What `import` shows: a line for each school, and what needs a person."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import typer

from cito_numo.importing import Imported
from cito_numo.language import _
from cito_numo.log import Log
from cito_numo.show import log_result, summary


def show_imported(imports: Sequence[Imported], *, verbose: bool) -> None:
    """What came of each, what needs a person (with `verbose` all that there is to tell), and where it stands what was not delivered."""
    for imported in imports:
        result = imported.result
        about = f"{result.korte_naam} {imported.wanted.schooljaar}"
        if result.counts:
            typer.echo(f"{about}: {summary(result)}", err=True)
        for message in result.messages:
            if verbose or message.needs_person or not result.counts:
                typer.echo(f"{about}: {message.text}", err=True)
        if imported.report is not None:
            shown = _("{about}: what was not delivered, and why: {path}").format(about=about, path=_from_here(imported.report))
            typer.echo(shown, err=True)


def _from_here(path: Path) -> Path:
    """A path as a person would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def log_imported(log: Log, imported: Imported) -> None:
    """The lines of one school's import; its reference is not among them, for it may be a person's name."""
    result, aanvraag = imported.result, shlex.quote(imported.wanted.aanvraag)
    told = [replace(message, text=message.text.replace(aanvraag, "…")) for message in result.messages]
    log_result(log, replace(result, messages=told, news=told))
