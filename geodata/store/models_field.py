"""The tables of the units' phones: photos of events, what was delivered already, and who agreed to what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base, Big


class PhotoRow(Base):
    """A photo of an event, written anew by the server so that it holds a picture and nothing else.

    ``stage``: before, after, check. ``at_ms`` is when it was taken by the phone's clock, ``received_ms`` when it came
    by ours. ``lon`` and ``lat``: where it was taken, as far as the phone said so. ``small`` is the same in the size of
    a thumbnail, ``sha256`` of ``bytes``.
    """

    __tablename__ = "photo"
    __table_args__ = (Index("ix_photo_event_id", "event_id"),)
    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    event_id: Mapped[int] = mapped_column(Big)
    stage: Mapped[str] = mapped_column(String(8))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    received_ms: Mapped[int] = mapped_column(BigInteger)
    taken_by: Mapped[str] = mapped_column(String(64))
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    type: Mapped[str] = mapped_column(String(16))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    small: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    bytes: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class ReceiptRow(Base):
    """What an account delivered already, by the key that its phone gave it: a repeat changes nothing."""

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_at_ms", "at_ms"),)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(36), primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    subject: Mapped[str] = mapped_column(String(64))


class ConsentRow(Base):
    """When an account agreed to a version of the text about positions for the first time."""

    __tablename__ = "consent"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    version: Mapped[str] = mapped_column(String(16), primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
