"""Acting on events: verify, dispatch, accept … close. What may follow what is the domain's table FOLLOWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from geodata.domain.clocks import deadline_ms
from geodata.domain.events import AT_WORK, ENDED, FOLLOWS, KINDS, Mark, Need, State, Step, marks_of
from geodata.domain.roles import OTHER_UNIT, OWN_UNIT
from geodata.domain.traces import Trace
from geodata.services import alerting, merging, pausing, replying, supervising, tasking
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.admission import Admission, check_time
from geodata.services.auditing import Audit
from geodata.services.case import Action, Case, Tasks
from geodata.services.desk import Desk
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.services.tasking import BACK_MS, is_handler, ready
from geodata.store import events, pauses, receipts, units
from geodata.store.engine import Connection
from geodata.store.events import EventNow
from geodata.store.journal import Journal
from geodata.store.pauses import Extension
from geodata.store.tasks import TaskNow


@dataclass(frozen=True, slots=True)
class _Context:
    desk: Desk
    actor: Actor
    found: _Found
    now_ms: int


def act(
    desk: Desk, actor: Actor, submitted: Sequence[Submitted[Action]], *, feed: str, now_ms: int,
    audit: Audit | None = None, keep_refused: bool = True,
) -> list[Outcome]:
    """Carry out actions in their order, in one transaction; outcomes stand in the same order.

    What the table forbids is refused with field, value and rule. A repeat of the last action is a duplicate.
    ``audit``: where each step is written down besides the change log (for people). ``keep_refused``: whether what is
    refused waits in the quarantine; who stands before a screen is told at once and needs none.
    """
    if not actor.acts:
        raise NotAllowedError(actor, "act")
    with desk.store.begin() as conn:
        admission = Admission(feed, now_ms, actor.account_id)
        found = _Found(conn, desk, actor, [s.item for s in submitted if isinstance(s.item, Action)])
        context = _Context(desk, actor, found, now_ms)
        journal = Journal(conn, now_ms)
        moved: dict[int, EventNow] = {}
        joint: dict[int, EventNow] = {}
        for one in submitted:
            item = one.item
            try:
                if isinstance(item, Refusal):
                    raise item
                if item.receipt and (known := receipts.subject(conn, actor.account_id, item.receipt)) is not None:
                    admission.duplicate(known)
                    continue
                old = found.event(item)
                taken = _carried_out(conn, context, old, item)
                if not taken:
                    admission.duplicate(old.code)
                    continue
                for was, now in taken:
                    moved[was.id] = journal.move(was, now, item.action, actor.name, item.reason)
                    found.keep(moved[was.id])
                    if audit is not None:
                        area = desk.tree.areas[desk.tree.ordinal_by_id.get(was.area_id, 0)].code
                        audit.record(conn, actor, item.action, f"event:{was.code}", at_ms=now_ms, area=area,
                                     old=found.told(was), new=found.told(now) | carried(item),
                                     covers=[journal.last])  # fmt: skip
                if item.joint and item.action == "dispatch":
                    joint[old.id] = moved[old.id]
                if item.receipt:
                    receipts.keep(conn, actor.account_id, item.receipt, old.code, now_ms)
                admission.accept(old.code, item.at_ms)
            except Refusal as refusal:
                if keep_refused:
                    admission.refuse(refusal, one.record, one.key)
                else:
                    admission.drop(refusal)
        journal.write()
        alerting.answer(conn, list(moved.values()), actor.name, now_ms)
        alerting.tell_joint(conn, desk, list(joint.values()), actor.name, now_ms)
        admission.write(conn)
    return admission.outcomes


class _Found:
    """The events and units that a batch of actions names. Those beyond the actor's reach are as unknown as any."""

    def __init__(self, conn: Connection, desk: Desk, actor: Actor, actions: Sequence[Action]) -> None:
        self._conn, self._desk, self._actor = conn, desk, actor
        by_system: dict[str, list[str]] = {}
        for a in actions:
            if not a.code:
                by_system.setdefault(a.source_system, []).append(a.source_id)
        self._code_of = {
            (system, source_id): event
            for system, ids in by_system.items()
            for source_id, event in events.by_source_ids(conn, system, ids).items()
        }
        self._now = events.by_codes(conn, [c for a in actions for c in (a.code, a.into) if c])
        for event in self._code_of.values():
            self._now[event.code] = event
        called = units.by_codes(conn, [c for a in actions for c in (a.unit_code, *a.assists) if c])
        self.unit_ids = {code: unit.id for code, unit in called.items() if self._reached(unit.home_area_id)}
        own = units.by_codes(conn, [actor.unit_code]) if actor.unit_code else {}
        self.own_unit_id = own[actor.unit_code].id if actor.unit_code in own else None
        self.tasks = Tasks(conn, [event.id for event in self._now.values()])

    def event(self, action: Action) -> EventNow:
        """The event as it is after the actions before; Refusal for an unknown one."""
        first = self._code_of.get((action.source_system, action.source_id))
        event = self._now.get(action.code or (first.code if first else ""))
        if event is not None and self._reached(event.area_id):
            return event
        if action.code:
            raise Refusal("code", action.code, "is not an event of this city")
        raise Refusal("source_id", action.source_id, f"was never reported by {action.source_system}")

    def other(self, code: str) -> EventNow | None:
        """Another event that an action names."""
        event = self._now.get(code)
        return event if event is not None and self._reached(event.area_id) else None

    def parts(self, event: EventNow) -> list[EventNow]:
        """Whatever was merged into an event, or into that, as it is after the actions before."""

        def merged(event_ids: Sequence[int]) -> list[EventNow]:
            kept = {e.id: self._now.get(e.code, e) for e in events.merged_into(self._conn, event_ids)}
            kept |= {e.id: e for e in self._now.values() if e.merged_into in event_ids}
            return list(kept.values())

        return replying.parts_of([event.id], merged)[event.id]

    def asking(self, event: EventNow) -> list[EventNow]:
        """Those parts of an event whose reporters wait, and whom the actor reaches."""
        return [part for part in self.parts(event) if replying.waits(part) and self._reached(part.area_id)]

    def told(self, event: EventNow) -> dict[str, object]:
        """What of an event a step may change, as somebody can read it."""
        sent = units.by_ids(self._conn, [event.unit_id]) if event.unit_id is not None else []
        values = {name: getattr(event, name) for name in ("state", "deadline_ms", "handled_ms", "ended_ms")}
        return values | {"unit": sent[0].code if sent else None, "marks": marks_of(event.marks)}

    def _reached(self, area_id: int) -> bool:
        tree = self._desk.tree
        return self._actor.reaches(tree, tree.ordinal_by_id.get(area_id, 0))

    def keep(self, event: EventNow) -> None:
        self._now[event.code] = event


