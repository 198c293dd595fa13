"""The situation as loaded from a store, and kept by its change log, on both databases."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from geodata.domain.events import Mark
from geodata.domain.view import Filters
from geodata.situation import tailing
from geodata.situation.briefs import TOPICS
from geodata.situation.days import Day
from geodata.situation.loading import load_situation
from geodata.situation.situation import Situation
from geodata.situation.tailing import Tail, read_news
from geodata.store import changes, events, roads, rollups
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.history import bulk_history
from geodata.store.journal import Journal
from geodata.store.unit_writes import Fix, save_fixes, save_units
from geodata.store.units import UnitNow
from tests.factories.little_city import AREAS, HOUR, T0, found_city, history
from tests.factories.road_nets import net_of

ZONE = ZoneInfo("Asia/Shanghai")
NOW_MS = T0 + 20 * 24 * HOUR
ALL = Filters()
EVENTS = 3000


@pytest.fixture
def city(store: Store) -> Store:
    """A little city with a history of forty days around NOW_MS."""
    with store.begin() as conn:
        found_city(conn)
    with store.begin() as conn:
        bulk_history(conn, history(EVENTS), at_ms=NOW_MS, actor="test")
    return store


def an_event(area_id: int = 6, **changes: object) -> EventNow:
    fields: dict[str, Any] = {
        "id": 0, "code": "N1", "source": "hotline", "source_system": "new", "source_id": "1", "subtype_code": "0101",
        "class_code": "01", "urgency": 1, "description": "", "lon": 6.5, "lat": 0.5, "on_pile": 0, "state": "reported",
        "rev": 0, "reported_ms": NOW_MS, "state_ms": NOW_MS, "dispatched_ms": None, "handled_ms": None,
        "ended_ms": None, "deadline_ms": NOW_MS + HOUR, "on_time": None, "unit_id": None, "last_seq": 0,
    }  # fmt: skip
    return EventNow(**(fields | {"area_id": area_id} | changes))


def a_unit(unit: int, status: str = "on_duty") -> UnitNow:
    return UnitNow(unit, f"U{unit}", f"网格{unit}", "grid_post", 7, "", status, NOW_MS, 1, None, None, None, None, None,
                   None, None, None, 0, 0)  # fmt: skip


def a_fix(unit: int, area_id: int) -> Fix:
    return Fix(unit, area_id + 0.5, 0.5, NOW_MS, NOW_MS, None, None, None, area_id, NOW_MS, track=False)


def picture(situation: Situation) -> list[Any]:
    """Every figure, list and mark of every area."""
    return [
        (
            situation.totals(o), situation.hours_today(o), situation.unit_totals(o), situation.feed(o, ALL, 99),
            situation.worst(o, ALL, 99), sorted(situation.event_marks(o, ALL, 10**6, False).codes),
            sorted(situation.unit_marks(o, 10**6).codes),
        )
        for o in range(len(situation.tree))
    ]  # fmt: skip


def tail_of(store: Store) -> Tail:
    """A tail on a freshly loaded situation whose clock stands at NOW_MS."""
    return Tail(store, load_situation(store, ZONE, NOW_MS), now=lambda: NOW_MS)


def anew(store: Store) -> list[Any]:
    return picture(load_situation(store, ZONE, NOW_MS))


def report(store: Store, **changes: Any) -> EventNow:
    with store.begin() as conn:
        journal = Journal(conn, NOW_MS)
        event = journal.begin(an_event(**changes), "test")
        journal.write()
    return event


def move(store: Store, old: EventNow, **changes: Any) -> EventNow:
    with store.begin() as conn:
        journal = Journal(conn, NOW_MS)
        event = journal.move(old, replace(old, state_ms=NOW_MS, **changes), "test", "test")
        journal.write()
    return event


def answer(store: Store, old: EventNow) -> EventNow:
    with store.begin() as conn:
        journal = Journal(conn, NOW_MS)
        event = journal.move(old, replace(old, marks=old.marks ^ Mark.TO_REPLY), "reply", "test")
        journal.write()
    return event


def an_old_closed_one(store: Store, *places: int) -> EventNow:
    with store.read() as conn:
        rows = [EventNow(*row) for row in events.ended_since(conn, 0)]  # type: ignore[arg-type]
    return next(e for e in rows if e.state == "closed" and (e.ended_ms or 0) < NOW_MS - 48 * HOUR
                and (not places or e.area_id in places))  # fmt: skip


async def until(true: Callable[[], bool]) -> None:
    """Wait until this is so; the test's own time limit ends it otherwise."""
    while not true():
        await asyncio.sleep(0.01)


