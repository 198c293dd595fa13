"""Search: areas by name, initials or code from memory; an event by the beginning of its code from the store."""

from __future__ import annotations

import asyncio
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.permits import permitted
from callbacks.room import Room
from dashboard import ids
from dashboard.words import named, words
from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right
from geodata.domain.search import AreaIndex
from geodata.domain.view import LANGUAGES
from geodata.services.actors import Actor
from geodata.services.looking import event_codes

Hit = tuple[str, str, str, str]
AREAS_MAX, EVENTS_MAX = 12, 5
EVENT_TEXT_MIN = 4


def register(app: Dash, room: Room) -> None:
    """The question that the browser writes, and the answer it draws (assets/search.js)."""
    index = AreaIndex(room.situation.tree)

    @permitted(Right.SEE)
    async def search(actor: Actor, asked: dict[str, Any] | None) -> Any:
        nonlocal index
        if not asked:
            return no_update
        if index.tree is not room.situation.tree:
            index = await asyncio.to_thread(AreaIndex, room.situation.tree)
        text, lang = str(asked["text"]), asked["lang"] if asked["lang"] in LANGUAGES else LANGUAGES[0]
        hits = area_hits(index, actor, text, lang)
        if len(text) >= EVENT_TEXT_MIN:
            hits += await asyncio.to_thread(event_hits, room, actor, text, lang)
        return {"n": asked["n"], "text": text, "rows": hits}

    app.callback(Output(ids.SEARCH_FOUND, "data"), Input(ids.SEARCH_ASK, "data"), prevent_initial_call=True)(search)
    app.clientside_callback(
        ClientsideFunction("onescreen", "found"), Output(ids.SEARCH_SINK, "data"), Input(ids.SEARCH_FOUND, "data")
    )


def area_hits(index: AreaIndex, actor: Actor, text: str, lang: str) -> list[Hit]:
    """("area", code, name, level and where) of the best hits in the actor's reach."""
    tree = index.tree
    return [
        ("area", tree.areas[o].code, tree.areas[o].label(lang), _where(tree, o, lang))
        for o in index.find(text, AREAS_MAX, actor.ordinals(tree))
    ]


def event_hits(room: Room, actor: Actor, text: str, lang: str) -> list[Hit]:
    """("event", code, subtype and code, state) of events in the actor's reach whose code begins with the text."""
    found = event_codes(room.access, room.situation.tree, actor, text, EVENTS_MAX)
    hits: list[Hit] = []
    for e in found:
        name = named(lang, room.catalogue.subtypes.get(e.subtype_code), e.subtype_code)
        where = f"{words(lang, 'kind.event')} · {words(lang, f'state.{e.state}')}"
        hits.append(("event", e.code, f"{name} {e.code}", where))
    return hits


def _where(tree: AreaTree, o: int, lang: str) -> str:
    names = [named(lang, tree.levels[int(tree.depth[o])])]
    names += [tree.areas[i].label(lang) for i in tree.chain(o)[1:-1]]
    return " · ".join(names)
