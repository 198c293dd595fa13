"""The walk book: when each grid was walked last, which are due with the shift that runs, and how many, per area."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.areas import AreaTree
from geodata.domain.coverage import NEVER_MET, Bools, Grids, Longs, PatrolPlan, periods, shift_at
from geodata.situation.counters import Counters, Pairs
from geodata.situation.strata import Strata
from geodata.store.walks import Walks

DUE, COVERED, LATER = range(3)
WIDTH = 3
NEVER_WALKED = 0
HOUR_MS = 3_600_000


grids_of = lru_cache(maxsize=2)(Grids.of)
"""Every instant of the past has the grids of now."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Patrol coverage of an area and all below it in the shift that runs: ``covered`` of ``due`` grids.

    ``later``: those whose period ends with a later shift, and which are not covered yet. ``known``: something in the
    area was walked at any time.
    """

    grids: int
    due: int
    covered: int
    later: int
    known: bool
    from_ms: int
    to_ms: int


class WalkBook:
    """Grids in their order (``grids``). ``met``: covered in its period, which ends at ``end_ms``; ``due``: that is the
    end of this shift. ``last_ms`` 0: never walked.
    """

    def __init__(
        self, tree: AreaTree, strata: Strata, plan: PatrolPlan, zone: ZoneInfo, rows: Walks, now_ms: int
    ) -> None:
        self.plan, self._tree, self._strata, self._zone = plan, tree, strata, zone
        self.grids = grids_of(tree, plan)
        n = len(self.grids.id)
        self._shift_ms, self._met_ms = np.zeros(n, np.int64), np.full(n, NEVER_MET)
        self.inside_ms, self.fixes, self.last_ms = (np.zeros(n, np.int64) for _ in range(3))
        self._write(rows)
        self._begin(now_ms)

    def apply(self, rows: Walks) -> Longs:
        """Take grids as they are now; return the areas of those that are covered since."""
        at = self._write(rows)
        newly = at[self._is_met(at) & ~self.met[at]]
        gone = self._pairs(newly)
        self.met[newly] = True
        self.counters.move(gone, self._pairs(newly))
        return self.grids.o[newly]

    def seen(self, area_ids: Longs, fix_ms: Longs) -> None:
        """Fixes of units whose stays are not counted yet: their grids were walked then."""
        at = self.grids.places(area_ids)
        np.maximum.at(self.last_ms, at[at >= 0], fix_ms[at >= 0])

    def advance(self, now_ms: int) -> bool:
        """Move the clock; whether another shift runs."""
        if now_ms < self.shift.to_ms:
            return False
        self._begin(now_ms)
        return True

    def of(self, o: int) -> Coverage:
        """The coverage of an area."""
        here = self.within(o)
        due, covered, later = self.counters.rows[o].tolist()
        known = bool((self.last_ms[here] > NEVER_WALKED).any())
        return Coverage(here.stop - here.start, due, covered, later, known, self.shift.from_ms, self.shift.to_ms)

    def hours(self, o: int, now_ms: int) -> float | None:
        """The hours since a grid (by its ordinal) was walked last; None: never, or no grid."""
        at = int(np.searchsorted(self.grids.o, o))
        if at == len(self.grids.o) or self.grids.o[at] != o or self.last_ms[at] == NEVER_WALKED:
            return None
        return max(0.0, (now_ms - int(self.last_ms[at])) / HOUR_MS)

    def within(self, o: int) -> slice:
        """The places of the grids of an area."""
        low, high = np.searchsorted(self.grids.o, (o, int(self._tree.end[o]))).tolist()
        return slice(low, high)

    def this_shift(self, at: Longs) -> tuple[Longs, Longs]:
        """(ms inside, fixes) in the shift that runs."""
        runs = self._runs(at)
        return np.where(runs, self.inside_ms[at], 0), np.where(runs, self.fixes[at], 0)

    def _write(self, rows: Walks) -> Longs:
        at = self.grids.places(rows.area_id)
        known = at >= 0
        at = at[known]
        for name, column in (
            ("_shift_ms", rows.shift_ms), ("inside_ms", rows.inside_ms), ("fixes", rows.fixes),
            ("_met_ms", rows.met_ms),
        ):  # fmt: skip
            getattr(self, name)[at] = column[known]
        last_ms, held_ms = rows.last_ms[known], self.last_ms[at]
        # A stay waits for minutes at most: what is held far ahead of the store was dated by a clock that had leapt.
        self.last_ms[at] = np.where(held_ms > last_ms + HOUR_MS, last_ms, np.maximum(held_ms, last_ms))
        return at

    def _begin(self, now_ms: int) -> None:
        self.shift = shift_at(self.plan, self._zone, now_ms)
        self.begin_ms, self.end_ms = periods(self.grids, self.plan, self._zone, self.shift)
        every = np.arange(len(self.grids.id))
        self.due: Bools = self.end_ms == self.shift.to_ms
        self.met: Bools = self._is_met(every)
        self.counters = Counters(self._strata, WIDTH, self._pairs(every))

    def _runs(self, at: Longs) -> Bools:
        runs: Bools = (self._shift_ms[at] >= self.shift.from_ms) & (self._shift_ms[at] < self.shift.to_ms)
        return runs

    def _is_met(self, at: Longs) -> Bools:
        """Whether these grids are covered in their period: in this shift, or in an earlier one of it."""
        met = self.grids.met(at, self.inside_ms[at], self.fixes[at])
        # What a later shift has walked already says nothing of this one.
        counts = met & (self._shift_ms[at] < self.shift.to_ms)
        moment = np.where(counts, np.maximum(self._shift_ms[at], self._met_ms[at]), self._met_ms[at])
        covered: Bools = moment >= self.begin_ms[at]
        return covered

    def _pairs(self, at: Longs) -> Pairs:
        due, met = self.due[at], self.met[at]
        where = self.grids.o[at]
        masks = ((due, DUE), (due & met, COVERED), (~due & ~met, LATER))
        return (
            np.concatenate([where[mask] for mask, _ in masks]),
            np.concatenate([np.full(int(np.count_nonzero(mask)), column, np.int64) for mask, column in masks]),
        )  # fmt: skip