def test_what_is_loaded_is_what_the_store_holds(city: Store) -> None:
    situation = load_situation(city, ZONE, NOW_MS)
    with city.read() as conn:
        opened = [EventNow(*row) for row in events.open_events(conn)]  # type: ignore[arg-type]
        stored = rollups.totals(conn)
    whole = situation.totals(0)
    assert whole.open == len(opened)
    assert whole.reported_all == EVENTS == stored.reported.max()
    assert (whole.closed_all, whole.ended_all) == (stored.closed.max(), stored.ended.max())
    assert whole.open + whole.ended_all == EVENTS
    dropped = whole.ended_all - whole.closed_all
    assert whole.on_time_all + whole.overdue_all + whole.unjudged_all + dropped == EVENTS
    for area_id, (code, _, _) in AREAS.items():
        o = situation.tree.ordinal[code]
        here = situation.tree.areas[o : situation.tree.end[o]]
        assert situation.totals(o).open == sum(e.area_id in {a.id for a in here} for e in opened), area_id
    assert situation.seq > 0
    assert situation.change_ms == NOW_MS


async def test_after_every_change_the_tailed_picture_is_the_one_that_loading_gives(city: Store) -> None:
    tail = tail_of(city)
    held, one = id(tail.situation), report(city)
    two = report(city, area_id=1, code="N2", source_id="2", deadline_ms=NOW_MS - 1, lon=None, lat=None)
    await tail.step()
    assert picture(tail.situation) == anew(city)
    one = move(city, one, state="dispatched", dispatched_ms=NOW_MS)
    one = move(city, one, state="handling", area_id=8)
    move(city, two, state="void", ended_ms=NOW_MS)
    move(city, an_old_closed_one(city), state="reopened", ended_ms=None, on_time=None)
    assert tail.last_seq < load_situation(city, ZONE, NOW_MS).seq
    tail.look_again()
    await tail.step()
    assert picture(tail.situation) == anew(city)
    with city.begin() as conn:
        save_units(conn, [(a_unit(1), "sign_on"), (a_unit(2), "sign_on"), (a_unit(3, "off_duty"), "enrol")],
                   new_ids={1, 2, 3}, at_ms=NOW_MS, actor="test")  # fmt: skip
        save_fixes(conn, [a_fix(1, 6), a_fix(2, 8)], at_ms=NOW_MS, actor="test")
    with city.begin() as conn:
        save_fixes(conn, [a_fix(1, 7)], at_ms=NOW_MS, actor="test")
    move(city, one, state="closed", handled_ms=NOW_MS, ended_ms=NOW_MS)
    tail.look_again()
    await tail.step()
    assert picture(tail.situation) == anew(city)
    assert tail.situation.unit_totals(0).on == 2
    assert tail.last_seq == load_situation(city, ZONE, NOW_MS).seq
    assert id(tail.situation) == held
    assert (tail.caught_up_ms, tail.last_change_ms, tail.error) == (NOW_MS, NOW_MS, None)


