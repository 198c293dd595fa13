"""The table of what heals by itself, from the record of a run: ``python -m tests.browser.drills.table RECORD PAGE``."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

BACK = ("valid again", "live", "month", "forward", "back")
Seconds = Mapping[str, Mapping[str, float]]
BEGIN, END = "<!-- drills -->", "<!-- /drills -->"
ROWS: Sequence[tuple[str, str, str]] = (
    ("restart", "the server is killed and started again", "amber"),
    ("away 30 s", "the server is away for 30 s", "amber, then the banner: no line to the server, last good time"),
    ("away 4 min", "… for 4 min", "the same"),
    ("away 1 h", "… for 1 h (by the page's own clock, moved on in steps of 20 s)", "the same"),
    ("hanging server", "the server hangs (SIGSTOP)", "the same"),
    ("proxy: an error page", "a proxy answers 502 with a page", "the same; the page stays"),
    ("proxy: a page that calls itself good", "a proxy answers 200 with a page of its own", "the same; the page stays"),
    ("cable", "a cable is pulled: nothing comes, nobody says so", "the same"),
    ("flapping", "the line is cut every second", "amber where it lasts"),
    ("upgrade", "the server is upgraded, assets changed", "loads itself anew, at a moment of its own within 20 s"),
    ("ended link", "the screen's link is ended; then valid again, or another one opened", "banner: what to do"),
    ("poisoned frames", "bad JSON, 50 MB, another version, wrong numbers and times …", "nothing: dropped, asked anew"),
    ("sleep, line held", "the page stands still, its line held", "nothing old as live"),
    ("sleep, line lost", "the page stands still, its line lost", "amber at once"),
    ("sleep without own time", "the machine sleeps, its own time stands still", "amber at once"),
    ("clock wrong by -1 day", "the screen's clock is a day slow, then set right", "ages by the server's clock"),
    ("clock wrong by +1 day", "the screen's clock is a day fast, then set right", "ages by the server's clock"),
    ("WebGL context lost", "the map's graphics are lost and come back", "said on the map; the panels go on"),
    ("panel that cannot draw", "a panel throws", "named on the panel; the others go on"),
    ("layer that cannot draw", "a layer throws", "named on the map; the others go on"),
    ("locked database", "another process locks the database", "amber: nothing can be written"),
    (
        "full disk",
        "the server's disk is full; records are answered 507",
        "amber, banner: the disk is full; the picture stays",
    ),
    (
        "stopped database",
        "PostgreSQL is stopped and started again",
        "amber, banner: the server cannot read its database",
    ),
    ("calendar", "a month's last midnight; clocks go forward; and back", "today's figures and the curve turn"),
)
"""Drill, trouble, what the wall shows."""


def table(seconds: Seconds) -> str:
    """As the page has it. A drill that was not run has no row."""
    lines = ["| trouble | what the wall shows | seen after | live again after |", "| --- | --- | --- | --- |"]
    for drill, trouble, shown in ROWS:
        if drill in seconds:
            told = seconds[drill]
            seen = ", ".join(f"{told[name]:.1f} s ({name})" for name in ("late", "said", "down") if name in told)
            back = ", ".join(f"{told[name]:.1f} s" for name in BACK if name in told)
            lines.append(f"| {trouble} | {shown} | {seen or '–'} | {back or 'within 12 s'} |")
    when = f"{datetime.now(UTC):%Y-%m-%d}, {cpu_count()} processors, {platform.system()}"
    return "\n".join([*lines, "", f"Measured {when}, browser, server and database on one machine."])


def written(page: str, seconds: Seconds) -> str:
    """The page with this table in the place of the one before."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(seconds)}\n{END}{after}"


if __name__ == "__main__":
    held, page = Path(sys.argv[1]), Path(sys.argv[2])
    page.write_text(written(page.read_text("utf-8"), json.loads(held.read_text("utf-8"))), "utf-8")
