"""`layouts draft`: a first layout for an export that no layout fits, which a person looks over and finishes."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from conftest import SchoolFolder, Workbook, WorkspaceFolder, eck_id
from hypothesis import given, settings
from hypothesis import strategies as st

from cito_numo.drafting import Draft, draft_layout
from cito_numo.errors import DRAFT_NO_HEADER, FILE_EMPTY, CitoNumoError, ErrorKind
from cito_numo.layouts import Layout
from cito_numo.leerlijnen import read_leerlijnen
from cito_numo.yaml_files import load, validate

LEERLIJNEN = read_leerlijnen(Path("no-workspace"), None)
PUPILS = ("4401", "4402", "4403")
CANARIES = re.compile(r"kanarie|440[123]|ketenid|0{20}|20(?:13|26)|99990\d{4}", re.IGNORECASE)
"""Names, numbers, ECK iDs and dates that stand in the exports below."""

Cells = Sequence[Sequence[str]]


def csv_of(cells: Cells, separator: str = ";") -> bytes:
    return "".join(separator.join(row) + "\r\n" for row in cells).encode()


def layout_of(text: str) -> Layout:
    return validate(Layout, load(Path("layouts/eigen-layout.yaml"), text))


class Desk:
    """A workspace with a school whose pupils are in Numo's list, and a person who drafts."""

    def __init__(self, workspace: WorkspaceFolder, school: SchoolFolder) -> None:
        self.workspace, self.school = workspace, school
        school.numo(*(f"{number};;2A" for number in PUPILS))
        self.told = ""

    def draft(self, name: str, content: bytes, exit_code: int = 0) -> str:
        """The YAML that is printed for this export, which lies in the inbox; it names nobody."""
        path = self.school.put(f"inbox/cito/{name}", content)
        ran = self.workspace.run("layouts", "draft", str(path), "--config", str(self.workspace.folder / "cito-numo.yaml"))
        assert ran.exit_code == exit_code
        assert not CANARIES.search(ran.stdout + ran.stderr)
        self.told = ran.stderr
        return ran.stdout

    def delivers(self, text: str, name: str = "eigen-layout.yaml") -> set[tuple[str, str, str, str, str, str]]:
        """What a night delivers with this layout."""
        folder = self.workspace.folder / "layouts"
        folder.mkdir()
        (folder / name).write_text(text)
        night = self.workspace.sync_json()
        assert night.school["status"] == "delivered", night.stdout
        return {
            (
                plan["gebruikersnaam"],
                part["onderdeel"],
                part["toets"],
                part["afnamedatum"],
                part["toetsniveau"],
                part["functioneringsniveau"],
            )
            for plan in self.school.delivered()["leerplannen"]
            for part in plan["onderdelen"]
        }


@pytest.fixture
def desk(workspace: WorkspaceFolder, school: SchoolFolder) -> Desk:
    return Desk(workspace, school)


FOREIGN = [
    ["Pasnr", "Voornaam", "Geb.datum", "Sleutel", "Mentorgroep", "Meting", "Peil opgave", "Vakonderdeel", "Gemaakt op", "Peil leerling"],
    ["4401", "Kanarie", "31-12-2013", eck_id(1), "2A", "Toets 1", "havo", "Rekenen-Wiskunde", "16-10-2026", "vmbo-gt"],
    ["4402", "Kanariepiet", "31-12-2013", eck_id(2), "2A", "Toets 1", "havo", "Taalverzorging", "16-10-2026", "havo"],
    ["4403", "Kanarie-Zwart", "31-12-2013", eck_id(3), "2B", "Toets 2", "vmbo-gt", "Engelse woordenschat", "17-11-2026", "vmbo-kb"],
]
RESULTS = {
    ("4401", "rekenen-wiskunde", "T1", "2026-10-16", "havo", "vmbo-gt"),
    ("4402", "taalverzorging", "T1", "2026-10-16", "havo", "havo"),
    ("4403", "engels-woordenschat", "T2", "2026-11-17", "vmbo-gt", "vmbo-kb"),
}


