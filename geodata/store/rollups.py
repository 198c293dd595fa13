"""Counts of the past: by hour, by class, closing rates; from roll-ups where an area is large, else from its events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import settings
from geodata.store.ancestry import Longs, prepare_areas
from geodata.store.lists import filled
from geodata.store.models import AreaMonthRow, AreaRow, AreaTotalRow, EventRow, RollupRow
from geodata.store.models_days import DayRow
from geodata.store.tallies import BY_DEADLINE, HOUR_MS, NO_CASE, TOTALS, Countables, count, countables, facts

MINUTE_MS = 60_000
REBUILD_BATCH = 200_000


class Closing(NamedTuple):
    """How cases fared. ``due…``: those whose deadline fell in the period; the rest: those that were ended in it."""

    due: int
    due_closed: int
    due_on_time: int
    ended: int
    closed: int
    on_time: int
    timed: int
    handling_s: int
    handled: int


NO_CLOSING = Closing(0, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Totals:
    """All-time counts of every area and all below it, as columns; an area without events may be missing."""

    area_id: Longs
    reported: Longs
    ended: Longs
    closed: Longs
    closed_on_time: Longs
    closed_late: Longs
    forced: Longs
    reopened: Longs
    to_reply: Longs


@dataclass(frozen=True, slots=True)
class Months:
    """Deadlines of one month of events placed directly at an area (sum over a subtree yourself), as columns."""

    area_id: Longs
    due: Longs
    due_closed: Longs
    due_on_time: Longs


def totals(conn: Connection, area_ids: Collection[int] | None = None) -> Totals:
    """AreaTotalRow as arrays: of all areas, or of these (up to ``IN_MAX``)."""
    asked = sa.select(*(getattr(AreaTotalRow, n) for n in ("area_id", *TOTALS)))
    if area_ids is not None:
        asked = asked.where(AreaTotalRow.area_id.in_(filled(area_ids)))
    return Totals(*_matrix(conn, asked))


def months(conn: Connection, month: int) -> Months:
    """One month (year × 12 + month − 1) of the city's calendar, deadlines later in that month included."""
    names = ("area_id", "due", "due_closed", "due_on_time")
    rows = _matrix(conn, sa.select(*(getattr(AreaMonthRow, n) for n in names)).where(AreaMonthRow.month == month))
    return Months(*rows)


def not_due_yet(conn: Connection, after_ms: int, before_ms: int) -> tuple[Longs, Longs]:
    """(area ids, how many) of open cases placed directly at an area whose deadline is still to come in (after, before).

    ``Months.due`` holds them: less these it is what was due up to now.
    """
    columns: list[Any] = [EventRow.area_id, sa.func.count()]
    asked = sa.select(*columns).group_by(EventRow.area_id)
    asked = asked.where(EventRow.ended_ms.is_(None), EventRow.deadline_ms > after_ms, EventRow.deadline_ms < before_ms)
    asked = asked.where(EventRow.state.not_in([s.value for s in NO_CASE]), sa.func.coalesce(EventRow.on_time, 0) != -1)
    area_id, n = _matrix(conn, asked)
    return area_id, n


def is_rolled(conn: Connection, area_id: int) -> bool:
    """Whether the area has hourly roll-ups."""
    return bool(conn.execute(sa.select(AreaTotalRow.rolled).where(AreaTotalRow.area_id == area_id)).scalar())


def hourly(conn: Connection, area_id: int, from_hour: int, to_hour: int) -> list[int]:
    """Events reported in the area and below, per epoch hour of [from_hour, to_hour)."""
    if is_rolled(conn, area_id):
        asked = sa.select(RollupRow.hour, sa.func.sum(RollupRow.reported)).group_by(RollupRow.hour)
        asked = asked.where(RollupRow.area_id == area_id, *_hours(from_hour, to_hour))
    else:
        hour = EventRow.reported_ms // HOUR_MS
        asked = sa.select(hour, sa.func.count()).group_by(hour)
        asked = asked.where(EventRow.area_id.in_(_below(area_id)), *_reported(from_hour, to_hour))
    counts = [0] * max(0, to_hour - from_hour)
    for h, n in conn.execute(asked):
        counts[int(h) - from_hour] = int(n)
    return counts


def by_minute(conn: Connection, area_id: int, from_minute: int, to_minute: int) -> list[int]:
    """Events reported in the area and below, per epoch minute of [from_minute, to_minute): counted, a day at most."""
    minute = EventRow.reported_ms // MINUTE_MS
    asked = sa.select(minute, sa.func.count()).group_by(minute)
    asked = asked.where(EventRow.reported_ms >= from_minute * MINUTE_MS, EventRow.reported_ms < to_minute * MINUTE_MS)
    # Whatever is on record is in the city: its areas would be asked one by one.
    if conn.execute(sa.select(AreaRow.parent_id).where(AreaRow.id == area_id)).scalar() is not None:
        asked = asked.where(EventRow.area_id.in_(_below(area_id)))
    at, n = _matrix(conn, asked)
    counts = np.zeros(max(0, to_minute - from_minute), np.int64)
    counts[at - from_minute] = n
    every: list[int] = counts.tolist()
    return every


