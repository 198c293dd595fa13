"""Random lives of events as columns, and every figure of a period counted from them one by one, slowly and plainly."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.events import SOURCES, STATES, Mark
from geodata.domain.figures import LOCAL, PERIODIC, Figure
from geodata.domain.traces import Trace
from geodata.store.ancestry import Longs
from geodata.store.bulk import NONE
from geodata.store.tallies import Countables

T0 = 1_760_000_400_000
HOUR = 3_600_000
CLOSED = ("closed", "forced_closed")
ENDED = (*CLOSED, "rejected", "void", "merged")
F = Figure


def lives(n: int, seed: int, days: int = 60) -> Countables:
    """n events of any state, with any marks and traces, times in any order, some of them missing."""
    rng = np.random.default_rng(seed)
    reported = T0 + rng.integers(0, days * 24 * HOUR, n)

    def maybe(ms: Longs, share: float) -> Longs:
        return np.where(rng.random(n) < share, ms, NONE)

    state = np.array([s.value for s in STATES])[rng.choice(len(STATES), n, p=_weights())]
    ended = np.isin(state, ENDED)
    sent = reported + rng.integers(0, 10 * HOUR, n)
    done = sent + rng.integers(-HOUR, 100 * HOUR, n)
    return Countables(
        area_id=rng.integers(1, 9, n), class_code=[("01", "02", "03")[k] for k in rng.integers(0, 3, n)],
        source=[SOURCES[k].value for k in rng.integers(0, len(SOURCES), n)], state=state.tolist(),
        on_time=rng.choice(np.array([NONE, NONE, NONE, 1, 0, -1]), n), reported_ms=reported,
        dispatched_ms=maybe(sent, 0.8), handled_ms=maybe(done, 0.7),
        ended_ms=np.where(ended, reported + rng.integers(0, 200 * HOUR, n), NONE),
        deadline_ms=maybe(reported + rng.integers(0, 150 * HOUR, n), 0.9), marks=rng.integers(0, 1 << 7, n),
        traces=rng.integers(0, 1 << 8, n),
        paused_ms=rng.choice(np.array([0, 0, 0, HOUR, 30 * HOUR]), n), sign=np.ones(n, np.int64),
    )  # fmt: skip


def _weights() -> list[float]:
    weight = [6.0 if s.value == "closed" else 1.0 for s in STATES]
    return [w / sum(weight) for w in weight]


@dataclass(frozen=True, slots=True)
class Life:
    """One event; None where a time is missing."""

    area_id: int
    class_code: str
    source: str
    state: str
    on_time: int | None
    reported_ms: int
    dispatched_ms: int | None
    handled_ms: int | None
    ended_ms: int | None
    deadline_ms: int | None
    marks: int
    traces: int
    paused_ms: int

    @property
    def on_the_clock(self) -> bool | None:
        """Closed in time; None where nobody can tell."""
        if self.state not in CLOSED or self.on_time == -1:
            return None
        if self.on_time is not None:
            return self.on_time == 1
        return self.deadline_ms is None or self.ended_ms is None or self.ended_ms <= self.deadline_ms

    @property
    def seconds(self) -> int | None:
        """How long it was handled."""
        if self.state not in CLOSED or self.dispatched_ms is None or self.handled_ms is None:
            return None
        if self.handled_ms < self.dispatched_ms:
            return None
        return max(0, self.handled_ms - self.dispatched_ms - self.paused_ms) // 1000

    @property
    def level(self) -> int:
        """The depth at which its unit is at home, −1 for unknown."""
        return (self.traces // 32) % 8 - 1

    def has(self, bit: int) -> bool:
        """Whether it carries a trace, or one of the two marks that count here."""
        of = self.marks if isinstance(bit, Mark) else self.traces
        return (of // int(bit)) % 2 == 1

    @property
    def due(self) -> bool:
        """Whether it counts by its deadline."""
        return self.on_time != -1 and self.state not in ("rejected", "void", "merged", "suspended")


def each(rows: Countables) -> list[Life]:
    """The rows as events."""
    names = list(Life.__slots__)
    columns = [getattr(rows, name) for name in names]
    plain: list[list[Any]] = [c.tolist() if isinstance(c, np.ndarray) else c for c in columns]
    rows_of: Iterable[Any] = zip(*([None if v == NONE else v for v in column] for column in plain), strict=True)
    return [Life(*row) for row in rows_of]


REPORTED: Mapping[Figure, Callable[[Life], bool]] = MappingProxyType({
    F.PERIOD_REPORTED: lambda _: True,
    F.PERIOD_REGISTERED: lambda e: e.has(Trace.REGISTERED),
    F.PERIOD_PROACTIVE: lambda e: e.has(Trace.REGISTERED) and e.source in ("patrol", "sensor", "video"),
    F.PERIOD_DISPATCHED: lambda e: e.dispatched_ms is not None,
    F.PERIOD_SENT_RIGHT: lambda e: e.dispatched_ms is not None and not e.has(Trace.RETURNED),
    F.PERIOD_REPEATED: lambda e: e.has(Trace.REPEATED) and e.state not in ("rejected", "void", "merged"),
})  # fmt: skip
FINISHED: Mapping[Figure, Callable[[Life], bool]] = MappingProxyType({
    F.PERIOD_CLOSED: lambda e: e.state in CLOSED,
    F.PERIOD_HANDLED: lambda e: e.seconds is not None,
    F.PERIOD_CHECKED: lambda e: e.state in CLOSED and e.has(Trace.CHECKED),
    F.PERIOD_REWORKED: lambda e: e.state in CLOSED and e.has(Trace.CHECKED) and e.has(Mark.REWORKED),
    F.PERIOD_ASKED: lambda e: e.has(Mark.TO_REPLY) or e.has(Trace.ANSWERED),
    F.PERIOD_ANSWERED: lambda e: e.has(Trace.ANSWERED) and not e.has(Mark.TO_REPLY),
    F.PERIOD_LEVELLED: lambda e: e.state in CLOSED and e.level >= 0,
    F.PERIOD_LOCAL_1: lambda e: e.state in CLOSED and e.level >= 1,
    F.PERIOD_LOCAL_2: lambda e: e.state in CLOSED and e.level >= 2,
    F.PERIOD_LOCAL_3: lambda e: e.state in CLOSED and e.level >= 3,
    F.PERIOD_LOCAL_4: lambda e: e.state in CLOSED and e.level >= 4,
    F.PERIOD_LOCAL_5: lambda e: e.state in CLOSED and e.level >= 5,
})  # fmt: skip
DUE: Mapping[Figure, Callable[[Life], bool]] = MappingProxyType({
    F.PERIOD_DUE: lambda e: e.due,
    F.PERIOD_DUE_CLOSED: lambda e: e.due and e.state in CLOSED,
    F.PERIOD_DUE_ON_TIME: lambda e: e.due and e.on_the_clock is True,
    F.PERIOD_DUE_LATE: lambda e: e.due and e.on_the_clock is not True,
})  # fmt: skip
assert {*REPORTED, *FINISHED, *DUE} == set(PERIODIC)
assert len(LOCAL) == 5


def counted(
    events: list[Life], first: date, last: date, zone: ZoneInfo, now_ms: int | None = None
) -> dict[Figure, int]:
    """Every figure of the local days from ``first`` to ``last``, looking at one event after the other. With ``now_ms``
    an open case that is not due yet is left out."""

    def inside(ms: int | None) -> bool:
        return ms is not None and first <= datetime.fromtimestamp(ms / 1000, zone).date() <= last

    found = dict.fromkeys(PERIODIC, 0)
    for e in events:
        for figures, counts in (
            (REPORTED, inside(e.reported_ms)), (FINISHED, e.state in ENDED and inside(e.ended_ms)),
            (DUE, inside(e.deadline_ms)),
        ):  # fmt: skip
            later = now_ms is not None and e.ended_ms is None and (e.deadline_ms or 0) > now_ms
            if counts and not (figures is DUE and later):
                for figure, holds in figures.items():
                    found[figure] += holds(e)
    return found


def took(events: list[Life], first: date, last: date, zone: ZoneInfo) -> list[int]:
    """The handling times, in order, of what was closed on these days."""
    return sorted(
        e.seconds for e in events if e.seconds is not None and e.ended_ms is not None
        and first <= datetime.fromtimestamp(e.ended_ms / 1000, zone).date() <= last
    )


def quantile(seconds: list[int], share: float) -> float:
    """The nearest rank, found by counting."""
    return next(float(s) for n, s in enumerate(seconds, 1) if n >= share * len(seconds))


def mean(seconds: list[int]) -> float:
    """The mean."""
    return statistics.fmean(seconds)
