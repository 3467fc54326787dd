"""The text of CSV files for people: cells that no spreadsheet runs as a formula, within quotes where they need them, row below row.

Columns come as categories or text; each distinct text is worked on once, and rows are put together in bulk, part by part, so that a large
file never lies in memory as a whole.
"""

import codecs
from collections.abc import Iterator, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.categories import on_texts
from cito_numo.config import Csv
from cito_numo.errors import CSV_ENCODING, stop
from cito_numo.report import csv_header
from cito_numo.values import plain

_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?\d+(?:[.,]\d+)?$"
_PART = 1 << 12
"""Rows that are put together at once."""


class Cells:
    """Columns of a CSV, side by side, as rows of text. Raises CitoNumoError where the encoding of the style lacks a letter of them."""

    def __init__(self, frame: pd.DataFrame, columns: Sequence[str], style: Csv) -> None:
        self._columns = [_cells(frame[name], style) for name in columns]
        self._separator = style.separator

    def rows(self, begin: int, end: int) -> pa.Array:
        """Some of the rows, each as one text."""
        parts = [plain(column[begin:end]) for column in self._columns]
        return pc.binary_join_element_wise(*parts, self._separator, null_handling="replace", null_replacement="")


def csv_of(frame: pd.DataFrame, columns: Sequence[str], style: Csv) -> Iterator[bytes]:
    """A CSV of these columns, part by part; CitoNumoError at once where the encoding of the style lacks a letter of it."""
    cells = Cells(frame, columns, style)
    return csv_parts(columns, (cells.rows(begin, begin + _PART) for begin in range(0, len(frame), _PART)), style)


def csv_parts(columns: Sequence[str], parts: Iterator[pa.Array], style: Csv) -> Iterator[bytes]:
    """The bytes of a CSV with these columns, of rows that come part by part."""
    encode = codecs.getincrementalencoder(style.encoding)().encode
    yield encode(csv_header(columns, style))
    for rows in parts:
        content = joined(pc.binary_join_element_wise(rows, "", "\r\n"))
        yield content if style.encoding.startswith("utf-8") else encode(content.decode())


def joined(rows: pa.Array) -> bytes:
    """Texts that were just made, none of them missing, behind each other: as they lie in memory."""
    assert rows.offset == 0
    size = pc.sum(pc.binary_length(rows)).as_py() or 0
    content: bytes = rows.buffers()[2][:size].to_pybytes() if size else b""
    return content


def _cells(column: pd.Series, style: Csv) -> pa.Array:
    """A column as cells; of categories each once."""
    if style.encoding == "windows-1252" and isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.remove_unused_categories()  # a letter that no row has need not be in the encoding
    return on_texts(column, lambda cells: _written(cells, style))


def _written(cells: pa.Array, style: Csv) -> pa.Array:
    special = f'["\\r\\n{style.separator}]'
    written = _quoted(_defused(cells), special)
    if style.encoding == "windows-1252":
        try:
            "".join(pc.unique(written.drop_null()).to_pylist()).encode(style.encoding)
        except UnicodeEncodeError:
            raise stop(CSV_ENCODING, encoding=style.encoding) from None
    return written


def _defused(cells: pa.Array) -> pa.Array:
    """Texts that a spreadsheet would run as a formula get an apostrophe in front; numbers do not."""
    formula = pc.and_not(pc.match_substring_regex(cells, _FORMULA), pc.match_substring_regex(cells, _NUMBER))
    return pc.if_else(formula, pc.binary_join_element_wise("'", cells, ""), cells) if pc.any(formula).as_py() else cells


def _quoted(cells: pa.Array, special: str) -> pa.Array:
    """Texts that hold a separator, a quote or a line's end, within quotes."""
    needs = pc.match_substring_regex(cells, special)
    if not pc.any(needs).as_py():
        return cells
    within = pc.binary_join_element_wise('"', pc.replace_substring(cells, '"', '""'), '"', "")
    return pc.if_else(needs, within, cells)
