"""The trail: which events were overdue an hour ago, so that a number of then has its list as one of now has."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from geodata.situation.columns import FREE, EventColumns
from geodata.situation.runs import Longs

SAMPLE_MS = 300_000
HOUR_MS = 3_600_000


class Sample(NamedTuple):
    """What was overdue at a moment: the ordinals of its areas, ascending, and the events' ids beside them."""

    at_ms: int
    areas: Longs
    ids: Longs

    def of(self, first: int, end: int) -> Longs:
        """The ids of those that stood in the areas [first, end)."""
        low, high = np.searchsorted(self.areas, (first, end)).tolist()
        return self.ids[low:high]


class Trail:
    """A sample in each five minutes of the clock, an hour of them: some tens of thousands of ids each."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=HOUR_MS // SAMPLE_MS + 1)

    def note(self, now_ms: int, columns: EventColumns) -> None:
        """Take a sample where the last one is of other five minutes."""
        if self._samples and self._samples[-1].at_ms // SAMPLE_MS == now_ms // SAMPLE_MS:
            return
        slots = np.flatnonzero(columns.overdue & (columns.o != FREE))
        slots = slots[np.argsort(columns.o[slots], kind="stable")]
        self._samples.append(Sample(now_ms, columns.o[slots].astype(np.int64), columns.id[slots].copy()))

    def hour_ago(self, now_ms: int) -> Sample | None:
        """The sample of an hour ago, some minutes more or less; None where nobody looked then."""
        for sample in self._samples:
            if HOUR_MS - SAMPLE_MS <= now_ms - sample.at_ms <= HOUR_MS + 2 * SAMPLE_MS:
                return sample
        return None
