"""Handling times of the events closed today, kept sorted per area, so that mean and median are exact and cheap."""

from __future__ import annotations

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

    Memory: one number per closure and level, 150,000 of them for 30,000 closures in a city of five levels. What a
    start brings lies in one sorted table until an area is asked for or changes.
    """

    __slots__ = ("_first_areas", "_first_keys", "_parent", "_seconds", "_sum")

    def __init__(self, parent: Ints, areas: Longs, seconds: Longs, slots: Longs) -> None:
        self._parent = parent
        self._seconds: dict[int, Runs] = {}
        self._sum: dict[int, int] = {}
        keys = (seconds << SLOT_BITS) | slots
        all_areas, all_keys = [areas], [keys]
        while len(areas):
            areas = parent[areas].astype(np.int64)
            keys, areas = keys[areas >= 0], areas[areas >= 0]
            all_areas.append(areas)
            all_keys.append(keys)
        areas, keys = np.concatenate(all_areas), np.concatenate(all_keys)
        order = np.argsort(areas, kind="stable")
        self._first_areas, self._first_keys = areas[order], keys[order]

    def add(self, area: int, seconds: int, slot: int) -> None:
        """An event was closed."""
        while area >= 0:
            self._of(area).add((seconds << SLOT_BITS) | slot)
            self._sum[area] += seconds
            area = int(self._parent[area])

    def remove(self, area: int, seconds: int, slot: int) -> None:
        """It is no longer closed, or not in this way."""
        while area >= 0:
            self._of(area).discard((seconds << SLOT_BITS) | slot)
            self._sum[area] -= seconds
            area = int(self._parent[area])

    def of(self, area: int) -> tuple[int, float | None, float | None]:
        """(how many, mean, median) in seconds of an area and all below it; None without any."""
        runs = self._of(area)
        n = len(runs)
        if not n:
            return 0, None, None
        middle = ((runs.at((n - 1) // 2) >> SLOT_BITS) + (runs.at(n // 2) >> SLOT_BITS)) / 2
        return n, self._sum[area] / n, middle

    def _of(self, area: int) -> Runs:
        runs = self._seconds.get(area)
        if runs is None:
            low, end = np.searchsorted(self._first_areas, (area, area + 1))
            keys = self._first_keys[low:end]
            runs = self._seconds[area] = Runs(keys)
            self._sum[area] = int((keys >> SLOT_BITS).sum())
        return runs
