"""Handling times of the events closed today, kept sorted per area, so that mean and median are exact and cheap."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from geodata.domain.areas import Ints
from geodata.situation.borders import NEVER
from geodata.situation.columns import EventColumns
from geodata.situation.days import Day
from geodata.situation.judging import IS_CLOSED
from geodata.situation.runs import SLOT_BITS, Longs, Runs


def handling_s(columns: EventColumns, slots: Longs, day: Day) -> tuple[Longs, Longs]:
    """(which of the slots were closed today with both times, their whole seconds from dispatch to handled)."""
    sent, done = columns.dispatched_ms[slots], columns.handled_ms[slots]
    timed = IS_CLOSED[columns.state[slots]] & day.holds(columns.ended_ms[slots])
    timed &= (sent < NEVER) & (done < NEVER) & (done >= sent)
    return np.flatnonzero(timed), (done[timed] - sent[timed]) // 1000


class HandlingTimes:
    """Per area with closures today: its seconds in order (with the slot, so that equal ones are two) and their sum.

    Memory: one number per closure and level, 150,000 of them for 30,000 closures in a city of five levels.
    """

    __slots__ = ("_parent", "_seconds", "_sum")

    def __init__(self, parent: Ints, areas: Longs, seconds: Longs, slots: Longs) -> None:
        self._parent = parent
        self._sum: defaultdict[int, int] = defaultdict(int)
        self._seconds: dict[int, Runs] = {}
        keys = (seconds << SLOT_BITS) | slots
        while len(areas):
            order = np.lexsort((keys, areas))
            areas, keys = areas[order], keys[order]
            starts = np.flatnonzero(np.concatenate(([True], areas[1:] != areas[:-1])))
            sums = np.add.reduceat(keys >> SLOT_BITS, starts)
            groups = np.split(keys, starts[1:])
            for area, group, total in zip(areas[starts].tolist(), groups, sums.tolist(), strict=True):
                self._merge(area, group, total)
            areas = parent[areas].astype(np.int64)
            keys, areas = keys[areas >= 0], areas[areas >= 0]

    def _merge(self, area: int, keys: Longs, total: int) -> None:
        self._sum[area] += total
        if area in self._seconds:
            self._seconds[area].change((), keys.tolist())
        else:
            self._seconds[area] = Runs(keys)

    def add(self, area: int, seconds: int, slot: int) -> None:
        """An event was closed."""
        while area >= 0:
            if area not in self._seconds:
                self._seconds[area] = Runs()
            self._seconds[area].add((seconds << SLOT_BITS) | slot)
            self._sum[area] += seconds
            area = int(self._parent[area])

    def remove(self, area: int, seconds: int, slot: int) -> None:
        """It is no longer closed, or not in this way."""
        while area >= 0:
            self._seconds[area].discard((seconds << SLOT_BITS) | slot)
            self._sum[area] -= seconds
            if not len(self._seconds[area]):
                del self._seconds[area], self._sum[area]
            area = int(self._parent[area])

    def of(self, area: int) -> tuple[int, float | None, float | None]:
        """(how many, mean, median) in seconds of an area and all below it; None without any."""
        runs = self._seconds.get(area)
        if runs is None:
            return 0, None, None
        n = len(runs)
        middle = ((runs.at((n - 1) // 2) >> SLOT_BITS) + (runs.at(n // 2) >> SLOT_BITS)) / 2
        return n, self._sum[area] / n, middle
