"""The soak itself: a city, its walls, and a sample of everything every few seconds."""

from __future__ import annotations

import csv
import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from playwright.sync_api import Browser

from geodata.store.folder import DataFolder
from tests.soak.city import Server, hang, served
from tests.soak.slopes import Bar, Finding, find
from tests.soak.walls import Hung, browser_mb, hung

Samples = dict[str, list[tuple[float, float]]]
UNITS: Mapping[str, str] = {
    "heap": "MB", "nodes": "", "listeners": "", "sources": "", "layers": "", "heard": "", "frames": "", "loads": "",
    "rss": "MB", "anon": "MB", "files": "", "threads": "", "wal": "MB", "database": "MB", "memory": "MB", "load": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """How long (s) is soaked, cut off as warm-up, put together, left between samples, and for which a step is shown."""

    lasts_s: float
    warm_up_s: float
    block_s: float
    every_s: float
    dwell_s: int


def soak(
    browser: Browser, folder: DataFolder, plan: Plan, *, small: bool = True, raw: Path | None = None,
    surroundings: Mapping[str, str] = MappingProxyType({}), meanwhile: Callable[[Sequence[Hung]], object] = len,
) -> Samples:  # fmt: skip
    """All samples, (s since the walls hang, value) by measure. ``raw`` gets each sample as it is taken;
    ``surroundings``: of the server; ``meanwhile`` is called with the walls before the first sample."""
    samples: Samples = defaultdict(list)
    walls = hang(folder, plan.dwell_s)
    with served(folder, small, surroundings) as server, hung(browser, server.base, walls) as pages:
        meanwhile(pages)
        began = time.monotonic()
        due_s = 0.0
        while due_s <= plan.lasts_s:
            pages[0].page.wait_for_timeout(max(0.0, 1000 * (began + due_s - time.monotonic())))
            _take(samples, began, server, pages)
            for name, value in browser_mb(browser).items():
                samples[name].append((time.monotonic() - began, value))
            samples["machine load"].append((time.monotonic() - began, os.getloadavg()[0]))
            if raw:
                _append(raw, samples)
            due_s = max(due_s + plan.every_s, time.monotonic() - began)
    return samples


def _take(samples: Samples, began: float, server: Server, pages: Sequence[Hung]) -> None:
    for sample in (server.sample, *(page.sample for page in pages)):
        now_s = time.monotonic() - began
        for name, value in sample().items():
            samples[name].append((now_s, value))


def _append(raw: Path, samples: Samples) -> None:
    fresh = not raw.exists()
    with raw.open("a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        if fresh:
            rows.writerow(["s", *samples])
        rows.writerow([f"{samples['machine load'][-1][0]:.1f}", *(f"{rows[-1][1]:.3f}" for rows in samples.values())])


def findings(samples: Samples, plan: Plan, bars: Mapping[str, Bar]) -> list[Finding]:
    """What the samples say."""
    return find(samples, UNITS, bars, plan.warm_up_s, plan.block_s)