async def test_a_reply_that_is_taken_in_after_midnight_counts_no_event_twice(
    city: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, midnight = [NOW_MS], Day.of(NOW_MS, ZONE).end_ms
    tail = Tail(city, load_situation(city, ZONE, NOW_MS), now=lambda: clock[0])
    event = move(city, report(city), state="closed", handled_ms=NOW_MS, ended_ms=NOW_MS)
    await tail.step()
    read = read_news

    def read_at_midnight(store: Store, situation: Situation, process: str) -> tailing.News | None:
        news = read(store, situation, process)
        clock[0] = midnight + 50
        return news

    monkeypatch.setattr(tailing, "read_news", read_at_midnight)
    clock[0] = midnight - 500
    answer(city, event)
    tail.look_again()
    await tail.step()
    await tail.step()
    assert picture(tail.situation) == picture(load_situation(city, ZONE, clock[0]))
    assert tail.last_seq == load_situation(city, ZONE, clock[0]).seq


async def test_a_clock_that_leapt_over_midnight_and_was_set_right_is_followed_back(city: Store) -> None:
    clock = [NOW_MS]
    tail = Tail(city, load_situation(city, ZONE, NOW_MS), now=lambda: clock[0])
    clock[0] = Day.of(NOW_MS, ZONE).end_ms + HOUR
    with city.begin() as conn:
        journal = Journal(conn, clock[0])
        journal.begin(an_event(), "test")
        journal.write()
    await tail.step()
    assert tail.situation.now_ms == tail.last_change_ms == clock[0]
    clock[0] = NOW_MS + 1_000
    await tail.step()
    assert tail.situation.now_ms == tail.last_change_ms == clock[0]
    assert picture(tail.situation) == picture(load_situation(city, ZONE, clock[0]))
    clock[0] -= 1_000
    version = tail.situation.version
    await tail.step()
    assert tail.situation.version == version, "for a moment nothing is loaded anew"


async def test_with_a_reply_to_an_old_event_only_the_counts_of_its_areas_are_read(
    city: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = tail_of(city)
    old = answer(city, an_old_closed_one(city, 6, 7, 8))
    news = read_news(city, tail.situation)
    assert news is not None
    assert news.totals is not None
    areas, place = tail.situation.tree.areas, tail.situation.tree.ordinal_by_id
    assert old.area_id in news.totals.area_id
    assert 1 < len(news.totals.area_id) == areas[place[old.area_id]].depth + 1 < len(AREAS)
    await tail.step()
    assert picture(tail.situation) == anew(city)
    monkeypatch.setattr(tailing, "IN_MAX", 1)
    answer(city, old)
    tail.look_again()
    await tail.step()
    assert picture(tail.situation) == anew(city)
    move(city, an_old_closed_one(city), state="reopened", ended_ms=None, on_time=None, area_id=1)
    tail.look_again()
    await tail.step()
    assert picture(tail.situation) == anew(city)


async def test_what_the_operator_imports_does_not_make_a_silent_feed_look_alive(city: Store) -> None:
    tail = tail_of(city)
    with city.begin() as conn:
        roads.put(conn, roads.packed(net_of([(0, 0), (900, 0)], [(0, 1)])), at_ms=NOW_MS + HOUR, actor="operator")
    await tail.step()
    assert tail.situation.roads is not None
    assert tail.last_change_ms == NOW_MS


async def test_an_import_is_loaded_anew_into_the_same_situation(city: Store) -> None:
    tail = tail_of(city)
    situation, before = tail.situation, [tail.situation.stamp(topic, 0) for topic in TOPICS]
    with city.begin() as conn:
        bulk_history(conn, history(500, seed=2, prefix="I"), at_ms=NOW_MS, actor="test")
    await tail.step()
    await tail.step()
    assert tail.situation is situation
    assert situation.totals(0).reported_all == EVENTS + 500
    assert picture(situation) == anew(city)
    assert all(situation.stamp(topic, 0) > old for topic, old in zip(TOPICS, before, strict=True))


async def test_a_gap_too_long_to_follow_is_loaded_anew(city: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "FOLLOWED_MAX", 3)
    tail = tail_of(city)
    for i in range(5):
        report(city, code=f"N{i}", source_id=str(i))
    assert read_news(city, tail.situation) is None
    await tail.step()
    await tail.step()
    assert picture(tail.situation) == anew(city)


async def test_a_change_that_cannot_be_applied_is_survived_by_loading_anew(
    city: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tail = tail_of(city)
    with monkeypatch.context() as broken:
        broken.setattr(Situation, "apply_events", lambda *_: 1 / 0)
        report(city)
        with pytest.raises(ZeroDivisionError):
            await tail.step()
    await tail.step()
    assert picture(tail.situation) == anew(city)
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


async def test_the_running_tail_never_dies_and_says_what_keeps_it(
    city: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tailing, "RETRY_S", (0.01, 0.02))
    tail = tail_of(city)
    task = asyncio.create_task(tail.run())
    try:
        report(city)
        await until(lambda: tail.situation.event("N1") is not None)
        with monkeypatch.context() as broken:
            broken.setattr(tailing, "read_news", lambda *_: 1 / 0)
            report(city, code="N2", source_id="2")
            await until(lambda: tail.error is not None)
            assert tail.error == "ZeroDivisionError: division by zero"
            assert tail.state()["error"] == tail.error
        await until(lambda: tail.situation.event("N2") is not None and tail.error is None)
        assert picture(tail.situation) == anew(city)
        assert not task.done()
    finally:
        task.cancel()
