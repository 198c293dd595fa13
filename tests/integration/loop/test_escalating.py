"""Escalation: each step once per event, light and clock, whoever runs, crashes or sleeps; and never for the past."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.domain.alerts import BY_LIGHT, MINUTE_MS, Trigger
from geodata.domain.worktime import work_time
from geodata.services import escalating
from geodata.services.escalating import GRACE_MS, JOB, escalate
from geodata.services.leasing import LEASE_MS, Claims
from geodata.store import alerts, events, leases
from geodata.store.alerts import AlertNow
from geodata.store.engine import Connection, Store
from geodata.store.events import EventNow
from tests.factories.access_city import HOUR, NOW, Town, at_once, town
from tests.factories.one_light import turn
from tests.integration.loop.test_alerting import all_alerts, take

CLOCK_HOURS = "0202"
"""A subtype whose limit runs by the clock."""


def told(city: Town) -> list[tuple[str, str]]:
    """(event's source id, trigger) of every alert of a light, in the order in which they were raised."""
    with city.store.read() as conn:
        names = {e.id: e.source_id for e in events.page(conn, area_ids=None, states=[], after_id=0, limit=1000)}
    return [(names[a.event_id], a.trigger) for a in all_alerts(city) if a.trigger != Trigger.RED_EVENT]


def report(city: Town, source_id: str, reported_ms: int = NOW, limit_ms: int = 4 * HOUR) -> str:
    """A new event with a limit by the clock: yellow after three quarters of it."""
    found = city.report(
        source_id, at_ms=reported_ms, subtype_code=CLOCK_HOURS, reported_ms=reported_ms,
        deadline_ms=reported_ms + limit_ms,
    )  # fmt: skip
    assert found.status == "accepted"
    return found.code


def begun(city: Town, now_ms: int = NOW, holder: str = "only") -> Claims:
    """A process that has looked for the first time."""
    claims = Claims(city.store, holder)
    assert escalate(city.desk, claims, now_ms) == 0
    return claims


def test_yellow_red_and_dark_red_are_told_once_each_and_each_takes_the_place_of_the_one_before(city: Town) -> None:
    claims = begun(city)
    code = report(city, "e")
    for after_h, raised in ((2.9, 0), (3, 1), (3.5, 0), (4, 0), (4.1, 1), (8, 0), (8.1, 1), (20, 0)):
        assert escalate(city.desk, claims, NOW + round(after_h * HOUR)) == raised, after_h
    assert told(city) == [("e", "yellow"), ("e", "red"), ("e", "dark")]
    assert [a.answer for a in all_alerts(city)] == ["superseded", "superseded", ""]
    assert [a.asked for a in all_alerts(city)] == [
        ("intake",), ("intake", "shift_leader"), ("leader", "shift_leader")
    ]  # fmt: skip
    take(city, code, "void", at_ms=NOW + 21 * HOUR)
    assert [a.answer for a in all_alerts(city)][-1] == "ended"


def test_the_past_and_an_import_of_it_stay_quiet_and_a_night_without_the_server_is_caught_up_with(city: Town) -> None:
    report(city, "past", NOW - 40 * HOUR)
    claims = begun(city)
    assert escalate(city.desk, claims, NOW + MINUTE_MS) == 0
    report(city, "night", NOW + HOUR)
    report(city, "imported later", NOW - 100 * HOUR)
    again = Claims(city.store, "after the night")
    assert escalate(city.desk, again, NOW + 12 * HOUR) == 3
    assert told(city) == [("night", "yellow"), ("night", "red"), ("night", "dark")]


def test_after_the_clock_leapt_forward_and_was_set_right_lights_are_told_of_as_they_turn(city: Town) -> None:
    claims = begun(city)
    escalate(city.desk, claims, NOW + 400 * 24 * HOUR)
    report(city, "e")
    assert escalate(city.desk, claims, NOW + 3 * HOUR) == 1
    assert escalate(city.desk, claims, NOW + 9 * HOUR) == 2
    assert told(city) == [("e", "yellow"), ("e", "red"), ("e", "dark")]


def test_a_stopped_clock_is_not_told_of_and_goes_on_where_it_stood(city: Town) -> None:
    claims = begun(city)
    code = report(city, "e")
    assert take(city, code, "register", "suspend", at_ms=NOW + 2 * HOUR) == ["accepted", "accepted"]
    assert escalate(city.desk, claims, NOW + 9 * HOUR) == 0
    assert take(city, code, "resume", at_ms=NOW + 10 * HOUR) == ["accepted"]
    assert escalate(city.desk, claims, NOW + 11 * HOUR - 1) == 0, "two hours were used, and one since"
    assert escalate(city.desk, claims, NOW + 11 * HOUR) == 1
    assert escalate(city.desk, claims, NOW + 12 * HOUR + MINUTE_MS) == 1
    assert told(city) == [("e", "yellow"), ("e", "red")]


def test_a_reopened_event_has_a_new_clock_and_is_told_of_again(city: Town) -> None:
    claims = begun(city)
    code = report(city, "e")
    escalate(city.desk, claims, NOW + 5 * HOUR)
    take(city, code, "force_close", at_ms=NOW + 5 * HOUR)
    take(city, code, "reopen", at_ms=NOW + 30 * HOUR)
    assert escalate(city.desk, claims, NOW + 31 * HOUR) == 0
    assert escalate(city.desk, claims, NOW + 30 * HOUR + 18 * HOUR) == 1, "of 24 hours three quarters"
    assert told(city) == [("e", "yellow"), ("e", "red"), ("e", "yellow")]


def test_what_is_ended_suspended_or_judged_by_its_source_has_no_running_clock(small: Town) -> None:
    claims = begun(small)
    take(small, report(small, "ended"), "void", at_ms=NOW + MINUTE_MS)
    report(small, "open")
    with small.store.begin() as conn:
        conn.exec_driver_sql("UPDATE event SET on_time = 0 WHERE source_id = 'open'")
    assert escalate(small.desk, claims, NOW + 20 * HOUR) == 0


def test_working_hours_are_used_only_while_offices_are_open(small: Town) -> None:
    claims = begun(small)
    found = small.report("w", at_ms=NOW, reported_ms=NOW, subtype_code="0101", deadline_ms=None)
    assert found.status == "accepted"
    with small.store.read() as conn:
        event = events.by_code(conn, found.code)
    assert event is not None
    at = turn(NOW, event.deadline_ms, working=True, work=work_time(small.desk.calendar, 56), rules=small.desk.lights)
    assert at is not None
    assert escalate(small.desk, claims, at.yellow_ms - 1) == 0
    assert escalate(small.desk, claims, at.yellow_ms) == 1


def test_many_processes_at_once_tell_everything_once(city: Town) -> None:
    begun(city, holder="first")
    for k in range(30):
        report(city, f"e{k}", NOW + k)
    desks = [replace(city.desk, store=Store.open(city.store.url)) for _ in range(8)]
    later = NOW + 2 * LEASE_MS + 5 * HOUR
    got = at_once(8, lambda k: escalate(desks[k], Claims(desks[k].store, f"p{k}"), later), threads=8)
    for desk in desks:
        desk.store.close()
    assert sum(n for n in got if isinstance(n, int)) == 60
    assert [n for n in got if isinstance(n, Exception)] == []
    assert sorted(told(city)) == sorted((f"e{k}", t) for k in range(30) for t in ("yellow", "red"))


KILLED = f"""
import os, sys
from geodata.services import escalating
from geodata.services.desk import Desk
from geodata.services.leasing import Claims
from geodata.store import leases
from geodata.store.engine import Store
from geodata.store.folder import City

store = Store.open(sys.argv[1])
leases.done = lambda *_: os.kill(os.getpid(), 9)  # all was written, nothing is committed
escalating.escalate(Desk.load(store, City()), Claims(store, "killed"), {NOW + 5 * HOUR})
"""


def test_a_process_that_is_killed_before_it_committed_repeats_nothing_and_loses_nothing(city: Town) -> None:
    begun(city).give_up()
    report(city, "e")
    dead = subprocess.run([sys.executable, "-c", KILLED, city.store.url], check=False, capture_output=True)
    assert dead.returncode == -9, dead.stderr
    assert told(city) == []
    other = Claims(city.store, "other")
    assert escalate(city.desk, other, NOW + 5 * HOUR + 1) == 0, "its lease still runs"
    assert escalate(city.desk, other, NOW + 5 * HOUR + LEASE_MS) == 2
    assert told(city) == [("e", "yellow"), ("e", "red")]


def test_dark_red_opens_an_order_in_the_same_transaction_and_a_failure_holds_up_nobody_else(
    city: Town, caplog: pytest.LogCaptureFixture
) -> None:
    claims = begun(city)
    bad, good = report(city, "bad"), report(city, "good", NOW + 1)
    opened: list[tuple[str, str, int]] = []
    broken = {bad}

    def open_order(conn: Connection, event: EventNow, *, kind: str, now_ms: int) -> None:
        if event.code in broken:
            conn.exec_driver_sql("SELECT no_such_column FROM event")
        opened.append((event.code, kind, now_ms))

    at = NOW + 9 * HOUR
    assert escalate(city.desk, claims, at, open_order) == 5
    assert opened == [(good, "overdue", at)]
    assert [t for t in told(city) if t[1] == "dark"] == [("good", "dark")]
    assert "tried again" in caplog.text
    broken.clear()
    assert escalate(city.desk, claims, at + MINUTE_MS, open_order) == 1
    assert opened[1:] == [(bad, "overdue", at + MINUTE_MS)]
    assert escalate(city.desk, claims, at + 2 * MINUTE_MS, open_order) == 0


def test_what_does_not_fit_at_once_is_told_of_in_parts_that_a_crash_may_divide(
    small: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalating, "AT_ONCE", 4)
    claims = begun(small)
    for k in range(5):
        report(small, f"e{k}", NOW + k // 2)  # some turn at the same moment
    later, kept = NOW + 30 * HOUR, leases.done
    parts: list[int] = []

    def third_fails(conn: Connection, name: str, done_ms: int) -> None:
        parts.append(done_ms)
        if len(parts) == 3:
            raise InterruptedError
        kept(conn, name, done_ms)

    monkeypatch.setattr(leases, "done", third_fails)
    with pytest.raises(InterruptedError):
        escalate(small.desk, claims, later)
    assert len(told(small)) == 8, "two whole parts"
    assert escalate(small.desk, claims, later + 1) == 7
    assert escalate(small.desk, claims, later + 2) == 0
    assert len(set(told(small))) == len(told(small)) == 15
    assert parts[-1] == later + 2


STEP = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([MINUTE_MS, LEASE_MS, 20 * MINUTE_MS, 2 * HOUR, 9 * HOUR])),
    st.tuples(st.just("run"), st.integers(0, 2)),
    st.tuples(st.just("crash"), st.integers(0, 2)),
    st.tuples(st.just("report"), st.sampled_from([MINUTE_MS, HOUR, 10 * HOUR])),
    st.tuples(st.just("end"), st.integers(0, 5)),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=5, max_size=40))
