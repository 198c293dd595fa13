"""Dispatch advice 派遣建议: who could go, in which order, and why; the figures are pure functions of columns.

The order is by cost in minutes: the way by road, or the straight line where there is no road graph, plus what stands
against a unit. Every part of a cost is a reason that the screen shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geodata.domain.roads import Bools, Floats, Longs, metres_between
from geodata.domain.units import UNIT_STATUSES, UnitKind, UnitStatus

METRES_PER_MIN = 400.0
"""24 km/h over the straight line: what an electric bicycle makes of it in a town."""
STALE_MIN, OTHER_KIND_MIN, OPEN_EVENT_MIN, OWN_GRID_MIN, SKILL_MIN = 5.0, 12.0, 6.0, -5.0, -4.0
DETOUR = 1.5
"""Roads are mostly not longer than the straight line by more: where the search for the best begins, and what a way
that no road graph knows is taken for."""
FAR_MIN = 60.0
"""Ways by road are looked for as far as this: on a city's graph a search without an end takes too long, and nobody
sends a unit from so far for its way. Whoever is further costs at least this much."""
CUT_OFF_MIN = 20.0
"""What a unit costs more from which no way by road leads to the event: it stands across a river, or far from every
road, and has to find a way that nobody knows; a known way of a quarter of an hour is better than a hope."""
STATUS_MIN: Mapping[UnitStatus, float] = MappingProxyType({
    UnitStatus.ON_DUTY: 0.0, UnitStatus.EN_ROUTE: 8.0, UnitStatus.BREAK: 10.0, UnitStatus.ON_SCENE: 15.0,
    UnitStatus.BUSY: 15.0,
})  # fmt: skip
ANSWERS: Mapping[str, UnitKind] = MappingProxyType({
    "04": UnitKind.ENFORCEMENT, "05": UnitKind.ENFORCEMENT, "06": UnitKind.EMERGENCY, "08": UnitKind.EMERGENCY,
    "09": UnitKind.MEDIATION,
})  # fmt: skip
"""Which kind of unit answers for a class of events (default); all others are for the grid's own post."""
_STATUS_COST = np.array([STATUS_MIN.get(s, np.inf) for s in UNIT_STATUSES])


class By(IntEnum):
    """What is known of a unit's way: there is no road graph; by road; by road, but beyond FAR_MIN; none by road."""

    STRAIGHT = 0
    ROAD = 1
    FAR = 2
    CUT_OFF = 3


class Missing(StrEnum):
    """Why a unit is not among the candidates."""

    OFF_DUTY = "off_duty"
    LOST = "lost"
    ELSEWHERE = "elsewhere"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Pool:
    """Units as columns: degrees WGS-84; ``status`` indexes UNIT_STATUSES; ``load`` counts open events; ``home`` tells
    whether the event lies in the unit's home area, ``kind`` whether it is of the kind that answers, ``skill`` whether
    it has a skill that is wanted; ``reached`` whether the one who asks may send it."""

    lon: Floats
    lat: Floats
    status: npt.NDArray[np.int8]
    stale: Bools
    lost: Bools
    load: Longs
    home: Bools
    kind: Bools
    skill: Bools
    reached: Bools


@dataclass(frozen=True, slots=True)
class Order:
    """``chosen`` are rows of the pool, best first, with ``metres`` in a straight line, the minutes of the ``way``, what
    they are known ``by`` (By), and ``minutes`` (cost); ``missing``: others."""

    chosen: Longs
    metres: Floats
    way: Floats
    by: npt.NDArray[np.int8]
    minutes: Floats
    missing: Mapping[Missing, int]


def answering_kind(class_code: str) -> UnitKind:
    """The kind of unit that answers for a class of events."""
    return ANSWERS.get(class_code, UnitKind.GRID_POST)


