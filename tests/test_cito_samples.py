"""The sample exports of Cito, one for each shape and trap: what comes out of them, or why they are refused."""

import io
import re
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from conftest import SchoolFolder, WorkspaceFolder, closes
from make_cito_samples import samples
from upkeep_for_tests import copied, template

from cito_numo.cito import to_results
from cito_numo.errors import CitoNumoError
from cito_numo.exports import Export, Reader, domeinen_unread, read_export
from cito_numo.layouts import shipped_layouts
from cito_numo.leerlijnen import read_leerlijnen
from cito_numo.privacy import Secret

FOLDER = Path(__file__).parent / "samples" / "cito"
DAY = date(2026, 11, 24)
LEERLIJNEN = read_leerlijnen(Path("no-workspace"), None)
READER = Reader(shipped_layouts(), LEERLIJNEN, ("99XX",))
WHILE_READING = {"refused-columns", "domeinen-unread", "sheet-hidden", "sheet-left"}
"""Problems that the reader tells by itself; the others come to light in a night."""
CANARIES = re.compile(r"kanarie|\b9999\.?9\d\.?\d{3}\b|31-12-2013|2013-12-31|ketenid|0{20}(cafe|beef)", re.IGNORECASE)
"""What stands in columns, cells, sheets and headers of the samples that are never read, kept or shown."""


@dataclass(frozen=True)
class Result:
    """A result that a pupil can get, as it comes out."""

    rij: int
    leerlingnummer: str
    functioneringsniveau: str = "havo"
    onderdeel: str = "rekenen-wiskunde"
    toets: str = "T1"
    toetsniveau: str = "havo"
    klas: str | None = "2A"
    afnamedatum: str = "2026-10-06"
    domeinen: str | None = None
    blad: str = ""


@dataclass(frozen=True)
class Stopped:
    """A result that is stopped: why, and the field it is about."""

    rij: int
    reden: str
    veld: str | None = None
    uitkomst: str = "ongeldig"
    blad: str = ""


@dataclass(frozen=True)
class Read:
    """What comes out of a sample that is read."""

    detected: Mapping[str, str]
    rows: tuple[Result | Stopped, ...]
    problems: tuple[str, ...] = ()
    """The codes of what is told of it in a night."""
    repaired: tuple[int, ...] = ()
    """Rows of which a key was repaired."""
    named: Mapping[str, object] = field(default_factory=dict)
    """Values that the problems name."""


@dataclass(frozen=True)
class Refused:
    """Why a sample is refused: the code, and values that the message names."""

    code: str
    named: Mapping[str, object] = field(default_factory=dict)


def text(separator: str = ";", encoding: str = "utf-8", header: int = 1, layout: str = "lib-vo", **more: str) -> dict[str, str]:
    return {"encoding": encoding, "separator": separator, "layout": layout, "header": str(header), **more}


def book(sheet: str = "Resultaten", header: int = 1) -> dict[str, str]:
    return {"sheet": sheet, "layout": "lib-vo", "header": str(header)}


def uwlr(kind: str = "UWLR") -> dict[str, str]:
    return {"kind": kind, "layout": "uwlr"}


def of_uwlr(rij: int, leerlingnummer: str, functioneringsniveau: str = "havo", **more: str) -> Result:
    return Result(rij, leerlingnummer, functioneringsniveau, klas=None, **more)


def in_books(name: str, sample: Mapping[str, Read]) -> dict[str, Read]:
    """The same sample as each kind of workbook."""
    return {f"{name}.{suffix}": read for suffix, read in sample.items()}


def unreadable(rij: int, veld: str = "functioneringsniveau") -> Stopped:
    return Stopped(rij, "veld_onleesbaar", veld)


NOT_WHOLE = "rij_onleesbaar"

