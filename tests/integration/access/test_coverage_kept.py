"""How long patrol coverage is kept: single grids for their days, rates for theirs, changes for those who follow."""

from __future__ import annotations

from geodata.services import keeping, patrolling
from geodata.store.folder import City
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, OPERATOR, Town, kept_in
from tests.integration.access.test_coverage import wander


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
