"""What `edexml check` and `edexml import` show: tables on a terminal, a line for each thing without one."""

import sys
from collections.abc import Iterable, Sequence

import typer

from cito_numo.antwoorden import antwoord
from cito_numo.errors import ExitCode, Problem, printable
from cito_numo.findings import Finding
from cito_numo.inspection import Checked
from cito_numo.intake import ImportResult, ImportStatus
from cito_numo.keytable import KeyChange
from cito_numo.language import _, ngettext
from cito_numo.log import Log

_MOST_LINES = 5


def show_checked(checked: Sequence[Checked]) -> None:
    """A table of findings per file on a terminal; else a line for each, as compilers write them: FILE:LINE: degree: text."""
    if sys.stdout.isatty():
        for one in checked:
            _table(one)
    else:
        for one in checked:
            typer.echo(_head(one))
            for finding in one.findings:
                place = ":".join([printable(one.name), *map(str, finding.lines[:1])])
                typer.echo(f"{place}: {_degree(finding)}: {_told(finding)}{_more_lines(finding)}")
    _show_answer(Problem(finding.kind) for one in checked for finding in one.findings)


def _head(one: Checked) -> str:
    file = one.file
    name = printable(one.name)
    if file is None:
        return f"{name}: " + _("cannot be used")
    facts = [f"{file.dialect} {file.xsdversie or ''}".strip(), file.brin or _("no BRIN"), file.schooljaar or _("no schooljaar")]
    if file.aanmaakdatum:
        facts.append(_("made {day}").format(day=printable(file.aanmaakdatum[:10])))
    facts.append(ngettext("{n} pupil", "{n} pupils", len(file.pupils)).format(n=len(file.pupils)))
    facts.append(_("gebruikersnaam from {place}").format(place=_place(file.place)) if file.place else _("gebruikersnaam not found"))
    return f"{name}: {', '.join(map(printable, facts))}" + ("" if one.findings else f": {_('all is well')}")


def _table(one: Checked) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(_head(one), style="bold"))
    if not one.findings:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column(_("degree"), no_wrap=True)
    table.add_column(_("lines"), overflow="fold", max_width=20)
    table.add_column(_("what"))
    for finding in one.findings:
        style = "red" if finding.unusable else "yellow"
        table.add_row(Text(_degree(finding), style=style), Text(_lines(finding)), Text(_told(finding)))
    console.print(table)


def _degree(finding: Finding) -> str:
    return _("unusable") if finding.unusable else _("noted")


def _told(finding: Finding) -> str:
    problem = finding.problem("")
    return f"{problem.message} {problem.advice}".strip()


def _lines(finding: Finding) -> str:
    shown = ", ".join(map(str, finding.lines[:_MOST_LINES]))
    return f"{shown}, …" if finding.count > _MOST_LINES else shown


def _more_lines(finding: Finding) -> str:
    return _(" (lines {lines})").format(lines=_lines(finding)) if len(finding.lines) > 1 else ""


def show_imports(results: Sequence[ImportResult], *, quiet: bool, verbose: bool) -> None:
    """What became of the key table of each school, and what needs a person; with `quiet` only the latter, as for a mail rule."""
    everything = sys.stdout.isatty() or verbose
    for result in results:
        name = result.korte_naam or _("school not certain")
        if everything or not quiet:
            typer.echo(f"{name}: {_summary(result)}")
        if everything:
            for file in result.files:
                typer.echo("  " + _file(printable(file.name), len(file.pupils), file.place))
        for problem in result.problems:
            if everything or not quiet or problem.kind.exit_code is not ExitCode.DONE:
                typer.echo(f"{name}: {problem}", err=True)
        if result.quarantined is not None:
            how = _("To take it in: {command}").format(command=result.command) if result.command else str(result.quarantined)
            typer.echo(_("{name}: it lies in quarantine. {how}").format(name=name, how=how), err=True)
        _show_answer(result.problems)


def _summary(result: ImportResult) -> str:
    status = {
        ImportStatus.IMPORTED: _("imported"),
        ImportStatus.UNCHANGED: _("nothing new"),
        ImportStatus.HELD: _("held, nothing was imported"),
        ImportStatus.QUARANTINED: _("in quarantine"),
        ImportStatus.FAILED: _("failed, nothing was imported"),
        ImportStatus.BUSY: _("busy"),
        ImportStatus.DRY_RUN: _("dry run, nothing was written"),
    }[result.status]
    return f"{status}. {_changed(result.change)}" if result.change else status


def _changed(change: KeyChange) -> str:
    told = _("Keys known: {known}.").format(known=change.keys)
    if change.new or change.changed or change.gone:
        counts = {"new": change.new, "changed": change.changed, "gone": change.gone, "known": change.keys}
        told = _("Keys known: {known}; new: {new}, changed: {changed}, gone: {gone}.").format(**counts)
    if change.in_numo is None:
        return told
    covers = _("They cover {covered} of Numo's {total} pupils.").format(covered=change.covered, total=change.in_numo)
    return f"{told} {covers}"


def _file(name: str, pupils: int, place: str | None) -> str:
    return ngettext("{name}: {n} pupil, gebruikersnaam from {place}", "{name}: {n} pupils, gebruikersnaam from {place}", pupils).format(
        name=name, n=pupils, place=_place(place or "")
    )


def _place(place: str) -> str:
    """How a place is written in XML."""
    if place == "key":
        return "@key"
    return "/".join(f"<{element}>" for element in place.split(":"))


def _show_answer(problems: Iterable[Problem]) -> None:
    answer = antwoord(problems)
    if answer:
        typer.echo(f"\n{_('To mail back:')}\n\n{answer}", err=True)


def log_imported(log: Log, results: Sequence[ImportResult]) -> None:
    """A line for each message of an import, and one for the import into each school."""
    for result in results:
        about = {"school": result.korte_naam, "run_id": None}
        for problem in result.problems:
            log.write("message", problem.kind.exit_code, **about, code=problem.kind.code, message=str(problem))
        log.write("import", result.exit_code, **about, status=result.status)
