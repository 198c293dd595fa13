"""The road graph of the live picture: how long units are on their way to an event, found from the event outwards."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra
from scipy.spatial import cKDTree

from geodata.domain.dispatch import METRES_PER_MIN
from geodata.domain.roads import EARTH_M, Bools, Floats, Ints, Longs, RoadNet, metres_between

OFF_ROAD_M = 500.0
"""What lies further from every road is not reached by road."""
SPACING_M = 100.0
KEPT_SEARCHES, KEPT_REACHES = 4, 4
FIRST_RING_MIN, RING_JUNCTIONS = 6.0, 10_000
"""A search goes on in rings of about so many junctions: while one is searched nothing else runs in the process."""
POINTS_MAX, BEND_DEG = 40, 5e-5
NOWHERE = -1
LEAST_MIN = 1e-9
"""A cost of nothing would be no road to the search."""
Line = tuple[tuple[float, float], ...]
NO_LINE: Line = ()


@dataclass(frozen=True, slots=True)
class Spots:
    """Places on roads: the ``edge`` (NOWHERE: none near), the metres ``along`` it, and the metres ``off`` it."""

    edge: Longs
    along: Floats
    off: Floats


@dataclass(frozen=True, slots=True)
class Trip:
    """A way by road with the straight bits at both ends; ``line`` has few points, from the unit to the event, and none
    where it is not to be drawn."""

    metres: float
    line: Line


@dataclass(frozen=True, slots=True)
class Front:
    """Where a search goes on: junctions in order, the minutes to them, and which junction comes ``after`` each."""

    node: Ints
    minutes: Floats
    after: Ints

    @classmethod
    def of(cls, node: Ints, minutes: Floats, after: Ints) -> Front:
        """Each junction once, at its least minutes."""
        order = np.lexsort((minutes, node))
        kept = order[np.flatnonzero(np.diff(node[order], prepend=-1))]
        return cls(node[kept], minutes[kept], after[kept])


class RoadGraph:
    """A RoadNet made ready to be asked; ``rev`` is its revision in the store. Whoever asks holds the ``lock``."""

    def __init__(self, net: RoadNet, rev: int = 0) -> None:
        self.net, self.rev, self.lock = net, rev, threading.Lock()
        self.along = net.along
        self.metres = np.maximum(self.along[net.start[1:] - 1], 1e-3)
        self.minutes = self.metres / (net.kmh.astype(np.float64) * 1000 / 60)
        self.fastest = max(METRES_PER_MIN, float(net.kmh.max(initial=0.0)) * 1000 / 60)
        self._scale = EARTH_M * np.radians([np.cos(np.radians(net.point[:, 1].mean())), 1.0])
        self._sample()
        self._link()
        self._searches: OrderedDict[tuple[float, float], Search] = OrderedDict()
        self._reaches: OrderedDict[int, Bools] = OrderedDict()

    def _sample(self) -> None:
        """Points along the roads, at most SPACING_M apart, by which the nearest road is found."""
        count = np.maximum(1, np.ceil(self.metres / SPACING_M)).astype(np.int64)
        edge = np.repeat(np.arange(len(self.net), dtype=np.int32), count)
        k = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        self._edge: Ints = edge
        self._half = self.metres / count / 2
        self._at = ((2 * k + 1) * self._half[edge]).astype(np.float32)
        # Roads follow each other in one growing number, so that one interpolation places all points.
        self._base = np.concatenate((np.zeros(1), np.cumsum(self.metres + 1.0)))
        self._known = self.along + np.repeat(self._base[:-1], np.diff(self.net.start))
        self._tree = cKDTree(self._places(edge, self._at) * self._scale, balanced_tree=False, compact_nodes=False)

    def _places(self, edge: Ints, along: npt.NDArray[np.floating]) -> Floats:
        """Where these metres along these roads are."""
        wanted = along + self._base[edge]
        before = np.searchsorted(self._known, wanted, side="right") - 1
        before = np.clip(before, self.net.start[edge], self.net.start[edge + 1] - 2)
        gap = np.maximum(self._known[before + 1] - self._known[before], 1e-9)
        share = np.clip((wanted - self._known[before]) / gap, 0.0, 1.0)[:, None]
        return self.net.point[before] * (1 - share) + self.net.point[before + 1] * share

    def _link(self) -> None:
        """The reversed graph: row = where a road leads to (``_head``), column = where it comes from (``_tail``)."""
        net, n = self.net, self.net.n
        back = np.flatnonzero(~net.oneway)
        road = np.concatenate((np.arange(len(net)), back))
        tail = np.concatenate((net.ends[:, 0], net.ends[back, 1]))
        head = np.concatenate((net.ends[:, 1], net.ends[back, 0]))
        order = np.lexsort((tail, head))
        self._road = road[order]
        self._first = np.concatenate((np.zeros(1), np.cumsum(np.bincount(head, minlength=n)))).astype(np.int32)
        self._tail, self._head = tail[order].astype(np.int32), head[order].astype(np.int32)
        self._cost = np.maximum(self.minutes[self._road], LEAST_MIN)
        two = np.zeros(2, np.int32)
        self._begun = self._with(Front(two, np.full(2, LEAST_MIN), two), self._cost)
        # The search for strong parts never ends on a graph that names one pair of junctions twice.
        once = np.unique(np.column_stack((head, tail))[head != tail], axis=0)
        self._plain = coo_array((np.ones(len(once)), (once[:, 0], once[:, 1])), shape=(n, n)).tocsr()
        _, self._strong = connected_components(self._plain, connection="strong")

    def spots(self, lon: Floats, lat: Floats) -> Spots:
        """The places on roads that are nearest to these points."""
        here = np.column_stack((lon, lat))
        away, found = self._tree.query(here * self._scale, distance_upper_bound=1.1 * OFF_ROAD_M)
        sample = np.where(np.isfinite(away), found, 0)
        edge, at = self._edge[sample], self._at[sample].astype(np.float64)
        along, off = at, metres_between(here, self._places(edge, at))
        for side in (-1.0, 1.0):  # the sample is near; the nearest place lies between its neighbours
            end = np.clip(at + side * self._half[edge], 0.0, self.metres[edge])
            begin, beyond = self._places(edge, at) * self._scale, self._places(edge, end) * self._scale
            step = beyond - begin
            share = ((here * self._scale - begin) * step).sum(axis=1) / np.maximum((step * step).sum(axis=1), 1e-9)
            closer = at + np.clip(share, 0.0, 1.0) * (end - at)
            distance = metres_between(here, self._places(edge, closer))
            along, off = np.where(distance < off, closer, along), np.minimum(distance, off)
        near = np.isfinite(away) & (off <= OFF_ROAD_M)
        return Spots(np.where(near, edge, NOWHERE).astype(np.int64), along, off)

    def to(self, lon: float, lat: float) -> Search:
        """The search for ways to a point; the last ones are kept, because an event is asked about again and again."""
        key = (lon, lat)
        search = self._searches.pop(key, None) or Search(self, lon, lat)
        self._searches[key] = search
        if len(self._searches) > KEPT_SEARCHES:
            self._searches.popitem(last=False)
        return search

    def _with(self, front: Front, cost: Floats) -> csr_array:
        """The graph at these costs, with a front as the last row: where the event leads to."""
        n, places = self.net.n, np.concatenate((self._tail, front.node))
        first = np.concatenate((self._first, [len(places)])).astype(np.int32)
        return csr_array((np.concatenate((cost, front.minutes)), places, first), shape=(n + 1, n + 1))

    def onwards(self, front: Front, minutes: Floats, after: Ints, limit: float) -> int:
        """Search on from a front: write the minutes and what comes after into all junctions within ``limit``; return
        how many they are. The event is the junction n."""
        n = self.net.n
        known, graph = np.isfinite(minutes), self._begun
        if known.any():
            graph = self._with(front, np.where(known[self._tail], np.inf, self._cost))
        else:  # most searches end in their first ring, from at most two junctions: nothing is copied for them
            graph.indices[-2:], graph.data[-2:] = np.resize(front.node, 2), np.resize(front.minutes, 2)
        found, before = dijkstra(graph, indices=n, limit=limit, return_predecessors=True)
        new = np.flatnonzero(np.isfinite(found[:n]))
        minutes[new], after[new] = found[new], before[new]
        begun = front.after[np.searchsorted(front.node, new[after[new] == n])]
        after[new[after[new] == n]] = begun
        return len(new)

    def front(self, front: Front, minutes: Floats) -> Front:
        """The front behind which all junctions lie that are not known yet, after a search from another front."""
        known = np.isfinite(minutes)
        out = np.flatnonzero(known[self._head] & ~known[self._tail])
        head, left = self._head[out], ~known[front.node]
        return Front.of(
            np.concatenate((front.node[left], self._tail[out])),
            np.concatenate((front.minutes[left], minutes[head] + self._cost[out])),
            np.concatenate((front.after[left], head)),
        )

    def reaching(self, node: int) -> Bools:
        """The junctions from which this one can be reached at all."""
        part = int(self._strong[node])
        known = self._reaches.pop(part, None)
        if known is None:
            known = np.zeros(self.net.n, np.bool_)
            known[breadth_first_order(self._plain, node, return_predecessors=False)] = True
        self._reaches[part] = known
        if len(self._reaches) > KEPT_REACHES:
            self._reaches.popitem(last=False)
        return known

    def road_between(self, tail: int, head: int) -> int:
        """The fastest road that leads straight from one junction to another."""
        low, high = self._first[head], self._first[head + 1]
        mine = low + np.flatnonzero(self._tail[low:high] == tail)
        return int(self._road[mine[np.argmin(self._cost[mine])]])

    def stretch(self, edge: int, low: float, high: float) -> Floats:
        """The points of a road from one place along it to another, forwards or backwards."""
        span = slice(self.net.start[edge], self.net.start[edge + 1])
        along, point = self.along[span], self.net.point[span]
        a, b = min(low, high), max(low, high)
        inner = point[(along > a) & (along < b)]
        ends = [[np.interp(x, along, point[:, i]) for i in (0, 1)] for x in (a, b)]
        whole = np.concatenate(([ends[0]], inner, [ends[1]]))
        return whole if low <= high else whole[::-1]


class Search:
    """The ways to one event. What is far is looked for only when it is asked for."""

    def __init__(self, graph: RoadGraph, lon: float, lat: float) -> None:
        self._graph, self.fastest = graph, graph.fastest
        self._lon, self._lat = lon, lat
        spot = graph.spots(np.array([lon]), np.array([lat]))
        self._edge, self._along, self._off = int(spot.edge[0]), float(spot.along[0]), float(spot.off[0])
        self._limit, self._step = -1.0, FIRST_RING_MIN
        if self._edge == NOWHERE:
            return
        a, b = graph.net.ends[self._edge].tolist()
        share = self._along / graph.metres[self._edge]
        self._whole = float(graph.minutes[self._edge])
        self._oneway = bool(graph.net.oneway[self._edge])
        self._entries = [(a, share * self._whole)] + ([] if self._oneway else [(b, (1 - share) * self._whole)])
        n, node = graph.net.n, np.array([node for node, _ in self._entries], np.int32)
        first = np.maximum([minutes for _, minutes in self._entries], LEAST_MIN)
        self._front = Front.of(node, first, np.full(len(node), n, np.int32))
        self._minutes, self._after = np.full(n, np.inf), np.full(n, n, np.int32)
        self._reach = graph.reaching(a) if self._oneway else graph.reaching(a) | graph.reaching(b)

    def minutes(self, lon: Floats, lat: Floats, limit: float) -> Floats:
        """Minutes from these points; infinite beyond ``limit``, NaN where no way by road is known."""
        if self._edge == NOWHERE:
            return np.full(len(lon), np.nan)
        self._look(limit)
        spot = self._graph.spots(lon, lat)
        ways = self._ways(spot)
        best: Floats = ways.min(axis=0) + (spot.off + self._off) / METRES_PER_MIN
        best[best > limit] = np.inf
        best[~self._connected(spot)] = np.nan
        return best

    def trip(self, lon: float, lat: float, *, drawn: bool = True) -> Trip:
        """The way from one point, of which ``minutes`` has told that there is one."""
        g = self._graph
        spot = g.spots(np.array([lon]), np.array([lat]))
        ways = self._ways(spot)[:, 0]
        edge, along = int(spot.edge[0]), float(spot.along[0])
        how = int(ways.argmin())
        if how == 0:
            parts = [(edge, along, self._along)]
        else:
            node = int(g.net.ends[edge, 2 - how])
            parts = [(edge, along, float(g.metres[edge]) if how == 1 else 0.0), *self._onwards(node)]
        metres = sum(abs(high - low) for _, low, high in parts) + float(spot.off[0]) + self._off
        if not drawn:
            return Trip(metres, NO_LINE)
        points = np.concatenate(([[lon, lat]], *(g.stretch(*part) for part in parts), [[self._lon, self._lat]]))
        return Trip(metres, few(points))

    def _look(self, limit: float) -> None:
        """Search as far as the limit, ring by ring, and let others run between one and the next."""
        while self._limit < limit:
            if self._limit >= 0:
                self._front = self._graph.front(self._front, self._minutes)
            if not len(self._front.node):
                break
            self._limit = min(limit, max(self._limit, 0.0) + self._step)
            more = self._graph.onwards(self._front, self._minutes, self._after, self._limit)
            self._step *= min(2.0, max(0.25, RING_JUNCTIONS / max(more, 1)))
            time.sleep(0)

    def _ways(self, spot: Spots) -> Floats:
        """(3, n) minutes on roads: straight along the event's own road, over the end, over the beginning of the own."""
        g = self._graph
        edge = np.maximum(spot.edge, 0)
        share, whole, oneway = spot.along / g.metres[edge], g.minutes[edge], g.net.oneway[edge]
        ahead = self._along - spot.along
        same = (spot.edge == self._edge) & ((ahead >= 0) | ~oneway)
        own = np.where(same, np.abs(ahead) / g.metres[edge] * whole, np.inf)
        over_end = (1 - share) * whole + self._minutes[g.net.ends[edge, 1]]
        over_start = np.where(oneway, np.inf, share * whole + self._minutes[g.net.ends[edge, 0]])
        return np.stack((own, over_end, over_start))

    def _connected(self, spot: Spots) -> Bools:
        net = self._graph.net
        edge = np.maximum(spot.edge, 0)
        leads = self._reach[net.ends[edge, 1]] | (~net.oneway[edge] & self._reach[net.ends[edge, 0]])
        same = (spot.edge == self._edge) & ((spot.along <= self._along) | ~net.oneway[edge])
        connected: Bools = (spot.edge != NOWHERE) & (leads | same)
        return connected

    def _onwards(self, node: int) -> list[tuple[int, float, float]]:
        """The stretches (road, from metres, to metres) from a junction to the event."""
        g, parts = self._graph, []
        while (after := int(self._after[node])) != g.net.n:
            road = g.road_between(node, after)
            forward = g.net.ends[road, 0] == node and g.net.ends[road, 1] == after
            length = float(g.metres[road])
            parts.append((road, 0.0, length) if forward else (road, length, 0.0))
            node = after
        _, begin = min((minutes, i) for i, (entry, minutes) in enumerate(self._entries) if entry == node)
        parts.append((self._edge, 0.0 if begin == 0 else float(g.metres[self._edge]), self._along))
        return parts


def few(points: Floats) -> Line:
    """A line with so few points that many of them can be sent."""
    line, bend = shapely.linestrings(points), BEND_DEG
    out = shapely.simplify(line, bend)
    while shapely.get_num_coordinates(out) > POINTS_MAX:
        bend *= 1.6
        out = shapely.simplify(line, bend, preserve_topology=False)
    kept: npt.NDArray[np.float64] = shapely.get_coordinates(out)
    return tuple((round(x, 5), round(y, 5)) for x, y in kept.tolist())
