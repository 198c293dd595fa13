"""The walls that are soaked: pages of one chromium, each in a process of its own, weighed through its own debugger."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page

from tests.factories.people import cookie_of
from tests.soak.city import MB, Wall

SIZE = {"width": 960, "height": 540}
"""Small: without a graphics card each pixel takes processor time, and none of what is weighed."""
FIRST_PICTURE_MS = 120_000
INTERPRETED = "--js-flags=--no-sparkplug --no-maglev --no-turbofan --no-flush-bytecode"
"""A flag of the browser: V8 compiles nothing. What its compilers make of a page's functions grows for an hour and more,
is bounded by the functions, and would hide what the page itself keeps (docs/reliability.md)."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
WEIGHED = {"JSHeapUsedSize": "heap", "Nodes": "nodes", "JSEventListeners": "listeners"}
MAP = """() => {
  const map = onescreen.map.state.map, live = onescreen.live.stats;
  const style = map ? map.getStyle() : { sources: {}, layers: [] };
  const heard = map ? Object.values(map._listeners).reduce((n, some) => n + some.length, 0) : 0;
  return { sources: Object.keys(style.sources).length, layers: style.layers.length, heard, frames: live.frames,
           loads: onescreen.soaked ? 0 : (onescreen.soaked = 1) };
}"""


class Hung:
    """A wall in the browser."""

    def __init__(self, wall: Wall, page: Page, debugger: CDPSession) -> None:
        self.wall, self.page, self._debugger = wall, page, debugger
        self.loads = 0
        debugger.send("Performance.enable")

    def sample(self) -> Mapping[str, float]:
        """After a full collection: heap (MB), DOM nodes and listeners; sources, layers and listeners of the map; frames
        and loads of the page so far."""
        self._debugger.send("HeapProfiler.collectGarbage")
        told = {m["name"]: m["value"] for m in self._debugger.send("Performance.getMetrics")["metrics"]}
        found = {ours: float(told[theirs]) for theirs, ours in WEIGHED.items()}
        found["heap"] /= MB
        drawn = self.page.evaluate(MAP)
        self.loads += drawn.pop("loads")
        found |= drawn | {"loads": self.loads}
        return {f"{self.wall.name} {name}": value for name, value in found.items()}


@contextmanager
def hung(browser: Browser, base: str, walls: Sequence[Wall]) -> Iterator[list[Hung]]:
    """All walls with their first picture."""
    made = []
    for wall in walls:
        context = browser.new_context(viewport=SIZE, locale="zh-CN")  # type: ignore[arg-type]
        context.set_default_timeout(FIRST_PICTURE_MS)
        context.add_cookies([cookie_of(base, wall.secret)])
        page = context.new_page()
        page.goto(base + wall.address)
        page.wait_for_function("() => window.onescreen && onescreen.map && onescreen.map.state.alive")
        page.wait_for_function("() => onescreen.live.stats.frames > 2")
        made.append(Hung(wall, page, context.new_cdp_session(page)))
    yield made
    for one in made:
        one.page.context.close()


def browser_mb(browser: Browser) -> Mapping[str, float]:
    """The resident memory (MB) of a browser by the kind of process: the pages', the one that draws for all, and all."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    mb = [(process["type"], _pages(process["id"]) * PAGE_BYTES / MB) for process in processes]
    return {
        "pages memory": sum(n for kind, n in mb if kind == "renderer"),
        "drawing memory": sum(n for kind, n in mb if kind == "GPU"),
        "browser memory": sum(n for _, n in mb),
    }


def _pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except OSError:  # it has just ended
        return 0
