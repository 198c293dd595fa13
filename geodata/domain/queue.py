"""The queue of a duty officer: its orders, and what presses most, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Order(StrEnum):
    """In which order a queue is worked."""

    PRESSING = "pressing"
    NEWEST = "newest"
    DEADLINE = "deadline"
    URGENCY = "urgency"


PRESSING: Mapping[str, tuple[int, int, int, int]] = MappingProxyType({
    "dark": (0, 2, 3, 3),
    "red": (0, 2, 3, 3),
    "yellow": (1, 4, 5, 5),
    "green": (1, 6, 7, 7),
    "none": (1, 6, 7, 7),
    "stopped": (8, 8, 8, 8),
})  # fmt: skip
"""How much an event presses by its light and its urgency 1, 2, 3, 4; 0 comes first.

Critical ones (urgency 1) come before all others, overdue ones of them first; then what is overdue, nearly so and in
time, urgent ones (urgency 2) before the rest; then those whose clock stands still. Among equals the first deadline is
first.
"""
