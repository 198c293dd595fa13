"""The native API: ``/api/v1/*``, ``/api/health``, ``/api/docs``."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import Response
from pydantic import BaseModel

from geodata.domain.roles import Right
from geodata.intake import alerts, docs_page, reading, records, surges
from geodata.intake.door import Door, Kind, now_ms
from geodata.intake.health import alive, health
from geodata.intake.outage import LATER, outage
from geodata.services.actors import Actor, asking
from geodata.services.outcomes import Outcome
from geodata.store.engine import StoreError

__all__ = ["Result", "Results", "router"]

BODY_MAX = 8_000_000
REPLAY_MAX = 1000
Told = Callable[[], Mapping[str, Any]]


class Result(BaseModel):
    """The answer to one record; ``n`` is its place in the body. ``field``, ``value``, ``rule`` say what was wrong."""

    n: int
    status: str
    code: str = ""
    field: str = ""
    value: str = ""
    rule: str = ""


class Results(BaseModel):
    """How many records met which fate, and each of them (of positions only those that were not accepted)."""

    accepted: int = 0
    duplicate: int = 0
    dropped: int = 0
    quarantined: int = 0
    results: list[Result] = []


def router(
    door: Door, *, lag: Told | None = None, push: Told | None = None,
    upkeep: Callable[[int], Sequence[Mapping[str, Any]]] = lambda at_ms: (),
) -> APIRouter:  # fmt: skip
    """Every route under ``/api``, behind the gate. ``lag``, ``push`` and ``upkeep`` (at a moment, epoch ms) tell
    ``/api/health`` of the live picture and of what the process does by itself.
    """
    guarded = APIRouter(prefix="/api/v1")
    _add_doors(guarded, door)
    reading.add_routes(guarded, door)
    alerts.add_routes(guarded, door)
    surges.add_routes(guarded, door)
    everything = APIRouter()
    everything.include_router(guarded)

    @everything.get("/api/health", tags=["health"])
    async def state_of_health() -> Response:
        """Whether the database answers; to those who may know: ages of all feeds, quarantine, lag, screens."""
        actor = asking.get()
        may_know = actor.may(Right.SEE_HEALTH) and await to_thread.run_sync(_reaches_all, door, actor)
        if not may_know:
            told = await to_thread.run_sync(alive, door.store)
            return _json(told, 200 if told["status"] == "ok" else 503)
        found = await to_thread.run_sync(health, door.store)
        found |= {"situation": dict(lag()) if lag else None, "push": dict(push()) if push else None}
        found["upkeep"] = list(upkeep(now_ms()))
        return _json(found, 200 if found["database"]["ok"] else 503)

    everything.include_router(docs_page.router(everything))

    @everything.api_route(
        "/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"], include_in_schema=False
    )
    async def unknown(rest: str) -> Response:
        return _json({"detail": f"there is no /api/{rest[:80]}"}, 404)

    return everything


def _reaches_all(door: Door, actor: Actor) -> bool:
    """Whether the whole city is the actor's; no, where the database does not even say that."""
    try:
        return actor.reaches(door.desk().tree, 0)
    except StoreError:
        return False


def _add_doors(guarded: APIRouter, door: Door) -> None:
    def add(path: str, kind: Kind, methods: list[str], record: type[BaseModel], summary: str) -> None:
        async def take(request: Request, x_source_system: Annotated[str | None, Header()] = None) -> Response:
            body = await _body(request)
            try:
                took = functools.partial(door.take, kind, asking.get(), x_source_system, body)
                outcomes = await to_thread.run_sync(took, limiter=door.turn)
            except StoreError as error:
                raise HTTPException(*outage(error), dict(LATER)) from error
            return _json(_answer(outcomes, brief=kind == "positions"))

        for method in methods:
            guarded.add_api_route(
                path, take, methods=[method], summary=summary, description=record.__doc__, tags=[kind],
                operation_id=f"{method.lower()}_{kind}", response_model=None,
                responses={200: {"model": Results, "description": "Stored or quarantined, record by record"},
                           401: {"description": "The key is missing or wrong"},
                           403: {"description": "The key or the account has not got the right"},
                           413: {"description": "The body is too large"}},
                openapi_extra={"requestBody": _schema(record)},
            )  # fmt: skip

    add("/events", "events", ["POST"], records.EventRecord, "Report one event or a list")
    add("/actions", "actions", ["POST"], records.ActionRecord, "Act on events: one action or a list")
    add("/units", "units", ["POST", "PUT"], records.UnitRecord, "Enrol, change, sign on or off: one unit or a list")
    add("/positions", "positions", ["POST"], records.PositionRecord, "Where units are: one fix or a list")
    add("/roster", "roster", ["POST"], records.ShiftRecord, "Plan shifts of units: one or a list")

    @guarded.post("/quarantine/replay", tags=["quarantine"])
    async def replay(feed: str | None = None, limit: int = REPLAY_MAX) -> Response:
        """Submit quarantined records again; answers how many met which fate."""
        replayed = functools.partial(door.replay, asking.get(), feed, max(1, min(limit, REPLAY_MAX)))
        return _json(await to_thread.run_sync(replayed, limiter=door.turn))


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_MAX:
            raise HTTPException(413, f"a body has at most {BODY_MAX} bytes; send fewer records at once")
        parts.append(part)
    return b"".join(parts)


def _answer(outcomes: Sequence[Outcome], *, brief: bool) -> dict[str, Any]:
    counted = Counter(o.status for o in outcomes)
    results = [
        {"n": n, "status": o.status} | {k: v for k in ("code", "field", "value", "rule") if (v := getattr(o, k))}
        for n, o in enumerate(outcomes)
        if not brief or o.status != "accepted"
    ]
    return {s: counted[s] for s in ("accepted", "duplicate", "dropped", "quarantined")} | {"results": results}


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


def _schema(record: type[BaseModel]) -> dict[str, Any]:
    one = record.model_json_schema()
    one = _inlined(one, one.pop("$defs", {}))
    either = {"oneOf": [one, {"type": "array", "items": one, "maxItems": records.RECORDS_MAX}]}
    return {"required": True, "content": {"application/json": {"schema": either}}}


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """The schema with its definitions written where they are used, because a request body stands on its own."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    return {name: _inlined(part, definitions) for name, part in schema.items()}
