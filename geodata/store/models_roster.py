"""The table of the roster: which post or team is to be on duty from when to when."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base


class RosterRow(Base):
    """A planned shift of a unit (a post or a team, never a person), from < end. ``leave`` = 1: planned, but excused.

    ``source`` names the system or the account's kind that planned it. Shifts of one unit never overlap.
    """

    __tablename__ = "roster"
    __table_args__ = (Index("ix_roster_to_ms", "to_ms", "leave"), {"sqlite_with_rowid": False})
    unit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    to_ms: Mapped[int] = mapped_column(BigInteger)
    leave: Mapped[int] = mapped_column(SmallInteger, default=0)
    source: Mapped[str] = mapped_column(String(64), default="")
