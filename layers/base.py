"""What a layer is. One file in this folder is one layer; ``layers.registry`` finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from geodata.domain.view import MapView
from geodata.situation.situation import Situation

Json = dict[str, Any]
Feature = tuple[str, float, float, Json]
MARKS_MAX = 2000
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class TraceSlot:
    """A Plotly trace that always exists: ``trace`` is its empty form, with ``type`` and ``visible=False``."""

    trace: Json


@dataclass(frozen=True, slots=True)
class MarkSlot:
    """A GeoJSON source of our own on Plotly's map and the MapLibre layers that draw it, in both themes.

    ``styles[theme]`` is a list of MapLibre layer objects without ``source``; features carry string ids in ``id`` and
    what the style needs in their properties. ``pulse`` asks the client to draw one ring around each added feature.
    ``pick`` says whether a click on a feature of it is a pick.
    """

    styles: Mapping[str, Sequence[Json]]
    pulse: bool = False
    pick: bool = True


@dataclass(frozen=True, slots=True)
class LegendItem:
    """A line of the legend: a swatch (``shape`` and ``color``), its words, and how many of it are shown.

    ``note`` says what is not drawn one by one, e.g. "3,900 more are counted in the area colours".
    """

    key: str
    text: str
    shape: str
    color: str
    count: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a layer shows now.

    ``marks``: per MarkSlot the features (id, lon, lat, properties), at most MARKS_MAX each. ``traces``: per TraceSlot
    the Plotly properties that differ from the slot's empty form. The live delta is derived from two Drawings.
    """

    marks: Mapping[str, Sequence[Feature]] = field(default_factory=dict)
    traces: Mapping[str, Json] = field(default_factory=dict)
    legend: Sequence[LegendItem] = ()


class Layer(Protocol[R]):
    """A layer: ``rows`` is the only reader of the situation and is bounded; ``draw`` is pure.

    ``topics`` ⊆ {"events", "units", "areas", "clock"}: the changes that make it stale. A layer of static tiles has no
    slots and gives ``tile_styles`` instead.
    """

    id: str
    order: int
    topics: frozenset[str]
    slots: Mapping[str, TraceSlot | MarkSlot]

    def rows(self, situation: Situation, view: MapView) -> R:
        """What to draw, read once."""
        ...

    def draw(self, rows: R, view: MapView) -> Drawing:
        """The drawing of these rows."""
        ...
