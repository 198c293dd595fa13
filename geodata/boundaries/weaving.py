"""Weaving: lines that share vertices become a road graph; ends that nearly meet are joined, and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geodata.boundaries.mvt import Geometries
from geodata.domain.roads import EARTH_M, Bools, Floats, Longs, RoadNet

SNAP_M = 1.0
NEAREST = 8
DEGREE = 1e7


@dataclass(frozen=True, slots=True)
class Woven:
    """The graph, how many loose ends were joined to what lies within SNAP_M, and how well it hangs together."""

    net: RoadNet
    joined: int
    parts: int
    largest: float


def weave(lines: Geometries, kmh: Floats, oneway: Bools) -> Woven:
    """Junctions are where lines end or share a vertex; ``kmh`` and ``oneway`` belong to the lines (LineStrings)."""
    place, line = shapely.get_coordinates(lines, return_index=True)
    whole = np.round(place * DEGREE).astype(np.int64)
    key = (whole[:, 0] + 1_800_000_000 << 31) | (whole[:, 1] + 900_000_000)
    _, first, vertex, count = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    spot = whole[first] / DEGREE
    same, joined = _joined(spot, vertex, count, line, line[first])
    vertex = same[vertex]
    kept = np.ones(len(vertex), np.bool_)
    kept[1:] = (np.diff(vertex) != 0) | (np.diff(line) != 0)
    vertex, line = vertex[kept], line[kept]
    net = _cut(spot, vertex, line, kmh, oneway)
    parts, largest = hanging(net)
    return Woven(net, joined, parts, largest)


def hanging(net: RoadNet) -> tuple[int, float]:
    """How many parts a graph has, one-way or not, and the share of all length that lies in the largest."""
    pairs = (np.ones(len(net)), (net.ends[:, 0], net.ends[:, 1]))
    parts, label = connected_components(coo_array(pairs, shape=(net.n, net.n)), directed=False)
    metres = net.along[net.start[1:] - 1]
    held = np.bincount(label[net.ends[:, 0]], metres, minlength=parts)
    return int(parts), float(held.max(initial=0.0) / max(metres.sum(), 1e-9))


def _joined(spot: Floats, vertex: Longs, count: Longs, line: Longs, owner: Longs) -> tuple[Longs, int]:
    """Which vertex each is the same as: a loose end and the nearest vertex of another line within SNAP_M are one."""
    edge = np.concatenate((np.ones(1, np.bool_), np.diff(line) != 0, np.ones(1, np.bool_)))
    loose = np.unique(vertex[edge[:-1] | edge[1:]])
    loose = loose[count[loose] == 1]
    flat = np.radians(spot) * EARTH_M
    flat[:, 0] *= np.cos(np.radians(spot[:, 1].mean())) if len(spot) else 1.0
    if not len(loose) or len(spot) < 2:
        return np.arange(len(spot)), 0
    away, other = cKDTree(flat).query(flat[loose], k=min(NEAREST, len(spot)), distance_upper_bound=SNAP_M)
    there = np.minimum(other, len(spot) - 1)
    near = np.isfinite(away) & (other != loose[:, None]) & ((owner[there] != owner[loose, None]) | (count[there] > 1))
    found = near.any(axis=1)
    pick = there[np.arange(len(loose)), near.argmax(axis=1)]
    pairs = (np.ones(int(found.sum())), (loose[found], pick[found]))
    _, label = connected_components(coo_array(pairs, shape=(len(spot), len(spot))), directed=False)
    lowest = np.full(len(spot), len(spot), np.int64)
    np.minimum.at(lowest, label, np.arange(len(spot)))
    return lowest[label], int(found.sum())


def _cut(spot: Floats, vertex: Longs, line: Longs, kmh: Floats, oneway: Bools) -> RoadNet:
    """The lines cut at every junction."""
    change = np.diff(line) != 0
    first, last = np.concatenate(([True], change)), np.concatenate((change, [True]))
    is_node = np.bincount(vertex, minlength=len(spot)) > 1
    is_node[vertex[first | last]] = True
    cut = np.flatnonzero(is_node[vertex])
    piece = line[cut[:-1]] == line[cut[1:]]
    low, high = cut[:-1][piece], cut[1:][piece]
    size = high - low + 1
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(size)))
    index = np.arange(start[-1]) - np.repeat(start[:-1], size) + np.repeat(low, size)
    nodes, ends = np.unique(np.column_stack((vertex[low], vertex[high])), return_inverse=True)
    of: npt.NDArray[np.int64] = line[low]
    return RoadNet(
        len(nodes), ends.reshape(-1, 2).astype(np.int32), start, spot[vertex[index]], kmh[of].astype(np.float32),
        oneway[of],
    )  # fmt: skip
