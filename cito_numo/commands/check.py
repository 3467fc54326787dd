"""`check`: before the night comes."""

import json
from datetime import datetime

import typer

from cito_numo.commands.options import CONFIG, Config, Day, Json, Schools, Verbose, failure_as_json
from cito_numo.errors import worst


def check(schools: Schools = None, config: Config = CONFIG, date: Day = None, as_json: Json = False, verbose: Verbose = False) -> None:
    """Check the config and the inbox, and tell what the next night would do. Writes nothing.

    The exit code is 0 unless a night would be stopped or held: then it is the code of that night. A school that waits stops nothing.

    Example: `cito-numo check demo-college`
    """
    from cito_numo.checking import Checks
    from cito_numo.config import chosen_schools, read_workspace
    from cito_numo.report import said
    from cito_numo.schooljaar import today
    from cito_numo.show import with_progress
    from cito_numo.show_check import show_checks

    with failure_as_json("schools", "workspace", wanted=as_json):
        workspace = read_workspace(config)
        korte_namen = chosen_schools(workspace, schools or ())
    checks = Checks(workspace, date.date() if date else today(datetime.now().astimezone()))
    shared = checks.workspace()
    found = [checks.school(korte_naam) for korte_naam in with_progress(korte_namen)]
    exit_code = worst([shared.exit_code, *(one.exit_code for one in found)])
    if as_json:
        listed = [one.as_dict() for one in found]
        typer.echo(json.dumps({"exit_code": exit_code, "schools": listed, "workspace": said(shared.messages)}, ensure_ascii=False))
    else:
        show_checks(shared, found, verbose=verbose)
    raise typer.Exit(exit_code)
