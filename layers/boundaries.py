"""Boundaries: the lines of every level from the city's vector tiles. Nothing of it depends on what happens."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from geodata.domain.view import MapView
from geodata.situation.situation import Situation
from layers.base import Drawing, Json, Slot, TileSlot
from layers.palette import COLOURS, Colours

WEIGHTS: tuple[tuple[float, float, float], ...] = (
    (2.0, 0.85, 0.0),
    (1.8, 0.80, 0.0),
    (1.1, 0.70, 0.0),
    (0.7, 0.45, 0.9),
    (0.5, 0.35, 2.0),
)
"""Per step (above the area that is shown, the area itself, its children, …): width px, opacity, and how many zoom
levels beyond the fitted picture the line appears. Deeper levels stay away until somebody comes close: a calm picture
first."""


def _steps(colours: Colours) -> list[Json]:
    return [
        {
            "type": "line",
            "layout": {"line-join": "round"},
            "paint": {
                "line-color": colours.line_current if step == 1 else colours.line,
                "line-width": width,
                "line-opacity": opacity,
            },
        }
        for step, (width, opacity, _) in enumerate(WEIGHTS)
    ]


class Boundaries:
    """Static lines; the browser weighs them by their distance from the area that is shown."""

    id = "boundaries"
    order = 30
    topics: frozenset[str] = frozenset()
    slots: Mapping[str, Slot] = MappingProxyType({
        "lines": TileSlot(
            "areas", {theme: _steps(colours) for theme, colours in COLOURS.items()}, [w[2] for w in WEIGHTS]
        ),
    })  # fmt: skip

    def rows(self, situation: Situation, view: MapView) -> None:
        """Nothing is read."""

    def draw(self, rows: None, view: MapView) -> Drawing:
        """Nothing that changes."""
        return Drawing()


LAYER = Boundaries()
