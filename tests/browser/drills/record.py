"""The record of a run of drills: its seconds, in a file where ``ONESCREEN_DRILL_RECORD`` names one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

FULL = os.environ.get("ONESCREEN_DRILL") == "full"
"""Whether absences are lived through; otherwise the page's own clock is moved on."""


def keep(drill: str, seconds: Mapping[str, float]) -> None:
    """Keep the seconds of a drill."""
    if name := os.environ.get("ONESCREEN_DRILL_RECORD"):
        path = Path(name)
        held = json.loads(path.read_text("utf-8")) if path.exists() else {}
        path.write_text(json.dumps({**held, drill: dict(seconds)}, indent=1), "utf-8")
