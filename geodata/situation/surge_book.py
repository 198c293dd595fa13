"""The surge book: what is more than usual now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from geodata.domain.areas import AreaTree
from geodata.situation.runs import Longs
from geodata.store.surges import SurgeNow

__all__ = ["SurgeBook", "SurgeNow"]


class SurgeBook:
    """The surges that stand, by their numbers: some, never many (``domain.surges.OPEN_MAX``)."""

    def __init__(self, tree: AreaTree, rows: Iterable[SurgeNow]) -> None:
        self._tree = tree
        self._held: dict[int, SurgeNow] = {}
        self.apply(list(rows))

    def apply(self, rows: Sequence[SurgeNow]) -> Longs:
        """Take surges as they are now; the areas of those that differ from what is held."""
        touched: list[int] = []
        for row in rows:
            if row == self._held.get(row.id) or (row.ended_ms is not None and row.id not in self._held):
                continue
            if row.ended_ms is None:
                self._held[row.id] = row
            else:
                del self._held[row.id]
            touched.append(self._at(row))
        return np.array(touched, np.int64)

    def within(self, o: int) -> list[SurgeNow]:
        """Those of an area and all below it, the least probable first."""
        end = int(self._tree.end[o])
        return sorted((s for s in self._held.values() if o <= self._at(s) < end), key=lambda s: (s.peak_p, s.id))

    def _at(self, row: SurgeNow) -> int:
        return self._tree.ordinal_by_id.get(row.area_id, 0)
