"""Runs: a sorted set of whole numbers that stays sorted, for ranges of it at any size."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
RUN = 512
"""Keys per run after a split: an insertion moves at most 8 kB, a million keys are two thousand runs."""

SLOT_BITS = 21
SLOTS_MAX = 1 << SLOT_BITS
SLOT_MASK = SLOTS_MAX - 1
"""The low bits of a key name a slot (two million of them), the high ones an area ordinal or an epoch ms."""
TIME_END = (1 << 42) - 1
"""The last epoch ms that a key can hold (in 2109)."""


def keys_of(high: npt.NDArray[np.signedinteger], slots: npt.NDArray[np.signedinteger]) -> Longs:
    """Keys that sort by ``high``, then by slot."""
    return (high.astype(np.int64) << SLOT_BITS) | slots.astype(np.int64)


def times_in_keys(moments_ms: Longs) -> Longs:
    """Moments as a key can hold them: later than TIME_END counts as TIME_END."""
    held: Longs = np.clip(moments_ms, -TIME_END, TIME_END)
    return held


def slots_of(keys: Longs) -> npt.NDArray[np.int64]:
    """The slots in these keys."""
    return keys & SLOT_MASK


class Runs:
    """A sorted set of int64 in short arrays. ``add`` and ``discard`` cost a microsecond or two at any size."""

    __slots__ = ("_firsts", "_n", "_runs")

    def __init__(self, keys: Longs | None = None) -> None:
        """Start with these keys, in any order, each once."""
        ordered = np.sort(keys) if keys is not None else np.zeros(0, np.int64)
        self._runs = [array("q", ordered[i : i + RUN].tobytes()) for i in range(0, len(ordered), RUN)]
        self._firsts = array("q", [run[0] for run in self._runs])
        self._n = len(ordered)

    def __len__(self) -> int:
        return self._n

    def add(self, key: int) -> None:
        """Put a key in; nothing happens when it is there."""
        if not self._runs:
            self._runs, self._firsts, self._n = [array("q", [key])], array("q", [key]), 1
            return
        i = max(bisect_right(self._firsts, key) - 1, 0)
        run = self._runs[i]
        at = bisect_left(run, key)
        if at < len(run) and run[at] == key:
            return
        run.insert(at, key)
        self._n += 1
        if at == 0:
            self._firsts[i] = key
        if len(run) > 2 * RUN:
            self._runs.insert(i + 1, run[RUN:])
            self._firsts.insert(i + 1, run[RUN])
            del run[RUN:]

    def discard(self, key: int) -> None:
        """Take a key out; nothing happens when it is not there."""
        i = bisect_right(self._firsts, key) - 1
        if i < 0:
            return
        run = self._runs[i]
        at = bisect_left(run, key)
        if at == len(run) or run[at] != key:
            return
        del run[at]
        self._n -= 1
        if not run:
            del self._runs[i]
            del self._firsts[i]
        elif at == 0:
            self._firsts[i] = run[0]

    def change(self, gone: Iterable[int], new: Iterable[int]) -> None:
        """Take these out, put those in; what is in both stays as it is."""
        out, into = set(gone), set(new)
        for key in out - into:
            self.discard(key)
        for key in into - out:
            self.add(key)

    def between(self, low: int, end: int) -> Longs:
        """The keys in ``[low, end)``, ascending."""
        parts = [run[bisect_left(run, low) : bisect_left(run, end)] for run in self._touching(low, end)]
        parts = [p for p in parts if p]
        if not parts:
            return np.zeros(0, np.int64)
        return np.concatenate([np.frombuffer(p, np.int64) for p in parts])

    def blocks(self, *, newest_first: bool = False) -> Iterator[Longs]:
        """All keys, block by block in order (each block ascending), to stop reading when enough is found."""
        for run in reversed(self._runs) if newest_first else self._runs:
            yield np.frombuffer(run[:], np.int64)

    def at(self, rank: int) -> int:
        """The key at this place of the order, 0 the smallest. Raises IndexError."""
        if rank < 0:
            raise IndexError(rank)
        for run in self._runs:
            if rank < len(run):
                key: int = run[rank]
                return key
            rank -= len(run)
        raise IndexError(rank)

    def _touching(self, low: int, end: int) -> list[array[int]]:
        first = max(bisect_right(self._firsts, low) - 1, 0)
        return self._runs[first : bisect_left(self._firsts, end)]
