"""`plans list`, `show`, `process`, `withdraw` and `export`: what is in force, and what a teacher does with it."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cito_numo.commands.options import (
    CONFIG,
    Config,
    DryRun,
    Json,
    Klassen,
    Leerlingen,
    LogFile,
    OneSchool,
    Vakken,
    Yes,
    chosen,
    failure_as_json,
    schools_for_tab,
)
from cito_numo.errors import PLANS_UNCHOSEN, ExitCode, stop, worst
from cito_numo.language import _, ngettext

if TYPE_CHECKING:
    from cito_numo.in_force import Filters

app = typer.Typer(
    name="plans",
    help=_("The leerplannen that are in force: who has one, processing, withdrawing, exporting."),
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


class Form(StrEnum):
    """How leerplannen are written."""

    JSON = "json"
    CSV = "csv"


def _filters(vakken: Sequence[str] | None, klassen: Sequence[str] | None, leerlingen: Sequence[str] | None) -> "Filters":
    from cito_numo.in_force import Filters

    return Filters(vakken or (), klassen or (), leerlingen or ())


@app.command("list")
def list_(
    school: Annotated[
        str | None,
        typer.Option(
            "--school",
            metavar="SCHOOL",
            help=_("The korte schoolnaam."),
            show_default=_("all schools"),
            autocompletion=schools_for_tab,
        ),
    ] = None,
    config: Config = CONFIG,
    vak: Vakken = None,
    klas: Klassen = None,
    leerling: Leerlingen = None,
    everything: Annotated[bool, typer.Option("--all", help=_("Those that were processed too."))] = False,
    as_json: Json = False,
) -> None:
    """List, per vak, the pupils for whom a leerplan waits to be processed. Writes nothing.

    In Numo a link symbol stands behind them. With --all those whose leerplan was processed too.

    Example: `cito-numo plans list --school demo-college --klas 2A`
    """
    from cito_numo.in_force import check_vakken, listed
    from cito_numo.show_plans import show_nothing, show_plans, show_problems

    workspace, korte_namen = chosen(config, [school] if school is not None else None, as_json=as_json)
    now = datetime.now().astimezone()
    filters = _filters(vak, klas, leerling)
    with failure_as_json("schools", wanted=as_json):
        check_vakken(workspace, korte_namen, filters.vakken, now)
    found = [listed(workspace, korte_naam, filters, now, waiting=not everything) for korte_naam in korte_namen]
    exit_code = worst(one.exit_code for one in found)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [one.as_dict() for one in found]}, ensure_ascii=False))
    else:
        for one in found:
            show_plans(one.korte_naam, one.plans, titled=school is None)
        if not any(one.plans for one in found):
            show_nothing(everything=everything)
    for one in found:
        show_problems(one.korte_naam, one.problems)
    raise typer.Exit(exit_code)


@app.command()
def show(
    leerling: Annotated[str, typer.Argument(metavar="LEERLING", help=_("The gebruikersnaam in Numo."))],
    school: OneSchool,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Show the leerplannen of one pupil: per vak what is practised, from where to where, and why. Writes nothing.

    Example: `cito-numo plans show 0104233 --school demo-college`
    """
    from cito_numo.in_force import of_leerling
    from cito_numo.show_plans import show_leerling, show_problems

    workspace, (korte_naam,) = chosen(config, [school], as_json=as_json)
    with failure_as_json("schools", wanted=as_json):
        found = of_leerling(workspace, korte_naam, leerling, datetime.now().astimezone())
    exit_code = ExitCode.LOOK if found.problems else ExitCode.DONE
    if as_json:
        shown = {"exit_code": exit_code, "schools": [{"korte_naam": korte_naam, **found.as_dict()}]}
        typer.echo(json.dumps(shown, ensure_ascii=False))
    else:
        show_leerling(leerling, found)
    show_problems(korte_naam, found.problems)
    raise typer.Exit(exit_code)


@app.command()
def process(
    school: OneSchool,
    config: Config = CONFIG,
    vak: Vakken = None,
    klas: Klassen = None,
    leerling: Leerlingen = None,
    everything: Annotated[bool, typer.Option("--all", help=_("All that wait to be processed."))] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    log: LogFile = None,
    as_json: Json = False,
) -> None:
    """Process leerplannen that wait (verwerk testresultaten): from then on the pupils practise by them.

    They are chosen by --vak, --klas and --leerling, all with --all, or picked from a list on a terminal. They are delivered as `verwerkt`,
    in a run of their own. A newer result makes a leerplan wait again.

    Example: `cito-numo plans process --school demo-college --vak rekenen --klas 2A`
    """
    from cito_numo.in_force import check_filters, check_vakken, look_in
    from cito_numo.log import Log
    from cito_numo.processing import process as processed
    from cito_numo.show import show_log_problem
    from cito_numo.show_plans import agreed, log_run, pick, show_chosen, show_run

    filters = _filters(vak, klas, leerling)
    if everything and filters:
        raise typer.BadParameter(_("--all goes with neither --vak, --klas nor --leerling"))
    workspace, (korte_naam,) = chosen(config, [school], as_json=as_json)
    now = datetime.now().astimezone()
    with failure_as_json("schools", wanted=as_json):
        picks = not everything and not filters
        if picks and (as_json or not sys.stdin.isatty()):
            raise stop(PLANS_UNCHOSEN)
        check_vakken(workspace, [korte_naam], filters.vakken, now)
        there = look_in(workspace, korte_naam, now)
        check_filters(there, filters)
        plans = there.chosen(filters, waiting=True).as_records()
        if plans and picks:
            plans = pick(plans)
        if plans and not as_json:
            show_chosen(plans)
        if plans and not dry_run and not yes:
            text = ngettext("Process this leerplan?", "Process these {n} leerplannen?", len(plans))
            agreed(text.format(n=len(plans)))
    keys = [(plan["leerplan_id"], plan["revisie"]) for plan in plans]
    with Log(log, "plans process") as lines:
        run = processed(workspace, korte_naam, keys, now, dry_run=dry_run)
        log_run(lines, run)
        exit_code = lines.end(run.result.exit_code)
    show_log_problem(lines)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [run.as_dict()]}, ensure_ascii=False))
    show_run(run, _("{plans} processed"))
    raise typer.Exit(exit_code)


