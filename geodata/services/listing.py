"""Lists 清单: the events behind a figure and the units of a board, for whoever may see the area.

What is open or of today comes from the situation, on the event loop; all-time and month lists come from the store, in
threads, page by page: what was read is kept for a while, so that scrolling reads on instead of anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from geodata.domain.areas import AreaTree
from geodata.domain.figures import HOURS, MONTHLY, PERIODIC, Figure, ListOrder, Span, Spot
from geodata.domain.periods import Period, local_day
from geodata.domain.picking import day_of
from geodata.domain.roles import Right
from geodata.domain.view import Filters
from geodata.services.actors import Actor
from geodata.services.looking import area_of
from geodata.situation.briefs import Totals
from geodata.situation.grid_listing import GridListing, GridQuery
from geodata.situation.runs import Longs
from geodata.situation.situation import Situation
from geodata.situation.unit_listing import UnitListing, UnitQuery
from geodata.store import day_sums, figures, rollups
from geodata.store.day_sums import PLACE
from geodata.store.engine import Connection, Store
from geodata.store.figures import Wanted
from geodata.store.models_days import column_of

DEPTH_MAX = 5_000
"""So far a kept list can be scrolled; an export goes further."""
EXPORT_MAX = 50_000
PAGE = 200
READ_MAX, EXPORT_READ_MAX = 40_000, 1_000_000
FRESH_MS = 60_000
LISTS_MAX = 64
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
FEW = frozenset({Figure.ALL_FORCED, Figure.ALL_REOPENED})
"""Lists that change seldom, and where one row more or less is seen: one that is kept is as long as its number."""
WEEK, DAY = timedelta(days=7), timedelta(days=1)
TOTALS: Mapping[Figure, Callable[[Totals], int]] = MappingProxyType({
    Figure.ALL: lambda t: t.reported_all,
    Figure.ALL_CLOSED: lambda t: t.closed_all,
    Figure.ALL_ON_TIME: lambda t: t.on_time_all,
    Figure.ALL_OVERDUE: lambda t: t.overdue_all,
    Figure.ALL_UNJUDGED: lambda t: t.unjudged_all,
    Figure.ALL_DROPPED: lambda t: t.ended_all - t.closed_all,
    Figure.ALL_FORCED: lambda t: t.forced_all,
    Figure.ALL_REOPENED: lambda t: t.reopened_all,
    Figure.TO_REPLY: lambda t: t.to_reply,
})  # fmt: skip
"""How long a list of all records is without filters: the number on the page."""


class Range(NamedTuple):
    """A part of a kept list: its ids from the first on, and how long the list is; None while nobody knows."""

    ids: Sequence[int]
    total: int | None
    done: bool


def live_ids(situation: Situation, actor: Actor, area: str, figure: Figure, filters: Filters, order: ListOrder,
             hour: int | None = None) -> Longs:  # fmt: skip
    """The ids of the events behind a live figure, or an hour of it. Raises NotAllowedError, NotThereError."""
    return situation.events_listed(area_of(actor, situation.tree, area), figure, filters, order, hour)


def unit_ids(situation: Situation, actor: Actor, area: str, query: UnitQuery) -> UnitListing:
    """The units of an area. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.SEE_UNITS)
    return situation.units_listed(area_of(actor, situation.tree, area), query)


def grid_ids(situation: Situation, actor: Actor, area: str, query: GridQuery) -> GridListing:
    """The grids of an area with their last walks, for whoever may see units: a grid's walk tells where its post was.

    Raises NotAllowedError, NotThereError.
    """
    actor.needs(Right.SEE_UNITS)
    return situation.grids_listed(area_of(actor, situation.tree, area), query)


