"""What events add to the counts: one rule for a single step, an import of a million rows and a rebuild.

Counts are always the sum over what ``event`` holds. A step therefore takes away what the event counted before and
adds what it counts now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy.engine import Connection

from geodata.domain.events import CLOSED, ENDED, SEEN, Mark, State
from geodata.domain.figures import LOCAL
from geodata.domain.indicators_time import bucket_of
from geodata.domain.traces import Trace, level_of
from geodata.store import bulk, daily
from geodata.store.ancestry import Ancestry, Bools, Longs, ancestry
from geodata.store.bulk import NONE
from geodata.store.grouping import climbed, grouped, summed
from geodata.store.models import AreaMonthRow, AreaTotalRow, RollupRow, table
from geodata.store.models_days import SPREAD

HOUR_MS = 3_600_000
NO_CASE = frozenset({State.REJECTED, State.VOID, State.MERGED, State.SUSPENDED})
NOT_AGAIN = frozenset({State.REJECTED, State.VOID, State.MERGED})
"""What came to nothing, or is the same event told twice, did not come again."""

TOTALS = ("reported", "ended", "closed", "closed_on_time", "closed_late", "forced", "reopened", "to_reply")
MONTHS = ("due", "due_closed", "due_on_time")
ROLLUPS = (
    "reported", "ended", "closed", "on_time", "timed", "handling_s", "handled", "due", "due_closed", "due_on_time",
)  # fmt: skip
BY_REPORT, BY_END, BY_DEADLINE = ROLLUPS[:1], ROLLUPS[1:7], ROLLUPS[7:]
HOURS = 1 << 24


@dataclass(frozen=True, slots=True)
class Countables:
    """Columns of events, n rows. Times in epoch ms or NONE; ``on_time`` NONE = the clock decides; ``sign`` ±1."""

    area_id: Longs
    class_code: Sequence[str]
    source: Sequence[str]
    state: Sequence[str]
    on_time: Longs
    reported_ms: Longs
    dispatched_ms: Longs
    handled_ms: Longs
    ended_ms: Longs
    deadline_ms: Longs
    marks: Longs
    traces: Longs
    paused_ms: Longs
    sign: Longs


def countables(columns: Mapping[str, Sequence[Any]], sign: Longs) -> Countables:
    """From columns of plain values in which None is NULL."""
    texts = ("class_code", "source", "state")
    longs = {
        f.name: np.array([NONE if v is None else v for v in columns[f.name]], np.int64)
        for f in fields(Countables)
        if f.name not in (*texts, "sign")
    }
    said = {name: columns[name] for name in texts}
    return Countables(**said, **longs, sign=sign)  # type: ignore[arg-type]


def count(conn: Connection, rows: Countables, zone: ZoneInfo) -> None:
    """Add these rows to the totals, roll-ups and months of the areas they stand in. Raises UnknownAreaError."""
    if not len(rows.area_id):
        return
    tree = ancestry(conn, rows.area_id)
    at = tree.positions(rows.area_id)
    added = facts(rows)
    _write_totals(conn, tree, at, added)
    _write_months(conn, tree, at, rows, added, zone)
    _write_rollups(conn, tree, at, rows, added)
    moments = (rows.reported_ms, rows.ended_ms, rows.deadline_ms)
    daily.write(conn, tree, at, (rows.class_code, rows.source), moments, zone, added, days_of(rows, added))


def facts(rows: Countables) -> dict[str, Longs]:
    """Per row what it adds to each count, zero or ±1 (seconds for ``handling_s``)."""
    codes, names = pd.factorize(np.asarray(rows.state, object))
    closed_code = np.array([n in CLOSED for n in names], np.bool_)
    ended_code = np.array([n in ENDED for n in names], np.bool_)
    case_code = np.array([n not in NO_CASE for n in names], np.bool_)
    closed, ended = closed_code[codes], ended_code[codes]
    has_deadline = rows.deadline_ms != NONE
    clock = np.where(has_deadline & (rows.ended_ms > rows.deadline_ms), 0, 1)
    judged = np.where(closed, np.where(rows.on_time == NONE, clock, rows.on_time), -1)
    due = has_deadline & case_code[codes] & (rows.on_time != -1)
    timed_work = closed & (rows.dispatched_ms != NONE) & (rows.handled_ms >= rows.dispatched_ms)
    handling = handling_s(rows, timed_work)
    masks: dict[str, Bools] = {
        "reported": np.ones(len(closed), np.bool_),
        "ended": ended, "closed": closed, "closed_on_time": judged == 1, "closed_late": judged == 0,
        "on_time": judged == 1, "timed": judged >= 0, "handled": timed_work,
        "forced": np.array([n == State.FORCED_CLOSED for n in names], np.bool_)[codes],
        "reopened": (rows.marks & Mark.REOPENED) != 0, "to_reply": (rows.marks & Mark.TO_REPLY) != 0,
        "due": due, "due_closed": due & closed, "due_on_time": due & (judged == 1),
        "due_late": due & ~(closed & (judged == 1)),
    }  # fmt: skip
    return {k: m * rows.sign for k, m in masks.items()} | {"handling_s": handling * rows.sign}


def handling_s(rows: Countables, timed: Bools) -> Longs:
    """Whole seconds from the first dispatch to the last report back, without the suspensions between; 0 elsewhere."""
    spent = rows.handled_ms - np.where(timed, rows.dispatched_ms, 0) - rows.paused_ms
    return np.where(timed, np.maximum(spent, 0) // 1000, 0)


def traced(rows: Countables) -> dict[str, Bools]:
    """Per row what its traces say (``domain.traces``), for the figures of a period."""

    def has(trace: Trace) -> Bools:
        held: Bools = (rows.traces & trace) != 0
        return held

    to_reply, reworked = ((rows.marks & mark) != 0 for mark in (Mark.TO_REPLY, Mark.REWORKED))

    sources, source_names = pd.factorize(np.asarray(rows.source, object))
    states, state_names = pd.factorize(np.asarray(rows.state, object))
    closed = np.array([n in CLOSED for n in state_names], np.bool_)[states]
    ended = np.array([n in ENDED for n in state_names], np.bool_)[states]
    again = np.array([n not in NOT_AGAIN for n in state_names], np.bool_)[states]
    seen = np.array([n in SEEN for n in source_names], np.bool_)[sources]
    dispatched, level = rows.dispatched_ms != NONE, np.where(closed, level_of(rows.traces), -1)
    local = {f"local_{k}": level >= k for k in range(1, len(LOCAL) + 1)}
    return local | {
        "registered": has(Trace.REGISTERED), "proactive": has(Trace.REGISTERED) & seen,
        "dispatched": dispatched, "sent_right": dispatched & ~has(Trace.RETURNED),
        "repeated": has(Trace.REPEATED) & again,
        "checked": closed & has(Trace.CHECKED), "reworked": closed & has(Trace.CHECKED) & reworked,
        "asked": ended & (to_reply | has(Trace.ANSWERED)),
        "answered": ended & has(Trace.ANSWERED) & ~to_reply, "levelled": level >= 0,
    }  # fmt: skip


def days_of(rows: Countables, added: Mapping[str, Longs]) -> dict[str, Longs]:
    """Per row what it adds to the counts of a day (``models_days.DAY_COUNTS``); empty buckets are left out."""
    took = np.where(added["handled"] != 0, bucket_of(added["handling_s"] * rows.sign), -1)
    spread = {SPREAD[k]: (took == k) * rows.sign for k in np.unique(took).tolist() if k >= 0}
    traces = {name: mask * rows.sign for name, mask in traced(rows).items()}
    return dict(added) | traces | spread


def _write_totals(conn: Connection, tree: Ancestry, at: Longs, added: dict[str, Longs]) -> None:
    sums = np.stack([summed(at, added[k], len(tree.ids)) for k in TOTALS])
    up = tree.parent
    total = sums.copy()
    cursor = np.arange(len(tree.ids))
    while (alive := up[cursor] >= 0).any():
        cursor = np.where(alive, up[cursor], cursor)
        moving = np.flatnonzero(alive)
        for k in range(len(TOTALS)):
            total[k] += summed(cursor[moving], sums[k][moving], len(tree.ids))
        sums = np.where(alive, sums, 0)
    kept = np.flatnonzero(total.any(axis=0))
    columns = {"area_id": tree.ids[kept].tolist(), "rolled": [0] * len(kept)}
    bulk.insert(conn, table(AreaTotalRow), columns | _lists(TOTALS, total[:, kept]), add=True)


def _write_months(
    conn: Connection, tree: Ancestry, at: Longs, rows: Countables, added: dict[str, Longs], zone: ZoneInfo
) -> None:
    some = np.flatnonzero(added["due"])
    if not len(some):
        return
    month = months_of(rows.deadline_ms[some], zone)
    keys, sums = grouped(month * len(tree.ids) + at[some], np.stack([added[k][some] for k in MONTHS]))
    columns = {"month": (keys // len(tree.ids)).tolist(), "area_id": tree.ids[keys % len(tree.ids)].tolist()}
    bulk.insert(conn, table(AreaMonthRow), columns | _lists(MONTHS, sums), add=True)


def _write_rollups(conn: Connection, tree: Ancestry, at: Longs, rows: Countables, added: dict[str, Longs]) -> None:
    above = tree.above(tree.rolled)
    own = np.where(tree.rolled, np.arange(len(tree.ids)), above)
    classes, class_names = pd.factorize(np.asarray(rows.class_code, object))
    keys, values = _keyed_facts(own[at], classes.astype(np.int64), len(class_names), rows, added)
    span = HOURS * len(class_names)
    keys, sums = climbed(keys, values, above, span)
    columns = {
        "area_id": tree.ids[keys // span].tolist(),
        "hour": (keys % span // len(class_names)).tolist(),
        "class_code": class_names[keys % len(class_names)].tolist(),
    }
    bulk.insert(conn, table(RollupRow), columns | _lists(ROLLUPS, sums), add=True)


def _keyed_facts(
    own: Longs, classes: Longs, n_classes: int, rows: Countables, added: dict[str, Longs]
) -> tuple[Longs, Longs]:
    """Keys (area, hour, class) and the counts under them: each event counts at up to three hours."""
    keys, values = [], []
    for names, ms, counts in (
        (BY_REPORT, rows.reported_ms, added["reported"]),
        (BY_END, rows.ended_ms, added["ended"]),
        (BY_DEADLINE, rows.deadline_ms, added["due"]),
    ):
        some = np.flatnonzero((counts != 0) & (ms != NONE) & (own >= 0))
        hour = np.clip(ms[some] // HOUR_MS, 0, HOURS - 1)
        keys.append((own[some] * HOURS + hour) * n_classes + classes[some])
        block = np.zeros((len(ROLLUPS), len(some)), np.int64)
        for name in names:
            block[ROLLUPS.index(name)] = added[name][some]
        values.append(block)
    return np.concatenate(keys), np.concatenate(values, axis=1)


def _lists(names: Sequence[str], sums: Longs) -> dict[str, list[int]]:
    return {name: sums[k].tolist() for k, name in enumerate(names)}


def months_of(ms: Longs, zone: ZoneInfo) -> Longs:
    """Months of the city's calendar (year × 12 + month − 1) for times in epoch ms; 1970 to 2199, clipped."""
    starts = _month_starts(zone)
    at = np.clip(np.searchsorted(starts, ms, side="right") - 1, 0, len(starts) - 1)
    return np.asarray(at + 1970 * 12, np.int64)


@lru_cache(maxsize=8)
def _month_starts(zone: ZoneInfo) -> Longs:
    starts = [datetime(y, m, 1, tzinfo=zone) for y in range(1970, 2200) for m in range(1, 13)]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return np.array([(s - epoch).total_seconds() * 1000 for s in starts], np.int64)
