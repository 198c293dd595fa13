"""Patrol coverage 巡查覆盖: which grids are due when, and by what a grid is covered. Grids and shifts, never a unit.

A grid is the smallest area, one with nothing below it. Its plan gives it a period: a shift, a day, or n days. It is
due in the shift with which its period ends, once per period, and is covered when in any shift of the period the rule
was met: so many minutes inside and so many fixes, of signed-on units together. Over any span of shifts and any area

    coverage rate 巡查覆盖率 = Σ covered / Σ due.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import AreaTree

Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
MINUTE_MS = 60_000
EVERY_SHIFT, EVERY_DAY, DAYS_MAX = 0, 1, 31
AGAIN_DAYS = 7
"""So long a shift is counted again when something of it comes late: what its grids' periods hold is kept until then."""
NEVER_MET = -1


@dataclass(frozen=True, slots=True)
class PatrolRule:
    """The plan of one kind of grid; ``kind`` "" is that of every kind that has none of its own.

    ``every``: 0 each shift, 1 each day, n all n days. Met in a shift with ``minutes`` inside and ``fixes`` there.
    """

    kind: str
    every: int
    minutes: float
    fixes: int


@dataclass(frozen=True, slots=True)
class PatrolPlan:
    """``starts``: when shifts begin, minutes after midnight, ascending. A silence of a unit that is longer than
    ``gap_ms`` counts nowhere.
    """

    starts: tuple[int, ...] = (0, 480, 960)
    rules: tuple[PatrolRule, ...] = (
        PatrolRule("urban", EVERY_SHIFT, 10, 3), PatrolRule("dedicated", EVERY_SHIFT, 10, 3),
        PatrolRule("rural", EVERY_DAY, 20, 3), PatrolRule("", EVERY_DAY, 10, 3),
    )  # fmt: skip
    gap_ms: int = 5 * MINUTE_MS

    def rule_of(self, kind: str) -> PatrolRule:
        """The rule of a kind of grid."""
        by_kind = {rule.kind: rule for rule in self.rules}
        return by_kind.get(kind) or by_kind[""]


DEFAULT_PLAN = PatrolPlan()


class Shift(NamedTuple):
    """One shift of the city, from < end in epoch ms; ``day``: the number of the local day on which it begins."""

    from_ms: int
    to_ms: int
    day: int


class Walked(NamedTuple):
    """What was walked in one shift, per grid (each once): ms inside, fixes there, and the time of the newest."""

    area_id: Longs
    inside_ms: Longs
    fixes: Longs
    last_ms: Longs

    @classmethod
    def summed(cls, area_id: Longs, inside_ms: Longs, fixes: Longs, last_ms: Longs) -> Self:
        """Of stays, each grid any number of times."""
        ids, at = np.unique(area_id, return_inverse=True)
        sums = np.zeros((3, len(ids)), np.int64)
        np.add.at(sums[0], at, inside_ms)
        np.add.at(sums[1], at, fixes)
        np.maximum.at(sums[2], at, last_ms)
        return cls(ids, *sums)


@lru_cache(maxsize=4096)
def _starts(plan: PatrolPlan, zone: ZoneInfo, day: int) -> tuple[int, ...]:
    at = date.fromordinal(day)
    moments = (datetime(at.year, at.month, at.day, *divmod(m, 60), tzinfo=zone).timestamp() for m in plan.starts)
    return tuple(sorted({round(moment * 1000) for moment in moments}))


