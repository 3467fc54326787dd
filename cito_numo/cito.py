"""Cito exports → the table of results.

`to_results` parses the files of a night (`exports.read_export`) together into one table (columns `tables.READ` and `tables.STOPPED`) and
stops there what cannot be read or is of another schooljaar. A value that is not understood makes its row `ongeldig`; it is never guessed.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.categories import category
from cito_numo.domeinen import as_text
from cito_numo.exports import Export
from cito_numo.layouts import REQUIRED, Columns, Layout
from cito_numo.leerlijnen import Leerlijnen
from cito_numo.niveaus import NIVEAU_DTYPE
from cito_numo.privacy import Secret
from cito_numo.refused import refused_kind
from cito_numo.schooljaar import schooljaar_of
from cito_numo.sheets import ROW, WHOLE
from cito_numo.tables import KEYS, READ, REDEN_DTYPE, STOPPED, UITKOMST_DTYPE, empty, names, stop_rows
from cito_numo.uitkomst import Reden, Uitkomst
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
from cito_numo.wide import DOMEIN

_IDS = ("leerlingnummer", "cito_key")
_LEVELS = ("toetsniveau", "functioneringsniveau")
_NAMES = ("toets", "onderdeel", "domein")
"""The fields that may name an instrument that is refused."""
_LONG_NUMBER = r"\d{6}"
_NUMBER_IN_TOETS = re.compile(rf"{_LONG_NUMBER}|\d(?:[ .-]?\d){{8}}")
"""A number, or one of nine digits (as a BSN) with marks between them; a date has eight."""


def to_results(
    exports: list[tuple[int, Export]], leerlijnen: Leerlijnen, secret: Secret, day: date, schooljaar: str | None = None
) -> pd.DataFrame:
    """The results of all files, each given with its order, in the order of the files and their rows.

    `day` is the run's: a later afnamedatum is `ongeldig`; another `schooljaar` than this one, or that day's, is `vorig_schooljaar`. The
    list of exports is empty afterwards: large ones would fill the memory.
    """
    by_layout: dict[str, list[tuple[int, Export]]] = {}
    for volgorde, export in sorted(exports, key=lambda numbered: (numbered[0], numbered[1].name)):
        by_layout.setdefault(export.layout.name, []).append((volgorde, export))
    exports.clear()
    if not by_layout:
        return empty((*READ, *STOPPED))
    parts = [_parsed(by_layout.pop(name), leerlijnen, secret, day, schooljaar or schooljaar_of(day)) for name in list(by_layout)]
    if len(parts) == 1:
        return parts[0]
    joined = pd.concat(parts, ignore_index=True).sort_values(["volgorde", "bestand", "rij"], kind="stable", ignore_index=True)
    categories = [name for name in joined.columns if parts[0][name].dtype == "category"]
    return joined.astype({name: "category" for name in categories if joined[name].dtype != "category"})


def _parsed(exports: list[tuple[int, Export]], leerlijnen: Leerlijnen, secret: Secret, day: date, schooljaar: str) -> pd.DataFrame:
    layout = exports[0][1].layout
    cells = _joined(exports)
    exports.clear()
    eck_id = category(on_distinct(cells.pop("eck_id"), lambda texts: secret.hash_column(present(trimmed(texts), layout.absent))))
    raw = {name: on_distinct(cells[name], trimmed) for name in Columns.model_fields if name != "eck_id"}
    misplaced = {name: without_eck_ids(column.dictionary) for name, column in raw.items()}
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
            "bestand": category(cells["bestand"]),
            "volgorde": cells["volgorde"].to_pandas(),
            "rij": cells[ROW].to_pandas(),
            "hersteld": row_by_row(said["leerlingnummer"], ids["leerlingnummer"][1]) | row_by_row(said["cito_key"], ids["cito_key"][1]),
            "leerlingnummer": category(cleaned["leerlingnummer"]),
            "eck_id": eck_id,
            "cito_key": category(cleaned["cito_key"]),
            "klas": category(on_distinct(cleaned["klas"], _klas)),
            "toets": parsed_categories(said["toets"], _toets),
            "onderdeel": parsed_categories(said["onderdeel"], leerlijnen.onderdeel),
            "afnamedatum": _dates(said["afnamedatum"], dates),
            "schooljaar": parsed_categories(said["afnamedatum"], schooljaren.get),
            "toetsniveau": parsed_categories(said["toetsniveau"], layout.niveau, NIVEAU_DTYPE),
            "toetsniveau_tekst": category(raw["toetsniveau"]),
            "functioneringsniveau": parsed_categories(said["functioneringsniveau"], layout.niveau, NIVEAU_DTYPE),
            "functioneringsniveau_tekst": category(raw["functioneringsniveau"]),
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
    other = results["schooljaar"] != schooljaar
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
    table = pa.concat_tables(parts)
    whole = {name: table[name] for name in table.column_names}
    return {name: encoded(cells) if pa.types.is_dictionary(cells.type) else cells.combine_chunks() for name, cells in whole.items()}


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
    return category(encoded(texts))


def _toets(text: str) -> str | None:
    """The name of a toets; None for a text with a long number: that is some pupil's."""
    return None if _NUMBER_IN_TOETS.search(text) else toets_name(text)


def _klas(column: pa.Array) -> pa.Array:
    """The names of klassen, without long numbers: these are some pupil's."""
    return pc.if_else(pc.fill_null(pc.match_substring_regex(column, _LONG_NUMBER), False), pa.scalar(None, pa.string()), column)


def _dates(column: pa.Array, dates: Mapping[str, date | None]) -> pd.Series:
    days = parsed_categories(column, lambda text: str(dates[text]) if dates[text] else None)
    moments = np.array([*days.cat.categories, "NaT"], dtype="datetime64[s]")
    return pd.Series(moments[days.cat.codes])  # a missing day has code -1: the last one


def _strings(column: pa.DictionaryArray) -> pd.Series:
    return pd.Series(plain(column).to_pandas(), dtype="str")
