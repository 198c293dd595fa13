"""The API's description as a page, with everything it needs served from here: no request leaves the machine."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, HTMLResponse

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
INTRODUCTION = """
Events, actions, units and positions go in here; every answer is 2xx once a record is safely stored **or**
quarantined with its field, value and rule. `X-Ingest-Key` is in the file `ingest.key` of the city's data folder.
Times are ISO 8601 with an offset, or epoch seconds or milliseconds; coordinates are WGS-84 degrees.
"""


def router(described: APIRouter) -> APIRouter:
    """``/api/docs``, ``/api/openapi.json`` and the page's assets, for the routes of ``described``."""
    pages = APIRouter(include_in_schema=False)
    static = Path(str(files("fastapi_offline"))) / "static"
    schema: dict[str, Any] = {}

    @pages.get("/api/openapi.json")
    async def openapi() -> dict[str, Any]:
        if not schema:
            schema.update(
                get_openapi(title="OneScreen", version="1", description=INTRODUCTION, routes=described.routes)
            )
        return schema

    @pages.get("/api/docs")
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/api/openapi.json", title="OneScreen API", swagger_js_url="/api/docs/swagger-ui-bundle.js",
            swagger_css_url="/api/docs/swagger-ui.css", swagger_favicon_url="/api/docs/favicon.png",
        )  # fmt: skip

    @pages.get("/api/docs/{name}")
    async def asset(name: str) -> FileResponse:
        if name not in ASSETS:
            raise HTTPException(404, "no such file")
        return FileResponse(static / name, media_type=ASSETS[name], headers={"Cache-Control": "max-age=86400"})

    return pages
