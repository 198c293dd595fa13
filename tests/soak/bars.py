"""The bars of the soak, by measure: for an hour, and for the five minutes among the tests."""

from __future__ import annotations

from collections.abc import Mapping

from tests.soak.slopes import Bar
from tests.soak.soak import Plan

HOUR = Plan(lasts_s=4200, warm_up_s=1200, block_s=90, every_s=10, dwell_s=15)
SHORT = Plan(lasts_s=300, warm_up_s=60, block_s=30, every_s=5, dwell_s=10)

STEADY: Mapping[str, Bar] = {
    "sources": Bar(more=0), "layers": Bar(more=0), "loads": Bar(more=0), "heard": Bar(more=4),
    "listeners": Bar(more=20), "nodes": Bar(most=4_000), "files": Bar(more=4), "threads": Bar(more=4),
    "wal": Bar(most=64),
}  # fmt: skip
"""What is counted, and the log. A listener that each redraw leaves behind is hundreds in five minutes."""
BARS: Mapping[str, Bar] = {**STEADY, "heap": Bar(per_h=1), "rss": Bar(per_h=2)}
"""An hour: what is asked of the product."""
SHORT_BARS: Mapping[str, Bar] = {**STEADY, "heap": Bar(per_h=10), "rss": Bar(per_h=200)}
"""Five minutes: what they can tell."""
PLANTED = Plan(lasts_s=50, warm_up_s=10, block_s=8, every_s=2, dwell_s=10)
