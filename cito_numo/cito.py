"""Cito exports → the table of results.

`read_export` takes the bytes of one file and keeps, as text, only the columns that a result needs. `to_results` parses the files of a
night together into one table (columns `tables.READ` and `tables.STOPPED`) and stops there what cannot be read or is of another
schooljaar. A value that is not understood makes its row `ongeldig`; it is never guessed.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.domeinen import as_text
from cito_numo.errors import (
    COLUMNS_LEFT,
    DOMEINEN_UNREAD,
    FILE_BSN,
    FILE_KIND,
    FILE_NO_LAYOUT,
    FILE_TWO_LAYOUTS,
    REFUSED_COLUMNS,
    SHEET_LEFT,
    Problem,
    stop,
)
from cito_numo.language import _
from cito_numo.layouts import REQUIRED, Code, Columns, Layout, shown_headers
from cito_numo.leerlijnen import Leerlijnen
from cito_numo.niveaus import NIVEAU_DTYPE
from cito_numo.privacy import Secret
from cito_numo.refused import are_bsn, refused_kind
from cito_numo.schooljaar import schooljaar_of
from cito_numo.sheets import ROW, SUFFIXES, WHOLE, Row, Sheet, open_sheets
from cito_numo.tables import KEYS, READ, REDEN_DTYPE, STOPPED, UITKOMST_DTYPE, empty, names, stop_rows
from cito_numo.uitkomst import Reden, Uitkomst
from cito_numo.uwlr import read_uwlr
from cito_numo.values import (
    clean_ids,
    encoded,
    is_nothing,
    on_distinct,
    parse_date,
    parsed_categories,
    plain,
    present,
    rounded_by_excel,
    row_by_row,
    toets_name,
    trimmed,
    without_eck_ids,
)
from cito_numo.wide import DOMEIN, find_groups, melt, put

_XML = ".xml"
_IDS = ("leerlingnummer", "cito_key")
_LEVELS = ("toetsniveau", "functioneringsniveau")
_NAMES = ("toets", "onderdeel", "domein")
"""The fields that may name an instrument that is refused."""
_AN_ID = re.compile(r"\S*\d\S*")
_LONG_NUMBER = r"\d{6}"
_NEARLY = 2
"""A sheet that misses at most so many columns of a layout was probably meant to be read."""


@dataclass(frozen=True)
class Export:
    """One file (or sheet of a workbook) as it was read: text columns, and how it was recognised."""

    name: str
    layout: Layout
    detected: Mapping[str, str]
    cells: pa.Table
    made: str = ""
    """When the file says it was made, as it says it."""
    problems: Sequence[Problem] = ()
    unread_domeinen: int = 0
    """Rows that name a domein that is not known, or give it two levels."""


class _Miss(NamedTuple):
    """How a sheet fails to fit the nearest layout."""

    missing: Sequence[str]
    layout: Layout
    headers: str
    """As a message may show them."""


@dataclass(frozen=True)
class Reader:
    """What an export is read with; `brin` and `leerlingid` are the school's."""

    layouts: Sequence[Layout]
    leerlijnen: Leerlijnen
    brin: Sequence[str] = ()
    """Only files of these schools, where a file says of which it is; empty: of any."""
    leerlingid: str = "leerlingnummer"
    """Which key the leerlingid of UWLR is: leerlingnummer or cito_key."""


