"""Supervision: orders 督办单 and their answers, placards 挂牌 and what was done on them."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import rows
from geodata.store.models_loop import OrderRow, PlacardRow, ProgressRow

NUMBERED = "GP{:06d}"


class Order(NamedTuple):
    """A supervision order as it is: the columns of OrderRow."""

    id: int
    event_id: int
    kind: str
    issued_ms: int
    issued_by: str
    reason: str
    due_ms: int
    answered_ms: int | None
    answered_by: str
    answer: str


class Placard(NamedTuple):
    """A placard as it is: the columns of PlacardRow."""

    id: int
    number: str
    event_id: int
    level: str
    accountable: str
    reason: str
    issued_ms: int
    issued_by: str
    issuer_id: int
    due_ms: int
    lifted_ms: int | None
    lift_reason: str


class Progress(NamedTuple):
    """What was told of a placard."""

    id: int
    placard_id: int
    at_ms: int
    by: str
    text: str


_ORDER = sa.select(*(getattr(OrderRow, name) for name in Order._fields))
_PLACARD = sa.select(*(getattr(PlacardRow, name) for name in Placard._fields))
_PROGRESS = sa.select(*(getattr(ProgressRow, name) for name in Progress._fields))


def orders(conn: Connection, event_id: int) -> list[Order]:
    """The orders of an event, oldest first."""
    asked = _ORDER.where(OrderRow.event_id == event_id).order_by(OrderRow.id)
    return [Order(*row) for row in conn.execute(asked)]


def issue(
    conn: Connection, event_id: int, kind: str, *, at_ms: int, by: str, reason: str, due_ms: int
) -> int:
    """A new order; its number."""
    return rows.add(conn, OrderRow, {
        "event_id": event_id, "kind": kind, "issued_ms": at_ms, "issued_by": by, "reason": reason, "due_ms": due_ms,
        "answered_by": "", "answer": "",
    })  # fmt: skip


def answer(conn: Connection, number: int, *, at_ms: int, by: str, text: str) -> None:
    """The written answer, which ends the order."""
    rows.change(conn, OrderRow, number, {"answered_ms": at_ms, "answered_by": by, "answer": text})


def placards(conn: Connection, event_id: int) -> list[Placard]:
    """The placards of an event, oldest first."""
    asked = _PLACARD.where(PlacardRow.event_id == event_id).order_by(PlacardRow.id)
    return [Placard(*row) for row in conn.execute(asked)]


def put_up(
    conn: Connection, event_id: int, level: str, *, accountable: str, reason: str, at_ms: int, by: str,
    issuer_id: int, due_ms: int,
) -> str:  # fmt: skip
    """A new placard; its printed number."""
    number = rows.add(conn, PlacardRow, {
        "number": "", "event_id": event_id, "level": level, "accountable": accountable, "reason": reason,
        "issued_ms": at_ms, "issued_by": by, "issuer_id": issuer_id, "due_ms": due_ms, "lift_reason": "",
    })  # fmt: skip
    printed = NUMBERED.format(number)
    rows.change(conn, PlacardRow, number, {"number": printed})
    return printed


def lift(conn: Connection, placard_id: int, *, at_ms: int, reason: str) -> None:
    """Take a placard down."""
    rows.change(conn, PlacardRow, placard_id, {"lifted_ms": at_ms, "lift_reason": reason})


def progress(conn: Connection, placard_id: int) -> list[Progress]:
    """What was told of a placard, oldest first."""
    asked = _PROGRESS.where(ProgressRow.placard_id == placard_id).order_by(ProgressRow.id)
    return [Progress(*row) for row in conn.execute(asked)]


def tell_progress(conn: Connection, placard_id: int, *, at_ms: int, by: str, text: str) -> None:
    """One more line of what was done."""
    rows.add(conn, ProgressRow, {"placard_id": placard_id, "at_ms": at_ms, "by": by, "text": text})
