"""Photos of events: what is known of them, and their bytes."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.events import NUL
from geodata.store.lists import parts
from geodata.store.models_field import PhotoRow


class Photo(NamedTuple):
    """The columns of PhotoRow without the bytes. Times in epoch ms."""

    id: str
    event_id: int
    stage: str
    at_ms: int
    received_ms: int
    taken_by: str
    lon: float | None
    lat: float | None
    type: str
    width: int
    height: int
    sha256: str


_COLUMNS = tuple(getattr(PhotoRow, name) for name in Photo._fields)


def add(conn: Connection, photo: Photo, content: bytes, small: bytes) -> None:
    """Keep a new photo."""
    conn.execute(sa.insert(PhotoRow).values(photo._asdict() | {"bytes": content, "small": small}))


def by_id(conn: Connection, photo_id: str) -> Photo | None:
    """One photo; None where there is none of this id."""
    if NUL in photo_id:
        return None
    row = conn.execute(sa.select(*_COLUMNS).where(PhotoRow.id == photo_id)).first()
    return Photo(*row) if row else None


def content(conn: Connection, photo_id: str, *, small: bool) -> bytes:
    """The bytes of a photo that is there."""
    column = PhotoRow.small if small else PhotoRow.bytes
    return bytes(conn.execute(sa.select(column).where(PhotoRow.id == photo_id)).scalar_one())


def of_events(conn: Connection, event_ids: Collection[int]) -> dict[int, list[Photo]]:
    """The photos of these events, oldest first, by event."""
    listed = list(event_ids)
    found: dict[int, list[Photo]] = {i: [] for i in listed}
    for some in parts(listed):
        asked = sa.select(*_COLUMNS).where(PhotoRow.event_id.in_(some))
        for row in conn.execute(asked.order_by(PhotoRow.received_ms, PhotoRow.id)):
            found[row.event_id].append(Photo(*row))
    return found
