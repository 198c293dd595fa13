"""Versions that events and units have left, written with what replaces them, and forgotten after a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import bulk
from geodata.store.ancestry import Longs
from geodata.store.events import EventNow
from geodata.store.intervals import spans_of
from geodata.store.models import Base, table
from geodata.store.models_past import UnitVersionRow, VersionRow
from geodata.store.units import UnitNow

OF_EVENT = (
    "rev", "state", "area_id", "state_ms", "dispatched_ms", "handled_ms", "ended_ms", "deadline_ms", "on_time",
    "unit_id", "marks", "stage_ms", "clock_ms", "paused_ms",
)  # fmt: skip
OF_UNIT = ("rev", "status", "status_ms", "signed_on_ms", "home_area_id")


def leave(conn: Connection, olds: Sequence[EventNow], at_ms: int) -> None:
    """These events are no longer so from now on. One that came with its past has been so since its state began."""
    since = [e.state_ms if e.since_ms is None else e.since_ms for e in olds]
    _leave(conn, VersionRow, "event_id", OF_EVENT, olds, since, at_ms)


def leave_units(conn: Connection, olds: Sequence[UnitNow], at_ms: int) -> None:
    """These units are no longer so from now on."""
    since = [u.status_ms if u.since_ms is None else u.since_ms for u in olds]
    _leave(conn, UnitVersionRow, "unit_id", OF_UNIT, olds, since, at_ms)


def purge(conn: Connection, before_ms: int) -> int:
    """Delete the versions that were left before a moment; return how many."""
    gone = 0
    for row in (VersionRow, UnitVersionRow):
        for span in spans(conn, row):
            old = (row.span == span, row.from_ms < before_ms, row.to_ms < before_ms)
            gone += conn.execute(sa.delete(row).where(*old)).rowcount
    return gone


def spans(conn: Connection, row: Any) -> range:
    """The spans that a table of versions or intervals may hold."""
    last = conn.execute(sa.select(sa.func.max(row.span))).scalar()
    return range(0 if last is None else last + 1)


def _leave(
    conn: Connection, row: type[Base], key: str, names: Sequence[str], olds: Sequence[Any], since: Sequence[int],
    at_ms: int,
) -> None:  # fmt: skip
    lasted = sorted((k for k in range(len(olds)) if since[k] < at_ms), key=lambda k: (since[k], olds[k].id))
    if not lasted:
        return
    from_ms: Longs = np.array([since[k] for k in lasted], np.int64)
    columns: dict[str, bulk.Column] = {
        "span": spans_of(from_ms, np.full(len(lasted), at_ms, np.int64)), "from_ms": from_ms,
        key: [olds[k].id for k in lasted], "to_ms": np.full(len(lasted), at_ms, np.int64),
    }  # fmt: skip
    columns |= {name: [getattr(olds[k], name) for k in lasted] for name in names}
    bulk.insert(conn, table(row), columns)
