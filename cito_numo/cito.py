"""Cito exports → the table of results.

`read_export` takes the bytes of one file and keeps, as text, only the columns that a result needs. `to_results` parses the files of a
night together into one table (columns `tables.READ` and `tables.STOPPED`) and stops there what cannot be read or is of another
schooljaar. A value that is not understood makes its row `ongeldig`; it is never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.errors import FILE_NO_LAYOUT, stop
from cito_numo.layouts import REQUIRED, Columns, Layout, Leerlijnen, shown_headers
from cito_numo.niveaus import NIVEAU_DTYPE, parse_niveau
from cito_numo.privacy import Secret
from cito_numo.schooljaar import schooljaar_of
from cito_numo.sheets import ROW, WHOLE, Sheet, open_sheets
from cito_numo.tables import KEYS, READ, REDEN_DTYPE, STOPPED, UITKOMST_DTYPE, empty, names, stop_rows
from cito_numo.uitkomst import Reden, Uitkomst
from cito_numo.values import (
    clean_ids,
    parse_date,
    parsed_categories,
    present,
    rounded_by_excel,
    toets_name,
    trimmed,
    without_eck_ids,
)

_IDS = ("leerlingnummer", "cito_key")


@dataclass(frozen=True)
class Export:
    """One file as it was read: text columns of its layout, and how it was recognised."""

    name: str
    layout: Layout
    detected: Mapping[str, str]
    cells: pa.Table


def read_export(content: bytes, name: str, layouts: Sequence[Layout]) -> Export:
    """Read one file with the layout that its headers fit.

    Raises CitoNumoError where none fits, and says what the nearest one misses.
    """
    sheets = open_sheets(content, name)
    for sheet in sheets:
        for layout in layouts:
            if not layout.missing(sheet.header):
                return _read(sheet, layout, name)
    nearest, sheet = min(((layout, sheet) for layout in layouts for sheet in sheets), key=lambda pair: len(pair[0].missing(pair[1].header)))
    missing = ", ".join(nearest.missing(sheet.header))
    raise stop(FILE_NO_LAYOUT, name, headers=shown_headers(sheet.header), layout=nearest.name, missing=missing)


def _read(sheet: Sheet, layout: Layout, name: str) -> Export:
    columns = layout.columns_of(sheet.header, name)
    return Export(name, layout, {**sheet.detected, "layout": layout.name}, sheet.read(columns))


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
    joined = pd.concat(parts, ignore_index=True).sort_values(["volgorde", "bestand", "rij"], ignore_index=True)
    categories = [name for name in joined.columns if parts[0][name].dtype == "category"]
    return joined.astype({name: "category" for name in categories if joined[name].dtype != "category"})


def _parsed(exports: Sequence[tuple[int, Export]], leerlijnen: Leerlijnen, secret: Secret, day: date) -> pd.DataFrame:
    cells = _joined(exports)
    absent = exports[0][1].layout.absent
    raw = {name: trimmed(cells[name]) for name in Columns.model_fields}
    misplaced = {name: without_eck_ids(column) for name, column in raw.items() if name != "eck_id"}
    raw |= {name: column for name, (column, _holds) in misplaced.items()}
    said = {name: present(column, absent) for name, column in raw.items()}
    ids, repaired = zip(*(clean_ids(said[name]) for name in _IDS), strict=True)
    leerlingnummer, cito_key = ids
    dates = {text: parse_date(text) for text in said["afnamedatum"].unique().drop_null().to_pylist()}
    schooljaren = {text: schooljaar_of(taken) for text, taken in dates.items() if taken}

    results = pd.DataFrame(
        {
            "bestand": cells["bestand"].to_pandas(),
            "volgorde": cells["volgorde"].to_pandas(),
            "rij": cells[ROW].to_pandas(),
            "hersteld": pc.or_(*repaired).to_pandas(),
            "leerlingnummer": leerlingnummer.to_pandas().astype("str"),
            "eck_id": secret.hash_column(said["eck_id"]).to_pandas().astype("str"),
            "cito_key": cito_key.to_pandas().astype("str"),
            "klas": clean_ids(said["klas"])[0].to_pandas().astype("str"),
            "toets": parsed_categories(said["toets"], toets_name),
            "onderdeel": parsed_categories(said["onderdeel"], leerlijnen.onderdeel),
            "afnamedatum": _dates(said["afnamedatum"], dates),
            "schooljaar": parsed_categories(said["afnamedatum"], schooljaren.get),
            "toetsniveau": parsed_categories(said["toetsniveau"], _label, NIVEAU_DTYPE),
            "toetsniveau_tekst": parsed_categories(raw["toetsniveau"], str),
            "functioneringsniveau": parsed_categories(said["functioneringsniveau"], _label, NIVEAU_DTYPE),
            "functioneringsniveau_tekst": parsed_categories(raw["functioneringsniveau"], str),
        }
    )
    assert list(results.columns) == names(READ)
    results["uitkomst"] = pd.Series(pd.NA, index=results.index, dtype=UITKOMST_DTYPE)
    results["reden"] = pd.Series(pd.NA, index=results.index, dtype=REDEN_DTYPE)
    results["veld"] = pd.Series(pd.NA, index=results.index, dtype=pd.CategoricalDtype([*Columns.model_fields]))
    results["waarde"] = pd.Series(pd.NA, index=results.index, dtype="str")

    results = stop_rows(results, ~cells[WHOLE].to_pandas(), Uitkomst.ONGELDIG, Reden.RIJ_ONLEESBAAR)
    for name, (_column, holds) in misplaced.items():
        results = stop_rows(results, holds.to_pandas(), Uitkomst.ONGELDIG, Reden.ECK_ID_IN_ANDER_VELD, name)
    for name in _IDS:
        rounded = rounded_by_excel(said[name]).to_pandas()
        results = stop_rows(results, rounded, Uitkomst.ONGELDIG, Reden.VELD_ONLEESBAAR, name, results[name])
    no_key = results[list(KEYS)].isna().all(axis=1)
    results = stop_rows(results, no_key, Uitkomst.ONGELDIG, Reden.SLEUTEL_ONTBREEKT)
    for name in REQUIRED:
        nothing = said[name].is_null().to_pandas()
        if nothing.any():
            results = stop_rows(results, nothing, Uitkomst.ONGELDIG, Reden.VELD_ONTBREEKT, name, _texts(raw[name]))
        unreadable = results[name].isna()
        if unreadable.any():
            results = stop_rows(results, unreadable, Uitkomst.ONGELDIG, Reden.VELD_ONLEESBAAR, name, _texts(raw[name]))
    later = results["afnamedatum"] > pd.Timestamp(day)
    if later.any():
        results = stop_rows(results, later, Uitkomst.ONGELDIG, Reden.DATUM_IN_TOEKOMST, "afnamedatum", _texts(raw["afnamedatum"]))
    other = results["schooljaar"] != schooljaar_of(day)
    return stop_rows(results, other, Uitkomst.VORIG_SCHOOLJAAR, Reden.ANDER_SCHOOLJAAR)


def _joined(exports: Sequence[tuple[int, Export]]) -> dict[str, pa.Array]:
    """The cells of files of one layout below each other, in contiguous columns, with the file's name and order."""
    parts = []
    bestanden = pa.array([export.name for _volgorde, export in exports])
    for position, (volgorde, export) in enumerate(exports):
        size = export.cells.num_rows
        columns = {
            name: export.cells[name] if name in export.cells.column_names else pa.nulls(size, pa.string()) for name in Columns.model_fields
        }
        bestand = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(position, pa.int32()), size), bestanden)
        columns |= {ROW: export.cells[ROW], WHOLE: export.cells[WHOLE], "bestand": bestand, "volgorde": pa.repeat(volgorde, size)}
        parts.append(pa.table(columns))
    table = pa.concat_tables(parts)
    return {name: table[name].combine_chunks() for name in table.column_names}


def _label(text: str) -> str | None:
    niveau = parse_niveau(text)
    return niveau.label if niveau else None


def _dates(column: pa.Array, dates: Mapping[str, date | None]) -> pd.Series:
    days = parsed_categories(column, lambda text: str(dates[text]) if dates[text] else None)
    moments = np.array([*days.cat.categories, "NaT"], dtype="datetime64[s]")
    return pd.Series(moments[days.cat.codes])  # a missing day has code -1: the last one


def _texts(column: pa.Array) -> pd.Series:
    return pd.Series(column.to_pandas(), dtype="str")
