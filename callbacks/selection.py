"""What is selected: the details of one event, unit or area, as rows that the browser draws (assets/drawer.js)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.room import Room
from dashboard import ids
from dashboard.words import named, words
from geodata.domain.view import LANGUAGES
from geodata.situation.briefs import EventBrief
from geodata.store import events

Row = tuple[str, str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """The details of one thing. A row is (label, how to write it, raw value): text, number, time, ago or deadline."""

    kind: str
    title: str
    rows: tuple[Row, ...]
    urgency: int = 0
    note: str = ""
    enter: tuple[str, str] | None = None


def register(app: Dash, room: Room) -> None:
    """The question that the browser writes and asks again while the card is open, and the answer."""

    async def select(asked: dict[str, Any] | None) -> Any:
        if not asked:
            return no_update
        selected, lang = str(asked["selected"]), asked["lang"] if asked["lang"] in LANGUAGES else LANGUAGES[0]
        card = await look_up(room, selected, lang)
        return {
            "n": asked["n"], "selected": selected, "kind": card.kind, "title": card.title, "rows": card.rows,
            "urgency": card.urgency, "note": card.note, "enter": card.enter,
        }  # fmt: skip

    app.callback(Output(ids.SELECTION, "data"), Input(ids.SELECTION_ASK, "data"), prevent_initial_call=True)(select)
    app.clientside_callback(
        ClientsideFunction("onescreen", "selected"), Output(ids.SELECTION_SINK, "data"), Input(ids.SELECTION, "data")
    )


async def look_up(room: Room, selected: str, lang: str) -> Card:
    """The card of ``kind:code``; one that says it was not found where there is nothing of that kind and code."""
    kind, _, code = selected.partition(":")
    card = CARDS[kind](room, code, lang) if kind in CARDS else None
    if card is None and kind == "event":
        card = await asyncio.to_thread(_stored_event, room, code, lang)
    if card is None:
        label = words(lang, f"kind.{kind}") if kind in CARDS else words(lang, "drawer.title")
        return Card(label, code, (), note=words(lang, "drawer.gone", code=code))
    return card


def _event(room: Room, code: str, lang: str) -> Card | None:
    """An event that the live picture holds: open, or of today."""
    e = room.situation.event(code)
    return None if e is None else _event_card(room, e, e.area, lang)


def _stored_event(room: Room, code: str, lang: str) -> Card | None:
    """An event that ended before today."""
    with room.store.read() as conn:
        e = events.by_code(conn, code)
    return None if e is None else _event_card(room, e, room.situation.tree.ordinal_by_id.get(e.area_id, 0), lang)


def _event_card(room: Room, e: EventBrief | events.EventNow, o: int, lang: str) -> Card:
    name = named(lang, room.catalogue.subtypes.get(e.subtype_code), e.subtype_code)
    class_name = named(lang, room.catalogue.classes.get(e.class_code), e.class_code)
    rows: list[Row] = [
        (words(lang, "drawer.state"), "text", words(lang, f"state.{e.state}")),
        (words(lang, "drawer.deadline"), "deadline" if e.ended_ms is None else "time", e.deadline_ms),
        (words(lang, "drawer.area"), "text", _path(room, o, lang)),
        (words(lang, "drawer.urgency"), "text", f"{e.urgency} {words(lang, f'urgency.{e.urgency}')}"),
        (words(lang, "drawer.class"), "text", class_name),
        (words(lang, "drawer.source"), "text", words(lang, f"source.{e.source}")),
        (words(lang, "drawer.reported"), "ago", e.reported_ms),
        (words(lang, "drawer.code"), "text", e.code),
    ]
    if e.ended_ms is not None:
        rows.insert(1, (words(lang, "drawer.ended"), "time", e.ended_ms))
    return Card(words(lang, "kind.event"), name, tuple(rows), e.urgency, e.description, _enter(room, o, lang))


def _unit(room: Room, code: str, lang: str) -> Card | None:
    u = room.situation.unit(code)
    if u is None:
        return None
    rows: tuple[Row, ...] = (
        (words(lang, "drawer.unit_status"), "text", words(lang, f"unit_status.{u.status}")),
        (words(lang, "drawer.freshness"), "text", words(lang, f"freshness.{u.freshness}")),
        (words(lang, "drawer.fix"), "ago", u.fix_ms),
        (words(lang, "drawer.area"), "text", _path(room, u.area, lang)),
        (words(lang, "drawer.home"), "text", _path(room, u.home_area, lang)),
        (words(lang, "drawer.unit_kind"), "text", words(lang, f"unit_kind.{u.kind}")),
        (words(lang, "drawer.code"), "text", u.code),
    )
    return Card(words(lang, "kind.unit"), u.call_sign, rows, enter=_enter(room, u.area, lang))


def _area(room: Room, code: str, lang: str) -> Card | None:
    tree = room.situation.tree
    o = tree.ordinal.get(code)
    if o is None:
        return None
    totals, units, area = room.situation.totals(o), room.situation.unit_totals(o), tree.areas[o]
    rows: tuple[Row, ...] = (
        (words(lang, "kpi.open"), "number", totals.open),
        (words(lang, "kpi.overdue"), "number", totals.overdue),
        (words(lang, "kpi.reported"), "number", totals.reported_today),
        (words(lang, "kpi.units"), "number", units.on),
        (words(lang, "drawer.below"), "number", len(tree.children(o))),
        (words(lang, "drawer.size"), "text", f"{area.area_m2 / 1e6:,.2f} km²"),
        (words(lang, "drawer.area"), "text", _path(room, int(tree.parent[o]), lang) if o else ""),
        (words(lang, "drawer.code"), "text", area.code),
    )
    return Card(named(lang, tree.levels[area.depth]), area.label(lang), rows, enter=_enter(room, o, lang))


def _enter(room: Room, o: int, lang: str) -> tuple[str, str]:
    area = room.situation.tree.areas[o]
    return area.code, area.label(lang)


def _path(room: Room, o: int, lang: str) -> str:
    tree = room.situation.tree
    return " · ".join(tree.areas[i].label(lang) for i in tree.chain(o)[1:] or [0])


CARDS: Mapping[str, Callable[[Room, str, str], Card | None]] = MappingProxyType({
    "event": _event, "unit": _unit, "area": _area,
})  # fmt: skip
