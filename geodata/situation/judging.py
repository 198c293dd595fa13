"""Judging: which open events are overdue or due soon now, and when that changes by itself.

A source's own judgement (``on_time`` 1, 0, -1) stands. Without one the clock decides: overdue after the deadline, due
soon in the 30 minutes before it. A suspended event's clock stands still at the moment it was suspended.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geodata.domain.clocks import NEVER
from geodata.domain.events import CLOSED, STATES
from geodata.domain.lights import CODE, Light, Turns, lights
from geodata.situation.columns import CLOCK, SUSPENDED, EventColumns
from geodata.situation.runs import Longs

DUE_SOON_MS = 30 * 60 * 1000
RED, NO_LIGHT = CODE[Light.RED], CODE[Light.NONE]
IS_CLOSED = np.array([state in CLOSED for state in STATES])
Flags = npt.NDArray[np.bool_]


def judge(columns: EventColumns, slots: Longs, now_ms: int) -> Longs:
    """Set ``overdue``, ``due_soon`` and ``light`` of these slots; return when the next of them changes (or NEVER)."""
    deadline = columns.deadline_ms[slots]
    paused = columns.state[slots] == SUSPENDED
    clock = np.where(paused, np.minimum(columns.state_ms[slots], now_ms), now_ms)
    opened = columns.is_open(slots)
    by_clock = opened & (columns.on_time[slots] == CLOCK)
    late = by_clock & (clock > deadline)
    runs = by_clock & ~paused & (deadline < NEVER)
    columns.overdue[slots] = late | (opened & (columns.on_time[slots] == 0))
    columns.due_soon[slots] = runs & ~late & (deadline - clock <= DUE_SOON_MS)
    yellow, dark = columns.yellow_ms[slots], columns.dark_ms[slots]
    shown = lights(Turns(yellow, deadline, dark), clock, paused)
    shown = np.where(opened & (columns.on_time[slots] == 0), RED, shown)
    columns.light[slots] = np.where(opened & ~by_clock & (columns.on_time[slots] != 0), NO_LIGHT, shown)
    borders = np.stack([yellow, deadline - DUE_SOON_MS, deadline + 1, dark + 1])
    # A clock of another machine may be ahead: until it stands still, it runs.
    moves = runs | (by_clock & paused & (columns.state_ms[slots] > now_ms) & (deadline < NEVER))
    moments: Longs = np.where(moves, np.where(borders > now_ms, borders, NEVER).min(axis=0, initial=NEVER), NEVER)
    return moments


def closed_on_time(columns: EventColumns, slots: Longs) -> tuple[Flags, Flags]:
    """(closed on time, closed late) of these slots; an open event, or one that nobody can judge, is neither."""
    judged = columns.on_time[slots]
    closed = IS_CLOSED[columns.state[slots]]
    past = columns.ended_ms[slots] > columns.deadline_ms[slots]
    late = closed & np.where(judged == CLOCK, past, judged == 0)
    in_time = closed & np.where(judged == CLOCK, ~past, judged == 1)
    return in_time, late
