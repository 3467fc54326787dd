"""What holds for any export: it is read back the same from any shape, damage stays its own, and the domeinen that go out are in order."""

import csv
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pandas as pd
import pyarrow as pa
import pytest
from conftest import eck_id
from exports_for_tests import DOMEINEN, NIVEAUS, ONDERDELEN, TOETSEN, CitoResult, Read, Shape, Written, unzipped, zipped
from hypothesis import given
from hypothesis import strategies as st
from limits import within
from proving import quick

from cito_numo import errors
from cito_numo.cito import to_results
from cito_numo.config import Csv, School, SchoolConfig
from cito_numo.corridor import Outcome, Past, Ready, Rules, open_files, work_out
from cito_numo.errors import CitoNumoError, ErrorKind, Problem
from cito_numo.exports import Reader, read_export
from cito_numo.inbox import Content, InboxFile
from cito_numo.layouts import shipped_layouts
from cito_numo.leerlijnen import read_leerlijnen
from cito_numo.outputs import leerplannen_csv, leerplannen_json, niet_geleverd_csv
from cito_numo.privacy import Secret
from cito_numo.tables import KEY_TABLE, LEERPLANNEN, READ, STOPPED, VERVALLEN, WITHDRAWN, empty, names
from cito_numo.tables import ONDERDELEN as IN_FORCE
from cito_numo.uitkomst import Uitkomst

DAY = date(2026, 11, 24)
SECRET = Secret(bytes(32))
LAYOUTS = shipped_layouts()
LEERLIJNEN = read_leerlijnen(Path("no-workspace"), None)
READER = Reader(LAYOUTS, LEERLIJNEN)
RULES = Rules(LAYOUTS, LEERLIJNEN, SECRET, DAY)
CATALOGUE = {kind.code for kind in vars(errors).values() if isinstance(kind, ErrorKind)}
LADDER = ("onder-bb", "vmbo-bb", "vmbo-kb", "vmbo-gt", "havo", "vwo", "boven-vwo")
OPTIONS = st.sampled_from([-2, -1, 0, 1, 2])


# --- any results -----------------------------------------------------------------------------------------------------

LEVELS = st.sampled_from(sorted(NIVEAUS))
DAYS = st.integers(0, 60).map(lambda number: date(2026, 9, 1) + timedelta(number))


def any_results(leerlingen: Sequence[str], *, keys: bool = True, size: int = 6) -> st.SearchStrategy[list[CitoResult]]:
    """Results of these leerlingen, of whom each has one ECK iD and Cito key, if any: no two of the same toets on the same day."""
    result = st.builds(
        CitoResult,
        leerlingnummer=st.sampled_from(leerlingen),
        eck_id=st.none(),
        cito_key=st.none(),
        klas=st.sampled_from(["2A", "H2é", "v-2/b", None]) if keys else st.just("2A"),
        toets=st.sampled_from(sorted(TOETSEN)),
        toetsniveau=LEVELS,
        onderdeel=st.sampled_from(sorted(ONDERDELEN)),
        day=DAYS,
        functioneringsniveau=LEVELS,
        domeinen=st.dictionaries(st.sampled_from(sorted(DOMEINEN)), LEVELS, max_size=3),
    )
    if keys:
        result = st.builds(_with_keys, result, st.booleans(), st.booleans())
    same = lambda each: (each.leerlingnummer, each.toets, each.onderdeel, each.day)  # noqa: E731
    return st.lists(result, min_size=1, max_size=size, unique_by=same)


def _with_keys(result: CitoResult, eck: bool, key: bool) -> CitoResult:
    number = int(result.leerlingnummer)
    known = {"eck_id": eck_id(number) if eck else None, "cito_key": f"k-{number}" if key else None}
    return CitoResult(**{**vars(result), **known})


