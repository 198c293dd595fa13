"""Stays 驻留: what units walk in grids, summed fix by fix, and counted for a grid when they end instead of each time.

A stay is the fixes of one unit that follow each other in one grid, in the shift that runs, no silence between them. It
ends with the first fix elsewhere, in the next shift or after a silence, or after ``HOLD_MS``; the next one begins with
that fix. Whatever belongs to a shift that is over is counted at once.

What stays add up to is what their fixes do: the time between two fixes belongs to the area of the earlier one, and to
the shift in which it ends; a fix counts in the area where it lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.coverage import MINUTE_MS, Grids, PatrolPlan, Shift, Walked, shift_at

HOLD_MS = 3 * MINUTE_MS
"""A stay is counted when it has lasted so long, though it goes on."""
Stay = tuple[int | None, int | None, int, int]
"""(area, newest fix there, ms inside, fixes): what a unit walked there and nobody counted yet. Outside of grids the
sums are 0; without a fix there is neither an area nor a time. A plain tuple, since there is one for each fix."""


class Stays:
    """The stays of units through a batch of fixes, and what of them is to be counted. ``now``: the shift that runs.

    ``of``: the stay of each unit that moved, by code.
    """

    def __init__(self, grids: Grids, plan: PatrolPlan, zone: ZoneInfo, now: Shift, now_ms: int) -> None:
        self.now = now
        self.of: dict[str, Stay] = {}
        self._grids, self._plan, self._zone, self._now_ms = grids, plan, zone, now_ms
        self._gap_ms = plan.gap_ms
        self._ended: dict[Shift, dict[int, tuple[int, int, int]]] = {}

    def go(self, code: str, kept: Stay, area: int | None, at_ms: int) -> None:
        """The next fix of a unit, of which a stay was kept before this batch. A clock that goes ahead of ours counts
        as now."""
        here, last_ms, ms, fixes = self.of.get(code, kept)
        if last_ms is not None and at_ms - last_ms <= self._gap_ms:
            ms += at_ms - last_ms
            if fixes and area == here and ms < HOLD_MS:
                self.of[code] = (here, at_ms, ms, fixes + 1)
                return
        shift = self._shift(at_ms)
        if here is not None and last_ms is not None:
            self._count(shift, here, ms, fixes, last_ms)
        begins = area is not None and shift is self.now and self._grids.has(area)
        if area is not None and not begins:
            self._count(shift, area, 0, 1, at_ms)
        self.of[code] = (area, at_ms, 0, int(begins))

    def ended(self) -> Iterator[tuple[Shift, Walked]]:
        """What is to be counted, shift by shift, the oldest first."""
        for shift, sums in sorted(self._ended.items()):
            rows = np.array([(area, *sums[area]) for area in sorted(sums)], np.int64)
            yield shift, Walked(*np.ascontiguousarray(rows.T))

    def _count(self, shift: Shift, area: int, ms: int, fixes: int, last_ms: int) -> None:
        if not ms and not fixes:
            return
        sums = self._ended.setdefault(shift, {})
        known = sums.get(area)
        if known is not None:
            ms, fixes, last_ms = ms + known[0], fixes + known[1], max(last_ms, known[2])
        sums[area] = (ms, fixes, last_ms)

    def _shift(self, at_ms: int) -> Shift:
        ended = min(at_ms, self._now_ms)
        return self.now if ended >= self.now.from_ms else shift_at(self._plan, self._zone, ended)
