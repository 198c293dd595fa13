"""The analysis of a little city on both databases: numbers recounted event by event, each as long as its list."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa

from geodata.domain.figures import Figure
from geodata.domain.periods import Period, local_day
from geodata.domain.picking import PICKS, PickError, day_of, named, period_of, picked
from geodata.domain.roles import Role
from geodata.domain.view import Filters, MapView
from geodata.services.actors import NotAllowedError
from geodata.services.analysing import (
    BY_DAY_MAX,
    by_class,
    by_source,
    count_now,
    look_back,
    look_now,
    total,
)
from geodata.services.listing import KeptLists, kept_list, read_whole
from geodata.services.looking import NotThereError
from geodata.situation.loading import load_situation
from geodata.situation.situation import Situation
from geodata.store import rollups, supervision
from geodata.store.engine import Store
from geodata.store.history import bulk_history
from geodata.store.models import EventRow, UnitRow
from tests.factories.access_city import OPERATOR, of
from tests.factories.little_city import AREAS, HOUR, T0, found_city, history

N, DAY = 500, 24 * HOUR
NOW = T0 + 30 * DAY
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = local_day(NOW, ZONE)
COLUMNS = ("id", "area_id", "class_code", "source", "state", "reported_ms", "dispatched_ms", "handled_ms", "ended_ms",
           "unit_id")  # fmt: skip


@pytest.fixture
def situation(store: Store) -> Situation:
    """Five hundred events of forty days of several sources, some led by one of two units; two watched ones."""
    rng = np.random.default_rng(3)
    with store.begin() as conn:
        found_city(conn)
        bulk_history(conn, history(N), at_ms=T0, actor="test")
        for source in ("patrol", "video"):
            conn.execute(sa.update(EventRow).where(EventRow.id.in_(some(rng))).values(source=source))
        for i, kind in ((1, "grid_post"), (2, "enforcement")):
            conn.execute(sa.insert(UnitRow).values(id=i, code=f"U{i}", call_sign=f"U{i}", kind=kind, home_area_id=4,
                                                   status="on_duty", status_ms=T0, rev=1, skills="", moved_seq=1,
                                                   received_ms=T0, track_ms=0))  # fmt: skip
            conn.execute(sa.update(EventRow).where(EventRow.id.in_(some(rng))).values(unit_id=i))
        first, second = conn.execute(
            sa.select(EventRow.id).where(EventRow.ended_ms.is_(None), EventRow.area_id == 6).limit(2)
        ).scalars()
        conn.execute(sa.update(EventRow).where(EventRow.id == first).values(marks=1))
        conn.execute(sa.update(EventRow).where(EventRow.id == second).values(marks=2))
        for due in (5, 3):
            supervision.issue(conn, first, "leader", at_ms=T0, by="x", reason="r", due_ms=NOW + due * HOUR)
        supervision.put_up(conn, second, "city", accountable="y", reason="r", at_ms=T0, by="x", issuer_id=1,
                           due_ms=NOW + DAY)  # fmt: skip
        rollups.rebuild(conn)
    return load_situation(store, ZONE, NOW)


def some(rng: np.random.Generator) -> list[int]:
    return [int(i) for i in rng.choice(np.arange(1, N + 1), N // 4, replace=False)]


def rows_of(store: Store, area_id: int) -> list[sa.Row[tuple[object, ...]]]:
    """The events of an area, found by walking up from each."""

    def above(i: int | None) -> list[int]:
        return [] if i is None else [i, *above(AREAS[i][1])]

    with store.read() as conn:
        rows = conn.execute(sa.select(*(getattr(EventRow, name) for name in COLUMNS))).all()
    return [e for e in rows if area_id in above(e.area_id)]


def day(ms: int) -> date:
    return datetime.fromtimestamp(ms / 1000, ZONE).date()


@pytest.mark.parametrize("rolled_from", [1, 10_000])
def test_classes_and_sources_are_recounted_and_each_opens_its_list(
    store: Store, situation: Situation, monkeypatch: pytest.MonkeyPatch, rolled_from: int
) -> None:
    monkeypatch.setattr("geodata.store.ancestry.DAILY_FROM", rolled_from)
    monkeypatch.setattr("geodata.store.ancestry.ROLLED_FROM", rolled_from)
    with store.begin() as conn:
        rollups.rebuild(conn)
    for area_id, (code, _, _) in AREAS.items():
        rows = rows_of(store, area_id)
        for filters in (Filters(), Filters(classes=("01",)), Filters(sources=("patrol",))):
            past = look_back(store, situation, OPERATOR, MapView(code, period="7d", filters=filters))
            assert past.whole == Period(TODAY - timedelta(days=6), TODAY)
            for sorts, period in zip(
                past.sorts, (past.measures.period, past.measures.before, past.measures.year), strict=True
            ):
                here = [e for e in rows if period.first <= day(e.reported_ms) <= period.last]
                mine = [e for e in here if not filters.sources or e.source in filters.sources]
                assert by_class(sorts, filters) == Counter(e.class_code for e in mine)
                mine = [e for e in here if not filters.classes or e.class_code in filters.classes]
                assert by_source(sorts, filters) == Counter(e.source for e in mine)
                both = [e for e in mine if not filters.sources or e.source in filters.sources]
                assert total(sorts, filters) == len(both)
            for source, n in by_source(past.sorts[0], filters).items():
                listed = Filters(filters.classes, sources=(source,))
                one = kept_list(situation, OPERATOR, code, Figure.PERIOD_REPORTED, listed, period=past.measures.period)
                assert len(read_whole(store, one)[0]) == n


@pytest.mark.parametrize("rolled_from", [1, 10_000])
def test_classes_that_the_city_does_not_list_are_one_that_can_be_filtered_by(
    store: Store, situation: Situation, monkeypatch: pytest.MonkeyPatch, rolled_from: int
) -> None:
    monkeypatch.setattr("geodata.store.ancestry.DAILY_FROM", rolled_from)
    monkeypatch.setattr("geodata.store.ancestry.ROLLED_FROM", rolled_from)
    with store.begin() as conn:
        for i, code in enumerate(("X1", "X2")):
            conn.execute(sa.update(EventRow).where(EventRow.id % 5 == i).values(class_code=code))
        rollups.rebuild(conn)
    situation = load_situation(store, ZONE, NOW)
    for classes in (("unlisted",), ("01", "unlisted")):
        filters = Filters(classes=classes)
        for area_id in (1, 2, 6):
            code = AREAS[area_id][0]
            past = look_back(store, situation, OPERATOR, MapView(code, period="30d", filters=filters))
            few = Filters(classes, sources=("patrol",))
            for narrowed in (filters, few):
                values = look_back(store, situation, OPERATOR, MapView(code, filters=narrowed)).measures.now
                for figure, n in (("registration", values["registration"].den), ("on_time", values["on_time"].den)):
                    den = values[figure].indicator.den
                    one = kept_list(situation, OPERATOR, code, den, narrowed, period=past.measures.period)
                    assert len(read_whole(store, one)[0]) == n > 0
                    assert KeptLists(store).read(one, 0, 10).total == n
            told = by_class(past.sorts[0], filters)
            reported = past.measures.now["registration"].den
            assert set(told) <= {*situation.catalogue.classes, "unlisted"}
            assert sum(told[c] for c in classes) == total(past.sorts[0], filters) == reported
            assert sum(p.reported for p in past.points) == reported
            assert past.phases is not None
            assert past.phases.n == past.measures.now["handling_mean"].den


def test_a_day_that_is_filtered_by_is_what_is_measured_and_the_trend_stays(store: Store, situation: Situation) -> None:
    past = look_back(store, situation, OPERATOR, MapView("C", period="7d", filters=Filters(day="2025-11-05")))
    assert past.measures.period == Period.day(date(2025, 11, 5))
    assert len(past.points) == 7
    assert total(past.sorts[0], Filters()) == sum(day(e.reported_ms) == date(2025, 11, 5) for e in rows_of(store, 1))


def test_a_trend_of_days_and_one_of_months_add_up_to_the_same(store: Store, situation: Situation) -> None:
    rows = rows_of(store, 1)
    for period in ("30d", "year", named(Period(date(2025, 1, 1), date(2025, 12, 31)))):
        past = look_back(store, situation, OPERATOR, MapView("C", period=period))
        assert sum(p.reported for p in past.points) == sum(
            past.whole.first <= day(e.reported_ms) <= past.whole.last for e in rows
        )
        on_time = past.measures.now["on_time"]
        assert (sum(p.on_time for p in past.points), sum(p.due for p in past.points)) == (on_time.num, on_time.den)
        assert len(past.points) == (past.whole.days if past.whole.days <= BY_DAY_MAX else 12)
        assert past.points[0].days.first == past.whole.first
        assert past.points[-1].days.last == past.whole.last


def test_where_the_time_went_is_of_the_cases_of_the_list_behind(store: Store, situation: Situation) -> None:
    for area_id in (1, 2, 6):
        past = look_back(store, situation, OPERATOR, MapView(AREAS[area_id][0], period="30d"))
        closed = [
            e for e in rows_of(store, area_id) if e.state == "closed" and None not in (e.dispatched_ms, e.handled_ms)
            and past.whole.first <= day(e.ended_ms) <= past.whole.last and e.handled_ms >= e.dispatched_ms
        ]  # fmt: skip
        assert past.phases is not None
        assert past.phases.n == len(closed) == past.measures.now["handling_mean"].den > 0
        assert past.phases.handle_ms == sum(e.handled_ms - e.dispatched_ms for e in closed)
        assert past.phases.dispatch_ms == sum(e.dispatched_ms - e.reported_ms for e in closed)
        assert past.phases.close_ms == sum(e.ended_ms - e.handled_ms for e in closed)


def test_a_large_area_is_not_read_case_by_case(
    store: Store, situation: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geodata.services.analysing.CASES_MAX", 3)
    assert look_back(store, situation, OPERATOR, MapView("C")).phases is None


def test_nothing_is_compared_with_days_before_the_first_record(store: Store, situation: Situation) -> None:
    first = min(day(e.reported_ms) for e in rows_of(store, 1))
    past = look_back(store, situation, OPERATOR, MapView("D1", period="7d"))
    assert past.since == first
    assert past.known(past.measures.before)
    assert not past.known(past.measures.year)
    assert past.known(Period.day(first))
    assert not past.known(Period(first - timedelta(days=1), TODAY))


def test_kept_lists_follow_departments_and_days(store: Store, situation: Situation) -> None:
    rows = [e for e in rows_of(store, 1) if day(e.reported_ms) == date(2025, 11, 5)]
    for kinds, units in ((("grid_post",), {1}), (("enforcement",), {2}), (("other",), {None}),
                         (("grid_post", "other"), {1, None})):  # fmt: skip
        one = kept_list(situation, OPERATOR, "C", Figure.ALL, Filters(kinds=kinds, day="2025-11-05"))
        ids, whole = read_whole(store, one)
        assert whole
        assert set(ids) == {e.id for e in rows if e.unit_id in units}
        assert ids or units != {1, None}


def test_what_is_watched_comes_with_the_day_that_ends_first(store: Store, situation: Situation) -> None:
    for code in ("C", "G1"):
        now = look_now(situation, OPERATOR, MapView(code))
        counted = count_now(store, situation.tree, now)
        assert (now.supervised.n, now.placarded.n) == (1, 1)
        assert dict(counted.orders) == {now.supervised.events[0].id: NOW + 3 * HOUR}
        assert dict(counted.placards) == {now.placarded.events[0].id: NOW + DAY}
    assert look_now(situation, OPERATOR, MapView("D2")).supervised.n == 0


def test_what_is_beyond_ones_reach_is_not_there_and_feeds_see_nothing(store: Store, situation: Situation) -> None:
    here = of("leader-1", Role.LEADER, areas=("D1",))
    assert look_now(situation, here, MapView("D1")).o == situation.tree.ordinal["D1"]
    for area in ("D2", "C", "NOPE"):
        with pytest.raises(NotThereError):
            look_now(situation, here, MapView(area))
        with pytest.raises(NotThereError):
            look_back(store, situation, here, MapView(area))
    nobody = of("nobody", areas=("C",))
    with pytest.raises(NotAllowedError):
        look_now(situation, nobody, MapView("C"))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-03-31", "2026-03-31"), ("7d", "2026-03-25", "2026-03-31"), ("30d", "2026-03-02", "2026-03-31"),
        ("month", "2026-03-01", "2026-03-31"), ("last_month", "2026-02-01", "2026-02-28"),
        ("year", "2026-01-01", "2026-12-31"), ("2024-02-29..2024-03-01", "2024-02-29", "2024-03-01"),
    ],
)  # fmt: skip
def test_a_period_is_known_by_its_name(name: str, first: str, last: str) -> None:
    period = period_of(name, date(2026, 3, 31))
    assert named(period) == f"{first}..{last}"
    assert picked(name) == name
    assert picked(named(period)) == named(period)


@pytest.mark.parametrize("text", ["", "x", "2026-01-01", "2026-01-02..2026-01-01", "1971-01-01..1972-01-01", "..",])
def test_what_is_no_period_is_refused(text: str) -> None:
    assert text not in PICKS
    with pytest.raises(PickError):
        picked(text)
    with pytest.raises(PickError):
        day_of(text + "!")
