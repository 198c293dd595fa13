"""The daily roll-ups, from which every indicator of every period is counted."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from geodata.domain.figures import BY_DEADLINE, BY_END, BY_REPORT, Figure
from geodata.domain.indicators_time import BUCKETS
from geodata.store.models import Base, table

PREFIX = "period_"


def column_of(figure: Figure) -> str:
    """The column that counts a figure of a period."""
    return figure.value.removeprefix(PREFIX)


SECONDS = "handling_s"
SPREAD: tuple[str, ...] = tuple(f"took_{k:02}" for k in range(BUCKETS))
"""How many handling times fell into each bucket (``indicators_time``)."""
ON_REPORT: tuple[str, ...] = tuple(map(column_of, BY_REPORT))
ON_END: tuple[str, ...] = (*map(column_of, BY_END), SECONDS, *SPREAD)
ON_DEADLINE: tuple[str, ...] = tuple(map(column_of, BY_DEADLINE))
DAY_COUNTS: tuple[str, ...] = (*ON_REPORT, *ON_END, *ON_DEADLINE)


class DayRow(Base):
    """Counts of an area (where ``area_total.daily``) and all below it, by local day: days since 1970-01-01.

    By the day of the report, of the end and of the deadline, as ``ON_REPORT``, ``ON_END`` and ``ON_DEADLINE`` name
    them. A row without class and source counts all; where ``area_total.rolled`` there are rows by class and source,
    too.
    """

    __tablename__ = "rollup_day"
    area_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    class_code: Mapped[str] = mapped_column(String(64), primary_key=True)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    __table_args__ = (
        *(sa.Column(name, sa.BigInteger if name == SECONDS else Integer, nullable=False, default=0, server_default="0")
          for name in DAY_COUNTS),
        {"sqlite_with_rowid": False},
    )  # fmt: skip


DAYS = table(DayRow)
