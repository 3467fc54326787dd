"""`terugstuuroptie preview` and `terugstuuroptie set`."""

import json
from datetime import datetime
from typing import Annotated

import typer

from cito_numo.commands.options import CONFIG, Config, Day, Json, Schools, chosen, failure_as_json, schools_for_tab
from cito_numo.errors import worst
from cito_numo.language import _

app = typer.Typer(
    name="terugstuuroptie",
    help=_("The highest relative level whose results are passed on: +2 (all) … -2 (two or more levels below the test)."),
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


def _option(text: str) -> str:
    from cito_numo.registration import terugstuuroptie_of

    if terugstuuroptie_of(text) is None:
        raise typer.BadParameter(_("expected one of +2 +1 0 -1 -2"))
    return text


@app.command("set", context_settings={"ignore_unknown_options": True})  # -1 is a value
def set_(
    school: Annotated[str, typer.Argument(metavar="SCHOOL", help=_("The korte schoolnaam."), autocompletion=schools_for_tab)],
    option: Annotated[str, typer.Argument(metavar="OPTION", callback=_option, help=_("One of +2 +1 0 -1 -2."))],
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Change the terugstuuroptie in a school's school.yaml; all else in it stays as it is.

    Example: `cito-numo terugstuuroptie set demo-college -1`
    """
    from cito_numo.config import chosen_schools, read_workspace
    from cito_numo.registration import set_terugstuuroptie, terugstuuroptie_of
    from cito_numo.show_terugstuuroptie import show_set

    wanted = terugstuuroptie_of(option)
    assert wanted is not None
    with failure_as_json(wanted=as_json, school=school, before=None, after=None):
        workspace = read_workspace(config)
        chosen_schools(workspace, [school])
        change = set_terugstuuroptie(workspace, school, wanted)
    if as_json:
        typer.echo(json.dumps({"exit_code": 0, "school": school, "before": change.before, "after": change.after}, ensure_ascii=False))
    else:
        show_set(school, change)


@app.command()
def preview(schools: Schools = None, config: Config = CONFIG, date: Day = None, as_json: Json = False) -> None:
    """Tell how many results, of how many pupils, each option would pass on. Writes nothing.

    Of what lies in the inbox now, also of a school that is not active yet; per vak and toetsniveau too.

    Example: `cito-numo terugstuuroptie preview demo-college`
    """
    from cito_numo.previewing import Previews
    from cito_numo.schooljaar import today
    from cito_numo.show import with_progress
    from cito_numo.show_preview import show_previews

    workspace, korte_namen = chosen(config, schools, as_json=as_json)
    previews = Previews(workspace, date.date() if date else today(datetime.now().astimezone()))
    found = [previews.school(korte_naam) for korte_naam in with_progress(korte_namen)]
    exit_code = worst(one.exit_code for one in found)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [one.as_dict() for one in found]}, ensure_ascii=False))
    else:
        show_previews(found)
    raise typer.Exit(exit_code)
