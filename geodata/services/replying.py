"""Replying 答复: whoever reported an event that has ended is told what became of it, also where it was merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from geodata.domain.events import ASKING, Mark
from geodata.domain.roles import Role
from geodata.domain.traces import Trace
from geodata.services.actors import Actor
from geodata.services.case import Action, Case
from geodata.services.desk import Desk
from geodata.services.outcomes import Refusal
from geodata.store import events, replies
from geodata.store.events import EventNow
from geodata.store.replies import Reply


def reply(case: Case, action: Action, at_ms: int) -> EventNow:
    """One answer for the event's reporter and for those of everything that was merged into it."""
    asking = waits(case.event)
    if not asking and not case.asking:
        raise Refusal("action", action.action, "finds no reporter who waits for an answer")
    return replied(case, case.event, action, at_ms) if asking else case.event


def parts_of(event_ids: Sequence[int], merged: Callable[[Sequence[int]], list[EventNow]]) -> dict[int, list[EventNow]]:
    """Whatever was merged into each of these events, or into that, by its id; ``merged`` finds what was merged into
    any of some events."""
    into: dict[int, list[EventNow]] = {}
    known, last = set(event_ids), list(event_ids)
    while last:
        found = merged(last)
        for part in found:
            into.setdefault(part.merged_into or 0, []).append(part)
        last = [part.id for part in found if part.id not in known]
        known.update(last)
    below: dict[int, list[EventNow]] = {}
    for event_id in event_ids:
        parts: dict[int, EventNow] = {}
        open_ = [event_id]
        while open_:
            new = {p.id: p for p in into.get(open_.pop(), ()) if p.id not in parts}
            parts |= new
            open_ += new
        below[event_id] = [part for _, part in sorted(parts.items())]
    return below


def waits_again(part: EventNow) -> EventNow:
    """A part of an event that ended once more: whoever reported it is told that, too."""
    return replace(part, marks=part.marks | Mark.TO_REPLY) if part.source in ASKING else part


def replied(case: Case, event: EventNow, action: Action, at_ms: int) -> EventNow:
    """An event whose reporter waited, and was told."""
    replies.keep(case.conn, event.id, at_ms=at_ms, by=case.actor.name, text=action.reason)
    return replace(event, marks=event.marks & ~Mark.TO_REPLY, traces=event.traces | Trace.ANSWERED)


def waits(event: EventNow) -> bool:
    """Whether its reporter waits for an answer."""
    return bool(event.marks & Mark.TO_REPLY)


@dataclass(frozen=True, slots=True)
class Told:
    """What a source may tell its caller: the code of the event in which this one goes on, and the last reply."""

    into: str = ""
    reply: Reply | None = None


def told(desk: Desk, actor: Actor, found: Sequence[EventNow]) -> dict[int, Told]:
    """What became of events that the actor was given, by their ids; an event beyond its reach has no code for it, and
    of a reply to another system's caller a feed reads nothing."""
    with desk.store.read() as conn:
        ids = [e.merged_into for e in found if e.merged_into is not None]
        into = {
            e.id: e.code for e in events.by_ids(conn, ids)
            if actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(e.area_id, 0))
        }  # fmt: skip
        known = replies.of_events(conn, [e.id for e in found if _answers_for(actor, e)])
    last = {event_id: said[-1] for event_id, said in known.items() if said}
    return {e.id: Told(into.get(e.merged_into or 0, ""), last.get(e.id)) for e in found}


def _answers_for(actor: Actor, event: EventNow) -> bool:
    """Whether what a reporter was told is the actor's to read: a feed has its own callers only."""
    return Role.FEED not in actor.roles or actor.systems is None or event.source_system in actor.systems
