"""Wiring: the hub of a running process, over its real board and layers, on the app."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from fastapi import FastAPI

from callbacks.live.board import Board
from callbacks.live.frames import ViewPicture
from callbacks.live.hub import Hub
from callbacks.live.socket import serve
from callbacks.room import Room
from geodata.domain.view import MapView, parse_view
from layers.registry import LAYER_IDS, LAYERS


def register(server: FastAPI, room: Room) -> Hub:
    """Put ``/live`` on the app; the hub is returned for the health page's ``hub.metrics()``."""
    board = Board(room)
    hub = Hub(lambda view: ViewPicture(board, LAYERS, view), board.newest_ms)
    class_codes = frozenset(room.catalogue.classes)

    def read(address: str) -> MapView:
        parts = urlsplit(address)
        return parse_view(unquote(parts.path), parts.query, layer_ids=LAYER_IDS, class_codes=class_codes)

    serve(server, hub, read, room.build)
    return hub
