"""Tailing: the change log of the store flows into the situation. It never ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geodata.domain.alerts import MACHINE
from geodata.situation.loading import load_roads, load_roster, load_situation
from geodata.situation.roads import RoadGraph
from geodata.situation.roster_book import RosterBook
from geodata.situation.situation import Situation
from geodata.store import alerts, beats, changes, events, rollups, surges, units, walks
from geodata.store.alerts import AlertNow
from geodata.store.changes import Change
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.lists import IN_MAX
from geodata.store.surges import SurgeNow
from geodata.store.units import UnitNow
from geodata.store.walks import NO_WALKS, Walks

log = logging.getLogger(__name__)
POLL_S = {"sqlite": 0.03, "postgresql": 0.05}
RELOAD_REST = 3
"""After a reload the next one waits this many times as long as it took: an import comes in many batches."""
RETRY_S = (0.2, 5.0)
BEAT_EVERY_MS = {"sqlite": -1, "postgresql": 500}
"""A beat that is younger is not looked for anew: PostgreSQL is asked for changes twenty times a second, SQLite only
when something was written, and not again. One of the future is: the clock was set back, and without a look it would
seem new until the clock is there again."""
SET_BACK_MS = 60_000
"""A clock that goes back by less stands still in the picture until it is there again."""
RELOADED_BY = frozenset({"import", "areas"})
STAYING = frozenset({"reply"})
"""Steps after which an event is surely where it was: they leave its state and its area alone."""
NO_DATA = frozenset({"alert", "roster", "roads", "surge"})


def wall_ms() -> int:
    """Now, in epoch ms."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class News:
    """What one look at the store brought, of one snapshot. ``totals``, ``roster`` and ``roads`` only where they are set
    anew: ``totals`` for the sake of the ``returned`` events, of ``some`` areas or of all."""

    changes: Sequence[Change]
    events: Sequence[EventNow]
    units: Sequence[UnitNow]
    totals: rollups.Totals | None
    alerts: Sequence[AlertNow] = ()
    roster: RosterBook | None = None
    roads: RoadGraph | None = None
    returned: frozenset[int] = frozenset()
    some: bool = False
    surges: Sequence[SurgeNow] = ()
    walks: Walks = NO_WALKS
    beat_ms: int | None = None


def returned(situation: Situation, log_rows: Sequence[Change]) -> frozenset[int]:
    """The events of these changes that had ended and left: neither held nor born in them."""
    of_events = [c for c in log_rows if c.kind == "event"]
    born = {c.subject_id for c in of_events if c.rev == 1}
    return frozenset(situation.not_held(c.subject_id for c in of_events) - born)


def read_news(store: Store, situation: Situation, process: str = "") -> News | None:
    """What changed after ``situation.seq``, and the newest beat of a process where one is named; None when it is too
    much to follow.

    What a returned event counted as is no longer known here, so the all-time counts are read again with it: those of
    its area and all above it where no change of it can have moved it there, else all.
    """
    after = situation.seq
    with store.read() as conn:
        log_rows = changes.tail(conn, after, changes.FOLLOWED_MAX + 1)
        if log_rows and log_rows[-1].seq - after > changes.FOLLOWED_MAX:
            return None
        touched = {c.subject_id for c in log_rows if c.kind == "event"}
        moved = any(c.kind in ("unit", "positions") for c in log_rows)
        back = returned(situation, log_rows)
        found = events.by_ids(conn, sorted(touched))
        stayed = all(c.action in STAYING for c in log_rows if c.kind == "event" and c.subject_id in back)
        tree, areas = situation.tree, {e.area_id for e in found if e.id in back}
        chains = (tree.chain(tree.ordinal_by_id.get(area, 0)) for area in areas)
        above = {tree.areas[o].id for chain in chains for o in chain} if stayed else None
        if above is not None and len(above) > IN_MAX:
            above = None
        planned = any(c.kind == "roster" for c in log_rows) or situation.roster_runs_out()
        return News(
            log_rows,
            found,
            units.moved_after(conn, after) if moved else (),
            rollups.totals(conn, above) if back else None,
            alerts.by_ids(conn, {c.subject_id for c in log_rows if c.kind == "alert"}),
            load_roster(conn, situation.now_ms) if planned else None,
            load_roads(conn, situation.roads) if any(c.kind == "roads" for c in log_rows) else None,
            back,
            above is not None,
            surges.by_ids(conn, {c.subject_id for c in log_rows if c.kind == "surge"}),
            walks.after(conn, after) if moved else NO_WALKS,
            beats.of(conn, process) if process else None,
        )


