"""Screens: when and from where each one was opened by its link. Kept as lines of the audit."""

from __future__ import annotations

import json
from dataclasses import dataclass

from geodata.services.access import Access, actor_of
from geodata.services.signing_in import Caller
from geodata.store import audit
from geodata.store.accounts import Account
from geodata.store.audit import Sought
from geodata.store.tokens import Token

OPENED = "open_screen"
LOOK_BACK = 2_000


@dataclass(frozen=True, slots=True)
class Opened:
    """Where a screen was opened for the last time, and by which browser."""

    at_ms: int
    address: str
    agent: str


def opened(access: Access, account: Account, token: Token, caller: Caller, now_ms: int) -> None:
    """A screen was opened by its link."""
    with access.store.begin() as conn:
        access.audit.record(
            conn, actor_of(account, token, caller.address), OPENED, f"account:{account.login}", at_ms=now_ms,
            area=account.areas[0] if account.areas else "", new={"agent": caller.agent},
        )  # fmt: skip


def last_opened(access: Access) -> dict[str, Opened]:
    """Where each screen was opened last, by login; only the newest openings of all screens are looked at."""
    with access.store.read() as conn:
        lines = audit.page(conn, Sought(action=OPENED), LOOK_BACK)
    found: dict[str, Opened] = {}
    for line in reversed(lines):
        agent = str(json.loads(line.new).get("agent", "")) if line.new else ""
        found[line.actor] = Opened(line.at_ms, line.address, agent)
    return found
