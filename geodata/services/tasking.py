"""Tasking: units are sent, sign for it 签收, arrive 到场, report back 反馈, or give it back 回退.

One unit leads and any number assist. The event moves on when the leading one has signed for it, and when all of them
have reported back.
"""

from __future__ import annotations

from dataclasses import replace

from geodata.domain.events import State
from geodata.domain.field import PhotoStage
from geodata.domain.stages import arrival_ends_ms
from geodata.domain.traces import Trace, sent_from
from geodata.services.case import Action, Case
from geodata.services.outcomes import Refusal
from geodata.store import photos, tasks
from geodata.store.events import EventNow
from geodata.store.tasks import TaskNow
from geodata.store.tracing import depth_of

ASSISTS_MAX = 12
BACK_MS = 5 * 60_000


def dispatch(case: Case, action: Action, at_ms: int) -> EventNow:
    """A leading unit and its assistants are sent. Refusal for a unit that has something to do, unless confirmed."""
    if len(action.assists) > ASSISTS_MAX:
        raise Refusal("assists", len(action.assists), f"are too many; at most {ASSISTS_MAX} units assist")
    codes = [action.unit_code, *action.assists]
    if len(set(codes)) < len(codes):
        raise Refusal("assists", ", ".join(action.assists), "name a unit twice")
    ids = [case.unit(code) for code in codes]
    if not action.confirmed:
        # Not what it has to do: that may lie beyond the actor's reach.
        busy = tasks.busy(case.conn, ids, {case.event.id, *case.tasks.sent_off})
        for code, unit_id in zip(codes, ids, strict=True):
            if unit_id in busy:
                raise Refusal("confirmed", code, "already has something to do; confirm to send it all the same")
    case.tasks.withdraw(case.event, at_ms)
    case.tasks.send(case.event, ids, at_ms)
    first = at_ms if case.event.dispatched_ms is None else case.event.dispatched_ms
    return replace(_sent(case, ids[0], at_ms), dispatched_ms=first)


def _sent(case: Case, unit_id: int, at_ms: int) -> EventNow:
    """The event with its leading unit, and the level from which that one comes."""
    new = case.entered(State.DISPATCHED, at_ms)
    return replace(new, unit_id=unit_id, traces=sent_from(new.traces, depth_of(case.conn, unit_id)))


def accept(case: Case, action: Action, at_ms: int) -> EventNow | None:
    """The unit signs for it: only now the dispatch counts as delivered."""
    task = _task(case, action)
    at_ms = _after(task.sent_ms, at_ms, "it was sent")
    if task.accepted_ms is not None:
        return _only_again(task.accepted_ms, at_ms, "accept", "was signed for already")
    case.tasks.keep(replace(task, accepted_ms=at_ms))
    if not task.lead:
        return case.event
    stage_ms = arrival_ends_ms(case.event.urgency, task.sent_ms, case.desk.calendar)
    return replace(case.entered(State.HANDLING, at_ms), stage_ms=stage_ms)


def arrive(case: Case, action: Action, at_ms: int) -> EventNow | None:
    """The unit is on scene."""
    task = signed(case, action)
    at_ms = _after(_last(task), at_ms, "it was signed for") if task.arrived_ms is None else at_ms
    if task.arrived_ms is not None:
        return _only_again(task.arrived_ms, at_ms, "arrive", "was told already")
    case.tasks.keep(replace(task, arrived_ms=at_ms))
    return replace(case.event, stage_ms=None) if task.lead else case.event


def report_back(case: Case, action: Action, at_ms: int) -> EventNow | None:
    """The unit has done its part; the event is handled when all have."""
    task = signed(case, action)
    at_ms = _after(_last(task), at_ms, "the step before it")
    _check_shown(case, action, task)
    case.tasks.keep(replace(task, ended_ms=at_ms, ended="done"))
    return _after_one(case, at_ms)


def _check_shown(case: Case, action: Action, task: TaskNow) -> None:
    """Whoever works for a unit reports back with a photo of after, or says why there is none. A system need not."""
    if not case.actor.is_unit_member or action.reason.strip():
        return
    taken = photos.of_events(case.conn, [case.event.id])[case.event.id]
    # Since it was signed for or sent back for rework: by the phone's clock, which stamped the signing, too, or by ours.
    since = task.accepted_ms or task.sent_ms
    if not any(p.stage == PhotoStage.AFTER and max(p.at_ms, p.received_ms) >= since for p in taken):
        raise Refusal("photo", "", "is missing; report_back needs a photo of after, or a reason why there is none")


