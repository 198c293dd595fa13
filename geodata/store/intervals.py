"""Closed state intervals: what held at a moment of the past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import bulk
from geodata.store.ancestry import Longs
from geodata.store.models import EventRow, IntervalRow, table


class Held(NamedTuple):
    """An event's state and area at the moment asked for."""

    event_id: int
    state: str
    area_id: int


def spans_of(from_ms: Longs, to_ms: Longs) -> Longs:
    """⌈log2 of the length in seconds⌉ of each interval, 0 for up to one second."""
    seconds = np.maximum(1, -(-(to_ms - from_ms) // 1000))
    exponent: Longs = np.frexp((seconds - 1).astype(np.float64))[1].astype(np.int64)
    return exponent


def write(
    conn: Connection, *, event_id: Longs, rev: Longs, from_ms: Longs, to_ms: Longs, state: Sequence[str],
    area_id: Longs, in_full: int = 0,
) -> None:  # fmt: skip
    """Write closed intervals in the order of their key; an interval without length never held and is left out."""
    span = spans_of(from_ms, to_ms)
    order = np.lexsort((rev, event_id, from_ms, span))
    order = order[to_ms[order] > from_ms[order]]
    columns: dict[str, npt.NDArray[Any]] = {
        "span": span, "from_ms": from_ms, "event_id": event_id, "rev": rev, "to_ms": to_ms, "area_id": area_id,
        "in_full": np.full(len(from_ms), in_full, np.int64),
    }  # fmt: skip
    columns["state"] = np.asarray(state, object)
    bulk.insert(conn, table(IntervalRow), {name: column[order] for name, column in columns.items()})


def as_of(conn: Connection, at_ms: int) -> list[Held]:
    """Every event reported by then, with the state and area it had; from < end, so each event once."""
    found: list[Held] = []
    row = IntervalRow
    last = conn.execute(sa.select(sa.func.max(row.span))).scalar()
    for span in range(0 if last is None else last + 1):
        rows = conn.execute(
            sa.select(row.event_id, row.state, row.area_id).where(
                row.span == span, row.from_ms > at_ms - (1000 << span), row.from_ms <= at_ms, row.to_ms > at_ms
            )
        )
        found += [Held(*r) for r in rows]
    now = sa.select(EventRow.id, EventRow.state, EventRow.area_id).where(EventRow.state_ms <= at_ms)
    return found + [Held(*r) for r in conn.execute(now)]
