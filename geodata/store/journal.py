"""The journal of one write transaction: events that came and events that moved on, written together at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import bulk, changes, intervals, settings, versions
from geodata.store.changes import Change
from geodata.store.events import EVENT_FIELDS, EventNow
from geodata.store.models import EventRow, table
from geodata.store.tallies import count, countables


class Journal:
    """Collects events of this transaction; ``write`` brings state, change log, intervals, versions and counts to
    the store.

    Each call gives the event its next revision and sequence number. Nothing is written before ``write``.
    """

    def __init__(self, conn: Connection, at_ms: int) -> None:
        self._conn = conn
        self._at_ms = at_ms
        self._next_seq = changes.next_seq(conn)
        self._next_id = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(EventRow.id), 0))).scalar_one()) + 1
        self._born: dict[int, EventNow] = {}
        self._old: dict[int, EventNow] = {}
        self._now: dict[int, EventNow] = {}
        self._left: list[tuple[EventNow, int]] = []
        self._before: list[EventNow] = []
        self._changes: list[Change] = []

    @property
    def last(self) -> Change:
        """The change that was logged last."""
        return self._changes[-1]

    def next_id(self) -> int:
        """The id that the next new event will get (its code may contain it)."""
        return self._next_id

    def begin(self, event: EventNow, actor: str, detail: str = "") -> EventNow:
        """A new event; its ``id``, ``rev`` and ``last_seq`` are given here."""
        seq = self._log(event, self._next_id, 1, "report", actor, detail)
        event = replace(event, id=self._next_id, rev=1, last_seq=seq, since_ms=self._at_ms)
        self._next_id += 1
        self._born[event.id] = self._now[event.id] = event
        return event

    def move(self, old: EventNow, new: EventNow, action: str, actor: str, detail: str = "") -> EventNow:
        """``old`` as read in this transaction (or returned by this journal) becomes ``new``."""
        rev = old.rev + 1
        seq = self._log(new, old.id, rev, action, actor, detail)
        new = replace(new, rev=rev, last_seq=seq, since_ms=self._at_ms)
        self._before.append(old)
        if (old.state, old.area_id) != (new.state, new.area_id):
            self._left.append((old, new.state_ms))
        if old.id not in self._born:
            self._old.setdefault(old.id, old)
        self._now[old.id] = new
        return new

    def write(self) -> int:
        """Write everything; return the last sequence number given."""
        if self._changes:
            born = [self._now[i] for i in self._born]
            moved = [self._now[i] for i in self._old]
            bulk.insert(self._conn, table(EventRow), _columns(born))
            bulk.update(self._conn, table(EventRow), "id", _columns(moved))
            changes.append_all(self._conn, self._changes)
            self._write_intervals()
            versions.leave(self._conn, self._before, self._at_ms)
            self._count([*self._old.values(), *self._now.values()], len(self._old))
        return self._next_seq - 1

    def _log(self, event: EventNow, event_id: int, rev: int, action: str, actor: str, detail: str) -> int:
        seq = self._next_seq
        self._next_seq += 1
        self._changes.append(Change(seq, self._at_ms, "event", event_id, rev, action, event.state, actor, detail))
        return seq

    def _write_intervals(self) -> None:
        if self._left:
            olds = [old for old, _ in self._left]
            intervals.write(
                self._conn,
                event_id=np.array([e.id for e in olds], np.int64), rev=np.array([e.rev for e in olds], np.int64),
                from_ms=np.array([e.state_ms for e in olds], np.int64),
                to_ms=np.array([to_ms for _, to_ms in self._left], np.int64),
                state=[e.state for e in olds], area_id=np.array([e.area_id for e in olds], np.int64), in_full=1,
            )  # fmt: skip

    def _count(self, events: Sequence[EventNow], n_old: int) -> None:
        sign = np.ones(len(events), np.int64)
        sign[:n_old] = -1
        count(self._conn, countables(_columns(events), sign), settings.zone(self._conn))


def _columns(events: Sequence[EventNow]) -> dict[str, list[object]]:
    return {name: [getattr(e, name) for e in events] for name in EVENT_FIELDS}
