"""What live frames compare themselves with, on both databases, against events counted one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callbacks.live.doors import MINUTE_MS, FeedAge, read_doors
from callbacks.live.past import local_day, read_hours, read_month
from geodata.domain.areas import AreaTree
from geodata.store import feeds, quarantine
from geodata.store.areas import load_tree
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.history import bulk_history
from geodata.store.listing import events_in
from geodata.store.quarantine import Refused
from tests.factories.little_city import AREAS, HOUR, T0, found_city, history

ZONE = ZoneInfo("Asia/Shanghai")
NOW_MS = T0 + 33 * 24 * HOUR + 1_234_567
NO_CASE = {"rejected", "void", "merged", "suspended"}


@pytest.fixture
def city(store: Store) -> tuple[Store, AreaTree, list[EventNow]]:
    with store.begin() as conn:
        found_city(conn)
        bulk_history(conn, history(2_000), at_ms=NOW_MS, actor="test")
    with store.read() as conn:
        return store, load_tree(conn), list(events_in(conn, AREAS))


def month_of(ms: int) -> tuple[int, int]:
    local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZONE)
    return local.year, local.month


def is_in_time(e: EventNow) -> bool:
    if e.state != "closed":
        return False
    return e.on_time == 1 if e.on_time is not None else (e.ended_ms or 0) <= (e.deadline_ms or 0)


def test_this_months_rate_of_every_area_is_that_of_its_events(city: tuple[Store, AreaTree, list[EventNow]]) -> None:
    store, tree, events = city
    month = read_month(store, tree, NOW_MS, ZONE)
    for o in range(len(tree)):
        inside = {a.id for a in tree.areas[o : int(tree.end[o])]}
        cases = [
            e for e in events
            if e.area_id in inside and e.deadline_ms is not None and month_of(e.deadline_ms) == month_of(NOW_MS)
            and e.state not in NO_CASE and e.on_time != -1 and (e.ended_ms is not None or e.deadline_ms <= NOW_MS)
        ]  # fmt: skip
        assert month.of(o) == (sum(map(is_in_time, cases)), len(cases)), tree.areas[o].code
    good, due = month.of(0)
    assert 0 < good < due


def test_the_hours_of_other_days_are_those_of_the_events(city: tuple[Store, AreaTree, list[EventNow]]) -> None:
    store, tree, events = city
    today = local_day(NOW_MS, ZONE)
    for o in range(len(tree)):
        inside = {a.id for a in tree.areas[o : int(tree.end[o])]}
        hours = read_hours(store, tree.areas[o].id, NOW_MS, ZONE)
        moments = [
            datetime.fromtimestamp(e.reported_ms / 1000, UTC).astimezone(ZONE) for e in events if e.area_id in inside
        ]
        wanted = [m.hour for m in moments if m.date() == today - timedelta(days=7)]
        assert hours.last_week == tuple(wanted.count(h) for h in range(24)), tree.areas[o].code
        wanted = [m.hour * 60 + m.minute for m in moments if m.date() == today - timedelta(days=1)]
        for minutes in (0, 1, 600, 601, 1439, 1440, 2000):
            assert hours.yesterday(minutes) == sum(m < minutes for m in wanted), (tree.areas[o].code, minutes)


def test_the_doors_tell_the_age_of_every_feed_and_what_is_held_back(store: Store) -> None:
    assert read_doors(store, NOW_MS).span_ms is None
    with store.begin() as conn:
        found_city(conn)
        rows = history(50)
        bulk_history(conn, rows, at_ms=NOW_MS, actor="test")
        for name, received_ms in (("b", NOW_MS - 301_000), ("a", NOW_MS - 299_000)):
            feeds.note(conn, name, received_ms=received_ms, newest_ms=None, accepted=1, quarantined=0)
        quarantine.add(conn, "a", [Refused("lon", "x", "is a number", "{}")], NOW_MS)
    doors = read_doors(store, NOW_MS)
    assert doors.feeds == (FeedAge("a", 299_000), FeedAge("b", 301_000))
    assert [f.silent for f in doors.feeds] == [False, True]
    assert doors.quarantined == 1
    assert doors.span_ms is not None
    first, last = doors.span_ms
    assert first == rows.reported_ms.min()
    assert last <= rows.reported_ms.max() < last + MINUTE_MS
