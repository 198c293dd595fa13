"""Alerts as they are kept: raised once, climbing while nobody answers, ended once. Each step is in the change log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import changes
from geodata.store.changes import Change
from geodata.store.lists import parts
from geodata.store.models import EventRow
from geodata.store.models_alerts import AlertRow

BLOCK = 1000
RAISE, CLIMB, END = "alert", "alert_next", "alert_end"
"""The actions of the change log; the subject is the alert."""


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert to be raised."""

    event_id: int
    trigger: str
    clock_ms: int
    tier: int
    asked: tuple[str, ...]
    handler: bool


@dataclass(frozen=True, slots=True)
class AlertNow:
    """The columns of AlertRow, and what of its event is shown with it; ``unit_id`` is the unit that the event has."""

    id: int
    event_id: int
    trigger: str
    clock_ms: int
    raised_ms: int
    tier: int
    tier_ms: int
    asked: tuple[str, ...]
    handler: int
    ended_ms: int | None
    answer: str
    ended_by: str
    code: str
    subtype_code: str
    urgency: int
    area_id: int
    state: str
    unit_id: int | None


_OWN = tuple(f.name for f in fields(AlertNow))[:12]
_EVENTS = ("code", "subtype_code", "urgency", "area_id", "state", "unit_id")
_NOW = sa.select(
    *(getattr(AlertRow, name) for name in _OWN), *(getattr(EventRow, name) for name in _EVENTS)
).join(EventRow, EventRow.id == AlertRow.event_id)  # fmt: skip
_AT_ASKED = _OWN.index("asked")


def raise_all(conn: Connection, new: Sequence[NewAlert], *, at_ms: int, actor: str) -> list[int]:
    """Raise alerts in a write transaction; their ids. Those of an event, trigger and clock that were raised before
    must not be among them."""
    if not new:
        return []
    first = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(AlertRow.id), 0))).scalar_one()) + 1
    rows = [
        {"id": first + i, "event_id": a.event_id, "trigger": a.trigger, "clock_ms": a.clock_ms, "raised_ms": at_ms,
         "tier": a.tier, "tier_ms": at_ms, "asked": ",".join(a.asked), "handler": int(a.handler), "ended_ms": None,
         "answer": "", "ended_by": ""}
        for i, a in enumerate(new)
    ]  # fmt: skip
    conn.execute(sa.insert(AlertRow), rows)
    _log(conn, [(first + i, RAISE, f"{a.trigger}: {', '.join(a.asked)}") for i, a in enumerate(new)], at_ms, actor)
    return [first + i for i in range(len(new))]


def climb(
    conn: Connection, alert_id: int, tier: int, asked: Sequence[str], *, handler: bool, at_ms: int, actor: str
) -> bool:
    """Ask the next tier, where the alert still stands below it; whether it did."""
    below = (AlertRow.id == alert_id, AlertRow.ended_ms.is_(None), AlertRow.tier < tier)
    done = conn.execute(sa.update(AlertRow).where(*below).values(
        tier=tier, tier_ms=at_ms, asked=",".join(asked), handler=int(handler)
    ))  # fmt: skip
    if done.rowcount:
        _log(conn, [(alert_id, CLIMB, ", ".join(asked))], at_ms, actor)
    return bool(done.rowcount)


def end(conn: Connection, ids: Sequence[int], *, at_ms: int, answer: str, by: str) -> list[int]:
    """End those of these alerts that stand; their ids."""
    ended: list[int] = []
    for some in parts(ids):
        these = (AlertRow.id.in_(some), AlertRow.ended_ms.is_(None))
        ended += conn.execute(sa.select(AlertRow.id).where(*these)).scalars()
        conn.execute(sa.update(AlertRow).where(*these).values(ended_ms=at_ms, answer=answer, ended_by=by))
    _log(conn, [(alert_id, END, answer) for alert_id in ended], at_ms, by)
    return ended


def by_ids(conn: Connection, ids: Collection[int]) -> list[AlertNow]:
    """The alerts with these ids, in no particular order."""
    return list(_among(conn, _NOW, AlertRow.id, ids))


def overtaken(conn: Connection, trigger: str) -> list[AlertNow]:
    """The alerts that stand although their events have ended, and all of one trigger."""
    gone = EventRow.ended_ms.is_not(None) | (AlertRow.trigger == trigger)
    return [_of(row) for row in conn.execute(_NOW.where(AlertRow.ended_ms.is_(None), gone))]


