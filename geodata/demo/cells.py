"""The smallest areas: density-weighted Voronoi cells that follow the rivers' banks and the blocks of the towns."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, cKDTree

from geodata.demo.terrain import CORES, Bools, Floats, Terrain

Longs = npt.NDArray[np.int64]

EDGE = 1.30  # how far beyond the outline cells are made, as a ratio to it
RASTER = 720
LLOYD_ROUNDS = 2
BLOCKS_MIN = 25
NO_RIVER = -1
SPARE = 50
FRAME_RADII = (200.0, 260.0, 330.0, 420.0)


@dataclass(frozen=True, slots=True)
class Seeds:
    """Where cells start. ``river`` and ``side`` (±1) are set for the cells on a bank, in the order along the river."""

    points: Floats
    movable: Bools
    river: Longs
    side: Longs


@dataclass(frozen=True, slots=True)
class CellGraph:
    """The planar graph of the city's cells.

    ``centre`` (n, 2) of the city's n cells, then of the cells around it; ``pair`` (e, 2) the two cells of an edge,
    ``ends`` (e, 2) its two vertices; ``vertex`` (v, 2) their places. Cells ≥ n lie outside the city.
    """

    n: int
    centre: Floats
    pair: Longs
    ends: Longs
    vertex: Floats
    channel: Bools

    @property
    def inner(self) -> Bools:
        """Which edges have a cell of the city on both sides."""
        return np.asarray((self.pair < self.n).all(1))

    @property
    def length(self) -> Floats:
        """The length of each edge in plan units."""
        d = self.vertex[self.ends[:, 1]] - self.vertex[self.ends[:, 0]]
        return np.asarray(np.hypot(d[:, 0], d[:, 1]), np.float64)

    @property
    def middle(self) -> Floats:
        """The middle of each edge."""
        return np.asarray(self.vertex[self.ends].mean(1), np.float64)


def _sample(terrain: Terrain, grids: int, rng: np.random.Generator) -> tuple[Floats, float]:
    """Random points by density, a little more than needed, and the density that holds one cell per square unit."""
    half = 140.0
    side = 2 * half / RASTER
    x = (np.arange(RASTER) + 0.5) * side - half
    p = np.stack(np.meshgrid(x, x), -1).reshape(-1, 2)
    edge = terrain.edge_ratio(p)
    p, edge = p[edge < EDGE], edge[edge < EDGE]
    d = terrain.density(p) * ~terrain.in_water(p)
    city_mass = d[edge < 1].sum() * side * side
    total = int(grids * 1.01 * d.sum() / d[edge < 1].sum())
    cum = np.cumsum(d)
    pick = np.searchsorted(cum, rng.random(total) * cum[-1])
    q = p[pick] + rng.uniform(-side / 2, side / 2, (total, 2))
    return q[~terrain.in_water(q)], city_mass / grids


def _blocks(terrain: Terrain, points: Floats, rng: np.random.Generator) -> tuple[Floats, Bools]:
    """The points of each town moved onto a turned, jittered lattice of as many street blocks; which stay where."""
    fixed = np.zeros(len(points), bool)
    taken = np.zeros(len(points), bool)
    centres = np.r_[CORES, terrain.towns]
    radii = np.r_[5.0, 2.6, 2.6, 2.6, 2.6, 1.5 * np.sqrt(terrain.town_weight)]
    for j, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
        reach = radius * (1 + 0.25 * terrain.medium(points * 3))
        members = np.flatnonzero((np.hypot(*(points - centre).T) < reach) & ~taken)
        if len(members) < BLOCKS_MIN:
            continue
        taken[members] = True
        q = _lattice(terrain, centre, radius, len(members), rng, brick=bool(j % 2))
        points[members] = q
        far = np.hypot(*(q - centre).T)
        fixed[members] = far < 0.93 * far.max()
    return points, ~fixed


def _lattice(
    terrain: Terrain, centre: Floats, radius: float, wanted: int, rng: np.random.Generator, *, brick: bool
) -> Floats:
    """The ``wanted`` places of a lattice nearest to the centre, on land."""
    turn, stretch = rng.uniform(0, np.pi / 2), rng.uniform(0.8, 1.25)
    spacing = np.sqrt(np.pi * radius * radius / wanted)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    while True:
        n = int(radius * 1.6 / spacing) + 2
        k = np.arange(-n, n + 1) * spacing
        q = np.stack(np.meshgrid(k * stretch, k / stretch), -1).reshape(-1, 2)
        if brick:
            q[:, 0] += spacing * 0.33 * (np.round(q[:, 1] * stretch / spacing).astype(int) % 2)
        q = q @ rotation + centre
        q += rng.normal(0, 0.09 * spacing, q.shape)
        away = np.hypot(*(q - centre).T) / (1 + 0.25 * terrain.medium(q * 3))
        ok = (away < radius) & ~terrain.in_water(q)
        if ok.sum() >= wanted:
            order = np.argsort(away[ok], kind="stable")[:wanted]
            return np.asarray(q[ok][order], np.float64)
        spacing *= 0.985


def _banks(terrain: Terrain, per_cell: float) -> tuple[Floats, Longs, Longs, cKDTree, Floats]:
    """Two rows of seeds along each river, so that its centre line becomes a chain of cell edges.

    Returns points, river, side; and the centre lines with the radius around each of their points in which no other
    seed may stand. The rows are shifted against each other by an eighth of a step: cells never meet four at a corner.
    """
    rows: list[Floats] = []
    lines: list[Floats] = []
    clear: list[Floats] = []
    for r, river in enumerate(terrain.rivers):
        line, half = river.line, river.width / 2
        cell = np.clip(np.sqrt(per_cell / terrain.density(line)), 0.04, 8.0)
        tangent = np.gradient(line, axis=0)
        normal = np.c_[-tangent[:, 1], tangent[:, 0]] / np.hypot(*tangent.T)[:, None]
        pace = np.maximum(0.75 * cell, 0.7 * half)
        turns = np.cumsum(np.hypot(*tangent.T) / pace)
        for side, shift in ((1, 0.0), (-1, 0.125)):
            at = np.searchsorted(turns, np.arange(turns[0], turns[-1]) + shift)
            at = at[at < len(line)]
            q = line[at] + side * (half + 0.30 * cell)[at, None] * normal[at]
            if lines:  # no bank of a tributary inside the strip of the river it joins
                away, k = cKDTree(np.concatenate(lines)).query(q)
                keep = away > np.concatenate(clear)[k]
                q = q[keep]
            rows.append(np.c_[q, np.full(len(q), r), np.full(len(q), side)])
        lines.append(line)
        clear.append(half + 0.65 * cell)
    table = np.concatenate(rows)
    table = table[~terrain.in_water(table[:, :2])]  # a bank of the main stem inside a tributary's mouth is no bank
    river_of, side_of = table[:, 2].astype(np.int64), table[:, 3].astype(np.int64)
    return table[:, :2], river_of, side_of, cKDTree(np.concatenate(lines)), np.concatenate(clear)


def plant_seeds(terrain: Terrain, grids: int) -> Seeds:
    """The seeds of a city of about ``grids`` cells and of a band around it."""
    rng = np.random.default_rng([terrain.seed, 2])
    free, per_cell = _sample(terrain, grids, rng)
    free, movable = _blocks(terrain, free, rng)
    bank, river, side, lines, clear = _banks(terrain, per_cell)
    away, nearest = lines.query(free)
    free, movable = free[away > clear[nearest]], movable[away > clear[nearest]]
    angle = np.arange(0, 2 * np.pi, np.pi / 24)
    frame = np.concatenate([r * np.c_[np.cos(angle + r), np.sin(angle + r)] for r in FRAME_RADII])
    others = len(free), len(frame)
    return Seeds(
        np.r_[free, bank, frame],
        np.r_[movable, np.zeros(len(bank) + len(frame), bool)],
        np.r_[np.full(others[0], NO_RIVER), river, np.full(others[1], NO_RIVER)],
        np.r_[np.zeros(others[0], np.int64), side, np.zeros(others[1], np.int64)],
    )


def _edges(points: Floats) -> tuple[Longs, Longs, Floats]:
    """The finite edges of the Voronoi diagram: pairs of cells, pairs of vertices, the vertices.

    Read from the Delaunay triangles, whose circumcentres are the vertices: arrays throughout, where SciPy's own
    Voronoi gives lists.
    """
    d = Delaunay(points)
    a, b, c = (points[d.simplices[:, k]] for k in range(3))
    u, w = b - a, c - a
    cross = 2 * (u[:, 0] * w[:, 1] - u[:, 1] * w[:, 0])
    u2, w2 = (u**2).sum(1), (w**2).sum(1)
    centre = a + np.c_[w[:, 1] * u2 - u[:, 1] * w2, u[:, 0] * w2 - w[:, 0] * u2] / cross[:, None]
    here = np.arange(len(d.simplices))
    pair, ends = [], []
    for k in range(3):
        there = d.neighbors[:, k]
        once = here < there
        pair.append(np.c_[d.simplices[once, (k + 1) % 3], d.simplices[once, (k + 2) % 3]])
        ends.append(np.c_[here[once], there[once]])
    return np.concatenate(pair).astype(np.int64), np.concatenate(ends).astype(np.int64), centre


def _relax(seeds: Seeds) -> Floats:
    """Lloyd's rounds: each movable seed goes to the centroid of its cell."""
    p = seeds.points.copy()
    for _ in range(LLOYD_ROUNDS):
        pair, ends, vertex = _edges(p)
        a, b = vertex[ends[:, 0]], vertex[ends[:, 1]]
        area, moment = np.zeros(len(p)), np.zeros((len(p), 2))
        for s in (0, 1):
            c = p[pair[:, s]]
            triangle = np.abs((a[:, 0] - c[:, 0]) * (b[:, 1] - c[:, 1]) - (a[:, 1] - c[:, 1]) * (b[:, 0] - c[:, 0])) / 2
            area += np.bincount(pair[:, s], triangle, len(p))
            middle = (a + b + c) / 3
            for k in (0, 1):
                moment[:, k] += np.bincount(pair[:, s], triangle * middle[:, k], len(p))
        move = seeds.movable & (area > 0)
        p[move] += 0.9 * (moment[move] / area[move, None] - p[move])
    return p


