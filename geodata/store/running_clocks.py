"""The clocks that run now: open events with a deadline, and since when each one's limit is counted."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.events import State
from geodata.store.models import CLOCKS, ChangeRow, EventRow


def running(conn: Connection) -> Sequence[tuple[int, int, int, str]]:
    """(id, reported, deadline, subtype) of the open events that are judged by their own clock and are not suspended."""
    e = EventRow
    cursor = conn.execute(
        sa.select(e.id, e.reported_ms, e.deadline_ms, e.subtype_code).where(
            e.ended_ms.is_(None), e.deadline_ms.is_not(None), e.on_time.is_(None), e.state != State.SUSPENDED.value
        )
    ).cursor
    rows: Sequence[tuple[int, int, int, str]] = cursor.fetchall() if cursor is not None else []
    return rows


def starts(conn: Connection) -> dict[int, tuple[int | None, int]]:
    """Of open events whose clock was stopped or begun anew: (when it was begun anew or None, ms it stood still since).

    Both are as of when the steps were booked.
    """
    c, e = ChangeRow, EventRow
    steps = conn.execute(
        sa.select(c.subject_id, c.action, c.at_ms)
        .join(e, e.id == c.subject_id)
        .where(sa.text(CLOCKS), e.ended_ms.is_(None))
        .order_by(c.subject_id, c.seq)
    )
    found: dict[int, tuple[int | None, int]] = {}
    stopped: dict[int, int] = {}
    for event_id, action, at_ms in steps:
        begun, stood = found.get(event_id, (None, 0))
        if action == "reopen":
            begun, stood = at_ms, 0
            stopped.pop(event_id, None)
        elif action == "suspend":
            stopped[event_id] = at_ms
        elif event_id in stopped:
            stood += at_ms - stopped.pop(event_id)
        found[event_id] = (begun, stood)
    return found
