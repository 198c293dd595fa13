"""The tables of what was: whole versions that events and units have left, by when each was known.

``span`` is ⌈log2 of the length in seconds⌉, as in ``interval``: "what was known at t" is a few short range scans. A
version lasts from when it was written until the next one was: what a screen showed at t, whatever was delivered later.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base, Big


class VersionRow(Base):
    """A version that an event has left: the columns of EventRow that a life changes, from < end."""

    __tablename__ = "version"
    __table_args__ = ({"sqlite_with_rowid": False},)
    span: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    from_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[int] = mapped_column(Big, primary_key=True)
    rev: Mapped[int] = mapped_column(Integer, primary_key=True)
    to_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    area_id: Mapped[int] = mapped_column(Integer)
    state_ms: Mapped[int] = mapped_column(BigInteger)
    dispatched_ms: Mapped[int | None] = mapped_column(BigInteger)
    handled_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    deadline_ms: Mapped[int | None] = mapped_column(BigInteger)
    on_time: Mapped[int | None] = mapped_column(SmallInteger)
    unit_id: Mapped[int | None] = mapped_column(Integer)
    marks: Mapped[int] = mapped_column(SmallInteger)
    stage_ms: Mapped[int | None] = mapped_column(BigInteger)
    clock_ms: Mapped[int | None] = mapped_column(BigInteger)
    paused_ms: Mapped[int] = mapped_column(BigInteger)


class UnitVersionRow(Base):
    """A version that a unit has left: what it did and where it was at home; where it was stands in its track."""

    __tablename__ = "unit_version"
    __table_args__ = ({"sqlite_with_rowid": False},)
    span: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    from_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    unit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    rev: Mapped[int] = mapped_column(Integer, primary_key=True)
    to_ms: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(12))
    status_ms: Mapped[int] = mapped_column(BigInteger)
    signed_on_ms: Mapped[int] = mapped_column(BigInteger)
    home_area_id: Mapped[int] = mapped_column(Integer)
