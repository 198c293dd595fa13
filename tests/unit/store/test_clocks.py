"""Deadlines and judgements, against a clock that counts minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.catalogue import LimitUnit
from geodata.domain.clocks import OFFICE_HOURS, ClockError, WorkCalendar, deadline_ms, judgement
from geodata.services.calendar import work_calendar
from geodata.store.folder import City

SHANGHAI, NEW_YORK, LORD_HOWE = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
MINUTE = 60_000


def ms(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def minute_by_minute(start_ms: int, minutes: int, calendar: WorkCalendar) -> int:
    """The slow clock: walks on, and counts a minute only while the offices are open."""
    at = start_ms
    while minutes:
        local = datetime.fromtimestamp(at / 1000, UTC).astimezone(calendar.zone)
        open_now = any(a <= local.time() < b for a, b in OFFICE_HOURS)
        minutes -= open_now and calendar.is_working(local.date())
        at += MINUTE
    return at


@settings(max_examples=60)
@given(
    day=st.dates(date(2024, 1, 1), date(2026, 9, 1)),
    minute=st.integers(0, 24 * 60 - 1),
    limit=st.integers(1, 40 * 4).map(lambda quarters: quarters / 4),
    unit=st.sampled_from(["wh", "wd"]),
    place=st.sampled_from([(SHANGHAI, "CN"), (NEW_YORK, "US"), (LORD_HOWE, "AU")]),
)
def test_working_time_runs_out_when_the_slow_clock_says(
    day: date, minute: int, limit: float, unit: LimitUnit, place: tuple[ZoneInfo, str]
) -> None:
    zone, country = place
    calendar = work_calendar(City(time_zone=zone.key, country=country))
    limit = limit / 4 if unit == "wd" else limit
    start = int((datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)).timestamp() * 1000)
    minutes = round(limit * 60 * (8 if unit == "wd" else 1))
    assert deadline_ms(start, limit, unit, calendar) == minute_by_minute(start, minutes, calendar)


@pytest.mark.parametrize(
    ("start", "limit", "unit", "end"),
    [
        ("2026-11-20 10:00", 2, "h", "2026-11-20 12:00"),
        ("2026-11-20 10:00", 2, "wh", "2026-11-20 12:00"),  # used up exactly at noon: not 14:00
        ("2026-11-20 11:00", 2, "wh", "2026-11-20 15:00"),
        ("2026-11-20 17:00", 2, "wh", "2026-11-23 09:00"),  # over a weekend
        ("2026-11-21 09:00", 1, "wd", "2026-11-23 18:00"),
        ("2025-09-30 17:30", 1, "wh", "2025-10-09 08:30"),  # National Day and Mid-Autumn
        ("2025-10-10 17:00", 4, "wh", "2025-10-11 11:00"),  # Saturday the 11th is a make-up day
    ],
)
def test_deadlines_know_noon_weekends_holidays_and_make_up_days(
    start: str, limit: float, unit: LimitUnit, end: str
) -> None:
    assert deadline_ms(ms(start), limit, unit, work_calendar(City())) == ms(end)


def test_a_city_may_differ_from_the_table_of_its_country() -> None:
    closed = work_calendar(City(days_off=(date(2026, 11, 23),)))
    assert deadline_ms(ms("2026-11-20 17:00"), 2, "wh", closed) == ms("2026-11-24 09:00")
    opened = work_calendar(City(work_days=(date(2026, 11, 21),)))
    assert deadline_ms(ms("2026-11-20 17:00"), 2, "wh", opened) == ms("2026-11-21 09:00")


def test_years_without_a_table_still_have_weekends_and_holidays() -> None:
    calendar = work_calendar(City())
    assert not calendar.is_working(date(2031, 10, 1))
    assert not calendar.is_working(date(2031, 11, 1))
    assert calendar.is_working(date(2031, 11, 3))
    nowhere = work_calendar(City(country="XX"))
    assert [nowhere.is_working(date(2026, 11, d)) for d in (20, 21, 22, 23)] == [True, False, False, True]


def test_a_limit_that_can_never_run_out_is_an_error_and_not_an_endless_loop() -> None:
    with pytest.raises(ClockError):
        deadline_ms(ms("2026-11-20 10:00"), 1, "wh", WorkCalendar(SHANGHAI, lambda _: False))


@pytest.mark.parametrize(
    ("closed", "on_time", "ended", "deadline", "verdict"),
    [
        (True, None, 10, 10, 1), (True, None, 11, 10, 0), (True, None, 11, None, 1),
        (True, 1, 11, 10, 1), (True, 0, 9, 10, 0), (True, -1, 9, 10, -1), (False, 1, 9, 10, -1),
    ],
)  # fmt: skip
def test_a_source_is_believed_before_the_clock(
    closed: bool, on_time: int | None, ended: int, deadline: int | None, verdict: int
) -> None:
    assert judgement(closed=closed, on_time=on_time, ended_ms=ended, deadline=deadline) == verdict
