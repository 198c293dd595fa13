"""Tailing: the change log of the store flows into the situation. It never ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geodata.situation.loading import load_situation
from geodata.situation.situation import Situation
from geodata.store import changes, events, rollups, units
from geodata.store.changes import Change
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.units import UnitNow

log = logging.getLogger(__name__)
POLL_S = {"sqlite": 0.03, "postgresql": 0.05}
GAP_MAX = 20_000
"""So many changes at once are loaded anew instead of followed."""
RELOAD_REST = 3
"""After a reload the next one waits this many times as long as it took: an import comes in many batches."""
RETRY_S = (0.2, 5.0)
RELOADED_BY = frozenset({"import", "areas"})


def wall_ms() -> int:
    """Now, in epoch ms."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class News:
    """What one look at the store brought, all of one snapshot. ``totals`` only where they must be set anew."""

    changes: Sequence[Change]
    events: Sequence[EventNow]
    units: Sequence[UnitNow]
    totals: rollups.Totals | None


def read_news(store: Store, situation: Situation) -> News | None:
    """What changed after ``situation.seq``; None when it is too much to follow.

    An event that is neither held nor born in these changes had ended and left; what it counted as is no longer known
    here, so the all-time counts are read again with it.
    """
    after = situation.seq
    with store.read() as conn:
        log_rows = changes.tail(conn, after, GAP_MAX + 1)
        if len(log_rows) > GAP_MAX:
            return None
        touched = {c.subject_id for c in log_rows if c.kind == "event"}
        born = {c.subject_id for c in log_rows if c.kind == "event" and c.rev == 1}
        moved = any(c.kind in ("unit", "positions") for c in log_rows)
        returned = situation.not_held(touched) - born
        return News(
            log_rows,
            events.by_ids(conn, sorted(touched)),
            units.moved_after(conn, after) if moved else (),
            rollups.totals(conn) if returned else None,
        )


class Tail:
    """Follows the store on the event loop; reading happens in a thread, applying on the loop.

    The Situation keeps its identity for ever: a reload replaces what it holds. ``last_change_ms`` is the time of the
    newest change taken in, ``caught_up_ms`` the last moment at which nothing newer was there, ``error`` what keeps
    the tail from reading now.
    """

    def __init__(self, store: Store, situation: Situation, *, now: Callable[[], int] = wall_ms) -> None:
        self.situation = situation
        self.caught_up_ms: int | None = None
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
            "caught_up_ms": self.caught_up_ms, "error": self.error,
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
        """One look: move the clock, read what is new, take it in."""
        if self._reload_at is not None and time.monotonic() >= self._reload_at:
            await self._reload()
        self._move(None)
        if not self._behind:
            self.caught_up_ms = self._now()
        else:
            self._behind = False
            try:
                news = await asyncio.to_thread(read_news, self._store, self.situation)
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
        if news.events:
            situation.apply_events(news.events)
        if news.totals is not None:
            situation.set_totals(news.totals)
        if news.units:
            situation.apply_units(news.units)
        if news.changes:
            situation.seq = news.changes[-1].seq
            situation.change_ms = max(situation.change_ms, news.changes[-1].at_ms)
        if any(c.kind in RELOADED_BY for c in news.changes) and self._reload_at is None:
            self._reload_at = max(time.monotonic(), self._rested_at)
        self.caught_up_ms = self._now()

    async def _reload(self) -> None:
        began = time.monotonic()
        loaded = await asyncio.to_thread(load_situation, self._store, self.situation.zone, self._now())
        self.situation.replace_content(loaded)
        self._reload_at, self._behind = None, True
        self._rested_at = time.monotonic() + RELOAD_REST * (time.monotonic() - began)
        log.info("The situation was loaded anew at change %s", self.last_seq)
