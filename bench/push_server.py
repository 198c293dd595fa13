"""The server side of the push bench, one process on one core: ``python -m bench.push_server KIND PORT FOLDER``.

KIND ``push``: ``/live`` as the product serves it (real board, real layers, real hub, uvicorn with uvloop), over a
city of the demo's size to which a feeder applies what a day of it would bring. ``/bench/log`` tells which changes went
out in which frame. KIND ``poll``: the same content by plain ``dcc.Interval`` on Dash's FastAPI backend.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from collections import defaultdict
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import uvicorn
from dash import Dash, Input, Output, State, dcc, html
from fastapi import FastAPI, Response

from bench.figure import figure_of
from bench.live_city import LivingCity
from callbacks.live.board import Board
from callbacks.live.frames import ViewPicture
from callbacks.live.hub import Hub
from callbacks.live.socket import serve
from callbacks.live.sweeping import settle
from geodata.domain.view import MapView, parse_view
from geodata.store.folder import DataFolder
from layers.registry import LAYER_IDS, LAYERS

Json = dict[str, Any]
SERVER_CORE = 0


def one_core(core: int) -> None:
    """Keep this process on one core and let it open as many sockets as the system allows."""
    os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def read_view(address: str) -> MapView:
    """The view of an address."""
    parts = urlsplit(address)
    return parse_view(parts.path, parts.query, layer_ids=LAYER_IDS, class_codes=frozenset())


class Diary:
    """Which changes became visible with which frame of which topic."""

    def __init__(self, city: LivingCity) -> None:
        self._tree = city.situation.tree
        self.waiting: dict[int, list[float]] = defaultdict(list)
        self.watched: set[int] = set()
        self.sent: list[tuple[str, int, list[float]]] = []

    def note(self, o: int, at: float) -> None:
        """A change happened in an area, and so in all above it."""
        for i in self._tree.chain(o):
            if i in self.watched:
                self.waiting[i].append(at)

    def take(self) -> list[tuple[str, int, list[float]]]:
        """(topic, sequence number, times of the changes in it) since the last call."""
        sent, self.sent = self.sent, []
        return sent


class WatchedPicture(ViewPicture):
    """The product's picture, that also writes the diary."""

    def __init__(self, diary: Diary, hub: Hub, board: Board, view: MapView) -> None:
        super().__init__(board, LAYERS, view)
        self._diary, self._hub, self._topic = diary, hub, view.topic()
        self._at = board.situation.tree.ordinal[view.area]
        diary.watched.add(self._at)

    def refresh(self) -> Json | None:
        """As the product does it; the changes that waited for this frame are written down with its number."""
        body = super().refresh()
        times = self._diary.waiting.pop(self._at, [])
        if body is not None and times:
            self._diary.sent.append((self._topic, self._hub.topics[self._topic].seq + 1, times))
        return body


def push_app(city: LivingCity, board: Board) -> FastAPI:
    """The push alone, and the bench's own two addresses."""
    diary = Diary(city)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        feeder = asyncio.create_task(city.live(diary.note))
        yield
        feeder.cancel()

    app = FastAPI(lifespan=lifespan)
    hub = Hub(lambda view: WatchedPicture(diary, hub, board, view), board.newest_ms)
    serve(app, hub, read_view, "bench")

    @app.get("/bench/log")
    async def log() -> Response:
        return Response(orjson.dumps({"sent": diary.take(), "cpu_s": time.process_time(), "hub": hub.metrics()}))

    return app


def poll_app(city: LivingCity, board: Board) -> FastAPI:
    """What a Dash application does without a push: each screen asks for everything once a second."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        feeder = asyncio.create_task(city.live())
        yield
        feeder.cancel()

    server = FastAPI(lifespan=lifespan)
    dash = Dash("bench.poll", backend="fastapi", server=server)
    dash.layout = html.Div([
        dcc.Interval(id="tick", interval=1000), dcc.Store(id="view"), dcc.Store(id="board"), dcc.Graph(id="map"),
    ])  # fmt: skip

    async def tick(_: int, address: str) -> tuple[Json, Json]:
        view = read_view(address)
        picture = ViewPicture(board, LAYERS, view)
        picture.refresh()
        full = picture.full()
        return {"s": full["s"], "legend": full["legend"]}, figure_of(full, city.outlines(view.area))

    asked = (Output("board", "data"), Output("map", "figure"), Input("tick", "n_intervals"), State("view", "data"))
    dash.callback(*asked)(tick)
    return server


def main(kind: str, port: int, folder: Path) -> None:
    """Serve until stopped."""
    one_core(SERVER_CORE)
    city = LivingCity(DataFolder(folder))
    board = Board(city.store, city.situation, city.city)
    app = (push_app if kind == "push" else poll_app)(city, board)
    settle()
    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", ws="callbacks.live.outlets:PreparedFrames",
        ws_per_message_deflate=False, log_level="warning", access_log=False, backlog=4096,
        timeout_graceful_shutdown=1,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
