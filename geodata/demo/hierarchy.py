"""Districts, streets and communities: each level splits the one above along natural borders, without enclaves."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from geodata.demo.cells import CellGraph, Longs
from geodata.demo.terrain import Floats, Terrain

HILBERT_BITS = 12
CROSSING = (8.0, 8.0, 12.0)  # what it costs a district, street, community to reach over a river
ROUNDS = (4, 3, 2)
REPAIRS_MAX = 40


class EnclaveError(RuntimeError):
    """An area stayed enclosed by another one; the message names level and area."""


@dataclass(frozen=True, slots=True)
class Split:
    """One level: ``of`` gives each cell its area (n,), ``parent`` gives each area its parent in the level above."""

    of: Longs
    parent: Longs


def hilbert(p: Floats) -> Longs:
    """The place of each point along a Hilbert curve over their square."""
    q = ((p - p.min(0)) / (np.ptp(p, axis=0).max() + 1e-9) * ((1 << HILBERT_BITS) - 1)).astype(np.int64)
    x, y = q[:, 0].copy(), q[:, 1].copy()
    d = np.zeros(len(p), np.int64)
    s = 1 << (HILBERT_BITS - 1)
    top = (1 << HILBERT_BITS) - 1
    while s:
        right, up = (x & s) > 0, (y & s) > 0
        d += s * s * ((3 * right) ^ up)
        swap = ~up
        flip = swap & right
        x[flip], y[flip] = top - x[flip], top - y[flip]
        x[swap], y[swap] = y[swap].copy(), x[swap].copy()
        s >>= 1
    return d


def apportion(weight: Floats, total: int, most: Longs) -> Longs:
    """``total`` seats by weight, at least one and at most ``most`` for each (largest remainders)."""
    seats = np.ones(len(weight), np.int64)
    share = (total - len(weight)) * weight / weight.sum()
    seats += np.floor(share).astype(np.int64)
    rest = total - int(seats.sum())
    seats[np.argsort(-(share - np.floor(share)), kind="stable")[:rest]] += 1
    seats = np.minimum(seats, most)
    while seats.sum() < total:
        seats[np.argmax(np.where(seats < most, most / seats, -1))] += 1
    return seats


def _weights(graph: CellGraph, terrain: Terrain, rng: np.random.Generator) -> Floats:
    """What a step over each inner edge costs: noisy, so that borders wander."""
    middle = graph.middle[graph.inner]
    noise = np.exp(0.45 * terrain.fine(middle) + 0.25 * rng.standard_normal(len(middle)))
    return np.asarray(noise * (0.6 + 0.24 * terrain.medium(middle) ** 2), np.float64)


def _adjacency(n: int, pair: Longs, weight: Floats) -> csr_matrix:
    rows, columns = np.r_[pair[:, 0], pair[:, 1]], np.r_[pair[:, 1], pair[:, 0]]
    return coo_matrix((np.r_[weight, weight], (rows, columns)), (n, n)).tocsr()


def _sources(parent: Longs, total: int, along: Longs) -> Longs:
    """First sources: evenly along the Hilbert curve inside each parent, more where more cells are."""
    parents = int(parent.max()) + 1
    size = np.bincount(parent, minlength=parents)
    k = apportion(size.astype(float), total, size)
    order = np.lexsort((along, parent))
    start = np.r_[0, np.cumsum(size)[:-1]]
    of = np.repeat(np.arange(parents), k)
    j = np.arange(total) - np.repeat(np.r_[0, np.cumsum(k)[:-1]], k)
    return np.asarray(order[start[of] + ((j + 0.5) * size[of] / k[of]).astype(np.int64)])


def _grow(graph: csr_matrix, source: Longs, centre: Floats, rounds: int) -> Longs:
    """Each cell's nearest source; between rounds every source moves to its area's middle."""
    n, total = len(centre), len(source)
    for i in range(rounds + 1):
        _, _, nearest = dijkstra(graph, directed=True, indices=source, min_only=True, return_predecessors=True)
        source = np.sort(source)
        label = np.searchsorted(source, nearest).astype(np.int64)
        if i < rounds:
            size = np.bincount(label, minlength=total)
            middle = np.stack([np.bincount(label, centre[:, k], total) / size for k in (0, 1)], 1)
            away = ((centre - middle[label]) ** 2).sum(1)
            order = np.lexsort((np.arange(n), away, label))
            source = order[np.r_[True, np.diff(label[order]) > 0]]
    return np.asarray(label, np.int64)


def split(graph: CellGraph, terrain: Terrain, sizes: tuple[int, int, int]) -> tuple[Split, Split, Split]:
    """Districts, streets and communities of these numbers; areas are numbered so that siblings follow each other."""
    rng = np.random.default_rng([terrain.seed, 3])
    n, pair = graph.n, graph.pair[graph.inner]
    centre = graph.centre[:n]
    hop, channel = _weights(graph, terrain, rng), graph.channel[graph.inner]
    along = hilbert(centre)
    parent = np.zeros(n, np.int64)
    levels = []
    for total, crossing, rounds in zip(sizes, CROSSING, ROUNDS, strict=True):
        same = parent[pair[:, 0]] == parent[pair[:, 1]]
        weight = hop * np.where(channel, crossing, 1.0)
        inside = _adjacency(n, pair[same], weight[same])
        label = _grow(inside, _sources(parent, total, along), centre, rounds)
        label = open_enclaves(graph, label)
        of = np.zeros(total, np.int64)
        of[label] = parent
        rank = np.argsort(of, kind="stable")
        new = np.empty(total, np.int64)
        new[rank] = np.arange(total)
        parent = new[label]
        levels.append(Split(parent, of[rank]))
    return levels[0], levels[1], levels[2]


def holes(graph: CellGraph, label: Longs) -> Longs:
    """How many holes each area has, counted by Euler's formula on the planar graph of its cells.

    An area of one piece with c cells, e edges and t vertices inside it has 1 − (c − e + t) holes.
    """
    total = int(label.max()) + 1
    inner = graph.inner
    same = np.zeros(len(graph.pair), bool)
    same[inner] = label[graph.pair[inner, 0]] == label[graph.pair[inner, 1]]
    touching = np.bincount(graph.ends.ravel(), minlength=len(graph.vertex))
    agreeing = np.bincount(graph.ends[same].ravel(), minlength=len(graph.vertex))
    home = np.zeros(len(graph.vertex), np.int64)
    home[graph.ends[same].ravel()] = np.repeat(label[graph.pair[same, 0]], 2)
    full = (agreeing == touching) & (touching >= 3)
    cells = np.bincount(label, minlength=total)
    edges = np.bincount(label[graph.pair[same, 0]], minlength=total)
    return np.asarray(1 - (cells - edges + np.bincount(home[full], minlength=total)))


def open_enclaves(graph: CellGraph, label: Longs) -> Longs:
    """The labels with a way cut through every area that enclosed another one, so that nothing is an enclave."""
    label = label.copy()
    pair = graph.pair
    order = np.argsort(np.r_[pair[:, 0], pair[:, 1]], kind="stable")
    to = np.r_[pair[:, 1], pair[:, 0]][order]
    first = np.r_[0, np.cumsum(np.bincount(pair.ravel(), minlength=len(graph.centre)))]
    for _ in range(REPAIRS_MAX):
        ringed = np.flatnonzero(holes(graph, label))
        if not len(ringed):
            return label
        for area in ringed:
            _cut(graph, label, int(area), to, first)
    raise EnclaveError(f"area {int(ringed[0])} of {int(label.max()) + 1} still encloses another one")


def _cut(graph: CellGraph, label: Longs, area: int, to: Longs, first: Longs) -> None:
    """Give the shortest way from a hole of ``area`` to the rest of the world to the area in the hole."""
    inside = np.zeros(len(graph.centre), bool)
    inside[: graph.n] = label == area
    both = ~inside[graph.pair].any(1)
    n = len(graph.centre)
    rest = coo_matrix((np.ones(both.sum(), np.int8), (graph.pair[both, 0], graph.pair[both, 1])), (n, n))
    _, part = connected_components(rest, directed=False)
    rim = np.unique(graph.pair[inside[graph.pair].any(1)])
    rim = rim[~inside[rim]]
    abroad = rim[rim >= graph.n]
    outer = part[abroad[0]] if len(abroad) else np.bincount(part[~inside]).argmax()
    hole = [int(c) for c in rim if part[c] != outer and c < graph.n]
    if not hole:
        return
    way: dict[int, int] = {}
    queue = deque(hole)
    seen = set(hole)
    while queue:
        c = queue.popleft()
        for d in (int(x) for x in to[first[c] : first[c + 1]]):
            if d in seen:
                continue
            seen.add(d)
            if inside[d]:
                way[d] = c
                queue.append(d)
            elif part[d] == outer and c in way:
                _hand_over(graph, label, area, way, c, to, first)
                return


def _hand_over(
    graph: CellGraph, label: Longs, area: int, way: dict[int, int], last: int, to: Longs, first: Longs
) -> None:
    """Relabel the way that ends at ``last``, and what it cut off from the area's largest piece."""
    path = [last]
    while path[-1] in way:
        path.append(way[path[-1]])
    heir = label[path[-1]]
    label[path[:-1]] = heir
    left = np.flatnonzero(label == area)
    index = {int(c): i for i, c in enumerate(left)}
    links = [(i, index[int(d)]) for c, i in index.items() for d in to[first[c] : first[c + 1]] if int(d) in index]
    rows, columns = (np.array([x[k] for x in links], np.int64) for k in (0, 1))
    shape = (len(left), len(left))
    count, piece = connected_components(coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape))
    if count > 1:
        label[left[piece != np.bincount(piece).argmax()]] = heir
