"""Units as they are now: readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.lists import parts
from geodata.store.models import TrackRow, UnitRow


@dataclass(frozen=True, slots=True)
class UnitNow:
    """A unit and its last fix: the columns of UnitRow, in their order. ``skills`` is comma separated.

    ``stay_ms``, ``stay_fixes``: what it walked in its area and no grid has yet (``domain.stays``).
    """

    id: int
    code: str
    call_sign: str
    kind: str
    home_area_id: int
    skills: str
    status: str
    status_ms: int
    rev: int
    lon: float | None
    lat: float | None
    fix_ms: int | None
    received_ms: int | None
    accuracy_m: float | None
    speed_ms: float | None
    battery: float | None
    area_id: int | None
    moved_seq: int
    track_ms: int
    signed_on_ms: int = 0
    since_ms: int | None = None
    stay_ms: int = 0
    stay_fixes: int = 0


UNIT_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(UnitNow))
_NOW = sa.select(*(getattr(UnitRow, name) for name in UNIT_FIELDS))


def all_units(conn: Connection) -> list[UnitNow]:
    """Every unit, signed on or not."""
    return [UnitNow(*row) for row in conn.execute(_NOW)]


def by_ids(conn: Connection, ids: Sequence[int]) -> list[UnitNow]:
    """The units with these ids; unknown ids are left out."""
    found: list[UnitNow] = []
    for some in parts(ids):
        found += [UnitNow(*row) for row in conn.execute(_NOW.where(UnitRow.id.in_(some)))]
    return found


def by_codes(conn: Connection, codes: Sequence[str]) -> dict[str, UnitNow]:
    """The units with these codes, by code."""
    found: dict[str, UnitNow] = {}
    for some in parts(codes):
        rows = conn.execute(_NOW.where(UnitRow.code.in_(some)))
        found |= {row.code: UnitNow(*row) for row in rows}
    return found


def moved_after(conn: Connection, seq: int) -> list[UnitNow]:
    """The units whose last fix came with a change later than ``seq``: all that moved since then, each once."""
    return [UnitNow(*row) for row in conn.execute(_NOW.where(UnitRow.moved_seq > seq))]


def page(conn: Connection, *, area_ids: Sequence[int] | None, after_id: int, limit: int) -> list[UnitNow]:
    """Units that are at home or were last seen in some areas (None: all), by ascending id after ``after_id``."""
    asked = _NOW.where(UnitRow.id > after_id).order_by(UnitRow.id).limit(limit)
    if area_ids is None:
        return [UnitNow(*row) for row in conn.execute(asked)]
    found: dict[int, UnitNow] = {}
    for some in parts(area_ids):
        here = UnitRow.home_area_id.in_(some) | UnitRow.area_id.in_(some)
        found |= {row.id: UnitNow(*row) for row in conn.execute(asked.where(here))}
    return [found[i] for i in sorted(found)][:limit]


def track(conn: Connection, unit_id: int, from_ms: int, to_ms: int, limit: int) -> list[tuple[int, float, float]]:
    """(time in epoch ms, lon, lat) of a unit's thinned track in a span, oldest first."""
    asked = (
        sa.select(TrackRow.fix_ms, TrackRow.lon, TrackRow.lat)
        .where(TrackRow.unit_id == unit_id, TrackRow.fix_ms >= from_ms, TrackRow.fix_ms < to_ms)
        .order_by(TrackRow.fix_ms)
        .limit(limit)
    )
    return [(int(ms), float(lon), float(lat)) for ms, lon, lat in conn.execute(asked)]
