"""The columns of the tables that walk the corridor.

Declared once, here: name, dtype and meaning. A step fills columns and stops rows with `stop_rows`; it never drops a row.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from cito_numo.uitkomst import Reden, Uitkomst


class Column(NamedTuple):
    """One column of a table."""

    name: str
    dtype: str
    meaning: str


KEYS = ("leerlingnummer", "eck_id", "cito_key")
"""The keys a result may have, in the order in which they are named to a person."""

_PART = 1 << 12
"""Rows that are turned into Python's own values at once."""
UITKOMST_DTYPE = pd.CategoricalDtype([uitkomst.value for uitkomst in Uitkomst])
REDEN_DTYPE = pd.CategoricalDtype([reden.value for reden in Reden])

READ = (
    Column("bestand", "category", "name of the file the result was read from"),
    Column("volgorde", "int64", "order of that file: a higher one is newer"),
    Column("rij", "int64", "row in that file, as a person sees it"),
    Column("hersteld", "bool", "whether a key was repaired of what a spreadsheet does to numbers"),
    Column("leerlingnummer", "category", "normalised, text"),
    Column("eck_id", "category", "keyed hash of the ECK iD, never the ECK iD itself"),
    Column("cito_key", "category", "normalised, text"),
    Column("klas", "category", "klas that the export names"),
    Column("toets", "category", "T0 … T3, or the name as it was"),
    Column("onderdeel", "category", "one of leerlijnen.yaml"),
    Column("afnamedatum", "datetime64[s]", "day on which the toets was taken"),
    Column("schooljaar", "category", "of the afnamedatum, as 2026-2027"),
    Column("toetsniveau", "category", "level the toets was made for: a label of niveaus.NIVEAUS"),
    Column("toetsniveau_tekst", "category", "as the file has it"),
    Column("functioneringsniveau", "category", "level the leerling performs at: a label of niveaus.NIVEAUS"),
    Column("functioneringsniveau_tekst", "category", "as the file has it"),
    Column("domeinen", "category", "levels of the domeinen within the onderdeel, as one text (domeinen.py); missing where there are none"),
)
STOPPED = (
    Column("uitkomst", "category", "where the result ended; missing while it is under way"),
    Column("reden", "category", "why it was stopped"),
    Column("veld", "category", "the field that the reason is about"),
    Column("waarde", "str", "the value in that field"),
)
MATCHED = (Column("gebruikersnaam", "category", "the pupil in Numo"),)
CUT = (Column("relatief", "Int8", "functioneringsniveau against toetsniveau, -2 … +2"),)

PUPILS = (
    Column("leerling", "int64", "number of the pupil in this table; a pupil with two Cito keys has two rows"),
    Column("leerlingnummer", "str", "the gebruikersnaam in Numo"),
    Column("eck_id", "str", "keyed hash of the ECK iD"),
    Column("cito_key", "str", "key of the pupil in the EDEXML"),
    Column("klas", "str", "klas in Numo"),
    Column("in_numo", "bool", "whether Numo's list has this pupil"),
)
EDEXML_PUPILS = (
    Column("cito_key", "str", "leerling/@key; missing where a pupil has only an ECK iD"),
    Column("eck_id", "str", "keyed hash of the ECK iD"),
    Column("gebruikersnaam", "str", "from the place in which this file holds it"),
    Column("klas", "str", "name of the groep, else of the first samengestelde groep"),
    Column("leerjaar", "Int8", "year of vo, 1 to 6"),
    Column("vestiging", "str", "dependancecode; 00 is the main one"),
)
KEY_TABLE = (
    Column("cito_key", "str", "leerling/@key in the EDEXML; missing where a pupil has only an ECK iD"),
    Column("gebruikersnaam", "str", "the gebruikersnaam that the EDEXML holds for it"),
    Column("eck_id", "str", "keyed hash of the ECK iD"),
    Column("klas", "str", "klas in the EDEXML"),
    Column("volgorde", "int64", "order of the EDEXML file it came from"),
)
ONDERDELEN = (
    Column("gebruikersnaam", "category", "the pupil in Numo"),
    Column("vak", "category", "Numo vak"),
    Column("onderdeel", "category", "tested skill"),
    Column("toets", "category", "the toets that counts"),
    Column("schooljaar", "category", "of that toets"),
    Column("afnamedatum", "datetime64[s]", "of that toets"),
    Column("toetsniveau", "category", "label of niveaus.NIVEAUS"),
    Column("functioneringsniveau", "category", "label of niveaus.NIVEAUS"),
    Column("relatief", "int8", "-2 … +2"),
    Column("route", "category", "ondersteuning, basis or verrijking"),
    Column("startniveau", "category", "one rung"),
    Column("doelniveau", "category", "one rung"),
    Column("prioriteit", "int64", "1 is first, within the leerplan"),
    Column("domeinen", "str", "levels of the domeinen within the onderdeel, as one text (domeinen.py); empty where there are none"),
    Column("volgorde", "int64", "order of the file the result came from"),
)
LEERPLANNEN = (
    Column("leerplan_id", "str", "uuid5 of school, leerling and vak"),
    Column("gebruikersnaam", "category", "the pupil in Numo"),
    Column("vak", "category", "Numo vak"),
    Column("klas", "category", "klas when it was delivered"),
    Column("revisie", "int64", "1, 2, …"),
    Column("status", "category", "te_verwerken, verwerkt or ingetrokken"),
)
VERVALLEN = (
    Column("gebruikersnaam", "category", "the pupil in Numo"),
    Column("onderdeel", "category", "that left a leerplan because of a correction"),
    Column("schooljaar", "category", "of the toets that was corrected"),
    Column("toets", "category", "that was corrected"),
    Column("volgorde", "int64", "order of the file that corrected it: older files no longer count"),
)

