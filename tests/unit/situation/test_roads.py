"""Ways by road: as short as a plain search finds them, along one-way streets only as allowed, and told when there is
none. The best units by road are those of the written-out costs of all."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.dispatch import CUT_OFF_MIN, DETOUR, FAR_MIN, METRES_PER_MIN, By, Pool, distance_m, rank
from geodata.domain.roads import RoadNet, metres_between
from geodata.domain.units import UNIT_STATUSES, UnitStatus
from geodata.situation import roads as module
from geodata.situation.roads import NOWHERE, OFF_ROAD_M, POINTS_MAX, RoadGraph, Trip
from tests.factories.road_nets import net_of, random_net, spot
from tests.unit.situation.test_advising import pool_of, written_out

SEEDS = st.integers(0, 2**32 - 1)
ROUNDED_M = 1.6  # five decimals move both ends of a piece of the line by up to 0.8 m


def plainly(graph: RoadGraph, unit: tuple[float, float], event: tuple[float, float]) -> float:
    """Minutes by road from a unit to an event, by a search over a dictionary; NaN where there is no way."""
    net = graph.net
    spots = graph.spots(np.array([unit[0], event[0]]), np.array([unit[1], event[1]]))
    if NOWHERE in spots.edge:
        return float("nan")
    out: dict[object, list[tuple[object, float]]] = {}

    def link(a: object, b: object, minutes: float, *, oneway: bool) -> None:
        out.setdefault(a, []).append((b, minutes))
        if not oneway:
            out.setdefault(b, []).append((a, minutes))

    for e, (a, b) in enumerate(net.ends.tolist()):
        on = [(float(spots.along[i]), name) for i, name in enumerate(("unit", "event")) if spots.edge[i] == e]
        along: list[tuple[float, object]] = [(0.0, a), *sorted(on), (float(graph.metres[e]), b)]
        for (low, p), (high, q) in pairwise(along):
            link(p, q, (high - low) / (float(net.kmh[e]) * 1000 / 60), oneway=bool(net.oneway[e]))
    if spots.edge[0] == spots.edge[1] and spots.along[0] == spots.along[1]:
        link("unit", "event", 0.0, oneway=False)
    best, heap = {"unit": 0.0}, [(0.0, 0, "unit")]
    tie = 0
    while heap:
        minutes, _, at = heappop(heap)
        if at == "event":
            return minutes + float(spots.off.sum()) / METRES_PER_MIN
        for to, more in out.get(at, ()):
            if minutes + more < best.get(to, np.inf):  # type: ignore[call-overload]
                best[to] = minutes + more  # type: ignore[index]
                tie += 1
                heappush(heap, (minutes + more, tie, to))  # type: ignore[misc]
    return float("nan")


def some_points(rng: np.random.Generator, n: int) -> list[tuple[float, float]]:
    return [spot(*p) for p in rng.uniform(-2600, 2600, (n, 2))]


@settings(max_examples=80)
@given(SEEDS)
def test_ways_are_those_of_a_plain_search_and_no_way_is_told_as_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = RoadGraph(random_net(rng))
    event, *units = some_points(rng, 25)
    lon, lat = np.array(units).T
    search = graph.to(*event)
    expected = np.array([plainly(graph, unit, event) for unit in units])
    limit = float(rng.uniform(0, 30))
    soon = np.where(expected > limit, np.inf, expected)
    assert search.minutes(lon, lat, limit) == pytest.approx(soon, rel=1e-6, abs=1e-6, nan_ok=True)
    assert search.minutes(lon, lat, 1e9) == pytest.approx(expected, rel=1e-6, abs=1e-6, nan_ok=True)
    straight = distance_m(*event, lon, lat)
    for unit, minutes, metres in zip(units, expected.tolist(), straight.tolist(), strict=True):
        if np.isnan(minutes):
            continue
        found = search.trip(*unit)
        assert found.metres >= metres * (1 - 1e-6)
        assert metres / graph.fastest <= minutes * (1 + 1e-6)
        assert found.line[0] == pytest.approx(unit, abs=1e-5)
        assert found.line[-1] == pytest.approx(event, abs=1e-5)
        assert len(found.line) <= POINTS_MAX
        drawn = np.array(found.line)
        assert metres_between(drawn[:-1], drawn[1:]).sum() <= found.metres + ROUNDED_M * len(drawn)


@settings(max_examples=80)
@given(SEEDS, st.integers(0, 80), st.integers(1, 12))
def test_the_best_by_road_are_the_best_of_all_that_are_written_out(seed: int, units: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    graph, pool = RoadGraph(random_net(rng)), pool_of(rng, units, 0.012)
    event = some_points(rng, 1)[0]

    def way(i: int) -> float:
        by_road = plainly(graph, (float(pool.lon[i]), float(pool.lat[i])), event)
        straight = float(distance_m(*event, pool.lon[[i]], pool.lat[[i]])[0]) / METRES_PER_MIN
        if np.isnan(by_road):
            return straight * DETOUR + CUT_OFF_MIN
        return by_road if by_road <= FAR_MIN else max(FAR_MIN, straight * DETOUR)

    order = rank(pool, *event, n, graph.to(*event))
    expected = written_out(pool, way)[:n]
    assert order.minutes == pytest.approx([cost for cost, _ in expected], abs=1e-6)
    assert order.chosen.tolist() == [i for _, i in expected]
    assert len(order.chosen) + sum(order.missing.values()) == units


@settings(max_examples=30)
@given(SEEDS)
def test_the_nearest_road_is_found_as_far_as_it_may_lie(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = random_net(rng)
    graph = RoadGraph(net)
    for lon, lat in some_points(rng, 10):
        nearest = min(_nearest(net, e, lon, lat) for e in range(len(net)))
        spots = graph.spots(np.array([lon]), np.array([lat]))
        off, edge = float(spots.off[0]), int(spots.edge[0])
        if edge == NOWHERE:
            assert nearest > OFF_ROAD_M - 51
        else:
            assert nearest - 2 <= off <= nearest + 51
            assert off <= OFF_ROAD_M


def _nearest(net: RoadNet, e: int, lon: float, lat: float) -> float:
    """Metres from a point to a road, by many points along it."""
    line = net.point[net.start[e] : net.start[e + 1]]
    t = np.linspace(0, 1, 3000)[:, None]
    dense = np.concatenate([a + (b - a) * t for a, b in pairwise(line)])
    return float(metres_between(dense, np.broadcast_to([lon, lat], dense.shape)).min())


SQUARE = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 1000.0), (0.0, 1000.0)]
RING = [(0, 1), (1, 2), (2, 3), (3, 0)]


def trip(net: RoadNet, unit: tuple[float, float], event: tuple[float, float]) -> Trip:
    lon, lat = spot(*unit)
    search = RoadGraph(net).to(*spot(*event))
    assert np.isfinite(search.minutes(np.array([lon]), np.array([lat]), 1e6)[0])
    return search.trip(lon, lat)


def minutes(net: RoadNet, unit: tuple[float, float], event: tuple[float, float]) -> float:
    lon, lat = spot(*unit)
    return float(RoadGraph(net).to(*spot(*event)).minutes(np.array([lon]), np.array([lat]), 1e6)[0])


def test_a_unit_drives_around_against_a_one_way_street_and_with_it_straight() -> None:
    both, one = net_of(SQUARE, RING), net_of(SQUARE, RING, oneway=(0, 1, 2, 3))
    assert minutes(both, (150, 0), (850, 0)) == pytest.approx(700 / 400, rel=0.01)
    assert minutes(one, (150, 0), (850, 0)) == pytest.approx(700 / 400, rel=0.01)
    assert minutes(one, (850, 0), (150, 0)) == pytest.approx(3300 / 400, rel=0.01)
    around = trip(one, (850, 0), (150, 0))
    assert around.metres == pytest.approx(3300, rel=0.01)
    assert max(lat for _, lat in around.line) > spot(0, 900)[1]


def test_a_fast_road_is_taken_although_it_is_longer() -> None:
    detour = net_of([(0, 0), (2000, 0), (1000, 600)], [(0, 1), (0, 2), (2, 1)], kmh=[12, 60, 60])
    assert minutes(detour, (0, 0), (2000, 0)) < 4
    assert trip(detour, (0, 0), (2000, 0)).metres > 2300


def test_no_way_is_known_where_the_road_is_far_or_hangs_on_nothing_or_cannot_be_left() -> None:
    island = net_of([(0, 0), (1000, 0), (0, 3000), (1000, 3000)], [(0, 1), (2, 3)])
    assert np.isnan(minutes(island, (500, 3000), (500, 0)))
    assert np.isnan(minutes(island, (500, OFF_ROAD_M + 20), (500, 0)))
    assert np.isnan(minutes(island, (500, 0), (500, 1500)))
    assert np.isfinite(minutes(island, (500, OFF_ROAD_M - 20), (500, 0)))
    into = net_of([(0, 0), (1000, 0), (2000, 0)], [(0, 1), (1, 2)], oneway=(0,))
    assert np.isnan(minutes(into, (1500, 0), (500, 0)))
    assert np.isfinite(minutes(into, (500, 0), (1500, 0)))


def test_without_a_road_that_leads_there_a_unit_costs_a_detour_and_more() -> None:
    net = net_of([(0, 0), (1000, 0)], [(0, 1)])
    lon, lat = np.array([spot(950, 0), spot(200, 1500)]).T
    no, yes = np.zeros(2, np.bool_), np.ones(2, np.bool_)
    on = np.full(2, UNIT_STATUSES.index(UnitStatus.ON_DUTY), np.int8)
    pool = Pool(lon, lat, on, no, no, np.zeros(2, int), no, yes, no, yes)
    order = rank(pool, *spot(0, 0), 2, RoadGraph(net).to(*spot(0, 0)))
    assert order.chosen.tolist() == [0, 1]
    assert order.by.tolist() == [By.ROAD, By.CUT_OFF]
    assert order.way == pytest.approx([950 / 400, DETOUR * order.metres[1] / 400], rel=0.02)
    assert order.minutes - order.way == pytest.approx([0, CUT_OFF_MIN])


def test_who_is_cut_off_next_to_the_event_goes_after_who_has_a_way_and_who_is_far_says_so() -> None:
    across = net_of([(0, 0), (7000, 0), (60_000, 0), (0, 900), (900, 900)], [(0, 1), (1, 2), (3, 4)])
    lon, lat = np.array([spot(0, 900), spot(6900, 0), spot(59_000, 0)]).T
    no, yes = np.zeros(3, np.bool_), np.ones(3, np.bool_)
    on = np.full(3, UNIT_STATUSES.index(UnitStatus.ON_DUTY), np.int8)
    pool = Pool(lon, lat, on, no, no, np.zeros(3, int), no, yes, no, yes)
    order = rank(pool, *spot(0, 0), 3, RoadGraph(across).to(*spot(0, 0)))
    assert order.chosen.tolist() == [1, 0, 2]
    assert order.by.tolist() == [By.ROAD, By.CUT_OFF, By.FAR]
    assert order.way[2] == pytest.approx(DETOUR * 59_000 / 400, rel=0.01)
    assert rank(pool, *spot(0, 0), 1, RoadGraph(across).to(*spot(0, 0))).chosen.tolist() == [1]


def test_a_search_in_many_rings_finds_what_one_ring_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    net = random_net(np.random.default_rng(4))
    lon, lat = np.array(some_points(np.random.default_rng(5), 60)).T
    whole = [RoadGraph(net).to(*spot(x, 0)).minutes(lon, lat, 1e6) for x in range(-2000, 2000, 500)]
    monkeypatch.setattr(module, "FIRST_RING_MIN", 0.05)
    monkeypatch.setattr(module, "RING_JUNCTIONS", 1)
    rings = [RoadGraph(net).to(*spot(x, 0)).minutes(lon, lat, 100.0) for x in range(-2000, 2000, 500)]
    assert np.array(rings) == pytest.approx(np.array(whole), nan_ok=True)


def test_searches_are_kept_and_a_later_one_with_a_higher_limit_finds_more() -> None:
    graph = RoadGraph(net_of([(0, 0), (1000, 0), (9000, 0)], [(0, 1), (1, 2)]))
    event, far = spot(0, 0), np.array([spot(8900, 0)])
    assert np.isinf(graph.to(*event).minutes(far[:, 0], far[:, 1], 1.0)[0])
    assert graph.to(*event) is graph.to(*event)
    assert graph.to(*event).minutes(far[:, 0], far[:, 1], 60.0)[0] == pytest.approx(8900 / 400, rel=0.01)
    for k in range(6):
        graph.to(*spot(k, 0)).minutes(far[:, 0], far[:, 1], 60.0)
    assert graph.to(*event).minutes(far[:, 0], far[:, 1], 60.0)[0] == pytest.approx(8900 / 400, rel=0.01)
