"""Pausing: a unit asks for more time 延期, the head of the centre suspends 挂账; both leave a line that stays."""

from __future__ import annotations

from dataclasses import replace

from geodata.domain.events import EXTENSIONS_MAX, Mark, State
from geodata.domain.roles import SECOND_EXTENSION
from geodata.services.actors import Actor
from geodata.services.case import Action, Case, ahead
from geodata.services.outcomes import Refusal
from geodata.services.tasking import signed
from geodata.store import pauses
from geodata.store.events import EventNow
from geodata.store.pauses import Extension

EXTENSION_DAYS_MAX, REVIEW_DAYS_MAX = 60, 366


def ask_extend(case: Case, action: Action, at_ms: int) -> EventNow:
    """One request at a time, at most two that were granted, for a later deadline than there is."""
    signed(case, action)
    asked = pauses.extensions(case.conn, case.event.id)
    if pending(asked) is not None:
        raise Refusal("action", action.action, "was asked already; nobody has decided yet")
    if granted(asked) >= EXTENSIONS_MAX:
        raise Refusal("action", action.action, f"is not possible: it was extended {EXTENSIONS_MAX} times")
    until_ms = ahead(action, at_ms, days_max=EXTENSION_DAYS_MAX)
    if case.event.deadline_ms is None or until_ms <= case.event.deadline_ms:
        raise Refusal("until", until_ms, "is not later than the deadline there is")
    pauses.ask(
        case.conn, case.event.id, at_ms=at_ms, by=case.actor.name, reason=action.reason, until_ms=until_ms
    )
    return case.event


def grant_extend(case: Case, action: Action, at_ms: int) -> EventNow:
    """The deadline moves to what was asked for."""
    asked = _to_decide(case, action)
    if case.event.deadline_ms is not None and asked.until_ms <= case.event.deadline_ms:
        raise Refusal("until", asked.until_ms, "is not later than the deadline there is now; refuse it")
    pauses.decide(case.conn, asked.id, at_ms=at_ms, by=case.actor.name, granted=True)
    return replace(case.event, deadline_ms=asked.until_ms, marks=case.event.marks | Mark.EXTENDED)


def refuse_extend(case: Case, action: Action, at_ms: int) -> EventNow:
    """The deadline stays."""
    asked = _to_decide(case, action)
    pauses.decide(case.conn, asked.id, at_ms=at_ms, by=case.actor.name, granted=False)
    return case.event


def suspend(case: Case, action: Action, at_ms: int) -> EventNow:
    """The clock stops until it is looked at again; its units are let go."""
    review_ms = ahead(action, at_ms, days_max=REVIEW_DAYS_MAX)
    pauses.suspend(
        case.conn, case.event.id, at_ms=at_ms, by=case.actor.name, reason=action.reason, review_ms=review_ms
    )
    case.tasks.withdraw(case.event, at_ms)
    return replace(case.entered(State.SUSPENDED, at_ms), marks=case.event.marks | Mark.SUSPENDED)


def resume(case: Case, _: Action, at_ms: int) -> EventNow:
    """It waits for its dispatch again."""
    return replace(clock_goes_on(case, case.entered(State.TO_DISPATCH, at_ms)), unit_id=None)


def clock_goes_on(case: Case, new: EventNow) -> EventNow:
    """What left a suspension, by whichever step: its line in the ledger ends, its clock goes on where it stood."""
    old = case.event
    if old.state != State.SUSPENDED:
        return new
    stood_ms = new.state_ms - old.state_ms
    pauses.go_on(case.conn, old.id, new.state_ms)
    begun_ms = old.reported_ms if old.clock_ms is None else old.clock_ms
    return replace(
        new, stood_ms=old.stood_ms + stood_ms, clock_ms=begun_ms + stood_ms,
        paused_ms=old.paused_ms + (stood_ms if old.dispatched_ms is not None else 0),
        deadline_ms=None if old.deadline_ms is None else old.deadline_ms + stood_ms,
    )  # fmt: skip


def pending(asked: list[Extension]) -> Extension | None:
    """The request on which nobody has decided."""
    return next((one for one in asked if one.granted is None), None)


def granted(asked: list[Extension]) -> int:
    """How often the event was extended."""
    return sum(1 for one in asked if one.granted)


def possible_now(action: str, actor: Actor, asked: list[Extension]) -> bool:
    """Whether a step about an extension has something to act on, for this actor."""
    if action == "ask_extend":
        return pending(asked) is None and granted(asked) < EXTENSIONS_MAX
    if action in ("grant_extend", "refuse_extend"):
        return pending(asked) is not None and (not granted(asked) or bool(actor.roles & SECOND_EXTENSION))
    return True


def _to_decide(case: Case, action: Action) -> Extension:
    asked = pauses.extensions(case.conn, case.event.id)
    waiting = pending(asked)
    if waiting is None:
        raise Refusal("action", action.action, "finds no request")
    if granted(asked) and not case.actor.roles & SECOND_EXTENSION:
        raise Refusal("action", action.action, "is for the head of the centre: it is the second extension")
    return waiting
