"""Kept lists: the events of the store behind an all-time or month figure are as many as the number (both databases)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa

from callbacks.live.past import read_hours, read_month
from geodata.domain.events import Mark
from geodata.domain.figures import BY_DEADLINE, BY_END, KEPT, MONTHLY, PERIODIC, Figure, ListOrder
from geodata.domain.roles import Role
from geodata.domain.view import Filters
from geodata.services import listing
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.listing import (
    TOTALS,
    KeptList,
    KeptLists,
    kept_list,
    live_ids,
    read_whole,
    unit_ids,
    yesterday_of,
)
from geodata.services.looking import NotThereError
from geodata.situation.loading import load_situation
from geodata.situation.situation import Situation
from geodata.situation.unit_listing import UnitQuery
from geodata.store import events, figures, rollups
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.history import bulk_history
from geodata.store.models import EventRow
from tests.factories.access_city import OPERATOR, of
from tests.factories.little_city import HOUR, T0, history

N = 900
DAY = 24 * HOUR
NOW = T0 + 30 * DAY
ZONE = ZoneInfo("Asia/Shanghai")
ALL = Filters()


@pytest.fixture
def situation(store: Store) -> Situation:
    """Nine hundred events of forty days, some of them still to come."""
    with store.begin() as conn:
        bulk_history(conn, history(N), at_ms=T0, actor="test")
        conn.execute(sa.update(EventRow).where(EventRow.id % 7 == 0).values(marks=Mark.TO_REPLY))
        conn.execute(sa.update(EventRow).where(EventRow.id % 11 == 0).values(marks=Mark.REOPENED))
        closed = (EventRow.state == "closed", EventRow.id % 5 == 0)
        conn.execute(sa.update(EventRow).where(*closed).values(state="forced_closed"))
        rollups.rebuild(conn)
    return load_situation(store, ZONE, NOW)


def every(store: Store) -> list[EventNow]:
    with store.read() as conn:
        return events.page(conn, area_ids=None, states=(), after_id=0, limit=N)


def asked(situation: Situation, figure: Figure, area: str = "C", filters: Filters = ALL) -> KeptList:
    return kept_list(situation, OPERATOR, area, figure, filters)


def test_a_kept_list_is_as_long_as_its_number_in_every_area(store: Store, situation: Situation) -> None:
    month = read_month(store, situation.tree, NOW, ZONE)
    for o, area in enumerate(situation.tree.areas):
        totals = situation.totals(o)
        good, due = month.of(o)
        numbers = {f: number(totals) for f, number in TOTALS.items()}
        numbers |= {Figure.MONTH_DUE: due, Figure.MONTH_ON_TIME: good, Figure.MONTH_LATE: due - good}
        hours, (low, high) = read_hours(store, area.id, NOW, ZONE), yesterday_of(NOW, ZONE)
        numbers[Figure.LAST_WEEK] = sum(hours.last_week)
        numbers[Figure.YESTERDAY] = hours.yesterday((high - low) // 60_000)
        numbers[Figure.OVERDUE_BEFORE] = 0  # nobody looked then
        # Those of periods: tests/integration/indicators; of a surge: tests/integration/loop.
        assert set(numbers) == KEPT - set(PERIODIC) - {Figure.SPAN}
        for figure, number in numbers.items():
            ids, whole = read_whole(store, asked(situation, figure, area.code))
            assert whole
            assert len(set(ids)) == len(ids) == number, (figure, area.code)


@pytest.mark.parametrize("figure", sorted(KEPT))
def test_both_ways_to_a_page_give_the_same_list_newest_first_in_pages_of_any_size(
    store: Store, situation: Situation, figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "BLOCK", 50)
    by_id = {e.id: e for e in every(store)}
    time = "deadline_ms" if figure in {*MONTHLY, *BY_DEADLINE} else "ended_ms" if figure in BY_END else "reported_ms"
    wanted = asked(situation, figure, "D1").wanted
    found = []
    for few in (True, False):
        for limit in (7, N):
            ids: list[int] = []
            after = None
            with store.read() as conn:
                while True:
                    page = figures.page(conn, wanted._replace(few=few), after, limit, 120)
                    assert len(page.ids) <= limit
                    ids += page.ids
                    after = page.next
                    if after is None:
                        break
            found.append(ids)
    assert found[0] == found[1] == found[2] == found[3]
    assert found[0] == sorted(found[0], key=lambda i: (-getattr(by_id[i], time), -i))
    assert {by_id[i].area_id for i in found[0]} <= {2, 4, 5, 6, 7, 8}


def test_no_page_reads_more_of_the_history_than_it_may(store: Store, situation: Situation,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(figures, "BLOCK", 50)
    nowhere = asked(situation, Figure.ALL, "D2", Filters(classes=("nothing",))).wanted._replace(few=False)
    with store.read() as conn:
        page = figures.page(conn, nowhere, None, 10, 100)
        assert page.ids == []
        assert page.next is not None, "it says where to go on"
        newest = sorted((e.reported_ms for e in every(store)), reverse=True)
        assert page.next.ms == newest[99]


def test_filters_choose_among_all_records(store: Store, situation: Situation) -> None:
    counted = Counter(e.class_code for e in every(store))
    for code, n in counted.items():
        one = asked(situation, Figure.ALL, filters=Filters(classes=(code,)))
        assert one.total is None, "no counter knows it"
        assert len(read_whole(store, one)[0]) == n
    urgent = asked(situation, Figure.ALL, filters=Filters(urgencies=(1,), states=("closed",), sources=("hotline",)))
    expected = sum(e.urgency == 1 and e.state == "closed" for e in every(store))
    assert len(read_whole(store, urgent)[0]) == expected


def test_scrolling_reads_on_and_a_list_at_its_top_is_read_anew_after_a_minute(
    store: Store, situation: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 20)
    lists = KeptLists(store)
    one = asked(situation, Figure.ALL)
    first = lists.read(one, 0, 30)
    assert (len(first.ids), first.total, first.done) == (30, N, False)
    later = lists.read(one, 100, 30)
    assert list(later.ids[:30]) == list(first.ids)
    assert len(later.ids) == 130
    situation.advance(NOW + listing.FRESH_MS + 1)
    again = asked(situation, Figure.ALL)
    assert len(lists.read(again, 100, 30).ids) == 130, "who has scrolled down keeps the list"
    assert len(lists.read(again, 0, 30).ids) == 30


def change(store: Store, situation: Situation, figure: Figure, n: int) -> Situation:
    """Let n events of a figure be so no more; the live picture after that."""
    gone = {"state": "void"} if figure is Figure.ALL_FORCED else {"marks": 0}
    ids, _ = read_whole(store, asked(situation, figure))
    with store.begin() as conn:
        conn.execute(sa.update(EventRow).where(EventRow.id.in_(ids[:n])).values(**gone))
        rollups.rebuild(conn)
    return load_situation(store, ZONE, NOW)


@pytest.mark.parametrize("figure", [Figure.TO_REPLY, Figure.ALL_FORCED, Figure.ALL_REOPENED])
def test_a_list_that_is_worked_off_is_at_once_what_its_number_says(
    store: Store, situation: Situation, figure: Figure
) -> None:
    lists = KeptLists(store)

    def read(now: Situation) -> tuple[int, int | None]:
        found = lists.read(replace(asked(now, figure), tree=situation.tree), 0, 400)
        return len(found.ids), found.total

    n = TOTALS[figure](situation.totals(0))
    assert (read(situation), n > 2) == ((n, n), True)
    assert read(change(store, situation, figure, 2)) == (n - 2, n - 2)
    assert read(change(store, situation, figure, n)) == (0, 0)


def test_what_a_counter_says_there_is_none_of_leaves_nothing_behind(store: Store, situation: Situation) -> None:
    lists, one = KeptLists(store), asked(situation, Figure.ALL_CLOSED)
    n = len(lists.read(one, 0, N).ids)
    assert (n, n > 0) == (one.total, True)
    assert lists.read(replace(one, total=0), 0, N) == ([], 0, True)
    assert len(lists.read(one, 0, N).ids) == n, "and it is read when there is something"


def test_a_narrowed_list_to_reply_shows_nothing_that_was_answered(store: Store, situation: Situation) -> None:
    lists, urgent = KeptLists(store), Filters(urgencies=(1, 2, 3, 4))
    n = len(lists.read(asked(situation, Figure.TO_REPLY, filters=urgent), 0, 400).ids)
    change(store, situation, Figure.TO_REPLY, 2)
    assert len(lists.read(asked(situation, Figure.TO_REPLY, filters=urgent), 0, 400).ids) == n - 2 > 0


def test_what_waits_for_a_reply_is_read_to_its_end_however_far_apart_it_stands(
    store: Store, situation: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "BLOCK", 10)
    monkeypatch.setattr(listing, "READ_MAX", 20)
    one = asked(situation, Figure.TO_REPLY, "D1", Filters(classes=("01",)))
    scattered = replace(one, wanted=one.wanted._replace(few=False))
    found = KeptLists(store).read(scattered, 0, 400)
    assert (list(found.ids), found.done) == (read_whole(store, one)[0], True)


def test_a_day_and_each_of_its_hours_are_kept_apart(store: Store, situation: Situation) -> None:
    lists = KeptLists(store)
    for hour in (None, *range(24), None):
        of_hour = kept_list(situation, OPERATOR, "C", Figure.LAST_WEEK, ALL, hour)
        assert len(lists.read(of_hour, 0, N).ids) == len(read_whole(store, of_hour)[0]), hour


def test_the_depth_of_a_list_and_of_an_export_are_bounded(store: Store, situation: Situation,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(listing, "DEPTH_MAX", 100)
    monkeypatch.setattr(listing, "EXPORT_MAX", 250)
    monkeypatch.setattr(listing, "PAGE", 20)
    one = asked(situation, Figure.ALL)
    assert len(KeptLists(store).read(one, 5_000, 100).ids) == 100
    ids, whole = read_whole(store, one)
    assert (len(ids), whole) == (250, False)


def test_a_month_is_the_citys_own() -> None:
    for zone in ("Asia/Shanghai", "America/New_York"):
        at = datetime(2026, 11, 1, 0, 0, tzinfo=ZoneInfo(zone))
        low, high = listing.month_of(int(at.timestamp() * 1000), ZoneInfo(zone))
        assert low == at.timestamp() * 1000
        assert high == datetime(2026, 12, 1, tzinfo=ZoneInfo(zone)).timestamp() * 1000


@pytest.mark.parametrize("area", ["D2", "C", "NOPE"])
def test_lists_beyond_ones_reach_are_not_there(situation: Situation, area: str) -> None:
    here = of("leader-1", Role.LEADER, areas=("D1",))
    with pytest.raises(NotThereError):
        kept_list(situation, here, area, Figure.ALL, ALL)
    with pytest.raises(NotThereError):
        live_ids(situation, here, area, Figure.OPEN, ALL, ListOrder.NEWEST)
    with pytest.raises(NotThereError):
        unit_ids(situation, here, area, UnitQuery())


def test_who_may_not_see_units_gets_no_list_of_them(situation: Situation) -> None:
    viewer = of("viewer-1", Role.VIEWER)
    assert isinstance(live_ids(situation, viewer, "C", Figure.OPEN, ALL, ListOrder.NEWEST), np.ndarray)
    with pytest.raises(NotAllowedError):
        unit_ids(situation, viewer, "C", UnitQuery())
    with pytest.raises(NotAllowedError):
        live_ids(situation, Actor(), "C", Figure.OPEN, ALL, ListOrder.NEWEST)
