"""Briefings 平安报表: an area's day, week or month from what the store holds, as of the period's end.

Numbers are those of ``measuring``; what was open and overdue is read from the intervals as it stood at the end. Nothing
of it depends on when it is made, but for what the store has learnt since. Everything reads the store: for a thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geodata.boundaries.picture import picture
from geodata.domain.areas import Area, AreaTree
from geodata.domain.briefing import (
    ORDERS_MAX,
    VERSION,
    WORST_MAX,
    Brief,
    Briefing,
    BriefPeriodError,
    Case,
    Child,
    ClassLine,
    Day,
    Line,
    Order,
    Score,
    Shape,
    Supervised,
    Tally,
    Thing,
)
from geodata.domain.catalogue import Catalogue
from geodata.domain.events import State
from geodata.domain.figures import Figure
from geodata.domain.indicators import colour_of
from geodata.domain.indicators_rank import Rank
from geodata.domain.indicators_table import Measured
from geodata.domain.periods import Period, local_day
from geodata.domain.roles import Right
from geodata.domain.view import Filters
from geodata.services.actors import Actor
from geodata.services.looking import area_of
from geodata.services.measuring import Measures, Value, measured, trend
from geodata.situation.situation import Situation
from geodata.store import areas, changes, day_sums, events, standing
from geodata.store.day_sums import PLACE
from geodata.store.engine import Connection, Store
from geodata.store.folder import City
from geodata.store.models_days import column_of
from geodata.store.standing import Stood, Supervision

RANKED_BY = "on_time"
_ALL = Filters()
_REPORTED, _CLOSED = (column_of(f) for f in (Figure.PERIOD_REPORTED, Figure.PERIOD_CLOSED))
OTHER = Thing("", "目录外", "Not in the catalogue")


class Made(NamedTuple):
    """A briefing, and the newest change that it was made from."""

    briefing: Briefing
    seq: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What was open and overdue at a moment: how many in the area, by ordinal below it, and the overdue ones."""

    open: int
    overdue: int
    open_at: np.ndarray
    overdue_at: np.ndarray
    late: Sequence[tuple[Stood, int]]


def made(store: Store, situation: Situation, city: City, actor: Actor, area: str, brief: Brief) -> Made:
    """The briefing of an area. Raises NotAllowedError, NotThereError, BriefPeriodError."""
    actor.needs(Right.OPEN_EVENTS)
    tree, zone, now_ms = situation.tree, situation.zone, situation.now_ms
    o = area_of(actor, tree, area)
    period = brief.period
    if period.first > local_day(now_ms, zone):
        raise BriefPeriodError(brief.key, "has not begun yet")
    found = measured(store, situation, actor, area, period, _ALL, children=True)
    low_ms, end_ms = period.span_ms(zone)
    final = end_ms <= now_ms
    as_of_ms = end_ms if final else now_ms
    on_time, reports = _trend(store, situation, actor, area, brief, _passed(brief.trend, situation))
    reading = _Reading(situation, o)
    with store.read() as conn:
        seq, _ = changes.newest(conn)
        first_ms = events.first_reported(conn)
        ends = (as_of_ms, *(p.span_ms(zone)[1] for p in (found.before, found.year)))
        stood = [reading.standing(conn, at) for at in ends]
        sums = [reading.counts(conn, p) for p in (period, found.before, found.year)]
        days = _days(conn, reading, _passed(brief.trend, situation), on_time, reports)
        classes = reading.classes(conn, period, found.before)
        size, shapes = _shapes(conn, tree, o)
        worst = _worst(conn, situation, stood[0])
        supervised = _supervised(conn, situation, o, low_ms, as_of_ms)
    chain = tree.chain(o)
    depth = tree.areas[o].depth
    return Made(
        Briefing(
            version=VERSION, city=Thing("", city.title_zh, city.title_en), area=_thing(tree.areas[o]),
            above=tuple(_thing(tree.areas[i]) for i in chain[:-1]), level_below=_level(tree, depth + 1, o),
            period=brief.key, first=period.first.isoformat(), last=period.last.isoformat(),
            before=_ends(found.before), year=_ends(found.year), final=final, as_of_ms=as_of_ms,
            since="" if first_ms is None else local_day(first_ms, zone).isoformat(), steps=city.colours.steps,
            tallies=_tallies(sums, stood), lines=_lines(found),
            children=_children(tree, o, found, city, stood[0], reading.reported_below), size=size, shapes=shapes,
            days=days, classes=classes, worst=worst, supervised=supervised,
            approval=city.approval_number, attribution=city.basemap.attribution,
        ),
        seq,
    )  # fmt: skip


