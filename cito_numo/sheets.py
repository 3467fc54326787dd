"""The bytes of a CSV file or a workbook → sheets of text with a header, and the rows as a person counts them.

Nothing is known here of what the columns mean. Only the columns that a caller asks for are kept, so that names and birth dates
beside them never reach a table.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from cito_numo.errors import FILE_EMPTY, FILE_KIND, FILE_OPEN_QUOTE, FILE_UNREADABLE, stop
from cito_numo.language import N_, _

ROW = "rij"
WHOLE = "heel"

_SEPARATORS = ";,\t"
_TEXTS = (".csv", ".txt", ".tsv")
_WORKBOOKS = (".xlsx",)
SUFFIXES = (*_TEXTS, *_WORKBOOKS)
_END = "\x00 end of the file \x00"

_MOST_CELLS, _MOST_BYTES = 30_000_000, 1 << 30
_FAR_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{2,})\d""")
_FAR_ROW = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]+(\d{6,})""")

_DAMAGED = N_("it is damaged, locked, or not what its suffix says")
_Rows = Iterable[tuple[int, Sequence[str]]]


@dataclass(frozen=True)
class Sheet:
    """A header and the rows below it, all text; `detected` says how it was read, for the manifest."""

    header: tuple[str, ...]
    detected: Mapping[str, str]
    _rows: "_Csv | _Cells"

    def read(self, columns: Mapping[str, int]) -> pa.Table:
        """The named columns (name → position in the header) as text, with `rij` (int64) and `heel` (bool).

        Rows with nothing in these columns are left out. A row with more or fewer cells than the header is there with `heel` false and
        its cells null: what stands in which column is not certain. Raises CitoNumoError where rows cannot be told apart.
        """
        table = self._rows.at_once(self.header, columns)
        if table is None:
            table = _collected(self._rows.one_by_one(), len(self.header), columns)
        return _without_empty_rows(table, list(columns))


def open_sheets(content: bytes, name: str) -> list[Sheet]:
    """The sheets of a file: one for a CSV, one for each sheet of a workbook that is not empty.

    `name` is the file's, for its suffix and for messages. Raises CitoNumoError for a file that is empty, of another kind or damaged.
    """
    if not content.strip():
        raise stop(FILE_EMPTY, name)
    suffix = PurePath(name).suffix.lower()
    if suffix in _WORKBOOKS:
        return _open_workbook(content, name)
    if suffix in _TEXTS:
        return [_open_csv(content, name)]
    raise stop(FILE_KIND, name, suffix=suffix or _("without a suffix"), expected=", ".join(SUFFIXES))


def _collected(rows: _Rows, width: int, columns: Mapping[str, int]) -> pa.Table:
    cells: dict[str, list[str | None]] = {name: [] for name in columns}
    numbers: list[int] = []
    whole: list[bool] = []
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        fits = len(row) == width or (len(row) > width and not any(row[width:]))
        numbers.append(number)
        whole.append(fits)
        for name, position in columns.items():
            cells[name].append(row[position] if fits else None)
    arrays = {name: pa.array(texts, pa.string()) for name, texts in cells.items()}
    return pa.table({**arrays, ROW: pa.array(numbers, pa.int64()), WHOLE: pa.array(whole, pa.bool_())})


def _without_empty_rows(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    blank = table[WHOLE]
    for name in columns:
        if not pc.any(blank).as_py():
            return table
        blank = pc.and_(blank, pc.fill_null(pc.equal(pc.utf8_trim_whitespace(table[name]), ""), False))
    return table.filter(pc.invert(blank))


# --- CSV -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Csv:
    content: bytes
    separator: str
    width: int
    header_line: int
    name: str

    def at_once(self, header: Sequence[str], columns: Mapping[str, int]) -> pa.Table | None:
        """All rows with Arrow's reader where each row is one line; None where rows and lines do not go together."""
        lone_returns = self.content.count(b"\r") != self.content.count(b"\r\n")
        if lone_returns or self.content.count(b'"') % 2:
            return None
        wanted = [str(position) for position in columns.values()]
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(self.content),
                read_options=pyarrow.csv.ReadOptions(
                    column_names=[str(position) for position in range(len(header))], skip_rows=self.header_line, block_size=8 << 20
                ),
                parse_options=pyarrow.csv.ParseOptions(delimiter=self.separator, newlines_in_values=b'"' in self.content),
                convert_options=pyarrow.csv.ConvertOptions(
                    include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != self.content.count(b"\n") + 1 - self.header_line:
            return None
        rows = np.arange(table.num_rows, dtype="int64") + self.header_line + 1
        return (
            table.rename_columns(list(columns)).append_column(ROW, pa.array(rows)).append_column(WHOLE, pa.array(np.ones(len(rows), bool)))
        )

    def one_by_one(self) -> _Rows:
        """The rows below the header, each with the line it begins on."""
        reader = _csv_reader(self.content.decode(), self.separator, self.name, self.width)
        yield from ((line, row) for line, row in reader if line > self.header_line)


def _open_csv(content: bytes, name: str) -> Sheet:
    text, encoding = _decoded(content)
    text = text.rstrip("\r\n\x00")
    first_line = text.lstrip().split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first_line.count)
    rows = _csv_reader(text, separator, name)
    line, header = next(((line, row) for line, row in rows if any(cell.strip() for cell in row)), (0, []))
    if not header:
        raise stop(FILE_EMPTY, name)
    detected = {"encoding": encoding, "separator": "tab" if separator == "\t" else separator}
    header_lines = line + sum(cell.count("\n") for cell in header)
    return Sheet(tuple(header), detected, _Csv(text.encode(), separator, len(header), header_lines, name))


