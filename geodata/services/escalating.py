"""Escalation 升级: when a light turns, whoever must know is told, once per event, light and clock.

A run looks at every light that turned since the last one, and keeps up to when it has looked together with what it
wrote: a crash between repeats nothing and loses nothing, and a night without the server is caught up with. What had
turned long before the first run is the city's past, and stays quiet; so does an import of it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from geodata.domain.alerts import BY_LIGHT, MACHINE, Answer, Trigger
from geodata.domain.events import ENDED, State
from geodata.domain.lights import turns
from geodata.domain.worktime import YEAR_MS, work_time
from geodata.services import alerting
from geodata.services.desk import Desk
from geodata.services.leasing import Claims
from geodata.store import alerts, events, leases, running_clocks
from geodata.store.engine import Connection
from geodata.store.events import EventNow

log = logging.getLogger(__name__)
JOB = "escalation"
GRACE_MS = 60 * 60_000
"""So much earlier than the last look a light may have turned and still be told: events are reported late, and what
could not be done for one event is tried again for so long."""
AT_ONCE = 250
"""So many are told of in one transaction: whoever reports meanwhile waits for no more than that."""
QUIET: frozenset[State] = ENDED | {State.SUSPENDED}


class OpenOrder(Protocol):
    """Opens a supervision order 督办单 for an event, in the transaction of its escalation."""

    def __call__(self, conn: Connection, event: EventNow, *, kind: str, now_ms: int) -> object:
        """``kind`` is ``overdue``. Whatever it raises is logged, and tried again with the next runs."""
        ...


@dataclass(frozen=True, slots=True)
class Turned:
    """A light that turned: of which event, since when the clock of its limit runs, when, and to what."""

    event_id: int
    clock_ms: int
    deadline_ms: int
    at_ms: int
    trigger: Trigger


def escalate(desk: Desk, claims: Claims, now_ms: int, open_order: OpenOrder | None = None) -> int:
    """Tell of every light that has turned since the last run; how many. 0 where another process does it."""
    lease = claims.hold(JOB, now_ms)
    if lease is None:
        return 0
    may_write = claims.may_write(JOB)
    if lease.done_ms is None:
        with desk.store.begin() as conn:
            if may_write(conn):
                leases.done(conn, JOB, now_ms)
        return 0
    before_ms = min(lease.done_ms, now_ms)  # one of the future: the clock had leapt forward
    found = turned(desk, before_ms - GRACE_MS, now_ms)
    with desk.store.read() as conn:
        told = alerts.raised_of(conn, {t.event_id for t in found})
        overtaken = alerting.overtaken(conn)  # a long look, during which nobody has to wait
    new = [t for t in found if (t.event_id, t.trigger.value, t.clock_ms) not in told]
    count = 0
    for i in range(0, max(1, len(new)), AT_ONCE):
        some, is_last = new[i : i + AT_ONCE], i + AT_ONCE >= len(new)
        # Up to where it was looked is said truly: lights that turned at the same moment may be in the next part.
        done_ms = now_ms if is_last else min(now_ms, some[-1].at_ms + GRACE_MS - 1)
        with desk.store.begin() as conn:
            if not may_write(conn):
                return count
            count += _tell(conn, desk, some, now_ms, open_order)
            if is_last:
                alerting.sweep(conn, overtaken, now_ms)
            leases.done(conn, JOB, max(before_ms, done_ms))
    return count


def turned(desk: Desk, after_ms: int, now_ms: int) -> list[Turned]:
    """The lights of running clocks that turned after a moment and up to now, in the order in which they did."""
    with desk.store.read() as conn:
        rows = running_clocks.running(conn)
        starts = running_clocks.starts(conn)
    if not rows:
        return []
    ids, reported, deadline, subtype = zip(*rows, strict=True)
    clock, due = np.array(reported, np.int64), np.array(deadline, np.int64)
    stood = np.zeros(len(rows), np.int64)
    place = {event_id: i for i, event_id in enumerate(ids)} if starts else {}
    for event_id, (begun_ms, stood_ms) in starts.items():
        if (i := place.get(event_id)) is not None:
            clock[i], stood[i] = clock[i] if begun_ms is None else begun_ms, stood_ms
    by_work = {code for code, known in desk.catalogue.subtypes.items() if known.limit_unit != "h"}
    working = np.array([code in by_work for code in subtype])
    at = turns(clock + stood, due, working, work_time(desk.calendar, now_ms // YEAR_MS), desk.lights)
    # Yellow turns with its moment, red and dark red just after theirs.
    moments: Mapping[Trigger, np.ndarray] = dict(
        zip(BY_LIGHT, (at.yellow_ms, at.red_ms + 1, at.dark_ms + 1), strict=True)
    )
    found = [
        Turned(ids[i], int(clock[i]), int(due[i]), int(when[i]), trigger)
        for trigger, when in moments.items()
        for i in np.flatnonzero((when > after_ms) & (when <= now_ms)).tolist()
    ]
    return sorted(found, key=lambda t: (t.at_ms, t.event_id, BY_LIGHT.index(t.trigger)))


def _tell(
    conn: Connection, desk: Desk, new: Sequence[Turned], now_ms: int, open_order: OpenOrder | None
) -> int:
    """Raise their alerts, mildest first: each takes the place of those of the lights before it."""
    count = 0
    now = {e.id: e for e in events.by_ids(conn, sorted({t.event_id for t in new}))}
    for trigger in BY_LIGHT:
        # What went on while we looked is seen by the next run as it is then.
        still = [
            (now[t.event_id], t) for t in new
            if t.trigger is trigger and t.event_id in now and _runs(now[t.event_id], t)
        ]  # fmt: skip
        if trigger is Trigger.DARK and open_order is not None:
            count += sum(_ordered(conn, desk, event, one, now_ms, open_order) for event, one in still)
        else:
            _raise(conn, desk, still, trigger, now_ms)
            count += len(still)
    return count


def _runs(event: EventNow, one: Turned) -> bool:
    return State(event.state) not in QUIET and event.deadline_ms == one.deadline_ms


def _ordered(
    conn: Connection, desk: Desk, event: EventNow, one: Turned, now_ms: int, open_order: OpenOrder
) -> bool:
    """Raise one alert with its order, or neither; what fails for one event holds up no other."""
    try:
        with conn.begin_nested():
            _raise(conn, desk, [(event, one)], one.trigger, now_ms)
            open_order(conn, event, kind="overdue", now_ms=now_ms)
    except Exception:
        log.exception("The escalation of %s to %s failed; it is tried again", event.code, one.trigger)
        return False
    return True


def _raise(
    conn: Connection, desk: Desk, turned_now: Sequence[tuple[EventNow, Turned]], trigger: Trigger, now_ms: int
) -> None:
    before = {t.value for t in BY_LIGHT[: BY_LIGHT.index(trigger)]}
    standing = alerts.standing_of(conn, [event.id for event, _ in turned_now])
    milder = [a.id for a in standing if a.trigger in before]
    alerts.end(conn, milder, at_ms=now_ms, answer=Answer.SUPERSEDED, by=MACHINE)
    new = [alerting.new_alert(desk, event, trigger, one.clock_ms) for event, one in turned_now]
    alerts.raise_all(conn, new, at_ms=now_ms, actor=MACHINE)
