"""A small xlsx for tests, and the names of its parts."""

import io
from collections.abc import Sequence

import xlsxwriter

SHEET = "xl/worksheets/sheet1.xml"
SHARED = "xl/sharedStrings.xml"
BOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
TYPES = "[Content_Types].xml"


def xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook with these cells in its only sheet, Resultaten; text stays text."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_numbers": False}) as workbook:
        sheet = workbook.add_worksheet("Resultaten")
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    return content.getvalue()


def cell(reference: str) -> str:
    """A cell with the number 1 at this place."""
    return f'<c r="{reference}"><v>1</v></c>'
