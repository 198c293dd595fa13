"""Guarding: a socket stays open only while the session that opened it stands as it did."""

from __future__ import annotations

import asyncio
import logging

from starlette.websockets import WebSocket

from callbacks.live.socket import OpenSockets
from callbacks.live.topics import Client
from geodata.intake.door import now_ms
from geodata.intake.gate import NO_SESSION
from geodata.services.sessions import Sessions
from geodata.store.engine import StoreError

log = logging.getLogger(__name__)
EVERY_S = 5.0
CLOSE_S = 1.0


async def guard(sockets: OpenSockets, sessions: Sessions) -> None:
    """Look every few seconds, for ever; one question to the store for all sockets."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await look(sockets, sessions)
        except StoreError as error:
            log.warning("The sessions of the open sockets could not be looked up: %s", error)
        except Exception:
            log.exception("The open sockets could not be guarded; it is tried again")


async def look(sockets: OpenSockets, sessions: Sessions) -> int:
    """Close the sockets whose session ended, ran out, or whose account was changed; how many."""
    held: dict[int, int] = {}
    for client in sockets:
        if client.token_id:
            # Of sockets that one token opened, the oldest one decides: the others come again at once.
            held[client.token_id] = min(client.account_rev, held.get(client.token_id, client.account_rev))
    if not held:
        return 0
    standing = await asyncio.to_thread(sessions.standing, held, now_ms())
    gone = held.keys() - standing
    ended = [(client, socket) for client, socket in sockets.items() if client.token_id in gone]
    await asyncio.gather(*(_close(client, socket) for client, socket in ended))
    return len(ended)


async def _close(client: Client, socket: WebSocket) -> None:
    """Close one socket; a client that does not read cannot be told, and is cut off."""
    try:
        await asyncio.wait_for(socket.close(NO_SESSION), CLOSE_S)
    except Exception:  # it closed by itself meanwhile, or does not read
        client.outlet.abort()
