"""`edexml check` and `edexml import`."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cito_numo.commands.options import CONFIG, Accept, Config, Day, DryRun, Json, LogFile, School, Verbose, failure_as_json
from cito_numo.errors import worst
from cito_numo.language import _

app = typer.Typer(
    name="edexml",
    help=_("The Cito-importbestand (EDEXML) of a Somtoday school: which Cito key is which pupil."),
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
STDIN = "-"


@app.command()
def check(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help=_("xml, zip, eml or msg; - for standard input."))],
    school: School = None,
    config: Config = CONFIG,
    date: Day = None,
    as_json: Json = False,
) -> None:
    """Tell what is wrong or odd in EDEXML files, with line numbers. Writes nothing, and needs no workspace.

    *unusable*: it cannot be imported (exit 65). *noted*: good to know; it can be imported.

    In a workspace, a file is also compared with the school it is for, and with Numo's list of that school.

    Example: `cito-numo edexml check cito-importbestand.xml --school demo-lyceum`
    """
    from cito_numo.config import chosen_schools, found_workspace, read_workspace
    from cito_numo.inspection import exit_code_of, inspect
    from cito_numo.schooljaar import today
    from cito_numo.show_edexml import show_checked
    from cito_numo.unpacking import LARGEST_PIPED, Source

    source = context.get_parameter_source("config")
    named_in_vain = not config.exists() and source is not None and source.name != "DEFAULT"
    with failure_as_json("files", wanted=as_json):
        workspace = read_workspace(config) if school is not None or named_in_vain else found_workspace(config)
        if workspace is not None and school is not None:
            chosen_schools(workspace, [school])
    inputs = [Source.of(name, sys.stdin.buffer.read(LARGEST_PIPED)) if name == STDIN else Path(name) for name in files]
    checked = inspect(inputs, date.date() if date else today(datetime.now().astimezone()), workspace, school)
    exit_code = exit_code_of(checked)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "files": [one.as_dict() for one in checked]}, ensure_ascii=False))
    else:
        show_checked(checked)
    raise typer.Exit(exit_code)


@app.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help=_("xml, zip, eml or msg; - for a mail on standard input."))],
    school: School = None,
    config: Config = CONFIG,
    replace: Annotated[bool, typer.Option("--replace", help=_("Keys that are in none of these files go."))] = False,
    dry_run: DryRun = False,
    accept: Accept = None,
    log: LogFile = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Take EDEXML files into the key table of a school, on which sync joins, at once.

    A file that cannot be used is left out and told (exit 3); with --replace it stops the import.

    Keys that are known stay: files may come per vestiging or per leerjaar. What looks like a mistake is held (exit 4) with a code.

    A mail on standard input is imported when its sender is in the school's mail_from and the mail host confirms it; else it is kept in
    quarantine/ with the reason, and a person can import it from there.

    Examples:
    * `cito-numo edexml import mail.eml`
    * `cito-numo edexml import - --config /srv/cito-numo/cito-numo.yaml`
    """
    from cito_numo.config import chosen_schools, read_workspace
    from cito_numo.intake import ImportOptions, import_files, receive
    from cito_numo.log import Log
    from cito_numo.show import show_log_problem
    from cito_numo.show_edexml import log_imported, show_imports

    with failure_as_json("schools", wanted=as_json):
        workspace = read_workspace(config)
        if school is not None:
            chosen_schools(workspace, [school])
    options = ImportOptions(datetime.now().astimezone(), school, replace, dry_run, frozenset(accept or ()))
    with Log(log, "edexml import") as lines:
        results = [receive(workspace, sys.stdin.buffer, options)] if STDIN in files else []
        results += import_files(workspace, [Path(name) for name in files if name != STDIN], options)
        log_imported(lines, results)
        exit_code = lines.end(worst(result.exit_code for result in results))
    show_log_problem(lines)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [result.as_dict() for result in results]}, ensure_ascii=False))
    else:
        show_imports(results, quiet=files == [STDIN], verbose=verbose)
    raise typer.Exit(exit_code)