def kept_list(situation: Situation, actor: Actor, area: str, figure: Figure, filters: Filters,
              hour: int | None = None, period: Period | None = None, span: Span | None = None) -> KeptList:  # fmt: skip
    """What to read of the store for a kept figure, an hour of it, a period of it (this month where none is given), or a
    ``span`` (without one: the last hour).

    Raises NotAllowedError, NotThereError.
    """
    tree = situation.tree
    o = area_of(actor, tree, area)
    totals = situation.totals(o)
    plain = not filters
    total = TOTALS[figure](totals) if plain and figure in TOTALS else None
    of = (period or this_month(situation)) if figure in PERIODIC else None
    if figure is Figure.SPAN:
        span = span or last_hour(situation.now_ms)
    low, high = _bounds(situation, figure, hour, of, span)
    whole = max(1, situation.totals(0).reported_all)
    likely = totals.reported_all if total is None else total
    wanted = Wanted(
        figure, situation.now_ms, None if o == 0 else [tree.areas[i].id for i in range(o, int(tree.end[o]))], filters,
        low, high, few=totals.reported_all * max(1, likely) <= PAGE * whole, listed=situation.catalogue.classes.keys(),
        last_id=span.last_id if span else None,
        reported=Period.day(day_of(filters.day)).span_ms(situation.zone) if filters.day else None,
    )  # fmt: skip
    if figure is Figure.OVERDUE_BEFORE:
        at_ms, ids = situation.overdue_before(o) or (0, ())
        wanted = wanted._replace(among=[int(i) for i in ids])
        return KeptList(tree, o, wanted, len(ids) if plain else None, situation.zone, at_ms=at_ms)
    by_day = of if filters == Filters(filters.classes, sources=filters.sources) else None
    counted = by_day is not None or (plain and figure in COUNTED)
    return KeptList(tree, o, wanted, total, situation.zone, counted=counted, by_day=by_day)


def this_month(situation: Situation) -> Period:
    """The month that is running in the city."""
    return Period.month(local_day(situation.now_ms, situation.zone))


def _bounds(
    situation: Situation, figure: Figure, hour: int | None, of: Period | None, span: Span | None
) -> tuple[int, int] | tuple[None, None]:
    if span is not None:
        return span.from_ms, span.to_ms
    if of is not None:
        return of.span_ms(situation.zone)
    return SPANS[figure](situation.now_ms, situation.zone, hour) if figure in SPANS else (None, None)


