"""Accounts: who may come in, as one row each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.models_access import AccountRow

LISTS = ("roles", "areas", "scopes", "systems")


@dataclass(frozen=True, slots=True)
class Account:
    """The columns of AccountRow, in their order; lists as tuples."""

    id: int
    login: str
    name: str = ""
    roles: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    page: str = ""
    unit_code: str = ""
    password: str = ""
    password_ms: int | None = None
    totp: str = ""
    totp_step: int = 0
    totp_required: int = 0
    federated: int = 0
    subject: str = ""
    failures: int = 0
    locked_until_ms: int = 0
    created_ms: int = 0
    ended_ms: int | None = None
    rev: int = 1

    @property
    def active(self) -> bool:
        """Whether it may come in at all."""
        return self.ended_ms is None


FIELDS: tuple[str, ...] = tuple(f.name for f in fields(Account))
_COLUMNS = tuple(getattr(AccountRow, name) for name in FIELDS)
_NOW = sa.select(*_COLUMNS)


def of_row(row: Iterable[object]) -> Account:
    """The account of a row that holds its columns."""
    values = dict(zip(FIELDS, row, strict=True))
    for name in LISTS:
        values[name] = tuple(json.loads(str(values[name])))
    return Account(**values)  # type: ignore[arg-type]


def columns() -> tuple[sa.ColumnElement[object], ...]:
    """The columns of an account, for a select that joins them."""
    return _COLUMNS


def by_id(conn: Connection, account_id: int) -> Account | None:
    """One account by its id."""
    row = conn.execute(_NOW.where(AccountRow.id == account_id)).first()
    return of_row(row) if row else None


def by_login(conn: Connection, login: str) -> Account | None:
    """One account by its login, which is kept in lower case and in ASCII: what only looks like it, is not it."""
    if "\x00" in login or not login.isascii():
        return None
    row = conn.execute(_NOW.where(AccountRow.login == login.casefold())).first()
    return of_row(row) if row else None


def by_subject(conn: Connection, subject: str) -> Account | None:
    """The account that this subject of the OpenID provider signed in to before."""
    if not subject or "\x00" in subject:
        return None
    row = conn.execute(_NOW.where(AccountRow.subject == subject)).first()
    return of_row(row) if row else None


def all_accounts(conn: Connection) -> list[Account]:
    """Every account, also those that were ended, by login."""
    return [of_row(row) for row in conn.execute(_NOW.order_by(AccountRow.login))]


def with_roles(conn: Connection, roles: Iterable[str]) -> list[Account]:
    """Every account with one of these roles, also those that were ended, by login; nobody else's is read."""
    return [of_row(row) for row in conn.execute(_NOW.where(_has(roles)).order_by(AccountRow.login))]


def in_roles(conn: Connection, roles: Iterable[str]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(roles, area codes) of every account in force that has one of these roles; not whose it is."""
    asked = sa.select(AccountRow.roles, AccountRow.areas).where(_has(roles), AccountRow.ended_ms.is_(None))
    return [(tuple(json.loads(a)), tuple(json.loads(b))) for a, b in conn.execute(asked)]


def _has(roles: Iterable[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(AccountRow.roles.contains(f'"{role}"', autoescape=True) for role in roles))


def add(conn: Connection, account: Account) -> Account:
    """Write a new account and return it with its id."""
    following = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(AccountRow.id), 0))).scalar_one()) + 1
    values = _values(account) | {"id": following, "login": account.login.casefold()}
    conn.execute(sa.insert(AccountRow).values(values))
    found = by_id(conn, following)
    assert found is not None
    return found


def save(conn: Connection, account: Account) -> None:
    """Write an account over the old one."""
    conn.execute(sa.update(AccountRow).where(AccountRow.id == account.id).values(_values(account)))


def _values(account: Account) -> dict[str, object]:
    values: dict[str, object] = asdict(account)
    for name in LISTS:
        values[name] = json.dumps(values[name], ensure_ascii=False)
    return values
