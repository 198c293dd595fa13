"""Analysis: where open events hang, and which department has how many of them where; counted over columns.

A department 部门 is the kind of an event's leading unit; events without one, or with one of no known kind, are OTHER.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geodata.domain.events import STAGE_OF, STATES, Stage, State
from geodata.domain.units import DEPARTMENTS

Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class StateNow(NamedTuple):
    """How many open events stand in a state."""

    state: State
    n: int


class StageNow(NamedTuple):
    """Open events of a stage: how many, how many of them overdue, and for how long they have stood in their present
    state (ms, nearest rank); None where there are none."""

    stage: Stage
    n: int
    overdue: int
    median_ms: int | None
    p90_ms: int | None
    states: tuple[StateNow, ...]


class Cell(NamedTuple):
    """Open events of a department in an area, and how many of them are overdue."""

    open: int
    overdue: int


def nearest_rank(sorted_values: Longs, share: float) -> int | None:
    """The ⌈share · n⌉-th smallest of ascending values; None of none."""
    n = len(sorted_values)
    return int(sorted_values[max(1, int(np.ceil(share * n))) - 1]) if n else None


def funnel(state: Longs, waited_ms: Longs, overdue: Bools) -> list[StageNow]:
    """The stages in their order. ``state`` indexes STATES; ``waited_ms``: since each came to stand in its state."""
    by_state = np.bincount(state, minlength=len(STATES))
    stage_of = np.array([_STAGE_INDEX.get(s, -1) for s in STATES])
    stage = stage_of[state]
    order = np.lexsort((waited_ms, stage))
    found = []
    for i, name in enumerate(Stage):
        low, high = np.searchsorted(stage[order], (i, i + 1))
        waits = waited_ms[order[low:high]]
        states = tuple(StateNow(s, int(by_state[k])) for k, s in enumerate(STATES) if STAGE_OF.get(s) is name)
        late = int(np.count_nonzero(overdue[stage == i]))
        found.append(StageNow(name, len(waits), late, nearest_rank(waits, 0.5), nearest_rank(waits, 0.9), states))
    return found


_STAGE_INDEX = {state: list(Stage).index(stage) for state, stage in STAGE_OF.items()}


def matrix(row: Longs, department: Longs, overdue: Bools, rows: int) -> list[list[Cell]]:
    """``rows`` × DEPARTMENTS. ``row`` is the row that each event counts in."""
    width = len(DEPARTMENTS)
    key = row * width + department
    n = np.bincount(key, minlength=rows * width).reshape(rows, width)
    late = np.bincount(key[overdue], minlength=rows * width).reshape(rows, width)
    return [[Cell(a, b) for a, b in zip(*pair, strict=True)] for pair in zip(n.tolist(), late.tolist(), strict=True)]


def added(rows: Sequence[Sequence[Cell]]) -> list[Cell]:
    """The rows of a matrix added up."""
    return [Cell(sum(c.open for c in column), sum(c.overdue for c in column)) for column in zip(*rows, strict=True)]
