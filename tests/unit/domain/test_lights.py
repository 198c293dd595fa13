"""Lights: by table, against the deadlines of the clocks, one by one against columns, and never backwards."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.catalogue import LimitUnit
from geodata.domain.clocks import HOUR_MS, NEVER, WorkCalendar, deadline_ms
from geodata.domain.lights import CODE, LIGHTS, SHAPES, Light, LightRules, lights, turns
from geodata.domain.worktime import WorkTime
from geodata.services.calendar import work_calendar
from geodata.store.folder import City, DataFolder
from tests.factories.one_light import Turn, light, turn

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = work_calendar(City())


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


NOON = ms("2026-11-20 12:00")
WORK = WorkTime.around(CALENDAR, NOON)
STARTS = st.integers(ms("2024-03-01 00:00") // 60_000, ms("2028-06-01 00:00") // 60_000).map(lambda m: m * 60_000)
LIMITS = st.integers(1, 160).map(lambda quarters: quarters / 4)
UNITS: st.SearchStrategy[LimitUnit] = st.sampled_from(["h", "wh", "wd"])


def clock(start: int, limit: float, unit: LimitUnit, rules: LightRules | None = None) -> Turn:
    found = turn(start, deadline_ms(start, limit, unit, CALENDAR), working=unit != "h", work=WORK,
                 rules=rules or LightRules())  # fmt: skip
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("start", "limit", "unit", "now", "shown"),
    [
        ("2026-11-20 08:00", 4, "h", "2026-11-20 10:59", Light.GREEN),
        ("2026-11-20 08:00", 4, "h", "2026-11-20 11:00", Light.YELLOW),
        ("2026-11-20 08:00", 4, "h", "2026-11-20 12:00", Light.YELLOW),  # used up to the end is not over it
        ("2026-11-20 08:00", 4, "h", "2026-11-20 12:01", Light.RED),
        ("2026-11-20 08:00", 4, "h", "2026-11-20 16:00", Light.RED),
        ("2026-11-20 08:00", 4, "h", "2026-11-20 16:01", Light.DARK),
        ("2026-11-20 16:00", 4, "wh", "2026-11-23 08:59", Light.GREEN),  # the weekend uses nothing
        ("2026-11-20 16:00", 4, "wh", "2026-11-23 09:00", Light.YELLOW),
        ("2026-11-20 16:00", 4, "wh", "2026-11-23 10:01", Light.RED),
        ("2026-11-20 16:00", 4, "wh", "2026-11-23 16:00", Light.RED),
        ("2026-11-20 16:00", 4, "wh", "2026-11-23 16:01", Light.DARK),
    ],
)
def test_lights_use_the_clock_of_the_limit(start: str, limit: float, unit: LimitUnit, now: str, shown: Light) -> None:
    assert light(clock(ms(start), limit, unit), ms(now)) == shown


def test_a_stopped_clock_says_so_and_without_a_limit_there_is_no_light() -> None:
    at = clock(NOON, 1, "h")
    late = NOON + 9 * HOUR_MS
    assert light(at, late, stopped=True) == Light.STOPPED
    assert light(None, late) == light(None, late, stopped=True) == Light.NONE
    assert turn(NOON, None, working=True, work=WORK) is None


@settings(max_examples=200)
@given(STARTS, LIMITS, UNITS)
def test_the_turns_are_the_deadlines_of_their_shares_of_the_limit(start: int, limit: float, unit: LimitUnit) -> None:
    """Quarters of an hour: three quarters and twice a limit are then whole milliseconds."""
    at = clock(start, limit, unit)
    assert at.red_ms == deadline_ms(start, limit, unit, CALENDAR)
    assert at.yellow_ms == deadline_ms(start, limit * 0.75, unit, CALENDAR)
    assert at.dark_ms == deadline_ms(start, limit * 2, unit, CALENDAR)


@settings(max_examples=100)
@given(STARTS, st.integers(0, 90 * 24 * 60).map(lambda m: m * 60_000), st.booleans(),
       st.lists(st.integers(-10 * HOUR_MS, 4000 * HOUR_MS), min_size=2, max_size=8))  # fmt: skip
def test_a_running_light_never_falls(start: int, length: int, working: bool, after: list[int]) -> None:
    at = turn(start, start + length, working=working, work=WORK)
    assert at is not None
    assert at.yellow_ms <= at.red_ms <= at.dark_ms
    shown = [CODE[light(at, start + passed)] for passed in sorted(after)]
    assert shown == sorted(shown)


@settings(max_examples=60)
@given(st.lists(st.tuples(STARTS, st.none() | st.integers(0, 5000 * HOUR_MS), st.booleans(), st.booleans()),
                min_size=1, max_size=20),
       st.integers(0, 9000 * HOUR_MS))  # fmt: skip
def test_columns_show_what_each_clock_shows(rows: list[tuple[int, int | None, bool, bool]], passed: int) -> None:
    now = rows[0][0] + passed
    start, working, stopped = (np.array([row[k] for row in rows]) for k in (0, 2, 3))
    ends = np.array([NEVER if length is None else s + length for s, length, *_ in rows])
    columns = lights(turns(start, ends, working, WORK), now, stopped)
    one_by_one = [
        light(turn(s, None if length is None else s + length, working=w, work=WORK), now, stopped=p)
        for s, length, w, p in rows
    ]  # fmt: skip
    assert [LIGHTS[code] for code in columns.tolist()] == one_by_one


def test_a_deadline_without_working_time_before_it_runs_by_the_clock() -> None:
    night = ms("2026-11-21 01:00")
    at = turn(night, night + 4 * HOUR_MS, working=True, work=WORK)
    assert at == Turn(night + 3 * HOUR_MS, night + 4 * HOUR_MS, night + 8 * HOUR_MS)
    nobody_works = WorkTime.around(WorkCalendar(ZONE, lambda _: False), NOON)
    assert turn(night, night + 4 * HOUR_MS, working=True, work=nobody_works) == at


@settings(max_examples=100)
@given(st.integers(ms("2015-01-01 00:00"), ms("2040-01-01 00:00")))
def test_working_time_only_grows_and_is_found_again(at: int) -> None:
    here, later = (WORK.worked(np.array([t])) for t in (at, at + 60_000))
    assert here <= later <= here + 60_000
    again = WORK.moment(here)
    assert again <= at
    assert WORK.worked(again) == here


def test_every_light_has_its_shape_and_no_two_share_one() -> None:
    assert set(SHAPES) == set(Light)
    assert len(set(SHAPES.values())) == len(Light)


def test_a_city_sets_its_own_shares_and_nonsense_is_named(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    (tmp_path / "city.toml").write_text("[lights]\nyellow = 0.5\ndark = 3\n", "utf-8")
    assert folder.city().lights.rules == LightRules(0.5, 3.0)
    for said, field in (("yellow = 1.2", "yellow"), ("dark = 0.9", "dark"), ("orange = 1", "orange")):
        (tmp_path / "city.toml").write_text(f"[lights]\n{said}\n", "utf-8")
        with pytest.raises(ValueError, match=f"lights.{field}"):
            folder.city()
    with pytest.raises(ValueError, match="yellow"):
        LightRules(yellow=0)
    with pytest.raises(ValueError, match="dark"):
        LightRules(dark=1)
