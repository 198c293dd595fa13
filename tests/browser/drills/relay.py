"""The relay: a proxy between the screens and the server, in the hands of a drill."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

HEAD_MAX = 65_536
PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr>proxy</body></html>"


class Road(Enum):
    """What becomes of who wants through."""

    OPEN = "open"
    REFUSED = "refused"
    """The connection is reset."""
    SILENT = "silent"
    """Nothing comes through and nobody says so: a cable that was pulled."""
    BAD_GATEWAY = "502 Bad Gateway"
    """The proxy answers in the server's place, with an error page."""
    WELCOME = "200 OK"
    """The same, with a page that calls itself good."""


def answer(status: str) -> bytes:
    """A page of the proxy's own."""
    body = PAGE.format("Welcome to the proxy!" if status.startswith("200") else status).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


class Boundary:
    """Follows the bytes from the server on a screen's socket: whether a WebSocket frame (RFC 6455) is under way."""

    def __init__(self) -> None:
        self._greeted, self._held = False, b""

    def is_whole(self, data: bytes) -> bool:
        """Whether these bytes, after all before, end with a whole frame."""
        self._held += data
        if not self._greeted:
            _, head, self._held = self._held.rpartition(b"\r\n\r\n")
            self._greeted = bool(head)
        while self._greeted and (size := self._size()) and len(self._held) >= size:
            self._held = self._held[size:]
        return self._greeted and not self._held

    def _size(self) -> int:
        if len(self._held) < 10:
            short = self._held[1] & 127 if len(self._held) > 1 else 127
            return 2 + short if short < 126 else 0 if short == 127 else self._middle()
        told = self._held[1] & 127
        if told == 127:
            return 10 + int.from_bytes(self._held[2:10], "big")
        return self._middle() if told == 126 else 2 + told

    def _middle(self) -> int:
        return 4 + int.from_bytes(self._held[2:4], "big") if len(self._held) >= 4 else 0


class Relay:
    """``dials``: monotonic seconds of each attempt to open a screen's socket; ``sockets``: how many are open now;
    ``documents``: how many pages were asked for."""

    def __init__(self, upstream: int) -> None:
        self.upstream, self.port = upstream, 0
        self.dials: list[float] = []
        self.sockets = self.documents = 0
        self._road = Road.OPEN
        self._open: set[asyncio.StreamWriter] = set()
        self._poison: list[bytes] = []
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()

    @property
    def address(self) -> str:
        """Where screens ask."""
        return f"http://127.0.0.1:{self.port}"

    def become(self, road: Road) -> None:
        """From now on this is what happens; but for a pulled cable, what was open is cut."""
        self._do(self._become, road)

    def cut(self) -> None:
        """Reset every open connection, once."""
        self._do(self._cut)

    def poison(self, *frames: bytes) -> None:
        """Put these frames (whole ones, on the wire) between those that a screen gets."""
        self._do(lambda: self._poison.extend(frames))

    def _do(self, act: Callable[..., None], *given: Any) -> None:
        done = threading.Event()

        def acted() -> None:
            act(*given)
            done.set()

        self._loop.call_soon_threadsafe(acted)
        assert done.wait(10)

    def _become(self, road: Road) -> None:
        before, self._road = self._road, road
        if road is Road.SILENT:
            self._flowing.clear()
            return
        if road is not Road.OPEN or before is Road.SILENT:
            self._cut()
        self._flowing.set()

    def _cut(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
                await self._handle(await reader.readuntil(b"\r\n\r\n"), reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _handle(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        socket = head.startswith(b"GET /live")
        if socket:
            self.dials.append(time.monotonic())
        self.documents += head.startswith(b"GET /wall/")
        await self._flowing.wait()
        road = self._road
        if road is Road.REFUSED:
            return
        if road is not Road.OPEN:
            await self._say(road.value, writer)
            return
        try:
            onwards, away = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            await self._say(Road.BAD_GATEWAY.value, writer)  # as proxies do
            return
        self._open.add(away)
        self.sockets += socket
        try:
            away.write(head)
            back = self._pump_socket(onwards, writer) if socket else self._pump(onwards, writer)
            await self._both(self._pump(reader, away), back)
        finally:
            self.sockets -= socket
            self._open.discard(away)
            away.transport.abort()

    async def _say(self, status: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def _both(self, *pumps: Coroutine[Any, Any, None]) -> None:
        tasks = [asyncio.ensure_future(pump) for pump in pumps]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(HEAD_MAX):
            await self._flowing.wait()
            sink.write(data)
            await sink.drain()

    async def _pump_socket(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        boundary = Boundary()
        while data := await source.read(HEAD_MAX):
            await self._flowing.wait()
            sink.write(data)
            if boundary.is_whole(data):
                poison, self._poison = self._poison, []
                sink.writelines(poison)
            await sink.drain()

    def run(self, started: threading.Event) -> None:
        """Serve in this thread until ``end``."""
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._arrive, "127.0.0.1", 0, limit=HEAD_MAX, backlog=256)
        )
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def end(self) -> None:
        """Stop serving."""
        self._loop.call_soon_threadsafe(self._loop.stop)


@contextmanager
def relaying(upstream: int) -> Iterator[Relay]:
    """A relay before a port of this machine."""
    relay, started = Relay(upstream), threading.Event()
    thread = threading.Thread(target=relay.run, args=(started,), daemon=True)
    thread.start()
    assert started.wait(10)
    yield relay
    relay.end()
    thread.join(10)
