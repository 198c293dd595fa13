"""Pace: when each job of the upkeep came to its end last in this process, so that one that fails for ever is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LATE_MS = 300_000
"""A job that has not come to its end for so long, and twice its own pace, is late."""


@dataclass(slots=True)
class _Job:
    late_ms: int
    done_ms: int
    failing: bool = False


class Pace:
    """The jobs by name. Times are epoch ms; a job that never ended counts from when it was begun first."""

    def __init__(self) -> None:
        self._jobs: dict[str, _Job] = {}

    def begins(self, name: str, every_s: float, at_ms: int) -> None:
        """A job is begun."""
        self._jobs.setdefault(name, _Job(LATE_MS + int(2_000 * every_s), at_ms))

    def ends(self, name: str, good: bool, at_ms: int) -> None:
        """It came to its end, or did not."""
        job = self._jobs[name]
        job.failing = not good
        if good:
            job.done_ms = at_ms

    def told(self, now_ms: int) -> list[dict[str, Any]]:
        """All of them, for the health page; ages in seconds."""
        return [
            {"job": name, "age_s": round((now_ms - job.done_ms) / 1000, 1), "failing": job.failing,
             "late": now_ms - job.done_ms > job.late_ms}
            for name, job in self._jobs.items()
        ]  # fmt: skip
