"""What the text of a cell says."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cito_numo.values import clean_ids, label_key, parse_date, parsed_categories, present, rounded_by_excel, toets_name, trimmed


def column(*texts: str | None) -> pa.Array:
    return pa.array(texts, pa.string())


# --- text ------------------------------------------------------------------------------------------------------------


def test_blanks_of_every_kind_are_taken_off_at_both_ends_only():
    texts = column(" \t0012\r\n", "\u00a0a b\u202f", "\ufeff\u200bx\u2007", "   ", None)
    assert trimmed(texts).to_pylist() == ["0012", "a b", "x", "", None]


def test_letters_that_are_composed_in_two_ways_are_the_same():
    assert trimmed(column("zoe\u0308")).to_pylist() == ["zo\u00eb"]


def test_texts_that_say_nothing_are_missing_whatever_their_case():
    absent = ["-", "n.v.t.", "Niet gemaakt"]
    assert present(column("", "-", "N.V.T.", "niet GEMAAKT", "havo", "0", None), absent).to_pylist() == [None] * 4 + ["havo", "0", None]


@pytest.mark.parametrize("text", ["Toets niveau", "toets-niveau", "TOETSNIVEAU", " Toets_niveau: ", "toets.niveau"])
def test_names_are_the_same_without_case_spaces_and_punctuation(text: str):
    assert label_key(text) == "toetsniveau"


def test_letters_with_accents_and_digits_tell_names_apart():
    assert len({label_key(text) for text in ("zoë", "zoe", "zoe1", "zoe2")}) == 4


# --- ids -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0012", "0012"),
        ("00", "00"),
        ("12345.0", "12345"),
        ("12345,00", "12345"),
        ("0012.0", "0012"),
        ('="0012"', "0012"),
        ("'0012", "0012"),
        ("12.5", "12.5"),
        ("1.2.0", "1.2.0"),
        ("K12.0", "K12.0"),
        ("a'b", "a'b"),
        ("100", "100"),
        ("1E+05", "1E+05"),
    ],
)
def test_ids_stay_text_and_lose_what_a_spreadsheet_added(written: str, read: str):
    assert clean_ids(column(written))[0].to_pylist() == [read]


def test_which_ids_were_repaired_is_told():
    cleaned, repaired = clean_ids(column("12345.0", "12345,0", '="0012"', "'0013", "0014", None))
    assert cleaned.to_pylist() == ["12345", "12345", "0012", "0013", "0014", None]
    assert repaired.to_pylist() == [True, True, True, True, False, False]


def test_a_column_without_ids_needs_no_repair():
    assert clean_ids(column(None))[1].to_pylist() == [False]
    assert clean_ids(column())[1].to_pylist() == []


@pytest.mark.parametrize("written", ["1,2E+05", "1.2e+05", "1E+05", "12E-3"])
def test_a_power_of_ten_is_an_id_that_lost_its_digits(written: str):
    assert rounded_by_excel(column(written)).to_pylist() == [True]


@pytest.mark.parametrize("written", ["0012", "1E5", "E12", "12E", "a1e+5", "", None])
def test_other_ids_lost_nothing(written: str | None):
    assert rounded_by_excel(column(written)).to_pylist() == [False]


@given(number=st.from_regex(r"[0-9A-Za-z-]{1,20}", fullmatch=True))
def test_an_id_of_letters_digits_and_hyphens_never_changes(number: str):
    assert clean_ids(trimmed(column(number)))[0].to_pylist() == [number]


# --- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "2026-10-06",
        "06-10-2026",
        "6-10-2026",
        "06/10/2026",
        "6.10.2026",
        "2026-10-06T00:00:00",
        "2026-10-06 08:15",
        "06-10-2026 8:15:30",
        "2026-10-06T08:15:30.123",
    ],
)
def test_dates_are_read_day_first_or_as_iso_with_or_without_a_time(written: str):
    assert parse_date(written) == date(2026, 10, 6)


@pytest.mark.parametrize(
    "written",
    ["", "06-10-26", "10-06", "6-10/2026", "30-02-2026", "2026-13-01", "0000-01-01", "oktober 2026", "20261006", "46301", "x06-10-2026"],
)
def test_anything_else_is_no_date(written: str):
    assert parse_date(written) is None


@given(day=st.dates(min_value=date(1900, 1, 1)))
def test_every_day_is_read_back_in_both_ways(day: date):
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day.day}-{day.month:02}-{day.year:04}") == day


def test_what_programs_write_for_no_date_is_none():
    assert parse_date("01-01-0001") is None


# --- toetsen ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "toets"),
    [
        ("Toets 1", "T1"),
        ("toets1", "T1"),
        ("TOETS 0", "T0"),
        ("T1", "T1"),
        ("t2", "T2"),
        ("VAS-1", "T1"),
        ("VAS 3", "T3"),
        ("vas-0", "T0"),
        ("Kernvaardighedentoets T1", "T1"),
        ("Kernvaardighedentoets 2", "T2"),
        ("Kernvaardighedentoets Toets 3", "T3"),
    ],
)
def test_the_usual_names_of_the_four_toetsen_are_one(written: str, toets: str):
    assert toets_name(written) == toets


@pytest.mark.parametrize("written", ["Toets 4", "T10", "Eindtoets", "Toets", "1", "Toets 1 herkansing", "VAS"])
def test_any_other_toets_keeps_its_name(written: str):
    assert toets_name(written) == written


# --- columns ---------------------------------------------------------------------------------------------------------


def test_each_distinct_text_is_parsed_once():
    parsed: list[str] = []

    def parse(text: str) -> str | None:
        parsed.append(text)
        return text.upper() if text != "?" else None

    found = parsed_categories(column("b", "a", "?", "b", None), parse)
    assert sorted(parsed) == ["?", "a", "b"]
    assert found.astype(object).where(found.notna(), None).tolist() == ["B", "A", None, "B", None]
    assert found.cat.categories.tolist() == ["A", "B"]


def test_known_categories_stay_as_they_were():
    dtype = pd.CategoricalDtype(["low", "high"])
    found = parsed_categories(column("high", "x"), lambda text: text if text == "high" else None, dtype)
    assert found.dtype == dtype
    assert found.isna().tolist() == [False, True]


@pytest.mark.parametrize("texts", [[], [None, None]])
def test_a_column_without_texts_has_no_categories(texts: list[None]):
    found = parsed_categories(column(*texts), str)
    assert (len(found), found.isna().all(), len(found.cat.categories)) == (len(texts), True, 0)
