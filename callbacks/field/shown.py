"""What a phone is shown: its unit, the unit's tasks, and the table of what can be done with them."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.asked import language_of
from callbacks.offering import span_said
from callbacks.room import Room
from dashboard.words import named, words
from geodata.domain.events import FOLLOWS, STATES
from geodata.domain.field import FIELD_ACTS
from geodata.domain.units import UnitStatus
from geodata.intake.door import now_ms
from geodata.services.actors import asking
from geodata.services.desk import Desk
from geodata.services.duty import CONSENT
from geodata.services.tasks import Task, tasks
from geodata.store.units import UnitNow

Json = dict[str, Any]
NOW = "x-now"


def router(room: Room) -> APIRouter:
    """``/field/tasks``."""
    api = APIRouter(include_in_schema=False)

    @api.get("/field/tasks")
    def show(request: Request) -> Response:
        """Mostly nothing is new: then it is 304, and a phone pays for some hundred bytes. The clock is in a header."""
        body = orjson.dumps(shown(room, language_of(request, room.city)))
        headers = {"ETag": f'W/"{hashlib.sha256(body).hexdigest()[:24]}"', NOW: str(now_ms())}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    return api


def shown(room: Room, lang: str) -> Json:
    """All that the page draws, in the language of who asks. Raises NotAllowedError."""
    desk, actor = room.door.desk(), asking.get()
    found = tasks(desk, actor)
    return {
        "build": room.build, "zone": room.city.time_zone,
        "unit": _unit(desk, found.unit, lang) if found.unit else None,
        "consent": {"version": CONSENT, "agreed": found.agreed_ms},
        "tasks": [_task(room, desk, task, lang) for task in found.tasks],
        "acts": {a: _act(a, lang) for a in FIELD_ACTS},
        "states": {state.value: words(lang, f"state.{state.value}") for state in STATES},
    }  # fmt: skip


def _act(action: str, lang: str) -> Json:
    """A row of the table, so that a phone without a network knows what comes after what."""
    act = FIELD_ACTS[action]
    return {
        "said": words(lang, f"field.act.{action}"), "after": sorted(act.after), "to": act.to, "own": act.own,
        "reason": act.reason, "photo": act.photo, "must": act.photo_or_reason, "leads": act.leads,
        "spans": [(hours, span_said(hours, lang)) for hours in act.spans],
    }  # fmt: skip


def _unit(desk: Desk, unit: UnitNow, lang: str) -> Json:
    return {
        "code": unit.code, "call_sign": unit.call_sign, "on": unit.status != UnitStatus.OFF_DUTY,
        "status": words(lang, f"unit_status.{unit.status}"), "since": unit.status_ms,
        "lon": unit.lon, "lat": unit.lat, "fix": unit.fix_ms,
        "home": desk.tree.place(desk.tree.ordinal_by_id.get(unit.home_area_id, 0), lang),
    }  # fmt: skip


def _task(room: Room, desk: Desk, task: Task, lang: str) -> Json:
    e, tree = task.event, desk.tree
    area = tree.areas[tree.ordinal_by_id.get(e.area_id, 0)]
    placed = e.lon is not None and e.lat is not None
    said = task.said
    return {
        "code": e.code, "own": task.own, "lead": task.lead, "state": task.state, "acts": task.acts,
        "urgency": e.urgency, "urgency_said": words(lang, f"urgency.{e.urgency}"), "note": e.description,
        "title": named(lang, room.catalogue.subtypes.get(e.subtype_code), e.subtype_code),
        "class": named(lang, room.catalogue.classes.get(e.class_code), e.class_code),
        "where": tree.place(tree.ordinal_by_id.get(e.area_id, 0), lang), "placed": placed,
        "lon": e.lon if placed else area.lon, "lat": e.lat if placed else area.lat, "outline": task.outline,
        "around": task.around,
        "deadline": e.deadline_ms, "reported": e.reported_ms, "sent": e.dispatched_ms, "arrived": task.arrived_ms,
        "said": {"at": said.at_ms, "act": _said_by(said.action, lang), "text": said.detail} if said else None,
        "photos": [{"id": p.id, "stage": p.stage, "at": p.at_ms} for p in task.photos],
    }  # fmt: skip


def _said_by(action: str, lang: str) -> str:
    return words(lang, f"act.{action}") if action in FOLLOWS else ""
