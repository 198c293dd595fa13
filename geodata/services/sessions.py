"""Sessions: which account a secret stands for, now. Known answers are kept for some seconds, so that a request that
follows another one costs nothing; what is ended holds on no longer than that."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock

from geodata.domain.roles import Role
from geodata.services.access import Access, actor_of
from geodata.services.actors import NOBODY, Actor
from geodata.store import tokens
from geodata.store.accounts import Account
from geodata.store.tokens import Kind, Token

KEEP_S = 3.0
KEPT_MAX = 20_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Session:
    """A token with its account. ``actor`` is nobody while the second factor is missing."""

    token: Token
    account: Account

    @property
    def actor(self) -> Actor:
        """Who asks with this token. A phone is its unit and no more, whatever else its account may be."""
        if self.token.kind == "field":
            member = Role.UNIT_MEMBER.value
            phone = replace(self.account, roles=(member,)) if member in self.account.roles else None
            return actor_of(phone, self.token) if phone is not None else NOBODY
        return NOBODY if self.token.kind in ("half", "invite") else actor_of(self.account, self.token)


class Sessions:
    """The sessions, screens and keys of one city as one process sees them. Thread-safe."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._kept: OrderedDict[str, tuple[float, Session, Actor]] = OrderedDict()
        self._used: set[int] = set()
        self._lock = Lock()

    def known(self, secret: str, kinds: Collection[Kind]) -> tuple[Session, Actor] | None:
        """What is known of a secret without a look into the store; None for: look."""
        kept = self._kept.get(tokens.hash_of(secret))
        if kept is None or time.monotonic() - kept[0] > KEEP_S or kept[1].token.kind not in kinds:
            return None
        self._used.add(kept[1].token.id)
        return kept[1], kept[2]

    def find(self, secret: str, kinds: Collection[Kind], now_ms: int) -> tuple[Session, Actor] | None:
        """The session of a secret, None where it opens nothing; for a thread."""
        with self._access.store.read() as conn:
            found = tokens.find(conn, secret)
        if found is None or found[0].kind not in kinds or not self._stands(*found, now_ms):
            return None
        session = Session(*found)
        actor = session.actor
        with self._lock:
            key = tokens.hash_of(secret)
            self._kept[key] = time.monotonic(), session, actor
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        self._used.add(session.token.id)
        return session, actor

    def standing(self, held: Mapping[int, int], now_ms: int) -> frozenset[int]:
        """Those of these tokens (id → rev of the account when it came) that still stand as they did; for a thread.

        A socket that is open is in use.
        """
        with self._access.store.read() as conn:
            found = tokens.lives(conn, held)
        stands = frozenset(
            life.id for life in found
            if life.account_rev == held[life.id] and life.account_ended_ms is None
            and tokens.is_valid(life, now_ms, self._idle_ms(life.kind))
        )
        self._used.update(stands)
        return stands

    def flush(self, now_ms: int) -> None:
        """Write down which tokens were used since the last time; for a thread."""
        used, self._used = self._used, set()
        if used:
            with self._access.store.begin(durable=False) as conn:
                tokens.touch(conn, used, now_ms)

    def forget(self) -> None:
        """Look everything up again: something was changed here."""
        with self._lock:
            self._kept.clear()

    def _stands(self, token: Token, account: Account, now_ms: int) -> bool:
        return account.active and tokens.is_valid(token, now_ms, self._idle_ms(token.kind))

    def _idle_ms(self, kind: str) -> int | None:
        """Only sessions of people run out unused."""
        return self._access.rules.session_idle_min * MINUTE_MS if kind == "session" else None


@lru_cache(maxsize=4_096)
def at(actor: Actor, address: str) -> Actor:
    """The actor as it asks from an address."""
    return replace(actor, address=address) if actor.address != address else actor
