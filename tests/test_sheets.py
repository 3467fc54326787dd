"""CSV files and workbooks → text cells, and the rows as a person counts them."""

import codecs
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest
import xlsxwriter
from conftest import Workbook
from xlsxwriter.worksheet import Worksheet

from cito_numo import sheets
from cito_numo.errors import CitoNumoError
from cito_numo.sheets import ROW, WHOLE, open_sheets


def read(content: str | bytes, name: str = "lijst.csv") -> list[tuple]:
    """All rows of the first sheet: number, whether it is whole, and its cells."""
    sheet = open_sheets(content if isinstance(content, bytes) else content.encode(), name)[0]
    header = sheet.top[0]
    table = sheet.read(header, {title: position for position, title in enumerate(header.cells)})
    return [(row[ROW], row[WHOLE], *(row[title] for title in header.cells)) for row in table.to_pylist()]


def refusal(content: bytes, name: str = "lijst.csv") -> str:
    with pytest.raises(CitoNumoError) as stopped:
        open_and_read(content, name)
    (problem,) = stopped.value.problems
    assert problem.place == name
    return problem.kind.code


def open_and_read(content: bytes, name: str) -> None:
    for sheet in open_sheets(content, name):
        sheet.read(sheet.top[0], {"eerste": 0})


# --- CSV: encodings and separators -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bom", "encoding", "detected"),
    [
        (b"", "utf-8", "utf-8"),
        (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (b"", "windows-1252", "windows-1252"),
    ],
)
def test_every_usual_encoding_is_recognised(bom: bytes, encoding: str, detected: str):
    content = bom + "naam;prijs\r\ncafé;€ 5\r\n".encode(encoding)
    (sheet,) = open_sheets(content, "lijst.csv")
    assert sheet.top[0].cells == ("naam", "prijs")
    assert sheet.detected["encoding"] == detected
    assert read(content) == [(2, True, "café", "€ 5")]


@pytest.mark.parametrize(("separator", "named"), [(";", ";"), (",", ","), ("\t", "tab"), ("|", "|")])
def test_every_usual_separator_is_recognised(separator: str, named: str):
    content = f"a{separator}b\n0012{separator}x\n"
    (sheet,) = open_sheets(content.encode(), "lijst.csv")
    assert sheet.detected["separator"] == named
    assert read(content) == [(2, True, "0012", "x")]


def test_excels_unicode_text_is_read():
    content = codecs.BOM_UTF16_LE + "a\tb\r\n0012\té\r\n".encode("utf-16-le")
    assert read(content, "lijst.txt") == [(2, True, "0012", "é")]


def test_a_list_of_one_column_needs_no_separator():
    assert read("gebruikersnaam\n0012\n0013\n") == [(2, True, "0012"), (3, True, "0013")]


def test_only_the_columns_that_are_asked_for_are_kept():
    (sheet,) = open_sheets(b"nummer;achternaam;klas\n0012;Demo;2A\n", "lijst.csv")
    table = sheet.read(sheet.top[0], {"nummer": 0, "klas": 2})
    assert table.to_pylist() == [{"nummer": "0012", "klas": "2A", ROW: 2, WHOLE: True}]


# --- CSV: rows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_have_the_number_of_their_line_whatever_ends_a_line(end: str):
    content = end.join(["a;b", "1;x", "2;y", "3;z"])
    expected = [(2, True, "1", "x"), (3, True, "2", "y"), (4, True, "3", "z")]
    assert read(content) == expected
    assert read(content + end) == expected


def test_a_row_after_a_quoted_line_end_still_has_the_number_of_its_line():
    assert read('a;b\r\n"een\r\ntwee";x\r\n0012;y\r\n') == [(2, True, "een\r\ntwee", "x"), (4, True, "0012", "y")]


def test_a_line_end_within_the_header_counts():
    assert read('"a\nvervolg";b\n0012;x\n') == [(3, True, "0012", "x")]


def test_blank_rows_are_left_out_and_counted():
    assert read("a;b\n\n0012;x\n;\n  ;\n0013;y\n") == [(3, True, "0012", "x"), (6, True, "0013", "y")]


def test_blank_lines_above_the_header_count_too():
    assert read("\r\n\r\na;b\r\n0012;x\r\n") == [(4, True, "0012", "x")]


def test_line_ends_of_two_kinds_and_a_blank_line_keep_the_numbers_right():
    assert read("a;b\n1;x\r2;y\n\n3;z\n") == [(2, True, "1", "x"), (3, True, "2", "y"), (5, True, "3", "z")]


def test_a_row_with_more_or_fewer_cells_than_the_header_is_there_but_not_whole():
    assert read("a;b\n1;x\n2\n3;y;te veel\n4;z\n") == [
        (2, True, "1", "x"),
        (3, False, "2", ""),
        (4, False, None, None),
        (5, True, "4", "z"),
    ]


