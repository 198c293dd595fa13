"""The board of units: those of an area that match a query, in an order, and how many there are of which sort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from geodata.domain.units import FRESHNESS, UNIT_KINDS, UNIT_STATUSES, Freshness, UnitStatus
from geodata.situation.advising import load_by_id
from geodata.situation.event_book import EventBook
from geodata.situation.roster_book import Attendance, Bools, here_slots, home_slots
from geodata.situation.runs import Longs
from geodata.situation.unit_book import OFF_DUTY, UnitBook

ATTENTION = (UnitStatus.BUSY, UnitStatus.ON_SCENE, UnitStatus.EN_ROUTE, UnitStatus.ON_DUTY, UnitStatus.BREAK,
             UnitStatus.OFF_DUTY)  # fmt: skip
_PLACE_OF = np.array([ATTENTION.index(s) for s in UNIT_STATUSES])


class Roster(StrEnum):
    """Which units of the roster: planned for now, due (planned and not excused), there, not there, excused."""

    ROSTERED = "rostered"
    DUE = "due"
    PRESENT = "present"
    ABSENT = "absent"
    LEAVE = "leave"


ROSTERS: tuple[Roster, ...] = tuple(Roster)


class UnitOrder(StrEnum):
    """In which order units stand: what needs a look first, oldest fix, most events, longest in its status, name."""

    ATTENTION = "attention"
    FIX = "fix"
    LOAD = "load"
    SINCE = "since"
    NAME = "name"


UNIT_ORDERS: tuple[UnitOrder, ...] = tuple(UnitOrder)


@dataclass(frozen=True, slots=True)
class UnitQuery:
    """Which units; an empty tuple or text means all. ``freshness`` speaks of signed-on units only.

    Units count where they are while they are signed on, else at home, as everywhere; a query about the roster counts
    them by their home areas, because that is what the roster plans.
    """

    statuses: tuple[str, ...] = ()
    freshness: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    roster: str = ""
    signed_on: bool = False
    text: str = ""
    order: UnitOrder = UnitOrder.ATTENTION


@dataclass(frozen=True, slots=True)
class UnitListing:
    """``ids`` in the order asked for; the counts are of all units that count in the area, whatever was asked."""

    ids: Longs
    total: int
    by_status: Mapping[str, int]
    by_freshness: Mapping[str, int]
    by_kind: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit on the board. ``area`` and ``home`` are ordinals; ``load`` open events that it has not handled yet."""

    id: int
    code: str
    call_sign: str
    kind: str
    status: UnitStatus
    status_ms: int
    freshness: Freshness
    fix_ms: int | None
    load: int
    area: int
    home: int
    lon: float | None
    lat: float | None
    rostered: bool
    leave: bool
    present: bool

    @property
    def planned(self) -> str:
        """What the roster says of it: "", "leave", "present" or "absent"."""
        return "" if not self.rostered else "leave" if self.leave else "present" if self.present else "absent"


def list_units(units: UnitBook, events: EventBook, there: Attendance, o: int, query: UnitQuery) -> UnitListing:
    """The units of the area that match, and the counts of all that are in it."""
    here = here_slots(units, o)
    slots = home_slots(units, o) if query.roster else here
    slots = slots[_matches(units, there, slots, query)]
    if query.text:
        wanted = query.text.casefold()
        rows = (units.now[s] for s in slots.tolist())
        slots = slots[[wanted in f"{u.code}\n{u.call_sign}".casefold() for u in rows]] if len(slots) else slots
    on = here[units.status[here] != OFF_DUTY]
    return UnitListing(
        units.id[_ordered(units, events, slots, query.order)], len(here),
        _counted(UNIT_STATUSES, units.status[here]), _counted(FRESHNESS, units.fresh[on]),
        _counted(UNIT_KINDS, units.kind[here]),
    )  # fmt: skip


def unit_lines(units: UnitBook, events: EventBook, there: Attendance, ids: Longs) -> list[UnitLine]:
    """These units as lines, in this order; an id that is not known is left out."""
    slots = [slot for i in ids.tolist() if (slot := units.slot_of_id.get(i)) is not None]
    load = load_by_id(events, units.id[slots]) if slots else ()
    lines = []
    for slot, n in zip(slots, load, strict=True):
        u = units.now[slot]
        lines.append(UnitLine(
            u.id, u.code, u.call_sign, u.kind, UnitStatus(u.status), u.status_ms, FRESHNESS[units.fresh[slot]],
            u.fix_ms, int(n), int(units.o[slot]), int(units.home[slot]), u.lon, u.lat, bool(there.rostered[slot]),
            bool(there.leave[slot]), bool(there.present[slot]),
        ))  # fmt: skip
    return lines


def _matches(units: UnitBook, there: Attendance, slots: Longs, query: UnitQuery) -> Bools:
    mask = np.ones(len(slots), np.bool_)
    on: Bools = units.status[slots] != OFF_DUTY
    if query.statuses:
        mask &= np.isin(units.status[slots], _places(UNIT_STATUSES, query.statuses))
    if query.freshness:
        mask &= on & np.isin(units.fresh[slots], _places(FRESHNESS, query.freshness))
    if query.kinds:
        mask &= np.isin(units.kind[slots], _places(UNIT_KINDS, query.kinds))
    if query.signed_on:
        mask &= on
    if query.roster:
        of_roster: Mapping[str, Bools] = {
            Roster.ROSTERED: there.rostered, Roster.DUE: there.due, Roster.PRESENT: there.present,
            Roster.ABSENT: there.due & ~there.present, Roster.LEAVE: there.leave,
        }  # fmt: skip
        mask &= of_roster[query.roster][slots]
    return mask


def _ordered(units: UnitBook, events: EventBook, slots: Longs, order: UnitOrder) -> Longs:
    ids, status, fix = units.id[slots], units.status[slots], units.fix_ms[slots]
    off = status == OFF_DUTY
    if order is UnitOrder.NAME:
        names = [(units.now[s].call_sign, units.now[s].code) for s in slots.tolist()]
        return slots[sorted(range(len(slots)), key=names.__getitem__)]
    if order is UnitOrder.FIX:
        return slots[np.lexsort((ids, fix, off))]
    if order is UnitOrder.SINCE:
        return slots[np.lexsort((ids, units.since[slots]))]
    if order is UnitOrder.LOAD:
        return slots[np.lexsort((ids, -load_by_id(events, ids)))]
    silent = np.where(off, 0, units.fresh[slots].astype(np.int64))
    return slots[np.lexsort((ids, _PLACE_OF[status], -silent))]


def _places(all_of: Sequence[str], some: Sequence[str]) -> list[int]:
    return [all_of.index(one) for one in some if one in all_of]


def _counted(all_of: Sequence[str], column: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> dict[str, int]:
    counts = np.bincount(column[column >= 0], minlength=len(all_of))
    return {str(name): int(n) for name, n in zip(all_of, counts, strict=True)}
