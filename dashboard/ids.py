"""The ids of all components, in one place, so that nothing is named twice and the browser tests read them too."""

from __future__ import annotations

# The address and what is derived from it.
URL = "url"
VIEW = "view"
WORDS = "words"
PAGE_SINK = "page-sink"
VIEW_SINK = "view-sink"

# The map. PICK carries {"layer", "id", "kind": "click"|"double"|"hover", "n"} from the map.
PICK = "pick"
PICK_SINK = "pick-sink"
MAP = "map"
MAP_PANE = "map-pane"
MAP_GRAPH = "map-graph"
MAP_FIT = "map-fit"
MAP_FIGURE = "map-figure"
MAP_PANE = "map-pane"
MAP_FIT = "map-fit"
MAP_TOOLS = "map-tools"
LAYER_SWITCHES = "layer-switches"
MEASURE = "measure"
LEGEND = "legend"

# What is selected (event, unit or area): asked for by SELECTION_ASK, answered in SELECTION, drawn in DRAWER.
SELECTION_ASK = "selection-ask"
SELECTION = "selection"
SELECTION_SINK = "selection-sink"
DRAWER = "drawer"

# Search: the browser writes SEARCH_ASK, the server answers in SEARCH_FOUND.
SEARCH = "search"
SEARCH_ASK = "search-ask"
SEARCH_FOUND = "search-found"
SEARCH_SINK = "search-sink"

# The frame of the page.
SHELL = "shell"
HEADER = "header"
BANNER = "banner"
LOST = "lost"
LEFT = "left"
CENTRE = "centre"
RIGHT = "right"
TICKER = "ticker"
FILTERS = "filters"
CHIPS = "chips"

# The panels: the browser fills each from the section of the live frame that bears the same name.
KPI = "kpi"
ALL_TIME = "all-time"
CLASSES = "classes"
CURVE = "curve"
FEED = "feed"
WORST = "worst"
RANKING = "ranking"
