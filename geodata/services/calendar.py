"""The city's working days: the table of its country, and the days on which the city differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import chinese_calendar
import holidays

from geodata.domain.clocks import WorkCalendar
from geodata.store.folder import City

SATURDAY = 5


def work_calendar(city: City) -> WorkCalendar:
    """Office hours on the city's working days."""
    known = _of_country(city.country)
    own = dict.fromkeys(city.days_off, False) | dict.fromkeys(city.work_days, True)

    @lru_cache(maxsize=4096)
    def is_working(day: date) -> bool:
        return own[day] if day in own else known(day)

    return WorkCalendar(city.zone, is_working)


def _of_country(country: str) -> Callable[[date], bool]:
    """Public holidays and make-up days of a country; only weekends are free where no table knows it or the year."""
    table = holidays.country_holidays(country) if country in holidays.list_supported_countries() else None

    def is_working(day: date) -> bool:
        if country == "CN" and day.year in _chinese_years():
            return bool(chinese_calendar.is_workday(day))
        if table is not None:
            return bool(table.is_working_day(day))
        return day.weekday() < SATURDAY

    return is_working


@lru_cache(maxsize=1)
def _chinese_years() -> frozenset[int]:
    # The State Council publishes the make-up days each November for the next year: the package ends somewhere.
    return frozenset(day.year for day in chinese_calendar.holidays)
