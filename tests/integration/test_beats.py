"""The beat on its way through intake, store and tail, on both databases."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from geodata.intake import beating
from geodata.intake.beating import beat
from geodata.intake.door import Door
from geodata.intake.health import health
from geodata.services.access import Access
from geodata.services.keeping import forget
from geodata.situation.loading import load_situation
from geodata.situation.tailing import Tail, wall_ms
from geodata.store import beats, changes
from geodata.store.engine import Store
from geodata.store.folder import City, DataFolder
from tests.factories.little_city import found_city

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def door(store: Store, tmp_path: Path) -> Door:
    with store.begin() as conn:
        found_city(conn)
    return Door(Access.open(store, DataFolder(tmp_path)), City())


@contextlib.asynccontextmanager
async def running(*works: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(work) for work in works]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Callable[[], Any]) -> None:
    for _ in range(1_000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not become true")


def rows(store: Store) -> list[tuple[str, int]]:
    with store.read() as conn:
        return beats.all_beats(conn)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beating, "EVERY_S", 0.02)


@pytest.mark.usefixtures("quick")
async def test_a_beat_comes_through_to_the_tail_and_adds_nothing_to_the_log(door: Door) -> None:
    store = door.store
    tail = Tail(store, load_situation(store, ZONE, wall_ms()))
    with store.read() as conn:
        before = changes.newest(conn)
    async with running(beat(door, tail.process), tail.run()):
        for _ in range(3):
            last = tail.beat_ms or 0
            await until(lambda at=last: (tail.beat_ms or 0) > at)  # type: ignore[misc]
        assert [process for process, _ in rows(store)] == [tail.process]
    assert rows(store) == []
    with store.read() as conn:
        assert changes.newest(conn) == before


@pytest.mark.usefixtures("quick")
async def test_what_holds_records_up_holds_the_beat_up(door: Door) -> None:
    store = door.store
    tail = Tail(store, load_situation(store, ZONE, wall_ms()))
    async with running(beat(door, tail.process), tail.run()):
        await until(lambda: tail.beat_ms)
        for held in (turn_taken(door), writer_locked(store)):
            async with held:
                stopped = dict(rows(store))[tail.process]
                await asyncio.sleep(0.3)
                assert dict(rows(store))[tail.process] == stopped
                assert (tail.beat_ms or 0) <= stopped
            await until(lambda at=stopped: tail.beat_ms > at)  # type: ignore[misc]


async def test_a_clock_that_is_set_back_does_not_make_an_old_beat_look_new(door: Door) -> None:
    store, now = door.store, [wall_ms()]
    tail = Tail(store, load_situation(store, ZONE, now[0]), now=lambda: now[0])

    async def heard(beat_ms: int) -> int | None:
        with store.begin() as conn:
            beats.write(conn, tail.process, beat_ms)
        tail.look_again()
        await tail.step()
        return tail.beat_ms

    assert await heard(now[0]) == now[0]
    now[0] -= 3_600_000
    assert await heard(now[0]) == now[0], "that of before stays newer for an hour"


@contextlib.asynccontextmanager
async def turn_taken(door: Door) -> AsyncIterator[None]:
    """A record that does not come to an end."""
    async with door.turn:
        yield


@contextlib.asynccontextmanager
async def writer_locked(store: Store) -> AsyncIterator[None]:
    """Another process holds the one writer lock."""
    other, locked, free = Store.open(store.url), threading.Event(), threading.Event()

    def hold() -> None:
        with other.begin():
            locked.set()
            free.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    await asyncio.to_thread(locked.wait)
    try:
        yield
    finally:
        free.set()
        await asyncio.to_thread(thread.join)
        other.close()


@pytest.mark.usefixtures("quick")
async def test_each_process_hears_its_own_beat_and_health_names_all(door: Door) -> None:
    store = door.store
    mine, other = (Tail(store, load_situation(store, ZONE, wall_ms())) for _ in range(2))
    async with running(beat(door, mine.process), mine.run(), other.run()):
        await until(lambda: mine.beat_ms)
        assert other.beat_ms is None
        second = Door(door.access, City())
        async with running(beat(second, other.process)):
            await until(lambda: other.beat_ms)
            told = health(store)["beats"]
            assert {line["process"] for line in told} == {mine.process, other.process}
            assert all(0 <= line["age_s"] < 10 for line in told)


def test_who_was_killed_is_forgotten(door: Door) -> None:
    now_ms = wall_ms()
    with door.store.begin() as conn:
        beats.write(conn, "killed", now_ms - 3_600_001)
        beats.write(conn, "runs", now_ms - 1_000)
    forget(door.access, City(), now_ms)
    assert [process for process, _ in rows(door.store)] == ["runs"]


async def test_a_beat_that_fails_is_followed_by_the_next_one(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(beating, "EVERY_S", 0.01)
    write = beats.write

    def broken(*_: Any) -> None:
        monkeypatch.setattr(beats, "write", write)
        raise ZeroDivisionError("a bug in a beat")

    monkeypatch.setattr(beats, "write", broken)
    async with running(beat(door, "p")):
        await until(lambda: rows(door.store))
    assert "a bug in a beat" in caplog.text
