"""Queueing: the open events of an area in the order in which a desk works them, a window at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from geodata.domain.lights import LIGHTS
from geodata.domain.queue import PRESSING, Order
from geodata.domain.view import Filters
from geodata.domain.windows import FIND_MAX, Asked, places
from geodata.situation.briefs import EventBrief
from geodata.situation.columns import FREE, EventColumns
from geodata.situation.runs import Longs
from geodata.situation.selecting import Selector, briefs

KEPT = 32
FRESH_MAX = 100
RANKS = np.array([[0, *PRESSING[light]] for light in LIGHTS], np.int64)


@dataclass(frozen=True, slots=True)
class Window:
    """``total`` open events match; ``events`` (and their ``lights``) stand from ``offset`` on.

    ``at``: the places of the codes asked for, -1 of one that is not in the queue. ``fresh``: (place, code) of those
    that came after ``since``, at most FRESH_MAX of ``fresh_n``. ``newest``: the highest event id that is held.
    """

    total: int
    offset: int
    events: Sequence[EventBrief]
    lights: Sequence[str]
    at: Sequence[int]
    fresh: Sequence[tuple[int, str]]
    fresh_n: int
    newest: int


def _pressing(c: EventColumns, slots: Longs) -> Longs:
    return slots[np.lexsort((c.id[slots], c.deadline_ms[slots], RANKS[c.light[slots], c.urgency[slots]]))]


def _newest(c: EventColumns, slots: Longs) -> Longs:
    return slots[np.lexsort((-c.id[slots], -c.reported_ms[slots]))]


def _deadline(c: EventColumns, slots: Longs) -> Longs:
    return slots[np.lexsort((c.id[slots], c.deadline_ms[slots]))]


def _urgency(c: EventColumns, slots: Longs) -> Longs:
    return slots[np.lexsort((c.id[slots], c.deadline_ms[slots], c.urgency[slots]))]


ORDERS: Mapping[Order, Callable[[EventColumns, Longs], Longs]] = MappingProxyType({
    Order.PRESSING: _pressing, Order.NEWEST: _newest, Order.DEADLINE: _deadline, Order.URGENCY: _urgency,
})  # fmt: skip


class Queues:
    """Queues kept per area, filters and order until something in the area changes or a deadline passes."""

    def __init__(self, select: Selector) -> None:
        self._book = select.book
        self._kept: OrderedDict[tuple[int, Filters, Order], tuple[Hashable, Longs]] = OrderedDict()

    def window(
        self, o: int, filters: Filters, order: Order, matching: Callable[[], Longs], stamp: Hashable, asked: Asked
    ) -> Window:
        """The window that is asked for; ``matching`` gives the slots of the area's events that match."""
        slots, c = self._queue(o, filters, order, matching, stamp), self._book.columns
        at = places(slots, (c.slot_of_code.get(code, -1) for code in asked.find[:FIND_MAX]))
        window = asked.shown(len(slots), at)
        shown = slots[window]
        lit = [LIGHTS[i].value for i in c.light[shown].tolist()]
        fresh = np.flatnonzero(c.id[slots] > asked.since)
        return Window(
            len(slots), window.start, briefs(self._book, shown), lit, at,
            [(i, c.code[slots[i]]) for i in fresh[:FRESH_MAX].tolist()], len(fresh),
            int(c.id[c.o != FREE].max(initial=0)),
        )  # fmt: skip

    def _queue(self, o: int, filters: Filters, order: Order, matching: Callable[[], Longs], stamp: Hashable) -> Longs:
        key = (o, filters, order)
        held = self._kept.get(key)
        if held is None or held[0] != stamp:
            found = matching()
            held = stamp, ORDERS[order](self._book.columns, found[self._book.columns.is_open(found)])
            self._kept[key] = held
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return held[1]
