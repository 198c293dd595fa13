"""The API's description as a page, with everything it needs served from here: no request leaves the machine."""

from __future__ import annotations

import base64
import hashlib
import re
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
quarantined with its field, value and rule. Send the key of your feed in `X-Ingest-Key`; it says for which systems,
areas and kinds of records you speak. What is not yours looks as if it did not exist.
Times are ISO 8601 with an offset, or epoch seconds or milliseconds; coordinates are WGS-84 degrees.
"""


def _policy(page: str) -> str:
    """Allows the scripts that stand in this page, by their hashes."""
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline)
    scripts = " ".join(f"'sha256-{h}'" for h in hashes)
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


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
        page = get_swagger_ui_html(
            openapi_url="/api/openapi.json", title="OneScreen API", swagger_js_url="/api/docs/swagger-ui-bundle.js",
            swagger_css_url="/api/docs/swagger-ui.css", swagger_favicon_url="/api/docs/favicon.png",
        )  # fmt: skip
        page.headers["Content-Security-Policy"] = _policy(bytes(page.body).decode())
        return page

    @pages.get("/api/docs/{name}")
    async def asset(name: str) -> FileResponse:
        if name not in ASSETS:
            raise HTTPException(404, "no such file")
        return FileResponse(static / name, media_type=ASSETS[name], headers={"Cache-Control": "max-age=86400"})

    return pages
