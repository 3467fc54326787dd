"""What `register` asks and shows: questions on a terminal, a summary, and what is still to be done at Cito."""

import sys
from collections.abc import Sequence

import typer

from cito_numo.config import Workspace
from cito_numo.errors import REGISTER_STOPPED, stop
from cito_numo.language import _, ngettext
from cito_numo.registration import FIELDS, Change, Field, Registered, Registration, all_of, form_of, plain_text, wrong
from cito_numo.workspace import NewSchool

FORM = "cito.nl/cito-numo"
SUPPORT = "support@kurve.nl"


def ask(workspace: Workspace, said: dict[str, str]) -> dict[str, str]:
    """What is said and what is answered to the questions for all else; a wrong answer is told and asked again."""
    answers = {field.name: _answer(workspace, field) for field in FIELDS if field.name not in said}
    return {**said, **answers}


def _answer(workspace: Workspace, field: Field) -> str:
    while True:
        try:
            said = typer.prompt(f"{field.label} ({_(field.allowed)})", default="", show_default=False, err=True)
        except typer.Abort:
            raise stop(REGISTER_STOPPED) from None
        answer = plain_text(said)
        hint = wrong(workspace, field, answer)
        if not hint:
            return answer
        typer.echo(hint, err=True)


def confirm(schools: Sequence[NewSchool]) -> None:
    """A summary, and the question whether it is right; CitoNumoError where it is not."""
    for school in schools:
        typer.echo("", err=True)
        _show_values(all_of(school), err=True)
    typer.echo("", err=True)
    try:
        count = len(schools)
        question = ngettext("Sign this school up?", "Sign these {n} schools up?", count).format(n=count)
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise stop(REGISTER_STOPPED)


def show_registered(workspace: Workspace, registrations: Sequence[Registration]) -> None:
    """Which schools are signed up, and for those what is still to be filled in at Cito, in the order of its form."""
    for one in registrations:
        text = _("{school} is signed up.") if one.status is Registered.SIGNED_UP else _("{school} was signed up before, with the same.")
        typer.echo(text.format(school=one.school.korte_naam), err=True)
    typer.echo(_("Still to do: fill in the form on {form}. This may be done before any test was taken.").format(form=FORM), err=True)
    for one in registrations:
        typer.echo("")
        _show_values(form_of(one.school))
    typer.echo("", err=True)
    names = [one.school.korte_naam for one in registrations]
    command = workspace.command("register", "--activate", names[0] if len(names) == 1 else "SCHOOL")
    typer.echo(_("Cito handles it within 5 days. Then: {command}").format(command=command), err=True)
    for name in (one.school.korte_naam for one in registrations if one.school.administratie == "somtoday"):
        text = _("{school}: its Somtoday administrator mails the Cito-importbestand (EDEXML) to {address}, with {school} in the subject.")
        typer.echo(text.format(school=name, address=SUPPORT), err=True)


def _show_values(values: Sequence[tuple[str, str]], *, err: bool = False) -> None:
    if not (sys.stderr if err else sys.stdout).isatty():
        for label, value in values:
            typer.echo(f"{label}: {value}", err=err)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for label, value in values:
        table.add_row(label, Text(value))
    Console(stderr=err).print(table)


def show_active(korte_naam: str, change: Change) -> None:
    """From which day a school is active, and whether that is new."""
    if change.before == change.after:
        text = _("{school} is active from {after} already. Another day: --from.")
    elif change.before is None:
        text = _("{school} is active from {after}.")
    else:
        text = _("{school} is active from {after}; it was from {before}.")
    typer.echo(text.format(school=korte_naam, before=change.before, after=change.after), err=True)
