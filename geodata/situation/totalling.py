"""Totalling: one row of counters as the figures of an area."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.domain.events import OPEN, STAGE_OF, STATES, Stage
from geodata.domain.units import FRESHNESS, UNIT_STATUSES, UnitStatus
from geodata.situation.briefs import ClassCount, Totals, UnitTotals
from geodata.situation.columns import Codebook
from geodata.situation.counters import Layout
from geodata.situation.handling import HandlingTimes
from geodata.situation.runs import Longs
from geodata.situation.unit_book import FRESHNESS_AT, MARKED

Row = npt.NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True)
class Handling:
    """Handling times of closures: how many, mean and median seconds."""

    n: int
    mean_s: float | None
    median_s: float | None

    @classmethod
    def of(cls, seconds: Longs) -> Handling:
        """Of these seconds."""
        if not len(seconds):
            return cls(0, None, None)
        return cls(len(seconds), float(seconds.mean()), float(np.median(seconds)))

    @classmethod
    def at(cls, times: HandlingTimes, o: int) -> Handling:
        """Of an area."""
        return cls(*times.of(o))


def totals_of(
    row: Row, ever_and_open: Sequence[int], handling: Handling, unplaced: int, layout: Layout, book: Codebook
) -> Totals:
    """The figures in a row. ``ever_and_open`` is of all events, without filters: the all-time columns, then open,
    overdue and unjudged.
    """
    counts: list[int] = row.tolist()

    def some(name: str) -> list[int]:
        return counts[layout.columns(name)]

    by_state = {state: n for state, n in zip(STATES, some("state"), strict=True) if state in OPEN}
    by_stage = Counter(dict.fromkeys(Stage, 0))
    for state, n in by_state.items():
        by_stage[STAGE_OF[state]] += n
    first, second, third, fourth = some("urgency")
    *ever, opened, overdue, unjudged = ever_and_open
    reported, ended, closed, closed_on_time, closed_late, forced, reopened, to_reply = ever
    on_time, late = closed_on_time + opened - overdue - unjudged, closed_late + overdue
    return Totals(
        open=counts[layout["open"]], by_stage=dict(by_stage), by_state=by_state,
        by_urgency=(first, second, third, fourth),
        by_class=_classes(book.classes.texts[: layout.classes], some("class_reported"), some("class_open")),
        by_source=_with_others(book.sources.texts[: layout.sources], some("source")),
        overdue=counts[layout["overdue"]], due_soon=counts[layout["due_soon"]], unplaced=unplaced,
        reported_today=counts[layout["reported"]], ended_today=counts[layout["ended"]],
        closed_today=counts[layout["closed"]], on_time_today=counts[layout["on_time"]],
        late_today=counts[layout["late"]], forced_today=counts[layout["forced"]],
        reopened=counts[layout["reopened"]],
        handling_n=handling.n, handling_mean_s=handling.mean_s, handling_median_s=handling.median_s,
        reported_all=reported, ended_all=ended, closed_all=closed, closed_on_time_all=closed_on_time,
        closed_late_all=closed_late, on_time_all=on_time, overdue_all=late,
        unjudged_all=closed + opened - on_time - late, forced_all=forced, reopened_all=reopened, to_reply=to_reply,
    )  # fmt: skip


def _classes(codes: Sequence[str], reported: Sequence[int], opened: Sequence[int]) -> dict[str, ClassCount]:
    named = dict(zip(codes, map(ClassCount, reported, opened), strict=False))
    others = ClassCount(reported[-1], opened[-1])
    return named | {"": others} if any(others) else named


def _with_others(codes: Sequence[str], counts: Sequence[int]) -> dict[str, int]:
    named = dict(zip(codes, counts, strict=False))
    return named | {"": counts[-1]} if counts[-1] else named


def unit_totals_of(row: Row) -> UnitTotals:
    """The figures in a row of unit counters."""
    counts: list[int] = row.tolist()
    by_status = dict(zip(UNIT_STATUSES, counts[:FRESHNESS_AT], strict=True))
    by_freshness = dict(zip(FRESHNESS, counts[FRESHNESS_AT:MARKED], strict=True))
    total = sum(by_status.values())
    return UnitTotals(total, total - by_status[UnitStatus.OFF_DUTY], by_status, by_freshness)
