"""The demo city's road graph: highways, arterials, and along the borders of grids and communities the lanes."""

from __future__ import annotations

import numpy as np

from geodata.demo.cells import CellGraph
from geodata.demo.edges import Arcs, Ground
from geodata.demo.hierarchy import Split
from geodata.demo.roads import Roads, borders
from geodata.demo.terrain import Terrain
from geodata.domain.roads import RoadNet

HIGHWAY_KMH, ARTERIAL_KMH, STREET_KMH, LANE_KMH = 60.0, 40.0, 30.0, 20.0


def draw_roads(
    graph: CellGraph, terrain: Terrain, roads: Roads, communities: Split, arcs: Arcs, ground: Ground
) -> RoadNet:
    """All roads as one graph; only highways and arterials have bridges."""
    wet = terrain.in_water(graph.vertex)[graph.ends].any(axis=1)
    major = roads.highway | roads.arterial
    used = np.flatnonzero(major | (graph.inner & ~wet))
    kmh = np.select(
        [roads.highway, roads.arterial, borders(graph, communities.of)], [HIGHWAY_KMH, ARTERIAL_KMH, STREET_KMH],
        LANE_KMH,
    )[used]  # fmt: skip
    size = (arcs.start[used + 1] - arcs.start[used]).astype(np.int64)
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(size)))
    index = np.arange(start[-1]) + np.repeat(arcs.start[used] - start[:-1], size)
    nodes, ends = np.unique(graph.ends[used], return_inverse=True)
    return RoadNet(
        len(nodes), ends.reshape(-1, 2).astype(np.int32), start, ground.lonlat(arcs.points[index]),
        kmh.astype(np.float32), np.zeros(len(used), np.bool_),
    )  # fmt: skip