def _flood(edge_ratio: Floats, pair: Longs, wanted: int) -> Bools:
    """The ``wanted`` cells that water rising from the city's middle covers first: one piece, without a hole."""
    n = len(edge_ratio)
    order = np.argsort(np.r_[pair[:, 0], pair[:, 1]], kind="stable")
    to = np.r_[pair[:, 1], pair[:, 0]][order].tolist()
    first = np.r_[0, np.cumsum(np.bincount(pair.ravel(), minlength=n))].tolist()
    level = edge_ratio.tolist()
    start = int(np.argmin(edge_ratio))
    heap, via = [(level[start], start)], {start: start}
    popped: list[int] = []
    while len(popped) < wanted + SPARE:
        _, c = heappop(heap)
        popped.append(c)
        for d in to[first[c] : first[c + 1]]:
            if d not in via:
                via[d] = c
                heappush(heap, (level[d], d))
    take = wanted
    while True:
        inside = np.zeros(n, bool)
        inside[popped[:take]] = True
        inside |= _enclosed(inside, pair)
        surplus = int(inside.sum()) - wanted
        if surplus <= 0:
            break
        take -= surplus
    for c in popped[take:]:  # what filling holes took too much is given back one by one, at the rim
        if surplus < 0 and not inside[c] and inside[via[c]]:
            inside[c] = True
            if _enclosed(inside, pair).any():
                inside[c] = False
            else:
                surplus += 1
    return inside


