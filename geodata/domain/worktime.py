"""Working time as one number that only grows: how much of it had passed at a moment, and the moment for a number.

The same rule as ``clocks.deadline_ms``, on columns: a table of the open spans of some years, and a search in it. Before
and after these years every hour counts, so that both functions stay one the other's inverse for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt

from geodata.domain.clocks import HOUR_MS, WorkCalendar

Longs = npt.NDArray[np.int64]
YEAR_MS = 366 * 24 * HOUR_MS
YEARS_BACK, YEARS_AHEAD = 3, 3


@dataclass(frozen=True, slots=True)
class WorkTime:
    """Open spans (epoch ms, ascending) and the working ms before each. Around a moment: three years each way."""

    low: Longs
    high: Longs
    before: Longs

    @classmethod
    def around(cls, calendar: WorkCalendar, now_ms: int) -> Self:
        """The table of a calendar; some ten milliseconds, good for a long-running process to keep."""
        spans: list[tuple[int, int]] = []
        for span in calendar.spans(now_ms - YEARS_BACK * YEAR_MS):
            spans.append(span)
            if span[0] > now_ms + YEARS_AHEAD * YEAR_MS:
                break
        low, high = np.array(spans, np.int64).reshape(-1, 2).T
        return cls(low, high, np.concatenate(([0], np.cumsum(high - low)))[:-1])

    @property
    def holds(self) -> bool:
        """Whether there is any working time at all."""
        return len(self.low) > 0

    def worked(self, at_ms: Longs) -> Longs:
        """Working ms that had passed at these moments; negative before the table begins."""
        if not self.holds:
            return at_ms
        k = np.searchsorted(self.low, at_ms, side="right") - 1
        early, last = k < 0, k == len(self.low) - 1
        k = np.maximum(k, 0)
        since = at_ms - self.low[k]
        passed = np.where(early | last, since, np.minimum(since, self.high[k] - self.low[k]))
        found: Longs = self.before[k] + passed
        return found

    def moment(self, worked: Longs) -> Longs:
        """The first moment at which so much had passed: what is used up when the offices close, ends then."""
        if not self.holds:
            return worked
        k = np.maximum(np.searchsorted(self.before, worked, side="left") - 1, 0)
        found: Longs = self.low[k] + worked - self.before[k]
        return found


@lru_cache(maxsize=2)
def work_time(calendar: WorkCalendar, year: int) -> WorkTime:
    """The working time of a calendar around a year since 1970."""
    return WorkTime.around(calendar, year * YEAR_MS + YEAR_MS // 2)
