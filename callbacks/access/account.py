"""My account: who I am here, what I may do, where I am signed in; password and second factor."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, MissingError
from callbacks.access.asked import ID_MAX, Form, caller_of, form_of, is_person, language_of, query_of, session_of
from callbacks.access.coming_in import twice
from callbacks.access.second_factor import to_set_up, unsealed
from callbacks.access.shown import named_areas
from geodata.domain.events import FOLLOWS
from geodata.domain.roles import Right
from geodata.intake.door import now_ms
from geodata.services import signing_in
from geodata.services.accounts import end_token, tokens_of
from geodata.services.actors import asking
from geodata.services.declining import Declined
from geodata.services.passwords import LENGTH_MIN
from geodata.services.sessions import Session

SAID = {"password": "account.password.done", "factor": "account.factor.done", "ended": "account.session.done"}
Query = Annotated[Form, Depends(query_of)]
Sent = Annotated[Form, Depends(form_of)]


def router(answers: Answers) -> APIRouter:
    """``/account``."""
    api = answers.router()
    _shown(api, answers)
    _sessions(api, answers)
    _password(api, answers)
    _second_factor(api, answers)
    return api


def person_of(request: Request) -> Session:
    """The session of a person; MissingError for everybody else."""
    session = session_of(request)
    if session is None or not is_person(session):
        raise MissingError
    return session


def account_page(
    answers: Answers, request: Request, declined: Declined | None = None, notice: str = ""
) -> Response:
    """The account of who asks."""
    session, actor, room = person_of(request), asking.get(), answers.room
    account, lang = session.account, language_of(request, room.city)
    now = now_ms()
    held = tokens_of(room.access, [account.id], ["session"])[account.id]
    return answers.page(
        request, "account", at="/account", declined=declined, notice=notice, account=account,
        roles=account.roles, areas=named_areas(room.situation.tree, actor, account.areas, lang),
        rights=[r.value for r in Right if r in actor.rights], acts=[a for a in FOLLOWS if a in actor.acts],
        sessions=[t for t in held if t.valid(now)], own=actor.token_id, length_min=LENGTH_MIN,
        needs_factor=signing_in.needs_second_factor(room.access, account),
    )  # fmt: skip


def _shown(api: APIRouter, answers: Answers) -> None:
    @api.get("/account")
    def show(request: Request, query: Query) -> Response:
        return account_page(answers, request, notice=SAID.get(query.one("done"), ""))


def _sessions(api: APIRouter, answers: Answers) -> None:
    @api.post("/account/tokens/{token_id:int}/end")
    def end(request: Request, token_id: int) -> Response:
        person_of(request)
        if token_id > ID_MAX:
            raise MissingError
        actor, room = asking.get(), answers.room
        try:
            end_token(room.access, actor, room.situation.tree, token_id, now_ms())
        except Declined as declined:
            return account_page(answers, request, declined)
        answers.changed()
        return answers.to("/account?done=ended" if token_id != actor.token_id else "/login")


def _password(api: APIRouter, answers: Answers) -> None:
    @api.post("/account/password")
    async def change(request: Request, form: Sent) -> Response:
        person_of(request)
        try:
            await answers.slowly(
                signing_in.change_password, answers.room.access, asking.get(), form.one("old"), twice(form), now_ms()
            )
        except Declined as declined:
            return await to_thread.run_sync(account_page, answers, request, declined)
        answers.changed()
        return answers.to("/account?done=password")


def _second_factor(api: APIRouter, answers: Answers) -> None:
    def page(request: Request, form: Form, declined: Declined | None = None) -> Response:
        account = person_of(request).account
        values = to_set_up(answers, account, form.one("sealed"))
        late = bool(form.one("sealed")) and values["sealed"] != form.one("sealed")
        return answers.page(
            request, "second_factor", at="/account/second-factor", declined=declined,
            notice="code.late" if late else "", fresh=values, replaces=bool(account.totp),
        )  # fmt: skip

    @api.get("/account/second-factor")
    def show(request: Request) -> Response:
        return page(request, Form())

    @api.post("/account/second-factor")
    def set_up(request: Request, form: Sent) -> Response:
        account, secret = person_of(request).account, unsealed(answers, form.one("sealed"))
        if secret is None:
            return page(request, form)
        try:
            signing_in.set_up_second_factor(
                answers.room.access, account.id, secret, form.one("code"), caller_of(request), now_ms(),
                password=form.one("password"),
            )
        except Declined as declined:
            return page(request, form, declined)
        answers.changed()
        return answers.to("/account?done=factor")
