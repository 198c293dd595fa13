"""Saved views: addresses of the queue by the names that an account has given them."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models_access import SavedViewRow


class SavedView(NamedTuple):
    """A name and the address that it stands for."""

    name: str
    address: str


def of_account(conn: Connection, account_id: int) -> list[SavedView]:
    """The account's views, in the order in which they were first saved."""
    asked = sa.select(SavedViewRow.name, SavedViewRow.address).where(SavedViewRow.account_id == account_id)
    return [SavedView(name, address) for name, address in conn.execute(asked.order_by(SavedViewRow.id))]


def put(conn: Connection, account_id: int, view: SavedView, now_ms: int) -> None:
    """Save a view; one of the same name is replaced and keeps its place."""
    values = {"address": view.address, "saved_ms": now_ms}
    held = (SavedViewRow.account_id == account_id) & (SavedViewRow.name == view.name)
    if conn.execute(sa.update(SavedViewRow).where(held).values(values)).rowcount:
        return
    following = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(SavedViewRow.id), 0))).scalar_one()) + 1
    row = values | {"id": following, "account_id": account_id, "name": view.name}
    conn.execute(sa.insert(SavedViewRow).values(row))


def drop(conn: Connection, account_id: int, name: str) -> bool:
    """Forget a view; whether there was one of that name."""
    held = (SavedViewRow.account_id == account_id) & (SavedViewRow.name == name)
    return bool(conn.execute(sa.delete(SavedViewRow).where(held)).rowcount)
