"""The quarantine as people look through it: newest first, a page at a time, and how much of what there is."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models import QuarantineRow


class Sought(NamedTuple):
    """Which records; "" and None leave a column aside. ``before_id``: only older ones than this."""

    feed: str = ""
    field: str = ""
    account_id: int | None = None
    replayed: bool | None = False
    before_id: int | None = None


class Held(NamedTuple):
    """A record that was held back; ``replayed_ms`` None while it waits."""

    id: int
    feed: str
    received_ms: int
    field: str
    value: str
    rule: str
    record: str
    replayed_ms: int | None
    account_id: int


class Heap(NamedTuple):
    """How many records of a feed and a sender have their fault in a field, waiting or replayed."""

    feed: str
    field: str
    account_id: int
    replayed: bool
    n: int

    def fits(self, sought: Sought) -> bool:
        """Whether these are among those that are sought, however old."""
        return (
            sought.feed in ("", self.feed) and sought.field in ("", self.field)
            and sought.account_id in (None, self.account_id) and sought.replayed in (None, self.replayed)
        )  # fmt: skip


def page(conn: Connection, sought: Sought, limit: int) -> list[Held]:
    """The newest records that are sought."""
    asked = sa.select(*(getattr(QuarantineRow, n) for n in Held._fields)).where(*_conditions(sought))
    return [Held(*row) for row in conn.execute(asked.order_by(QuarantineRow.id.desc()).limit(limit))]


def heaps(conn: Connection, account_id: int | None = None) -> list[Heap]:
    """Everything that is kept, counted; of one sender only where one is named."""
    done = QuarantineRow.replayed_ms.is_not(None)
    columns: list[Any] = [QuarantineRow.feed, QuarantineRow.field, QuarantineRow.account_id, done]
    asked = sa.select(*columns, sa.func.count()).group_by(*columns).order_by(*columns)
    if account_id is not None:
        asked = asked.where(QuarantineRow.account_id == account_id)
    rows = [tuple(row) for row in conn.execute(asked)]
    return [Heap(feed, field, int(of), bool(replayed), int(n)) for feed, field, of, replayed, n in rows]


def _conditions(sought: Sought) -> list[sa.ColumnElement[bool]]:
    parts: list[sa.ColumnElement[bool]] = []
    if sought.feed:
        parts.append(QuarantineRow.feed == sought.feed)
    if sought.field:
        parts.append(QuarantineRow.field == sought.field)
    if sought.account_id is not None:
        parts.append(QuarantineRow.account_id == sought.account_id)
    if sought.replayed is not None:
        parts.append(QuarantineRow.replayed_ms.is_not(None) if sought.replayed else QuarantineRow.replayed_ms.is_(None))
    if sought.before_id is not None:
        parts.append(QuarantineRow.id < sought.before_id)
    return parts