def carried(item: Action) -> dict[str, object]:
    """What an action carries, as the audit tells it."""
    told: dict[str, object] = {
        "reason": item.reason, "until_ms": item.until_ms, "into": item.into, "accountable": item.accountable,
        KIND_OF.get(item.action, "kind"): item.kind, "assists": list(item.assists),
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def _carried_out(
    conn: Connection, context: _Context, old: EventNow, item: Action
) -> list[tuple[EventNow, EventNow]]:
    """The event before and after the action, and whatever else it moved on; nothing when it is so already.

    Raises Refusal, before anything was written.
    """
    step = FOLLOWS.get(item.action)
    if step is None:
        raise Refusal("action", item.action, "is not known; known: " + ", ".join(FOLLOWS))
    found = context.found
    if rule := forbidden(context.actor, old, item.action, found.own_unit_id, found.tasks.of(old)):
        raise Refusal("action", item.action, rule)
    if item.rev is not None and item.rev != old.rev:
        raise Refusal("rev", item.rev, f"is not the event's revision any more: it is {old.rev}")
    check_time("at", item.at_ms, context.now_ms)
    if State(old.state) not in step.after:
        if not item.receipt and old.state == step.to and old.state_ms == item.at_ms:
            return []
        raise Refusal("action", item.action, f"cannot follow the state {old.state}")
    # A unit's step follows what the same unit did before (``tasking``), whatever others did meanwhile.
    of_unit = item.action in OWN_UNIT
    if step.to is not None and not of_unit and item.at_ms < old.state_ms - BACK_MS:
        raise Refusal("at", item.at_ms, f"lies before the step to {old.state}")
    _check_needs(step, item, found.unit_ids)
    # Clocks of two machines differ by seconds: never before the step that it follows.
    at_ms = item.at_ms if of_unit else max(item.at_ms, old.state_ms)
    parts = found.asking(old) if item.action == "reply" else []
    case = Case(
        conn, context.desk, context.actor, old, found.tasks, found.unit_ids, found.own_unit_id, found.other,
        len(parts),
    )  # fmt: skip
    new = EFFECTS.get(item.action, _stepped)(case, item, at_ms)
    if new is None:
        return []
    if State(old.state) in AT_WORK and State(new.state) not in AT_WORK:
        pauses.lapse(conn, old.id, new.state_ms)
    answered = [(part, replying.replied(case, part, item, at_ms)) for part in parts]
    return [(old, new), *answered, *(_ended_again(found, old, new) if old.marks & Mark.REOPENED else ())]


def _ended_again(found: _Found, old: EventNow, new: EventNow) -> list[tuple[EventNow, EventNow]]:
    """What was merged into an event that had been reopened: its reporters were told of an end that was none."""
    if State(old.state) in ENDED or State(new.state) not in ENDED:
        return []
    told = [(part, replying.waits_again(part)) for part in found.parts(new)]
    return [(was, now) for was, now in told if was != now]


def _stepped(case: Case, item: Action, at_ms: int) -> EventNow:
    """A step that does nothing but lead to the state of its row."""
    to = FOLLOWS[item.action].to
    assert to is not None, f"{item.action} leads nowhere and has no effect"
    return case.entered(to, at_ms)


def forbidden(
    actor: Actor, event: EventNow, action: str, own_unit_id: int | None, tasks_of_event: Sequence[TaskNow]
) -> str:
    """The rule by which the actor may not take this step of this event; "" where it may."""
    if action not in actor.acts:
        return f"is not for {actor.name}: see the table of roles"
    if actor.is_unit_member and action in OWN_UNIT and not _open_of(tasks_of_event, own_unit_id):
        return "is for the event's own unit"
    if actor.is_unit_member and action in OTHER_UNIT and is_handler(list(tasks_of_event), event, own_unit_id):
        return "is not for its handler"
    return ""


def possible(
    conn: Connection, desk: Desk, actor: Actor, found: Sequence[EventNow], own_unit_id: int | None
) -> dict[int, list[str]]:
    """The steps that the actor may take now with each of these events, by its id, in the order of FOLLOWS."""

    def reaches(event: EventNow) -> bool:
        return actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(event.area_id, 0))

    reached = [e for e in found if reaches(e)]
    ids = [e.id for e in reached]
    known, asked = Tasks(conn, ids), pauses.extensions_of(conn, ids)
    ended = [e.id for e in reached if State(e.state) in ENDED]
    parts = replying.parts_of(ended, partial(events.merged_into, conn))
    waiting = {
        e.id for e in reached
        if replying.waits(e) or any(replying.waits(p) and reaches(p) for p in parts.get(e.id, ()))
    }  # fmt: skip
    return {e.id: [] for e in found} | {
        e.id: [
            action for action in _possible(actor, e, own_unit_id, known.of(e), asked[e.id])
            if action != "reply" or e.id in waiting
        ] for e in reached
    }  # fmt: skip


