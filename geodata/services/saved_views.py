"""Saved views 常用视图: what of the queue somebody looks at often, by a name of its own; each account has its own."""

from __future__ import annotations

from geodata.domain.areas import AreaTree
from geodata.domain.queue import Order
from geodata.domain.roles import Right
from geodata.domain.view import MapView, ViewError
from geodata.services.access import Access
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.declining import Declined
from geodata.services.looking import permitted_view
from geodata.store import saved_views
from geodata.store.quarantine import storable
from geodata.store.saved_views import SavedView

NAME_MAX, VIEWS_MAX = 32, 20


def own(access: Access, actor: Actor) -> list[SavedView]:
    """The actor's views, in the order in which they were first saved. Raises NotAllowedError."""
    with access.store.read() as conn:
        return saved_views.of_account(conn, _account(actor))


def save(access: Access, tree: AreaTree, actor: Actor, name: str, view: MapView, now_ms: int) -> list[SavedView]:
    """Keep the filters and the order of a view of the queue under a name. Raises NotAllowedError, Declined.

    One of the same name is replaced. What is selected, and how the page looks, is not part of it.
    """
    account, called = _account(actor), " ".join(name.split())
    if not called or len(called) > NAME_MAX or storable(called) != called or not called.isprintable():
        raise Declined("name", "view_name", n=NAME_MAX)
    try:
        view = permitted_view(actor, tree, view)
    except ViewError as error:
        raise Declined("address", "view_address") from error
    if view.page != "duty":
        raise Declined("address", "view_address")
    plain = MapView(view.area, "duty", filters=view.filters, order=Order(view.order))
    with access.store.begin() as conn:
        held = saved_views.of_account(conn, account)
        if len(held) >= VIEWS_MAX and called not in {v.name for v in held}:
            raise Declined("name", "views_many", n=VIEWS_MAX)
        saved_views.put(conn, account, SavedView(called, plain.address()), now_ms)
        return saved_views.of_account(conn, account)


def forget(access: Access, actor: Actor, name: str) -> list[SavedView]:
    """Drop one of the actor's views; what is not there is dropped already. Raises NotAllowedError."""
    account = _account(actor)
    with access.store.begin() as conn:
        if "\x00" not in name:
            saved_views.drop(conn, account, name[: NAME_MAX + 1])
        return saved_views.of_account(conn, account)


def _account(actor: Actor) -> int:
    actor.needs(Right.OPEN_EVENTS)
    if not actor.account_id:
        raise NotAllowedError(actor, "save views")
    return actor.account_id
