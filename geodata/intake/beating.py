"""Beating: once a second the intake writes that it is alive, on the very road that records take.

A beat waits for the doors' turn, for the writer lock and for the database as a record does, and carries the moment at
which it set out. Whatever holds records up holds it up, and the screens see it grow old.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading

from anyio import to_thread

from geodata.intake.door import Door, now_ms
from geodata.store import beats
from geodata.store.engine import Store, StoreError, StoreFullError

log = logging.getLogger(__name__)
EVERY_S = 1.0


async def beat(door: Door, process: str) -> None:
    """Beat in the name of a process until cancelled; its row goes with it."""
    ended, failing = threading.Event(), False
    try:
        while True:
            failing = not await _once(door, process, ended, failing)
            await asyncio.sleep(EVERY_S)
    finally:
        ended.set()
        with contextlib.suppress(StoreError), door.store.begin(durable=False) as conn:
            beats.end(conn, process)


async def _once(door: Door, process: str, ended: threading.Event, failing: bool) -> bool:
    """Whether it arrived. An outage is said once, and its end: a disk that is full need not be told each second."""
    try:
        await to_thread.run_sync(_write, door.store, process, now_ms(), ended, limiter=door.turn)
    except StoreError as error:
        door.full = isinstance(error, StoreFullError)
        if not failing:
            log.warning("Beats do not reach the database: %s", error)
        return False
    except Exception:
        if not failing:
            log.exception("A beat failed; the next one sets out")
        return False
    door.full = False
    if failing:
        log.warning("Beats reach the database again")
    return True


def _write(store: Store, process: str, at_ms: int, ended: threading.Event) -> None:
    with store.begin(durable=False) as conn:
        if not ended.is_set():  # a beat that waited for the lock until the end would outlive its process
            beats.write(conn, process, at_ms)
