"""Accounts of every role for tests, made straight in the store, and an API behind its gate."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Sequence
from typing import Any

from fastapi import FastAPI

from callbacks.answers import add_answers
from geodata.domain.roles import Role, Scope
from geodata.intake import api
from geodata.intake.api import Told
from geodata.intake.door import Door
from geodata.intake.gate import COOKIE, Gate
from geodata.services.access import Access
from geodata.services.sessions import Sessions
from geodata.store import accounts, tokens
from geodata.store.accounts import Account
from geodata.store.engine import Store
from geodata.store.folder import DataFolder

HOUR_MS = 3_600_000
ALL_SCOPES = tuple(Scope)
_NUMBERS = itertools.count(1)


def account_of(
    access: Access, roles: Collection[Role], areas: Sequence[str], *, scopes: Sequence[Scope] = ALL_SCOPES,
    systems: Sequence[str] = (), page: str = "", unit_code: str = "", login: str = "",
) -> Account:  # fmt: skip
    """A new account; its login says its first role."""
    roles = list(roles)
    fresh = Account(
        0, login or f"{roles[0].value}-{next(_NUMBERS)}", "", tuple(roles), tuple(areas),
        tuple(scopes) if Role.FEED in roles else (), tuple(systems), page or ("wall" if Role.SCREEN in roles else ""),
        unit_code, created_ms=_now(),
    )  # fmt: skip
    with access.store.begin() as conn:
        return accounts.add(conn, fresh)


def secret_of(access: Access, account: Account) -> str:
    """A session, a screen's link or a feed's key, as fits the account."""
    kind: tokens.Kind = "session"
    if Role.SCREEN in account.roles or Role.FEED in account.roles:
        kind = "screen" if Role.SCREEN in account.roles else "feed"
    with access.store.begin() as conn:
        return tokens.issue(conn, account.id, kind, now_ms=_now(), expires_ms=_now() + 12 * HOUR_MS)[1]


def signed_in(access: Access, role: Role, *areas: str, page: str = "", unit_code: str = "") -> str:
    """The secret of a new account of one role."""
    return secret_of(access, account_of(access, [role], areas, page=page, unit_code=unit_code))


def cookie_of(base: str, secret: str) -> Any:
    """The cookie of a session or screen, for a browser that asks at this address."""
    return {"name": COOKIE, "value": secret, "url": base}


def native_api(store: Store, folder: DataFolder, lag: Told | None = None) -> tuple[FastAPI, Access]:
    """The API behind its gate, over a store."""
    access = Access.open(store, folder)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(api.router(Door(access, folder.city()), lag=lag))
    add_answers(app)
    app.add_middleware(Gate, sessions=Sessions(access))
    return app, access


def _now() -> int:
    return int(time.time() * 1000)