SAMPLES: Mapping[str, Read | Refused] = {
    # --- separators and encodings
    "long-semicolon.csv": Read(text(), (Result(2, "0011"), Result(3, "0012", "vmbo-gt", "nederlands-leesvaardigheid"))),
    "long-comma.csv": Read(text(","), (Result(2, "0021"), Result(3, "0022", "vmbo-kb"))),
    "long-tab.tsv": Read(text("tab"), (Result(2, "0031"), Result(3, "0032", "vmbo-bb"))),
    "encoding-utf-8-with-bom.csv": Read(text(encoding="utf-8-sig"), (Result(2, "0041", klas="2é"),)),
    "encoding-excel-unicode-text.txt": Read(text("tab", "utf-16"), (Result(2, "0051", klas="2é"),)),
    "encoding-utf-16-without-bom.csv": Read(text(encoding="utf-16-le"), (Result(2, "0061", klas="2é"),)),
    "encoding-utf-16-big-endian-without-bom.csv": Read(text(encoding="utf-16-be"), (Result(2, "0071", klas="2é"),)),
    "encoding-windows-1252.csv": Read(
        text(encoding="windows-1252"), (Result(2, "0081", klas="2é"), Result(3, "0082", "vmbo-gt", klas="2ë"))
    ),
    "text-called-xls.xls": Read(text("tab"), (Result(2, "0231"), Result(3, "0232", "vmbo-gt"))),
    # --- rows
    "sep-line.csv": Read(text(header=2), (Result(3, "0091"), Result(4, "0092", "vmbo-gt"))),
    "title-total-and-empty-rows.csv": Read(text(header=4, rows_below="2"), (Result(5, "0101"), Result(8, "0102", "vmbo-gt"))),
    "last-pupil-without-result.csv": Read(text(rows_below="1"), (Result(2, "anna"), Stopped(3, "veld_ontbreekt", "toets"))),
    "quoted-line-end.csv": Read(text(), (Result(2, "0111"), Result(3, "0112", "vmbo-gt"), Result(5, "0113", "vmbo-kb"), unreadable(6))),
    "ragged-rows.csv": Read(
        text(),
        (Result(2, "0121"), Stopped(3, NOT_WHOLE), Stopped(4, NOT_WHOLE), Stopped(5, NOT_WHOLE), Result(6, "0125", "vmbo-kb")),
    ),
    "nul-in-a-cell.csv": Read(text(), (Result(2, "0131"), Stopped(3, NOT_WHOLE), Result(4, "0133", "vmbo-kb"))),
    "nul-at-the-end.csv": Read(text(), (Result(2, "0141"), Result(3, "0142", "vmbo-gt"))),
    "header-only.csv": Read(text(), ()),
    "quote-open.csv": Refused("file-open-quote", {"line": 3}),
    "empty.csv": Refused("file-empty"),
    # --- values
    "number-as-power.csv": Read(text(), (Result(2, "0201"), unreadable(3, "leerlingnummer"), unreadable(4, "leerlingnummer"))),
    "ids-repaired.csv": Read(
        text(),
        (Result(2, "21001"), Result(3, "0212", "vmbo-gt"), Result(4, "0213", "vmbo-kb"), Result(5, "0214", "vmbo-bb")),
        ("ids-repaired",),
        (2, 3, 4),
        {"count": 3},
    ),
    "zeros-gone.csv": Read(text(), (Result(2, "221"), Result(3, "0222", "vmbo-gt")), ("zeros-gone",), named={"count": 1}),
    "other-schooljaar-and-future.csv": Read(
        text(),
        (
            Result(2, "0331"),
            Stopped(3, "ander_schooljaar", uitkomst="vorig_schooljaar"),
            Stopped(4, "datum_in_toekomst", "afnamedatum"),
            unreadable(5, "afnamedatum"),
        ),
    ),
    "eck-id-elsewhere.csv": Read(
        text(), (Result(2, "0341"), Stopped(3, "eck_id_in_ander_veld", "klas"), Stopped(4, "eck_id_in_ander_veld", "leerlingnummer"))
    ),
    "values-missing.csv": Read(
        text(),
        (
            Result(2, "0351"),
            Stopped(3, "veld_ontbreekt", "functioneringsniveau"),
            Stopped(4, "sleutel_ontbreekt"),
            Stopped(5, "veld_ontbreekt", "toetsniveau"),
            Stopped(6, "veld_ontbreekt", "onderdeel"),
            Result(7, "0356", "vmbo-gt"),
        ),
    ),
    "cells-shifted.csv": Read(text(), (Result(2, "0881"), unreadable(3, "afnamedatum"), unreadable(4), Result(5, "0884", "vmbo-gt"))),
    # --- domeinen
    "domein-as-row.csv": Read(
        text(),
        (
            Result(2, "0153"),
            Result(3, "0151", domeinen="getallen=vmbo-gt meten-en-meetkunde=vwo"),
            Result(8, "0152", "vmbo-gt", domeinen="verbanden=vmbo-kb"),
        ),
        ("domeinen-unread",),
        named={"count": 2},
    ),
    "domein-as-column.csv": Read(
        text(),
        (Result(2, "0163"), Result(3, "0161", domeinen="getallen=vmbo-gt verbanden=havo"), Result(4, "0162", "vmbo-gt")),
        ("domeinen-unread",),
        named={"count": 1},
    ),
    "domein-without-result.csv": Read(text(), (Result(2, "0171"), Stopped(3, "domein_alleen", "domein"))),
    "domein-rows-of-nobody.csv": Read(
        text(),
        (
            Result(2, "0891"),
            Stopped(3, "domein_alleen", "domein"),
            Stopped(4, NOT_WHOLE),
            Stopped(5, "domein_alleen", "domein"),
            Result(6, "0893", "vmbo-gt"),
        ),
    ),
    "domein-both-ways.csv": Read(text(), (Result(2, "0941", domeinen="getallen=vmbo-gt"),)),
    "domein-column-twice.csv": Refused("file-double-column"),
    # --- wide
    "wide.csv": Read(
        text(layout="lib-vo-breed"),
        (
            Result(2, "0185"),
            Result(3, "0181", domeinen="getallen=vmbo-gt verbanden=havo"),
            Result(3, "0181", "vmbo-gt", "engels-leesvaardigheid"),
            Result(3, "0181", "vmbo-gt", toets="T2", toetsniveau="vmbo-gt", afnamedatum="2026-11-10"),
            Result(4, "0182", "vmbo-kb"),
            unreadable(6),
        ),
    ),
    "wide-ragged-rows.csv": Read(
        text(layout="lib-vo-breed"), (Result(2, "0191"), Stopped(3, NOT_WHOLE), Stopped(4, NOT_WHOLE), Result(5, "0194", "vmbo-gt"))
    ),
    "wide-unknown-names.csv": Read(
        text(layout="lib-vo-breed"), (Result(2, "0901", klas=None), unreadable(2, "onderdeel"), unreadable(2, "onderdeel"))
    ),
    "wide-refused-columns.csv": Read(
        text(layout="lib-vo-breed"),
        (Result(2, "0841"),),
        ("refused-columns",),
        named={"kinds": "leer-werkhouding, sociaal-emotioneel functioneren (SEF)"},
    ),
    # --- what is refused
    "refused-columns.csv": Read(
        text(),
        (Result(2, "0261"), Result(3, "0262", "vmbo-gt")),
        ("refused-columns",),
        named={"kinds": "BSN, cognitieve capaciteiten (CCT), leer-werkhouding, sociaal-emotioneel functioneren (SEF)"},
    ),
    "refused-rows.csv": Read(
        text(),
        (Result(2, "0271"), *(Stopped(rij, "geweigerd") for rij in (3, 4, 5)), Result(6, "0275", "vmbo-gt")),
        ("refused-rows",),
        named={"count": 3},
    ),
    "refused-in-domein.csv": Read(
        text(), (Result(2, "0871"), Stopped(3, "geweigerd"), Stopped(4, "geweigerd")), ("refused-rows",), named={"count": 2}
    ),
    "bsn-column.csv": Read(text(), (Result(2, "0281"), Result(3, "0282")), ("refused-columns",), named={"kinds": "BSN"}),
    "bsn-as-only-key.csv": Refused("file-no-layout", {"layout": "lib-vo", "missing": "leerlingnummer / eck_id / cito_key"}),
    "bsn-as-leerlingnummer.csv": Refused("file-bsn", {"column": "leerlingnummer"}),
    "bsn-with-dots.csv": Refused("file-bsn", {"column": "leerlingnummer"}),
    "primary-levels.csv": Read(
        text(),
        (Result(2, "0311"), unreadable(3), unreadable(4, "toetsniveau"), unreadable(5)),
        ("primary-levels",),
        named={"count": 3},
    ),
    "no-layout.csv": Refused("file-no-layout", {"headers": "Leerlingnummer, Naam, Score"}),
    "title-above-no-layout.csv": Refused("file-no-layout", {"headers": "nummer, naam, score"}),
    "header-absent.csv": Refused("file-no-layout"),
    "column-double.csv": Refused("file-double-column", {"column": "leerlingnummer"}),
    "letter.pdf": Refused("file-kind", {"suffix": ".pdf"}),
    # --- workbooks
    **in_books(
        "sheet-with-explanation",
        {
            suffix: Read(book(), (Result(2, f"0{number}1"), Result(3, f"0{number}2", "vmbo-gt")))
            for suffix, number in (("xlsx", 50), ("xls", 55), ("ods", 60))
        },
    ),
    **in_books(
        "two-sheets-with-results",
        {
            suffix: Read(
                {"sheet": "Rekenen, Engels", "layout": "lib-vo", "header": "1"},
                (
                    Result(2, f"0{number}1", "vmbo-kb", "engels-leesvaardigheid", blad="Engels"),
                    Result(2, f"0{number}1", blad="Rekenen"),
                    Stopped(3, "veld_onleesbaar", "functioneringsniveau", blad="Rekenen"),
                ),
            )
            for suffix, number in (("xlsx", 51), ("xls", 56), ("ods", 61))
        },
    ),
    **in_books(
        "hidden-sheet",
        {
            suffix: Read(book(), (Result(2, f"0{number}1"),), ("sheet-hidden",), named={"sheet": 2})
            for suffix, number in (("xlsx", 52), ("xls", 57), ("ods", 62))
        },
    ),
    **in_books(
        "merged-title",
        {
            suffix: Read(book(header=3), (Result(4, f"0{number}1"), Result(6, f"0{number}2", "vmbo-gt")))
            for suffix, number in (("xlsx", 53), ("xls", 58), ("ods", 63))
        },
    ),
    **in_books(
        "numbers-and-dates",
        {
            suffix: Read(
                book(),
                (Result(2, f"{number}001", klas="2"), Result(3, f"{number}002", "vmbo-gt")),
                ("ids-repaired",),
                (2, 3),
                {"count": 2},
            )
            for suffix, number in (("xlsx", 50), ("xls", 55), ("ods", 60))
        },
    ),
    "sheet-nearly-a-layout.xlsx": Read(
        book(), (Result(2, "0651"),), ("sheet-left",), named={"sheet": 3, "missing": "functioneringsniveau"}
    ),
    "xlsx-called-csv.csv": Read(book(), (Result(2, "0251"), Result(3, "0252", "vmbo-gt"))),
    "html-called-xls.xls": Refused("file-unreadable"),
    "damaged.xlsx": Refused("file-unreadable"),
    # --- UWLR
    "uwlr-bare.xml": Read(uwlr(), (of_uwlr(15, "0701"), of_uwlr(27, "0702", "vmbo-gt"))),
    "uwlr-in-soap.xml": Read(uwlr("UWLR, in SOAP"), (of_uwlr(23, "0711"),)),
    "uwlr-score-with-norm.xml": Read(uwlr(), (of_uwlr(14, "0721"), of_uwlr(26, "0722", "vmbo-gt"), unreadable(38))),
    "uwlr-two-levels.xml": Read(uwlr(), (unreadable(14), of_uwlr(27, "0732"))),
    "uwlr-other-result.xml": Read(uwlr(), (unreadable(14), of_uwlr(24, "0742", "vmbo-gt"))),
    "uwlr-part-as-onderdeel.xml": Read(
        uwlr(),
        (of_uwlr(14, "0751", onderdeel="nederlands-leesvaardigheid"), of_uwlr(22, "0751", "vmbo-gt", onderdeel="taalverzorging")),
    ),
    "uwlr-part-as-domein.xml": Read(uwlr(), (of_uwlr(14, "0761", domeinen="getallen=vmbo-gt meten-en-meetkunde=vwo"),)),
    "uwlr-without-toetsen.xml": Read(uwlr(), (Stopped(14, "veld_ontbreekt", "toetsniveau"),), ("file-all-invalid",)),
    "uwlr-toets-twice.xml": Read(uwlr(), (unreadable(14, "toetsniveau"),), ("file-all-invalid",)),
    "uwlr-refused.xml": Read(
        uwlr(), (of_uwlr(14, "0921"), Stopped(26, "geweigerd"), Stopped(38, "geweigerd")), ("refused-rows",), named={"count": 2}
    ),
    "uwlr-bsn-as-leerlingid.xml": Refused("file-bsn", {"column": "leerlingid"}),
    "uwlr-of-another-school.xml": Refused("uwlr-brin", {"found": "99YY", "expected": "99XX"}),
    "uwlr-doctype.xml": Refused("xml-doctype"),
    "uwlr-cut-off.xml": Refused("xml-syntax"),
    "uwlr-soap-fault.xml": Refused("uwlr-no-data"),
    "edexml.xml": Refused("cito-edexml"),
    "xml-of-another-kind.xml": Refused("uwlr-root", {"root": "resultaten"}),
}
READ = {name: expected for name, expected in SAMPLES.items() if isinstance(expected, Read)}
REFUSED = {name: expected for name, expected in SAMPLES.items() if isinstance(expected, Refused)}


