"""The doors as the screens see them: how old each feed is, what is held back, from when to when there are records."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from geodata.situation.situation import Situation
from geodata.store import events, feeds, quarantine
from geodata.store.engine import Store

log = logging.getLogger(__name__)
EVERY_MS = 10_000
OVERDUE_MS = 60_000
"""A reading that is older counts as missing."""
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
        """``{"doors": when they were last read}`` where that is too long ago, else nothing."""
        return {"doors": self._read_ms} if self._situation.now_ms - self._read_ms > OVERDUE_MS else {}

    async def _read(self, now_ms: int) -> None:
        try:
            seen = await asyncio.to_thread(read_doors, self._store, now_ms)
        except Exception:
            log.exception("The doors could not be read; the screens keep the last reading")
            return
        self._read_ms = now_ms
        if seen != self.now:
            self.now = seen
            self.version += 1


def read_doors(store: Store, now_ms: int) -> DoorsNow:
    """One reading (for a thread). The end of the span is whole minutes, so that it does not change with each event."""
    with store.read() as conn:
        ages = tuple(FeedAge(f.name, max(0, now_ms - f.received_ms)) for f in feeds.all_feeds(conn))
        held = sum(quarantine.counts(conn).values())
        first, last = events.records_span(conn)
    span = None if first is None or last is None else (first, last - last % MINUTE_MS)
    return DoorsNow(ages, held, span)
