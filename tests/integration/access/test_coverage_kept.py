"""How long patrol coverage is kept: single grids for their days, rates for theirs, changes for those who follow."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from geodata.services import keeping, patrolling
from geodata.situation.loading import load_situation
from geodata.situation.tailing import read_news
from geodata.store import changes
from geodata.store.folder import City
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, OPERATOR, Town, kept_in
from tests.integration.access.test_coverage import GRID_IDS, PLAN, follow, planned, said, wander


def test_single_grids_are_forgotten_after_their_days_and_rates_after_theirs(small: Town) -> None:
    _, end = wander(small, 3, 30)
    patrolling.count_shifts(small.desk, lambda _: True, end)
    kept = City().coverage
    keeping.forget(small.access, City(), NOW + kept.days * DAY)
    assert kept_in(small.store, "coverage")
    keeping.forget(small.access, City(), NOW + (kept.days + 2) * DAY)
    assert not kept_in(small.store, "coverage")
    assert kept_in(small.store, "coverage_rollup")
    keeping.forget(small.access, City(), NOW + (kept.rate_days + 2) * DAY)
    assert not kept_in(small.store, "coverage_rollup")
    assert kept_in(small.store, "walk"), "when a grid was walked last is known as long as there is a grid"


def test_what_comes_after_single_grids_were_forgotten_takes_no_rate_away(small: Town) -> None:
    small.enrol("OLD", at_ms=NOW - HOUR)
    small.enrol("OLD", status="on_duty", at_ms=NOW)
    _, end = wander(small, 3, 30)
    patrolling.count_shifts(small.desk, lambda _: True, end)
    before = patrolling.coverage_of(small.desk, OPERATOR, "C", NOW - DAY, end)
    assert sum(rate.covered for rate in before) > 3
    later = NOW + 45 * DAY
    keeping.forget(small.access, City(), later)
    assert small.fix("OLD", NOW + MINUTE, at="G2", now_ms=later).status == "accepted"
    small.fix("OLD", later, at="G2")
    patrolling.count_shifts(small.desk, lambda _: True, later + HOUR)
    assert patrolling.coverage_of(small.desk, OPERATOR, "C", NOW - DAY, end)[:3] == before[:3]


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
