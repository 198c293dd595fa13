"""The ground of the map: Plotly's style, which asks for nothing, and the base map that is laid into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from layers.base import Json
from layers.palette import COLOURS, Colours


@dataclass(frozen=True, slots=True)
class BaseTiles:
    """A city's base map: its own archive, raster or vector tiles by URL template, or none.

    ``layers`` are MapLibre layer objects for foreign vector tiles, the same in both themes.
    """

    kind: Literal["none", "archive", "raster", "vector"] = "none"
    url: str = ""
    min_zoom: int = 0
    max_zoom: int = 18
    attribution: str = ""
    layers: Sequence[Json] = ()


def plotly_style(order: Sequence[str]) -> Json:
    """Plotly's part of the style: the ground and, in this order, one invisible anchor per name.

    It has no ``glyphs`` (all text comes from local fonts) and no tiles: the first picture asks for nothing, so that no
    failed request can keep it from being drawn. Everything else is laid before its anchor by the browser, which keeps
    the order whatever comes first. Choropleths go below the anchor ``onescreen:areas``.
    """
    anchors = [
        {"id": f"onescreen:{name}", "type": "circle", "source": "onescreen:none", "layout": {"visibility": "none"}}
        for name in order
    ]
    empty = {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}}
    ground = {"id": "onescreen:ground", "type": "background", "paint": {"background-color": COLOURS["dark"].ground}}
    return {"version": 8, "name": "onescreen", "sources": {"onescreen:none": empty}, "layers": [ground, *anchors]}


def base_source(tiles: BaseTiles) -> Json | None:
    """The MapLibre source of the base map; None where there is none."""
    if tiles.kind == "none":
        return None
    source: Json = {
        "type": "raster" if tiles.kind == "raster" else "vector",
        "tiles": [tiles.url], "minzoom": tiles.min_zoom, "maxzoom": tiles.max_zoom, "attribution": tiles.attribution,
    }  # fmt: skip
    if tiles.kind == "raster":
        source["tileSize"] = 256
    return source


def base_layers(tiles: BaseTiles) -> Json:
    """``{"under": {theme: […]}, "over": {theme: […]}}``: what lies under the area colours, and what over them."""
    if tiles.kind == "none":
        return {"under": {}, "over": {}}
    if tiles.kind == "archive":
        return {
            "under": {theme: _relief(c) for theme, c in COLOURS.items()},
            "over": {theme: _water_and_roads(c) for theme, c in COLOURS.items()},
        }
    own = list(tiles.layers) if tiles.kind == "vector" else [{"type": "raster"}]
    return {"under": dict.fromkeys(COLOURS, own), "over": {}}


RELIEF_BANDS = 5
"""Heights of the demo's relief; each band lies inside the one below and lightens it a little."""


def _relief(c: Colours) -> list[Json]:
    # In one layer the bands of a multipolygon per height paint over each other: light adds up towards the tops.
    return [
        {
            "type": "fill", "source-layer": "relief",
            "paint": {"fill-color": c.relief_light, "fill-opacity": 1.0 / RELIEF_BANDS, "fill-antialias": False},
        }
    ]  # fmt: skip


def _water_and_roads(c: Colours) -> list[Json]:
    zoomed = ["interpolate", ["linear"], ["zoom"]]
    road = {"type": "line", "layout": {"line-join": "round", "line-cap": "round"}}
    return [
        {"type": "fill", "source-layer": "water", "paint": {"fill-color": c.water, "fill-opacity": 0.85}},
        {"type": "line", "source-layer": "water", "paint": {"line-color": c.water_edge, "line-width": 1.4}},
        {
            **road, "source-layer": "arterial", "minzoom": 10,
            "paint": {"line-color": c.road, "line-opacity": 0.7, "line-width": [*zoomed, 10, 0.4, 12, 0.9, 15, 4]},
        },
        {
            **road, "source-layer": "highway", "minzoom": 7,
            "paint": {"line-color": c.road_major, "line-opacity": 0.7, "line-width": [*zoomed, 7, 0.6, 11, 1.6, 15, 6]},
        },
    ]  # fmt: skip
