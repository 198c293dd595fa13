"""Leases: of several processes one does a job; when it is gone another takes over, where the first one stopped.

A lease is taken and renewed under the store's one writer lock, and whoever works for it asks again, in the transaction
that writes, whether it still holds it: a process that slept over its lease finds another one in its place and writes
nothing. Processes on several machines need clocks that agree to within a fraction of a lease.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models_alerts import LeaseRow


class Lease(NamedTuple):
    """The columns of LeaseRow, in their order; ``done_ms`` None where the job was never done."""

    name: str
    holder: str
    until_ms: int
    done_ms: int | None

    def is_free(self, holder: str, now_ms: int, until_ms: int) -> bool:
        """Whether this holder may have it up to a moment: it has it already, or it ran out. So did one that lasts far
        longer than that: it was taken by a clock that had leapt forward."""
        return self.holder == holder or not now_ms < self.until_ms <= 2 * until_ms - now_ms


_COLUMNS = tuple(getattr(LeaseRow, name) for name in Lease._fields)


def find(conn: Connection, name: str) -> Lease | None:
    """The lease of a job, whoever holds it."""
    row = conn.execute(sa.select(*_COLUMNS).where(LeaseRow.name == name)).first()
    return Lease(*row) if row else None


def take(conn: Connection, name: str, holder: str, *, now_ms: int, until_ms: int) -> Lease | None:
    """Take or renew a lease in a write transaction; None where another one holds it."""
    old = find(conn, name)
    if old is None:
        conn.execute(sa.insert(LeaseRow).values(name=name, holder=holder, until_ms=until_ms, done_ms=None))
        return Lease(name, holder, until_ms, None)
    if not old.is_free(holder, now_ms, until_ms):
        return None
    conn.execute(sa.update(LeaseRow).where(LeaseRow.name == name).values(holder=holder, until_ms=until_ms))
    return old._replace(holder=holder, until_ms=until_ms)


def holds(conn: Connection, name: str, holder: str) -> bool:
    """Whether this holder was the last to take it: asked by whoever is about to write for the job."""
    found = find(conn, name)
    return found is not None and found.holder == holder


def done(conn: Connection, name: str, done_ms: int) -> None:
    """The job is done up to a moment: written together with what it did."""
    conn.execute(sa.update(LeaseRow).where(LeaseRow.name == name).values(done_ms=done_ms))


def release(conn: Connection, holder: str, names: Collection[str]) -> None:
    """Give these up: the next one need not wait."""
    its = LeaseRow.holder == holder, LeaseRow.name.in_(names)
    conn.execute(sa.update(LeaseRow).where(*its).values(until_ms=0))
