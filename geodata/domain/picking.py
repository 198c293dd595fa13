"""Picking a period: the words by which an address names local days, ``30d`` or ``2026-11-01..2026-11-30``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from geodata.domain.periods import DAYS_MAX, YEARS, Period

USUAL = "30d"
BETWEEN = ".."


def _last(days: int) -> Callable[[date], Period]:
    return lambda today: Period(today - timedelta(days=days - 1), today)


PICKS: Mapping[str, Callable[[date], Period]] = MappingProxyType({
    "today": Period.day, "7d": _last(7), "30d": _last(30), "month": Period.month,
    "last_month": lambda today: Period.month(Period.month(today).first - timedelta(days=1)), "year": Period.year,
})  # fmt: skip
"""By name, in the order in which they are offered; days up to today, today included."""


class PickError(ValueError):
    """A text that names no period; the message is the rule."""


def picked(text: str) -> str:
    """The name of a period as an address keeps it. Raises PickError."""
    if text not in PICKS:
        first, last = (day_of(day) for day in _ends(text))
        if last < first:
            raise PickError("ends before it begins")
        if Period(first, last).days > DAYS_MAX:
            raise PickError(f"is longer than {DAYS_MAX} days")
    return text


def period_of(text: str, today: date) -> Period:
    """The days that a name means today. Raises PickError."""
    if text in PICKS:
        return PICKS[text](today)
    first, last = _ends(picked(text))
    return Period(date.fromisoformat(first), date.fromisoformat(last))


def named(period: Period) -> str:
    """How an address names these days."""
    return f"{period.first.isoformat()}{BETWEEN}{period.last.isoformat()}"


def day_of(text: str) -> date:
    """A day such as 2026-11-30, of 1972 to 2198. Raises PickError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise PickError("holds no date such as 2026-11-30") from None
    if day.isoformat() != text or not YEARS[0] <= day.year <= YEARS[1]:
        raise PickError(f"holds no date of {YEARS[0]} to {YEARS[1]} such as 2026-11-30")
    return day


def _ends(text: str) -> tuple[str, str]:
    first, between, last = text.partition(BETWEEN)
    if not between:
        raise PickError(f"is no period; allowed: {', '.join(PICKS)}, or 2026-11-01{BETWEEN}2026-11-30")
    return first, last
