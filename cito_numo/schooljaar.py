"""The schooljaar: from 1 August to 31 July, by the date in Europe/Amsterdam."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_FIRST_MONTH = 8


def today(now: datetime) -> date:
    """The date in the Netherlands."""
    return now.astimezone(AMSTERDAM).date()


def schooljaar_of(day: date) -> str:
    """The schooljaar that a day belongs to, as 2026-2027."""
    first = schooljaar_start(day).year
    return f"{first}-{first + 1}"


def schooljaar_start(day: date) -> date:
    """The first day of the schooljaar that a day belongs to."""
    return date(day.year if day.month >= _FIRST_MONTH else day.year - 1, _FIRST_MONTH, 1)


def first_day_of(schooljaar: str) -> date:
    """The first day of a schooljaar that is written as 2026-2027."""
    return date(int(schooljaar[:4]), _FIRST_MONTH, 1)


def next_schooljaar(day: date) -> date:
    """The first day of the schooljaar after the one that a day belongs to."""
    return date(schooljaar_start(day).year + 1, _FIRST_MONTH, 1)
