"""Feeds as seen at the door: when each spoke last, and how much of it was taken."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models import FeedRow


class Feed(NamedTuple):
    """One feed. ``received_ms``: when it last spoke; ``newest_ms``: the newest moment its records tell of."""

    name: str
    received_ms: int
    newest_ms: int | None
    accepted: int
    quarantined: int


def note(
    conn: Connection, name: str, *, received_ms: int, newest_ms: int | None, accepted: int, quarantined: int
) -> None:
    """A feed spoke: so much was taken and so much was not."""
    row = FeedRow
    old = conn.execute(sa.select(row.newest_ms).where(row.name == name)).first()
    if old is None:
        conn.execute(
            sa.insert(row).values(
                name=name, received_ms=received_ms, newest_ms=newest_ms, accepted=accepted, quarantined=quarantined
            )
        )
        return
    newest = max((ms for ms in (old.newest_ms, newest_ms) if ms is not None), default=None)
    conn.execute(
        sa.update(row)
        .where(row.name == name)
        .values(
            received_ms=received_ms, newest_ms=newest, accepted=row.accepted + accepted,
            quarantined=row.quarantined + quarantined,
        )
    )  # fmt: skip


def all_feeds(conn: Connection) -> list[Feed]:
    """Every feed that ever spoke, by name."""
    rows = conn.execute(sa.select(*(getattr(FeedRow, n) for n in Feed._fields)).order_by(FeedRow.name))
    return [Feed(*row) for row in rows]
