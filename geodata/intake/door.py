"""The door of the native API: bodies in, one transaction each, outcomes out; and the replay of what waited."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from anyio import CapacityLimiter

from geodata.domain.roles import Right, Role
from geodata.intake import records
from geodata.services.access import Access, actor_of
from geodata.services.acting import act
from geodata.services.actors import PEOPLE, Actor
from geodata.services.auditing import Audit
from geodata.services.closing import SEALED
from geodata.services.desk import Desk
from geodata.services.enrolling import enrol_units
from geodata.services.looking import sender_of
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.services.reporting import report_events
from geodata.services.rostering import plan_roster
from geodata.services.tracking import report_positions
from geodata.store import accounts, quarantine, settings
from geodata.store.engine import Store
from geodata.store.folder import City
from geodata.store.lists import IN_MAX
from geodata.store.quarantine import Waiting

Kind = Literal["events", "actions", "units", "positions", "roster"]
KINDS: Mapping[str, tuple[Callable[[Any], Any], Callable[..., list[Outcome]]]] = MappingProxyType({
    "events": (records.read_event, report_events),
    "actions": (records.read_action, act),
    "units": (records.read_unit, enrol_units),
    "positions": (records.read_position, report_positions),
    "roster": (records.read_shift, plan_roster),
})
SYSTEM = re.compile(r"[\w.-]{1,32}", re.ASCII)


RAW_MAX = 40_000
"""Characters of an unreadable body that are kept: sealed they still fit into the quarantine."""


def now_ms() -> int:
    """The clock of this machine, epoch ms."""
    return time.time_ns() // 1_000_000


class Door:
    """Takes what systems send. Thread-safe; loads the city at the first record and again after areas have changed.

    ``turn``: one at a time. The store has one writer, and waiting for it must not use up the threads of the readers.
    ``full``: the last thing that was to be written did not find room on the disk (``beating`` tries each second).
    """

    def __init__(self, access: Access, city: City) -> None:
        self.access, self._city = access, city
        self.turn = CapacityLimiter(1)
        self.full = False
        self._loading = threading.Lock()
        self._desk: Desk | None = None
        self._build: str | None = None

    @property
    def store(self) -> Store:
        """The city's database."""
        return self.access.store

    def desk(self) -> Desk:
        """The city as its services see it."""
        with self.store.read() as conn:
            build = settings.get(conn, settings.AREAS_BUILD)
        with self._loading:
            if self._desk is None or build != self._build:
                self._desk, self._build = Desk.load(self.store, self._city), build
            return self._desk

    def take(self, kind: Kind, actor: Actor, told_system: str | None, body: bytes) -> list[Outcome]:
        """What became of each record of a body; one that is not JSON is quarantined whole, sealed.

        ``told_system`` names the system that speaks, where the actor may speak for several. Raises NotAllowedError.
        """
        reader, service = KINDS[kind]
        submitted: Sequence[Submitted[Any]]
        try:
            submitted = records.read_records(reader, records.parse_body(body), self.access.seal)
        except Refusal as refusal:
            text = body.decode("utf-8", "backslashreplace")
            record = {SEALED: self.access.seal.seal(text[:RAW_MAX])}
            submitted = [Submitted(record, refusal, self.access.seal.sign(text))]
        feed = f"{speaking(actor, told_system)}/{kind}"
        return service(self.desk(), actor, submitted, feed=feed, now_ms=now_ms(), **self._audited(kind, actor))

    def _audited(self, kind: str, actor: Actor) -> dict[str, Audit]:
        """What a system did stands in the change log; of what a person did the audit knows from where, too."""
        return {} if kind == "positions" or Role.FEED in actor.roles else {"audit": self.access.audit}

    def replay(self, actor: Actor, feed: str | None, limit: int) -> Counter[str]:
        """Submit quarantined records again, oldest first; what is taken now, or was before, leaves the quarantine.

        Each goes in with the rights that its sender has now, never with those of who replays it.
        """
        desk = self.desk()
        sender = sender_of(actor, desk.tree, Right.REPLAY)
        if feed is not None and "\x00" in feed:
            return Counter()
        with self.store.read() as conn:
            waiting = quarantine.waiting(conn, feed=feed, account_id=sender, limit=limit)
        counted: Counter[str] = Counter(self._again(desk, one).status for one in waiting if can_replay(one.feed))
        with self.store.begin() as conn:
            self.access.audit.record(conn, actor, "replay", f"feed:{feed or '*'}", at_ms=now_ms(), new=dict(counted))
        return counted

    def replay_these(self, actor: Actor, ids: Collection[int]) -> list[Outcome]:
        """The same for some records by their ids: what became of each that still waits and can be submitted again."""
        desk = self.desk()
        sender = sender_of(actor, desk.tree, Right.REPLAY)
        with self.store.read() as conn:
            waiting = quarantine.waiting(conn, account_id=sender, ids=list(ids)[:IN_MAX])
        waiting = [one for one in waiting if can_replay(one.feed)]
        outcomes = [self._again(desk, one) for one in waiting]
        if waiting:
            told: dict[str, Any] = {**_fates(outcomes), "records": " ".join(str(one.id) for one in waiting)}
            feed = waiting[0].feed if len({one.feed for one in waiting}) == 1 else "*"
            with self.store.begin() as conn:
                self.access.audit.record(conn, actor, "replay", f"feed:{feed}", at_ms=now_ms(), new=told)
        return outcomes

    def _again(self, desk: Desk, one: Waiting) -> Outcome:
        system, _, kind = one.feed.rpartition("/")
        reader, service = KINDS[kind]
        sender = self._sender(one.account_id, system)
        try:
            record = json.loads(one.record)
        except (ValueError, RecursionError):
            return Outcome("quarantined", field="body", rule="is not JSON, or was too long to be kept whole")
        if sender is None:
            return Outcome("quarantined", field="account", rule="the account that sent it has ended")
        at_ms = now_ms()
        submitted = records.read_records(reader, [record], self.access.seal, one.received_ms)
        try:
            sent = service(desk, sender, submitted, feed=one.feed, now_ms=at_ms,
                           **self._audited(kind, sender))[0]  # fmt: skip
        except PermissionError:
            return Outcome("quarantined", field="account", rule="the account that sent it may not do this")
        if sent.status != "quarantined":
            with self.store.begin() as conn:
                quarantine.mark_replayed(conn, [one.id], at_ms)
        return sent

    def _sender(self, account_id: int, system: str) -> Actor | None:
        """Who sent a record, with the rights of now; what came before there were accounts came from the machine."""
        if not account_id:
            return Actor.operator(system)
        with self.store.read() as conn:
            account = accounts.by_id(conn, account_id)
        return actor_of(account) if account is not None and account.active else None


def _fates(outcomes: Sequence[Outcome]) -> Counter[str]:
    return Counter(o.status for o in outcomes)


def can_replay(feed: str) -> bool:
    """Whether the records of a feed can be submitted again; rows of an import are imported again instead."""
    return feed.rpartition("/")[2] in KINDS


def speaking(actor: Actor, told_system: str | None) -> str:
    """The feed under whose name a batch is booked: the system told where the actor may speak for it, else its own."""
    if Role.FEED not in actor.roles:
        return PEOPLE  # the names of feeds stand on every screen, those of people on none
    if told_system and SYSTEM.fullmatch(told_system) and (actor.systems is None or told_system in actor.systems):
        return told_system
    own = sorted(actor.systems) if actor.systems is not None else []
    return own[0] if len(own) == 1 else actor.name
