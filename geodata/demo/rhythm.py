"""When things happen in the city: hours of the day, days of the week, and the storm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geodata.demo.terrain import Floats

Longs = npt.NDArray[np.int64]

HOUR_MS = 3_600_000
# Weight of each local hour: a night, a morning peak, a lunch, an afternoon, an evening.
HOURS = (9, 6, 5, 4, 5, 10, 24, 48, 72, 80, 78, 68, 50, 48, 62, 70, 68, 60, 54, 52, 46, 36, 27, 18)
WEEKDAYS = (1.06, 1.05, 1.04, 1.03, 1.05, 0.90, 0.87)
DAY_TO_DAY = 0.05  # spread of whole days around their expectation
STORM_FACTOR = 10.0
STORM_DISTRICTS = 2
EVENTS_PER_GRID_DAY = 30_000 / 66_000


@dataclass(frozen=True, slots=True)
class Wave:
    """More than usual in some districts for a while; ``classes`` says what comes (see mix.STORM_CLASSES)."""

    from_ms: int
    to_ms: int
    districts: tuple[int, ...]
    factor: float


def hour_rates(from_ms: int, to_ms: int, per_day: float, zone: ZoneInfo) -> tuple[Longs, Floats]:
    """The epoch hours that touch the span, and the events expected in each whole hour."""
    hours = np.arange(from_ms // HOUR_MS, -(-to_ms // HOUR_MS), dtype=np.int64)
    share = np.array(HOURS) / sum(HOURS)
    local = [datetime.fromtimestamp(int(h) * 3600, UTC).astimezone(zone) for h in hours]
    return hours, np.array([per_day * share[t.hour] * WEEKDAYS[t.weekday()] for t in local])


def rate_per_s(at_ms: int, per_day: float, zone: ZoneInfo) -> float:
    """Events expected per second at a moment."""
    _, rates = hour_rates(at_ms, at_ms + 1, per_day, zone)
    return float(rates[0]) / 3600


def draw_times(rng: np.random.Generator, from_ms: int, to_ms: int, per_day: float, zone: ZoneInfo) -> Longs:
    """Sorted moments (epoch ms) of the events of a span."""
    hours, rates = hour_rates(from_ms, to_ms, per_day, zone)
    day = (hours + 8) // 24
    mood = np.exp(rng.normal(0, DAY_TO_DAY, int(day[-1] - day[0]) + 1)) if len(day) else np.empty(0)
    count = rng.poisson(rates * mood[day - day[0]]) if len(day) else np.empty(0, np.int64)
    at = np.repeat(hours * HOUR_MS, count) + rng.integers(0, HOUR_MS, int(count.sum()))
    return np.sort(at[(at >= from_ms) & (at < to_ms)])


def midnight_ms(at_ms: int, zone: ZoneInfo, days_before: int = 0) -> int:
    """Local midnight of the day of a moment, or of a day before it, in epoch ms."""
    local = datetime.fromtimestamp(at_ms / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((local - timedelta(days=days_before)).timestamp() * 1000)
