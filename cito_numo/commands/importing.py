"""`import`: results of an earlier schooljaar."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cito_numo.commands.options import CONFIG, Accept, Config, Day, DryRun, Json, LogFile, Verbose, failure_as_json, schools_for_tab
from cito_numo.errors import AANVRAAG_MISSING, SCHOOLJAAR_NOT_EARLIER, CitoNumoError, Problem, worst
from cito_numo.language import _

if TYPE_CHECKING:
    from cito_numo.config import Workspace
    from cito_numo.importing import Import

_COLUMNS = {
    "school": ("korte naam", "korte schoolnaam"),
    "schooljaar": ("jaar",),
    "aanvraag": ("aanvraagnummer", "referentie"),
    "file": ("bestand", "bestandsnaam"),
}


def import_(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE…", help=_("Exports of Cito: csv, xlsx, xls, ods or UWLR xml."))
    ] = None,
    school: Annotated[
        str | None,
        typer.Option("--school", metavar="SCHOOL", help=_("The korte schoolnaam."), autocompletion=schools_for_tab, show_default=False),
    ] = None,
    schooljaar: Annotated[
        str | None, typer.Option("--schooljaar", metavar="YYYY-YYYY", help=_("Only results of this schooljaar are taken, as 2024-2025."))
    ] = None,
    aanvraag: Annotated[
        str | None,
        typer.Option("--aanvraag", metavar="REF", help=_("The request to Cito's klantenservice: its number, or whom you asked and when.")),
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option(
            "--list", metavar="FILE", help=_("Many at once: a CSV or workbook with the columns school, schooljaar, aanvraag, file.")
        ),
    ] = None,
    config: Config = CONFIG,
    date: Day = None,
    dry_run: DryRun = False,
    accept: Accept = None,
    log: LogFile = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Take in results of an earlier schooljaar, after a request to Cito's klantenservice (klantenservice@cito.nl).

    They fill what is missing and replace what is older, never a newer result. Doing it again changes nothing. What was not delivered
    stands in report/SCHOOLJAAR/niet-geleverd.csv of the school.

    Examples:
    * `cito-numo import a.csv --school demo --schooljaar 2024-2025 --aanvraag 123`
    * `cito-numo import --list imports.csv --dry-run`
    """
    from cito_numo.config import read_workspace
    from cito_numo.importing import Import, ImportOptions, Imports
    from cito_numo.log import Log
    from cito_numo.schooljaar import schooljaar_of, today
    from cito_numo.show import show_log_problem, with_progress
    from cito_numo.show_import import log_imported, show_imported

    now = datetime.now().astimezone()
    day = date.date() if date else today(now)
    with failure_as_json("schools", wanted=as_json):
        workspace = read_workspace(config)
        if listed is not None:
            if files or school or schooljaar or aanvraag:
                raise typer.BadParameter(_("--list names the files, schools, schooljaren and aanvragen itself"))
            by_place = _from_list(listed)
        else:
            if not files or school is None or schooljaar is None:
                raise typer.BadParameter(_("name the FILE, --school and --schooljaar; or many of them with --list"))
            by_place = {school: Import(school, schooljaar, aanvraag or "", files)}
        _check(by_place, schooljaar_of(day), workspace)
        wanted = list(by_place.values())
    imports = Imports(workspace, ImportOptions(now, day, dry_run, frozenset(accept or ())), wanted)
    with Log(log, "import") as lines:
        results = []
        for one, _name in zip(wanted, with_progress([one.korte_naam for one in wanted]), strict=True):
            results.append(imports.run(one))
            log_imported(lines, results[-1])
        exit_code = lines.end(worst(one.result.exit_code for one in results))
    show_log_problem(lines)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [one.as_dict() for one in results]}, ensure_ascii=False))
    else:
        show_imported(results, verbose=verbose)
    raise typer.Exit(exit_code)


def _from_list(path: Path) -> "dict[str, Import]":
    """The imports of a list, by the place of their first row. Rows of one school, schooljaar and aanvraag are one import.

    Files are looked for from the folder that the list lies in.
    """
    from cito_numo.importing import Import
    from cito_numo.lists import read_list, row_place

    together: dict[tuple[str, str, str], tuple[str, list[Path]]] = {}
    for row in read_list(path, _COLUMNS, list(_COLUMNS)).rows:
        about = (row.cells["school"], row.cells["schooljaar"], row.cells["aanvraag"])
        _place, files = together.setdefault(about, (row_place(path, row.number), []))
        files.append(path.parent / row.cells["file"])
    return {place: Import(*about, files) for about, (place, files) in together.items()}


def _check(wanted: "dict[str, Import]", now: str, workspace: "Workspace") -> None:
    """CitoNumoError with everything that is wrong with what a person said, in the schooljaar of `now`."""
    from cito_numo.config import chosen_schools
    from cito_numo.importing import is_aanvraag, is_earlier

    problems: list[Problem] = []
    for place, one in wanted.items():
        try:
            chosen_schools(workspace, [one.korte_naam])
        except CitoNumoError as error:
            unknown = {**error.problems[0].values, "school": _shown(one.korte_naam)}
            problems.append(Problem(error.problems[0].kind, place, unknown))
        if not is_earlier(one.schooljaar, now):
            problems.append(Problem(SCHOOLJAAR_NOT_EARLIER, place, {"schooljaar": _shown(one.schooljaar), "now": now}))
        if not is_aanvraag(one.aanvraag):
            problems.append(Problem(AANVRAAG_MISSING, place))
    if problems:
        raise CitoNumoError(*problems)


def _shown(text: str) -> str:
    """A cell of a list, without what may be a pupil's number or ECK iD where columns were swapped."""
    return "…" if re.search(r"\d{5}|://", text) else text
