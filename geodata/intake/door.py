"""The door of the native API: bodies in, one transaction each, outcomes out; and the replay of what waited."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from geodata.intake import records
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.enrolling import enrol_units
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.services.reporting import report_events
from geodata.services.tracking import forget_tracks, report_positions
from geodata.store import quarantine, settings
from geodata.store.engine import Store
from geodata.store.folder import City

Kind = Literal["events", "actions", "units", "positions"]
KINDS: Mapping[str, tuple[Callable[[Any], Any], Callable[..., list[Outcome]]]] = MappingProxyType({
    "events": (records.read_event, report_events),
    "actions": (records.read_action, act),
    "units": (records.read_unit, enrol_units),
    "positions": (records.read_position, report_positions),
})
SYSTEM = re.compile(r"[\w.-]{1,32}", re.ASCII)
NATIVE = "native"
PURGE_EVERY_MS = 3_600_000


def now_ms() -> int:
    """The clock of this machine, epoch ms."""
    return time.time_ns() // 1_000_000


class Door:
    """Takes what systems send. Thread-safe; loads the city at the first record and again after areas have changed."""

    def __init__(self, store: Store, city: City) -> None:
        self._store, self._city = store, city
        self._loading = threading.Lock()
        self._desk: Desk | None = None
        self._build: str | None = None
        self._purged_ms = 0

    def desk(self) -> Desk:
        """The city as its services see it."""
        with self._store.read() as conn:
            build = settings.get(conn, settings.AREAS_BUILD)
        with self._loading:
            if self._desk is None or build != self._build:
                self._desk, self._build = Desk.load(self._store, self._city), build
            return self._desk

    def take(self, kind: Kind, system: str, body: bytes) -> list[Outcome]:
        """What became of each record of a body; one that is not JSON is quarantined whole."""
        reader, service = KINDS[kind]
        submitted: Sequence[Submitted[Any]]
        try:
            submitted = records.read_records(reader, records.parse_body(body))
        except Refusal as refusal:
            submitted = [Submitted(body.decode("utf-8", "backslashreplace"), refusal)]
        at_ms = now_ms()
        outcomes = service(self.desk(), Actor(system, system), submitted, feed=f"{system}/{kind}", now_ms=at_ms)
        if kind == "positions" and at_ms - self._purged_ms > PURGE_EVERY_MS:
            self._purged_ms = at_ms
            forget_tracks(self.desk(), self._city.track_days, at_ms)
        return outcomes

    def replay(self, feed: str | None, limit: int) -> Counter[str]:
        """Submit quarantined records again, oldest first; what is taken now, or was before, leaves the quarantine."""
        if feed is not None and "\x00" in feed:
            return Counter()
        with self._store.read() as conn:
            waiting = quarantine.waiting(conn, feed=feed, limit=limit)
        counted: Counter[str] = Counter()
        for one in waiting:
            system, _, kind = one.feed.rpartition("/")
            if kind not in KINDS:
                continue
            reader, service = KINDS[kind]
            try:
                record = json.loads(one.record)
            except (ValueError, RecursionError):
                counted["quarantined"] += 1
                continue
            at_ms = now_ms()
            submitted = records.read_records(reader, [record])
            outcome = service(self.desk(), Actor(system, system), submitted, feed=one.feed, now_ms=at_ms)[0]
            counted[outcome.status] += 1
            if outcome.status != "quarantined":
                with self._store.begin() as conn:
                    quarantine.mark_replayed(conn, [one.id], at_ms)
        return counted
