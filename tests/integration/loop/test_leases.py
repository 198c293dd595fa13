"""Leases: one process does what is done once, another takes over when it is gone, and a sleeper writes nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from geodata.services.leasing import LEASE_MS, Claims
from geodata.store import leases
from geodata.store.engine import Store
from tests.factories.access_city import NOW

JOB = "job"
HOLDER = f"""
import sys, time
from geodata.services.leasing import Claims
from geodata.store.engine import Store

claims = Claims(Store.open(sys.argv[1]), "first")
assert claims.hold("{JOB}", {NOW}) is not None
print("held", flush=True)
time.sleep(600)
"""


def found(store: Store) -> leases.Lease:
    with store.read() as conn:
        lease = leases.find(conn, JOB)
    assert lease is not None
    return lease


def test_a_killed_process_is_followed_by_another_when_its_lease_has_run_out(store: Store) -> None:
    first = subprocess.Popen([sys.executable, "-c", HOLDER, store.url], stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        second = Claims(store, "second")
        assert second.hold(JOB, NOW + 1) is None
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    assert second.hold(JOB, NOW + LEASE_MS - 1) is None, "nobody knows yet that it is gone"
    taken = second.hold(JOB, NOW + LEASE_MS)
    assert taken is not None
    assert (taken.holder, taken.until_ms) == ("second", NOW + 2 * LEASE_MS)
    assert Claims(store, "first").hold(JOB, NOW + LEASE_MS) is None, "who comes back finds it taken"


def test_of_many_that_come_at_once_one_gets_it(store: Store) -> None:
    others = [Store.open(store.url) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(lambda k: Claims(others[k], f"p{k}").hold(JOB, NOW), range(6)))
    winners = [lease.holder for lease in got if lease is not None]
    assert winners == [found(store).holder]
    for other in others:
        other.close()


def test_whoever_slept_over_its_lease_may_not_write(store: Store) -> None:
    slow, quick = Claims(store, "slow"), Claims(store, "quick")
    assert slow.hold(JOB, NOW) is not None
    may_write = slow.may_write(JOB)
    assert quick.hold(JOB, NOW + LEASE_MS) is not None
    with store.begin() as conn:
        assert not may_write(conn)
        assert quick.may_write(JOB)(conn)


def test_a_lease_is_renewed_at_half_its_time_and_not_written_before(store: Store) -> None:
    claims = Claims(store, "only")
    claims.hold(JOB, NOW)
    for passed, until in ((LEASE_MS // 2 - 1, NOW + LEASE_MS), (LEASE_MS // 2, NOW + LEASE_MS * 3 // 2)):
        lease = claims.hold(JOB, NOW + passed)
        assert lease == found(store)
        assert lease.until_ms == until


def test_of_several_jobs_one_is_handed_on_and_the_others_are_kept(store: Store) -> None:
    first, second = Claims(store, "first"), Claims(store, "second")
    for job in (JOB, "other"):
        assert first.hold(job, NOW) is not None
    first.give_up(JOB)
    assert second.hold("other", NOW + 1) is None
    assert second.hold(JOB, NOW + 1) is not None
    first.give_up(JOB)
    assert found(store).until_ms == NOW + 1 + LEASE_MS, "what another one has is not taken from it"


def test_that_a_job_came_to_its_end_is_said_as_seldom_as_a_lease_is_renewed(store: Store) -> None:
    claims, other = Claims(store, "only"), Claims(store, "other")
    back = NOW - 5 * LEASE_MS
    for at_ms, said_ms in (
        (NOW, NOW), (NOW + LEASE_MS // 2 - 1, NOW), (NOW + LEASE_MS // 2, NOW + LEASE_MS // 2), (back, back)
    ):  # fmt: skip
        lease = claims.hold(JOB, at_ms)
        assert lease is not None
        claims.done(lease, at_ms)
        assert found(store).done_ms == said_ms
    lease = claims.hold(JOB, NOW)
    assert lease is not None
    assert other.hold(JOB, NOW + 2 * LEASE_MS) is not None
    claims.done(lease, NOW + 2 * LEASE_MS)
    assert found(store).done_ms == back, "it is another one's"


def test_a_lease_taken_by_a_clock_that_had_leapt_forward_keeps_nobody_waiting_once_it_is_right(store: Store) -> None:
    leapt = NOW + 400 * 24 * 3_600_000
    assert Claims(store, "killed").hold(JOB, leapt) is not None
    assert Claims(store, "next").hold(JOB, NOW) is not None
    assert (found(store).holder, found(store).until_ms) == ("next", NOW + LEASE_MS)


def test_whoever_is_stopped_hands_on_at_once_and_what_was_done_is_not_forgotten(store: Store) -> None:
    first, second = Claims(store), Claims(store)
    assert first.holder != second.holder
    first.hold(JOB, NOW)
    with store.begin() as conn:
        leases.done(conn, JOB, NOW - 5)
    first.give_up()
    second.give_up()  # it held nothing
    taken = second.hold(JOB, NOW + 1)
    assert taken is not None
    assert (taken.holder, taken.done_ms) == (second.holder, NOW - 5)
