"""What was: every version of events and units that was known at some moment of a span, as columns."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.events import ENDED
from geodata.store import settings
from geodata.store.ancestry import Longs
from geodata.store.lists import parts
from geodata.store.models import REWRITES, ChangeRow, EventRow, IntervalRow, UnitRow
from geodata.store.models_past import UnitVersionRow, VersionRow
from geodata.store.versions import spans

NONE = -(1 << 60)
"""No value, in every column of whole numbers."""
FOR_EVER = 1 << 60
BLOCK = 4_000
BREATH_S = 0.002
"""After each block a reader lets others have the processor: a day is read beside the frames of the hall."""
Floats = npt.NDArray[np.float64]
Fix = tuple[int, int, float, float, int | None]
"""(unit, epoch ms, lon, lat, area or None)"""
_ENDED = [state.value for state in ENDED]


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of events, n rows: each as it was known from ``from_ms`` up to before ``to_ms`` (FOR_EVER: still).

    Whole numbers without a value are NONE, coordinates NaN. ``areas`` are ids.
    """

    id: Longs
    rev: Longs
    area_id: Longs
    urgency: Longs
    on_pile: Longs
    reported_ms: Longs
    state_ms: Longs
    dispatched_ms: Longs
    handled_ms: Longs
    ended_ms: Longs
    deadline_ms: Longs
    on_time: Longs
    unit_id: Longs
    marks: Longs
    stage_ms: Longs
    clock_ms: Longs
    paused_ms: Longs
    from_ms: Longs
    to_ms: Longs
    lon: Floats
    lat: Floats
    code: Sequence[str]
    state: Sequence[str]
    source: Sequence[str]
    class_code: Sequence[str]
    subtype_code: Sequence[str]


@dataclass(frozen=True, slots=True)
class UnitVersions:
    """Versions of units, n rows, as ``Versions``; where they were stands in their tracks."""

    unit_id: Longs
    rev: Longs
    from_ms: Longs
    to_ms: Longs
    status_ms: Longs
    signed_on_ms: Longs
    home_area_id: Longs
    status: Sequence[str]


NUMBERS = tuple(f.name for f in fields(Versions))[:19]
PLACES = ("lon", "lat")
TEXTS = tuple(f.name for f in fields(Versions))[21:]
UNIT_NUMBERS = tuple(f.name for f in fields(UnitVersions))[:7]


def _or_none(column: Any) -> Any:
    return sa.func.coalesce(column, NONE)


def _row(of: dict[str, Any]) -> list[Any]:
    """The columns of a version in their order; what is not in ``of`` is the event's own and never changes."""
    return [of[name] if name in of else getattr(EventRow, name) for name in (*NUMBERS, *PLACES, *TEXTS)]


def _nullable(row: Any) -> dict[str, Any]:
    names = (
        "dispatched_ms", "handled_ms", "ended_ms", "deadline_ms", "on_time", "unit_id", "stage_ms", "clock_ms",
    )  # fmt: skip
    return {name: _or_none(getattr(row, name)) for name in names}


_SINCE = sa.func.coalesce(EventRow.since_ms, EventRow.state_ms)
_NOW = _row({**_nullable(EventRow), "from_ms": _SINCE, "to_ms": sa.literal(FOR_EVER)})
_WHOLE = _row({
    **_nullable(VersionRow), **{name: getattr(VersionRow, name) for name in (
        "rev", "area_id", "state", "state_ms", "marks", "paused_ms", "from_ms", "to_ms",
    )},
})  # fmt: skip


def _then(moment: Any) -> Any:
    """A moment of an event's life, where the state that was left began at or after it."""
    return sa.case((moment <= IntervalRow.from_ms, moment), else_=NONE)


