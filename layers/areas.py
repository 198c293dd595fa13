"""Areas: the children of the area that is shown, coloured by the measure that was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from geodata.domain.view import MapView
from geodata.situation.situation import Situation
from layers.base import Drawing, Json, LegendItem, Slot, TraceSlot
from layers.child_values import ChildValues, child_values
from layers.palette import COLOURS, Colours, swatch

EMPTY: Json = {
    "type": "choroplethmap", "visible": False, "locations": [], "z": [], "zmin": 0, "zmax": 1, "featureidkey": "id",
    "geojson": "", "below": "onescreen:areas", "hoverinfo": "skip", "showscale": False, "autocolorscale": False,
}  # fmt: skip


def _theme(colours: Colours, opacity: float) -> Json:
    return {
        "colorscale": [[0, colours.fill_low], [1, colours.fill_high]],
        "marker.opacity": opacity,
        # Lines come from the tiles of the boundaries layer, so that no border is drawn twice.
        "marker.line.width": 0,
    }


class Areas:
    """The choropleth."""

    id = "areas"
    order = 10
    topics = frozenset({"events", "units", "areas", "clock"})
    slots: Mapping[str, Slot] = MappingProxyType({
        "fill": TraceSlot(EMPTY, {"dark": _theme(COLOURS["dark"], 0.92), "light": _theme(COLOURS["light"], 0.85)}),
    })  # fmt: skip

    def rows(self, situation: Situation, view: MapView) -> ChildValues:
        """The children's values: as many as the area has children."""
        return child_values(situation, view)

    def draw(self, rows: ChildValues, view: MapView) -> Drawing:
        """One polygon per child, from 0 (lowest colour) to ``scale_max`` (highest)."""
        legend = (LegendItem("measure", f"legend.areas.{view.measure.value}", "ramp", swatch("fill-high")),)
        if not rows.values:
            return Drawing(traces={"fill": {}}, legend=legend)
        fill: Json = {
            "visible": True,
            "locations": [rows.tree.areas[i].code for i in rows.ordinals],
            "z": list(rows.values),
            "zmax": rows.scale_max or 1.0,
            "geojson": rows.outlines_of,
        }
        return Drawing(traces={"fill": fill}, legend=legend)


LAYER = Areas()
