"""Echoes: what screens say of themselves. The beat that a screen shows comes back, so that the server knows its age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

STATES = frozenset({"live", "late", "down"})
DOINGS = frozenset({"", "alert", "touched"})
WORD_MAX = 32
NUMBER_MAX = 2**53


@dataclass(frozen=True, slots=True)
class Echo:
    """The newest beat on a screen (epoch ms of the server; 0 before the first), what the screen calls itself, the
    build that it runs, and its JavaScript heap in bytes, where the browser tells it: now and as the page had it first.

    ``loaded_ms``: when the page was loaded, by the server's clock. ``doing``: "alert" while a wall shows an alert,
    "touched" while somebody stands before it, else "".
    """

    beat_ms: int
    state: str
    build: str
    heap: int | None
    first_heap: int | None = None
    loaded_ms: int | None = None
    doing: str = ""

    def until(self, now_ms: int) -> Echo:
        """Without a beat and a moment of loading of after now: it never had them, or the clock was set back since."""
        loaded_ms = self.loaded_ms if (self.loaded_ms or 0) <= now_ms else None
        return replace(self, beat_ms=self.beat_ms if self.beat_ms <= now_ms else 0, loaded_ms=loaded_ms)


@dataclass(frozen=True, slots=True)
class Screen:
    """One open socket of a screen, for whoever looks after the screens. Times are epoch ms of this machine.

    ``address`` is "" before it asked for a view. ``age_ms``: how old what it shows is; of the last echo, or of the wait
    for the first.
    """

    account_id: int
    address: str
    opened_ms: int
    echo: Echo | None
    age_ms: int


def read_echo(message: Mapping[str, Any]) -> Echo | None:
    """The echo in a message of a screen; None where it is none."""
    beat_ms, heap, state, build = (message.get(name) for name in ("beat", "heap", "state", "build"))
    first_heap, loaded_ms, doing = message.get("heap0"), message.get("loaded"), message.get("doing", "")
    if not isinstance(state, str) or state not in STATES or not isinstance(build, str) or len(build) > WORD_MAX:
        return None
    if not isinstance(doing, str) or doing not in DOINGS:
        return None
    if not _is_number(beat_ms) or not all(n is None or _is_number(n) for n in (heap, first_heap, loaded_ms)):
        return None
    return Echo(beat_ms, state, build, heap, first_heap, loaded_ms, doing)


def _is_number(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < NUMBER_MAX
