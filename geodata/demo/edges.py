"""From straight edges to natural outlines: strong lines become curves, every edge frays, once for both sides.

All areas are cut from the same arcs, so that levels nest exactly and neighbours share every point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.demo.cells import CellGraph, Longs
from geodata.demo.hierarchy import Split
from geodata.demo.roads import Roads, borders, urban_share
from geodata.demo.terrain import Bools, Floats, Terrain

KM_PER_DEGREE = 111.32
KM_PER_DEGREE_NORTH = 110.57
SMOOTHING_ROUNDS = 5
PIECES = ((0.06, 1), (0.2, 2), (0.6, 4), (2.5, 8), (np.inf, 16))  # an edge up to this long is broken into so many
RIVER, HIGHWAY, BORDER, ARTERIAL, STREET, COMMUNITY, PLAIN = 7, 6, 5, 4, 3, 2, 1


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the plan lies on the earth: its middle (WGS-84) and how many kilometres a plan unit is."""

    lon: float
    lat: float
    km_per_unit: float

    def lonlat(self, p: Floats) -> Floats:
        """Plan points as longitude and latitude, rounded to 1e-7° so that text keeps them exactly."""
        km = p * self.km_per_unit
        east = KM_PER_DEGREE * np.cos(np.radians(self.lat))
        lonlat = np.c_[self.lon + km[:, 0] / east, self.lat + km[:, 1] / KM_PER_DEGREE_NORTH]
        return np.asarray(np.round(lonlat, 7), np.float64)

    def plan(self, lonlat: Floats) -> Floats:
        """The plan points of these longitudes and latitudes."""
        east = KM_PER_DEGREE * np.cos(np.radians(self.lat))
        km = np.c_[(lonlat[:, 0] - self.lon) * east, (lonlat[:, 1] - self.lat) * KM_PER_DEGREE_NORTH]
        return np.asarray(km / self.km_per_unit, np.float64)


@dataclass(frozen=True, slots=True)
class Arcs:
    """The edges as lines: edge ``e`` is ``points[start[e] : start[e + 1]]``, in plan units."""

    points: Floats
    start: Longs

    @property
    def pieces(self) -> Longs:
        """The number of straight pieces of each edge."""
        return np.asarray(np.diff(self.start) - 1)


def strength(graph: CellGraph, levels: tuple[Split, Split, Split], roads: Roads) -> Longs:
    """How strong a line each edge is: rivers before highways before borders of the larger areas."""
    district, street, community = (borders(graph, level.of) for level in levels)
    tests = (
        (community, COMMUNITY), (street, STREET), (roads.arterial, ARTERIAL), (~graph.inner | district, BORDER),
        (roads.highway, HIGHWAY), (graph.channel, RIVER),
    )  # fmt: skip
    out = np.full(len(graph.pair), PLAIN, np.int64)
    for test, value in tests:
        out[test] = value
    return out


def _turns(graph: CellGraph, vertex: Floats, side: int) -> Floats:
    """Twice the signed area of the triangle of each edge with the centre of the cell on one side."""
    c = graph.centre[graph.pair[:, side]]
    a, b = vertex[graph.ends[:, 0]] - c, vertex[graph.ends[:, 1]] - c
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], np.float64)


def _bent(graph: CellGraph, vertex: Floats, signs: tuple[Floats, Floats]) -> Bools:
    """The vertices at which a cell of the city would no longer be star-shaped around its centre."""
    bad = np.zeros(len(vertex), bool)
    least = 0.006 * graph.length**2 + 1e-7
    for side, sign in enumerate(signs):
        wrong = (_turns(graph, vertex, side) * sign < least) & (graph.pair[:, side] < graph.n)
        bad[graph.ends[wrong].ravel()] = True
    return bad


def smooth(graph: CellGraph, rank: Longs) -> Floats:
    """The vertices, moved along the strongest line through each, so that long borders are curves and no honeycomb."""
    a, b = graph.ends.T
    n = len(graph.vertex)
    top = np.zeros(n, np.int64)
    np.maximum.at(top, a, rank)
    np.maximum.at(top, b, rank)
    on_a, on_b = rank == top[a], rank == top[b]
    neighbours = np.bincount(a[on_a], minlength=n) + np.bincount(b[on_b], minlength=n)
    signs = (np.sign(_turns(graph, graph.vertex, 0)), np.sign(_turns(graph, graph.vertex, 1)))
    free = (neighbours == 2) & (top >= COMMUNITY) & ~_bent(graph, graph.vertex, signs)
    pull = np.where(top >= STREET, 0.6, 0.4)[:, None]
    vertex = graph.vertex
    for _ in range(SMOOTHING_ROUNDS):
        total = np.stack(
            [np.bincount(a[on_a], vertex[b[on_a], k], n) + np.bincount(b[on_b], vertex[a[on_b], k], n) for k in (0, 1)],
            1,
        )
        new = np.where(free[:, None], vertex + pull * (total / 2 - vertex), vertex)
        moved = free.copy()
        while (bad := _bent(graph, new, signs) & moved).any():
            new[bad] = vertex[bad]
            moved &= ~bad
        vertex = new
    return vertex


