"""The commands: read the options, call one function, show what it returns."""

import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cito_numo.commands import check, edexml, explain, importing, layouts, plans, register, terugstuuroptie, upkeep
from cito_numo.commands.options import CONFIG, Accept, Config, Day, DryRun, Json, LogFile, Schools, Verbose, chosen, shard_of
from cito_numo.errors import CitoNumoError, ExitCode, problem_of
from cito_numo.language import _
from cito_numo.schemas import SchemaName, schema_text
from cito_numo.shards import Shard

app = typer.Typer(
    name="cito-numo",
    help=_("Couples Cito results (Leerling in beeld VO) to Numo: results in, practice plans (leerplannen) out, every night."),
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


GARBAGE_AFTER = 50_000
"""Objects made before garbage is looked for: a run makes millions that live to its end, and a look after each 700 takes a fifth of it."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=_("A new or empty folder."))],
    demo: Annotated[bool, typer.Option("--demo", help=_("With synthetic schools that run."))] = False,
    schools: Annotated[int, typer.Option(min=1, help=_("With --demo: how many schools; every second one is a Somtoday school."))] = 2,
    pupils: Annotated[int, typer.Option(min=20, help=_("With --demo: how many pupils each school has."))] = 60,
    seed: Annotated[int, typer.Option(help=_("With --demo: another seed gives other pupils and results."))] = 1,
    date: Day = None,
) -> None:
    """Make a new workspace: commented YAML files, and folders to put exports in.

    Example: `cito-numo init demo --demo`
    """
    from cito_numo.schooljaar import today
    from cito_numo.workspace import new_example_school, new_workspace

    path = folder / "cito-numo.yaml"
    if demo:
        from cito_numo.demo import make_demo

        make_demo(folder, date.date() if date else today(datetime.now().astimezone()), schools, pupils, seed)
    else:
        new_workspace(folder)
        new_example_school(folder)
    if demo:
        typer.echo(_("Made {config}. Next: cito-numo sync --config {config}").format(config=path), err=True)
    else:
        text = _(
            "Made {config}. Next: cito-numo register --config {config}\nschools/voorbeeld-school is one to read: throw it away after that."
        )
        typer.echo(text.format(config=path), err=True)


app.command()(register.register)
app.command()(check.check)


@app.command()
def sync(
    schools: Schools = None,
    config: Config = CONFIG,
    date: Day = None,
    full: Annotated[bool, typer.Option("--full", help=_("Deliver all that is in force once more."))] = False,
    dry_run: DryRun = False,
    accept: Accept = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help=_("First build a ledger that is damaged or lost anew, from the runs in the outbox."))
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            min=1,
            envvar="CITO_NUMO_JOBS",
            metavar="N",
            help=_("How many schools may be worked on at once."),
            show_default=_("the cores it may use"),
        ),
    ] = None,
    shard: Annotated[
        Shard | None,
        typer.Option(
            "--shard",
            metavar="K/N",
            parser=shard_of,
            help=_("Only share K of N of the schools, as 1/3, where N processes or machines do them."),
        ),
    ] = None,
    log: LogFile = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Run tonight's coupling: read, join, hold back, deliver what is new.

    Meant for cron: without a terminal it prints only what needs a person, and only when that is new.

    Example: `cito-numo sync demo-college --dry-run`
    """
    from cito_numo.errors import worst
    from cito_numo.log import Log
    from cito_numo.schooljaar import today
    from cito_numo.show import Progress, log_result, show_log_problem, show_results
    from cito_numo.sync import Options, Sync
    from cito_numo.workers import cores, nights

    now = datetime.now().astimezone()
    if shard is not None and schools:
        raise typer.BadParameter(_("--shard takes a share of all schools: name no SCHOOL with it"))
    workspace, korte_namen = chosen(config, schools, as_json=as_json)
    if shard is not None:
        korte_namen = shard.schools(korte_namen)
    options = Options(date.date() if date else today(now), now, full, dry_run, frozenset(accept or ()), rebuild)
    results = []
    with Log(log, "sync") as lines:
        with (
            Progress(len(korte_namen)) as progress,
            closing(nights(Sync(workspace, options), korte_namen, jobs or cores(), progress)) as ended,
        ):
            for result in ended:
                results.append(result)
                log_result(lines, result)
        exit_code = lines.end(worst(result.exit_code for result in results))
    show_log_problem(lines)
    if as_json:
        typer.echo(json.dumps({"exit_code": exit_code, "schools": [result.as_dict() for result in results]}, ensure_ascii=False))
    else:
        show_results(results, verbose=verbose)
    raise typer.Exit(exit_code)


app.command()(upkeep.status)
app.command()(explain.explain)
app.command("import")(importing.import_)
app.command()(upkeep.verify)
app.command()(upkeep.purge)


@app.command()
def schema(name: Annotated[SchemaName, typer.Argument(help=_("Which file the schema is of."))]) -> None:
    """Print the JSON Schema that a delivered file is valid against.

    Example: `cito-numo schema leerplannen`
    """
    typer.echo(schema_text(name), nl=False)


for group in (edexml.app, plans.app, terugstuuroptie.app, layouts.app):
    app.add_typer(group)


@app.callback(invoke_without_command=True)
def _version(
    ctx: typer.Context, version: Annotated[bool, typer.Option("--version", help=_("Print the version and stop."), is_eager=True)] = False
) -> None:
    if version:
        from cito_numo import __version__

        typer.echo(f"cito-numo {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        raise typer.Exit(ExitCode.USAGE)


class _Signalled(BaseException):
    """The process was told to stop."""

    def __init__(self, number: int) -> None:
        self.number = number


def _stop(number: int, _frame: object) -> None:
    raise _Signalled(number)


def main() -> None:
    """The command `cito-numo`: what it writes is private, and a signal ends it cleanly."""
    os.umask(0o077)
    gc.set_threshold(GARBAGE_AFTER)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # Arrow's own keeps what it no longer needs
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        sys.exit(run(sys.argv[1:]))
    except _Signalled as signalled:
        sys.exit(128 + signalled.number)


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; no traceback reaches the user."""
    try:
        app(list(arguments), prog_name="cito-numo")
    except SystemExit as end:
        return int(end.code or 0)
    except CitoNumoError as error:
        return _told(error)
    except Exception as error:  # noqa: BLE001  whatever it is, a person gets a sentence
        return _told(CitoNumoError(problem_of(error)))
    return ExitCode.DONE


def _told(error: CitoNumoError) -> ExitCode:
    from cito_numo.show import show_error

    show_error(error)
    return error.exit_code
