"""Category columns: each distinct text once, and for each row its number. What compares rows works on those numbers.

Categories are sorted, so that a column sorts by its numbers. Columns of two tables have the same categories, or get them (`in_common`),
before their rows are compared.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]

NOT_THERE = -1
_MOST = 1 << 62


def category(column: pa.DictionaryArray) -> pd.Series:
    """A category column of dictionary-encoded text; missing values stay missing."""
    distinct = column.dictionary.dictionary_encode()
    order = pc.array_sort_indices(distinct.dictionary)
    place = np.full(len(order) + 1, NOT_THERE, dtype="int32")
    place[order.to_numpy()] = np.arange(len(order), dtype="int32")
    codes = np.append(place[distinct.indices.fill_null(len(order)).to_numpy()], np.int32(NOT_THERE))
    return from_codes(codes[column.indices.fill_null(len(distinct)).to_numpy()], distinct.dictionary.take(order))


def from_codes(codes: npt.NDArray[np.integer], categories: pa.Array | pd.Index | Sequence[str], index: pd.Index | None = None) -> pd.Series:
    """A category column of these numbers; `categories` are sorted; NOT_THERE is a missing value."""
    known = pd.Series(categories.to_pandas() if isinstance(categories, pa.Array) else categories, dtype="str")
    return pd.Series(pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(known)), index=index)


def texts(column: "pd.Series | pd.Index") -> pa.Array:
    """A column of text as one Arrow array; missing values are null."""
    array = pa.array(column, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array.cast(pa.string())


def as_category(column: pd.Series) -> pd.Series:
    """The column as a category column with sorted categories."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return category(texts(column).dictionary_encode()).set_axis(column.index)
    if column.cat.categories.is_monotonic_increasing and column.cat.categories.dtype == "str":
        return column
    return column.cat.set_categories(column.cat.categories.astype("str").sort_values())


