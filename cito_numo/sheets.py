"""The bytes of a CSV file or a workbook → sheets of text, and the rows as a person counts them.

Nothing is known here of what the columns mean: a caller looks through the `top` of a sheet for the row that is the header, and asks for
the columns that it needs. Only those are kept, so that names and birth dates beside them never reach a table.
"""

import csv
import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from cito_numo import workbook_process
from cito_numo.errors import FILE_EMPTY, FILE_KIND, FILE_OPEN_QUOTE, FILE_UNREADABLE, CitoNumoError, stop
from cito_numo.language import N_, _
from cito_numo.values import encoded, plain, row_by_row

ROW = "rij"
WHOLE = "heel"

_SEPARATORS = ";,\t|"
_TEXTS = (".csv", ".txt", ".tsv")
_WORKBOOKS = (".xlsx", ".xls", ".ods")
SUFFIXES = (*_TEXTS, *_WORKBOOKS)
_WORKBOOK_MARKS = (b"PK", b"\xd0\xcf\x11\xe0")
"""How a workbook begins, whatever its suffix: as a zip (xlsx, ods), or as a compound file (xls)."""
_TOP = 30
"""Rows among which the header is looked for: an export may have a title above it."""
_MOST_COLUMNS = 5000
_HEAD = 1 << 20
"""Bytes of a CSV in which those rows are."""
_PART, _BLOCK = 16 << 20, 2 << 20
"""Bytes of a large CSV that are read at once, and of those that one thread parses at once."""
_TEXT = pa.dictionary(pa.int32(), pa.string())
_END = "\x00 end of the file \x00"

_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[A-Za-z!?]")
_SAMPLE = 2048
_MOST = 0.9

_DAMAGED = N_("it is damaged, locked, or not what its suffix says")
_TOO_FAR = N_("it is too large, or a cell far outside the table makes it so")
_TOO_WIDE = N_("it has more columns than any export")
_LOCKED = N_("it is locked with a password")
_WEB_PAGE = N_("it is a web page or XML with the suffix of a table: open it in a spreadsheet, and save it as xlsx")


_Sheets = list[tuple[str, bool, Sequence[Sequence[object]]]]
"""Of each sheet its title, whether it is hidden, and its rows."""


class Row(NamedTuple):
    """One row of a sheet, with the number that a person sees: of the line it begins on, or of the row in a spreadsheet."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet of text: its first rows that hold anything, and how it was read, for the manifest."""

    top: Sequence[Row]
    detected: Mapping[str, str]
    _rows: "_Csv | _Cells"
    number: int = 1
    """Which of the sheets of its workbook it is, as a person counts them."""
    hidden: bool = False
    """Whether a person does not see it."""

    def read(self, header: Row, columns: Mapping[str, int]) -> pa.Table:
        """The named columns (name → position in the header) of the rows below a header, with `rij` (int64) and `heel` (bool).

        Columns are text, dictionary-encoded: each distinct one once.

        Rows with nothing in these columns are left out. A row of a CSV with more or fewer cells than the header, or with a NUL in one, has
        `heel` false: what stands in which column is not certain. Of one with fewer the cells are there as far as they go, of others they
        are null. Raises CitoNumoError where rows cannot be told apart.
        """
        return _without_empty_rows(self._rows.read(header, columns), list(columns))


def open_sheets(content: bytes, name: str) -> list[Sheet]:
    """The sheets of a file that hold anything: those of a workbook; of a CSV one for each separator it may have.

    The likeliest separator comes first; only one of them gives a header that makes sense. What the bytes are counts, not the suffix.
    `name` is the file's, for messages. Raises CitoNumoError for a file that is empty, of another kind or damaged.
    """
    if not content[:_SAMPLE].strip() and not content.strip():
        raise stop(FILE_EMPTY, name)
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise stop(FILE_KIND, name, suffix=suffix or _("without a suffix"), expected=", ".join(SUFFIXES))
    if content.startswith(_WORKBOOK_MARKS):
        return _open_workbook(content, name)
    if _MARKUP.match(content):
        raise stop(FILE_UNREADABLE, name, detail=_(_WEB_PAGE))
    if suffix in _TEXTS or suffix == ".xls":  # many programs call a text with tabs .xls
        return _open_csv(content, name)
    raise stop(FILE_UNREADABLE, name, detail=_(_DAMAGED))


