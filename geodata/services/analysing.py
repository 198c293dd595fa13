"""Analysing: why here, why now, is it getting better. What the analysis part of the overview says of an area.

What is open comes from the situation, copied out on the event loop and counted in a thread; what is of a period is
measured from the store, in a thread. Each number has the filters of the list that opens behind it: a panel is not
narrowed by what it lets choose itself, so that the others can be seen beside the chosen one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from geodata.domain.analysis import Cell, StageNow, funnel, matrix
from geodata.domain.areas import AreaTree
from geodata.domain.figures import Figure, ListOrder
from geodata.domain.indicators_rank import Rank
from geodata.domain.periods import Period, local_day
from geodata.domain.picking import day_of, period_of
from geodata.domain.view import UNLISTED, Filters, MapView
from geodata.services.actors import Actor
from geodata.services.looking import area_of
from geodata.services.measuring import Measures, Value, compared, measured, trend
from geodata.situation.briefs import EventBrief
from geodata.situation.open_now import OpenNow
from geodata.situation.situation import Situation
from geodata.store import day_sorts, events, supervision
from geodata.store.day_phases import Phases, spent
from geodata.store.day_sorts import Sorts
from geodata.store.engine import Store

WORST_N, MARKED_N = 10, 6
CASES_MAX, AREAS_MAX = 50_000, 5_000
"""Of so many cases in so many areas the times are added up case by case (of the whole city: in one go)."""
BY_DAY_MAX = 92
"""A trend of more days than this has a point for each month."""
TREND = ("on_time", "registration")


class Marked(NamedTuple):
    """Open events that carry a mark: how many, how many of them overdue, and those whose deadline is first."""

    n: int
    overdue: int
    events: list[EventBrief]


@dataclass(frozen=True, slots=True)
class Now:
    """What the situation holds for the panels of what is open; copied, so that a thread may go on."""

    o: int
    at_ms: int
    by_stage: OpenNow
    by_kind: OpenNow
    worst: list[EventBrief]
    supervised: Marked
    placarded: Marked


@dataclass(frozen=True, slots=True)
class Hanging:
    """Counted: the stages; a row of departments for each child in the order of the tree, and last for what stands
    directly at the area; until when orders and placards of the listed events are due, by the id of the event."""

    stages: list[StageNow]
    rows: list[list[Cell]]
    orders: Mapping[int, int]
    placards: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Point:
    """Some days of a trend: Σ over them."""

    days: Period
    reported: int
    on_time: int
    due: int


@dataclass(frozen=True, slots=True)
class Past:
    """What a period says of an area. ``whole``: the days that were picked; ``measures`` are of one of them where a day
    is filtered by. ``sorts``: of the period, the one before and a year before. ``phases``: None where so many cases
    would have to be read that nobody should wait for it. ``since``: the day of the first record; what began before
    it is not wholly known, and nothing is compared with it."""

    whole: Period
    measures: Measures
    ranking: list[Rank]
    points: list[Point]
    sorts: tuple[Sorts, Sorts, Sorts]
    phases: Phases | None
    since: date

    def known(self, period: Period) -> bool:
        """Whether the records go back to its first day."""
        return period.first >= self.since


def look_now(situation: Situation, actor: Actor, view: MapView) -> Now:
    """Copy what is open out of the situation, on the event loop. Raises NotAllowedError, NotThereError."""
    o, filters = area_of(actor, situation.tree, view.area), view.filters
    return Now(
        o, situation.now_ms, situation.open_now(o, without_stages(filters)),
        situation.open_now(o, replace(filters, kinds=())), situation.worst(o, filters, WORST_N),
        _marked(situation, o, Figure.SUPERVISED, filters), _marked(situation, o, Figure.PLACARDED, filters),
    )  # fmt: skip


def without_stages(filters: Filters) -> Filters:
    """The filters without what the funnel lets choose."""
    return replace(filters, stages=(), states=())


def _marked(situation: Situation, o: int, figure: Figure, filters: Filters) -> Marked:
    ids = situation.events_listed(o, figure, filters, ListOrder.DEADLINE)
    late = sum(e.overdue for e in situation.event_briefs(ids))
    return Marked(len(ids), late, situation.event_briefs(ids[:MARKED_N]))


def count_now(store: Store, tree: AreaTree, now: Now) -> Hanging:
    """Count what was copied (for a thread)."""
    stages = funnel(now.by_stage.state, now.by_stage.waited_ms, now.by_stage.overdue)
    kids = tree.children(now.o)
    below = np.searchsorted(kids, now.by_kind.area, side="right") - 1
    row = np.where(now.by_kind.area == now.o, len(kids), below)
    rows = matrix(row, now.by_kind.department, now.by_kind.overdue, len(kids) + 1)
    with store.read() as conn:
        orders = {
            e.id: min(order.due_ms for order in found) for e in now.supervised.events
            if (found := [x for x in supervision.orders(conn, e.id) if x.answered_ms is None])
        }  # fmt: skip
        placards = {
            e.id: min(placard.due_ms for placard in up) for e in now.placarded.events
            if (up := [x for x in supervision.placards(conn, e.id) if x.lifted_ms is None])
        }  # fmt: skip
    return Hanging(stages, rows, orders, placards)


def look_back(store: Store, situation: Situation, actor: Actor, view: MapView) -> Past:
    """What the period of a view says (for a thread). Of the filters classes, sources and the day count.

    Raises NotAllowedError, NotThereError, PeriodError.
    """
    o = area_of(actor, situation.tree, view.area)
    today = local_day(situation.now_ms, situation.zone)
    whole = period_of(view.period, today)
    period = Period.day(day_of(view.filters.day)) if view.filters.day else whole
    narrowed = Filters(view.filters.classes, sources=view.filters.sources)
    measures = measured(store, situation, actor, view.area, period, narrowed, children=True)
    days = trend(store, situation, actor, view.area, whole, narrowed, TREND)
    before, year = compared(period, today)
    ids = [situation.tree.areas[i].id for i in range(o, int(situation.tree.end[o]))]
    few = (o == 0 or len(ids) <= AREAS_MAX) and measures.now["handling_mean"].den <= CASES_MAX
    low, high = period.span_ms(situation.zone)
    listed = situation.catalogue.classes.keys()
    with store.read() as conn:
        now, then, ago = (
            _listed(day_sorts.reported(conn, situation.tree, o, days_of, situation.zone), listed)
            for days_of in (period, before, year)
        )
        phases = spent(conn, None if o == 0 else ids, low, high, narrowed, listed) if few else None
        begun = events.first_reported(conn)
    since = today if begun is None else local_day(begun, situation.zone)
    ranking = measures.ranking(view.rank)
    return Past(whole, measures, ranking, points(whole, days), (now, then, ago), phases, since)


def points(period: Period, days: Mapping[str, list[Value]]) -> list[Point]:
    """A trend as points: of its days, or of its months where there are too many days."""
    found: dict[date, Point] = {}
    for i, (closed, reported) in enumerate(zip(days["on_time"], days["registration"], strict=True)):
        day = period.first + timedelta(days=i)
        key = day if period.days <= BY_DAY_MAX else day.replace(day=1)
        old = found.get(key) or Point(Period.day(day), 0, 0, 0)
        found[key] = Point(
            Period(old.days.first, day), old.reported + reported.den, old.on_time + (closed.num or 0),
            old.due + closed.den,
        )  # fmt: skip
    return list(found.values())


def _listed(sorts: Sorts, listed: Collection[str]) -> Sorts:
    """The same with all classes that the city does not list as UNLISTED, by which they can be filtered."""
    out: Sorts = {}
    for (code, source), n in sorts.items():
        key = code if code in listed else UNLISTED, source
        out[key] = out.get(key, 0) + n
    return out


def by_class(sorts: Sorts, filters: Filters) -> dict[str, int]:
    """Reported by class, of the sources that are filtered by."""
    return _summed({(k, s): n for (k, s), n in sorts.items() if not filters.sources or s in filters.sources}, 0)


def by_source(sorts: Sorts, filters: Filters) -> dict[str, int]:
    """Reported by source, of the classes that are filtered by."""
    return _summed({(k, s): n for (k, s), n in sorts.items() if not filters.classes or k in filters.classes}, 1)


def total(sorts: Sorts, filters: Filters) -> int:
    """Reported, of the classes and sources that are filtered by."""
    classes = by_class(sorts, filters)
    return sum(n for code, n in classes.items() if not filters.classes or code in filters.classes)


def _summed(sorts: Sorts, part: int) -> dict[str, int]:
    out: dict[str, int] = {}
    for key, n in sorts.items():
        out[key[part]] = out.get(key[part], 0) + n
    return out
