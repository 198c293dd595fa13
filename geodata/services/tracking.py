"""Tracking units: the newest fix of each, and a thinned track. Only of units that are signed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodata.domain.coverage import shift_at
from geodata.domain.roles import Right
from geodata.domain.stays import Stay, Stays
from geodata.services.actors import Actor
from geodata.services.admission import Admission, check_time
from geodata.services.closing import SEALED
from geodata.services.desk import Desk
from geodata.services.enrolling import is_signed_on
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.store import units, walks
from geodata.store.engine import Connection
from geodata.store.unit_writes import Fix, save_fixes
from geodata.store.units import UnitNow

TRACK_EVERY_MS = 3 * 60_000


@dataclass(frozen=True, slots=True)
class Position:
    """A fix as sent: WGS-84 degrees, metres, metres per second, battery 0 to 1. Times in epoch ms."""

    unit_code: str
    lon: float
    lat: float
    fix_ms: int
    accuracy_m: float | None = None
    speed_ms: float | None = None
    battery: float | None = None


def report_positions(
    desk: Desk, actor: Actor, submitted: Sequence[Submitted[Position]], *, feed: str, now_ms: int
) -> list[Outcome]:
    """Move units, in one transaction; outcomes stand in the order of what was submitted.

    The newest fix of a unit counts, older ones are duplicates as exact repeats are. A position from a time when the
    unit was not signed on is dropped and kept nowhere; so is an unreadable one, unless its unit is signed on now, and
    then it waits without its place. A unit outside the city keeps its fix and has no area. What is walked is kept in
    the same transaction, with the unit or for its grid.
    """
    actor.needs(Right.SEND_POSITIONS)
    items = [s.item for s in submitted]
    placed = _areas(desk, items)
    with desk.store.begin(durable=False) as conn:
        admission = Admission(feed, now_ms, actor.account_id)
        walking = Walking(desk, conn, now_ms)
        stays = walking.stays
        codes = {_told_code(s) for s in submitted}
        known = {code: u for code, u in units.by_codes(conn, list(codes)).items() if _may_move(desk, actor, u)}
        newest: dict[str, int] = {}
        for k, (one, item) in enumerate(zip(submitted, items, strict=True)):
            try:
                unit = known.get(_told_code(one))
                if isinstance(item, Refusal):
                    if not (unit is not None and is_signed_on(unit)) and not _is_sealed(one.record):
                        admission.drop(item)
                        continue
                    raise item
                if unit is None or not is_signed_on(unit) or item.fix_ms < unit.signed_on_ms:
                    admission.drop(_not_on(item, unit))
                    continue
                check_time("at", item.fix_ms, now_ms)
                before = newest.get(item.unit_code)
                last_ms = unit.fix_ms if before is None else _fix_ms(items[before])
                if last_ms is not None and item.fix_ms <= last_ms:
                    admission.duplicate(unit.code)
                    continue
                kept = unit.area_id, unit.fix_ms, unit.stay_ms, unit.stay_fixes
                stays.go(unit.code, kept, placed[k], item.fix_ms)
                newest[item.unit_code] = k
                admission.accept(unit.code, item.fix_ms)
            except Refusal as refusal:
                code = item.unit_code if isinstance(item, Position) else ""
                record = one.record if isinstance(item, Position) else _without_place(one.record)
                admission.refuse(refusal, record, one.key or f"{code}|{refusal.field}|{refusal.rule}")
        fixes = [_fix(known[code], items[k], placed[k], now_ms, stays.of[code]) for code, k in newest.items()]
        seq = save_fixes(conn, fixes, at_ms=now_ms, actor=actor.name)
        walking.write(seq)
        admission.write(conn)
    return admission.outcomes


class Walking:
    """What is walked with a batch: kept with a unit while its stay goes on, counted for the grid where it ends."""

    def __init__(self, desk: Desk, conn: Connection, now_ms: int) -> None:
        self._grids, self._conn, self._now_ms = desk.grids, conn, now_ms
        self._now = shift_at(desk.patrol, desk.calendar.zone, now_ms)
        self.stays = Stays(desk.grids, desk.patrol, desk.calendar.zone, self._now, now_ms)
        # Before units are read: what they walked in the shift before is settled with it.
        began = walks.began(conn)
        self._current = began if began is None else walks.turn(conn, desk.grids, self._now, began, now_ms)

    def write(self, seq: int) -> None:
        """Count the stays that ended: no unit is written with them."""
        if not self.stays.of:
            return
        if self._current is None:
            self._current = walks.turn(self._conn, self._grids, self._now, None, self._now_ms)
        walks.add(self._conn, self._grids, self._now, self.stays.ended(), self._current, seq)


def _told_code(one: Submitted[Position]) -> str:
    """The code of the unit that a record names, as far as it can be read."""
    if isinstance(one.item, Position):
        return one.item.unit_code
    told = one.record.get("unit") if isinstance(one.record, dict) else None
    return told if isinstance(told, str) and told.isprintable() else ""


def _is_sealed(record: object) -> bool:
    return isinstance(record, dict) and set(record) == {SEALED}


def _without_place(record: object) -> object:
    if isinstance(record, dict):
        return {name: value for name, value in record.items() if name not in ("lon", "lat")}
    return record


def _may_move(desk: Desk, actor: Actor, unit: UnitNow) -> bool:
    """A unit member speaks for its own unit, a feed for those at home in its reach; others are unknown to them."""
    if actor.is_unit_member:
        return unit.code == actor.unit_code
    return actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(unit.home_area_id, 0))


def _areas(desk: Desk, items: Sequence[Position | Refusal]) -> list[int | None]:
    points = [(np.nan, np.nan) if isinstance(i, Refusal) else (i.lon, i.lat) for i in items]
    if not points:
        return []
    found = desk.placer.place(*np.array(points).T)
    return [
        desk.tree.areas[o].id if inside else None
        for o, inside in zip(found.ordinal.tolist(), found.inside.tolist(), strict=True)
    ]


def _not_on(item: Position, unit: UnitNow | None) -> Refusal:
    return Refusal("unit", item.unit_code, "was not signed on then" if unit else "is not a unit of this city")


def _fix_ms(item: Position | Refusal) -> int:
    assert isinstance(item, Position)
    return item.fix_ms


def _fix(unit: UnitNow, item: Position | Refusal, area_id: int | None, now_ms: int, stay: Stay) -> Fix:
    assert isinstance(item, Position)
    track = area_id != unit.area_id or item.fix_ms - unit.track_ms >= TRACK_EVERY_MS
    return Fix(
        unit.id, item.lon, item.lat, item.fix_ms, now_ms, item.accuracy_m, item.speed_ms, item.battery, area_id,
        item.fix_ms if track else unit.track_ms, track, stay[2], stay[3],
    )  # fmt: skip
