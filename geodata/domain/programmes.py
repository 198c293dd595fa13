"""Programmes 节目单: what a wall shows one after the other, at which hours of which days, and what may come in between.

A step is on while the clock on the wall reads one of its hours: an hour that a change of the clocks leaves out is not
shown, one that comes twice is shown twice. Steps that are on at the same time take turns, beginning with the first one
whenever one begins or ends and at each local midnight; so all screens of a programme show the same at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import cycle, groupby, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from geodata.domain.alerts import Trigger

MINUTE_MS = 60_000
DAY_MIN = 24 * 60
WEEK = (1, 2, 3, 4, 5, 6, 7)
"""ISO weekdays: Monday is 1."""
NAME_MAX, STEPS_MAX = 40, 24
DWELL_S, HOLD_S = range(10, 3601), range(10, 301)
SHORTEST_MS = DWELL_S[0] * 1000
CALLS: Sequence[Trigger] = (Trigger.RED_EVENT, Trigger.JOINT, Trigger.DARK, Trigger.RED)
"""The alerts that come between, first the most pressing; what is only told to whoever handles it does not."""
CALL_FRESH_MS = 120_000
"""So long after it was raised an alert still comes between: a screen that starts does not begin with old ones."""


class Transition(StrEnum):
    """How one step gives way to the next; who asks for less motion gets a cut in any case."""

    FADE = "fade"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Step:
    """One picture: the address of a wall without a host, seconds, ISO weekdays, and local minutes of the day.

    It is on from ``from_min`` until before ``to_min``; where that is earlier, past midnight of each of its days.
    """

    address: str
    dwell_s: int = 60
    days: tuple[int, ...] = WEEK
    from_min: int = 0
    to_min: int = DAY_MIN

    def on(self, weekday: int, minute: int) -> bool:
        """Whether it is on at a local minute of a weekday."""
        if self.from_min < self.to_min:
            return weekday in self.days and self.from_min <= minute < self.to_min
        before = WEEK[weekday - 2]
        return (weekday in self.days and minute >= self.from_min) or (before in self.days and minute < self.to_min)


@dataclass(frozen=True, slots=True)
class Programme:
    """Steps within an area (its code) under a name. An alert is shown for ``hold_s`` seconds."""

    name: str
    area: str
    steps: tuple[Step, ...] = ()
    transition: str = Transition.FADE
    hold_s: int = 30


class Slot(NamedTuple):
    """From when until when (epoch ms) which step is shown."""

    from_ms: int
    to_ms: int
    step: int


class Run(NamedTuple):
    """From when until when (epoch ms) the same steps (their places) are on."""

    from_ms: int
    to_ms: int
    on: tuple[int, ...]


class ProgrammeError(ValueError):
    """``value`` of ``field`` breaks ``rule`` (a short name, which has words). ``step``: of which step, from 0."""

    def __init__(self, field: str, value: object, rule: str, step: int | None = None) -> None:
        super().__init__(f"{field}: {value!r}: {rule}" + ("" if step is None else f" (step {step + 1})"))
        self.field, self.value, self.rule, self.step = field, value, rule, step


class Rule(NamedTuple):
    """A field, the short name of what is asked of it, and the test."""

    field: str
    name: str
    holds: Callable[[Any], bool]


RULES: Sequence[Rule] = (
    Rule("name", "programme_name", lambda p: 0 < len(p.name) <= NAME_MAX and p.name.isprintable()),
    Rule("transition", "programme_transition", lambda p: p.transition in tuple(Transition)),
    Rule("hold_s", "programme_hold", lambda p: p.hold_s in HOLD_S),
    Rule("steps", "programme_steps", lambda p: len(p.steps) <= STEPS_MAX),
)
STEP_RULES: Sequence[Rule] = (
    Rule("dwell_s", "step_dwell", lambda s: s.dwell_s in DWELL_S),
    Rule("days", "step_days", lambda s: bool(s.days) and set(s.days) <= set(WEEK)),
    Rule("from_min", "step_from", lambda s: 0 <= s.from_min < DAY_MIN),
    Rule("to_min", "step_to", lambda s: 0 < s.to_min <= DAY_MIN and s.to_min != s.from_min),
)


def check(programme: Programme) -> None:
    """Raises ProgrammeError with the first rule that is broken."""
    broken: list[tuple[Rule, Any, int | None]] = [(r, programme, None) for r in RULES if not r.holds(programme)]
    broken += [(r, s, n) for n, s in enumerate(programme.steps) for r in STEP_RULES if not r.holds(s)]
    for rule, where, n in broken:
        raise ProgrammeError(rule.field, getattr(where, rule.field), rule.name, n)


def on_at(steps: Sequence[Step], zone: ZoneInfo, ms: int) -> tuple[int, ...]:
    """The places of the steps that are on at a moment, epoch ms."""
    local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)
    weekday, minute = local.isoweekday(), local.hour * 60 + local.minute
    return tuple(n for n, step in enumerate(steps) if step.on(weekday, minute))


def running_order(steps: tuple[Step, ...], zone: ZoneInfo, from_ms: int, to_ms: int) -> list[Slot]:
    """What is shown from a moment until before another, in order, the slot that runs first; gaps where nothing is on.
    Epoch ms; local midnight ends every slot."""
    day = datetime.fromtimestamp(from_ms / 1000, UTC).astimezone(zone).date()
    slots: list[Slot] = []
    while _midnight_ms(day, zone) < to_ms:
        for run in runs_of_day(steps, zone, day):
            if run.to_ms > from_ms and run.from_ms < to_ms:
                slots += _turns(steps, run, from_ms, to_ms)
        day += timedelta(days=1)
    return slots


@lru_cache(maxsize=512)
def runs_of_day(steps: tuple[Step, ...], zone: ZoneInfo, day: date) -> tuple[Run, ...]:
    """From local midnight to the next one, in order. Kept for two days of as many programmes as there may be: a run is
    small, the turns in it are many."""
    first, last = _midnight_ms(day, zone), _midnight_ms(day + timedelta(days=1), zone)
    marks = {minute for step in steps for minute in (step.from_min, step.to_min)}
    clock = _clock(zone, first, last)
    starts = [
        first + n * MINUTE_MS for n, (before, minute) in enumerate(pairwise((-1, *clock)))
        if n == 0 or minute in marks or minute != before + 1
    ]  # fmt: skip
    found = [(next(at), on) for on, at in groupby(starts, lambda ms: on_at(steps, zone, ms))]
    ends = [*(from_ms for from_ms, _ in found[1:]), last]
    return tuple(Run(from_ms, to_ms, on) for (from_ms, on), to_ms in zip(found, ends, strict=True))


def _clock(zone: ZoneInfo, first: int, last: int) -> Sequence[int]:
    """The minute of the day on the clock on the wall, at each minute of a day; it is its number but where clocks
    change."""
    if last - first == DAY_MIN * MINUTE_MS:
        return range(DAY_MIN)
    local = (datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone) for ms in range(first, last, MINUTE_MS))
    return [at.hour * 60 + at.minute for at in local]


def _turns(steps: Sequence[Step], run: Run, after_ms: int, before_ms: int) -> Iterator[Slot]:
    """The turns of a run that end after a moment and begin before another. What would be left for less than the
    shortest dwell belongs to the turn before it."""
    passed_ms = 0
    if len(run.on) > 1:
        round_ms = sum(steps[n].dwell_s for n in run.on) * 1000
        # A round earlier where the last turn is the longer one.
        passed_ms = max(0, after_ms - SHORTEST_MS - run.from_ms) // round_ms * round_ms
    at_ms, turns = run.from_ms + passed_ms, cycle(run.on)
    while run.on and at_ms < min(run.to_ms, before_ms):
        n = next(turns)
        end = at_ms + steps[n].dwell_s * 1000 if len(run.on) > 1 else run.to_ms
        if run.to_ms - end < SHORTEST_MS:
            end = run.to_ms
        if end > after_ms:
            yield Slot(at_ms, end, n)
        at_ms = end


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
