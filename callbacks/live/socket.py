"""The socket: ``/live``, where screens subscribe to views and receive their frames. Knows the hub and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

import orjson
from fastapi import FastAPI
from starlette.websockets import WebSocket

from callbacks.live.echoes import read_echo
from callbacks.live.hub import CLIENTS_MAX, Hub, HubFullError, refusal
from callbacks.live.outlets import outlet_of
from callbacks.live.packets import packet
from callbacks.live.topics import Client
from geodata.domain.roles import Role
from geodata.domain.view import MapView, ViewError

log = logging.getLogger(__name__)
PATH = "/live"
MESSAGE_MAX = 4_096
BAD_MESSAGES_MAX = 20
SUBS_AT_ONCE = 10
SUB_EVERY_S = 0.2
WRONG_ORIGIN, TOO_BIG, NOT_SPOKEN, FULL = 4003, 1009, 1008, 1013
Read = Callable[[str], MapView]
OpenSockets = dict[Client, WebSocket]


def serve(server: FastAPI, hub: Hub, read: Read, build: str) -> OpenSockets:
    """Add the route for a hub; the sockets that are open. ``read`` turns an address into a view or raises ViewError.

    ``read`` runs in the context of the socket's own request: it knows who asks.
    """
    open_sockets: OpenSockets = {}

    async def live(websocket: WebSocket) -> None:
        if not same_origin(websocket):
            await websocket.close(WRONG_ORIGIN)
            return
        await websocket.accept()
        if len(open_sockets) >= CLIENTS_MAX:  # phones count, too
            await websocket.close(FULL)
            return
        client = client_of(websocket)
        open_sockets[client] = websocket
        try:
            hub.join(client)
            hub.say(client, packet({"k": "hello", "build": build, "now": hub.now_ms()}))
            await _listen(websocket, hub, client, read)
        except HubFullError as e:
            log.warning("A screen was turned away: %s", e)
            await websocket.close(FULL)
        finally:
            open_sockets.pop(client, None)
            hub.leave(client)
            await client.outlet.close()

    server.router.add_websocket_route(PATH, live, name="live")
    return open_sockets


def client_of(websocket: WebSocket) -> Client:
    """A client in the name of the session that the gate found."""
    session = websocket.scope.get("onescreen.session")
    if session is None:
        return Client(outlet_of(websocket))
    screen = session.account.id if Role.SCREEN in session.account.roles else 0
    return Client(outlet_of(websocket), session.token.id, session.account.rev, screen)


def same_origin(websocket: WebSocket) -> bool:
    """Whether the page that opens the socket came from this host; programs send no Origin and are let in."""
    origin = websocket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == websocket.headers.get("host")


async def _listen(websocket: WebSocket, hub: Hub, client: Client, read: Read) -> None:
    """Take messages until the client goes. A message that is not understood is counted, too many end the socket."""
    loop = asyncio.get_running_loop()
    bad, allowance, last = 0, float(SUBS_AT_ONCE), loop.time()
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text") or ""
        if len(text) > MESSAGE_MAX:
            await websocket.close(TOO_BIG)
            return
        now = loop.time()
        allowance, last = min(SUBS_AT_ONCE, allowance + (now - last) / SUB_EVERY_S) - 1, now
        if allowance < 0:
            await asyncio.sleep(SUB_EVERY_S)
        if not _take(hub, client, read, text):
            bad += 1
            if bad > BAD_MESSAGES_MAX:
                await websocket.close(NOT_SPOKEN)
                return


def _take(hub: Hub, client: Client, read: Read, text: str) -> bool:
    """Act on one message; False when it is not one of ours."""
    try:
        message = orjson.loads(text)
        kind, address = message["k"], message.get("view", "")
        topic, seq, n = message.get("topic", ""), message.get("seq", 0), message.get("n", 0)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return False
    if kind == "echo":
        echo = read_echo(message)
        if echo is not None:
            hub.hear(client, echo)
        return echo is not None
    if kind != "sub" or not isinstance(address, str) or not isinstance(topic, str):
        return False
    if type(seq) is not int or type(n) is not int:
        return False
    try:
        hub.subscribe(client, read(address), topic, seq, n)
    except ViewError as e:
        hub.unsubscribe(client)
        hub.say(client, packet(refusal(e)))
    return True
