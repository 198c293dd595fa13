"""Events as they are now: the row a reader gets, and how to find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.events import Mark
from geodata.domain.traces import Trace
from geodata.store.lists import parts
from geodata.store.models import EventRow

NUL = "\x00"
"""PostgreSQL refuses it in any text, so no code holds one."""


@dataclass(frozen=True, slots=True)
class EventNow:
    """The current state of an event: the columns of EventRow, in their order. Times in epoch ms."""

    id: int
    code: str
    source: str
    source_system: str
    source_id: str
    subtype_code: str
    class_code: str
    urgency: int
    description: str
    lon: float | None
    lat: float | None
    on_pile: int
    area_id: int
    state: str
    rev: int
    reported_ms: int
    state_ms: int
    dispatched_ms: int | None
    handled_ms: int | None
    ended_ms: int | None
    deadline_ms: int | None
    on_time: int | None
    unit_id: int | None
    last_seq: int
    marks: int = 0
    stage_ms: int | None = None
    stood_ms: int = 0
    merged_into: int | None = None
    clock_ms: int | None = None
    traces: int = 0
    paused_ms: int = 0
    since_ms: int | None = None


EVENT_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(EventNow))
_COLUMNS = tuple(getattr(EventRow, name) for name in EVENT_FIELDS)
_NOW = sa.select(*_COLUMNS)


def marked(mark: Mark) -> sa.ColumnElement[bool]:
    """The condition of the events that carry a mark."""
    return EventRow.marks.bitwise_and(int(mark)) != 0


def traced(trace: Trace) -> sa.ColumnElement[bool]:
    """The condition of the events that carry a trace."""
    return EventRow.traces.bitwise_and(int(trace)) != 0


def open_events(conn: Connection) -> Sequence[tuple[object, ...]]:
    """Every event that has not ended, as plain tuples in the order of EVENT_FIELDS."""
    return _tuples(conn, _NOW.where(EventRow.ended_ms.is_(None)))


def ended_since(conn: Connection, from_ms: int) -> Sequence[tuple[object, ...]]:
    """Every event that ended at or after a moment (e.g. today's midnight), in the order of EVENT_FIELDS."""
    return _tuples(conn, _NOW.where(EventRow.ended_ms >= from_ms))


def reported_since(conn: Connection, from_ms: int) -> Sequence[tuple[object, ...]]:
    """Every event reported at or after a moment, open or ended, in the order of EVENT_FIELDS."""
    return _tuples(conn, _NOW.where(EventRow.reported_ms >= from_ms))


def first_reported(conn: Connection) -> int | None:
    """When the first event of all was reported, epoch ms."""
    first: int | None = conn.execute(sa.select(sa.func.min(EventRow.reported_ms))).scalar()
    return first


def held_since(conn: Connection, from_ms: int) -> Sequence[tuple[object, ...]]:
    """Every event that is open, or was reported or ended at or after a moment, in the order of EVENT_FIELDS."""
    since = (EventRow.ended_ms >= from_ms) | (EventRow.reported_ms >= from_ms)
    return _tuples(conn, _NOW.where(EventRow.ended_ms.is_(None) | since))


def by_ids(conn: Connection, ids: Sequence[int]) -> list[EventNow]:
    """The events with these ids, in no particular order; unknown ids are left out."""
    found: list[EventNow] = []
    for some in parts(ids):
        rows = conn.execute(_NOW.where(EventRow.id.in_(some)))
        found += [EventNow(*row) for row in rows]
    return found


def by_code(conn: Connection, code: str) -> EventNow | None:
    """One event by its code."""
    if NUL in code:
        return None
    row = conn.execute(_NOW.where(EventRow.code == code)).first()
    return EventNow(*row) if row else None


def by_codes(conn: Connection, codes: Sequence[str]) -> dict[str, EventNow]:
    """The events with these codes, by code."""
    found: dict[str, EventNow] = {}
    for some in parts(codes):
        rows = conn.execute(_NOW.where(EventRow.code.in_(some)))
        found |= {row.code: EventNow(*row) for row in rows}
    return found


def by_source_ids(conn: Connection, source_system: str, source_ids: Sequence[str]) -> dict[str, EventNow]:
    """The events that one system reported under these ids, by source id."""
    found: dict[str, EventNow] = {}
    for some in parts(source_ids):
        rows = conn.execute(
            _NOW.where(EventRow.source_system == source_system, EventRow.source_id.in_(some))
        )
        found |= {row.source_id: EventNow(*row) for row in rows}
    return found


def merged_into(conn: Connection, event_ids: Sequence[int]) -> list[EventNow]:
    """The events that were merged into these, oldest first of each five hundred."""
    found: list[EventNow] = []
    for some in parts(event_ids):
        its = _NOW.where(EventRow.merged_into.in_(some)).order_by(EventRow.id)
        found += [EventNow(*row) for row in conn.execute(its)]
    return found


def page(
    conn: Connection, *, area_ids: Sequence[int] | None, states: Sequence[str], after_id: int, limit: int
) -> list[EventNow]:
    """Events of some areas (None: all) in some states (empty: all), by ascending id after ``after_id``."""
    asked = _NOW.where(EventRow.id > after_id).order_by(EventRow.id).limit(limit)
    if states:
        asked = asked.where(EventRow.state.in_(states))
    if area_ids is None:
        return [EventNow(*row) for row in conn.execute(asked)]
    found: list[EventNow] = []
    for some in parts(area_ids):
        found += [EventNow(*row) for row in conn.execute(asked.where(EventRow.area_id.in_(some)))]
    return sorted(found, key=lambda e: e.id)[:limit]


def of_unit(conn: Connection, unit_id: int) -> list[EventNow]:
    """The open events that a unit was sent to, by ascending id."""
    # Both databases use the index of open events only where the condition is there word for word.
    its = _NOW.where(EventRow.unit_id == unit_id, sa.text("ended_ms IS NULL"))
    return [EventNow(*row) for row in conn.execute(its.order_by(EventRow.id))]


def waiting(conn: Connection, area_ids: Sequence[int], states: Sequence[str], limit: int) -> list[EventNow]:
    """Open events of some areas in some states, those that wait longest first."""
    found: list[EventNow] = []
    for some in parts(area_ids):
        here = (EventRow.area_id.in_(some), sa.text("ended_ms IS NULL"), EventRow.state.in_(states))
        asked = _NOW.where(*here).order_by(EventRow.state_ms).limit(limit)
        found += [EventNow(*row) for row in conn.execute(asked)]
    return sorted(found, key=lambda e: e.state_ms)[:limit]


def busiest_units(conn: Connection, states: Sequence[str]) -> list[int]:
    """The units (by id) with open events in some states, those with most of them first."""
    asked = sa.select(EventRow.unit_id).where(EventRow.unit_id.is_not(None), sa.text("ended_ms IS NULL"))
    asked = asked.where(EventRow.state.in_(states)).group_by(EventRow.unit_id)
    return [row.unit_id for row in conn.execute(asked.order_by(sa.func.count().desc(), EventRow.unit_id))]


def search_code(conn: Connection, prefix: str, limit: int, after: str = "") -> list[EventNow]:
    """Events whose code begins with ``prefix``, in the order of their codes, after this one."""
    if not prefix or NUL in prefix:
        return []
    # A range instead of LIKE: it uses the index on both databases and gives % and _ no meaning.
    end = prefix + "\U0010ffff"
    within = (EventRow.code >= prefix, EventRow.code > after, EventRow.code < end)
    rows = conn.execute(_NOW.where(*within).order_by(EventRow.code).limit(limit))
    return [EventNow(*row) for row in rows]


def records_span(conn: Connection) -> tuple[int | None, int | None]:
    """(first, last) time of report in epoch ms; (None, None) without events."""
    low = conn.execute(sa.select(sa.func.min(EventRow.reported_ms))).scalar()
    high = conn.execute(sa.select(sa.func.max(EventRow.reported_ms))).scalar()
    return low, high


def _tuples(conn: Connection, statement: sa.Select[tuple[object, ...]]) -> Sequence[tuple[object, ...]]:
    # The driver's own tuples: SQLAlchemy's rows would double the time of a start.
    cursor = conn.execute(statement).cursor
    rows: Sequence[tuple[object, ...]] = cursor.fetchall() if cursor is not None else []
    return rows
