"""Selecting: the events of an area that match filters, and the newest or longest overdue of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.catalogue import Catalogue
from geodata.domain.clocks import NEVER
from geodata.domain.events import STAGE_OF, STATES
from geodata.domain.periods import midnight_ms
from geodata.domain.units import DEPARTMENTS
from geodata.domain.view import UNLISTED, Filters
from geodata.situation.briefs import EventBrief
from geodata.situation.columns import CLOCK, IS_ENDED, NO_UNIT, STATE_INDEX
from geodata.situation.event_book import Bools, EventBook
from geodata.situation.lighting import codes_of
from geodata.situation.runs import SLOT_BITS, Longs, Runs, slots_of
from geodata.situation.wording import Wording

KEPT = 48
"""Selections kept; a scan of a million events is a few ms and its answer at most 8 MB."""
SCAN_SHARE = 16
"""From a sixteenth of all slots on, a scan of whole columns is faster than a gather by place."""
PATIENCE = 4
"""How many times the expected number of keys to read in order before turning to the area's own."""


class Selector:
    """Reads an EventBook; answers are slots. Matches are kept per (area, filters) until the area changes."""

    def __init__(
        self, book: EventBook, catalogue: Catalogue, departments: Callable[[Longs], Longs], zone: ZoneInfo
    ) -> None:
        """``departments``: the place in DEPARTMENTS of units by their ids."""
        self.book, self.departments, self._zone = book, departments, zone
        self._wording = Wording(book, catalogue)
        self._kept: OrderedDict[tuple[int, Filters], tuple[Hashable, Longs]] = OrderedDict()

    def inside(self, runs: Runs, o: int, bucket: int = 0) -> Longs:
        """The slots of the area in an order by area."""
        base = bucket * len(self.book.tree)
        return slots_of(runs.between((base + o) << SLOT_BITS, (base + int(self.book.tree.end[o])) << SLOT_BITS))

    def matching(self, o: int, filters: Filters, stamp: Hashable) -> Longs:
        """Held events of the area that match. ``stamp`` is the area's; the same stamp gives the same answer."""
        key = (o, filters)
        found = self._kept.get(key)
        if found is not None and found[0] == stamp:
            self._kept.move_to_end(key)
            return found[1]
        slots = self._scan(o, filters)
        if filters.text:
            slots = slots[self._wording.says(filters.text, slots, o)]
        self._kept[key] = (stamp, slots)
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return slots

    def newest(self, o: int, n: int) -> Longs:
        """The ``n`` reported last, newest first, of all held."""
        book = self.book
        held = int(book.counters.rows[o, book.layout["held"]])
        few = self._first(book.by_report, o, n, held, newest_first=True)
        return self.by_report(few if few is not None else self.inside(book.by_place, o), n)

    def latest(self, o: int, n: int) -> Longs:
        """The ``n`` open events that are overdue longest, longest first."""
        book = self.book
        late = int(book.counters.rows[o, book.layout["overdue"]])
        few = self._first(book.late_by_deadline, o, n, late, newest_first=False)
        return self.by_deadline(few if few is not None else self.inside(book.late_by_place, o), n)

    def by_report(self, slots: Longs, n: int) -> Longs:
        """The ``n`` of these that were reported last, newest first."""
        c = self.book.columns
        slots = _smallest(slots, -c.reported_ms[slots], n)
        return slots[np.lexsort((-c.id[slots], -c.reported_ms[slots]))][:n]

    def by_deadline(self, slots: Longs, n: int) -> Longs:
        """The ``n`` of these whose deadline was first, first one first; those without a deadline at the end."""
        c = self.book.columns
        slots = _smallest(slots, c.deadline_ms[slots], n)
        return slots[np.lexsort((c.id[slots], c.deadline_ms[slots]))][:n]

    def _first(self, order: Runs, o: int, n: int, there: int, *, newest_first: bool) -> Longs | None:
        """At least the first ``n`` of the area in an order of all; None when the area's own are fewer to read.

        With ``there`` of ``len(order)`` in the area, about n × len / there keys have to be read: never more than
        the square root of n × len on either way.
        """
        if there <= n or there * there <= n * len(order):
            return None
        left = PATIENCE * n * len(order) // there + PATIENCE * n
        low, end, areas = o, int(self.book.tree.end[o]), self.book.columns.o
        found: list[Longs] = []
        for block in order.blocks(newest_first=newest_first):
            slots = slots_of(block)
            here = areas[slots]
            found.append(slots[(here >= low) & (here < end)])
            if sum(map(len, found)) > n:
                return np.concatenate(found)
            left -= len(block)
            if left < 0:
                return None
        return np.concatenate(found)

    def _scan(self, o: int, filters: Filters) -> Longs:
        book, end = self.book, int(self.book.tree.end[o])
        held = int(book.counters.rows[o, book.layout["held"]])
        if held * SCAN_SHARE < book.columns.size:
            slots = self.inside(book.by_place, o)
            return slots[self._matches(filters, slots)]
        every = slice(None)
        areas = book.columns.o
        return np.flatnonzero((areas >= o) & (areas < end) & self._matches(filters, every))

    def _matches(self, filters: Filters, which: Longs | slice) -> Bools:
        c, book = self.book.columns, self.book.book
        mask = np.ones(len(c.o[which]), np.bool_)
        if filters.urgencies:
            mask &= _table(filters.urgencies, 128)[c.urgency[which]]
        if filters.classes:
            found = [*book.classes.find(filters.classes)]
            if UNLISTED in filters.classes:
                found += range(self.book.layout.classes, len(book.classes.texts))
            mask &= _table(found, len(book.classes.texts))[c.cls[which]]
        if filters.sources:
            mask &= _table(book.sources.find(filters.sources), len(book.sources.texts))[c.source[which]]
        if filters.states:
            mask &= _table([STATE_INDEX[s] for s in filters.states if s in STATE_INDEX], len(STATES))[c.state[which]]
        if filters.stages:
            staged = [i for i, s in enumerate(STATES) if STAGE_OF.get(s, "") in filters.stages]
            mask &= _table(staged, len(STATES))[c.state[which]]
        if filters.kinds:
            mask &= _table(map(DEPARTMENTS.index, filters.kinds), len(DEPARTMENTS))[self.departments(c.unit_id[which])]
        if filters.day:
            day = date.fromisoformat(filters.day)
            low, high = (midnight_ms(d, self._zone) for d in (day, day + timedelta(days=1)))
            mask &= (c.reported_ms[which] >= low) & (c.reported_ms[which] < high)
        if filters.lights:
            mask &= np.isin(c.light[which], codes_of(filters.lights)) & ~IS_ENDED[c.state[which]]
        return mask


