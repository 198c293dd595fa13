"""Replies 答复: what the reporter of an event that has ended was told. Nothing of the reporter is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import rows
from geodata.store.lists import parts
from geodata.store.models_loop import ReplyRow


class Reply(NamedTuple):
    """A reply as it is: the columns of ReplyRow."""

    id: int
    event_id: int
    at_ms: int
    by: str
    text: str


_REPLY = sa.select(*(getattr(ReplyRow, name) for name in Reply._fields))


def of_events(conn: Connection, event_ids: Sequence[int]) -> dict[int, list[Reply]]:
    """The replies to the reporters of these events, oldest first; an event that was opened again may have several."""
    found: dict[int, list[Reply]] = {event_id: [] for event_id in event_ids}
    for some in parts(event_ids):
        these = ReplyRow.event_id.in_(some)
        for row in conn.execute(_REPLY.where(these).order_by(ReplyRow.id)):
            found[row.event_id].append(Reply(*row))
    return found


def keep(conn: Connection, event_id: int, *, at_ms: int, by: str, text: str) -> None:
    """What a reporter was told."""
    rows.add(conn, ReplyRow, {"event_id": event_id, "at_ms": at_ms, "by": by, "text": text})
