"""The archive: the logs of the days that can be replayed, made when they are needed or ahead of that, and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from geodata.domain.areas import AreaTree
from geodata.domain.catalogue import Catalogue
from geodata.domain.coverage import DEFAULT_PLAN, PatrolPlan
from geodata.situation.clockwork import Clockwork
from geodata.situation.days import midnight_ms
from geodata.situation.replay.daylog import DayLog, local_day
from geodata.situation.replay.files import LogFiles
from geodata.situation.replay.instant import Instant, Setting
from geodata.situation.replay.making import Maker
from geodata.situation.replay.units_then import Fleet
from geodata.situation.replay.walks_then import walks_at
from geodata.situation.roster_book import RosterBook
from geodata.situation.strata import Strata
from geodata.situation.walk_book import grids_of
from geodata.store import past, roster, surges, units
from geodata.store.engine import Store
from geodata.store.surges import SurgeNow
from geodata.store.walks import Walks

LOGS_KEPT = 3
"""At full size a log takes some 30 MB of memory."""
City = Callable[[], tuple[AreaTree, Catalogue]]


class Archive:
    """Used by one thread. ``city`` gives the areas and the catalogue in force: another edition makes all of it anew."""

    def __init__(
        self, store: Store, files: LogFiles, city: City, zone: ZoneInfo, clockwork: Clockwork,
        plan: PatrolPlan = DEFAULT_PLAN,
    ) -> None:  # fmt: skip
        self._store, self._files, self._city = store, files, city
        self._zone, self._clockwork, self._plan = zone, clockwork, plan
        self._kept: OrderedDict[date, DayLog] = OrderedDict()
        self._today: DayLog | None = None
        self._rosters: OrderedDict[date, RosterBook] = OrderedDict()
        self._maker: Maker | None = None
        self._key = ""
        self._setting: Setting | None = None

    def instant(self, at_ms: int, now_ms: int) -> Instant:
        """The situation at a moment of the past. Raises StoreError."""
        log = self.log(at_ms, now_ms)
        assert self._setting is not None
        return Instant(self._setting, log, at_ms, self._roster(log.day))

    def log(self, at_ms: int, now_ms: int) -> DayLog:
        """The log of the day of a moment."""
        self._look()
        day, today = local_day(at_ms, self._zone), local_day(now_ms, self._zone)
        if day >= today:
            return self._running(today, at_ms, now_ms)
        wanted, log = day, self._finished(day)
        while log is None:
            day += timedelta(days=1)
            log = self._running(today, 0, now_ms) if day >= today else self._finished(day)
        while log.day != wanted:
            log = self._make_before(log)
        return log

    def prepare(self, days: int, now_ms: int) -> bool:
        """Make the log of today longer or that of one more of the last ``days`` days; False when none is missing."""
        self._look()
        today = local_day(now_ms, self._zone)
        self._files.forget(today - timedelta(days=days), self._key)
        if self._today is None or self._today.day != today:
            self._running(today, now_ms, now_ms)
            return True
        self._running(today, now_ms, now_ms)
        for back in range(1, days + 1):
            day = today - timedelta(days=back)
            if not self._files.has(day, self._key):
                self.log(midnight_ms(day, self._zone), now_ms)
                return True
        return False

    def _look(self) -> None:
        """See whether the past was written anew."""
        tree, catalogue = self._city()
        with self._store.read() as conn:
            key = past.rewritten(conn)
            if self._maker is not None and self._maker.strata.tree is tree and key == self._key:
                return
            known = units.all_units(conn)
        strata = Strata(tree)
        self._kept.clear()
        self._today = None
        self._rosters.clear()
        self._key, self._maker = key, Maker(self._store, strata, catalogue, self._zone)
        self._setting = Setting(
            strata, catalogue, self._zone, self._clockwork, Fleet(known, strata), self._fixes, self._surges,
            self._plan, self._walks,
        )  # fmt: skip

    def _running(self, today: date, at_ms: int, now_ms: int) -> DayLog:
        assert self._maker is not None
        assert self._setting is not None
        log = self._today
        if log is None or log.day != today:
            log = self._maker.today(today, now_ms)
        elif log.to_ms < at_ms:
            log = self._maker.longer(log, now_ms)
        if log is not self._today and (self._setting.fleet.places(log.units["unit_id"]) < 0).any():
            with self._store.read() as conn:
                fleet = Fleet(units.all_units(conn), self._setting.strata)
            self._setting = replace(self._setting, fleet=fleet)
        self._today = log
        return log

    def _finished(self, day: date) -> DayLog | None:
        log = self._kept.get(day)
        if log is None or log.to_ms < midnight_ms(day + timedelta(days=1), self._zone):
            log = self._files.load(day, self._key)
        return None if log is None else self._keep(log)

    def _make_before(self, later: DayLog) -> DayLog:
        assert self._maker is not None
        log = self._maker.before(later)
        self._files.save(log, self._key)
        return self._keep(log)

    def _keep(self, log: DayLog) -> DayLog:
        self._kept[log.day] = log
        self._kept.move_to_end(log.day)
        while len(self._kept) > LOGS_KEPT:
            self._kept.popitem(last=False)
        return log

    def _roster(self, day: date) -> RosterBook:
        book = self._rosters.get(day)
        if book is None:
            with self._store.read() as conn:
                low, high = (midnight_ms(day + timedelta(days=k), self._zone) for k in range(2))
                book = RosterBook(roster.around(conn, low, high + 1), low, high + 1)
            self._rosters[day] = book
            if len(self._rosters) > LOGS_KEPT:
                self._rosters.popitem(last=False)
        return book

    def _fixes(self, unit_ids: Sequence[int], at_ms: int) -> list[past.Fix]:
        with self._store.read() as conn:
            return past.last_fixes(conn, unit_ids, at_ms)

    def _surges(self, at_ms: int) -> list[SurgeNow]:
        with self._store.read() as conn:
            return surges.at(conn, at_ms)

    def _walks(self, at_ms: int) -> Walks | None:
        assert self._maker is not None
        return walks_at(self._store, grids_of(self._maker.strata.tree, self._plan), at_ms)
