"""The key by which the simulator plays the demo city: an account of a feed like any other, its key in the folder."""

from __future__ import annotations

import secrets

from geodata.domain.roles import Role, Scope
from geodata.services.access import Access
from geodata.services.actors import Actor
from geodata.store import accounts, tokens
from geodata.store.accounts import Account
from geodata.store.folder import DataFolder

LOGIN = "simulator"


def ensure_playing_key(access: Access, folder: DataFolder, root_code: str, now_ms: int) -> None:
    """Make sure that the key in ``ingest.key`` opens the door; it is made on the first start."""
    if not folder.ingest_key.exists():
        folder.write_secret(folder.ingest_key, secrets.token_urlsafe(tokens.SECRET_BYTES) + "\n")
    secret = folder.ingest_key.read_text("utf-8").strip()
    with access.store.begin() as conn:
        if tokens.find(conn, secret) is not None:
            return
        account = accounts.by_login(conn, LOGIN)
        if account is None:
            scopes = tuple(s.value for s in Scope)
            fresh = Account(0, LOGIN, "demo", (Role.FEED.value,), (root_code,), scopes, created_ms=now_ms)
            account = accounts.add(conn, fresh)
        tokens.issue(conn, account.id, "feed", now_ms=now_ms, expires_ms=None, secret=secret)
        access.audit.record(conn, Actor.operator("demo"), "renew_secret", f"account:{LOGIN}", at_ms=now_ms)
