"""Rates: how often somebody may ask, counted in windows of fixed length."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice

COUNTED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many requests within so many seconds."""

    most: int
    within_s: int


@dataclass(frozen=True, slots=True)
class Rates:
    """How often one may ask: to come in, to open a screen's link, with a session, with a key, as anybody else; and how
    many secrets of one network are looked up."""

    enter: Rate = Rate(120, 60)
    screen: Rate = Rate(600, 60)
    session: Rate = Rate(600, 10)
    key: Rate = Rate(1_000, 10)
    stranger: Rate = Rate(300, 10)
    look: Rate = Rate(3_000, 10)


class Counters:
    """Counts of one process, by who asks. For one thread: the event loop's."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Rate], tuple[int, int]] = {}

    def hit(self, rate: Rate, who: str) -> bool:
        """Count one more; whether it is still within the rate."""
        window = int(time.monotonic()) // rate.within_s
        began, n = self._counts.get((who, rate), (window, 0))
        n = n + 1 if began == window else 1
        if len(self._counts) >= COUNTED_MAX:
            # The oldest tenth goes: who floods with ever new addresses takes nobody's count away but the oldest ones'.
            for key in list(islice(self._counts, COUNTED_MAX // 10)):
                del self._counts[key]
        self._counts.pop((who, rate), None)
        self._counts[who, rate] = window, n
        return n <= rate.most
