"""Sealed contacts of reporters, one to an event at most."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.lists import filled
from geodata.store.models_access import ContactRow


class Told(NamedTuple):
    """The sealed contact of an event (by id), and when it came to us: from then on its days count."""

    event_id: int
    at_ms: int
    sealed: str


def add(conn: Connection, told: Collection[Told]) -> None:
    """Keep the contacts of new events."""
    if told:
        conn.execute(sa.insert(ContactRow), [one._asdict() for one in told])


def get(conn: Connection, event_id: int) -> str | None:
    """The sealed contact of an event; None where there was none, or none any more."""
    found: str | None = conn.execute(sa.select(ContactRow.sealed).where(ContactRow.event_id == event_id)).scalar()
    return found


def held(conn: Connection, event_ids: Collection[int]) -> frozenset[int]:
    """Those of these events whose reporter left a contact."""
    asked = sa.select(ContactRow.event_id).where(ContactRow.event_id.in_(filled(event_ids)))
    return frozenset(conn.execute(asked).scalars())


def purge(conn: Connection, before_ms: int) -> int:
    """Erase contacts that came before a moment; how many."""
    return conn.execute(sa.delete(ContactRow).where(ContactRow.at_ms < before_ms)).rowcount
