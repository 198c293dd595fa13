"""What had been walked at an instant, from the walk log and from what it does not hold yet."""

from __future__ import annotations

import numpy as np

from geodata.domain.coverage import Grids
from geodata.store import walk_log
from geodata.store.engine import Store
from geodata.store.walk_log import LATE_MS
from geodata.store.walks import Walks


def walks_at(store: Store, grids: Grids, at_ms: int) -> Walks | None:
    """Every grid in its order, as of an instant; None where it is not known what had been walked.

    What was walked within a shift is not kept: only in which shift the rule was met last, as ``met_ms``.
    """
    with store.read() as conn:
        rows = walk_log.leading_to(conn, at_ms)
        if not rows:
            return None
        then = walk_log.at(conn, rows, at_ms)
        last = walk_log.newest(conn)
        if last is not None and at_ms + LATE_MS > last.to_ms:
            fresh = walk_log.since(conn, grids, last, max(at_ms, last.to_ms))
            if fresh is not None:
                then.take(fresh, at_ms)
            elif at_ms > last.to_ms:
                return None
    n = len(grids.id)
    then.reach(int(grids.id.max(initial=0)) + 1)
    none = np.zeros(n, np.int64)
    return Walks(grids.id, none, none, none, then.walk_ms[grids.id], then.met_ms[grids.id])


def differing(before: Walks, after: Walks) -> Walks:
    """Those grids of two instants that are not the same."""
    differ = (before.last_ms != after.last_ms) | (before.met_ms != after.met_ms)
    return Walks(*(column[differ] for column in after))
