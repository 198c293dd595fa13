"""Loading: the situation as the store holds it, read on one snapshot."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

from geodata.domain.coverage import DEFAULT_PLAN, PatrolPlan
from geodata.situation.alert_book import LINGER_MS
from geodata.situation.clockwork import BY_THE_CLOCK, Clockwork
from geodata.situation.columns import Codebook, EventBatch
from geodata.situation.days import Day
from geodata.situation.roads import RoadGraph
from geodata.situation.roster_book import AHEAD_MS, BEHIND_MS, RosterBook
from geodata.situation.situation import Situation
from geodata.store import alerts, changes, events, roads, rollups, roster, surges, units, walks
from geodata.store.areas import load_tree
from geodata.store.catalogue import load_catalogue
from geodata.store.engine import Connection, Store


def load_situation(
    store: Store, zone: ZoneInfo, now_ms: int | None = None, clockwork: Clockwork = BY_THE_CLOCK,
    graph: RoadGraph | None = None, patrol: PatrolPlan = DEFAULT_PLAN,
) -> Situation:  # fmt: skip
    """Load everything that "now" needs, at this moment (by the wall clock when None).

    ``graph`` is kept where its roads are still those of the store. Raises HierarchyError on a store without areas.
    """
    at_ms = now_ms if now_ms is not None else time.time_ns() // 1_000_000
    with store.read() as conn:
        seq, change_ms = changes.newest(conn)
        tree, catalogue = load_tree(conn), load_catalogue(conn)
        book = Codebook(catalogue)
        batch = EventBatch.of(events.held_since(conn, Day.of(at_ms, zone).start_ms), tree, book)
        standing = [*alerts.standing(conn), *alerts.ended_since(conn, at_ms - LINGER_MS)]
        situation = Situation(
            tree, catalogue, zone, at_ms, events=batch, units=units.all_units(conn), book=book, alerts=standing,
            surges=surges.standing(conn), clockwork=clockwork, patrol=patrol, walks=walks.everything(conn),
        )  # fmt: skip
        situation.set_totals(rollups.totals(conn))
        situation.set_roster(load_roster(conn, at_ms))
        situation.roads = load_roads(conn, graph)
    situation.seq = seq
    situation.change_ms = min(change_ms or 0, at_ms)  # one of the future: the clock had leapt forward
    return situation


def load_roster(conn: Connection, now_ms: int) -> RosterBook:
    """The roster around a moment, as far as "now" will need it until it is read again."""
    low, high = now_ms - BEHIND_MS, now_ms + AHEAD_MS
    return RosterBook(roster.around(conn, low, high), low, high)


def load_roads(conn: Connection, known: RoadGraph | None) -> RoadGraph | None:
    """The road graph of the store: the one that is known already where it is that."""
    rev = roads.revision(conn)
    if known is not None and known.rev == rev:
        return known
    net = roads.load(conn)
    return None if net is None or not len(net) else RoadGraph(net, rev)
