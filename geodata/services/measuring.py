"""Measuring: the indicators of an area and of its children over any days, with the period before and a year before.

Roll-ups and events are written in one transaction, so that what is read here of today is what the screens show live.
Everything reads the store: for a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from geodata.domain.areas import AreaTree
from geodata.domain.figures import BY_DEADLINE, Figure
from geodata.domain.indicators_rank import Rank, Standing, peer_of, ranked
from geodata.domain.indicators_table import INDICATORS, Indicator, Statistic, mean_s, shown
from geodata.domain.indicators_time import ERROR, exact_s, quantile_s
from geodata.domain.periods import DAYS_MAX, YEARS, Period, local_day
from geodata.domain.view import Filters
from geodata.services.actors import Actor
from geodata.services.looking import area_of
from geodata.situation.situation import Situation
from geodata.store import day_sums
from geodata.store.ancestry import Longs
from geodata.store.day_sums import PLACE
from geodata.store.engine import Connection, Store
from geodata.store.models_days import DAY_COUNTS, SECONDS, SPREAD, column_of

EXACT_MAX = 20_000
"""Up to so many handling times are read themselves; beyond that quantiles come from buckets."""
_SPREAD = [PLACE[name] for name in SPREAD]
_DUE = [PLACE[column_of(f)] for f in (Figure.PERIOD_DUE, Figure.PERIOD_DUE_LATE)]


class PeriodError(ValueError):
    """A period that cannot be measured; ``field``, ``value`` and ``rule`` say which and why."""

    def __init__(self, field: str, value: str, rule: str) -> None:
        super().__init__(f"{field}: {value!r} {rule}")
        self.field, self.value, self.rule = field, value, rule


@dataclass(frozen=True, slots=True)
class Value:
    """An indicator of one area over one period. ``num`` and ``den`` are as long as their lists; of a time ``num`` is
    None and ``den`` counts its cases. ``value``: a share or seconds, None where there is nothing to divide by.
    ``error``: how far a quantile may be off, as a share of it; 0 where it is exact."""

    indicator: Indicator
    num: int | None
    den: int
    value: float | None
    error: float = 0.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Every indicator of an area, by its id: in the period, in the one before and in the same one a year before.

    A period that is not over is compared with as many days of the others. ``children``: by code, in the order of the
    tree; empty unless they were asked for.
    """

    area: str
    period: Period
    before: Period
    year: Period
    now: dict[str, Value]
    then: dict[str, Value]
    year_ago: dict[str, Value]
    children: dict[str, dict[str, Value]]
    children_then: dict[str, dict[str, Value]]
    children_year_ago: dict[str, dict[str, Value]]
    peers: dict[str, str]

    def ranking(self, indicator: str) -> list[Rank]:
        """The children by one indicator, inside their peer groups."""

        def standing(of: dict[str, dict[str, Value]]) -> dict[str, Standing]:
            return {code: Standing(values[indicator].value, values[indicator].den) for code, values in of.items()}

        return ranked(
            standing(self.children), standing(self.children_then), standing(self.children_year_ago), self.peers,
            INDICATORS[indicator].better,
        )  # fmt: skip


def measured(
    store: Store, situation: Situation, actor: Actor, area: str | None, period: Period, filters: Filters,
    *, children: bool = False,
) -> Measures:  # fmt: skip
    """The indicators of an area (of the actor's home without a code). Of ``filters`` classes and sources count.

    Raises NotAllowedError, NotThereError, PeriodError.
    """
    tree = situation.tree
    o = area_of(actor, tree, area)
    check(period)
    kids = tree.children(o).tolist() if children else []
    reading = _Reading(situation, filters, [o, *kids])
    before, year = compared(period, local_day(situation.now_ms, situation.zone))
    with store.read() as conn:
        found = [reading.of(conn, p) for p in (period, before, year)]
    now, then, ago = found
    codes = [tree.areas[i].code for i in kids]
    rest = [dict(zip(codes, values[1:], strict=True)) for values in found]
    peers = {tree.areas[i].code: peer_of(tree.areas[i]) for i in kids}
    return Measures(
        tree.areas[o].code, period, before, year, now[0], then[0], ago[0], rest[0], rest[1], rest[2], peers
    )


def trend(
    store: Store, situation: Situation, actor: Actor, area: str | None, period: Period, filters: Filters,
    indicators: Sequence[str] = ("closing", "on_time", "overdue", "registration"),
) -> dict[str, list[Value]]:  # fmt: skip
    """A value of each of these indicators for each day of a period. Raises as ``measured``; PeriodError, too, for an
    indicator that there is not."""
    tree = situation.tree
    o = area_of(actor, tree, area)
    check(period)
    for name in indicators:
        if name not in INDICATORS:
            raise PeriodError("indicator", name, "is not an indicator; known: " + ", ".join(INDICATORS))
    rows = [INDICATORS[name] for name in indicators]
    needs = {column_of(f) for row in rows for f in (row.num, row.den) if f is not None}
    timed = any(row.statistic is not None for row in rows)
    names = [n for n in DAY_COUNTS if n in needs or (timed and (n == SECONDS or n in SPREAD))]
    out: dict[str, list[Value]] = {name: [] for name in indicators}
    zone = situation.zone
    with store.read() as conn:
        found = day_sums.by_day(
            conn, tree, o, period.numbers(), filters, zone, names, situation.catalogue.classes.keys()
        )  # fmt: skip
        if needs & set(map(column_of, BY_DEADLINE)):
            _less_to_come(conn, situation, filters, o, period, names, found)
    for day in found:
        counts = np.zeros(len(DAY_COUNTS), np.int64)
        counts[[PLACE[n] for n in names]] = day
        for row in rows:
            out[row.id].append(value_of(row, counts))
    return out


