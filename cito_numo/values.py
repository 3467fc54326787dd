"""What the text of a cell says: an id, a date, the name of a toets. Pure functions on text.

Columns arrive as Arrow text (missing values are null); each distinct text is parsed once.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

BLANKS = " \t\r\n\u00a0\u2007\u202f\u200b\u200c\u200d\ufeff"
_EXCEL_TEXT = r'^(?:\'|=")(.*?)"?$'
_EXCEL_DECIMAL = r"^\d+[.,]0+$"
_EXCEL_POWER = r"(?i)^\d+([.,]\d+)?e[+-]\d+$"

_ECK_ID = r"ketenid\.nl|id\.school/|^eckid_"
"""Of production and pilot, of old samples, and of demos."""

_FIRST_YEAR = 1900
_TOETS = re.compile(r"(?:kernvaardighedentoets[\s_-]*(?:(?:toets|t)[\s_-]*)?|(?:toets|vas|t)[\s_-]*)([0-3])")
_DATE = re.compile(r"(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})([-/.])(\d{1,2})\5(\d{4}))(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")


def trimmed(column: pa.Array) -> pa.Array:
    """The texts without blanks at either end, in Unicode's composed form (NFC)."""
    column = pc.utf8_trim(column, characters=BLANKS)
    return column if pc.all(pc.string_is_ascii(column)).as_py() else pc.utf8_normalize(column, form="NFC")


def present(column: pa.Array, absent: Iterable[str]) -> pa.Array:
    """The texts, with null for those that say "nothing here" (compared without case)."""
    nothing = pa.array(sorted({text.casefold() for text in absent} | {""}), pa.string())
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
    """Which ids a spreadsheet wrote as a power of ten (1,2E+05), so that their last digits are lost for good."""
    return pc.fill_null(pc.match_substring_regex(column, _EXCEL_POWER), False)


def parsed_categories(column: pa.Array, parse: Callable[[str], str | None], dtype: pd.CategoricalDtype | None = None) -> pd.Series:
    """A category column of what each text says, parsed once for each distinct text; missing where `parse` gives None.

    `dtype` gives the categories where they are known beforehand; else they are those that occur, sorted.
    """
    encoded = column.dictionary_encode()
    says = [parse(text) for text in encoded.dictionary.to_pylist()]
    categories = dtype.categories if dtype is not None else pd.Index(sorted({said for said in says if said is not None}), dtype="str")
    position = {said: code for code, said in enumerate(categories)}
    meaning = np.array([position.get(said, -1) if said is not None else -1 for said in says] + [-1], dtype="int32")
    codes = meaning[encoded.indices.fill_null(len(says)).to_numpy(zero_copy_only=False)]
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype if dtype is not None else pd.CategoricalDtype(categories)))


def parse_date(text: str) -> date | None:
    """A date as 2026-10-06 or 6-10-2026 (also with / or dots, and a time behind it); None for anything else.

    Years before 1900 are what programs write for no date at all.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    if found[1]:
        year, month, day = found[1], found[2], found[3]
    else:
        year, month, day = found[7], found[6], found[4]
    try:
        found_day = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found_day if found_day.year >= _FIRST_YEAR else None


def toets_name(text: str) -> str:
    """T0 … T3 for the usual names of these four ("Toets 1", "VAS-1", "Kernvaardighedentoets T1"); any other name as it is."""
    found = _TOETS.fullmatch(text.casefold())
    return f"T{found[1]}" if found else text


def label_key(text: str) -> str:
    """A name without case, spaces and punctuation, to compare names that people write differently."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
