"""The units of the city on the move: walking their beats, answering calls, falling silent and coming back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.demo.roster import Roster
from geodata.demo.shifts import SHIFT_HOURS
from geodata.demo.simulator.client import Json
from geodata.demo.stage import Stage
from geodata.demo.terrain import Floats
from geodata.domain.units import UnitStatus

Longs = npt.NDArray[np.int64]

FIX_EVERY_MS = 15_000
WALK_MS, RIDE_MS = 1.0, 6.0  # metres per second on the beat and on the way to an event
STRIDE_MOST_S = 60.0  # no unit makes up for a longer silence in one step
M_PER_DEGREE = 111_195.0
TO_WORK = 0.02  # a second: how soon those on the scene are at work
NEXT_GRID = 0.2  # how often a unit goes on to another grid of its beat, when it has reached its aim
SILENT_SHARE_PER_S = 0.022 / 900  # about two in a hundred are silent at any moment
SILENT_FOR_MS = (330_000, 1_500_000)
HANDOVER_MS, HANDOVER_SPREAD_MS = 240_000, 3_000_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
STATUSES = tuple(UnitStatus)
OFF, ON = STATUSES.index(UnitStatus.OFF_DUTY), STATUSES.index(UnitStatus.ON_DUTY)
EN_ROUTE, ON_SCENE = STATUSES.index(UnitStatus.EN_ROUTE), STATUSES.index(UnitStatus.ON_SCENE)
BUSY, BREAK = STATUSES.index(UnitStatus.BUSY), STATUSES.index(UnitStatus.BREAK)


@dataclass(frozen=True, slots=True)
class Call:
    """An event a unit was sent to."""

    code: str
    lon: float
    lat: float


class Crowd:
    """n units, as columns. Positions move only when a fix is due: a second costs the fifteenth part of the crowd.

    ``away``: who is not there in this shift, because it is excused or stays away. ``played_until_ms``: until when a
    person plays a unit, of which nothing is told meanwhile.
    """

    def __init__(self, stage: Stage, roster: Roster, rng: np.random.Generator, now_ms: int, speed: float) -> None:
        n = len(roster)
        self._stage, self._rng, self._speed = stage, rng, speed
        self._first, self._last = roster.first, roster.last
        self._grid = rng.integers(self._first, self._last)
        self.lon, self.lat = stage.points(rng, self._grid)
        self._aim = np.stack(stage.points(rng, self._grid), 1)
        self._pace = WALK_MS * rng.uniform(0.7, 1.3, n)
        self._due_ms = now_ms + rng.integers(0, FIX_EVERY_MS, n)
        self._fix_ms = self._due_ms - FIX_EVERY_MS
        self._battery = rng.uniform(0.35, 1.0, n)
        self.status = np.full(n, OFF, np.int64)
        self.away = np.zeros(n, bool)
        self._turn = rng.integers(0, HANDOVER_SPREAD_MS, n)
        self._calls: dict[int, Call] = {}
        self._told: dict[int, int] = {}
        self.played_until_ms = np.zeros(n, np.int64)
        self._code = roster.code

    def walk_within(self, first: Longs, last: Longs) -> None:
        """Which part of its beat each unit walks from now on, grids [first, last)."""
        self._first, self._last = first, last

    def sign_on(self, now_ms: int) -> list[Json]:
        """Everybody who is not away starts a shift: the records to post."""
        self.status[:] = np.where(self.away, OFF, ON)
        self._told.clear()
        self._calls.clear()
        return [
            {"code": code, "status": STATUSES[status].value, "at": now_ms}
            for code, status in zip(self._code, self.status.tolist(), strict=True)
        ]

    def fixes(self, now_ms: int, *, everybody: bool = False) -> list[Json]:
        """Move those whose fix is due and return their positions; the silent and those off duty have none."""
        due = np.flatnonzero((self._due_ms <= now_ms) | everybody)
        if not everybody:
            self._due_ms[due] = np.maximum(self._due_ms[due] + FIX_EVERY_MS, now_ms + 1)
        due = due[(self.status[due] != OFF) & (self.played_until_ms[due] <= now_ms)]
        speed = self._walk(due, now_ms)
        seconds = np.maximum(now_ms - self._fix_ms[due], 0) / 1000
        self._fix_ms[due] = now_ms
        self._fall_silent(due, now_ms, seconds)
        self._battery[due] -= seconds * 1.5e-5
        self._battery[due[self._battery[due] < 0.1]] = 1.0
        rows = zip(
            due.tolist(), np.round(self.lon[due], 6).tolist(), np.round(self.lat[due], 6).tolist(),
            np.round(speed, 1).tolist(), np.round(self._battery[due], 2).tolist(), strict=True,
        )  # fmt: skip
        code = self._code
        return [
            {"unit": code[i], "lon": x, "lat": y, "at": now_ms, "accuracy_m": 8, "speed_ms": v, "battery": b}
            for i, x, y, v, b in rows
        ]

    def _walk(self, units: Longs, now_ms: int) -> Floats:
        """Move units towards their aims; those that arrive get a new one. Returns metres per second."""
        squeeze = self._stage.squeeze
        here = np.stack([self.lon[units], self.lat[units]], 1)
        way = (self._aim[units] - here) * [M_PER_DEGREE / squeeze, M_PER_DEGREE]
        left = np.hypot(way[:, 0], way[:, 1])
        seconds = np.clip((now_ms - self._fix_ms[units]) / 1000, 0, STRIDE_MOST_S)
        status = self.status[units]
        pace = np.select([status == ON, status == EN_ROUTE], [self._pace[units], RIDE_MS], 0.0)
        reach = pace * seconds * self._speed
        share = np.minimum(1.0, reach / np.maximum(left, 0.1))[:, None]
        moved = here + share * (self._aim[units] - here)
        self.lon[units], self.lat[units] = moved.T
        there = units[(left <= reach) & (status == ON)]
        on = there[self._rng.random(len(there)) < NEXT_GRID]
        self._grid[on] = self._rng.integers(self._first[on], self._last[on])
        self._aim[there] = np.stack(self._stage.points(self._rng, self._grid[there]), 1)
        return np.where(left > 1, np.minimum(pace, left / np.maximum(seconds, 1)), 0.0)

    def _fall_silent(self, units: Longs, now_ms: int, seconds: Floats) -> None:
        quiet = units[self._rng.random(len(units)) < SILENT_SHARE_PER_S * seconds]
        self._due_ms[quiet] = now_ms + self._rng.integers(*SILENT_FOR_MS, len(quiet))

    def send(self, unit: int, call: Call) -> None:
        """The unit accepts an event and sets out."""
        self._calls[unit] = call
        self._aim[unit] = call.lon, call.lat
        self._set(unit, EN_ROUTE)

    def arrive(self, unit: int, code: str) -> None:
        """The unit is where the event is."""
        if self._is_on(unit, code):
            call = self._calls[unit]
            self.lon[unit], self.lat[unit] = call.lon, call.lat
            self._set(unit, ON_SCENE)

    def release(self, unit: int, code: str) -> None:
        """The unit goes back to its beat."""
        if self._is_on(unit, code):
            del self._calls[unit]
            self._grid[unit] = self._rng.integers(self._first[unit], self._last[unit])
            lon, lat = self._stage.points(self._rng, self._grid[[unit]])
            self._aim[unit] = lon[0], lat[0]
            self._set(unit, ON)

    def _is_on(self, unit: int, code: str) -> bool:
        return unit in self._calls and self._calls[unit].code == code

    def nearest(self, candidates: Longs, lon: float, lat: float, otherwise: int) -> int:
        """The nearest free unit of the candidates; ``otherwise`` where all are busy."""
        free = candidates[self.status[candidates] == ON]
        if not len(free):
            return otherwise
        far = ((self.lon[free] - lon) / self._stage.squeeze) ** 2 + (self.lat[free] - lat) ** 2
        return int(free[np.argmin(far)])

    def settle(self, local_day_ms: int) -> None:
        """Those on the scene get to work. Around the change of shifts each post is off for some minutes, not all at
        once, and a third has a break at noon."""
        for unit in np.flatnonzero(self.status == ON_SCENE).tolist():
            if self._rng.random() < TO_WORK:
                self._set(unit, BUSY)
        off = self.away.copy()
        for hour in SHIFT_HOURS:
            since = (local_day_ms - hour * HOUR_MS) % DAY_MS - self._turn
            off |= (since >= 0) & (since < HANDOVER_MS)
        rest = local_day_ms - 12 * HOUR_MS - self._turn
        resting = (rest >= 0) & (rest < HOUR_MS // 2) & (self._turn % 3 == 0)
        for some, status in (
            (off & (self.status == ON), OFF), (~off & (self.status == OFF), ON),
            (~off & resting & (self.status == ON), BREAK), (~resting & (self.status == BREAK), ON),
        ):  # fmt: skip
            for unit in np.flatnonzero(some).tolist():
                self._set(unit, status)

    def _set(self, unit: int, status: int) -> None:
        self.status[unit] = status
        self._told[unit] = status

    def news(self, now_ms: int) -> list[Json]:
        """The changes of status since the last call, as records to post."""
        told = [
            {"code": self._code[u], "status": STATUSES[s].value, "at": now_ms}
            for u, s in self._told.items() if self.played_until_ms[u] <= now_ms
        ]  # fmt: skip
        self._told.clear()
        return told
