"""The demo's door: step into a role, without a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, MissingError
from callbacks.access.asked import Form, caller_of, form_of, language_of
from callbacks.navigation import AT_DESKS
from dashboard.words import named
from geodata.domain.areas import AreaTree
from geodata.domain.roles import Role
from geodata.domain.view import MapView
from geodata.intake.door import now_ms
from geodata.services.declining import Declined
from geodata.services.demo_roles import STEPPED_IN, step_into

FIRST = (Role.SCREEN, Role.LEADER)
CITY_ONLY = frozenset({Role.AUDITOR, Role.ADMIN})
STARTS: Mapping[Role, str] = MappingProxyType({
    Role.AUDITOR: "/audit", Role.ADMIN: "/admin/people", Role.UNIT_MEMBER: "/field",
})  # fmt: skip
PLACES_MAX = 4
Sent = Annotated[Form, Depends(form_of)]


class Place(NamedTuple):
    """An area one may step into a role in."""

    code: str
    name: str
    level: str


def router(answers: Answers) -> APIRouter:
    """``/demo``; not there where the city is no demo."""
    api = answers.router()
    room = answers.room

    def page(request: Request, notice: str = "") -> Response:
        if not room.access.demo:
            raise MissingError
        lang = language_of(request, room.city)
        cards = [(role, places_of(room.situation.tree, role, lang)) for role in STEPPED_IN]
        return answers.page(
            request, "demo", at="/demo", notice=notice, first=cards[: len(FIRST)], others=cards[len(FIRST) :],
            status=422 if notice else 200,
        )  # fmt: skip

    @api.get("/demo")
    def show(request: Request) -> Response:
        return page(request)

    @api.post("/demo")
    def enter(request: Request, form: Sent) -> Response:
        role, area = form.one("role"), form.one("area")
        try:
            signed = step_into(room.access, room.situation.tree, role, area, caller_of(request), now_ms())
        except Declined:
            return page(request, "demo.unknown")
        return answers.let_in(request, signed, start_of(Role(role), area, language_of(request, room.city)))

    return api


def places_of(tree: AreaTree, role: Role, lang: str) -> Sequence[Place]:
    """One area of each level, the city first; the lowest level of all is too small for a picture of its own.

    A unit member belongs to the smallest area that is offered, and so begins there.
    """
    chain, o = [0], 0
    while len(chain) < PLACES_MAX and not tree.is_leaf(o):
        o = int(tree.children(o)[0])
        chain.append(o)
    if len(chain) > 2 and tree.is_leaf(o):
        chain.pop()
    if role in CITY_ONLY:
        chain = chain[:2]
    places = [Place(tree.areas[i].code, tree.areas[i].label(lang), named(lang, tree.levels[tree.areas[i].depth]))
              for i in chain]  # fmt: skip
    return places[::-1] if role is Role.UNIT_MEMBER else places


def start_of(role: Role, area: str, lang: str) -> str:
    """The address at which a role begins."""
    start = STARTS.get(role)
    page = "wall" if role is Role.SCREEN else "duty" if role in AT_DESKS else "area"
    return start or MapView(area, page, lang=lang).address()
