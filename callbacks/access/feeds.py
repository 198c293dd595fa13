"""Feeds: the systems that send or read data, and their keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, MissingError, asker
from callbacks.access.asked import ID_MAX, Form, form_of, language_of, query_of
from callbacks.access.managing import (
    DONE,
    account_of,
    added,
    address_of_account,
    areas_shown,
    ended,
    renewed,
    saved,
    secret_page,
    wanted_again,
    wanted_of,
)
from callbacks.access.shown import last_used, named_areas
from geodata.domain.roles import Right, Role, Scope
from geodata.intake.door import now_ms
from geodata.services.accounts import Wanted, end_token, managed, tokens_of
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.held_back import waiting_of
from geodata.store.accounts import Account

TOP = "/admin/feeds"
FEED = (Role.FEED,)
SCOPES = [s.value for s in Scope]
Query = Annotated[Form, Depends(query_of)]
Sent = Annotated[Form, Depends(form_of)]


def router(answers: Answers) -> APIRouter:
    """``/admin/feeds``."""
    api = answers.router()
    _listed(api, answers)
    _one(api, answers)
    _keys(api, answers)
    return api


def _of_feeds(told: Wanted) -> Wanted:
    return Wanted(told.login, told.name, FEED, told.areas, told.scopes, told.systems)


def _page(
    answers: Answers, request: Request, actor: Actor, wanted: Wanted, declined: Declined | None = None,
    notice: str = "",
) -> Response:  # fmt: skip
    room, lang = answers.room, language_of(request, answers.room.city)
    found = managed(room.access, actor, room.situation.tree, FEED)
    held = tokens_of(room.access, [a.id for a in found], ["feed"])
    waiting = waiting_of(room.access, room.situation.tree, actor)
    rows = [
        {
            "waiting": None if waiting is None else waiting[a.id], "account": a,
            "areas": named_areas(room.situation.tree, actor, a.areas, lang), "keys": len(held[a.id]),
            "used_ms": last_used([t for t in held[a.id] if t.used_ms], "feed"),
        }
        for a in found
    ]  # fmt: skip
    return answers.page(
        request, "feeds", at=TOP, declined=declined, notice=notice, rows=rows, wanted=wanted, scopes=SCOPES,
        places=areas_shown(answers, request, actor, wanted),
        held=waiting is not None,
    )  # fmt: skip


def _listed(api: APIRouter, answers: Answers) -> None:
    @api.get(TOP)
    def show(request: Request, query: Query) -> Response:
        actor = asker(Right.MANAGE_FEEDS)
        return _page(answers, request, actor, Wanted(""), notice=DONE.get(query.one("done"), ""))

    @api.post(TOP)
    def add(request: Request, form: Sent) -> Response:
        actor, wanted = asker(Right.MANAGE_FEEDS), _of_feeds(wanted_of(form))
        try:
            made, secret = added(answers, actor, wanted)
        except Declined as declined:
            return _page(answers, request, actor, wanted, declined)
        return secret_page(answers, request, made, secret, back=address_of_account(TOP, made))


def _feed_page(
    answers: Answers, request: Request, actor: Actor, account: Account, wanted: Wanted,
    declined: Declined | None = None, done: str = "",
) -> Response:  # fmt: skip
    keys = tokens_of(answers.room.access, [account.id], ["feed"])[account.id]
    here = address_of_account(TOP, account)
    waiting = waiting_of(answers.room.access, answers.room.situation.tree, actor)
    return answers.page(
        request, "feed", at=here, declined=declined, notice=DONE.get(done, ""), account=account, wanted=wanted,
        scopes=SCOPES, keys=keys, here=here, places=areas_shown(answers, request, actor, wanted),
        waiting=None if waiting is None else waiting[account.id],
    )  # fmt: skip


def _one(api: APIRouter, answers: Answers) -> None:
    @api.get(TOP + "/{login}")
    def show(request: Request, login: str, query: Query) -> Response:
        actor = asker(Right.MANAGE_FEEDS)
        account = account_of(answers, actor, FEED, login)
        return _feed_page(answers, request, actor, account, wanted_again(account), done=query.one("done"))

    @api.post(TOP + "/{login}")
    def save(request: Request, login: str, form: Sent) -> Response:
        actor = asker(Right.MANAGE_FEEDS)
        account, wanted = account_of(answers, actor, FEED, login), _of_feeds(wanted_of(form, login))
        try:
            return saved(answers, actor, TOP, account, wanted)
        except Declined as declined:
            return _feed_page(answers, request, actor, account, wanted, declined)

    @api.post(TOP + "/{login}/end")
    def end(login: str) -> Response:
        actor = asker(Right.MANAGE_FEEDS)
        ended(answers, actor, account_of(answers, actor, FEED, login))
        return answers.to(f"{TOP}?done=ended")


def _keys(api: APIRouter, answers: Answers) -> None:
    @api.post(TOP + "/{login}/key")
    def another_key(request: Request, login: str) -> Response:
        actor = asker(Right.MANAGE_FEEDS)
        account = account_of(answers, actor, FEED, login)
        return renewed(answers, request, actor, account, back=address_of_account(TOP, account))

    @api.post(TOP + "/{login}/keys/{token_id:int}/end")
    def end_key(login: str, token_id: int) -> Response:
        actor = asker(Right.MANAGE_FEEDS)
        account, room = account_of(answers, actor, FEED, login), answers.room
        held = tokens_of(room.access, [account.id], ["feed"])[account.id]
        if token_id > ID_MAX or token_id not in {t.id for t in held}:
            raise MissingError
        end_token(room.access, actor, room.situation.tree, token_id, now_ms())
        answers.changed()
        return answers.to(address_of_account(TOP, account) + "?done=key")