def _room(graph: CellGraph, vertex: Floats) -> tuple[Floats, Floats]:
    """How far each edge may stray to its left and right at its middle and stay in the triangles to both centres."""
    a, b = vertex[graph.ends[:, 0]], vertex[graph.ends[:, 1]]
    length = np.hypot(*(b - a).T) + 1e-12
    along = (b - a) / length[:, None]
    across = np.c_[-along[:, 1], along[:, 0]]
    city = graph.pair < graph.n
    height, lean = [], []
    for s in (0, 1):
        mirrored = a + b - graph.centre[graph.pair[:, 1 - s]]
        c = np.where(city[:, s, None], graph.centre[graph.pair[:, s]], mirrored)
        height.append(((c - a) * across).sum(1))
        t = ((c - a) * along).sum(1) / length
        lean.append(np.maximum(1, np.maximum(t, 1 - t)))
    first_left = height[0] > 0
    left = np.where(first_left, height[0] / lean[0], height[1] / lean[1])
    right = np.where(first_left, -height[1] / lean[1], -height[0] / lean[0])
    return np.maximum(left, 0), np.maximum(right, 0)


def fray(graph: CellGraph, terrain: Terrain, vertex: Floats, rank: Longs) -> Arcs:
    """Fractal noise on every edge, inside the two triangles it shares with its cells, so that no two edges cross."""
    rng = np.random.default_rng([terrain.seed, 4])
    a, b = vertex[graph.ends[:, 0]], vertex[graph.ends[:, 1]]
    length = np.hypot(*(b - a).T) + 1e-12
    across = np.c_[a[:, 1] - b[:, 1], b[:, 0] - a[:, 0]] / length[:, None]
    left, right = _room(graph, vertex)
    urban = urban_share(terrain, (a + b) / 2)
    rough = np.select([rank >= HIGHWAY, rank == ARTERIAL], [0.05, 0.07], 0.22) * (1 - 0.85 * urban) * length
    counts = [n for _, n in PIECES]
    pieces = np.array(counts)[np.searchsorted([limit for limit, _ in PIECES], length)]
    pieces[(urban > 0.7) & (pieces > 2)] = 2
    start = np.r_[0, np.cumsum(pieces + 1)]
    points = np.empty((start[-1], 2))
    for n in counts:
        e = np.flatnonzero(pieces == n)
        t = np.linspace(0, 1, n + 1)
        off = _midpoints(len(e), n, rng) * rough[e, None]
        room = np.minimum(t, 1 - t)[None] * 0.9
        off = np.clip(off, -right[e, None] * room, left[e, None] * room)
        place = a[e, None] + (b - a)[e, None] * t[None, :, None] + off[..., None] * across[e, None]
        points[(start[e][:, None] + np.arange(n + 1)).ravel()] = place.reshape(-1, 2)
    points[start[:-1]], points[start[1:] - 1] = a, b  # the shared end points, to the bit
    return Arcs(points, start)


def _midpoints(m: int, n: int, rng: np.random.Generator) -> Floats:
    """Midpoint displacement: (m, n + 1) offsets that are 0 at both ends; n is a power of two."""
    off = np.zeros((m, n + 1))
    step, size = n, 1.0
    while step > 1:
        half = step // 2
        between = (off[:, 0:-1:step] + off[:, step::step]) / 2
        off[:, half::step] = between + size * rng.standard_normal((m, n // step))
        step, size = half, size * 0.55
    return off


def cell_polygons(graph: CellGraph, arcs: Arcs, vertex: Floats, ground: Ground) -> npt.NDArray[np.object_]:
    """The polygon of each cell in longitude and latitude, counter-clockwise, cut from the shared arcs."""
    edge = np.tile(np.arange(len(graph.pair)), 2)
    cell = graph.pair.T.ravel()
    edge, cell = edge[cell < graph.n], cell[cell < graph.n]
    a, b = (vertex[graph.ends[edge, k]] - graph.centre[cell] for k in (0, 1))
    forward = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] > 0
    begin = np.where(forward[:, None], a, b)
    order = np.lexsort((np.arctan2(begin[:, 1], begin[:, 0]), cell))
    edge, cell, forward = edge[order], cell[order], forward[order]
    n = arcs.pieces[edge]  # each edge gives all its points but the last
    half = np.repeat(np.arange(len(edge)), n)
    k = np.arange(n.sum()) - np.repeat(np.r_[0, np.cumsum(n)[:-1]], n)
    index = np.where(forward[half], arcs.start[edge[half]] + k, arcs.start[edge[half]] + n[half] - k)
    xy, ring = ground.lonlat(arcs.points)[index], cell[half]
    new = np.r_[True, (np.diff(xy, axis=0) != 0).any(1) | (np.diff(ring) > 0)]
    return np.asarray(shapely.polygons(shapely.linearrings(xy[new], indices=ring[new])), object)
