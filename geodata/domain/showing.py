"""Showing: what a desk makes a wall show. A view is pushed 推送, the picture held 定住, or it mirrors 镜像 the desk.

The newest order stands: whoever pushes to a held wall ends the hold, and whoever holds a mirror ends the mirror.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from geodata.domain.events import OPEN
from geodata.domain.view import MapView

MINUTE_MS = 60_000
SILENT_MS = MINUTE_MS
"""A mirror whose desk says nothing for so long ends by itself."""
LEFT_MS = 15_000
"""A desk's page that goes may come back within this: it was loaded anew."""
DESK_MAX = 32
SPANS: Mapping[str, int | None] = MappingProxyType({"15": 15, "60": 60, "open": None})
"""For how long, in minutes; None: until it is released."""
USUAL_SPAN = "15"


class Kind(StrEnum):
    """How a wall comes to show what it shows."""

    PUSH = "push"
    HOLD = "hold"
    MIRROR = "mirror"


@dataclass(frozen=True, slots=True)
class Shown:
    """One wall shows an address of a wall by order of a desk. ``until_ms``: None until it is released.

    ``login`` gave the order, as the holder of ``role`` in ``area`` (codes); a mirror follows its page ``desk``.
    """

    kind: Kind
    address: str
    login: str
    role: str
    area: str
    since_ms: int
    until_ms: int | None
    desk: str = ""

    def on(self, now_ms: int) -> bool:
        """Whether it stands at this moment."""
        return self.until_ms is None or now_ms < self.until_ms


def wall_form(view: MapView, lang: str) -> MapView:
    """A view as walls show it: same area, layers, measure, filters, event, time; without what only desks have.

    A wall's own address stays as it is. From a desk the wall takes neither colours nor language (``lang``: its own).
    """
    if view.page == "wall":
        return view
    own = MapView(view.area, "wall")
    states = tuple(state for state in view.filters.states if state in OPEN)
    return replace(
        view, page="wall", filters=replace(view.filters, text="", states=states), lang=lang, theme=own.theme,
        selected=view.selected if view.selected.startswith("event:") else "", order=own.order, period=own.period,
        rank=own.rank,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Socket:
    """What is known of a screen's open sockets; of several, of the one that shows the oldest picture.

    ``state``: live, late, down, or "" before it said so. Times are epoch ms, sizes bytes; None where the browser does
    not tell. ``first_heap`` as the page had it in the beginning, ``loaded_ms`` when it was loaded; ``doing``: "alert"
    while an alert is shown, "touched" while somebody stands before it, else "".
    """

    count: int
    address: str
    state: str
    beat_ms: int
    opened_ms: int
    build: str = ""
    heap: int | None = None
    first_heap: int | None = None
    loaded_ms: int | None = None
    doing: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A screen as a process saw it last, ``at_ms``; with ``socket.count`` 0 it has left, and the rest is how it was."""

    at_ms: int
    socket: Socket
