"""Pauses: extensions that were asked for 延期, and the ledger of suspended events 挂账."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import bulk, rows
from geodata.store.ancestry import Longs
from geodata.store.lists import parts
from geodata.store.models import table
from geodata.store.models_loop import ExtensionRow, SuspensionRow


class Extension(NamedTuple):
    """An extension as it is: the columns of ExtensionRow. ``granted`` None: nobody has decided; 0 without a
    ``decided_by``: it lapsed.
    """

    id: int
    event_id: int
    asked_ms: int
    asked_by: str
    reason: str
    until_ms: int
    decided_ms: int | None
    decided_by: str
    granted: int | None


class Suspension(NamedTuple):
    """A line of the ledger: the columns of SuspensionRow."""

    id: int
    event_id: int
    from_ms: int
    by: str
    reason: str
    review_ms: int
    ended_ms: int | None


_EXTENSION = sa.select(*(getattr(ExtensionRow, name) for name in Extension._fields))
_SUSPENSION = sa.select(*(getattr(SuspensionRow, name) for name in Suspension._fields))


def extensions(conn: Connection, event_id: int) -> list[Extension]:
    """What was asked for an event, oldest first."""
    return extensions_of(conn, [event_id])[event_id]


def extensions_of(conn: Connection, event_ids: Sequence[int]) -> dict[int, list[Extension]]:
    """What was asked for each of these events, oldest first."""
    found: dict[int, list[Extension]] = {event_id: [] for event_id in event_ids}
    for some in parts(event_ids):
        these = ExtensionRow.event_id.in_(some)
        for row in conn.execute(_EXTENSION.where(these).order_by(ExtensionRow.id)):
            found[row.event_id].append(Extension(*row))
    return found


def ask(conn: Connection, event_id: int, *, at_ms: int, by: str, reason: str, until_ms: int) -> None:
    """A unit asks for more time."""
    rows.add(conn, ExtensionRow, {
        "event_id": event_id, "asked_ms": at_ms, "asked_by": by, "reason": reason, "until_ms": until_ms,
        "decided_by": "",
    })  # fmt: skip


def decide(conn: Connection, number: int, *, at_ms: int, by: str, granted: bool) -> None:
    """What was decided on it."""
    rows.change(conn, ExtensionRow, number, {"decided_ms": at_ms, "decided_by": by, "granted": int(granted)})


def lapse(conn: Connection, event_id: int, at_ms: int) -> None:
    """Whoever asked has nothing to do any more: a request on which nobody decided ends without anybody's name."""
    waiting = (ExtensionRow.event_id == event_id, ExtensionRow.granted.is_(None))
    conn.execute(sa.update(ExtensionRow).where(*waiting).values(decided_ms=at_ms, granted=0))


def suspensions(conn: Connection, event_id: int) -> list[Suspension]:
    """The lines of an event in the ledger, oldest first."""
    asked = _SUSPENSION.where(SuspensionRow.event_id == event_id).order_by(SuspensionRow.id)
    return [Suspension(*row) for row in conn.execute(asked)]


def running(conn: Connection, event_ids: Sequence[int]) -> dict[int, Suspension]:
    """The open line of each of these events in the ledger, where it has one."""
    found: dict[int, Suspension] = {}
    for some in parts(event_ids):
        these = (SuspensionRow.event_id.in_(some), SuspensionRow.ended_ms.is_(None))
        for row in conn.execute(_SUSPENSION.where(*these).order_by(SuspensionRow.id)):
            found[row.event_id] = Suspension(*row)
    return found


def suspend(conn: Connection, event_id: int, *, at_ms: int, by: str, reason: str, review_ms: int) -> None:
    """A new line of the ledger."""
    rows.add(conn, SuspensionRow, {
        "event_id": event_id, "from_ms": at_ms, "by": by, "reason": reason, "review_ms": review_ms,
    })  # fmt: skip


def enter(
    conn: Connection, *, event_id: Longs, from_ms: Longs, ended_ms: Longs, review_ms: Longs, by: str,
    reasons: Sequence[str],
) -> None:  # fmt: skip
    """Lines of a past that was not written step by step; NONE in ``ended_ms`` is a line that is open."""
    first = rows.next_id(conn, SuspensionRow)
    bulk.insert(conn, table(SuspensionRow), {
        "id": range(first, first + len(reasons)), "event_id": event_id, "from_ms": from_ms, "by": [by] * len(reasons),
        "reason": reasons, "review_ms": review_ms, "ended_ms": ended_ms,
    })  # fmt: skip


def go_on(conn: Connection, event_id: int, at_ms: int) -> None:
    """The event goes on, or has ended: its open line ends."""
    open_lines = (SuspensionRow.event_id == event_id, SuspensionRow.ended_ms.is_(None))
    conn.execute(sa.update(SuspensionRow).where(*open_lines).values(ended_ms=at_ms))
