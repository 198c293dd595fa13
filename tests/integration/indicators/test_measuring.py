"""Indicators of any area and period: roll-ups and events agree, lists are as long, today is what the screens show."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa

from callbacks.live.past import read_month
from geodata.domain.events import Mark
from geodata.domain.figures import PERIODIC, Figure
from geodata.domain.indicators_table import INDICATORS, Statistic
from geodata.domain.periods import Period, local_day
from geodata.domain.roles import Role
from geodata.domain.traces import LEVEL_SHIFT, Trace
from geodata.domain.view import Filters
from geodata.services.desk import keep_zone
from geodata.services.listing import KeptLists, kept_list, read_whole
from geodata.services.looking import NotThereError
from geodata.services.measuring import PeriodError, Value, measured, trend
from geodata.situation.loading import load_situation
from geodata.situation.situation import Situation
from geodata.store import day_sums, rollups
from geodata.store.engine import Connection, Store
from geodata.store.folder import City
from geodata.store.history import bulk_history
from geodata.store.models import EventRow, SettingRow
from geodata.store.models_days import column_of
from geodata.store.tallies import Countables
from tests.factories.access_city import OPERATOR, of
from tests.factories.lifecycles import Life, counted, mean, quantile, took
from tests.factories.little_city import AREAS, HOUR, T0, history

N = 600
DAY = 24 * HOUR
NOW = T0 + 30 * DAY
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = local_day(NOW, ZONE)
MONTH = Period.month(TODAY)
WEEKS = Period(TODAY - timedelta(days=25), TODAY - timedelta(days=5))
ALL = Filters()
SOME = (ALL, Filters(classes=("01",)), Filters(sources=("patrol", "video")), Filters(("02",), sources=("hotline",)))
COLUMNS = tuple(f.name for f in fields(Countables) if f.name != "sign")


@pytest.fixture
def situation(store: Store) -> Situation:
    """Six hundred events of forty days, of all sources, with any traces."""
    rng = np.random.default_rng(2)
    with store.begin() as conn:
        bulk_history(conn, history(N), at_ms=T0, actor="test")
        for source in ("patrol", "video", "public"):
            conn.execute(sa.update(EventRow).where(EventRow.id.in_(chosen(rng))).values(source=source))
        for level in range(1, 6):
            conn.execute(sa.update(EventRow).where(EventRow.id.in_(chosen(rng))).values(traces=level << LEVEL_SHIFT))
        for bit in Trace:
            carries = EventRow.traces.bitwise_or(int(bit))
            conn.execute(sa.update(EventRow).where(EventRow.id.in_(chosen(rng))).values(traces=carries))
        for mark in (Mark.REWORKED, Mark.TO_REPLY):
            carries = EventRow.marks.bitwise_or(int(mark))
            conn.execute(sa.update(EventRow).where(EventRow.id.in_(chosen(rng))).values(marks=carries))
        conn.execute(sa.update(EventRow).where(EventRow.id.in_(chosen(rng))).values(paused_ms=3 * HOUR))
        forced = (EventRow.state == "closed", EventRow.id % 5 == 0)
        conn.execute(sa.update(EventRow).where(*forced).values(state="forced_closed"))
        rollups.rebuild(conn)
    return load_situation(store, ZONE, NOW)


def chosen(rng: np.random.Generator) -> list[int]:
    return [int(i) for i in rng.choice(np.arange(1, N + 1), N // 6, replace=False)]


def all_lives(conn: Connection) -> list[Life]:
    rows = conn.execute(sa.select(*(getattr(EventRow, name) for name in COLUMNS)))
    return [Life(**{name: getattr(row, name) for name in Life.__slots__}) for row in rows]


def lives_of(conn: Connection, area_id: int, filters: Filters) -> list[Life]:
    def above(i: int | None) -> list[int]:
        return [] if i is None else [i, *above(AREAS[i][1])]

    return [
        e for e in all_lives(conn) if area_id in above(e.area_id)
        and (not filters.classes or e.class_code in filters.classes)
        and (not filters.sources or e.source in filters.sources)
    ]  # fmt: skip


@pytest.mark.parametrize("daily_from", [1, 4, 10_000])
def test_every_indicator_is_what_counting_the_events_one_by_one_says_from_roll_ups_and_from_events(
    store: Store, situation: Situation, monkeypatch: pytest.MonkeyPatch, daily_from: int
) -> None:
    monkeypatch.setattr("geodata.store.ancestry.DAILY_FROM", daily_from)
    monkeypatch.setattr("geodata.store.ancestry.ROLLED_FROM", 1 if daily_from == 1 else 10_000)
    with store.begin() as conn:
        rollups.rebuild(conn)
    with store.read() as conn:
        held = {(i, f): lives_of(conn, i, f) for i in AREAS for f in SOME}
    for period in (MONTH, WEEKS, Period.day(TODAY)):
        for filters in SOME:
            for area_id, (code, _, _) in AREAS.items():
                found = measured(store, situation, OPERATOR, code, period, filters, children=True)
                agree(found.now, held[area_id, filters], period)
                for child, values in found.children.items():
                    its_id = next(i for i, a in AREAS.items() if a[0] == child)
                    agree(values, held[its_id, filters], period)


def test_events_are_counted_some_at_a_time_with_the_same_result(
    store: Store, situation: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geodata.store.ancestry.ROLLED_FROM", 10_000)
    with store.begin() as conn:
        rollups.rebuild(conn)
    asked = [(area, SOME[1]) for area in ("C", "D1", "G1")]
    whole = [measured(store, situation, OPERATOR, area, MONTH, f, children=True) for area, f in asked]
    taken: list[int] = []

    def noted(rows: Sequence[Sequence[object]]) -> Countables:
        taken.append(len(rows))
        return rollups.counted_rows(rows)

    monkeypatch.setattr(day_sums, "counted_rows", noted)
    monkeypatch.setattr(day_sums, "handling_times", lambda *_: np.array([60]))
    monkeypatch.setattr(day_sums, "AT_ONCE", 7)
    for (area, filters), expected in zip(asked, whole, strict=True):
        found = measured(store, situation, OPERATOR, area, MONTH, filters, children=True)
        assert found.children == expected.children
        assert [(v.num, v.den) for v in found.now.values()] == [(v.num, v.den) for v in expected.now.values()]
    assert max(taken) == 7
    assert len(taken) > 20


def agree(values: dict[str, Value], events: list[Life], period: Period) -> None:
    expected = counted(events, period.first, period.last, ZONE, NOW)
    seconds = took(events, period.first, period.last, ZONE)
    for name, value in values.items():
        row = INDICATORS[name]
        assert value.den == expected[row.den], name
        if row.num is not None:
            assert value.num == expected[row.num], name
        elif seconds and row.statistic is Statistic.MEAN:
            assert value.value == pytest.approx(mean(seconds))
        elif seconds and row.statistic is Statistic.P90:
            assert value.value == pytest.approx(quantile(seconds, 0.9), rel=value.error + 1e-9, abs=30)


def test_every_numerator_and_denominator_opens_as_a_list_of_that_length(store: Store, situation: Situation) -> None:
    seen = set()
    for period in (MONTH, WEEKS, Period.day(TODAY)):
        for code, filters in (("C", ALL), ("D1", ALL), ("G1", ALL), ("C", SOME[1]), ("D1", SOME[2])):
            values = measured(store, situation, OPERATOR, code, period, filters).now
            numbers = {v.indicator.den: v.den for v in values.values()}
            numbers |= {v.indicator.num: v.num for v in values.values() if v.indicator.num and v.num is not None}
            for figure, number in numbers.items():
                one = kept_list(situation, OPERATOR, code, figure, filters, period=period)
                ids, whole = read_whole(store, one)
                assert (len(set(ids)), len(ids), whole) == (number, number, True), (figure, code, period, filters)
                assert KeptLists(store).read(one, 0, 10).total == number, (figure, code)
                seen |= {figure} if number else set()
    assert seen >= set(PERIODIC) - {Figure.PERIOD_CLOSED, Figure.PERIOD_LOCAL_4, Figure.PERIOD_LOCAL_5}


def test_a_list_that_is_narrowed_further_still_holds_what_it_says(store: Store, situation: Situation) -> None:
    filters = Filters(urgencies=(1, 2))
    one = kept_list(situation, OPERATOR, "C", Figure.PERIOD_DUE, filters, period=MONTH)
    assert one.by_day is None
    urgent = read_whole(store, one)[0]
    every = read_whole(store, kept_list(situation, OPERATOR, "C", Figure.PERIOD_DUE, ALL, period=MONTH))[0]
    assert 0 < len(urgent) < len(every)
    assert set(urgent) < set(every)


def test_today_is_what_the_screens_show_live(store: Store, situation: Situation) -> None:
    for o, area in enumerate(situation.tree.areas):
        shown = situation.totals(o)
        values = measured(store, situation, OPERATOR, area.code, Period.day(TODAY), ALL).now
        with store.read() as conn:
            sums = day_sums.sums(conn, situation.tree, [o], Period.day(TODAY).numbers(), ALL, ZONE)[0]
        kept = {f: int(sums[day_sums.PLACE[column_of(f)]]) for f in PERIODIC}
        assert kept[Figure.PERIOD_REPORTED] == shown.reported_today
        assert kept[Figure.PERIOD_CLOSED] == shown.closed_today
        assert kept[Figure.PERIOD_HANDLED] == shown.handling_n == values["handling_mean"].den
        assert values["handling_mean"].value == pytest.approx(shown.handling_mean_s)
        assert values["handling_median"].value == shown.handling_median_s
    assert situation.totals(0).closed_today > 3


def test_this_month_is_the_months_figure_of_the_ranking(store: Store, situation: Situation) -> None:
    month = read_month(store, situation.tree, NOW, ZONE)
    for o, area in enumerate(situation.tree.areas):
        value = measured(store, situation, OPERATOR, area.code, MONTH, ALL).now["on_time"]
        assert (value.num, value.den) == month.of(o)


@pytest.mark.parametrize("area", ["C", "S1", "G1"])
def test_a_trend_has_each_days_own_value(store: Store, situation: Situation, area: str) -> None:
    period = Period(TODAY - timedelta(days=6), TODAY + timedelta(days=3))
    for filters in SOME:
        days = trend(store, situation, OPERATOR, area, period, filters, tuple(INDICATORS))
        each = [Period.day(period.first + timedelta(days=i)) for i in range(period.days)]
        whole = [measured(store, situation, OPERATOR, area, day, filters).now for day in each]
        for name in ("closing", "overdue", "registration", "handling_mean", "response", "repeat"):
            for day, value, alone in zip(each, days[name], whole, strict=True):
                assert (value.num, value.den) == (alone[name].num, alone[name].den), (name, day)
                assert value.value == pytest.approx(alone[name].value)


def test_a_trend_of_ten_years_to_come_asks_no_more_often_than_one_of_days(
    store: Store, situation: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def noted(*_: object) -> tuple[()]:
        asked.append(1)
        return ()

    monkeypatch.setattr(day_sums, "_fetched", noted)
    for days in (1, 3_600):
        trend(store, situation, OPERATOR, "C", Period(TODAY, TODAY + timedelta(days=days)), ALL)
        assert len(asked) == 2, days
        asked.clear()


def test_what_is_beyond_ones_reach_is_not_there_and_nonsense_is_refused(store: Store, situation: Situation) -> None:
    here = of("leader-1", Role.LEADER, areas=("D1",))
    assert measured(store, situation, here, None, MONTH, ALL).area == "D1"
    for area in ("D2", "C", "NOPE"):
        for ask in (measured, trend):
            with pytest.raises(NotThereError):
                ask(store, situation, here, area, MONTH, ALL)
    with pytest.raises(PeriodError, match="lies before"):
        measured(store, situation, here, "D1", Period(TODAY, TODAY - timedelta(days=1)), ALL)
    with pytest.raises(PeriodError, match="is not an indicator"):
        trend(store, situation, here, "D1", MONTH, ALL, ("happiness",))


def test_an_import_without_checks_replies_and_units_says_nothing_of_them(store: Store) -> None:
    rows = history(100)
    with store.begin() as conn:
        bulk_history(conn, rows, at_ms=T0, actor="test")
    values = measured(store, load_situation(store, ZONE, NOW), OPERATOR, "C", Period.year(TODAY), ALL).now
    for name in ("rework", "response", "local_1"):
        assert (values[name].den, values[name].value) == (0, None), name
    assert values["registration"].den > 50


def test_a_history_leaves_the_traces_of_the_states_it_went_through(store: Store) -> None:
    rows = replace(history(4), state=["closed", "closed", "void", "reported"])
    path = [("reported", "to_dispatch", "dispatched", "returned", "to_dispatch", "dispatched", "handled", "to_close"),
            ("reported", "to_dispatch", "dispatched", "handling", "handled", "handling", "handled", "to_check"),
            ("reported",), ()]  # fmt: skip
    steps = [(k, i, s) for k, states in enumerate(path) for i, s in enumerate(states)]
    begun = np.array([T0 + i * HOUR for _, i, _ in steps])
    rows = replace(
        rows, left_event=np.array([k for k, _, _ in steps]), left_rev=np.array([i + 1 for _, i, _ in steps]),
        left_from_ms=begun, left_to_ms=begun + HOUR, left_state=[s for _, _, s in steps],
        dispatched_ms=np.array([T0, T0, rows.unit_id[0], rows.unit_id[0]]), lon=np.array([0.5, 0.5, 0.5, 0.5]),
        area_id=np.array([6, 6, 6, 4]), reported_ms=np.array([T0, T0 + DAY, T0 + 20 * DAY, T0 + 21 * DAY]),
    )  # fmt: skip
    with store.begin() as conn:
        bulk_history(conn, rows, at_ms=T0, actor="test")
        marks = [t for _, t in conn.execute(sa.select(EventRow.id, EventRow.traces).order_by(EventRow.id))]
        again = bulk_history(conn, replace(history(1, prefix="X"), lon=np.array([0.5]), area_id=np.array([6]),
                                           reported_ms=np.array([T0 + 25 * DAY])), at_ms=T0, actor="test")  # fmt: skip
        late = conn.execute(sa.select(EventRow.traces).where(EventRow.id == again)).scalar_one()
    r = Trace.REPEATED
    assert marks[0] == Trace.REGISTERED | Trace.RETURNED | Trace.CHECKED
    assert marks[1] == Trace.REGISTERED | Trace.CHECKED | r
    assert marks[2:] == [r, 0], "what stands above the lowest level has no place"
    assert late & r, "also of what the store held before"


def test_the_migration_finds_the_traces_and_the_next_opening_counts_anew(store: Store) -> None:
    migration = importlib.import_module("geodata.store.migrations.versions.0012_indicators")
    with store.begin() as conn:
        bulk_history(conn, history(200), at_ms=T0, actor="test")
        known = conn.execute(sa.select(EventRow.id, EventRow.traces).order_by(EventRow.id)).all()
        conn.execute(sa.update(EventRow).values(traces=0))
        migration.trace_the_past(conn)
        found = conn.execute(sa.select(EventRow.id, EventRow.traces).order_by(EventRow.id)).all()
        again = int(Trace.REPEATED)
        assert [(i, m) for i, m in found] == [(i, m & ~again) for i, m in known]
        asked = conn.execute(sa.select(SettingRow.value).where(SettingRow.key == "recount")).scalar()
        assert asked == "1"
    keep_zone(store, City())
    with store.begin() as conn:
        assert conn.execute(sa.select(EventRow.id, EventRow.traces).order_by(EventRow.id)).all() == known
        assert conn.execute(sa.select(SettingRow.value).where(SettingRow.key == "recount")).scalar() is None
        kept = day_sums.sums(conn, load_situation(store, ZONE, NOW).tree, [0], Period.year(TODAY).numbers(), ALL, ZONE)
    assert kept[0, 0] == sum(1 for e in history(200).reported_ms if local_day(int(e), ZONE).year == TODAY.year)
    assert date(2025, 1, 1) < TODAY
