"""The demo city at full size in memory, and a feeder that applies to it what a day of it would bring.

30,000 events a day with some 4,200 open, 20,000 units on duty that report every 15 s. The store is only read; what the
feeder invents lives in this process alone.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.demo.build import build_demo
from geodata.domain.events import SOURCES, State
from geodata.domain.units import UnitStatus
from geodata.situation.loading import load_situation
from geodata.situation.situation import Situation
from geodata.store import areas, events, units
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.folder import DataFolder
from geodata.store.units import UnitNow

Json = dict[str, Any]
FOLDER = Path(__file__).resolve().parents[1] / "data" / "bench"
FIX_EVERY_S, EVENT_EVERY_S, FEED_EVERY_S = 15.0, 0.35, 0.05
STATES = (State.REPORTED, State.TO_DISPATCH, State.DISPATCHED, State.HANDLING, State.HANDLING, State.TO_CHECK)
STATUSES = (UnitStatus.ON_DUTY,) * 8 + (UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE)
LIFE_MS = {1: 2, 2: 6, 3: 20, 4: 60}
HOUR_MS = 3_600_000
NEW_IDS_FROM = 1 << 40
STREET_DEPTH = 2


def demo_folder() -> DataFolder:
    """The folder of the bench's own demo city, built where it is missing (about a minute, once)."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    build_demo(DataFolder(FOLDER))
    return DataFolder(FOLDER)


