"""Surging 异动: each minute the last hour of every area and class is held against what is usual there.

What is usual is read from the events of the past days at the first look, and again after midnight and when areas or
classes have changed; between those nothing is read but the last hour. One of several processes looks: what stands is a
row of the store, so that another one goes on with it after a crash, and after a night without any what is over ends.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from geodata.domain.alerts import MACHINE
from geodata.domain.clocks import WorkCalendar
from geodata.domain.surges import (
    HOUR_MS,
    OVER,
    Longs,
    Seen,
    Series,
    SurgeRules,
    Watched,
    bars,
    followed,
    seen,
)
from geodata.domain.usual import DAYS, HOURS, KINDS, Bools, Counts, Floats, Level, PastDays, tail, told
from geodata.services.desk import Desk
from geodata.services.leasing import Claims, MayWrite
from geodata.store import leases, surges
from geodata.store.engine import Connection, Store
from geodata.store.surges import Hour, Reported, SurgeNow

log = logging.getLogger(__name__)
JOB = "surges"
EVERY_MS = 60_000
STEP_MS = 900_000
STEPS = 4


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of a city as it is on a local day: ``levels`` by kind of day; None while days are too few."""

    desk: Desk
    rules: SurgeRules
    day: date
    watched: Watched
    classes: tuple[str, ...]
    bar: Floats
    levels: tuple[Level, ...] | None

    def level(self, now_ms: int) -> Level | None:
        """What is usual in the hour up to a moment."""
        if self.levels is None:
            return None
        local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(self.desk.calendar.zone)
        before = local - timedelta(hours=1)
        now, then = (self._clock_hour(t) for t in (local, before))
        return then.towards(now, (local.minute * 60 + local.second) / 3600)

    def _clock_hour(self, local: datetime) -> Level:
        assert self.levels is not None
        level = self.levels[kind_of(self.desk.calendar, local.date())]
        return Level(level.mean[local.hour], level.cv2[local.hour])


@dataclass(slots=True)
class Lookout:
    """What one process remembers between its looks."""

    _learned: Learned | None = field(default=None)

    def look(self, desk: Desk, claims: Claims, now_ms: int) -> int:
        """Look, where nobody did within a minute; how many surges began. 0 where another process looks, and while
        nothing is known to be usual."""
        lease = claims.hold(JOB, now_ms)
        if lease is None or (lease.done_ms is not None and 0 <= now_ms - lease.done_ms < EVERY_MS):
            return 0
        learned = self._learn(desk, now_ms)
        level = learned.level(now_ms)
        if level is None:
            claims.done(lease, now_ms)
            return 0
        with desk.store.read() as conn:
            hour = surges.reported(conn, now_ms - HOUR_MS, now_ms, learned.classes)
            standing = surges.standing(conn)
        return _settle(desk.store, claims.may_write(JOB), learned, level, hour, standing, now_ms)

    def _learn(self, desk: Desk, now_ms: int) -> Learned:
        day = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(desk.calendar.zone).date()
        known = self._learned
        if known is None or known.desk is not desk or known.day != day:
            known = self._learned = learn(desk, day)
        return known


@functools.lru_cache(maxsize=1)
def lookout_of(_: Store) -> Lookout:
    """The look-out of the process that works on a store."""
    return Lookout()


def learn(desk: Desk, day: date) -> Learned:
    """Read the days before this one; some seconds for a city."""
    watched, classes = Watched.of(desk.tree, desk.surges.depth), tuple(desk.catalogue.classes)
    days = [day - timedelta(days=back) for back in range(DAYS, 0, -1)]
    counts = np.zeros((DAYS, HOURS, len(watched), len(classes)), np.uint16)
    whole = np.zeros((DAYS, HOURS), np.bool_)
    for i, one in enumerate(days):
        counts[i], whole[i] = counted(desk, watched, classes, one)
    valid = whole & told(counts[:, :, 0, :].sum(-1, np.int64))
    kinds = [kind_of(desk.calendar, one) for one in days]
    usual = PastDays.of(counts, valid, kinds, watched.depth).usual()
    levels = tuple(usual.level(kind) for kind in range(KINDS)) if usual.is_known else None
    bar = bars(desk.surges, watched, len(classes))
    if levels is None:
        log.info("Surges: %.0f days are too few to know what is usual", usual.days.sum(0).max())
    return Learned(desk, desk.surges, day, watched, classes, bar, levels)


