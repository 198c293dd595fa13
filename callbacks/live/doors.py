"""The doors as the screens see them: how old each feed is, what is held back, from when to when there are records."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from geodata.services.surging import JOB as LOOKING
from geodata.situation.situation import Situation
from geodata.store import events, feeds, leases, quarantine
from geodata.store.engine import Store

log = logging.getLogger(__name__)
EVERY_MS = 10_000
OVERDUE_MS, LOOK_OVERDUE_MS = 60_000, 300_000
"""A reading, and a look for surges, that is older counts as missing."""
SILENT_AFTER_MS = 300_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class FeedAge:
    """A feed and how long ago it last spoke."""

    name: str
    age_ms: int

    @property
    def silent(self) -> bool:
        """Whether it has been quiet for longer than a feed should be."""
        return self.age_ms > SILENT_AFTER_MS


@dataclass(frozen=True, slots=True)
class DoorsNow:
    """All feeds by name, records in quarantine, and the (first, last) time of report; None without any."""

    feeds: tuple[FeedAge, ...] = ()
    quarantined: int = 0
    span_ms: tuple[int, int] | None = None


class Doors:
    """Read from the store every ten seconds in a thread, once for all topics."""

    def __init__(self, store: Store, situation: Situation) -> None:
        self._store, self._situation = store, situation
        self._next_ms = 0
        self._read_ms = situation.now_ms
        self._looked_ms: int | None = None
        self._reader: asyncio.Task[None] | None = None
        self.now = DoorsNow()
        self.version = 0

    def look(self) -> int:
        """The version of ``now``; starts a new reading when the last one is old. Never blocks."""
        now_ms = self._situation.now_ms
        if now_ms >= self._next_ms and (self._reader is None or self._reader.done()):
            self._next_ms = now_ms + EVERY_MS
            self._reader = asyncio.get_running_loop().create_task(self._read(now_ms))
        return self.version

    def overdue(self) -> dict[str, int]:
        """``{"doors": …, "surges": …}``, each where it is too long ago: when they were read, when anybody looked."""
        now_ms = self._situation.now_ms
        late = {"doors": self._read_ms} if now_ms - self._read_ms > OVERDUE_MS else {}
        if self._looked_ms is not None and now_ms - self._looked_ms > LOOK_OVERDUE_MS:
            late["surges"] = self._looked_ms
        return late

    async def _read(self, now_ms: int) -> None:
        try:
            seen = await asyncio.to_thread(read_doors, self._store, now_ms)
            self._looked_ms = await asyncio.to_thread(read_looked, self._store)
        except Exception:
            log.exception("The doors could not be read; the screens keep the last reading")
            return
        self._read_ms = now_ms
        if seen != self.now:
            self.now = seen
            self.version += 1


def read_looked(store: Store) -> int | None:
    """When surges were last looked for, whichever process does it; None where nothing is known to be usual yet."""
    with store.read() as conn:
        lease = leases.find(conn, LOOKING)
    return lease.done_ms if lease is not None else None


def read_doors(store: Store, now_ms: int) -> DoorsNow:
    """One reading (for a thread). The end of the span is whole minutes, so that it does not change with each event."""
    with store.read() as conn:
        ages = tuple(FeedAge(f.name, max(0, now_ms - f.received_ms)) for f in feeds.all_feeds(conn))
        held = sum(quarantine.counts(conn).values())
        first, last = events.records_span(conn)
    span = None if first is None or last is None else (first, last - last % MINUTE_MS)
    return DoorsNow(ages, held, span)