def read(name: str) -> list[Export]:
    return read_export((FOLDER / name).read_bytes(), name, READER)


def records_of(exports: list[Export]) -> list[dict]:
    """The results, with None for what is missing."""
    results = to_results([(1, export) for export in exports], LEERLIJNEN, Secret(bytes(32)), DAY)
    return results.astype(object).where(results.notna(), None).to_dict("records")


def come_out(row: dict, name: str) -> Result | Stopped:
    """A result in the terms of the table above."""
    blad = row["bestand"].removeprefix(name).removeprefix(", blad ")
    if row["uitkomst"] is not None:
        return Stopped(row["rij"], row["reden"], row["veld"], row["uitkomst"], blad)
    day = f"{row['afnamedatum']:%Y-%m-%d}"
    said = {column: row[column] for column in ("functioneringsniveau", "onderdeel", "toets", "toetsniveau", "klas", "domeinen")}
    return Result(row["rij"], row["leerlingnummer"], afnamedatum=day, blad=blad, **said)


# --- each sample by itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READ)
def test_what_comes_out_of_the_sample(name: str):
    records = records_of(read(name))

    assert [come_out(row, name) for row in records] == list(READ[name].rows)
    assert tuple(row["rij"] for row in records if row["hersteld"]) == READ[name].repaired


