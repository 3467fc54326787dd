"""What `terugstuuroptie` shows."""

import typer

from cito_numo.language import _
from cito_numo.registration import Change
from cito_numo.workspace import signed


def show_set(korte_naam: str, change: Change) -> None:
    """The terugstuuroptie as it was and as it is, and what follows from that."""
    before, after = signed(change.before), signed(change.after)
    if before == after:
        typer.echo(_("{school}: the terugstuuroptie is {after} already.").format(school=korte_naam, after=after), err=True)
        return
    typer.echo(_("{school}: terugstuuroptie {before} → {after}.").format(school=korte_naam, before=before, after=after), err=True)
    if change.after > change.before:
        typer.echo(_("The next sync passes on what has come within reach. Nothing that was delivered is taken back."), err=True)
    else:
        typer.echo(_("From the next sync on less is passed on. Nothing that was delivered is taken back."), err=True)
    typer.echo(_("Set the same in Leerling in beeld."), err=True)
