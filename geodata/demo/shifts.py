"""The demo city's roster: three shifts a day for every post and team, some excused, a few who do not come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
SHIFT_HOURS = (0, 8, 16)
HOUR_MS = 3_600_000
ON_LEAVE, STAYS_AWAY = 0.03, 0.02
NARROW, PLACES = (0.04, 0.60), 90
_SEED = 0x5317


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift of the whole city, from < end in epoch ms: who of the units is excused, and who just stays away.

    ``narrow`` ones keep to one grid of their beat, at the share ``spot`` of it; the others walk all of it.
    """

    from_ms: int
    to_ms: int
    leave: Bools
    absent: Bools
    narrow: Bools
    spot: Floats

    def beats(self, first: Longs, last: Longs) -> tuple[Longs, Longs]:
        """[first, last) grid of what each unit walks in this shift of its beat."""
        one = first + (self.spot * (last - first)).astype(np.int64)
        return np.where(self.narrow, one, first), np.where(self.narrow, one + 1, last)


def turns_of(day: date, zone: ZoneInfo, n: int) -> list[Turn]:
    """The shifts of a local day for ``n`` units; the same for the same day."""
    edges = [_at(day, hour, zone) for hour in SHIFT_HOURS] + [_at(day + timedelta(days=1), 0, zone)]
    turns = []
    for k, (low, high) in enumerate(pairwise(edges)):
        rng = np.random.default_rng([_SEED, day.toordinal(), k])
        drawn, narrow, spot = rng.random(n), rng.random(n) < _narrowness(n), rng.random(n)
        absent = (drawn >= ON_LEAVE) & (drawn < ON_LEAVE + STAYS_AWAY)
        turns.append(Turn(low, high, drawn < ON_LEAVE, absent, narrow, spot))
    return turns


def _narrowness(n: int) -> Floats:
    """How often each unit keeps to one grid: neighbours (in the order of units) alike, in some places more often."""
    places = np.random.default_rng(_SEED).random(PLACES) ** 3
    share: Floats = NARROW[0] + (NARROW[1] - NARROW[0]) * places[np.arange(n) * PLACES // max(n, 1)]
    return share


def turn_at(now_ms: int, zone: ZoneInfo, n: int) -> Turn:
    """The shift that runs at a moment."""
    return next(t for t in turns_of(local_day(now_ms, zone), zone, n) if t.from_ms <= now_ms < t.to_ms)


def local_day(now_ms: int, zone: ZoneInfo) -> date:
    """The city's calendar day of a moment."""
    return datetime.fromtimestamp(now_ms / 1000, zone).date()


def _at(day: date, hour: int, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=zone).timestamp() * 1000)
