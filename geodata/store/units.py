"""Units as they are now: readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.events import IN_MAX
from geodata.store.models import UnitRow


@dataclass(frozen=True, slots=True)
class UnitNow:
    """A unit and its last fix: the columns of UnitRow, in their order. ``skills`` is comma separated."""

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


UNIT_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(UnitNow))
_NOW = sa.select(*(getattr(UnitRow, name) for name in UNIT_FIELDS))


def all_units(conn: Connection) -> list[UnitNow]:
    """Every unit, signed on or not."""
    return [UnitNow(*row) for row in conn.execute(_NOW)]


def by_ids(conn: Connection, ids: Sequence[int]) -> list[UnitNow]:
    """The units with these ids; unknown ids are left out."""
    found: list[UnitNow] = []
    for i in range(0, len(ids), IN_MAX):
        found += [UnitNow(*row) for row in conn.execute(_NOW.where(UnitRow.id.in_(ids[i : i + IN_MAX])))]
    return found


def by_codes(conn: Connection, codes: Sequence[str]) -> dict[str, UnitNow]:
    """The units with these codes, by code."""
    found: dict[str, UnitNow] = {}
    for i in range(0, len(codes), IN_MAX):
        rows = conn.execute(_NOW.where(UnitRow.code.in_(codes[i : i + IN_MAX])))
        found |= {row.code: UnitNow(*row) for row in rows}
    return found


def moved_after(conn: Connection, seq: int) -> list[UnitNow]:
    """The units whose last fix came with a change later than ``seq``: all that moved since then, each once."""
    return [UnitNow(*row) for row in conn.execute(_NOW.where(UnitRow.moved_seq > seq))]


def page(conn: Connection, *, after_id: int, limit: int) -> list[UnitNow]:
    """Units by ascending id after ``after_id``."""
    return [UnitNow(*row) for row in conn.execute(_NOW.where(UnitRow.id > after_id).order_by(UnitRow.id).limit(limit))]
