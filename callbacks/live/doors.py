"""The doors as the screens see them: how old each feed is, what is held back, from when to when there are records. And
how long ago what they show was kept up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from geodata.services import alerting, escalating, surging
from geodata.situation.situation import Situation
from geodata.store import events, feeds, leases, quarantine
from geodata.store.engine import Store

log = logging.getLogger(__name__)
EVERY_MS = 10_000
OVERDUE_MS, UPKEEP_OVERDUE_MS = 60_000, 300_000
"""A reading, and a job of the upkeep, that is older counts as missing."""
KEPT_UP_BY = {"alerts": (alerting.JOB, escalating.JOB), "surges": (surging.JOB,)}
"""The leased jobs without which what sections depend on grows old."""
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
        self._begun_ms = situation.now_ms
        self._kept_up: Mapping[str, int | None] = {}
        self._reader: asyncio.Task[None] | None = None
        self.now = DoorsNow()
        self.version = 0

    def look(self) -> int:
        """The version of ``now``; starts a new reading when the last one is old. Never blocks."""
        now_ms = self._situation.now_ms
        waits_ms = self._next_ms - now_ms
        if not 0 < waits_ms <= EVERY_MS and (self._reader is None or self._reader.done()):
            if waits_ms > EVERY_MS:  # the clock was set back: who keeps up says so by the new one first
                self._begun_ms = now_ms
            self._next_ms = now_ms + EVERY_MS
            self._reader = asyncio.get_running_loop().create_task(self._read(now_ms))
        return self.version

    def overdue(self) -> dict[str, int]:
        """What is too long ago → when it was, epoch ms: that the doors were read, that any process kept up alerts and
        surges. One that has just begun, or whose clock was set back, gives them time first."""
        now_ms = self._situation.now_ms
        late = {"doors": self._read_ms} if abs(now_ms - self._read_ms) > OVERDUE_MS else {}
        if 0 <= now_ms - self._begun_ms <= UPKEEP_OVERDUE_MS:
            return late
        for what, done_ms in self._kept_up.items():
            # What was done in the future was done before the clock was set back.
            if done_ms is None or abs(now_ms - done_ms) > UPKEEP_OVERDUE_MS:
                late[what] = self._begun_ms if done_ms is None else done_ms
        return late

    async def _read(self, now_ms: int) -> None:
        try:
            seen = await asyncio.to_thread(read_doors, self._store, now_ms)
            self._kept_up = await asyncio.to_thread(read_kept_up, self._store)
        except Exception:
            log.exception("The doors could not be read; the screens keep the last reading")
            return
        self._read_ms = now_ms
        if seen != self.now:
            self.now = seen
            self.version += 1


def read_kept_up(store: Store) -> dict[str, int | None]:
    """When what sections depend on was kept up last, whichever process does it; None where it never was. What nobody
    has begun to keep up is left out."""
    with store.read() as conn:
        found = {what: [leases.find(conn, job) for job in jobs] for what, jobs in KEPT_UP_BY.items()}
    begun = {what: [lease.done_ms for lease in some if lease is not None] for what, some in found.items()}
    return {what: min(done, key=lambda ms: ms or 0) for what, done in begun.items() if done}


def read_doors(store: Store, now_ms: int) -> DoorsNow:
    """One reading (for a thread). The end of the span is whole minutes, so that it does not change with each event."""
    with store.read() as conn:
        ages = tuple(FeedAge(f.name, max(0, now_ms - f.received_ms)) for f in feeds.all_feeds(conn))
        held = sum(quarantine.counts(conn).values())
        first, last = events.records_span(conn)
    span = None if first is None or last is None else (first, last - last % MINUTE_MS)
    return DoorsNow(ages, held, span)
