"""Units on the move."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.demo.city import SyntheticCity
from geodata.demo.roster import Roster
from geodata.demo.simulator.crowd import (
    FIX_EVERY_MS,
    HOUR_MS,
    M_PER_DEGREE,
    OFF,
    ON,
    RIDE_MS,
    Call,
    Crowd,
)
from geodata.demo.stage import Stage

NOW = 1_800_000_000_000


@pytest.fixture
def crowd(stage: Stage, roster: Roster) -> Crowd:
    """Everybody on duty."""
    crowd = Crowd(stage, roster, np.random.default_rng(1), NOW, speed=1.0)
    crowd.sign_on(NOW)
    return crowd


def test_a_second_brings_the_fixes_of_a_fifteenth_of_the_crowd(crowd: Crowd, roster: Roster) -> None:
    counts = [len(crowd.fixes(NOW + 1000 * k)) for k in range(1, 61)]
    assert np.mean(counts) * FIX_EVERY_MS / 1000 == pytest.approx(len(roster), rel=0.1)
    assert max(counts) < 2 * np.mean(counts)


def test_nobody_walks_faster_than_a_person(crowd: Crowd, stage: Stage, roster: Roster) -> None:
    before = np.stack([crowd.lon, crowd.lat], 1)
    for k in range(1, 91):
        crowd.fixes(NOW + 1000 * k)
    moved = (np.stack([crowd.lon, crowd.lat], 1) - before) * [M_PER_DEGREE / stage.squeeze, M_PER_DEGREE]
    metres = np.hypot(*moved.T)
    assert metres.max() <= 1.31 * 105
    assert np.median(metres) > 5


def test_units_walk_in_their_beats(crowd: Crowd, middle: SyntheticCity, roster: Roster) -> None:
    for k in range(1, 200):
        crowd.fixes(NOW + 5000 * k)
    inside = 0
    for unit in range(0, len(roster), 20):
        beat = shapely.union_all(middle.levels[4].polygons[roster.first[unit] : roster.last[unit]])
        inside += bool(shapely.intersects_xy(beat, crowd.lon[unit], crowd.lat[unit]))
    assert inside / len(range(0, len(roster), 20)) > 0.85  # on the way from grid to grid they may cut a corner


def test_some_fall_silent_and_come_back(crowd: Crowd) -> None:
    heard: dict[str, list[int]] = {}
    for k in range(1, 361):
        for fix in crowd.fixes(NOW + 10_000 * k):
            heard.setdefault(fix["unit"], []).append(fix["at"])
    gaps = np.concatenate([np.diff(times) for times in heard.values()])
    assert gaps.max() > 330_000
    assert 0.0001 < (gaps > 300_000).mean() < 0.02


def test_a_unit_that_is_sent_rides_there_works_and_goes_back(crowd: Crowd, stage: Stage) -> None:
    lon, lat = stage.points(np.random.default_rng(2), np.array([5]))
    call = Call("X1", float(lon[0]), float(lat[0]))
    crowd.send(0, call)
    assert [n["status"] for n in crowd.news(NOW)] == ["en_route"]
    crowd._due_ms[0] = NOW
    before = np.array([crowd.lon[0], crowd.lat[0]])
    crowd.fixes(NOW + FIX_EVERY_MS)
    step = (np.array([crowd.lon[0], crowd.lat[0]]) - before) * [M_PER_DEGREE / stage.squeeze, M_PER_DEGREE]
    assert np.hypot(*step) <= RIDE_MS * 31
    crowd.arrive(0, "X1")
    assert (crowd.lon[0], crowd.lat[0]) == (call.lon, call.lat)
    crowd.release(0, "another")
    assert crowd.status[0] != ON
    crowd.release(0, "X1")
    assert [n["status"] for n in crowd.news(NOW)] == ["on_duty"]


def test_the_nearest_free_unit_is_sent_and_else_the_one_that_answers(crowd: Crowd) -> None:
    some = np.arange(10)
    assert crowd.nearest(some, float(crowd.lon[4]), float(crowd.lat[4]), otherwise=0) == 4
    crowd.send(4, Call("X", float(crowd.lon[4]), float(crowd.lat[4])))
    assert crowd.nearest(some, float(crowd.lon[4]), float(crowd.lat[4]), otherwise=0) != 4
    crowd.status[some] = OFF
    assert crowd.nearest(some, 0.0, 0.0, otherwise=3) == 3


def test_shifts_change_a_few_at_a_time_and_everybody_comes_back(crowd: Crowd) -> None:
    off = []
    for minute in range(100):
        crowd.settle(8 * HOUR_MS + minute * 60_000)
        off.append(float((crowd.status == OFF).mean()))
    assert 0 < max(off) < 0.25
    assert off[-1] == 0


def test_those_off_duty_have_no_position(crowd: Crowd, roster: Roster) -> None:
    crowd.status[::2] = OFF
    told = {fix["unit"] for fix in crowd.fixes(NOW + FIX_EVERY_MS, everybody=True)}
    assert told == set(roster.code[1::2])
