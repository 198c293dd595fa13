"""Case: one event in a batch of actions, the action on it, and everything that a step may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from geodata.domain import traces
from geodata.domain.events import ASKING, AT_WORK, ENDED, Mark, State
from geodata.domain.stages import stage_ends_ms
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.outcomes import Refusal
from geodata.store import tasks
from geodata.store.engine import Connection
from geodata.store.events import EventNow
from geodata.store.tasks import TaskNow


@dataclass(frozen=True, slots=True)
class Action:
    """One action on one event, named by its code or by (source_system, source_id). Times in epoch ms.

    ``rev``: the revision of the event on which the action was decided; None where it does not matter.
    ``until_ms``: the deadline that is asked for, the day on which a suspension is looked at again, the day by which an
    order is answered. ``into``: the event of which this one is a duplicate. ``kind``: of ``events.KINDS``.
    ``receipt``: the sender's own name of this delivery, by which a repeat of it is known however much happened since.
    ``assists``: units that are sent besides the leading one. ``confirmed``: a unit that has something to do is sent all
    the same. ``joint``: a dispatch by the city's plan, which tells others, too.
    """

    action: str
    at_ms: int
    code: str = ""
    source_system: str = ""
    source_id: str = ""
    unit_code: str = ""
    reason: str = ""
    rev: int | None = None
    until_ms: int | None = None
    into: str = ""
    kind: str = ""
    accountable: str = ""
    assists: tuple[str, ...] = ()
    confirmed: bool = False
    joint: bool = False
    receipt: str = ""


class Tasks:
    """The tasks of the events of a batch, read once and kept up while the batch goes on.

    ``sent_off``: the events (by id) to which this batch has sent units: who sends one unit to several of them at once
    has seen it.
    """

    def __init__(self, conn: Connection, event_ids: list[int]) -> None:
        self._conn = conn
        self.sent_off: set[int] = set()
        self._of: dict[int, list[TaskNow]] = {}
        for task in tasks.of_events(conn, event_ids):
            self._of.setdefault(task.event_id, []).append(task)

    def of(self, event: EventNow) -> list[TaskNow]:
        """All tasks of an event, oldest first; that of the unit it names also where it was never written."""
        known = self._of.get(event.id, [])
        return known + unwritten(event, known)

    def open(self, event: EventNow) -> list[TaskNow]:
        """Those that have not ended."""
        return [task for task in self.of(event) if task.ended_ms is None]

    def keep(self, task: TaskNow) -> None:
        """Write a task as it is now."""
        kept = tasks.keep(self._conn, task)
        others = [other for other in self._of.get(task.event_id, []) if other.id != kept.id]
        self._of[task.event_id] = sorted([*others, kept], key=lambda one: one.id)

    def send(self, event: EventNow, unit_ids: list[int], at_ms: int) -> None:
        """New tasks for these units, the first of which leads."""
        self.sent_off.add(event.id)
        for n, unit_id in enumerate(unit_ids):
            self.keep(TaskNow(0, event.id, unit_id, int(n == 0), at_ms))

    def withdraw(self, event: EventNow, at_ms: int) -> None:
        """Whatever is open ends without having been done."""
        for task in self.open(event):
            self.keep(replace(task, ended_ms=at_ms, ended="withdrawn"))


def unwritten(event: EventNow, known: list[TaskNow]) -> list[TaskNow]:
    """The leading task of an event at work that names a unit and has no open leading task."""
    at_work = event.state in AT_WORK
    if event.unit_id is None or not at_work or any(task.lead and task.ended_ms is None for task in known):
        return []
    if any(task.lead and task.ended == "done" and task.unit_id == event.unit_id for task in known):
        return []
    return [tasks.leading_task(event.id, event.unit_id, event.state, event.state_ms, event.dispatched_ms)]


@dataclass(frozen=True, slots=True)
class Case:
    """``event`` is as it was before the action. ``units``: those that the batch names, by code, if the actor reaches
    them. ``other`` finds another event by its code. ``asking``: how many of what was merged into it wait for a reply
    that the actor may write."""

    conn: Connection
    desk: Desk
    actor: Actor
    event: EventNow
    tasks: Tasks
    units: Mapping[str, int]
    own_unit_id: int | None
    other: Callable[[str], EventNow | None]
    asking: int = 0

    def entered(self, state: State, at_ms: int) -> EventNow:
        """The event as it stands in a state from now on, with the clock of that stage; at an end its reporter waits."""
        old = self.event
        if state == old.state:
            return old
        at_ms = max(at_ms, old.state_ms)
        stage_ms = stage_ends_ms(state, old.urgency, at_ms, self.desk.calendar)
        ended = state in ENDED
        marks = old.marks | Mark.TO_REPLY if ended and old.source in ASKING else old.marks
        return replace(
            old, state=state.value, state_ms=at_ms, ended_ms=at_ms if ended else None, stage_ms=stage_ms, marks=marks,
            traces=traces.entered(old.traces, state),
        )

    def unit(self, code: str) -> int:
        """The id of a unit that the action names. Refusal where there is none."""
        if code not in self.units:
            raise Refusal("unit", code, "is not a unit of this city")
        return self.units[code]


def ahead(action: Action, at_ms: int, *, days_max: int) -> int:
    """Until when, for an action that must say so. Refusal where that is not after the action, or too far away."""
    if action.until_ms is None or action.until_ms <= at_ms:
        raise Refusal("until", action.until_ms, f"is not later than {action.action} itself")
    if action.until_ms > at_ms + days_max * 86_400_000:
        raise Refusal("until", action.until_ms, f"lies more than {days_max} days ahead")
    return action.until_ms
