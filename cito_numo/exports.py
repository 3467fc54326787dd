"""The bytes of one Cito export → its cells as text: which layout it has, where its header stands, which rows are results.

Only the columns that a result needs are kept. What was left out is told in `Export.problems`; what a cell means is not looked at here, but
for what tells a result from another row: a total, the level of a domein.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.errors import (
    COLUMNS_LEFT,
    DOMEINEN_UNREAD,
    FILE_BSN,
    FILE_EMPTY,
    FILE_KIND,
    FILE_NO_LAYOUT,
    FILE_TWO_LAYOUTS,
    REFUSED_COLUMNS,
    SHEET_HIDDEN,
    SHEET_LEFT,
    CitoNumoError,
    Problem,
    stop,
)
from cito_numo.language import _
from cito_numo.layouts import REQUIRED, Code, Layout, shown_headers
from cito_numo.leerlijnen import Leerlijnen
from cito_numo.refused import are_bsn, refused_kind
from cito_numo.sheets import ROW, SUFFIXES, WHOLE, Row, Sheet, open_sheets
from cito_numo.tables import KEYS
from cito_numo.uwlr import read_uwlr
from cito_numo.values import (
    encoded,
    parse_date,
    plain,
    present,
    toets_name,
    trimmed,
)
from cito_numo.wide import DOMEIN, find_groups, melt, put

_XML = ".xml"
_IDS = ("leerlingnummer", "cito_key")
_AN_ID = re.compile(r"\S*\d\S*")
_NEARLY = 2
"""A sheet that misses at most so many columns of a layout was probably meant to be read."""


@dataclass(frozen=True)
class Export:
    """One file (or sheet of a workbook) as it was read: text columns, and how it was recognised."""

    name: str
    layout: Layout
    detected: Mapping[str, str]
    cells: pa.Table
    made: str = ""
    """When the file says it was made, as it says it."""
    problems: Sequence[Problem] = ()
    unread_domeinen: int = 0
    """Rows that name a domein that is not known, or give it two levels."""


class _Miss(NamedTuple):
    """How a sheet fails to fit the nearest layout."""

    missing: Sequence[str]
    layout: Layout
    headers: str
    """As a message may show them."""


@dataclass(frozen=True)
class Reader:
    """What an export is read with; `brin` and `leerlingid` are the school's."""

    layouts: Sequence[Layout]
    leerlijnen: Leerlijnen
    brin: Sequence[str] = ()
    """Only files of these schools, where a file says of which it is; empty: of any."""
    leerlingid: str = "leerlingnummer"
    """Which key the leerlingid of UWLR is: leerlingnummer or cito_key."""


