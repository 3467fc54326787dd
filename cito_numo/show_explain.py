"""What `explain` shows: blocks on a terminal, the same as plain lines without one. All of it on stdout."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from cito_numo.explaining import Explanation
from cito_numo.language import N_, _, ngettext
from cito_numo.revisions import TE_VERWERKEN
from cito_numo.steps import Explained
from cito_numo.uitkomst import Uitkomst

if TYPE_CHECKING:
    from rich.console import Console

_STEPS = {"read": N_("read"), "match": N_("match"), "select": N_("select"), "cut": N_("cut"), "plan": N_("plan")}
_STYLES = {
    Uitkomst.LEERPLAN: "green",
    Uitkomst.ONGEWIJZIGD: "green",
    Uitkomst.BOVEN_TERUGSTUUROPTIE: "yellow",
    Uitkomst.ONGELDIG: "red",
    Uitkomst.NIET_GEKOPPELD: "red",
    Uitkomst.TEGENSTRIJDIG: "red",
}


def show_explanation(explanation: Explanation) -> None:
    """The pupil, each result with its steps, the leerplannen in force, and why there is not more."""
    if sys.stdout.isatty():
        _blocks(explanation)
    else:
        for line in _lines(explanation):
            typer.echo(line)


def _lines(explanation: Explanation) -> Sequence[str]:
    lines = [_who(explanation)]
    for result in explanation.results:
        lines += ["", f"{_place(result)}: {_what(result)}: {result.uitkomst}"]
        lines += [f"  {name}: {text}" for name, text in _told(result)]
    if explanation.leerling is not None:
        lines += ["", _plans_title(explanation)]
    for plan in explanation.leerplannen:
        lines.append(f"  {_plan(plan)}")
        lines += [f"    {_onderdeel(one, explanation)}" for one in plan["onderdelen"]]
    lines += [f"  {text}" for text in _to_process(explanation)]
    if explanation.why:
        lines += ["", _("Why:"), *(f"  - {text}" for text in explanation.why)]
    return lines


def _blocks(explanation: Explanation) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(_who(explanation), style="bold"))
    for result in explanation.results:
        console.print()
        style = _STYLES.get(Uitkomst(result.uitkomst), "")
        console.print(Text.assemble((f"{_what(result)}: ", "bold"), (result.uitkomst, f"bold {style}".strip())))
        _two_columns(console, [(_("in"), _place(result)), *_told(result)])
    if explanation.leerling is not None:
        console.print()
        console.print(Text(_plans_title(explanation), style="bold"))
    for plan in explanation.leerplannen:
        console.print(Text(f"  {_plan(plan)}"))
        _two_columns(console, [("", _onderdeel(one, explanation)) for one in plan["onderdelen"]], indent=4)
    for text in _to_process(explanation):
        _two_columns(console, [("", text)])
    if explanation.why:
        console.print()
        console.print(Text(_("Why:"), style="bold"))
        _two_columns(console, [("-", text) for text in explanation.why])


def _two_columns(console: "Console", rows: Sequence[tuple[str, str]], indent: int = 2) -> None:
    """Rows of a name and a text that is wrapped beside it."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    table = Table.grid(padding=(0, 1, 0, 0))
    named = any(name for name, _text in rows)
    if named:
        table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(*([Text(name)] if named else []), Text(text))
    console.print(Padding(table, (0, 0, 0, indent)))


def _who(explanation: Explanation) -> str:
    parts = [explanation.korte_naam]
    if explanation.leerling is None:
        return ", ".join([*parts, _("no pupil in Numo is known by this")])
    parts.append(_("leerling {number}").format(number=explanation.leerling))
    if explanation.klas:
        parts.append(_("klas {klas}").format(klas=explanation.klas))
    in_list = _("in Numo's list") if explanation.has_list else _("there is no list of Numo")
    known = {True: in_list, False: _("not in Numo's list"), None: _("Numo's list was not looked at")}
    parts.append(known[explanation.in_numo])
    n = len(explanation.results)
    parts.append(ngettext("{n} result read", "{n} results read", n).format(n=n))
    return ", ".join(parts)


def _place(result: Explained) -> str:
    return f"{result.bestand}:{result.rij}"


def _what(result: Explained) -> str:
    onderdeel = result.onderdeel or _("onderdeel unknown")
    return _("{toets} {onderdeel} of {day}").format(
        toets=result.toets or _("toets unknown"), onderdeel=onderdeel, day=result.afnamedatum or _("an unknown day")
    )


def _told(result: Explained) -> list[tuple[str, str]]:
    steps = [(_(_STEPS[step.step]), step.text) for step in result.steps]
    return [*steps, (_("to do"), result.wat_te_doen)] if result.wat_te_doen else steps


def _plans_title(explanation: Explanation) -> str:
    n = len(explanation.leerplannen)
    return ngettext("{n} leerplan in force:", "{n} leerplannen in force:", n).format(n=n) if n else _("No leerplan in force.")


def _plan(plan: Mapping[str, Any]) -> str:
    return _("{vak}: revisie {revisie}, {status}").format(**plan)


def _onderdeel(one: Mapping[str, Any], explanation: Explanation) -> str:
    text = _("{onderdeel}: {toets} of {afnamedatum}, {route}, from {startniveau} to {doelniveau}, priority {prioriteit}").format(**one)
    if explanation.in_numo is None:  # the inbox was not looked at
        return text
    return f"{text} ({one['bestand'] or _('its file is not in the inbox')})"


def _to_process(explanation: Explanation) -> list[str]:
    if any(plan["status"] == TE_VERWERKEN for plan in explanation.leerplannen):
        return [_("te_verwerken: in Numo a teacher still has to choose 'verwerk testresultaten' for this pupil (the link symbol).")]
    return []
