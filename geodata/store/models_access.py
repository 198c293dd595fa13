"""The tables of who may come in and what they did, of a reporter's contact, and of what somebody keeps at the desk."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base, Big


class AccountRow(Base):
    """An account: of a person, a screen or a feed. Lists are JSON arrays of texts.

    ``areas`` are codes, so that they outlive an edition of the boundaries. ``systems``: source systems a feed may
    speak for, empty = any. ``page`` is what a screen shows, ``unit_code`` the unit of a unit member. ``totp`` is
    sealed; ``totp_step`` the last time step that was used. ``federated``: signs in at the OpenID
    provider, ``subject`` is who that was the first time. ``rev`` grows with each change of what the account may do.
    """

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64), default="")
    roles: Mapped[str] = mapped_column(Text)
    areas: Mapped[str] = mapped_column(Text)
    scopes: Mapped[str] = mapped_column(Text, default="[]")
    systems: Mapped[str] = mapped_column(Text, default="[]")
    page: Mapped[str] = mapped_column(String(16), default="")
    unit_code: Mapped[str] = mapped_column(String(64), default="")
    password: Mapped[str] = mapped_column(String(255), default="")
    password_ms: Mapped[int | None] = mapped_column(BigInteger)
    totp: Mapped[str] = mapped_column(Text, default="")
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    totp_required: Mapped[int] = mapped_column(SmallInteger, default=0)
    federated: Mapped[int] = mapped_column(SmallInteger, default=0)
    subject: Mapped[str] = mapped_column(String(512), default="")
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    rev: Mapped[int] = mapped_column(Integer, default=1)


class TokenRow(Base):
    """A bearer secret, kept as a hash: a session, the link of a screen or of a phone, the key of a feed, an
    invitation.

    ``kind``: session, half (a session that waits for its second factor), screen, feed, field, invite. ``used_ms`` is
    rounded to the minute.
    """

    __tablename__ = "token"
    __table_args__ = (Index("ix_token_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(8))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int | None] = mapped_column(BigInteger)
    used_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(128), default="")


COVERS = "first_seq > 0"
"""The lines that cover changes."""
TOLD = "action <> 'changes'"
"""The lines that tell more than that changes are covered: few among many, and read without those."""


class AuditRow(Base):
    """One line of the audit: who did or looked at what, when, from where, with old and new values (JSON).

    Append-only. ``mac`` is keyed and covers the line and the ``mac`` of the line before it. ``first_seq`` to
    ``last_seq`` are the changes that the line covers by their ``digest``; 0 where it covers none.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at_ms", "at_ms"), Index("ix_audit_actor", "actor", "seq"),
        Index("ix_audit_covers", "first_seq", sqlite_where=text(COVERS), postgresql_where=text(COVERS)),
        Index("ix_audit_told", "seq", sqlite_where=text(TOLD), postgresql_where=text(TOLD)),
    )  # fmt: skip
    seq: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(128))
    area: Mapped[str] = mapped_column(String(64))
    old: Mapped[str] = mapped_column(Text)
    new: Mapped[str] = mapped_column(Text)
    mac: Mapped[str] = mapped_column(String(64))
    first_seq: Mapped[int] = mapped_column(Big, default=0, server_default="0")
    last_seq: Mapped[int] = mapped_column(Big, default=0, server_default="0")
    digest: Mapped[str] = mapped_column(Text, default="", server_default="")


class ContactRow(Base):
    """How the reporter of an event can be answered: sealed, optional, erased after the configured days."""

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_at_ms", "at_ms"),)
    event_id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    sealed: Mapped[str] = mapped_column(Text)


class SavedViewRow(Base):
    """A view of the queue that an account has given a name: an address in its fixed form."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("account_id", "name"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(Text)
    saved_ms: Mapped[int] = mapped_column(BigInteger)
