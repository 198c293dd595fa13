"""Borders in time: which rows change by themselves when the clock reaches a moment."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from geodata.domain.clocks import NEVER
from geodata.situation.runs import SLOT_BITS, SLOT_MASK, TIME_END, keys_of


class Borders:
    """One next moment per slot, in a heap with lazy deletion.

    A moment that moves later is not pushed again: the entry already in the heap finds out when it comes up. So the
    heap holds about one entry per slot however often positions arrive.
    """

    __slots__ = ("_heap", "_queued", "_wanted")

    def __init__(self, slots: npt.NDArray[np.signedinteger], moments: npt.NDArray[np.int64], size: int) -> None:
        """Start with these slots' next moments (none later than TIME_END comes), with room for slots up to ``size``."""
        real = moments < TIME_END
        next_ms = np.full(size, NEVER, np.int64)
        next_ms[slots[real]] = moments[real]
        self._wanted, self._queued = (array("q", next_ms.tobytes()) for _ in range(2))
        # A sorted list is a heap.
        self._heap: list[int] = np.sort(keys_of(moments[real], slots[real])).tolist()

    def set(self, slots: Iterable[int], moments: Iterable[int]) -> None:
        """Each slot's next moment is this one; NEVER forgets it."""
        wanted, queued = self._wanted, self._queued
        for slot, at in zip(slots, moments, strict=True):
            if slot >= len(wanted):
                more = max(slot + 1 - len(wanted), len(wanted), 1024)
                wanted.extend(array("q", [NEVER]) * more)
                queued.extend(array("q", [NEVER]) * more)
            wanted[slot] = at
            if at < queued[slot] and at < TIME_END:
                queued[slot] = at
                heappush(self._heap, (at << SLOT_BITS) | slot)

    def passed(self, now_ms: int) -> list[int]:
        """The slots whose moment is at or before now, each once; they are forgotten until set again."""
        heap, wanted, queued = self._heap, self._wanted, self._queued
        out: list[int] = []
        while heap and heap[0] >> SLOT_BITS <= now_ms:
            key = heappop(heap)
            slot = key & SLOT_MASK
            if queued[slot] != key >> SLOT_BITS:
                continue
            queued[slot] = NEVER
            if wanted[slot] <= now_ms:
                wanted[slot] = NEVER
                out.append(slot)
            elif wanted[slot] < NEVER:
                queued[slot] = wanted[slot]
                heappush(heap, (wanted[slot] << SLOT_BITS) | slot)
        return out

    def __len__(self) -> int:
        return len(self._heap)
