"""Saved views in the head of the queue: listed, saved, forgotten (assets/saved.js)."""

from __future__ import annotations

import asyncio
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.permits import permitted
from callbacks.queue import view_of
from callbacks.room import Room
from dashboard import ids
from dashboard.words import words
from geodata.domain.roles import Right
from geodata.domain.view import LANGUAGES, ViewError
from geodata.intake.door import now_ms
from geodata.services import saved_views
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.declining import Declined
from geodata.store.saved_views import SavedView

Json = dict[str, Any]


def register(app: Dash, room: Room) -> None:
    """What the browser asks for, and the actor's views as they are then."""

    @permitted(Right.OPEN_EVENTS)
    async def keep(actor: Actor, asked: Json | None) -> Any:
        return no_update if not asked else await asyncio.to_thread(kept, room, actor, asked)

    app.callback(Output(ids.VIEWS, "data"), Input(ids.VIEWS_ASK, "data"), prevent_initial_call=True)(keep)
    app.clientside_callback(
        ClientsideFunction("onescreen", "kept"), Output(ids.VIEWS_SINK, "data"), Input(ids.VIEWS, "data")
    )


def kept(room: Room, actor: Actor, asked: Json) -> Json:
    """List, save or forget (for a thread): ``told`` says why something was not saved, "" where it was."""
    lang = asked["lang"] if asked["lang"] in LANGUAGES else LANGUAGES[0]
    told = ""
    try:
        found = _done(room, actor, asked)
    except NotAllowedError:
        return {"n": asked["n"], "views": [], "told": ""}
    except Declined as declined:
        told = words(lang, f"declined.{declined.reason}", **declined.values)
        found = saved_views.own(room.access, actor)
    return {"n": asked["n"], "views": [tuple(view) for view in found], "told": told}


def _done(room: Room, actor: Actor, asked: Json) -> list[SavedView]:
    if asked["action"] == "save":
        try:
            view = view_of(room, actor, asked["address"])
        except ViewError as error:
            raise Declined("address", "view_address") from error
        return saved_views.save(room.access, room.situation.tree, actor, asked["name"], view, now_ms())
    if asked["action"] == "forget":
        return saved_views.forget(room.access, actor, asked["name"])
    return saved_views.own(room.access, actor)
