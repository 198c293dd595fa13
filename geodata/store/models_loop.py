"""The tables of the closed loop: tasks of units, extensions, suspensions, supervision orders, placards, replies.

None of their rows is ever deleted. Times are UTC epoch milliseconds, ``_by`` is the login of who did it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base, Big


class TaskRow(Base):
    """One unit sent to one event. ``ended``: "" while it is open, then done, returned or withdrawn.

    Each event has one leading task at a time and any number of assisting ones.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_event_id", "event_id"),
        Index("ix_task_open", "unit_id", sqlite_where=text("ended_ms IS NULL"),
              postgresql_where=text("ended_ms IS NULL")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(Big)
    unit_id: Mapped[int] = mapped_column(Integer)
    lead: Mapped[int] = mapped_column(SmallInteger)
    sent_ms: Mapped[int] = mapped_column(BigInteger)
    accepted_ms: Mapped[int | None] = mapped_column(BigInteger)
    arrived_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended: Mapped[str] = mapped_column(String(10), default="")


class ExtensionRow(Base):
    """A unit asks for more time 延期. ``granted``: NULL while nobody has decided, 1 or 0."""

    __tablename__ = "extension"
    __table_args__ = (Index("ix_extension_event_id", "event_id"),)
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(Big)
    asked_ms: Mapped[int] = mapped_column(BigInteger)
    asked_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    until_ms: Mapped[int] = mapped_column(BigInteger)
    decided_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str] = mapped_column(String(64), default="")
    granted: Mapped[int | None] = mapped_column(SmallInteger)


class SuspensionRow(Base):
    """The ledger of suspended events 挂账: why, by whom, when it is looked at again, and when it went on."""

    __tablename__ = "suspension"
    __table_args__ = (Index("ix_suspension_event_id", "event_id"),)
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(Big)
    from_ms: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    review_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)


class OrderRow(Base):
    """A supervision order 督办单 of one of ``events.OrderKind``; it is open until it has a written answer."""

    __tablename__ = "supervision"
    __table_args__ = (Index("ix_supervision_event_id", "event_id"),)
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(Big)
    kind: Mapped[str] = mapped_column(String(12))
    issued_ms: Mapped[int] = mapped_column(BigInteger)
    issued_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    due_ms: Mapped[int] = mapped_column(BigInteger)
    answered_ms: Mapped[int | None] = mapped_column(BigInteger)
    answered_by: Mapped[str] = mapped_column(String(64), default="")
    answer: Mapped[str] = mapped_column(Text, default="")


class PlacardRow(Base):
    """An event on a placard 挂牌督办. ``accountable`` is the post that answers for it; only ``issuer_id`` lifts it."""

    __tablename__ = "placard"
    __table_args__ = (Index("ix_placard_event_id", "event_id"),)
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    event_id: Mapped[int] = mapped_column(Big)
    level: Mapped[str] = mapped_column(String(12))
    accountable: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    issued_ms: Mapped[int] = mapped_column(BigInteger)
    issued_by: Mapped[str] = mapped_column(String(64))
    issuer_id: Mapped[int] = mapped_column(Integer)
    due_ms: Mapped[int] = mapped_column(BigInteger)
    lifted_ms: Mapped[int | None] = mapped_column(BigInteger)
    lift_reason: Mapped[str] = mapped_column(Text, default="")


class ProgressRow(Base):
    """What was done on a placard, told at least every week."""

    __tablename__ = "placard_progress"
    __table_args__ = (Index("ix_placard_progress_placard_id", "placard_id"),)
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    placard_id: Mapped[int] = mapped_column(Big)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)


class ReplyRow(Base):
    """What the reporter of an event that has ended was told 答复; nothing of the reporter stands in it."""

    __tablename__ = "reply"
    __table_args__ = (Index("ix_reply_event_id", "event_id"),)
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(Big)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