def test_separators_without_anything_behind_the_last_column_of_every_row_do_no_harm():
    assert read("a;b\n1;x;;\n2;y;;\n") == [(2, True, "1", "x"), (3, True, "2", "y")]


def test_a_header_that_ends_in_separators_does_no_harm_to_rows_without():
    (sheet,) = open_sheets(b"a;b;;\n1;x\n2;y;;\n", "lijst.csv")
    assert sheet.read(sheet.top[0], {"a": 0, "b": 1}).to_pylist() == [
        {"a": "1", "b": "x", ROW: 2, WHOLE: True},
        {"a": "2", "b": "y", ROW: 3, WHOLE: True},
    ]


def test_a_separator_too_many_in_one_row_makes_it_no_whole_row_also_where_its_last_cell_is_empty():
    rows = read("a;b;c\n1;x;\n2; te veel;y;\n3;z;\n")
    assert [(number, whole) for number, whole, *_cells in rows] == [(2, True), (3, False), (4, True)]


def test_line_ends_of_a_macintosh_within_quotes_do_not_fuse_rows():
    assert refusal(b'a;b;c\r1;";x\r2;;y\r3;";z') == "file-open-quote"


@pytest.mark.parametrize("ragged", ["", "3\n"])
def test_words_that_programs_take_for_nothing_stay_text(ragged: str):
    rows = read(f"a;b\nNA;null\nNULL;N/A\nnan;None\n-;#N/A\n{ragged}")
    assert rows[:4] == [(2, True, "NA", "null"), (3, True, "NULL", "N/A"), (4, True, "nan", "None"), (5, True, "-", "#N/A")]


@pytest.mark.parametrize("ragged", ["", "3\n"])
def test_numbers_and_dates_stay_the_text_they_are(ragged: str):
    rows = read(f"a;b\n0012;1,50\n1e5;06-10-2026\ntrue;2026-10-06\n{ragged}")
    assert rows[:3] == [(2, True, "0012", "1,50"), (3, True, "1e5", "06-10-2026"), (4, True, "true", "2026-10-06")]


@pytest.mark.parametrize("ragged", ["", "3\n"])
def test_quotes_are_taken_off_and_doubled_ones_made_one(ragged: str):
    rows = read(f'a;b\n"een; twee";"de ""Demo"""\n="0012";5" scherm\n{ragged}')
    assert rows[:2] == [(2, True, "een; twee", 'de "Demo"'), (3, True, '="0012"', '5" scherm')]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last_line", ["", "6;een laatste zonder einde"])
@pytest.mark.parametrize("size", [1, 9, 23, 50])
def test_a_file_that_is_read_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch, end: str, last_line: str, size: int):
    lines = ["nummer;naam", "1;één", "2;", ";", "3;drie", "", "4;een heel lange naam van een leerling", "5;é"]
    content = f"{end.join(lines)}{end}{last_line}"
    whole = read(content)
    monkeypatch.setattr(sheets, "_PART", size)
    assert read(content) == whole
    assert len(whole) == 5 + bool(last_line)


def test_a_header_without_rows_is_a_sheet_without_rows():
    assert read("a;b\n") == []


def test_a_quote_that_is_never_closed_is_refused_with_the_line_it_opens_on():
    lines = ["a;b", "1;x", '2;"y', *(f"{number};een cel met tekst" for number in range(100))]
    with pytest.raises(CitoNumoError, match="opens in the row on line 3 is never closed"):
        read("\n".join(lines))


@pytest.mark.parametrize("content", [b'a;b\n1;x\n2;"\n3;z\n', b'a;b\n1;x\n"2;y\n3;z\n', b'a;b\n1;x\n2;y\n3;"'])
def test_a_quote_that_is_never_closed_is_refused_in_a_short_file_too(content: bytes):
    assert refusal(content) == "file-open-quote"


def test_a_quote_in_the_header_that_is_never_closed_is_refused():
    assert refusal(b'"a;b\n1;x\n') == "file-open-quote"


# --- workbooks -------------------------------------------------------------------------------------------------------


def workbook(*sheets: Callable[[Worksheet], None]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "dd-mm-yyyy"}) as book:
        for fill in sheets:
            fill(book.add_worksheet())
    return file.getvalue()


def filled(*rows: list) -> Callable[[Worksheet], None]:
    """A sheet with these rows; an empty row stays untouched."""

    def fill(sheet: Worksheet) -> None:
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return fill


def test_cells_of_a_workbook_are_text_and_say_what_the_sheet_holds():
    content = workbook(filled(["id", "datum", "klas"], ["0012", date(2026, 10, 6), "2A"], [12345, "06-10-2026", "2B"]))
    assert read(content, "lijst.xlsx") == [(2, True, "0012", "2026-10-06", "2A"), (3, True, "12345.0", "06-10-2026", "2B")]


