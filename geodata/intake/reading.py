"""The reading side of the native API: areas, events, units, catalogue, quarantine; lists come in pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from geodata.domain.areas import Area, AreaTree
from geodata.domain.events import State, marks_of
from geodata.domain.roles import Right
from geodata.intake.door import Door, now_ms
from geodata.services import contacts, looking, replying
from geodata.services.actors import asking
from geodata.services.export import MEDIA_TYPES, ExportError, export_bytes
from geodata.services.replying import Told
from geodata.store.events import EventNow
from geodata.store.units import UnitNow

Page = dict[str, Any]
After = Annotated[int, Query(ge=0, le=2**53, description="Continue after this id (`next` of the page before).")]
Limit = Annotated[int, Query(ge=1, le=1000)]
AreaCode = Annotated[str | None, Query(max_length=64, description="Only in this area and all below it.")]


def add_routes(guarded: APIRouter, door: Door) -> None:
    """Add the GET routes. All of them are plain functions: the framework runs them in threads."""

    @guarded.get("/events", tags=["events"])
    def list_events(
        area: AreaCode = None, state: Annotated[list[State] | None, Query()] = None, after: After = 0,
        limit: Limit = 200,
    ) -> Page:  # fmt: skip
        """Events by ascending id."""
        desk = door.desk()
        found = looking.events_page(
            desk, asking.get(), area=area, states=[s.value for s in state or ()], after_id=after, limit=limit
        )
        told = replying.told(desk, asking.get(), [e for e, _ in found])
        rows = [_event(desk.tree, event, unit_code, told[event.id]) for event, unit_code in found]
        return _page("events", rows, limit, found[-1][0].id if found else 0)

    @guarded.get("/events/{code}", tags=["events"])
    def one_event(code: str) -> dict[str, Any]:
        """One event by its code; ``merged_into`` and ``reply`` say what its reporter can be told."""
        desk = door.desk()
        event, unit_code = looking.event(desk, asking.get(), code)
        return _event(desk.tree, event, unit_code, replying.told(desk, asking.get(), [event])[event.id])

    @guarded.post("/events/{code}/contact", tags=["events"])
    def reveal_contact(code: str) -> dict[str, str | None]:
        """How the reporter can be answered: for who handles the event now or must reply. That you asked is kept."""
        return {"contact": contacts.reveal(door.access, door.desk(), asking.get(), code, now_ms())}

    @guarded.get("/units", tags=["units"])
    def list_units(after: After = 0, limit: Limit = 200) -> Page:
        """Units by ascending id."""
        desk = door.desk()
        found = looking.units_page(desk, asking.get(), after_id=after, limit=limit)
        return _page("units", [_unit(desk.tree, u) for u in found], limit, found[-1].id if found else 0)

    @guarded.get("/units/{code}/track", tags=["units"])
    def read_track(code: str, from_at: AwareDatetime, to_at: AwareDatetime) -> dict[str, Any]:
        """Where a unit was in a span of time. That you asked is written down."""
        from_ms, to_ms = (int(at.timestamp() * 1000) for at in (from_at, to_at))
        found = looking.track(
            door.access, door.desk(), asking.get(), code, from_ms=from_ms, to_ms=to_ms, now_ms=now_ms()
        )
        return {"track": [{"at": _time(ms), "lon": lon, "lat": lat} for ms, lon, lat in found]}

    @guarded.get("/areas", tags=["areas"])
    def list_areas(area: AreaCode = None, after: After = 0, limit: Limit = 200) -> Page:
        """Areas depth first: after an area everything below it."""
        tree, actor = door.desk().tree, asking.get()
        actor.needs(Right.SEE)
        if area is not None:
            o = looking.area_of(actor, tree, area)
            spans = [range(o, int(tree.end[o]))]
        else:
            spans = actor.ordinals(tree)
        chosen = list(islice((o for span in spans for o in range(max(span.start, after), span.stop)), limit + 1))
        following = chosen[limit] if len(chosen) > limit else None
        return {"areas": [_area(tree, o) for o in chosen[:limit]], "next": following}

    @guarded.get("/catalogue", tags=["catalogue"])
    def catalogue() -> dict[str, Any]:
        """The city's event classes and subtypes."""
        asking.get().needs(Right.SEE)
        known = door.desk().catalogue
        names = ("code", "class_code", "name_zh", "name_en", "urgency", "limit", "limit_unit")
        return {
            "classes": [{"code": c.code, "name_zh": c.name_zh, "name_en": c.name_en} for c in known.classes.values()],
            "subtypes": [{n: getattr(s, n) for n in names} for s in known.subtypes.values()],
        }

    @guarded.get("/quarantine", tags=["quarantine"])
    def list_quarantine(feed: Annotated[str | None, Query(max_length=64)] = None, after: After = 0,
                        limit: Limit = 200) -> Page:  # fmt: skip
        """Records that wait, oldest first, each with the field, the value and the rule."""
        found = looking.quarantined(door.access, door.desk().tree, asking.get(), feed, after, limit)
        rows = [{k: v for k, v in q._asdict().items() if k != "account_id"} for q in found]
        return _page("records", rows, limit, found[-1].id if found else 0)

    @guarded.get("/export/{name}", tags=["export"])
    def export(name: str, area: AreaCode = None) -> Response:
        """``areas``, ``events`` or ``units`` as .csv, .geojson or .gpkg, e.g. ``events.csv``. It is written down."""
        what, _, ending = name.partition(".")
        try:
            data = export_bytes(door.access, asking.get(), what, ending, area, now_ms())
        except ExportError as error:
            raise HTTPException(404, str(error)) from error
        headers = {"Content-Disposition": f'attachment; filename="{what}.{ending}"'}
        return Response(data, headers=headers, media_type=MEDIA_TYPES[ending])


