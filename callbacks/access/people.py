"""People: the accounts that a person signs in to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, asker
from callbacks.access.asked import Form, form_of, language_of, query_of
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
from callbacks.access.shown import last_used, named_areas, state_of
from geodata.domain.roles import PEOPLE, Right, Role
from geodata.intake.door import now_ms
from geodata.services.accounts import Wanted, managed, tokens_of
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.signing_in import needs_second_factor
from geodata.store.accounts import Account

TOP = "/admin/people"
SHOWN_MAX = 300
OFFERED = [r.value for r in Role if r in PEOPLE]
Query = Annotated[Form, Depends(query_of)]
Sent = Annotated[Form, Depends(form_of)]


def router(answers: Answers) -> APIRouter:
    """``/admin/people``."""
    api = answers.router()
    _listed(api, answers)
    _one(api, answers)
    _secrets(api, answers)
    return api


def _page(
    answers: Answers, request: Request, actor: Actor, query: Form, wanted: Wanted, declined: Declined | None = None
) -> Response:
    room, now = answers.room, now_ms()
    sought = query.one("q").strip().casefold()
    found = [
        a for a in managed(room.access, actor, room.situation.tree, PEOPLE)
        if sought in a.login or sought in a.name.casefold()
    ]  # fmt: skip
    shown = found[:SHOWN_MAX]
    held = tokens_of(room.access, [a.id for a in shown], ("session", "invite"))
    lang = language_of(request, room.city)
    rows = [
        {
            "account": a, "state": state_of(a, held[a.id], now), "used_ms": last_used(held[a.id], "session"),
            "areas": named_areas(room.situation.tree, actor, a.areas, lang),
            "needs_factor": needs_second_factor(room.access, a),
        }
        for a in shown
    ]  # fmt: skip
    return answers.page(
        request, "people", at=TOP, declined=declined, notice=DONE.get(query.one("done"), ""), rows=rows,
        total=len(found), sought=query.one("q")[:64], wanted=wanted, offered=OFFERED,
        may_federate=room.city.access.oidc is not None, places=areas_shown(answers, request, actor, wanted),
    )  # fmt: skip


def _listed(api: APIRouter, answers: Answers) -> None:
    @api.get(TOP)
    def show(request: Request, query: Query) -> Response:
        return _page(answers, request, asker(Right.MANAGE_ACCOUNTS), query, Wanted(""))

    @api.post(TOP)
    def add(request: Request, form: Sent) -> Response:
        actor, wanted = asker(Right.MANAGE_ACCOUNTS), _of_people(wanted_of(form))
        try:
            made, secret = added(answers, actor, wanted)
        except Declined as declined:
            return _page(answers, request, actor, Form(), wanted, declined)
        return secret_page(answers, request, made, secret, back=TOP)


def _of_people(wanted: Wanted) -> Wanted:
    """A screen and a feed have pages of their own."""
    if not set(wanted.roles) <= set(OFFERED):
        return Wanted(wanted.login, wanted.name, (), wanted.areas)
    return wanted


def _person_page(
    answers: Answers, request: Request, actor: Actor, account: Account, wanted: Wanted,
    declined: Declined | None = None, done: str = "",
) -> Response:  # fmt: skip
    room, now = answers.room, now_ms()
    held = tokens_of(room.access, [account.id], ("session", "invite"))[account.id]
    return answers.page(
        request, "person", at=address_of_account(TOP, account), declined=declined, notice=DONE.get(done, ""),
        account=account, wanted=wanted, offered=OFFERED, state=state_of(account, held, now),
        used_ms=last_used(held, "session"), needs_factor=needs_second_factor(room.access, account),
        oneself=account.id == actor.account_id, may_federate=room.city.access.oidc is not None,
        here=address_of_account(TOP, account), places=areas_shown(answers, request, actor, wanted),
    )  # fmt: skip


def _one(api: APIRouter, answers: Answers) -> None:
    @api.get(TOP + "/{login}")
    def show(request: Request, login: str, query: Query) -> Response:
        actor = asker(Right.MANAGE_ACCOUNTS)
        account = account_of(answers, actor, PEOPLE, login)
        return _person_page(answers, request, actor, account, wanted_again(account), done=query.one("done"))

    @api.post(TOP + "/{login}")
    def save(request: Request, login: str, form: Sent) -> Response:
        actor = asker(Right.MANAGE_ACCOUNTS)
        account, wanted = account_of(answers, actor, PEOPLE, login), _of_people(wanted_of(form, login))
        try:
            return saved(answers, actor, TOP, account, wanted)
        except Declined as declined:
            return _person_page(answers, request, actor, account, wanted, declined)

    @api.post(TOP + "/{login}/end")
    def end(request: Request, login: str) -> Response:
        actor = asker(Right.MANAGE_ACCOUNTS)
        account = account_of(answers, actor, PEOPLE, login)
        try:
            ended(answers, actor, account)
        except Declined as declined:
            return _person_page(answers, request, actor, account, wanted_again(account), declined)
        return answers.to(f"{TOP}?done=ended")


def _secrets(api: APIRouter, answers: Answers) -> None:
    def invite(request: Request, login: str, *, forget_factor: bool) -> Response:
        actor = asker(Right.MANAGE_ACCOUNTS)
        account = account_of(answers, actor, PEOPLE, login)
        back = address_of_account(TOP, account)
        return renewed(answers, request, actor, account, back=back, forget_factor=forget_factor)

    @api.post(TOP + "/{login}/invite")
    def invite_again(request: Request, login: str) -> Response:
        return invite(request, login, forget_factor=False)

    @api.post(TOP + "/{login}/forget-second-factor")
    def forget_second_factor(request: Request, login: str) -> Response:
        return invite(request, login, forget_factor=True)
