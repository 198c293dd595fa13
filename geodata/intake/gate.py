"""The gate: one ASGI middleware that every request and every socket passes. Who asks, how often, how much, from where.

It says who asks (``services.actors.asking``); what they may is said again by each service. What is not named in WAYS is
closed to everybody who has not signed in.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geodata.intake.door import now_ms
from geodata.intake.outage import AWAY
from geodata.intake.rates import Counters, Rates
from geodata.services.actors import NOBODY, Actor, asking
from geodata.services.sessions import Sessions, at
from geodata.store.engine import StoreError
from geodata.store.tokens import Kind

COOKIE, SECURE_COOKIE = "onescreen", "__Host-onescreen"
KEY_HEADER = "x-ingest-key"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BODY_MAX, PATH_MAX = 64_000, 2_000
PHOTO_PATH, PHOTO_MAX = "/field/photo", 3_100_000
NO_SESSION, FOREIGN_PAGE = 4401, 4003
COME_IN, DEMO = "/login", "/demo"


class Way(StrEnum):
    """Who may use a way: anybody; whoever has signed in, screens included; these, and systems with a key."""

    OPEN = "open"
    PERSON = "person"
    KEY = "key"


WAYS: Mapping[str, Way] = MappingProxyType({
    "/login": Way.OPEN,
    "/login/": Way.OPEN,
    "/welcome": Way.OPEN,
    "/welcome/": Way.OPEN,
    "/s": Way.OPEN,
    "/s/": Way.OPEN,
    "/f": Way.OPEN,
    "/f/": Way.OPEN,
    "/demo": Way.OPEN,
    "/demo/": Way.OPEN,
    "/assets/": Way.OPEN,
    "/_dash-component-suites/": Way.OPEN,
    "/_favicon.ico": Way.OPEN,
    "/api/health": Way.OPEN,
    "/api/": Way.KEY,
})
"""By the whole path, else by its first part with all below it. The rest is for whoever has signed in."""

PHONE_WAYS = frozenset({"/field", "/photos"})
"""All that the link of a unit's phone opens; anywhere else it is nobody's."""

ENTERING = frozenset({"/login", "/welcome", "/s", "/f", "/demo"})
ENTERED_BY_ADDRESS, AT_PROVIDER = frozenset({"/welcome", "/s", "/f"}), "/login/oidc"
"""Where somebody may try to guess a secret: by sending it, or by asking for the address that holds it."""
TOO_OFTEN = 429, "too many requests; wait a minute"
HEADERS: Mapping[str, str] = MappingProxyType({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-permitted-cross-domain-policies": "none",
})
CACHE = "cache-control"
POLICY = "content-security-policy"
PLAIN_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
TLS, TLS_ONLY = "strict-transport-security", "max-age=31536000"


class Asked(Protocol):
    """What the gate looks at of a request or a socket; Starlette's own requests have it, too."""

    @property
    def scope(self) -> Scope: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Request:
    """The same, read once: of a header that is there twice the first one counts."""

    scope: Scope
    headers: Mapping[str, str]

    @classmethod
    def of(cls, scope: Scope) -> Request:
        """Read the headers of a request."""
        return cls(scope, {k.decode("latin-1"): v.decode("latin-1") for k, v in reversed(scope["headers"])})


def way_of(path: str) -> Way:
    """Who may use the way to this path."""
    top = _top(path)
    return WAYS.get(path) or WAYS.get(path[: len(top) + 1], Way.PERSON)


