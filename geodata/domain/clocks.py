"""Deadlines: clock hours run on, working hours and working days count only while offices are open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from geodata.domain.catalogue import LimitUnit

HOUR_MS = 3_600_000
NEVER = 1 << 62
"""In a column, the moment of what does not come."""
EARLIEST_MS = int(datetime(1970, 1, 1, tzinfo=UTC).timestamp() * 1000)
SEARCH_DAYS_MAX = 3660
OFFICE_HOURS: tuple[tuple[time, time], ...] = ((time(8), time(12)), (time(14), time(18)))
Judgement = Literal[-1, 0, 1]


class ClockError(ValueError):
    """The limit can never run out: no working time in the ten years after the start."""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When offices are open: local ``hours`` (ascending, not overlapping) on days for which ``is_working`` holds."""

    zone: ZoneInfo
    is_working: Callable[[date], bool]
    hours: tuple[tuple[time, time], ...] = OFFICE_HOURS

    def day_hours(self) -> float:
        """Hours of one working day."""
        today = date(2001, 1, 1)
        return sum(
            (datetime.combine(today, end) - datetime.combine(today, start)) / timedelta(hours=1)
            for start, end in self.hours
        )

    def spans(self, from_ms: int) -> Iterator[tuple[int, int]]:
        """Working spans (epoch ms, end excluded) that end after ``from_ms``, in order, for about ten years."""
        day = datetime.fromtimestamp(from_ms / 1000, self.zone).date()
        for _ in range(SEARCH_DAYS_MAX):
            if self.is_working(day):
                for start, end in self.hours:
                    low, high = self._instant(day, start), self._instant(day, end)
                    if high > max(from_ms, low):
                        yield max(low, from_ms), high
            day += timedelta(days=1)

    def _instant(self, day: date, at: time) -> int:
        return int(datetime.combine(day, at, self.zone).timestamp() * 1000)


def deadline_ms(start_ms: int, limit: float, unit: LimitUnit, calendar: WorkCalendar) -> int:
    """When a limit that starts now runs out, in epoch ms.

    ``h`` clock hours; ``wh`` working hours; ``wd`` working days, each as long as the offices are open on one day.
    A limit that is used up exactly when the offices close ends then, and not on the next morning. Raises ClockError.
    """
    if unit == "h":
        return start_ms + round(limit * HOUR_MS)
    left = round(limit * HOUR_MS * (calendar.day_hours() if unit == "wd" else 1))
    if left <= 0:
        return start_ms
    for low, high in calendar.spans(start_ms):
        if left <= high - low:
            return low + left
        left -= high - low
    raise ClockError(f"a limit of {limit} {unit} finds no working time")


def judgement(*, closed: bool, on_time: int | None, ended_ms: int | None, deadline: int | None) -> Judgement:
    """Whether a closed event was in time: 1 yes, 0 no, -1 nobody says (also for what ended without being closed).

    ``on_time`` is what the source of an import says (None: the clock decides). Without a deadline nothing was missed.
    """
    if not closed or on_time == -1:
        return -1
    if on_time is not None:
        return 1 if on_time else 0
    return 1 if deadline is None or ended_ms is None or ended_ms <= deadline else 0