def day_of(zone: ZoneInfo, at_ms: int) -> int:
    """The number (the date's ordinal) of the local day of a moment."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).date().toordinal()


def day_begins(plan: PatrolPlan, zone: ZoneInfo, day: int) -> int:
    """When the first shift of a local day (its ordinal) begins, epoch ms."""
    return _starts(plan, zone, day)[0]


def shifts_between(plan: PatrolPlan, zone: ZoneInfo, low_ms: int, high_ms: int) -> Iterator[Shift]:
    """The shifts that touch [low, high), the oldest first."""
    day = day_of(zone, low_ms) - 1
    while (begins := _starts(plan, zone, day))[0] < high_ms:
        ends = (*begins[1:], day_begins(plan, zone, day + 1))
        for low, high in zip(begins, ends, strict=True):
            if low < high_ms and high > low_ms:
                yield Shift(low, high, day)
        day += 1


def shift_at(plan: PatrolPlan, zone: ZoneInfo, at_ms: int) -> Shift:
    """The shift that runs at a moment."""
    return next(shifts_between(plan, zone, at_ms, at_ms + 1))


@dataclass(frozen=True, slots=True)
class Grids:
    """The grids of a city under a plan, as columns by ordinal: ``o``, the areas' ids, and the rule of each.

    ``table``: the place of a grid by its id, −1 where that is no grid.
    """

    o: Longs
    id: Longs
    every: Longs
    need_ms: Longs
    need_fixes: Longs
    table: Longs

    @classmethod
    def of(cls, tree: AreaTree, plan: PatrolPlan) -> Grids:
        """All areas with nothing below them."""
        o = np.flatnonzero(tree.end == np.arange(len(tree)) + 1).astype(np.int64)
        rules = [plan.rule_of(tree.areas[i].kind) for i in o.tolist()]
        ids = np.array([tree.areas[i].id for i in o.tolist()], np.int64)
        table = np.full(int(ids.max()) + 1, -1, np.int64)
        table[ids] = np.arange(len(ids))
        return cls(
            o, ids, np.array([r.every for r in rules], np.int64),
            np.array([round(r.minutes * MINUTE_MS) for r in rules], np.int64),
            np.array([r.fixes for r in rules], np.int64), table,
        )  # fmt: skip

    def places(self, ids: Longs) -> Longs:
        """Where these areas stand among the grids; −1 for what is none."""
        known = (ids >= 0) & (ids < len(self.table))
        found: Longs = np.where(known, self.table[np.where(known, ids, 0)], -1)
        return found

    def has(self, area_id: int) -> bool:
        """Whether this area is a grid."""
        return 0 <= area_id < len(self.table) and bool(self.table[area_id] >= 0)

    def met(self, at: Longs, inside_ms: Longs, fixes: Longs) -> Bools:
        """Whether the grids at these places met their rule with what was walked in one shift; −1 never does."""
        met: Bools = (at >= 0) & (inside_ms >= self.need_ms[at]) & (fixes >= self.need_fixes[at])
        return met


def periods(grids: Grids, plan: PatrolPlan, zone: ZoneInfo, shift: Shift) -> tuple[Longs, Longs]:
    """(begin, end) in epoch ms of the period of each grid in which a shift lies.

    Periods of n days begin on another day for each grid (by its id), so that a day's work is as much as another's.
    """
    begin, end = np.full(len(grids.id), shift.from_ms), np.full(len(grids.id), shift.to_ms)
    for n in np.unique(grids.every[grids.every > 0]).tolist():
        some = grids.every == n
        phase = (shift.day + grids.id[some]) % n
        days = np.array([day_begins(plan, zone, shift.day - k) for k in range(n)], np.int64)
        after = np.array([day_begins(plan, zone, shift.day - k + n) for k in range(n)], np.int64)
        begin[some], end[some] = days[phase], after[phase]
    return begin, end


def fault(starts: Sequence[int], rules: Sequence[PatrolRule]) -> str:
    """What is wrong with a plan; "" for a sound one."""
    if not starts or list(starts) != sorted(starts) or not all(0 <= m < 1440 for m in starts):
        return "shifts: one or more times of the day, in their order"
    gaps = [b - a for a, b in zip(starts, (*starts[1:], starts[0] + 1440), strict=True)]
    if min(gaps) < 60:
        return "shifts: each lasts an hour or longer"
    kinds = [rule.kind for rule in rules]
    if len(set(kinds)) < len(kinds):
        return "plan: each kind once"
    return "" if "" in kinds else 'plan: one line is for every other kind (kind = "")'
