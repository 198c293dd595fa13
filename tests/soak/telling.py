"""The result of a soak as a table in docs/reliability.md, between its markers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tests.soak.slopes import Finding
from tests.soak.soak import Plan

BEGIN, END = "<!-- soak: make soak writes this -->", "<!-- soak: end -->"
HEAD = "| measure | first third | last third | most | slope per hour (95 %) | bar | |\n|" + " --- |" * 7


def table(found: Sequence[Finding], plan: Plan, city: str, note: str = "") -> str:
    """A line about the run and a row for each measure."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    about = (
        f"{day}, {city} at twenty times its speed, {plan.lasts_s / 60:.0f} minutes of which {plan.warm_up_s / 60:.0f}"
    )
    about += f" are cut off as warm-up, a sample every {plan.every_s:.0f} s. {note}".rstrip()
    return "\n".join([about, "", HEAD, *map(_row, found)])


def _row(f: Finding) -> str:
    slope = f"{f.slope.per_h:+.2f} ({f.slope.low:+.2f} … {f.slope.high:+.2f})"
    bars = [
        f"< {f.bar.per_h:g} per hour" if f.bar.per_h is not None else "",
        f"≤ {f.bar.most:g}" if f.bar.most is not None else "",
        f"at most {f.bar.more:g} more" if f.bar.more is not None else "",
    ]
    values = " | ".join(f"{value:,.1f}" for value in (f.first, f.last, f.most))
    name = f"{f.name}, {f.unit}" if f.unit else f.name
    return f"| {name} | {values} | {slope} | {', '.join(b for b in bars if b)} | {f.verdict.value} |"


def write_down(docs: Path, told: str) -> None:
    """Put it between the markers. Raises ValueError where there are none."""
    before, begin, rest = docs.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{docs}: no markers for the soak")
    docs.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", "utf-8")