@app.command()
def withdraw(
    school: OneSchool,
    leerling: Annotated[str, typer.Option("--leerling", metavar="GEBRUIKERSNAAM", help=_("The pupil."))],
    reden: Annotated[str, typer.Option("--reden", metavar="TEXT", help=_("Why, in Dutch: it goes to Numo with the leerplan."))],
    config: Config = CONFIG,
    vak: Vakken = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    log: LogFile = None,
    as_json: Json = False,
) -> None:
    """Withdraw the leerplannen of one pupil, or those of some vakken.

    They are delivered as `ingetrokken`, in a run of their own. Only newer results bring them back: a newer toets, or a correction.

    Examples:
    * `cito-numo plans withdraw --school demo --leerling 0104233 --reden "Fout"`
    """
    from cito_numo.in_force import check_vakken, look_in
    from cito_numo.log import Log
    from cito_numo.processing import check_leerling, cleaned_reden
    from cito_numo.processing import withdraw as withdrawn
    from cito_numo.show import show_log_problem
    from cito_numo.show_plans import agreed, log_run, show_chosen, show_run

    workspace, (korte_naam,) = chosen(config, [school], as_json=as_json)
    now = datetime.now().astimezone()
    filters = _filters(vak, None, [leerling])
    with failure_as_json("schools", wanted=as_json):
        cleaned = cleaned_reden(reden, leerling)
        check_vakken(workspace, [korte_naam], filters.vakken, now)
        found = look_in(workspace, korte_naam, now).chosen(filters, waiting=False)
        check_leerling(found)
        plans = found.as_records()
        if plans and not as_json:
            show_chosen(plans)
        if plans and not dry_run and not yes:
            text = ngettext(
                "Withdraw this leerplan? Only a newer result brings it back.",
                "Withdraw these {n} leerplannen? Only newer results bring them back.",
                len(plans),
            )
            agreed(text.format(n=len(plans)))
    with Log(log, "plans withdraw") as lines:
        run = withdrawn(workspace, korte_naam, found.keys, cleaned, now, dry_run=dry_run)
        log_run(lines, run)
        exit_code = lines.end(run.result.exit_code)
    show_log_problem(lines)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [run.as_dict()]}, ensure_ascii=False))
    show_run(run, _("{plans} withdrawn"))
    raise typer.Exit(exit_code)


@app.command()
def export(
    school: OneSchool,
    config: Config = CONFIG,
    vak: Vakken = None,
    klas: Klassen = None,
    leerling: Leerlingen = None,
    form: Annotated[Form, typer.Option("--format", help=_("As leerplannen.json or as leerplannen.csv."))] = Form.JSON,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help=_("Write it to this file."), show_default=_("standard output"))
    ] = None,
) -> None:
    """Write all that is in force, as a run has it, for a look or another program. It is no run: an importer does not need it.

    Examples:
    * `cito-numo plans export --school demo-college --output leerplannen.json`
    """
    from cito_numo.files import write_whole
    from cito_numo.in_force import check_filters, check_output, check_vakken, exported, look_in
    from cito_numo.show_plans import show_problems

    workspace, (korte_naam,) = chosen(config, [school], as_json=False)
    now = datetime.now().astimezone()
    filters = _filters(vak, klas, leerling)
    if output is not None:
        check_output(workspace, output)
    check_vakken(workspace, [korte_naam], filters.vakken, now)
    there = look_in(workspace, korte_naam, now)
    check_filters(there, filters)
    found = there.chosen(filters, waiting=False)
    content = exported(found, form)
    if output is None:
        typer.echo(content, nl=False)
    else:
        write_whole(output, content)
        count = len(found.leerplannen)
        typer.echo(
            ngettext("Wrote {n} leerplan to {path}.", "Wrote {n} leerplannen to {path}.", count).format(n=count, path=output), err=True
        )
    show_problems(korte_naam, found.problems)
    raise typer.Exit(ExitCode.LOOK if found.problems else ExitCode.DONE)