def last_hour(now_ms: int) -> Span:
    """The hour up to the end of this minute: the same list while it is scrolled."""
    end = (now_ms // MINUTE_MS + 1) * MINUTE_MS
    return Span(end - HOUR_MS, end)


def last_week_of(now_ms: int, zone: ZoneInfo, hour: int | None) -> tuple[int, int]:
    """This weekday of last week in the city, or one local hour of it: [first moment, end), epoch ms.

    Made of the whole hours since 1970 that begin in it, as the curve's hours are; nothing where clocks leap over it.
    """
    day = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date() - WEEK
    first, end = (int(datetime(d.year, d.month, d.day, tzinfo=zone).timestamp()) for d in (day, day + DAY))
    begins = {h: datetime.fromtimestamp(h * 3600, UTC).astimezone(zone) for h in range(first // 3600, -(-end // 3600))}
    wanted = HOURS if hour is None else (hour,)
    inside = [h for h, local in begins.items() if local.date() == day and local.hour in wanted]
    return (inside[0] * HOUR_MS, (inside[-1] + 1) * HOUR_MS) if inside else (first * 1000, first * 1000)


def yesterday_of(now_ms: int, zone: ZoneInfo) -> tuple[int, int]:
    """Yesterday in the city up to the same time by its clock, to the minute: [midnight, end), epoch ms."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    day = local.date() - DAY
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    until = datetime(day.year, day.month, day.day, local.hour, local.minute, tzinfo=zone)
    return int(first.timestamp()) * 1000, int(until.timestamp()) * 1000


def month_of(now_ms: int, zone: ZoneInfo) -> tuple[int, int]:
    """This month in the city: [first moment, first moment of the next month), epoch ms."""
    first = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date().replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    low, high = (int(datetime(d.year, d.month, 1, tzinfo=zone).timestamp() * 1000) for d in (first, following))
    return low, high


Bounds = Callable[[int, ZoneInfo, int | None], tuple[int, int]]
SPANS: Mapping[Figure, Bounds] = MappingProxyType({
    **dict.fromkeys(MONTHLY, lambda now_ms, zone, _: month_of(now_ms, zone)),
    Figure.LAST_WEEK: last_week_of,
    Figure.YESTERDAY: lambda now_ms, zone, _: yesterday_of(now_ms, zone),
})
"""Of which time a kept list is, where it is not of all: by the moment, the zone, and an hour of the day."""
COUNTED: Mapping[Figure, Callable[[Connection, int, int, int], int]] = MappingProxyType({
    Figure.LAST_WEEK: lambda conn, area_id, low, high: sum(
        rollups.hourly(conn, area_id, low // HOUR_MS, high // HOUR_MS)
    ),
    Figure.YESTERDAY: lambda conn, area_id, low, high: sum(
        rollups.by_minute(conn, area_id, low // rollups.MINUTE_MS, high // rollups.MINUTE_MS)
    ),
})  # fmt: skip
"""How long a list is that no counter knows, counted in the store: of an area (id), [from, to) epoch ms."""


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list in the store; ``total`` where the counters know it, ``counted`` where the store can tell: by ``COUNTED``,
    or by the roll-ups of ``by_day``; ``at_ms``: the moment at which its events were chosen.
    """

    tree: AreaTree
    o: int
    wanted: Wanted
    total: int | None
    zone: ZoneInfo
    counted: bool = False
    by_day: Period | None = None
    at_ms: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """The same for the same list at another moment."""
        wanted = self.wanted
        number = self.total if wanted.figure in FEW else None
        span = wanted.low_ms, wanted.high_ms, wanted.last_id
        return id(self.tree), self.o, wanted.figure, wanted.filters, span, number, self.at_ms


@dataclass(slots=True)
class _Reading:
    """How far a list has been read."""

    wanted: Wanted
    ids: list[int] = field(default_factory=list)
    next: Spot | None = None
    done: bool = False
    total: int | None = None
    reading: threading.Lock = field(default_factory=threading.Lock)


class KeptLists:
    """The kept lists that somebody scrolls, with what was read of each; the least used are forgotten."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._readings: OrderedDict[tuple[object, ...], _Reading] = OrderedDict()

    def read(self, asked: KeptList, offset: int, limit: int) -> Range:
        """At least what there is up to ``offset + limit``, as far as one reading goes (for a thread).

        A list that stands at its top is read anew after a minute; one that has an index of its own always, since
        people work it off.
        """
        indexed = asked.wanted.figure in figures.INDEXED
        reading = _Reading(asked.wanted) if indexed else self._reading(asked, from_top=offset == 0)
        # A span is short and read whole, so that its number is known from the first window on.
        need = DEPTH_MAX if asked.wanted.figure is Figure.SPAN else min(offset + limit, DEPTH_MAX)
        with reading.reading:
            if asked.counted and reading.total is None:
                reading.total = _counted(self._store, reading.wanted, asked)
            known = reading.total if asked.counted else asked.total
            if known == 0:
                reading.ids, reading.next, reading.done = [], None, False
                return Range([], 0, True)
            if len(reading.ids) < need and not reading.done:
                # Nothing reads on from where this one stopped, and the index holds only what is wanted.
                _read_on(self._store, reading, need, EXPORT_READ_MAX if indexed else READ_MAX)
            total = len(reading.ids) if reading.done else known
            return Range(list(reading.ids), total, reading.done)

    def _reading(self, asked: KeptList, *, from_top: bool) -> _Reading:
        with self._lock:
            reading = self._readings.get(asked.key)
            old = reading is not None and asked.wanted.now_ms - reading.wanted.now_ms > FRESH_MS
            if reading is None or (old and from_top):
                reading = self._readings[asked.key] = _Reading(asked.wanted)
            self._readings.move_to_end(asked.key)
            if len(self._readings) > LISTS_MAX:
                self._readings.popitem(last=False)
            return reading


def _counted(store: Store, wanted: Wanted, asked: KeptList) -> int:
    low, high = wanted.low_ms or 0, wanted.high_ms or 0
    with store.read() as conn:
        if asked.by_day is not None:
            days, column = asked.by_day.numbers(), PLACE[column_of(wanted.figure)]
            n = int(
                day_sums.sums(conn, asked.tree, [asked.o], days, wanted.filters, asked.zone, wanted.listed)[0, column]
            )  # fmt: skip
            if wanted.figure not in (Figure.PERIOD_DUE, Figure.PERIOD_DUE_LATE):
                return n
            later = day_sums.to_come(
                conn, asked.tree, asked.o, max(wanted.now_ms, low - 1), high, wanted.filters, wanted.listed
            )  # fmt: skip
            return n - int(later[asked.o : int(asked.tree.end[asked.o])].sum())
        return COUNTED[wanted.figure](conn, asked.tree.areas[asked.o].id, low, high)


def read_whole(store: Store, asked: KeptList) -> tuple[list[int], bool]:
    """(ids, whether that is all) of a kept list as far as an export goes (for a thread)."""
    reading = _Reading(asked.wanted)
    _read_on(store, reading, EXPORT_MAX, EXPORT_READ_MAX)
    return reading.ids, reading.done


def _read_on(store: Store, reading: _Reading, need: int, read_max: int) -> None:
    limit = max(PAGE, need - len(reading.ids))
    with store.read() as conn:
        found = figures.page(conn, reading.wanted, reading.next, limit, read_max)
    reading.ids += found.ids
    reading.next = found.next
    reading.done = found.next is None
