"""Answers: errors of the services as HTTP, said once; what a body is read as; and what is answered when the program
itself is at fault."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from geodata.domain.view import ViewError
from geodata.intake.gate import CACHE, HEADERS, PLAIN_POLICY, POLICY, TLS, TLS_ONLY
from geodata.intake.outage import LATER, outage
from geodata.services.actors import NotAllowedError
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Refusal
from geodata.store.engine import StoreError

T = TypeVar("T", bound=BaseModel)


def read_as(kind: type[T], body: bytes | str) -> T:
    """A body of JSON as a model. Raises Refusal with the first field that is wrong, its value and the rule."""
    try:
        return kind.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise Refusal("body", "", "is not JSON") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refusal(where, first["input"] if first["type"] != "missing" else "", first["msg"]) from None


def add_answers(server: FastAPI) -> None:
    """Handlers for what services raise. No answer holds a trace."""

    async def not_allowed(_: Request, error: Any) -> Response:
        return JSONResponse({"detail": str(error)}, 403)

    async def not_there(_: Request, error: Any) -> Response:
        return JSONResponse({"detail": str(error)}, 404)

    async def refused(_: Request, error: Any) -> Response:
        told = {"field": error.field, "value": error.value, "rule": error.rule}
        return JSONResponse({"detail": str(error), **told}, 422)

    async def no_view(request: Request, error: Any) -> Response:
        if error.field == "area":  # not there, or not within reach: both look the same
            return await not_there(request, NotThereError("there is no such area"))
        return await refused(request, Refusal(error.field, error.value, error.rule))

    async def no_database(_: Request, error: Any) -> Response:
        status, detail = outage(error)
        return JSONResponse({"detail": detail}, status, dict(LATER))

    async def our_fault(request: Request, error: Any) -> Response:
        # Starlette answers this outside of the gate, which therefore cannot put its headers on it.
        headers = {**HEADERS, CACHE: "no-store", POLICY: PLAIN_POLICY}
        if request.url.scheme == "https":
            headers[TLS] = TLS_ONLY
        return PlainTextResponse("服务器出错 Internal server error", 500, headers)

    server.add_exception_handler(NotAllowedError, not_allowed)
    server.add_exception_handler(NotThereError, not_there)
    server.add_exception_handler(Refusal, refused)
    server.add_exception_handler(ViewError, no_view)
    server.add_exception_handler(StoreError, no_database)
    server.add_exception_handler(Exception, our_fault)
