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
    """A Plotly trace that always exists: ``trace`` is its empty form, with ``type`` and ``visible=False``.

    ``themes[theme]`` are the properties that depend on the theme only, so that a frame is the same in both. Where a
    drawing gives ``geojson``, it is the code of an area: the browser takes the outlines of that area's children.
    """

    trace: Json
    themes: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MarkSlot:
    """A GeoJSON source of our own on Plotly's map and the MapLibre layers that draw it, in both themes.

    ``styles[theme]`` is a list of MapLibre layer objects without ``id`` and ``source``; features carry string ids in
    ``id`` and what the style needs in their properties. ``icons[theme]`` are the pictures the styles name (see
    ``layers.palette``). ``pulse`` asks the client to draw one ring around each added feature. ``pick`` says whether a
    click on a feature of it is a pick.
    """

    styles: Mapping[str, Sequence[Json]]
    icons: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    pulse: bool = False
    pick: bool = True


@dataclass(frozen=True, slots=True)
class TileSlot:
    """Vector tiles that are served with the city: the lines of every level, weighted by their distance from the area.

    ``steps[theme]`` are MapLibre layer objects without ``id`` and ``source``: the first for levels above the area that
    is shown, then one for each step from the area itself (0) downwards; deeper levels take the last one.
    ``appears[i]`` is how far, in zoom levels beyond the picture that fills the pane, the map must be zoomed in before
    step ``i`` is drawn. The levels are the tile layers ``l0``, ``l1``, ….
    """

    archive: str
    steps: Mapping[str, Sequence[Json]]
    appears: Sequence[float]


Slot = TraceSlot | MarkSlot | TileSlot


@dataclass(frozen=True, slots=True)
class LegendItem:
    """A line of the legend: a swatch (``shape`` and ``color``), its words, and how many of it are shown.

    ``text`` and ``note`` are keys of ``dashboard.words_map``, which the push translates; in the words of ``note``
    ``{n}`` stands for ``note_n``, e.g. "3,900 more are counted in the area colours". ``of`` is the whole that
    ``count`` is a part of, where both are shown. ``color`` is a CSS colour, ``shape`` a name of ``palette.SHAPES``.
    ``opens``, ``of_opens`` and ``note_opens`` say which list stands behind each of the three numbers: a page and its
    query, e.g. "list?figure=open&urgencies=1", which the browser completes with the area and the filters of the view.
    What a note leaves out cannot be told from the rest outside the map: it opens the whole list that ``opens`` does.
    """

    key: str
    text: str
    shape: str
    color: str
    count: int | None = None
    note: str = ""
    note_n: int | None = None
    of: int | None = None
    opens: str = ""
    of_opens: str = ""
    note_opens: str = ""


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

    ``topics`` ⊆ {"events", "units", "areas", "clock", "surges", "walks", "minute"}: the changes that make it stale;
    none for static tiles.
    """

    id: str
    order: int
    topics: frozenset[str]
    slots: Mapping[str, Slot]

    def rows(self, situation: Situation, view: MapView) -> R:
        """What to draw, read once."""
        ...

    def draw(self, rows: R, view: MapView) -> Drawing:
        """The drawing of these rows."""
        ...