def by_class(conn: Connection, area_id: int, from_hour: int, to_hour: int) -> dict[str, int]:
    """Events reported in the area and below in [from_hour, to_hour), by class; classes without any are left out."""
    if is_rolled(conn, area_id):
        asked = sa.select(RollupRow.class_code, sa.func.sum(RollupRow.reported)).group_by(RollupRow.class_code)
        asked = asked.where(RollupRow.area_id == area_id, *_hours(from_hour, to_hour))
    else:
        asked = sa.select(EventRow.class_code, sa.func.count()).group_by(EventRow.class_code)
        asked = asked.where(EventRow.area_id.in_(_below(area_id)), *_reported(from_hour, to_hour))
    return {code: int(n) for code, n in conn.execute(asked) if n}


def closing(conn: Connection, area_ids: Sequence[int], from_hour: int, to_hour: int) -> dict[int, Closing]:
    """How cases fared in [from_hour, to_hour), for each area with all below it."""
    rolled = set(
        conn.execute(
            sa.select(AreaTotalRow.area_id).where(AreaTotalRow.area_id.in_(filled(area_ids)), AreaTotalRow.rolled == 1)
        ).scalars()
    )
    asked = sa.select(RollupRow.area_id, *(sa.func.sum(getattr(RollupRow, n)) for n in Closing._fields))
    asked = asked.where(RollupRow.area_id.in_(filled(rolled)), *_hours(from_hour, to_hour)).group_by(RollupRow.area_id)
    found = {r[0]: Closing(*map(int, r[1:])) for r in conn.execute(asked)} if rolled else {}
    for area_id in area_ids:
        if area_id not in rolled:
            found[area_id] = _closing_of_events(conn, area_id, from_hour, to_hour)
    return {i: found.get(i, NO_CLOSING) for i in area_ids}


def rebuild(conn: Connection) -> None:
    """Count everything again from ``event``: after the areas, their parents or the time zone have changed."""
    for row in (RollupRow, AreaMonthRow, AreaTotalRow, DayRow):
        conn.execute(sa.delete(row))
    prepare_areas(conn)
    zone = settings.zone(conn)
    last = 0
    while True:
        asked = sa.select(EventRow.id, *COUNTED).where(EventRow.id > last).order_by(EventRow.id).limit(REBUILD_BATCH)
        rows = conn.execute(asked).all()
        if not rows:
            return
        last = rows[-1][0]
        count(conn, counted_rows([r[1:] for r in rows]), zone)


COUNTED = tuple(getattr(EventRow, f.name) for f in fields(Countables) if f.name != "sign")
"""The columns of an event that count, in the order of Countables."""


def _closing_of_events(conn: Connection, area_id: int, from_hour: int, to_hour: int) -> Closing:
    asked = sa.select(*COUNTED).where(
        EventRow.area_id.in_(_below(area_id)), EventRow.reported_ms < to_hour * HOUR_MS
    )
    rows = conn.execute(asked).all()
    if not rows:
        return NO_CLOSING
    columns = counted_rows([tuple(r) for r in rows])
    added = facts(columns)
    at_end = _inside(columns.ended_ms, from_hour, to_hour)
    at_deadline = _inside(columns.deadline_ms, from_hour, to_hour)
    sums = (added[n][at_deadline if n in BY_DEADLINE else at_end].sum() for n in Closing._fields)
    return Closing(*map(int, sums))


def _inside(ms: Longs, from_hour: int, to_hour: int) -> npt.NDArray[np.bool_]:
    return (ms >= from_hour * HOUR_MS) & (ms < to_hour * HOUR_MS)


def counted_rows(rows: Sequence[Sequence[Any]]) -> Countables:
    """From rows of ``COUNTED``."""
    columns = dict(zip((c.key for c in COUNTED), zip(*rows, strict=True), strict=True))
    return countables(columns, np.ones(len(rows), np.int64))


def _below(area_id: int) -> sa.Select[tuple[int]]:
    """The area and all below it."""
    tree = sa.select(AreaRow.id).where(AreaRow.id == area_id).cte("below", recursive=True)
    tree = tree.union_all(sa.select(AreaRow.id).join(tree, AreaRow.parent_id == tree.c.id))
    return sa.select(tree.c.id)


def _hours(from_hour: int, to_hour: int) -> tuple[sa.ColumnElement[bool], ...]:
    return RollupRow.hour >= from_hour, RollupRow.hour < to_hour


def _reported(from_hour: int, to_hour: int) -> tuple[sa.ColumnElement[bool], ...]:
    return EventRow.reported_ms >= from_hour * HOUR_MS, EventRow.reported_ms < to_hour * HOUR_MS


def _matrix(conn: Connection, asked: sa.Select[*tuple[Any, ...]]) -> list[Longs]:
    cursor = conn.execute(asked).cursor
    rows = cursor.fetchall() if cursor is not None else []
    width = len(asked.selected_columns)
    block = np.array(rows, np.int64).reshape(-1, width)
    return [block[:, k] for k in range(width)]