def _decoded(content: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: by its BOM, else UTF-8 where that fits, else Windows-1252 (as Excel writes)."""
    for bom, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(bom):
            return content.decode(encoding, errors="replace"), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("windows-1252", errors="replace"), "windows-1252"


def _csv_reader(text: str, separator: str, name: str, width: int = 0) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line each begins on; CitoNumoError where a quote that opens is not closed in the same cell.

    Such a quote swallows all rows up to the next one, or to the end of the file. A mark behind the text tells the latter: it has
    to come out as a row of its own. `width` is that of the header, to tell the former.
    """
    reader = csv.reader(io.StringIO(f"{text}\n{_END}", newline=""), delimiter=separator)
    line = 1
    try:
        for row in reader:
            if row == [_END]:
                return
            if any(cell.endswith(_END) for cell in row[-1:]) or _is_fused(row, separator, width):
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
    lines = [cell for cell in row if "\n" in cell]
    return bool(lines and width) and (len(row) != width or any(cell.count(separator) >= width - 1 for cell in lines))


# --- workbooks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cells:
    rows: Sequence[Sequence[object]]
    header_row: int

    def at_once(self, _header: Sequence[str], _columns: Mapping[str, int]) -> pa.Table | None:
        """A workbook is read row by row."""
        return None

    def one_by_one(self) -> _Rows:
        """The rows below the header, each with the number it has in the spreadsheet."""
        for number, row in enumerate(self.rows[self.header_row :], self.header_row + 1):
            yield number, [_cell_text(cell) for cell in row]


def _open_workbook(content: bytes, name: str) -> list[Sheet]:
    import python_calamine

    _check_extent(content, name)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = {title: workbook.get_sheet_by_name(title).to_python(skip_empty_area=False) for title in workbook.sheet_names}
    except python_calamine.CalamineError:
        raise stop(FILE_UNREADABLE, name, detail=_(_DAMAGED)) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # how the library ends on a damaged workbook; it exports no such name
            raise stop(FILE_UNREADABLE, name, detail=_(_DAMAGED)) from None
        raise
    found = []
    for title, rows in sheets.items():
        header_row = next((number for number, row in enumerate(rows, 1) if any(_cell_text(cell).strip() for cell in row)), None)
        if header_row is not None:
            header = tuple(_cell_text(cell) for cell in rows[header_row - 1])
            found.append(Sheet(header, {"sheet": title}, _Cells(rows, header_row)))
    if not found:
        raise stop(FILE_EMPTY, name)
    return found


def _check_extent(content: bytes, name: str) -> None:
    """CitoNumoError for a workbook that would fill the memory: reading one takes room for every cell up to the farthest."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            too_large = sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES
            parts = [entry.filename for entry in archive.infolist() if entry.filename.startswith("xl/worksheets/")]
            too_large = too_large or any(_cells_in(archive.read(part)) > _MOST_CELLS for part in parts)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        raise stop(FILE_UNREADABLE, name, detail=_(_DAMAGED)) from None
    if too_large:
        raise stop(FILE_UNREADABLE, name, detail=_("a cell far outside the table makes it too large"))


def _cells_in(sheet: bytes) -> int:
    """How many cells lie between the first and the farthest; more than can be read where that cannot be told."""
    if b"\0" in sheet[:200]:
        return _MOST_CELLS + 1
    columns = max(map(_column_number, set(_FAR_COLUMN.findall(sheet))), default=26)
    rows = max(map(int, (digits[:9] for digits in _FAR_ROW.findall(sheet))), default=99_999)
    return columns * rows


def _column_number(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _cell_text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    isoformat = getattr(cell, "isoformat", None)
    return isoformat() if isoformat else str(cell)