def test_whatever_runs_crashes_or_waits_in_whatever_order_each_step_comes_exactly_once(
    steps: Sequence[tuple[str, int]], city_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "city.sqlite"
    for old in tmp_path.glob("city.sqlite*"):
        old.unlink()
    shutil.copyfile(city_file, path)
    store = Store.open(f"sqlite:///{path}")
    try:
        play(town(store), steps)
    finally:
        store.close()


def play(city: Town, steps: Sequence[tuple[str, int]]) -> None:
    """Play the steps, and after each whole run compare what was told with what had turned by then."""
    now = NOW
    begun(city, now, "p0")
    live: dict[str, tuple[str, int, int]] = {}
    expected: set[tuple[str, str]] = set()
    for n, (step, value) in enumerate([*steps, ("wait", LEASE_MS), ("run", 1)]):
        if step == "wait":
            now += value
        elif step == "report":
            live[f"e{n}"] = report(city, f"e{n}", now, value), now, value
        elif step == "end" and live:
            name = sorted(live)[value % len(live)]
            take(city, live.pop(name)[0], "void", at_ms=now)
        elif step == "crash":
            crash(city, Claims(city.store, f"p{value}"), now)
        elif step == "run":
            escalate(city.desk, Claims(city.store, f"p{value}"), now)
            with city.store.read() as conn:
                lease = leases.find(conn, JOB)
            if lease is not None and lease.done_ms == now:
                expected |= {(name, t) for name, (_, at, limit) in live.items() for t in turned_by(now, at, limit)}
        found = told(city)
        assert len(found) == len(set(found)), "once"
        assert set(found) == expected, (n, step)


def turned_by(now_ms: int, reported_ms: int, limit_ms: int) -> list[str]:
    """The lights that a clock has turned to, counted by hand."""
    used = now_ms - reported_ms
    return [t.value for t, is_due in zip(BY_LIGHT, (used >= 0.75 * limit_ms, used > limit_ms, used > 2 * limit_ms),
                                         strict=True) if is_due]  # fmt: skip


def crash(city: Town, claims: Claims, now_ms: int) -> None:
    """A run that ends before its transaction does."""

    def torn(*_: object) -> None:
        raise InterruptedError

    patch = pytest.MonkeyPatch()
    patch.setattr(leases, "done", torn)
    try:
        escalate(city.desk, claims, now_ms)
    except InterruptedError:
        pass
    finally:
        patch.undo()


def test_a_light_is_known_for_an_hour_after_it_was_looked_for(small: Town) -> None:
    claims = begun(small)
    escalate(small.desk, claims, NOW + 3 * HOUR)
    report(small, "late, within", NOW + 3 * HOUR - GRACE_MS, limit_ms=MINUTE_MS)
    report(small, "too late", NOW + 3 * HOUR - 3 * GRACE_MS, limit_ms=MINUTE_MS)
    escalate(small.desk, claims, NOW + 3 * HOUR + MINUTE_MS)
    assert {name for name, _ in told(small)} == {"late, within"}


def test_every_alert_of_a_light_is_in_the_change_log_and_its_event_keeps_its_revision(small: Town) -> None:
    claims = begun(small)
    code = report(small, "e")
    escalate(small.desk, claims, NOW + 9 * HOUR)
    rows: list[AlertNow] = all_alerts(small)
    with small.store.read() as conn:
        event = events.by_code(conn, code)
        standing = alerts.standing(conn)
    assert event is not None
    assert event.rev == 1, "an officer's step is not refused because a light turned"
    assert [a.id for a in standing] == [rows[-1].id]
