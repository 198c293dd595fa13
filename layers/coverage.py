"""Patrol coverage: the children by their coverage rate in the shift that runs; grids by the hours since their walk.

A shift that runs is not judged: its rates are steps of one hue, from little to much. Hours are five colours from bad to
good. Each has its own lines in the legend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from geodata.domain.areas import AreaTree
from geodata.domain.view import MapView
from geodata.situation.situation import Situation
from layers.base import Drawing, Json, LegendItem, Slot, TraceSlot
from layers.palette import COLOURS, swatch

SHARES = ("p0", "p20", "p40", "p60", "p80")
STEPS = ("none", "red", "orange", "yellow", "blue", "green", *SHARES)
"""The colours by ``z``: unknown, then of hours from bad to good, then of rates by fifths."""
HOURS: tuple[tuple[float, str], ...] = ((8, "green"), (24, "blue"), (48, "yellow"), (72, "orange"))
"""Walked within so many hours; beyond the last it is red, and so is what was never walked where others were."""
EMPTY: Json = {
    "type": "choroplethmap", "visible": False, "locations": [], "z": [], "zmin": 0, "zmax": len(STEPS),
    "featureidkey": "id", "geojson": "", "below": "onescreen:coverage", "hoverinfo": "skip", "showscale": False,
    "autocolorscale": False,
}  # fmt: skip


def _theme(colours: Sequence[str], opacity: float) -> Json:
    n = len(colours)
    scale = [[(i + k) / n, colour] for i, colour in enumerate(colours) for k in (0, 1)]
    return {"colorscale": scale, "marker.opacity": opacity, "marker.line.width": 0}


@dataclass(frozen=True, slots=True)
class Covered:
    """The colour of each area, by ordinal; ``grids``: they are grids, by hours, else areas, by rate."""

    tree: AreaTree
    ordinals: tuple[int, ...]
    colours: tuple[str, ...]
    grids: bool
    outlines_of: str


def rate_text(situation: Situation, o: int) -> str:
    """What a label says of an area: its coverage rate, or of a grid the hours since it was walked; "" if unknown."""
    if situation.tree.is_leaf(o):
        hours = situation.walks.hours(o, situation.now_ms)
        if hours is None:
            return ""
        return "<1 h" if hours < 1 else f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} d"
    here = situation.coverage(o)
    return f"{100 * here.covered / here.due:.0f}%" if here.due and here.known else ""


def colour_by_hours(hours: float | None) -> str:
    """The colour of a grid that was walked so many hours ago, None: never."""
    return "red" if hours is None else next((colour for within, colour in HOURS if hours <= within), "red")


def colour_by_rate(covered: int, due: int) -> str:
    """The colour of an area in a shift that runs: in which fifth its rate lies."""
    return SHARES[min(len(SHARES) - 1, len(SHARES) * covered // due)] if due else "none"


class CoverageLayer:
    """The choropleth of patrol coverage."""

    id = "coverage"
    order = 12
    topics = frozenset({"walks", "areas", "minute"})
    slots: Mapping[str, Slot] = MappingProxyType({
        "fill": TraceSlot(EMPTY, {
            "dark": _theme((*COLOURS["dark"].five, *COLOURS["dark"].shares), 0.95),
            "light": _theme((*COLOURS["light"].five, *COLOURS["light"].shares), 0.90),
        }),
    })  # fmt: skip

    def rows(self, situation: Situation, view: MapView) -> Covered:
        """As many areas as the one that is shown has children; a grid shows itself."""
        tree = situation.tree
        o = tree.ordinal[view.area]
        leaf = tree.is_leaf(o)
        shown = (o,) if leaf else tuple(tree.children(o).tolist())
        known = situation.coverage(o).known
        colours = tuple(self._colour(situation, i) if known else "none" for i in shown)
        return Covered(tree, shown, colours, all(tree.is_leaf(i) for i in shown), view.area)

    def _colour(self, situation: Situation, o: int) -> str:
        if situation.tree.is_leaf(o):
            return colour_by_hours(situation.walks.hours(o, situation.now_ms))
        here = situation.coverage(o)
        return colour_by_rate(here.covered, here.due)

    def draw(self, rows: Covered, view: MapView) -> Drawing:
        """One polygon per area."""
        title = "legend.coverage.hours" if rows.grids else "legend.coverage.rate"
        legend = [LegendItem("title", title, "ramp", swatch("five-green" if rows.grids else "five-p80"))]
        for colour in reversed(STEPS[1:6] if rows.grids else SHARES):
            text = f"legend.coverage.hours.{colour}" if rows.grids else f"legend.coverage.rate.{colour}"
            legend.append(LegendItem(colour, text, "square", swatch(f"five-{colour}")))
        if "none" in rows.colours:
            legend.append(LegendItem("none", "legend.coverage.none", "square", swatch("five-none")))
        fill: Json = {
            "visible": True,
            "locations": [rows.tree.areas[i].code for i in rows.ordinals],
            "z": [STEPS.index(colour) + 0.5 for colour in rows.colours],
            "geojson": rows.outlines_of,
        }
        return Drawing(traces={"fill": fill}, legend=legend)


LAYER = CoverageLayer()