@pytest.mark.parametrize("name", READ)
def test_how_the_sample_is_recognised(name: str):
    exports = read(name)

    keys = dict.fromkeys(key for export in exports for key in export.detected)
    assert {key: ", ".join(dict.fromkeys(export.detected[key] for export in exports)) for key in keys} == READ[name].detected


@pytest.mark.parametrize("name", READ)
def test_what_is_told_while_the_sample_is_read(name: str):
    exports = read(name)

    problems = [*(problem for export in exports for problem in export.problems), *domeinen_unread(exports)]
    expected = [code for code in READ[name].problems if code in WHILE_READING]
    assert [(problem.kind.code, problem.place) for problem in problems] == [(code, name) for code in expected]
    for problem in problems:
        assert {value: problem.values[value] for value in READ[name].named} == READ[name].named


@pytest.mark.parametrize("name", REFUSED)
def test_why_the_sample_is_refused(name: str):
    with pytest.raises(CitoNumoError) as stopped:
        read(name)

    (problem,) = stopped.value.problems
    assert (problem.kind.code, problem.place) == (REFUSED[name].code, name)
    assert {value: problem.values[value] for value in REFUSED[name].named} == REFUSED[name].named
    assert problem.kind.exit_code == 65


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_told_of_a_refused_sample_names_no_pupil(name: str):
    with pytest.raises(CitoNumoError) as stopped:
        read(name)

    assert not CANARIES.search(str(stopped.value))


