"""Addresses: the root leads to the city, every other one is a view or a calm page that says what is wrong."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from callbacks.permits import permitted
from callbacks.queue import view_at
from callbacks.room import Room
from dashboard import ids
from geodata.domain.roles import Right, Role
from geodata.domain.view import MapView, ViewError
from geodata.services.actors import Actor, asking
from geodata.services.looking import sender_of
from geodata.store import units

Json = dict[str, Any]
ACCOUNT = "/account"
AT_DESKS = frozenset({Role.INTAKE, Role.DUTY_OFFICER, Role.SHIFT_LEADER})
"""Who works a queue all shift, and so begins at it."""


def router(room: Room) -> APIRouter:
    """``/`` leads everybody home, in the city's language. Include it before Dash takes the root."""
    api = APIRouter(include_in_schema=False)

    @api.get("/")
    async def home() -> RedirectResponse:
        return RedirectResponse(home_address(room, asking.get()), 303)

    return api


def register(app: Dash, room: Room) -> None:
    """The address in the browser and the answer of the server to it."""

    @permitted(Right.SEE)
    async def look_up(actor: Actor, pathname: str | None, search: str | None) -> Json:
        return answer(room, actor, pathname or "/", search or "")

    app.callback(Output(ids.VIEW, "data"), Input(ids.URL, "pathname"), Input(ids.URL, "search"))(look_up)
    app.clientside_callback(
        ClientsideFunction("onescreen", "address"), Output(ids.PAGE_SINK, "data"),
        Input(ids.URL, "pathname"), Input(ids.URL, "search"), State(ids.WORDS, "data"),
    )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("onescreen", "viewed"), Output(ids.VIEW_SINK, "data"), Input(ids.VIEW, "data")
    )
    app.clientside_callback(
        ClientsideFunction("onescreen", "picked"), Output(ids.PICK_SINK, "data"), Input(ids.PICK, "data")
    )


def home_address(room: Room, actor: Actor) -> str:
    """Where an account begins: what a screen shows, the first area of everybody else; who has none sees the account."""
    tree = room.situation.tree
    home = actor.home(tree)
    if home is None:
        return ACCOUNT
    page = actor.page or ("duty" if actor.roles & AT_DESKS else "area")
    return MapView(tree.areas[home].code, page, lang=room.city.language).address()


def me(room: Room, actor: Actor) -> Json:
    """What the page must know of who looks at it: its name, whether it is a screen, where its reach begins, and what
    tells its own alerts from those of others. For a thread, in which Dash makes its pages: without the live picture."""
    tree, unit = room.situation.tree, None
    if actor.is_unit_member and actor.unit_code:
        with room.store.read() as conn:
            unit = units.by_codes(conn, [actor.unit_code]).get(actor.unit_code)
    answers = actor.may(Right.ACKNOWLEDGE)
    return {
        "name": actor.name, "screen": Role.SCREEN in actor.roles,
        "roles": sorted(actor.roles) if answers else [], "unit": unit.id if unit and answers else None,
        "read_alerts": actor.may(Right.READ_ALERTS), "duty": actor.may(Right.OPEN_EVENTS),
        "units": actor.may(Right.SEE_UNITS), "export": actor.may(Right.EXPORT),
        "quarantine": actor.may(Right.READ_QUARANTINE) and sender_of(actor, tree, Right.READ_QUARANTINE) is None,
        "dispatch": "dispatch" in actor.acts, "judge": actor.may(Right.JUDGE_SURGES),
        "walls": actor.may(Right.MANAGE_SCREENS) and Role.SCREEN not in actor.roles,
        "tops": [tree.areas[span.start].code for span in actor.ordinals(tree)],
    }  # fmt: skip


def answer(room: Room, actor: Actor, pathname: str, search: str) -> Json:
    """``{"ok": True, …}`` for an address that is a view of this city, else which field is wrong and its value."""
    try:
        view = view_at(room, actor, pathname, search)
    except ViewError as wrong:
        return {"ok": False, "field": wrong.field, "value": wrong.value, "rule": wrong.rule, "why": wrong.why}
    return {"ok": True, "address": view.address(), "area": view.area, "page": view.page, "lang": view.lang}
