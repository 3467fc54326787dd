"""What `layouts list` shows: a table on a terminal, a line for each layout without one."""

import sys
from collections.abc import Sequence
from typing import NamedTuple

import typer

from cito_numo.language import _


class Listed(NamedTuple):
    """One layout of a workspace."""

    name: str
    shape: str
    file: str
    """Where it stands; empty for one of the package."""
    title: str


def show_layouts(layouts: Sequence[Listed]) -> None:
    """All layouts that a night reads exports with."""
    if not sys.stdout.isatty():
        for layout in layouts:
            typer.echo("\t".join((layout.name, layout.shape, layout.file or _("package"), layout.title)))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    table.add_column(_("layout"), no_wrap=True)
    table.add_column(_("shape"), no_wrap=True)
    table.add_column(_("from"), overflow="fold")
    table.add_column(_("title"))
    for layout in layouts:
        table.add_row(layout.name, layout.shape, layout.file or _("package"), layout.title)
    Console().print(table)