@pytest.mark.parametrize("name", READ)
def test_no_more_than_results_of_the_sample_is_kept(name: str):
    exports = read(name)

    kept = str([export.cells.to_pylist() for export in exports])
    assert not re.search("kanarie|31-12-2013|2013-12-31", kept, re.IGNORECASE)


# --- all in one night ------------------------------------------------------------------------------------------------


def pupils() -> list[str]:
    """The gebruikersnamen in Numo of whom a sample has a result, one of them with the zero that a sample lost."""
    numbers = {row.leerlingnummer for sample in READ.values() for row in sample.rows if isinstance(row, Result)}
    return sorted({"0221" if number == "221" else number for number in numbers})


def put_all(school: SchoolFolder) -> None:
    school.numo(*(f"{number};;2A" for number in pupils()))
    for name in sorted(SAMPLES):
        school.put(f"inbox/cito/{name}", (FOLDER / name).read_bytes())


@pytest.fixture
def full_inbox(school: SchoolFolder) -> SchoolFolder:
    """A school that got every sample at once."""
    put_all(school)
    return school


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("all-samples")
    with template(folder) as (workspace, school, _patch):
        put_all(school)
        workspace.sync()
    return folder


@pytest.fixture
def full_night(workspace: WorkspaceFolder, after_a_night: Path) -> SchoolFolder:
    """A school that got every sample at once, after the night."""
    return copied(after_a_night, workspace)


