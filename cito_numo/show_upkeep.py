"""What `status`, `verify` and `purge` show."""

import sys
from collections.abc import Sequence

import typer

from cito_numo.language import N_, _, ngettext
from cito_numo.log import Log
from cito_numo.purge import PurgeResult
from cito_numo.status import SchoolStatus
from cito_numo.verification import Verified

_REMOVED = (
    ("leerplannen", N_("leerplannen")),
    ("keys", N_("keys")),
    ("runs", N_("runs")),
    ("lines", N_("lines of niet-geleverd.csv")),
    ("files", N_("files in the inbox")),
    ("mails", N_("mails")),
)


def show_status(schools: Sequence[SchoolStatus], *, verbose: bool) -> None:
    """A table on a terminal, else a line for each school; below it what needs a person, with `verbose` all that was said."""
    if sys.stdout.isatty():
        _status_table(schools)
    else:
        for school in schools:
            last, good = (_("never") if moment is None else moment.isoformat(" ", "minutes") for moment in (school.at, school.good_at))
            line = _("{school}: {status}, last night {last}, last good night {good}, newest run {run_id}, in the outbox {count}")
            typer.echo(
                line.format(
                    school=school.korte_naam,
                    status=_words(school.status),
                    last=last,
                    good=good,
                    run_id=school.run_id or _("none"),
                    count=school.in_outbox,
                )
            )
    for school in schools:
        for message in school.messages:
            if verbose or message.needs_person:
                typer.echo(f"{school.korte_naam}: {message.text}", err=True)


def _words(status: str) -> str:
    return status.replace("_", " ")


def _status_table(schools: Sequence[SchoolStatus]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column(_("school"), overflow="fold")
    for title in (_("last night"), _("ended"), _("last good"), _("newest run")):
        table.add_column(title, no_wrap=True)
    table.add_column(_("runs"), justify="right", no_wrap=True)
    for school in schools:
        last, good = ("-" if moment is None else f"{moment:%d-%m %H:%M}" for moment in (school.at, school.good_at))
        table.add_row(Text(school.korte_naam), last, _words(school.status), good, school.run_id or "-", str(school.in_outbox))
    Console().print(table)


def show_verified(schools: Sequence[Verified], *, verbose: bool) -> None:
    """What is wrong, a line each; on a terminal and with `verbose` also how many runs were looked at."""
    for school in schools:
        if verbose or sys.stdout.isatty():
            wrong = len(school.problems)
            text = ngettext("{n} run checked", "{n} runs checked", school.runs).format(n=school.runs)
            found = ngettext("{n} thing to look at", "{n} things to look at", wrong).format(n=wrong) if wrong else _("all as delivered")
            typer.echo(f"{school.korte_naam}: {text}, {found}", err=True)
        for problem in school.problems:
            typer.echo(f"{school.korte_naam}: {problem}", err=True)


def show_purged(results: Sequence[PurgeResult]) -> None:
    """What went, a line for each school and one for the quarantine, and what there is to tell."""
    for result in results:
        name = result.korte_naam or _("quarantine")
        parts = [f"{count} {_(text)}" for key, text in _REMOVED if (count := result.removed.get(key, 0))]
        before = _("from before {day}: ").format(day=result.before) if result.before else ""
        if result.removed:
            typer.echo(f"{name}: {before}{', '.join(parts) if parts else _('nothing to remove')}", err=True)
        for problem in result.problems:
            typer.echo(f"{name}: {problem}", err=True)


def log_purged(log: Log, results: Sequence[PurgeResult]) -> None:
    """A line for each school."""
    for result in results:
        codes = [problem.kind.code for problem in result.problems]
        log.write(
            "purge",
            result.exit_code,
            school=result.korte_naam,
            run_id=None,
            status=result.status,
            removed=dict(result.removed),
            codes=codes,
        )
