"""Tracking units: the newest fix of each, and a thinned track. Only of units that are signed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodata.services.actors import Actor
from geodata.services.admission import Admission, check_time
from geodata.services.desk import Desk
from geodata.services.enrolling import is_signed_on
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.store import units
from geodata.store.unit_writes import Fix, purge_tracks, save_fixes
from geodata.store.units import UnitNow

TRACK_EVERY_MS = 3 * 60_000
DAY_MS = 86_400_000


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
    unit was not signed on is dropped and kept nowhere. A unit outside the city keeps its fix and has no area.
    """
    items = [s.item for s in submitted]
    placed = _areas(desk, items)
    with desk.store.begin(durable=False) as conn:
        admission = Admission(feed, now_ms)
        known = units.by_codes(conn, list({i.unit_code for i in items if isinstance(i, Position)}))
        newest: dict[str, int] = {}
        for k, (one, item) in enumerate(zip(submitted, items, strict=True)):
            try:
                if isinstance(item, Refusal):
                    raise item
                unit = known.get(item.unit_code)
                check_time("at", item.fix_ms, now_ms)
                if unit is None or not is_signed_on(unit) or item.fix_ms < unit.signed_on_ms:
                    admission.drop(_not_on(item, unit))
                    continue
                before = newest.get(item.unit_code)
                last_ms = unit.fix_ms if before is None else _fix_ms(items[before])
                if last_ms is not None and item.fix_ms <= last_ms:
                    admission.duplicate(unit.code)
                    continue
                newest[item.unit_code] = k
                admission.accept(unit.code, item.fix_ms)
            except Refusal as refusal:
                code = item.unit_code if isinstance(item, Position) else ""
                admission.refuse(refusal, one.record, key=f"{code}|{refusal.field}|{refusal.rule}")
        fixes = [_fix(known[code], items[k], placed[k], now_ms) for code, k in newest.items()]
        save_fixes(conn, fixes, at_ms=now_ms, actor=actor.name)
        admission.write(conn)
    return admission.outcomes


def forget_tracks(desk: Desk, keep_days: int, now_ms: int) -> int:
    """Delete tracks older than so many days; return how many rows went."""
    with desk.store.begin() as conn:
        return purge_tracks(conn, now_ms - keep_days * DAY_MS)


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


def _fix(unit: UnitNow, item: Position | Refusal, area_id: int | None, now_ms: int) -> Fix:
    assert isinstance(item, Position)
    track = area_id != unit.area_id or item.fix_ms - unit.track_ms >= TRACK_EVERY_MS
    return Fix(
        unit.id, item.lon, item.lat, item.fix_ms, now_ms, item.accuracy_m, item.speed_ms, item.battery, area_id,
        item.fix_ms if track else unit.track_ms, track,
    )  # fmt: skip
