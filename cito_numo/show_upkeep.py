"""What `status`, `verify` and `purge` show."""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

import typer

from cito_numo.language import N_, _, ngettext

if TYPE_CHECKING:  # `status` must not pay for what `verify` and `purge` need
    from cito_numo.log import Log
    from cito_numo.purge import PurgeResult
    from cito_numo.status import SchoolStatus
    from cito_numo.verification import Verified

_REMOVED = (
    ("leerplannen", N_("{n} leerplan"), N_("{n} leerplannen")),
    ("keys", N_("{n} key"), N_("{n} keys")),
    ("runs", N_("{n} run"), N_("{n} runs")),
    ("lines", N_("{n} line of niet-geleverd.csv"), N_("{n} lines of niet-geleverd.csv")),
    ("files", N_("{n} file in the inbox"), N_("{n} files in the inbox")),
    ("mails", N_("{n} mail"), N_("{n} mails")),
)
_STATUS = {
    "delivered": N_("delivered"),
    "nothing_new": N_("nothing new"),
    "waiting": N_("waiting"),
    "held": N_("held"),
    "failed": N_("failed"),
    "never": N_("never"),
}
"""How the last night of a school ended, as the ledger names it."""
_STANDS_STILL = ("held", "failed")
_NEAR = 300
"""Days within which day and month say of which year they are."""
_COLUMNS: Sequence[tuple[str, Literal["left", "right"]]] = (
    (N_("last night,\nor request"), "left"),
    (N_("last\ngood"), "left"),
    (N_("new\nexport"), "left"),
    (N_("plans"), "right"),
    (N_("te ver-\nwerken"), "right"),
    (N_("not\njoined"), "right"),
    (N_("keys\ndays"), "right"),
    (N_("admini-\nstratie"), "left"),
    (N_("op-\ntie"), "right"),
)
"""The columns of the table of `status`, beside the school."""


def show_status(schools: Sequence["SchoolStatus"], *, verbose: bool) -> None:
    """A table on a terminal, else a line for each school; below it what needs a person, with `verbose` all that was said."""
    if sys.stdout.isatty():
        _status_table(schools)
    for school in schools:
        told = [] if sys.stdout.isatty() else _standing(school)
        if verbose:
            told += _last_run(school)
        if told:
            typer.echo(f"{school.korte_naam}: {', '.join(told)}")
    for school in schools:
        for message in school.messages if verbose else school.needs_person:
            typer.echo(f"{school.korte_naam}: {message.text}", err=True)


def _standing(school: "SchoolStatus") -> list[str]:
    """How a school stands, in parts of a line."""
    parts = [_ended(school), _active(school)]
    if school.school is not None:
        config = school.school.config
        parts += [config.administratie, _("terugstuuroptie {option}").format(option=_option(config.terugstuuroptie))]
    parts.append(_("last good night {when}").format(when=_long(school.ledger.good_at)))
    parts.append(_("newest export {day}").format(day=school.newest_export or _("none")))
    if school.ledger.plans:
        count, to_do = school.ledger.plans["in_force"], school.ledger.plans["te_verwerken"]
        plans = ngettext("{n} leerplan in force ({to_do} te verwerken)", "{n} leerplannen in force ({to_do} te verwerken)", count)
        parts.append(plans.format(n=count, to_do=to_do))
    if school.unmatched is not None:
        read = school.ledger.judged["read"]
        parts.append(
            ngettext("{n} of {read} result not joined", "{n} of {read} results not joined", read).format(n=school.unmatched, read=read)
        )
    if school.keys_age is not None:
        parts.append(ngettext("keys {n} day old", "keys {n} days old", school.keys_age).format(n=school.keys_age))
    elif school.joins_on_keys and school.ledger.plans:
        parts.append(_("no keys"))
    if school.needs_person:
        parts.append(_("needs a person"))
    return [part for part in parts if part]


def _last_run(school: "SchoolStatus") -> list[str]:
    return [
        _("last night {when}").format(when=_long(school.ledger.at)),
        _("newest run {run_id}").format(run_id=school.ledger.run_id or _("none")),
        _("in the outbox {count}").format(count=school.in_outbox),
    ]


