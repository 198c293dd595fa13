"""Counters: how many events and units stand in each area and below, one row per area, and when each row last changed.

Every figure is a sum over rows of events or units. A change takes away what a row counted before and adds what it
counts now, along the chain of ancestors: so a parent is always the sum of its children and of what stands directly
at it, whatever happened in whatever order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import Ints
from geodata.domain.events import SOURCES, STATES, Mark
from geodata.situation.columns import FORCED, IS_ENDED, EventColumns
from geodata.situation.days import Day
from geodata.situation.judging import IS_CLOSED, closed_on_time
from geodata.situation.runs import Longs
from geodata.situation.strata import Strata
from geodata.store.tallies import TOTALS

URGENCY_N = 4
HOURS_N = 24
UNJUDGED = -1
Part = tuple[npt.NDArray[np.bool_] | None, Ints]
"""(which of the slots, None for all; the column that each of those counts in)"""
Pairs = tuple[Longs, Longs]
"""(areas where something stands directly, the column that it counts in)"""


class Layout:
    """Which column counts what. Classes and sources have one more column for codes that the city does not list."""

    def __init__(self, classes: int) -> None:
        self.classes, self.sources = classes, len(SOURCES)
        sizes = {
            "state": len(STATES), "urgency": URGENCY_N, "marked": 2 * URGENCY_N, "class_open": classes + 1,
            "source": self.sources + 1, "open": 1, "overdue": 1, "due_soon": 1, "unjudged": 1, "held": 1, "reopened": 1,
            "hour": HOURS_N, "class_reported": classes + 1, "reported": 1, "ended": 1, "closed": 1, "on_time": 1,
            "late": 1, "forced": 1, "ever": len(TOTALS),
        }  # fmt: skip
        ends = np.cumsum(list(sizes.values())).tolist()
        self._range = {name: range(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}
        self.width: int = ends[-1]
        self.today = slice(self["hour"], self["forced"] + 1)
        self.ever = slice(self["ever"], self.width)

    def __getitem__(self, name: str) -> int:
        """The (first) column of this name."""
        return self._range[name].start

    def columns(self, name: str) -> slice:
        """All columns of this name."""
        return slice(self._range[name].start, self._range[name].stop)


def standing(columns: EventColumns, slots: Longs, layout: Layout) -> Iterator[Part]:
    """What these events count as whatever the day is. ``marked`` columns: urgency × 2 + on a pile, with a place."""
    opened = columns.is_open(slots)
    state, urgency = columns.state[slots], columns.urgency[slots].astype(np.int32) - 1
    yield None, _all(slots, layout["held"])
    yield opened, layout["state"] + state[opened].astype(np.int32)
    yield opened, layout["urgency"] + urgency[opened]
    yield opened, layout["class_open"] + np.minimum(columns.cls[slots][opened], layout.classes).astype(np.int32)
    yield opened, layout["source"] + np.minimum(columns.source[slots][opened], layout.sources).astype(np.int32)
    yield _each(opened, layout["open"])
    placed = opened & ~np.isnan(columns.lon[slots])
    yield placed, layout["marked"] + 2 * urgency[placed] + columns.on_pile[slots][placed]
    yield _each(opened & (columns.on_time[slots] == UNJUDGED), layout["unjudged"])
    yield _each(opened & _marked(columns, slots, Mark.REOPENED), layout["reopened"])
    yield from lateness(columns, slots, layout)


def lateness(columns: EventColumns, slots: Longs, layout: Layout) -> Iterator[Part]:
    """What of it the clock alone changes."""
    yield _each(columns.overdue[slots], layout["overdue"])
    yield _each(columns.due_soon[slots], layout["due_soon"])


def of_day(columns: EventColumns, slots: Longs, layout: Layout, day: Day) -> Iterator[Part]:
    """What these events count as today: reported, ended, closed, in time or late, by force."""
    reported = day.holds(columns.reported_ms[slots])
    yield reported, layout["hour"] + day.hours(columns.reported_ms[slots][reported])
    classes = np.minimum(columns.cls[slots][reported], layout.classes)
    yield reported, layout["class_reported"] + classes.astype(np.int32)
    yield _each(reported, layout["reported"])
    ended = IS_ENDED[columns.state[slots]] & day.holds(columns.ended_ms[slots])
    in_time, late = closed_on_time(columns, slots)
    yield _each(ended, layout["ended"])
    yield _each(ended & IS_CLOSED[columns.state[slots]], layout["closed"])
    yield _each(ended & in_time, layout["on_time"])
    yield _each(ended & late, layout["late"])
    yield _each(ended & (columns.state[slots] == FORCED), layout["forced"])


def ever(columns: EventColumns, slots: Longs, layout: Layout) -> Iterator[Part]:
    """What these events count as for all time, in the order of the store's totals."""
    state = columns.state[slots]
    in_time, late = closed_on_time(columns, slots)
    masks = {
        "ended": IS_ENDED[state], "closed": IS_CLOSED[state], "closed_on_time": in_time, "closed_late": late,
        "forced": state == FORCED, "reopened": _marked(columns, slots, Mark.REOPENED),
        "to_reply": _marked(columns, slots, Mark.TO_REPLY),
    }  # fmt: skip
    yield None, _all(slots, layout["ever"])
    for name, mask in masks.items():
        yield _each(mask, layout["ever"] + TOTALS.index(name))


