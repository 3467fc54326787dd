"""Reads a workbook from standard input and prints its sheets as JSON: a program of its own, so that one that is made to harm can do none.

The library believes the sizes that a workbook names, and ends the process when it cannot have that much memory. `sheets.py` runs this with
`python -m`; here the memory is bounded, and whatever happens is no more than a file that cannot be read. What is known to be too large is
told apart first; that this can be passed by, with an archive that two readers read differently, does no harm either.
"""

import io
import os
import re
import resource
import sys
import zipfile

from lxml import etree

from cito_numo.xml_stream import XmlStream

LOCKED, TOO_FAR = 3, 4
"""The exit codes for a workbook with a password, and for one that is too large or has a cell far outside its table."""
_DAMAGED = 5

_MOST_MEMORY = 4 << 30
_MOST_SECONDS = 120
_MOST_CELLS, _MOST_BYTES = 30_000_000, 1 << 30
_FAR_CELL = re.compile(rb"""r\s*=\s*["']([A-Za-z]{2,}\d+|[A-Za-z]?\d{6,})""")
"""The reference of a cell beyond column Z or row 99,999, or of such a row."""
_CELL_WITHOUT_PLACE = re.compile(rb"""<(?:\w+:)?c(?:\s+(?!r\s*=)[\w:]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
"""Such cells stand behind each other."""

_ODS_CONTENT = "content.xml"
_ODS_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_ODS_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_LONGEST_NUMBER = 10


def main() -> int:
    """Print title, whether it is hidden, and rows of each sheet; the exit code."""
    _take_no_more_than_needed()
    import orjson
    import python_calamine as calamine

    content = sys.stdin.buffer.read()
    try:
        if content.startswith(b"PK") and _is_too_far(content):
            return TOO_FAR
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except calamine.PasswordError:
        return LOCKED
    except Exception:  # noqa: BLE001  whatever it is, the file cannot be read
        return _DAMAGED
    sheets, cells = [], 0
    for about in workbook.sheets_metadata:
        sheet = workbook.get_sheet_by_name(about.name)
        cells += sheet.total_height * sheet.total_width
        if cells > _MOST_CELLS:
            return TOO_FAR
        hidden = about.visible != calamine.SheetVisibleEnum.Visible
        sheets.append((about.name, hidden, sheet.to_python(skip_empty_area=False)))
    sys.stdout.buffer.write(orjson.dumps(sheets, default=str))
    return 0


def _take_no_more_than_needed() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    if sys.platform == "linux":
        half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
        resource.setrlimit(resource.RLIMIT_AS, (min(_MOST_MEMORY, half),) * 2)


def _is_too_far(content: bytes) -> bool:
    """Whether a zipped workbook would fill the memory: reading one takes room for every cell up to the farthest."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
            return True
        return any(_fills_memory(entry.filename, archive.read(entry)) for entry in archive.infolist())


def _fills_memory(name: str, part: bytes) -> bool:
    if name == _ODS_CONTENT:
        return _ods_cells(XmlStream(io.BytesIO(part), name, {"table-row"})) > _MOST_CELLS
    in_utf_16 = name.lower().endswith(".xml") and b"\0" in part[:200]  # what it holds cannot be told
    return (b"sheetData" in part or in_utf_16) and _cells_in(part) > _MOST_CELLS


def _cells_in(sheet: bytes) -> int:
    """How many cells lie between the first and the farthest; more than can be read where that cannot be told."""
    if b"\0" in sheet[:200]:
        return _MOST_CELLS + 1
    columns, rows = 26, 99_999
    for found in _FAR_CELL.finditer(sheet):
        letters = found[1].rstrip(b"0123456789")
        columns = max(columns, _column_number(letters))
        rows = max(rows, int(found[1][len(letters) :][:_LONGEST_NUMBER]))
    if sheet.count(b"<c ") != sheet.count(b"<c r=") or any(begin in sheet for begin in (b"<c>", b"<c/", b":c")):
        columns += sum(1 for _cell in _CELL_WITHOUT_PLACE.finditer(sheet))
    return columns * rows


def _column_number(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _ods_cells(rows: XmlStream) -> int:
    """The same of an ods, where one row or cell may stand for any number of them."""
    height = widest = last = 0
    for row in rows:
        height += _repeated(row, "rows")
        width = filled = 0
        for cell in row:
            width += _repeated(cell, "columns")
            filled = width if len(cell) or any(str(name).startswith(_ODS_OFFICE) for name in cell.attrib) else filled
        widest = max(widest, filled)
        last = height if filled else last
        parent = row.getparent()
        if parent is not None:
            parent.remove(row)
    return last * widest


def _repeated(element: etree._Element, what: str) -> int:
    times = str(element.get(f"{_ODS_TABLE}number-{what}-repeated", "1"))
    return int(times) if times.isascii() and times.isdigit() and len(times) < _LONGEST_NUMBER else _MOST_CELLS + 1


if __name__ == "__main__":
    sys.exit(main())
