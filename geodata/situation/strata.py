"""Strata: the areas by their distance from the city, to add figures up and to find areas that fit a budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geodata.domain.areas import AreaTree, Ints


class Strata:
    """``at[s]`` are the ordinals ``s`` steps below the city, ascending; the leaves above a step come with it."""

    __slots__ = ("_by_id", "_last", "_leaves_above", "at", "parent", "tree")

    def __init__(self, tree: AreaTree) -> None:
        self.tree = tree
        self.parent: Ints = tree.parent
        self._last = tree.end.astype(np.intp) - 1
        ids = np.fromiter((a.id for a in tree.areas), np.int64, len(tree))
        # Ids are row numbers of the store: a table by id is as long as there ever were areas.
        self._by_id: Ints = np.zeros(int(ids.max()) + 1, np.int32)
        self._by_id[ids] = np.arange(len(tree))
        first = np.zeros(1, np.int32)
        self.at: list[Ints] = [first]
        flat, begin = tree.children_of
        while True:
            last = self.at[-1]
            kids = flat[_spans(begin[last], begin[last + 1])]
            if not len(kids):
                break
            self.at.append(np.sort(kids))
        leaf = tree.end == np.arange(len(tree)) + 1
        gathered = np.zeros(0, np.int32)
        self._leaves_above: list[Ints] = []
        for ordinals in self.at:
            self._leaves_above.append(gathered)
            gathered = np.sort(np.concatenate((gathered, ordinals[leaf[ordinals]])))

    def ordinals_of(self, ids: Sequence[int]) -> Ints:
        """The areas with these ids; the city itself for one that is not in force."""
        wanted = np.array(ids, np.int64)
        known = (wanted >= 0) & (wanted < len(self._by_id))
        ordinals: Ints = np.where(known, self._by_id[np.where(known, wanted, 0)], 0)
        return ordinals

    def add_up(self, counts: np.ndarray[tuple[int, int], np.dtype[np.signedinteger]]) -> None:
        """Turn what stands directly at each area (one row per area) into what stands there and below, in place."""
        # Areas are numbered depth first: what lies below one is the running sum up to its end less that up to itself.
        # The sums may wrap around; their differences are right again. One column fits the processor's own memory.
        for column in counts.T:
            if column.any():
                running = np.cumsum(column, dtype=column.dtype)
                column += running[self._last]
                column -= running

    def ranks_below(self, o: int, budget: int) -> tuple[Ints, Ints]:
        """(areas that cover ``o`` at the finest step, the areas from ``o`` down to above them).

        Together they fit the budget, unless it is below 1. The first are disjoint and ascending: the areas of one
        step and the leaves that end above it. The second are those in between, where something may stand directly.
        """
        end = int(self.tree.end[o])
        best = np.array([o], np.int32)
        above: list[Ints] = []
        inner: list[Ints] = []
        step = self._step_of(o)
        for s in range(step, len(self.at)):
            here = _inside(self.at[s], o, end)
            if not len(here):
                break
            leaves = _inside(self._leaves_above[s], o, end)
            if len(here) + len(leaves) + sum(map(len, above)) > budget:
                break
            best, inner = np.sort(np.concatenate((here, leaves))), list(above)
            above.append(here)
        flat = np.concatenate(inner) if inner else np.zeros(0, np.int32)
        # A leaf above the step is one of the first already.
        return best, np.setdiff1d(flat, best, assume_unique=True).astype(np.int32)

    def direct(self, rows: Ints, columns: list[int], areas: Ints) -> Ints:
        """What stands directly at these areas: their own rows less their children's, summed over the columns."""
        flat, begin = self.tree.children_of
        own: Ints = rows[areas[:, None], columns].sum(axis=1, dtype=np.int32)
        if len(areas):
            kids = _spans(begin[areas], begin[areas + 1])
            owner = np.repeat(np.arange(len(areas)), begin[areas + 1] - begin[areas])
            below = np.bincount(owner, rows[flat[kids][:, None], columns].sum(axis=1), len(areas))
            own -= below.astype(np.int32)
        return own

    def _step_of(self, o: int) -> int:
        step, at = 0, int(self.parent[o])
        while at >= 0:
            step, at = step + 1, int(self.parent[at])
        return step


def _inside(ordinals: Ints, low: int, end: int) -> Ints:
    return ordinals[np.searchsorted(ordinals, low) : np.searchsorted(ordinals, end)]


def _spans(starts: Ints, ends: Ints) -> Ints:
    """All whole numbers of the ranges ``[start, end)``, one range after the other."""
    sizes = ends - starts
    before = np.cumsum(sizes) - sizes
    spans: Ints = np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()), dtype=np.int32)
    return spans
