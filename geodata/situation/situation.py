"""Situation: the live picture of one city in memory. All "now" questions; it never touches the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.areas import AreaTree, Ints
from geodata.domain.catalogue import Catalogue
from geodata.domain.view import Filters, Measure
from geodata.situation import marks
from geodata.situation.briefs import (
    Cells,
    EventBrief,
    EventMarks,
    Floats,
    Topic,
    Totals,
    UnitBrief,
    UnitMarks,
    UnitTotals,
)
from geodata.situation.columns import Codebook, EventBatch, values_of
from geodata.situation.counters import Stamps, of_day, row_of, standing
from geodata.situation.days import Day
from geodata.situation.event_book import EventBook
from geodata.situation.handling import handling_s
from geodata.situation.runs import SLOT_BITS, TIME_END, Longs, slots_of
from geodata.situation.selecting import Selector, briefs
from geodata.situation.strata import Strata
from geodata.situation.totalling import Handling, totals_of, unit_totals_of
from geodata.situation.unit_book import UnitBook, signed_on
from geodata.store.events import EventNow
from geodata.store.rollups import Totals as StoredTotals
from geodata.store.units import UnitNow

NO_FILTERS = Filters()
COUNTED = {Measure.OPEN: "open", Measure.DENSITY: "open", Measure.OVERDUE: "overdue", Measure.REPORTED: "reported"}


class Situation:
    """One object per process, used by one thread. ``o`` is an area's ordinal; answers cover ``[o, tree.end[o])``.

    For every area and every figure: its own = the sum of its children's + what stands directly at it. ``seq`` and
    ``change_ms`` are of the newest change taken in. Filters concern events only; a filtered answer scans the events
    held once and is kept until something changes in the area.
    """

    __slots__ = (
        "_areas_version", "_book", "_events", "_select", "_stamps", "_strata", "_units", "catalogue", "change_ms",
        "now_ms", "seq", "tree", "version", "zone",
    )  # fmt: skip

    def __init__(
        self, tree: AreaTree, catalogue: Catalogue, zone: ZoneInfo, now_ms: int, *,
        events: EventBatch | None = None, units: Iterable[UnitNow] = (), book: Codebook | None = None,
    ) -> None:  # fmt: skip
        """A city with these events (each once, numbered by ``book``) and units; all-time counts are of these events.

        ``set_totals`` brings the all-time counts of the store.
        """
        self.tree, self.catalogue, self.zone, self.now_ms = tree, catalogue, zone, now_ms
        self.version, self.seq, self.change_ms = 1, 0, 0
        self._areas_version = 1
        self._book = book or Codebook(catalogue)
        self._strata = Strata(tree)
        held = events if events is not None else EventBatch.of((), tree, self._book)
        self._events = EventBook(tree, self._strata, self._book, held, now_ms, Day.of(now_ms, zone))
        self._units = UnitBook(tree, self._strata, units, now_ms)
        self._select = Selector(self._events)
        self._stamps: dict[str, Stamps] = {t: Stamps(tree.parent, 1) for t in ("events", "units", "clock")}

    # What moves it

    def apply_events(self, rows: Sequence[EventNow]) -> bool:
        """Take newer revisions of events; True when there was one. Older and equal ones are ignored."""
        batch = EventBatch.of(values_of(rows), self.tree, self._book)
        return self._touch("events", self._events.apply(batch, self.now_ms))

    def apply_units(self, rows: Sequence[UnitNow]) -> bool:
        """Take newer states and fixes of units; True when there was one."""
        return self._touch("units", self._units.apply(rows, self.now_ms))

    def set_totals(self, totals: StoredTotals) -> bool:
        """Take the store's all-time counts; True when one differed. They must be of the same moment as the events."""
        rows = np.zeros((len(self.tree), 5), np.int32)
        place = self.tree.ordinal_by_id
        where = np.array([place.get(i, -1) for i in totals.area_id.tolist()], np.int64)
        known = where >= 0
        columns = (totals.reported, totals.ended, totals.closed, totals.closed_on_time, totals.closed_late)
        for i, column in enumerate(columns):
            rows[where[known], i] = column[known]
        return self._touch("events", self._events.set_totals(rows))

    def not_held(self, ids: Iterable[int]) -> set[int]:
        """Those of these event ids that are not held: new ones, or ended ones that have left."""
        return set(ids) - self._events.columns.slot_of_id.keys()

    def advance(self, now_ms: int) -> bool:
        """Move the clock: deadlines pass, fixes get stale, midnight rolls. True when something changed.

        A clock that goes backwards is ignored.
        """
        if now_ms <= self.now_ms:
            return False
        self.now_ms = now_ms
        touched = np.concatenate((self._events.advance(now_ms), self._units.advance(now_ms)))
        rolled = now_ms >= self._events.day.end_ms
        if rolled:
            self._events.roll(Day.of(now_ms, self.zone))
            self.version += 1
            self._stamps["events"].floor = self._stamps["clock"].floor = self.version
        return self._touch("clock", touched) or rolled

    def replace_content(self, other: Situation) -> None:
        """Take over what another (freshly loaded) situation holds; every stamp grows. The other is used up."""
        version = max(self.version, other.version) + 1
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))
        self.version = self._areas_version = version
        for stamps in self._stamps.values():
            stamps.floor = version

    # What it answers

    def stamp(self, topic: Topic, o: int) -> int:
        """Grows when anything of this topic changed in the area ("areas": when the city was loaded anew)."""
        return self._areas_version if topic == "areas" else self._stamps[topic].of(o)

    def totals(self, o: int, filters: Filters = NO_FILTERS) -> Totals:
        """The figures of the area."""
        book, layout = self._events, self._events.layout
        whole = book.counters.rows[o]
        standing_now = [int(whole[layout[name]]) for name in ("open", "overdue", "unjudged")]
        all_time = [*whole[layout.ever].tolist(), *standing_now]
        unplaced = round(self.unplaced(o, Measure.OPEN, filters))
        if not filters:
            return totals_of(whole, all_time, Handling.at(book.handling, o), unplaced, layout, self._book)
        slots = self._matching(o, filters)
        parts = chain(standing(book.columns, slots, layout), of_day(book.columns, slots, layout, book.day))
        _, seconds = handling_s(book.columns, slots, book.day)
        row = row_of(layout.width, parts)
        return totals_of(row, all_time, Handling.of(seconds), unplaced, layout, self._book)

    def hours_today(self, o: int) -> list[int]:
        """Reported today per local hour: 24 numbers."""
        hours: list[int] = self._events.counters.rows[o, self._events.layout.columns("hour")].tolist()
        return hours

    def reported_since(self, o: int, since_ms: int) -> int:
        """How many were reported at or after a moment (of those held: open ones, and all of today)."""
        slots = slots_of(self._events.by_report.between(since_ms << SLOT_BITS, (TIME_END + 1) << SLOT_BITS))
        areas = self._events.columns.o[slots]
        return int(np.count_nonzero((areas >= o) & (areas < self.tree.end[o])))

    def children(self, o: int, measure: Measure, filters: Filters = NO_FILTERS) -> tuple[Ints, list[float]]:
        """The direct children and their values; UNITS are those signed on, DENSITY is open events per km²."""
        ordinals = self.tree.children(o)
        if measure == Measure.UNITS or not filters:
            values = self._values(ordinals, measure)
        else:
            below = self._filtered_areas(o, measure, filters)
            at = np.searchsorted(ordinals, below[below > o], side="right") - 1
            values = np.bincount(at, minlength=len(ordinals)).astype(np.float64)
        if measure == Measure.DENSITY:
            km2 = np.array([self.tree.areas[i].area_m2 / 1e6 for i in ordinals.tolist()])
            values = np.divide(values, km2, out=np.zeros(len(km2)), where=km2 > 0)
        return ordinals, values.tolist()

    def unplaced(self, o: int, measure: Measure, filters: Filters = NO_FILTERS) -> float:
        """What stands directly at an area that has children (0 for a leaf, and for DENSITY, which is no sum)."""
        if self.tree.is_leaf(o) or measure == Measure.DENSITY:
            return 0.0
        if filters and measure != Measure.UNITS:
            return float(np.count_nonzero(self._filtered_areas(o, measure, filters) == o))
        own, below = self._values(np.array([o], np.int32), measure), self._values(self.tree.children(o), measure)
        return float(own[0] - below.sum())

    def event_marks(self, o: int, filters: Filters, budget: int, without_piles: bool) -> EventMarks:
        """Open events one by one, whole tiers of urgency, the most urgent first, as long as they fit the budget."""
        return marks.event_marks(self._select, o, filters, self.stamp("events", o), budget, without_piles)

    def density(self, o: int, filters: Filters, budget: int, without_piles: bool) -> Cells:
        """Open events with coordinates: one point each if they fit, else counted at the finest areas that fit."""
        return marks.density(self._select, o, filters, self.stamp("events", o), budget, without_piles)

    def unit_totals(self, o: int) -> UnitTotals:
        """Units by status and by the age of their fix."""
        return unit_totals_of(self._units.counters.rows[o])

    def unit_marks(self, o: int, budget: int) -> UnitMarks:
        """Signed-on units with a fix, one by one if they fit, else counted at the finest areas that fit."""
        return marks.unit_marks(self._units, self._strata, o, budget)

    def feed(self, o: int, filters: Filters, n: int) -> list[EventBrief]:
        """The newest reported first, of those held."""
        select = self._select
        slots = select.by_report(self._matching(o, filters), n) if filters else select.newest(o, n)
        return briefs(self._events, slots)

    def worst(self, o: int, filters: Filters, n: int) -> list[EventBrief]:
        """Open and overdue, longest first; those without a deadline, judged by their source, at the end."""
        if not filters:
            return briefs(self._events, self._select.latest(o, n))
        slots = self._matching(o, filters)
        return briefs(self._events, self._select.by_deadline(slots[self._events.columns.overdue[slots]], n))

    def event(self, code: str) -> EventBrief | None:
        """One event by its code, if it is held (open, or reported or ended today)."""
        slot = self._events.columns.slot_of_code.get(code)
        return None if slot is None else briefs(self._events, np.array([slot]))[0]

    def unit(self, code: str) -> UnitBrief | None:
        """One unit by its code."""
        return self._units.brief(code)

    def _touch(self, topic: Topic, areas: Longs) -> bool:
        if len(areas):
            self.version += 1
            self._stamps[topic].touch(areas, self.version)
        return bool(len(areas))

    def _matching(self, o: int, filters: Filters) -> Longs:
        return self._select.matching(o, filters, self.stamp("events", o))

    def _values(self, ordinals: Ints, measure: Measure) -> Floats:
        if measure == Measure.UNITS:
            return signed_on(self._units.counters.rows[ordinals]).astype(np.float64)
        column = self._events.layout[COUNTED[measure]]
        values: Floats = self._events.counters.rows[ordinals, column].astype(np.float64)
        return values

    def _filtered_areas(self, o: int, measure: Measure, filters: Filters) -> Ints:
        """Where the matching events that count for the measure stand directly."""
        book, slots = self._events, self._matching(o, filters)
        if measure == Measure.REPORTED:
            counting = book.day.holds(book.columns.reported_ms[slots])
        elif measure == Measure.OVERDUE:
            counting = book.columns.overdue[slots]
        else:
            counting = book.columns.is_open(slots)
        return book.columns.o[slots[counting]]
