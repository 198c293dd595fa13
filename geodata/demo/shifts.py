"""The demo city's roster: three shifts a day for every post and team, some excused, a few who do not come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
SHIFT_HOURS = (0, 8, 16)
HOUR_MS = 3_600_000
ON_LEAVE, STAYS_AWAY = 0.03, 0.02
_SEED = 0x5317


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift of the whole city, from < end in epoch ms: who of the units is excused, and who just stays away."""

    from_ms: int
    to_ms: int
    leave: Bools
    absent: Bools


def turns_of(day: date, zone: ZoneInfo, n: int) -> list[Turn]:
    """The shifts of a local day for ``n`` units; the same for the same day."""
    edges = [_at(day, hour, zone) for hour in SHIFT_HOURS] + [_at(day + timedelta(days=1), 0, zone)]
    turns = []
    for k, (low, high) in enumerate(pairwise(edges)):
        drawn = np.random.default_rng([_SEED, day.toordinal(), k]).random(n)
        turns.append(Turn(low, high, drawn < ON_LEAVE, (drawn >= ON_LEAVE) & (drawn < ON_LEAVE + STAYS_AWAY)))
    return turns


def turn_at(now_ms: int, zone: ZoneInfo, n: int) -> Turn:
    """The shift that runs at a moment."""
    return next(t for t in turns_of(local_day(now_ms, zone), zone, n) if t.from_ms <= now_ms < t.to_ms)


def local_day(now_ms: int, zone: ZoneInfo) -> date:
    """The city's calendar day of a moment."""
    return datetime.fromtimestamp(now_ms / 1000, zone).date()


def _at(day: date, hour: int, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=zone).timestamp() * 1000)
