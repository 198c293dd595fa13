"""Wiring: the push of a running process, over its real board and layers, on the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from callbacks.live import bells
from callbacks.live.ages import Age
from callbacks.live.bells import Bells
from callbacks.live.board import Board
from callbacks.live.frames import ViewPicture
from callbacks.live.hub import Hub
from callbacks.live.replays import Replays, drawing
from callbacks.live.socket import OpenSockets, serve
from callbacks.queue import view_of
from callbacks.room import Room
from geodata.domain.view import MapView
from geodata.services.actors import asking
from geodata.situation.replay.archive import Archive
from geodata.situation.replay.files import LogFiles
from geodata.situation.tailing import wall_ms
from layers.registry import LAYERS

LAG_MS = 2_000
"""A tail this far behind is still called up to date: it looks some thirty times a second, and reloads now and then."""


@dataclass(frozen=True, slots=True)
class Push:
    """What pushes, and the open sockets of all of it, which are to be guarded."""

    hub: Hub
    bells: Bells
    sockets: OpenSockets
    replays: Replays

    def metrics(self) -> dict[str, Any]:
        """How much it does, for the health page."""
        return {**self.hub.metrics(), "phones": len(self.bells), **self.replays.metrics()}


def register(server: FastAPI, room: Room) -> Push:
    """Put ``/live`` on the app, and ``/field/live`` for phones."""
    board = Board(room.store, room.situation, room.city)
    started_ms = room.situation.now_ms

    looked, beaten = Age(), Age()

    def vouched_ms() -> int:
        now_ms = wall_ms()
        age_ms = looked.of(room.tail.caught_up_ms or started_ms, now_ms)
        return now_ms if age_ms < LAG_MS else now_ms - age_ms

    def beat_ms() -> int:
        now_ms = wall_ms()
        return now_ms - beaten.of(room.tail.beat_ms or started_ms, now_ms)

    replays = replays_of(room)
    draw = drawing(lambda view: ViewPicture(board, LAYERS, view), replays)
    hub = Hub(draw, board.newest_ms, vouched_ms, beat_ms, full=lambda: room.door.full)

    def read(address: str) -> MapView:
        return view_of(room, asking.get(), address)

    bell = Bells(room.store, lambda: room.situation.seq)
    push = Push(hub, bell, serve(server, hub, read, room.build), replays)
    bells.serve(server, push.bells, push.sockets, room.build)
    return push


def replays_of(room: Room) -> Replays:
    """The replays of a process, with the archive in its data folder."""
    live = room.situation
    archive = Archive(
        room.store, LogFiles(room.folder.replay), lambda: (live.tree, live.catalogue), room.city.zone, live.clockwork,
        room.city.coverage.plan,
    )  # fmt: skip
    return Replays(room.store, live, room.city, archive, LAYERS)