def counted(desk: Desk, watched: Watched, classes: Sequence[str], day: date) -> tuple[Counts, Bools]:
    """((24, A, C) the events of a local day by hour, area and class; (24,) which hours it has, once each)."""
    zone = desk.calendar.zone
    low, high = (int(datetime(d.year, d.month, d.day, tzinfo=zone).timestamp() * 1000)
                 for d in (day, day + timedelta(days=1)))  # fmt: skip
    steps = np.array([
        datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).hour for ms in range(low, high, STEP_MS)
    ])  # fmt: skip
    with desk.store.read() as conn:
        found = surges.reported(conn, low, high, classes)
    o, cls, at = _known(desk, found)
    shape = (HOURS, len(watched), len(classes))
    where = np.ravel_multi_index((steps[(at - low) // STEP_MS], watched.places(o), cls), shape)
    direct = np.bincount(where, minlength=int(np.prod(shape))).reshape(shape)
    counts: Counts = watched.summed(direct).clip(max=65_535).astype(np.uint16)
    return counts, np.bincount(steps, minlength=HOURS) == STEPS


def kind_of(calendar: WorkCalendar, day: date) -> int:
    """0 for a working day, 1 for a day off."""
    return 0 if calendar.is_working(day) else 1


def _known(desk: Desk, found: Reported) -> tuple[Longs, Longs, Longs]:
    """(ordinal, class, moment) of the events of known classes; what stands at no area in force is the city's."""
    some = found.cls >= 0
    place = desk.tree.ordinal_by_id
    o = np.array([place.get(i, 0) for i in found.area_id[some].tolist()], np.int64)
    return o, found.cls[some], found.reported_ms[some]


def _settle(
    store: Store, may_write: MayWrite, learned: Learned, level: Level, hour: Reported, standing: Sequence[SurgeNow],
    now_ms: int,
) -> int:  # fmt: skip
    """Write what began, goes on and is over since the last look."""
    desk, watched = learned.desk, learned.watched
    o, cls, _ = _known(desk, hour)
    n = watched.counted(o, cls, len(learned.classes))
    found = seen(n, level, watched, learned.rules, learned.bar)
    now = {(int(watched.ordinal[s.area]), s.cls): s for s in found}
    stands = {one: s for s in standing if (one := _series(learned, s)) is not None}
    hours = {one: _hour(learned, level, n, one, hour.last_id, now_ms) for one in stands}
    again = [one for one, h in hours.items() if h.p >= OVER]
    steps = followed(stands, now, again, desk.tree)
    lost = [s for s in standing if _series(learned, s) is None]
    with store.begin() as conn:
        if not may_write(conn):
            return 0
        begun = _begin(conn, learned, [now[one] for one in steps.new], hour.last_id, now_ms)
        over: list[tuple[SurgeNow, int | None]] = [(stands[one], None) for one in steps.over]
        over += [(stands[one], begun[up]) for one, up in steps.within.items()]
        surges.end(conn, [*over, *((s, None) for s in lost)], at_ms=now_ms, actor=MACHINE)
        surges.go_on(conn, [(stands[one], hours[one]) for one in steps.go_on], at_ms=now_ms, actor=MACHINE)
        leases.done(conn, JOB, now_ms)
    return len(begun)


def _series(learned: Learned, surge: SurgeNow) -> Series | None:
    """Which area and class a surge is of; None where one of them is no longer looked at."""
    o = learned.desk.tree.ordinal_by_id.get(surge.area_id)
    watched = o is not None and bool((learned.watched.ordinal == o).any())
    if o is None or not watched or surge.class_code not in learned.classes:
        return None
    return o, learned.classes.index(surge.class_code)


def _hour(learned: Learned, level: Level, n: Longs, one: Series, last_id: int, now_ms: int) -> Hour:
    a, c = int(np.searchsorted(learned.watched.ordinal, one[0])), one[1]
    usual = Level(level.mean[[a], c], level.cv2[[a], c])
    p = float(tail(n[[a], c], usual)[0])
    return Hour(now_ms, last_id, int(n[a, c]), float(usual.mean[0]), p)


def _begin(
    conn: Connection, learned: Learned, new: Sequence[Seen], last_id: int, now_ms: int
) -> dict[Series, int]:
    """The numbers of the new surges by their series."""
    tree, watched = learned.desk.tree, learned.watched
    at = [int(watched.ordinal[s.area]) for s in new]
    rows = [
        (tree.areas[o].id, learned.classes[s.cls], Hour(now_ms, last_id, s.n, s.expected, s.p))
        for o, s in zip(at, new, strict=True)
    ]
    ids = surges.begin(conn, rows, at_ms=now_ms, actor=MACHINE)
    return {(o, s.cls): i for o, s, i in zip(at, new, ids, strict=True)}
