"""``python -m bench [figure prefix …]``: take the figures, write bench/latest.json and docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import acts, advice, coverage, history, page, permits, push, queue, replay, situation, start, surges

Figures = dict[str, dict[str, Any]]
ROOT = Path(__file__).resolve().parents[1]
LATEST = ROOT / "bench" / "latest.json"
PAGE = ROOT / "docs" / "benchmarks.md"
SUITES: Mapping[str, tuple[tuple[str, ...], Callable[[], Figures]]] = {
    "situation": (("P1.drill", "P1.frame"), situation.figures),
    "push": (("P2.screens", "P2.ratio", "P3.frame", "P3.frame_share"), push.figures),
    "permits": (("P9.permit_drill", "P9.permit_frame"), permits.figures),
    "advice": (("P10.rank", "P10.rank_road"), advice.figures),
    "coverage": (("P17.walk_cost",), coverage.figures),
    "acts": (("P12.dispatch_p99",), acts.figures),
    "queue": (("P11.window", "P11.scroll"), queue.figures),
    "history": (("P6.trend_100m", "P6.flat"), history.figures),
    "surges": (("P13.false_alarms", "P13.delay"), surges.figures),
    "replay": (("P7.any_instant",), replay.figures),
    "start": (("P8.first", "P8.again"), start.figures),
    "page": (("P3.first_load", "P3.tile", "P5.drill_p95", "P5.select_p95", "P5.filter_p95"), page.figures),
}
KEYS = ("value", "unit", "bar", "better", "peer", "method", "machine", "taken_at")


def machine() -> str:
    """What the figures were taken on: processor count, memory, system, Python."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine()
    )
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    memory = f"{pages / 2**30:.0f} GiB"
    return f"{os.cpu_count()} × {model}, {memory}, {platform.system()}, Python {platform.python_version()}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def reached(figure: Mapping[str, Any]) -> bool:
    """Whether the value meets its bar."""
    value, bar = float(figure["value"]), float(figure["bar"])
    return value <= bar if figure["better"] == "lower" else value >= bar


def table(figures: Figures) -> str:
    """docs/benchmarks.md: what was measured, how, against what, on which machine."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; absolute numbers belong to the machine named, ratios travel.",
        "Every figure is taken in one run against its peer or its smaller self.",
        "",
        "| figure | value | goal | reached | against |",
        "| --- | ---: | ---: | --- | --- |",
    ]
    for key, f in sorted(figures.items()):
        sign = "≤" if f["better"] == "lower" else "≥"
        lines.append(
            f"| `{key}` | {f['value']:g} {f['unit']} | {sign} {f['bar']:g} {f['unit']} "
            f"| {'yes' if reached(f) else 'NO'} | {f['peer']} |"
        )
    lines += ["", "## How each was taken", ""]
    for key, f in sorted(figures.items()):
        lines += [f"**`{key}`** — {f['method']}", f"({f['machine']}; {f['taken_at']})", ""]
    return "\n".join(lines)


def keep(figures: Figures) -> None:
    """Write both files; after each suite, so that a later one that fails takes nothing with it."""
    ordered = {k: {name: figures[k][name] for name in KEYS} for k in sorted(figures)}
    LATEST.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", "utf-8")
    PAGE.write_text(table(figures), "utf-8")


def main(wanted: list[str]) -> int:
    """Run the suites whose figures begin with one of ``wanted`` (all when empty) and say which bars were missed."""
    figures: Figures = json.loads(LATEST.read_text("utf-8")) if LATEST.exists() else {}
    here = machine()
    for name, (keys, suite) in SUITES.items():
        if wanted and not any(k.startswith(tuple(wanted)) for k in keys):
            continue
        print(f"… {name}: {', '.join(keys)}", flush=True)
        for key, figure in suite().items():
            figures[key] = {**figure, "machine": here, "taken_at": datetime.now(UTC).isoformat(timespec="seconds")}
            goal = f"goal {figure['bar']:g}; {figure['peer']}"
            print(f"{key} = {figure['value']:g} {figure['unit']} ({goal})", flush=True)
        keep(figures)
    print("missed:", ", ".join(k for k, f in sorted(figures.items()) if not reached(f)) or "none")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
