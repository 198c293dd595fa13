"""Traces 痕迹: what an event has been through, kept so that rates can be counted from it; not shown.

A trace says what is known. What an import never told leaves none, and is in no numerator and in no denominator.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geodata.domain.events import State

Longs = npt.NDArray[np.int64]


class Trace(IntFlag):
    """Was registered 立案; was returned, and the return confirmed 回退属实; was checked 核查过; came again at the same
    place within 30 days 重复; its reporter was answered 已答复."""

    REGISTERED = 1
    RETURNED = 2
    CHECKED = 4
    REPEATED = 8
    ANSWERED = 16


LEVEL_SHIFT, LEVEL_MASK, LEVEL_MAX = 5, 7 << 5, 6
"""Three bits: one more than the depth (0 to 6) at which its leading unit is at home; 0: nobody was sent, or unknown."""

LEFT_BY: Mapping[State, Trace] = MappingProxyType({
    **dict.fromkeys(
        (State.TO_DISPATCH, State.DISPATCHED, State.HANDLING, State.HANDLED, State.TO_CHECK, State.CLOSED,
         State.RETURNED, State.SUSPENDED), Trace.REGISTERED,
    ),
    State.TO_CLOSE: Trace.REGISTERED | Trace.CHECKED,
})  # fmt: skip
"""The traces that standing in a state leaves. What was force-closed, void or merged may never have been a case."""


def entered(traces: int, state: State) -> int:
    """The traces of an event that comes to stand in a state."""
    return int(traces) | int(LEFT_BY.get(state, 0))


def sent_from(traces: int, depth: int | None) -> int:
    """The traces of an event whose leading unit is at home at this depth; None: not known."""
    level = 0 if depth is None else min(max(depth, 0), LEVEL_MAX) + 1
    return (int(traces) & ~LEVEL_MASK) | (level << LEVEL_SHIFT)


def level_of(traces: Longs) -> Longs:
    """The depth at which the leading unit of each is at home, −1 where that is not known."""
    return ((traces & LEVEL_MASK) >> LEVEL_SHIFT) - 1
