"""Who follows what was walked has what the store has, however seldom it looks."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from geodata.services import patrolling
from geodata.services.outcomes import Submitted
from geodata.services.tracking import Position, report_positions
from geodata.situation.loading import load_situation
from geodata.situation.tailing import read_news
from geodata.store import changes
from tests.factories.access_city import HOUR, MINUTE, NOW, OPERATOR, POINT, Town, kept_in
from tests.integration.access.test_coverage import GRID_IDS, PLAN, follow, planned, said, wander


def test_a_process_that_follows_one_that_starts_anew_and_one_after_a_restart_say_the_same(city: Town) -> None:
    city = planned(city)
    zone = city.desk.calendar.zone
    tailed = load_situation(city.store, zone, NOW, patrol=PLAN)
    for hour in range(26):
        at = NOW + hour * HOUR
        if hour == 0:
            city.enrol("U1", at_ms=NOW - HOUR)
            city.enrol("U1", status="on_duty", at_ms=NOW)
        for k in range(5):
            city.fix("U1", at + k * 4 * MINUTE, at=("G1", "G2", "D2")[hour % 3])
            if k == 2:
                follow(tailed, city.store, at + k * 4 * MINUTE)
        follow(tailed, city.store, at + 17 * MINUTE)
        fresh = load_situation(city.store, zone, at + 17 * MINUTE, patrol=PLAN)
        # The little city's areas have no kinds in the store: both speak of the same plan.
        assert said(tailed) == said(fresh)
    assert tailed.coverage(0).known


def test_who_looks_now_and_then_misses_no_grid_though_old_changes_are_forgotten(
    city: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "FOLLOWED_MAX", 6)
    city = planned(city)
    zone, rng = city.desk.calendar.zone, Random(7)
    tailed = load_situation(city.store, zone, NOW, patrol=PLAN)
    behind: list[int] = []

    def look(at_ms: int) -> None:
        nonlocal tailed
        if rng.random() < 0.9:
            return
        if rng.random() < 0.9:
            patrolling.count_shifts(city.desk, lambda _: True, at_ms)
        with city.store.read() as conn:
            behind.append(changes.newest(conn)[0] - tailed.seq)
        fresh = load_situation(city.store, zone, at_ms, patrol=PLAN)
        if behind[-1] > changes.FOLLOWED_MAX:
            assert read_news(city.store, tailed) is None
            tailed = fresh
            return
        follow(tailed, city.store, at_ms)
        assert said(tailed) == said(fresh)
        every = tailed.walks.grids.places(np.array(sorted(GRID_IDS.values())))
        for mine, theirs in zip(tailed.walks.this_shift(every), fresh.walks.this_shift(every), strict=True):
            assert mine.tolist() == theirs.tolist()

    _, end = wander(city, 9, 60, look=look)
    assert {0, 1, 5, 6} <= {*behind}
    assert max(behind) > 6
    patrolling.count_shifts(city.desk, lambda _: True, end)
    with city.store.read() as conn:
        newest = changes.newest(conn)[0]
    assert {r["seq"] for r in kept_in(city.store, "walk_change")} <= {*range(newest - 5, newest + 1)}


def test_a_batch_that_tells_of_two_shifts_names_the_grids_of_both(city: Town) -> None:
    city = planned(city)
    zone, late = city.desk.calendar.zone, NOW + 9 * HOUR
    city.enrol("U1", at_ms=NOW - HOUR)
    city.enrol("U1", status="on_duty", at_ms=NOW)
    tailed = load_situation(city.store, zone, NOW, patrol=PLAN)
    way = [(at, begin + k * MINUTE) for at, begin in (("G2", NOW), ("G1", late)) for k in range(1, 7)]
    sent = [Submitted({}, Position("U1", *POINT[at], ms)) for at, ms in [*way, ("G3", late + 7 * MINUTE)]]
    report_positions(city.desk, OPERATOR, sent, feed="t/p", now_ms=late + 7 * MINUTE)
    follow(tailed, city.store, late + 7 * MINUTE)
    assert said(tailed) == said(load_situation(city.store, zone, late + 7 * MINUTE, patrol=PLAN))
    hours = [tailed.walks.hours(tailed.tree.ordinal[code], tailed.now_ms) for code in ("G1", "G2")]
    assert hours == [MINUTE / HOUR, (9 * HOUR + MINUTE) / HOUR]
