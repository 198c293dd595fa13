"""What the clock alone changes: deadlines, ages of fixes, days; and where clocks are moved by law."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geodata.domain.clocks import NEVER
from geodata.domain.units import Freshness
from geodata.domain.view import Filters
from geodata.situation.borders import Borders
from geodata.situation.days import Day
from geodata.situation.situation import Situation
from tests.unit.situation.city import CATALOGUE, UNEVEN, a_unit, an_event

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON_MS = int(datetime(2026, 5, 4, 4, tzinfo=UTC).timestamp() * 1000)
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
LEAF = 3


def city() -> Situation:
    return Situation(UNEVEN, CATALOGUE, SHANGHAI, NOON_MS)


def test_an_event_is_due_soon_half_an_hour_before_its_deadline_and_overdue_a_moment_after_it() -> None:
    situation, due = city(), NOON_MS + HOUR_MS
    situation.apply_events([an_event(area_id=UNEVEN.areas[LEAF].id, deadline_ms=due)])
    seen = []
    for at in (due - 30 * MINUTE_MS - 1, due - 30 * MINUTE_MS, due, due + 1):
        situation.advance(at)
        seen.append((situation.totals(0).due_soon, situation.totals(LEAF).overdue))
    assert seen == [(0, 0), (1, 0), (1, 0), (0, 1)]


def test_the_clock_of_a_suspended_event_stands_still() -> None:
    situation = city()
    situation.apply_events([
        an_event(1, state="suspended", state_ms=NOON_MS, deadline_ms=NOON_MS + 1),
        an_event(2, state="suspended", state_ms=NOON_MS, deadline_ms=NOON_MS - 1),
    ])  # fmt: skip
    situation.advance(NOON_MS + HOUR_MS)
    assert [e.id for e in situation.worst(0, Filters(), 9)] == [2]


def test_the_clock_of_an_event_that_is_suspended_ahead_of_time_runs_until_then() -> None:
    situation, due = city(), NOON_MS + 5 * MINUTE_MS
    situation.apply_events([
        an_event(1, state="suspended", state_ms=due + MINUTE_MS, deadline_ms=due),
        an_event(2, state="suspended", state_ms=due - MINUTE_MS, deadline_ms=due),
    ])  # fmt: skip
    seen = []
    for at in (due, due + 1, due + HOUR_MS):
        situation.advance(at)
        seen.append([e.id for e in situation.worst(0, Filters(), 9)])
    assert seen == [[], [1], [1]]


@pytest.mark.parametrize("judgement", [0, 1, -1])
def test_no_clock_moves_what_a_source_has_judged(judgement: int) -> None:
    situation = city()
    situation.apply_events([an_event(on_time=judgement, deadline_ms=NOON_MS + 1)])
    before = situation.totals(0)
    situation.advance(NOON_MS + HOUR_MS)
    assert situation.totals(0) == before
    assert (before.overdue, before.on_time_all, before.unjudged_all) == (
        int(judgement == 0), int(judgement == 1), int(judgement == -1),
    )  # fmt: skip


def test_a_fix_is_live_to_five_minutes_stale_to_fifteen_then_lost() -> None:
    situation = city()
    situation.apply_units([a_unit(fix_ms=NOON_MS), a_unit(2, lon=None, fix_ms=None), a_unit(3, status="off_duty")])
    seen = []
    for minutes, more in ((5, 0), (5, 1), (15, 0), (15, 1)):
        situation.advance(NOON_MS + minutes * MINUTE_MS + more)
        ages = situation.unit_totals(0).by_freshness
        seen.append(tuple(ages[f] for f in (Freshness.LIVE, Freshness.STALE, Freshness.LOST)))
    assert seen == [(1, 0, 1), (0, 1, 1), (0, 1, 1), (0, 0, 2)]


def test_at_midnight_today_begins_again_and_the_closed_ones_leave_but_not_their_count() -> None:
    situation, area = city(), UNEVEN.areas[LEAF].id
    times = {"reported_ms": NOON_MS, "dispatched_ms": NOON_MS, "handled_ms": NOON_MS + 1000, "ended_ms": NOON_MS + 2000}
    situation.apply_events([an_event(1, state="closed", area_id=area, **times), an_event(2, reported_ms=NOON_MS)])
    noon = situation.totals(0)
    assert (noon.closed_today, noon.handling_median_s, noon.reported_today, noon.open) == (1, 1.0, 2, 1)
    assert situation.advance(NOON_MS + 12 * HOUR_MS)
    night = situation.totals(0)
    assert (night.closed_today, night.handling_n, night.reported_today, night.open) == (0, 0, 0, 1)
    assert (night.reported_all, night.closed_all) == (2, 1)
    assert situation.event("E1") is None
    assert sum(situation.hours_today(0)) == 0


def test_a_report_from_a_clock_that_is_ahead_counts_when_its_day_comes() -> None:
    situation = city()
    tomorrow = NOON_MS + 24 * HOUR_MS
    situation.apply_events([
        an_event(1, state="closed", reported_ms=tomorrow, dispatched_ms=tomorrow, handled_ms=tomorrow + 7000,
                 ended_ms=tomorrow + 9000),
    ])  # fmt: skip
    assert (situation.totals(0).reported_today, situation.totals(0).handling_n) == (0, 0)
    situation.advance(tomorrow)
    assert (situation.totals(0).reported_today, situation.totals(0).handling_median_s) == (1, 7.0)


def test_a_clock_that_goes_backwards_is_ignored() -> None:
    situation = city()
    situation.advance(NOON_MS + HOUR_MS)
    assert not situation.advance(NOON_MS)
    assert situation.now_ms == NOON_MS + HOUR_MS


def test_stamps_grow_where_something_happened_and_nowhere_else() -> None:
    situation, elsewhere = city(), 9
    situation.apply_events([an_event(area_id=UNEVEN.areas[LEAF].id, deadline_ms=NOON_MS + HOUR_MS)])
    event_stamps = [situation.stamp("events", o) for o in (0, LEAF, elsewhere)]
    situation.apply_units([a_unit(area_id=UNEVEN.areas[elsewhere].id)])
    assert [situation.stamp("events", o) for o in (0, LEAF, elsewhere)] == event_stamps
    assert event_stamps[0] == event_stamps[1] > event_stamps[2]
    assert situation.stamp("units", elsewhere) == situation.stamp("units", 0) > situation.stamp("units", LEAF)
    before = situation.stamp("clock", LEAF), situation.stamp("clock", elsewhere)
    situation.advance(NOON_MS + HOUR_MS + 1)
    assert situation.stamp("clock", LEAF) > before[0]
    assert situation.stamp("clock", elsewhere) == before[1]


@pytest.mark.parametrize(
    ("zone", "at", "hours", "missing", "twice"),
    [
        ("Asia/Shanghai", datetime(2026, 5, 4, 4, tzinfo=UTC), 24, set(), set()),
        ("America/New_York", datetime(2026, 3, 8, 12, tzinfo=UTC), 23, {2}, set()),
        ("America/New_York", datetime(2026, 11, 1, 12, tzinfo=UTC), 25, set(), {1}),
        ("Asia/Beirut", datetime(2026, 3, 29, 12, tzinfo=UTC), 23, {0}, set()),
        ("America/Havana", datetime(2026, 11, 1, 12, tzinfo=UTC), 25, set(), {0}),
        ("Australia/Lord_Howe", datetime(2026, 4, 5, 1, tzinfo=UTC), 24.5, set(), set()),
    ],
)
def test_a_day_is_as_long_as_the_law_makes_it(
    zone: str, at: datetime, hours: float, missing: set[int], twice: set[int]
) -> None:
    day = Day.of(int(at.timestamp() * 1000), ZoneInfo(zone))
    assert day.end_ms - day.start_ms == hours * HOUR_MS
    moments = np.arange(day.start_ms, day.end_ms, MINUTE_MS)
    minutes = np.bincount(day.hours(moments), minlength=24)
    assert {h for h, n in enumerate(minutes) if n == 0} == missing
    assert {h for h, n in enumerate(minutes) if n == 120} == twice
    edges = (day.start_ms - 1, day.start_ms, day.end_ms - 1)
    before, first, last = (datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)).date() for ms in edges)
    assert before < first == last


def test_moments_that_move_later_do_not_fill_the_heap() -> None:
    borders = Borders(np.zeros(0, np.int64), np.zeros(0, np.int64), 0)
    for at in range(1000):
        borders.set([7], [at + 100])
    assert len(borders) == 1
    assert borders.passed(500) == []
    assert borders.passed(1099) == [7]
    borders.set([7], [2000])
    borders.set([7], [NEVER])
    assert borders.passed(9000) == []
