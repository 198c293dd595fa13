"""Windows: the part of a long list that a screen asks for, and where the rows stand that it follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

LIMIT_MAX, FIND_MAX = 200, 4


@dataclass(frozen=True, slots=True)
class Asked:
    """Which window. ``find``: codes whose places are asked for; where the first of them has moved away from the place
    ``hold``, the window moves with it (-1: it stays). ``since``: the newest event id that a desk knows (the queue).
    """

    offset: int = 0
    limit: int = 50
    find: tuple[str, ...] = ()
    hold: int = -1
    since: int = 0

    def shown(self, total: int, at: Sequence[int]) -> slice:
        """The window in a list of ``total`` rows in which those asked for stand ``at`` these places."""
        offset, limit = max(0, self.offset), min(max(0, self.limit), LIMIT_MAX)
        if at and at[0] >= 0 and self.hold >= 0:
            offset = max(0, offset + at[0] - self.hold)
        offset = min(offset, max(0, total - limit))
        return slice(offset, offset + limit)


def places(every: np.ndarray[tuple[int, ...], np.dtype[np.int64]], wanted: Iterable[int]) -> list[int]:
    """Where each of these stands in the list, -1 of one that does not."""
    found = (np.flatnonzero(every == one) for one in wanted)
    return [int(at[0]) if len(at) else -1 for at in found]