def with_dates(cells: Cells, form: str) -> list[list[str]]:
    """The same cells, with dates in another form: groups of the day in dd-mm-jjjj."""
    return [[re.sub(r"^(\d\d)-(\d\d)-(\d{4})$", form, cell) for cell in row] for row in cells]


def without(cells: Cells, *titles: str) -> list[list[str]]:
    left = [place for place, title in enumerate(cells[0]) if title not in titles]
    return [[row[place] for place in left] for row in cells]


# --- long ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("foreign.csv", csv_of(FOREIGN)),
        ("commas.csv", csv_of(FOREIGN, ",")),
        ("tabs.tsv", csv_of(FOREIGN, "\t")),
        ("title.csv", csv_of([["Overzicht van resultaten"], [""], *FOREIGN])),
        ("month-first.csv", csv_of(with_dates(FOREIGN, r"\2/\1/\3"))),
        ("compact.csv", csv_of(with_dates(FOREIGN, r"\3\2\1"))),
        ("iso.csv", csv_of(with_dates(FOREIGN, r"\3-\2-\1"))),
        ("without-eck-id.csv", csv_of(without(FOREIGN, "Sleutel"))),
        ("bom.csv", b"\xef\xbb\xbf" + csv_of(FOREIGN)),
    ],
)
def test_a_draft_of_foreign_headers_reads_the_file_as_it_is(desk: Desk, name: str, content: bytes):
    text = desk.draft(name, content)
    assert layout_of(text).name == "eigen-layout"
    assert "as it is, it fits this file" in desk.told
    assert desk.delivers(text) == RESULTS


def test_a_draft_of_a_workbook_reads_it(desk: Desk, xlsx: Workbook):
    text = desk.draft("boek.xlsx", xlsx([["Overzicht van resultaten"], [], *FOREIGN]))
    assert desk.delivers(text) == RESULTS


def test_a_draft_finds_its_columns_in_any_order(desk: Desk):
    text = desk.draft("order.csv", csv_of([list(reversed(row)) for row in FOREIGN]))
    columns = layout_of(text).columns
    assert (columns.leerlingnummer, columns.afnamedatum, columns.toets) == (["Pasnr"], ["Gemaakt op"], ["Meting"])
    assert (columns.toetsniveau, columns.functioneringsniveau) == (["Peil opgave"], ["Peil leerling"])
    assert desk.delivers(text) == RESULTS


def test_a_draft_says_which_columns_were_guessed_and_shows_masked_examples(desk: Desk):
    lines = desk.draft("foreign.csv", csv_of(FOREIGN)).splitlines()
    (number,) = [line for line in lines if line.startswith("  leerlingnummer: ")]
    assert '["Pasnr"]' in number
    assert "9999" in number
    assert "guessed" in number
    (naam,) = [line for line in lines if '"Voornaam"' in line]
    assert naam.startswith("#   ")
    assert "xxxxxxx" in naam


def test_a_header_that_is_known_is_not_called_a_guess(desk: Desk):
    cells = [[{"Pasnr": "Leerlingnummer", "Meting": "Toets"}.get(cell, cell) for cell in row] for row in FOREIGN]
    lines = desk.draft("known.csv", csv_of(cells)).splitlines()
    assert not any("guessed" in line for line in lines if line.startswith(("  leerlingnummer: ", "  toets: ")))


def test_a_column_that_is_not_found_is_marked_and_once_filled_in_the_file_is_read(desk: Desk):
    cells = [[{"Toets 1": "Najaar", "Toets 2": "Voorjaar"}.get(cell, cell) for cell in row] for row in FOREIGN]
    text = desk.draft("unknown-toets.csv", csv_of(cells))

    assert "Still to finish" in desk.told
    assert "toets" in desk.told
    (marked,) = [line for line in text.splitlines() if "not found" in line]
    finished = text.replace(marked, '  toets: ["Meting"]') + "toetsen: {Najaar: {toets: T1}, Voorjaar: {toets: T2}}\n"

    assert desk.delivers(finished) == RESULTS


