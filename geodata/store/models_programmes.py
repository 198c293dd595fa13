"""The tables of what walls show: programmes, how each screen hangs, what desks make it show, how it is."""

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


class ShownRow(Base):
    """What a desk makes the screen of an account show (``domain.showing.Shown``); without a row it is its own."""

    __tablename__ = "screen_shown"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(Text)
    login: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    area: Mapped[str] = mapped_column(String(64))
    since_ms: Mapped[int] = mapped_column(BigInteger)
    until_ms: Mapped[int | None] = mapped_column(BigInteger)
    desk: Mapped[str] = mapped_column(String(32), default="")


class SeenRow(Base):
    """The sockets of a screen in one process: written over every few seconds; ``socket``: JSON of its dataclass."""

    __tablename__ = "screen_seen"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    process: Mapped[str] = mapped_column(String(64), primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    socket: Mapped[str] = mapped_column(Text)