_IMPORTED = _row({
    # Of what came with its past only the states that it left are known; the rest follows from its moments.
    "rev": IntervalRow.rev, "area_id": IntervalRow.area_id, "state": IntervalRow.state,
    "state_ms": IntervalRow.from_ms, "from_ms": IntervalRow.from_ms, "to_ms": IntervalRow.to_ms,
    "dispatched_ms": _then(EventRow.dispatched_ms), "handled_ms": _then(EventRow.handled_ms),
    "ended_ms": sa.case((IntervalRow.state.in_(_ENDED), IntervalRow.from_ms), else_=NONE),
    "deadline_ms": _or_none(EventRow.deadline_ms),
    "on_time": sa.case((EventRow.state.in_(_ENDED), NONE), else_=_or_none(EventRow.on_time)),
    "unit_id": sa.case((EventRow.dispatched_ms <= IntervalRow.from_ms, _or_none(EventRow.unit_id)), else_=NONE),
    "paused_ms": sa.case((EventRow.handled_ms <= IntervalRow.from_ms, EventRow.paused_ms), else_=0),
    "marks": sa.literal(0), "stage_ms": sa.literal(NONE), "clock_ms": sa.literal(NONE),
})  # fmt: skip


def versions_in(conn: Connection, from_ms: int, to_ms: int) -> Versions:
    """The versions known at some moment of [from, to) that "now" needs then: of events that were open, or reported or
    ended in it, and of all whose version changed in it.
    """
    ms = {"low": from_ms, "end": to_ms}
    rows: list[tuple[Any, ...]] = []
    for row, columns, its in (
        (VersionRow, _WHOLE, VersionRow.event_id), (IntervalRow, _IMPORTED, IntervalRow.event_id),
    ):  # fmt: skip
        ended = row.state.in_(_ENDED)
        told = EventRow.ended_ms if row is IntervalRow else VersionRow.ended_ms
        wanted = sa.or_(
            ~ended, row.to_ms <= ms["end"], row.from_ms >= ms["low"], told >= ms["low"],
            EventRow.reported_ms >= ms["low"],
        )  # fmt: skip
        for span in spans(conn, row):
            asked = sa.select(*columns).select_from(row).join(EventRow, EventRow.id == its)
            asked = asked.where(row.span == span, row.from_ms > from_ms - (1000 << span), row.from_ms < to_ms,
                                row.to_ms > from_ms, wanted)  # fmt: skip
            if row is IntervalRow:
                asked = asked.where(IntervalRow.in_full == 0)
            rows += _fetched(conn, asked)
    lately = sa.or_(
        sa.text("event.ended_ms IS NULL"), EventRow.ended_ms.between(from_ms, to_ms - 1),
        EventRow.reported_ms.between(from_ms, to_ms - 1),
    )  # fmt: skip
    now = list(_fetched(conn, sa.select(*_NOW).where(lately, to_ms > _SINCE)))
    there = {row[0] for row in now}
    # An old event that was answered or reopened meanwhile is known by what it left.
    left = sorted({row[0] for row in rows} - there)
    for some in parts(left):
        these = EventRow.id.in_(some), from_ms <= _SINCE, to_ms > _SINCE
        now += _fetched(conn, sa.select(*_NOW).where(*these))
    return _versions([*rows, *now])


def versions_since(conn: Connection, ids: Collection[int], after_ms: int, left_by: Collection[int] = ()) -> Versions:
    """The versions of these events that began after a moment, and of those in ``left_by`` what they left after it."""
    rows: list[tuple[Any, ...]] = []
    wanted, leaving = frozenset(ids), sorted(left_by)
    joined = sa.select(*_WHOLE).select_from(VersionRow).join(EventRow, EventRow.id == VersionRow.event_id)
    for span in spans(conn, VersionRow):
        asked = joined.where(VersionRow.span == span)
        rows += [r for r in _fetched(conn, asked.where(VersionRow.from_ms > after_ms)) if r[0] in wanted]
        earlier = VersionRow.from_ms.between(after_ms - (1000 << span) + 1, after_ms), VersionRow.to_ms > after_ms
        for some in parts(leaving):
            rows += _fetched(conn, asked.where(*earlier, VersionRow.event_id.in_(some)))
    listed = sorted(wanted)
    for some in parts(listed):
        rows += _fetched(conn, sa.select(*_NOW).where(EventRow.id.in_(some), after_ms < _SINCE))
    return _versions(rows)


