"""`explain`: why a pupil has this plan, or none."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cito_numo.commands.options import CONFIG, Config, Day, Json, failure_as_json, schools_for_tab
from cito_numo.errors import ExitCode
from cito_numo.language import _

if TYPE_CHECKING:
    from cito_numo.explaining import Row


def explain(
    school: Annotated[str, typer.Option("--school", metavar="SCHOOL", help=_("The korte schoolnaam."), autocompletion=schools_for_tab)],
    leerling: Annotated[
        str | None, typer.Argument(metavar="LEERLING", help=_("The leerlingnummer as in Numo: leading zeros matter."), show_default=False)
    ] = None,
    cito_key: Annotated[
        str | None, typer.Option("--cito-key", metavar="KEY", help=_("Instead of the leerlingnummer: the Cito key of a Somtoday school."))
    ] = None,
    row: Annotated[
        str | None,
        typer.Option("--row", metavar="FILE:ROW", help=_("Instead: one row of an export, as niet-geleverd.csv names it (bestand:rij).")),
    ] = None,
    config: Config = CONFIG,
    date: Day = None,
    as_json: Json = False,
) -> None:
    """Tell why a pupil has this leerplan, or none: each result step by step, what is in force, and what else may be why.

    Writes nothing. It shows what is of this pupil, so mind who reads along; ECK iDs and other pupils are never shown.

    Examples:
    * `cito-numo explain 0104233 --school demo-college`
    * `cito-numo explain --row export-1.csv:12 --school demo-college`
    """
    from cito_numo.config import chosen_schools, read_workspace
    from cito_numo.explaining import Asked
    from cito_numo.explaining import explain as explained
    from cito_numo.schooljaar import today
    from cito_numo.show_explain import show_explanation

    if [leerling, cito_key, row].count(None) != 2:  # noqa: PLR2004  one of three
        raise typer.BadParameter(_("name one of LEERLING, --cito-key and --row"))
    asked = Asked(_trimmed(leerling, "LEERLING"), _trimmed(cito_key, "--cito-key"), _row(row))
    with failure_as_json("results", wanted=as_json):
        workspace = read_workspace(config)
        chosen_schools(workspace, [school])
        explanation = explained(workspace, workspace.school(school), date.date() if date else today(datetime.now().astimezone()), asked)
    if as_json:
        typer.echo(json.dumps({"exit_code": ExitCode.DONE, **explanation.as_dict()}, ensure_ascii=False))
    else:
        show_explanation(explanation)


def _trimmed(text: str | None, name: str) -> str | None:
    if text is not None and not text.strip():
        raise typer.BadParameter(_("{name} is empty").format(name=name))
    return text.strip() if text is not None else None


def _row(text: str | None) -> "Row | None":
    from cito_numo.explaining import Row

    if text is None:
        return None
    bestand, _colon, rij = text.rpartition(":")
    if not bestand or not rij.isascii() or not rij.isdigit():
        raise typer.BadParameter(_("expected --row FILE:ROW, as export-1.csv:12"))
    return Row(bestand, int(rij))
