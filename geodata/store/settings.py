"""The city's settings: short texts by key. Known keys are named here."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models import SettingRow

AREAS_BUILD = "areas_build"
AUDIT_BASE = "audit_base"
AUDIT_HEAD = "audit_head"
RECOUNT = "recount"
TIME_ZONE = "time_zone"

_GET = sa.select(SettingRow.value).where(SettingRow.key == sa.bindparam("sought"))


def get(conn: Connection, key: str) -> str | None:
    """The value, or None."""
    value: str | None = conn.execute(_GET, {"sought": key}).scalar()
    return value


def put(conn: Connection, key: str, value: str) -> None:
    """Write a value, new or over the old one."""
    done = conn.execute(sa.update(SettingRow).where(SettingRow.key == key).values(value=value))
    if not done.rowcount:
        conn.execute(sa.insert(SettingRow).values(key=key, value=value))


def drop(conn: Connection, key: str) -> None:
    """Forget a value."""
    conn.execute(sa.delete(SettingRow).where(SettingRow.key == key))


def zone(conn: Connection) -> ZoneInfo:
    """The city's time zone, which decides what a month is; UTC until somebody has said."""
    return ZoneInfo(get(conn, TIME_ZONE) or "UTC")
