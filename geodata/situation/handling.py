"""Handling times of the events closed today: mean and median, exact, at the price of a look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from geodata.domain.areas import Ints
from geodata.domain.clocks import NEVER
from geodata.situation.columns import EventColumns
from geodata.situation.days import Day
from geodata.situation.judging import IS_CLOSED
from geodata.situation.runs import SLOT_BITS, Longs, Runs

Closure = tuple[int, int, int]
"""(area, seconds, slot) of an event that was closed today with both times"""


def handling_s(columns: EventColumns, slots: Longs, day: Day) -> tuple[Longs, Longs]:
    """(which of the slots were closed today with both times, their whole seconds from dispatch to handled, without
    the suspensions between)."""
    sent, done = columns.dispatched_ms[slots], columns.handled_ms[slots]
    timed = IS_CLOSED[columns.state[slots]] & day.holds(columns.ended_ms[slots])
    timed &= (sent < NEVER) & (done < NEVER) & (done >= sent)
    spent = done[timed] - sent[timed] - columns.paused_ms[slots[timed]]
    return np.flatnonzero(timed), np.maximum(spent, 0) // 1000


class HandlingTimes:
    """Seconds in order (with the slot, so that equal ones are two) and their sum, for the areas that were asked for.

    An area is gathered when it is first asked for and kept from then on; the others cost nothing.
    """

    __slots__ = ("_gather", "_kept", "_parent", "_sum")

    def __init__(self, parent: Ints, gather: Callable[[int], tuple[Longs, Longs]]) -> None:
        """``gather`` gives an area's slots that were closed today with both times, and their seconds."""
        self._parent, self._gather = parent, gather
        self._kept: dict[int, Runs] = {}
        self._sum: dict[int, int] = {}

    def change(self, gone: Iterable[Closure], new: Iterable[Closure]) -> None:
        """Closures that no longer hold, and those that hold now."""
        for sign, closures in ((-1, gone), (1, new)):
            for area, seconds, slot in closures:
                key = (seconds << SLOT_BITS) | slot
                at = area
                while at >= 0:
                    if (kept := self._kept.get(at)) is not None:
                        (kept.add if sign > 0 else kept.discard)(key)
                        self._sum[at] += sign * seconds
                    at = int(self._parent[at])

    def clear(self) -> None:
        """A new day: all areas are gathered again when they are asked for."""
        self._kept.clear()
        self._sum.clear()

    def of(self, area: int) -> tuple[int, float | None, float | None]:
        """(how many, mean, median) in seconds of an area and all below it; None without any."""
        runs = self._kept.get(area)
        if runs is None:
            slots, seconds = self._gather(area)
            runs = self._kept[area] = Runs((seconds << SLOT_BITS) | slots)
            self._sum[area] = int(seconds.sum())
        n = len(runs)
        if not n:
            return 0, None, None
        middle = ((runs.at((n - 1) // 2) >> SLOT_BITS) + (runs.at(n // 2) >> SLOT_BITS)) / 2
        return n, self._sum[area] / n, middle
