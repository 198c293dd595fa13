"""Upkeep: a table of jobs; what goes wrong with one is logged, comes again, and stops no other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from callbacks import upkeep
from callbacks.live.board import Board
from callbacks.live.doors import UPKEEP_OVERDUE_MS, Doors, read_doors
from callbacks.live.frames import ViewPicture
from callbacks.room import Room
from callbacks.upkeep import JOBS, MINUTE_S, Job, done, keep_up
from geodata.domain.alerts import MINUTE_MS
from geodata.domain.roles import Audience, Role
from geodata.domain.view import MapView
from geodata.intake.door import now_ms
from geodata.services import alerting, escalating
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.keeping import DAY_MS
from geodata.services.leasing import LEASE_MS, Claims, MayWrite
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.situation.replay.walks_then import walks_at
from geodata.store import alerts, leases, walk_log
from geodata.store.engine import StoreError
from tests.factories.access_city import kept_in
from tests.factories.page_city import open_room


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("upkeep"))
    yield opened
    opened.store.close()


async def test_a_job_that_fails_is_logged_and_comes_again_and_the_others_go_on(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    runs: Counter[str] = Counter()
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()

    def job(name: str, error: Exception | None = None) -> Job:
        def work(_: Room, __: Claims, ___: int) -> None:
            runs[name] += 1
            if all(runs[n] >= 3 for n in ("sound", "broken", "cut off")):
                loop.call_soon_threadsafe(enough.set)
            if error is not None:
                raise error

        return Job(name, 0.001, work)

    jobs = [job("broken", ValueError("no")), job("cut off", StoreError("no database")), job("sound")]
    kept = asyncio.create_task(keep_up(room, jobs))
    await asyncio.wait_for(enough.wait(), 30)
    kept.cancel()
    await asyncio.gather(kept, return_exceptions=True)
    assert "The upkeep failed at broken; it is tried again" in caplog.text
    assert "The database kept the upkeep from cut off: no database" in caplog.text
    assert "sound" not in caplog.text
    told = {line["job"]: line["failing"] for line in room.pace.told(now_ms())}
    assert {name: told[name] for name in ("broken", "cut off", "sound")} == {
        "broken": True, "cut off": True, "sound": False,
    }  # fmt: skip


def job_of(lease: str) -> Job:
    (found,) = [job for job in JOBS if job.lease == lease]
    return found


async def failing(room: Room, picture: ViewPicture, until: set[str]) -> dict[str, Any]:
    """Which parts of a picture do not go on, once these are it; a second of the room's clock is a hundredth here."""
    fails: dict[str, Any] = {}
    for _ in range(200):
        if picture.stale():
            picture.refresh()
        fails = picture.full()["fails"]
        if set(fails) == until:
            break
        await asyncio.sleep(0.01)
        room.situation.now_ms += 1_000
    return fails


async def test_what_no_process_keeps_up_is_named_on_the_screens_of_all_until_one_does_it_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Claims(room.store), Claims(room.store)
    began_ms = now_ms()
    for lease in (alerting.JOB, escalating.JOB):
        assert await done(job_of(lease), room, first)
    picture = ViewPicture(
        Board(room.store, room.situation, room.city), (), MapView("C", audience=Audience.STAFF)
    )  # fmt: skip
    picture.refresh()
    well, climb = alerting.climb, job_of(alerting.JOB)
    monkeypatch.setattr(room.situation, "now_ms", began_ms + UPKEEP_OVERDUE_MS + 60_000)
    monkeypatch.setattr(upkeep, "now_ms", lambda: room.situation.now_ms)

    def broken(*_: object) -> int:
        raise ValueError("no")

    monkeypatch.setattr(alerting, "climb", broken)
    for claims in (first, second):
        assert await done(job_of(escalating.JOB), room, claims)
        assert not await done(climb, room, claims)
    fails = await failing(room, picture, {"alerts"})
    assert set(fails) == {"alerts"}
    assert fails["alerts"][0] == "source"
    assert began_ms <= fails["alerts"][1] < began_ms + 60_000
    monkeypatch.setattr(alerting, "climb", well)
    assert await done(climb, room, second)
    assert await failing(room, picture, set()) == {}
    first.give_up()
    second.give_up()


