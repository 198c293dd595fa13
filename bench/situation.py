"""P1: what a drill and a live frame cost the server when the city is a hundred times larger.

``python -m bench.situation`` prints the figures. Everything is invented with numpy; no database is involved, because
no "now" question asks one.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.areas import Area, AreaTree, Level
from geodata.domain.catalogue import Catalogue
from geodata.domain.clocks import NEVER
from geodata.domain.view import Filters, Measure
from geodata.situation.columns import CLOCK, NO_UNIT, STATE_INDEX, Codebook, EventBatch
from geodata.situation.situation import Situation
from geodata.store.events import EventNow
from geodata.store.units import UnitNow

ZONE = ZoneInfo("Asia/Shanghai")
NOW_MS = 1_777_780_800_000
HOUR_MS = 3_600_000
BUDGET = 2000
OPEN_STATES = ("reported", "to_dispatch", "dispatched", "handling", "handled", "to_check")
PATHS, ROUNDS = 60, 40
EVENTS_CHANGED, UNITS_MOVED = 50, 500
BAR = 1.5


@dataclass(frozen=True, slots=True)
class Size:
    """A city's shape: children per area, level by level, open events, units."""

    fan_out: tuple[int, ...]
    open: int
    units: int


SIZES = (
    Size((38, 27, 7), 10_000, 2_000),
    Size((38, 27, 11, 6), 100_000, 20_000),
    Size((38, 27, 11, 10, 6), 1_000_000, 200_000),
)


def tree_of(fan_out: Sequence[int]) -> AreaTree:
    """A regular hierarchy of square areas."""
    levels = [Level(d, f"level{d}", f"第{d}级", f"Level {d}") for d in range(len(fan_out) + 1)]
    areas = [Area(1, "0", "城", 0, None, 104.0, 30.0, (103, 29, 105, 31), 1e10)]
    above = areas
    for depth, n in enumerate(fan_out, 1):
        here = [
            Area(0, f"{parent.code}{k:02}", "", depth, parent.code, parent.lon + k / 10**depth, parent.lat,
                 parent.bbox, parent.area_m2 / n)
            for parent in above
            for k in range(n)
        ]  # fmt: skip
        above = [replace(a, id=len(areas) + 1 + i) for i, a in enumerate(here)]
        areas = areas + above
    return AreaTree(levels, areas)


