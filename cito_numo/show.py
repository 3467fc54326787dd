"""What a command shows: tables on a terminal, lines for cron, progress while it works."""

import sys
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from cito_numo.errors import CitoNumoError, ExitCode, printable
from cito_numo.language import N_, _, ngettext
from cito_numo.log import Log
from cito_numo.runs import RunResult, Status
from cito_numo.uitkomst import Uitkomst

if TYPE_CHECKING:
    from rich import progress

_MOST_PROBLEMS = 100


def show_results(results: Sequence[RunResult], *, verbose: bool) -> None:
    """A table on a terminal; without one, what needs a person and is new since the night before. `verbose` says all, everywhere."""
    if sys.stdout.isatty():
        _table(results)
    elif verbose:
        for result in results:
            typer.echo(f"{result.korte_naam}: {summary(result)}", err=True)
    everything = sys.stdout.isatty() or verbose
    for result in results:
        for message in result.messages if everything else result.news:
            if everything or message.needs_person:
                typer.echo(f"{result.korte_naam}: {message.text}", err=True)


def log_result(log: Log, result: RunResult) -> None:
    """A line for each message of a school's night, and one for the night."""
    about = {"school": result.korte_naam, "run_id": result.run_id}
    for message in result.messages:
        bad = result.exit_code if message.needs_person else ExitCode.DONE
        log.write("message", bad, **about, code=message.code, message=message.text, new=message in result.news)
    log.write("night", result.exit_code, **about, status=result.status, exit_code=result.exit_code, counts=result.counts)


def show_log_problem(log: Log) -> None:
    """That the log could not be written, if so."""
    if log.problem is not None:
        typer.echo(str(log.problem), err=True)


def show_error(error: CitoNumoError) -> None:
    """Every problem, a line each; of very many the first."""
    for problem in error.problems[:_MOST_PROBLEMS]:
        typer.echo(str(problem), err=True)
    more = len(error.problems) - _MOST_PROBLEMS
    if more > 0:
        typer.echo(ngettext("… and {n} more.", "… and {n} more.", more).format(n=more), err=True)


def with_progress(korte_namen: Sequence[str]) -> Iterator[str]:
    """The schools one by one, with a bar on a terminal."""
    with Progress(len(korte_namen)) as progress:
        for korte_naam in korte_namen:
            progress.begin(korte_naam)
            yield korte_naam
            progress.end(korte_naam)


class Progress:
    """How far so many schools are: a bar on a terminal, with the school that was begun or done last."""

    def __init__(self, schools: int) -> None:
        self._bar = _bar(schools) if sys.stderr.isatty() else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, korte_naam: str) -> None:
        """This school is begun."""
        self._show(korte_naam, 0)

    def end(self, korte_naam: str) -> None:
        """This school is done."""
        self._show(korte_naam, 1)

    def _show(self, korte_naam: str, done: int) -> None:
        if self._bar is not None:
            from rich.markup import escape

            self._bar.update(self._bar.task_ids[0], description=escape(printable(korte_naam)), advance=done)


def _bar(schools: int) -> "progress.Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=schools)
    return bar


def summary(result: RunResult) -> str:
    """What came of a school's run, in a line."""
    parts = [_status(result.status)]
    if result.counts:
        parts.append(ngettext("{n} result read", "{n} results read", result.counts["read"]).format(n=result.counts["read"]))
        parts += [f"{uitkomst} {count}" for uitkomst, count in result.counts.items() if count and uitkomst != "read"]
    if result.run_id:
        parts.append(f"outbox/{result.run_id}")
    return ", ".join(parts)


def _status(status: Status) -> str:
    return {
        Status.DELIVERED: _("delivered"),
        Status.NOTHING_NEW: _("nothing new"),
        Status.WAITING: _("waiting"),
        Status.HELD: _("held"),
        Status.FAILED: _("failed"),
        Status.BUSY: _("busy"),
        Status.DRY_RUN: _("dry run"),
    }[status]


_STYLES = {
    Status.DELIVERED: "green",
    Status.HELD: "yellow",
    Status.FAILED: "red",
    Status.BUSY: "yellow",
}
_SHOWN = (
    (N_("leer-\nplan"), (Uitkomst.LEERPLAN,)),
    (N_("same"), (Uitkomst.ONGEWIJZIGD,)),
    (N_("above\ncutoff"), (Uitkomst.BOVEN_TERUGSTUUROPTIE,)),
    (N_("not\njoined"), (Uitkomst.NIET_GEKOPPELD, Uitkomst.TEGENSTRIJDIG)),
    (N_("not\nvalid"), (Uitkomst.ONGELDIG,)),
    (N_("other"), (Uitkomst.VERVANGEN, Uitkomst.DUBBEL, Uitkomst.VORIG_SCHOOLJAAR)),
)
"""The columns of the table: all uitkomsten, so that a row adds up to what was read."""


def _table(results: Sequence[RunResult]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 0, 0, 1))
    table.add_column(_("school"), overflow="fold")
    table.add_column(_("night"), no_wrap=True)
    table.add_column(_("read"), justify="right", no_wrap=True)
    for title, _uitkomsten in _SHOWN:
        table.add_column(_(title), justify="right", no_wrap=True)
    for result in results:
        numbers = [result.counts.get("read", 0), *(sum(result.counts.get(name, 0) for name in members) for _title, members in _SHOWN)]
        shown = [f"{number:,}".replace(",", ".") if result.counts else "" for number in numbers]
        table.add_row(Text(result.korte_naam), Text(_status(result.status), style=_STYLES.get(result.status, "")), *shown)
    Console().print(table)
