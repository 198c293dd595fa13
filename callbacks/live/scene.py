"""The scene: everything that the sections of one view may look at, read once per refresh."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from callbacks.live.doors import DoorsNow
from callbacks.live.past import Hours, Month
from geodata.domain.areas import AreaTree
from geodata.domain.catalogue import Catalogue
from geodata.domain.view import Filters, MapView
from geodata.situation.briefs import EventBrief, Totals
from geodata.situation.situation import NO_FILTERS, Situation
from geodata.store.folder import City

ANSWERS_MAX = 8_000
RED, REDS = Filters(urgencies=(1,)), 3
T = TypeVar("T")


class Kept:
    """Answers kept while the stamp they were given for stands, the least used dropped first; shared by all topics."""

    def __init__(self, most: int = ANSWERS_MAX) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()

    def get(self, key: Hashable, stamp: Hashable, answer: Callable[[], T]) -> T:
        """The answer kept under ``key`` for this very stamp, else a new one."""
        held = self._kept.get(key)
        if held is not None and held[0] == stamp:
            self._kept.move_to_end(key)
            found: T = held[1]
            return found
        made = answer()
        self._kept[key] = stamp, made
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return made


@dataclass
class Scene:
    """One look at one view; ``hours`` and ``month`` are None until they were read."""

    situation: Situation
    city: City
    view: MapView
    o: int
    hours: Hours | None
    month: Month | None
    doors: DoorsNow
    kept: Kept

    @property
    def tree(self) -> AreaTree:
        """The areas in force."""
        return self.situation.tree

    @property
    def catalogue(self) -> Catalogue:
        """The city's classes and subtypes."""
        return self.situation.catalogue

    @property
    def lang(self) -> str:
        """The view's language."""
        return self.view.lang

    @cached_property
    def totals(self) -> Totals:
        """The figures of the area, of the events that the view's filters let through."""
        return self.totals_of(self.view.filters)

    @property
    def unfiltered(self) -> Totals:
        """The figures of the area, of all its events."""
        return self.totals_of(NO_FILTERS) if self.view.filters else self.totals

    @property
    def red_and_overdue(self) -> Sequence[EventBrief]:
        """The events of the highest urgency that are overdue, longest first."""
        return self.kept.get((self.o, RED), self._stamp, lambda: self.situation.worst(self.o, RED, REDS))

    def totals_of(self, filters: Filters) -> Totals:
        """The figures of the area, of the events that these filters let through."""
        return self.kept.get((self.o, filters, "totals"), self._stamp, lambda: self.situation.totals(self.o, filters))

    @property
    def _stamp(self) -> tuple[object, ...]:
        # The tree itself is held: after an import of areas the same ordinal is another area.
        return self.tree, self.situation.stamp("events", self.o), self.situation.stamp("clock", self.o)

    def name(self, o: int) -> str:
        """An area's name in the view's language."""
        return self.tree.areas[o].label(self.lang)

    def level(self, depth: int) -> str | None:
        """A level's name in the view's language; None below the last one."""
        if depth >= len(self.tree.levels):
            return None
        level = self.tree.levels[depth]
        return level.name_en if self.lang == "en" else level.name_zh