CHANCE = st.randoms(use_true_random=False)
AROUND = {"titles": st.integers(0, 3), "closing": st.booleans(), "blanks": st.booleans(), "shuffled": st.booleans()}
TABLES = {"chance": CHANCE, "domein_rows": st.booleans(), "iso_dates": st.booleans(), **AROUND}
CSVS = {
    "separator": st.sampled_from([";", ",", "\t"]),
    "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    "line_end": st.sampled_from(["\r\n", "\n", "\r"]),
    "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
}
LAYOUT = st.sampled_from(["long", "wide"])
AS_CSV = st.builds(Shape, layout=LAYOUT, **TABLES, **CSVS)
AS_WORKBOOK = st.builds(Shape, layout=LAYOUT, kind=st.sampled_from(["xlsx", "ods"]), real_dates=st.booleans(), **TABLES)
AS_UWLR = st.builds(Shape, layout=st.just("uwlr"), chance=CHANCE, shuffled=st.booleans(), soap=st.booleans(), by_norm=st.booleans())
SHAPES = st.one_of(AS_CSV, AS_WORKBOOK, AS_UWLR)


# --- reading back ----------------------------------------------------------------------------------------------------


def expected(read: Read) -> dict[str, object]:
    each = read.result
    return {
        "rij": read.rij,
        "leerlingnummer": each.leerlingnummer,
        "eck_id": SECRET.hash_column(pa.array([each.eck_id], pa.string()))[0].as_py(),
        "cito_key": each.cito_key,
        "klas": each.klas,
        "toets": each.toets,
        "onderdeel": each.onderdeel,
        "afnamedatum": pd.Timestamp(each.day),
        "toetsniveau": each.toetsniveau,
        "functioneringsniveau": each.functioneringsniveau,
        "domeinen": " ".join(f"{domein}={level}" for domein, level in sorted(each.domeinen.items())) or None,
        "uitkomst": None,
    }


