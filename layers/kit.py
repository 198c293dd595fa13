"""The kit: what the browser needs to draw any view of one city, as plain JSON. It does not depend on what happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from layers.base import Json, Layer, MarkSlot, Slot, TileSlot, TraceSlot
from layers.base_style import BaseTiles, base_layers, base_source, plotly_style
from layers.palette import COLOURS, Colours

BASE_UNDER, BASE_OVER, VEIL, ADVICE, HIGHLIGHT = "base-under", "base-over", "veil", "advice", "highlight"
PLACES = ((0, BASE_UNDER), (20, BASE_OVER), (35, VEIL), (44, ADVICE), (1000, HIGHLIGHT))
"""Where the base map, the veil over what lies outside, the ways of those who could be sent and the highlight stand
among the layers' ``order``."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive of vector tiles: the address template of its tiles and the zooms that it holds."""

    tiles: str
    min_zoom: int
    max_zoom: int


def drawing_order(layers: Sequence[Layer[Any]]) -> list[str]:
    """Names of the places from the ground up: layer ids, the two parts of the base map, veil, ways and highlight."""
    places = [*PLACES, *((layer.order, layer.id) for layer in layers)]
    return [name for _, name in sorted(places)]


def trace_slots(layers: Sequence[Layer[Any]]) -> list[tuple[str, TraceSlot]]:
    """Every TraceSlot with its address ``<layer id>/<slot name>``, in the order of Plotly's traces."""
    return [
        (f"{layer.id}/{name}", slot)
        for layer in layers
        for name, slot in layer.slots.items()
        if isinstance(slot, TraceSlot)
    ]


def figure(layers: Sequence[Layer[Any]], bbox: tuple[float, float, float, float]) -> Json:
    """The one figure that Plotly draws: every trace slot in its empty form, over the middle of the bbox."""
    west, south, east, north = bbox
    none = {"l": 0, "r": 0, "t": 0, "b": 0}
    return {
        "data": [slot.trace | {"uid": address.replace("/", "-")} for address, slot in trace_slots(layers)],
        "layout": {
            "map": {
                "style": plotly_style(drawing_order(layers)),
                "center": {"lon": (west + east) / 2, "lat": (south + north) / 2},
                "zoom": 3,
            },
            "margin": none, "autosize": True, "uirevision": "map", "showlegend": False, "hovermode": False,
            "clickmode": "none", "dragmode": "pan", "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        },
    }  # fmt: skip


def kit(
    layers: Sequence[Layer[Any]], *, build: str, levels: Sequence[str], archives: Mapping[str, Archive], base: BaseTiles
) -> Json:
    """Slots, sources and styles. ``build`` names the boundaries, ``levels`` the tile layers from the city down."""
    sources: dict[str, Json] = {
        name: {"type": "vector", "tiles": [a.tiles], "minzoom": a.min_zoom, "maxzoom": a.max_zoom}
        for name, a in archives.items()
    }
    if (source := base_source(base)) is not None:
        sources["base"] = source
    traces = {address: i for i, (address, _) in enumerate(trace_slots(layers))}
    return {
        "build": build, "levels": list(levels), "archives": sources, "base": base_layers(base),
        "slots": {
            f"{layer.id}/{name}": _slot(layer.id, slot, traces.get(f"{layer.id}/{name}", -1))
            for layer in layers for name, slot in layer.slots.items()
        },
        "ground": {theme: c.ground for theme, c in COLOURS.items()},
        "veil": {theme: _veil(c) for theme, c in COLOURS.items()},
        "advice": {theme: _advice(c) for theme, c in COLOURS.items()},
        "highlight": {theme: _highlight(c) for theme, c in COLOURS.items()},
        "pulse": {theme: list(c.urgency) for theme, c in COLOURS.items()},
    }  # fmt: skip


def _slot(layer_id: str, slot: Slot, index: int) -> Json:
    match slot:
        case TraceSlot():
            return {"kind": "trace", "layer": layer_id, "index": index, "themes": slot.themes}
        case MarkSlot():
            return {
                "kind": "marks", "layer": layer_id, "styles": slot.styles, "icons": slot.icons,
                "pulse": slot.pulse, "pick": slot.pick,
            }  # fmt: skip
        case TileSlot():
            return {
                "kind": "tiles", "layer": layer_id, "archive": slot.archive, "steps": slot.steps,
                "appears": list(slot.appears),
            }  # fmt: skip


def _veil(c: Colours) -> list[Json]:
    return [
        {"type": "fill", "paint": {"fill-color": c.ground, "fill-opacity": 0.6, "fill-antialias": False}},
        {"type": "line", "paint": {"line-color": c.line_current, "line-width": 1.8, "line-opacity": 0.9}},
    ]


def _advice(c: Colours) -> list[Json]:
    """Ways of those who could be sent: by road drawn through, in a straight line with gaps; the chosen one is wide. A
    seam in the colour of the ground sets them off from borders and roads."""
    way, chosen, road = ["==", ["get", "kind"], "way"], ["==", ["get", "chosen"], 1], ["==", ["get", "road"], 1]
    line = {"line-cap": "round", "line-join": "round", "line-sort-key": ["get", "chosen"]}
    wide, colour = ["case", chosen, 4, 2], {"line-color": c.name}
    return [
        {
            "type": "line", "filter": ["all", way, road], "layout": line,
            "paint": {"line-color": c.halo, "line-width": ["+", wide, 3], "line-opacity": 0.8},
        },
        {"type": "line", "filter": ["all", way, road], "layout": line, "paint": {**colour, "line-width": wide}},
        {
            "type": "line", "filter": ["all", way, ["!", road]], "layout": line,
            "paint": {**colour, "line-width": wide, "line-dasharray": [1.5, 2]},
        },
        {
            "type": "circle", "filter": ["==", ["get", "kind"], "unit"],
            "paint": {
                "circle-radius": ["case", chosen, 11, 8], "circle-color": "rgba(0,0,0,0)",
                "circle-stroke-color": c.line_current, "circle-stroke-width": ["case", chosen, 2.6, 1.2],
            },
        },
    ]  # fmt: skip


def _highlight(c: Colours) -> list[Json]:
    kind = ["get", "kind"]
    selected = ["==", kind, "selected"]
    return [
        {
            "type": "fill", "filter": ["!=", kind, "mark"],
            "paint": {"fill-color": c.line_current, "fill-opacity": ["case", selected, 0.12, 0.08]},
        },
        {
            "type": "line", "filter": ["!=", kind, "mark"], "layout": {"line-join": "round"},
            "paint": {"line-color": c.line_current, "line-width": ["case", selected, 2.6, 1.6]},
        },
        {
            "type": "circle", "filter": ["==", kind, "mark"],
            "paint": {
                "circle-radius": 14, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": c.outline,
                "circle-stroke-width": 2,
            },
        },
    ]  # fmt: skip