def _page(name: str, rows: Sequence[dict[str, Any]], limit: int, last: int) -> Page:
    return {name: rows, "next": last if len(rows) == limit else None}


def _code(tree: AreaTree, area_id: int | None) -> str | None:
    o = None if area_id is None else tree.ordinal_by_id.get(area_id)
    return None if o is None else tree.areas[o].code


def _time(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def _event(tree: AreaTree, e: EventNow, unit_code: str | None, told: Told) -> dict[str, Any]:
    reply = None if told.reply is None else {"at": _time(told.reply.at_ms), "text": told.reply.text}
    return {
        "id": e.id, "code": e.code, "source": e.source, "source_system": e.source_system, "source_id": e.source_id,
        "class": e.class_code, "subtype": e.subtype_code, "urgency": e.urgency, "description": e.description,
        "lon": e.lon, "lat": e.lat, "area": _code(tree, e.area_id), "state": e.state, "rev": e.rev,
        "reported_at": _time(e.reported_ms), "state_at": _time(e.state_ms), "dispatched_at": _time(e.dispatched_ms),
        "handled_at": _time(e.handled_ms), "ended_at": _time(e.ended_ms), "deadline_at": _time(e.deadline_ms),
        "unit": unit_code, "stage_at": _time(e.stage_ms), "marks": marks_of(e.marks), "merged_into": told.into or None,
        "reply": reply,
    }  # fmt: skip


def _unit(tree: AreaTree, u: UnitNow) -> dict[str, Any]:
    return {
        "id": u.id, "code": u.code, "call_sign": u.call_sign, "kind": u.kind, "home_area": _code(tree, u.home_area_id),
        "skills": u.skills.split(",") if u.skills else [], "status": u.status, "status_at": _time(u.status_ms),
        "lon": u.lon, "lat": u.lat, "fix_at": _time(u.fix_ms), "area": _code(tree, u.area_id),
    }  # fmt: skip


def _area(tree: AreaTree, o: int) -> dict[str, Any]:
    a: Area = tree.areas[o]
    return {
        "code": a.code, "name": a.name, "name_en": a.name_en, "depth": a.depth, "parent": a.parent_code,
        "lon": a.lon, "lat": a.lat, "bbox": a.bbox, "area_m2": a.area_m2, "children": len(tree.children(o)),
    }  # fmt: skip
