"""Whatever happens in whatever order, every figure is what counting the rows again one by one would say."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from geodata.domain.events import CLOSED, ENDED, SOURCES, STATES
from geodata.domain.units import FRESHNESS, UNIT_STATUSES, Freshness, UnitStatus, freshness
from geodata.domain.view import Filters, Measure
from geodata.situation.situation import Situation
from geodata.store.events import EventNow
from geodata.store.units import UnitNow
from tests.unit.situation.city import (
    CATALOGUE,
    CLASSES,
    UNEVEN,
    a_unit,
    an_event,
    figures,
    inside,
    is_overdue,
    stored_totals,
)

MEASURES = (Measure.OPEN, Measure.OVERDUE, Measure.REPORTED, Measure.UNITS)
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
STARTS = {
    "Asia/Shanghai": datetime(2026, 5, 3, 20, tzinfo=UTC),
    "America/New_York": datetime(2026, 3, 7, 22, tzinfo=UTC),
    "Europe/Lisbon": datetime(2026, 10, 24, 20, tzinfo=UTC),
    "America/Havana": datetime(2026, 10, 31, 22, tzinfo=UTC),
    "Asia/Beirut": datetime(2026, 3, 28, 18, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 4, 8, tzinfo=UTC),
    "Africa/Cairo": datetime(2026, 4, 23, 19, tzinfo=UTC),
}
AREA_IDS = st.sampled_from([a.id for a in UNEVEN.areas])
SHIFTS = st.integers(-30 * 60, 30 * 60).map(lambda minutes: minutes * MINUTE_MS)
MAYBE_SHIFTS = st.none() | SHIFTS | st.sampled_from([0, 1, -1, 30 * MINUTE_MS, 30 * MINUTE_MS + 1])
CHANGES = st.fixed_dictionaries({
    "area_id": AREA_IDS, "state": st.sampled_from([s.value for s in STATES]), "urgency": st.sampled_from([1, 2, 3, 4]),
    "class_code": st.sampled_from([*CLASSES[:3], "not-in-the-catalogue"]), "on_pile": st.sampled_from([0, 0, 1]),
    "source": st.sampled_from([s.value for s in SOURCES[:3]]), "on_time": st.sampled_from([None, None, 0, 1, -1]),
    "lon": st.sampled_from([104.0, 104.0, None]), "marks": st.sampled_from([0, 32, 64, 96]),
    "paused_ms": st.sampled_from([0, 0, 1_999, 3_600_000]),
})  # fmt: skip
TIMES = st.fixed_dictionaries({
    "reported_ms": SHIFTS, "state_ms": SHIFTS, "dispatched_ms": MAYBE_SHIFTS, "handled_ms": MAYBE_SHIFTS,
    "ended_ms": SHIFTS, "deadline_ms": MAYBE_SHIFTS,
})  # fmt: skip


class AnyHistory(RuleBasedStateMachine):
    """A city, its clock, and the rows that a store would hold."""

    @initialize(zone=st.sampled_from(sorted(STARTS)), batch=st.lists(st.tuples(CHANGES, TIMES), max_size=8))
    def open_the_city(self, zone: str, batch: list[tuple[dict[str, object], dict[str, int | None]]]) -> None:
        self.zone = ZoneInfo(zone)
        self.now_ms = int(STARTS[zone].timestamp() * 1000)
        self.events: dict[int, EventNow] = {}
        self.units: dict[int, UnitNow] = {}
        self.older: list[EventNow] = []
        self.seq = 0
        self.situation = Situation(UNEVEN, CATALOGUE, self.zone, self.now_ms)
        self.take([self.row(i, 1, *changes) for i, changes in enumerate(batch, 1)])

    def row(
        self, event: int, rev: int, changes: dict[str, object], times: dict[str, int | None]
    ) -> EventNow:
        moments = {k: None if shift is None else self.now_ms + shift for k, shift in times.items()}
        if changes["state"] not in ENDED:
            moments["ended_ms"] = None
        return an_event(event, rev, **changes, **moments)

    def take(self, rows: list[EventNow]) -> None:
        """As the tail does: an event that is not held and not new brings the totals with it."""
        returned = self.situation.not_held(e.id for e in rows) & self.events.keys()
        self.older += [self.events[e.id] for e in rows if e.id in self.events]
        self.events |= {e.id: e for e in rows}
        self.situation.apply_events(rows)
        if returned:
            self.situation.set_totals(stored_totals(UNEVEN, self.events.values()))

    @rule(changes=CHANGES, times=TIMES)
    def something_is_reported(self, changes: dict[str, object], times: dict[str, int | None]) -> None:
        self.take([self.row(len(self.events) + 1, 1, changes, times)])

    @rule(batch=st.lists(st.tuples(st.integers(0, 99), CHANGES, TIMES), min_size=1, max_size=5))
    def several_change(self, batch: list[tuple[int, dict[str, object], dict[str, int | None]]]) -> None:
        rows: dict[int, EventNow] = {}
        for pick, changes, times in batch:
            if self.events:
                event = sorted(self.events)[pick % len(self.events)]
                rev = (rows.get(event) or self.events[event]).rev + 1
                rows[event] = self.row(event, rev, changes, times)
        self.take(list(rows.values()))

    @rule(pick=st.integers(0, 99))
    def an_older_revision_comes_late(self, pick: int) -> None:
        held = [e for e in self.older if not self.situation.not_held([e.id])]
        if held:
            self.situation.apply_events([held[pick % len(held)]])

    @rule(pick=st.integers(0, 99))
    def the_same_comes_twice(self, pick: int) -> None:
        held = [e for e in self.events.values() if not self.situation.not_held([e.id])]
        if held:
            self.situation.apply_events([held[pick % len(held)]] * 2)

    @rule(unit=st.integers(1, 6), area=st.none() | AREA_IDS, home=AREA_IDS, age=st.none() | st.integers(0, 1000),
          status=st.sampled_from([s.value for s in UNIT_STATUSES]))  # fmt: skip
    def a_unit_moves(self, unit: int, area: int | None, home: int, age: int | None, status: str) -> None:
        self.seq += 1
        fix = None if age is None else self.now_ms - age * 1000
        row = a_unit(unit, self.seq, area_id=area, home_area_id=home, status=status, fix_ms=fix,
                     lon=None if fix is None else 104.0)  # fmt: skip
        older = self.units.get(unit)
        self.units[unit] = row
        self.situation.apply_units([row, older] if older else [row])

    @rule(ms=st.sampled_from([1, 1000, 299_999, 300_001, 600_000, 900_001, HOUR_MS, 7 * HOUR_MS, 31 * HOUR_MS]))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms
        self.situation.advance(self.now_ms)

    @invariant()
    def every_figure_is_what_counting_again_says(self) -> None:
        for o in range(len(UNEVEN)):
            here = [e for e in self.events.values() if inside(UNEVEN, o, e.area_id)]
            expected = figures(here, self.now_ms, self.zone)
            assert self.situation.hours_today(o) == expected.pop("hours")
            totals = self.situation.totals(o)
            got = {name: getattr(totals, name) for name in expected}
            got["by_state"] = {s: n for s, n in totals.by_state.items() if n}
            got["by_source"] = {s: n for s, n in totals.by_source.items() if n}
            others = expected["by_class"].pop("not-in-the-catalogue", None)  # type: ignore[attr-defined]
            got["by_class"] = {c: tuple(n) for c, n in totals.by_class.items() if c and any(n)}
            assert tuple(totals.by_class.get("", ())) == (others or ())
            assert got == expected

    @invariant()
    def a_parent_is_its_children_and_what_stands_directly_there(self) -> None:
        for filters in (Filters(), Filters(urgencies=(1, 3)), Filters(classes=(CLASSES[0],), states=("closed",))):
            own = [self.measured(o, filters) for o in range(len(UNEVEN))]
            for o in range(len(UNEVEN)):
                for measure in MEASURES:
                    kids, values = self.situation.children(o, measure, filters)
                    assert values == [own[kid][measure] for kid in kids.tolist()]
                    if len(kids):
                        assert own[o][measure] == sum(values) + self.situation.unplaced(o, measure, filters)

    def measured(self, o: int, filters: Filters) -> dict[Measure, int]:
        totals, units = self.situation.totals(o, filters), self.situation.unit_totals(o)
        return dict(zip(MEASURES, (totals.open, totals.overdue, totals.reported_today, units.on), strict=True))

    @invariant()
    def units_stand_where_they_are_and_age_by_the_clock(self) -> None:
        for o in range(len(UNEVEN)):
            on = UnitStatus.OFF_DUTY
            here = [
                u for u in self.units.values()
                if inside(UNEVEN, o, u.home_area_id if u.status == on or u.area_id is None else u.area_id)
            ]  # fmt: skip
            signed_on = [u for u in here if u.status != on]
            totals = self.situation.unit_totals(o)
            assert totals.by_status == {s: sum(u.status == s for u in here) for s in UNIT_STATUSES}
            ages = [freshness(u.fix_ms, self.now_ms) for u in signed_on]
            assert totals.by_freshness == {f: ages.count(f) for f in FRESHNESS}
            marks = self.situation.unit_marks(o, 100)
            drawn = {u.code: u for u in signed_on if u.lon is not None}
            assert sorted(marks.codes) == sorted(drawn)
            assert marks.freshness == [
                Freshness(freshness(drawn[c].fix_ms, self.now_ms)).value for c in marks.codes
            ]
            few = self.situation.unit_marks(o, 0)
            assert (few.cells.weight.sum() if few.cells else 0) == few.total == len(drawn)

    @invariant()
    def lists_and_marks_show_what_is_there(self) -> None:
        for filters in (Filters(), Filters(sources=("hotline",))):
            for o in (0, 1, 3, len(UNEVEN) - 1):
                here = [
                    e for e in self.events.values()
                    if inside(UNEVEN, o, e.area_id) and (not filters or e.source == "hotline")
                ]  # fmt: skip
                late = sorted(
                    (e.deadline_ms is None, e.deadline_ms or 0) for e in here if is_overdue(e, self.now_ms)
                )
                worst = self.situation.worst(o, filters, 3)
                assert [(e.deadline_ms is None, e.deadline_ms or 0) for e in worst] == late[:3]
                held = [e for e in here if not self.situation.not_held([e.id])]
                feed = self.situation.feed(o, filters, 4)
                assert [e.reported_ms for e in feed] == sorted((e.reported_ms for e in held), reverse=True)[:4]
                opened = [e for e in here if e.state not in ENDED]
                assert {e.id for e in opened} <= {e.id for e in held}
                marks = self.situation.event_marks(o, filters, 1000, False)
                assert sorted(marks.codes) == sorted(e.code for e in opened if e.lon is not None)
                assert sum(marks.shown) + marks.hidden_on_pile + marks.without_place == sum(marks.total) == len(opened)
                cells = self.situation.density(o, filters, 1, True)
                assert cells.weight.sum() == sum(e.lon is not None and not e.on_pile for e in opened)

    @invariant()
    def closed_events_of_earlier_days_are_let_go(self) -> None:
        for e in self.events.values():
            if e.state in CLOSED and self.situation.event(e.code) is not None:
                assert max(e.reported_ms, e.ended_ms or 0) > self.now_ms - 26 * HOUR_MS


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=20, stateful_step_count=15, database=None)
