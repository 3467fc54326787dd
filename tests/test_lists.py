"""A list that a person made in a spreadsheet → its rows as text, with the number that a person sees."""

from pathlib import Path

import pytest
from conftest import Workbook

from cito_numo.errors import CitoNumoError
from cito_numo.lists import ReadList, read_list

COLUMNS = {"school": (), "schooljaar": (), "aanvraag": ("Referentie",), "file": ("bestand",)}


def read(folder: Path, content: str | bytes, name: str = "imports.csv") -> ReadList:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_list(path, COLUMNS, ["school", "file"])


def rows(listed: ReadList) -> list[tuple]:
    return [(row.number, *row.cells.values()) for row in listed.rows]


def refused(folder: Path, content: str | bytes, name: str = "imports.csv") -> str:
    with pytest.raises(CitoNumoError) as stopped:
        read(folder, content, name)
    assert stopped.value.exit_code == 65
    return str(stopped.value)


def test_each_row_has_all_columns_and_the_number_that_a_person_sees(tmp_path: Path):
    listed = read(tmp_path, "school;schooljaar;aanvraag;file\n\ndemo;2025-2026;REF-1;a.csv\n;;;\nlyceum;;;b.csv\n")

    assert rows(listed) == [(3, "demo", "2025-2026", "REF-1", "a.csv"), (5, "lyceum", "", "", "b.csv")]


@pytest.mark.parametrize("header", ["file;School", " FILE ;s c h o o l", "Bestand,SCHOOL", '"file"\t"school"', "\ufefffile;school"])
def test_headers_are_free_in_case_spaces_marks_and_order(tmp_path: Path, header: str):
    separator = next(mark for mark in ";,\t" if mark in header)

    assert rows(read(tmp_path, f"{header}\r\nexport één.csv{separator}demo\r\n")) == [(2, "demo", "", "", "export één.csv")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
def test_it_may_be_as_excel_saves_it(tmp_path: Path, encoding: str):
    content = 'school;file\r\ndemo;"export; één ""nieuw"".csv"\r\n'.encode(encoding)

    assert rows(read(tmp_path, content)) == [(2, "demo", "", "", 'export; één "nieuw".csv')]


def test_a_workbook_gives_whole_numbers_without_decimals_and_text_as_it_is(tmp_path: Path, xlsx: Workbook):
    content = xlsx([["Lijst"], ["school", "aanvraag", "file"], ["demo", 1234, "a.csv"], ["lyceum", -1, "1.50"], ["'t-hof", "0012", "'007"]])

    assert [row[3:] for row in rows(read(tmp_path, content, "imports.xlsx"))] == [("1234", "a.csv"), ("-1", "1.50"), ("0012", "007")]
    assert read(tmp_path, content, "imports.xlsx").rows[2].cells["school"] == "'t-hof"


def test_columns_that_nobody_asked_for_are_told(tmp_path: Path):
    assert read(tmp_path, "school;Opmerking;file;\ndemo;x;a.csv;\n").unread == ["Opmerking"]


def test_every_row_that_is_not_whole_is_told(tmp_path: Path):
    told = refused(tmp_path, "school;schooljaar;file\ndemo;a.csv\nlyceum;2025-2026;a.csv\ncollege;2025-2026;a;b.csv\n")

    assert [line.partition(": ")[0] for line in told.splitlines()] == [f"{tmp_path}/imports.csv, row 2", f"{tmp_path}/imports.csv, row 4"]
    assert "more or fewer cells" in told


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("school;schooljaar\ndemo;2025-2026\n", "This list lacks columns: file. Its headers are: school, schooljaar."),
        ("school;file\n", "There are no rows below the headers"),
        ("", "This file is empty"),
        ("school;file;School\ndemo;a.csv;b\n", "Two columns of this file hold school"),
        ('school;file\n"demo;a.csv\n', "is never closed"),
        ("<html><body>school</body></html>", "it is a web page"),
    ],
)
def test_a_list_that_cannot_be_one_is_refused(tmp_path: Path, content: str, said: str):
    assert said in refused(tmp_path, content)


def test_headers_that_may_be_pupils_are_not_shown(tmp_path: Path):
    assert "Jansen" not in refused(tmp_path, "Jansen;0104233\nPietersen;0104234\n")


def test_what_is_no_file_or_of_another_kind_is_refused(tmp_path: Path):
    assert "This kind of file (.pdf)" in refused(tmp_path, "school;file\ndemo;a\n", "imports.pdf")
    for path in (tmp_path, tmp_path / "nothing.csv"):
        with pytest.raises(CitoNumoError, match="This file cannot be read"):
            read_list(path, COLUMNS, ["school"])
