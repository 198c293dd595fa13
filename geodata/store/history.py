"""Whole histories in: imports and the demo city write events with their past by the hundred thousand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import bulk, changes, intervals, settings, tracing
from geodata.store.ancestry import Longs
from geodata.store.changes import Change
from geodata.store.lists import parts
from geodata.store.models import ChangeRow, EventRow, table
from geodata.store.tallies import Countables, count

ANALYSE_FROM = 10_000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EventHistory:
    """Events as columns, n rows, with the m intervals of states that they have left.

    Times are epoch ms; NONE (``geodata.store.bulk.NONE``) in an int column and NaN in ``lon``/``lat`` mean NULL.
    ``rev`` is how many changes an event has seen (1 = as reported). ``left_event`` is the row (0 … n−1) an interval
    belongs to and ``left_rev`` the revision in which the event took that state. Ids are given by the store.
    """

    code: Sequence[str]
    source: Sequence[str]
    source_system: Sequence[str]
    source_id: Sequence[str]
    subtype_code: Sequence[str]
    class_code: Sequence[str]
    description: Sequence[str]
    state: Sequence[str]
    urgency: Longs
    lon: Floats
    lat: Floats
    on_pile: Longs
    area_id: Longs
    rev: Longs
    reported_ms: Longs
    state_ms: Longs
    dispatched_ms: Longs
    handled_ms: Longs
    ended_ms: Longs
    deadline_ms: Longs
    on_time: Longs
    unit_id: Longs
    left_event: Longs
    left_rev: Longs
    left_from_ms: Longs
    left_to_ms: Longs
    left_state: Sequence[str]

    def __len__(self) -> int:
        return len(self.code)


_LEFT = {f.name for f in fields(EventHistory) if f.name.startswith("left_")}
_KEYS = ("id", "code", "source_system", "source_id", "reported_ms")
_ROWS = tuple(f.name for f in fields(EventHistory) if f.name not in _LEFT)


def bulk_history(conn: Connection, rows: EventHistory, *, at_ms: int, actor: str) -> int:
    """Write new events with intervals, totals and roll-ups, and one ``import`` change; return the first id.

    The caller has made sure that codes and (source_system, source_id) are new. Rows that are sorted by time are
    written fastest. Raises UnknownAreaError, and IntegrityError for a code or source id that exists.
    """
    first = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(EventRow.id), 0))).scalar_one()) + 1
    if not len(rows):
        return first
    seq = changes.next_seq(conn)
    columns: dict[str, bulk.Column] = {"id": range(first, first + len(rows))}
    columns |= {name: getattr(rows, name) for name in _ROWS}
    columns["last_seq"] = np.full(len(rows), seq)
    past = tracing.of_history(conn, rows)
    columns |= {"marks": past.marks, "traces": past.traces, "paused_ms": past.paused_ms}
    bulk.insert(conn, table(EventRow), columns)
    intervals.write(
        conn, event_id=rows.left_event + first, rev=rows.left_rev, from_ms=rows.left_from_ms,
        to_ms=rows.left_to_ms, state=rows.left_state, area_id=rows.area_id[rows.left_event],
    )  # fmt: skip
    count(conn, _countables(rows, past), settings.zone(conn))
    keys = [*zip(columns["id"], rows.code, rows.source_system, rows.source_id, rows.reported_ms.tolist(), strict=True)]
    changes.append_all(conn, [Change(seq, at_ms, "import", len(rows), 0, "import", "", actor, vouched(first, keys))])
    if len(rows) >= ANALYSE_FROM and conn.dialect.name == "postgresql":
        # Its planner would go on with what it knew of empty tables until a background worker comes round.
        conn.exec_driver_sql("ANALYZE area, event, rollup, area_total")
    return first


def vouched(first_id: int, keys: Sequence[tuple[Any, ...]]) -> str:
    """What an ``import`` change says of its events: the first id, and a digest over what of each of them never changes:
    id, code, source system and id, moment of the report. What their past was is as their source told it.
    """
    return f"{first_id} {hashlib.sha256(json.dumps(keys).encode()).hexdigest()}"


def imports_that_differ(conn: Connection) -> list[int]:
    """The numbers of ``import`` changes whose events are not those that were imported; older ones vouch for none."""
    asked = sa.select(ChangeRow.seq, ChangeRow.subject_id, ChangeRow.detail).where(
        ChangeRow.kind == "import", ChangeRow.detail != ""
    )
    columns, differ = sa.select(*(getattr(EventRow, name) for name in _KEYS)), list[int]()
    for seq, size, detail in conn.execute(asked.order_by(ChangeRow.seq)).all():
        first = int(detail.partition(" ")[0])
        its = columns.where(EventRow.id.between(first, first + size - 1)).order_by(EventRow.id)
        if vouched(first, [tuple(row) for row in conn.execute(its)]) != detail:
            differ.append(int(seq))
    return differ


def _countables(rows: EventHistory, past: tracing.Traced) -> Countables:
    return Countables(
        area_id=rows.area_id, class_code=rows.class_code, source=rows.source, state=rows.state, on_time=rows.on_time,
        reported_ms=rows.reported_ms, dispatched_ms=rows.dispatched_ms, handled_ms=rows.handled_ms,
        ended_ms=rows.ended_ms, deadline_ms=rows.deadline_ms, marks=past.marks,
        traces=past.traces, paused_ms=past.paused_ms, sign=np.ones(len(rows), np.int64),
    )  # fmt: skip


def known_source_ids(conn: Connection, source_system: str, source_ids: Sequence[str]) -> set[str]:
    """Those of these ids that the system has reported before."""
    same = EventRow.source_system == source_system
    return _known(conn, sa.select(EventRow.source_id).where(same), EventRow.source_id, source_ids)


def known_codes(conn: Connection, codes: Sequence[str]) -> set[str]:
    """Those of these codes that an event has already."""
    return _known(conn, sa.select(EventRow.code), EventRow.code, codes)


def flag_pile(conn: Connection, source_system: str, lon: float, lat: float) -> int:
    """Mark a system's events at exactly this point as lying on a pile; return how many are new there."""
    same = (EventRow.source_system == source_system, EventRow.lon == lon, EventRow.lat == lat, EventRow.on_pile == 0)
    return conn.execute(sa.update(EventRow).where(*same).values(on_pile=1)).rowcount


def _known(conn: Connection, asked: sa.Select[str], column: Any, values: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in parts(values):
        found.update(conn.execute(asked.where(column.in_(some))).scalars())
    return found
