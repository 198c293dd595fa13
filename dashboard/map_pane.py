"""The map's pane: Plotly's graph, what the browser draws on it, and the corner that says whose map it is."""

from __future__ import annotations

import json
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from geodata.domain.catalogue import Catalogue

Json = dict[str, Any]
CONFIG: Json = {
    "scrollZoom": True, "displayModeBar": False, "displaylogo": False, "responsive": True, "doubleClick": False,
}  # fmt: skip


def map_kit(kit: Json, catalogue: Catalogue) -> Json:
    """The kit of ``layers.kit`` with what the tooltips say of an event and the ids that map*.js needs."""
    subtypes = {
        "zh": {s.code: s.name_zh for s in catalogue.subtypes.values()},
        "en": {s.code: s.name_en for s in catalogue.subtypes.values()},
    }
    return kit | {"subtypes": subtypes, "ids": {"pick": ids.PICK}}


def map_pane(figure: Json, kit: Json, *, approval_number: str = "", attribution: str = "") -> Component:
    """The pane. ``figure`` is drawn once; what is shown comes through the live push."""
    corner = [
        html.Span([html.Span("审图号", lang="zh"), f" {approval_number}"]) if approval_number else None,
        html.Span(attribution) if attribution else None,
    ]
    return html.Div(
        [
            dcc.Graph(id=ids.MAP_GRAPH, className="map-graph", figure=figure, config=CONFIG, responsive=True),
            html.Button("⤢", id=ids.MAP_FIT, className="map-fit", type="button"),
            html.Div([part for part in corner if part is not None], className="map-corner"),
        ],
        id=ids.MAP_PANE,
        className="map-pane",
        tabIndex="-1",
        **{"data-kit": json.dumps(kit, ensure_ascii=False, separators=(",", ":"))},
    )
