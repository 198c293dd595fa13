"""The scene: everything that the sections of one view may look at, read once per refresh."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from functools import cached_property

from callbacks.live.doors import DoorsNow
from callbacks.live.past import PastOfArea
from geodata.domain.areas import AreaTree
from geodata.domain.catalogue import Catalogue
from geodata.domain.view import MapView
from geodata.situation.briefs import Totals
from geodata.situation.situation import Situation
from geodata.store.folder import City

SAMPLE_MS = 300_000
HOUR_MS = 3_600_000
AREAS_MAX = 4_000


class Trails:
    """What was overdue an hour ago, for the areas somebody watches: one sample each five minutes, 13 of them."""

    def __init__(self) -> None:
        self._trails: OrderedDict[str, deque[tuple[int, int]]] = OrderedDict()

    def hour_ago(self, code: str, now_ms: int, overdue: int) -> int | None:
        """Note today's number and give that of an hour ago; None while the area has not been watched that long."""
        trail = self._trails.get(code)
        if trail is None:
            trail = self._trails[code] = deque(maxlen=HOUR_MS // SAMPLE_MS + 1)
            if len(self._trails) > AREAS_MAX:
                self._trails.popitem(last=False)
        if not trail or now_ms - trail[-1][0] >= SAMPLE_MS:
            trail.append((now_ms, overdue))
        at_ms, then = trail[0]
        return then if HOUR_MS - SAMPLE_MS <= now_ms - at_ms <= HOUR_MS + 2 * SAMPLE_MS else None


@dataclass
class Scene:
    """One look at one view. ``newest_ms``: when the newest change happened, None before the first."""

    situation: Situation
    catalogue: Catalogue
    city: City
    view: MapView
    o: int
    past: PastOfArea | None
    doors: DoorsNow
    trails: Trails
    newest_ms: int | None

    @property
    def tree(self) -> AreaTree:
        """The areas in force."""
        return self.situation.tree

    @property
    def lang(self) -> str:
        """The view's language."""
        return self.view.lang

    @cached_property
    def totals(self) -> Totals:
        """The figures of the area, of the events that the view's filters let through."""
        return self.situation.totals(self.o, self.view.filters)

    @cached_property
    def unfiltered(self) -> Totals:
        """The figures of the area, of all its events."""
        return self.situation.totals(self.o) if self.view.filters else self.totals

    def name(self, o: int) -> str:
        """An area's name in the view's language."""
        return self.tree.areas[o].label(self.lang)

    def level(self, depth: int) -> str | None:
        """A level's name in the view's language; None below the last one."""
        if depth >= len(self.tree.levels):
            return None
        level = self.tree.levels[depth]
        return level.name_en if self.lang == "en" else level.name_zh