def read_export(content: bytes, name: str, reader: Reader) -> list[Export]:
    """Read one file, each sheet with the one layout that its headers fit.

    Raises CitoNumoError where none fits, and says what the nearest one misses; where two fit; for a file of another kind or school.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix == _XML:
        return [_read_xml(content, name, reader)]
    if suffix not in SUFFIXES:
        raise stop(FILE_KIND, name, suffix=suffix or _("without a suffix"), expected=", ".join((*SUFFIXES, _XML)))
    sheets = open_sheets(content, name)
    tables = [layout for layout in reader.layouts if layout.shape != "uwlr"]
    found: list[Export] = []
    near: list[Problem] = []
    misses: list[_Miss] = []
    for sheet in sheets:
        header, fitting = _header(sheet, tables)
        if sheet.hidden:
            near += [Problem(SHEET_HIDDEN, name, {"sheet": sheet.number})] if fitting else []
            continue
        if len(fitting) > 1:
            fit = ", ".join(layout.name for layout in fitting)
            raise stop(FILE_TWO_LAYOUTS, name, layouts=fit, headers=shown_headers(header.cells, (), known=True))
        if fitting:
            found.append(_read(sheet, header, fitting[0], reader.leerlijnen, name))
            if "sheet" not in sheet.detected:
                break  # a text, read with the likeliest separator
            continue
        miss = _nearest(sheet, tables)
        misses.append(miss)
        if "sheet" in sheet.detected and len(miss.missing) <= _NEARLY:
            near.append(Problem(SHEET_LEFT, name, {"sheet": sheet.number, "layout": miss.layout.name, "missing": ", ".join(miss.missing)}))
    if not found and not misses:
        raise CitoNumoError(*near) if near else stop(FILE_EMPTY, name)
    if not found:
        miss = min(misses, key=lambda missed: len(missed.missing))
        raise stop(FILE_NO_LAYOUT, name, headers=miss.headers, layout=miss.layout.name, missing=", ".join(miss.missing))
    found[0] = replace(found[0], problems=[*found[0].problems, *near])
    if len(found) > 1:
        found = [replace(export, name=_("{file}, blad {sheet}").format(file=name, sheet=export.detected["sheet"])) for export in found]
    return found


def _nearest(sheet: Sheet, layouts: Sequence[Layout]) -> _Miss:
    """The row and layout that miss least; of rows of which nothing is known the one with most cells."""

    def order(candidate: tuple[list[str], Layout, Row]) -> tuple[int, int]:
        missing, _layout, row = candidate
        return len(missing), -sum(bool(title.strip()) for title in row.cells)

    missing, layout, row = min(((layout.missing(row.cells), layout, row) for row in sheet.top for layout in layouts), key=order)
    below = [other.cells for other in sheet.top if other.number > row.number]
    return _Miss(missing, layout, shown_headers(row.cells, below, known=len(missing) <= len(REQUIRED)))


def _header(sheet: Sheet, layouts: Sequence[Layout]) -> tuple[Row, list[Layout]]:
    """The first row that is the header of a layout, without what is refused, and the layouts that it fits."""
    for row in sheet.top:
        cleared = Row(row.number, tuple("" if refused_kind(title) else title for title in row.cells))
        fitting = [layout for layout in layouts if not layout.missing(cleared.cells)]
        if fitting:
            return row, fitting
    return sheet.top[0], []


def _read(sheet: Sheet, header: Row, layout: Layout, leerlijnen: Leerlijnen, name: str) -> Export:
    kinds = [refused_kind(title) for title in header.cells]
    titles = ["" if kind else title for kind, title in zip(kinds, header.cells, strict=True)]
    problems = []
    unread = 0
    if any(kinds):
        problems.append(Problem(REFUSED_COLUMNS, name, {"kinds": ", ".join(sorted({kind for kind in kinds if kind}))}))
    columns = layout.columns_of(titles, name)
    if layout.shape == "wide":
        groups, left = find_groups(titles, layout, leerlijnen, name)
        problems += [Problem(COLUMNS_LEFT, name, {"headers": ", ".join(left)})] if left else []
        of_groups = {str(position) for group in groups for position in group.positions}
        positions = sorted({*map(int, of_groups), *columns.values()})
        cells = sheet.read(header, {str(position): position for position in positions})
        cells, closing = _without_closing_rows(
            cells, [str(columns[key]) for key in KEYS if key in columns], of_groups, str(columns.get("klas", ""))
        )
        cells = melt(cells, groups, columns, layout.absent)
    else:
        for position, title in enumerate(titles):
            domein = _domein_of(title, layout)
            if domein is not None and position not in columns.values():
                put(columns, f"{DOMEIN}{domein}", position, name)
        cells = sheet.read(header, columns)
        cells, closing = _without_closing_rows(cells, [key for key in KEYS if key in columns], REQUIRED, "klas")
        cells, unread = _folded(_meant_by_codes(cells, layout), layout, leerlijnen)
    for key in _IDS:
        if key in cells.column_names and are_bsn(trimmed(encoded(cells[key]).dictionary)):
            raise stop(FILE_BSN, name, column=key)
    detected = {**sheet.detected, "layout": layout.name, "header": str(header.number)}
    detected |= {"rows_below": str(closing)} if closing else {}
    return Export(name, layout, detected, cells, problems=problems, unread_domeinen=unread)


def _read_xml(content: bytes, name: str, reader: Reader) -> Export:
    layouts = [layout for layout in reader.layouts if layout.shape == "uwlr"]
    if not layouts:
        raise stop(FILE_NO_LAYOUT, name, headers="UWLR", layout="uwlr", missing="shape: uwlr")
    if len(layouts) > 1:
        raise stop(FILE_TWO_LAYOUTS, name, layouts=", ".join(layout.name for layout in layouts), headers="UWLR")
    (layout,) = layouts
    file = read_uwlr(content, name, layout, reader.leerlijnen, brin=reader.brin, leerlingid=reader.leerlingid)
    cells, unread = _folded(file.cells, layout, reader.leerlijnen)
    if reader.leerlingid in cells.column_names and are_bsn(encoded(cells[reader.leerlingid]).dictionary):
        raise stop(FILE_BSN, name, column="leerlingid")
    return Export(name, layout, {**file.detected, "layout": layout.name}, cells, file.made, unread_domeinen=unread)


def _domein_of(title: str, layout: Layout) -> str | None:
    return layout.domein(title) or layout.domein(title.strip().casefold().removeprefix("domein"))


def _without_closing_rows(cells: pa.Table, keys: Sequence[str], results: Iterable[str], klas: str) -> tuple[pa.Table, int]:
    """The rows without those at the end that close an export (a total, a date of printing), and how many those were.

    Such a row has nothing in the columns of a result, and its first key and its klas are none: words, or without digits. Cells of rows that
    are not whole are null from here on.
    """
    closing = 0
    for number in range(cells.num_rows - 1, -1, -1):
        row = {name: (cells[name][number].as_py() or "").strip() for name in (*keys, *results, klas) if name in cells.column_names}
        begin = next((row[key] for key in keys if row[key]), "")
        filled = any(row.get(name) for name in results) or _AN_ID.fullmatch(row.get(klas, ""))
        known = all(cells[name][number].as_py() is not None for name in row)
        if filled or not known or (_AN_ID.fullmatch(begin) and parse_date(begin) is None):
            break
        closing += 1
    cells = cells.slice(0, cells.num_rows - closing)
    if not pc.all(cells[WHOLE]).as_py():
        for position, name in enumerate(cells.column_names):
            if name not in (ROW, WHOLE):
                text = pc.if_else(cells[WHOLE], plain(cells[name]), pa.scalar(None, pa.string()))
                cells = cells.set_column(position, name, encoded(text))
    return cells, closing


def _meant_by_codes(cells: pa.Table, layout: Layout) -> pa.Table:
    """The rows with what their codes stand for: the toets, and the onderdeel, toetsniveau and domein where their cell says nothing."""
    if not layout.toetsen and not layout.toetsonderdelen:
        return cells

    def said(name: str) -> pa.Array:
        column = plain(cells[name]) if name in cells.column_names else pa.nulls(cells.num_rows, pa.string())
        return present(trimmed(column), layout.absent)

    def meant(column: str, code: Callable[[str], Code], name: str) -> pa.Array:
        texts = encoded(said(column))
        return pa.array([getattr(code(text), name) for text in texts.dictionary.to_pylist()], pa.string()).take(texts.indices)

    columns = {}
    for name in ("toets", "onderdeel", "toetsniveau", "domein"):
        of_part, of_toets = meant("onderdeel", layout.onderdeelcode, name), meant("toets", layout.code, name)
        own = said(name)
        # A code stands in its own cell: what it means comes first there. Elsewhere what the cell says comes first.
        order = {"toets": (of_part, of_toets, own), "onderdeel": (of_part, own, of_toets)}.get(name, (own, of_part, of_toets))
        columns[name] = encoded(pc.coalesce(*order))
    kept = {name: cells[name] for name in cells.column_names}
    return pa.table({**kept, **columns})


def _folded(cells: pa.Table, layout: Layout, leerlijnen: Leerlijnen) -> tuple[pa.Table, int]:
    """The rows that are the level of a domein put into columns of the result that they belong to.

    Also how many levels of these could not be: of a domein that is not known, or two that differ. A row that belongs to no result, or is of
    an instrument that is refused, stays, with its `domein`.
    """
    if "domein" not in cells.column_names:
        return cells, 0
    said = present(trimmed(plain(cells["domein"])), [*layout.absent, "totaal", "geheel"])
    if said.null_count == len(said):
        return cells.drop_columns(["domein"]), 0
    forms = [*layout.dates, "jjjj-mm-dd"]
    meant: Mapping[str, Callable[[str], object]] = {
        "toets": lambda text: layout.code(text).toets or toets_name(text),
        "onderdeel": lambda text: leerlijnen.onderdeel(text) or text,
        "afnamedatum": lambda text: parse_date(text, forms) or text,
    }
    same = pd.DataFrame({name: trimmed(plain(cells[name])).to_pandas() for name in (*KEYS, *meant) if name in cells.column_names})
    same = same.fillna("").assign(**{name: same[name].map(meaning, na_action="ignore") for name, meaning in meant.items() if name in same})
    has_key = (same[[key for key in KEYS if key in same]] != "").any(axis=1) & cells[WHOLE].to_pandas()
    table = pd.DataFrame(
        {
            "result": same.astype("str").groupby([*same.columns]).ngroup(),
            "domein": said.to_pandas(),
            "fn": plain(cells["functioneringsniveau"]).to_pandas(),
        }
    )
    of_domein = table["domein"].notna() & ~table["domein"].map(refused_kind, na_action="ignore").notna()
    results = table.loc[has_key & table["domein"].isna(), "result"]
    rows = table[of_domein & has_key & table["result"].isin(results)]
    rows = rows.assign(domein=rows["domein"].map(layout.domein))
    unread = int(rows["domein"].isna().sum())
    for domein, levels in rows.dropna(subset="domein").groupby("domein"):
        one = levels.drop_duplicates(["result", "fn"]).drop_duplicates("result", keep=False).set_index("result")["fn"]
        unread += levels["result"].nunique() - len(one)
        column = pa.array(table["result"].map(one).astype("str"), from_pandas=True).cast(pa.string())
        name = f"{DOMEIN}{domein}"
        if name in cells.column_names:
            column = pc.coalesce(present(trimmed(plain(cells[name])), layout.absent), column)
            cells = cells.drop_columns([name])
        cells = cells.append_column(name, encoded(column))
    cells = cells.set_column(cells.schema.get_field_index("domein"), "domein", encoded(said))
    return cells.filter(pa.array(~table.index.isin(rows.index))), unread


def domeinen_unread(exports: Sequence[Export]) -> list[Problem]:
    """Of each file, how many levels of a domein cannot be read: those are left out, and their results stay."""
    problems = []
    for export in exports:
        count = export.unread_domeinen
        for name in export.cells.column_names:
            if name.startswith(DOMEIN):
                column = present(trimmed(plain(export.cells[name])), export.layout.absent)
                unreadable = [text for text in pc.unique(column).drop_null().to_pylist() if export.layout.niveau(text) is None]
                count += pc.sum(pc.is_in(column, pa.array(unreadable, pa.string()))).as_py() or 0
        problems += [Problem(DOMEINEN_UNREAD, export.name, {"count": count})] if count else []
    return problems
