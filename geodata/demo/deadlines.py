"""Deadlines by the hundred thousand: the rule of ``domain.clocks.deadline_ms`` on arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geodata.domain.catalogue import Subtype
from geodata.domain.clocks import HOUR_MS, WorkCalendar

Longs = npt.NDArray[np.int64]
DAYS_AHEAD = 120
DAY_MS = 24 * HOUR_MS


class Deadlines:
    """Deadlines of reports between two moments, for a calendar."""

    def __init__(self, calendar: WorkCalendar, from_ms: int, to_ms: int) -> None:
        """Reports outside of the span are counted as if made at its borders."""
        spans = []
        for low, high in calendar.spans(from_ms):
            spans.append((low, high))
            if low > to_ms + DAYS_AHEAD * DAY_MS:
                break
        self._low, self._high = np.array(spans, np.int64).T
        self._worked = np.r_[0, np.cumsum(self._high - self._low)]  # before each span
        self._day_h = calendar.day_hours()

    def of(self, reported_ms: Longs, subtype: Longs, subtypes: list[Subtype]) -> Longs:
        """The deadline of each event, ``subtype`` being an index into ``subtypes``; epoch ms."""
        clock = np.array([s.limit_unit == "h" for s in subtypes])
        hours = np.array([s.limit * (self._day_h if s.limit_unit == "wd" else 1) for s in subtypes])
        limit = np.rint(hours * HOUR_MS).astype(np.int64)[subtype]
        return np.where(clock[subtype], reported_ms + limit, self._working(reported_ms, limit))

    def _working(self, at: Longs, limit: Longs) -> Longs:
        k = np.clip(np.searchsorted(self._low, at, side="right") - 1, 0, None)
        done = self._worked[k] + np.clip(at - self._low[k], 0, self._high[k] - self._low[k])
        want = done + limit
        last = np.clip(np.searchsorted(self._worked, want, side="left") - 1, 0, len(self._low) - 1)
        return np.asarray(self._low[last] + want - self._worked[last], np.int64)
