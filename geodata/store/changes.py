"""The append-only change log and its tail. Sequence numbers follow commits, because writers hold one lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models import ChangeRow

Kind = Literal["event", "unit", "positions", "import", "areas", "alert", "roster", "roads", "surge"]


class Change(NamedTuple):
    """One line of the log. ``positions``, ``import``, ``roster``, ``roads`` stand for a
    batch: ``subject_id`` is its size."""

    seq: int
    at_ms: int
    kind: Kind
    subject_id: int
    rev: int
    action: str
    state: str
    actor: str
    detail: str


_COLUMNS = tuple(getattr(ChangeRow, name) for name in Change._fields)
_TAIL = sa.select(*_COLUMNS).where(ChangeRow.seq > sa.bindparam("after")).order_by(ChangeRow.seq)


def tail(conn: Connection, after_seq: int, limit: int = 5000) -> list[Change]:
    """Changes after a sequence number, oldest first, none ever skipped."""
    return [Change(*row) for row in conn.execute(_TAIL.limit(limit), {"after": after_seq})]


def at(conn: Connection, seq: int) -> Change | None:
    """The change of this number; an event's ``last_seq`` names its last one."""
    row = conn.execute(sa.select(*_COLUMNS).where(ChangeRow.seq == seq)).first()
    return Change(*row) if row else None


def of_event(conn: Connection, event_id: int, limit: int) -> list[Change]:
    """The newest changes of one event, oldest first."""
    # The literal is what lets both databases use the index of events.
    its = sa.select(*_COLUMNS).where(sa.text("kind = 'event'"), ChangeRow.subject_id == event_id)
    rows = conn.execute(its.order_by(ChangeRow.seq.desc()).limit(limit)).all()
    return [Change(*row) for row in reversed(rows)]


def newest(conn: Connection) -> tuple[int, int | None]:
    """(sequence number, time in epoch ms) of the newest change; (0, None) on an empty log."""
    row = conn.execute(sa.select(ChangeRow.seq, ChangeRow.at_ms).order_by(ChangeRow.seq.desc()).limit(1)).first()
    return (row.seq, row.at_ms) if row else (0, None)


def next_seq(conn: Connection) -> int:
    """The number that the next change of this write transaction gets."""
    return int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(ChangeRow.seq), 0))).scalar_one()) + 1


def append(
    conn: Connection, *, at_ms: int, kind: Kind, subject_id: int, rev: int = 0, action: str = "", state: str = "",
    actor: str = "", detail: str = "",
) -> int:  # fmt: skip
    """Write one change and return its sequence number."""
    seq = next_seq(conn)
    append_all(conn, [Change(seq, at_ms, kind, subject_id, rev, action, state, actor, detail)])
    return seq


def append_all(conn: Connection, changes: Iterable[Change]) -> None:
    """Write changes whose numbers were taken with ``next_seq`` in this transaction."""
    rows: Sequence[dict[str, object]] = [c._asdict() for c in changes]
    if rows:
        conn.execute(sa.insert(ChangeRow), rows)
