"""Walls: how each screen within reach is, what it shows and why. Told by all processes through the store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from geodata.boundaries.picture import picture
from geodata.domain.areas import AreaTree
from geodata.domain.programmes import Programme
from geodata.domain.roles import Right, Role
from geodata.domain.showing import Seen, Shown
from geodata.domain.view import MapView, ViewError
from geodata.services.access import Access, actor_of
from geodata.services.accounts import managed, tokens_of
from geodata.services.actors import Actor
from geodata.services.looking import area_of
from geodata.store import areas, programmes, showing
from geodata.store.accounts import Account
from geodata.store.engine import Store

Read = Callable[[Actor, str], MapView]
"""Reads an address as an actor gets it; raises ViewError."""
STALE_MS = 20_000
"""What a process has not said again for so long, it does not know any more: it was killed. So it is with what it said
in the future: the clock was set back since."""


@dataclass(frozen=True, slots=True)
class Wall:
    """A screen within reach. ``used_ms``: when its link was used last, by the minute; ``programme`` is its own,
    ``step`` the index of the step that it is at, where it is at one. ``order`` is what it was made to show and nobody
    has released, ``shown`` the same where it can show it. ``seen``: None of one that never was there.
    """

    account: Account
    used_ms: int | None
    programme: Programme | None
    step: int | None
    order: Shown | None
    shown: Shown | None
    seen: Seen | None

    @property
    def here(self) -> bool:
        """Whether it is connected."""
        return self.seen is not None and self.seen.socket.count > 0

    @property
    def last_ms(self) -> int | None:
        """When it was there last."""
        return self.seen.at_ms if self.seen else self.used_ms


def listed(access: Access, actor: Actor, tree: AreaTree, read: Read, now_ms: int) -> list[Wall]:
    """The screens within reach, connected or not, by login; nobody else's sockets. Raises NotAllowedError."""
    actor.needs(Right.MANAGE_SCREENS)
    found = [a for a in managed(access, actor, tree, (Role.SCREEN,)) if a.active]
    ids = [account.id for account in found]
    held = tokens_of(access, ids, ["screen"])
    with access.store.read() as conn:
        hanging, orders, seen = programmes.screens_of(conn, ids), showing.shown(conn, ids), showing.seen(conn, ids)
        kept = {p.id: p.programme for p in programmes.all_programmes(conn)}
    walls = []
    for account in found:
        screen = hanging.get(account.id, programmes.Screen())
        order, how = standing(orders.get(account.id), now_ms), together(seen.get(account.id, []), now_ms)
        shown = order if order and shows(read, actor_of(account), order.address) else None
        programme = kept.get(screen.programme_id) if screen.programme_id is not None else None
        used_ms = max((token.used_ms or 0 for token in held[account.id]), default=0) or None
        walls.append(Wall(account, used_ms, programme, _step(programme, how), order, shown, how))
    return walls


def standing(order: Shown | None, now_ms: int) -> Shown | None:
    """An order whose time is not over."""
    return order if order is not None and order.on(now_ms) else None


def shows(read: Read, screen: Actor, address: str) -> bool:
    """Whether a screen can show an address: it shows walls, and what is there is still there and its own."""
    try:
        read(screen, address)
    except ViewError:
        return False
    return screen.page == "wall"


def connected(access: Access, account_ids: Collection[int], now_ms: int) -> set[int]:
    """Which of these screens are there."""
    with access.store.read() as conn:
        seen = showing.seen(conn, account_ids)
    found = {account: together(rows, now_ms) for account, rows in seen.items()}
    return {account for account, how in found.items() if how is not None and how.socket.count}


def outlines(access: Access, actor: Actor, tree: AreaTree, code: str) -> tuple[tuple[int, int], list[str]]:
    """((width, height), SVG paths) of an area's children, of a leaf its own. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.MANAGE_SCREENS)
    area_of(actor, tree, code)
    with access.store.read() as conn:
        drawn = areas.child_outlines(conn, code)
    size, found = picture(drawn.wkb if drawn else [])
    return size, [one.path for one in found]


def together(seen: Sequence[Seen], now_ms: int) -> Seen | None:
    """What all processes (the newest first) say of one screen: of its sockets the one with the oldest picture."""
    here = [s for s in seen if s.socket.count and abs(now_ms - s.at_ms) < STALE_MS]
    if here:
        worst = min(here, key=lambda s: s.socket.beat_ms or s.socket.opened_ms)
        return replace(worst, socket=replace(worst.socket, count=sum(s.socket.count for s in here)))
    return replace(seen[0], socket=replace(seen[0].socket, count=0)) if seen else None


def now_at(access: Access, account_id: int, now_ms: int) -> list[str]:
    """The addresses at which a screen may be, the likeliest first: what it was seen at may be older than its order."""
    with access.store.read() as conn:
        order = standing(showing.shown(conn, [account_id]).get(account_id), now_ms)
        seen = together(showing.seen(conn, [account_id]).get(account_id, []), now_ms)
    told = [order.address] if order else []
    return [*told, seen.socket.address] if seen and seen.socket.address else told


def note(store: Store, process: str, found: Mapping[int, Seen]) -> None:
    """How the screens of a process are, by account; for a thread."""
    if found:
        with store.begin(durable=False) as conn:
            showing.note(conn, process, found)


def _step(programme: Programme | None, seen: Seen | None) -> int | None:
    if programme is None or seen is None:
        return None
    return next((i for i, step in enumerate(programme.steps) if step.address == seen.socket.address), None)
