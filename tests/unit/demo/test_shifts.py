"""The demo's roster: three shifts a day that touch, the same for the same day, with a few who are not there."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geodata.demo.roster import Roster
from geodata.demo.shifts import HOUR_MS, turn_at, turns_of
from geodata.demo.simulator.crowd import OFF, Crowd
from geodata.demo.stage import Stage

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 26)
N = 5_000


def test_the_shifts_of_a_day_touch_each_other_and_those_of_the_next() -> None:
    turns = [t for k in range(2) for t in turns_of(DAY + timedelta(days=k), ZONE, N)]
    assert len(turns) == 6
    assert all(a.to_ms == b.from_ms for a, b in pairwise(turns))
    assert {t.to_ms - t.from_ms for t in turns} == {8 * HOUR_MS}


def test_some_are_excused_and_some_stay_away_never_both_and_the_same_each_time() -> None:
    first, again = turns_of(DAY, ZONE, N), turns_of(DAY, ZONE, N)
    for one, other in zip(first, again, strict=True):
        assert (one.leave == other.leave).all()
        assert (one.absent == other.absent).all()
        assert not (one.leave & one.absent).any()
        assert one.leave.mean() == pytest.approx(0.03, abs=0.01)
        assert one.absent.mean() == pytest.approx(0.02, abs=0.01)
    assert (first[0].leave != first[1].leave).any()


def test_the_turn_of_a_moment_holds_it() -> None:
    edges = [t.from_ms for t in turns_of(DAY, ZONE, N)]
    for at in (edges[0], edges[1] - 1, edges[1], edges[2] + HOUR_MS):
        turn = turn_at(at, ZONE, N)
        assert turn.from_ms <= at < turn.to_ms


def test_who_is_away_does_not_sign_on_and_comes_back_with_the_next_shift(stage: Stage, roster: Roster) -> None:
    crowd = Crowd(stage, roster, np.random.default_rng(1), 0, speed=1.0)
    crowd.away = np.arange(len(roster)) % 10 == 0
    told = crowd.sign_on(0)
    assert [r["status"] == "off_duty" for r in told] == crowd.away.tolist()
    crowd.settle(4 * HOUR_MS)
    assert ((crowd.status == OFF) == crowd.away).all()
    crowd.away = np.zeros(len(roster), bool)
    crowd.settle(4 * HOUR_MS)
    assert (crowd.status != OFF).all()