def read_export(content: bytes, name: str, reader: Reader) -> list[Export]:
    """Read one file, each sheet with the one layout that its headers fit.

    Raises CitoNumoError where none fits, and says what the nearest one misses; where two fit; for a file of another kind or school.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix == _XML:
        return [_read_xml(content, name, reader)]
    if suffix not in SUFFIXES:
        raise stop(FILE_KIND, name, suffix=suffix or _("without a suffix"), expected=", ".join((*SUFFIXES, _XML)))
    sheets = open_sheets(content, name)
    tables = [layout for layout in reader.layouts if layout.shape != "uwlr"]
    found: list[Export] = []
    near: list[Problem] = []
    misses: list[_Miss] = []
    for sheet in sheets:
        header, fitting = _header(sheet, tables)
        if len(fitting) > 1:
            fit = ", ".join(layout.name for layout in fitting)
            raise stop(FILE_TWO_LAYOUTS, name, layouts=fit, headers=shown_headers(header.cells, (), known=True))
        if fitting:
            found.append(_read(sheet, header, fitting[0], reader.leerlijnen, name))
            if "sheet" not in sheet.detected:
                break  # a text, read with the likeliest separator
            continue
        miss = _nearest(sheet, tables)
        misses.append(miss)
        if "sheet" in sheet.detected and len(miss.missing) <= _NEARLY:
            near.append(Problem(SHEET_LEFT, name, {"sheet": sheet.number, "layout": miss.layout.name, "missing": ", ".join(miss.missing)}))
    if not found:
        miss = min(misses, key=lambda missed: len(missed.missing))
        raise stop(FILE_NO_LAYOUT, name, headers=miss.headers, layout=miss.layout.name, missing=", ".join(miss.missing))
    found[0] = replace(found[0], problems=[*found[0].problems, *near])
    if len(found) > 1:
        found = [replace(export, name=_("{file}, blad {sheet}").format(file=name, sheet=export.detected["sheet"])) for export in found]
    return found


def _nearest(sheet: Sheet, layouts: Sequence[Layout]) -> _Miss:
    """The row and layout that miss least; of rows of which nothing is known the one with most cells."""

    def order(candidate: tuple[list[str], Layout, Row]) -> tuple[int, int]:
        missing, _layout, row = candidate
        return len(missing), -sum(bool(title.strip()) for title in row.cells)

    missing, layout, row = min(((layout.missing(row.cells), layout, row) for row in sheet.top for layout in layouts), key=order)
    below = [other.cells for other in sheet.top if other.number > row.number]
    return _Miss(missing, layout, shown_headers(row.cells, below, known=len(missing) <= len(REQUIRED)))


def _header(sheet: Sheet, layouts: Sequence[Layout]) -> tuple[Row, list[Layout]]:
    """The first row that is the header of a layout, without what is refused, and the layouts that it fits."""
    for row in sheet.top:
        cleared = Row(row.number, tuple("" if refused_kind(title) else title for title in row.cells))
        fitting = [layout for layout in layouts if not layout.missing(cleared.cells)]
        if fitting:
            return row, fitting
    return sheet.top[0], []


def _read(sheet: Sheet, header: Row, layout: Layout, leerlijnen: Leerlijnen, name: str) -> Export:
    kinds = [refused_kind(title) for title in header.cells]
    titles = ["" if kind else title for kind, title in zip(kinds, header.cells, strict=True)]
    problems = []
    unread = 0
    if any(kinds):
        problems.append(Problem(REFUSED_COLUMNS, name, {"kinds": ", ".join(sorted({kind for kind in kinds if kind}))}))
    columns = layout.columns_of(titles, name)
    if layout.shape == "wide":
        groups, left = find_groups(titles, layout, leerlijnen, name)
        problems += [Problem(COLUMNS_LEFT, name, {"headers": ", ".join(left)})] if left else []
        of_groups = {str(position) for group in groups for position in group.positions}
        positions = sorted({*map(int, of_groups), *columns.values()})
        cells = sheet.read(header, {str(position): position for position in positions})
        cells, closing = _without_closing_rows(
            cells, [str(columns[key]) for key in KEYS if key in columns], of_groups, str(columns.get("klas", ""))
        )
        cells = melt(cells, groups, columns, layout.absent)
    else:
        for position, title in enumerate(titles):
            domein = _domein_of(title, layout)
            if domein is not None and position not in columns.values():
                put(columns, f"{DOMEIN}{domein}", position, name)
        cells = sheet.read(header, columns)
        cells, closing = _without_closing_rows(cells, [key for key in KEYS if key in columns], REQUIRED, "klas")
        cells, unread = _folded(_meant_by_codes(cells, layout), layout, leerlijnen)
    for key in _IDS:
        if key in cells.column_names and are_bsn(trimmed(encoded(cells[key]).dictionary)):
            raise stop(FILE_BSN, name, column=key)
    detected = {**sheet.detected, "layout": layout.name, "header": str(header.number)}
    detected |= {"rows_below": str(closing)} if closing else {}
    return Export(name, layout, detected, cells, problems=problems, unread_domeinen=unread)


def _read_xml(content: bytes, name: str, reader: Reader) -> Export:
    layouts = [layout for layout in reader.layouts if layout.shape == "uwlr"]
    if not layouts:
        raise stop(FILE_NO_LAYOUT, name, headers="UWLR", layout="uwlr", missing="shape: uwlr")
    if len(layouts) > 1:
        raise stop(FILE_TWO_LAYOUTS, name, layouts=", ".join(layout.name for layout in layouts), headers="UWLR")
    (layout,) = layouts
    file = read_uwlr(content, name, layout, reader.leerlijnen, brin=reader.brin, leerlingid=reader.leerlingid)
    cells, unread = _folded(file.cells, layout, reader.leerlijnen)
    if reader.leerlingid in cells.column_names and are_bsn(encoded(cells[reader.leerlingid]).dictionary):
        raise stop(FILE_BSN, name, column="leerlingid")
    return Export(name, layout, {**file.detected, "layout": layout.name}, cells, file.made, unread_domeinen=unread)


def _domein_of(title: str, layout: Layout) -> str | None:
    return layout.domein(title) or layout.domein(title.strip().casefold().removeprefix("domein"))


def _without_closing_rows(cells: pa.Table, keys: Sequence[str], results: Iterable[str], klas: str) -> tuple[pa.Table, int]:
    """The rows without those at the end that close an export (a total, a date of printing), and how many those were.

    Such a row has nothing in the columns of a result, and its first key and its klas are none: words, or without digits. Cells of rows that
    are not whole are null from here on.
    """
    closing = 0
    for number in range(cells.num_rows - 1, -1, -1):
        row = {name: (cells[name][number].as_py() or "").strip() for name in (*keys, *results, klas) if name in cells.column_names}
        begin = next((row[key] for key in keys if row[key]), "")
        filled = any(row.get(name) for name in results) or _AN_ID.fullmatch(row.get(klas, ""))
        known = all(cells[name][number].as_py() is not None for name in row)
        if filled or not known or (_AN_ID.fullmatch(begin) and parse_date(begin) is None):
            break
        closing += 1
    cells = cells.slice(0, cells.num_rows - closing)
    if not pc.all(cells[WHOLE]).as_py():
        for position, name in enumerate(cells.column_names):
            if name not in (ROW, WHOLE):
                text = pc.if_else(cells[WHOLE], plain(cells[name]), pa.scalar(None, pa.string()))
                cells = cells.set_column(position, name, encoded(text))
    return cells, closing


def _meant_by_codes(cells: pa.Table, layout: Layout) -> pa.Table:
    """The rows with what their codes stand for: the toets, and the onderdeel, toetsniveau and domein where their cell says nothing."""
    if not layout.toetsen and not layout.toetsonderdelen:
        return cells

    def said(name: str) -> pa.Array:
        column = plain(cells[name]) if name in cells.column_names else pa.nulls(cells.num_rows, pa.string())
        return present(trimmed(column), layout.absent)

    def meant(column: str, code: Callable[[str], Code], name: str) -> pa.Array:
        texts = encoded(said(column))
        return pa.array([getattr(code(text), name) for text in texts.dictionary.to_pylist()], pa.string()).take(texts.indices)

    columns = {}
    for name in ("toets", "onderdeel", "toetsniveau", "domein"):
        of_part, of_toets = meant("onderdeel", layout.onderdeelcode, name), meant("toets", layout.code, name)
        own = said(name)
        # A code stands in its own cell: what it means comes first there. Elsewhere what the cell says comes first.
        order = {"toets": (of_part, of_toets, own), "onderdeel": (of_part, own, of_toets)}.get(name, (own, of_part, of_toets))
        columns[name] = encoded(pc.coalesce(*order))
    kept = {name: cells[name] for name in cells.column_names}
    return pa.table({**kept, **columns})


def _folded(cells: pa.Table, layout: Layout, leerlijnen: Leerlijnen) -> tuple[pa.Table, int]:
    """The rows that are the level of a domein put into columns of the result that they belong to.

    Also how many levels of these could not be: of a domein that is not known, or two that differ. A row that belongs to no result, or is of
    an instrument that is refused, stays, with its `domein`.
    """
    if "domein" not in cells.column_names:
        return cells, 0
    said = present(trimmed(plain(cells["domein"])), [*layout.absent, "totaal", "geheel"])
    if said.null_count == len(said):
        return cells.drop_columns(["domein"]), 0
    forms = [*layout.dates, "jjjj-mm-dd"]
    meant: Mapping[str, Callable[[str], object]] = {
        "toets": lambda text: layout.code(text).toets or toets_name(text),
        "onderdeel": lambda text: leerlijnen.onderdeel(text) or text,
        "afnamedatum": lambda text: parse_date(text, forms) or text,
    }
    same = pd.DataFrame({name: trimmed(plain(cells[name])).to_pandas() for name in (*KEYS, *meant) if name in cells.column_names})
    same = same.fillna("").assign(**{name: same[name].map(meaning, na_action="ignore") for name, meaning in meant.items() if name in same})
    has_key = (same[[key for key in KEYS if key in same]] != "").any(axis=1) & cells[WHOLE].to_pandas()
    table = pd.DataFrame(
        {
            "result": same.astype("str").groupby([*same.columns]).ngroup(),
            "domein": said.to_pandas(),
            "fn": plain(cells["functioneringsniveau"]).to_pandas(),
        }
    )
    of_domein = table["domein"].notna() & ~table["domein"].map(refused_kind, na_action="ignore").notna()
    results = table.loc[has_key & table["domein"].isna(), "result"]
    rows = table[of_domein & has_key & table["result"].isin(results)]
    rows = rows.assign(domein=rows["domein"].map(layout.domein))
    unread = int(rows["domein"].isna().sum())
    for domein, levels in rows.dropna(subset="domein").groupby("domein"):
        one = levels.drop_duplicates(["result", "fn"]).drop_duplicates("result", keep=False).set_index("result")["fn"]
        unread += levels["result"].nunique() - len(one)
        column = pa.array(table["result"].map(one).astype("str"), from_pandas=True).cast(pa.string())
        name = f"{DOMEIN}{domein}"
        if name in cells.column_names:
            column = pc.coalesce(present(trimmed(plain(cells[name])), layout.absent), column)
            cells = cells.drop_columns([name])
        cells = cells.append_column(name, encoded(column))
    cells = cells.set_column(cells.schema.get_field_index("domein"), "domein", encoded(said))
    return cells.filter(pa.array(~table.index.isin(rows.index))), unread


def to_results(exports: Sequence[tuple[int, Export]], leerlijnen: Leerlijnen, secret: Secret, day: date) -> pd.DataFrame:
    """The results of all files, each given with its order, in the order of the files and their rows.

    `day` is the night's: a later afnamedatum is `ongeldig`, another schooljaar than that day's is `vorig_schooljaar`.
    """
    by_layout: dict[str, list[tuple[int, Export]]] = {}
    for volgorde, export in sorted(exports, key=lambda numbered: (numbered[0], numbered[1].name)):
        by_layout.setdefault(export.layout.name, []).append((volgorde, export))
    if not by_layout:
        return empty((*READ, *STOPPED))
    parts = [_parsed(members, leerlijnen, secret, day) for members in by_layout.values()]
    if len(parts) == 1:
        return parts[0]
    joined = pd.concat(parts, ignore_index=True).sort_values(["volgorde", "bestand", "rij"], kind="stable", ignore_index=True)
    categories = [name for name in joined.columns if parts[0][name].dtype == "category"]
    return joined.astype({name: "category" for name in categories if joined[name].dtype != "category"})


def domeinen_unread(exports: Sequence[Export]) -> list[Problem]:
    """Of each file, how many levels of a domein cannot be read: those are left out, and their results stay."""
    problems = []
    for export in exports:
        count = export.unread_domeinen
        for name in export.cells.column_names:
            if name.startswith(DOMEIN):
                column = present(trimmed(plain(export.cells[name])), export.layout.absent)
                unreadable = [text for text in pc.unique(column).drop_null().to_pylist() if export.layout.niveau(text) is None]
                count += pc.sum(pc.is_in(column, pa.array(unreadable, pa.string()))).as_py() or 0
        problems += [Problem(DOMEINEN_UNREAD, export.name, {"count": count})] if count else []
    return problems


def _parsed(exports: Sequence[tuple[int, Export]], leerlijnen: Leerlijnen, secret: Secret, day: date) -> pd.DataFrame:
    cells = _joined(exports)
    layout = exports[0][1].layout
    raw = {name: on_distinct(cells[name], trimmed) for name in Columns.model_fields}
    misplaced = {name: without_eck_ids(column.dictionary) for name, column in raw.items() if name != "eck_id"}
    in_wrong_field = {name: row_by_row(raw[name], holds) for name, (_texts, holds) in misplaced.items()}
    raw |= {name: pa.DictionaryArray.from_arrays(raw[name].indices, texts) for name, (texts, _holds) in misplaced.items()}
    refused = _refused(raw)
    if refused.null_count < len(refused):
        raw |= {name: _without(raw[name], refused.is_valid()) for name in (*_LEVELS, *_NAMES)}
    said = {name: on_distinct(column, partial(present, absent=layout.absent)) for name, column in raw.items()}
    ids = {name: clean_ids(said[name].dictionary) for name in (*_IDS, "klas")}
    cleaned = {name: pa.DictionaryArray.from_arrays(said[name].indices, texts) for name, (texts, _repaired) in ids.items()}
    forms = [*layout.dates, "jjjj-mm-dd"]
    dates = {text: parse_date(text, forms) for text in said["afnamedatum"].dictionary.drop_null().to_pylist()}
    schooljaren = {text: schooljaar_of(taken) for text, taken in dates.items() if taken}

    results = pd.DataFrame(
        {
            "bestand": cells["bestand"].to_pandas(),
            "volgorde": cells["volgorde"].to_pandas(),
            "rij": cells[ROW].to_pandas(),
            "hersteld": row_by_row(said["leerlingnummer"], ids["leerlingnummer"][1]) | row_by_row(said["cito_key"], ids["cito_key"][1]),
            "leerlingnummer": _strings(cleaned["leerlingnummer"]),
            "eck_id": _strings(on_distinct(said["eck_id"], secret.hash_column)),
            "cito_key": _strings(cleaned["cito_key"]),
            "klas": _strings(on_distinct(cleaned["klas"], _klas)),
            "toets": parsed_categories(said["toets"], toets_name),
            "onderdeel": parsed_categories(said["onderdeel"], leerlijnen.onderdeel),
            "afnamedatum": _dates(said["afnamedatum"], dates),
            "schooljaar": parsed_categories(said["afnamedatum"], schooljaren.get),
            "toetsniveau": parsed_categories(said["toetsniveau"], layout.niveau, NIVEAU_DTYPE),
            "toetsniveau_tekst": parsed_categories(raw["toetsniveau"], str),
            "functioneringsniveau": parsed_categories(said["functioneringsniveau"], layout.niveau, NIVEAU_DTYPE),
            "functioneringsniveau_tekst": parsed_categories(raw["functioneringsniveau"], str),
            "domeinen": _domeinen(cells, layout, refused),
        }
    )
    assert list(results.columns) == names(READ)
    results["uitkomst"] = pd.Series(pd.NA, index=results.index, dtype=UITKOMST_DTYPE)
    results["reden"] = pd.Series(pd.NA, index=results.index, dtype=REDEN_DTYPE)
    results["veld"] = pd.Series(pd.NA, index=results.index, dtype=pd.CategoricalDtype([*Columns.model_fields]))
    results["waarde"] = pd.Series(pd.NA, index=results.index, dtype="str")

    stopped = partial(stop_rows, uitkomst=Uitkomst.ONGELDIG)
    results = stopped(results, ~cells[WHOLE].to_pandas(), reden=Reden.RIJ_ONLEESBAAR)
    if refused.null_count < len(refused):
        results = stopped(results, refused.is_valid().to_pandas(), reden=Reden.GEWEIGERD, waarde=_strings(encoded(refused)))
    for name, holds in in_wrong_field.items():
        results = stopped(results, holds, reden=Reden.ECK_ID_IN_ANDER_VELD, veld=name)
    results = stopped(results, ~is_nothing(said["domein"]), reden=Reden.DOMEIN_ALLEEN, veld="domein", waarde=_strings(said["domein"]))
    for name in _IDS:
        rounded = row_by_row(said[name], rounded_by_excel(said[name].dictionary))
        results = stopped(results, rounded, reden=Reden.VELD_ONLEESBAAR, veld=name, waarde=results[name])
    no_key = results[list(KEYS)].isna().all(axis=1)
    results = stopped(results, no_key, reden=Reden.SLEUTEL_ONTBREEKT)
    for name in REQUIRED:
        nothing = is_nothing(said[name])
        if nothing.any():
            results = stopped(results, nothing, reden=Reden.VELD_ONTBREEKT, veld=name, waarde=_strings(raw[name]))
        unreadable = results[name].isna()
        if unreadable.any():
            results = stopped(results, unreadable, reden=Reden.VELD_ONLEESBAAR, veld=name, waarde=_strings(raw[name]))
    later = results["afnamedatum"] > pd.Timestamp(day)
    if later.any():
        results = stopped(results, later, reden=Reden.DATUM_IN_TOEKOMST, veld="afnamedatum", waarde=_strings(raw["afnamedatum"]))
    other = results["schooljaar"] != schooljaar_of(day)
    return stop_rows(results, other, Uitkomst.VORIG_SCHOOLJAAR, Reden.ANDER_SCHOOLJAAR)


def _joined(exports: Sequence[tuple[int, Export]]) -> dict[str, pa.Array]:
    """The cells of files of one layout below each other, in contiguous columns, with the file's name and order."""
    parts = []
    bestanden = pa.array([export.name for _volgorde, export in exports])
    domeinen = sorted({name for _volgorde, export in exports for name in export.cells.column_names if name.startswith(DOMEIN)})
    for position, (volgorde, export) in enumerate(exports):
        size = export.cells.num_rows
        columns = {
            name: encoded(export.cells[name] if name in export.cells.column_names else pa.nulls(size, pa.string()))
            for name in (*Columns.model_fields, *domeinen)
        }
        bestand = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(position, pa.int32()), size), bestanden)
        columns |= {ROW: export.cells[ROW], WHOLE: export.cells[WHOLE], "bestand": bestand, "volgorde": pa.repeat(volgorde, size)}
        parts.append(pa.table(columns))
    table = pa.concat_tables(parts).unify_dictionaries()
    return {name: table[name].combine_chunks() for name in table.column_names}


