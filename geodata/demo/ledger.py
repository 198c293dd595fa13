"""The ledger of suspended events in the city's past: what stood, and stands, without a line would have no reason."""

from __future__ import annotations

import numpy as np

from geodata.domain.events import State
from geodata.store import pauses
from geodata.store.bulk import NONE
from geodata.store.engine import Connection
from geodata.store.history import EventHistory

REASONS = ("待备件到货", "需列入专项整治计划")
REVIEW_MS = 14 * 24 * 3_600_000
HEAD = "demo"


def enter(conn: Connection, rng: np.random.Generator, rows: EventHistory, first_id: int) -> None:
    """A line for each time that an event of this history was suspended; ``first_id`` is the id of its first row."""
    left = np.flatnonzero(np.asarray(rows.left_state, object) == State.SUSPENDED.value)
    still = np.flatnonzero(np.asarray(rows.state, object) == State.SUSPENDED.value)
    from_ms = np.r_[rows.left_from_ms[left], rows.state_ms[still]]
    order = np.argsort(from_ms, kind="stable")
    pauses.enter(
        conn,
        event_id=(np.r_[rows.left_event[left], still] + first_id)[order],
        from_ms=from_ms[order],
        ended_ms=np.r_[rows.left_to_ms[left], np.full(len(still), NONE)][order],
        review_ms=from_ms[order] + REVIEW_MS,
        by=HEAD,
        reasons=[REASONS[k] for k in rng.integers(0, len(REASONS), len(order))],
    )
