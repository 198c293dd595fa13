"""Stage clocks 阶段时限: how long an event may wait where it stands, besides the limit of the whole.

The field's usual limits: verify in 24 h, sign for it and be on scene by urgency, check in 2 h. A stage that is not
named has no clock of its own; the whole one runs all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from geodata.domain.catalogue import LimitUnit
from geodata.domain.clocks import WorkCalendar, deadline_ms
from geodata.domain.events import State


class Limit(NamedTuple):
    """A length of time and on which clock it runs (``clocks.deadline_ms``)."""

    length: float
    unit: LimitUnit


VERIFY, CHECK = Limit(24, "h"), Limit(2, "h")
SIGN: Mapping[int, Limit] = MappingProxyType({
    1: Limit(5 / 60, "h"), 2: Limit(15 / 60, "h"), 3: Limit(2, "wh"), 4: Limit(4, "wh"),
})  # fmt: skip
"""Until the unit signs for it, by urgency."""
ARRIVE: Mapping[int, Limit] = MappingProxyType({1: Limit(30 / 60, "h"), 2: Limit(2, "h")})
"""From the dispatch until the unit is on scene, by urgency."""


def stage_limit(state: State, urgency: int) -> Limit | None:
    """The limit of the stage that begins with this state; None where it has none. Arriving counts from the dispatch."""
    if state == State.TO_VERIFY:
        return VERIFY
    if state in (State.HANDLED, State.TO_CHECK):
        return CHECK
    return SIGN.get(urgency) if state == State.DISPATCHED else None


def stage_ends_ms(state: State, urgency: int, since_ms: int, calendar: WorkCalendar) -> int | None:
    """When the stage that began at ``since_ms`` should be over, in epoch ms."""
    limit = stage_limit(state, urgency)
    return None if limit is None else deadline_ms(since_ms, limit.length, limit.unit, calendar)


def arrival_ends_ms(urgency: int, dispatched_ms: int, calendar: WorkCalendar) -> int | None:
    """When the unit should be on scene, in epoch ms."""
    limit = ARRIVE.get(urgency)
    return None if limit is None else deadline_ms(dispatched_ms, limit.length, limit.unit, calendar)