def give_back(case: Case, action: Action, at_ms: int) -> EventNow:
    """The unit says why it is not its own: of the leading one the shift leader decides, an assistant is let go."""
    task = _task(case, action)
    at_ms = _after(_last(task), at_ms, "the step before it")
    case.tasks.keep(replace(task, ended_ms=at_ms, ended="returned"))
    if not task.lead:
        return _after_one(case, at_ms)
    return replace(case.entered(State.RETURNED, at_ms), unit_id=None)


def confirm_return(case: Case, _: Action, at_ms: int) -> EventNow:
    """Another unit has to go."""
    case.tasks.withdraw(case.event, at_ms)
    new = case.entered(State.TO_DISPATCH, at_ms)
    return replace(new, traces=new.traces | Trace.RETURNED)


def refuse_return(case: Case, _: Action, at_ms: int) -> EventNow:
    """It is the unit's own after all: it is sent again."""
    returned = [task for task in case.tasks.of(case.event) if task.lead and task.ended == "returned"]
    if not returned:
        raise Refusal("action", "refuse_return", "names nobody: it is not known which unit gave it back")
    unit_id = returned[-1].unit_id
    case.tasks.keep(TaskNow(0, case.event.id, unit_id, 1, at_ms))
    return _sent(case, unit_id, at_ms)


def rework(case: Case, _: Action, at_ms: int) -> EventNow:
    """The check failed: the leading unit goes on, on the first clock."""
    if case.event.unit_id is not None:
        case.tasks.keep(TaskNow(0, case.event.id, case.event.unit_id, 1, at_ms, accepted_ms=at_ms))
    return replace(case.entered(State.HANDLING, at_ms), handled_ms=None)


def is_handler(tasks_of_event: list[TaskNow], event: EventNow, unit_id: int | None) -> bool:
    """Whether a unit works or has worked on the event."""
    return unit_id is not None and (
        event.unit_id == unit_id
        or any(t.unit_id == unit_id and (t.ended != "withdrawn" or t.accepted_ms is not None) for t in tasks_of_event)
    )


def ready(action: str, task: TaskNow | None) -> bool:
    """Whether the unit with this open task may take a step of its own now."""
    if task is None:
        return False
    if action == "accept":
        return task.accepted_ms is None
    if action == "return":
        return True
    return task.accepted_ms is not None and not (action == "arrive" and task.arrived_ms is not None)


def _after_one(case: Case, at_ms: int) -> EventNow:
    """The event when one of its tasks has ended: handled when it was the last of them."""
    others = case.tasks.open(case.event)
    led = any(task.lead and task.ended == "done" for task in case.tasks.of(case.event))
    if others or not led:
        return case.event
    handled = case.entered(State.HANDLED, at_ms)
    return replace(handled, handled_ms=handled.state_ms)


def _last(task: TaskNow) -> int:
    """When the unit did the last thing of this task."""
    return max(ms for ms in (task.sent_ms, task.accepted_ms, task.arrived_ms) if ms is not None)


def _after(before_ms: int, at_ms: int, what: str) -> int:
    """The moment of a unit's step: of clocks that differ by seconds never before the one it follows. Refusal else."""
    if at_ms < before_ms - BACK_MS:
        raise Refusal("at", at_ms, f"lies before {what}")
    return max(at_ms, before_ms)


def _task(case: Case, action: Action) -> TaskNow:
    """The open task of the unit that acts: the actor's own, the one that is named, else the leading one."""
    opened = case.tasks.open(case.event)
    if case.actor.is_unit_member and case.own_unit_id is not None:
        mine = [task for task in opened if task.unit_id == case.own_unit_id]
    elif action.unit_code:
        mine = [task for task in opened if task.unit_id == case.unit(action.unit_code)]
    else:
        mine = [task for task in opened if task.lead] or opened[:1]
    if not mine:
        raise Refusal("action", action.action, "finds no open task of the unit")
    return mine[0]


def signed(case: Case, action: Action) -> TaskNow:
    """The open task of the unit that acts, which it has signed for. Refusal without one."""
    task = _task(case, action)
    if task.accepted_ms is None:
        raise Refusal("action", action.action, f"cannot follow the state {case.event.state}: nobody has signed for it")
    return task


def _only_again(told_ms: int, at_ms: int, action: str, rule: str) -> EventNow | None:
    """None for the very same step once more; Refusal for another one."""
    if told_ms != at_ms:
        raise Refusal("action", action, rule)
    return None