def distance_m(lon: float, lat: float, lons: Floats, lats: Floats) -> Floats:
    """Great-circle distance from one point to many."""
    return metres_between(np.array([[lon, lat]]), np.column_stack((lons, lats)))


class Ways(Protocol):
    """The ways by road to one event. Nothing on them is faster than ``fastest``, in metres per minute."""

    fastest: float

    def minutes(self, lon: Floats, lat: Floats, limit: float) -> Floats:
        """Minutes from these points; infinite beyond ``limit``, NaN where no way by road is known."""


def rank(pool: Pool, lon: float, lat: float, n: int, ways: Ways | None = None) -> Order:
    """The ``n`` units of the pool with the least cost; a unit that is off duty or lost cannot be sent.

    ``ways``: by road; without it all ways are straight.
    """
    on = np.isfinite(_STATUS_COST[pool.status])
    fixed = on & ~pool.lost & ~np.isnan(pool.lon)
    rows = np.flatnonzero(fixed & pool.reached)
    metres = distance_m(lon, lat, pool.lon[rows], pool.lat[rows])
    against = (
        _STATUS_COST[pool.status[rows]] + pool.stale[rows] * STALE_MIN + pool.load[rows] * OPEN_EVENT_MIN
        + pool.home[rows] * OWN_GRID_MIN + ~pool.kind[rows] * OTHER_KIND_MIN + pool.skill[rows] * SKILL_MIN
    )  # fmt: skip
    way, by = metres / METRES_PER_MIN, np.full(len(rows), By.STRAIGHT, np.int8)
    if ways is not None and len(rows):
        way, by = _by_road(pool.lon[rows], pool.lat[rows], metres, against, n, ways)
    minutes = way + (by == By.CUT_OFF) * CUT_OFF_MIN + against
    some = np.argpartition(minutes, n)[:n] if n < len(rows) else np.arange(len(rows))
    best = some[np.lexsort((rows[some], minutes[some]))]
    missing = {
        Missing.OFF_DUTY: int((pool.reached & ~on).sum()), Missing.LOST: int((pool.reached & on & ~fixed).sum()),
        Missing.ELSEWHERE: int((~pool.reached).sum()), Missing.LATER: len(rows) - len(best),
    }  # fmt: skip
    return Order(rows[best], metres[best], way[best], by[best], minutes[best], MappingProxyType(missing))


def _by_road(
    lon: Floats, lat: Floats, metres: Floats, against: Floats, n: int, ways: Ways
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """(minutes of the way, By) of every unit that can be among the best ``n``; infinite for the others.

    No way is quicker than the straight line at the highest speed: neither by road, nor what is taken for a way that is
    far or unknown. Looked at are those that could cost no more than a guess, as far as the guess allows and never
    beyond FAR_MIN; when n of them do, whoever was not looked at costs more.
    """
    around = metres / METRES_PER_MIN * DETOUR
    least = metres / max(ways.fastest, METRES_PER_MIN) * (1 - 1e-9) + against
    guess = float(np.sort(around + against)[min(n, len(metres)) - 1])
    while True:
        some = np.flatnonzero(least <= guess)
        limit = min(guess - float(against[some].min(initial=guess)), FAR_MIN)
        found = ways.minutes(lon[some], lat[some], limit)
        by = np.full(len(metres), By.ROAD, np.int8)
        by[some[np.isnan(found)]] = By.CUT_OFF
        if limit == FAR_MIN:
            by[some[np.isinf(found)]] = By.FAR
        way = np.full(len(metres), np.inf)
        way[some] = np.where(by[some] == By.ROAD, found, around[some])
        way[by == By.FAR] = np.maximum(way[by == By.FAR], FAR_MIN)
        cost = np.sort(way + (by == By.CUT_OFF) * CUT_OFF_MIN + against)[min(n, len(metres)) - 1]
        if cost <= guess:
            return way, by
        guess = float(cost) if np.isfinite(cost) else guess + max(10.0, abs(guess))