def test_a_night_with_all_samples_delivers_what_is_good_and_counts_close(workspace: WorkspaceFolder, full_inbox: SchoolFolder):
    night = workspace.sync_json()

    good = sum(isinstance(row, Result) for sample in READ.values() for row in sample.rows)
    stopped = Counter(row.uitkomst for sample in READ.values() for row in sample.rows if isinstance(row, Stopped))
    counts = night.school["counts"]
    assert (night.exit_code, night.school["status"]) == (3, "delivered")
    assert closes(counts)
    assert {uitkomst: count for uitkomst, count in counts.items() if count} == {
        "read": good + stopped.total(),
        **stopped,
        "niet_gekoppeld": 1,  # the zero that is gone
        "vervangen": 1,  # the T1 of the pupil who has a T2 too
        "leerplan": good - 2,
    }


def test_a_night_with_all_samples_delivers_every_pupil_who_has_a_good_row(full_night: SchoolFolder):
    delivered = {plan["gebruikersnaam"] for plan in full_night.delivered()["leerplannen"]}
    assert delivered == set(pupils()) - {"0221"}


def test_a_night_with_all_samples_gives_domeinen_to_the_pupils_whose_they_are(full_night: SchoolFolder):
    delivered = {
        plan["gebruikersnaam"]: {each["domein"]: each["functioneringsniveau"] for each in part["domeinen"]}
        for plan in full_night.delivered()["leerplannen"]
        for part in plan["onderdelen"]
        if part["domeinen"]
    }
    assert delivered == {
        "0151": {"getallen": "vmbo-gt"},  # that of the other domein is above the terugstuuroptie
        "0152": {"verbanden": "vmbo-kb"},
        "0161": {"getallen": "vmbo-gt", "verbanden": "havo"},
        "0941": {"getallen": "vmbo-gt"},
        "0761": {"getallen": "vmbo-gt"},
    }


def test_a_night_with_all_samples_names_each_broken_file_once_and_each_oddity_once(full_night: SchoolFolder):
    told = [(message["message"].split(": ")[0].removeprefix("inbox/cito/"), message["code"]) for message in full_night.manifest["messages"]]
    broken = [(name, sample.code) for name, sample in REFUSED.items()]
    odd = [(name, code) for name, sample in READ.items() for code in sample.problems]
    assert sorted(told) == sorted([*broken, *odd])


def test_a_night_with_all_samples_lists_each_stopped_row_with_its_number(full_night: SchoolFolder):
    listed = Counter((line["bestand"], line["rij"]) for line in full_night.niet_geleverd if line["rij"])
    expected = Counter(
        (f"{name}, blad {row.blad}" if row.blad else name, str(row.rij))
        for name, sample in READ.items()
        for row in sample.rows
        if isinstance(row, Stopped) and row.reden not in {"geweigerd", "ander_schooljaar"}
    )
    assert listed == expected + Counter([("zeros-gone.csv", "2")])


