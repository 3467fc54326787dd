"""What the `plans` commands show: leerplannen as a table on a terminal, as lines without one; and what a person picks of them."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from cito_numo.errors import NOT_AGREED, Problem, printable, stop
from cito_numo.language import _, ngettext
from cito_numo.log import Log
from cito_numo.report import Message
from cito_numo.runs import Status

if TYPE_CHECKING:
    from rich.table import Table

    from cito_numo.in_force import OfLeerling
    from cito_numo.processing import PlansRun

Plan = Mapping[str, Any]
"""A leerplan as leerplannen.json has it."""

_P = TypeVar("_P", bound=Plan)
_WAITS = "te_verwerken"


def show_plans(korte_naam: str, plans: Sequence[Plan], *, titled: bool) -> None:
    """The leerplannen of a school, on a terminal per vak, with the name of the school above where it is `titled`."""
    if not sys.stdout.isatty():
        for plan in plans:
            _line(korte_naam, plan["vak"], plan["klas"], plan["gebruikersnaam"], plan["revisie"], plan["status"], _levels(plan))
        return
    if titled and plans:
        typer.echo(printable(korte_naam))
    _print(_per_vak(plans))


def show_nothing(*, everything: bool) -> None:
    """On a terminal, that there is nothing to show."""
    if sys.stdout.isatty():
        typer.echo(_("There is no leerplan.") if everything else _("No leerplan waits to be processed."), err=True)


def pick(plans: Sequence[_P]) -> list[_P]:
    """Those that a person picks from a numbered list; CitoNumoError where that is none."""
    _print(_per_vak(plans, numbered=True))
    while True:
        try:
            answer = typer.prompt(_("Which (as 1 3-5, or all)"), default="", show_default=False, err=True)
        except typer.Abort:
            answer = ""
        if not answer.strip():
            raise stop(NOT_AGREED)
        numbers = picked(answer, len(plans))
        if numbers is not None:
            return [plans[number - 1] for number in numbers]
        typer.echo(_("Give numbers from 1 to {n}, as 1 3-5, or all.").format(n=len(plans)), err=True)


def picked(answer: str, count: int) -> list[int] | None:
    """The numbers, from 1 to `count`, that an answer as '1 3-5' or 'all' names; None where it is no such answer."""
    words = answer.replace(",", " ").split()
    if [word.casefold() for word in words] in (["all"], [_("all")]):
        return list(range(1, count + 1))
    numbers: set[int] = set()
    for word in words:
        first, _dash, last = word.partition("-")
        if not all(part.isascii() and part.isdecimal() and len(part) <= len(str(count)) for part in (first, last or first)):
            return None
        low, high = int(first), int(last or first)
        if not 1 <= low <= high <= count or word.endswith("-"):
            return None
        numbers.update(range(low, high + 1))
    return sorted(numbers) or None


def show_chosen(plans: Sequence[Plan]) -> None:
    """The leerplannen that something is going to be done with."""
    if sys.stdout.isatty():
        _print(_per_vak(plans))
        return
    for plan in plans:
        _line(plan["vak"], plan["klas"], plan["gebruikersnaam"], plan["revisie"], _levels(plan))


def agreed(question: str) -> None:
    """CitoNumoError where a person does not agree, or none is there to ask."""
    try:
        yes = sys.stdin.isatty() and typer.confirm(question, err=True)
    except typer.Abort:
        yes = False
    if not yes:
        raise stop(NOT_AGREED)


def show_run(run: "PlansRun", done: str) -> None:
    """How it ended, and what there is to tell; `done` says what was done with so many leerplannen."""
    result = run.result
    plans = ngettext("{n} leerplan", "{n} leerplannen", run.leerplannen).format(n=run.leerplannen)
    if result.status is Status.DELIVERED:
        typer.echo(f"{result.korte_naam}: {done.format(plans=plans)}, outbox/{result.run_id}", err=True)
    elif run.leerplannen:
        typer.echo(_("{school}: {plans}; nothing was written").format(school=result.korte_naam, plans=plans), err=True)
    for message in result.messages:
        typer.echo(f"{result.korte_naam}: {message.text}", err=True)


def show_problems(korte_naam: str, problems: Sequence[Problem]) -> None:
    """What there is to tell of a school."""
    for problem in problems:
        typer.echo(f"{korte_naam}: {Message.of(problem).naming(korte_naam).text}", err=True)


def log_run(log: Log, run: "PlansRun") -> None:
    """A line for the school."""
    result = run.result
    codes = [message.code for message in result.messages]
    about = {"school": result.korte_naam, "run_id": result.run_id, "status": result.status}
    log.write("plans", result.exit_code, **about, leerplannen=run.leerplannen, codes=codes)


def show_leerling(leerling: str, found: "OfLeerling") -> None:
    """The leerplannen of a pupil, each with what stands in it; and what was ingetrokken."""
    klassen = sorted({printable(plan["klas"]) for plan in found.plans if plan["klas"]})
    typer.echo(", ".join([printable(leerling), *(_("klas {klas}").format(klas=klas) for klas in klassen)]))
    for plan in found.plans:
        head = _("{vak}: {status}, revisie {revisie}, run {run_id}")
        vak, status = printable(plan["vak"]), _status(plan["status"])
        typer.echo("\n" + head.format(vak=vak, status=status, revisie=plan["revisie"], run_id=plan["run_id"]))
        for onderdeel in plan["onderdelen"]:
            for line in _onderdeel(onderdeel):
                typer.echo(f"  {line}")
    for gone in found.ingetrokken:
        head = _("{vak}: ingetrokken, revisie {revisie}, run {run_id}")
        typer.echo("\n" + head.format(vak=printable(gone["vak"]), revisie=gone["revisie"], run_id=gone["run_id"]))
        if gone["reden"]:
            typer.echo(f"  {printable(gone['reden'])}")


def _onderdeel(onderdeel: Plan) -> Iterator[str]:
    known = {name: printable(str(value)) for name, value in onderdeel.items()}
    yield _("{prioriteit}. {onderdeel}: {route}, {startniveau} → {doelniveau}").format(**known)
    yield "   " + _("{toets} of {afnamedatum}, test at {toetsniveau}, performs at {functioneringsniveau}").format(**known)
    if onderdeel["domeinen"]:
        levels = ", ".join(f"{domein['domein']} {domein['functioneringsniveau']}" for domein in onderdeel["domeinen"])
        yield "   " + _("domeinen: {levels}").format(levels=printable(levels))


def _line(*cells: object) -> None:
    typer.echo("\t".join(printable("" if cell is None else str(cell)) for cell in cells))


def _status(status: str) -> str:
    return f"{status.replace('_', ' ')}{f' {_link()}' if status == _WAITS else ''}"


def _link() -> str:
    """What stands behind a pupil whose leerplan waits, as in Numo; where the terminal knows no such sign, a plain one."""
    return "🔗" if (sys.stdout.encoding or "utf-8").lower().startswith("utf") else "*"


def _levels(plan: Plan) -> str:
    return ", ".join(f"{onderdeel['onderdeel']} {onderdeel['functioneringsniveau']}" for onderdeel in plan["onderdelen"])


def _per_vak(plans: Sequence[Plan], *, numbered: bool = False) -> "list[tuple[str, Table]]":
    """A table for each vak, its name first."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    tables = []
    places = {id(plan): number for number, plan in enumerate(plans, 1)}
    for vak, of_vak in groupby(plans, key=lambda plan: str(plan["vak"])):
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        if numbered:
            table.add_column("", justify="right", no_wrap=True)
        table.add_column(_("klas"), overflow="fold", max_width=10)
        table.add_column(_("leerling"), overflow="fold", max_width=24)
        table.add_column("", no_wrap=True, min_width=2)
        table.add_column(_("revisie"), justify="right", no_wrap=True)
        table.add_column(_("onderdelen"))
        for plan in of_vak:
            cells = [
                printable(plan["klas"] or "-"),
                printable(plan["gebruikersnaam"]),
                _link() if plan["status"] == _WAITS else "",
                str(plan["revisie"]),
                printable(_levels(plan)),
            ]
            table.add_row(*(Text(cell) for cell in ([str(places[id(plan)])] if numbered else []) + cells))
        tables.append((vak, table))
    return tables


def _print(tables: "Sequence[tuple[str, Table]]") -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for vak, table in tables:
        console.print(Text(printable(vak), style="bold"))
        console.print(table)
        console.print()
