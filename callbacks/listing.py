"""The list behind a figure: a window of it at a time, for whoever may see the area (assets/board_list.js)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from callbacks.queue import view_of
from callbacks.room import Room
from dashboard.format import moment
from dashboard.words import named, words
from geodata.domain.events import STATES, Stage
from geodata.domain.figures import (
    FIGURES,
    FIRST,
    HOURLY,
    HOURS,
    KEPT,
    LEDGER,
    LIST_ORDERS,
    PERIODIC,
    SPAN_MAX_MS,
    Figure,
    ListOrder,
    Span,
    states_of,
)
from geodata.domain.periods import Period
from geodata.domain.picking import PickError, day_of
from geodata.domain.roles import Right
from geodata.domain.view import Filters, MapView, ViewError
from geodata.domain.windows import FIND_MAX, LIMIT_MAX, places
from geodata.domain.windows import Asked as AskedWindow
from geodata.services.actors import Actor
from geodata.services.listing import DEPTH_MAX, EXPORT_MAX, KeptLists, kept_list, live_ids, this_month
from geodata.services.measuring import PeriodError, check
from geodata.situation.briefs import EventBrief
from geodata.store import events, pauses
from geodata.store.events import EventNow

Json = dict[str, Any]
Row = tuple[str, str, int, str, str, str, int, int | None, int | None, str, str]
LATEST_MS = 1 << 52


@dataclass(frozen=True, slots=True)
class Asked:
    """A list as its address says: the view, the figure, the order, the hour, the days or the span that it is cut down
    to."""

    view: MapView
    figure: Figure
    order: ListOrder
    hour: int | None = None
    period: Period | None = None
    span: Span | None = None

    @property
    def filters(self) -> Filters:
        """What narrows it. A stage is its states; records that are kept have no light; a text belongs to the queue."""
        filters = self.view.filters
        staged = [s for stage in filters.stages for s in states_of(Stage(stage))]
        both = set(filters.states) & set(staged) if filters.states and staged else {*filters.states, *staged}
        nothing = ("",) if (filters.states and staged and not both) else ()
        lights = () if self.figure in KEPT else filters.lights
        return replace(filters, states=tuple(sorted(both)) or nothing, stages=(), lights=lights, text="")


def asked_of(room: Room, actor: Actor, address: str) -> Asked:
    """The list of an address ``/list/<area>?figure=…``. Raises ViewError."""
    view = view_of(room, actor, address)
    if view.page != "list":
        raise ViewError("path", address[:100], "is not /list/<area>")
    told = dict(parse_qsl(urlsplit(address).query))
    figure = _one("figure", told.get("figure", Figure.OPEN), FIGURES)
    order = _one("sort", told.get("sort", FIRST.get(Figure(figure), ListOrder.NEWEST)), LIST_ORDERS)
    period = period_of(told, this_month(room.situation)) if figure in PERIODIC else None
    hour, span = _hour(told.get("hour", ""), Figure(figure)), _span(told.get("span", ""), Figure(figure))
    return Asked(view, Figure(figure), ListOrder(order), hour, period, span)


def period_of(told: Mapping[str, str], otherwise: Period) -> Period:
    """The days of an address, ``from=2026-11-01&to=2026-11-30``; what is missing is as in ``otherwise``. ViewError."""
    days = {}
    for name, usual in (("from", otherwise.first), ("to", otherwise.last)):
        value = told.get(name, "") or usual.isoformat()
        try:
            days[name] = day_of(value)
        except PickError as error:
            raise ViewError(name, value[:64], str(error)) from None
    period = Period(days["from"], days["to"])
    try:
        check(period)
    except PeriodError as error:
        raise ViewError(error.field, error.value, error.rule) from None
    return period


def _hour(value: str, figure: Figure) -> int | None:
    if not value:
        return None
    if figure not in HOURLY:
        raise ViewError("hour", value[:64], "goes with one of these figures only: " + ", ".join(sorted(HOURLY)))
    if not (value.isascii() and value.isdigit() and len(value) <= 2 and int(value) in HOURS):
        raise ViewError("hour", value[:64], f"is no hour of the day; allowed: {HOURS[0]} to {HOURS[-1]}")
    return int(value)


def _span(value: str, figure: Figure) -> Span | None:
    if not value:
        return None
    if figure is not Figure.SPAN:
        raise ViewError("span", value[:64], f"goes with this figure only: {Figure.SPAN}")
    parts = value.split(".")
    if len(parts) not in (2, 3) or not all(p.isascii() and p.isdigit() and len(p) <= 16 for p in parts):
        raise ViewError("span", value[:64], "is not FROM.TO or FROM.TO.LAST, in epoch milliseconds")
    span = Span(*(int(part) for part in parts))
    if not span.from_ms < span.to_ms <= span.from_ms + SPAN_MAX_MS or span.to_ms > LATEST_MS:
        raise ViewError("span", value[:64], "is not longer than nothing and at most a day")
    return span


def _one(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ViewError(name, value[:64], "is not allowed; allowed: " + ", ".join(allowed))
    return value


async def window(room: Room, kept: KeptLists, actor: Actor, address: str, asked: AskedWindow) -> Json:
    """The rows that are asked for and how many there are in all. Raises ViewError.

    ``total`` is how far the list can be scrolled, ``number`` the figure; None while only reading on would tell.
    """
    of = asked_of(room, actor, address)
    found = await (_kept(room, kept, actor, of, asked) if of.figure in KEPT else _live(room, actor, of, asked))
    o = room.situation.tree.ordinal[of.view.area]
    stages = {s.value: n for s, n in room.situation.totals(o, replace(of.filters, states=())).by_stage.items()}
    counts = None if of.figure in KEPT else room.situation.listed_by(o, of.figure, of.hour)
    return {"stages": stages, "counts": counts, "export_max": EXPORT_MAX} | found


async def _live(room: Room, actor: Actor, of: Asked, asked: AskedWindow) -> Json:
    situation = room.situation
    every = live_ids(situation, actor, of.view.area, of.figure, of.filters, of.order, of.hour)
    events_ = (situation.event(code) for code in asked.find[:FIND_MAX])
    at = places(every, (-1 if e is None else e.id for e in events_))
    shown = asked.shown(len(every), at)
    some = every[shown]
    told = of.figure in LEDGER and actor.may(Right.OPEN_EVENTS)
    notes = await asyncio.to_thread(_ledger, room, of.view.lang, some.tolist()) if told else {}
    rows = [_row(room, of.view, e, note=notes.get(e.id, "")) for e in situation.event_briefs(some)]
    return {"total": len(every), "number": len(every), "offset": shown.start, "rows": rows, "at": at}


async def _kept(room: Room, kept: KeptLists, actor: Actor, of: Asked, asked: AskedWindow) -> Json:
    what = kept_list(
        room.situation, actor, of.view.area, of.figure, of.filters, of.hour, of.period, of.span
    )
    offset, limit = max(0, asked.offset), min(max(0, asked.limit), LIMIT_MAX)
    read = await asyncio.to_thread(kept.read, what, min(offset, DEPTH_MAX), limit)
    rows = await asyncio.to_thread(_read_rows, room, of.view, list(read.ids[offset : offset + limit]))
    further = len(read.ids) if read.done else len(read.ids) + limit
    total = min(DEPTH_MAX, further if read.total is None else read.total)
    found: Json = {"total": total, "number": read.total, "offset": offset, "rows": rows, "at": [-1] * len(asked.find)}
    if of.period is None:
        return found
    first, last = of.period.first.isoformat(), of.period.last.isoformat()
    return found | {"period": words(of.view.lang, "list.period.span", first=first, last=last)}


def _ledger(room: Room, lang: str, some: list[int]) -> dict[int, str]:
    """Of suspended events: since when, when it is looked at again, and why."""
    with room.store.read() as conn:
        lines = pauses.running(conn, some)
    said = {}
    for event_id, line in lines.items():
        since, until = moment(room.city.zone, line.from_ms), moment(room.city.zone, line.review_ms)
        over = f" · {words(lang, 'list.review_over')}" if line.review_ms < room.situation.now_ms else ""
        said[event_id] = words(lang, "list.ledger", since=since, until=until, why=line.reason) + over
    return said


def _read_rows(room: Room, view: MapView, some: list[int]) -> list[Row]:
    with room.store.read() as conn:
        found = {e.id: e for e in events.by_ids(conn, some)}
    place = room.situation.tree.ordinal_by_id
    return [_row(room, view, found[i], place.get(found[i].area_id, 0)) for i in some if i in found]


def _row(room: Room, view: MapView, e: EventBrief | EventNow, area: int | None = None, note: str = "") -> Row:
    """(code, name, urgency, state in words, state, place, reported, deadline, ended, source): what the feed tells; and
    a note."""
    lang, here = view.lang, e.area if isinstance(e, EventBrief) else area or 0
    o = room.situation.tree.ordinal[view.area]
    name = named(lang, room.catalogue.subtypes.get(e.subtype_code), e.subtype_code)
    state = words(lang, f"state.{e.state}") if e.state in STATES else e.state
    return (
        e.code, name, e.urgency, state, e.state, room.situation.tree.place(here, lang, o), e.reported_ms, e.deadline_ms,
        e.ended_ms, words(lang, f"source.{e.source}"), note,
    )  # fmt: skip
