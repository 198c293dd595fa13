"""Bells: the push as a unit's phone hears it. It is told that its tasks are not what they were, and nothing of what
they are; it then asks, in its own name.

One question to the store for all phones, when the change log has grown; a picture for each phone would be looked at a
hundred times a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import chain

from fastapi import FastAPI
from starlette.websockets import WebSocket

from callbacks.live.hub import WRITES_PER_TURN
from callbacks.live.packets import Packet, packet
from callbacks.live.socket import FULL, NOT_SPOKEN, WRONG_ORIGIN, OpenSockets, client_of, same_origin
from callbacks.live.topics import Client
from geodata.domain.roles import Right
from geodata.services.actors import asking
from geodata.store import tasks
from geodata.store.engine import Store, StoreError

log = logging.getLogger(__name__)
PATH = "/field/live"
LOOK_S = 0.25
BEAT_S = 20.0
"""Seldom: each one wakes the radio of a phone. In between the line is watched by the server's own pings."""
SOCKETS_MAX = 15_000
"""With so many sockets of all kinds no phone gets another one and asks by itself: the rest is for screens."""
GAP_MAX = 20_000
"""After more changes than these at once (an import) phones find out by their own asking, not all in one moment."""
NOT_YOURS = 4403
NEW, BEAT = packet({"k": "new"}), packet({"k": "beat"})


class Bells:
    """The open lines of phones, by the code of their unit. ``newest`` is the number of the newest change taken in."""

    def __init__(self, store: Store, newest: Callable[[], int]) -> None:
        self._store, self._newest = store, newest
        self._seen, self._beat_at = newest(), 0.0
        self._lines: defaultdict[str, set[Client]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def join(self, unit_code: str, client: Client) -> None:
        """A phone of this unit listens from now on."""
        self._lines[unit_code].add(client)

    def leave(self, unit_code: str, client: Client) -> None:
        """A phone is gone."""
        self._lines[unit_code].discard(client)
        if not self._lines[unit_code]:
            del self._lines[unit_code]

    async def run(self) -> None:
        """Look for ever; what cannot be read now is read at the next look."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except StoreError as error:
                log.warning("What is new for the phones could not be read: %s", error)
            except Exception:
                log.exception("The phones could not be rung; it is tried again")

    async def look(self) -> None:
        """Ring the phones of the units about which something is new since the last look."""
        after, upto = self._seen, self._newest()
        if self._lines and after < upto <= after + GAP_MAX:
            touched = await asyncio.to_thread(self._touched, after, upto)
            await self._say((c for code in touched for c in self._lines.get(code, ())), NEW)
        self._seen = upto
        if time.monotonic() - self._beat_at >= BEAT_S:
            self._beat_at = time.monotonic()
            await self._say(chain.from_iterable(self._lines.values()), BEAT)

    def _touched(self, after: int, upto: int) -> frozenset[str]:
        with self._store.read() as conn:
            return tasks.touched(conn, after, upto)

    @staticmethod
    async def _say(clients: Iterable[Client], made: Packet) -> None:
        """Thousands of writes one after the other would hold up the frames of all screens."""
        for i, client in enumerate(tuple(clients), 1):
            client.outlet.write(made)
            if i % WRITES_PER_TURN == 0:
                await asyncio.sleep(0)


def serve(server: FastAPI, bells: Bells, open_sockets: OpenSockets, build: str) -> None:
    """Add the route. Whose phone it is says the session: nothing is asked for, and nobody can ask for another's."""

    async def live(websocket: WebSocket) -> None:
        if not same_origin(websocket):
            await websocket.close(WRONG_ORIGIN)
            return
        actor = asking.get()
        await websocket.accept()
        if not actor.may(Right.SIGN_ON) or not actor.unit_code:
            await websocket.close(NOT_YOURS)
            return
        if len(open_sockets) >= SOCKETS_MAX:
            await websocket.close(FULL)
            return
        client = client_of(websocket)
        open_sockets[client] = websocket
        try:
            client.outlet.write(packet({"k": "hello", "build": build}))
            bells.join(actor.unit_code, client)
            if (await websocket.receive())["type"] != "websocket.disconnect":
                await websocket.close(NOT_SPOKEN)  # a phone has nothing to say here
        finally:
            open_sockets.pop(client, None)
            bells.leave(actor.unit_code, client)
            await client.outlet.close()

    server.router.add_websocket_route(PATH, live, name="field_live")