def _possible(
    actor: Actor, event: EventNow, own_unit_id: int | None, known: Sequence[TaskNow], asked: list[Extension]
) -> list[str]:
    return [
        action for action, step in FOLLOWS.items()
        if State(event.state) in step.after and not forbidden(actor, event, action, own_unit_id, known)
        and (not actor.is_unit_member or action not in OWN_UNIT or ready(action, _open_of(known, own_unit_id)))
        and supervising.possible_now(action, event) and pausing.possible_now(action, actor, asked)
    ]  # fmt: skip


def _open_of(tasks_of_event: Sequence[TaskNow], unit_id: int | None) -> TaskNow | None:
    """The open task of a unit."""
    return next((t for t in tasks_of_event if t.unit_id == unit_id and t.ended_ms is None), None)


def _check_needs(step: Step, item: Action, unit_ids: Mapping[str, int]) -> None:
    """Refusal where the action lacks what its row of the table says it must carry."""
    told: Mapping[Need, object] = {
        Need.REASON: item.reason.strip(), Need.UNIT: item.unit_code, Need.UNTIL: item.until_ms, Need.INTO: item.into,
        Need.KIND: item.kind, Need.ACCOUNTABLE: item.accountable.strip(),
    }  # fmt: skip
    for need in Need:
        if need in step.needs and not told[need]:
            raise Refusal(need.value, told[need], f"is missing; {item.action} must {MUST[need]}")
    if item.kind and item.kind not in KINDS.get(item.action, ()):
        allowed = ", ".join(KINDS.get(item.action, ())) or "none"
        raise Refusal("kind", item.kind, f"is not a kind of {item.action}; allowed: {allowed}")
    if item.unit_code and item.unit_code not in unit_ids:
        raise Refusal("unit", item.unit_code, "is not a unit of this city")


