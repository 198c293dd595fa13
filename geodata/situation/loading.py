"""Loading: the situation as the store holds it, read on one snapshot."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

from geodata.situation.columns import Codebook, EventBatch
from geodata.situation.days import Day
from geodata.situation.situation import Situation
from geodata.store import changes, events, rollups, units
from geodata.store.areas import load_tree
from geodata.store.catalogue import load_catalogue
from geodata.store.engine import Store


def load_situation(store: Store, zone: ZoneInfo, now_ms: int | None = None) -> Situation:
    """Load everything that "now" needs, at this moment (by the wall clock when None).

    Raises HierarchyError on a store without areas.
    """
    at_ms = now_ms if now_ms is not None else time.time_ns() // 1_000_000
    with store.read() as conn:
        seq, change_ms = changes.newest(conn)
        tree, catalogue = load_tree(conn), load_catalogue(conn)
        book = Codebook(catalogue)
        batch = EventBatch.of(events.held_since(conn, Day.of(at_ms, zone).start_ms), tree, book)
        situation = Situation(tree, catalogue, zone, at_ms, events=batch, units=units.all_units(conn), book=book)
        situation.set_totals(rollups.totals(conn))
    situation.seq, situation.change_ms = seq, change_ms or 0
    return situation

