"""All pages of coming in and of accounts as one router: include it before Dash takes every address that is left."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access import (
    account,
    alerts,
    audit,
    briefings,
    coming_in,
    demo,
    federated,
    feeds,
    people,
    phones,
    playing,
    programmes,
    quarantine,
    rights,
    screens,
    walls,
)
from callbacks.access.answering import Answers, MissingError
from callbacks.field import pages as field
from callbacks.room import Room

PARTS = (
    coming_in, account, people, walls, screens, programmes, playing, phones, feeds, quarantine, rights, alerts,
    briefings, audit, demo,
)  # fmt: skip
OURS = (
    "/login", "/logout", "/account", "/admin", "/alerts", "/audit", "/briefing", "/briefings", "/demo", "/field",
    "/walls",
)  # fmt: skip


def router(room: Room) -> APIRouter:
    """The routes; whatever else is asked for below their addresses is not there."""
    answers = Answers(room)
    api = APIRouter(include_in_schema=False)
    for part in PARTS:
        api.include_router(part.router(answers))
    api.include_router(federated.router(answers))
    api.include_router(field.router(answers))
    api.include_router(_nothing_else(answers))
    return api


def _nothing_else(answers: Answers) -> APIRouter:
    api = answers.router()

    async def missing() -> Response:
        raise MissingError

    async def uninvited(request: Request) -> Response:
        return answers.page(request, "uninvited", status=404)

    for top in OURS:
        for path in (top, top + "/{rest:path}"):
            api.add_api_route(path, missing, methods=["GET", "POST"])
    for path in ("/welcome", "/welcome/{rest:path}"):
        api.add_api_route(path, uninvited, methods=["GET", "POST"])
    return api
