"""Showing: a desk pushes a view to walls, holds them, lets them mirror its own page, and releases them.

Everything asked for is checked twice: the desk must see what it shows, and so must each wall, by its own account.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right, Role
from geodata.domain.showing import DESK_MAX, LEFT_MS, MINUTE_MS, SILENT_MS, SPANS, Kind, Shown, wall_form
from geodata.domain.view import MapView, ViewError
from geodata.services.access import Access, actor_of
from geodata.services.accounts import managed
from geodata.services.actors import NOBODY, Actor
from geodata.services.declining import Declined
from geodata.services.looking import permitted_view
from geodata.services.walls import Read, connected, now_at
from geodata.store import accounts, showing
from geodata.store.accounts import Account
from geodata.store.engine import Connection

ACTION: Mapping[Kind, str] = {Kind.PUSH: "push_view", Kind.HOLD: "hold_screen", Kind.MIRROR: "mirror_desk"}
RELEASED = "release_screen"
POSTS = (Role.SHIFT_LEADER, Role.ADMIN)
"""As whom somebody gives an order, where it is several."""


@dataclass(frozen=True, slots=True)
class Hall:
    """What orders to walls need; ``lang``: the language of the walls."""

    access: Access
    tree: AreaTree
    read: Read
    lang: str


@dataclass(frozen=True, slots=True)
class Reached:
    """How many screens an order is for that are connected, and how many that hear of it when they come back."""

    here: int
    away: int


@dataclass(frozen=True, slots=True)
class Followed:
    """Logins of the screens that mirror a desk, and of those among them that may not see where it is now: they stay."""

    screens: tuple[str, ...]
    beyond: tuple[str, ...] = ()


def push(hall: Hall, actor: Actor, logins: Collection[str], address: str, span: str, now_ms: int) -> Reached:
    """These screens show an address for a span of ``SPANS``. Raises NotAllowedError, Declined."""
    chosen = _chosen(hall, actor, logins)
    wall = _fits(hall, chosen, _wall(hall, actor, address))
    order = _order(hall, actor, Kind.PUSH, wall.address(), now_ms, _until(span, now_ms))
    return _give(hall, actor, dict.fromkeys(chosen, order), now_ms)


def hold(hall: Hall, actor: Actor, logins: Collection[str], span: str, now_ms: int) -> Reached:
    """These screens stay at what they show, with live data. Raises NotAllowedError, Declined."""
    chosen = _chosen(hall, actor, logins)
    until_ms = _until(span, now_ms)
    given = {
        account: _order(hall, actor, Kind.HOLD, _showing(hall, account, now_ms), now_ms, until_ms)
        for account in chosen
    }  # fmt: skip
    return _give(hall, actor, given, now_ms)


def mirror(hall: Hall, actor: Actor, logins: Collection[str], address: str, desk: str, now_ms: int) -> Reached:
    """These screens follow a page of the actor's, which calls itself ``desk``. Raises NotAllowedError, Declined."""
    if not (desk.isascii() and desk.isalnum() and len(desk) <= DESK_MAX):
        raise Declined("address", "show_desk")
    chosen = _chosen(hall, actor, logins)
    wall = _fits(hall, chosen, _wall(hall, actor, address))
    order = _order(hall, actor, Kind.MIRROR, wall.address(), now_ms, now_ms + SILENT_MS)
    return _give(hall, actor, dict.fromkeys(chosen, replace(order, desk=desk)), now_ms)


def release(hall: Hall, actor: Actor, logins: Collection[str], now_ms: int) -> Reached:
    """These screens show their own again, also those that show no walls any more; told are those for which something
    ended. Raises NotAllowedError, Declined."""
    chosen = {account.id: account for account in _within_reach(hall, actor, logins)}
    with hall.access.store.begin() as conn:
        held = showing.shown(conn, chosen)
        _release(hall.access, conn, actor, chosen, held, now_ms)
    return _reached(hall, held, now_ms)


