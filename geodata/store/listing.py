"""Whole lists in the order of ids, page by page, for exports."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.events import EVENT_FIELDS, EventNow
from geodata.store.models import EventRow

PAGE = 10_000


def events_in(conn: Connection, area_ids: Collection[int]) -> Iterator[EventNow]:
    """Every event that stands at one of these areas, oldest id first."""
    wanted = frozenset(area_ids)
    columns = [getattr(EventRow, name) for name in EVENT_FIELDS]
    last = -1
    while True:
        rows = conn.execute(sa.select(*columns).where(EventRow.id > last).order_by(EventRow.id).limit(PAGE)).all()
        if not rows:
            return
        last = int(rows[-1][0])
        yield from (event for row in rows if (event := EventNow(*row)).area_id in wanted)