class Gate:
    """The middleware. ``policy``: the Content-Security-Policy of pages; ``hosts``: names the server goes by, or any."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, policy: str = PLAIN_POLICY, hosts: Iterable[str] = (),
        rates: Rates | None = None, come_in: str = COME_IN,
    ) -> None:  # fmt: skip
        self._app, self._sessions, self._come_in = app, sessions, come_in
        self._hosts = frozenset(host.lower() for host in hosts)
        wanted = {**HEADERS, CACHE: "no-store", POLICY: policy}
        self._plain = [(name.encode(), value.encode()) for name, value in wanted.items()]
        self._tls = [*self._plain, (TLS.encode(), TLS_ONLY.encode())]
        self._rates = rates or Rates()
        self._counters = Counters()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through in the name of who asks, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        asked = Request.of(scope)
        socket = scope["type"] == "websocket"
        answer = send if socket else self._dressed(asked, send)
        refused = self._refused(asked)
        actor = NOBODY
        if refused is None:
            try:
                found = await self._who(asked)
            except StoreError:
                refused = AWAY
            else:
                actor = found or NOBODY
                refused = TOO_OFTEN if found is None else self._too_often(asked, actor) or self._closed(asked, actor)
        if refused is not None:
            await self._refuse(asked, refused, receive, answer)
            return
        held = asking.set(actor)
        try:
            await self._app(scope, receive, answer)
        finally:
            asking.reset(held)

    def _refused(self, asked: Asked) -> tuple[int, str] | None:
        """Whatever is wrong with a request whoever asks: host, foreign page, size."""
        try:
            host = urlsplit(f"//{asked.headers.get('host', '')}").hostname or ""
        except ValueError:
            return 400, "this server does not go by that name"
        if self._hosts and host not in self._hosts:
            return 400, "this server does not go by that name"
        if len(asked.scope["path"]) > PATH_MAX:
            return 414, f"an address has at most {PATH_MAX} characters"
        socket = asked.scope["type"] == "websocket"
        if socket or asked.scope["method"] in UNSAFE:
            if not own_page(asked, must_say=not socket and KEY_HEADER not in asked.headers):
                return (FOREIGN_PAGE if socket else 403), "a page of another address asked for this"
            if not socket and not asked.scope["path"].startswith("/api/v1/"):
                return _too_large(asked)
        return None

    async def _who(self, asked: Asked) -> Actor | None:
        """Who asks: by the key of a system where one is given, else by the cookie; None for too many secrets."""
        key = asked.headers.get(KEY_HEADER)
        secret = key if key is not None else cookie_of(asked)
        kinds: tuple[Kind, ...] = ("feed",) if key is not None else ("session", "screen", "field")
        if not secret or len(secret) > 256:
            return NOBODY
        found = self._sessions.known(secret, kinds)
        if found is None:
            if not self._counters.hit(self._rates.look, network_of(address_of(asked))):
                return None
            found = await to_thread.run_sync(self._sessions.find, secret, kinds, now_ms())
        if found is None or (found[0].token.kind == "field" and _top(asked.scope["path"]) not in PHONE_WAYS):
            return NOBODY
        asked.scope["onescreen.session"] = found[0]
        return at(found[1], address_of(asked))

    def _too_often(self, asked: Asked, actor: Actor) -> tuple[int, str] | None:
        path = asked.scope["path"]
        top = _top(path)
        by_address = top in ENTERED_BY_ADDRESS or path.startswith(AT_PROVIDER)
        if top in ENTERING and (asked.scope.get("method") in UNSAFE or by_address):
            rate, who = self._rates.screen if top in ("/s", "/f") else self._rates.enter, network_of(address_of(asked))
        elif actor.account_id:
            rate = self._rates.key if KEY_HEADER in asked.headers else self._rates.session
            who = f"t{actor.token_id}"
        else:
            rate, who = self._rates.stranger, network_of(address_of(asked))
        return None if self._counters.hit(rate, who) else TOO_OFTEN

    def _closed(self, asked: Asked, actor: Actor) -> tuple[int, str] | None:
        way = way_of(asked.scope["path"])
        if way is Way.OPEN:
            return None
        with_key = KEY_HEADER in asked.headers
        if actor.account_id and (not with_key or way is Way.KEY):
            return None
        if asked.scope["type"] == "websocket":
            return NO_SESSION, "sign in first"
        return 401, "X-Ingest-Key is missing or wrong" if way is Way.KEY else "sign in first"

    async def _refuse(self, asked: Asked, refused: tuple[int, str], receive: Receive, send: Send) -> None:
        status, why = refused
        if asked.scope["type"] == "websocket":
            await receive()
            # Only an open socket can tell a browser why it is closed.
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": status if status > 4000 else 1013, "reason": why})
            return
        headers = [(b"content-type", b"application/json")]
        body = json.dumps({"detail": why}).encode()
        if status == 401 and _is_page(asked):
            query = asked.scope["query_string"].decode("latin-1")
            went = asked.scope["path"] + (f"?{query}" if query else "")
            # What was to be done without a session is not done later: only a page is gone back to.
            back = f"?next={quote(went, safe='')}" if asked.scope["method"] == "GET" else ""
            status, body = 303, b""
            headers = [(b"location", f"{self._come_in}{back}".encode())]
        if status in (429, 503):
            headers.append((b"retry-after", b"60" if status == 429 else b"5"))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _dressed(self, asked: Asked, send: Send) -> Send:
        """``send`` that puts the headers of every answer on it; what the answer says itself stays."""
        wanted = self._tls if asked.scope["scheme"] == "https" else self._plain

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", ())
                said = {name.lower() for name, _ in own}
                message = {**message, "headers": [*own, *(line for line in wanted if line[0] not in said)]}
            await send(message)

        return dressed


def own_page(asked: Asked, *, must_say: bool) -> bool:
    """Whether a page of this very address asks (CSRF). Browsers say it; programs do not and then need a key.

    ``Sec-Fetch-Site`` where there is one (it cannot be set by a page), else ``Origin``.
    """
    site, origin = asked.headers.get("sec-fetch-site"), asked.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    if origin is not None:
        try:
            return urlsplit(origin).netloc == asked.headers.get("host")
        except ValueError:
            return False
    return not must_say


def cookie_of(asked: Asked) -> str:
    """The secret in the cookie, "" without one."""
    wanted = SECURE_COOKIE if asked.scope["scheme"] in ("https", "wss") else COOKIE
    for part in asked.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return value
    return ""


def address_of(asked: Asked) -> str:
    """The network address of the caller, as the server (or the proxy that it trusts) tells it."""
    client = asked.scope.get("client")
    return str(client[0]) if client else ""


def network_of(address: str) -> str:
    """What is counted as one caller: an IPv4 address, of IPv6 the network that one customer gets."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))
    except ValueError:
        return address


def is_this_machine(host: str) -> bool:
    """Whether an address to listen on is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _top(path: str) -> str:
    """The first part of a path: ``/api`` of ``/api/v1/events``."""
    end = path.find("/", 1)
    return path if end < 0 else path[:end]


def _too_large(asked: Asked) -> tuple[int, str] | None:
    told = asked.headers.get("content-length")
    if told is None:
        return (411, "say how long the body is") if "transfer-encoding" in asked.headers else None
    most = PHOTO_MAX if asked.scope["path"] == PHOTO_PATH else BODY_MAX
    if not told.isascii() or not told.isdigit() or int(told[:20]) > most:
        return 413, f"a body has at most {most} bytes"
    return None


def _is_page(asked: Asked) -> bool:
    return "text/html" in asked.headers.get("accept", "")

