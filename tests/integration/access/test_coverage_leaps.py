"""Patrol coverage after a clock that had leapt forward was set right: what is walked is of the shift that runs."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.domain.coverage import shift_at
from geodata.services import patrolling
from geodata.situation.loading import load_situation
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, OPERATOR, SECOND, Town, kept_in
from tests.integration.access.test_coverage import GRID_IDS, PLAN, Log, follow, kept, planned, said, settle


@pytest.mark.parametrize("leap", [5 * HOUR, 50 * DAY])
@pytest.mark.parametrize("back", [10 * MINUTE, 4 * HOUR])
def test_after_the_clock_leapt_beyond_the_shift_and_was_set_right_what_is_walked_is_of_the_shift_that_runs(
    city: Town, leap: int, back: int
) -> None:
    city = planned(city)
    zone, log, right = city.desk.calendar.zone, Log(), NOW + back
    now = shift_at(PLAN, zone, right)

    def walks_on(code: str, at: str, from_ms: int, *, ahead: int = 0, minutes: int = 3) -> None:
        for ms in range(from_ms, from_ms + minutes * MINUTE, MINUTE):
            assert city.fix(code, ms, at=at, now_ms=ms + ahead).status == "accepted"
            log.of[code].append((ms, at))

    for code in ("U1", "U2", "U3", "U4"):
        city.enrol(code, at_ms=NOW - HOUR)
        city.enrol(code, status="on_duty", at_ms=NOW)
    walks_on("U1", "G1", NOW, minutes=7)
    walks_on("U2", "G3", NOW)
    for wrong in (NOW + leap, NOW + leap + 9 * HOUR):
        patrolling.count_shifts(city.desk, lambda _: True, wrong)
        for code, at in (("U3", "G2"), ("U4", "G3")):
            for ms in range(wrong, wrong + 7 * MINUTE, MINUTE):
                city.fix(code, ms, at=at)
    walks_on("U1", "G1", NOW + 7 * MINUTE, ahead=leap + 9 * HOUR)
    tailed = load_situation(city.store, zone, right, patrol=PLAN)
    walks_on("U2", "G3", right, minutes=1)
    patrolling.count_shifts(city.desk, lambda _: True, right + 5 * MINUTE)
    walks_on("U2", "G3", right + 6 * MINUTE)
    settle(city, right + 9 * MINUTE)
    told = kept(city.store)
    late = log.recount(city)
    assert {key: row for key, row in told.items() if key[0] < now.from_ms} == {
        key: row for key, row in late.items() if key[0] < now.from_ms
    }
    here = {at: told[now.from_ms, at] for at in ("G2", "G3")}
    assert here["G2"][:2] == (12 * MINUTE, 14)
    own = late[now.from_ms, "G3"]
    assert here["G3"][:2] == (own[0] + 12 * MINUTE, own[1] + 14)
    assert max(row["shift_ms"] for row in kept_in(city.store, "coverage_shift")) == now.from_ms
    assert all(row["last_ms"] <= right + 9 * MINUTE for row in kept_in(city.store, "walk"))
    assert all(row["shift_ms"] <= now.from_ms for row in kept_in(city.store, "coverage"))
    situation = load_situation(city.store, zone, right + 9 * MINUTE, patrol=PLAN)
    follow(tailed, city.store, right + 9 * MINUTE)
    assert said(tailed) == said(situation)
    assert situation.walks.met[situation.walks.grids.places(np.array([GRID_IDS["G3"]]))].all()
    patrolling.count_shifts(city.desk, lambda _: True, now.to_ms + DAY)
    (rate,) = patrolling.coverage_of(city.desk, OPERATOR, "G3", now.from_ms, now.from_ms + 1)
    assert (rate.due, rate.covered) == (1, 1)


def test_a_shift_that_another_server_began_a_moment_ahead_of_the_clock_is_left_there(city: Town) -> None:
    city = planned(city)
    end = shift_at(PLAN, city.desk.calendar.zone, NOW).to_ms
    city.enrol("U1", at_ms=NOW - HOUR)
    city.enrol("U1", status="on_duty", at_ms=NOW)
    city.fix("U1", NOW)
    patrolling.count_shifts(city.desk, lambda _: True, end)
    before = kept_in(city.store, "coverage_shift")
    patrolling.count_shifts(city.desk, lambda _: True, end - 5 * SECOND)
    city.fix("U1", end - SECOND)
    assert kept_in(city.store, "coverage_shift") == before
    assert before[-1]["shift_ms"] == end
