"""Coming in by the city's OpenID provider."""

from __future__ import annotations

import logging
import os

from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, MissingError
from callbacks.access.asked import caller_of, local_path
from callbacks.access.coming_in import login_page
from geodata.intake.door import now_ms
from geodata.intake.oidc import OidcConfig, OidcError, Pending, Provider
from geodata.services.declining import Declined
from geodata.services.signing_in import sign_in_federated
from geodata.store.folder import City, DataFolder

log = logging.getLogger(__name__)
ENV = "ONESCREEN_OIDC_SECRET"
COOKIE, PATH, PENDING_S = "onescreen-oidc", "/login/oidc", 600


def router(answers: Answers, provider: Provider | None = None) -> APIRouter:
    """``/login/oidc``; not there where the city has no provider."""
    api = answers.router()
    provider = provider or provider_of(answers.room.city, answers.room.folder)
    configured = answers.room.city.access.oidc is not None

    @api.get(PATH)
    async def begin(request: Request) -> Response:
        if not configured:
            raise MissingError
        goes_on = local_path(request.query_params.get("next", ""))
        try:
            if provider is None:
                raise OidcError("the provider is not configured as it should be; see the log of the start")
            address, pending = await provider.begin(f"{answers.base(request)}{PATH}/back", goes_on)
        except OidcError as error:
            return _failed(answers, request, error, goes_on)
        sealed = answers.room.access.seal.seal(pending.as_json())
        return _keeping(request, answers.to(address), sealed)

    @api.get(PATH + "/back")
    async def back(request: Request) -> Response:
        if not configured:
            raise MissingError
        goes_on = "/"
        try:
            pending = _pending(answers, request)
            goes_on = local_path(pending.next)
            if provider is None:
                raise OidcError("the provider is not configured as it should be; see the log of the start")
            who = await provider.finish(pending, request.url.query)
        except OidcError as error:
            return _keeping(request, _failed(answers, request, error, goes_on), "")
        try:
            signed = await to_thread.run_sync(
                sign_in_federated, answers.room.access, who.subject, who.login, caller_of(request), now_ms()
            )
        except Declined as declined:
            page = login_page(answers, request, goes_on, status=401, declined=declined)
            return _keeping(request, page, "")
        return _keeping(request, answers.let_in(request, signed, goes_on), "")

    return api


def provider_of(city: City, folder: DataFolder) -> Provider | None:
    """The provider that ``city.toml`` names; None without one, and where its configuration cannot work."""
    rules = city.access.oidc
    if rules is None:
        return None
    secret = os.environ.get(ENV, "")
    if not secret and folder.oidc_secret.exists():
        secret = folder.oidc_secret.read_text("utf-8")
    try:
        return Provider(OidcConfig(rules.issuer, rules.client_id, secret.strip(), rules.claim, rules.scopes))
    except OidcError as error:
        log.error("nobody can come in by the OpenID provider: %s", error)
        return None


def _pending(answers: Answers, request: Request) -> Pending:
    kept = request.cookies.get(COOKIE, "")
    told = answers.room.access.seal.unseal(kept, PENDING_S) if kept else None
    if told is None:
        raise OidcError("nothing is remembered of this login, or it took too long")
    return Pending.from_json(told)


def _failed(answers: Answers, request: Request, error: OidcError, goes_on: str) -> Response:
    log.warning("a login by the OpenID provider failed: %s", error)
    return login_page(answers, request, goes_on, status=401, notice="login.oidc.failed")


def _keeping(request: Request, response: Response, sealed: str) -> Response:
    """The answer with what has to be remembered until the browser is back, or without it."""
    response.set_cookie(
        COOKIE, sealed, max_age=PENDING_S if sealed else 0, path=PATH, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return response
