"""What is selected: the details of one event, unit or area, as rows that the browser draws (assets/drawer.js)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.casework import Block, blocks, maybe_twins, writer
from callbacks.grid_card import patrols
from callbacks.offering import advised, planned, steps_of
from callbacks.permits import permitted
from callbacks.queue import view_of
from callbacks.room import Room
from dashboard import ids
from dashboard.words import named, words
from geodata.domain.events import FOLLOWS, marks_of
from geodata.domain.roles import Right
from geodata.domain.view import ALL_EVENTS, LANGUAGES, Filters, ViewError
from geodata.intake.door import now_ms
from geodata.services import contacts, looking, photos
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.casework import casework
from geodata.services.looking import NotThereError
from geodata.store import contacts as sealed
from geodata.store import events
from geodata.store.changes import Change

Json = dict[str, Any]
Row = tuple[str, str, Any]
Moment = tuple[int, str, str, str]
"""Epoch ms, what happened, who did it, and the reason."""
Shot = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Card:
    """The details of one thing. A row is (label, how to write it, raw value): text, number, time, ago, deadline,
    strip: cells (colour, words), or listed: a number and the list behind it (``layers.base.LegendItem``).

    ``contact``: the reporter left one, and who asks may reveal it. ``steps``: what it may do with it now
    (``callbacks.offering.steps_of``). ``timeline``: what happened to it, oldest first. ``blocks``: what else is on
    record (``callbacks.casework.blocks``). ``at``: where it lies, in degrees. ``photos``: (id, what it shows, epoch
    ms), oldest first.
    """

    kind: str
    title: str
    rows: tuple[Row, ...]
    urgency: int = 0
    note: str = ""
    enter: tuple[str, str] | None = None
    contact: bool = False
    steps: Json | None = None
    timeline: tuple[Moment, ...] = ()
    blocks: tuple[Block, ...] = ()
    at: tuple[float, float] | None = None
    photos: tuple[Shot, ...] = ()


def register(app: Dash, room: Room) -> None:
    """The question that the browser writes and asks again while the card is open, and the answer."""

    @permitted(Right.SEE)
    async def select(actor: Actor, asked: dict[str, Any] | None) -> Any:
        if not asked:
            return no_update
        selected, lang = str(asked["selected"]), asked["lang"] if asked["lang"] in LANGUAGES else LANGUAGES[0]
        card = await look_up(room, actor, selected, lang, filters_of(room, actor, asked["address"]))
        if is_replayed(room, actor, asked["address"]):
            card = replace(card, steps=None, contact=False)
        return {
            "n": asked["n"], "selected": selected, "kind": card.kind, "title": card.title, "rows": card.rows,
            "urgency": card.urgency, "note": card.note, "enter": card.enter, "contact": card.contact,
            "steps": card.steps, "timeline": card.timeline, "blocks": card.blocks, "at": card.at, "photos": card.photos,
        }  # fmt: skip

    app.callback(Output(ids.SELECTION, "data"), Input(ids.SELECTION_ASK, "data"), prevent_initial_call=True)(select)
    app.clientside_callback(
        ClientsideFunction("onescreen", "selected"), Output(ids.SELECTION_SINK, "data"), Input(ids.SELECTION, "data")
    )

    @permitted(Right.OPEN_EVENTS)
    async def reveal(actor: Actor, asked: dict[str, Any] | None) -> Any:
        return no_update if not asked else await revealed(room, actor, str(asked["code"]), asked["n"])

    app.callback(Output(ids.CONTACT, "data"), Input(ids.CONTACT_ASK, "data"), prevent_initial_call=True)(reveal)
    app.clientside_callback(
        ClientsideFunction("onescreen", "revealed"), Output(ids.CONTACT_SINK, "data"), Input(ids.CONTACT, "data")
    )


async def revealed(room: Room, actor: Actor, code: str, n: object) -> dict[str, Any]:
    """The contact of an event's reporter; None where it is gone or not the actor's to see."""
    try:
        contact = await asyncio.to_thread(
            lambda: contacts.reveal(room.access, room.door.desk(), actor, code, now_ms())
        )
    except (NotThereError, NotAllowedError):
        contact = None
    return {"n": n, "code": code, "contact": contact}


def filters_of(room: Room, actor: Actor, address: str) -> Filters:
    """The filters that a list follows, of the page on which something is selected; none where it is no page."""
    try:
        return replace(view_of(room, actor, address).filters, text="")
    except ViewError:
        return ALL_EVENTS


def is_replayed(room: Room, actor: Actor, address: str) -> bool:
    """Whether the page shows an instant of the past, of which nothing can be done."""
    try:
        return bool(view_of(room, actor, address).at)
    except ViewError:
        return False


async def look_up(room: Room, actor: Actor, selected: str, lang: str, filters: Filters = ALL_EVENTS) -> Card:
    """The card of ``kind:code``; one that says it was not found where there is nothing of that kind and code. The
    numbers of an area follow the filters, as those on the map do.

    What the actor does not reach is not found either; what its role may not open says so, whether it is there or not.
    """
    kind, _, code = selected.partition(":")
    label = words(lang, f"kind.{kind}") if kind in KINDS else words(lang, "drawer.title")
    if kind in NEEDED and not actor.may(NEEDED[kind]):
        return Card(label, code, (), note=words(lang, "drawer.closed"))
    card = await _event(room, actor, code, lang) if kind == "event" else None
    if kind in CARDS:
        card = CARDS[kind](room, actor, code, lang, filters)
    if kind == "area" and card is not None:
        rows, more = await patrols(room, actor, room.situation.tree.ordinal[code], lang)
        first, rest = card.rows[:FIRST_ROWS], card.rows[FIRST_ROWS:]
        card = replace(card, rows=(*first, *rows, *rest), blocks=(*card.blocks, *more))
    return card or Card(label, code, (), note=words(lang, "drawer.gone", code=code))


async def _event(room: Room, actor: Actor, code: str, lang: str) -> Card | None:
    """An event as it is in the store: the live picture may be a moment behind the step that was just taken."""
    try:
        opened = await asyncio.to_thread(_opened, room, actor, code, lang)
    except NotThereError:
        return None
    event, steps = opened.event, opened.steps
    if steps is not None and any(act["action"] == "dispatch" for act in steps["acts"]):
        steps |= await advised(room, actor, event, lang)
        steps |= {"plan": await planned(room, actor, event, lang)}
    unit = room.situation.unit(opened.unit_code) if opened.unit_code else None
    card = _event_card(room, event, unit.call_sign if unit else "", lang)
    twins: list[Block] = []
    if "merge" in actor.acts and event.state in MERGING:
        found = room.situation.duplicates(event.code, actor.ordinals(room.situation.tree))
        twins = maybe_twins(found, room.catalogue, lang)
        if steps is not None:
            steps["twins"] = [e.code for e, _ in found]
    return replace(
        card, contact=opened.contact, steps=steps, timeline=opened.timeline, blocks=(*twins, *opened.blocks),
        photos=opened.photos,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """What the store says of an event to who opened it: it, its unit, whether there is a contact, and the rest."""

    event: events.EventNow
    unit_code: str | None
    contact: bool
    steps: Json | None
    timeline: tuple[Moment, ...]
    blocks: tuple[Block, ...]
    photos: tuple[Shot, ...]


def _opened(room: Room, actor: Actor, code: str, lang: str) -> Opened:
    """Read all of it (for a thread; the live picture belongs to the loop). Raises NotThereError."""
    desk = room.door.desk()
    event, unit_code = looking.event(desk, actor, code)
    contact = False
    if contacts.may_reveal(actor, event, unit_code):
        with room.store.read() as conn:
            contact = bool(sealed.held(conn, [event.id]))
    taken = photos.of_events(desk, actor, [event])[event.id]
    shots = tuple((p.id, words(lang, f"photo_stage.{p.stage}"), p.at_ms) for p in taken)
    told = [(p.at_ms, words(lang, "drawer.photo", stage=said), p.taken_by, "")
            for p, (_, said, _) in zip(taken, shots, strict=True)]  # fmt: skip
    moments = timeline_of(event, looking.timeline(desk, actor, code), lang)
    moments = tuple(sorted((*moments, *told), key=lambda moment: moment[0])) if told else moments
    found = blocks(casework(desk, actor, event), lang, writer(room.city.zone))
    return Opened(event, unit_code, contact, steps_of(room, actor, desk, event, lang), moments, tuple(found), shots)


def timeline_of(event: events.EventNow, changes: Sequence[Change], lang: str) -> tuple[Moment, ...]:
    """What happened to an event, oldest first. Of what was imported only the moments that it carries are known."""
    keys = (f"act.{c.action}" if c.action in FOLLOWS else "drawer.reported_by" for c in changes)
    logged = tuple((c.at_ms, words(lang, key), c.actor, c.detail) for c, key in zip(changes, keys, strict=True))
    if changes and changes[0].action == "report":
        return logged
    booked = {what for _, what, _, _ in logged}
    known = (
        (event.reported_ms, "drawer.reported_by"), (event.dispatched_ms, "act.dispatch"),
        (event.handled_ms, "act.report_back"), (event.ended_ms, f"state.{event.state}"),
    )  # fmt: skip
    carried = [(ms, words(lang, key), "", "") for ms, key in known if ms is not None]
    return tuple(moment for moment in carried if moment[1] not in booked) + logged


def _event_card(room: Room, e: events.EventNow, call_sign: str, lang: str) -> Card:
    o = room.situation.tree.ordinal_by_id.get(e.area_id, 0)
    name = named(lang, room.catalogue.subtypes.get(e.subtype_code), e.subtype_code)
    class_name = named(lang, room.catalogue.classes.get(e.class_code), e.class_code)
    rows: list[Row] = [
        (words(lang, "drawer.state"), "text", words(lang, f"state.{e.state}")),
        (words(lang, "drawer.deadline"), "deadline" if e.ended_ms is None else "time", e.deadline_ms),
        (words(lang, "drawer.area"), "text", room.situation.tree.place(o, lang)),
        (words(lang, "drawer.urgency"), "text", f"{e.urgency} {words(lang, f'urgency.{e.urgency}')}"),
        (words(lang, "drawer.class"), "text", class_name),
        (words(lang, "drawer.source"), "text", words(lang, f"source.{e.source}")),
        (words(lang, "drawer.reported"), "ago", e.reported_ms),
        (words(lang, "drawer.code"), "text", e.code),
    ]
    if marks := [words(lang, f"mark.{mark}") for mark in marks_of(e.marks)]:
        rows.insert(1, (words(lang, "drawer.marks"), "text", " · ".join(marks)))
    if call_sign:
        rows.insert(1, (words(lang, "drawer.sent"), "text", call_sign))
    if e.ended_ms is not None:
        rows.insert(1, (words(lang, "drawer.ended"), "time", e.ended_ms))
    at = None if e.lon is None or e.lat is None else (round(e.lon, 5), round(e.lat, 5))
    return Card(words(lang, "kind.event"), name, tuple(rows), e.urgency, e.description, _enter(room, o, lang), at=at)


def _unit(room: Room, actor: Actor, code: str, lang: str, _: Filters) -> Card | None:
    u, tree = room.situation.unit(code), room.situation.tree
    if u is None or not actor.may(Right.SEE_UNITS):
        return None
    if not actor.reaches(tree, u.area) and not actor.reaches(tree, u.home_area):
        return None
    rows: tuple[Row, ...] = (
        (words(lang, "drawer.unit_status"), "text", words(lang, f"unit_status.{u.status}")),
        (words(lang, "drawer.freshness"), "text", words(lang, f"freshness.{u.freshness}")),
        (words(lang, "drawer.fix"), "ago", u.fix_ms),
        (words(lang, "drawer.area"), "text", room.situation.tree.place(u.area, lang)),
        (words(lang, "drawer.home"), "text", room.situation.tree.place(u.home_area, lang)),
        (words(lang, "drawer.unit_kind"), "text", words(lang, f"unit_kind.{u.kind}")),
        (words(lang, "drawer.skills"), "text", u.skills),
        (words(lang, "drawer.code"), "text", u.code),
    )
    at = None if u.lon is None or u.lat is None else (round(u.lon, 5), round(u.lat, 5))
    return Card(
        words(lang, "kind.unit"), u.call_sign, rows, enter=_enter(room, u.area, lang), at=at,
        blocks=_work(room, actor, u.id, lang),
    )  # fmt: skip


def _work(room: Room, actor: Actor, unit_id: int, lang: str) -> tuple[Block, ...]:
    """What a unit has in hand; of what lies beyond the actor's areas only how much."""
    found = room.situation.work_of(unit_id)
    seen = [e for e in found if actor.may(Right.OPEN_EVENTS) and actor.reaches(room.situation.tree, e.area)]
    rows: list[Row] = [
        (named(lang, room.catalogue.subtypes.get(e.subtype_code), e.subtype_code), "event", (e.code, e.code))
        for e in seen
    ]
    if len(found) > len(seen):
        rows.append((words(lang, "drawer.work_elsewhere"), "number", len(found) - len(seen)))
    return ((words(lang, "drawer.work", n=len(found)), rows),) if rows else ()