def test_levels_that_are_not_known_are_shown_as_what_is_still_to_be_said(desk: Desk):
    cells = [*FOREIGN, *([number, "Kanarie", "", "", "2A", "T1", "havo", "Rekenen", "16-10-2026", "havo"] for number in PUPILS[1:])]
    cells[3] = [*cells[3][:-1], "B/K leerroute"]
    text = desk.draft("levels.csv", csv_of(cells))
    (line,) = [line for line in text.splitlines() if "no level that is known" in line]
    assert "x/x xxxxxxxxx" in line

    finished = text + 'niveaus: {"B/K leerroute": vmbo-bb/vmbo-kb}\n'
    assert ("4403", "engels-woordenschat", "T2", "2026-11-17", "vmbo-gt", "vmbo-bb/vmbo-kb") in desk.delivers(finished)


# --- wide ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "Behaald niveau {onderdeel} ({toets})",
        "{onderdeel} {toets} behaald",
        "{onderdeel} behaald bij {toets}",
        "Behaald bij {toets} op {onderdeel}",
        "{toets}_{onderdeel}_behaald",
    ],
)
def test_a_draft_of_wide_headers_in_another_word_order_reads_the_file(desk: Desk, title: str):
    toetsen = (("T1", "Rekenen-Wiskunde"), ("T1", "Taalverzorging"), ("Toets 2", "Engelse woordenschat"))
    titles = [title.format(toets=toets, onderdeel=onderdeel) for toets, onderdeel in toetsen]
    cells = [
        ["Pasnr", "Achternaam", "Geboortedatum", "Klas", "Toetsniveau", "Afnamedatum", *titles],
        ["4401", "Kanarie", "31-12-2013", "2A", "havo", "16-10-2026", "vmbo-gt", "", ""],
        ["4402", "Kanarie", "31-12-2013", "2A", "havo", "16-10-2026", "", "havo", "-"],
        ["4403", "Kanarie", "31-12-2013", "2B", "vmbo-gt", "17-11-2026", "", "", "vmbo-kb"],
    ]
    text = desk.draft("wide.csv", csv_of(cells))
    assert layout_of(text).shape == "wide"
    assert "as it is, it fits this file" in desk.told
    assert desk.delivers(text) == RESULTS


def test_a_draft_of_wide_headers_with_levels_and_dates_of_their_own_reads_the_file(desk: Desk):
    cells = [
        ["Pasnr", "Klas", "Behaald op T1 bij Rekenen", "Toetsversie T1 bij Rekenen", "Gemaakt T1 bij Rekenen"],
        ["4401", "2A", "vmbo-gt", "havo", "10/16/2026"],
        ["4402", "2A", "vmbo-kb", "vmbo-gt", "11/17/2026"],
    ]
    text = desk.draft("wide.csv", csv_of(cells))
    assert desk.delivers(text) == {
        ("4401", "rekenen-wiskunde", "T1", "2026-10-16", "havo", "vmbo-gt"),
        ("4402", "rekenen-wiskunde", "T1", "2026-11-17", "vmbo-gt", "vmbo-kb"),
    }


# --- UWLR ------------------------------------------------------------------------------------------------------------


def uwlr(toetsen: Mapping[str, str], results: Sequence[tuple[str, str, str]], niveau: str = "") -> bytes:
    given = "".join(
        f"<toetsafname><leerlingid>{number}</leerlingid><eckid>{eck_id(1)}</eckid><resultaten><resultaat>"
        f"<afnamedatum>2026-10-16</afnamedatum><toetscode>{code}</toetscode><osoresultaat><referentiescore>"
        f"<codereferentiescore>FN</codereferentiescore><waarde>{level}</waarde></referentiescore></osoresultaat></resultaat></resultaten></toetsafname>"
        for number, code, level in results
    )
    level = f"<toetsnormering><toetsniveau>{niveau}</toetsniveau></toetsnormering>" if niveau else ""
    named = "".join(f"<toets><toetscode>{code}</toetscode><toetsnaam>{naam}</toetsnaam>{level}</toets>" for code, naam in toetsen.items())
    school = "<school><brincode>99XX</brincode><auteur>Kanarie</auteur></school>"
    data = f"{school}<toetsafnames>{given}</toetsafnames><toetsen>{named}</toetsen>"
    return f"<leerresultaten_verzoek>{data}</leerresultaten_verzoek>".encode()


