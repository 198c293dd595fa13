"""Reading the daily roll-ups: sums over days of areas, a row for each day; small areas are counted from their events.

Both ways give the same numbers: the roll-ups are kept by ``tallies.facts`` and ``tallies.days_of``, and the events are
counted by them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.areas import AreaTree
from geodata.domain.periods import date_of, day_numbers, midnight_ms
from geodata.domain.view import Filters
from geodata.store.ancestry import Longs
from geodata.store.bulk import NONE
from geodata.store.figures import of_classes
from geodata.store.lists import parts
from geodata.store.models import AreaTotalRow, EventRow
from geodata.store.models_days import DAY_COUNTS, DAYS, ON_DEADLINE, ON_END, ON_REPORT
from geodata.store.rollups import COUNTED, counted_rows
from geodata.store.tallies import NO_CASE, days_of, facts

Listed = Collection[str]
PLACE = {name: k for k, name in enumerate(DAY_COUNTS)}
BASES = ((EventRow.reported_ms, ON_REPORT), (EventRow.ended_ms, ON_END), (EventRow.deadline_ms, ON_DEADLINE))


AT_ONCE = 10_000
"""So many events are counted at a time: each takes a row of DAY_COUNTS."""
FEW = 100
"""Of so few areas the open cases are looked up by area, of more by their deadlines."""


def sums(
    conn: Connection, tree: AreaTree, areas: Sequence[int], days: range, filters: Filters, zone: ZoneInfo,
    listed: Listed = (),
) -> Longs:  # fmt: skip
    """(areas, DAY_COUNTS): what each of these areas (ordinals) counted over days (numbers since 1970-01-01).

    Of ``filters`` classes and sources count; ``listed`` as in ``figures.of_classes``, here and below. Cases with a
    deadline in the period that is still to come are among ``due``: ``to_come`` are those that are open.
    """
    whole = _rolled(conn, tree, areas, filters)
    out = np.zeros((len(areas), len(DAY_COUNTS)), np.int64)
    by_id = {tree.areas[o].id: k for k, o in enumerate(areas) if whole[k]}
    ids = list(by_id)
    for some in parts(ids):
        asked = sa.select(DAYS.c.area_id, *(sa.func.sum(DAYS.c[name]) for name in DAY_COUNTS))
        asked = asked.where(DAYS.c.area_id.in_(some), *_within(days, filters, listed))
        for row in _fetched(conn, asked.group_by(DAYS.c.area_id)):
            out[by_id[row[0]]] = row[1:]
    small = [k for k in range(len(areas)) if not whole[k]]
    if small:
        for found, at, _ in _events(conn, tree, [areas[k] for k in small], days, filters, zone, listed):
            order = np.argsort(at, kind="stable")
            summed = np.concatenate((np.zeros((1, len(DAY_COUNTS)), np.int64), np.cumsum(found[order], axis=0)))
            for k in small:
                low, high = np.searchsorted(at[order], (areas[k], tree.end[areas[k]]))
                out[k] += summed[high] - summed[low]
    return out


def by_day(
    conn: Connection, tree: AreaTree, o: int, days: range, filters: Filters, zone: ZoneInfo,
    names: Sequence[str] = DAY_COUNTS, listed: Listed = (),
) -> Longs:  # fmt: skip
    """(days, names): what an area counted on each of these days."""
    out = np.zeros((len(days), len(names)), np.int64)
    if _rolled(conn, tree, [o], filters)[0]:
        asked = sa.select(DAYS.c.day, *(sa.func.sum(DAYS.c[name]) for name in names)).group_by(DAYS.c.day)
        its = (DAYS.c.area_id == tree.areas[o].id, *_within(days, filters, listed))
        for row in _fetched(conn, asked.where(*its)):
            out[row[0] - days.start] = row[1:]
        return out
    for found, _, day in _events(conn, tree, [o], days, filters, zone, listed):
        np.add.at(out, day - days.start, found[:, [PLACE[name] for name in names]])
    return out


def to_come(
    conn: Connection, tree: AreaTree, o: int, after_ms: int, before_ms: int, filters: Filters, listed: Listed = ()
) -> Longs:
    """How many open cases stand directly at each area (by ordinal) whose deadline is still to come in (after, before);
    counted for an area ``o`` and all below it at least. Those of an area that is no longer in force count for the city.
    """
    out = np.zeros(len(tree), np.int64)
    columns = (EventRow.area_id, sa.func.count())
    if before_ms > after_ms:
        asked = _still_to_come(columns, tree, o, after_ms, before_ms, filters, listed)
        for area_id, n in _fetched(conn, asked.group_by(EventRow.area_id)):
            out[tree.ordinal_by_id.get(area_id, 0)] += n
    return out


def days_to_come(
    conn: Connection, tree: AreaTree, o: int, after_ms: int, before_ms: int, filters: Filters, zone: ZoneInfo,
    listed: Listed = (),
) -> Longs:  # fmt: skip
    """The day of the deadline of each case that ``to_come`` counts for an area ``o`` and all below it."""
    if before_ms <= after_ms:
        return np.zeros(0, np.int64)
    columns, end = (EventRow.area_id, EventRow.deadline_ms), int(tree.end[o])
    found = _fetched(conn, _still_to_come(columns, tree, o, after_ms, before_ms, filters, listed))
    here = [ms for area_id, ms in found if o <= tree.ordinal_by_id.get(area_id, 0) < end]
    return day_numbers(np.array(here, np.int64), zone)


def _still_to_come(
    columns: Sequence[Any], tree: AreaTree, o: int, after_ms: int, before_ms: int, filters: Filters, listed: Listed
) -> sa.Select[Any]:
    between = (EventRow.deadline_ms > after_ms, EventRow.deadline_ms < before_ms)
    open_: tuple[Any, ...] = (sa.text("ended_ms IS NULL"), *between)
    case = (EventRow.state.not_in([s.value for s in NO_CASE]), sa.func.coalesce(EventRow.on_time, 0) != -1)
    if int(tree.end[o]) - o <= FEW:
        open_ = (*open_, EventRow.area_id.in_([tree.areas[i].id for i in range(o, int(tree.end[o]))]))
    return sa.select(*columns).where(*open_, *case, *_chosen(filters, listed))


def handling_times(
    conn: Connection, tree: AreaTree, o: int, days: range, filters: Filters, zone: ZoneInfo, listed: Listed = ()
) -> Longs:
    """The handling times themselves, in seconds, of the cases of a small area that were closed on these days."""
    ids = [tree.areas[i].id for i in range(o, int(tree.end[o]))]
    low, high = _moments(days, zone)
    rows: list[Any] = []
    for some in parts(ids):
        asked = sa.select(*COUNTED).where(EventRow.area_id.in_(some), *_chosen(filters, listed))
        rows += _fetched(conn, asked.where(EventRow.ended_ms >= low, EventRow.ended_ms < high))
    if not rows:
        return np.zeros(0, np.int64)
    counts = facts(counted_rows(rows))
    seconds: Longs = counts["handling_s"][counts["handled"] != 0]
    return seconds


def _rolled(conn: Connection, tree: AreaTree, areas: Collection[int], filters: Filters) -> list[bool]:
    """Which of these areas have roll-ups that can answer."""
    flag = AreaTotalRow.rolled if filters.classes or filters.sources else AreaTotalRow.daily
    ids = [tree.areas[o].id for o in areas]
    there: set[int] = set()
    for some in parts(ids):
        asked = sa.select(AreaTotalRow.area_id).where(AreaTotalRow.area_id.in_(some), flag == 1)
        there.update(conn.execute(asked).scalars())
    return [i in there for i in ids]


def _within(days: range, filters: Filters, listed: Listed) -> list[sa.ColumnElement[bool]]:
    parts = [DAYS.c.day >= days.start, DAYS.c.day < days.stop]
    if not filters.classes and not filters.sources:
        return [*parts, DAYS.c.class_code == "", DAYS.c.source == ""]
    parts.append(DAYS.c.source != "")
    if filters.classes:
        parts.append(of_classes(DAYS.c.class_code, filters, listed))
    if filters.sources:
        parts.append(DAYS.c.source.in_(filters.sources))
    return parts


def _chosen(filters: Filters, listed: Listed) -> list[sa.ColumnElement[bool]]:
    parts: list[sa.ColumnElement[bool]] = []
    if filters.classes:
        parts.append(of_classes(EventRow.class_code, filters, listed))
    if filters.sources:
        parts.append(EventRow.source.in_(filters.sources))
    return parts


def _moments(days: range, zone: ZoneInfo) -> tuple[int, int]:
    return midnight_ms(date_of(days.start), zone), midnight_ms(date_of(days.stop), zone)


def _events(
    conn: Connection, tree: AreaTree, areas: Sequence[int], days: range, filters: Filters, zone: ZoneInfo,
    listed: Listed,
) -> Iterator[tuple[Longs, Longs, Longs]]:  # fmt: skip
    """(counts (n, DAY_COUNTS), ordinal, day) of each event in these areas on each of its days, from the areas' own
    indexes; some at a time, since what a year of a district counts does not fit into memory."""
    every = list({tree.areas[i].id: None for o in areas for i in range(o, int(tree.end[o]))})
    low, high = _moments(days, zone)
    for time, names in BASES:
        for some in parts(every):
            asked = sa.select(*COUNTED).where(EventRow.area_id.in_(some), *_chosen(filters, listed))
            cursor = conn.execute(asked.where(time >= low, time < high)).cursor
            while cursor is not None and (rows := cursor.fetchmany(AT_ONCE)):
                columns = counted_rows(rows)
                added = days_of(columns, facts(columns))
                block = np.zeros((len(rows), len(DAY_COUNTS)), np.int64)
                for name in names:
                    if name in added:
                        block[:, PLACE[name]] = added[name]
                ms: Longs = getattr(columns, time.key)
                at = np.array([tree.ordinal_by_id[i] for i in columns.area_id.tolist()], np.int64)
                yield block, at, day_numbers(np.where(ms == NONE, 0, ms), zone)


def _fetched(conn: Connection, asked: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
    # The driver's own rows: there are hundreds of numbers in each.
    cursor = conn.execute(asked).cursor
    return cursor.fetchall() if cursor is not None else []
