"""What stood at a moment of the past: open events, supervision orders and placards. Deadlines are those that the store
holds now; a later extension moves them for the past, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.events import OPEN
from geodata.store.lists import IN_MAX, filled
from geodata.store.models import EventRow, IntervalRow
from geodata.store.models_loop import OrderRow, PlacardRow

_OPEN = [state.value for state in OPEN]


class Stood(NamedTuple):
    """An event that was open: in which state since when, where it counts (as in the roll-ups of what was reported and
    closed: where it stands now), and what its deadline is. ``still``: it has not ended since. ``on_time`` as in
    EventRow."""

    event_id: int
    state: str
    from_ms: int
    area_id: int
    deadline_ms: int | None
    on_time: int | None
    still: bool


def open_at(conn: Connection, at_ms: int, area_ids: Sequence[int] | None = None) -> list[Stood]:
    """Every event that was open just before a moment, each once: at the end of a day nothing of the next one has
    happened. ``area_ids``: some areas only; where there are many of them the whole city is read, and the caller
    chooses."""
    row, told = IntervalRow, (EventRow.deadline_ms, EventRow.on_time, EventRow.ended_ms.is_(None))
    few = filled(area_ids) if area_ids is not None and len(area_ids) <= IN_MAX else None
    found: list[Stood] = []
    last = conn.execute(sa.select(sa.func.max(row.span))).scalar()
    for span in range(0 if last is None else last + 1):
        asked = sa.select(row.event_id, row.state, row.from_ms, EventRow.area_id, *told).where(
            row.span == span, row.from_ms >= at_ms - (1000 << span), row.from_ms < at_ms, row.to_ms >= at_ms,
            row.state.in_(_OPEN), EventRow.id == row.event_id,
        )  # fmt: skip
        found += _stood(conn, asked if few is None else asked.where(EventRow.area_id.in_(few)))
    now = sa.select(EventRow.id, EventRow.state, EventRow.state_ms, EventRow.area_id, *told).where(
        sa.text("ended_ms IS NULL"), EventRow.state_ms < at_ms
    )
    return found + _stood(conn, now if few is None else now.where(EventRow.area_id.in_(few)))


def _stood(conn: Connection, asked: sa.Select[*tuple[Any, ...]]) -> list[Stood]:
    return [Stood(r[0], r[1], r[2], r[3], r[4], r[5], bool(r[6])) for r in conn.execute(asked)]


class Supervision(NamedTuple):
    """An order or a placard: of which event, where; ``ended_ms``: answered, or lifted."""

    kind: str
    number: str
    issued_ms: int
    due_ms: int
    ended_ms: int | None
    event_id: int
    code: str
    subtype_code: str
    area_id: int


_OF_EVENT = (EventRow.id, EventRow.code, EventRow.subtype_code, EventRow.area_id)


def orders_between(conn: Connection, low_ms: int, high_ms: int) -> list[Supervision]:
    """Supervision orders that stood at any moment of [low, high), oldest first."""
    o = OrderRow
    asked = sa.select(o.kind, sa.literal(""), o.issued_ms, o.due_ms, o.answered_ms, *_OF_EVENT)
    asked = asked.where(o.issued_ms < high_ms, sa.or_(o.answered_ms.is_(None), o.answered_ms >= low_ms))
    return [Supervision(*r) for r in conn.execute(asked.where(EventRow.id == o.event_id).order_by(o.id))]


def placards_between(conn: Connection, low_ms: int, high_ms: int) -> list[Supervision]:
    """Placards that hung at any moment of [low, high), oldest first."""
    p = PlacardRow
    asked = sa.select(p.level, p.number, p.issued_ms, p.due_ms, p.lifted_ms, *_OF_EVENT)
    asked = asked.where(p.issued_ms < high_ms, sa.or_(p.lifted_ms.is_(None), p.lifted_ms >= low_ms))
    return [Supervision(*r) for r in conn.execute(asked.where(EventRow.id == p.event_id).order_by(p.id))]