def test_a_night_with_all_samples_has_one_line_for_what_a_file_holds_of_refused_instruments(full_night: SchoolFolder):
    listed = [(line["bestand"], line["leerling"]) for line in full_night.niet_geleverd if "nooit verwerkt" in line["reden"]]
    assert listed == [("refused-in-domein.csv", ""), ("refused-rows.csv", ""), ("uwlr-refused.xml", "")]


def test_a_second_night_with_all_samples_has_nothing_new(workspace: WorkspaceFolder, full_inbox: SchoolFolder):
    workspace.sync()

    again = workspace.sync_json()

    assert (again.exit_code, again.school["status"], len(full_inbox.runs)) == (3, "nothing_new", 1)


def test_the_manifest_of_a_night_with_all_samples_says_how_each_was_recognised(full_night: SchoolFolder):
    inputs = {entry["path"].removeprefix("inbox/cito/"): entry for entry in full_night.manifest["inputs"]}
    detected = {name: {key: inputs[name].get(key) for key in sample.detected} for name, sample in READ.items()}
    assert detected == {name: dict(sample.detected) for name, sample in READ.items()}
    assert set(SAMPLES) < set(inputs)


def test_nothing_that_must_not_be_read_is_written_in_a_night_with_all_samples(workspace: WorkspaceFolder, full_inbox: SchoolFolder):
    tried = workspace.sync("--dry-run")
    night = workspace.sync()
    again = workspace.sync_json()

    written = {
        str(path.relative_to(workspace.folder)): path.read_bytes().decode(errors="replace")
        for path in workspace.folder.rglob("*")
        if path.is_file() and "inbox" not in path.parts
    }
    said = {"output": "".join(ran.stdout + ran.stderr for ran in (tried, night, again))}
    assert any(name.endswith("leerplannen.json") for name in written)
    assert {name: found[0] for name, content in {**written, **said}.items() if (found := CANARIES.search(content))} == {}
    assert "Traceback" not in said["output"]


def test_nothing_of_the_samples_but_results_is_in_the_ledger_after_a_night(full_night: SchoolFolder):
    (path,) = full_night.folder.glob("**/ledger.sqlite")
    with sqlite3.connect(path) as ledger:
        dump = "\n".join(ledger.iterdump())
    assert "0011" in dump
    assert not CANARIES.search(dump)


# --- the samples themselves ------------------------------------------------------------------------------------------


def parts(content: bytes) -> bytes | dict[str, bytes]:
    """The bytes of a file; of a whole zip those of its parts, which may be packed in more than one way."""
    if not content.startswith(b"PK") or not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(("name", "content"), [(name, content) for name, content in samples().items() if name != "damaged.xlsx"])
def test_the_maker_makes_the_samples_as_they_are(name: str, content: bytes):
    assert parts(content) == parts((FOLDER / name).read_bytes())


def test_no_sample_goes_untested():
    assert sorted(SAMPLES) == sorted(path.name for path in FOLDER.iterdir() if path.name != "README.md")


def test_the_readme_of_the_samples_has_a_line_for_each():
    lines = (FOLDER / "README.md").read_text().splitlines()
    told = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert sorted(told) == sorted(SAMPLES)


def test_the_samples_are_full_of_what_must_not_be_read():
    plain = [path for path in FOLDER.glob("*.csv") if CANARIES.search(path.read_bytes().decode("windows-1252", errors="replace"))]
    assert len(plain) > 20
    assert all("kanarie" in (FOLDER / name).read_text().casefold() for name in ("uwlr-in-soap.xml", "edexml.xml"))


def test_the_bytes_of_the_samples_are_as_they_were_written():
    assert (FOLDER / "encoding-excel-unicode-text.txt").read_bytes().startswith(b"\xff\xfeL\0")
    assert (FOLDER / "encoding-utf-16-without-bom.csv").read_bytes().startswith(b"L\0")
    assert b"2\xe9" in (FOLDER / "encoding-windows-1252.csv").read_bytes()
    assert b"vmbo\0gt" in (FOLDER / "nul-in-a-cell.csv").read_bytes()
    assert b"Kanarie\r\nvan" in (FOLDER / "quoted-line-end.csv").read_bytes()
    assert b"\r" not in (FOLDER / "long-comma.csv").read_bytes()
