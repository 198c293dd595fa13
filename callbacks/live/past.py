"""The past that a live frame compares itself with, read in a thread and kept, so that no frame waits for the store."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.areas import AreaTree
from geodata.situation.situation import Situation
from geodata.store import rollups
from geodata.store.ancestry import Longs
from geodata.store.engine import Store

log = logging.getLogger(__name__)
MONTH_EVERY_MS = 60_000
RETRY_MS = 15_000
OVERDUE_MS = 300_000
"""What was due so long ago and is still not read counts as missing."""
AREAS_MAX = 4_000
REST = 3.0
"""After a reading the reader rests this many times as long as it took: a thread that counts holds the frames up."""


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """What an area's day is compared with: reported yesterday up to the begin of each of its minutes, and a week ago
    per local hour (24 numbers).
    """

    yesterday_to: Longs
    last_week: tuple[int, ...]

    def yesterday(self, minutes: int) -> int:
        """Reported in the first minutes of yesterday."""
        return int(self.yesterday_to[min(minutes, len(self.yesterday_to) - 1)])


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """This month's cases: due are those whose deadline in it has passed or that ended before it; and those in time.

    Sums up to each ordinal of the tree, so that any area with all below it is one difference.
    """

    tree: AreaTree
    due_to: Longs
    on_time_to: Longs

    def of(self, o: int) -> tuple[int, int]:
        """(closed in time, due) of an area."""
        end = int(self.tree.end[o])
        return int(self.on_time_to[end] - self.on_time_to[o]), int(self.due_to[end] - self.due_to[o])


@dataclass(slots=True)
class _Entry:
    hours: Hours | None = None
    version: int = 0
    retry_ms: int = 0
    read_ms: int = 0
    wanted_ms: int | None = None
    day: date = field(default=date.min)


class Past:
    """Readings of the city's month and of each area's hours. Nothing here blocks: what is not known yet is read."""

    def __init__(self, store: Store, situation: Situation) -> None:
        self._store, self._situation = store, situation
        self._tree = situation.tree
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._month: Month | None = None
        self._month_is = (0, 0)
        self._next_month_ms = 0
        self._month_ms = situation.now_ms
        self._reader: asyncio.Task[None] | None = None
        self.month_version = 0

    def hours(self, o: int) -> Hours | None:
        """The hours of an area's other days; None until they were read."""
        entry = self._entries.get(o)
        if entry is None or not self._same_city():
            return None
        # After midnight what was read the day before is about other days, until it has been read again.
        return entry.hours if entry.day == local_day(self._situation.now_ms, self._situation.zone) else None

    @property
    def month(self) -> Month | None:
        """This month's cases; None until they were read: what was read before the month ended is about another one."""
        return self._month if self._same_city() and self._month_is == self._this_month() else None

    def _this_month(self) -> tuple[int, int]:
        today = local_day(self._situation.now_ms, self._situation.zone)
        return today.year, today.month

    def look(self, o: int) -> tuple[int, int]:
        """(version of the month, version of the area's hours); what is old or missing will be read."""
        if not self._same_city():
            self._forget()
        now_ms = self._situation.now_ms
        if self._month is not None and self.month is None:
            self._month, self._next_month_ms = None, 0
            self.month_version += 1
        entry = self._entry(o)
        if entry.day == local_day(now_ms, self._situation.zone):
            entry.wanted_ms = None
        else:
            entry.wanted_ms = now_ms if entry.wanted_ms is None else entry.wanted_ms
            if now_ms >= entry.retry_ms:
                self._wanted[o] = None
        if self._wanted or now_ms >= self._next_month_ms:
            self._wake()
        return self.month_version, entry.version

    def overdue(self, o: int) -> dict[str, int]:
        """``{"month": …, "hours": …}``, each where it is missing for too long: when it was last read, or 0."""
        now_ms, entry = self._situation.now_ms, self._entry(o)
        late = {"month": self._month_ms} if now_ms - self._month_ms > OVERDUE_MS else {}
        if entry.wanted_ms is not None and now_ms - entry.wanted_ms > OVERDUE_MS:
            late["hours"] = entry.read_ms
        return late

    def _same_city(self) -> bool:
        return self._situation.tree is self._tree

    def _forget(self) -> None:
        self._tree = self._situation.tree
        self._entries.clear()
        self._wanted.clear()
        self._month, self._next_month_ms, self._month_ms = None, 0, self._situation.now_ms
        self.month_version += 1

    def _entry(self, o: int) -> _Entry:
        entry = self._entries.get(o)
        if entry is None:
            entry = self._entries[o] = _Entry()
            if len(self._entries) > AREAS_MAX:
                self._entries.popitem(last=False)
        return entry

    def _wake(self) -> None:
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        """Read the month when it is due, else the area that was asked for last: somebody has just opened it."""
        while self._wanted or self._situation.now_ms >= self._next_month_ms:
            began = time.perf_counter()
            tree, now_ms = self._situation.tree, self._situation.now_ms
            if now_ms >= self._next_month_ms:
                await self._read_month(tree, now_ms)
            else:
                o, _ = self._wanted.popitem()
                await self._read_hours(tree, o, now_ms)
            await asyncio.sleep(REST * (time.perf_counter() - began))

    async def _read_month(self, tree: AreaTree, now_ms: int) -> None:
        self._next_month_ms = now_ms + MONTH_EVERY_MS
        try:
            month = await asyncio.to_thread(read_month, self._store, tree, now_ms, self._situation.zone)
        except Exception:
            log.exception("This month's cases could not be read")
            self._next_month_ms = now_ms + RETRY_MS
            return
        if tree is self._tree:
            read_for = local_day(now_ms, self._situation.zone)
            self._month, self._month_ms, self._month_is = month, now_ms, (read_for.year, read_for.month)
            self.month_version += 1

    async def _read_hours(self, tree: AreaTree, o: int, now_ms: int) -> None:
        zone = self._situation.zone
        try:
            hours = await asyncio.to_thread(read_hours, self._store, tree.areas[o].id, now_ms, zone)
        except Exception:
            log.exception("The hours of %s could not be read", tree.areas[o].code)
            self._entry(o).retry_ms = now_ms + RETRY_MS
            return
        if tree is self._tree:
            entry = self._entry(o)
            entry.hours, entry.day, entry.read_ms = hours, local_day(now_ms, zone), now_ms
            entry.version += 1


