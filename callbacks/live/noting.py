"""Noting: how the screens of this process are, written into the store every few seconds, so that each process can tell.

Only the sockets of screens are noted: nobody is followed at a desk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from callbacks.live.echoes import Screen
from callbacks.live.hub import Hub
from geodata.domain.showing import Seen, Socket
from geodata.services.walls import note
from geodata.store.engine import Store, StoreError

log = logging.getLogger(__name__)
EVERY_S = 5.0


async def keep_noting(hub: Hub, store: Store, process: str) -> None:
    """Every few seconds, for ever."""
    known: dict[int, Seen] = {}
    while True:
        await asyncio.sleep(EVERY_S)
        found = seen(hub.walls(), hub.now_ms())
        try:
            await asyncio.to_thread(note, store, process, found | left(known, found, hub.now_ms()))
        except StoreError as error:
            log.warning("How the screens are could not be noted: %s", error)
        except Exception:
            log.exception("How the screens are could not be noted; it is tried again")
        else:
            known = found


def seen(screens: Iterable[Screen], now_ms: int) -> dict[int, Seen]:
    """How each screen is, by account, of its open sockets, the oldest picture first."""
    found: dict[int, Seen] = {}
    for screen in screens:
        held = found.get(screen.account_id)
        socket = held.socket if held else _socket(screen)
        found[screen.account_id] = Seen(now_ms, _counted(socket, socket.count + 1 if held else 1))
    return found


def left(known: Mapping[int, Seen], found: Mapping[int, Seen], now_ms: int) -> dict[int, Seen]:
    """Those that were here the last time and are no longer."""
    return {account: Seen(now_ms, _counted(s.socket, 0)) for account, s in known.items() if account not in found}


def _socket(screen: Screen) -> Socket:
    echo = screen.echo
    if echo is None:
        return Socket(1, screen.address, "", 0, screen.opened_ms)
    return Socket(
        1, screen.address, echo.state, echo.beat_ms, screen.opened_ms, echo.build, echo.heap, echo.first_heap,
        echo.loaded_ms, echo.doing,
    )  # fmt: skip


def _counted(socket: Socket, count: int) -> Socket:
    return socket if socket.count == count else replace(socket, count=count)