def test_a_draft_of_uwlr_lists_the_codes_with_what_the_file_calls_them(desk: Desk):
    content = uwlr({"RW-1": "Rekenen-Wiskunde T1", "NAJ": "Najaarsmeting"}, [("4401", "RW-1", "vmbo-gt"), ("4402", "TV-9", "havo")], "havo")
    text = desk.draft("codes.xml", content)
    listed = yaml.safe_load(text)["toetsen"]
    assert listed == {
        "RW-1": {"toets": "T1", "onderdeel": "rekenen-wiskunde", "toetsniveau": "havo"},
        "NAJ": {"toetsniveau": "havo"},
        "TV-9": {},
    }
    assert "# Najaarsmeting" in text
    assert layout_of(text).name == "uwlr"


def test_a_draft_of_uwlr_once_finished_reads_codes_that_say_nothing(desk: Desk):
    text = desk.draft("codes.xml", uwlr({"A1": "Najaarsmeting"}, [("4401", "A1", "vmbo-gt"), ("4402", "B2", "havo")]))
    finished = text.replace('"A1": {}', '"A1": {toets: T1, onderdeel: rekenen-wiskunde, toetsniveau: havo}')
    finished = finished.replace('"B2": {}', '"B2": {toets: T1, onderdeel: taalverzorging, toetsniveau: havo}')
    assert desk.delivers(finished, "uwlr.yaml") == {
        ("4401", "rekenen-wiskunde", "T1", "2026-10-16", "havo", "vmbo-gt"),
        ("4402", "taalverzorging", "T1", "2026-10-16", "havo", "havo"),
    }


def test_a_draft_of_uwlr_is_valid_whatever_a_name_holds(desk: Desk):
    text = desk.draft("codes.xml", uwlr({"A1": "naam\x7f met\n regel: {x}", "B: [2]": "#"}, [("4401", "A1", "havo")]))
    assert set(layout_of(text).toetsen) == {"A1", "B: [2]"}


# --- what is never guessed or shown ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title", ["Geboortedatum", "Geb. datum", "GEBDATUM", "Geboren op", "Datum geboorte", "Date of birth", "Verjaardag", "DOB"]
)
def test_a_birth_date_is_never_taken_for_the_afnamedatum(desk: Desk, title: str):
    cells = without([[{"Geb.datum": title}.get(cell, cell) for cell in row] for row in FOREIGN], "Gemaakt op")
    text = desk.draft("birth.csv", csv_of(cells))
    assert yaml.safe_load(text)["columns"]["afnamedatum"] == []
    assert "afnamedatum" in desk.told


def test_a_birth_date_without_hyphens_is_not_taken_for_a_number_of_the_pupil(desk: Desk):
    text = desk.draft("compact.csv", csv_of(with_dates(FOREIGN, r"\3\2\1")))
    assert layout_of(text).columns.leerlingnummer == ["Pasnr"]


def test_columns_that_are_refused_are_only_named_as_never_read(desk: Desk):
    titles = ["BSN", "SEF totaal", "Leer-werkhouding", "CCT-score", "SEF niveau"]
    values = [
        ["999900006", "havo", "T1", "Rekenen", "havo"],
        ["999900018", "vwo", "T1", "Rekenen", "vwo"],
        ["999900031", "vwo", "T1", "Rekenen", "vwo"],
    ]
    cells = [[*extra, *row] for extra, row in zip([titles, *values], FOREIGN, strict=True)]
    text = desk.draft("refused.csv", csv_of(cells))
    assert {line for line in text.splitlines() if any(title in line for title in titles)} == {
        '# Never read: "BSN", "SEF totaal", "Leer-werkhouding", "CCT-score", "SEF niveau"'
    }


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_of_a_file_without_headers_nothing_of_its_pupils_is_shown(desk: Desk, separator: str):
    assert desk.draft("headless.csv", csv_of(FOREIGN[1:], separator), exit_code=65) == ""
    assert "No row of headers" in desk.told