def local_day(ms: int, zone: ZoneInfo) -> date:
    """The calendar day of a moment in the city."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def by_local_hour(counts: list[int], from_hour: int, day: date, zone: ZoneInfo) -> tuple[int, ...]:
    """Counts per epoch hour, added up into the 24 local hours of their day; hours of another day are left out."""
    hours = [0] * 24
    for i, n in enumerate(counts):
        local = datetime.fromtimestamp((from_hour + i) * 3600, UTC).astimezone(zone)
        if local.date() == day:
            hours[local.hour] += n
    return tuple(hours)


def read_hours(store: Store, area_id: int, now_ms: int, zone: ZoneInfo) -> Hours:
    """Yesterday and the same weekday of last week (for a thread)."""
    today = local_day(now_ms, zone)
    with store.read() as conn:
        start, end = _bounds(today - timedelta(days=1), zone)
        minutes = rollups.by_minute(conn, area_id, start // 60, end // 60)
        week_ago = today - timedelta(days=7)
        start, end = _bounds(week_ago, zone)
        counts = rollups.hourly(conn, area_id, start // 3600, -(-end // 3600))
    return Hours(np.cumsum([0, *minutes]), by_local_hour(counts, start // 3600, week_ago, zone))


def _bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """When a local day begins and ends, epoch seconds."""
    start, end = (int(midnight(d, zone).timestamp()) for d in (day, day + timedelta(days=1)))
    return start, end


def read_month(store: Store, tree: AreaTree, now_ms: int, zone: ZoneInfo) -> Month:
    """The whole city's cases of this month, up to now (for a thread; some tens of milliseconds)."""
    today = local_day(now_ms, zone)
    end = midnight((today.replace(day=28) + timedelta(days=4)).replace(day=1), zone)
    with store.read() as conn:
        month = rollups.months(conn, today.year * 12 + today.month - 1)
        later_id, later = rollups.not_due_yet(conn, now_ms, int(end.timestamp() * 1000))
    due, on_time = np.zeros(len(tree), np.int64), np.zeros(len(tree), np.int64)
    place = tree.ordinal_by_id
    for into, ids, counts in (
        (due, month.area_id, month.due), (on_time, month.area_id, month.due_on_time), (due, later_id, -later),
    ):  # fmt: skip
        # Events of an area that is no longer in force count for the city itself, as they do in the situation.
        np.add.at(into, np.array([place.get(i, 0) for i in ids.tolist()], np.int64), counts)
    due_to, on_time_to = (np.concatenate(([0], np.cumsum(column))) for column in (due, on_time))
    return Month(tree, due_to, on_time_to)
