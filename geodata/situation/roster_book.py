"""The roster book: who is planned to be on duty around now, and how many of them are on their posts, per area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import AreaTree
from geodata.domain.indicators import on_post
from geodata.domain.units import FRESHNESS, Freshness
from geodata.situation.runs import Longs
from geodata.situation.unit_book import OFF_DUTY, UnitBook

Bools = npt.NDArray[np.bool_]
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
BEHIND_MS, AHEAD_MS = 24 * HOUR_MS, 48 * HOUR_MS
REFRESH_MS = 24 * HOUR_MS
NO_SHIFTS: Longs = np.zeros((0, 4), np.int64)
LOST = FRESHNESS.index(Freshness.LOST)


@dataclass(frozen=True, slots=True)
class Attendance:
    """Per unit (its slot in the UnitBook): planned for now, excused from it, and of those due whether it is there."""

    rostered: Bools
    leave: Bools
    due: Bools
    present: Bools


@dataclass(frozen=True, slots=True)
class OnPost:
    """The on-post rate of an area: ``present`` of ``due``; ``rostered`` = ``due`` + ``leave``. By home area."""

    rostered: int
    leave: int
    due: int
    present: int


class RosterBook:
    """Shifts that touch [from_ms, to_ms), as ``store.roster.around`` gives them. Made anew when the roster changes."""

    def __init__(self, shifts: Longs = NO_SHIFTS, from_ms: int = 0, to_ms: int = 0) -> None:
        self.from_ms, self.to_ms = from_ms, to_ms
        self._unit, self._from, self._to, self._leave = shifts.T

    def runs_out(self, now_ms: int) -> bool:
        """Whether what is known ends soon, so that more has to be read."""
        return self.to_ms - now_ms < REFRESH_MS

    def now(self, units: UnitBook, now_ms: int) -> tuple[Bools, Bools]:
        """(planned for now, excused from it) of each unit, by its slot."""
        here = (self._from <= now_ms) & (now_ms < self._to)
        most = max(int(units.id[: len(units.now)].max(initial=0)), int(self._unit[here].max(initial=0))) + 1
        planned, excused = np.zeros(most, np.bool_), np.zeros(most, np.bool_)
        planned[self._unit[here]] = True
        excused[self._unit[here & (self._leave != 0)]] = True
        ids = units.id[: len(units.now)]
        return planned[ids], excused[ids]


class Posts:
    """The attendance of all units and its sums by home area, kept while roster, units and minute are the same."""

    def __init__(self, tree: AreaTree) -> None:
        self._tree = tree
        self._plan: tuple[object, ...] = ()
        self._planned: tuple[Bools, Bools] = (np.zeros(0, np.bool_), np.zeros(0, np.bool_))
        self._stamp: tuple[object, ...] = ()
        self._attendance = Attendance(*[np.zeros(0, np.bool_)] * 4)
        self._homes = np.zeros(0, np.int32)
        self._sums = np.zeros((4, 1), np.int64)

    def attendance(self, book: RosterBook, units: UnitBook, now_ms: int, stamp: tuple[object, ...]) -> Attendance:
        """Who is where it should be; ``stamp`` is of the units and of the clock."""
        whole = (id(book), now_ms // MINUTE_MS, len(units.now), stamp)
        if whole == self._stamp:
            return self._attendance
        if self._plan != whole[:3]:
            self._plan, self._planned = whole[:3], book.now(units, now_ms)
        n = len(units.now)
        rostered, leave = self._planned
        home = units.home[:n]
        inside = units.placed[:n] & (home <= units.o[:n]) & (units.o[:n] < self._tree.end[home])
        due, present = on_post(
            rostered, leave, signed_on=units.status[:n] != OFF_DUTY, fresh=units.fresh[:n] != LOST, inside=inside
        )
        self._attendance = Attendance(rostered, leave & rostered, due, present)
        order = np.argsort(home, kind="stable")
        self._homes = home[order]
        columns = np.stack((self._attendance.rostered, self._attendance.leave, due, present))
        self._sums = np.concatenate((np.zeros((4, 1), np.int64), np.cumsum(columns[:, order], axis=1)), axis=1)
        self._stamp = whole
        return self._attendance

    def of(self, o: int) -> OnPost:
        """The rate of an area and all below it, as of the last ``attendance``."""
        low, high = np.searchsorted(self._homes, (o, int(self._tree.end[o])))
        return OnPost(*(self._sums[:, high] - self._sums[:, low]).tolist())


def posts_of(units: UnitBook, chain: Sequence[int]) -> tuple[int, list[str]]:
    """(area, call signs of the units at home at that very area) of the lowest one of a chain that has any; the city's
    own are no posts of a grid."""
    home = units.home[: len(units.now)]
    for o in reversed(chain):
        if o and len(slots := np.flatnonzero(home == o)):
            return o, sorted(units.now[s].call_sign for s in slots.tolist())
    return chain[-1], []


def home_slots(units: UnitBook, o: int) -> Longs:
    """The units at home in an area and all below it."""
    home = units.home[: len(units.now)]
    return np.flatnonzero((home >= o) & (home < units.tree.end[o]))


def here_slots(units: UnitBook, o: int) -> Longs:
    """The units that count in an area and all below it: where they are while they are signed on, else at home."""
    place = units.o[: len(units.now)]
    return np.flatnonzero((place >= o) & (place < units.tree.end[o]))
