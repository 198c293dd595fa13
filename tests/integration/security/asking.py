"""Asking a running app byte by byte: HTTP and sockets straight over ASGI, as uvicorn would hand them in."""

from __future__ import annotations

import asyncio
import gzip
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import orjson
from anyio.from_thread import BlockingPortal, start_blocking_portal

Header = tuple[bytes, bytes]
Message = dict[str, Any]
HOST = "localhost"
PATIENCE_S = 10.0
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_addresses = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header, "" without it."""
        return next((v for n, v in self.headers if n == name), "")

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [v for n, v in self.headers if n == name]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def bytes(self) -> bytes:
        """Everything: headers and body."""
        return "\n".join(f"{n}: {v}" for n, v in self.headers).encode() + b"\n\n" + self.body


@dataclass(slots=True)
class Talk:
    """What a socket said: its messages, and the code it was closed with (0: it was still open)."""

    said: list[Message] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    code: int = 0

    def of(self, kind: str) -> list[Message]:
        """The messages of one kind."""
        return [m for m in self.said if m.get("k") == kind]


def headers(*, cookie: str = "", key: str | None = None, own: bool = True, kind: str = "", host: str = HOST,
            secure: bool = False, **other: str) -> list[Header]:  # fmt: skip
    """The headers of a browser or a system. ``own``: a page of this very address asks."""
    made = {"host": host, "user-agent": "a test", **{n.replace("_", "-"): v for n, v in other.items()}}
    if cookie:
        made["cookie"] = f"{'__Host-onescreen' if secure else 'onescreen'}={cookie}"
    if key is not None:
        made["x-ingest-key"] = key
    if own:
        made["sec-fetch-site"] = "same-origin"
    if kind:
        made["content-type"] = kind
    return [(n.encode("latin-1"), v.encode("latin-1", "replace")) for n, v in made.items()]


class Asker:
    """An app that runs: its lifespan and every request on one event loop in a thread."""

    def __init__(self, app: Any, portal: BlockingPortal) -> None:
        self.app, self.portal = app, portal

    def ask(self, method: str, address: str, sent: Sequence[Header] = (), body: bytes = b"", *, scheme: str = "http",
            client: str = "", told_length: bool = True) -> Answer:  # fmt: skip
        """Ask over HTTP. ``address`` is percent-encoded; each question comes from another network address."""
        return self.portal.call(self._ask, method, address, list(sent), body, scheme, client, told_length)

    async def _ask(self, method: str, address: str, sent: list[Header], body: bytes, scheme: str, client: str,
                   told_length: bool) -> Answer:  # fmt: skip
        if told_length and method not in ("GET", "HEAD") and all(n != b"content-length" for n, _ in sent):
            sent = [*sent, (b"content-length", str(len(body)).encode())]
        scope = self._scope("http", scheme, address, sent, client) | {"method": method}
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        status, told, parts = 0, [], []

        async def receive() -> Message:
            if incoming:
                return incoming.pop()
            await asyncio.sleep(PATIENCE_S)
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            nonlocal status, told
            if message["type"] == "http.response.start":
                status, told = message["status"], message.get("headers", [])
            else:
                parts.append(message.get("body", b""))

        try:
            await asyncio.wait_for(self.app(scope, receive, send), 60)
        except Exception:
            if not status:  # Starlette raises again what it has answered with 500
                raise
        found = tuple((bytes(n).decode("latin-1").lower(), bytes(v).decode("latin-1")) for n, v in told)
        return Answer(status, found, b"".join(parts))

    def talk(self, sent: Sequence[Header], messages: Sequence[Message | str | bytes], *, path: str = "/live",
             until: Callable[[Talk], bool] = lambda t: bool(t.of("full") or t.of("refused")), scheme: str = "ws",
             patience_s: float = PATIENCE_S, between: Callable[[], None] | None = None) -> Talk:  # fmt: skip
        """Open a socket, send messages, and listen until it has said enough, was closed, or patience ends."""
        return self.portal.call(self._talk, list(sent), messages, path, until, scheme, patience_s, between)

    async def _talk(self, sent: list[Header], messages: Sequence[Message | str | bytes], path: str,
                    until: Callable[[Talk], bool], scheme: str, patience_s: float,
                    between: Callable[[], None] | None) -> Talk:  # fmt: skip
        scope = self._scope("websocket", scheme, path, sent, "") | {"subprotocols": [], "extensions": {}}
        incoming: asyncio.Queue[Message] = asyncio.Queue()
        heard, enough = Talk(), asyncio.Event()
        incoming.put_nowait({"type": "websocket.connect"})
        for message in messages:
            if isinstance(message, bytes):
                incoming.put_nowait({"type": "websocket.receive", "bytes": message})
                continue
            text = message if isinstance(message, str) else orjson.dumps(message).decode()
            incoming.put_nowait({"type": "websocket.receive", "text": text})

        async def send(message: Message) -> None:
            if message["type"] == "websocket.send":
                raw = message.get("bytes") or (message.get("text") or "").encode()
                raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
                heard.raw.append(raw)
                heard.said.append(orjson.loads(raw))
            elif message["type"] == "websocket.close":
                heard.code = message.get("code", 1000)
            if heard.code or until(heard):
                enough.set()

        task = asyncio.create_task(self.app(scope, incoming.get, send))
        waiting = asyncio.create_task(enough.wait())
        if between is not None:
            await asyncio.sleep(0.2)
            await asyncio.to_thread(between)
        await asyncio.wait({task, waiting}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        incoming.put_nowait({"type": "websocket.disconnect", "code": 1005})
        done, _ = await asyncio.wait({task}, timeout=5)
        for finished in done:
            if (error := finished.exception()) is not None:
                raise error
        return heard

    def _scope(self, kind: str, scheme: str, address: str, sent: list[Header], client: str) -> dict[str, Any]:
        path, _, query = address.partition("?")
        if not client:
            n = next(_addresses)
            client = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        return {
            "type": kind, "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "scheme": scheme,
            "path": unquote(path), "raw_path": path.encode("ascii"), "query_string": query.encode("latin-1"),
            "root_path": "", "headers": sent, "client": (client, 50_000), "server": (HOST, 80), "state": {},
        }  # fmt: skip


@contextmanager
def running(app: Any) -> Iterator[Asker]:
    """Start the app's lifespan, and end it."""
    with start_blocking_portal() as portal:
        stop = portal.call(_start, app)
        try:
            yield Asker(app, portal)
        finally:
            portal.call(stop)


async def _start(app: Any) -> Callable[[], Any]:
    started, ending = asyncio.Event(), asyncio.Event()
    incoming = [{"type": "lifespan.startup"}]

    async def receive() -> Message:
        if incoming:
            return incoming.pop()
        await ending.wait()
        return {"type": "lifespan.shutdown"}

    async def send(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            started.set()

    task = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send))
    await asyncio.wait_for(started.wait(), 10)

    async def stop() -> None:
        ending.set()
        await asyncio.wait({task}, timeout=10)

    return stop