def on_texts(column: pd.Series, function: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """A column with its texts as `function` makes them; a category column is dictionary-encoded, and each category is made once."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return function(texts(column))
    codes = pa.array(column.cat.codes.to_numpy().astype("int32"), mask=column.isna().to_numpy())
    return pa.DictionaryArray.from_arrays(codes, function(texts(column.cat.categories)))


def in_common(columns: Sequence[str], *frames: pd.DataFrame) -> list[pd.DataFrame]:
    """The tables, in which these columns are category columns with the same categories in all."""
    changed: list[dict[str, pd.Series]] = [{} for _frame in frames]
    for name in columns:
        members = [as_category(frame[name]) for frame in frames]
        known = members[0].cat.categories
        for member in members[1:]:
            if len(member.cat.categories) and not member.cat.categories.equals(known):
                known = known.union(member.cat.categories)
        for change, member in zip(changed, members, strict=True):
            change[name] = member if member.cat.categories.equals(known) else member.cat.set_categories(known)
    return [frame.assign(**change) for frame, change in zip(frames, changed, strict=True)]


def numbers(columns: Sequence[str], *frames: pd.DataFrame) -> list[Numbers]:
    """A number for each row, the same for rows, of any of these tables, that have the same in these category columns (`in_common`).

    Rows with a missing value have that in common too. Numbers go up as the columns do, the first column first.
    """
    found = [np.zeros(len(frame), dtype="int64") for frame in frames]
    size = 1
    for name in columns:
        choices = len(frames[0][name].cat.categories) + 1
        if size * choices > _MOST:
            distinct, inverse = np.unique(np.concatenate(found), return_inverse=True)
            found = np.split(inverse.astype("int64"), np.cumsum([len(frame) for frame in frames])[:-1])
            size = len(distinct)
        found = [number * choices + frame[name].cat.codes.to_numpy() + 1 for number, frame in zip(found, frames, strict=True)]
        size *= choices
    return found


def distinct(frame: pd.DataFrame) -> tuple[Numbers, Numbers]:
    """The places of the rows that are different, each where it comes first, and for each row which of those it is like."""
    number = np.zeros(len(frame), dtype="int64")
    size = 1
    for name in frame.columns:
        column = frame[name]
        codes = column.cat.codes.to_numpy() if isinstance(column.dtype, pd.CategoricalDtype) else pd.factorize(column)[0]
        choices = int(codes.max(initial=NOT_THERE)) + 2
        if size * choices > _MOST:
            number, known = pd.factorize(number)
            size = len(known)
        number = number * choices + codes + 1
        size *= choices
    like, known = pd.factorize(number)
    first = np.empty(len(known), dtype="int64")
    first[like[::-1]] = np.arange(len(frame))[::-1]
    return first, like


def positions(wanted: Numbers, within: Numbers) -> Numbers:
    """Where each number stands within others, of which each is there once; NOT_THERE for those that are not."""
    if not len(within):
        return np.full(len(wanted), NOT_THERE, dtype="int64")
    found: Numbers = pd.Index(within).get_indexer(pd.Index(wanted)).astype("int64")
    return found


def beside(wanted: Numbers, within: Numbers) -> tuple[Numbers, Numbers]:
    """Each number, as its own place, beside each place where it stands within others; NOT_THERE beside those that are not."""
    own = np.arange(len(wanted))
    if pd.Index(within).is_unique:
        return own, positions(wanted, within)
    others = pd.DataFrame({"number": within, "place": np.arange(len(within))})
    pairs = pd.DataFrame({"number": wanted, "own": own}).merge(others, how="left", on="number")
    return pairs["own"].to_numpy(), pairs["place"].fillna(NOT_THERE).to_numpy("int64")


def values_at(column: pd.Series, places: Numbers) -> npt.NDArray[Any]:
    """The values of a column at these places; where there is none, any value."""
    values = column.to_numpy()
    return values[places] if len(values) else np.zeros(len(places), dtype=values.dtype)


def equal_at(column: pd.Series, other: pd.Series, places: Numbers) -> npt.NDArray[np.bool_]:
    """Whether each value is that of the other column at its place."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column, other = column.cat.codes, other.cat.codes
    equal: npt.NDArray[np.bool_] = column.to_numpy() == values_at(other, places)
    return equal


def is_in(wanted: Numbers, within: Numbers) -> npt.NDArray[np.bool_]:
    """Which numbers are among others."""
    there: npt.NDArray[np.bool_] = pd.Series(wanted).isin(within).to_numpy()
    return there


def among(column: "pd.Series[str]", values: "pd.Series[str] | pd.Index[str]") -> "pd.Series[bool]":
    """Which texts of a column are among others; a missing value is not."""
    there = pc.is_in(texts(column), value_set=texts(values).drop_null(), skip_nulls=True)
    return pd.Series(there.to_numpy(zero_copy_only=False), index=column.index).astype(bool)


def looked_up(column: pd.Series, table: pd.Series) -> pd.Series:
    """A category column of what `table` has for each text of a category column; missing where it has nothing. Its index is unique."""
    said = as_category(table)
    at = pc.index_in(texts(column.cat.categories), value_set=texts(table.index)).fill_null(len(table)).to_numpy()
    of_texts = np.append(np.append(said.cat.codes.to_numpy(), NOT_THERE)[at], NOT_THERE)
    return from_codes(of_texts[column.cat.codes.to_numpy()], said.cat.categories, column.index)


def mapped(column: pd.Series, says: Callable[[str], str | None] | Mapping[str, str]) -> pd.Series:
    """A category column of what each distinct text says; missing where it says nothing."""
    parse = says.get if isinstance(says, Mapping) else says
    said = [parse(text) for text in column.cat.categories]
    distinct = sorted({text for text in said if text is not None})
    place = {text: number for number, text in enumerate(distinct)}
    meaning = np.array([*(NOT_THERE if text is None else place[text] for text in said), NOT_THERE], dtype="int32")
    return from_codes(meaning[column.cat.codes.to_numpy()], distinct, column.index)