def test_of_a_file_without_headers_that_no_layout_could_fit_no_names_are_shown(desk: Desk):
    assert desk.draft("names.csv", csv_of([["Kanarie", "Geel", "2A"], ["Kanariepiet", "Zwart", "2A"]]), exit_code=65) == ""
    assert "No row of headers" in desk.told


def test_an_onderdeel_under_gebied_is_not_taken_for_something_of_a_birth(desk: Desk):
    header = ["Leerlingcode", "Geb.datum", "Instrument", "Afnameniveau", "Gebied", "Afgenomen op", "Behaald niveau"]
    cells = [["4401", "31-12-2013", "Toets 1", "havo", "Rekenen", "13-10-2026", "havo"]]
    assert 'onderdeel: ["Gebied"]' in desk.draft("gebied.csv", csv_of([header, *cells]))


def test_an_example_of_more_than_one_line_stays_in_its_comment(desk: Desk):
    cells = [
        [cell.replace("vmbo-gt", '"vmbo-gt\nhavo"').replace("Rekenen-Wiskunde", '"Rekenen\nWiskunde"') for cell in row] for row in FOREIGN
    ]
    drafted = desk.draft("lines.csv", csv_of(cells))
    assert layout_of(drafted).name == "eigen-layout"
    assert "vmbo-gt\nhavo" not in drafted


@pytest.mark.parametrize("odd", ["\x7f", "\x1b[Km", "\x80", "\u2028", "\ufeff", '"', "'", "\\", ": {", "#", "é", "\U0001f600"])
def test_a_draft_is_valid_whatever_a_header_holds(odd: str):
    header = [f"{title}{odd}" for title in FOREIGN[0]]
    quoted = ['"{}"'.format(title.replace('"', '""')) for title in header]
    layout = layout_of(draft_layout(csv_of([quoted, *FOREIGN[1:]]), "odd.csv", LEERLIJNEN).text)
    assert layout.missing(header) == []


@pytest.mark.parametrize("name", ["new\nline.csv", "é #.csv", "a: {b.csv", "x\x1b[31m.csv"])
def test_a_draft_is_valid_whatever_the_name_of_the_file(name: str):
    text = draft_layout(csv_of(FOREIGN), name, LEERLIJNEN).text
    assert layout_of(text).missing(FOREIGN[0]) == []
    assert "\x1b" not in text