def standing(conn: Connection) -> list[AlertNow]:
    """All alerts that stand."""
    return [_of(row) for row in conn.execute(_NOW.where(AlertRow.ended_ms.is_(None)))]


def ended_since(conn: Connection, from_ms: int) -> list[AlertNow]:
    """All alerts that ended at or after a moment."""
    return [_of(row) for row in conn.execute(_NOW.where(AlertRow.ended_ms >= from_ms))]


def standing_of(conn: Connection, event_ids: Collection[int]) -> list[AlertNow]:
    """The alerts that stand for these events."""
    return list(_among(conn, _NOW.where(AlertRow.ended_ms.is_(None)), AlertRow.event_id, event_ids))


def stand_below(conn: Connection, last_tier: dict[str, int]) -> list[AlertNow]:
    """The alerts that stand below the last tier of their trigger: those that may climb."""
    below = [(AlertRow.trigger == trigger) & (AlertRow.tier < tier) for trigger, tier in last_tier.items() if tier > 0]
    if not below:
        return []
    return [_of(row) for row in conn.execute(_NOW.where(AlertRow.ended_ms.is_(None), sa.or_(*below)))]


def raised_of(conn: Connection, event_ids: Collection[int]) -> set[tuple[int, str, int]]:
    """(event, trigger, clock) of every alert that was ever raised for these events."""
    found: set[tuple[int, str, int]] = set()
    columns = sa.select(AlertRow.event_id, AlertRow.trigger, AlertRow.clock_ms)
    listed = list(event_ids)
    for some in parts(listed):
        rows = conn.execute(columns.where(AlertRow.event_id.in_(some)))
        found |= {(row.event_id, row.trigger, row.clock_ms) for row in rows}
    return found


def page(
    conn: Connection, *, area_ids: Collection[int] | None, from_ms: int, to_ms: int, before_id: int | None, limit: int
) -> list[AlertNow]:
    """Alerts raised in a span of time, of events that now stand in these areas (None: all), newest first."""
    asked = _NOW.where(AlertRow.raised_ms >= from_ms, AlertRow.raised_ms < to_ms).order_by(AlertRow.id.desc())
    if before_id is not None:
        asked = asked.where(AlertRow.id < before_id)
    if area_ids is None:
        return [_of(row) for row in conn.execute(asked.limit(limit))]
    within, found = frozenset(area_ids), list[AlertNow]()
    # A district has thousands of grids and a day some thousand alerts: reading these is less than naming those.
    last = before_id
    while len(found) < limit:
        older = asked if last is None else asked.where(AlertRow.id < last)
        block = [_of(row) for row in conn.execute(older.limit(BLOCK))]
        found += [alert for alert in block if alert.area_id in within]
        if len(block) < BLOCK:
            break
        last = block[-1].id
    return found[:limit]


def purge(conn: Connection, before_ms: int) -> int:
    """Forget those that ended before a moment, as their events did; return how many. Those of an open event stay: they
    say that it was alerted. The newest stays: its number is not given again."""
    newest = sa.select(sa.func.max(AlertRow.id)).correlate(None).scalar_subquery()
    over = sa.select(EventRow.id).where(EventRow.id == AlertRow.event_id, EventRow.ended_ms < before_ms).exists()
    old = sa.delete(AlertRow).where(AlertRow.ended_ms < before_ms, AlertRow.id < newest, over)
    return conn.execute(old).rowcount


def _of(row: Sequence[object]) -> AlertNow:
    values = list(row)
    asked = str(values[_AT_ASKED])
    values[_AT_ASKED] = tuple(asked.split(",")) if asked else ()
    return AlertNow(*values)  # type: ignore[arg-type]


def _among(
    conn: Connection, asked: sa.Select[tuple[object, ...]], column: sa.SQLColumnExpression[int], ids: Iterable[int]
) -> Iterator[AlertNow]:
    listed = list(ids)
    for some in parts(listed):
        yield from (_of(row) for row in conn.execute(asked.where(column.in_(some))))


def _log(conn: Connection, steps: Sequence[tuple[int, str, str]], at_ms: int, actor: str) -> None:
    if steps:
        seq = changes.next_seq(conn)
        changes.append_all(
            conn, [Change(seq + i, at_ms, "alert", alert_id, 0, action, "", actor, detail)
                   for i, (alert_id, action, detail) in enumerate(steps)]
        )  # fmt: skip