MUST: Mapping[Need, str] = MappingProxyType({
    Need.REASON: "say why", Need.UNIT: "name one", Need.UNTIL: "say until when", Need.INTO: "name the other event",
    Need.KIND: "say which kind", Need.ACCOUNTABLE: "name the post that answers for it",
})  # fmt: skip
KIND_OF: Mapping[str, str] = MappingProxyType({"supervise": "order_kind", "placard": "placard_level"})
"""What the kind of an action is called in the audit."""


def _ended(state: State) -> Effect:
    """An end that lets the units go and closes what was open in the ledger."""

    def effect(case: Case, _: Action, at_ms: int) -> EventNow:
        case.tasks.withdraw(case.event, at_ms)
        return pausing.clock_goes_on(case, case.entered(state, at_ms))

    return effect


def _reworked(case: Case, item: Action, at_ms: int) -> EventNow:
    gone_on = tasking.rework(case, item, at_ms)
    return replace(gone_on, marks=gone_on.marks | Mark.REWORKED, traces=gone_on.traces | Trace.CHECKED)


def _reopened(case: Case, _: Action, at_ms: int) -> EventNow:
    """A reopened event gets its limit again, and no judgement of its first end stays; it is answered when it ends."""
    subtype = case.desk.catalogue.subtypes.get(case.event.subtype_code)
    limit = deadline_ms(at_ms, subtype.limit, subtype.limit_unit, case.desk.calendar) if subtype else None
    new = case.entered(State.REOPENED, at_ms)
    marks = new.marks & ~Mark.TO_REPLY | Mark.REOPENED
    return replace(
        new, unit_id=None, handled_ms=None, on_time=None, deadline_ms=limit, clock_ms=at_ms, marks=marks
    )


Effect = Callable[[Case, Action, int], EventNow | None]
EFFECTS: Mapping[str, Effect] = MappingProxyType({
    "dispatch": tasking.dispatch, "accept": tasking.accept, "arrive": tasking.arrive,
    "report_back": tasking.report_back, "return": tasking.give_back, "confirm_return": tasking.confirm_return,
    "refuse_return": tasking.refuse_return, "rework": _reworked,
    "ask_extend": pausing.ask_extend, "grant_extend": pausing.grant_extend, "refuse_extend": pausing.refuse_extend,
    "suspend": pausing.suspend, "resume": pausing.resume,
    "force_close": _ended(State.FORCED_CLOSED), "void": _ended(State.VOID), "merge": merging.merge,
    "reopen": _reopened, "supervise": supervising.supervise, "answer": supervising.answer,
    "placard": supervising.placard, "progress": supervising.progress, "lift": supervising.lift,
    "reply": replying.reply,
})  # fmt: skip
"""What a step does besides leading to the state of its row. Each checks everything before it writes anything."""
