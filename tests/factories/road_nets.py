"""Small road graphs: drawn by hand, and random ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geodata.domain.roads import RoadNet

LON, LAT = 106.5, 29.5
DEG_M = 111_195.0
"""Metres of a degree of latitude."""


def spot(east_m: float, north_m: float) -> tuple[float, float]:
    """A place so many metres east and north of the middle."""
    return LON + east_m / (DEG_M * float(np.cos(np.radians(LAT)))), LAT + north_m / DEG_M


def net_of(
    places: Sequence[tuple[float, float]], roads: Sequence[tuple[int, int]], *, kmh: float | Sequence[float] = 24.0,
    oneway: Sequence[int] = (),
) -> RoadNet:  # fmt: skip
    """Junctions at places in metres (``spot``), straight roads between them; ``oneway`` numbers roads."""
    ends = np.array(roads, np.int32).reshape(-1, 2)
    at = np.array([spot(*p) for p in places])
    one = np.zeros(len(ends), np.bool_)
    one[list(oneway)] = True
    speed = np.broadcast_to(np.asarray(kmh, np.float32), (len(ends),)).copy()
    return RoadNet(len(places), ends, np.arange(len(ends) + 1) * 2, at[ends.ravel()], speed, one)


def random_net(rng: np.random.Generator) -> RoadNet:
    """A ragged town of some 4 km: bent roads, some one-way, some parts that hang on nothing."""
    n = int(rng.integers(2, 30))
    m = int(rng.integers(1, 60))
    at = np.array([spot(*p) for p in rng.uniform(-2000, 2000, (n, 2))])
    ends = rng.integers(0, n, (m, 2)).astype(np.int32)
    bends = rng.integers(0, 4, m)
    parts = []
    for (a, b), k in zip(ends.tolist(), bends.tolist(), strict=True):
        t = np.sort(rng.random(k))[:, None]
        inner = at[a] + (at[b] - at[a]) * t + rng.normal(0, 0.001, (k, 2))
        parts.append(np.concatenate((at[[a]], inner, at[[b]])))
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum([len(p) for p in parts])))
    kmh = rng.choice(np.array([6, 20, 40, 80], np.float32), m)
    return RoadNet(n, ends, start, np.concatenate(parts), kmh, rng.random(m) < 0.3)
