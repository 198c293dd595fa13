"""The table of the surges: what was found to be more than usual, and what people made of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base, Big


class SurgeRow(Base):
    """A surge of a class in an area. ``n`` events were reported in [``from_ms``, ``to_ms``), among those with numbers
    up to ``last_id``; ``expected`` are usual then; ``p`` is the probability of as many. While it stands that is the
    last hour, afterwards the hour of its height (``peak_…``). It stands while ``ended_ms`` is NULL; ``into_id`` is the
    surge of an area above that took it in. ``verdict``: what a person said of it, '' nobody yet.
    """

    __tablename__ = "surge"
    __table_args__ = (
        Index("ix_surge_standing", "area_id", sqlite_where=text("ended_ms IS NULL"),
              postgresql_where=text("ended_ms IS NULL")),
        Index("ix_surge_began_ms", "began_ms"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    area_id: Mapped[int] = mapped_column(Integer)
    class_code: Mapped[str] = mapped_column(String(64))
    began_ms: Mapped[int] = mapped_column(BigInteger)
    from_ms: Mapped[int] = mapped_column(BigInteger)
    to_ms: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(Big)
    n: Mapped[int] = mapped_column(Integer)
    expected: Mapped[float] = mapped_column(Float)
    p: Mapped[float] = mapped_column(Float)
    peak_n: Mapped[int] = mapped_column(Integer)
    peak_expected: Mapped[float] = mapped_column(Float)
    peak_p: Mapped[float] = mapped_column(Float)
    peak_to_ms: Mapped[int] = mapped_column(BigInteger)
    peak_last_id: Mapped[int] = mapped_column(Big)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    into_id: Mapped[int | None] = mapped_column(Big)
    verdict: Mapped[str] = mapped_column(String(16), default="")
    judged_ms: Mapped[int | None] = mapped_column(BigInteger)
    judged_by: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Text, default="")
