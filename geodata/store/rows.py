"""Rows of small tables that are written one by one: the next number, a new row, a change of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models import Base, table


def add(conn: Connection, row: type[Base], values: Mapping[str, Any]) -> int:
    """Insert a row under the next number of its table (the caller holds the writers' lock); return the number."""
    number = next_id(conn, row)
    conn.execute(sa.insert(table(row)), [{"id": number, **values}])
    return number


def next_id(conn: Connection, row: type[Base]) -> int:
    """The number that the next row of this table gets."""
    return int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(table(row).c.id), 0))).scalar_one()) + 1


def change(conn: Connection, row: type[Base], number: int, values: Mapping[str, Any]) -> None:
    """Set these columns of the row with this number."""
    target = table(row)
    conn.execute(sa.update(target).where(target.c.id == number).values(**values))
