"""The tables of the closed loop: who was alerted of what, and which process does the work that is done once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base, Big


class LeaseRow(Base):
    """Who does a job that is done once although several processes run, until when, and up to when it was done."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    until_ms: Mapped[int] = mapped_column(BigInteger)
    done_ms: Mapped[int | None] = mapped_column(BigInteger)


class AlertRow(Base):
    """An alert: raised once per event, trigger and clock (``clock_ms``: when it began; reopening begins a new one).

    ``asked`` are the roles asked so far, the newest tier being ``tier`` since ``tier_ms``; with ``handler`` = 1 the
    unit that the event has is asked as well. It stands while ``ended_ms`` is NULL; then ``answer`` says how it ended
    and ``ended_by`` by whom.
    """

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("event_id", "trigger", "clock_ms"),
        Index("ix_alert_standing", "event_id", sqlite_where=text("ended_ms IS NULL"),
              postgresql_where=text("ended_ms IS NULL")),
        Index("ix_alert_raised_ms", "raised_ms"),
        Index("ix_alert_ended_ms", "ended_ms"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(Big)
    trigger: Mapped[str] = mapped_column(String(16))
    clock_ms: Mapped[int] = mapped_column(BigInteger)
    raised_ms: Mapped[int] = mapped_column(BigInteger)
    tier: Mapped[int] = mapped_column(SmallInteger)
    tier_ms: Mapped[int] = mapped_column(BigInteger)
    asked: Mapped[str] = mapped_column(Text)
    handler: Mapped[int] = mapped_column(SmallInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    answer: Mapped[str] = mapped_column(String(16), default="")
    ended_by: Mapped[str] = mapped_column(String(64), default="")
