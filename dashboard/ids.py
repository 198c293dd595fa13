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
MAP_TOOLS = "map-tools"
LAYER_SWITCHES = "layer-switches"
MEASURE = "measure"
LEGEND = "legend"

# What is selected (event, unit or area): asked for by SELECTION_ASK, answered in SELECTION, drawn in DRAWER.
SELECTION_ASK = "selection-ask"
SELECTION = "selection"
SELECTION_SINK = "selection-sink"
DRAWER = "drawer"

# The contact of a reporter: asked for by CONTACT_ASK, answered in CONTACT.
CONTACT_ASK = "contact-ask"
CONTACT = "contact"
CONTACT_SINK = "contact-sink"

# Steps of an event's life: asked for by STEP_ASK, answered in STEP.
STEP_ASK = "step-ask"
STEP = "step"
STEP_SINK = "step-sink"

# The windowed lists: the queue of the duty page; the board of units and the list behind a figure. Their windows are
# asked for at callbacks/windows.py.
DESK = "desk"
BOARD = "board"

# What leaders ask, below the first screen of the overview. Asked for at callbacks/analysis.py.
ANALYSIS = "analysis"

# Saved views of the queue: asked for, saved and forgotten by VIEWS_ASK, answered in VIEWS.
VIEWS_ASK = "views-ask"
VIEWS = "views"
VIEWS_SINK = "views-sink"

# Several events sent off at once: planned and sent by BATCH_ASK, answered in BATCH.
BATCH_ASK = "batch-ask"
BATCH = "batch"
BATCH_SINK = "batch-sink"

# Units by call sign or code that could go to an event: asked for by CANDIDATES_ASK, answered in CANDIDATES.
CANDIDATES_ASK = "candidates-ask"
CANDIDATES = "candidates"
CANDIDATES_SINK = "candidates-sink"

# Search: the browser writes SEARCH_ASK, the server answers in SEARCH_FOUND.
SEARCH = "search"
SEARCH_ASK = "search-ask"
SEARCH_FOUND = "search-found"
SEARCH_SINK = "search-sink"

# The frame of the page.
SHELL = "shell"
HEADER = "header"
BANNER = "banner"
REPLAY = "replay"
LOST = "lost"
LEFT = "left"
CENTRE = "centre"
RIGHT = "right"
TICKER = "ticker"
FILTERS = "filters"
CHIPS = "chips"
ALERTS = "alerts"
SURGES = "surges"

# The panels: the browser fills each from the section of the live frame that bears the same name.
KPI = "kpi"
ALL_TIME = "all-time"
CLASSES = "classes"
CURVE = "curve"
FEED = "feed"
WORST = "worst"
RANKING = "ranking"
COVERAGE = "coverage"
