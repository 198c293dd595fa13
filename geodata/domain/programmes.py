"""Programmes 节目单: what a wall shows one after the other, at which hours of which days, and what may come in between.

A step is on while the clock on the wall reads one of its hours: an hour that a change of the clocks leaves out is not
shown, one that comes twice is shown twice. Steps that are on at the same time take turns, beginning with the first one
whenever one begins or ends and at each local midnight; so all screens of a programme show the same at the same time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import cycle, groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from geodata.domain.alerts import Trigger

MINUTE_MS = 60_000
DAY_MIN = 24 * 60
WEEK = (1, 2, 3, 4, 5, 6, 7)
"""ISO weekdays: Monday is 1."""
NAME_MAX, STEPS_MAX = 40, 24
DWELL_S, HOLD_S = range(10, 3601), range(10, 301)
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


@lru_cache(maxsize=64)
def slots_of_day(steps: tuple[Step, ...], zone: ZoneInfo, day: date) -> tuple[Slot, ...]:
    """What is shown from local midnight to the next one, in order; gaps where nothing is on."""
    first, last = _midnight_ms(day, zone), _midnight_ms(day + timedelta(days=1), zone)
    slots: list[Slot] = []
    for on, minutes in groupby(range(first, last, MINUTE_MS), lambda ms: on_at(steps, zone, ms)):
        from_ms, *more = minutes
        slots += _turns(steps, on, from_ms, min(last, (more[-1] if more else from_ms) + MINUTE_MS))
    return tuple(slots)


def _turns(steps: Sequence[Step], on: Sequence[int], from_ms: int, to_ms: int) -> Iterator[Slot]:
    """Taking turns; what would be left for less than the shortest dwell belongs to the turn before it."""
    turns = cycle(on)
    while on and from_ms < to_ms:
        n = next(turns)
        end = from_ms + steps[n].dwell_s * 1000 if len(on) > 1 else to_ms
        if to_ms - end < DWELL_S[0] * 1000:
            end = to_ms
        yield Slot(from_ms, end, n)
        from_ms = end


def running_order(steps: tuple[Step, ...], zone: ZoneInfo, from_ms: int, to_ms: int) -> list[Slot]:
    """What is shown from a moment until before another, the slot that runs first; epoch ms."""
    day = datetime.fromtimestamp(from_ms / 1000, UTC).astimezone(zone).date()
    slots: list[Slot] = []
    while _midnight_ms(day, zone) < to_ms:
        slots += [s for s in slots_of_day(steps, zone, day) if s.to_ms > from_ms and s.from_ms < to_ms]
        day += timedelta(days=1)
    return slots


def slot_at(steps: tuple[Step, ...], zone: ZoneInfo, ms: int) -> Slot | None:
    """What is shown at a moment; None where nothing is on."""
    day = datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).date()
    slots = slots_of_day(steps, zone, day)
    at = bisect_right(slots, ms, key=lambda s: s.from_ms) - 1
    return slots[at] if at >= 0 and ms < slots[at].to_ms else None


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