def _enclosed(inside: Bools, pair: Longs) -> Bools:
    """The cells outside that are cut off from the largest piece of the outside."""
    n = len(inside)
    both = ~inside[pair].any(1)
    graph = coo_matrix((np.ones(both.sum(), np.int8), (pair[both, 0], pair[both, 1])), (n, n))
    _, part = connected_components(graph, directed=False)
    around = np.argmax(np.bincount(part[~inside]))
    return np.asarray(~inside & (part != around))


def grow_cells(terrain: Terrain, grids: int) -> CellGraph:
    """The cell graph of a city of exactly ``grids`` cells."""
    seeds = plant_seeds(terrain, grids)
    p = _relax(seeds)
    pair, ends, vertex = _edges(p)
    inside = _flood(terrain.edge_ratio(p), pair, grids)
    order = np.argsort(~inside, kind="stable")
    rank = np.empty(len(p), np.int64)
    rank[order] = np.arange(len(p))
    keep = inside[pair].any(1)
    pair, ends = pair[keep], ends[keep]
    river = seeds.river[pair]
    channel = (river[:, 0] >= 0) & (river[:, 0] == river[:, 1]) & (seeds.side[pair[:, 0]] == -seeds.side[pair[:, 1]])
    used, again = np.unique(ends, return_inverse=True)
    return CellGraph(grids, p[order], rank[pair], again.reshape(ends.shape), vertex[used], channel)