# --- files that cannot be opened -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("blank.csv", b" \r\n \r\n"),
        ("separators.csv", b";;;\r\n;;;\r\n"),
        ("quotes.csv", b'"";"";""\r\n'),
        ("letter.pdf", b"%PDF-1.7"),
        ("no-suffix", b"a;b\r\n"),
        ("damaged.xlsx", b"PK\x03\x04 and no more"),
        ("page.xls", b"<html><body/></html>"),
        ("open-quote.csv", b'a;b\r\n"1;2\r\n3;4\r\n'),
        ("other.xml", b"<resultaten/>"),
        ("doctype.xml", b"<!DOCTYPE x><leerresultaten_verzoek/>"),
        ("cut-off.xml", b"<leerresultaten_verzoek><school>"),
        ("edex.xml", b"<EDEX/>"),
    ],
)
def test_a_file_that_cannot_be_opened_is_told_with_its_name(workspace: WorkspaceFolder, tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    ran = workspace.run("layouts", "draft", str(tmp_path / name), "--config", str(workspace.folder / "cito-numo.yaml"))
    assert (ran.exit_code, ran.stdout) == (65, "")
    assert name in ran.stderr
    assert "inside cito-numo" not in ran.stderr


@pytest.mark.parametrize("name", ["nergens.csv", "nergens.xml", "een-map"])
def test_a_file_that_is_none_is_told_with_its_name(workspace: WorkspaceFolder, tmp_path: Path, name: str):
    (tmp_path / "een-map").mkdir()
    ran = workspace.run("layouts", "draft", str(tmp_path / name), "--config", str(workspace.folder / "cito-numo.yaml"))
    assert (ran.exit_code, ran.stdout) == (65, "")
    assert name in ran.stderr


# --- whatever comes in -----------------------------------------------------------------------------------------------

COLUMNS: Mapping[str, Sequence[str]] = {
    **{title: [row[place] for row in FOREIGN[1:]] for place, title in enumerate(FOREIGN[0])},
    "BSN": ["999900006", "999900018", "999900031"],
    "SEF niveau": ["havo", "vwo", "havo"],
    "Toetsniveau": ["havo", "BB", "vmbo-gt/havo"],
    "Domein": ["Getallen", "", "Verbanden"],
    "Rekenen T1 behaald": ["havo", "-", "vwo"],
    "Datum T1 Rekenen": ["16-10-2026", "", "17-11-2026"],
    "Toets 2 Taalverzorging FN": ["", "", ""],
    "": ["x", "", "y"],
}


@st.composite
def exports(draw: st.DrawFn) -> bytes:
    titles = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True))
    cells = [titles, *([COLUMNS[title][place] for title in titles] for place in range(3))]
    above = draw(st.sampled_from([[], [["Resultaten van een school"]], [["Kanarie"], [""]]]))
    return csv_of([*above, *cells], draw(st.sampled_from([";", ",", "\t"])))


def draft_or_refusal(content: bytes) -> tuple[Draft | None, set[ErrorKind]]:
    try:
        return draft_layout(content, "any.csv", LEERLIJNEN), set()
    except CitoNumoError as error:
        return None, {problem.kind for problem in error.problems}


@given(exports())
@settings(max_examples=40, deadline=None, database=None)
def test_a_draft_of_any_columns_fits_its_file_or_names_what_is_missing(content: bytes):
    drafted, refused = draft_or_refusal(content)
    assert refused <= {DRAFT_NO_HEADER, FILE_EMPTY}
    if drafted is None:
        return
    assert isinstance(yaml.safe_load(drafted.text), dict)
    if not drafted.missing:
        assert layout_of(drafted.text).name == "eigen-layout"
    assert all(drafted.missing)
    assert not any("valid YAML" in missing for missing in drafted.missing)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(exports()))
    for _change in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(content) - 1)) if content else 0
        content[place : place + draw(st.integers(0, 3))] = draw(
            st.binary(max_size=3) | st.sampled_from([b'"', b"\n", b"\0", b"\xff\xfe", b"PK"])
        )
    return bytes(content)


@given(mutated(), st.sampled_from(["a.csv", "a.xls", "a.xlsx", "a.ods", "a.xml", "a.txt", "a"]))
@settings(max_examples=80, deadline=None, database=None)
def test_a_draft_of_bytes_that_changed_is_yaml_or_an_error_of_the_catalogue(content: bytes, name: str):
    try:
        drafted = draft_layout(content, name, LEERLIJNEN)
    except CitoNumoError:
        return
    assert isinstance(yaml.safe_load(drafted.text), dict)


@given(st.data())
@settings(max_examples=40, deadline=None, database=None)
def test_a_draft_of_uwlr_that_changed_is_yaml_or_an_error_of_the_catalogue(data: st.DataObject):
    content = bytearray(
        uwlr({"RW-1": "Rekenen-Wiskunde T1", "NAJ": "Najaarsmeting"}, [("4401", "RW-1", "vmbo-gt"), ("4402", "TV-9", "havo")])
    )
    for _change in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        drafted = draft_layout(bytes(content), "u.xml", LEERLIJNEN)
    except CitoNumoError:
        return
    assert isinstance(yaml.safe_load(drafted.text), dict)