WITHDRAWN = (
    Column("gebruikersnaam", "category", "the pupil in Numo"),
    Column("onderdeel", "category", "of a leerplan that a person withdrew"),
    Column("schooljaar", "category", "of the toets that was in force"),
    Column("toets", "category", "that was in force"),
    Column("afnamedatum", "datetime64[s]", "of that toets"),
    Column("toetsniveau", "category", "label of niveaus.NIVEAUS"),
    Column("functioneringsniveau", "category", "label of niveaus.NIVEAUS"),
    Column("volgorde", "int64", "order of the newest file that gave this result"),
)


def names(*groups: Sequence[Column]) -> list[str]:
    """The names of the columns of one or more groups."""
    return [column.name for group in groups for column in group]


def empty(columns: Sequence[Column]) -> pd.DataFrame:
    """A table with these columns and no rows."""
    return _empty(tuple(columns)).copy()


@lru_cache
def _empty(columns: tuple[Column, ...]) -> pd.DataFrame:
    return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in columns})


def from_records(records: Sequence[tuple[object, ...]], columns: Sequence[Column]) -> pd.DataFrame:
    """A table of records that have the columns' order, with the columns' dtypes."""
    if not records:
        return empty(columns)
    frame = pd.DataFrame.from_records(records, columns=names(columns))
    return frame.astype({column.name: column.dtype for column in columns})


def rows_of(frame: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """The rows as plain Python values, missing ones as None."""
    columns = [_values(frame[name]) for name in frame.columns]
    for begin in range(0, len(frame), _PART):  # as Python's own values they take much more room
        yield from zip(*(values(begin, begin + _PART) for values in columns), strict=True)


def _values(column: pd.Series) -> Callable[[int, int], list[Any]]:
    """What gives the plain Python values of a part of a column."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = np.array([*pa.array(column.cat.categories).to_pylist(), None], dtype="object")
        codes = column.cat.codes.to_numpy()
        return lambda begin, end: texts[codes[begin:end]].tolist()  # a missing value has code -1: the last one
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iub":
        numbers = column.to_numpy()
        return lambda begin, end: numbers[begin:end].tolist()
    array = pa.array(column, from_pandas=True)
    return lambda begin, end: array[begin:end].to_pylist()


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as plain Python values by column, missing ones as None."""
    columns = [str(name) for name in frame.columns]
    return [dict(zip(columns, row, strict=True)) for row in rows_of(frame)]


def under_way(results: pd.DataFrame) -> "pd.Series[bool]":
    """Which results have no uitkomst yet."""
    return results["uitkomst"].isna()


def stop_rows(
    results: pd.DataFrame,
    where: "pd.Series[bool]",
    uitkomst: Uitkomst,
    reden: Reden,
    veld: str | None = None,
    waarde: "pd.Series[str] | None" = None,
) -> pd.DataFrame:
    """Give `uitkomst` and its reason to the rows of `where` that are under way; others stay as they are."""
    stopped = under_way(results) & where
    if not stopped.any():
        return results
    changed: dict[str, pd.Series] = {
        "uitkomst": results["uitkomst"].mask(stopped, uitkomst.value),
        "reden": results["reden"].mask(stopped, reden.value),
    }
    if veld is not None:
        changed["veld"] = results["veld"].mask(stopped, veld)
    if waarde is not None:
        changed["waarde"] = results["waarde"].mask(stopped, waarde)
    return results.assign(**changed)
