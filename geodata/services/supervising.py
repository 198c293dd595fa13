"""Supervising: orders 督办单 that need a written answer, placards 挂牌 that only their issuer lifts 摘牌."""

from __future__ import annotations

from dataclasses import replace

from geodata.domain.alerts import MACHINE
from geodata.domain.events import OPEN, Mark, State
from geodata.services.case import Action, Case, ahead
from geodata.services.outcomes import Refusal
from geodata.store import supervision
from geodata.store.engine import Connection
from geodata.store.events import EventNow
from geodata.store.journal import Journal
from geodata.store.supervision import Placard

ANSWER_DAYS_MAX, PLACARD_DAYS_MAX = 60, 366
ORDER_DAYS, DAY_MS = 1, 86_400_000


def supervise(case: Case, action: Action, at_ms: int) -> EventNow:
    """A new order, with the day by which it is answered."""
    due_ms = ahead(action, at_ms, days_max=ANSWER_DAYS_MAX)
    supervision.issue(
        case.conn, case.event.id, action.kind, at_ms=at_ms, by=case.actor.name, reason=action.reason, due_ms=due_ms
    )
    return replace(case.event, marks=case.event.marks | Mark.SUPERVISED)


def open_order(conn: Connection, event: EventNow, *, kind: str, now_ms: int) -> None:
    """An order that the machine issues, unless one of the kind waits for its answer; to be answered within a day."""
    if any(order.kind == kind and order.answered_ms is None for order in supervision.orders(conn, event.id)):
        return
    due_ms = now_ms + ORDER_DAYS * DAY_MS
    supervision.issue(conn, event.id, kind, at_ms=now_ms, by=MACHINE, reason="", due_ms=due_ms)
    journal = Journal(conn, now_ms)
    journal.move(event, replace(event, marks=event.marks | Mark.SUPERVISED), "supervise", MACHINE, kind)
    journal.write()


def answer(case: Case, action: Action, at_ms: int) -> EventNow:
    """The oldest open order gets its answer; the event is supervised until the last one has."""
    waiting = [order for order in supervision.orders(case.conn, case.event.id) if order.answered_ms is None]
    if not waiting:
        raise Refusal("action", action.action, "finds no order that waits for an answer")
    supervision.answer(case.conn, waiting[0].id, at_ms=at_ms, by=case.actor.name, text=action.reason)
    if len(waiting) > 1:
        return case.event
    return replace(case.event, marks=case.event.marks & ~Mark.SUPERVISED)


def placard(case: Case, action: Action, at_ms: int) -> EventNow:
    """An event hangs on one placard at a time."""
    if hanging(supervision.placards(case.conn, case.event.id)) is not None:
        raise Refusal("action", action.action, "is not possible: it hangs on a placard already")
    due_ms = ahead(action, at_ms, days_max=PLACARD_DAYS_MAX)
    supervision.put_up(
        case.conn, case.event.id, action.kind, accountable=action.accountable, reason=action.reason, at_ms=at_ms,
        by=case.actor.name, issuer_id=case.actor.account_id, due_ms=due_ms,
    )  # fmt: skip
    return replace(case.event, marks=case.event.marks | Mark.PLACARDED)


def progress(case: Case, action: Action, at_ms: int) -> EventNow:
    """What was done this week."""
    hung = _hanging(case, action)
    supervision.tell_progress(case.conn, hung.id, at_ms=at_ms, by=case.actor.name, text=action.reason)
    return case.event


def lift(case: Case, action: Action, at_ms: int) -> EventNow:
    """Only whoever has put it up takes it down."""
    hung = _hanging(case, action)
    if hung.issuer_id != case.actor.account_id:
        raise Refusal("action", action.action, f"is for whoever has put it up: {hung.issued_by}")
    supervision.lift(case.conn, hung.id, at_ms=at_ms, reason=action.reason)
    return replace(case.event, marks=case.event.marks & ~Mark.PLACARDED)


def hanging(placards: list[Placard]) -> Placard | None:
    """The placard on which an event hangs."""
    return next((one for one in placards if one.lifted_ms is None), None)


def possible_now(action: str, event: EventNow) -> bool:
    """Whether a step of supervision has something to act on."""
    if action == "answer":
        return bool(event.marks & Mark.SUPERVISED)
    if action in ("lift", "progress"):
        return bool(event.marks & Mark.PLACARDED)
    return action != "placard" or (State(event.state) in OPEN and not event.marks & Mark.PLACARDED)


def _hanging(case: Case, action: Action) -> Placard:
    hung = hanging(supervision.placards(case.conn, case.event.id))
    if hung is None:
        raise Refusal("action", action.action, "finds no placard on this event")
    return hung
