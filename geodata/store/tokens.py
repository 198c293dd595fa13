"""Tokens: bearer secrets of accounts, kept as hashes. A secret has 256 random bits: nothing to guess slowly."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from typing import Literal, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import accounts
from geodata.store.accounts import Account
from geodata.store.lists import parts
from geodata.store.models_access import AccountRow, TokenRow

SECRET_BYTES = 32
MINUTE_MS = 60_000
Kind = Literal["session", "half", "screen", "feed", "field", "invite"]


class Token(NamedTuple):
    """The columns of TokenRow without the hash. Times in epoch ms; ``expires_ms`` None: until it is ended."""

    id: int
    account_id: int
    kind: Kind
    created_ms: int
    expires_ms: int | None
    used_ms: int | None
    ended_ms: int | None
    address: str
    agent: str

    def valid(self, now_ms: int, idle_ms: int | None = None) -> bool:
        """Whether it opens anything now; ``idle_ms`` is how long it may lie unused."""
        return is_valid(self, now_ms, idle_ms)


class Ending(Protocol):
    """What has an end: a token, or what is read of it."""

    @property
    def created_ms(self) -> int: ...
    @property
    def expires_ms(self) -> int | None: ...
    @property
    def used_ms(self) -> int | None: ...
    @property
    def ended_ms(self) -> int | None: ...


def is_valid(token: Ending, now_ms: int, idle_ms: int | None = None) -> bool:
    """Whether a token opens anything now; ``idle_ms`` is how long it may lie unused."""
    if token.ended_ms is not None or (token.expires_ms is not None and now_ms >= token.expires_ms):
        return False
    # The time of use is kept to the minute.
    return idle_ms is None or now_ms - (token.used_ms or token.created_ms) < idle_ms + MINUTE_MS


_COLUMNS = tuple(getattr(TokenRow, name) for name in Token._fields)


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def issue(
    conn: Connection, account_id: int, kind: Kind, *, now_ms: int, expires_ms: int | None, address: str = "",
    agent: str = "", secret: str = "",
) -> tuple[Token, str]:  # fmt: skip
    """A new token and its secret, which is known to nobody after this."""
    secret = secret or secrets.token_urlsafe(SECRET_BYTES)
    following = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(TokenRow.id), 0))).scalar_one()) + 1
    token = Token(following, account_id, kind, now_ms, expires_ms, None, None, address[:64], agent[:128])
    conn.execute(sa.insert(TokenRow).values(token._asdict() | {"hash": hash_of(secret)}))
    return token, secret


def find(conn: Connection, secret: str) -> tuple[Token, Account] | None:
    """The token of this secret with its account, valid or not."""
    asked = (
        sa.select(*_COLUMNS, *accounts.columns())
        .join(AccountRow, AccountRow.id == TokenRow.account_id)
        .where(TokenRow.hash == hash_of(secret))
    )
    row = conn.execute(asked).first()
    if row is None:
        return None
    n = len(Token._fields)
    return Token(*row[:n]), accounts.of_row(row[n:])


def all_tokens(conn: Connection, kinds: Collection[Kind], account_id: int | None = None) -> list[Token]:
    """Tokens of these kinds that were not ended, newest first; of one account or of all."""
    asked = sa.select(*_COLUMNS).where(TokenRow.kind.in_(kinds), TokenRow.ended_ms.is_(None))
    if account_id is not None:
        asked = asked.where(TokenRow.account_id == account_id)
    return [Token(*row) for row in conn.execute(asked.order_by(TokenRow.id.desc()))]


def standing(conn: Connection, ids: Collection[int]) -> dict[int, tuple[Token, Account]]:
    """Those of these tokens that are there, with their accounts, by id."""
    found: dict[int, tuple[Token, Account]] = {}
    n = len(Token._fields)
    for some in parts(ids):
        asked = (
            sa.select(*_COLUMNS, *accounts.columns())
            .join(AccountRow, AccountRow.id == TokenRow.account_id)
            .where(TokenRow.id.in_(some))
        )
        found |= {row[0]: (Token(*row[:n]), accounts.of_row(row[n:])) for row in conn.execute(asked)}
    return found


class Life(NamedTuple):
    """What decides whether a token still stands: it and its account, without the rest."""

    id: int
    kind: str
    created_ms: int
    expires_ms: int | None
    used_ms: int | None
    ended_ms: int | None
    account_ended_ms: int | None
    account_rev: int


def lives(conn: Connection, ids: Collection[int]) -> list[Life]:
    """Those of these tokens that are there: a question for each 500 open sockets."""
    t, a = TokenRow, AccountRow
    columns = (t.id, t.kind, t.created_ms, t.expires_ms, t.used_ms, t.ended_ms, a.ended_ms, a.rev)
    asked = sa.select(*columns).join(a, a.id == t.account_id).where(t.id.in_(sa.bindparam("ids", expanding=True)))
    return [Life(*row) for some in parts(ids) for row in conn.execute(asked, {"ids": some})]


def touch(conn: Connection, ids: Collection[int], now_ms: int) -> None:
    """These tokens are in use."""
    minute = now_ms - now_ms % MINUTE_MS
    for some in parts(ids):
        conn.execute(sa.update(TokenRow).where(TokenRow.id.in_(some)).values(used_ms=minute))


def end(conn: Connection, token_id: int, now_ms: int) -> bool:
    """End one token; whether it was standing."""
    ended = sa.update(TokenRow).where(TokenRow.id == token_id, TokenRow.ended_ms.is_(None)).values(ended_ms=now_ms)
    return bool(conn.execute(ended).rowcount)


def end_all(
    conn: Connection, account_id: int, now_ms: int, *, kinds: Collection[Kind] = ("session", "half", "invite"),
    but: int = 0,
) -> int:  # fmt: skip
    """End the tokens of an account, except one; how many were standing."""
    ended = sa.update(TokenRow).where(
        TokenRow.account_id == account_id, TokenRow.ended_ms.is_(None), TokenRow.kind.in_(kinds), TokenRow.id != but
    )
    return conn.execute(ended.values(ended_ms=now_ms)).rowcount


def purge(conn: Connection, before_ms: int) -> int:
    """Forget tokens that ended or ran out before a moment; how many went."""
    gone = (TokenRow.ended_ms < before_ms) | (TokenRow.expires_ms < before_ms)
    return conn.execute(sa.delete(TokenRow).where(gone)).rowcount
