"""Narrow columns: moments of some weeks as offsets of 32 bits, and what all versions of an event share kept once.

The log of a day is half as long for them, in its file and in memory; an instant widens only what it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import Ints
from geodata.situation.runs import Longs

ABSENT = (1 << 32) - 1
NEVER_LIKE = 1 << 59
"""From here on a number is no moment, but says that there is none."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """Whole numbers from ``base`` (not 0) on; the offset ABSENT stands for ``none``."""

    offsets: npt.NDArray[np.uint32]
    base: int
    none: int

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, at: Longs | slice) -> Longs:
        some = self.offsets[at]
        wide: Longs = some.astype(np.int64)
        wide += self.base
        wide[some == ABSENT] = self.none
        return wide

@dataclass(frozen=True, slots=True)
class Shared:
    """A column of which all versions of an event have the same: one for each event, which ``event`` numbers."""

    each: npt.NDArray[Any] | Narrow
    event: Ints

    def __len__(self) -> int:
        return len(self.event)

    def __getitem__(self, at: Longs | slice) -> npt.NDArray[Any]:
        return self.each[self.event[at].astype(np.int64)]


Column = npt.NDArray[Any] | Narrow | Shared
Columns = Mapping[str, Column]


def narrowed(column: npt.NDArray[Any]) -> npt.NDArray[Any] | Narrow:
    """The same numbers narrow, where they are long ones, near each other and with one way to say that there is none."""
    if column.dtype != np.int64 or not len(column):
        return column
    real = column < NEVER_LIKE
    none = int(column.max())
    base = int(column.min(where=real, initial=none)) - 1
    beyond = column[~real]
    if not base or not real.any() or int(column.max(where=real, initial=base)) - base >= ABSENT:
        return column
    if len(beyond) and beyond.min() != none:
        return column
    return Narrow(np.where(real, column - base, ABSENT).astype(np.uint32), base, none)
