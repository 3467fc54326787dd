"""What the text of a cell says: an id, a date, the name of a toets. Pure functions on text.

Columns arrive as Arrow text (missing values are null). One whose texts repeat is dictionary-encoded: `on_distinct` works on each distinct
text once.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

BLANKS = " \t\r\n\u00a0\u2007\u202f\u200b\u200c\u200d\ufeff"
_EXCEL_TEXT = r'^(?:\'|=")(.*?)"?$'
_EXCEL_DECIMAL = r"^\d+[.,]0+$"
_EXCEL_LOST = r"(?i)^(?:\d+(?:[.,]\d+e[+-]?|e[+-])\d+|#+|#[a-z/]+[?!]?)$"

_ECK_ID = r"ketenid\.nl|id\.school/|^eckid_|\b[0-9a-f]{128}\b"
"""Of production and pilot, of old samples, of demos, and without what comes before the digits."""

_FIRST_YEAR = 1900
_TOETS = re.compile(r"(?:kernvaardighedentoets[\s_-]*(?:(?:toets|t)[\s_-]*)?|(?:toets|vas|t)[\s_-]*)([0-3])")
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:\d{2})?"

DateForm = Literal["dd-mm-jjjj", "jjjj-mm-dd", "mm-dd-jjjj", "jjjjmmdd"]
DATE_FORMS: tuple[DateForm, ...] = ("dd-mm-jjjj", "jjjj-mm-dd", "mm-dd-jjjj", "jjjjmmdd")
"""How exports write dates; / and . may stand for a hyphen, but for the ISO form."""

_DATES: dict[str, re.Pattern[str]] = {
    "dd-mm-jjjj": re.compile(rf"(?P<d>\d{{1,2}})([-/.])(?P<m>\d{{1,2}})\2(?P<y>\d{{4}}){_TIME}"),
    "jjjj-mm-dd": re.compile(rf"(?P<y>\d{{4}})-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}}){_TIME}"),
    "mm-dd-jjjj": re.compile(rf"(?P<m>\d{{1,2}})([-/.])(?P<d>\d{{1,2}})\2(?P<y>\d{{4}}){_TIME}"),
    "jjjjmmdd": re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\.0)?"),
}


def encoded(column: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """The same column with each distinct text once, in one piece."""
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = pa.table({"column": column}).unify_dictionaries()["column"]
        column = column.combine_chunks()
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def plain(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The same column as text, row by row."""
    column = encoded(column) if pa.types.is_dictionary(column.type) else column
    if isinstance(column, pa.DictionaryArray):
        return column.dictionary.take(column.indices)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def on_distinct(column: pa.DictionaryArray, function: Callable[[pa.Array], pa.Array]) -> pa.DictionaryArray:
    """The column with its distinct texts as `function` makes them; a text that becomes null is a missing value."""
    return pa.DictionaryArray.from_arrays(column.indices, function(column.dictionary))


def row_by_row(column: pa.DictionaryArray, of_distinct: pa.Array) -> pd.Series:
    """What holds for each distinct text (bool), of each row; missing values: no."""
    if not pc.any(of_distinct).as_py():
        return pd.Series(np.zeros(len(column), bool))
    return pd.Series(of_distinct.take(column.indices).fill_null(False).to_numpy(zero_copy_only=False))


def is_nothing(column: pa.DictionaryArray) -> pd.Series:
    """Which rows are missing values."""
    if column.indices.null_count == 0 and column.dictionary.null_count == 0:
        return pd.Series(np.zeros(len(column), bool))
    return pd.Series(column.dictionary.take(column.indices).is_null().to_numpy(zero_copy_only=False))


def trimmed(column: pa.Array) -> pa.Array:
    """The texts without blanks at either end, in Unicode's composed form (NFC)."""
    column = pc.utf8_trim(column, characters=BLANKS)
    return column if pc.all(pc.string_is_ascii(column)).as_py() else pc.utf8_normalize(column, form="NFC")


