"""The events behind a kept figure, newest first, page by page; never more of the history is read than was allowed.

Two ways lead to a page: along the time index of the whole city, leaving out what stands elsewhere, or by the areas'
own index. ``few`` says which is shorter; both give the same page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.events import CLOSED, ENDED, SEEN, Mark, State
from geodata.domain.figures import BY_DEADLINE, BY_END, LOCAL, MONTHLY, Figure, Spot
from geodata.domain.traces import LEVEL_MASK, LEVEL_SHIFT, Trace
from geodata.domain.units import OTHER, UNIT_KINDS
from geodata.domain.view import UNLISTED, Filters
from geodata.store.events import marked, traced
from geodata.store.lists import parts
from geodata.store.models import TO_REPLY, EventRow, UnitRow
from geodata.store.tallies import NO_CASE, NOT_AGAIN

BLOCK = 4_000
Condition = sa.ColumnElement[bool]
Behind = Callable[[int], Condition]


class Wanted(NamedTuple):
    """Which events: of a figure at a moment, in these areas (None: all), with these filters. ``low_ms`` and
    ``high_ms`` bound the time that the list runs along, from < end; ``few``: the areas' own events are few;
    ``listed``: the classes that the city lists; ``among``: only these events; ``last_id``: no newer ones than this.
    ``reported`` bounds the time of the report in the same way, where a day is filtered by."""

    figure: Figure
    now_ms: int
    area_ids: Collection[int] | None
    filters: Filters
    low_ms: int | None = None
    high_ms: int | None = None
    few: bool = False
    listed: Collection[str] = ()
    among: Sequence[int] | None = None
    last_id: int | None = None
    reported: tuple[int, int] | None = None


class Found(NamedTuple):
    """The ids of a page, and where it ended; ``next`` is None when nothing is left."""

    ids: list[int]
    next: Spot | None


def page(conn: Connection, wanted: Wanted, after: Spot | None, limit: int, read_max: int) -> Found:
    """At most ``limit`` events after a spot, reading about ``read_max`` at most: a short page need not be the last."""
    if wanted.among is not None:
        return _chosen(conn, wanted, after, limit)
    if wanted.few and wanted.area_ids is not None:
        return _gathered(conn, wanted, after, limit)
    return _walked(conn, wanted, after, limit, read_max)


def _walked(conn: Connection, wanted: Wanted, after: Spot | None, limit: int, read_max: int) -> Found:
    time, matches = _time(wanted.figure), sa.case((_condition(wanted), 1), else_=0)
    inside = None if wanted.area_ids is None else frozenset(wanted.area_ids)
    ids: list[int] = []
    read = 0
    while read < read_max:
        asked = sa.select(EventRow.id, time, EventRow.area_id, matches).where(*_span(wanted, time, after))
        rows = conn.execute(asked.order_by(time.desc(), EventRow.id.desc()).limit(BLOCK)).all()
        for event_id, ms, area_id, hit in rows:
            after = Spot(int(ms), int(event_id))
            if hit and (inside is None or area_id in inside):
                ids.append(int(event_id))
                if len(ids) == limit:
                    return Found(ids, after)
        if len(rows) < BLOCK:
            return Found(ids, None)
        read += len(rows)
    return Found(ids, after)


def _gathered(conn: Connection, wanted: Wanted, after: Spot | None, limit: int) -> Found:
    time = _time(wanted.figure)
    areas = sorted(wanted.area_ids or ())
    rows: list[tuple[int, int]] = []
    for some in parts(areas):
        asked = sa.select(time, EventRow.id).where(*_span(wanted, time, after), _condition(wanted))
        asked = asked.where(EventRow.area_id.in_(some))
        asked = asked.order_by(time.desc(), EventRow.id.desc()).limit(limit)
        rows += [(int(ms), int(event_id)) for ms, event_id in conn.execute(asked)]
    rows.sort(reverse=True)
    return _first(rows, limit)


def _chosen(conn: Connection, wanted: Wanted, after: Spot | None, limit: int) -> Found:
    """Of a list that names its events: whatever area they stand at by now."""
    time, among = _time(wanted.figure), wanted.among or ()
    rows: list[tuple[int, int]] = []
    for some in parts(among):
        asked = sa.select(time, EventRow.id).where(*_span(wanted, time, after), _condition(wanted))
        asked = asked.where(EventRow.id.in_(some))
        rows += [(int(ms), int(event_id)) for ms, event_id in conn.execute(asked)]
    rows.sort(reverse=True)
    return _first(rows, limit)


def _first(rows: list[tuple[int, int]], limit: int) -> Found:
    chosen = rows[:limit]
    return Found([i for _, i in chosen], Spot(*chosen[-1]) if len(chosen) == limit else None)


def _time(figure: Figure) -> Any:
    if figure in BY_END:
        return EventRow.ended_ms
    return EventRow.deadline_ms if figure in MONTHLY or figure in BY_DEADLINE else EventRow.reported_ms


def _span(wanted: Wanted, time: Any, after: Spot | None) -> list[Any]:
    parts: list[Any] = [time.is_not(None)]
    if wanted.figure in INDEXED:
        parts.append(sa.text(INDEXED[wanted.figure]))
    if wanted.low_ms is not None:
        parts.append(time >= wanted.low_ms)
    if wanted.high_ms is not None:
        parts.append(time < wanted.high_ms)
    if after is not None:
        # The first half is what both databases find in the index.
        parts += [time <= after.ms, sa.or_(time < after.ms, EventRow.id < after.event_id)]
    return parts


INDEXED: Mapping[Figure, str] = MappingProxyType({Figure.TO_REPLY: TO_REPLY})
"""Figures whose events have an index of their own, which is used only where its condition is there word for word."""


def _condition(wanted: Wanted) -> Condition:
    filters, parts = wanted.filters, [BEHIND[wanted.figure](wanted.now_ms)]
    if filters.classes:
        parts.append(of_classes(EventRow.class_code, filters, wanted.listed))
    for column, values in (
        (EventRow.urgency, filters.urgencies),
        (EventRow.source, filters.sources), (EventRow.state, filters.states),
    ):  # fmt: skip
        if values:
            parts.append(column.in_(values))
    if wanted.last_id is not None:
        parts.append(EventRow.id <= wanted.last_id)
    if filters.kinds:
        parts.append(_led_by(filters.kinds))
    if wanted.reported is not None:
        low, high = wanted.reported
        parts += [EventRow.reported_ms >= low, EventRow.reported_ms < high]
    return sa.and_(*parts)


def of_classes(column: Any, filters: Filters, listed: Collection[str]) -> Condition:
    """Whether a class is one that is filtered by; ``listed``: the classes that the city lists, all others are
    UNLISTED."""
    of: Condition = column.in_(filters.classes)
    return sa.or_(of, column.not_in(listed)) if UNLISTED in filters.classes else of


def _led_by(departments: Collection[str]) -> Condition:
    """Whether the leading unit is of one of these departments; without one, or without a known kind, of OTHER."""
    led = EventRow.unit_id.in_(sa.select(UnitRow.id).where(UnitRow.kind.in_([d for d in departments if d != OTHER])))
    if OTHER not in departments:
        return led
    known = sa.select(UnitRow.id).where(UnitRow.kind.in_([kind.value for kind in UNIT_KINDS]))
    return sa.or_(EventRow.unit_id.is_(None), EventRow.unit_id.not_in(known), led)


_CLOSED, _ENDED = [s.value for s in CLOSED], [s.value for s in ENDED]
CLOCK = 2
_JUDGED = sa.func.coalesce(EventRow.on_time, CLOCK)
"""NULL made a number, so that nothing below is neither true nor false."""


def _is_open() -> Condition:
    return EventRow.state.not_in(_ENDED)


def _closed() -> Condition:
    return EventRow.state.in_(_CLOSED)


def _past() -> Condition:
    """Whether the end was after the deadline; no, without one of the two."""
    return sa.and_(EventRow.ended_ms.is_not(None), EventRow.deadline_ms.is_not(None),
                   EventRow.ended_ms > EventRow.deadline_ms)  # fmt: skip


def _in_time() -> Condition:
    """Closed in time: the source says so, or says nothing and the end was not after the deadline."""
    return sa.and_(_closed(), sa.or_(_JUDGED == 1, sa.and_(_JUDGED == CLOCK, sa.not_(_past()))))


def _too_late() -> Condition:
    return sa.and_(_closed(), sa.or_(_JUDGED == 0, sa.and_(_JUDGED == CLOCK, _past())))


def _overdue(now_ms: int) -> Condition:
    """Open and overdue now; the clock of a suspended event stands still."""
    stands = sa.case((EventRow.state_ms < now_ms, EventRow.state_ms), else_=now_ms)
    clock = sa.case((EventRow.state == State.SUSPENDED.value, stands), else_=now_ms)
    past = sa.and_(_JUDGED == CLOCK, EventRow.deadline_ms.is_not(None), clock > EventRow.deadline_ms)
    return sa.and_(_is_open(), sa.or_(_JUDGED == 0, past))


def _all_in_time(now_ms: int) -> Condition:
    return sa.or_(_in_time(), sa.and_(_is_open(), _JUDGED != -1, sa.not_(_overdue(now_ms))))


def _due(now_ms: int) -> Condition:
    """A case whose deadline has passed, or that ended before it; as ``rollups.months`` less ``not_due_yet``."""
    case = EventRow.state.not_in([s.value for s in NO_CASE])
    return sa.and_(case, _JUDGED != -1, sa.or_(EventRow.ended_ms.is_not(None), EventRow.deadline_ms <= now_ms))


def _asked() -> Condition:
    return sa.or_(marked(Mark.TO_REPLY), traced(Trace.ANSWERED))


def _from_level(k: int) -> Condition:
    """Closed by a unit that is at home at this depth or further down."""
    return sa.and_(_closed(), EventRow.traces.bitwise_and(LEVEL_MASK) > (k << LEVEL_SHIFT))


BEHIND: Mapping[Figure, Behind] = MappingProxyType({
    Figure.ALL: lambda _: sa.true(),
    Figure.ALL_CLOSED: lambda _: _closed(),
    Figure.ALL_ON_TIME: _all_in_time,
    Figure.ALL_OVERDUE: lambda now_ms: sa.or_(_too_late(), _overdue(now_ms)),
    Figure.ALL_UNJUDGED: lambda _: sa.and_(sa.or_(_closed(), _is_open()), _JUDGED == -1),
    Figure.ALL_DROPPED: lambda _: sa.and_(sa.not_(_is_open()), sa.not_(_closed())),
    **dict.fromkeys(
        (Figure.LAST_WEEK, Figure.YESTERDAY, Figure.OVERDUE_BEFORE, Figure.SPAN), lambda _: sa.true()
    ),
    Figure.MONTH_DUE: _due,
    Figure.MONTH_ON_TIME: lambda now_ms: sa.and_(_due(now_ms), _in_time()),
    Figure.MONTH_LATE: lambda now_ms: sa.and_(_due(now_ms), sa.not_(_in_time())),
    Figure.ALL_FORCED: lambda _: EventRow.state == State.FORCED_CLOSED.value,
    Figure.ALL_REOPENED: lambda _: marked(Mark.REOPENED),
    Figure.TO_REPLY: lambda _: marked(Mark.TO_REPLY),
    Figure.PERIOD_REPORTED: lambda _: sa.true(),
    Figure.PERIOD_REGISTERED: lambda _: traced(Trace.REGISTERED),
    Figure.PERIOD_PROACTIVE: lambda _: sa.and_(traced(Trace.REGISTERED), EventRow.source.in_(sorted(SEEN))),
    Figure.PERIOD_DISPATCHED: lambda _: EventRow.dispatched_ms.is_not(None),
    Figure.PERIOD_SENT_RIGHT: lambda _: sa.and_(EventRow.dispatched_ms.is_not(None), sa.not_(traced(Trace.RETURNED))),
    Figure.PERIOD_REPEATED: lambda _: sa.and_(
        traced(Trace.REPEATED), EventRow.state.not_in([s.value for s in NOT_AGAIN])
    ),
    Figure.PERIOD_CLOSED: lambda _: _closed(),
    Figure.PERIOD_HANDLED: lambda _: sa.and_(_closed(), EventRow.handled_ms >= EventRow.dispatched_ms),
    Figure.PERIOD_CHECKED: lambda _: sa.and_(_closed(), traced(Trace.CHECKED)),
    Figure.PERIOD_REWORKED: lambda _: sa.and_(_closed(), traced(Trace.CHECKED), marked(Mark.REWORKED)),
    Figure.PERIOD_ASKED: lambda _: sa.and_(_asked(), sa.not_(_is_open())),
    Figure.PERIOD_ANSWERED: lambda _: sa.and_(_asked(), sa.not_(_is_open()), sa.not_(marked(Mark.TO_REPLY))),
    Figure.PERIOD_LEVELLED: lambda _: _from_level(0),
    **{figure: partial(lambda k, _: _from_level(k), k) for k, figure in enumerate(LOCAL, 1)},
    Figure.PERIOD_DUE: _due,
    Figure.PERIOD_DUE_CLOSED: lambda now_ms: sa.and_(_due(now_ms), _closed()),
    Figure.PERIOD_DUE_ON_TIME: lambda now_ms: sa.and_(_due(now_ms), _in_time()),
    Figure.PERIOD_DUE_LATE: lambda now_ms: sa.and_(_due(now_ms), sa.not_(_in_time())),
})  # fmt: skip
