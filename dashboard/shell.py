"""The one shell of all pages: empty containers of fixed size that the browser fills from the live frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from dashboard import ids
from dashboard.pages import SIDES, Panel, city_facts
from geodata.domain.catalogue import Catalogue
from geodata.domain.focus import LOOKS, Focus, Look

RESCUE = """
setInterval(function () {
  if (window.onescreen && window.onescreen.started) return;
  fetch(location.href, {cache: "no-store", signal: AbortSignal.timeout(20000)}).then(function (answer) {
    return answer.ok ? answer.text() : "";
  }).then(function (page) {
    if (page.indexOf("react-entry-point") >= 0) location.reload();
  }).catch(function () {});
}, 30000);
"""
"""Stands in the page itself: where a script of it did not come (a proxy's 502 in its place), nothing else would run.
Only a page of ours is loaded: in a proxy's own, good or bad, nobody would try any more."""
STILL = """
(function () {
  var still = null;
  try {
    still = sessionStorage.getItem("still");
    sessionStorage.removeItem("still");
  } catch (error) {}
  if (!still) return;
  var frame = document.createElement("iframe");
  frame.id = "still";
  frame.setAttribute("sandbox", "allow-same-origin");
  frame.style.cssText = "position:fixed;inset:0;width:100%;height:100%;border:0;z-index:2147483647;pointer-events:none";
  frame.style.visibility = "visible";
  frame.srcdoc = still;
  var root = document.documentElement;
  root.style.visibility = "hidden";
  frame.onload = function () { root.style.visibility = ""; };
  document.body.appendChild(frame);
  setTimeout(function () { frame.onload(); frame.remove(); }, 20000);
})();
"""
"""First of all in a page that a wall loads anew: how the one before looked (assets/wall_fresh.js), 20 s at most.
It runs no script. Until it stands nothing of the page behind it is shown."""
INDEX = """<!DOCTYPE html>
<html lang="zh-CN" data-page="area" data-theme="dark" data-lang="zh">
  <head>
    <script>$rescue</script>
    {%metas%}
    <title>{%title%}</title>
    {%favicon%}
    {%css%}
  </head>
  <body>
    <script>$still</script>
    {%app_entry%}
    <footer hidden>{%config%}{%scripts%}{%renderer%}</footer>
  </body>
</html>""".replace("$rescue", RESCUE).replace("$still", STILL)


def shell(
    catalogue: Catalogue, layer_ids: Sequence[str], map_pane: Any, me: Mapping[str, Any],
    looks: Mapping[Focus, Look] = LOOKS,
) -> html.Div:  # fmt: skip
    """The layout. Which page, language and theme it shows stands in the address (assets/view.js).

    ``me``: who looks at it (``callbacks.navigation.me``). ``looks``: what theme screens show in this city.
    """
    first = html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False),
            *_stores(city_facts(catalogue, layer_ids, looks) | {"me": dict(me)}),
            html.A(href=f"#{ids.CENTRE}", className="skip"),
            html.Header(id=ids.HEADER),
            html.Div(id=ids.BANNER, hidden=True),
            html.Div(id=ids.REPLAY, hidden=True),
            html.Div(id=ids.LOST),
            html.Div(
                [
                    html.Aside(id=ids.DESK),
                    html.Aside(id=ids.BOARD),
                    _side(ids.LEFT, SIDES[ids.LEFT]),
                    html.Main(_map(map_pane), id=ids.CENTRE, tabIndex="-1"),
                    _side(
                        ids.RIGHT, SIDES[ids.RIGHT], html.Section(id=ids.ALERTS, className="alerts", hidden=True),
                        html.Section(id=ids.SURGES, className="surges", hidden=True),
                    ),
                ],
                className="body",
            ),
            html.Footer(id=ids.TICKER),
        ],
        id=ids.SHELL,
    )
    return html.Div([first, html.Div(id=ids.ANALYSIS, hidden=True)])


def _stores(facts: dict[str, Any]) -> list[dcc.Store]:
    answered = (
        ids.VIEW, ids.PICK, ids.SELECTION_ASK, ids.SELECTION, ids.CONTACT_ASK, ids.CONTACT, ids.STEP_ASK,
        ids.STEP, ids.SEARCH_ASK, ids.SEARCH_FOUND,
        ids.VIEWS_ASK, ids.VIEWS, ids.BATCH_ASK, ids.BATCH, ids.CANDIDATES_ASK, ids.CANDIDATES,
    )  # fmt: skip
    sinks = (
        ids.PAGE_SINK, ids.VIEW_SINK, ids.PICK_SINK, ids.SELECTION_SINK, ids.CONTACT_SINK, ids.STEP_SINK,
        ids.SEARCH_SINK, ids.VIEWS_SINK, ids.BATCH_SINK, ids.CANDIDATES_SINK,
    )  # fmt: skip
    return [dcc.Store(id=ids.WORDS, data=facts), *(dcc.Store(id=name) for name in (*answered, *sinks))]


def _side(side: str, panels: Sequence[Panel], *above: Any) -> html.Aside:
    return html.Aside([*above, *(_panel(p) for p in panels)], id=side, className="side")


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
