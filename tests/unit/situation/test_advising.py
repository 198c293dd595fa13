"""Dispatch advice: the order is that of the written-out costs, and nobody who could go is forgotten."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.catalogue import Catalogue
from geodata.domain.dispatch import (
    ANSWERS,
    METRES_PER_MIN,
    OPEN_EVENT_MIN,
    OTHER_KIND_MIN,
    OWN_GRID_MIN,
    SKILL_MIN,
    STALE_MIN,
    STATUS_MIN,
    Missing,
    Pool,
    answering_kind,
    distance_m,
    rank,
)
from geodata.domain.units import UNIT_STATUSES, UnitKind, UnitStatus

LON, LAT = 106.5, 29.5


def pool_of(rng: np.random.Generator, n: int, wide: float = 0.05) -> Pool:
    flags = rng.random((6, n)) < 0.4
    lon = np.where(rng.random(n) < 0.1, np.nan, LON + rng.normal(0, wide, n))
    return Pool(
        lon, LAT + rng.normal(0, wide, n), rng.integers(0, len(UNIT_STATUSES), n).astype(np.int8), flags[0],
        flags[1] & flags[2], rng.integers(0, 4, n), flags[3], flags[4], flags[5], rng.random(n) < 0.7,
    )  # fmt: skip


def straight(pool: Pool, i: int) -> float:
    return float(distance_m(LON, LAT, pool.lon[[i]], pool.lat[[i]])[0]) / METRES_PER_MIN


def written_out(pool: Pool, way: Callable[[int], float] | None = None) -> list[tuple[float, int]]:
    """(cost in minutes, row) of all that can be sent, best first, one by one; ``way``: its minutes."""
    found = []
    for i in range(len(pool.lon)):
        status = UNIT_STATUSES[pool.status[i]]
        if status not in STATUS_MIN or pool.lost[i] or np.isnan(pool.lon[i]) or not pool.reached[i]:
            continue
        cost = (straight(pool, i) if way is None else way(i)) + STATUS_MIN[status] + OPEN_EVENT_MIN * int(pool.load[i])
        cost += STALE_MIN if pool.stale[i] else 0.0
        cost += OWN_GRID_MIN if pool.home[i] else 0.0
        cost += 0.0 if pool.kind[i] else OTHER_KIND_MIN
        cost += SKILL_MIN if pool.skill[i] else 0.0
        found.append((cost, i))
    return sorted(found)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(0, 120), st.integers(1, 20))
def test_the_order_is_that_of_the_costs_and_everybody_is_chosen_or_counted(seed: int, units: int, n: int) -> None:
    pool = pool_of(np.random.default_rng(seed), units)
    order = rank(pool, LON, LAT, n)
    expected = written_out(pool)[:n]
    assert order.chosen.tolist() == [i for _, i in expected]
    assert order.minutes == pytest.approx([cost for cost, _ in expected])
    assert len(order.chosen) + sum(order.missing.values()) == units


def test_a_kilometre_is_a_kilometre() -> None:
    east = distance_m(LON, LAT, np.array([LON + 1 / 96.86]), np.array([LAT]))[0]
    north = distance_m(LON, LAT, np.array([LON]), np.array([LAT + 1 / 111.195]))[0]
    assert (east, north) == (pytest.approx(1000, abs=2), pytest.approx(1000, abs=1))


def test_who_is_free_close_by_and_of_the_right_kind_goes_before_who_is_only_closer() -> None:
    on, busy = (UNIT_STATUSES.index(s) for s in (UnitStatus.ON_DUTY, UnitStatus.BUSY))
    no, yes = np.zeros(2, np.bool_), np.ones(2, np.bool_)
    pool = Pool(
        np.array([LON + 0.01, LON + 0.001]), np.full(2, LAT), np.array([on, busy], np.int8), no, no, np.zeros(2, int),
        no, yes, no, yes,
    )  # fmt: skip
    assert rank(pool, LON, LAT, 2).chosen.tolist() == [0, 1]


def test_why_somebody_is_missing_is_counted() -> None:
    off, on = (UNIT_STATUSES.index(s) for s in (UnitStatus.OFF_DUTY, UnitStatus.ON_DUTY))
    no = np.zeros(4, np.bool_)
    pool = Pool(
        np.array([LON, LON, LON, np.nan]), np.full(4, LAT), np.array([off, on, on, on], np.int8), no,
        np.array([0, 1, 0, 0], bool), np.zeros(4, int), no, no, no, np.array([1, 1, 0, 1], bool),
    )  # fmt: skip
    order = rank(pool, LON, LAT, 8)
    assert len(order.chosen) == 0
    assert dict(order.missing) == {Missing.OFF_DUTY: 1, Missing.LOST: 2, Missing.ELSEWHERE: 1, Missing.LATER: 0}


def test_every_class_of_the_catalogue_has_a_kind_that_answers() -> None:
    classes = Catalogue.read().classes
    assert set(ANSWERS) <= set(classes)
    assert {answering_kind(c) for c in classes} >= {UnitKind.GRID_POST, UnitKind.MEDIATION, UnitKind.EMERGENCY}
