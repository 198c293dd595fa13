"""The table of kept briefings 平安报表."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base, Big


class BriefingRow(Base):
    """A briefing as it was made: of an area (its code) and a period (``Brief.key``, from ``first_day``, days since
    1970-01-01). ``seq``: the newest change that it was made from. ``content``: JSON (``Briefing.packed``), deflated.

    One row serves both languages: the content holds names in both, and no other words.
    """

    __tablename__ = "briefing"
    __table_args__ = (UniqueConstraint("area_code", "period"), Index("ix_briefing_first_day", "first_day"))
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    area_code: Mapped[str] = mapped_column(String(64))
    period: Mapped[str] = mapped_column(String(16))
    first_day: Mapped[int] = mapped_column(Integer)
    made_ms: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(Big)
    fingerprint: Mapped[str] = mapped_column(String(12))
    content: Mapped[bytes] = mapped_column(LargeBinary)
