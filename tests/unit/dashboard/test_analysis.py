"""The drawing of the analysis: paths of the trend, changes in words, addresses, run by node without a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dashboard.words import ALL

ASSETS = Path(__file__).resolve().parents[3] / "dashboard" / "assets"
SCRIPTS = ("words.js", "format.js", "dom.js", "view.js", "analysis.js", "analysis_bar.js", "analysis_now.js",
           "analysis_period.js", "analysis_peers.js")  # fmt: skip


def run(expression: str, address: str = "/area/D1") -> Any:
    """What an expression of the page's scripts gives, on a page with this address."""
    path, _, query = address.partition("?")
    script = f"""
      globalThis.window = globalThis;
      globalThis.document = {{documentElement: {{dataset: {{lang: "zh"}}}}, addEventListener() {{}}}};
      globalThis.location = {{pathname: {json.dumps(path)}, search: {json.dumps("?" + query if query else "")},
                              origin: "http://here"}};
      for (const file of {json.dumps(SCRIPTS)}) require({json.dumps(str(ASSETS))} + "/" + file);
      onescreen.words.set({{words: {json.dumps({k: dict(v) for k, v in ALL.items()})}, states: []}});
      console.log(JSON.stringify({expression}));
    """
    said = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(said.stdout)


@pytest.mark.usefixtures("node")
def test_bars_are_as_high_as_their_counts_and_the_line_breaks_where_nothing_was_due() -> None:
    days = [["2026-11-01", "2026-11-01", 10, 5, 10], ["2026-11-02", "2026-11-02", 0, 0, 0],
            ["2026-11-03", "2026-11-03", 5, 3, 4], ["2026-11-04", "2026-11-04", 20, 4, 4]]  # fmt: skip
    drawn = run(f"onescreen.analysisPaths({json.dumps(days)}, 20)")
    assert [bar["height"] for bar in drawn["bars"]] == [50, 0, 25, 100]
    assert [bar["y"] + bar["height"] for bar in drawn["bars"]] == [100] * 4
    assert [round(bar["x"] + bar["width"] / 2) for bar in drawn["bars"]] == [75, 225, 375, 525]
    assert drawn["line"] == "M75.0 50.0M375.0 25.0L525.0 0.0"


@pytest.mark.usefixtures("node")
def test_a_change_says_which_way_and_whether_that_is_better() -> None:
    asked = [[0.9, 0.85, {"share": True, "better": "high"}], [0.1, 0.2, {"share": True, "better": "high"}],
             [0.1, 0.2, {"share": True, "better": "low"}], [5400, 3600, {"better": "low"}], [110, 100, {}],
             [7, 7, {"better": "low"}], [7, None, {}], [7, 0, {}],
             [0.5, 0, {"share": True, "better": "low"}]]  # fmt: skip
    told = run(f"{json.dumps(asked)}.map(([a, b, o]) => onescreen.analysis.change(a, b, o))")
    assert [None if one is None else (one["text"], one["way"]) for one in told] == [
        ("▲5.0", "better"), ("▼10.0", "worse"), ("▼10.0", "better"), ("▲50.0%", "worse"), ("▲10.0%", "same"),
        ("持平", "same"), None, None, ("▲50.0", "worse"),
    ]  # fmt: skip


@pytest.mark.usefixtures("node")
def test_what_is_chosen_lives_in_the_address_and_the_usual_period_does_not() -> None:
    address = "/area/D1?period=7d&classes=01&selected=event:E1"
    assert run("onescreen.view.toggled('kinds', 'grid_post')", address).endswith(
        "?classes=01&kinds=grid_post&selected=event%3AE1&period=7d"
    )
    assert run("onescreen.view.withParam('day', '2026-11-05')", address).endswith(
        "classes=01&day=2026-11-05&selected=event%3AE1&period=7d"
    )
    assert run("onescreen.view.withParam('period', '30d')", address) == "/area/D1?classes=01&selected=event%3AE1"
    assert run("onescreen.analysis.within('G 1', 'kinds', 'other')", address) == (
        "/area/G%201?classes=01&kinds=other&period=7d"
    )
    days = '{days: ["2026-11-01", "2026-11-07"]}'
    assert run(f"onescreen.analysis.listed({days}, {{sources: 'patrol'}})", address) == {
        "from": "2026-11-01", "to": "2026-11-07", "classes": "01", "sources": "patrol",
    }  # fmt: skip
