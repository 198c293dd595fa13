"""Upkeep: what a running process does by itself, as a table of jobs; each has its own pace and stops no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callbacks import memory
from callbacks.room import Room
from geodata.intake.door import now_ms
from geodata.services import alerting, briefing_keeping, escalating, patrolling, showing, supervising, surging
from geodata.services.keeping import DAY_MS, forget
from geodata.services.leasing import Claims
from geodata.services.walk_keeping import keep_walks
from geodata.store.engine import StoreError

log = logging.getLogger(__name__)
SECOND_S, MINUTE_S, HOUR_S = 1.0, 60.0, 3_600.0
COUNTING, WALKING = "coverage", "walks"
Work = Callable[[Room, Claims, int], object]


@dataclass(frozen=True, slots=True)
class Job:
    """Work that comes again: run in a thread at the start and so long after it has ended, whatever came of it.

    ``failed_s``: at least so long after it has failed, where trying is dear. ``lease``: although several processes run,
    one does it: whoever has this lease, for which its work asks; who fails hands it on.
    """

    name: str
    every_s: float
    work: Work
    lease: str = ""
    failed_s: float = 0.0


def _forget(room: Room, _: Claims, at_ms: int) -> object:
    return forget(room.access, room.city, at_ms)


def _note_sessions(room: Room, _: Claims, at_ms: int) -> None:
    room.sessions.flush(at_ms)


def _climb(room: Room, claims: Claims, at_ms: int) -> int:
    """Who is next is asked while nobody answers."""
    lease = claims.hold(alerting.JOB, at_ms)
    if lease is None:
        return 0
    climbed = alerting.climb(room.door.desk(), claims.may_write(alerting.JOB), at_ms)
    claims.done(lease, at_ms)
    return climbed


def _escalate(room: Room, claims: Claims, at_ms: int) -> int:
    return escalating.escalate(room.door.desk(), claims, at_ms, supervising.open_order)


def _look_for_surges(room: Room, claims: Claims, at_ms: int) -> int:
    return surging.lookout_of(room.store).look(room.door.desk(), claims, at_ms)


def _count_shifts(room: Room, claims: Claims, at_ms: int) -> int:
    """Shifts that are over are counted once."""
    if claims.hold(COUNTING, at_ms) is None:
        return 0
    return patrolling.count_shifts(room.door.desk(), claims.may_write(COUNTING), at_ms)


def _keep_walks(room: Room, claims: Claims, at_ms: int) -> None:
    """What was walked when is written once, where the past is kept; nobody is told of it three times a minute."""
    days = room.city.track_days
    if days and claims.hold(WALKING, at_ms) is not None:
        keep_walks(room.door.desk(), claims.may_write(WALKING), at_ms - days * DAY_MS, at_ms)


def _brief(room: Room, claims: Claims, at_ms: int) -> int:
    """Those whose time has come are made and kept."""
    return briefing_keeping.keep_due(room.store, room.situation, room.city, claims, at_ms, now_ms)


def _release(room: Room, _: Claims, at_ms: int) -> int:
    """What desks make walls show ends with its time; whichever process comes first writes it down."""
    return showing.lapse(room.access, at_ms)


def _shorten(room: Room, _: Claims, _at_ms: int) -> None:
    """Whoever reads for long keeps it; each try in vain lets everybody else wait."""
    if not room.store.shorten():
        raise StoreError("it is long, and still read")


def _give_back(_room: Room, _: Claims, _at_ms: int) -> None:
    memory.give_back()


JOBS: Sequence[Job] = (
    Job("forgetting what is old", HOUR_S, _forget),
    Job("noting which sessions are in use", MINUTE_S, _note_sessions),
    Job("giving memory back", MINUTE_S, _give_back),
    Job("keeping the write-ahead log short", 10 * SECOND_S, _shorten, failed_s=MINUTE_S),
    Job("asking the next tier", 3 * SECOND_S, _climb, alerting.JOB),
    Job("escalating by the lights", 20 * SECOND_S, _escalate, escalating.JOB),
    # Each minute; asked more often, since a lease is shorter than that.
    Job("looking for surges", 10 * SECOND_S, _look_for_surges, surging.JOB),
    Job("counting the patrol coverage of shifts", 20 * SECOND_S, _count_shifts, COUNTING),
    Job("keeping what was walked when", 20 * SECOND_S, _keep_walks, WALKING),
    Job("releasing walls", 5 * SECOND_S, _release),
    Job("keeping briefings", 20 * SECOND_S, _brief, briefing_keeping.JOB, failed_s=10 * MINUTE_S),
)


async def keep_up(room: Room, jobs: Sequence[Job] = JOBS) -> None:
    """Do all jobs until cancelled."""
    claims = Claims(room.store, room.tail.process)
    try:
        await asyncio.gather(*(_again(job, room, claims) for job in jobs))
    finally:
        _handed_on(claims)


async def _again(job: Job, room: Room, claims: Claims) -> None:
    while True:
        well = await done(job, room, claims)
        await asyncio.sleep(job.every_s if well else max(job.every_s, job.failed_s))


async def done(job: Job, room: Room, claims: Claims) -> bool:
    """Do a job once; whether it came to its end. What goes wrong is logged, and the job comes again."""
    room.pace.begins(job.name, max(job.every_s, job.failed_s), now_ms())
    good = await _tried(job, room, claims)
    room.pace.ends(job.name, good, now_ms())
    if job.lease and not good:
        await asyncio.to_thread(_handed_on, claims, job.lease)
    return good


def _handed_on(claims: Claims, *jobs: str) -> None:
    """Hand these leases on, or all; where that fails they run out by themselves."""
    try:
        claims.give_up(*jobs)
    except StoreError as error:
        log.warning("The database kept the upkeep from handing on %s: %s", jobs or "its jobs", error)
    except Exception:
        log.exception("The upkeep failed at handing on %s", jobs or "its jobs")


async def _tried(job: Job, room: Room, claims: Claims) -> bool:
    try:
        came_of_it = await asyncio.to_thread(job.work, room, claims, now_ms())
    except StoreError as error:
        log.warning("The database kept the upkeep from %s: %s", job.name, error)
        return False
    except Exception:
        log.exception("The upkeep failed at %s; it is tried again", job.name)
        return False
    if came_of_it:
        log.info("Upkeep, %s: %s", job.name, came_of_it)
    return True
