"""Screens: what hangs on walls, each with a link of its own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, MissingError, asker
from callbacks.access.asked import Form, form_of, language_of, number_of, query_of
from callbacks.access.managing import (
    DONE,
    account_of,
    added,
    address_of_account,
    areas_shown,
    ended,
    renewed,
    secret_page,
    wanted_of,
)
from callbacks.access.shown import named_areas
from callbacks.access.step_form import NONE, local_minutes, minutes_of
from geodata.domain.kiosk import Kiosk
from geodata.domain.roles import Right, Role
from geodata.domain.view import SCREEN_PAGES
from geodata.intake.door import now_ms
from geodata.services import programmes
from geodata.services.accounts import Wanted, managed, tokens_of
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.looking import NotThereError
from geodata.services.screens import last_opened
from geodata.store.programmes import Screen

TOP = "/admin/screens"
PIXELS = ("top", "right", "bottom", "left", "columns", "rows", "bezel", "dim", "shift")
HOURS = ("dim_from", "dim_to")
SCREEN = (Role.SCREEN,)
NEW = Wanted("", roles=SCREEN, page=SCREEN_PAGES[0])
Query = Annotated[Form, Depends(query_of)]
Sent = Annotated[Form, Depends(form_of)]


def router(answers: Answers) -> APIRouter:
    """``/admin/screens``."""
    api = answers.router()

    @api.get(TOP)
    def show(request: Request, query: Query) -> Response:
        actor = asker(Right.MANAGE_SCREENS)
        return _page(answers, request, actor, NEW, notice=DONE.get(query.one("done"), ""))

    @api.post(TOP)
    def add(request: Request, form: Sent) -> Response:
        actor = asker(Right.MANAGE_SCREENS)
        told = wanted_of(form)
        wanted = Wanted(told.login, told.name, SCREEN, told.areas, page=told.page)
        try:
            made, secret = added(answers, actor, wanted)
        except Declined as declined:
            return _page(answers, request, actor, wanted, declined)
        return secret_page(answers, request, made, secret, back=TOP)

    @api.post(TOP + "/{login}/renew")
    def renew(request: Request, login: str) -> Response:
        actor = asker(Right.MANAGE_SCREENS)
        return renewed(answers, request, actor, account_of(answers, actor, SCREEN, login), back=TOP)

    @api.post(TOP + "/{login}/end")
    def end(login: str) -> Response:
        actor = asker(Right.MANAGE_SCREENS)
        ended(answers, actor, account_of(answers, actor, SCREEN, login))
        return answers.to(f"{TOP}?done=ended")

    _hanging(api, answers)
    return api


def _hanging(api: APIRouter, answers: Answers) -> None:
    @api.get(TOP + "/{login}")
    def show(request: Request, login: str, query: Query) -> Response:
        return _screen_page(answers, request, asker(Right.MANAGE_SCREENS), login, query)

    @api.post(TOP + "/{login}")
    def hang(request: Request, login: str, form: Sent) -> Response:
        actor, room, number = asker(Right.MANAGE_SCREENS), answers.room, form.one("programme")
        pixels = {name: NONE if (n := number_of(form.one(name))) is None else n for name in PIXELS}
        kiosk = Kiosk(**pixels, **{name: minutes_of(form.one(name)) for name in HOURS})
        wanted = Screen((number_of(number) or NONE) if number else None, kiosk)
        try:
            programmes.hang(room.access, actor, room.situation.tree, login, wanted, now_ms())
        except NotThereError:
            raise MissingError from None
        except Declined as declined:
            return _screen_page(answers, request, actor, login, form, declined)
        return answers.to(f"{TOP}/{login}?done=changed")


def _screen_page(
    answers: Answers, request: Request, actor: Actor, login: str, told: Form, declined: Declined | None = None
) -> Response:
    """``told``: the query, or what was typed and declined."""
    room, lang = answers.room, language_of(request, answers.room.city)
    tree = room.situation.tree
    try:
        account, screen = programmes.screen(room.access, actor, tree, login)
    except NotThereError:
        raise MissingError from None
    typed = {name: str(getattr(screen.kiosk, name)) for name in PIXELS}
    typed |= {name: local_minutes(getattr(screen.kiosk, name)) for name in HOURS}
    typed["programme"] = str(screen.programme_id or "")
    if declined is not None:
        typed = {name: told.one(name)[:16] for name in typed}
    return answers.page(
        request, "screen", at=address_of_account(TOP, account), declined=declined,
        notice=DONE.get(told.one("done"), ""), account=account, here=address_of_account(TOP, account), typed=typed,
        offered=programmes.offered(room.access, actor, tree, account, screen),
        areas=named_areas(tree, actor, account.areas, lang),
    )  # fmt: skip


def _page(
    answers: Answers, request: Request, actor: Actor, wanted: Wanted, declined: Declined | None = None,
    notice: str = "",
) -> Response:  # fmt: skip
    room, lang = answers.room, language_of(request, answers.room.city)
    tree, opened = room.situation.tree, last_opened(room.access)
    found = managed(room.access, actor, tree, SCREEN)
    held = tokens_of(room.access, [a.id for a in found], ["screen"])
    rows = [
        {
            "account": a, "areas": named_areas(tree, actor, a.areas, lang), "opened": opened.get(a.login),
            "used_ms": max((t.used_ms or 0 for t in held[a.id]), default=0) or None,
        }
        for a in found
    ]  # fmt: skip
    return answers.page(
        request, "screens", at=TOP, declined=declined, notice=notice, rows=rows, wanted=wanted, pages=SCREEN_PAGES,
        places=areas_shown(answers, request, actor, wanted),
    )  # fmt: skip
