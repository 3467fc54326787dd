"""`register`: sign schools up, and make them active when Cito has handled that."""

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cito_numo.commands.options import CONFIG, Config, Day, Json, Yes, failure_as_json, in_these_times, schools_for_tab
from cito_numo.errors import printable
from cito_numo.language import _

if TYPE_CHECKING:
    from cito_numo.config import Workspace
    from cito_numo.workspace import NewSchool

_FORM = _("The sign-up form")


def _field(option: str, text: str, metavar: str = "TEXT") -> Any:  # noqa: ANN401  what typer declares of an option
    return typer.Option(option, metavar=metavar, help=text, rich_help_panel=_FORM)


def register(
    config: Config = CONFIG,
    klantnummer: Annotated[str | None, _field("--klantnummer", _("Cito's customer number."))] = None,
    brin: Annotated[str | None, _field("--brin", _("Two digits and two capitals, as 99XX."))] = None,
    vestiging: Annotated[
        list[str] | None, _field("--vestiging", _("Two digits; only these of a joint EDEXML. May be given more than once."))
    ] = None,
    school: Annotated[str | None, _field("--school", _("The school's name, for people."))] = None,
    aanhef: Annotated[str | None, _field("--aanhef", _("Of the contact person: Meneer, Mevrouw, …"))] = None,
    voornaam: Annotated[str | None, _field("--voornaam", _("Of the contact person."))] = None,
    achternaam: Annotated[str | None, _field("--achternaam", _("Of the contact person."))] = None,
    email: Annotated[str | None, _field("--email", _("Of the contact person."))] = None,
    maximum_niveau: Annotated[str | None, _field("--maximum-niveau", _("As on the form."))] = None,
    korte_naam: Annotated[str | None, _field("--korte-naam", _("The korte schoolnaam in Numo: lower case, digits and hyphens."))] = None,
    administratie: Annotated[str | None, _field("--administratie", _("somtoday, magister or other."))] = None,
    terugstuuroptie: Annotated[str | None, _field("--terugstuuroptie", _("+2, +1, 0, -1 or -2, as set in Leerling in beeld."))] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE|DATE", help=_("A list of schools (csv, xlsx); with --activate the day they are active from.")),
    ] = None,
    activate: Annotated[
        str | None,
        typer.Option(
            "--activate",
            metavar="SCHOOL",
            help=_("Cito has handled the request: the school is active from now on."),
            autocompletion=schools_for_tab,
        ),
    ] = None,
    date: Day = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Sign a school up (aanmelden): make its folder and school.yaml, and tell what to fill in on Cito's form.

    On a terminal what is not given is asked. A list has a row for each school and a column for each option; with a mistake in one row
    none is signed up.

    Examples:
    * `cito-numo register`
    * `cito-numo register --from scholen.csv`
    * `cito-numo register --activate demo-college`
    """
    from cito_numo.config import chosen_schools, read_workspace
    from cito_numo.registration import activate as activated
    from cito_numo.registration import plain_text
    from cito_numo.registration import register as registered
    from cito_numo.schooljaar import today
    from cito_numo.show_register import confirm, show_active, show_registered

    given = {
        "klantnummer": klantnummer,
        "brin": brin,
        "school": school,
        "aanhef": aanhef,
        "voornaam": voornaam,
        "achternaam": achternaam,
        "email": email,
        "maximum_niveau": maximum_niveau,
        "korte_naam": korte_naam,
        "vestiging": " ".join(vestiging) if vestiging else None,
        "administratie": administratie,
        "terugstuuroptie": terugstuuroptie,
    }
    said = {name: plain_text(text) for name, text in given.items() if text is not None}
    if said and (activate or from_):
        raise typer.BadParameter(_("the fields of the form go with neither --from nor --activate"))
    day = date.date() if date else today(datetime.now().astimezone())
    if activate is not None:
        named = _day(from_) if from_ is not None else None
        with failure_as_json("schools", wanted=as_json):
            workspace = read_workspace(config)
            chosen_schools(workspace, [activate])
            change = activated(workspace, activate, named, day)
        if as_json:
            status = "unchanged" if change.before == change.after else "active"
            about = {"korte_naam": activate, "status": status, "active_from": str(change.after)}
            typer.echo(json.dumps({"exit_code": 0, "schools": [about]}, ensure_ascii=False))
        else:
            show_active(activate, change)
        return
    with failure_as_json("schools", wanted=as_json):
        workspace = read_workspace(config, may_be_empty=True)
        schools = _listed(workspace, Path(from_), day) if from_ is not None else [_told(workspace, said, day)]
        if sys.stdin.isatty() and not yes:
            confirm(schools)
        registrations = registered(workspace, schools)
    if as_json:
        typer.echo(json.dumps({"exit_code": 0, "schools": [one.as_dict() for one in registrations]}, ensure_ascii=False))
    else:
        show_registered(workspace, registrations)


def _day(text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007  a day has no time zone
    except ValueError:
        raise typer.BadParameter(_("with --activate, --from is a day: YYYY-MM-DD")) from None
    in_these_times(day)
    return day.date()


def _told(workspace: "Workspace", said: dict[str, str], day: date) -> "NewSchool":
    """The one school that options tell of, and on a terminal the answers to questions."""
    from cito_numo.registration import check_options, missing_in, school_of
    from cito_numo.show_register import ask

    can_ask = sys.stdin.isatty()
    check_options(workspace, said, all_of_them=not can_ask)
    return school_of(ask(workspace, said) if can_ask and missing_in(said) else said, day)


def _listed(workspace: "Workspace", path: Path, day: date) -> "list[NewSchool]":
    """The schools of a list, and on standard error which of its columns nobody asked for."""
    from cito_numo.lists import read_list
    from cito_numo.registration import COLUMNS, REQUIRED, schools_of

    listed = read_list(path, COLUMNS, REQUIRED)
    if listed.unread:
        typer.echo(_("Columns that were not read: {headers}.").format(headers=", ".join(map(printable, listed.unread))), err=True)
    return schools_of(workspace, path, listed.rows, day)