async def test_after_the_clock_leapt_forward_and_was_set_right_nothing_is_named_that_is_kept_up(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims, right_ms = Claims(room.store), now_ms()
    monkeypatch.setattr(upkeep, "now_ms", lambda: room.situation.now_ms)
    monkeypatch.setattr(room.situation, "now_ms", right_ms + DAY_MS)
    doors, kept_up = Doors(room.store, room.situation), [alerting.JOB, escalating.JOB]

    async def upheld(seconds: int) -> set[str]:
        named: set[str] = set()
        for second in range(seconds):
            doors.look()
            named |= doors.overdue().keys()
            if second % 20 == 10:
                assert all([await done(job_of(lease), room, claims) for lease in kept_up])
            while doors._reader is not None and not doors._reader.done():
                await asyncio.sleep(0.001)
            room.situation.now_ms += 1_000
        return named

    assert not await upheld(400)
    room.situation.now_ms = right_ms
    doors.look()
    while doors._reader is not None and not doors._reader.done():
        await asyncio.sleep(0.001)
    assert doors.now == read_doors(room.store, right_ms), "they are read at once"
    assert not await upheld(60)
    kept_up.remove(escalating.JOB)
    assert await upheld(UPKEEP_OVERDUE_MS // 1_000 + 60) == {"alerts"}
    claims.give_up()


async def test_a_lease_that_cannot_be_handed_on_is_told_of_and_ends_no_job(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no(*_: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr(Claims, "give_up", no)
    assert not await done(Job("broken", 0.001, no, "any"), room, Claims(room.store))
    assert "The upkeep failed at handing on" in caplog.text


async def test_what_one_process_fails_at_another_does_at_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Claims(room.store), Claims(room.store)
    climb, well = job_of(alerting.JOB), alerting.climb
    ran: list[str] = []

    def shaky(desk: Desk, may_write: MayWrite, at_ms: int) -> int:
        with desk.store.read() as conn:
            lease = leases.find(conn, alerting.JOB)
        assert lease is not None
        ran.append(lease.holder)
        if lease.holder == first.holder:
            raise ValueError("no")
        return well(desk, may_write, at_ms)

    monkeypatch.setattr(alerting, "climb", shaky)
    assert not await done(climb, room, first)
    assert await done(climb, room, second)
    assert await done(climb, room, first), "it is no longer its turn"
    assert ran == [first.holder, second.holder]
    second.give_up()


async def test_what_is_dear_is_not_tried_again_at_once_when_it_fails(room: Room) -> None:
    runs: Counter[str] = Counter()
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()

    def dear(_: Room, __: Claims, ___: int) -> None:
        runs["dear"] += 1
        raise ValueError("no")

    def cheap(_: Room, __: Claims, ___: int) -> None:
        runs["cheap"] += 1
        if runs["cheap"] >= 20:
            loop.call_soon_threadsafe(enough.set)

    kept = asyncio.create_task(keep_up(room, [Job("dear", 0.001, dear, failed_s=3_600.0), Job("cheap", 0.001, cheap)]))
    await asyncio.wait_for(enough.wait(), 30)
    kept.cancel()
    await asyncio.gather(kept, return_exceptions=True)
    assert runs["dear"] == 1


async def test_a_log_that_somebody_reads_for_long_is_left_alone_for_a_minute_after_each_try(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (job,) = [job for job in JOBS if job.name == "keeping the write-ahead log short"]
    monkeypatch.setattr(room.store, "shorten", partial(room.store.shorten, most_bytes=0, wait_ms=50))
    with room.store.read() as conn:
        leases.find(conn, "any")
        with room.store.begin() as other:
            leases.take(other, "any", "p", now_ms=0, until_ms=0)
        assert not await done(job, room, Claims(room.store))
    assert "from keeping the write-ahead log short: it is long, and still read" in caplog.text
    assert job.failed_s >= MINUTE_S
    assert await done(job, room, Claims(room.store))


async def test_where_no_past_is_kept_nothing_is_written_of_what_was_walked(room: Room) -> None:
    with room.store.begin() as conn:
        walk_log.drop(conn, 0)
    none = replace(room, city=room.city.model_copy(update={"track_days": 0}))
    job, claims = job_of(upkeep.WALKING), Claims(room.store)
    assert await done(job, none, claims)
    assert kept_in(room.store, "walk_log") == []
    assert walks_at(room.store, room.door.desk().grids, now_ms()) is None, "it is unknown"
    assert await done(job, room, claims)
    assert len(kept_in(room.store, "walk_log")) == 1
    claims.give_up()


async def test_every_job_of_the_table_runs_on_a_real_city_and_those_done_once_hold_a_lease(room: Room) -> None:
    first, second = Claims(room.store), Claims(room.store)
    for job in JOBS:
        assert await done(job, room, first), job.name
        assert await done(job, room, second), job.name
    with room.store.read() as conn:
        held = [leases.find(conn, job.lease) for job in JOBS if job.lease]
    assert len(held) == 6
    assert {lease.holder if lease else "" for lease in held} == {first.holder}
    first.give_up()


async def test_the_running_upkeep_asks_the_next_tier_and_hands_its_leases_on_when_it_ends(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = NewEvent("hotline", "test", "red", "0203", now_ms(), lon=106.47, lat=29.57, urgency=1)
    desk = room.door.desk()
    (found,) = report_events(desk, Actor.operator("t"), [Submitted({}, told)], feed="t", now_ms=now_ms())
    monkeypatch.setattr(upkeep, "now_ms", lambda: now_ms() + 11 * MINUTE_MS)
    kept = asyncio.create_task(keep_up(room))
    head = Actor.of("head", frozenset({Role.CENTRE_HEAD}), frozenset({"C"}))
    while found.code not in {a.code for a in alerting.mine(desk, head)}:
        await asyncio.sleep(0.01)
    kept.cancel()
    await asyncio.gather(kept, return_exceptions=True)
    with room.store.read() as conn:
        (alert,) = [a for a in alerts.standing(conn) if a.code == found.code]
        lease = leases.find(conn, alerting.JOB)
    assert alert.asked == ("duty_officer", "shift_leader", "centre_head")
    assert lease is not None
    assert lease.until_ms == 0


def test_the_paces_of_the_table_leave_a_lease_time_to_be_renewed() -> None:
    for job in JOBS:
        assert not job.lease or job.every_s * 1000 < LEASE_MS, job.name


def test_memory_that_was_freed_between_what_is_kept_goes_back_to_the_system() -> None:
    def resident_mb() -> int:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))

    (job,) = [job for job in JOBS if job.name == "giving memory back"]
    held = [bytes(1_500) for _ in range(100_000)][::40]  # what lies between them stays with the C library
    before = resident_mb()
    job.work(cast(Room, None), cast(Claims, None), 0)
    assert resident_mb() < before - 50
    assert len(held) == 2_500