def check(period: Period) -> None:
    """Raises PeriodError for a period that ends before it begins, or is too long."""
    if period.last < period.first:
        raise PeriodError("to", period.last.isoformat(), f"lies before from {period.first.isoformat()}")
    if period.days > DAYS_MAX:
        raise PeriodError("to", period.last.isoformat(), f"makes more than {DAYS_MAX} days")
    for name, day in (("from", period.first), ("to", period.last)):
        if not YEARS[0] <= day.year <= YEARS[1]:
            raise PeriodError(name, day.isoformat(), f"is not a day from {YEARS[0]} to {YEARS[1]}")


def compared(period: Period, today: date) -> tuple[Period, Period]:
    """The period before, and the same one a year before; both cut to as many days as have passed of a running one."""
    before, year = period.before(), period.year_before()
    passed = period.up_to(today)
    if passed is None or passed == period:
        return before, year
    n = timedelta(days=passed.days - 1)
    return Period(before.first, min(before.last, before.first + n)), Period(year.first, min(year.last, year.first + n))


def value_of(row: Indicator, counts: Longs, seconds: Longs | None = None) -> Value:
    """An indicator from counts in the order of DAY_COUNTS; ``seconds`` are the handling times where they were read."""
    den = int(counts[PLACE[column_of(row.den)]])
    if row.num is not None:
        num = int(counts[PLACE[column_of(row.num)]])
        return Value(row, num, den, row.formula(num, den))
    if row.statistic is Statistic.MEAN:
        return Value(row, None, den, mean_s(int(counts[PLACE[SECONDS]]), den))
    share = 0.5 if row.statistic is Statistic.MEDIAN else 0.9
    if seconds is not None:
        median = float(np.median(seconds)) if len(seconds) else None
        return Value(row, None, den, median if row.statistic is Statistic.MEDIAN else exact_s(seconds, share))
    return Value(row, None, den, quantile_s(counts[_SPREAD], share), ERROR)


class _Reading:
    """One question over several periods: the areas, of which the first is the one that was asked for."""

    def __init__(self, situation: Situation, filters: Filters, areas: list[int]) -> None:
        self._situation, self._filters, self._areas = situation, filters, areas
        self._rows = shown(len(situation.tree.levels))

    def of(self, conn: Connection, period: Period) -> list[dict[str, Value]]:
        """The values of each area over a period."""
        tree, zone = self._situation.tree, self._situation.zone
        listed = self._situation.catalogue.classes.keys()
        counts = day_sums.sums(conn, tree, self._areas, period.numbers(), self._filters, zone, listed)
        low, high = period.span_ms(zone)
        after_ms = max(self._situation.now_ms, low - 1)
        later = day_sums.to_come(conn, tree, self._areas[0], after_ms, high, self._filters, listed)
        _subtract(counts, [_below(tree, o, later) for o in self._areas])
        handled = int(counts[0, PLACE[column_of(Figure.PERIOD_HANDLED)]])
        exact = None
        if handled <= EXACT_MAX and int(tree.end[self._areas[0]]) - self._areas[0] < SMALL:
            exact = day_sums.handling_times(
                conn, tree, self._areas[0], period.numbers(), self._filters, zone, listed
            )  # fmt: skip
        return [
            {row.id: value_of(row, own, exact if k == 0 else None) for row in self._rows}
            for k, own in enumerate(counts)
        ]  # fmt: skip


SMALL = 400
"""Handling times are read themselves where an area has fewer areas than this below it: the index finds them there."""


def _below(tree: AreaTree, o: int, direct: Longs) -> int:
    return int(direct[o : int(tree.end[o])].sum())


def _subtract(counts: Longs, later: Sequence[int]) -> None:
    """An open case whose deadline is still to come is not due yet, and not late."""
    counts[:, _DUE] -= np.array(later, np.int64)[:, None]


def _less_to_come(
    conn: Connection, situation: Situation, filters: Filters, o: int, period: Period, names: Sequence[str],
    found: Longs,
) -> None:  # fmt: skip
    """The same for each day of a trend."""
    days, (low, high) = period.numbers(), period.span_ms(situation.zone)
    to_come = day_sums.days_to_come(
        conn, situation.tree, o, max(situation.now_ms, low - 1), high, filters, situation.zone,
        situation.catalogue.classes.keys(),
    )  # fmt: skip
    later = np.bincount(to_come - days.start, minlength=len(days))
    for k in _DUE:
        if DAY_COUNTS[k] in names:
            found[:, names.index(DAY_COUNTS[k])] -= later