def records(table: pd.DataFrame) -> list[dict[str, object]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")


def results_of(written: Written) -> pd.DataFrame:
    exports = read_export(written.content, written.name, READER)
    assert not [problem for export in exports for problem in export.problems]
    return to_results([(1, export) for export in exports], LEERLIJNEN, SECRET, DAY)


def read_back(results: Sequence[CitoResult], shape: Shape) -> None:
    written = shape.write(results)
    wanted = [expected(read) for read in written.reads]
    table = results_of(written)[list(wanted[0])]
    if shape.layout == "uwlr":
        table["rij"] = None
    if shape.layout == "wide":  # of a row the results may come in any order
        table = table.sort_values(["rij", "toets", "onderdeel"])
        wanted.sort(key=lambda row: (row["rij"], row["toets"], row["onderdeel"]))
    assert records(table) == wanted


LEERLINGEN = ("0012", "0013", "204711")


@quick(50)
@given(any_results(LEERLINGEN), AS_CSV)
def test_any_table_in_any_csv_is_read_back_the_same(results: list[CitoResult], shape: Shape):
    read_back(results, shape)


@quick(20)
@given(any_results(LEERLINGEN), AS_WORKBOOK)
def test_any_table_in_any_workbook_is_read_back_the_same(results: list[CitoResult], shape: Shape):
    read_back(results, shape)


@quick(20)
@given(any_results(LEERLINGEN), AS_UWLR)
def test_any_table_in_any_uwlr_is_read_back_the_same(results: list[CitoResult], shape: Shape):
    read_back(results, shape)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("naam", ["", "é", "—"])
def test_utf_16_whose_byte_order_mark_was_lost_is_read_back_the_same(encoding: str, naam: str):
    written = Shape().write([CitoResult(klas=f"2A{naam}"), CitoResult("0013")])
    table = results_of(written._replace(content=written.content.decode().encode(encoding)))
    assert [expected(read) for read in written.reads] == records(table[list(expected(written.reads[0]))])


@pytest.mark.parametrize("shape", [Shape(), Shape(domein_rows=True), Shape("wide"), Shape("uwlr")])
def test_domeinen_are_those_of_their_own_result_also_behind_a_result_without_any(shape: Shape):
    read_back([CitoResult("0012"), CitoResult("0013", domeinen={"getallen": "vwo"})], shape)


@pytest.mark.parametrize("onderdeel", ["nederlands-woordenschat", "engels-woordenschat"])
def test_an_onderdeel_that_ends_in_the_name_of_a_domein_is_read_from_a_wide_export(onderdeel: str):
    read_back([CitoResult(onderdeel=onderdeel)], Shape("wide"))


def test_of_two_columns_with_the_same_domein_none_is_lost_without_a_word():
    header = "Leerlingnummer;Toets;Toetsniveau;Onderdeel;Afnamedatum;FN;Meten;Meetkunde"
    content = f"{header}\r\n0012;T1;havo;Rekenen;06-10-2026;havo;vmbo-kb;vwo\r\n".encode()
    assert says_something(Written("export.csv", content, []))


def test_a_domein_has_a_row_or_a_column_and_where_it_has_both_none_is_lost_without_a_word():
    header = "Leerlingnummer;Toets;Toetsniveau;Onderdeel;Domein;Afnamedatum;FN;Getallen"
    lines = ["0012;T1;havo;Rekenen;;06-10-2026;havo;", "0012;T1;havo;Rekenen;Getallen;06-10-2026;vmbo-kb;"]
    written = Written("export.csv", "\r\n".join([header, *lines]).encode(), [])
    assert says_something(written) or records(results_of(written))[0]["domeinen"] == "getallen=vmbo-kb"


def test_a_wide_column_of_a_domein_whose_onderdeel_has_no_level_is_not_left_out_without_a_word():
    header = "Leerlingnummer;T1 Rekenen FN;T1 toetsniveau;T1 afnamedatum;T1 Taalverzorging interpunctie"
    content = f"{header}\r\n0012;havo;havo;06-10-2026;vmbo-kb\r\n".encode()
    assert says_something(Written("export.csv", content, []))


def says_something(written: Written) -> bool:
    """Whether the file is refused, has a problem or a row that was stopped."""
    try:
        exports = read_export(written.content, written.name, READER)
    except CitoNumoError:
        return True
    stopped = to_results([(1, export) for export in exports], LEERLIJNEN, SECRET, DAY)["uitkomst"].notna()
    return bool(stopped.any()) or any(export.problems for export in exports)


def test_a_long_text_above_the_header_takes_no_time():
    text = "Toelichting bij deze export " * 200
    written = Shape().write([CitoResult()])
    with within(1):
        read = results_of(written._replace(content=f"{text}\r\n".encode() + written.content))
    assert read["rij"].tolist() == [3]


# --- damage ----------------------------------------------------------------------------------------------------------

Change = Callable[[bytes], bytes]
PLACE = st.floats(0, 1, exclude_max=True)
BYTES = st.one_of(
    st.binary(min_size=1, max_size=4),
    st.sampled_from(
        [
            *(b";", b",", b"\t", b'"', b'""', b"\r", b"\n", b"\r\n\r\n", b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xff\xfe"),
            *(
                b"=",
                b"-",
                b"0",
                b":",
                b"/",
                b"{kind}",
                b"%s",
                b"BSN",
                b"SEF",
                b"ketenid.nl/",
                b"domein",
                b"Totaal",
                b"1E+05",
                b"9999999999",
            ),
            *(b"<", b">", b"&", b"&#0;", b"]]>", b"<!--", b"<!DOCTYPE x>", b"<?", b" repeated='99999'", b"\xc2\xb2"),
        ]
    ),
)


def _at(content: bytes, where: float) -> int:
    return int(where * len(content))


def _replaced(content: bytes, where: float, new: bytes, length: int) -> bytes:
    start = _at(content, where)
    return content[:start] + new + content[start + length :]


def _doubled(content: bytes, where: float, other: float) -> bytes:
    start, end = sorted((_at(content, where), _at(content, other)))
    return content[:end] + content[start:end] + content[end:]


CHANGES = st.one_of(
    st.tuples(PLACE, BYTES).map(lambda change: lambda content: _replaced(content, change[0], change[1], len(change[1]))),
    st.tuples(PLACE, BYTES).map(lambda change: lambda content: _replaced(content, change[0], change[1], 0)),
    st.tuples(PLACE, st.integers(1, 60)).map(lambda change: lambda content: _replaced(content, change[0], b"", change[1])),
    st.tuples(PLACE, PLACE).map(lambda places: lambda content: _doubled(content, *places)),
    PLACE.map(lambda where: lambda content: content[: _at(content, where)]),
)
DAMAGE = st.lists(CHANGES, min_size=1, max_size=3)


def damaged(written: Written, changes: Sequence[Change], member: float, *, inside: bool) -> Written:
    """The file with these changes; of a workbook in the zip, or `inside` in one of its members."""
    content = written.content
    members = unzipped(content) if inside and content.startswith(b"PK") else {"": content}
    name = [*members][_at(bytes(len(members)), member)]
    for change in changes:
        members[name] = change(members[name])
    return written._replace(content=members[""] if "" in members else zipped(members))


PRIVATE = ("73917391", "82818281", "Voorbeeld", "ketenid.nl/2017", f"{0x7391:08x}", "kkk-")
"""What must not be told: numbers, names, ECK iDs and keys of these files."""
OTHERS = ("73917391", "82818281")


def _told(problems: Sequence[Problem]) -> None:
    assert {problem.kind.code for problem in problems} <= CATALOGUE
    told = "\n".join(map(str, problems))
    assert not [private for private in PRIVATE if private in told]


def ends_well(written: Written) -> None:
    """Whatever it holds, it is read or refused under a code of the catalogue, and nothing that is told names a leerling."""
    try:
        exports = read_export(written.content, written.name, READER)
    except CitoNumoError as error:
        _told(error.problems)
        return
    _told([problem for export in exports for problem in export.problems])
    results = to_results([(1, export) for export in exports], LEERLIJNEN, SECRET, DAY)
    assert list(results.columns) == names([*READ, *STOPPED])
    assert len(results) == sum(export.cells.num_rows for export in exports)
    assert "ketenid.nl/" not in results.to_csv()
    going_on = results[results["uitkomst"].isna()]
    needed = ["toets", "onderdeel", "afnamedatum", "toetsniveau", "functioneringsniveau"]
    assert going_on[needed].notna().all(axis=None)
    assert going_on[["leerlingnummer", "eck_id", "cito_key"]].notna().any(axis=1).all()
    assert results.loc[results["uitkomst"].notna(), "reden"].notna().all()


@quick(60)
@given(any_results(OTHERS), AS_CSV, DAMAGE)
def test_a_damaged_csv_never_ends_in_a_bug(results: list[CitoResult], shape: Shape, changes: list[Change]):
    ends_well(damaged(shape.write(results), changes, 0, inside=False))


@quick(60)
@given(any_results(OTHERS, size=3), AS_WORKBOOK, DAMAGE, PLACE, st.booleans())
def test_a_damaged_workbook_never_ends_in_a_bug(
    results: list[CitoResult], shape: Shape, changes: list[Change], member: float, inside: bool
):
    ends_well(damaged(shape.write(results), changes, member, inside=inside))


@quick(50)
@given(any_results(OTHERS), AS_UWLR, DAMAGE)
def test_a_damaged_uwlr_never_ends_in_a_bug(results: list[CitoResult], shape: Shape, changes: list[Change]):
    ends_well(damaged(shape.write(results), changes, 0, inside=False))


PARTS = re.compile(rb"<[^>]*>|[^<]+")
STRUCTURE = st.tuples(st.sampled_from(["delete", "double", "swap", "cut"]), PLACE, PLACE)


def restructured(parts: list[bytes], change: tuple[str, float, float]) -> list[bytes]:
    what, where, other = change
    one, two = sorted((int(where * len(parts)), int(other * len(parts))))
    return {
        "delete": parts[:one] + parts[one + 1 :],
        "double": parts[:two] + parts[one:two] + parts[two:],
        "swap": parts[:one] + parts[two : two + 1] + parts[one + 1 : two] + parts[one : one + 1] + parts[two + 1 :],
        "cut": parts[:one] + parts[two:],
    }[what]


@quick(50)
@given(any_results(OTHERS), AS_UWLR, st.lists(STRUCTURE, min_size=1, max_size=3))
def test_an_uwlr_of_changed_structure_never_ends_in_a_bug(results: list[CitoResult], shape: Shape, changes: list[tuple[str, float, float]]):
    written = shape.write(results)
    parts = PARTS.findall(written.content)
    for change in changes:
        parts = restructured(parts, change)
    ends_well(written._replace(content=b"".join(parts)))


CELLS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    st.sampled_from(
        ["", " ", "-", "n.v.t.", "=", '="0012"', "'0012", "12.0", "1,2E+05", "{kind}", "%s", "M5", "III", "SEF", "BSN", "ketenid.nl/1"]
    ),
)


@quick(40)
@given(st.lists(st.lists(CELLS, min_size=6, max_size=8), min_size=1, max_size=4), st.sampled_from([";", ",", "\t"]), st.booleans())
def test_odd_values_never_end_in_a_bug(rows: list[list[str]], separator: str, wide: bool):
    header = ["Leerlingnummer", "T1 Rekenen FN", "T1 toetsniveau", "T1 afnamedatum", "T1 Rekenen getallen", "T1 Rekenen domein Verbanden"]
    long = ["Leerlingnummer", "Toets", "Toetsniveau", "Onderdeel", "Afnamedatum", "FN", "Domein", "Getallen"]
    lines = [header if wide else long, *rows]
    text = "\r\n".join(separator.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells) for cells in lines)
    ends_well(Written("export.csv", text.encode(), []))