def _table(allowed: Iterable[int], size: int) -> Bools:
    table = np.zeros(size, np.bool_)
    table[list(allowed)] = True
    return table


def _smallest(slots: Longs, by: Longs, n: int) -> Longs:
    """A superset of the ``n`` smallest: equal ones at the border all stay, for the next criterion to decide."""
    if len(slots) <= n or n <= 0:
        return slots
    border = int(np.partition(by, n - 1)[n - 1])
    smallest: Longs = slots[by <= border]
    return smallest


def briefs(book: EventBook, slots: Longs) -> list[EventBrief]:
    """These events as briefs, in this order."""
    c, words = book.columns, book.book
    sources, subtypes, classes = words.sources.texts, words.subtypes.texts, words.classes.texts

    def at(moment: int) -> int | None:
        return moment if moment < NEVER else None

    out = []
    for s in slots.tolist():
        lon, lat, judged, unit = float(c.lon[s]), float(c.lat[s]), int(c.on_time[s]), int(c.unit_id[s])
        out.append(EventBrief(
            int(c.id[s]), c.code[s], sources[c.source[s]], subtypes[c.subtype[s]], classes[c.cls[s]],
            int(c.urgency[s]), STATES[c.state[s]].value, c.description[s], int(c.o[s]),
            None if lon != lon else lon, None if lat != lat else lat, bool(c.on_pile[s]),
            int(c.reported_ms[s]), int(c.state_ms[s]), at(int(c.dispatched_ms[s])), at(int(c.handled_ms[s])),
            at(int(c.ended_ms[s])), at(int(c.deadline_ms[s])), None if judged == CLOCK else judged,
            None if unit == NO_UNIT else unit, bool(c.overdue[s]), bool(c.due_soon[s]), int(c.marks[s]),
            at(int(c.stage_ms[s])),
        ))  # fmt: skip
    return out
