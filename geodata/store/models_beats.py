"""The table of beats: one row for each process that takes records in."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base


class BeatRow(Base):
    """The newest beat of a process: when it left its intake. The row is written over, never added to."""

    __tablename__ = "beat"
    process: Mapped[str] = mapped_column(String(64), primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
