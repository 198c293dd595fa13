"""The append-only change log and its tail. Sequence numbers follow commits, because writers hold one lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models import ChangeRow

Kind = Literal["event", "unit", "positions", "import", "areas", "alert", "roster", "roads", "surge"]
FIRST = "first_change"
"""Where a connection keeps the number of the first transition of its write transaction."""
PAGE = 5_000
FOLLOWED_MAX = 20_000
"""Whoever is further behind than so many numbers does not follow, but loads everything anew."""


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

_TRANSITIONS = _TAIL.where(ChangeRow.kind != "positions").limit(PAGE)


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


def last(conn: Connection) -> list[Change]:
    """The newest change, as a row of one."""
    return tail(conn, newest(conn)[0] - 1, 1)


def of_events(conn: Connection, after_seq: int) -> list[tuple[int, int, int]]:
    """(number, at epoch ms, event) of every change of an event after a sequence number."""
    columns = ChangeRow.seq, ChangeRow.at_ms, ChangeRow.subject_id
    asked = sa.select(*columns).where(ChangeRow.seq > after_seq, ChangeRow.kind == "event")
    cursor = conn.execute(asked).cursor
    return list(cursor.fetchall()) if cursor is not None else []


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
    written = list(changes)
    rows: Sequence[dict[str, object]] = [c._asdict() for c in written]
    if rows:
        conn.execute(sa.insert(ChangeRow), rows)
    first = min((c.seq for c in written if c.kind != "positions"), default=None)
    if first is not None:
        conn.info[FIRST] = min(first, conn.info.get(FIRST, first))


def begun(conn: Connection) -> None:
    """A write transaction begins: none of its changes is written yet."""
    conn.info.pop(FIRST, None)


def first_written(conn: Connection) -> int | None:
    """The number of the first transition that this write transaction appended; None where it appended none.

    A part of it that was undone may have begun there: ``transitions`` tells what stands.
    """
    first: int | None = conn.info.get(FIRST)
    return first


def transitions(conn: Connection, from_seq: int | None = None) -> Iterator[Change]:
    """Every change but batches of positions, oldest first, from a number on or from the very first."""
    last = from_seq - 1 if from_seq is not None else -(2**63)
    while True:
        rows = conn.execute(_TRANSITIONS, {"after": last}).all()
        yield from (Change(*row) for row in rows)
        if len(rows) < PAGE:
            return
        last = int(rows[-1][0])
