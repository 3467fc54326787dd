"""What `terugstuuroptie preview` shows: bars and a table on a terminal, lines that are aligned without one."""

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from cito_numo.language import _, ngettext
from cito_numo.previewing import Passed, PassedOf, SchoolPreview

if TYPE_CHECKING:
    from rich.console import Console

_BAR = 30
"""How wide the bar of the option is that passes on most."""
_ENDLESS = 1000
"""Wider than any terminal: to measure what a table needs."""


def show_previews(previews: Sequence[SchoolPreview]) -> None:
    """For each school its options, the present one marked; then the same per vak and toetsniveau, and what there is to tell."""
    shown = False
    for preview in previews:
        if preview.options and preview.options[0].results:
            if shown:
                typer.echo()
            shown = True
            if sys.stdout.isatty():
                _bars_and_table(preview)
            else:
                _lines(preview)
        for message in preview.messages:
            typer.echo(f"{preview.korte_naam}: {message.text}", err=True)


def _option(option: int) -> str:
    return f"{option:+d}" if option else "0"


def _number(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _words(passed: Passed) -> tuple[str, str]:
    results = ngettext("{n} result", "{n} results", passed.results).format(n=_number(passed.results))
    return results, ngettext("{n} pupil", "{n} pupils", passed.pupils).format(n=_number(passed.pupils))


def _of_each(rows: Sequence[PassedOf]) -> Iterable[tuple[str, str, list[PassedOf]]]:
    """The rows of each vak and toetsniveau."""
    for (vak, toetsniveau), members in groupby(rows, key=lambda row: (row.vak, row.toetsniveau)):
        yield vak, toetsniveau, list(members)


def _lines(preview: SchoolPreview) -> None:
    """Columns that line up, each as wide as its longest cell: the numbers to the right."""
    typer.echo(preview.korte_naam)
    totals = [
        [_option(passed.option), *_words(passed), _("(present)") if passed.option == preview.present else ""] for passed in preview.options
    ]
    titles = [_("vak"), _("toetsniveau"), *(_option(passed.option) for passed in preview.options)]
    cells = [[vak, toetsniveau, *(_number(row.results) for row in of_each)] for vak, toetsniveau, of_each in _of_each(preview.rows)]
    for table, lefts in ((totals, (3,)), ([titles, *cells], (0, 1))):
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for line in table:
            padded = (
                cell.ljust(width) if place in lefts else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            typer.echo(f"  {'  '.join(padded)}".rstrip())


def _bars_and_table(preview: SchoolPreview) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    console.print(Text(preview.korte_naam, style="bold"))
    _bars(console, preview)
    console.print()
    _table(console, preview)


def _bars(console: "Console", preview: SchoolPreview) -> None:
    from rich.table import Table
    from rich.text import Text

    block, mark = ("#", "<") if console.options.ascii_only else ("█", "◀")
    most = preview.options[0].results
    table = Table.grid(padding=(0, 2, 0, 0))
    for justify in ("right", "left", "right", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for passed in preview.options:
        here = passed.option == preview.present
        length = round(_BAR * passed.results / most) or bool(passed.results)
        bar = Text(block * length, style="green" if here else "blue")
        table.add_row(_option(passed.option), bar, *_words(passed), f"{mark} {_('present')}" if here else "", style="bold" if here else "")
    console.print(table)


def _table(console: "Console", preview: SchoolPreview) -> None:
    """The results that each option passes on; with the pupils between brackets where there is room for them."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    def filled(*, with_pupils: bool) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        table.add_column(_("vak"), overflow="fold")
        table.add_column(_("toetsniveau"), overflow="fold")
        for passed in preview.options:
            table.add_column(
                _option(passed.option), justify="right", no_wrap=True, style="bold" if passed.option == preview.present else ""
            )
        for vak, toetsniveau, rows in _of_each(preview.rows):
            cells = [_number(row.results) + (f" ({_number(row.pupils)})" if with_pupils else "") for row in rows]
            table.add_row(Text(vak), Text(toetsniveau), *cells)
        return table

    with_pupils = filled(with_pupils=True)
    fits = console.measure(with_pupils, options=console.options.update_width(_ENDLESS)).maximum <= console.width
    console.print(with_pupils if fits else filled(with_pupils=False))
    if fits:
        console.print(Text(_("results (pupils)"), style="dim"))
