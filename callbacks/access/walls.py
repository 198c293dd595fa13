"""Walls: every screen within reach, how it is and what it shows; views pushed, held, mirrored, released."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, MissingError, asker
from callbacks.access.asked import Form, form_of, language_of, query_of
from callbacks.access.walls_shown import card, groups, said
from callbacks.queue import view_of
from dashboard.thumbnails import thumbnail
from dashboard.words import words
from geodata.domain.roles import Right
from geodata.domain.showing import SPANS, USUAL_SPAN
from geodata.domain.view import ViewError
from geodata.intake.door import now_ms
from geodata.services import programmes, saved_views, showing, walls
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.looking import NotThereError
from geodata.services.programmes import within
from geodata.services.showing import Hall, Reached
from geodata.services.walls import Wall

TOP = "/walls"
ACTS = ("push", "hold", "mirror", "release")
ADDRESS_MAX = 2_000
KEPT = "private, max-age=3600"
"""Outlines change with an edition of the boundaries only; the page asks every few seconds."""
Query = Annotated[Form, Depends(query_of)]
Sent = Annotated[Form, Depends(form_of)]
Option = tuple[str, str]


def router(answers: Answers) -> APIRouter:
    """``/walls``, its small maps, and ``/walls/mirror`` where a desk that is mirrored says where it is."""
    api = answers.router()

    @api.get(TOP)
    def show(request: Request, query: Query) -> Response:
        actor, act = asker(Right.MANAGE_SCREENS), query.one("done")
        return _page(answers, request, actor, query, done=act if act in ACTS else "")

    @api.post(TOP)
    def order(request: Request, form: Sent) -> Response:
        actor = asker(Right.MANAGE_SCREENS)
        try:
            act, reached = _done(answers, request, actor, form)
        except Declined as declined:
            return _page(answers, request, actor, form, _in_words(answers, request, declined))
        kept = {name: told for name in ("view", "desk") if (told := form.one(name))}
        return answers.to(f"{TOP}?{urlencode({'done': act, 'here': reached.here, 'away': reached.away, **kept})}")

    @api.get(TOP + "/map/{area}")
    def small_map(area: str) -> Response:
        actor, room = asker(Right.MANAGE_SCREENS), answers.room
        try:
            drawn = walls.outlines(room.access, actor, room.situation.tree, area)
        except NotThereError:
            raise MissingError from None
        return Response(thumbnail(*drawn), media_type="image/svg+xml", headers={"cache-control": KEPT})

    @api.post(TOP + "/mirror")
    def follow(form: Sent) -> Response:
        actor, hall, desk = asker(Right.MANAGE_SCREENS), _hall(answers), form.one("desk")
        if form.one("act") == "stop":
            showing.stop(hall, actor, desk, now_ms())
            return JSONResponse({"screens": 0, "beyond": 0})
        if form.one("act") == "leave":
            showing.leave(hall, actor, desk, now_ms())
            return JSONResponse({"screens": 0, "beyond": 0})
        found = showing.follow(hall, actor, desk, form.one("address")[:ADDRESS_MAX], now_ms())
        return JSONResponse({"screens": len(found.screens), "beyond": len(found.beyond)})

    return api


def _hall(answers: Answers) -> Hall:
    room = answers.room
    return Hall(room.access, room.situation.tree, partial(view_of, room), room.city.language)


def _done(answers: Answers, request: Request, actor: Actor, form: Form) -> tuple[str, Reached]:
    """What was asked for is done; which act it was, and whom it reached. Raises Declined, MissingError."""
    hall, act, span, at_ms = _hall(answers), form.one("act"), form.one("span"), now_ms()
    logins = _logins(answers, actor, form)
    if act == "push":
        return act, showing.push(hall, actor, logins, _address(request, form), span, at_ms)
    if act == "hold":
        return act, showing.hold(hall, actor, logins, span, at_ms)
    if act == "mirror":
        return act, showing.mirror(hall, actor, logins, form.one("view")[:ADDRESS_MAX], form.one("desk"), at_ms)
    if act == "release":
        return act, showing.release(hall, actor, logins, at_ms)
    raise MissingError


def _logins(answers: Answers, actor: Actor, form: Form) -> list[str]:
    """The walls that were ticked (a page with scripts sends them in one field), and all of an area that was chosen."""
    ticked, area, tree = sorted(_ticked(form)), form.one("within"), answers.room.situation.tree
    if area:
        found = (w for w in _listed(answers, actor, now_ms()) if within(tree, area, w.account.areas[0]))
        releases = form.one("act") == "release"
        ticked += [w.account.login for w in found if w.account.page == "wall" or (releases and w.order)]
    return list(dict.fromkeys(ticked))


def _listed(answers: Answers, actor: Actor, at_ms: int) -> list[Wall]:
    room = answers.room
    return walls.listed(room.access, actor, room.situation.tree, partial(view_of, room), at_ms)


def _address(request: Request, form: Form) -> str:
    """The address that was pasted, else the one that was chosen."""
    told = (form.one("address").strip() or form.one("choice"))[:ADDRESS_MAX]
    if not told:
        raise Declined("choice", "show_what")
    try:
        parts = urlsplit(told)
    except ValueError:
        return told
    if parts.netloc and parts.netloc != request.headers.get("host"):
        raise Declined("address", "show_host", value=parts.netloc[:64])
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _in_words(answers: Answers, request: Request, declined: Declined) -> Declined:
    """The name of the area instead of its code."""
    code = declined.values.get("area")
    if code is None:
        return declined
    tree, lang = answers.room.situation.tree, language_of(request, answers.room.city)
    named = tree.areas[tree.ordinal[code]].label(lang)
    return Declined(declined.field, declined.reason, **declined.values | {"area": named})


def _page(
    answers: Answers, request: Request, actor: Actor, told: Form, declined: Declined | None = None, done: str = ""
) -> Response:
    """``told``: the query, or what was sent and declined. ``done``: the act that was done."""
    room, lang, at_ms = answers.room, language_of(request, answers.room.city), now_ms()
    found = _listed(answers, actor, at_ms)
    cards = [card(room, actor, wall, lang, at_ms) for wall in found]
    values: dict[str, Any] = {"cards": cards, "server_build": room.build, "ticked": _ticked(told)}
    if told.one("part") == "cards":
        return answers.page(request, "walls_cards", **values)
    here = _option(answers, actor, told.one("view"), lang)
    typed = {name: told.one(name)[:ADDRESS_MAX] for name in ("view", "desk", "address", "choice", "within")}
    return answers.page(
        request, "walls", at=TOP + ("?" + urlencode({n: typed[n] for n in ("view", "desk") if typed[n]})),
        declined=declined, done=done, outcome=_outcome(done, told, lang), typed=typed, here=here, spans=list(SPANS),
        span=told.one("span", USUAL_SPAN), programmes=_programmes(answers, actor, lang),
        saved=_saved(answers, actor), groups=groups(room.situation.tree, actor, found, lang), **values,
    )  # fmt: skip


def _outcome(act: str, told: Form, lang: str) -> tuple[list[str], bool]:
    """What came of an act, in words: for how many walls at once, and for how many when they come back; whether for all
    at once."""
    here, away = (int(n) if (n := told.one(name)).isdecimal() and len(n) < 6 else 0 for name in ("here", "away"))
    said = [words(lang, f"walls.done.{act}", n=here)] if act and here else []
    if act and away:
        said.append(words(lang, "walls.away.release" if act == "release" else "walls.away.order", n=away))
    if act == "release" and not said:
        said.append(words(lang, "walls.done.nothing"))
    return said, here > 0 and not away


def _ticked(told: Form) -> frozenset[str]:
    return frozenset((*told.several("screens"), *told.listed("chosen")))


def _option(answers: Answers, actor: Actor, address: str, lang: str) -> Option | None:
    """An address with its words; None where it shows nothing to the actor."""
    try:
        view = view_of(answers.room, actor, address[:ADDRESS_MAX])
    except ViewError:
        return None
    return address, " · ".join(said(answers.room, view, lang))


def _programmes(answers: Answers, actor: Actor, lang: str) -> list[tuple[str, list[Option]]]:
    """The steps of the programmes within reach."""
    found = programmes.listed(answers.room.access, actor, answers.room.situation.tree)
    options = [
        (kept.programme.name, [o for s in kept.programme.steps if (o := _option(answers, actor, s.address, lang))])
        for kept in found
    ]
    return [(name, steps) for name, steps in options if steps]


def _saved(answers: Answers, actor: Actor) -> list[Option]:
    """The actor's saved views of the queue, where it has a queue."""
    if not actor.may(Right.OPEN_EVENTS):
        return []
    return [(view.address, view.name) for view in saved_views.own(answers.room.access, actor)]
