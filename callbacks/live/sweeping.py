"""Sweeping: when Python looks for garbage in cycles.

A full collection walks over every object there is: with a city and ten thousand screens it stops all frames for a
second, and Python would start one whenever some screens have come. Here the city is put aside, and a full sweep is made
every five minutes where it is short, once an hour where it is not, or when so many screens have left that what they
leave behind (some 90 objects each) is worth a pause. It is also what empties Python's lists of freed tuples, two
thousand of each length, which otherwise fill for half an hour and pin the memory around them.
"""

from __future__ import annotations

import gc
import logging
import time

log = logging.getLogger(__name__)
SWEEP_SOONEST_S, SWEEP_LATEST_S = 300.0, 3_600.0
SHARE = 5_000
"""A sweep may take a five-thousandth of the time."""
SWEEP_AFTER_LEFT = 2_000
YOUNG, MIDDLE, NEVER = 2_000, 10, 1_000_000


def settle() -> None:
    """Call once when everything is loaded: what is there stays, and full collections no longer come by themselves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)


class Sweeper:
    """Decides when a full sweep is due, and makes it."""

    def __init__(self, now_s: float) -> None:
        self._due_s = now_s + SWEEP_SOONEST_S
        self._left = 0

    def left(self) -> None:
        """A screen has gone."""
        self._left += 1

    def sweep(self, now_s: float) -> None:
        """Make a full collection when one is due."""
        if self._left < SWEEP_AFTER_LEFT and now_s < self._due_s:
            return
        began = time.perf_counter()
        found = gc.collect()
        took_s = time.perf_counter() - began
        log.info("Swept %s objects after %s screens left, in %.2f s", found, self._left, took_s)
        self._due_s, self._left = now_s + wait_s(took_s), 0


def wait_s(took_s: float) -> float:
    """How long after a sweep that took so long the next one is due."""
    return min(max(SHARE * took_s, SWEEP_SOONEST_S), SWEEP_LATEST_S)