# --- a night ---------------------------------------------------------------------------------------------------------


def school(option: int) -> School:
    config = SchoolConfig(name="Demo College", brin=["99XX"], administratie="magister", terugstuuroptie=option)
    return School("demo-college", Path("demo-college"), config)


PAST = Past(empty(KEY_TABLE), 0, empty(IN_FORCE), empty(LEERPLANNEN), empty(VERVALLEN), empty(WITHDRAWN), 0)


def content_of(written: Written, folder: str, time: int) -> Content:
    name = f"inbox/{folder}/{written.name}"
    file = InboxFile(Path(name), name, len(written.content), time * 10**9, 0, 0)
    return Content(file, written.content)


def night(
    files: Sequence[Written],
    leerlingen: Sequence[str],
    *,
    option: int = 0,
    seen: Mapping[str, int] | None = None,
    times: Sequence[int] = tuple(range(1, 20)),
) -> Outcome:
    """What comes of a first night with these exports, oldest first, and a list of these leerlingen."""
    listed = Written("numo.csv", "\r\n".join(["gebruikersnaam;eck_id;klas", *(f"{each};;2A" for each in leerlingen)]).encode(), [])
    exports = [content_of(written, "cito", time) for written, time in zip(files, times, strict=False)]
    ready = Ready(exports, [content_of(listed, "numo", 1)], [])
    return work_out(school(option), ready, open_files(school(option), ready, seen or {}, RULES, has_keys=False), PAST, RULES)


