"""A list that a person made in a spreadsheet (csv, xlsx, xls, ods) → its rows as text, each with the number that a person sees.

Such a list says what is to be done, so nothing of it is passed over: a row that is not whole or a column that is needed and not there
stops it, with every such mistake told. Headers are compared without case, spaces and punctuation.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cito_numo.errors import FILE_EMPTY, FILE_UNREADABLE, LIST_COLUMNS, LIST_EMPTY, LIST_ROW, CitoNumoError, Problem, stop
from cito_numo.files import read_file
from cito_numo.language import _
from cito_numo.layouts import find_columns, shown_headers
from cito_numo.sheets import ROW, WHOLE, Row, Sheet, open_sheets
from cito_numo.values import BLANKS, label_key

_NUMBER = re.compile(r"([+-]?\d+)\.0")
"""A number of a workbook: whole, but one with decimals to it."""
_LARGEST = 1 << 24
"""Bytes that a list may have."""
_KEPT_AS_TEXT = re.compile(r"(?:'|=\")([+-]?\d+)\"?")


@dataclass(frozen=True)
class Listed:
    """One row of a list: its number, and the text of each column that was asked for, empty where it says nothing."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class ReadList:
    """The rows of a list, and the headers of the columns that nobody asked for."""

    rows: Sequence[Listed]
    unread: Sequence[str]


def read_list(path: Path, columns: Mapping[str, Sequence[str]], required: Collection[str]) -> ReadList:
    """Read the first sheet that has the `required` ones of the columns (name → the headers that stand for it, beside the name itself).

    A cell is text without blanks at its ends; of a whole number in a workbook, without decimals. Raises CitoNumoError where the file
    cannot be read, has no such header or no rows below it, and with every row that is not whole.
    """
    name = str(path)
    try:
        content = read_file(path, _LARGEST)
    except OSError as error:
        raise stop(FILE_UNREADABLE, name, detail=error.strerror or type(error).__name__) from None
    aliases = {column: (column, *headers) for column, headers in columns.items()}
    sheets = [sheet for sheet in open_sheets(content, name) if not sheet.hidden]
    if not sheets:
        raise stop(FILE_EMPTY, name)
    sheet, header, found = _header(sheets, aliases, required, name)
    table = sheet.read(header, found)
    if not table.num_rows:
        raise stop(LIST_EMPTY, name)
    numbers, whole = table[ROW].to_pylist(), table[WHOLE].to_pylist()
    broken = [number for number, is_whole in zip(numbers, whole, strict=True) if not is_whole]
    if broken:
        raise CitoNumoError(*(Problem(LIST_ROW, row_place(path, number)) for number in broken))
    texts = {column: [_text(cell) for cell in table[column].to_pylist()] for column in found}
    rows = [
        Listed(number, {column: texts[column][place] if column in found else "" for column in columns})
        for place, number in enumerate(numbers)
    ]
    known = {label_key(alias) for headers in aliases.values() for alias in headers}
    return ReadList(rows, [title.strip() for title in header.cells if title.strip() and label_key(title) not in known])


def row_place(path: Path, number: int, column: str = "") -> str:
    """Where a row of a list stands, or one cell of it, for a person."""
    text = _("{file}, row {row}, column {column}") if column else _("{file}, row {row}")
    return text.format(file=path, row=number, column=column)


def _header(
    sheets: Sequence[Sheet], aliases: Mapping[str, Sequence[str]], required: Collection[str], name: str
) -> tuple[Sheet, Row, dict[str, int]]:
    headers = [(sheet, row, find_columns(row.cells, aliases, name)) for sheet in sheets for row in sheet.top]
    best = max(headers, key=lambda header: len(set(header[2]) & set(required)))
    missing = [column for column in required if column not in best[2]]
    if missing:
        sheet, row, columns = best
        below = [each.cells for each in sheet.top if each.number > row.number]
        shown = shown_headers(row.cells, below, known=bool(columns))
        raise stop(LIST_COLUMNS, name, missing=", ".join(missing), headers=shown)
    return best


def _text(cell: str | None) -> str:
    text = unicodedata.normalize("NFC", (cell or "").strip(BLANKS))
    number = _NUMBER.fullmatch(text) or _KEPT_AS_TEXT.fullmatch(text)
    return number[1] if number else text
