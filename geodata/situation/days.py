"""The local day: when it begins and ends in the city's zone, and which local hour a moment falls in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

STEP_MS = 900_000
"""Clocks change on full quarters of an hour, counted from local midnight: 92 to 100 of them make a day."""


@dataclass(frozen=True, slots=True)
class Day:
    """One local day ``[start_ms, end_ms)``; ``hour_of_step`` is the local hour of each quarter since its start.

    A day of 25 hours has one hour twice, which is one hour here; a day of 23 hours has one that stays empty.
    """

    start_ms: int
    end_ms: int
    hour_of_step: npt.NDArray[np.int32]

    @classmethod
    def of(cls, now_ms: int, zone: ZoneInfo) -> Day:
        """The local day that a moment belongs to."""
        today = datetime.fromtimestamp(now_ms / 1000, zone).date()
        start, end = midnight_ms(today, zone), midnight_ms(today + timedelta(days=1), zone)
        hours = [datetime.fromtimestamp(ms / 1000, zone).hour for ms in range(start, end, STEP_MS)]
        return cls(start, end, np.array(hours, np.int32))

    def holds(self, moments_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of these moments fall in the day."""
        inside: npt.NDArray[np.bool_] = (moments_ms >= self.start_ms) & (moments_ms < self.end_ms)
        return inside

    def hours(self, moments_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """The local hours (0 to 23) of moments of this day."""
        return self.hour_of_step[(moments_ms - self.start_ms) // STEP_MS]


def midnight_ms(day: date, zone: ZoneInfo) -> int:
    """The first moment of a local date; where clocks jump over midnight, the moment of the jump."""
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(first.astimezone(UTC).timestamp() * 1000)
