"""Coming in and going: password, second factor, invitation, the link of a screen."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import SCREEN_S, Answers, MissingError, with_next
from callbacks.access.asked import (
    Form,
    caller_of,
    form_of,
    is_person,
    language_of,
    local_path,
    query_of,
    session_of,
)
from callbacks.access.second_factor import to_set_up, unsealed
from geodata.domain.view import MapView
from geodata.intake.door import now_ms
from geodata.intake.gate import cookie_of, own_page
from geodata.services import phones, screens, signing_in
from geodata.services.actors import asking
from geodata.services.declining import Declined
from geodata.services.passwords import LENGTH_MIN
from geodata.services.sessions import Session
from geodata.store.tokens import Kind

FIELD = "/field"
Query = Annotated[Form, Depends(query_of)]
Sent = Annotated[Form, Depends(form_of)]


def router(answers: Answers) -> APIRouter:
    """``/login``, ``/welcome``, ``/s``, ``/f`` and ``/logout``."""
    api = answers.router()
    _password(api, answers)
    _code(api, answers)
    _invitation(api, answers)
    _screen(api, answers)
    _phone(api, answers)
    _going(api, answers)
    return api


def login_page(
    answers: Answers, request: Request, goes_on: str, *, typed: str = "", status: int = 200,
    declined: Declined | None = None, notice: str = "",
) -> Response:  # fmt: skip
    """The page that asks for login and password."""
    oidc, lang = answers.room.city.access.oidc, language_of(request, answers.room.city)
    label = (oidc.label_en if lang == "en" else oidc.label_zh) if oidc else ""
    return answers.page(
        request, "login", status=status, at=with_next("/login", goes_on), declined=declined, notice=notice,
        typed=typed[:64], goes_on=goes_on, oidc_label=label,
    )  # fmt: skip


def _password(api: APIRouter, answers: Answers) -> None:
    @api.get("/login")
    def show(request: Request, query: Query) -> Response:
        goes_on = local_path(query.one("next"))
        if is_person(session_of(request)):
            return answers.to(goes_on)
        return login_page(answers, request, goes_on)

    @api.post("/login")
    async def sign_in(request: Request, form: Sent) -> Response:
        goes_on, login = local_path(form.one("next")), form.one("login").strip()
        try:
            signed = await answers.slowly(
                signing_in.sign_in, answers.room.access, login, form.one("password"), caller_of(request), now_ms()
            )
        except Declined as declined:
            return login_page(answers, request, goes_on, typed=login, status=401, declined=declined)
        return answers.let_in(request, signed, goes_on)


def _held(answers: Answers, secret: str, kind: Kind) -> Session | None:
    """The session of a secret of one kind; for a thread."""
    if not secret or len(secret) > 256:
        return None
    found = answers.room.sessions.find(secret, (kind,), now_ms())
    return found[0] if found else None


def _code(api: APIRouter, answers: Answers) -> None:
    access = answers.room.access

    def page(request: Request, half: Session, form: Form, declined: Declined | None = None) -> Response:
        fresh = not half.account.totp
        values = to_set_up(answers, half.account, form.one("sealed")) if fresh else {}
        # A form that took too long brings a secret that no longer counts: the page then shows another one.
        late = fresh and bool(form.one("sealed")) and values["sealed"] != form.one("sealed")
        goes_on = local_path(form.one("next"))
        return answers.page(
            request, "code", at=with_next("/login/code", goes_on), declined=declined,
            notice="code.late" if late else "", fresh=values, goes_on=goes_on, typed=half.account.login,
        )  # fmt: skip

    @api.get("/login/code")
    def show(request: Request, query: Query) -> Response:
        half = _held(answers, cookie_of(request), "half")
        return answers.to("/login") if half is None else page(request, half, query)

    @api.post("/login/code")
    def pass_(request: Request, form: Sent) -> Response:
        half = _held(answers, cookie_of(request), "half")
        if half is None:
            return answers.to("/login")
        token, caller, code = half.token, caller_of(request), form.one("code")
        try:
            if half.account.totp:
                signed = signing_in.pass_second_factor(access, token, code, caller, now_ms())
            else:
                secret = unsealed(answers, form.one("sealed"))
                whole = secret and signing_in.set_up_second_factor(
                    access, half.account.id, secret, code, caller, now_ms(), half=token
                )
                if not whole:
                    return page(request, half, form)
                signed = whole
        except Declined as declined:
            return page(request, half, form, declined)
        return answers.let_in(request, signed, local_path(form.one("next")))


def _invitation(api: APIRouter, answers: Answers) -> None:
    def page(request: Request, invite: Session, declined: Declined | None = None) -> Response:
        return answers.page(
            request, "welcome", declined=declined, typed=invite.account.login, length_min=LENGTH_MIN,
            expires_ms=invite.token.expires_ms,
        )

    @api.get("/welcome/{secret}")
    def show(request: Request, secret: str) -> Response:
        invite = _held(answers, secret, "invite")
        return page(request, invite) if invite else answers.page(request, "uninvited", status=404)

    @api.post("/welcome/{secret}")
    async def accept(request: Request, secret: str, form: Sent) -> Response:
        invite = await to_thread.run_sync(_held, answers, secret, "invite")
        if invite is None:
            return answers.page(request, "uninvited", status=404)
        try:
            signed = await answers.slowly(
                signing_in.accept_invitation, answers.room.access, invite.token, twice(form), caller_of(request),
                now_ms(),
            )  # fmt: skip
        except Declined as declined:
            if declined.reason == "link_used":
                return answers.page(request, "uninvited", status=404)
            return page(request, invite, declined)
        return answers.let_in(request, signed, "/")


def twice(form: Form) -> str:
    """The new password that was typed twice. Declined where the two differ."""
    if form.one("password") != form.one("again"):
        raise Declined("again", "passwords_differ")
    return form.one("password")


def _screen(api: APIRouter, answers: Answers) -> None:
    @api.get("/s/{secret}")
    def open_screen(request: Request, secret: str) -> Response:
        screen = _held(answers, secret, "screen")
        if screen is None or not screen.account.areas:
            raise MissingError(far=True)
        if is_person(session_of(request)) and not own_page(request, must_say=False):
            raise MissingError(far=True)  # no page of somebody else takes a person's session away
        screens.opened(answers.room.access, screen.account, screen.token, caller_of(request), now_ms())
        view = MapView(screen.account.areas[0], screen.account.page, lang=answers.room.city.language)
        return answers.with_cookie(request, answers.to(view.address()), secret, SCREEN_S)

    @api.get("/s")
    @api.get("/s/{rest:path}")
    def no_screen() -> Response:
        raise MissingError(far=True)


def _phone(api: APIRouter, answers: Answers) -> None:
    @api.get("/f/{secret}")
    def open_phone(request: Request, secret: str) -> Response:
        phone = _held(answers, secret, "field")
        if phone is None or not phones.may_open(phone.account):
            return answers.page(request, "unlinked", status=404)
        if is_person(session_of(request)) and not own_page(request, must_say=False):
            raise MissingError  # no page of somebody else takes a person's session away
        phones.opened(answers.room.access, phone.account, phone.token, caller_of(request), now_ms())
        return answers.with_cookie(request, answers.to(FIELD), secret, SCREEN_S)

    @api.get("/f")
    @api.get("/f/{rest:path}")
    def no_phone(request: Request) -> Response:
        return answers.page(request, "unlinked", status=404)


def _going(api: APIRouter, answers: Answers) -> None:
    def leave(request: Request, *, everywhere: bool) -> Response:
        # A wall has nobody to sign it in again: its link is ended where screens are managed.
        if not is_person(session_of(request)):
            raise MissingError
        signing_in.sign_out(answers.room.access, asking.get(), now_ms(), everywhere=everywhere)
        answers.changed()
        gone = answers.to("/login")
        gone.headers["Clear-Site-Data"] = '"cache"'  # outlines and tiles are kept by the browser
        return answers.with_cookie(request, gone, "")

    @api.post("/logout")
    def sign_out(request: Request) -> Response:
        return leave(request, everywhere=False)

    @api.post("/logout/everywhere")
    def sign_out_everywhere(request: Request) -> Response:
        return leave(request, everywhere=True)
