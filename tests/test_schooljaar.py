"""The schooljaar runs from 1 August to 31 July, by the date in the Netherlands."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cito_numo.schooljaar import next_schooljaar, schooljaar_of, schooljaar_start, today


@pytest.mark.parametrize(
    ("day", "schooljaar"),
    [
        (date(2026, 8, 1), "2026-2027"),
        (date(2026, 12, 31), "2026-2027"),
        (date(2027, 1, 1), "2026-2027"),
        (date(2027, 7, 31), "2026-2027"),
        (date(2027, 8, 1), "2027-2028"),
        (date(1999, 9, 1), "1999-2000"),
    ],
)
def test_a_day_belongs_to_the_schooljaar_that_began_on_the_last_1_august(day: date, schooljaar: str):
    assert schooljaar_of(day) == schooljaar


def test_a_schooljaar_begins_on_1_august():
    assert schooljaar_start(date(2027, 7, 31)) == date(2026, 8, 1)
    assert schooljaar_start(date(2027, 8, 1)) == date(2027, 8, 1)


def test_the_next_schooljaar_begins_on_the_next_1_august():
    assert next_schooljaar(date(2027, 7, 31)) == date(2027, 8, 1)
    assert next_schooljaar(date(2027, 8, 1)) == date(2028, 8, 1)


@given(day=st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_every_day_lies_within_its_own_schooljaar(day: date):
    assert schooljaar_start(day) <= day < next_schooljaar(day)
    assert schooljaar_of(next_schooljaar(day) - timedelta(days=1)) == schooljaar_of(day)
    assert schooljaar_of(next_schooljaar(day)) != schooljaar_of(day)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 7, 31, 21, 59, tzinfo=UTC), date(2026, 7, 31)),
        (datetime(2026, 7, 31, 22, 0, tzinfo=UTC), date(2026, 8, 1)),
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_day_begins_at_midnight_in_amsterdam_in_summer_and_in_winter(moment: datetime, day: date):
    assert today(moment) == day
