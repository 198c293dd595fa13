"""The analysis part of the overview, by one plain route: what is open now, and what a period says (assets/analysis.js).

It is not in the live frames: it reads the store, and who looks at it looks for minutes. Many who ask the same within
some seconds get one answer.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from callbacks import analysis_told
from callbacks.answers import read_as
from callbacks.queue import view_of
from callbacks.room import Room
from geodata.domain.roles import Right
from geodata.domain.view import MapView, ViewError
from geodata.services import analysing
from geodata.services.actors import Actor, asking

Json = dict[str, Any]
ADDRESS_MAX = 2_000
FRESH_S = 10.0
KEPT_MAX = 64
AT_ONCE = 2
"""So many answers are read from the store at the same time; the others wait, and leave the pool of threads to all."""


class Question(BaseModel):
    """What a page sends: its address."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    address: Annotated[str, Field(max_length=ADDRESS_MAX)]


class Lately:
    """The answers of the last seconds by what was asked, also those that are still on their way."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[float, asyncio.Task[bytes]]] = OrderedDict()

    async def answer(self, key: tuple[str, str], make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The kept answer, else a new one. A failure is kept for nobody."""
        found = self._kept.get(key)
        if found is None or found[0] < time.monotonic() or (found[1].done() and found[1].exception() is not None):
            found = self._kept[key] = time.monotonic() + FRESH_S, asyncio.ensure_future(make())
            self._kept.move_to_end(key)
            if len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return await asyncio.shield(found[1])


def parts_of(room: Room) -> Mapping[str, Callable[[Actor, MapView], Awaitable[Json]]]:
    """What can be asked for, by name. Who asks must see the area; the services look again."""
    busy = CapacityLimiter(AT_ONCE)

    async def now(actor: Actor, view: MapView) -> Json:
        seen = analysing.look_now(room.situation, actor, view)
        counted = await to_thread.run_sync(analysing.count_now, room.store, room.situation.tree, seen, limiter=busy)
        return analysis_told.now(room, view, seen, counted)

    async def period(actor: Actor, view: MapView) -> Json:
        past = await to_thread.run_sync(
            analysing.look_back, room.store, room.situation, actor, view, limiter=busy
        )  # fmt: skip
        return analysis_told.period(room, view, past)

    return {"now": now, "period": period}


def router(room: Room) -> APIRouter:
    """``POST /analysis/now`` and ``/analysis/period``. Include it before Dash."""
    api = APIRouter(include_in_schema=False)
    parts = parts_of(room)
    lately = Lately()

    @api.post("/analysis/{what}")
    async def look(what: str, request: Request) -> Response:
        part = parts.get(what)
        if part is None:
            raise HTTPException(404, f"there is no analysis {what[:64]!r}; possible: {', '.join(parts)}")
        actor = asking.get()
        actor.needs(Right.SEE)
        view = view_of(room, actor, read_as(Question, await request.body()).address)
        if view.page != "area":
            raise ViewError("path", view.path()[:100], "is not /area/<code>")

        async def make() -> bytes:
            return orjson.dumps(await part(actor, view))

        # The audience is in the topic: whoever gets the same frames gets the same answer.
        key = what, view.topic() + "#" + view.period + "#" + view.rank
        return Response(await lately.answer(key, make), media_type="application/json")

    return api
