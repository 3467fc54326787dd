"""Workbooks of a few hundred bytes that stand for millions of cells: refused before they fill the memory, whichever way they hide it."""

import io
import zipfile
from pathlib import Path

import pytest

from cito_numo.errors import CitoNumoError
from cito_numo.sheets import open_sheets

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def zipped(parts: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()


def ods(rows: str) -> bytes:
    """An ods of one sheet with these `table-row` elements below a first one."""
    first = '<table:table-row><table:table-cell office:value-type="string"><text:p>id</text:p></table:table-cell></table:table-row>'
    names = "".join(f' xmlns:{prefix}="{_OFFICE}:{prefix}:1.0"' for prefix in ("office", "table", "text"))
    sheet = (
        f'<office:body><office:spreadsheet><table:table table:name="Blad1">{first}{rows}</table:table></office:spreadsheet></office:body>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<m:manifest xmlns:m="{_OFFICE}:manifest:1.0"><m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>'
    content = f"<office:document-content{names}>{sheet}</office:document-content>"
    return zipped({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def xlsx(*sheets: str, folder: str = "worksheets") -> bytes:
    """An xlsx of sheets with these `row` elements below a first one, which lie in this folder."""
    numbered = list(enumerate(sheets, 1))
    first = '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>'
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{_DOCUMENT}/worksheet" Target="{folder}/sheet{number}.xml"/>' for number, _rows in numbered
    )
    names = "".join(f'<sheet name="S{number}" sheetId="{number}" r:id="r{number}"/>' for number, _rows in numbered)
    book = f'<Relationship Id="r1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{book}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_DOCUMENT}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
    }
    for number, rows in numbered:
        parts[f"xl/{folder}/sheet{number}.xml"] = f'<worksheet xmlns="{_SHEET}"><sheetData>{first}{rows}</sheetData></worksheet>'
    return zipped(parts)


def row(number: int, cells: str) -> str:
    return f'<row r="{number}">{cells}</row>'


REPEATED = 'table:number-rows-repeated="3000"><table:table-cell table:number-columns-repeated="16000"'
TEXT = "<text:p>x</text:p>"
EMPTY = '<table:table-cell table:number-columns-repeated="16384"/>'
BOMBS = {
    "texts-repeated.ods": ods(f'<table:table-row {REPEATED} office:value-type="string">{TEXT}</table:table-cell></table:table-row>'),
    "values-repeated.ods": ods(f'<table:table-row {REPEATED} office:value-type="float" office:value="1"/></table:table-row>'),
    "number-without-end.ods": ods(
        f'<table:table-row table:number-rows-repeated="{"9" * 40}"><table:table-cell>{TEXT}</table:table-cell></table:table-row>'
    ),
    "far-cell.xlsx": xlsx(row(20000, '<c r="EWV20000"><v>1</v></c>')),
    "far-row.xlsx": xlsx(row(9_000_000, "<c><v>1</v></c>" * 30)),
    "cells-without-place.xlsx": xlsx(row(20000, "<c><v>1</v></c>" * 4000)),
    "cells-with-a-prefix.xlsx": xlsx(row(20000, "<x:c><v>1</v></x:c>" * 4000)),
    "in-another-folder.xlsx": xlsx(row(20000, '<c r="EWV20000"><v>1</v></c>'), folder="ws"),
    "in-a-folder-in-capitals.xlsx": xlsx(row(20000, '<c r="EWV20000"><v>1</v></c>'), folder="Worksheets"),
    "many-sheets.xlsx": xlsx(*[row(1_000_000, '<c r="Z1000000"><v>1</v></c>')] * 4),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_stands_for_millions_of_cells_is_refused(name: str):
    with pytest.raises(CitoNumoError) as stopped:
        open_sheets(BOMBS[name], name)

    (problem,) = stopped.value.problems
    assert (problem.kind.code, problem.place) == ("file-unreadable", name)
    assert "too large" in problem.message or "damaged" in problem.message


def test_an_xls_that_names_sizes_without_end_is_refused_and_the_program_goes_on():
    content = (Path(__file__).parent / "samples/cito/merged-title.xls").read_bytes()
    shifted = content[:810] + b"\xff" * 12 + content[810:]  # its library wants 2 GB for this, and ends the process without

    with pytest.raises(CitoNumoError, match="damaged"):
        open_sheets(shifted, "merged-title.xls")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (xlsx(row(2, '<c r="A2"><v>12</v></c>')), "a.xlsx"),
        (xlsx(row(2, "<c><v>12</v></c>")), "without-place.xlsx"),
        (xlsx(row(2, '<c r="A2" t="inlineStr"><is><t>x:c y</t></is></c>')), "text.xlsx"),
        (ods('<table:table-row><table:table-cell office:value-type="float" office:value="12"/></table:table-row>'), "a.ods"),
        (ods(f'<table:table-row table:number-rows-repeated="1048575">{EMPTY}</table:table-row>'), "empty-rows.ods"),
    ],
)
def test_a_workbook_that_stands_for_what_it_holds_is_read(content: bytes, name: str):
    (sheet,) = open_sheets(content, name)
    assert sheet.top[0].cells[0] == "id"
