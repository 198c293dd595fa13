"""The field page: an empty shell that works without a network, its manifest and its service worker."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, asker
from callbacks.access.asked import language_of, theme_of
from callbacks.field import pictures, sent, shown
from dashboard.forms import ASSETS
from dashboard.words import words
from dashboard.words_field import WORDS
from geodata.domain.roles import Right
from geodata.intake.gate import HEADERS

PAGE, SCOPE = "/field", "/field"
LIGHT = "light"  # a phone is read in the sun
SCRIPTS = ("base", "build", "store", "place", "photo", "sending", "line", "map", "sheet", "tasks", "duty", "start")
STYLES = ("field", "field_tasks", "field_sheet")
ICONS: Mapping[str, str] = MappingProxyType({"192x192": "192", "512x512": "512"})
PERMISSIONS = "permissions-policy"
HERE = HEADERS[PERMISSIONS].replace("geolocation=()", "geolocation=(self)")
"""Only this page may ask where the phone is; whether it may, its owner says."""


def router(answers: Answers) -> APIRouter:
    """``/field`` and ``/photos``."""
    api = APIRouter(include_in_schema=False)
    api.include_router(_page(answers))
    api.include_router(shown.router(answers.room))
    api.include_router(sent.router(answers.room))
    api.include_router(pictures.router(answers.room))
    return api


def _page(answers: Answers) -> APIRouter:
    api, room = answers.router(), answers.room

    @api.get(PAGE)
    def page(request: Request) -> Response:
        """The same bytes for every unit: what is the unit's own comes later, and is not kept with the page."""
        asker(Right.SIGN_ON)
        lang = language_of(request, room.city)
        said = {key: words(lang, key) for key in WORDS}
        shown_page = answers.page(
            request, "field", said=orjson.dumps(said).decode(), build=room.build, scripts=SCRIPTS, styles=STYLES,
            theme=theme_of(request, LIGHT),
        )  # fmt: skip
        shown_page.headers[PERMISSIONS] = HERE
        return shown_page

    @api.get(PAGE + "/manifest.webmanifest")
    def manifest(request: Request) -> Response:
        asker(Right.SIGN_ON)
        lang = language_of(request, room.city)
        title = room.city.title_en if lang == "en" else room.city.title_zh
        icons = [
            {"src": f"/assets/field_icon_{n}.png", "sizes": sizes, "type": "image/png", "purpose": purpose}
            for sizes, n in ICONS.items() for purpose in ("any", "maskable")
        ]  # fmt: skip
        told = {
            "name": f"{words(lang, 'field.title')} · {title}", "short_name": words(lang, "field.title"), "id": PAGE,
            "start_url": PAGE, "scope": SCOPE, "display": "standalone", "orientation": "portrait", "lang": lang,
            "background_color": "#f4f7fb", "theme_color": "#0f2540", "icons": icons,
        }  # fmt: skip
        return Response(orjson.dumps(told), media_type="application/manifest+json")

    @api.get(PAGE + "/worker.js")
    def worker() -> Response:
        asker(Right.SIGN_ON)
        script = (ASSETS / "field_worker.js").read_bytes()
        return Response(script, media_type="text/javascript", headers={"Service-Worker-Allowed": SCOPE})

    return api
