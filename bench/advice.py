"""P10: ranking the units of the largest city for one event, straight and by road, against the obvious ways."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import numpy as np
from scipy.spatial import Delaunay

from geodata.domain.dispatch import (
    CUT_OFF_MIN,
    DETOUR,
    FAR_MIN,
    METRES_PER_MIN,
    OPEN_EVENT_MIN,
    OTHER_KIND_MIN,
    OWN_GRID_MIN,
    SKILL_MIN,
    STALE_MIN,
    STATUS_MIN,
    Pool,
    Ways,
    distance_m,
    rank,
)
from geodata.domain.roads import RoadNet
from geodata.domain.units import UNIT_STATUSES
from geodata.situation.roads import RoadGraph, Search

UNITS, EVENTS, BEST = 60_000, 40, 8
JUNCTIONS = 130_000
LON, LAT = 106.5, 29.5


def pool(n: int) -> Pool:
    """Units of a city: most on duty, some stale, lost or at work."""
    rng = np.random.default_rng(3)
    flags = rng.random((6, n))
    status = rng.integers(0, len(UNIT_STATUSES), n).astype(np.int8)
    return Pool(
        LON + rng.normal(0, 0.5, n), LAT + rng.normal(0, 0.4, n), status,
        flags[0] < 0.05, flags[1] < 0.02, rng.integers(0, 3, n), flags[2] < 0.001, flags[3] < 0.7,
        flags[5] < 0.6, flags[4] < 0.95,
    )  # fmt: skip


def roads(n: int) -> RoadNet:
    """Roads between neighbours among as many junctions, denser where the units are; a tenth of them one-way."""
    rng = np.random.default_rng(4)
    at = np.column_stack((LON + rng.normal(0, 0.5, n), LAT + rng.normal(0, 0.4, n)))
    corner = Delaunay(at).simplices
    ends = np.unique(np.sort(corner[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1), axis=0).astype(np.int32)
    kmh = rng.choice(np.array([20, 30, 40, 60], np.float32), len(ends), p=[0.6, 0.2, 0.15, 0.05])
    return RoadNet(n, ends, np.arange(len(ends) + 1) * 2, at[ends.ravel()], kmh, rng.random(len(ends)) < 0.1)


def plainly(p: Pool, lon: float, lat: float, n: int, ways: Ways | None = None) -> list[int]:
    """The obvious way: each unit's cost one by one, then sorted; by road after the ways of all were found."""
    straight = distance_m(lon, lat, p.lon, p.lat) / METRES_PER_MIN
    minutes = straight.tolist()
    if ways is not None:
        road, around = ways.minutes(p.lon, p.lat, 1e9), straight * DETOUR
        far = np.where(road > FAR_MIN, np.maximum(around, FAR_MIN), road)
        minutes = np.where(np.isnan(road), around + CUT_OFF_MIN, far).tolist()
    found = []
    for i, status in enumerate(p.status.tolist()):
        against = STATUS_MIN.get(UNIT_STATUSES[status])
        if against is None or p.lost[i] or not p.reached[i]:
            continue
        cost = minutes[i] + against + OPEN_EVENT_MIN * int(p.load[i])
        cost += (STALE_MIN if p.stale[i] else 0) + (OWN_GRID_MIN if p.home[i] else 0)
        cost += SKILL_MIN if p.skill[i] else 0
        found.append((cost + (0 if p.kind[i] else OTHER_KIND_MIN), i))
    return [i for _, i in sorted(found)[:n]]


def taken(units: Pool, graph: RoadGraph | None) -> tuple[float, float]:
    """(ms of ``rank``, ms of the obvious way): the same events in turns, medians of processor time."""
    rng = np.random.default_rng(5)
    fast, plain = [], []
    for lon, lat in zip(LON + rng.normal(0, 0.4, EVENTS), LAT + rng.normal(0, 0.3, EVENTS), strict=True):
        began = time.process_time()
        chosen = rank(units, lon, lat, BEST, None if graph is None else Search(graph, lon, lat)).chosen.tolist()
        fast.append(time.process_time() - began)
        began = time.process_time()
        assert plainly(units, lon, lat, BEST, None if graph is None else Search(graph, lon, lat)) == chosen
        plain.append(time.process_time() - began)
    return median(fast) * 1000, median(plain) * 1000


def figures() -> dict[str, dict[str, Any]]:
    """Take both."""
    units = pool(UNITS)
    straight, plain = taken(units, None)
    net = roads(JUNCTIONS)
    road, whole = taken(units, RoadGraph(net))
    method = f"the best {BEST} of {UNITS:,} units for each of {EVENTS} events, both ways in turns with the "
    return {
        "P10.rank": {
            "value": round(straight, 1), "unit": "ms", "bar": 20, "better": "lower",
            "peer": f"each unit's cost in a Python loop, then sorted: {plain:.0f} ms, "
                    f"{plain / straight:.0f} times as long",
            "method": method + "same answer; medians of processor time",
        },
        "P10.rank_road": {
            "value": round(road, 1), "unit": "ms", "bar": 20, "better": "lower",
            "peer": f"all ways by one search of the whole graph, the costs in a Python loop, then sorted: "
                    f"{whole:.0f} ms, {whole / road:.0f} times as long",
            "method": method + f"same answer; by road on {net.n:,} junctions and {len(net):,} roads, "
                               "nothing kept from one event to the next; medians of processor time",
        },
    }  # fmt: skip


if __name__ == "__main__":
    print(figures())
