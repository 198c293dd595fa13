"""Units as they were at instants of a day, as columns; one of them is made when it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geodata.domain.units import UNIT_STATUSES
from geodata.situation.replay.daylog import DayLog
from geodata.situation.runs import Longs
from geodata.situation.strata import Strata
from geodata.situation.unit_batch import NO_FIX, NUMBERS, UnitBatch
from geodata.situation.unit_book import OFF_DUTY
from geodata.store.past import Fix
from geodata.store.units import UnitNow

SAID = ("status", "status_ms", "signed_on_ms", "home_area_id")


class Fixes(Protocol):
    """The newest points of the tracks of some units at an instant."""

    def __call__(self, unit_ids: Sequence[int], at_ms: int) -> list[Fix]: ...


class Fleet:
    """Who the units are now: what is not kept of then, in the order of their ids."""

    def __init__(self, units: Sequence[UnitNow], strata: Strata) -> None:
        self.units = sorted(units, key=lambda unit: unit.id)
        self.batch = UnitBatch.of(self.units, strata)
        self.id: Longs = np.array([unit.id for unit in self.units], np.int64)

    def places(self, ids: Longs) -> Longs:
        """Where the units with these ids stand; −1 for one that is not known."""
        at = np.searchsorted(self.id, ids)
        at[at == len(self.id)] = 0
        return np.where(self.id[at] == ids, at, -1) if len(self.id) else np.full(len(ids), -1)


class UnitsThen:
    """The units of a log's instants, n of the fleet. The newest point of a thinned track stands for a unit's fix."""

    def __init__(self, fleet: Fleet, strata: Strata, log: DayLog, fixes: Fixes) -> None:
        self._fleet, self._strata, self._log, self._fixes = fleet, strata, log, fixes
        self._moved = 0
        self._place: Longs = np.zeros(0, np.int64)
        self._said: Longs = np.zeros((len(SAID) + 1, 0), np.int64)

    def all(self, at_ms: int) -> UnitBatch:
        """Those known at an instant."""
        self._look(at_ms)
        fleet, n = self._fleet.batch, len(self._place)
        status, since, _, home, fix_ms = self._said
        on = np.flatnonzero(self._area >= 0)
        o = self._strata.ordinals_of(home)
        known: dict[str, npt.ArrayLike] = {
            "moved_seq": np.full(n, self._moved), "o": o.copy(), "lon": self._lon, "lat": self._lat, "fix_ms": fix_ms,
            "status": status, "home": o, "kind": fleet.numbers["kind"][self._place], "id": self._fleet.id[self._place],
            "placed": self._area >= 0, "since": since,
        }  # fmt: skip
        numbers = {name: np.asarray(known[name]).astype(kind) for name, kind in NUMBERS.items()}
        numbers["o"][on] = self._strata.ordinals_of(self._area[on].tolist())
        code = [fleet.code[i] for i in self._place.tolist()]
        return UnitBatch(numbers, code, fleet.skill[self._place], fleet.skills, Looked(n, self._maker()))

    def changed(self, at_ms: int) -> list[UnitNow]:
        """Those that are not as they were when they were looked at last."""
        before = np.full((len(self._said), len(self._fleet.id)), NO_FIX)
        before[:, self._place] = self._said
        self._look(at_ms)
        differ = np.flatnonzero((before[:, self._place] != self._said).any(axis=0))
        return list(map(self._maker(), differ.tolist()))

    def seen(self) -> tuple[Longs, Longs]:
        """(area, fix) of those that were somewhere when they were looked at last."""
        somewhere = self._area >= 0
        return self._area[somewhere], self._said[4][somewhere]

    def _look(self, at_ms: int) -> None:
        units, at = self._log.units, self._log.units_held(at_ms)
        place = self._fleet.places(units["unit_id"][at])
        at, place = at[place >= 0], place[place >= 0]
        n, ids = len(at), units["unit_id"][at]
        self._moved += 1
        self._place = place
        self._said = np.stack([*(units[name][at].astype(np.int64) for name in SAID), np.full(n, NO_FIX)])
        self._lon, self._lat, self._area = np.full(n, np.nan), np.full(n, np.nan), np.full(n, -1)
        found = self._fixes(ids[self._said[0] != OFF_DUTY].tolist(), at_ms)
        if found:
            unit_id, ms, lon, lat, area = map(np.array, zip(*found, strict=True))
            order = np.argsort(ids)
            row = order[np.searchsorted(ids, unit_id, sorter=order)]
            seen = ms >= self._said[2][row]  # of this time on duty
            row = row[seen]
            self._said[4][row], self._lon[row], self._lat[row] = ms[seen], lon[seen], lat[seen]
            self._area[row] = [-1 if a is None else a for a in area[seen].tolist()]

    def _maker(self) -> Callable[[int], UnitNow]:
        """What makes one of those looked at now."""
        units, place, said, moved = self._fleet.units, self._place, self._said, self._moved
        lon, lat, area = self._lon, self._lat, self._area

        def made(i: int) -> UnitNow:
            u = units[place[i]]
            status, since, signed_on, home, ms = said[:, i].tolist()
            x, y, fix = (float(lon[i]), float(lat[i]), ms) if ms != NO_FIX else (None, None, None)
            where = int(area[i]) if area[i] >= 0 else None
            return UnitNow(
                u.id, u.code, u.call_sign, u.kind, home, u.skills, UNIT_STATUSES[status].value, since, 1, x, y, fix,
                fix, None, None, None, where, moved, 0, signed_on,
            )  # fmt: skip

        return made


class Looked:
    """``unit_batch.Units`` of an instant."""

    def __init__(self, n: int, made: Callable[[int], UnitNow]) -> None:
        self._n, self._make = n, made
        self._made: dict[int, UnitNow] = {}

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[UnitNow]:
        return (self[slot] for slot in range(self._n))

    def __getitem__(self, slot: int) -> UnitNow:
        if slot not in self._made:
            self._made[slot] = self._make(slot)
        return self._made[slot]

    def __setitem__(self, slot: int, unit: UnitNow) -> None:
        self._made[slot] = unit

    def append(self, unit: UnitNow) -> None:
        """One more unit."""
        self._made[self._n] = unit
        self._n += 1
