"""Sweeping: when Python looks for garbage in cycles.

A full collection walks over every object there is: with a city and ten thousand screens it stops all frames for a
second, and Python would start one whenever some screens have come. Here the city is put aside, and a full sweep is made
once an hour, or when so many screens have left that what they leave behind (some 90 objects each) is worth a pause.
"""

from __future__ import annotations

import gc
import logging
import time

log = logging.getLogger(__name__)
SWEEP_EVERY_S = 3_600.0
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
        self._swept_s = now_s
        self._left = 0

    def left(self) -> None:
        """A screen has gone."""
        self._left += 1

    def sweep(self, now_s: float) -> None:
        """Make a full collection when one is due."""
        if self._left < SWEEP_AFTER_LEFT and now_s - self._swept_s < SWEEP_EVERY_S:
            return
        began = time.perf_counter()
        found = gc.collect()
        log.info("Swept %s objects after %s screens left, in %.2f s", found, self._left, time.perf_counter() - began)
        self._swept_s, self._left = now_s, 0
