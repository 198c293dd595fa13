"""The list of grids: a window of it at a time, with its counts, for whoever may see units (assets/board_grids.js).

When a single grid was walked last says where its post was: rates are for everybody, grids one by one for the staff.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from callbacks.queue import view_of
from callbacks.room import Room
from dashboard.words import BROWSER, words
from geodata.domain.coverage import EVERY_DAY, EVERY_SHIFT
from geodata.domain.roles import Right
from geodata.domain.view import TEXT_MAX, MapView, ViewError
from geodata.domain.windows import FIND_MAX, Asked, places
from geodata.services.actors import Actor
from geodata.services.listing import EXPORT_MAX, grid_ids
from geodata.situation.grid_listing import GRID_ORDERS, GRID_STATES, GridLine, GridOrder, GridQuery

Json = dict[str, Any]
Row = tuple[str, str, str, str, str, str, int | None, int, str, int, int, bool, float, float]
KIND_MAX, KINDS_MAX = 32, 16


def query_of(address: str) -> GridQuery:
    """Which grids an address asks for. Raises ViewError."""
    told = dict(parse_qsl(urlsplit(address).query))
    states = tuple(sorted({v for v in told.get("walk", "").split(".") if v}))
    for state in states:
        if state not in GRID_STATES:
            raise ViewError("walk", state[:64], "is not allowed; allowed: " + ", ".join(GRID_STATES))
    order = told.get("sort", GridOrder.OLDEST.value)
    if order not in GRID_ORDERS:
        raise ViewError("sort", order[:64], "is not allowed; allowed: " + ", ".join(GRID_ORDERS))
    kinds = tuple(sorted({v for v in told.get("type", "").split(".") if v}))
    if len(kinds) > KINDS_MAX or any(len(kind) > KIND_MAX for kind in kinds):
        raise ViewError("type", told["type"][:64], f"is not allowed; at most {KINDS_MAX} of {KIND_MAX} characters")
    text = " ".join(told.get("grid", "").split())[:TEXT_MAX]
    return GridQuery(states, kinds, told.get("due") == "1", text, GridOrder(order))


def asked_of(room: Room, actor: Actor, address: str) -> tuple[MapView, GridQuery]:
    """The list of an address ``/grids/<area>?…``. Raises ViewError."""
    view = view_of(room, actor, address)
    if view.page != "grids":
        raise ViewError("path", address[:100], "is not /grids/<area>")
    return view, query_of(address)


def window(room: Room, actor: Actor, address: str, asked: Asked) -> Json:
    """The rows that are asked for, how many match, and the counts of all grids of the area with its coverage.

    Raises ViewError, NotAllowedError.
    """
    view, query = asked_of(room, actor, address)
    situation, o = room.situation, room.situation.tree.ordinal[view.area]
    listing = grid_ids(situation, actor, view.area, query)
    areas = (situation.tree.ordinal.get(code) for code in asked.find[:FIND_MAX])
    at = places(listing.ids, (-1 if i is None else situation.tree.areas[i].id for i in areas))
    shown = asked.shown(len(listing.ids), at)
    counts = {
        "total": listing.total, "walk": listing.by_state, "coverage": asdict(situation.coverage(o)),
        "type": [(kind, kind_name(view.lang, kind), n) for kind, n in listing.by_kind.items()],
    }  # fmt: skip
    return {
        "total": len(listing.ids), "offset": shown.start, "at": at, "counts": counts, "export_max": EXPORT_MAX,
        "rows": [_row(room, view, o, line) for line in situation.grid_lines(listing.ids[shown])],
    }  # fmt: skip


def kind_name(lang: str, kind: str) -> str:
    """The name of a kind of grid: in words where there are some, else as the city wrote it."""
    key = f"grid_kind.{kind or 'none'}"
    return words(lang, key) if key in BROWSER[lang] else kind


def every_name(lang: str, every: int) -> str:
    """How often a grid is due, in words."""
    named = {EVERY_SHIFT: "grids.every.shift", EVERY_DAY: "grids.every.day"}
    return words(lang, named[every]) if every in named else words(lang, "grids.every.days", n=every)


def may_list(actor: Actor) -> bool:
    """Whether the numbers of an actor's page lead to grids one by one."""
    return actor.may(Right.SEE_UNITS)


def _row(room: Room, view: MapView, o: int, g: GridLine) -> Row:
    """(code, name, kind in words, state in words, state, place, last walk or None, due until, how often, minutes inside
    in this shift, minutes needed, covered, lon, lat)."""
    tree, lang = room.situation.tree, view.lang
    area = tree.areas[g.area]
    parent = int(tree.parent[g.area])
    place = "" if parent <= o else " · ".join(tree.place(parent, lang, o).split(" · ")[-2:])
    return (
        area.code, area.label(lang), kind_name(lang, g.kind), words(lang, f"grids.state.{g.state}"), g.state.value,
        place, g.last_ms, g.until_ms, every_name(lang, g.every), g.inside_ms // 60_000, g.need_ms // 60_000,
        g.state in ("covered", "ahead"), area.lon, area.lat,
    )  # fmt: skip