class LivingCity:
    """The situation of the demo city with all its units on duty, and what changes in it."""

    def __init__(self, folder: DataFolder, situation: Situation | None = None) -> None:
        self._random = random.Random(7)
        self.folder, self.city = folder, folder.city()
        self.store = Store.open(folder.database_url)
        self.situation = situation or load_situation(self.store, self.city.zone)
        self._tree = self.situation.tree
        self._subtypes = list(self.situation.catalogue.subtypes.values())
        self._leaves = [i for i in range(len(self._tree)) if self._tree.is_leaf(i)]
        self._serial = NEW_IDS_FROM
        with self.store.read() as conn:
            held = [EventNow(*row) for row in events.open_events(conn)]  # type: ignore[arg-type]
            self._units = [self._on_duty(u) for u in units.all_units(conn)]
        self._open = {e.id: e for e in held}
        self.situation.apply_units(self._units)

    def views(self, n: int) -> list[str]:
        """The addresses of ``n`` different areas: the city, every district, and streets dealt evenly over the city."""
        depth = self._tree.depth
        upper = np.flatnonzero(depth < STREET_DEPTH)[:n]
        streets = np.flatnonzero(depth == STREET_DEPTH)
        chosen = np.linspace(0, len(streets) - 1, n - len(upper)).astype(int)
        return [f"/area/{self._tree.areas[i].code}" for i in np.concatenate((upper, streets[chosen])).tolist()]

    def feed(self, since_s: float) -> Iterator[int]:
        """Apply what happened in the last ``since_s`` seconds; yields the ordinal of each change."""
        now_ms = time.time_ns() // 1_000_000
        self.situation.advance(now_ms)
        moved = [self._moved(now_ms) for _ in range(self._whole(len(self._units) * since_s / FIX_EVERY_S))]
        self.situation.apply_units(moved)
        changed = [self._next(now_ms) for _ in range(self._whole(since_s / EVENT_EVERY_S))]
        self.situation.apply_events(changed)
        self.situation.change_ms = now_ms
        place = self._tree.ordinal_by_id
        yield from (place[u.area_id or 0] for u in moved)
        yield from (place[e.area_id] for e in changed)

    async def live(self, note: Callable[[int, float], None] = lambda o, at: None) -> None:
        """Apply changes twenty times a second, for ever; ``note`` hears of each: its ordinal and its moment."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(FEED_EVERY_S)
            now = time.monotonic()
            for o in self.feed(now - last):
                note(o, now)
            last = now

    @lru_cache(maxsize=2000)  # noqa: B019 - one city lives as long as the process
    def outlines(self, code: str) -> Json:
        """The children's outlines as GeoJSON, as a figure carries them."""
        children = self._tree.children(self._tree.ordinal[code]).tolist()
        with self.store.read() as conn:
            wkb = areas.outlines(conn, [self._tree.areas[i].id for i in children])
        return {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "id": self._tree.areas[i].code, "properties": {},
                 "geometry": _rounded(shapely.from_wkb(wkb[self._tree.areas[i].id]))}
                for i in children
            ],
        }  # fmt: skip

    def _whole(self, expected: float) -> int:
        return int(expected) + (self._random.random() < expected % 1)

    def _near(self, at: int) -> tuple[float, float]:
        x, y = float(self._tree.lon[at]), float(self._tree.lat[at])
        return x + self._random.uniform(-0.002, 0.002), y + self._random.uniform(-0.002, 0.002)

    def _reported(self, now_ms: int) -> EventNow:
        self._serial += 1
        at = self._random.choice(self._leaves)
        subtype = self._random.choices(self._subtypes, [s.urgency**2 for s in self._subtypes])[0]
        x, y = self._near(at)
        return EventNow(
            id=self._serial, code=f"BENCH{self._serial - NEW_IDS_FROM:08d}", source=self._random.choice(SOURCES),
            source_system="bench", source_id=str(self._serial), subtype_code=subtype.code,
            class_code=subtype.class_code, urgency=subtype.urgency, description="", lon=x, lat=y, on_pile=0,
            area_id=self._tree.areas[at].id, state=State.REPORTED, rev=1, reported_ms=now_ms, state_ms=now_ms,
            dispatched_ms=None, handled_ms=None, ended_ms=None,
            deadline_ms=now_ms + LIFE_MS[subtype.urgency] * HOUR_MS, on_time=None, unit_id=None, last_seq=0,
        )  # fmt: skip

    def _next(self, now_ms: int) -> EventNow:
        """A new event, a step of an open one, or the end of one: as many come as go."""
        kind = self._random.randrange(4)
        if kind == 0:
            event = self._reported(now_ms)
        else:
            event = self._open.pop(self._random.choice(list(self._open)))
            event = replace(event, state=self._random.choice(STATES), rev=event.rev + 1, state_ms=now_ms)
        if kind == 1:
            in_time = int(event.deadline_ms is None or now_ms <= event.deadline_ms)
            return replace(event, state=State.CLOSED, handled_ms=now_ms, ended_ms=now_ms, on_time=in_time)
        self._open[event.id] = event
        return event

    def _on_duty(self, unit: UnitNow) -> UnitNow:
        now_ms = self.situation.now_ms
        x, y = self._near(self._tree.ordinal_by_id[unit.home_area_id])
        self._serial += 1
        return replace(
            unit, status=self._random.choice(STATUSES), status_ms=now_ms, lon=x, lat=y, received_ms=now_ms,
            fix_ms=now_ms - self._random.randrange(15_000), area_id=unit.home_area_id, moved_seq=self._serial,
        )  # fmt: skip

    def _moved(self, now_ms: int) -> UnitNow:
        """A fix a few steps further, now and then in the grid beside the unit's own."""
        i = self._random.randrange(len(self._units))
        unit = self._units[i]
        at = self._tree.ordinal_by_id[unit.home_area_id]
        beside = at + 1 < len(self._tree) and self._tree.is_leaf(at + 1) and self._random.random() < 0.1
        x, y = (c + self._random.uniform(-2e-4, 2e-4) for c in (unit.lon or 0.0, unit.lat or 0.0))
        self._serial += 1
        self._units[i] = unit = replace(
            unit, lon=x, lat=y, fix_ms=now_ms, received_ms=now_ms, moved_seq=self._serial,
            area_id=self._tree.areas[at + beside].id,
        )  # fmt: skip
        return unit


def _rounded(shape: Any) -> Json:
    """A geometry as GeoJSON with five decimals (a metre)."""
    at = shapely.set_precision(shape, 1e-5)
    drawn: Json = shapely.geometry.mapping(at if not at.is_empty else shape)
    return drawn
