"""Stays 驻留: what units walk in grids, summed fix by fix, and counted for a grid once a minute instead of each time.

A stay is the fixes of one unit that follow each other in one area and one shift, no silence between them. It ends with
the first fix elsewhere, in the next shift or after a silence, or after ``HOLD_MS``; the next one begins at once.

What stays add up to is what their fixes do: the time between two fixes belongs to the area of the earlier one, and to
the shift in which it ends; a fix counts in the area where it lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.coverage import MINUTE_MS, PatrolPlan, Shift, Walked, shift_at

HOLD_MS = MINUTE_MS
"""A stay is counted when it has lasted so long, though it goes on."""
NOWHERE = -1


@dataclass(slots=True)
class Stay:
    """What a unit walked in an area (its id; −1: in none) and nobody counted yet: ms inside and fixes, of one shift.

    ``last_ms``: its newest fix. Nothing is to be counted while both sums are 0.
    """

    area: int
    last_ms: int
    shift: Shift
    ms: int = 0
    fixes: int = 0


class Stays:
    """The stays of units through a batch of fixes, and what of them is to be counted. ``now``: the shift that runs."""

    def __init__(self, plan: PatrolPlan, zone: ZoneInfo, now: Shift, now_ms: int) -> None:
        self.now = now
        self._plan, self._zone, self._now_ms = plan, zone, now_ms
        self._ended: dict[Shift, dict[int, tuple[int, int, int]]] = {}

    def of(self, area: int | None, last_ms: int | None, ms: int, fixes: int, at_ms: int) -> Stay:
        """The stay of a unit as it was kept, before a fix at ``at_ms``; without a fix before, it stays nowhere."""
        if area is None or last_ms is None:
            return Stay(NOWHERE, at_ms if last_ms is None else last_ms, self.now)
        return Stay(area, last_ms, self.now, ms, fixes)

    def go(self, stay: Stay, area: int | None, at_ms: int) -> None:
        """The next fix of a unit. A clock that goes ahead of ours counts as now."""
        passed = at_ms - stay.last_ms
        here = NOWHERE if area is None else area
        shift = self._shift(at_ms)
        if shift is not stay.shift and shift != stay.shift:
            self.end(stay)
            stay.shift = shift
        silent = passed > self._plan.gap_ms
        if not silent:
            stay.ms += passed
        if silent or here != stay.area:
            self.end(stay)
            stay.area = here
        stay.fixes += 1
        stay.last_ms = at_ms

    def holds(self, stay: Stay) -> bool:
        """Whether a stay may go on uncounted: its shift runs, and it is still short."""
        return stay.shift is self.now and stay.ms < HOLD_MS

    def end(self, stay: Stay) -> None:
        """Count a stay; the next one begins in the same area."""
        if stay.area >= 0 and (stay.ms or stay.fixes):
            sums = self._ended.setdefault(stay.shift, {})
            ms, fixes, last_ms = sums.get(stay.area, (0, 0, 0))
            sums[stay.area] = (ms + stay.ms, fixes + stay.fixes, max(last_ms, stay.last_ms))
        stay.ms = stay.fixes = 0

    def ended(self) -> Iterator[tuple[Shift, Walked]]:
        """What was counted, shift by shift, the oldest first."""
        for shift, sums in sorted(self._ended.items()):
            rows = np.array([(area, *sums[area]) for area in sorted(sums)], np.int64)
            yield shift, Walked(*np.ascontiguousarray(rows.T))

    def _shift(self, at_ms: int) -> Shift:
        ended = min(at_ms, self._now_ms)
        return self.now if ended >= self.now.from_ms else shift_at(self._plan, self._zone, ended)
