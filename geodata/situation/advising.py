"""Advising: the units that could go to an event, as the dispatch advice ranks them, with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geodata.domain.dispatch import By, Missing, Order, Pool, rank
from geodata.domain.events import AT_WORK, STATES
from geodata.domain.roads import Bools
from geodata.domain.skills import Skill, held
from geodata.domain.units import FRESHNESS, UNIT_KINDS, Freshness, UnitKind, UnitStatus
from geodata.situation.event_book import EventBook
from geodata.situation.roads import NO_LINE, Line, RoadGraph, Search
from geodata.situation.runs import Longs
from geodata.situation.unit_book import UnitBook
from geodata.store.units import UnitNow

BUSY = [STATES.index(s) for s in AT_WORK]
STALE, LOST = FRESHNESS.index(Freshness.STALE), FRESHNESS.index(Freshness.LOST)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that could go: ``distance_m`` and ``way_min`` by road, else straight, as ``by`` says; the ``line`` is
    empty where there is none to draw; ``load`` open events it has; ``skills`` which of the wanted ones; ``cost_min`` is
    its rank."""

    code: str
    call_sign: str
    status: UnitStatus
    freshness: Freshness
    fix_ms: int | None
    lon: float
    lat: float
    distance_m: float
    way_min: float
    by: By
    line: Line
    cost_min: float
    load: int
    own_area: bool
    own_kind: bool
    skills: tuple[Skill, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """Candidates, best first, how many units are missing for which reason, and which skills were wanted."""

    candidates: tuple[Candidate, ...]
    missing: Mapping[Missing, int]
    wanted: tuple[Skill, ...] = ()


def load_by_id(events: EventBook, ids: Longs) -> Longs:
    """How many events that are not handled yet each of these units (by id) leads at."""
    c = events.columns
    busy = np.isin(c.state, BUSY) & (c.o >= 0) & (c.unit_id >= 0)
    most = int(ids.max(initial=0)) + 1
    held = c.unit_id[busy]
    counted = np.bincount(held[held < most], minlength=most)
    load: Longs = counted[ids].astype(np.int64)
    return load


def work_of(events: EventBook, unit_id: int) -> Longs:
    """The slots of the events of which one unit's load is the number."""
    c = events.columns
    slots: Longs = np.flatnonzero((c.unit_id == unit_id) & np.isin(c.state, BUSY) & (c.o >= 0))
    return slots


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Whom to send, asked of one moment: copies of what the answer needs, so that any thread can find it."""

    now: Sequence[UnitNow]
    fresh: npt.NDArray[np.int8]
    pool: Pool
    very: int | None
    lon: float
    lat: float
    n: int
    text: str
    wanted: tuple[Skill, ...]
    roads: RoadGraph | None
    drawn: bool

    def answered(self) -> Advice:
        """The advice; by road some 25 ms on the graph of the demo, so not on the event loop."""
        pool = self.pool if not self.text else replace(self.pool, reached=self.pool.reached & self._called())
        if self.roads is None:
            return self._best(pool, None)
        with self.roads.lock:
            return self._best(pool, self.roads.to(self.lon, self.lat))

    def _best(self, pool: Pool, ways: Search | None) -> Advice:
        order = rank(pool, self.lon, self.lat, self.n, ways)
        found = tuple(self._candidate(pool, order, i, ways) for i in range(len(order.chosen)))
        return Advice(found, order.missing, self.wanted)

    def _called(self) -> Bools:
        if self.very is not None:
            return np.equal(np.arange(len(self.now)), self.very)
        text = self.text.casefold()
        return np.array([text in u.call_sign.casefold() or text in u.code.casefold() for u in self.now], np.bool_)

    def _candidate(self, pool: Pool, order: Order, i: int, ways: Search | None) -> Candidate:
        slot, by = int(order.chosen[i]), By(int(order.by[i]))
        row, lon, lat = self.now[slot], float(pool.lon[slot]), float(pool.lat[slot])
        metres, line = float(order.metres[i]), NO_LINE
        if ways is not None and by == By.ROAD:
            trip = ways.trip(lon, lat, drawn=self.drawn)
            metres, line = trip.metres, trip.line
        return Candidate(
            row.code, row.call_sign, UnitStatus(row.status), FRESHNESS[self.fresh[slot]], row.fix_ms, lon, lat, metres,
            float(order.way[i]), by, line, float(order.minutes[i]), int(pool.load[slot]), bool(pool.home[slot]),
            bool(pool.kind[slot]), held(self.wanted, row.skills),
        )  # fmt: skip


def inquire(
    units: UnitBook, events: EventBook, o: int, lon: float, lat: float, kind: UnitKind, within: Sequence[range],
    n: int, text: str = "", *, only: bool = False, wanted: tuple[Skill, ...] = (), roads: RoadGraph | None = None,
    drawn: bool = True,
) -> Inquiry:  # fmt: skip
    """Ask for the best ``n`` of the units at home in ``within`` for an event at an area and a point that ``kind``
    answers for.

    ``text``: only the unit of that very code, else those whose call sign or code holds it. ``only``: only units of this
    kind. ``wanted``: skills, any of which counts for a unit. ``roads``: without them all ways are straight. ``drawn``:
    whether the lines of the ways are wanted.
    """
    many = len(units.now)
    home, fresh = units.home[:many], units.fresh[:many].copy()
    of_kind = units.kind[:many] == UNIT_KINDS.index(kind)
    reached = np.zeros(many, np.bool_)
    for span in within:
        reached |= (home >= span.start) & (home < span.stop)
    if only:
        reached &= of_kind
    pool = Pool(
        units.lon[:many].copy(), units.lat[:many].copy(), units.status[:many].copy(), fresh == STALE, fresh == LOST,
        load_by_id(events, units.id[:many]), (home <= o) & (o < units.tree.end[home]), of_kind,
        units.having(wanted), reached,
    )  # fmt: skip
    very = units.slot_of_code.get(text)
    return Inquiry(list(units.now), fresh, pool, very, lon, lat, n, text, wanted, roads, drawn)