def _without_empty_rows(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    blank = table[WHOLE].to_pandas()
    for name in columns:
        if not blank.any():
            return table
        column = encoded(table[name])
        blank &= row_by_row(column, pc.equal(pc.utf8_trim_whitespace(column.dictionary), ""))
    return table.filter(pa.array(~blank))


def _without_nul(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The rows with a NUL in one of the cells are not whole: bytes were lost there."""
    damaged = pa.array(np.zeros(table.num_rows, bool))
    for name in columns:
        column = encoded(table[name])
        damaged = pc.or_(damaged, pa.array(row_by_row(column, pc.match_substring(column.dictionary, "\0"))))
    for name in columns:
        text = pc.if_else(damaged, pa.scalar(None, pa.string()), plain(table[name]))
        table = table.set_column(table.schema.get_field_index(name), name, encoded(text))
    return table.set_column(table.schema.get_field_index(WHOLE), WHOLE, pc.and_not(table[WHOLE], damaged))


# --- CSV -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Csv:
    content: bytes
    separator: str
    name: str

    def read(self, header: Row, columns: Mapping[str, int]) -> pa.Table:
        """The rows below the header: with Arrow's reader where that can be, else one by one."""
        last_line = header.number + sum(_line_ends(cell) for cell in header.cells)
        table = self._at_once(len(header.cells), last_line, columns)
        if table is None:
            table = self._one_by_one(header, last_line, columns)
        return _without_nul(table, list(columns)) if b"\0" in self.content else table

    def _at_once(self, width: int, header_line: int, columns: Mapping[str, int]) -> pa.Table | None:
        """All rows with Arrow's reader where each row is one line; None where rows and lines do not go together."""
        quoted = b'"' in self.content
        if quoted and self.content.count(b'"') % 2:
            return None
        wanted = [str(position) for position in columns.values()]
        parse = pyarrow.csv.ParseOptions(delimiter=self.separator, newlines_in_values=quoted, ignore_empty_lines=False)
        convert = pyarrow.csv.ConvertOptions(include_columns=wanted, column_types=dict.fromkeys(wanted, _TEXT), strings_can_be_null=False)
        names = [str(position) for position in range(width)]
        tables = []
        for number, part in enumerate([pa.py_buffer(self.content)] if quoted else _parts(self.content)):
            read = pyarrow.csv.ReadOptions(column_names=names, skip_rows=0 if number else header_line, block_size=_BLOCK)
            try:
                tables.append(pyarrow.csv.read_csv(pa.BufferReader(part), read, parse, convert))
            except pa.ArrowInvalid:
                return None
        table = pa.concat_tables(tables)
        # Without quotes each line's end, of any kind, ends a row.
        if quoted and table.num_rows != _lines(self.content.decode()) - header_line:
            return None
        rows = np.arange(table.num_rows, dtype="int64") + header_line + 1
        return (
            table.rename_columns(list(columns)).append_column(ROW, pa.array(rows)).append_column(WHOLE, pa.array(np.ones(len(rows), bool)))
        )

    def _one_by_one(self, header: Row, header_line: int, columns: Mapping[str, int]) -> pa.Table:
        """The rows as Python's reader gives them, each with the line it begins on."""
        cells: dict[str, list[str | None]] = {name: [] for name in columns}
        numbers: list[int] = []
        whole: list[bool] = []
        named = max(place for place, title in enumerate(header.cells, 1) if title.strip())
        width = len(header.cells)
        lengths: list[int] = []
        for number, row in _csv_reader(self.content.decode(), self.separator, self.name, width, header_line):
            if number <= header_line or not any(cell.strip() for cell in row):
                continue
            fits = len(row) >= named and not any(row[width:])
            lengths.append(len(row))
            as_far_as_it_goes = [*row, *[""] * (width - len(row))] if len(row) <= width or fits else [None] * width
            numbers.append(number)
            whole.append(fits)
            for name, position in columns.items():
                cells[name].append(as_far_as_it_goes[position])
        if len({max(length, width) for length in lengths}) > 1:
            # A separator too many behind every row is harmless; in some rows it may have moved what stands behind it.
            whole = [fits and length <= width for fits, length in zip(whole, lengths, strict=True)]
        arrays = {name: encoded(pa.array(texts, pa.string())) for name, texts in cells.items()}
        return pa.table({**arrays, ROW: pa.array(numbers, pa.int64()), WHOLE: pa.array(whole, pa.bool_())})


def _parts(content: bytes) -> Iterator[pa.Buffer]:
    """A text without quotes in parts of whole lines: a reader of all at once keeps more of it in memory than it gives."""
    begin, whole = 0, pa.py_buffer(content)
    while begin < len(content):
        end = content.rfind(b"\n", begin, begin + _PART) + 1 if begin + _PART < len(content) else len(content)
        end = end or len(content)  # no line's end that is one of this kind
        yield whole.slice(begin, end - begin)
        begin = end


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _lines(text: str) -> int:
    return _line_ends(text) + (not text.endswith(("\r", "\n")))


def _open_csv(content: bytes, name: str) -> list[Sheet]:
    content, encoding = _in_utf8(content)
    end = len(content)
    while end and content[end - 1] in b"\r\n\0":
        end -= 1
    if content[end:] not in (b"\r\n", b"\n", b"\r"):  # one line's end may stay, and a large file as it is
        content = content[:end]
    head = content[: content.rfind(b"\n", 0, _HEAD) if len(content) > _HEAD and b"\n" in content[:_HEAD] else None]
    text = head.decode()
    if not text.strip():
        raise stop(FILE_EMPTY, name)
    sheets: list[Sheet] = []
    too_wide = False
    for separator in _separators(text, name):
        rows = _csv_reader(text, separator, name)
        top = [
            Row(line, tuple(row)) for line, row in islice(((line, row) for line, row in rows if any(cell.strip() for cell in row)), _TOP)
        ]
        if any(len(row.cells) > _MOST_COLUMNS for row in top):
            too_wide = True
            continue
        detected = {"encoding": encoding, "separator": "tab" if separator == "\t" else separator}
        sheets += [Sheet(top, detected, _Csv(content, separator, name))] if top else []
    if not sheets and too_wide:
        raise stop(FILE_UNREADABLE, name, detail=_(_TOO_WIDE))
    if not sheets:
        raise stop(FILE_EMPTY, name)
    return sheets


def _separators(text: str, name: str) -> list[str]:
    """The separators that a text may have, likeliest first: that which splits most of its top into equally many cells."""

    def cells(separator: str) -> int:
        try:
            widths = Counter(len(row) for _line, row in islice(_csv_reader(text, separator, name), _TOP) if len(row) > 1)
        except CitoNumoError:
            return 0
        return max((width * rows for width, rows in widths.items()), default=0)

    return sorted([separator for separator in _SEPARATORS if separator in text] or [_SEPARATORS[0]], key=cells, reverse=True)


def _in_utf8(content: bytes) -> tuple[bytes, str]:
    """The text in UTF-8, and the encoding it had: by its BOM, else UTF-8 where that fits, else Windows-1252 (as Excel writes)."""
    for bom, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(bom):
            return content.decode(encoding, errors="replace").encode(), encoding
    even, odd = content[:_SAMPLE:2], content[1:_SAMPLE:2]
    for letters, zeros, encoding in ((even, odd, "utf-16-le"), (odd, even, "utf-16-be")):  # Latin letters in UTF-16 whose BOM was lost
        if zeros.count(0) > len(zeros) * _MOST and letters.count(0) < len(letters) * (1 - _MOST):
            return content.decode(encoding, errors="replace").encode(), encoding
    try:
        if not content.isascii():
            content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("windows-1252", errors="replace").encode(), "windows-1252"
    return content, "utf-8"


def _csv_reader(text: str, separator: str, name: str, width: int = 0, header_line: int = 0) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line each begins on; CitoNumoError where a quote that opens is not closed in the same cell.

    Such a quote swallows all rows up to the next one, or to the end of the file. A mark behind the text tells the latter: it has
    to come out as a row of its own. `width` is that of the header on `header_line`, to tell the former below it.
    """
    reader = csv.reader(io.StringIO(f"{text}\n{_END}", newline=""), delimiter=separator)
    line = 1
    try:
        for row in reader:
            if row == [_END]:
                return
            if any(cell.endswith(_END) for cell in row[-1:]) or (line > header_line and _is_fused(row, separator, width)):
                break
            yield line, row
            line = reader.line_num + 1
    except csv.Error:  # a cell of more than 128 KB
        pass
    raise stop(FILE_OPEN_QUOTE, name, line=line)


def _is_fused(row: Sequence[str], separator: str, width: int) -> bool:
    """Whether a cell holds the end of one row and the begin of another.

    From a column to the same column of a later row stand as many separators as a row has; from one column to another the row
    that comes out has not as many cells as the header.
    """
    lines = [cell for cell in row if "\n" in cell or "\r" in cell]
    return bool(lines and width) and (len(row) != width or any(cell.count(separator) >= width - 1 for cell in lines))


# --- workbooks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cells:
    rows: Sequence[Sequence[object]]

    def read(self, header: Row, columns: Mapping[str, int]) -> pa.Table:
        """The rows below the header; all have the same number of cells."""
        below = self.rows[header.number :]
        cells = {name: encoded(_texts(list(map(itemgetter(position), below)))) for name, position in columns.items()}
        numbers = np.arange(len(below), dtype="int64") + header.number + 1
        return pa.table({**cells, ROW: pa.array(numbers), WHOLE: pa.array(np.ones(len(below), bool))})


def _open_workbook(content: bytes, name: str) -> list[Sheet]:
    sheets = _sheets_in(content, name)
    found = []
    for number, (title, hidden, rows) in enumerate(sheets, 1):
        texts = (Row(place, tuple(map(_cell_text, row))) for place, row in enumerate(rows, 1))
        top = list(islice((row for row in texts if any(cell.strip() for cell in row.cells)), _TOP))
        if top:
            found.append(Sheet(top, {"sheet": title}, _Cells(rows), number, hidden))
    if not found:
        raise stop(FILE_EMPTY, name)
    return found


def _sheets_in(content: bytes, name: str) -> _Sheets:
    """The sheets of a workbook, read by a process of its own."""
    command = [sys.executable, "-I", "-m", workbook_process.__name__]
    ran = subprocess.run(command, input=content, capture_output=True, env={}, check=False)  # noqa: S603
    if ran.returncode:
        details = {workbook_process.LOCKED: _LOCKED, workbook_process.TOO_FAR: _TOO_FAR}
        raise stop(FILE_UNREADABLE, name, detail=_(details.get(ran.returncode, _DAMAGED)))
    return [(title, hidden, rows) for title, hidden, rows in orjson.loads(ran.stdout)]


def _texts(cells: Sequence[object]) -> pa.Array:
    try:
        return pa.array(cells, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):  # not all are texts
        return pa.array(list(map(_cell_text, cells)), pa.string())


def _cell_text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(float(cell))  # as in an xlsx, where each number is one with decimals: of an id, zeros may be gone
    isoformat = getattr(cell, "isoformat", None)
    return isoformat() if isoformat else str(cell)
