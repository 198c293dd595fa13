"""The one shell of all pages: empty containers of fixed size that the browser fills from the live frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard import ids
from dashboard.pages import SIDES, Panel, city_facts
from geodata.domain.catalogue import Catalogue

INDEX = """<!DOCTYPE html>
<html lang="zh-CN" data-page="area" data-theme="dark" data-lang="zh">
  <head>
    {%metas%}
    <title>{%title%}</title>
    {%favicon%}
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer hidden>{%config%}{%scripts%}{%renderer%}</footer>
  </body>
</html>"""


def shell(catalogue: Catalogue, layer_ids: Sequence[str], map_pane: Any) -> html.Div:
    """The layout. Which page, language and theme it shows stands in the address (assets/view.js)."""
    return html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False),
            *_stores(city_facts(catalogue, layer_ids)),
            html.A(href=f"#{ids.CENTRE}", className="skip"),
            html.Header(id=ids.HEADER),
            html.Div(id=ids.BANNER, role="alert", hidden=True),
            html.Div(id=ids.LOST),
            html.Div(
                [
                    _side(ids.LEFT, SIDES[ids.LEFT]),
                    html.Main(_map(map_pane), id=ids.CENTRE, tabIndex="-1"),
                    _side(ids.RIGHT, SIDES[ids.RIGHT]),
                ],
                className="body",
            ),
            html.Footer(id=ids.TICKER),
        ],
        id=ids.SHELL,
    )


def _stores(facts: dict[str, Any]) -> list[dcc.Store]:
    answered = (ids.VIEW, ids.PICK, ids.SELECTION_ASK, ids.SELECTION, ids.SEARCH_ASK, ids.SEARCH_FOUND)
    sinks = (ids.PAGE_SINK, ids.VIEW_SINK, ids.PICK_SINK, ids.SELECTION_SINK, ids.SEARCH_SINK)
    return [dcc.Store(id=ids.WORDS, data=facts), *(dcc.Store(id=name) for name in (*answered, *sinks))]


def _side(side: str, panels: Sequence[Panel]) -> html.Aside:
    return html.Aside([_panel(p) for p in panels], id=side, className="side")


def _panel(panel: Panel) -> html.Section:
    only = {} if panel.on_wall else {"data-extra": "1"}
    return html.Section(id=panel.id, className=f"panel panel-{panel.id}", **{"aria-busy": "true", **only})


def _map(map_pane: Any) -> list[Any]:
    switches = html.Div(id=ids.LAYER_SWITCHES, className="switches", role="group")
    left = html.Div([html.Div(id=ids.FILTERS, className="filters"), html.Div(id=ids.CHIPS)], className="tools-left")
    right = html.Div([html.Div(id=ids.MEASURE, className="measure"), switches], className="tools-right")
    return [
        map_pane,
        html.Div([left, right], id=ids.MAP_TOOLS, **{"data-map-top": "1"}),
        html.Div(id=ids.LEGEND, hidden=True),
        html.Aside(id=ids.DRAWER, hidden=True),
    ]