def present(column: pa.Array, absent: Iterable[str]) -> pa.Array:
    """The texts, with null for those that say "nothing here" (compared without case)."""
    nothing = pa.array(sorted({text.casefold() for text in absent} | {""}), pa.string())
    short = pc.less_equal(pc.utf8_length(column), pc.max(pc.utf8_length(nothing)))
    if not pc.any(short).as_py():
        return column
    return pc.if_else(pc.is_in(pc.utf8_lower(column), nothing), pa.scalar(None, pa.string()), column)


def without_eck_ids(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The texts without those that hold an ECK iD, and which those were (bool): outside its own column it is not shown or kept."""
    holds = pc.fill_null(pc.match_substring_regex(column, _ECK_ID, ignore_case=True), False)
    return (pc.if_else(holds, pa.scalar(None, pa.string()), column) if pc.any(holds).as_py() else column), holds


def looks_like_eck_id(text: str) -> bool:
    """Whether a text holds an ECK iD, in any of the forms that are about."""
    return re.search(_ECK_ID, text, re.IGNORECASE) is not None


def clean_ids(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Ids as text, and which of them had to be repaired (bool).

    Leading zeros stay. Repaired is what a spreadsheet did to a number that it took for a quantity: a `.0` behind it, or the
    marks ('0012, ="0012") that keep it text.
    """
    marked = pc.fill_null(pc.match_substring_regex(column, _EXCEL_TEXT), False)
    if pc.any(marked).as_py():
        column = pc.if_else(marked, pc.replace_substring_regex(column, _EXCEL_TEXT, r"\1"), column)
    decimal = pc.fill_null(pc.match_substring_regex(column, _EXCEL_DECIMAL), False)
    if pc.any(decimal).as_py():
        column = pc.if_else(decimal, pc.replace_substring_regex(column, r"[.,]0+$", ""), column)
    return column, pc.or_(marked, decimal)


def rounded_by_excel(column: pa.Array) -> pa.Array:
    """Which ids a spreadsheet lost for good: rounded to a power of ten (1,2E+05), or a mark in their place (####, #N/A)."""
    return pc.fill_null(pc.match_substring_regex(column, _EXCEL_LOST), False)


def parsed_categories(column: pa.Array, parse: Callable[[str], str | None], dtype: pd.CategoricalDtype | None = None) -> pd.Series:
    """A category column of what each text says, parsed once for each distinct text; missing where `parse` gives None.

    `dtype` gives the categories where they are known beforehand; else they are those that occur, sorted.
    """
    distinct = encoded(column)
    says = [None if text is None else parse(text) for text in distinct.dictionary.to_pylist()]
    categories = dtype.categories if dtype is not None else pd.Index(sorted({said for said in says if said is not None}), dtype="str")
    position = {said: code for code, said in enumerate(categories)}
    meaning = np.array([position.get(said, -1) if said is not None else -1 for said in says] + [-1], dtype="int32")
    codes = meaning[distinct.indices.fill_null(len(says)).to_numpy(zero_copy_only=False)]
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype if dtype is not None else pd.CategoricalDtype(categories)))


def parse_date(text: str, forms: Iterable[DateForm] = DATE_FORMS[:2]) -> date | None:
    """A date in one of these forms, by default as 2026-10-06 or 6-10-2026 (also with / or dots, and a time behind it).

    None for anything else. Years before 1900 are what programs write for no date at all.
    """
    found = next(filter(None, (_DATES[form].fullmatch(text) for form in forms)), None)
    if found is None:
        return None
    try:
        found_day = date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None
    return found_day if found_day.year >= _FIRST_YEAR else None


def as_days(dates: pd.Series) -> pd.Series:
    """A category column of ISO days."""
    codes, days = pd.factorize(dates, sort=True)
    dtype = pd.CategoricalDtype(pd.Index([str(day.date()) for day in days], dtype="str"))
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype), index=dates.index)


def toets_name(text: str) -> str:
    """T0 … T3 for the usual names of these four ("Toets 1", "VAS-1", "Kernvaardighedentoets T1"); any other name as it is."""
    found = _TOETS.fullmatch(text.casefold())
    return f"T{found[1]}" if found else text


def label_key(text: str) -> str:
    """A name without case, spaces and punctuation, to compare names that people write differently."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