class _Reading:
    """One question about an area ``o`` and its children."""

    def __init__(self, situation: Situation, o: int) -> None:
        self.situation, self.o = situation, o
        self.tree = situation.tree
        self.kids = self.tree.children(o).tolist()
        self.reported_below: Mapping[int, int] = {}

    def counts(self, conn: Connection, period: Period) -> tuple[int, int]:
        """(reported, closed) of the area; of the first period also what was reported in each child."""
        ask = [self.o] if self.reported_below else [self.o, *self.kids]
        found = day_sums.sums(conn, self.tree, ask, period.numbers(), _ALL, self.situation.zone)
        if not self.reported_below:
            self.reported_below = dict(zip(ask, found[:, PLACE[_REPORTED]].tolist(), strict=True))
        return int(found[0, PLACE[_REPORTED]]), int(found[0, PLACE[_CLOSED]])

    def classes(self, conn: Connection, period: Period, before: Period) -> tuple[ClassLine, ...]:
        """Reports by class, most first."""
        known = self.situation.catalogue.classes
        counted = {code: [self._of_class(conn, code, p) for p in (period, before)] for code in known}
        rows = [ClassLine(Thing(code, known[code].name_zh, known[code].name_en), *n) for code, n in counted.items()]
        whole = [self.counts(conn, p)[0] for p in (period, before)]
        rest = [n - sum(of[k] for of in counted.values()) for k, n in enumerate(whole)]
        rows += [ClassLine(OTHER, rest[0], rest[1])] if any(rest) else []
        return tuple(sorted((r for r in rows if r.now or r.before), key=lambda r: (-r.now, r.what.code)))

    def _of_class(self, conn: Connection, code: str, period: Period) -> int:
        found = day_sums.by_day(
            conn, self.tree, self.o, period.numbers(), Filters(classes=(code,)), self.situation.zone, (_REPORTED,)
        )  # fmt: skip
        return int(found.sum())

    def standing(self, conn: Connection, at_ms: int) -> Standing:
        """What was open here at a moment. Overdue: past its deadline, or so judged by its source; the clock of a
        suspended event stands still."""
        low, high = self.o, int(self.tree.end[self.o])
        ids = [self.tree.areas[i].id for i in range(low, high)] if low else None
        opened, overdue = np.zeros(len(self.tree) + 1, np.int64), np.zeros(len(self.tree) + 1, np.int64)
        late: list[tuple[Stood, int]] = []
        for s in standing.open_at(conn, at_ms, ids):
            at = self.tree.ordinal_by_id.get(s.area_id, 0)
            if not low <= at < high:
                continue
            opened[at + 1] += 1
            over_ms = _over_ms(s, at_ms)
            if over_ms is not None:
                overdue[at + 1] += 1
                late.append((s, over_ms))
        return Standing(int(opened.sum()), int(overdue.sum()), opened.cumsum(), overdue.cumsum(), late)


def _over_ms(s: Stood, at_ms: int) -> int | None:
    """For how long an event was overdue at a moment; None where it was not."""
    clock = s.from_ms if s.state == State.SUSPENDED else at_ms
    late = s.deadline_ms is not None and clock > s.deadline_ms
    if s.on_time == -1 or (s.still and s.on_time == 1):
        return None
    if late or (s.still and s.on_time == 0):
        return max(0, clock - (clock if s.deadline_ms is None else s.deadline_ms))
    return None


def _passed(period: Period, situation: Situation) -> Period:
    """Without the days that are still to come."""
    return period.up_to(local_day(situation.now_ms, situation.zone)) or period


def _trend(
    store: Store, situation: Situation, actor: Actor, area: str, brief: Brief, period: Period
) -> tuple[list[Value], list[Value]]:
    found = trend(store, situation, actor, area, period, _ALL, ("on_time", "registration"))
    return found["on_time"], found["registration"]


def _days(
    conn: Connection, reading: _Reading, period: Period, on_time: Sequence[Value], reports: Sequence[Value]
) -> tuple[Day, ...]:
    closed = day_sums.by_day(
        conn, reading.tree, reading.o, period.numbers(), _ALL, reading.situation.zone, (_CLOSED,)
    )[:, 0].tolist()  # fmt: skip
    first = period.first.toordinal()
    return tuple(
        Day(period.first.fromordinal(first + i).isoformat(), r.den, closed[i], v.den, v.num or 0)
        for i, (v, r) in enumerate(zip(on_time, reports, strict=True))
    )


def _thing(area: Area) -> Thing:
    return Thing(area.code, area.name, area.name_en)


def _level(tree: AreaTree, depth: int, o: int) -> Thing | None:
    if tree.is_leaf(o) or depth >= len(tree.levels):
        return None
    level = tree.levels[depth]
    return Thing(level.key, level.name_zh, level.name_en)


