"""Density: where open events are thick on the ground. Suspicious piles are left out unless the view asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from geodata.domain.view import MapView
from geodata.situation.briefs import Cells
from geodata.situation.situation import Situation
from layers.base import MARKS_MAX, Drawing, Feature, Json, LegendItem, MarkSlot, Slot
from layers.palette import COLOURS, Colours, swatch


@dataclass(frozen=True, slots=True)
class DensityRows:
    """Weights at points, and how many events lie on piles that are left out."""

    cells: Cells
    hidden_on_pile: int


def _style(colours: Colours) -> list[Json]:
    none, low, middle, high = colours.heat
    return [{
        "type": "heatmap",
        "paint": {
            # ``w`` is the share of the heaviest point, so that one scale serves a city and a street.
            "heatmap-weight": ["get", "w"],
            # Neighbours add up: only several heavy points together reach the top of the ramp.
            "heatmap-intensity": 0.55,
            "heatmap-radius": ["get", "r"],
            "heatmap-opacity": 0.85,
            "heatmap-color": [
                "interpolate", ["linear"], ["heatmap-density"], 0, none, 0.15, low, 0.5, middle, 1, high,
            ],
        },
    }]  # fmt: skip


class Density:
    """A heat map of open events."""

    id = "density"
    order = 40
    topics = frozenset({"events", "areas"})
    slots: Mapping[str, Slot] = MappingProxyType({
        "heat": MarkSlot({theme: _style(colours) for theme, colours in COLOURS.items()}, pick=False),
    })  # fmt: skip

    def rows(self, situation: Situation, view: MapView) -> DensityRows:
        """One point per event, or per area below where they are more than MARKS_MAX."""
        o = situation.tree.ordinal[view.area]
        cells = situation.density(o, view.filters, MARKS_MAX, view.without_piles)
        hidden = situation.event_marks(o, view.filters, 0, view.without_piles).hidden_on_pile
        return DensityRows(cells, hidden)

    def draw(self, rows: DensityRows, view: MapView) -> Drawing:
        """Properties: ``w`` share of the heaviest point (0–1), ``r`` radius in px: fewer points reach further."""
        cells = rows.cells
        # Events at one point are one point of the map, whose id is the place itself: a delta stays small.
        at: dict[tuple[float, float], float] = {}
        for lon, lat, weight in zip(cells.lon.tolist(), cells.lat.tolist(), cells.weight.tolist(), strict=True):
            place = (round(lon, 5), round(lat, 5))
            at[place] = at.get(place, 0.0) + weight
        top = max(at.values(), default=1.0) or 1.0
        radius = round(max(14.0, min(40.0, 640.0 / max(1, len(at)) ** 0.5)))
        heat: list[Feature] = [
            (f"{lon},{lat}", lon, lat, {"w": round(weight / top, 3), "r": radius}) for (lon, lat), weight in at.items()
        ]
        legend = LegendItem("density", "legend.density", "ramp", swatch("heat"))
        if left_out := rows.hidden_on_pile:
            opens = "list?figure=on_pile"
            legend = replace(legend, note="legend.note.piles", note_n=left_out, note_opens=opens)
        return Drawing(marks={"heat": heat}, legend=(legend,))


LAYER = Density()
