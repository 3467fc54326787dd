"""`status`, `verify` and `purge`: how it stands, whether what was delivered is still as it was, and what may go."""

import json
import sys
from datetime import datetime, timedelta
from typing import Annotated

import typer

from cito_numo.commands.options import CONFIG, Config, Day, DryRun, Json, LogFile, Schools, Verbose, Yes, chosen
from cito_numo.errors import NOT_AGREED, stop, worst
from cito_numo.language import _


def _age(text: str | None) -> timedelta | None:
    from cito_numo.status import age_of

    try:
        return None if text is None else age_of(text)
    except ValueError:
        raise typer.BadParameter(_("expected an age such as 26h, 90m or 2d")) from None


def _term(text: str | None) -> str | None:
    from cito_numo.config import TERM

    if text is not None and not TERM.fullmatch(text):
        raise typer.BadParameter(_("expected a term such as '2 years', '18 months' or '90 days'"))
    return text


def status(
    schools: Schools = None,
    config: Config = CONFIG,
    date: Day = None,
    max_age: Annotated[
        str | None,
        typer.Option(
            "--max-age",
            callback=lambda text: text if _age(text) else None,
            metavar="AGE",
            help=_("For monitoring: exit code 3 when a school had no good night for so long, as 26h."),
        ),
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Tell how each school stands, worst first: its request, its last night, what is in force, and what needs a person. Writes nothing.

    A night is good when what there was could be delivered: its exit code was 0 or 3. What was not joined is of the last night that read
    results; keys are as old as the newest EDEXML that was taken in.

    Example: `cito-numo status --max-age 26h`
    """
    from cito_numo.schooljaar import today
    from cito_numo.show_upkeep import show_status
    from cito_numo.status import status_of

    workspace, korte_namen = chosen(config, schools, as_json=as_json)
    now = datetime.now().astimezone()
    day = date.date() if date else today(now)
    schools_found = (status_of(workspace, korte_naam, now, day, _age(max_age)) for korte_naam in korte_namen)
    found = sorted(schools_found, key=lambda one: one.worst_first)
    exit_code = worst(one.exit_code for one in found)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [one.as_dict() for one in found]}, ensure_ascii=False))
    else:
        show_status(found, verbose=verbose)
    raise typer.Exit(exit_code)


def verify(schools: Schools = None, config: Config = CONFIG, as_json: Json = False, verbose: Verbose = False) -> None:
    """Check every run in the outbox: against its manifest, the ledger and the JSON Schema. Writes nothing.

    Exit code 3 where a run is not as it was delivered.

    Example: `cito-numo verify demo-college`
    """
    from cito_numo.show_upkeep import show_verified
    from cito_numo.verification import verify as verified

    workspace, korte_namen = chosen(config, schools, as_json=as_json)
    found = [verified(korte_naam, workspace.school_folder(korte_naam)) for korte_naam in korte_namen]
    exit_code = worst(one.exit_code for one in found)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [one.as_dict() for one in found]}, ensure_ascii=False))
    else:
        show_verified(found, verbose=verbose)
    raise typer.Exit(exit_code)


def purge(
    schools: Schools = None,
    config: Config = CONFIG,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            callback=_term,
            metavar="TERM",
            help=_("What is older goes: '2 years', '18 months', '90 days'."),
            show_default=_("each school's retention"),
        ),
    ] = None,
    leerling: Annotated[
        str | None, typer.Option("--leerling", metavar="GEBRUIKERSNAAM", help=_("All of this pupil of the one SCHOOL, whatever its age."))
    ] = None,
    inbox: Annotated[bool, typer.Option("--inbox", help=_("Files in the inbox that are older go too."))] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    log: LogFile = None,
    as_json: Json = False,
) -> None:
    """Remove personal data that is older than the retention, or all of one pupil. It cannot be undone.

    It goes from the ledger, the outbox, the report and the quarantine; from the inbox only with --inbox. What was purged is not delivered
    again, though it may still lie in the inbox. What Numo took in is not reached: remove it there.

    Examples:
    * `cito-numo purge --older-than '2 years' --dry-run`
    * `cito-numo purge demo-college --leerling 0104233`
    """
    from cito_numo.log import Log
    from cito_numo.purge import PurgeOptions, purge_workspace
    from cito_numo.show import show_log_problem
    from cito_numo.show_upkeep import log_purged, show_purged

    if leerling is not None and (older_than is not None or inbox):
        raise typer.BadParameter(_("--leerling goes with neither --older-than nor --inbox"))
    workspace, korte_namen = chosen(config, schools, as_json=as_json)
    if leerling is not None and len(korte_namen) != 1:
        raise typer.BadParameter(_("--leerling needs the one SCHOOL that the pupil is at"))
    now = datetime.now().astimezone()
    wanted = PurgeOptions(now, older_than, leerling, inbox, dry_run)
    named = bool(schools) or leerling is not None
    if not dry_run and not yes:
        show_purged(purge_workspace(workspace, korte_namen, PurgeOptions(now, older_than, leerling, inbox, dry_run=True), alone=named))
        if not sys.stdin.isatty() or not typer.confirm(_("Remove this for good?"), err=True):
            raise stop(NOT_AGREED)
    with Log(log, "purge") as lines:
        results = purge_workspace(workspace, korte_namen, wanted, alone=named)
        log_purged(lines, results)
        exit_code = lines.end(worst(result.exit_code for result in results))
    show_log_problem(lines)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [result.as_dict() for result in results]}, ensure_ascii=False))
    else:
        show_purged(results)
    raise typer.Exit(exit_code)
