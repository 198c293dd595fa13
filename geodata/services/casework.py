"""Casework 案卷: everything on record about one event besides itself: tasks, pauses, supervision, what was merged,
what its reporter was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geodata.domain.roles import Right
from geodata.services.actors import Actor
from geodata.services.case import Tasks
from geodata.services.desk import Desk
from geodata.services.replying import waits
from geodata.store import events, pauses, replies, supervision, units
from geodata.store.events import EventNow
from geodata.store.pauses import Extension, Suspension
from geodata.store.replies import Reply
from geodata.store.supervision import Order, Placard, Progress
from geodata.store.tasks import TaskNow


@dataclass(frozen=True, slots=True)
class Sent:
    """A task with the call sign of its unit; "" where the asker may not see the unit."""

    task: TaskNow
    call_sign: str


@dataclass(frozen=True, slots=True)
class Casework:
    """Of one event, each oldest first. ``into`` and ``merged``: codes of events that the asker reaches; ``unanswered``:
    how many of the latter wait for a reply."""

    sent: tuple[Sent, ...] = ()
    extensions: tuple[Extension, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    orders: tuple[Order, ...] = ()
    placards: tuple[tuple[Placard, tuple[Progress, ...]], ...] = ()
    into: str = ""
    merged: tuple[str, ...] = ()
    unanswered: int = 0
    replies: tuple[Reply, ...] = ()


def casework(desk: Desk, actor: Actor, event: EventNow) -> Casework:
    """What is on record about an event that the actor was given by ``looking.event``."""
    actor.needs(Right.OPEN_EVENTS)

    def reached(area_id: int) -> bool:
        return actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(area_id, 0))

    def codes(found: Sequence[EventNow]) -> tuple[str, ...]:
        return tuple(e.code for e in found if reached(e.area_id))

    with desk.store.read() as conn:
        known = Tasks(conn, [event.id]).of(event)
        called = {
            u.id: u.call_sign for u in units.by_ids(conn, [t.unit_id for t in known])
            if actor.may(Right.SEE_UNITS) and reached(u.home_area_id)
        }  # fmt: skip
        merged = events.merged_into(conn, [event.id])
        into = codes(events.by_ids(conn, [] if event.merged_into is None else [event.merged_into]))
        return Casework(
            tuple(Sent(task, called.get(task.unit_id, "")) for task in known),
            tuple(pauses.extensions(conn, event.id)), tuple(pauses.suspensions(conn, event.id)),
            tuple(supervision.orders(conn, event.id)),
            tuple((p, tuple(supervision.progress(conn, p.id))) for p in supervision.placards(conn, event.id)),
            into[0] if into else "", codes(merged), sum(waits(e) and reached(e.area_id) for e in merged),
            tuple(replies.of_events(conn, [event.id])[event.id]),
        )  # fmt: skip
