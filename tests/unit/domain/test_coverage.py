"""Patrol coverage as pure rules: shifts, periods."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.coverage import (
    DEFAULT_PLAN,
    MINUTE_MS,
    Grids,
    Longs,
    PatrolPlan,
    PatrolRule,
    fault,
    periods,
    shift_at,
    shifts_between,
)
from tests.unit.situation.city import UNEVEN

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOUR, DAY = 60 * MINUTE_MS, 24 * 60 * MINUTE_MS
NIGHTS = PatrolPlan((360, 840, 1320))


def at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def longs(*values: int) -> Longs:
    return np.array(values, np.int64)


@pytest.mark.parametrize(("moment", "begin", "end"), [
    ("2026-11-27 00:00", "2026-11-27 00:00", "2026-11-27 08:00"),
    ("2026-11-27 15:59", "2026-11-27 08:00", "2026-11-27 16:00"),
    ("2026-11-27 23:59", "2026-11-27 16:00", "2026-11-28 00:00"),
])  # fmt: skip
def test_a_shift_runs_from_its_time_to_the_next_one(moment: str, begin: str, end: str) -> None:
    assert shift_at(DEFAULT_PLAN, SHANGHAI, at(moment))[:2] == (at(begin), at(end))


def test_before_the_first_shift_of_a_day_yesterdays_last_one_runs() -> None:
    found = shift_at(NIGHTS, SHANGHAI, at("2026-11-27 03:00"))
    assert found[:2] == (at("2026-11-26 22:00"), at("2026-11-27 06:00"))
    assert found.day == datetime(2026, 11, 26, tzinfo=UTC).toordinal()


@given(st.integers(at("2026-01-01 00:00"), at("2027-01-01 00:00")), st.sampled_from([SHANGHAI, BERLIN]),
       st.sampled_from([DEFAULT_PLAN, NIGHTS, PatrolPlan((150, 480))]))  # fmt: skip
def test_shifts_follow_each_other_without_gaps_whatever_clocks_do(low: int, zone: ZoneInfo, plan: PatrolPlan) -> None:
    shifts = list(shifts_between(plan, zone, low, low + 5 * DAY))
    assert shifts[0].from_ms <= low
    assert shifts[-1].to_ms >= low + 5 * DAY
    assert all(a.to_ms == b.from_ms and a.from_ms < a.to_ms for a, b in pairwise(shifts))
    assert shift_at(plan, zone, low) == shifts[0]


@given(st.integers(at("2026-01-01 00:00"), at("2027-01-01 00:00")), st.integers(0, 7),
       st.sampled_from([SHANGHAI, BERLIN]))  # fmt: skip
def test_each_grid_is_due_exactly_once_in_each_of_its_periods(low: int, every: int, zone: ZoneInfo) -> None:
    plan = replace(NIGHTS, rules=(PatrolRule("", every, 5, 3),))
    grids = Grids.of(UNEVEN, plan)
    due: list[list[int]] = [[] for _ in grids.id]
    shifts = list(shifts_between(plan, zone, low, low + 30 * DAY))
    for shift in shifts:
        begin, end = periods(grids, plan, zone, shift)
        assert (begin <= shift.from_ms).all()
        assert (end >= shift.to_ms).all()
        for k in np.flatnonzero(end == shift.to_ms).tolist():
            due[k].append(shift.to_ms)
            assert len(due[k]) < 2 or begin[k] == due[k][-2]
    expected = len(shifts) if every == 0 else 30 / every
    assert all(abs(len(moments) - expected) <= 1 for moments in due)
    if every > 1:
        assert len({moments[0] for moments in due}) > 1, "the work is spread over the days"


def test_a_rule_wants_minutes_and_fixes_and_what_is_no_grid_meets_none() -> None:
    grids = Grids.of(UNEVEN, PatrolPlan(rules=(PatrolRule("", 0, 5, 3),)))
    leaf = grids.places(grids.id[:1])[0]
    five = 5 * MINUTE_MS
    assert grids.met(longs(leaf, leaf, leaf, -1), longs(five, five - 1, five, five), longs(3, 3, 2, 3)).tolist() == [
        True, False, False, False,
    ]  # fmt: skip
    assert grids.places(longs(100, 99_999, -1)).tolist() == [-1, -1, -1]


@pytest.mark.parametrize(("starts", "rules", "said"), [
    ((), DEFAULT_PLAN.rules, "shifts"), ((480, 0), DEFAULT_PLAN.rules, "shifts"),
    ((0, 1440), DEFAULT_PLAN.rules, "shifts"),
    ((0, 30), DEFAULT_PLAN.rules, "hour"), ((0, 1410), DEFAULT_PLAN.rules, "hour"),
    ((0,), (PatrolRule("urban", 0, 5, 3),), "kind"), ((0,), DEFAULT_PLAN.rules[-1:] * 2, "once"),
    ((0,), DEFAULT_PLAN.rules, ""),
])  # fmt: skip
def test_a_plan_says_what_is_wrong_with_it(starts: tuple[int, ...], rules: tuple[PatrolRule, ...], said: str) -> None:
    problem = fault(starts, rules)
    assert said in problem
    assert bool(problem) is bool(said)
