"""What is answered: a page, another address with a cookie, or the one page for whatever is not there."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.asked import is_person, language_of, session_of, theme_of
from callbacks.room import Room
from dashboard.forms import render
from dashboard.words import words
from geodata.domain.roles import Right
from geodata.domain.view import LANGUAGES, THEMES
from geodata.intake.door import now_ms
from geodata.intake.gate import COOKIE, SECURE_COOKIE
from geodata.services.actors import Actor, NotAllowedError, asking
from geodata.services.declining import Declined
from geodata.services.signing_in import SignedIn

P = ParamSpec("P")
R = TypeVar("R")
DAY_S = 86_400
SCREEN_S, CHOICE_S = 400 * DAY_S, 365 * DAY_S
SLOW_AT_ONCE = 2
NAV: Sequence[tuple[str, str, Right | None]] = (
    ("/", "nav.map", None),
    ("/admin/people", "nav.people", Right.MANAGE_ACCOUNTS),
    ("/walls", "nav.walls", Right.MANAGE_SCREENS),
    ("/admin/screens", "nav.screens", Right.MANAGE_SCREENS),
    ("/admin/programmes", "nav.programmes", Right.MANAGE_SCREENS),
    ("/admin/phones", "nav.phones", Right.MANAGE_PHONES),
    ("/admin/feeds", "nav.feeds", Right.MANAGE_FEEDS),
    ("/admin/quarantine", "nav.quarantine", Right.READ_QUARANTINE),
    ("/admin/rights", "nav.rights", Right.MANAGE_ACCOUNTS),
    ("/briefings", "nav.briefings", Right.OPEN_EVENTS),
    ("/alerts", "nav.alerts", Right.READ_ALERTS),
    ("/audit", "nav.audit", Right.READ_AUDIT),
)


class MissingError(LookupError):
    """There is no such page for who asks; ``far`` where it is read from far away, by whoever stands before a wall."""

    def __init__(self, *, far: bool = False) -> None:
        super().__init__("there is no such page")
        self.far = far


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers in the name of one room. ``slow`` bounds how many passwords are checked at once."""

    room: Room
    slow: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(SLOW_AT_ONCE))

    def router(self) -> APIRouter:
        """An empty router whose refused pages look like pages that are not there."""
        return APIRouter(include_in_schema=False, route_class=_calm(self))

    def page(
        self, request: Request, name: str, *, status: int = 200, at: str = "", declined: Declined | None = None,
        notice: str = "", **values: object,
    ) -> HTMLResponse:  # fmt: skip
        """A page in the language of who asks.

        ``at``: the address whose page this is, where the request's own cannot be asked for again. ``declined`` goes to
        its field, ``notice`` (a key) to the top.
        """
        city, lang = self.room.city, language_of(request, self.room.city)
        shared = {
            "city_title": city.title_en if lang == "en" else city.title_zh, "demo": city.demo, "at": at,
            "theme": theme_of(request), "notice": notice, "now_ms": now_ms(), "wrong": _wrong(lang, declined),
            "may_step_in": self.room.access.demo,
            **_who(request, where=request.url.path if status != 404 else ""),
        }  # fmt: skip
        html = render(name, lang, zone=city.zone, **(shared | values))
        return self._remember(request, HTMLResponse(html, 422 if declined is not None and status == 200 else status))

    def missing(self, request: Request, *, far: bool = False) -> HTMLResponse:
        """The one page for an address that is not there, or not for who asks."""
        return self.page(request, "far" if far else "missing", status=404)

    def to(self, address: str) -> RedirectResponse:
        """On to another page."""
        return RedirectResponse(address, 303)

    def let_in(self, request: Request, signed: SignedIn, goes_on: str) -> Response:
        """On with a new session, by way of the second factor where it is missing."""
        self.changed()
        if signed.kind == "half":
            goes_on = with_next("/login/code", goes_on)
        lasting = SCREEN_S if signed.kind == "screen" else None
        return self.with_cookie(request, self.to(goes_on), signed.secret, lasting)

    def with_cookie(self, request: Request, response: Response, secret: str, max_age_s: int | None = None) -> Response:
        """The answer with a session's secret, or without any: ``secret`` ``""`` takes it away."""
        secure = request.url.scheme == "https"
        response.set_cookie(
            SECURE_COOKIE if secure else COOKIE, secret, max_age=max_age_s if secret else 0, httponly=True,
            samesite="lax", path="/", secure=secure,
        )  # fmt: skip
        return response

    def changed(self) -> None:
        """Something about accounts was changed: look everything up again."""
        self.room.sessions.forget()

    async def slowly(self, check: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What a check of a password comes to, in a thread; only a few at once."""
        return await to_thread.run_sync(lambda: check(*args, **kwargs), limiter=self.slow)

    def base(self, request: Request) -> str:
        """The address that people use, without a slash at its end."""
        return (self.room.city.access.address or str(request.base_url)).rstrip("/")

    def _remember(self, request: Request, response: HTMLResponse) -> HTMLResponse:
        for name, allowed in (("lang", LANGUAGES), ("theme", THEMES)):
            told = request.query_params.get(name)
            if told in allowed and told != request.cookies.get(name):
                secure = request.url.scheme == "https"
                response.set_cookie(name, told, max_age=CHOICE_S, httponly=True, samesite="lax", secure=secure)
        return response


def with_next(address: str, goes_on: str) -> str:
    """The address of a page that knows where to go on to."""
    return address + (f"?next={quote(goes_on, safe='')}" if goes_on != "/" else "")


def asker(right: Right) -> Actor:
    """Who asks, where it has the right; NotAllowedError."""
    actor = asking.get()
    actor.needs(right)
    return actor


def _who(request: Request, where: str) -> dict[str, object]:
    """Who has signed in, and the pages it may go to; ``where`` it is now."""
    session, actor = session_of(request), asking.get()
    if session is None or not is_person(session):
        return {"who": "", "login": "", "nav": []}
    nav = [
        (href, key, where == href or (href != "/" and where.startswith(href + "/")))
        for href, key, right in NAV if right is None or actor.may(right)
    ]  # fmt: skip
    return {"who": session.account.name or session.account.login, "login": session.account.login, "nav": nav}


def _wrong(lang: str, declined: Declined | None) -> Mapping[str, str]:
    if declined is None:
        return {}
    return {declined.field: words(lang, f"declined.{declined.reason}", **declined.values)}


def _calm(answers: Answers) -> type[APIRoute]:
    class CalmRoute(APIRoute):
        """A route whose refusals are pages."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def calm(request: Request) -> Response:
                try:
                    return await handle(request)
                except MissingError as missing:
                    return answers.missing(request, far=missing.far)
                except (NotAllowedError, Declined):  # declined without a form that could say so
                    return answers.missing(request)

            return calm

    return CalmRoute