def _area(room: Room, actor: Actor, code: str, lang: str, filters: Filters) -> Card | None:
    tree = room.situation.tree
    o = tree.ordinal.get(code)
    if o is None or not actor.reaches(tree, o):
        return None
    totals, units, area = room.situation.totals(o, filters), room.situation.unit_totals(o), tree.areas[o]
    rows: tuple[Row, ...] = (
        (words(lang, "kpi.open"), "listed", (totals.open, "list?figure=open")),
        (words(lang, "kpi.overdue"), "listed", (totals.overdue, "list?figure=overdue")),
        (words(lang, "kpi.reported"), "listed", (totals.reported_today, "list?figure=reported")),
        (words(lang, "kpi.units"), "listed", (units.on, "units?on=1")),
        (words(lang, "drawer.below"), "number", len(tree.children(o))),
        (words(lang, "drawer.size"), "text", f"{area.area_m2 / 1e6:,.2f} km²"),
        (words(lang, "drawer.area"), "text", room.situation.tree.place(int(tree.parent[o]), lang) if o else ""),
        (words(lang, "drawer.code"), "text", area.code),
    )
    return Card(named(lang, tree.levels[area.depth]), area.label(lang), rows, enter=_enter(room, o, lang))


def _enter(room: Room, o: int, lang: str) -> tuple[str, str]:
    area = room.situation.tree.areas[o]
    return area.code, area.label(lang)


CARDS: Mapping[str, Callable[[Room, Actor, str, str, Filters], Card | None]] = MappingProxyType({
    "unit": _unit, "area": _area,
})  # fmt: skip
MERGING = FOLLOWS["merge"].after
KINDS = ("event", "unit", "area")
FIRST_ROWS = 4
"""The numbers of an area's card come first, then what it says of patrols."""
NEEDED: Mapping[str, Right] = MappingProxyType({"event": Right.OPEN_EVENTS, "unit": Right.SEE_UNITS})