def events_of(tree: AreaTree, book: Codebook, n_open: int, rng: np.random.Generator) -> EventBatch:
    """Open events on leaves (a third reported today, a tenth overdue) and, a third as many, events closed today."""
    n = n_open + n_open // 3
    leaves = np.flatnonzero(tree.end == np.arange(len(tree)) + 1)
    closed = np.arange(n) >= n_open
    reported = NOW_MS - np.where(rng.random(n) < 1 / 3, rng.integers(0, 12, n), rng.integers(12, 200, n)) * HOUR_MS
    reported += rng.integers(0, HOUR_MS, n) - HOUR_MS
    limit = np.where(rng.random(n) < 0.1, NOW_MS - reported - rng.integers(1, 48 * HOUR_MS, n), 0)
    deadline = np.where(limit > 0, reported + limit, NOW_MS + rng.integers(-2 * HOUR_MS // 10, 90 * HOUR_MS, n))
    sent = reported + rng.integers(60_000, HOUR_MS, n)
    states = np.array([STATE_INDEX[s] for s in OPEN_STATES], np.int8)
    numbers: dict[str, Any] = {
        "id": np.arange(1, n + 1), "rev": np.ones(n), "o": rng.choice(leaves, n), "lon": 104 + rng.random(n),
        "lat": 30 + rng.random(n), "urgency": rng.choice([1, 2, 3, 4], n, p=[0.05, 0.15, 0.3, 0.5]),
        "cls": rng.integers(0, book.classes.known, n), "subtype": rng.integers(0, book.subtypes.known, n),
        "source": rng.integers(0, book.sources.known, n),
        "state": np.where(closed, STATE_INDEX["closed"], rng.choice(states, n)), "on_pile": rng.random(n) < 0.02,
        "reported_ms": reported, "state_ms": reported, "dispatched_ms": sent,
        "handled_ms": sent + rng.integers(60_000, 5 * HOUR_MS, n),
        "ended_ms": np.where(closed, NOW_MS - rng.integers(0, 12 * HOUR_MS, n), NEVER), "deadline_ms": deadline,
        "on_time": np.full(n, CLOCK), "unit_id": np.full(n, NO_UNIT),
    }  # fmt: skip
    numbers |= {"marks": np.zeros(n), "stage_ms": np.full(n, NEVER), "clock_ms": np.full(n, NEVER)}
    numbers["paused_ms"] = np.zeros(n)
    typed = EventBatch.of((), tree, book).numbers
    return EventBatch(
        {name: np.asarray(numbers[name]).astype(column.dtype) for name, column in typed.items()},
        {"code": [f"E{i}" for i in range(1, n + 1)], "description": [""] * n},
    )


def units_of(tree: AreaTree, n: int, rng: np.random.Generator) -> list[UnitNow]:
    """Units on duty, seen in the last 15 seconds."""
    leaves = np.flatnonzero(tree.end == np.arange(len(tree)) + 1)
    where, ages = rng.choice(leaves, n).tolist(), rng.integers(0, 15_000, n).tolist()
    return [
        UnitNow(i, f"U{i}", f"U{i}", "grid_post", tree.areas[o].id, "", "on_duty", NOW_MS, 1, 104.5, 30.5,
                NOW_MS - age, NOW_MS - age, None, None, None, tree.areas[o].id, 1, 0)
        for i, (o, age) in enumerate(zip(where, ages, strict=True), 1)
    ]  # fmt: skip


class City:
    """One city under test, with its own stream of drills and changes."""

    def __init__(self, size: Size, catalogue: Catalogue) -> None:
        self.rng = np.random.default_rng(7)
        self.tree = tree_of(size.fan_out)
        book = Codebook(catalogue)
        batch = events_of(self.tree, book, size.open, self.rng)
        self.units = units_of(self.tree, size.units, self.rng)
        self.situation = Situation(
            self.tree, catalogue, ZONE, NOW_MS, events=batch, units=self.units, book=book
        )
        self.leaves = np.flatnonzero(self.tree.end == np.arange(len(self.tree)) + 1)
        self.areas = [a.id for a in self.tree.areas]
        self.catalogue = catalogue
        self.n_open, self.seq = size.open, 1
        self.now_ms = NOW_MS
        self.revs: dict[int, int] = {}

    def path(self) -> list[int]:
        """A random way down: the city, one of its children, one of that one's …, a leaf."""
        return self.tree.chain(int(self.rng.choice(self.leaves)))

    def answer(self, o: int) -> int:
        """Everything that a page on this area asks for; returns how many rows came back."""
        s, none = self.situation, Filters()
        parts: tuple[Any, ...] = (
            s.totals(o), s.hours_today(o), s.unit_totals(o), s.children(o, Measure.OPEN, none)[1],
            s.event_marks(o, none, BUDGET, True).codes, s.unit_marks(o, BUDGET).codes, s.feed(o, none, 20),
            s.worst(o, none, 10),
        )  # fmt: skip
        return sum(len(p) for p in parts if isinstance(p, list))

    def changes(self) -> tuple[list[EventNow], list[UnitNow]]:
        """A second's changes: new and moved-on events, and fixes, a third of them in another leaf."""
        self.seq += 1
        subtypes = list(self.catalogue.subtypes.values())
        events = [self._event(i, subtypes[i % len(subtypes)]) for i in range(EVENTS_CHANGED)]
        moved = []
        for i in self.rng.choice(len(self.units), UNITS_MOVED, replace=False).tolist():
            unit = self.units[i]
            area = self.areas[int(self.rng.choice(self.leaves))] if self.rng.random() < 1 / 3 else unit.area_id
            self.units[i] = replace(unit, area_id=area, fix_ms=self.now_ms, moved_seq=self.seq)
            moved.append(self.units[i])
        return events, moved

    def _event(self, i: int, subtype: Any) -> EventNow:
        number = int(self.rng.integers(1, self.n_open)) if i % 4 else 10**7 + self.seq * EVENTS_CHANGED + i
        rev = self.revs[number] = self.revs.get(number, 1) + 1
        closed = i % 4 == 1
        return EventNow(
            number, f"E{number}", "hotline", "bench", str(number), subtype.code, subtype.class_code, subtype.urgency,
            "", 104.5, 30.5, 0, self.areas[int(self.rng.choice(self.leaves))], "closed" if closed else "handling",
            rev, self.now_ms, self.now_ms, self.now_ms - HOUR_MS, self.now_ms if closed else None,
            self.now_ms if closed else None, self.now_ms + HOUR_MS, None, None, self.seq,
        )  # fmt: skip

    def move(self, changed: tuple[list[EventNow], list[UnitNow]]) -> None:
        """One second later: the clock and the changes."""
        self.situation.advance(self.now_ms)
        self.situation.apply_events(changed[0])
        self.situation.apply_units(changed[1])


def clock(work: Callable[[], object]) -> float:
    """Milliseconds of this thread's processor that this takes; nothing in it waits for anything else."""
    began = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - began) / 1e6


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds of one city: of a drill at each step down, of the changes of a second, of a frame at each step."""

    drill: list[float]
    change: float
    frame: list[float]


def take(cities: Sequence[City]) -> list[Taken]:
    """Measure the cities in turns, so that whatever else the machine does hits all alike."""
    drills: list[list[list[float]]] = [[[] for _ in range(len(c.tree.levels))] for c in cities]
    frames: list[list[list[float]]] = [[[] for _ in range(len(c.tree.levels))] for c in cities]
    moves: list[list[float]] = [[] for _ in cities]
    for _ in range(PATHS):
        for i, city in enumerate(cities):
            for step, o in enumerate(city.path()):
                drills[i][step].append(clock(lambda c=city, o=o: c.answer(o)))  # type: ignore[misc]
    for _ in range(ROUNDS):
        for i, city in enumerate(cities):
            for step, o in enumerate(city.path()):
                city.now_ms += 1000
                changed = city.changes()
                spent = clock(lambda c=city, x=changed: c.move(x))  # type: ignore[misc]
                moves[i].append(spent)
                frames[i][step].append(spent + clock(lambda c=city, o=o: c.answer(o)))  # type: ignore[misc]
    return [
        Taken([median(t) for t in drills[i]], median(moves[i]), [median(t) for t in frames[i]])
        for i in range(len(cities))
    ]


def ratio(small: Sequence[float], large: Sequence[float]) -> float:
    """Large over small: of the mean over the steps or of the slowest step, whichever is worse."""
    return max(fmean(large) / fmean(small), max(large) / max(small))


def describe(size: Size, areas: int) -> str:
    """A city in a few words."""
    leaves = int(np.prod(size.fan_out))
    shape = " × ".join(map(str, size.fan_out))
    return f"{leaves:,} grids ({shape}, {areas:,} areas) + {size.open:,} open events + {size.units:,} units"


def figures() -> dict[str, dict[str, Any]]:
    """P1.drill and P1.frame: the largest city over the smallest, with the one between in the text."""
    catalogue = Catalogue.read()
    cities = [City(size, catalogue) for size in SIZES]
    # As a server does after loading: the collector need not walk what stays.
    gc.collect()
    gc.freeze()
    for city in cities:
        for o in city.path():
            city.answer(o)
    taken = take(cities)
    gc.unfreeze()
    names = [describe(size, len(city.tree)) for size, city in zip(SIZES, cities, strict=True)]
    shape = (
        "Fan-out per level is the same (at most 38); the larger city has one level more per factor of ten. In each, "
        "as many events again as a third of the open ones were closed today. Processor time of the one thread that "
        "answers; cities are measured in turns; medians "
        "per step of the way down; the value is the ratio of the mean over the steps or of the slowest step, "
        "whichever is worse. "
    )
    answers = (
        f"totals, hours, children, event marks and unit marks (budget {BUDGET:,}), newest 20 and worst 10 of each area "
        "of random ways from the city to a grid"
    )
    drill, frame = ([getattr(t, name) for t in taken] for name in ("drill", "frame"))
    both = {"unit": "×", "bar": BAR, "better": "lower", "peer": f"{names[2]} over {names[0]}"}
    return {
        "P1.drill": {
            **both, "value": round(ratio(drill[0], drill[2]), 2),
            "method": f"{shape}Asked: {answers}. ms per step: {listed(drill, names)}",
        },
        "P1.frame": {
            **both, "value": round(ratio(frame[0], frame[2]), 2),
            "method": f"{shape}A frame = the clock a second on, {EVENTS_CHANGED} events changed and {UNITS_MOVED} "
            f"units moved (the same in each city, {', '.join(f'{t.change:.1f}' for t in taken)} ms), then asked: "
            f"{answers}. ms per step: {listed(frame, names)}",
        },
    }  # fmt: skip


def listed(times: Sequence[Sequence[float]], names: Sequence[str]) -> str:
    """Times per step, city by city."""
    return "; ".join(
        f"{name}: {' / '.join(f'{t:.2f}' for t in steps)}" for name, steps in zip(names, times, strict=True)
    )


if __name__ == "__main__":
    print(json.dumps(figures(), ensure_ascii=False, indent=1))
