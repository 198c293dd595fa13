"""The past that a live frame compares itself with, read in a thread and kept, so that no frame waits for the store."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from geodata.domain.areas import AreaTree
from geodata.situation.situation import Situation
from geodata.store import rollups
from geodata.store.engine import Store
from geodata.store.rollups import NO_CLOSING, Closing

log = logging.getLogger(__name__)
HOUR_MS = 3_600_000
KEEP_MS = 300_000
RETRY_MS = 15_000
AREAS_MAX = 4_000


@dataclass(frozen=True, slots=True)
class PastOfArea:
    """What an area's frames compare with: reported per local hour (24 numbers), and closing since the month began."""

    yesterday: tuple[int, ...]
    last_week: tuple[int, ...]
    month: Closing
    children: Mapping[int, Closing]


@dataclass(slots=True)
class _Entry:
    past: PastOfArea | None = None
    version: int = 0
    good_until_ms: int = 0
    day: date = field(default=date.min)


class Past:
    """Readings per area. ``look`` never blocks: it gives what is known and has the rest read in the background."""

    def __init__(self, store: Store, situation: Situation) -> None:
        self._store, self._situation = store, situation
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._tree = situation.tree
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._reader: asyncio.Task[None] | None = None

    def look(self, o: int) -> PastOfArea | None:
        """The past of an area as last read; None until it was read for the first time."""
        return self._entry(o).past

    def version(self, o: int) -> int:
        """Grows when ``look`` would give something else. Asks for a new reading when the last one is old."""
        entry = self._entry(o)
        now_ms = self._situation.now_ms
        if now_ms >= entry.good_until_ms or entry.day != local_day(now_ms, self._situation.zone):
            self._want(o)
        return entry.version

    def _entry(self, o: int) -> _Entry:
        if self._situation.tree is not self._tree:
            self._tree = self._situation.tree
            self._entries.clear()
            self._wanted.clear()
        entry = self._entries.get(o)
        if entry is None:
            entry = self._entries[o] = _Entry()
            if len(self._entries) > AREAS_MAX:
                self._entries.popitem(last=False)
        return entry

    def _want(self, o: int) -> None:
        self._wanted[o] = None
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._read_wanted())

    async def _read_wanted(self) -> None:
        while self._wanted:
            o, _ = self._wanted.popitem(last=False)
            tree, now_ms, zone = self._situation.tree, self._situation.now_ms, self._situation.zone
            entry = self._entry(o)
            try:
                past = await asyncio.to_thread(read_past, self._store, tree, o, now_ms, zone)
            except Exception:
                log.exception("The past of %s could not be read", tree.areas[o].code)
                entry.good_until_ms, entry.day = now_ms + RETRY_MS, local_day(now_ms, zone)
                continue
            if self._situation.tree is not tree:
                continue
            if past != entry.past:
                entry.past = past
                entry.version += 1
            entry.good_until_ms, entry.day = now_ms + KEEP_MS, local_day(now_ms, zone)


def local_day(ms: int, zone: ZoneInfo) -> date:
    """The calendar day of a moment in the city."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).date()


def day_hours(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The epoch hours [from, to) of a local day: 24, or 23 and 25 where the clocks change."""
    start, end = (datetime(d.year, d.month, d.day, tzinfo=zone) for d in (day, day + timedelta(days=1)))
    return int(start.timestamp()) // 3600, -(-int(end.timestamp()) // 3600)


def by_local_hour(counts: list[int], from_hour: int, day: date, zone: ZoneInfo) -> tuple[int, ...]:
    """Counts per epoch hour, added up into the 24 local hours of their day; hours of another day are left out."""
    hours = [0] * 24
    for i, n in enumerate(counts):
        local = datetime.fromtimestamp((from_hour + i) * 3600, UTC).astimezone(zone)
        if local.date() == day:
            hours[local.hour] += n
    return tuple(hours)


def read_past(store: Store, tree: AreaTree, o: int, now_ms: int, zone: ZoneInfo) -> PastOfArea:
    """Read what one area's frames compare with (a few milliseconds, for a thread)."""
    today = local_day(now_ms, zone)
    month = today.replace(day=1)
    area_id = tree.areas[o].id
    ordinals = {tree.areas[i].id: i for i in tree.children(o).tolist()}
    with store.read() as conn:
        days = []
        for day in (today - timedelta(days=1), today - timedelta(days=7)):
            from_hour, to_hour = day_hours(day, zone)
            counts = rollups.hourly(conn, area_id, from_hour, to_hour)
            days.append(by_local_hour(counts, from_hour, day, zone))
        closing = rollups.closing(conn, [area_id, *ordinals], day_hours(month, zone)[0], now_ms // HOUR_MS + 1)
    children = {o: closing.get(i, NO_CLOSING) for i, o in ordinals.items()}
    return PastOfArea(days[0], days[1], closing.get(area_id, NO_CLOSING), children)
