"""Receipts: what an account delivered already, and what it agreed to."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models_field import ConsentRow, ReceiptRow


def subject(conn: Connection, account_id: int, key: str) -> str | None:
    """What was made of a delivery with this key: the code of an event or a unit, the id of a photo; None if new."""
    asked = sa.select(ReceiptRow.subject).where(ReceiptRow.account_id == account_id, ReceiptRow.key == key)
    found: str | None = conn.execute(asked).scalar()
    return found


def keep(conn: Connection, account_id: int, key: str, made: str, at_ms: int) -> None:
    """Remember a delivery, in the transaction of what it did."""
    values = {"account_id": account_id, "key": key, "at_ms": at_ms, "subject": made[:64]}
    conn.execute(sa.insert(ReceiptRow).values(values))


def purge(conn: Connection, before_ms: int) -> int:
    """Forget deliveries older than a moment; how many. No phone repeats what is so old."""
    return conn.execute(sa.delete(ReceiptRow).where(ReceiptRow.at_ms < before_ms)).rowcount


def agreed(conn: Connection, account_id: int, version: str) -> int | None:
    """When an account agreed to a version of the text, epoch ms; None where it did not."""
    asked = sa.select(ConsentRow.at_ms).where(ConsentRow.account_id == account_id, ConsentRow.version == version)
    found: int | None = conn.execute(asked).scalar()
    return found


def agree(conn: Connection, account_id: int, version: str, at_ms: int) -> None:
    """An account agrees to a version; the first time counts."""
    if agreed(conn, account_id, version) is None:
        conn.execute(sa.insert(ConsentRow).values(account_id=account_id, version=version, at_ms=at_ms))
