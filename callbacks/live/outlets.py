"""Outlets: how a prepared packet leaves for one client.

Ten thousand screens at 1 Hz are ten thousand writes a second. Through ``WebSocket.send_text`` each costs a trip through
Starlette, uvicorn and the protocol's state machine, and frames the same bytes again. ``PreparedFrames`` is uvicorn's
own WebSocket protocol plus one ASGI extension, ``onescreen.prepared``, through which a packet's frame goes straight to
the transport; give it to uvicorn as ``ws="callbacks.live.outlets:PreparedFrames"``. Under any other server the same
packets go through ASGI, one sender task per client.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Protocol

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from callbacks.live.packets import Packet

EXTENSION = "onescreen.prepared"


class Outlet(Protocol):
    """Where packets leave. Nothing here blocks: what cannot be sent at once is counted by ``waiting``."""

    def write(self, packet: Packet) -> None:
        """Send a packet, or nothing when the client is gone."""
        ...

    def waiting(self) -> int:
        """Bytes that the client has not taken yet."""
        ...

    def abort(self) -> None:
        """Cut the connection without waiting for the client."""
        ...

    async def close(self) -> None:
        """Release what belongs to the outlet (not the connection)."""
        ...


class PreparedFrames(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol that also takes frames which are already framed."""

    def handle_connect(self, event: Request) -> None:
        """Open the connection as uvicorn does and offer the extension to the application."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["extensions"][EXTENSION] = {"protocol": self}

    def write_prepared(self, frame: bytes) -> None:
        """Write one complete frame between uvicorn's own; nothing before the handshake or after a close."""
        if self.handshake_complete and not (self.close_sent or self.disconnected or self.transport.is_closing()):
            self.transport.write(frame)


class PreparedOutlet:
    """Straight to the transport."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: PreparedFrames) -> None:
        self._protocol = protocol

    def write(self, packet: Packet) -> None:
        """Hand the frame to the transport, which sends or buffers it."""
        self._protocol.write_prepared(packet.wire)

    def waiting(self) -> int:
        """Bytes in the transport's buffer."""
        return self._protocol.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the buffer and the connection."""
        self._protocol.transport.abort()

    async def close(self) -> None:
        """Nothing of its own to release."""


class AsgiOutlet:
    """Through ASGI's ``send``, for servers without the extension: one task per client, in order."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._packets: deque[Packet] = deque()
        self._waiting = 0
        self._some = asyncio.Event()
        self._task = asyncio.create_task(self._send())

    def write(self, packet: Packet) -> None:
        """Queue the packet; the hub writes nothing more to a client whose queue is long."""
        if not self._task.done():
            self._packets.append(packet)
            self._waiting += len(packet)
            self._some.set()

    def waiting(self) -> int:
        """Bytes queued here."""
        return self._waiting

    def abort(self) -> None:
        """Stop sending; the connection ends when the server notices."""
        self._task.cancel()

    async def close(self) -> None:
        """Stop the sender task and wait for it."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _send(self) -> None:
        # A send that fails means that the client is gone; the reader of the same socket learns it and cleans up.
        with contextlib.suppress(Exception):
            while True:
                await self._some.wait()
                self._some.clear()
                while self._packets:
                    packet = self._packets.popleft()
                    await self._one(packet)
                    self._waiting -= len(packet)

    async def _one(self, packet: Packet) -> None:
        if packet.binary:
            await self._websocket.send_bytes(packet.payload)
        else:
            await self._websocket.send_text(packet.payload.decode())


def outlet_of(websocket: WebSocket) -> Outlet:
    """The fastest outlet that the server under this socket offers."""
    offered = websocket.scope.get("extensions", {}).get(EXTENSION)
    return PreparedOutlet(offered["protocol"]) if offered else AsgiOutlet(websocket)
