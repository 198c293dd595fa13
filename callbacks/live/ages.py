"""Ages: how old the newest of something is, also where the clock was set back since it was new."""

from __future__ import annotations

import time
from collections.abc import Callable


class Age:
    """The age of a moment that is replaced again and again by a newer one. Once it is not any more it ages by the
    monotonic clock, too: by the other one it would stay new until that is where it was before it was set back."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._at_ms: int | None = None
        self._since_s = 0.0

    def of(self, at_ms: int, now_ms: int) -> int:
        """How many ms ago ``at_ms`` was (both epoch ms), at least since it was asked for first."""
        passed_s = self._monotonic_s()
        if at_ms != self._at_ms:
            self._at_ms, self._since_s = at_ms, passed_s
        return max(now_ms - at_ms, int((passed_s - self._since_s) * 1000))
