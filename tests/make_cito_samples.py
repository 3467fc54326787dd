"""Makes the samples of Cito exports that no editor keeps: workbooks, text in other encodings, cells with a NUL.

python tests/make_cito_samples.py tests/samples/cito
"""

import io
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import xlsxwriter
import xlwt

HEADER = (
    "Leerlingnummer",
    "Achternaam",
    "Geboortedatum",
    "Klas",
    "Toets",
    "Toetsniveau",
    "Onderdeel",
    "Afnamedatum",
    "Functioneringsniveau",
)
AFNAMEDATUM = date(2026, 10, 6)
Cell = str | float | date


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook; the first row is merged over all columns where it is a title."""

    name: str
    rows: Sequence[Sequence[Cell]]
    hidden: bool = False
    title: bool = False


def result(
    leerlingnummer: Cell, fn: str = "havo", day: Cell = "06-10-2026", klas: Cell = "2A", onderdeel: str = "Rekenen-Wiskunde"
) -> tuple[Cell, ...]:
    return leerlingnummer, "Kanarie", "31-12-2013", klas, "T1", "havo", onderdeel, day, fn


# --- text ------------------------------------------------------------------------------------------------------------


def text(*rows: Sequence[Cell], separator: str = ";") -> str:
    return "".join(separator.join(map(str, row)) + "\r\n" for row in (HEADER, *rows))


def nul_in_a_cell() -> bytes:
    whole = text(result("0131"), result("0132", "vmbo-gt"), result("0133", "vmbo-kb"))
    return whole.encode().replace(b"vmbo-gt", b"vmbo\0gt")


# --- workbooks -------------------------------------------------------------------------------------------------------


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_numbers": False, "in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(2026, 11, 24, tzinfo=UTC)})
        day = workbook.add_format({"num_format": "dd-mm-yyyy"})
        for each in sheets:
            sheet = workbook.add_worksheet(each.name)
            for number, row in enumerate(each.rows):
                if each.title and number == 0:
                    sheet.merge_range(0, 0, 0, len(HEADER) - 1, row[0])
                    continue
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, column, cell, day)
                    else:
                        sheet.write(number, column, cell)
            if each.hidden:
                sheet.hide()
    return content.getvalue()


def xls(sheets: Sequence[Sheet]) -> bytes:
    workbook = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="DD-MM-YYYY")
    for each in sheets:
        sheet = workbook.add_sheet(each.name)
        for number, row in enumerate(each.rows):
            if each.title and number == 0:
                sheet.write_merge(0, 0, 0, len(HEADER) - 1, row[0])
                continue
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write(number, column, cell, day)
                else:
                    sheet.write(number, column, cell)
        sheet.visibility = int(each.hidden)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"))
)


def ods(sheets: Sequence[Sheet]) -> bytes:
    styles = "".join(
        f'<style:style style:name="{name}" style:family="table"><style:table-properties table:display="{shown}"/></style:style>'
        for name, shown in (("shown", "true"), ("hidden", "false"))
    )
    body = "".join(map(_ods_table, sheets))
    files = {
        "mimetype": _ODS,
        "META-INF/manifest.xml": (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>\n'
        ),
        "content.xml": (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<office:document-content {_NAMESPACES} office:version="1.2"><office:automatic-styles>{styles}</office:automatic-styles>'
            f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>\n"
        ),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 24, 0, 0, 0)), part)
    return content.getvalue()


def _ods_table(sheet: Sheet) -> str:
    rows = []
    for number, row in enumerate(sheet.rows):
        cells = list(map(_ods_cell, row))
        if sheet.title and number == 0:
            span = f' table:number-columns-spanned="{len(HEADER)}" table:number-rows-spanned="1"'
            covered = f'<table:covered-table-cell table:number-columns-repeated="{len(HEADER) - 1}"/>'
            cells = [_ods_cell(row[0], span), covered]
        rows.append(f"<table:table-row>{''.join(cells)}</table:table-row>\n")
    style = "hidden" if sheet.hidden else "shown"
    return f'<table:table table:name="{escape(sheet.name)}" table:style-name="{style}">{"".join(rows)}</table:table>'


def _ods_cell(cell: Cell, span: str = "") -> str:
    if isinstance(cell, date):
        value, shown = f'office:value-type="date" office:date-value="{cell}"', f"{cell:%d-%m-%Y}"
    elif isinstance(cell, str):
        value, shown = 'office:value-type="string"', escape(cell)
    else:
        value, shown = f'office:value-type="float" office:value="{cell:g}"', f"{cell:g}"
    if not shown:
        return "<table:table-cell/>"
    return f"<table:table-cell {value}{span}><text:p>{shown}</text:p></table:table-cell>"


_EXPLANATION = Sheet("Toelichting", [("Wat staat hier?",), ("Kanarie zingt de toelichting.", "De niveaus staan in kolom I.")])


def workbooks(number: int, write: Callable[[Sequence[Sheet]], bytes]) -> dict[str, bytes]:
    """One workbook for each trap, with leerlingnummers that begin with `0` and numbers from `number` on."""

    def named(trap: int, pupil: int) -> str:
        return f"0{number + trap}{pupil}"

    results = [HEADER, result(named(0, 1)), result(named(0, 2), "vmbo-gt")]
    other = [HEADER, result(named(1, 1), "vmbo-kb", onderdeel="Engels leesvaardigheid")]
    apart = [HEADER, result(named(3, 1)), ("",), result(named(3, 2), "vmbo-gt")]
    spread = [HEADER, result(float(f"{number}001"), day=AFNAMEDATUM, klas=2.0), result(float(f"{number}002"), "vmbo-gt", AFNAMEDATUM)]
    return {
        "sheet-with-explanation": write([_EXPLANATION, Sheet("Resultaten", results)]),
        "two-sheets-with-results": write(
            [Sheet("Rekenen", [HEADER, result(named(1, 1)), result(named(1, 2), "onbekend")]), Sheet("Engels", other)]
        ),
        "hidden-sheet": write(
            [Sheet("Resultaten", [HEADER, result(named(2, 1))]), Sheet("Oud", [HEADER, result("kanarie-verborgen")], hidden=True)]
        ),
        "merged-title": write([Sheet("Resultaten", [("Groepsoverzicht van Kanarie",), ("",), *apart], title=True)]),
        "numbers-and-dates": write([Sheet("Resultaten", spread)]),
    }


def samples() -> dict[str, bytes]:
    """Each sample by its name."""
    accented = text(result("0081", klas="2é"), result("0082", "vmbo-gt", klas="2ë"))
    made = {
        "encoding-utf-8-with-bom.csv": text(result("0041", klas="2é")).encode("utf-8-sig"),
        "encoding-excel-unicode-text.txt": b"\xff\xfe" + text(result("0051", klas="2é"), separator="\t").encode("utf-16-le"),
        "encoding-utf-16-without-bom.csv": text(result("0061", klas="2é")).encode("utf-16-le"),
        "encoding-utf-16-big-endian-without-bom.csv": text(result("0071", klas="2é")).encode("utf-16-be"),
        "encoding-windows-1252.csv": accented.encode("windows-1252"),
        "nul-in-a-cell.csv": nul_in_a_cell(),
        "nul-at-the-end.csv": text(result("0141"), result("0142", "vmbo-gt")).encode() + bytes(512),
        "xlsx-called-csv.csv": xlsx([Sheet("Resultaten", [HEADER, result("0251"), result("0252", "vmbo-gt")])]),
        "sheet-nearly-a-layout.xlsx": xlsx(
            [
                Sheet("Leeg", []),
                Sheet("Resultaten", [HEADER, result("0651")]),
                Sheet("Tweede", [HEADER[:-1], result("kanarie-tweede")[:-1]]),
            ]
        ),
    }
    made["damaged.xlsx"] = made["xlsx-called-csv.csv"][:1500]
    for number, suffix, write in ((50, "xlsx", xlsx), (55, "xls", xls), (60, "ods", ods)):
        made |= {f"{name}.{suffix}": content for name, content in workbooks(number, write).items()}
    return made


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for sample, content in samples().items():
        (folder / sample).write_bytes(content)