def test_a_moment_in_a_workbook_keeps_its_time():
    def fill(sheet: Worksheet) -> None:
        sheet.write_row(0, 0, ["id", "datum"])
        sheet.write_row(1, 0, ["0012", datetime.fromisoformat("2026-10-06T13:30")])

    assert read(workbook(fill), "lijst.xlsx") == [(2, True, "0012", "2026-10-06T13:30:00")]


def test_empty_rows_of_a_workbook_are_left_out_and_counted():
    content = workbook(filled([], [], ["id", "klas"], ["0012", "2A"], [], ["  ", ""], ["0013", "2B"]))
    assert read(content, "lijst.xlsx") == [(4, True, "0012", "2A"), (7, True, "0013", "2B")]


def test_a_table_that_does_not_begin_in_column_a_is_read():
    def fill(sheet: Worksheet) -> None:
        sheet.write_row(2, 1, ["id", "klas"])
        sheet.write_row(3, 1, ["0012", "2A"])

    (sheet,) = open_sheets(workbook(fill), "lijst.xlsx")
    assert sheet.top[0] == (3, ("", "id", "klas"))
    assert sheet.read(sheet.top[0], {"id": 1}).to_pylist() == [{"id": "0012", ROW: 4, WHOLE: True}]


def test_every_sheet_that_holds_something_is_there():
    content = workbook(filled(["uitleg"]), filled(), filled(["id"], ["0012"]))
    sheets = open_sheets(content, "lijst.xlsx")
    assert [(sheet.detected["sheet"], sheet.top[0].cells) for sheet in sheets] == [("Sheet1", ("uitleg",)), ("Sheet3", ("id",))]


def test_the_suffix_may_be_in_capitals():
    assert read(workbook(filled(["id"], ["0012"])), "LIJST.XLSX") == [(2, True, "0012")]
    assert read(b"id\n0012\n", "LIJST.CSV") == [(2, True, "0012")]


def test_a_workbook_may_be_damaged():
    whole = workbook(filled(["id"], ["0012"]))
    assert refusal(whole[:-300], "lijst.xlsx") == "file-unreadable"
    assert refusal(b"PK\x05\x06" + bytes(18), "lijst.xlsx") == "file-unreadable"
    assert refusal(b"id;klas\n0012;2A\n", "lijst.xlsx") == "file-unreadable"


# --- files that hold nothing, or something else ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lijst.csv", "lijst.xlsx"])
@pytest.mark.parametrize("content", [b"", b"\r\n \r\n"])
def test_an_empty_file_is_refused(content: bytes, name: str):
    assert refusal(content, name) == "file-empty"


@pytest.mark.parametrize("content", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF8 + b"\r\n", bytes(512)])
def test_a_file_with_only_a_byte_order_mark_or_zeros_is_empty(content: bytes):
    assert refusal(content) == "file-empty"


def test_a_workbook_without_cells_is_empty():
    assert refusal(workbook(filled(), filled()), "lijst.xlsx") == "file-empty"


@pytest.mark.parametrize("name", ["lijst.pdf", "lijst", "lijst.csv.zip"])
def test_a_file_of_another_kind_is_refused_with_the_kinds_that_are_read(name: str):
    assert refusal(b"a;b\n1;2\n", name) == "file-kind"
    with pytest.raises(CitoNumoError, match=r"Expected: \.csv, \.txt, \.tsv, \.xlsx, \.xls, \.ods"):
        open_sheets(b"a;b\n1;2\n", name)


@pytest.mark.parametrize("reference", ["XFD1048576", "ZZZZZZZZ99999999999", "Z9999999"])
def test_a_cell_far_outside_the_table_is_refused_before_it_fills_the_memory(xlsx: Workbook, reference: str):
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx([["a", "b"], ["1", "2"]]))) as workbook, zipfile.ZipFile(content, "w") as bomb:
        for name in workbook.namelist():
            data = workbook.read(name)
            bomb.writestr(name, data.replace(b'r="B2"', f'r="{reference}"'.encode()) if name.startswith("xl/worksheets/") else data)

    with pytest.raises(CitoNumoError, match=r"bomb\.xlsx: This file cannot be read"):
        open_sheets(content.getvalue(), "bomb.xlsx")


def test_a_workbook_of_many_columns_is_read(xlsx: Workbook):
    (sheet,) = open_sheets(xlsx([[f"column {number}" for number in range(60)], [f"{number}" for number in range(60)]]), "wide.xlsx")

    assert sheet.read(sheet.top[0], {"last": 59})["last"].to_pylist() == ["59"]
