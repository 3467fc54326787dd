"""`layouts list`, `layouts show` and `layouts draft`."""

import json
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cito_numo.commands.options import CONFIG, Config, Json, failure_as_json
from cito_numo.errors import FILE_UNREADABLE, LAYOUT_UNKNOWN, stop
from cito_numo.language import _

if TYPE_CHECKING:
    from cito_numo.layouts import Layout

app = typer.Typer(
    name="layouts",
    help=_("The shapes of Cito exports that can be read: which header is which column."),
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command("list")
def list_(config: Config = CONFIG, as_json: Json = False) -> None:
    """Tell which layouts exports are read with: those of the package, and the workspace's own (layouts/*.yaml).

    Example: `cito-numo layouts list`
    """
    from cito_numo.config import LAYOUTS
    from cito_numo.show_layouts import Listed, show_layouts

    with failure_as_json("layouts", wanted=as_json):
        layouts, own, _texts = _layouts(config)
    files = {name: str(Path(LAYOUTS) / path.name) for name, path in own.items()}
    listed = [Listed(layout.name, layout.shape, files.get(layout.name, ""), layout.title) for layout in layouts]
    if as_json:
        typer.echo(json.dumps({"exit_code": 0, "layouts": [layout._asdict() for layout in listed]}, ensure_ascii=False))
    else:
        show_layouts(listed)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("The layout's name, as list tells it."))],
    config: Config = CONFIG,
) -> None:
    """Print a layout as YAML: to see what it reads, or as the begin of one of your own.

    Example: `cito-numo layouts show lib-vo > layouts/lib-vo.yaml`
    """
    from cito_numo.layouts import shipped_text

    layouts, own, texts = _layouts(config)
    names = [layout.name for layout in layouts]
    if name not in names:
        near = get_close_matches(name, names, 1)
        hint = _("Did you mean '{near}'?").format(near=near[0]) if near else _("There are: {names}.").format(names=", ".join(names))
        raise stop(LAYOUT_UNKNOWN, name=name, hint=hint)
    typer.echo(texts[own[name]] if name in own else shipped_text(name), nl=False)


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("An export that no layout fits: csv, xlsx, xls, ods or UWLR xml."))],
    config: Config = CONFIG,
) -> None:
    """Print a first layout for an export, for a person to finish: the best guess per column, with masked examples.

    Save it in the workspace's layouts/; the next sync reads such files. Of a UWLR file it lists the toetscodes.

    Example: `cito-numo layouts draft export.csv > layouts/eigen-layout.yaml`
    """
    from cito_numo.config import found_workspace
    from cito_numo.drafting import draft_layout
    from cito_numo.leerlijnen import read_leerlijnen

    workspace = found_workspace(config)
    leerlijnen = read_leerlijnen(workspace.folder if workspace else Path(), workspace.own_leerlijnen() if workspace else None)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise stop(FILE_UNREADABLE, str(file), detail=error.strerror or type(error).__name__) from None
    drafted = draft_layout(content, str(file), leerlijnen)
    typer.echo(drafted.text, nl=False)
    if drafted.missing:
        typer.echo(_("Still to finish: {missing}").format(missing="; ".join(drafted.missing)), err=True)
    else:
        typer.echo(_("Look it over; as it is, it fits this file."), err=True)


def _layouts(config: Path) -> "tuple[list[Layout], dict[str, Path], dict[Path, str]]":
    """All layouts, the files of those that are the workspace's own, and the texts of these files."""
    from cito_numo.config import found_workspace
    from cito_numo.layouts import own_layouts, read_layouts

    workspace = found_workspace(config)
    texts = workspace.own_layouts() if workspace else {}
    return read_layouts(texts), {layout.name: path for path, layout in own_layouts(texts).items()}, texts
