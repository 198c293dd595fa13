"""The table of the road graph."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base


class RoadsRow(Base):
    """The city's road graph, whole, in its one row: an import takes the place of the one before in one transaction.

    ``rev`` is the number of the change that brought it.
    """

    __tablename__ = "roads"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    rev: Mapped[int] = mapped_column(BigInteger)
    net: Mapped[bytes] = mapped_column(LargeBinary)
