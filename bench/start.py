"""P8: from the command to a live full-size map, the first time and again."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from bench.screen import ROOT, answering, chromium, demo, free_port, live_map, step_in

FOLDER = ROOT / "data" / "bench-start"
METHOD = (
    "`app.py demo` as `make run` starts it, dependencies installed; the clock runs from the start of the command until "
    "a waiting headless Chromium (software GL, same machine) has stepped into the leader's role by one click and shows "
    "the city's page live with its choropleth drawn and nothing left to draw"
)


def seconds_to_live_map(data: Path) -> float:
    """Start the demo on this folder, open its page, end it."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        began = time.perf_counter()
        with demo(data, free_port()) as base:
            answering(base)
            step_in(page, base)
            live_map(page)
            return time.perf_counter() - began


def figures() -> dict[str, dict[str, Any]]:
    """P8.first on an empty folder, P8.again on the one it left."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    first = seconds_to_live_map(FOLDER)
    again = seconds_to_live_map(FOLDER)
    shutil.rmtree(FOLDER, ignore_errors=True)
    return {
        "P8.first": {"value": round(first, 1), "unit": "s", "bar": 90, "better": "lower", "method": METHOD,
                     "peer": f"the same start again: {again:.1f} s"},
        "P8.again": {"value": round(again, 1), "unit": "s", "bar": 5, "better": "lower",
                     "method": METHOD + "; the folder is built", "peer": f"the first start: {first:.1f} s"},
    }  # fmt: skip