def follow(hall: Hall, actor: Actor, desk: str, address: str, now_ms: int) -> Followed:
    """The page ``desk`` of the actor is at an address, or only still there: its mirrors go with it as far as they may.

    A screen that may not see the place stays where it is, and so does every one while the page shows nothing that a
    wall could. Raises NotAllowedError.
    """
    actor.needs(Right.MANAGE_SCREENS)
    with hall.access.store.read() as conn:
        held = showing.mirrors(conn, actor.name, desk)
    if not any(order.on(now_ms) for order in held.values()):
        return Followed(())
    mine = {a.id: a for a in managed(hall.access, actor, hall.tree, (Role.SCREEN,)) if a.active}
    try:
        wall: MapView | None = _wall(hall, actor, address)
    except Declined:
        wall = None
    going: dict[int, Shown] = {}
    beyond: list[str] = []
    with hall.access.store.begin(durable=False) as conn:
        held = {i: order for i, order in showing.mirrors(conn, actor.name, desk).items() if order.on(now_ms)}
        lost = {i: order for i, order in held.items() if i not in mine}
        if lost:
            _release(hall.access, conn, actor, _accounts(conn, lost), lost, now_ms)
        for i, order in held.items():
            if i in lost:
                continue
            may = wall is not None and _may_show(hall.tree, mine[i], wall)
            if wall is not None and not may:
                beyond.append(mine[i].login)
            at = wall.address() if wall is not None and may else order.address
            going[i] = replace(order, address=at, until_ms=now_ms + SILENT_MS)
        for i, order in going.items():
            showing.show(conn, [i], order)
    return Followed(tuple(sorted(mine[i].login for i in going)), tuple(sorted(beyond)))


def leave(hall: Hall, actor: Actor, desk: str, now_ms: int) -> None:
    """The page ``desk`` goes; where it does not come back at once, its mirrors end. Raises NotAllowedError."""
    actor.needs(Right.MANAGE_SCREENS)
    with hall.access.store.begin(durable=False) as conn:
        for i, order in showing.mirrors(conn, actor.name, desk).items():
            until_ms = min(order.until_ms or now_ms, now_ms + LEFT_MS)
            showing.show(conn, [i], replace(order, until_ms=until_ms))


def stop(hall: Hall, actor: Actor, desk: str, now_ms: int) -> int:
    """No screen mirrors the page ``desk`` any more; how many did. Raises NotAllowedError."""
    actor.needs(Right.MANAGE_SCREENS)
    with hall.access.store.begin() as conn:
        held = showing.mirrors(conn, actor.name, desk)
        _release(hall.access, conn, actor, _accounts(conn, held), held, now_ms)
    return len(held)


def lapse(access: Access, now_ms: int) -> int:
    """What has run out is released; how many screens."""
    with access.store.read() as conn:
        if not showing.run_out(conn, now_ms):
            return 0
    with access.store.begin() as conn:  # another process may have been first, or the desk has spoken meanwhile
        held = showing.run_out(conn, now_ms)
        _release(access, conn, NOBODY, _accounts(conn, held), held, now_ms)
    return len(held)


def _accounts(conn: Connection, held: Collection[int]) -> dict[int, Account]:
    return {i: account for i in held if (account := accounts.by_id(conn, i)) is not None}


def _chosen(hall: Hall, actor: Actor, logins: Collection[str]) -> list[Account]:
    chosen = _within_reach(hall, actor, logins)
    others = [account for account in chosen if account.page != "wall"]
    if others:
        raise Declined("screens", "show_page", screens=_named(others))
    return chosen


def _within_reach(hall: Hall, actor: Actor, logins: Collection[str]) -> list[Account]:
    actor.needs(Right.MANAGE_SCREENS)
    found = {a.login: a for a in managed(hall.access, actor, hall.tree, (Role.SCREEN,)) if a.active}
    chosen = [found[login] for login in dict.fromkeys(logins) if login in found]
    if not chosen or len(chosen) != len(set(logins)):
        raise Declined("screens", "show_none")
    return chosen


