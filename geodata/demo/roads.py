"""Highways and arterials: least-cost ways along cell edges between the middles of areas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import cKDTree

from geodata.demo.cells import CellGraph, Longs
from geodata.demo.hierarchy import Split
from geodata.demo.terrain import Bools, Floats, Terrain

IN_WATER, ONTO_BRIDGE, ALONG_RIM = 60.0, 3.0, 6.0
ON_HIGHWAY, ON_BORDER = 0.35, 0.8
# The share of links beside the spanning tree that are built, cheapest first.
EXTRA_HIGHWAYS, EXTRA_ARTERIALS = 0.75, 0.6


@dataclass(frozen=True, slots=True)
class Roads:
    """Which edges carry a highway and which an arterial (never both)."""

    highway: Bools
    arterial: Bools


def borders(graph: CellGraph, of: Longs) -> Bools:
    """The inner edges with a different area on either side."""
    inner = graph.inner
    out = np.zeros(len(graph.pair), bool)
    out[inner] = of[graph.pair[inner, 0]] != of[graph.pair[inner, 1]]
    return out


def urban_share(terrain: Terrain, p: Floats) -> Floats:
    """From 0 in the country to 1 in town."""
    return np.clip(np.log(terrain.density(p) / 0.45) / 2.7, 0, 1)


def build_roads(graph: CellGraph, terrain: Terrain, districts: Split, streets: Split) -> Roads:
    """The two networks. A road crosses water where it must and never runs in it."""
    middle = graph.middle
    urban = urban_share(terrain, middle)
    wet = terrain.in_water(graph.vertex)[graph.ends].sum(1)
    cost = (graph.length + 1e-4) * np.array([1.0, ONTO_BRIDGE, IN_WATER])[wet]
    cost *= np.where(graph.inner, 1, ALONG_RIM) * (1.05 - 0.35 * urban) * np.exp(0.15 * terrain.fine(middle))
    highway = _network(graph, cost, _middles(graph, districts), EXTRA_HIGHWAYS)
    cost *= np.where(highway, ON_HIGHWAY, 1) * np.where(borders(graph, streets.of), ON_BORDER, 1)
    arterial = _network(graph, cost, _middles(graph, streets), EXTRA_ARTERIALS)
    return Roads(highway, arterial & ~highway)


def _middles(graph: CellGraph, level: Split) -> Floats:
    size = np.bincount(level.of)
    return np.stack([np.bincount(level.of, graph.centre[: graph.n, k]) / size for k in (0, 1)], 1)


def _network(graph: CellGraph, cost: Floats, places: Floats, extra: float) -> Bools:
    """The edges of a network over these places: a spanning tree of the links between neighbours, and some more.

    Neighbours and their links come from one search from all places at once (Mehlhorn's closest links).
    """
    count, (a, b) = len(graph.vertex), graph.ends.T
    inner = graph.inner
    own = np.unique(graph.ends[inner])
    source = np.unique(own[cKDTree(graph.vertex[own]).query(places)[1]])
    both = coo_matrix((np.r_[cost, cost], (np.r_[a, b], np.r_[b, a])), (count, count)).tocsr()
    way, before, home = dijkstra(both, directed=True, indices=source, min_only=True, return_predecessors=True)
    link = np.flatnonzero(home[a] != home[b])
    price = way[a[link]] + way[b[link]] + cost[link]
    ends = np.searchsorted(source, np.sort(np.c_[home[a[link]], home[b[link]]], axis=1))
    order = np.lexsort((price, ends[:, 1], ends[:, 0]))
    first = np.r_[True, (np.diff(ends[order], axis=0) != 0).any(1)] if len(order) else np.zeros(0, bool)
    link, price, ends = link[order][first], price[order][first], ends[order][first]
    tree = minimum_spanning_tree(coo_matrix((price, (ends[:, 0], ends[:, 1])), (len(source), len(source)))).tocoo()
    needed = np.isin(ends @ [len(source), 1], tree.row.astype(np.int64) * len(source) + tree.col)
    cheap = price < np.quantile(price, extra) if len(price) else needed
    return _trace(graph, before, link[needed | cheap])


def _trace(graph: CellGraph, before: Longs, links: Longs) -> Bools:
    """The edges of the links and of the ways from both their ends back to the places they come from."""
    count = len(graph.vertex)
    key = np.sort(graph.ends, axis=1) @ [count, 1]
    order = np.argsort(key)
    used = np.zeros(len(graph.ends), bool)
    used[links] = True
    at = np.unique(graph.ends[links])
    while len(at):
        at = at[before[at] >= 0]
        back = before[at].astype(np.int64)
        used[order[np.searchsorted(key[order], np.minimum(at, back) * count + np.maximum(at, back))]] = True
        at = np.unique(back)
    return used
