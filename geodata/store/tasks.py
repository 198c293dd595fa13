"""Tasks: which unit was sent to which event, when it signed for it, arrived, and ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.events import AT_WORK
from geodata.store import rows
from geodata.store.lists import filled, parts
from geodata.store.models import ChangeRow, EventRow, UnitRow
from geodata.store.models_loop import TaskRow

WORK = [state.value for state in AT_WORK]


@dataclass(frozen=True, slots=True)
class TaskNow:
    """A task as it is: the columns of TaskRow, in their order. ``id`` 0: it is not written yet."""

    id: int
    event_id: int
    unit_id: int
    lead: int
    sent_ms: int
    accepted_ms: int | None = None
    arrived_ms: int | None = None
    ended_ms: int | None = None
    ended: str = ""


_FIELDS = tuple(f.name for f in fields(TaskNow))
_NOW = sa.select(*(getattr(TaskRow, name) for name in _FIELDS))


def of_events(conn: Connection, event_ids: Sequence[int]) -> list[TaskNow]:
    """All tasks of these events, oldest first."""
    found: list[TaskNow] = []
    for some in parts(event_ids):
        asked = _NOW.where(TaskRow.event_id.in_(some)).order_by(TaskRow.id)
        found += [TaskNow(*row) for row in conn.execute(asked)]
    return found


def open_of_unit(conn: Connection, unit_id: int) -> list[TaskNow]:
    """What a unit has to do, oldest first; an event that names it and has no leading task yet is one, too."""
    # The literals are what lets both databases use the index of open tasks and that of open events.
    its = _NOW.where(TaskRow.unit_id == unit_id, sa.text("task.ended_ms IS NULL")).order_by(TaskRow.id)
    leading = sa.select(EventRow.id, EventRow.state, EventRow.state_ms, EventRow.dispatched_ms).where(
        EventRow.unit_id == unit_id, sa.text("event.ended_ms IS NULL"), *_UNWRITTEN
    )
    return [TaskNow(*row) for row in conn.execute(its)] + [
        leading_task(e.id, unit_id, e.state, e.state_ms, e.dispatched_ms) for e in conn.execute(leading)
    ]


_LED = (
    sa.select(TaskRow.id)
    .where(TaskRow.event_id == EventRow.id, TaskRow.lead == 1, TaskRow.unit_id == EventRow.unit_id,
           TaskRow.ended_ms.is_(None) | (TaskRow.ended == "done"))
    .exists()
)  # fmt: skip
_UNWRITTEN = (EventRow.state.in_(WORK), ~_LED)
"""Events at work whose unit has no leading task (an import, an older version): it is still to do, and not done."""


def leading_task(event_id: int, unit_id: int, state: str, state_ms: int, dispatched_ms: int | None) -> TaskNow:
    """The task of the unit that an event names, where none was written (an import, an older version)."""
    return TaskNow(0, event_id, unit_id, 1, dispatched_ms or state_ms, state_ms if state == "handling" else None)


def touched(conn: Connection, after_seq: int, upto_seq: int) -> frozenset[str]:
    """The codes of the units that these changes are about: that have, had or lead an event, or changed themselves."""
    lately = ChangeRow.seq.between(after_seq + 1, upto_seq)
    of_events = sa.select(ChangeRow.subject_id).where(lately, ChangeRow.kind == "event")
    its: sa.CompoundSelect[Any] = sa.union(
        sa.select(TaskRow.unit_id).where(TaskRow.event_id.in_(of_events)),
        sa.select(EventRow.unit_id).where(EventRow.id.in_(of_events)),
        sa.select(ChangeRow.subject_id).where(lately, ChangeRow.kind == "unit"),
    )
    return frozenset(conn.execute(sa.select(UnitRow.code).where(UnitRow.id.in_(its))).scalars())


def busy(conn: Connection, unit_ids: Collection[int], but_events: Collection[int]) -> frozenset[int]:
    """Those of these units that have something to do elsewhere than in ``but_events``."""
    if not unit_ids:
        return frozenset()
    its, but = filled(unit_ids), filled(but_events)
    open_tasks = sa.select(TaskRow.unit_id).where(
        TaskRow.unit_id.in_(its), sa.text("task.ended_ms IS NULL"), TaskRow.event_id.not_in(but)
    )
    leading = sa.select(EventRow.unit_id).where(
        EventRow.unit_id.in_(its), sa.text("event.ended_ms IS NULL"), EventRow.id.not_in(but), *_UNWRITTEN
    )
    return frozenset(unit for asked in (open_tasks, leading) for (unit,) in conn.execute(asked) if unit is not None)


def keep(conn: Connection, task: TaskNow) -> TaskNow:
    """Write a task: a new one where it has no number yet."""
    values = {name: getattr(task, name) for name in _FIELDS if name != "id"}
    if task.id:
        rows.change(conn, TaskRow, task.id, values)
        return task
    number = rows.add(conn, TaskRow, values)
    return TaskNow(number, **values)
