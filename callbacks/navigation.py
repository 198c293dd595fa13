"""Addresses: the root leads to the city, every other one is a view or a calm page that says what is wrong."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from dash import ClientsideFunction, Dash, Input, Output, State
from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from callbacks.room import Room
from dashboard import ids
from geodata.domain.view import MapView, ViewError, parse_view
from layers.registry import LAYER_IDS

Json = dict[str, Any]


def router(room: Room) -> APIRouter:
    """``/`` leads to the overview of the city in the city's language. Include it before Dash takes the root."""
    api = APIRouter(include_in_schema=False)

    @api.get("/")
    async def home() -> RedirectResponse:
        return RedirectResponse(home_address(room))

    return api


def register(app: Dash, room: Room) -> None:
    """The address in the browser and the answer of the server to it."""

    async def look_up(pathname: str | None, search: str | None) -> Json:
        return answer(room, pathname or "/", search or "")

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


def home_address(room: Room) -> str:
    """The overview of the city."""
    return MapView(room.situation.tree.areas[0].code, lang=room.city.language).address()


def answer(room: Room, pathname: str, search: str) -> Json:
    """``{"ok": True, …}`` for an address that is a view of this city, else which field is wrong and its value."""
    try:
        classes = frozenset(room.catalogue.classes)
        view = parse_view(unquote(pathname), search, layer_ids=LAYER_IDS, class_codes=classes)
    except ViewError as wrong:
        return {"ok": False, "field": wrong.field, "value": wrong.value, "rule": wrong.rule}
    if view.area not in room.situation.tree.ordinal:
        return {"ok": False, "field": "area", "value": view.area, "rule": "is not an area of this city"}
    return {"ok": True, "address": view.address(), "area": view.area, "page": view.page, "lang": view.lang}