class Tail:
    """Follows the store on the event loop; reading happens in a thread, applying on the loop.

    The Situation keeps its identity for ever: a reload replaces what it holds. ``last_change_ms`` is the time of the
    newest change taken in, ``caught_up_ms`` the last moment at which nothing newer was there, ``error`` what keeps
    the tail from reading now. ``process`` names the intake whose beats it reads; ``beat_ms`` is the newest of them, and
    whatever that intake wrote before it has been taken in.
    """

    def __init__(self, store: Store, situation: Situation, *, now: Callable[[], int] = wall_ms) -> None:
        self.situation = situation
        self.process = beats.own_name()
        self.caught_up_ms: int | None = None
        self.beat_ms: int | None = None
        self.error: str | None = None
        self._store, self._now = store, now
        self._behind = True
        self._reload_at: float | None = None
        self._rested_at = 0.0

    @property
    def last_seq(self) -> int:
        """The newest change taken in."""
        return self.situation.seq

    @property
    def last_change_ms(self) -> int | None:
        """When the newest change taken in was made; None before the first."""
        return self.situation.change_ms or None

    def state(self) -> dict[str, int | str | None]:
        """How far it is, for a health page."""
        return {
            "last_seq": self.last_seq, "last_change_ms": self.last_change_ms,
            "caught_up_ms": self.caught_up_ms, "beat_ms": self.beat_ms, "error": self.error,
        }  # fmt: skip

    def look_again(self) -> None:
        """Something may be new: the next step reads."""
        self._behind = True

    async def run(self) -> None:
        """Follow until cancelled. Whatever goes wrong is logged, shown in ``error`` and tried again."""
        wait = RETRY_S[0]
        while True:
            try:
                with contextlib.closing(self._store.watch()) as watch:
                    self.look_again()
                    while True:
                        if watch.moved():
                            self.look_again()
                        await self.step()
                        self.error, wait = None, RETRY_S[0]
                        await asyncio.sleep(POLL_S[self._store.dialect])
            except Exception as error:
                log.exception("The tail of the change log stumbled at %s; trying again in %.1f s", self.last_seq, wait)
                self.error = f"{type(error).__name__}: {error}"
            await asyncio.sleep(wait)
            wait = min(2 * wait, RETRY_S[1])

    async def step(self) -> None:
        """One look: move the clock, read what is new, take it in. A clock that was set back, which a situation does
        not follow, has it loaded anew."""
        if self._now() < self.situation.now_ms - SET_BACK_MS:
            self._reload_at = time.monotonic()
        if self._reload_at is not None and time.monotonic() >= self._reload_at:
            await self._reload()
        self._move(None)
        self._behind = self._behind or self.situation.roster_runs_out()
        if not self._behind:
            self.caught_up_ms = self._now()
        else:
            self._behind = False
            try:
                young = abs(self._now() - (self.beat_ms or 0)) <= BEAT_EVERY_MS[self._store.dialect]
                process = "" if young else self.process
                news = await asyncio.to_thread(read_news, self._store, self.situation, process)
            except BaseException:
                self._behind = True
                raise
            if news is None:
                self._reload_at = time.monotonic()
            else:
                self._move(news)

    def _move(self, news: News | None) -> None:
        """The clock and what was read. When that fails the situation may be half moved: it is loaded anew."""
        try:
            self.situation.advance(self._now())
            if news is not None:
                self._take(news)
        except Exception:
            self._reload_at = time.monotonic()
            raise

    def _take(self, news: News) -> None:
        situation = self.situation
        if not returned(situation, news.changes) <= news.returned:
            # Midnight passed since it was read: what left with yesterday would count a second time. It is read again.
            self._behind = True
            return
        if news.events:
            situation.apply_events(news.events)
        if news.totals is not None:
            situation.set_totals(news.totals, some=news.some)
        if news.units:
            situation.apply_units(news.units)
        if len(news.walks.area_id):
            situation.apply_walks(news.walks)
        if news.alerts:
            situation.apply_alerts(news.alerts)
        if news.surges:
            situation.apply_surges(news.surges)
        if news.roster is not None:
            situation.set_roster(news.roster)
        if news.roads is not None:
            situation.roads = news.roads
        if news.changes:
            situation.seq = news.changes[-1].seq
            # What the machine does by itself and what is planned are no data that came in: a silent feed stays silent.
            data = (c.at_ms for c in reversed(news.changes) if c.kind not in NO_DATA and c.actor != MACHINE)
            situation.change_ms = max(situation.change_ms, next(data, 0))
        if any(c.kind in RELOADED_BY for c in news.changes) and self._reload_at is None:
            self._reload_at = max(time.monotonic(), self._rested_at)
        self.caught_up_ms, self.beat_ms = self._now(), news.beat_ms or self.beat_ms

    async def _reload(self) -> None:
        began = time.monotonic()
        now = self.situation
        loaded = await asyncio.to_thread(
            load_situation, self._store, now.zone, self._now(), now.clockwork, now.roads, now.walks.plan
        )
        self.situation.replace_content(loaded)
        self._reload_at, self._behind = None, True
        self._rested_at = time.monotonic() + RELOAD_REST * (time.monotonic() - began)
        log.info("The situation was loaded anew at change %s", self.last_seq)
