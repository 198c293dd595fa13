"""Situation: the live picture of one city in memory. All "now" questions; it never touches the database."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from geodata.domain.areas import Ints
from geodata.domain.figures import ListOrder
from geodata.domain.queue import Order
from geodata.domain.skills import Skill
from geodata.domain.units import UnitKind
from geodata.domain.view import Filters, Measure
from geodata.domain.windows import Asked
from geodata.situation import marks
from geodata.situation.advising import Inquiry, inquire, work_of
from geodata.situation.alert_book import Alerts
from geodata.situation.briefs import (
    Cells,
    EventBrief,
    EventMarks,
    Floats,
    Totals,
    UnitBrief,
    UnitMarks,
    UnitTotals,
)
from geodata.situation.counters import of_day, row_of, standing
from geodata.situation.duplicates import alike
from geodata.situation.figures import ordered, sorted_out, standing_behind
from geodata.situation.grid_listing import GridLine, GridListing, GridQuery, grid_lines, list_grids
from geodata.situation.handling import handling_s
from geodata.situation.lighting import counted_lights
from geodata.situation.moving import Moving
from geodata.situation.open_now import OpenNow, open_now
from geodata.situation.queueing import Window
from geodata.situation.roster_book import Attendance, OnPost, posts_of
from geodata.situation.runs import SLOT_BITS, TIME_END, Longs, slots_of
from geodata.situation.selecting import briefs
from geodata.situation.totalling import Handling, totals_of, unit_totals_of
from geodata.situation.unit_book import signed_on
from geodata.situation.unit_listing import UnitLine, UnitListing, UnitQuery, list_units, unit_lines
from geodata.situation.walk_book import Coverage
from geodata.store.surges import SurgeNow

NO_FILTERS = Filters()
COUNTED = {Measure.OPEN: "open", Measure.DENSITY: "open", Measure.OVERDUE: "overdue", Measure.REPORTED: "reported"}


class Situation(Moving):
    """One object per process, used by one thread. ``o`` is an area's ordinal; answers cover ``[o, tree.end[o])``.

    For every area and every figure: its own = the sum of its children's + what stands directly at it. ``seq`` and
    ``change_ms`` are of the newest change taken in. Filters concern events only; a filtered answer scans the events
    held once and is kept until something changes in the area. ``roads``: None where none were imported.
    """

    __slots__ = ()

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
        return marks.event_marks(self._select, o, filters, self._stamp(o, filters), budget, without_piles)

    def density(self, o: int, filters: Filters, budget: int, without_piles: bool) -> Cells:
        """Open events with coordinates: one point each if they fit, else counted at the finest areas that fit."""
        return marks.density(self._select, o, filters, self._stamp(o, filters), budget, without_piles)

    def unit_totals(self, o: int) -> UnitTotals:
        """Units by status and by the age of their fix."""
        return unit_totals_of(self._units.counters.rows[o])

    def on_post(self, o: int) -> OnPost:
        """The on-post rate of the units at home in the area."""
        self._attendance()
        return self._posts.of(o)

    def units_listed(self, o: int, query: UnitQuery) -> UnitListing:
        """The units of the area that match a query, in its order, and how many of all there are of which sort."""
        return list_units(self._units, self._events, self._attendance(), o, query)

    def unit_lines(self, ids: Longs) -> list[UnitLine]:
        """These units (by id) as lines of the board."""
        return unit_lines(self._units, self._events, self._attendance(), ids)

    def coverage(self, o: int) -> Coverage:
        """Patrol coverage of the area in the shift that runs."""
        return self.walks.of(o)

    def grids_listed(self, o: int, query: GridQuery) -> GridListing:
        """The grids of the area that match a query, in its order, and how many of all there are of which sort."""
        return list_grids(self.walks, self.tree, o, query)

    def grid_lines(self, ids: Sequence[int] | Longs) -> list[GridLine]:
        """These grids (by the ids of their areas) as lines of the list."""
        return grid_lines(self.walks, self.tree, ids)

    def posts_of(self, chain: Sequence[int]) -> tuple[int, list[str]]:
        """(area, call signs of the units at home at it): the lowest area of a chain (the grid last) with any."""
        return posts_of(self._units, chain)

    def events_listed(self, o: int, figure: str, filters: Filters, order: ListOrder, hour: int | None = None) -> Longs:
        """The ids of the events behind a figure of the area, or an hour of it, in an order (``situation.figures``)."""
        book = self._events
        slots = standing_behind(book, figure, self._matching(o, filters), o, hour)
        return book.columns.id[ordered(book, slots, order)]

    def listed_by(self, o: int, figure: str, hour: int | None = None) -> dict[str, dict[str, int]]:
        """How many events behind a figure of the area are of which class, urgency, source and state."""
        return sorted_out(self._events, standing_behind(self._events, figure, self._matching(o, NO_FILTERS), o, hour))

    def overdue_before(self, o: int) -> tuple[int, Longs] | None:
        """What was overdue in the area an hour ago: the moment of it, and the events' ids; None where it was not seen.

        An event counts for the area at which it stood then.
        """
        sample = self._trail.hour_ago(self.now_ms)
        return None if sample is None else (sample.at_ms, sample.of(o, int(self.tree.end[o])))

    def event_briefs(self, ids: Longs) -> list[EventBrief]:
        """Those of these events (by id) that are held, in this order."""
        slot_of = self._events.columns.slot_of_id
        slots = [slot for i in ids.tolist() if (slot := slot_of.get(i)) is not None]
        return briefs(self._events, np.array(slots, np.int64))

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

    def open_now(self, o: int, filters: Filters = NO_FILTERS) -> OpenNow:
        """The open events of the area as columns of their own, for a thread to count."""
        return open_now(self._select, self._matching(o, filters), self.now_ms)

    def queue(self, o: int, filters: Filters, order: Order, asked: Asked) -> Window:
        """A window of the open events of the area in an order, and where in it the codes asked for stand."""
        stamp = (self.stamp("events", o), self.stamp("clock", o))
        return self._queues.window(o, filters, order, lambda: self._matching(o, filters), stamp, asked)

    def lights(self, o: int) -> dict[str, int]:
        """How many open events of the area show which light."""
        return counted_lights(self._events.columns, self._matching(o, NO_FILTERS))

    def alerts(self, o: int, each: int) -> Alerts:
        """What is alerted in the area: how much of it stands, and of each kind the ``each`` newest alerts."""
        return self._alerts.within(o, each)

    def surges(self, o: int) -> list[SurgeNow]:
        """The surges that stand in the area and below, the least probable first."""
        return self._surges.within(o)

    def event(self, code: str) -> EventBrief | None:
        """One event by its code, if it is held (open, or reported or ended today)."""
        slot = self._events.columns.slot_of_code.get(code)
        return None if slot is None else briefs(self._events, np.array([slot]))[0]

    def duplicates(self, code: str, within: Sequence[range]) -> list[tuple[EventBrief, float]]:
        """Open events in ``within`` that may tell of the same as this one, with the metres between, nearest first."""
        slot = self._events.columns.slot_of_code.get(code)
        found = [] if slot is None else alike(self._events.columns, slot, within)
        slots = np.array([s for s, _ in found], np.int64)
        return list(zip(briefs(self._events, slots), [m for _, m in found], strict=True))

    def unit(self, code: str) -> UnitBrief | None:
        """One unit by its code."""
        return self._units.brief(code)

    def unit_by_id(self, unit_id: int) -> UnitBrief | None:
        """One unit by its id."""
        slot = self._units.slot_of_id.get(unit_id)
        return None if slot is None else self._units.brief(self._units.now[slot].code)

    def work_of(self, unit_id: int) -> list[EventBrief]:
        """The events that a unit leads at and has not handled yet: its load, one by one."""
        return briefs(self._events, work_of(self._events, unit_id))

    def inquiry(
        self, o: int, lon: float, lat: float, kind: UnitKind, within: Sequence[range], n: int, text: str = "", *,
        only: bool = False, wanted: tuple[Skill, ...] = (), drawn: bool = True,
    ) -> Inquiry:  # fmt: skip
        """Ask for the ``n`` units at home in ``within`` best sent to an event for which ``kind`` answers; the answer
        is found in a thread (``advising``)."""
        return inquire(
            self._units, self._events, o, lon, lat, kind, within, n, text, only=only, wanted=wanted, roads=self.roads,
            drawn=drawn,
        )  # fmt: skip

    def _attendance(self) -> Attendance:
        stamp = self.tree, self.stamp("units", 0), self.stamp("clock", 0)
        return self._posts.attendance(self._roster, self._units, self.now_ms, stamp)

    def _matching(self, o: int, filters: Filters) -> Longs:
        return self._select.matching(o, filters, self._stamp(o, filters))

    def _stamp(self, o: int, filters: Filters) -> tuple[int, int, int]:
        """What a selection depends on: lights change without anybody's doing; units may become of another kind."""
        clock = self.stamp("clock", o) if filters.lights else 0
        return self.stamp("events", o), clock, self._units.kinds_version if filters.kinds else 0

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
