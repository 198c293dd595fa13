"""Is the city alive: the database, the newest change, every feed, what waits in quarantine."""

from __future__ import annotations

import time
from typing import Any

from geodata.intake.door import now_ms
from geodata.store import beats, changes, feeds, quarantine
from geodata.store.engine import Store, StoreError


def alive(store: Store) -> dict[str, Any]:
    """For everybody: whether the database answers, and nothing else."""
    try:
        with store.read() as conn:
            changes.newest(conn)
    except StoreError:
        return {"status": "down"}
    return {"status": "ok"}


def health(store: Store) -> dict[str, Any]:
    """Ages in seconds; ``status`` is ``ok`` or, when the database does not answer, ``down``."""
    began = time.perf_counter()
    try:
        with store.read() as conn:
            _, newest_ms = changes.newest(conn)
            spoken = feeds.all_feeds(conn)
            waiting = quarantine.counts(conn)
            beating = beats.all_beats(conn)
    except StoreError as error:
        return {"status": "down", "database": {"ok": False, "error": str(error)}}
    now = now_ms()
    return {
        "status": "ok",
        "database": {"ok": True, "kind": store.dialect, "ms": round((time.perf_counter() - began) * 1000, 1)},
        "newest_change_age_s": _age(now, newest_ms),
        "beats": [{"process": process, "age_s": _age(now, at_ms)} for process, at_ms in beating],
        "feeds": [
            {
                "name": f.name, "age_s": _age(now, f.received_ms), "newest_record_age_s": _age(now, f.newest_ms),
                "accepted": f.accepted, "quarantined": f.quarantined,
            }
            for f in spoken
        ],
        "quarantine": {"waiting": sum(waiting.values()), "by_feed": waiting},
    }  # fmt: skip


def _age(now: int, ms: int | None) -> float | None:
    return None if ms is None else round((now - ms) / 1000, 1)
