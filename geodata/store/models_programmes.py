"""The tables of what walls show: programmes, and how each screen hangs."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base


class ProgrammeRow(Base):
    """A programme of an area (its code). ``content``: JSON of the rest of ``domain.programmes.Programme``.

    ``rev`` grows with each change.
    """

    __tablename__ = "programme"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))
    area_code: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    changed_ms: Mapped[int] = mapped_column(BigInteger)
    rev: Mapped[int] = mapped_column(Integer, default=1)


class ScreenRow(Base):
    """How the screen of an account hangs and what it shows; ``kiosk``: JSON of ``domain.kiosk.Kiosk``."""

    __tablename__ = "screen"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"))
    kiosk: Mapped[str] = mapped_column(Text)
