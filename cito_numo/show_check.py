"""What `check` shows: a line for each school, and below it what needs attention and how each file was read."""

import sys
from collections.abc import Mapping, Sequence

import typer

from cito_numo.checking import Checked, CheckedSchool, State
from cito_numo.language import N_, _, ngettext
from cito_numo.report import Message

_STYLES = {State.READY: "green", State.HELD: "yellow", State.STOPPED: "red"}
_WORKSPACE = N_("workspace")


def show_checks(workspace: Checked, schools: Sequence[CheckedSchool], *, verbose: bool) -> None:
    """The workspace only where there is something to tell. What it tells is not told again for each school.

    On a terminal and with `verbose` also the files of the inbox, and what needs no attention.
    """
    terminal = sys.stdout.isatty()
    everything = terminal or verbose
    told = {message.text for message in workspace.messages}
    _messages(_(_WORKSPACE), workspace.messages, everything=everything)
    for school in schools:
        headline = _headline(school)
        if terminal:
            _heading(school, headline)
        else:
            typer.echo(f"{school.korte_naam}: {headline}")
        if everything:
            _files(school, terminal=terminal)
        left = [message for message in school.messages[school.reasons :] if message.text not in told]
        _messages(school.korte_naam, left, everything=everything)


def _messages(name: str, messages: Sequence[Message], *, everything: bool) -> None:
    for message in messages:
        if everything or message.needs_person:
            typer.echo(f"{name}: {message.text}", err=True)


def _headline(school: CheckedSchool) -> str:
    read = school.counts.get("read", 0)
    results = ngettext("{n} result", "{n} results", read).format(n=read)
    why = " ".join(message.text.replace(_("Held: "), "", 1) for message in school.messages[: school.reasons])
    if school.state is State.READY:
        n = school.leerplannen
        leerplannen = ngettext("{n} leerplan would be delivered", "{n} leerplannen would be delivered", n).format(n=n)
        gone = _(", {n} as ingetrokken").format(n=school.ingetrokken) if school.ingetrokken else ""
        return _("ready: {results}, {leerplannen}").format(results=results, leerplannen=leerplannen) + gone
    return {
        State.NOTHING_NEW: _("nothing new: {results}").format(results=results),
        State.WAITING: _("waiting: {why}").format(why=why),
        State.HELD: _("would be held: {why}").format(why=why),
        State.STOPPED: _("would stop: {why}").format(why=why),
    }[school.state]


def _how(file: Mapping[str, object]) -> str:
    if file["unusable"]:
        return _("cannot be used")
    if "layout" in file:
        rows = int(str(file["rows"]))
        return f"{file['layout']}, {ngettext('{n} row', '{n} rows', rows).format(n=rows)}"
    return ""


def _heading(school: CheckedSchool, headline: str) -> None:
    from rich.console import Console
    from rich.text import Text

    Console().print(Text(school.korte_naam, style="bold") + Text(": ") + Text(headline, style=_STYLES.get(school.state, "")))


def _files(school: CheckedSchool, *, terminal: bool) -> None:
    if not terminal:
        for file in school.files:
            how = _how(file)
            typer.echo(f"{school.korte_naam}: {file['path']}{f': {how}' if how else ''}")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=0)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="dim")
    for file in school.files:
        table.add_row("", Text(str(file["path"])), Text(_how(file)))
    if school.files:
        Console().print(table)
