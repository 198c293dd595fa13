"""Accounts as pages show them: areas with their names, and in which state an account is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from geodata.domain.areas import AreaTree
from geodata.services.actors import Actor
from geodata.store.accounts import Account
from geodata.store.tokens import Token

CODES_MAX = 300


class NamedArea(NamedTuple):
    """A code, its name ("" where it is unknown or out of reach), and how deep it lies below the city."""

    code: str
    name: str
    depth: int


def named_areas(tree: AreaTree, actor: Actor, codes: Iterable[str], lang: str) -> list[NamedArea]:
    """These areas, in their order."""
    return [_named(tree, actor, code.strip(), lang) for code in codes if code.strip()]


def areas_in_reach(tree: AreaTree, actor: Actor, lang: str) -> list[NamedArea]:
    """The areas one may choose from, as a list that a page can hold: as many whole levels as fit."""
    chosen: list[int] = []
    for depth in range(1, len(tree.levels) + 1):
        found = sorted({
            int(o) for span in actor.ordinals(tree) for steps in range(depth)
            for o in tree.descendants(span.start, steps)
        })  # fmt: skip
        if chosen and len(found) > CODES_MAX:
            break
        chosen = found
    return [_named(tree, actor, tree.areas[o].code, lang) for o in chosen[:CODES_MAX]]


def _named(tree: AreaTree, actor: Actor, code: str, lang: str) -> NamedArea:
    o = tree.ordinal.get(code)
    if o is None or not actor.reaches(tree, o):
        return NamedArea(code, "", 0)
    return NamedArea(code, tree.areas[o].label(lang), tree.areas[o].depth)


def state_of(account: Account, tokens: Sequence[Token], now_ms: int) -> str:
    """ended, locked, open, invited, expired (the invitation), or waiting (nobody can come in and nobody is invited)."""
    if not account.active:
        return "ended"
    if now_ms < account.locked_until_ms:
        return "locked"
    if account.password or account.federated:
        return "open"
    invites = [t for t in tokens if t.kind == "invite"]
    if any(t.valid(now_ms) for t in invites):
        return "invited"
    return "expired" if invites else "waiting"


def last_used(tokens: Sequence[Token], *kinds: str) -> int | None:
    """When any of these tokens was used for the last time, epoch ms."""
    used = [t.used_ms or t.created_ms for t in tokens if t.kind in kinds]
    return max(used, default=None)
