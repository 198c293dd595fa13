"""Then: what the sections and layers of a replayed view may look at, as ``Board`` is what those of a live one may."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from callbacks.live.board import EVERYWHERE, SECTIONS, Section
from callbacks.live.doors import MINUTE_MS, DoorsNow
from callbacks.live.past import Hours, Month, read_hours
from callbacks.live.scene import Kept, Scene
from geodata.domain.areas import AreaTree
from geodata.domain.view import MapView
from geodata.situation.briefs import TOPICS
from geodata.situation.days import Day
from geodata.situation.replay.instant import Instant
from geodata.situation.situation import NO_FILTERS, Situation
from geodata.store import events, past, walk_log
from geodata.store.engine import Store
from geodata.store.folder import City

NOT_REPLAYED = frozenset({"alerts", "feeds", "surges"})
"""Sections of which nothing is kept, or not from instant to instant: who was asked by an alert, how old each feed was;
and the card on which surges are judged. Their layer and their lines are those of then."""
OF_THEN: Mapping[str, Section] = MappingProxyType(
    {name: section for name, section in SECTIONS.items() if name not in NOT_REPLAYED}
)


class ThenBoard:
    """What all views of one instant share. Used by the replays' own thread; nothing here waits for another."""

    def __init__(self, store: Store, city: City, instant: Instant, earliest_ms: int, speed: int) -> None:
        self.sections: Mapping[str, Section] = {
            **OF_THEN,
            "then": Section(self._then, frozenset({"instant"}), EVERYWHERE),
        }
        self._store, self._city, self._instant = store, city, instant
        self._earliest_ms, self._speed = earliest_ms, speed
        self._hours: dict[int, Hours] = {}
        self._days: dict[int, list[int]] = {}
        self._kept = Kept()
        self._month_at = -1
        self._month: Month | None = None
        with store.read() as conn:
            self._first_ms = events.records_span(conn)[0]
            self._units_ms, self._walks_ms = past.units_since(conn), walk_log.known_since(conn)

    @property
    def situation(self) -> Situation:
        """As it was."""
        return self._instant.situation

    def newest_ms(self) -> int:
        """The instant itself."""
        return self._instant.at_ms

    def overdue(self, _: int) -> dict[str, int]:
        """As ``Board.overdue``: what an instant is made of is read when it is asked for."""
        return {}

    def tokens(self, o: int) -> dict[str, object]:
        """As ``Board.tokens``; whatever is counted up to the instant moves with it."""
        tokens: dict[str, object] = {topic: self.situation.stamp(topic, o) for topic in TOPICS}
        at_ms = self._instant.at_ms
        return tokens | {"month": at_ms, "hours": 1, "doors": 1, "minute": at_ms // MINUTE_MS, "instant": at_ms}

    def scene(self, view: MapView, o: int) -> Scene:
        """As ``Board.scene``."""
        return Scene(
            self.situation, self._city, view, o, self._hours_of(o), self._month_then(), self._doors(),
            self._kept,
        )  # fmt: skip

    def _hours_of(self, o: int) -> Hours:
        if o not in self._hours:
            area = self.situation.tree.areas[o]
            self._hours[o] = read_hours(self._store, area.id, self._instant.at_ms, self.situation.zone)
        return self._hours[o]

    def _month_then(self) -> Month:
        at_ms = self._instant.at_ms
        if self._month is None or self._month_at != at_ms:
            rows = self._instant.log.month_at(at_ms, self.situation.zone)
            due_to, on_time_to = (np.concatenate(([0], np.cumsum(row))) for row in rows)
            self._month, self._month_at = Month(self.situation.tree, due_to, on_time_to), at_ms
        return self._month

    def _doors(self) -> DoorsNow:
        """From when to when there were records; what the feeds and the quarantine were like is not kept."""
        newest = self.situation.feed(0, NO_FILTERS, 1)
        if self._first_ms is None or not newest:
            return DoorsNow()
        last_ms = newest[0].reported_ms
        return DoorsNow(span_ms=(self._first_ms, last_ms - last_ms % MINUTE_MS))

    def _then(self, scene: Scene) -> dict[str, Any]:
        """Of which address and instant it is, how fast it goes on, since when there is any, and the day's hours."""
        log, zone = self._instant.log, self.situation.zone
        return {
            "of": scene.view.at, "at": self._instant.at_ms, "speed": self._speed,
            "from": self._earliest_ms, "units_from": self._units_ms,
            "walks_from": self._walks_ms,
            "hours": self._hours_reported(scene.tree, scene.o), "day": Day.of(log.from_ms, zone).start_ms,
        }  # fmt: skip

    def _hours_reported(self, tree: AreaTree, o: int) -> list[int]:
        """Events reported in each local hour of the day in the area, as the log knows them."""
        if o not in self._days:
            log, day = self._instant.log, Day.of(self._instant.log.from_ms, self.situation.zone)
            last = log.held(log.to_ms)  # of each event one
            where, reported = log.events["o"][last], log.events["reported_ms"][last]
            here = day.holds(reported) & (where >= o) & (where < tree.end[o])
            hours: list[int] = np.bincount(day.hours(reported[here]), minlength=24).tolist()
            self._days[o] = hours
        return self._days[o]