def units_in(conn: Connection, from_ms: int, to_ms: int, *, begun: bool = False) -> UnitVersions:
    """Every version of every unit that was known at some moment of [from, to); ``begun``: that began after ``from``."""
    row, rows = UnitVersionRow, list[tuple[Any, ...]]()
    names = (*UNIT_NUMBERS, "status")
    for span in spans(conn, row):
        asked = sa.select(*(getattr(row, name) for name in names))
        low = from_ms - (0 if begun else 1000 << span)
        rows += _fetched(conn, asked.where(
            row.span == span, row.from_ms > low, row.from_ms < to_ms, row.to_ms > from_ms
        ))  # fmt: skip
    since = sa.func.coalesce(UnitRow.since_ms, UnitRow.status_ms)
    now: dict[str, Any] = {"unit_id": UnitRow.id, "from_ms": since, "to_ms": sa.literal(FOR_EVER)}
    columns: list[Any] = [now[name] if name in now else getattr(UnitRow, name) for name in names]
    rows += _fetched(conn, sa.select(*columns).where(since < to_ms, since > from_ms if begun else sa.true()))
    told: dict[str, Any] = dict(zip(names, _zipped(rows, len(names)), strict=True))
    for name in UNIT_NUMBERS:
        told[name] = np.array(told[name], np.int64)
    return UnitVersions(**told)


def units_since(conn: Connection) -> int | None:
    """From when on it is known what units did; None without units."""
    moments: list[int] = []
    for span in spans(conn, UnitVersionRow):
        first = sa.select(sa.func.min(UnitVersionRow.from_ms)).where(UnitVersionRow.span == span)
        moments += [ms for ms in [conn.execute(first).scalar()] if ms is not None]
    now = conn.execute(sa.select(sa.func.min(sa.func.coalesce(UnitRow.since_ms, UnitRow.status_ms)))).scalar()
    return min([*moments, *([now] if now is not None else [])], default=None)


LAST_FIX = {
    "sqlite": "SELECT t.unit_id, t.fix_ms, t.lon, t.lat, t.area_id FROM json_each(?) u CROSS JOIN track t "
    "WHERE t.unit_id = u.value AND t.fix_ms = (SELECT max(fix_ms) FROM track WHERE unit_id = u.value AND fix_ms <= ?)",
    "postgresql": "SELECT t.unit_id, t.fix_ms, t.lon, t.lat, t.area_id FROM unnest(%s::int[]) u(id) CROSS JOIN LATERAL "
    "(SELECT * FROM track WHERE unit_id = u.id AND fix_ms <= %s ORDER BY fix_ms DESC LIMIT 1) t",
}
"""In the words of each database: a look into the key for each unit; in SQLAlchemy's it took four times as long."""


def last_fixes(conn: Connection, unit_ids: Sequence[int], at_ms: int) -> list[Fix]:
    """The newest point of each of these units' tracks at a moment."""
    name = conn.dialect.name
    its = json.dumps(list(unit_ids)) if name == "sqlite" else list(unit_ids)
    cursor = conn.exec_driver_sql(LAST_FIX[name], (its, at_ms)).cursor
    return list(cursor.fetchall()) if cursor is not None else []


def rewritten(conn: Connection) -> str:
    """A name for all that may write the past anew: imports of histories, editions of the boundaries."""
    seq = conn.execute(sa.select(sa.func.max(ChangeRow.seq)).where(sa.text(REWRITES))).scalar()
    return f"{settings.get(conn, settings.AREAS_BUILD) or ''}-{seq or 0}"


def _fetched(conn: Connection, asked: sa.Select[Any]) -> Iterator[tuple[Any, ...]]:
    cursor = conn.execute(asked).cursor
    while cursor is not None and (block := cursor.fetchmany(BLOCK)):
        yield from block
        time.sleep(BREATH_S)


def _zipped(rows: Sequence[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _versions(rows: Sequence[tuple[Any, ...]]) -> Versions:
    names = (*NUMBERS, *PLACES, *TEXTS)
    kinds: dict[str, Any] = {**dict.fromkeys(NUMBERS, np.int64), **dict.fromkeys(PLACES, np.float64)}
    told: dict[str, Any] = dict(zip(names, _zipped(rows, len(names)), strict=True))
    for name, kind in kinds.items():
        told[name] = np.array(told[name], kind)
    return Versions(**told)
