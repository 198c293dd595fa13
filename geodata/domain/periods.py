"""Periods: ranges of local days, the one before and the same a year before; days are numbered since 1970-01-01."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
EPOCH = date(1970, 1, 1)
FIRST_YEAR, LAST_YEAR = 1970, 2199
YEARS = (1972, 2198)
"""Of which years days can be asked for: a year before the first and the day after the last can be counted, too."""
DAYS_MAX = 3_700
"""The longest period that can be asked for: some ten years."""


class Period(NamedTuple):
    """Local days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @classmethod
    def day(cls, of: date) -> Self:
        """One day."""
        return cls(of, of)

    @classmethod
    def week(cls, of: date) -> Self:
        """The week, from Monday on, that a day lies in."""
        monday = of - timedelta(days=of.weekday())
        return cls(monday, monday + timedelta(days=6))

    @classmethod
    def month(cls, of: date) -> Self:
        """The month that a day lies in."""
        first = of.replace(day=1)
        return cls(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))

    @classmethod
    def year(cls, of: date) -> Self:
        """The year that a day lies in."""
        return cls(of.replace(month=1, day=1), of.replace(month=12, day=31))

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """The period before: of a whole month or year the month or year before, else as many days before."""
        eve = self.first - timedelta(days=1)
        for whole in (Period.month, Period.year):
            if self == whole(self.first):
                return whole(eve)
        return Period(self.first - timedelta(days=self.days), eve)

    def year_before(self) -> Period:
        """The same days a year before; whole months stay whole, 29 February becomes the 28th."""
        first = _a_year_back(self.first)
        if self == Period.month(self.first):
            return Period.month(first)
        return Period(first, _a_year_back(self.last))

    def up_to(self, day: date) -> Period | None:
        """The part up to a day; None where the period begins after it."""
        return None if self.first > day else Period(self.first, min(self.last, day))

    def numbers(self) -> range:
        """Its days by number."""
        return range(number_of(self.first), number_of(self.last) + 1)

    def span_ms(self, zone: ZoneInfo) -> tuple[int, int]:
        """[first moment, first moment after it) in a zone, epoch ms."""
        return midnight_ms(self.first, zone), midnight_ms(self.last + timedelta(days=1), zone)


def _a_year_back(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def number_of(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def date_of(number: int) -> date:
    """The date of a day's number."""
    return EPOCH + timedelta(days=number)


def local_day(ms: int, zone: ZoneInfo) -> date:
    """The calendar day of a moment in a zone."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).date()


def midnight_ms(day: date, zone: ZoneInfo) -> int:
    """The first moment of a local date, epoch ms; where clocks jump over midnight, the moment of the jump."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp() * 1000)


def day_numbers(ms: Longs, zone: ZoneInfo) -> Longs:
    """The numbers of the local days of moments in epoch ms; 1970 to 2199, clipped."""
    if not len(ms):
        return np.zeros(0, np.int64)
    low, high = (
        min(max(local_day(min(max(int(v), 0), 7_258_000_000_000), zone).year, FIRST_YEAR), LAST_YEAR)
        for v in (ms.min(), ms.max())
    )
    starts = np.concatenate([_day_starts(year, zone) for year in range(low, high + 1)])
    at = np.clip(np.searchsorted(starts, ms, side="right") - 1, 0, len(starts) - 1)
    return np.asarray(at + number_of(date(low, 1, 1)), np.int64)


@lru_cache(maxsize=512)
def _day_starts(year: int, zone: ZoneInfo) -> Longs:
    first = date(year, 1, 1)
    n = (date(year + 1, 1, 1) - first).days
    return np.array([midnight_ms(first + timedelta(days=i), zone) for i in range(n)], np.int64)