GOOD = ("12341234", "23412341")
SAID = ["rij", "uitkomst", "reden", "veld", "waarde", "gebruikersnaam", "domeinen"]


def of_file(outcome: Outcome, name: str) -> list[dict[str, object]]:
    return records(outcome.results.loc[outcome.results["bestand"].astype("str") == name, SAID])


def leerplannen_of(outcome: Outcome, leerlingen: Sequence[str]) -> list[str]:
    """The lines of the leerplannen of these leerlingen, as they are delivered."""
    delivered = b"".join(leerplannen_json(school(0), outcome.changes)).decode().splitlines()
    return [line.rstrip(",") for line in delivered if any(f'"gebruikersnaam":"{each}"' in line for each in leerlingen)]


@quick(10)
@given(any_results(GOOD, keys=False), SHAPES, any_results(OTHERS, keys=False), SHAPES, DAMAGE, PLACE, st.booleans(), OPTIONS)
def test_a_damaged_file_changes_nothing_for_the_leerlingen_of_another(
    good: list[CitoResult],
    shape: Shape,
    others: list[CitoResult],
    other_shape: Shape,
    changes: list[Change],
    member: float,
    inside: bool,
    option: int,
):
    file = shape.write(good, "good")
    beside = damaged(other_shape.write(others, "damaged"), changes, member, inside=inside)
    alone = night([file], [*GOOD, *OTHERS], option=option)
    both = night([file, beside], [*GOOD, *OTHERS], option=option)
    assert of_file(both, file.name) == of_file(alone, file.name)
    assert leerplannen_of(both, GOOD) == leerplannen_of(alone, GOOD)
    assert both.results["uitkomst"].notna().all()
    assert both.counts["read"] == len(both.results) == sum(both.counts[uitkomst] for uitkomst in Uitkomst)
    assert "file-stumbled" not in {problem.kind.code for problem in both.problems}
    _told([*both.problems, *both.holds])
    assert b"ketenid.nl" not in b"".join(niet_geleverd_csv(both.results, school(option)))