def _reached(hall: Hall, account_ids: Collection[int], now_ms: int) -> Reached:
    here = len(connected(hall.access, account_ids, now_ms))
    return Reached(here, len(account_ids) - here)


def _wall(hall: Hall, actor: Actor, address: str) -> MapView:
    """The address as walls show it, where the actor may see it itself."""
    try:
        return wall_form(hall.read(actor, address), hall.lang)
    except ViewError as error:
        raise Declined("address", "show_address", part=error.field, value=error.value[:64]) from error


def _fits(hall: Hall, chosen: Sequence[Account], wall: MapView) -> MapView:
    beyond = [account for account in chosen if not _may_show(hall.tree, account, wall)]
    if beyond:
        raise Declined("address", "show_area", area=wall.area, screens=_named(beyond))
    return wall


def _named(found: Sequence[Account]) -> str:
    return ", ".join(account.name or account.login for account in found)


def _may_show(tree: AreaTree, account: Account, wall: MapView) -> bool:
    try:
        permitted_view(actor_of(account), tree, wall)
    except ViewError:
        return False
    return True


def _showing(hall: Hall, account: Account, now_ms: int) -> str:
    """The address at which a screen is; of one that is not there, where it would be."""
    screen = actor_of(account)
    for address in now_at(hall.access, account.id, now_ms):
        try:
            return hall.read(screen, address).address()
        except ViewError:
            continue  # the area went with an edition of the boundaries, or was taken from the screen
    home = screen.home(hall.tree)
    if home is None:
        raise Declined("screens", "show_none")
    return MapView(hall.tree.areas[home].code, "wall", lang=hall.lang).address()


def _until(span: str, now_ms: int) -> int | None:
    if span not in SPANS:
        raise Declined("span", "show_span")
    minutes = SPANS[span]
    return None if minutes is None else now_ms + minutes * MINUTE_MS


def _order(hall: Hall, actor: Actor, kind: Kind, address: str, now_ms: int, until_ms: int | None) -> Shown:
    role = next(role for role in POSTS if role in actor.roles)
    home = actor.home(hall.tree) or 0
    return Shown(kind, address, actor.name[:64], role, hall.tree.areas[home].code, now_ms, until_ms)


def _give(hall: Hall, actor: Actor, given: Mapping[Account, Shown], now_ms: int) -> Reached:
    access = hall.access
    with access.store.begin() as conn:
        before = showing.shown(conn, [account.id for account in given])
        ended = {i: old for i, old in before.items() if old.kind is Kind.MIRROR}
        _release(access, conn, actor, {a.id: a for a in given if a.id in ended}, ended, now_ms)
        for account, order in given.items():
            showing.show(conn, [account.id], order)
            old = before.get(account.id)
            access.audit.record(
                conn, actor, ACTION[order.kind], f"account:{account.login}", at_ms=now_ms, area=account.areas[0],
                old=_logged(old) if old else None, new=_logged(order),
            )  # fmt: skip
    return _reached(hall, [account.id for account in given], now_ms)


def _release(
    access: Access, conn: Connection, actor: Actor, of: Mapping[int, Account], held: Mapping[int, Shown], now_ms: int
) -> None:
    showing.release(conn, held)
    for i, account in of.items():
        if i in held:
            access.audit.record(conn, actor, RELEASED, f"account:{account.login}", at_ms=now_ms,
                                area=account.areas[0], old=_logged(held[i]))  # fmt: skip


def _logged(order: Shown) -> dict[str, object]:
    until = {} if order.kind is Kind.MIRROR or order.until_ms is None else {"until_ms": order.until_ms}
    return {"shown": order.kind.value, "address": order.address, **until}
