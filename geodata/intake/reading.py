"""The reading side of the native API: areas, events, units, catalogue, quarantine; lists come in pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from geodata.domain.areas import Area, AreaTree
from geodata.domain.events import State
from geodata.intake.door import Door
from geodata.store import events, quarantine, units
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.units import UnitNow

Page = dict[str, Any]
After = Annotated[int, Query(ge=0, le=2**53, description="Continue after this id (`next` of the page before).")]
Limit = Annotated[int, Query(ge=1, le=1000)]
AreaCode = Annotated[str | None, Query(max_length=64, description="Only in this area and all below it.")]


def add_routes(guarded: APIRouter, store: Store, door: Door) -> None:
    """Add the GET routes. All of them are plain functions: the framework runs them in threads."""

    @guarded.get("/events", tags=["events"])
    def list_events(
        area: AreaCode = None, state: Annotated[list[State] | None, Query()] = None, after: After = 0,
        limit: Limit = 200,
    ) -> Page:  # fmt: skip
        """Events by ascending id."""
        tree = door.desk().tree
        ids = None if area is None else _subtree(tree, area)
        with store.read() as conn:
            found = events.page(conn, area_ids=ids, states=[s.value for s in state or ()], after_id=after, limit=limit)
            calls = _unit_codes(units.by_ids(conn, [e.unit_id for e in found if e.unit_id is not None]))
        return _page("events", [_event(tree, e, calls) for e in found], limit, found[-1].id if found else 0)

    @guarded.get("/events/{code}", tags=["events"])
    def one_event(code: str) -> dict[str, Any]:
        """One event by its code."""
        with store.read() as conn:
            found = events.by_code(conn, code) if "\x00" not in code else None
            calls = _unit_codes(units.by_ids(conn, [found.unit_id] if found and found.unit_id is not None else []))
        if found is None:
            raise HTTPException(404, "there is no such event")
        return _event(door.desk().tree, found, calls)

    @guarded.get("/units", tags=["units"])
    def list_units(after: After = 0, limit: Limit = 200) -> Page:
        """Units by ascending id."""
        tree = door.desk().tree
        with store.read() as conn:
            found = units.page(conn, after_id=after, limit=limit)
        return _page("units", [_unit(tree, u) for u in found], limit, found[-1].id if found else 0)

    @guarded.get("/areas", tags=["areas"])
    def list_areas(area: AreaCode = None, after: After = 0, limit: Limit = 200) -> Page:
        """Areas depth first: after an area everything below it."""
        tree = door.desk().tree
        o = _ordinal(tree, area) if area is not None else 0
        first, end = max(o, after), int(tree.end[o])
        chosen = range(first, min(end, first + limit))
        return {"areas": [_area(tree, i) for i in chosen], "next": chosen.stop if chosen.stop < end else None}

    @guarded.get("/catalogue", tags=["catalogue"])
    def catalogue() -> dict[str, Any]:
        """The city's event classes and subtypes."""
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
        with store.read() as conn:
            asked = feed if feed is None or "\x00" not in feed else ""
            found = quarantine.waiting(conn, feed=asked, after_id=after, limit=limit)
        return _page("records", [q._asdict() for q in found], limit, found[-1].id if found else 0)


def _page(name: str, rows: Sequence[dict[str, Any]], limit: int, last: int) -> Page:
    return {name: rows, "next": last if len(rows) == limit else None}


def _ordinal(tree: AreaTree, code: str) -> int:
    o = tree.ordinal.get(code)
    if o is None:
        raise HTTPException(404, f"there is no area {code[:64]!r}")
    return o


def _subtree(tree: AreaTree, code: str) -> list[int] | None:
    o = _ordinal(tree, code)
    return None if o == 0 else [a.id for a in tree.areas[o : int(tree.end[o])]]


def _code(tree: AreaTree, area_id: int | None) -> str | None:
    o = None if area_id is None else tree.ordinal_by_id.get(area_id)
    return None if o is None else tree.areas[o].code


def _time(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def _unit_codes(found: Sequence[UnitNow]) -> dict[int, str]:
    return {u.id: u.code for u in found}


def _event(tree: AreaTree, e: EventNow, unit_codes: dict[int, str]) -> dict[str, Any]:
    return {
        "id": e.id, "code": e.code, "source": e.source, "source_system": e.source_system, "source_id": e.source_id,
        "class": e.class_code, "subtype": e.subtype_code, "urgency": e.urgency, "description": e.description,
        "lon": e.lon, "lat": e.lat, "area": _code(tree, e.area_id), "state": e.state, "rev": e.rev,
        "reported_at": _time(e.reported_ms), "state_at": _time(e.state_ms), "dispatched_at": _time(e.dispatched_ms),
        "handled_at": _time(e.handled_ms), "ended_at": _time(e.ended_ms), "deadline_at": _time(e.deadline_ms),
        "unit": None if e.unit_id is None else unit_codes.get(e.unit_id),
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
