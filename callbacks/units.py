"""The board of units: a window of it at a time, with its counts, for whoever may see units (assets/board_units.js)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from callbacks.queue import view_of
from callbacks.room import Room
from dashboard.words import words
from geodata.domain.units import FRESHNESS, UNIT_KINDS, UNIT_STATUSES, UnitStatus
from geodata.domain.view import TEXT_MAX, MapView, ViewError
from geodata.domain.windows import FIND_MAX, Asked, places
from geodata.services.actors import Actor
from geodata.services.listing import EXPORT_MAX, unit_ids
from geodata.situation.unit_listing import ROSTERS, UNIT_ORDERS, UnitLine, UnitOrder, UnitQuery

Json = dict[str, Any]
Row = tuple[str, str, str, str, str, int, str, int | None, int, str, str, str, float | None, float | None]


def query_of(address: str) -> UnitQuery:
    """Which units an address asks for. Raises ViewError."""
    told = dict(parse_qsl(urlsplit(address).query))
    roster, order = told.get("roster", ""), told.get("sort", UnitOrder.ATTENTION.value)
    if roster and roster not in ROSTERS:
        raise ViewError("roster", roster[:64], "is not allowed; allowed: " + ", ".join(ROSTERS))
    if order not in UNIT_ORDERS:
        raise ViewError("sort", order[:64], "is not allowed; allowed: " + ", ".join(UNIT_ORDERS))
    return UnitQuery(
        _several("status", told, UNIT_STATUSES), _several("fresh", told, FRESHNESS), _several("kind", told, UNIT_KINDS),
        roster, told.get("on") == "1", " ".join(told.get("unit", "").split())[:TEXT_MAX], UnitOrder(order),
    )  # fmt: skip


def _several(name: str, told: dict[str, str], allowed: tuple[str, ...]) -> tuple[str, ...]:
    values = tuple(sorted({v for v in told.get(name, "").split(".") if v}))
    for v in values:
        if v not in allowed:
            raise ViewError(name, v[:64], "is not allowed; allowed: " + ", ".join(allowed))
    return values


def asked_of(room: Room, actor: Actor, address: str) -> tuple[MapView, UnitQuery]:
    """The board of an address ``/units/<area>?…``. Raises ViewError."""
    view = view_of(room, actor, address)
    if view.page != "units":
        raise ViewError("path", address[:100], "is not /units/<area>")
    return view, query_of(address)


def window(room: Room, actor: Actor, address: str, asked: Asked) -> Json:
    """The rows that are asked for, how many match, and the counts of all units of the area with its on-post rate.

    Raises ViewError, NotAllowedError.
    """
    view, query = asked_of(room, actor, address)
    situation, o = room.situation, room.situation.tree.ordinal[view.area]
    listing = unit_ids(situation, actor, view.area, query)
    units = (situation.unit(code) for code in asked.find[:FIND_MAX])
    at = places(listing.ids, (-1 if u is None else u.id for u in units))
    shown = asked.shown(len(listing.ids), at)
    counts = {
        "total": listing.total, "status": listing.by_status, "fresh": listing.by_freshness, "kind": listing.by_kind,
        "post": asdict(situation.on_post(o)),
    }  # fmt: skip
    return {
        "total": len(listing.ids), "offset": shown.start, "at": at, "counts": counts, "export_max": EXPORT_MAX,
        "rows": [_row(room, view, o, line) for line in situation.unit_lines(listing.ids[shown])],
    }  # fmt: skip


def _row(room: Room, view: MapView, o: int, u: UnitLine) -> Row:
    """(code, call sign, kind, status in words, status, since, freshness or "", fix, load, home, where it is when that
    is elsewhere, roster, lon, lat); a unit that is off duty has no fix and no freshness."""
    lang, on = view.lang, u.status is not UnitStatus.OFF_DUTY
    tree = room.situation.tree
    away = "" if u.home <= u.area < tree.end[u.home] else _short(tree.place(u.area, lang, o))
    return (
        u.code, u.call_sign, words(lang, f"unit_kind.{u.kind}") if u.kind in UNIT_KINDS else u.kind,
        words(lang, f"unit_status.{u.status}"), u.status.value, u.status_ms, u.freshness.value if on else "",
        u.fix_ms if on else None, u.load, _short(tree.place(u.home, lang, o)), away, u.planned,
        u.lon if on else None, u.lat if on else None,
    )  # fmt: skip


def _short(place: str) -> str:
    """The last two names of a place: a line has no room for the whole way down."""
    return " · ".join(place.split(" · ")[-2:])
