"""The board: what the panels of a view say, as named sections, each with the stamps that make it stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from callbacks.live import alarms, lists, numbers, unusual
from callbacks.live.doors import MINUTE_MS, Doors
from callbacks.live.past import Past
from callbacks.live.scene import Kept, Scene
from geodata.domain.roles import Audience
from geodata.domain.view import PAGES, SCREEN_PAGES, MapView
from geodata.situation.briefs import TOPICS
from geodata.situation.situation import Situation
from geodata.store.engine import Store
from geodata.store.folder import City


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a frame: how it is built, the tokens on which it depends, the pages that show it, and whether it is for
    the staff's eyes only.
    """

    build: Callable[[Scene], Any]
    depends: frozenset[str]
    pages: frozenset[str] = frozenset(SCREEN_PAGES)
    staff_only: bool = False

    def shown(self, view: MapView) -> bool:
        """Whether a view has it."""
        return view.page in self.pages and (not self.staff_only or view.audience is Audience.STAFF)


SECOND_MS = 1_000
EVERYWHERE, DUTY = frozenset(PAGES), frozenset({"duty"})


def _on(
    build: Callable[[Scene], Any], *depends: str, pages: frozenset[str] = frozenset(SCREEN_PAGES),
    staff_only: bool = False,
) -> Section:  # fmt: skip
    return Section(build, frozenset(depends), pages, staff_only)


SECTIONS: Mapping[str, Section] = MappingProxyType({
    "title": _on(lists.title, "areas", "doors", "minute", pages=EVERYWHERE),
    "extent": _on(lists.extent, "areas", pages=EVERYWHERE),
    "kpi": _on(numbers.kpi, "events", "units", "clock", "hours", "month", "minute"),
    "all_time": _on(numbers.all_time, "events", "clock", "doors"),
    "classes": _on(numbers.classes, "events", "clock"),
    "curve": _on(numbers.curve, "events", "clock", "hours", "minute"),
    "feed": _on(lists.feed, "events", "clock"),
    "rate": _on(lists.rate, "events", "minute"),
    "coverage": _on(numbers.coverage, "walks", "areas"),
    "ranking": _on(numbers.ranking, "areas", "month", "walks"),
    "worst": _on(lists.worst, "events", "clock"),
    "ticker": _on(lists.ticker, "events", "units", "clock", "doors", "surges", "minute", pages=EVERYWHERE),
    "feeds": _on(lists.feeds, "doors", pages=EVERYWHERE),
    "filters": _on(lists.filters, "events", "clock", pages=EVERYWHERE),
    "queue": _on(lists.queue, "events", "clock", "areas", pages=DUTY),
    "alerts": _on(alarms.alerts, "alerts", pages=EVERYWHERE, staff_only=True),
    "surges": _on(unusual.card, "surges", "areas", pages=EVERYWHERE, staff_only=True),
})  # fmt: skip


class Board:
    """What all topics of a process share: the situation, readings of the past and of the doors."""

    def __init__(self, store: Store, situation: Situation, city: City) -> None:
        self.situation = situation
        self.sections = SECTIONS
        self._city = city
        self._past = Past(store, situation)
        self._doors = Doors(store, situation)
        self._kept = Kept()
        self._overdue_s, self._overdue = -1, dict[str, int]()

    def newest_ms(self) -> int:
        """Epoch ms of the newest change that the situation has taken in; 0 before the first."""
        return self.situation.change_ms

    def overdue(self, o: int) -> dict[str, int]:
        """What the sections of an area depend on and was not read, or kept up, in time: source → when it was, epoch ms
        or 0.
        """
        now_ms = self.situation.now_ms
        if now_ms // SECOND_MS != self._overdue_s:
            self._overdue_s, self._overdue = now_ms // SECOND_MS, self._doors.overdue()
        mine = self._past.overdue(o)
        return mine | self._overdue if mine else self._overdue

    def tokens(self, o: int) -> dict[str, object]:
        """What the sections and layers of an area depend on; equal tokens mean an equal picture."""
        situation = self.situation
        tokens: dict[str, object] = {topic: situation.stamp(topic, o) for topic in TOPICS}
        tokens["month"], tokens["hours"] = self._past.look(o)
        tokens["doors"] = self._doors.look()
        tokens["overdue"] = self.overdue(o)
        tokens["minute"] = situation.now_ms // MINUTE_MS
        return tokens

    def scene(self, view: MapView, o: int) -> Scene:
        """Everything the sections of a view may look at, now."""
        return Scene(
            self.situation, self._city, view, o, self._past.hours(o), self._past.month, self._doors.now, self._kept,
        )  # fmt: skip
