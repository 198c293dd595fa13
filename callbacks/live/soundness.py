"""Soundness: which parts of a picture show something older than they should, why, and of when it is.

A part is a section by its name, or a layer as ``layer:<id>``. What fails keeps its last good content on the screen;
the frame names it under ``fails`` as ``[why, as of]``, and ``null`` once it is well again. As of is in epoch ms, 0
where there was nothing good yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Fails = dict[str, Any]


class Why(StrEnum):
    """Building it raised; or what it is made of was not read in time."""

    RAISED = "raised"
    SOURCE = "source"


class Soundness:
    """The parts of one picture."""

    def __init__(self) -> None:
        self._good: dict[str, int] = {}
        self._behind: dict[str, int] = {}
        self.raised: set[str] = set()
        self.fails: Fails = {}

    def is_good(self, part: str, at_ms: int) -> None:
        """It was built, of this moment."""
        self._good[part] = at_ms
        self.raised.discard(part)

    def has_raised(self, part: str) -> bool:
        """It could not be built; whether that is news, which belongs into the log."""
        new = part not in self.raised
        self.raised.add(part)
        return new

    def is_behind(self, behind: Mapping[str, int]) -> None:
        """These parts, and no others, wait for a source that was last read at that moment."""
        self._behind = dict(behind)

    def moved(self) -> Fails:
        """What the screens have to be told, in the form of a delta."""
        behind = {part: [Why.SOURCE.value, as_of] for part, as_of in self._behind.items()}
        now: Fails = behind | {part: [Why.RAISED.value, self._good.get(part, 0)] for part in self.raised}
        before, self.fails = self.fails, now
        return difference(before, now)


def difference(before: Fails, now: Fails) -> Fails:
    """What leads from one to the other: None for what is well again."""
    return {part: now.get(part) for part in sorted(before.keys() | now.keys()) if before.get(part) != now.get(part)}
