"""Well-formed: what no page of ours asks of Dash is answered before Dash reads it and calls it its own fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson
from dash import Dash
from dash.fingerprint import check_fingerprint
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import ids

CALLBACKS, SUITES = "/_dash-update-component", "/_dash-component-suites/"
SENT: Mapping[tuple[str, str], Mapping[str, type] | type] = MappingProxyType({
    (ids.URL, "pathname"): str,
    (ids.URL, "search"): str,
    (ids.SEARCH_ASK, "data"): {"n": int, "text": str, "lang": str},
    (ids.SELECTION_ASK, "data"): {"n": int, "selected": str, "lang": str, "address": str},
    (ids.CONTACT_ASK, "data"): {"n": int, "code": str},
    (ids.STEP_ASK, "data"): {
        "n": int, "code": str, "action": str, "rev": int, "reason": str, "unit": str, "assists": list, "until_h": int,
        "into": str, "kind": str, "accountable": str, "confirmed": bool, "joint": bool, "lang": str,
    },
    (ids.VIEWS_ASK, "data"): {"n": int, "action": str, "name": str, "address": str, "lang": str},
    (ids.BATCH_ASK, "data"): {
        "n": int, "action": str, "codes": list, "items": list, "confirmed": bool, "address": str, "lang": str,
    },
    (ids.CANDIDATES_ASK, "data"): {"n": int, "code": str, "text": str, "lang": str},
})  # fmt: skip
"""What a page sends for each input of a callback, where it sends anything."""


class WellFormed:
    """The middleware: between the gate, which has bounded the body, and Dash."""

    def __init__(self, app: ASGIApp, dash: Dash) -> None:
        self._app, self._dash = app, dash

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer 400 or 404."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path.startswith(SUITES) and not self._is_served(path.removeprefix(SUITES)):
            await JSONResponse({"detail": "no such file"}, 404)(scope, receive, send)
        elif path == CALLBACKS and scope["method"] == "POST":
            body = await _read(receive)
            if body is None:
                return
            if not self._is_asked(body):
                await JSONResponse({"detail": "no page asks like this"}, 400)(scope, receive, send)
                return
            await self._app(scope, _again(body, receive), send)
        else:
            await self._app(scope, receive, send)

    def _is_served(self, asked: str) -> bool:
        package, _, path = asked.partition("/")
        return check_fingerprint(path)[0] in self._dash.registered_paths.get(package, ())

    def _is_asked(self, body: bytes) -> bool:
        """Whether a body names a callback of the server, with exactly its inputs, each as a page sends it."""
        try:
            asked = orjson.loads(body)
            called = self._dash.callback_map[asked["output"]]
            changed, outputs = asked.get("changedPropIds", []), asked["outputs"]
            return (
                "callback" in called and isinstance(changed, list) and all(isinstance(p, str) for p in changed)
                and f"{outputs['id']}.{outputs['property']}" == asked["output"]
                and _fit(asked.get("inputs", []), called["inputs"]) and _fit(asked.get("state", []), called["state"])
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            return False


def _fit(sent: Sequence[Any], declared: Sequence[Mapping[str, str]]) -> bool:
    return len(sent) == len(declared) and all(
        (s["id"], s["property"]) == (d["id"], d["property"])
        and _is_sent(s.get("value"), SENT[d["id"], d["property"]])
        for s, d in zip(sent, declared, strict=True)
    )


def _is_sent(value: Any, wanted: Mapping[str, type] | type) -> bool:
    if value is None:
        return True
    if isinstance(wanted, type):
        return isinstance(value, wanted)
    return isinstance(value, dict) and all(type(value.get(name)) is kind for name, kind in wanted.items())


async def _read(receive: Receive) -> bytes | None:
    """The body; None where the caller is gone."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """``receive`` for whoever comes next: the body once more."""
    told: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return told.pop() if told else await receive()

    return again
