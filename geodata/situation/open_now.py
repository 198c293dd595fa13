"""Open now: the open events of an area copied out of the live columns, so that a thread may count them in peace."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geodata.domain.analysis import Bools, Longs
from geodata.situation.selecting import Selector


class OpenNow(NamedTuple):
    """Columns of n open events: the area's ordinal, the place in STATES and in DEPARTMENTS, for how many ms it has
    stood in its state, and whether it is overdue."""

    area: Longs
    state: Longs
    department: Longs
    waited_ms: Longs
    overdue: Bools


def open_now(select: Selector, slots: Longs, now_ms: int) -> OpenNow:
    """Those of these events (by slot) that are open. A clock that is ahead of ours has not waited at all."""
    c = select.book.columns
    slots = slots[c.is_open(slots)]
    return OpenNow(
        c.o[slots].astype(np.int64), c.state[slots].astype(np.int64), select.departments(c.unit_id[slots]),
        np.maximum(now_ms - c.state_ms[slots], 0), c.overdue[slots],
    )  # fmt: skip