def _ended(school: "SchoolStatus") -> str:
    """How the last night ended; nothing where a version that did not keep it wrote the ledger."""
    words = _STATUS.get(school.ledger.status)
    return _(words) if words else ""


def _active(school: "SchoolStatus") -> str:
    """Whether the coupling is in use, in words."""
    if school.school is None:
        return _("school.yaml cannot be used")
    if school.is_active:
        return _("active")
    if school.active_from:
        return _("active from {day}").format(day=school.active_from)
    if school.overdue:
        return _("requested {n} days ago").format(n=school.overdue)
    return _("signed up {day}").format(day=school.signed_up) if school.signed_up else _("not active")


def _long(moment: datetime | None) -> str:
    return _("never") if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _short(day: date | None, today: date) -> str:
    """A day in five columns: of a year only its number, where day and month could be taken for those of another."""
    if day is None:
        return "-"
    return f"{day:%d-%m}" if abs((today - day).days) < _NEAR else f"{day:%Y}"


def _option(option: int) -> str:
    return f"{option:+d}" if option else "0"


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)


def _state(school: "SchoolStatus") -> str:
    """How the last night ended; of a school for which there can be none yet, why."""
    if school.ledger.status in _STANDS_STILL:
        return _ended(school)
    if school.school is None:
        return _("invalid")
    if school.is_active:
        return _ended(school) or "-"
    if school.active_from:
        return _("from {day}").format(day=_short(school.active_from, school.day))
    if school.overdue:
        return _("asked {n} d").format(n=school.overdue)
    return _("asked {day}").format(day=_short(school.signed_up, school.day)) if school.signed_up else _("not active")


def _status_table(schools: Sequence["SchoolStatus"]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=0)  # its lines between columns are spaces
    table.add_column(_("school"), overflow="fold")
    for title, justify in _COLUMNS:
        table.add_column(_(title), justify=justify, no_wrap=True)
    for school in schools:
        config = school.school.config if school.school else None
        style = "red" if school.worst_first[0] == 0 else "yellow" if school.needs_person else ""
        table.add_row(
            Text(school.korte_naam),
            Text(_state(school), style=style),
            *(_short(day, school.day) for day in (school.ledger.good_at and school.ledger.good_at.date(), school.newest_export)),
            *(_count(school.ledger.plans.get(name)) for name in ("in_force", "te_verwerken")),
            "-" if school.unmatched is None else f"{school.unmatched}/{school.ledger.judged['read']}",
            _count(school.keys_age),
            config.administratie if config else "-",
            _option(config.terugstuuroptie) if config else "-",
        )
    Console().print(table)


def show_verified(schools: Sequence["Verified"], *, verbose: bool) -> None:
    """What is wrong, a line each; on a terminal and with `verbose` also how many runs were looked at."""
    for school in schools:
        if verbose or sys.stdout.isatty():
            wrong = len(school.problems)
            text = ngettext("{n} run checked", "{n} runs checked", school.runs).format(n=school.runs)
            found = ngettext("{n} thing to look at", "{n} things to look at", wrong).format(n=wrong) if wrong else _("all as delivered")
            typer.echo(f"{school.korte_naam}: {text}, {found}", err=True)
        for problem in school.problems:
            typer.echo(f"{school.korte_naam}: {problem}", err=True)


def show_purged(results: Sequence["PurgeResult"]) -> None:
    """What went, a line for each school and one for the quarantine, and what there is to tell."""
    for result in results:
        name = result.korte_naam or _("quarantine")
        parts = [ngettext(one, more, count).format(n=count) for key, one, more in _REMOVED if (count := result.removed.get(key, 0))]
        before = _("from before {day}: ").format(day=result.before) if result.before else ""
        done = _("would remove") if result.status == "dry_run" else _("removed")
        if result.removed:
            typer.echo(f"{name}: {before}{done} {', '.join(parts)}" if parts else f"{name}: {before}{_('nothing to remove')}", err=True)
        for problem in result.problems:
            typer.echo(f"{name}: {problem}", err=True)


def log_purged(log: "Log", results: Sequence["PurgeResult"]) -> None:
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
