"""The full Plotly figure of what one live picture shows: what a screen without the push is sent each time."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def figure_of(full: Json, outlines: Json) -> Json:
    """One trace per slot: the choropleth with the outlines in it, and the marks as lists of coordinates."""
    data = [choropleth(props, outlines) for props in full["traces"].values()]
    data += [points(slot, change["all"]) for slot, change in full["marks"].items()]
    style = {"version": 8, "sources": {"none": {"type": "geojson", "data": {"type": "Point", "coordinates": [0, 0]}}}}
    layout = {
        "map": {"style": {**style, "layers": [{"id": "ground", "type": "background"}]}, "zoom": 8},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "showlegend": False, "uirevision": "keep",
    }  # fmt: skip
    return {"data": data, "layout": layout}


def choropleth(props: Json, outlines: Json) -> Json:
    """The coloured children with their polygons."""
    return {**props, "type": "choroplethmap", "geojson": outlines, "below": ""}


def points(slot: str, marks: list[Any]) -> Json:
    """The marks of one slot, each with its id and what its style and its tooltip need."""
    return {
        "type": "scattermap", "mode": "markers", "name": slot,
        "lon": [m[1] for m in marks], "lat": [m[2] for m in marks],
        "customdata": [[m[0], *m[3].values()] for m in marks], "marker": {"size": 7},
    }  # fmt: skip