# --- what goes out of domeinen ---------------------------------------------------------------------------------------


def relatief(level: str, toetsniveau: str) -> int:
    """By the rules: rungs between the nearest ends of two levels, at most two."""
    (low, *_), (*_, high) = ([LADDER.index(rung) for rung in level.split("/")] for _ in range(2))
    (toets_low, *_), (*_, toets_high) = ([LADDER.index(rung) for rung in toetsniveau.split("/")] for _ in range(2))
    return min(low - toets_high, 2) if low > toets_high else max(high - toets_low, -2) if high < toets_low else 0


def ordered(domeinen: Mapping[str, str], toetsniveau: str, option: int) -> list[dict[str, object]]:
    """The domeinen that may be passed on, as a leerplan shows them."""
    order = sorted(
        (relatief(level, toetsniveau), LADDER.index(level.split("/", maxsplit=1)[0]), name, level) for name, level in domeinen.items()
    )
    passed = [(distance, name, level) for distance, _rung, name, level in order if distance <= option]
    return [
        {"domein": name, "functioneringsniveau": level, "relatief": distance, "prioriteit": number}
        for number, (distance, name, level) in enumerate(passed, 1)
    ]


@quick(17)
@given(any_results(GOOD, keys=False), SHAPES, OPTIONS)
def test_the_domeinen_that_go_out_are_those_up_to_the_terugstuuroptie_in_order(results: list[CitoResult], shape: Shape, option: int):
    outcome = night([shape.write(results)], GOOD, option=option)
    counting: dict[tuple[str, str], CitoResult] = {}
    for each in sorted(results, key=lambda each: (each.day, each.toets)):
        same = [
            other
            for other in results
            if (other.leerlingnummer, other.toets, other.onderdeel) == (each.leerlingnummer, each.toets, each.onderdeel)
        ]
        if max(other.day for other in same) == each.day and relatief(each.functioneringsniveau, each.toetsniveau) <= option:
            counting[each.leerlingnummer, each.onderdeel] = each
    delivered = {
        (plan["gebruikersnaam"], onderdeel["onderdeel"]): onderdeel["domeinen"]
        for plan in json.loads(b"".join(leerplannen_json(school(option), outcome.changes)))["leerplannen"]
        for onderdeel in plan["onderdelen"]
    }
    assert delivered == {key: ordered(each.domeinen, each.toetsniveau, option) for key, each in counting.items()}


# --- the order of files ----------------------------------------------------------------------------------------------


@quick(10)
@given(st.lists(st.tuples(any_results(GOOD, keys=False), SHAPES), min_size=2, max_size=4), OPTIONS, CHANCE)
def test_the_same_files_under_other_names_and_times_give_the_same_bytes_where_their_order_is_known(
    tables: list[tuple[list[CitoResult], Shape]], option: int, chance: Random
):
    files = [shape.write(results, f"export-{number}") for number, (results, shape) in enumerate(tables)]
    seen = {hashlib.sha256(file.content).hexdigest(): number for number, file in enumerate(files, 1)}
    renamed = [
        file._replace(name=f"{letter}.{file.name.rpartition('.')[2]}")
        for file, letter in zip(files, chance.sample("abcd", len(files)), strict=True)
    ]
    chance.shuffle(renamed)
    one = night(files, GOOD, option=option, seen=seen)
    other = night(renamed, GOOD, option=option, seen=seen, times=chance.sample(range(1, 20), len(files)))
    for write in (
        lambda outcome: b"".join(leerplannen_json(school(option), outcome.changes)),
        lambda outcome: b"".join(leerplannen_csv(outcome.changes, Csv())),
    ):
        assert write(one) == write(other)
    assert one.counts == other.counts
