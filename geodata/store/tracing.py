"""Tracing: what events that come with their whole past have been through, and which came again at the same place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.events import Mark, State
from geodata.domain.repeats import CELLS_PER_DEGREE, NOWHERE, WITHIN_MS, place_of, places, repeated
from geodata.domain.traces import LEFT_BY, LEVEL_MAX, LEVEL_SHIFT, Trace
from geodata.store import bulk
from geodata.store.ancestry import Bools, Longs
from geodata.store.bulk import NONE
from geodata.store.models import AreaRow, EventRow, UnitRow, table

Floats = npt.NDArray[np.float64]


class Past(Protocol):
    """Columns of events with the states they left, as ``history.EventHistory`` has them."""

    @property
    def state(self) -> Sequence[str]: ...
    @property
    def subtype_code(self) -> Sequence[str]: ...
    @property
    def lon(self) -> Floats: ...
    @property
    def lat(self) -> Floats: ...
    @property
    def on_pile(self) -> Longs: ...
    @property
    def area_id(self) -> Longs: ...
    @property
    def unit_id(self) -> Longs: ...
    @property
    def reported_ms(self) -> Longs: ...
    @property
    def dispatched_ms(self) -> Longs: ...
    @property
    def left_event(self) -> Longs: ...
    @property
    def left_rev(self) -> Longs: ...
    @property
    def left_from_ms(self) -> Longs: ...
    @property
    def left_to_ms(self) -> Longs: ...
    @property
    def left_state(self) -> Sequence[str]: ...


class Traced(NamedTuple):
    """Bits of marks, of traces, and how long the clock stood after the first dispatch, of n events."""

    marks: Longs
    traces: Longs
    paused_ms: Longs


def of_history(conn: Connection, rows: Past) -> Traced:
    """What the states that they left and stand in say; levels by their units; repeats also of what the store holds."""
    n = len(rows.state)
    order = np.lexsort((rows.left_rev, rows.left_event))
    event, state = rows.left_event[order], np.asarray(rows.left_state, object)[order]
    last = np.ones(len(event), np.bool_)
    last[:-1] = event[1:] != event[:-1]
    then = np.where(last, np.asarray(rows.state, object)[event], np.roll(state, -1)) if len(event) else state
    traces, marks = _bits(np.asarray(rows.state, object)), np.zeros(n, np.int64)
    np.bitwise_or.at(traces, event, _bits(state))
    returned = (state == State.RETURNED) & (then == State.TO_DISPATCH)
    np.bitwise_or.at(traces, event, np.where(returned, Trace.RETURNED, 0))
    failed = np.isin(state, [State.HANDLED, State.TO_CHECK]) & (then == State.HANDLING)
    np.bitwise_or.at(marks, event, np.where(failed, Mark.REWORKED, 0))
    np.bitwise_or.at(traces, event, np.where(failed, Trace.CHECKED, 0))
    traces |= np.where(rows.dispatched_ms != NONE, int(Trace.REGISTERED), 0)
    traces |= _levels(conn, rows.unit_id) << LEVEL_SHIFT
    traces |= np.where(_again(conn, rows), int(Trace.REPEATED), 0)
    begun = rows.left_from_ms[order]
    stood = (state == State.SUSPENDED) & (rows.dispatched_ms[event] != NONE) & (begun >= rows.dispatched_ms[event])
    paused = np.zeros(n, np.int64)
    np.add.at(paused, event[stood], (rows.left_to_ms[order] - begun)[stood])
    return Traced(marks, traces, paused)


def _bits(states: npt.NDArray[Any]) -> Longs:
    codes, names = pd.factorize(states)
    bits = np.array([int(LEFT_BY.get(State(name), 0)) for name in names], np.int64)
    return bits[codes] if len(names) else np.zeros(len(states), np.int64)


def _levels(conn: Connection, unit_id: Longs) -> Longs:
    """One more than the depth at which each unit is at home; 0 for none."""
    if not (unit_id != NONE).any():
        return np.zeros(len(unit_id), np.int64)
    homes = sa.select(UnitRow.id, AreaRow.depth).join(AreaRow, AreaRow.id == UnitRow.home_area_id)
    level = {int(i): min(int(depth), LEVEL_MAX) + 1 for i, depth in conn.execute(homes)}
    return np.array([level.get(i, 0) for i in unit_id.tolist()], np.int64)


def depth_of(conn: Connection, unit_id: int) -> int | None:
    """The depth at which a unit is at home."""
    home = sa.select(AreaRow.depth).join(UnitRow, AreaRow.id == UnitRow.home_area_id).where(UnitRow.id == unit_id)
    depth: int | None = conn.execute(home).scalar()
    return depth


_PLACED = (EventRow.subtype_code, EventRow.area_id, EventRow.lon, EventRow.lat, EventRow.reported_ms)


def _again(conn: Connection, rows: Past) -> Bools:
    """Which of new events repeat one of the store or one of each other."""
    low, high = int(rows.reported_ms.min()) - WITHIN_MS, int(rows.reported_ms.max())
    earlier = sa.select(*_PLACED).where(EventRow.reported_ms >= low, EventRow.reported_ms <= high)
    held = _rows(conn, earlier.where(EventRow.lon.is_not(None), EventRow.on_pile == 0))
    mine = (rows.subtype_code, rows.area_id, np.where(rows.on_pile != 0, np.nan, rows.lon), rows.lat, rows.reported_ms)
    both = [[*old, *np.asarray(new, object)] for old, new in zip(held, mine, strict=True)]
    return _repeats(conn, both)[len(held[0]) :]


def _rows(conn: Connection, asked: sa.Select[*tuple[Any, ...]]) -> list[list[Any]]:
    cursor = conn.execute(asked).cursor
    rows = cursor.fetchall() if cursor is not None else []
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in asked.selected_columns]


def _repeats(conn: Connection, columns: Sequence[Sequence[Any]]) -> Bools:
    subtype, area, lon, lat, reported = columns
    parents = np.array(conn.execute(sa.select(AreaRow.parent_id).distinct()).scalars().all(), object)
    above = np.array([p for p in parents if p is not None], np.int64)
    area_id = np.array(area, np.int64)
    place = places(np.array(lon, np.float64), np.array(lat, np.float64))
    kind = pd.factorize(np.asarray(subtype, object))[0].astype(np.int64)
    return repeated(kind, area_id, np.where(np.isin(area_id, above), NOWHERE, place), np.array(reported, np.int64))


def came_before(conn: Connection, subtype: str, area_id: int, lon: float, lat: float, reported_ms: int) -> bool:
    """Whether the store holds an event of this kind in the same square of an area of the lowest level, up to 30 days
    older."""
    place = place_of(lon, lat)
    margin = 1 / CELLS_PER_DEGREE
    near = (
        EventRow.area_id == area_id, EventRow.reported_ms >= reported_ms - WITHIN_MS,
        EventRow.reported_ms <= reported_ms, EventRow.subtype_code == subtype, EventRow.on_pile == 0,
        EventRow.lon.between(lon - margin, lon + margin), EventRow.lat.between(lat - margin, lat + margin),
    )  # fmt: skip
    points = _rows(conn, sa.select(EventRow.lon, EventRow.lat).where(*near))
    return bool((places(np.array(points[0], np.float64), np.array(points[1], np.float64)) == place).any())


def retrace(conn: Connection) -> None:
    """Find the repeats of the whole history again, and the levels of what has none."""
    ids, *columns = _rows(conn, sa.select(EventRow.id, *_PLACED, EventRow.on_pile, EventRow.traces, EventRow.unit_id))
    if not ids:
        return
    subtype, area, lon, lat, reported, on_pile, traces, unit = columns
    place = np.where(np.array(on_pile) != 0, np.nan, np.array(lon, np.float64))
    old = np.array(traces, np.int64)
    again = np.where(_repeats(conn, [subtype, area, place.tolist(), lat, reported]), int(Trace.REPEATED), 0)
    levels = _levels(conn, np.array([NONE if u is None else u for u in unit], np.int64)) << LEVEL_SHIFT
    new = (old & ~int(Trace.REPEATED)) | again | np.where(old >> LEVEL_SHIFT & 7, 0, levels)
    changed = np.flatnonzero(new != old)
    bulk.update(conn, table(EventRow), "id", {"id": np.array(ids, np.int64)[changed], "traces": new[changed]})
