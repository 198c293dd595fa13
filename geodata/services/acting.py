"""Acting on events: verify, dispatch, accept … close. What may follow what is the domain's table FOLLOWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from geodata.domain.clocks import deadline_ms
from geodata.domain.events import ENDED, FOLLOWS, State, Step
from geodata.services.actors import Actor
from geodata.services.admission import Admission, check_time
from geodata.services.desk import Desk
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.store import events, units
from geodata.store.engine import Connection
from geodata.store.events import EventNow
from geodata.store.journal import Journal

BACK_MS = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Action:
    """One action on one event, named by its code or by (source_system, source_id)."""

    action: str
    at_ms: int
    code: str = ""
    source_system: str = ""
    source_id: str = ""
    unit_code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Context:
    desk: Desk
    actor: Actor
    unit_ids: Mapping[str, int]
    now_ms: int


def act(
    desk: Desk, actor: Actor, submitted: Sequence[Submitted[Action]], *, feed: str, now_ms: int
) -> list[Outcome]:
    """Carry out actions in their order, in one transaction; outcomes stand in the same order.

    What the table forbids is refused with field, value and rule. A repeat of the last action is a duplicate.
    """
    with desk.store.begin() as conn:
        admission = Admission(feed, now_ms)
        found = _Found(conn, [s.item for s in submitted if isinstance(s.item, Action)])
        context = _Context(desk, actor, found.unit_ids, now_ms)
        journal = Journal(conn, now_ms)
        for one in submitted:
            item = one.item
            try:
                if isinstance(item, Refusal):
                    raise item
                old = found.event(item)
                new = _carried_out(context, old, item)
                if new is None:
                    admission.duplicate(old.code)
                    continue
                found.keep(journal.move(old, new, item.action, actor.name, item.reason))
                admission.accept(old.code, item.at_ms)
            except Refusal as refusal:
                admission.refuse(refusal, one.record)
        journal.write()
        admission.write(conn)
    return admission.outcomes


class _Found:
    """The events and units that a batch of actions names."""

    def __init__(self, conn: Connection, actions: Sequence[Action]) -> None:
        by_system: dict[str, list[str]] = {}
        for a in actions:
            if not a.code:
                by_system.setdefault(a.source_system, []).append(a.source_id)
        self._code_of = {
            (system, source_id): event
            for system, ids in by_system.items()
            for source_id, event in events.by_source_ids(conn, system, ids).items()
        }
        self._now = events.by_codes(conn, [a.code for a in actions if a.code])
        for event in self._code_of.values():
            self._now[event.code] = event
        self.unit_ids = {
            code: unit.id for code, unit in units.by_codes(conn, [a.unit_code for a in actions if a.unit_code]).items()
        }

    def event(self, action: Action) -> EventNow:
        """The event as it is after the actions before; Refusal for an unknown one."""
        if action.code:
            if action.code not in self._now:
                raise Refusal("code", action.code, "is not an event of this city")
            return self._now[action.code]
        first = self._code_of.get((action.source_system, action.source_id))
        if first is None:
            raise Refusal("source_id", action.source_id, f"was never reported by {action.source_system}")
        return self._now[first.code]

    def keep(self, event: EventNow) -> None:
        self._now[event.code] = event


def _carried_out(context: _Context, old: EventNow, item: Action) -> EventNow | None:
    """The event after the action; None when it is so already. Raises Refusal."""
    step = FOLLOWS.get(item.action)
    if step is None:
        raise Refusal("action", item.action, "is not known; known: " + ", ".join(FOLLOWS))
    check_time("at", item.at_ms, context.now_ms)
    if old.state == step.to and old.state_ms == item.at_ms:
        return None
    if State(old.state) not in step.after:
        raise Refusal("action", item.action, f"cannot follow the state {old.state}")
    if item.at_ms < old.state_ms - BACK_MS:
        raise Refusal("at", item.at_ms, f"lies before the step to {old.state}")
    o = context.desk.tree.ordinal_by_id.get(old.area_id, 0)
    if not context.actor.may_act_in(context.desk.tree, o):
        raise Refusal("area", context.desk.tree.areas[o].code, f"is beyond what {context.actor.name} may act in")
    unit_id = _needed(context, step, item)
    # Clocks of two machines differ by seconds: never before the step that it follows.
    at_ms = max(item.at_ms, old.state_ms)
    new = replace(old, state=step.to.value)
    if step.to != old.state:
        new = replace(new, state_ms=at_ms, ended_ms=at_ms if step.to in ENDED else None)
    effect = EFFECTS.get(item.action)
    return effect(context, old, new, at_ms, unit_id) if effect else new


def _needed(context: _Context, step: Step, item: Action) -> int | None:
    if step.needs_reason and not item.reason.strip():
        raise Refusal("reason", item.reason, f"is missing; {item.action} must say why")
    if item.unit_code and item.unit_code not in context.unit_ids:
        raise Refusal("unit", item.unit_code, "is not a unit of this city")
    if step.needs_unit and not item.unit_code:
        raise Refusal("unit", item.unit_code, f"is missing; {item.action} must name one")
    return context.unit_ids.get(item.unit_code)


Effect = Callable[[_Context, EventNow, EventNow, int, int | None], EventNow]


def _dispatched(_: _Context, old: EventNow, new: EventNow, at_ms: int, unit_id: int | None) -> EventNow:
    return replace(new, unit_id=unit_id, dispatched_ms=at_ms if old.dispatched_ms is None else old.dispatched_ms)


def _handled(_: _Context, _old: EventNow, new: EventNow, at_ms: int, _unit: int | None) -> EventNow:
    return replace(new, handled_ms=at_ms)


def _not_handled(_: _Context, _old: EventNow, new: EventNow, _at: int, _unit: int | None) -> EventNow:
    return replace(new, handled_ms=None)


def _without_unit(_: _Context, _old: EventNow, new: EventNow, _at: int, _unit: int | None) -> EventNow:
    return replace(new, unit_id=None)


def _clock_went_on(_: _Context, old: EventNow, new: EventNow, at_ms: int, _unit: int | None) -> EventNow:
    """The clock stood while the event was suspended: its deadline moves by that long."""
    if old.deadline_ms is None:
        return new
    return replace(new, unit_id=None, deadline_ms=old.deadline_ms + at_ms - old.state_ms)


def _new_clock(context: _Context, old: EventNow, new: EventNow, at_ms: int, _unit: int | None) -> EventNow:
    """A reopened event gets its limit again, and no judgement of its first end stays."""
    subtype = context.desk.catalogue.subtypes.get(old.subtype_code)
    limit = deadline_ms(at_ms, subtype.limit, subtype.limit_unit, context.desk.calendar) if subtype else None
    return replace(new, unit_id=None, handled_ms=None, on_time=None, deadline_ms=limit)


EFFECTS: Mapping[str, Effect] = MappingProxyType({
    "dispatch": _dispatched, "report_back": _handled, "rework": _not_handled, "return": _without_unit,
    "resume": _clock_went_on, "reopen": _new_clock,
})  # fmt: skip
