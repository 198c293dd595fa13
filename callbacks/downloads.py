"""Downloads: the list of a page as a file, streamed, for whoever may export; that it was taken is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response, StreamingResponse

from callbacks import grids, listing, units
from callbacks.room import Room
from dashboard.format import moment
from dashboard.words import named, words
from geodata.domain.figures import KEPT, LEDGER
from geodata.domain.roles import Right
from geodata.domain.units import FRESHNESS, UNIT_KINDS, freshness
from geodata.domain.view import MapView
from geodata.intake.door import now_ms
from geodata.services.actors import Actor, asking
from geodata.services.desk import Desk
from geodata.services.list_files import MEDIA, Cell, Sheet, written
from geodata.services.listing import EXPORT_MAX, grid_ids, kept_list, live_ids, read_whole, unit_ids
from geodata.services.looking import events_by_ids, running_lines, units_by_ids
from geodata.situation.grid_listing import GridLine
from geodata.store.events import EventNow
from geodata.store.pauses import Suspension
from geodata.store.units import UnitNow

PAGE = 500
EVENTS = (
    "code", "class", "subtype", "urgency", "state", "source", "area_code", "area", "reported_at", "deadline_at",
    "dispatched_at", "handled_at", "ended_at", "unit", "description", "lon", "lat",
)  # fmt: skip
SUSPENDED = ("suspended_at", "review_at", "suspended_why")
"""What the ledger tells besides, of the suspended events; the columns follow those of every list."""
UNITS = (
    "code", "call_sign", "kind", "status", "status_at", "freshness", "fix_at", "home_code", "home", "area_code",
    "area", "roster", "lon", "lat",
)  # fmt: skip
GRIDS = (
    "code", "grid", "area", "grid_kind", "walk", "walked_at", "hours_since", "due_until", "every", "inside_min",
    "need_min", "fixes", "lon", "lat",
)  # fmt: skip


def router(room: Room) -> APIRouter:
    """``/lists/list.csv?of=<address of the page>``, ``/lists/units.xlsx?of=…``, ``/lists/grids.geojson?of=…``.

    Include it before Dash.
    """
    api = APIRouter(include_in_schema=False)

    @api.get("/lists/{name}")
    async def take(name: str, of: str = Query(max_length=2000)) -> Response:
        what, _, ending = name.partition(".")
        actor = asking.get()
        actor.needs(Right.EXPORT)
        if what not in LISTS or ending not in MEDIA:
            possible = f"{', '.join(LISTS)} as {', '.join(MEDIA)}"
            raise HTTPException(404, f"there is no list {name[:64]!r}; possible: {possible}")
        return await LISTS[what](room, actor, of, ending)

    return api


async def _events(room: Room, actor: Actor, address: str, ending: str) -> Response:
    asked = listing.asked_of(room, actor, address)
    if asked.figure in KEPT:
        what = kept_list(
            room.situation, actor, asked.view.area, asked.figure, asked.filters, asked.hour, asked.period, asked.span
        )
        chosen, whole = await asyncio.to_thread(read_whole, room.store, what)
    else:
        every = live_ids(
            room.situation, actor, asked.view.area, asked.figure, asked.filters, asked.order, asked.hour
        )  # fmt: skip
        chosen, whole = every[:EXPORT_MAX].tolist(), len(every) <= EXPORT_MAX
    desk = await asyncio.to_thread(room.door.desk)
    sheet = _sheet(asked.view.lang, words(asked.view.lang, f"figure.{asked.figure}"),
                   EVENTS + SUSPENDED * (asked.figure in LEDGER))  # fmt: skip
    rows = _event_rows(room, desk, actor, asked, chosen, ending)
    return await _file(room, actor, asked.view, f"list:{asked.figure}", sheet, rows, len(chosen), whole, ending)


async def _units(room: Room, actor: Actor, address: str, ending: str) -> Response:
    view, query = units.asked_of(room, actor, address)
    every = unit_ids(room.situation, actor, view.area, query).ids
    chosen = every[:EXPORT_MAX].tolist()
    roster = {line.id: line.planned for line in room.situation.unit_lines(every[:EXPORT_MAX])}
    desk = await asyncio.to_thread(room.door.desk)
    sheet = _sheet(view.lang, words(view.lang, "units.title"), UNITS)
    return await _file(
        room, actor, view, "list:units", sheet, _unit_rows(room, desk, actor, view, chosen, roster, ending),
        len(chosen), len(every) <= EXPORT_MAX, ending,
    )  # fmt: skip


async def _grids(room: Room, actor: Actor, address: str, ending: str) -> Response:
    view, query = grids.asked_of(room, actor, address)
    every = grid_ids(room.situation, actor, view.area, query).ids
    lines = room.situation.grid_lines(every[:EXPORT_MAX])
    sheet = _sheet(view.lang, words(view.lang, "grids.title"), GRIDS)
    rows = (_grid_row(room, view, line, plain=ending == "geojson") for line in lines)
    return await _file(room, actor, view, "list:grids", sheet, rows, len(lines), len(every) <= EXPORT_MAX, ending)


LISTS: Mapping[str, Callable[[Room, Actor, str, str], Awaitable[Response]]] = MappingProxyType({
    "list": _events, "units": _units, "grids": _grids,
})  # fmt: skip


def _sheet(lang: str, title: str, names: Sequence[str]) -> Sheet:
    headings = [words(lang, f"column.{name}") for name in names]
    return Sheet(title, names, headings, names.index("lon"), names.index("lat"))


async def _file(
    room: Room, actor: Actor, view: MapView, subject: str, sheet: Sheet, rows: Iterator[Sequence[Cell]], n: int,
    whole: bool, ending: str,
) -> Response:  # fmt: skip
    """The answer; who takes which list, and how much of it, is written down before the first byte."""

    def note() -> None:
        with room.access.store.begin() as conn:
            room.access.audit.record(conn, actor, "export", f"{subject}.{ending}", at_ms=now_ms(), area=view.area,
                                     new={"rows": n, "whole": whole})  # fmt: skip

    await asyncio.to_thread(note)
    at = datetime.fromtimestamp(now_ms() / 1000, UTC).astimezone(room.situation.zone).strftime("%Y%m%d-%H%M")
    name = f"{subject.partition(':')[2]}-{at}{'' if whole else f'-first-{n}'}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-List-Rows": str(n),
               "X-List-Whole": "1" if whole else "0"}  # fmt: skip
    return StreamingResponse(written(sheet, rows, ending), headers=headers, media_type=MEDIA[ending])


def _event_rows(
    room: Room, desk: Desk, actor: Actor, asked: listing.Asked, chosen: list[int], ending: str
) -> Iterator[Sequence[Cell]]:
    plain = ending == "geojson"
    for i in range(0, len(chosen), PAGE):
        found = events_by_ids(desk, actor, chosen[i : i + PAGE])
        ledger = running_lines(desk, actor, [e.id for e, _ in found]) if asked.figure in LEDGER else None
        for event, unit_code in found:
            row = _event_row(room, asked.view, event, unit_code, plain=plain)
            yield row if ledger is None else (*row, *_ledger_cells(room, ledger.get(event.id), plain))


def _ledger_cells(room: Room, line: Suspension | None, plain: bool) -> Sequence[Cell]:
    """Nothing where the event went on while the list was written."""
    if line is None:
        return (None,) * len(SUSPENDED)
    return _time(room, line.from_ms, plain), _time(room, line.review_ms, plain), line.reason


def _unit_rows(
    room: Room, desk: Desk, actor: Actor, view: MapView, chosen: list[int], roster: dict[int, str], ending: str
) -> Iterator[Sequence[Cell]]:
    for i in range(0, len(chosen), PAGE):
        for unit in units_by_ids(desk, actor, chosen[i : i + PAGE]):
            yield _unit_row(room, view, unit, roster.get(unit.id, ""), plain=ending == "geojson")


def _event_row(room: Room, view: MapView, e: EventNow, unit_code: str | None, *, plain: bool) -> Sequence[Cell]:
    """For people in their words and their times, ``plain`` for machines: codes, and times in UTC."""
    lang, known = view.lang, room.catalogue
    code, path = _place(room, lang, e.area_id)
    told = (e.class_code, e.subtype_code, e.urgency, e.state, e.source) if plain else (
        named(lang, known.classes.get(e.class_code), e.class_code),
        named(lang, known.subtypes.get(e.subtype_code), e.subtype_code),
        words(lang, f"urgency.{e.urgency}"), words(lang, f"state.{e.state}"), words(lang, f"source.{e.source}"),
    )  # fmt: skip
    times = (e.reported_ms, e.deadline_ms, e.dispatched_ms, e.handled_ms, e.ended_ms)
    return (
        e.code, *told, code, path, *(_time(room, ms, plain) for ms in times), unit_code or "", e.description, e.lon,
        e.lat,
    )  # fmt: skip


def _unit_row(room: Room, view: MapView, u: UnitNow, roster: str, *, plain: bool) -> Sequence[Cell]:
    lang, on = view.lang, u.status != "off_duty"
    age = freshness(u.fix_ms, room.situation.now_ms).value if on else ""
    home, where = _place(room, lang, u.home_area_id), _place(room, lang, u.area_id) if on and u.area_id else ("", "")
    kind, status, fresh, planned = u.kind, u.status, age, roster
    if not plain:
        kind = words(lang, f"unit_kind.{kind}") if kind in UNIT_KINDS else kind
        status = words(lang, f"unit_status.{status}")
        fresh = words(lang, f"freshness.{age}") if age in FRESHNESS else ""
        planned = words(lang, f"units.roster.{roster}") if roster else ""
    return (
        u.code, u.call_sign, kind, status, _time(room, u.status_ms, plain), fresh,
        _time(room, u.fix_ms if on else None, plain), *home, *where, planned, u.lon if on else None,
        u.lat if on else None,
    )  # fmt: skip


def _grid_row(room: Room, view: MapView, g: GridLine, *, plain: bool) -> Sequence[Cell]:
    lang, area = view.lang, room.situation.tree.areas[g.area]
    hours = None if g.last_ms is None else round((room.situation.now_ms - g.last_ms) / 3_600_000, 1)
    told = (g.kind, g.state.value, g.every) if plain else (
        grids.kind_name(lang, g.kind), words(lang, f"grids.state.{g.state}"), grids.every_name(lang, g.every),
    )  # fmt: skip
    return (
        area.code, area.label(lang), room.situation.tree.place(g.area, lang), told[0], told[1],
        _time(room, g.last_ms, plain), hours, _time(room, g.until_ms, plain), told[2], g.inside_ms // 60_000,
        g.need_ms // 60_000, g.fixes, area.lon, area.lat,
    )  # fmt: skip


def _place(room: Room, lang: str, area_id: int) -> tuple[str, str]:
    tree = room.situation.tree
    o = tree.ordinal_by_id.get(area_id, 0)
    return tree.areas[o].code, tree.place(o, lang)


def _time(room: Room, ms: int | None, plain: bool) -> str | None:
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat() if plain else moment(room.situation.zone, ms)
