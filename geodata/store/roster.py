"""The roster: shifts that were planned for units, and which of them touch a span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import bulk, changes
from geodata.store.ancestry import Longs
from geodata.store.lists import parts
from geodata.store.models import table
from geodata.store.models_roster import RosterRow

SHIFT_MAX_MS = 24 * 3_600_000
"""No shift is longer: what touches a span ends soon after it."""


class Shift(NamedTuple):
    """A planned shift: the columns of RosterRow, in their order. from < end, epoch ms."""

    unit_id: int
    from_ms: int
    to_ms: int
    leave: int = 0
    source: str = ""


SHIFT_FIELDS: tuple[str, ...] = Shift._fields
_SHIFTS = sa.select(*(getattr(RosterRow, name) for name in SHIFT_FIELDS))


def around(conn: Connection, from_ms: int, to_ms: int) -> Longs:
    """(n, 4): unit, from, to and leave of every shift that touches the span [from, to), in no particular order. They
    are read from the index of ends alone; what ended long before or begins long after is not read."""
    columns = RosterRow.unit_id, RosterRow.from_ms, RosterRow.to_ms, RosterRow.leave
    ends = RosterRow.to_ms > from_ms, RosterRow.to_ms < to_ms + SHIFT_MAX_MS
    cursor = conn.execute(sa.select(*columns).where(*ends, RosterRow.from_ms < to_ms)).cursor
    rows = cursor.fetchall() if cursor is not None else []
    return np.array(rows, np.int64).reshape(-1, len(columns))


def of_units(conn: Connection, unit_ids: Sequence[int], from_ms: int, to_ms: int) -> list[Shift]:
    """The shifts of these units that touch the span [from, to)."""
    found: list[Shift] = []
    touching = _SHIFTS.where(RosterRow.to_ms > from_ms, RosterRow.from_ms < to_ms)
    for some in parts(unit_ids):
        asked = touching.where(RosterRow.unit_id.in_(some))
        found += [Shift(*row) for row in conn.execute(asked)]
    return found


def save(conn: Connection, shifts: Sequence[Shift], *, at_ms: int, actor: str) -> int:
    """Write shifts, each in place of what begins for its unit at the same moment; one ``roster`` change for all.

    Returns its sequence number, 0 for no shifts.
    """
    if not shifts:
        return 0
    for some in parts(shifts):
        keys = [(s.unit_id, s.from_ms) for s in some]
        same = sa.tuple_(RosterRow.unit_id, RosterRow.from_ms).in_(keys)
        conn.execute(sa.delete(RosterRow).where(same))
    bulk.insert(conn, table(RosterRow), {name: [getattr(s, name) for s in shifts] for name in SHIFT_FIELDS})
    return changes.append(conn, at_ms=at_ms, kind="roster", subject_id=len(shifts), action="plan", actor=actor)


def purge(conn: Connection, before_ms: int) -> int:
    """Delete shifts that ended before a moment; return how many."""
    return conn.execute(sa.delete(RosterRow).where(RosterRow.to_ms < before_ms)).rowcount
