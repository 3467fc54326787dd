"""Category columns: rows of several tables that have the same texts get the same number, and numbers go up as texts do."""

import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cito_numo import categories
from cito_numo.categories import (
    NOT_THERE,
    among,
    as_category,
    category,
    distinct,
    from_codes,
    in_common,
    looked_up,
    mapped,
    numbers,
    on_texts,
    positions,
    texts,
)
from cito_numo.hexadecimal import hexadecimal
from cito_numo.niveaus import NIVEAU_DTYPE, NIVEAUS, relative_level

TEXTS = st.one_of(st.none(), st.text(alphabet="ab0é ", max_size=3))
ROWS = st.lists(st.tuples(TEXTS, TEXTS), max_size=30)


def frame(rows: list[tuple[str | None, str | None]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([row[place] for row in rows], dtype="str") for place, name in enumerate(("one", "two"))})


def plain(column: pd.Series) -> list[str | None]:
    return [None if missing else text for text, missing in zip(column.tolist(), column.isna(), strict=True)]


@given(st.lists(TEXTS, max_size=30))
def test_a_category_column_has_the_same_texts_and_sorted_categories(values: list[str | None]):
    made = category(pa.array(values, pa.string()).dictionary_encode())
    assert plain(made) == values
    assert made.cat.categories.tolist() == sorted({value for value in values if value is not None})
    assert plain(as_category(pd.Series(values, dtype="str"))) == values


def test_a_dictionary_may_hold_a_text_twice_and_null():
    dictionary = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None]), pa.array(["b", "b", None]))
    made = category(dictionary)
    assert (plain(made), made.cat.categories.tolist()) == (["b", "b", None, None], ["b"])


@given(ROWS, ROWS)
def test_rows_of_two_tables_have_the_same_number_where_they_have_the_same_texts(here: list, there: list):
    one, other = in_common(["one", "two"], frame(here), frame(there))
    of_one, of_other = numbers(["one", "two"], one, other)
    assert [[mine == theirs for theirs in of_other] for mine in of_one] == [[row == other_row for other_row in there] for row in here]
    assert (plain(one["one"]), plain(other["two"])) == ([row[0] for row in here], [row[1] for row in there])


@given(ROWS)
def test_numbers_go_up_as_the_columns_do(rows: list):
    (made,) = in_common(["one", "two"], frame(rows))
    order = np.argsort(numbers(["one", "two"], made)[0], kind="stable")
    assert [rows[place] for place in order] == sorted(rows, key=lambda row: [(text is not None, text or "") for text in row])


@given(ROWS)
def test_numbers_that_would_grow_too_large_are_given_anew(rows: list):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(categories, "_MOST", 2)
        one, other = in_common(["one", "two"], frame(rows), frame(rows[::-1]))
        of_one, of_other = numbers(["one", "two"], one, other)
        first, like = distinct(frame(rows))
    assert [[mine == theirs for theirs in of_other] for mine in of_one] == [[row == other_row for other_row in rows[::-1]] for row in rows]
    assert [rows[first[number]] for number in like] == rows


@given(ROWS)
def test_of_rows_that_are_like_each_other_the_first_stands_for_all(rows: list):
    first, like = distinct(frame(rows))
    assert [rows[first[number]] for number in like] == rows
    assert sorted(first) == sorted({rows.index(row) for row in rows})


def test_positions_of_what_is_not_there():
    assert positions(np.array([5, 3, 4]), np.array([3, 5])).tolist() == [1, 0, NOT_THERE]
    assert positions(np.array([5]), np.array([], dtype="int64")).tolist() == [NOT_THERE]


def test_texts_are_looked_up_and_mapped_once_each():
    column = as_category(pd.Series(["b", None, "a", "c", "b"], dtype="str"))
    table = pd.Series(["2A", None, "3C"], index=["a", "b", "c"], dtype="str")
    assert plain(looked_up(column, table)) == [None, None, "2A", "3C", None]
    assert plain(mapped(column, {"a": "z", "b": "y"})) == ["y", None, "z", None, "y"]
    seen: list[str | None] = []
    made = on_texts(column, lambda cells: seen.extend(cells.to_pylist()) or cells)
    assert (seen, made.to_pylist()) == (["a", "b", "c"], ["b", None, "a", "c", "b"])


def test_a_missing_value_is_not_among_others():
    column = pd.Series(["a", None, "b"], dtype="str")
    assert among(column, pd.Series(["b", None], dtype="str")).tolist() == [False, False, True]
    assert among(column.iloc[:0], column).tolist() == []


def test_levels_keep_their_meaning_in_whatever_order_the_categories_stand():
    labels = pd.Series(["vwo", "onder-bb", "havo", "vmbo-kb"])
    on_the_ladder, sorted_ones = labels.astype(NIVEAU_DTYPE), as_category(labels)
    in_another_order = pd.Series(pd.Categorical(labels, categories=sorted(NIVEAUS)))
    havo = pd.Series(["havo"] * 4)
    for levels in (on_the_ladder, sorted_ones, in_another_order, as_category(on_the_ladder)):
        assert relative_level(levels, havo).tolist() == [1, -2, 0, -2]


def test_texts_of_a_category_column_are_its_texts():
    assert texts(from_codes(np.array([1, NOT_THERE, 0]), ["a", "b"])).to_pylist() == ["b", None, "a"]


@given(st.lists(st.uuids(), max_size=20))
def test_octets_as_hexadecimal_text(ids: list[uuid.UUID]):
    octets = np.frombuffer(b"".join(each.bytes for each in ids), dtype="uint8").reshape(-1, 16)
    assert hexadecimal(octets).to_pylist() == [each.hex for each in ids]
    assert hexadecimal(octets, (8, 13, 18, 23)).to_pylist() == [str(each) for each in ids]
