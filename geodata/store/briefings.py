"""Briefings that were kept as they were made."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import rows
from geodata.store.lists import IN_MAX, filled
from geodata.store.models_briefings import BriefingRow


class Kept(NamedTuple):
    """A kept briefing without its content: the columns of BriefingRow."""

    id: int
    area_code: str
    period: str
    first_day: int
    made_ms: int
    seq: int
    fingerprint: str


_KEPT = tuple(getattr(BriefingRow, name) for name in Kept._fields)


def find(conn: Connection, area_code: str, period: str) -> Kept | None:
    """The one of an area and period."""
    asked = sa.select(*_KEPT).where(BriefingRow.area_code == area_code, BriefingRow.period == period)
    row = conn.execute(asked).first()
    return Kept(*row) if row else None


def content(conn: Connection, briefing_id: int) -> bytes:
    """What it says, as JSON."""
    asked = sa.select(BriefingRow.content).where(BriefingRow.id == briefing_id)
    return zlib.decompress(bytes(conn.execute(asked).scalar_one()))


def keep(
    conn: Connection, area_code: str, period: str, *, first_day: int, made_ms: int, seq: int, fingerprint: str,
    content: bytes,
) -> None:  # fmt: skip
    """Keep a new one. The caller has looked in the same transaction that there is none yet."""
    rows.add(conn, BriefingRow, {
        "area_code": area_code, "period": period, "first_day": first_day, "made_ms": made_ms, "seq": seq,
        "fingerprint": fingerprint, "content": zlib.compress(content),
    })  # fmt: skip


def page(
    conn: Connection, area_codes: Collection[str] | None, kind: str, before_id: int | None, limit: int
) -> list[Kept]:
    """Kept ones, the last made first; ``area_codes`` None: of all areas; ``kind`` "": of any length."""
    asked = sa.select(*_KEPT).order_by(BriefingRow.id.desc()).limit(limit)
    if kind:
        asked = asked.where(BriefingRow.period.startswith(f"{kind}:", autoescape=True))
    if before_id is not None:
        asked = asked.where(BriefingRow.id < before_id)
    if area_codes is not None and len(area_codes) <= IN_MAX:
        asked = asked.where(BriefingRow.area_code.in_(filled(area_codes)))
    return [Kept(*row) for row in conn.execute(asked)]


def areas(conn: Connection) -> list[str]:
    """The codes of the areas that have any."""
    return list(conn.execute(sa.select(BriefingRow.area_code).distinct().order_by(BriefingRow.area_code)).scalars())


def periods(conn: Connection, period: str) -> set[str]:
    """The codes of the areas for which this period is kept."""
    return set(conn.execute(sa.select(BriefingRow.area_code).where(BriefingRow.period == period)).scalars())


def made_last(conn: Connection) -> int | None:
    """When the last one was made, epoch ms; None without any."""
    found: int | None = conn.execute(sa.select(sa.func.max(BriefingRow.made_ms))).scalar_one()
    return found


def forget_after(conn: Connection, at_ms: int) -> None:
    """Forget what was made after a moment."""
    conn.execute(sa.delete(BriefingRow).where(BriefingRow.made_ms > at_ms))


def purge(conn: Connection, before_ms: int) -> int:
    """Forget what was made before a moment; how many went."""
    return int(conn.execute(sa.delete(BriefingRow).where(BriefingRow.made_ms < before_ms)).rowcount)
