"""The queue of the duty page: a window of it at a time, for whoever may open events (assets/queue.js)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from callbacks.live.replays import Replays
from callbacks.room import Room
from dashboard.words import named, words
from geodata.domain.roles import Right
from geodata.domain.view import MapView, ViewError, parse_view
from geodata.domain.windows import Asked
from geodata.services.actors import Actor
from geodata.services.looking import permitted_view
from geodata.situation.briefs import EventBrief
from geodata.situation.queueing import Window
from geodata.situation.situation import Situation
from layers.registry import LAYER_IDS

Json = dict[str, Any]
Row = tuple[str, str, int, str, str, str, int, int | None, str, str, str, int, str]


def view_of(room: Room, actor: Actor, address: str) -> MapView:
    """The view of an address as this actor gets it. Raises ViewError."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise ViewError("view", address[:100], "is not an address") from error
    return view_at(room, actor, parts.path, parts.query)


def view_at(room: Room, actor: Actor, path: str, query: str) -> MapView:
    """The same of an address in its two parts, as a browser has them. Raises ViewError."""
    classes = frozenset(room.catalogue.classes)
    view = parse_view(unquote(path), query, layer_ids=LAYER_IDS, class_codes=classes, looks=room.city.looks)
    return permitted_view(actor, room.situation.tree, view)


def window(room: Room, actor: Actor, address: str, asked: Asked) -> Json:
    """The rows that are asked for, how many there are in all, and where the keys asked for stand. Raises ViewError."""
    view = _of_duty(view_of(room, actor, address), address)
    o = room.situation.tree.ordinal[view.area]
    return _told(room, actor, view, room.situation.queue(o, view.filters, view.order, asked))


async def window_then(room: Room, replays: Replays, actor: Actor, address: str, asked: Asked) -> Json:
    """As ``window``, at the instant of the address. Raises ViewError."""
    view = _of_duty(view_of(room, actor, address), address)
    o = room.situation.tree.ordinal[view.area]

    def ask(situation: Situation) -> Window:
        return situation.queue(o, view.filters, view.order, asked)

    return _told(room, actor, view, await replays.ask(view, ask))


def _of_duty(view: MapView, address: str) -> MapView:
    if view.page != "duty":
        raise ViewError("path", address[:100], "is not /duty/<area>")
    return view


def _told(room: Room, actor: Actor, view: MapView, found: Window) -> Json:
    o = room.situation.tree.ordinal[view.area]
    return {
        "total": found.total, "offset": found.offset, "at": found.at,
        "rows": [_row(room, actor, view, o, e, light) for e, light in zip(found.events, found.lights, strict=True)],
        "fresh": found.fresh, "fresh_n": found.fresh_n, "newest": found.newest,
    }  # fmt: skip


def _row(room: Room, actor: Actor, view: MapView, o: int, e: EventBrief, light: str) -> Row:
    """(code, name, urgency, state in words, state, place, reported, deadline, light, who, source, id, subtype)."""
    lang = view.lang
    name = named(lang, room.catalogue.subtypes.get(e.subtype_code), e.subtype_code)
    return (
        e.code, name, e.urgency, words(lang, f"state.{e.state}"), e.state, room.situation.tree.place(e.area, lang, o),
        e.reported_ms, e.deadline_ms, light, call_sign(room, actor, e.unit_id), _source(lang, e.source), e.id,
        e.subtype_code,
    )  # fmt: skip


def _source(lang: str, source: str) -> str:
    return words(lang, f"source.{source}")


def call_sign(room: Room, actor: Actor, unit_id: int | None) -> str:
    """The call sign of a unit that the actor reaches; "" of every other, and without any."""
    unit = room.situation.unit_by_id(unit_id) if unit_id is not None and actor.may(Right.SEE_UNITS) else None
    if unit is None or not actor.reaches(room.situation.tree, unit.home_area):
        return ""
    return unit.call_sign
