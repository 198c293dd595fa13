"""What desks make screens show, and how each screen is, as they are kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.showing import Kind, Seen, Shown, Socket
from geodata.store.lists import filled
from geodata.store.models_programmes import SeenRow, ShownRow

_SHOWN = sa.select(
    ShownRow.account_id, ShownRow.kind, ShownRow.address, ShownRow.login, ShownRow.role, ShownRow.area,
    ShownRow.since_ms, ShownRow.until_ms, ShownRow.desk,
)  # fmt: skip


def shown(conn: Connection, account_ids: Iterable[int]) -> dict[int, Shown]:
    """What these screens are made to show, by account; also what has run out since and was not released yet."""
    return _of(conn, ShownRow.account_id.in_(filled(account_ids)))


def mirrors(conn: Connection, login: str, desk: str) -> dict[int, Shown]:
    """The screens that mirror this page of an account."""
    mine = (ShownRow.kind == Kind.MIRROR.value) & (ShownRow.login == login) & (ShownRow.desk == desk)
    return _of(conn, mine)


def run_out(conn: Connection, now_ms: int) -> dict[int, Shown]:
    """What has run out."""
    return _of(conn, ShownRow.until_ms <= now_ms)


def show(conn: Connection, account_ids: Collection[int], order: Shown) -> None:
    """These screens show this from now on, whatever they were made to show before."""
    release(conn, account_ids)
    values = asdict(order) | {"kind": order.kind.value}
    conn.execute(sa.insert(ShownRow), [values | {"account_id": account} for account in account_ids])


def release(conn: Connection, account_ids: Collection[int]) -> None:
    """These screens show their own again."""
    conn.execute(sa.delete(ShownRow).where(ShownRow.account_id.in_(filled(account_ids))))


def note(conn: Connection, process: str, found: Mapping[int, Seen]) -> None:
    """How these screens are, by account, as a process sees them; other processes write rows of their own."""
    mine = SeenRow.process == process
    conn.execute(sa.delete(SeenRow).where(mine, SeenRow.account_id.in_(filled(found))))
    values = [
        {"account_id": account, "process": process, "at_ms": seen.at_ms, "socket": json.dumps(asdict(seen.socket))}
        for account, seen in found.items()
    ]  # fmt: skip
    if values:
        conn.execute(sa.insert(SeenRow), values)


def seen(conn: Connection, account_ids: Iterable[int]) -> dict[int, list[Seen]]:
    """How these screens are, by account: of each process that ever saw it, the newest first."""
    asked = sa.select(SeenRow.account_id, SeenRow.at_ms, SeenRow.socket).where(
        SeenRow.account_id.in_(filled(account_ids))
    )
    found: dict[int, list[Seen]] = {}
    for account, at_ms, socket in conn.execute(asked.order_by(SeenRow.at_ms.desc())):
        found.setdefault(account, []).append(Seen(at_ms, Socket(**json.loads(socket))))
    return found


def purge(conn: Connection, before_ms: int) -> None:
    """Forget what processes saw before, but the newest of each screen."""
    later = SeenRow.__table__.alias()
    newest = sa.select(sa.func.max(later.c.at_ms)).where(later.c.account_id == SeenRow.account_id).scalar_subquery()
    conn.execute(sa.delete(SeenRow).where(SeenRow.at_ms < before_ms, SeenRow.at_ms < newest))


def _of(conn: Connection, which: sa.ColumnElement[bool]) -> dict[int, Shown]:
    return {
        row.account_id: Shown(
            Kind(row.kind), row.address, row.login, row.role, row.area, row.since_ms, row.until_ms, row.desk
        )
        for row in conn.execute(_SHOWN.where(which))
    }  # fmt: skip