def _ends(period: Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()


def _tallies(sums: Sequence[tuple[int, int]], stood: Sequence[Standing]) -> tuple[Tally, ...]:
    reported, closed = zip(*sums, strict=True)
    return (
        Tally("reported", *reported), Tally("closed", *closed), Tally("open_end", *(s.open for s in stood)),
        Tally("overdue_end", *(s.overdue for s in stood)),
    )  # fmt: skip


def _score(value: Value) -> Score:
    if value.indicator.measured is Measured.SHARE:
        return Score(value.num, value.den)
    return Score(None, value.den, None if value.value is None else round(value.value), value.error)


def _lines(found: Measures) -> tuple[Line, ...]:
    return tuple(
        Line(name, value.indicator.better.value, *(_score(of[name]) for of in (found.now, found.then, found.year_ago)))
        for name, value in found.now.items()
    )


def _children(
    tree: AreaTree, o: int, found: Measures, city: City, stood: Standing, reported: Mapping[int, int]
) -> tuple[Child, ...]:
    """In the order of their ranks, peer group by peer group."""

    def child(rank: Rank) -> Child:
        i = tree.ordinal[rank.key]
        now, then = (_score(of[rank.key][RANKED_BY]) for of in (found.children, found.children_then))
        low, high = i, int(tree.end[i])
        return Child(
            _thing(tree.areas[i]), rank.peer, now, then, rank.place, rank.of, rank.place_before,
            colour_of(now.num or 0, now.den, city.colours.steps), reported.get(i, 0),
            int(stood.open_at[high] - stood.open_at[low]), int(stood.overdue_at[high] - stood.overdue_at[low]),
        )  # fmt: skip

    return tuple(map(child, found.ranking(RANKED_BY)))


def _shapes(conn: Connection, tree: AreaTree, o: int) -> tuple[tuple[int, int], tuple[Shape, ...]]:
    drawn = areas.child_outlines(conn, tree.areas[o].code)
    size, paths = picture(drawn.wkb if drawn else [])
    codes = drawn.codes if drawn else []
    return size, tuple(Shape(code, *path) for code, path in zip(codes, paths, strict=True))


def _worst(conn: Connection, situation: Situation, stood: Standing) -> tuple[Case, ...]:
    """The ones that were overdue longest."""
    chosen = sorted(stood.late, key=lambda pair: (-pair[1], pair[0].event_id))[:WORST_MAX]
    told = {e.id: e for e in events.by_ids(conn, [s.event_id for s, _ in chosen])}
    return tuple(
        Case(e.code, _what(situation.catalogue, e.subtype_code), _place(situation.tree, s.area_id), e.urgency, s.state,
             e.reported_ms, s.deadline_ms or 0, over)
        for s, over in chosen if (e := told.get(s.event_id))
    )  # fmt: skip


def _what(catalogue: Catalogue, code: str) -> Thing:
    known = catalogue.subtypes.get(code)
    return Thing(code, known.name_zh, known.name_en) if known else Thing(code, code, code)


def _place(tree: AreaTree, area_id: int) -> Thing:
    o = tree.ordinal_by_id.get(area_id, 0)
    return Thing(tree.areas[o].code, tree.place(o, "zh"), tree.place(o, "en"))


def _supervised(conn: Connection, situation: Situation, o: int, low_ms: int, end_ms: int) -> Supervised:
    tree = situation.tree

    def here(found: Sequence[Supervision]) -> list[Supervision]:
        return [s for s in found if o <= tree.ordinal_by_id.get(s.area_id, 0) < int(tree.end[o])]

    def stands(found: Sequence[Supervision]) -> list[Supervision]:
        return [s for s in found if s.ended_ms is None or s.ended_ms >= end_ms]

    def told(s: Supervision) -> Order:
        return Order(s.code, s.kind, s.number, _what(situation.catalogue, s.subtype_code), _place(tree, s.area_id),
                     s.issued_ms, s.due_ms, s.due_ms < end_ms)  # fmt: skip

    orders = here(standing.orders_between(conn, low_ms, end_ms))
    opened, hung = stands(orders), stands(here(standing.placards_between(conn, low_ms, end_ms)))
    return Supervised(
        issued=sum(s.issued_ms >= low_ms for s in orders), answered=len(orders) - len(opened), open=len(opened),
        late=sum(s.due_ms < end_ms for s in opened),
        orders=tuple(map(told, sorted(opened, key=lambda s: (s.due_ms, s.code))[:ORDERS_MAX])), hung=len(hung),
        placards=tuple(map(told, sorted(hung, key=lambda s: (s.due_ms, s.code))[:ORDERS_MAX])),
    )  # fmt: skip