def _refused(raw: Mapping[str, pa.DictionaryArray]) -> pa.Array:
    """The kind of instrument of each row that is refused; null for all others."""
    kinds = []
    for name in _NAMES:
        meant = [refused_kind(text or "") for text in raw[name].dictionary.to_pylist()]
        if any(meant):
            kinds.append(pa.array(meant, pa.string()).take(raw[name].indices))
    return pc.coalesce(*kinds) if kinds else pa.nulls(len(raw["toets"]), pa.string())


def _without(column: pa.DictionaryArray, where: pa.Array) -> pa.DictionaryArray:
    """The column with nothing in these rows, and without the texts that only they had."""
    return encoded(pc.if_else(where, pa.scalar(None, pa.string()), plain(column)))


def _domeinen(cells: Mapping[str, pa.Array], layout: Layout, refused: pa.Array) -> pd.Series:
    levels = {}
    for name in cells:
        if name.startswith(DOMEIN):
            said = present(trimmed(cells[name].dictionary), layout.absent)
            labels = pa.array([layout.niveau(text) if text is not None else None for text in said.to_pylist()], pa.string())
            of_rows = labels.take(cells[name].indices)
            levels[name.removeprefix(DOMEIN)] = pc.if_else(refused.is_valid(), pa.scalar(None, pa.string()), of_rows)
    texts = as_text(levels) if levels else pa.nulls(len(refused), pa.string())
    return parsed_categories(texts, str)


def _klas(column: pa.Array) -> pa.Array:
    """The names of klassen, without long numbers: these are some pupil's."""
    return pc.if_else(pc.fill_null(pc.match_substring_regex(column, _LONG_NUMBER), False), pa.scalar(None, pa.string()), column)


def _dates(column: pa.Array, dates: Mapping[str, date | None]) -> pd.Series:
    days = parsed_categories(column, lambda text: str(dates[text]) if dates[text] else None)
    moments = np.array([*days.cat.categories, "NaT"], dtype="datetime64[s]")
    return pd.Series(moments[days.cat.codes])  # a missing day has code -1: the last one


def _strings(column: pa.DictionaryArray) -> pd.Series:
    return pd.Series(plain(column).to_pandas(), dtype="str")
