"""Beats: that the road into the store is open, written once a second by each process that takes records in.

A beat is no change: it stands in a row of its own, so that the change log does not grow by it.
"""

from __future__ import annotations

import os
import secrets
import socket

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models_beats import BeatRow

_OF = sa.select(BeatRow.at_ms).where(BeatRow.process == sa.bindparam("sought"))
_WRITE = sa.update(BeatRow).where(BeatRow.process == sa.bindparam("sought")).values(at_ms=sa.bindparam("now"))


def own_name() -> str:
    """A name that no other process has, on this machine or another, now or after a restart."""
    return f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"


def write(conn: Connection, process: str, at_ms: int) -> None:
    """The beat that left this process at that moment has arrived."""
    if not conn.execute(_WRITE, {"sought": process, "now": at_ms}).rowcount:
        conn.execute(sa.insert(BeatRow).values(process=process, at_ms=at_ms))


def of(conn: Connection, process: str) -> int | None:
    """The newest beat of a process, epoch ms; None before its first."""
    at_ms: int | None = conn.execute(_OF, {"sought": process}).scalar()
    return at_ms


def all_beats(conn: Connection) -> list[tuple[str, int]]:
    """(process, newest beat) of all that run, and of those that ended without a word in the last hours."""
    rows = conn.execute(sa.select(BeatRow.process, BeatRow.at_ms).order_by(BeatRow.process))
    return [(process, at_ms) for process, at_ms in rows]


def end(conn: Connection, process: str) -> None:
    """A process ends of its own accord: nobody waits for its beats."""
    conn.execute(sa.delete(BeatRow).where(BeatRow.process == process))


def purge(conn: Connection, before_ms: int) -> None:
    """Forget processes that did not beat since."""
    conn.execute(sa.delete(BeatRow).where(BeatRow.at_ms < before_ms))
