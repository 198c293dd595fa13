"""A real server in a thread: the push route over pictures that tests steer, for sockets and browsers."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote, urlsplit

import uvicorn
from fastapi import FastAPI

from callbacks.live.hub import Hub
from callbacks.live.socket import serve
from geodata.domain.view import MapView, parse_view
from layers.registry import LAYER_IDS
from tests.unit.live.fakes import FakePicture

PREPARED = "callbacks.live.outlets:PreparedFrames"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def read_view(address: str) -> MapView:
    """The view of an address; no class is known here."""
    parts = urlsplit(address)
    return parse_view(unquote(parts.path), parts.query, layer_ids=LAYER_IDS, class_codes=frozenset())


class LiveServer:
    """Start, steer and stop a server; ``pictures`` are those of the topics that were asked for."""

    def __init__(self, port: int, *, build: str = "b1", ws: str = PREPARED, period_s: float = 0.1) -> None:
        self.port, self._ws = port, ws
        self.pictures: dict[str, FakePicture] = {}
        self.hub = Hub(self._draw, lambda: self.hub.now_ms(), period_s=period_s)
        self.app = FastAPI()
        serve(self.app, self.hub, read_view, build)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _draw(self, view: MapView) -> FakePicture:
        return self.pictures.setdefault(view.topic(), FakePicture(view))

    def _run(self) -> None:
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=self.port, ws=self._ws, ws_per_message_deflate=False,
            log_level="warning", lifespan="off", timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._server = uvicorn.Server(config)

        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            assert self._server is not None
            await self._server.serve()

        asyncio.run(main())

    def __enter__(self) -> LiveServer:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not (self._server and self._server.started):
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the server did not stop"

    def do(self, act: Callable[[], Any]) -> Any:
        """Run a function on the server's event loop and give its result."""

        async def run() -> Any:
            return act()

        return self.wait_for(run())

    def wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the server's event loop and give its result."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def bump(self, topic: str, padding: str = "") -> None:
        """Change the picture of a topic."""
        self.do(lambda: self.pictures[topic].bump(padding))