def _marked(columns: EventColumns, slots: Longs, mark: Mark) -> npt.NDArray[np.bool_]:
    marked: npt.NDArray[np.bool_] = (columns.marks[slots] & np.int16(mark)) != 0
    return marked


def _each(mask: npt.NDArray[np.bool_], column: int) -> Part:
    return mask, np.full(int(np.count_nonzero(mask)), column, np.int32)


def _all(slots: Longs, column: int) -> Ints:
    return np.full(len(slots), column, np.int32)


def gathered(areas: Ints, parts: Iterable[Part]) -> Pairs:
    """The parts as (area, column) pairs; ``areas`` belong to the slots the parts speak of."""
    where, what = [], []
    for mask, column in parts:
        where.append(areas if mask is None else areas[mask])
        what.append(column)
    return np.concatenate(where).astype(np.int64), np.concatenate(what).astype(np.int64)


def row_of(width: int, parts: Iterable[Part]) -> Longs:
    """The parts added up to one row of counters."""
    row = np.zeros(width, np.int64)
    for _, column in parts:
        row += np.bincount(column, minlength=width)
    return row


class Counters:
    """One row of int32 counters per area for what stands there and below. In memory they lie column by column: they are
    added up a column at a time, and a column is what lists and maps read."""

    __slots__ = ("_areas", "_flat", "_parent", "rows")

    def __init__(self, strata: Strata, width: int, pairs: Pairs) -> None:
        """Count these pairs; areas are where things stand directly."""
        self._areas, self._parent = len(strata.tree), strata.parent
        self._flat: Ints = np.zeros(width * self._areas, np.int32)
        self.rows: Ints = self._flat.reshape(width, self._areas).T
        # A one of the counters' own type: of another one, numpy adds fifteen times as slowly.
        np.add.at(self._flat, pairs[1] * self._areas + pairs[0], np.int32(1))
        strata.add_up(self.rows)

    def move(self, gone: Pairs, new: Pairs) -> None:
        """Take one set of pairs out and put another in, here and in all areas above."""
        keys = np.concatenate((gone[1] * self._areas + gone[0], new[1] * self._areas + new[0]))
        signs = np.ones(len(keys), np.int32)
        signs[: len(gone[0])] = -1
        keys, inverse = np.unique(keys, return_inverse=True)
        weights = np.bincount(inverse, signs, len(keys)).astype(np.int32)
        keys, weights = keys[weights != 0], weights[weights != 0]
        columns, areas = np.divmod(keys, self._areas)
        while len(areas):
            np.add.at(self._flat, columns * self._areas + areas, weights)
            areas = self._parent[areas].astype(np.int64)
            if areas.min() < 0:
                areas, columns, weights = areas[areas >= 0], columns[areas >= 0], weights[areas >= 0]


class Stamps:
    """Per area the version at which something in it changed last; ``floor`` lifts them all at once."""

    __slots__ = ("_last", "_parent", "floor")

    def __init__(self, parent: Ints, floor: int) -> None:
        self._parent = parent
        self._last: Longs = np.zeros(len(parent), np.int64)
        self.floor = floor

    def touch(self, areas: npt.NDArray[np.signedinteger], version: int) -> None:
        """Something changed in these areas, and so in all above."""
        now = np.unique(areas)
        while len(now):
            self._last[now] = version
            now = self._parent[now]
            now = now[now >= 0]

    def of(self, o: int) -> int:
        """The version of an area."""
        return max(self.floor, int(self._last[o]))
