"""Windows of the long lists, by one plain route: the queue of a desk, the list behind a figure, the board of units,
the list of grids.

A list that is scrolled asks four times a second; a callback of Dash would pass two stores and a second callback each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from callbacks import grids, listing, queue, units
from callbacks.answers import read_as
from callbacks.live.replays import Replays
from callbacks.room import Room
from geodata.domain.roles import Right
from geodata.domain.windows import FIND_MAX, LIMIT_MAX, Asked
from geodata.services.actors import Actor, asking
from geodata.services.listing import KeptLists

Json = dict[str, Any]
PLACE_MAX, ID_MAX = 2**31, 2**53
ADDRESS_MAX, CODE_MAX = 2_000, 64
Place = Annotated[int, Field(ge=0, le=PLACE_MAX, strict=True)]
Number = Annotated[int, Field(ge=0, le=ID_MAX, strict=True)]
Code = Annotated[str, Field(max_length=CODE_MAX)]


class Question(BaseModel):
    """What a page sends (assets/rows.js): its own number of the question, the address of the page, and which window."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    n: Number
    address: Annotated[str, Field(max_length=ADDRESS_MAX)]
    offset: Place
    limit: Annotated[int, Field(ge=0, le=LIMIT_MAX, strict=True)]
    find: Annotated[tuple[Code, ...], Field(max_length=FIND_MAX)] = ()
    hold: Annotated[int, Field(ge=-1, le=PLACE_MAX, strict=True)] = -1
    since: Number = 0

    def asked(self) -> Asked:
        """The window."""
        return Asked(self.offset, self.limit, self.find, self.hold, self.since)


class Window(NamedTuple):
    """A list of which windows are asked for: the right that it needs, and who answers."""

    right: Right
    look: Callable[[Actor, str, Asked], Awaitable[Json]]


def windows_of(room: Room, replays: Replays) -> Mapping[str, Window]:
    """The lists by their names."""
    kept = KeptLists(room.store)

    async def queued(actor: Actor, address: str, asked: Asked) -> Json:
        if queue.view_of(room, actor, address).at:
            return await queue.window_then(room, replays, actor, address, asked)
        return queue.window(room, actor, address, asked)

    async def listed(actor: Actor, address: str, asked: Asked) -> Json:
        return await listing.window(room, kept, actor, address, asked)

    async def mustered(actor: Actor, address: str, asked: Asked) -> Json:
        return units.window(room, actor, address, asked)

    async def walked(actor: Actor, address: str, asked: Asked) -> Json:
        return grids.window(room, actor, address, asked)

    return {
        "queue": Window(Right.OPEN_EVENTS, queued), "list": Window(Right.SEE, listed),
        "units": Window(Right.SEE_UNITS, mustered), "grids": Window(Right.SEE_UNITS, walked),
    }  # fmt: skip


def router(room: Room, replays: Replays) -> APIRouter:
    """``POST /windows/queue``, ``/windows/list``, ``/windows/units``, ``/windows/grids``. Include it before Dash."""
    api = APIRouter(include_in_schema=False)
    windows = windows_of(room, replays)

    @api.post("/windows/{what}")
    async def look(what: str, request: Request) -> Response:
        window = windows.get(what)
        if window is None:
            raise HTTPException(404, f"there is no list {what[:64]!r}; possible: {', '.join(windows)}")
        actor = asking.get()
        actor.needs(window.right)
        question = read_as(Question, await request.body())
        found = await window.look(actor, question.address, question.asked())
        return Response(orjson.dumps({"n": question.n} | found), media_type="application/json")

    return api
