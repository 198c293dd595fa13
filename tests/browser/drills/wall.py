"""A wall under trial: what it shows, since when, and whether it is sound again after a trouble."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser.drills import record
from tests.browser.drills.site import Site
from tests.factories.people import cookie_of

LATE_S, DOWN_S = 7.0, 33.0
"""After so long at most a trouble is seen, in amber and in red: 5 and 30 s, and what a busy machine adds."""
LONGEST_WAIT_S = 12.0
"""A page that dials waits at most so long between two attempts."""
TROUBLE_LOOKS_LIKE = (
    "WebSocket connection to", "Failed to load resource", "GL Driver", "swiftshader", "initiated by a user gesture",
    "Callback failed: the server did not respond",
    "Callback error updating view.data, html: <html><head><title>502 Bad Gateway</title>",
    'Callback error updating view.data, html: {"detail": "the database does not answer',
)  # fmt: skip
"""What a browser, and Dash, say of a line that is cut, of graphics without a card, and of a wall nobody touches."""
LIVE = "() => document.documentElement.dataset.life === 'live'"
OPEN = "() => window.onescreen && onescreen.panels && (onescreen.panels.value('kpi') || { open: { n: -1 } }).open.n"
HISTORY = """() => {
  window.shown = [];
  new MutationObserver(() => shown.push([performance.now(), document.documentElement.dataset.life]))
    .observe(document.documentElement, { attributes: true, attributeFilter: ["data-life"] });
}"""


@dataclass
class Wall:
    """``fast``: long waits are made short by the page's own clock. ``wrong``: what nobody expected on the console."""

    page: Page
    site: Site
    fast: bool
    wrong: list[str] = field(default_factory=list)
    began: float = 0.0
    listeners: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    count: int = -1

    def watch(self) -> None:
        """Note what the page says from now on."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"page error: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        expected = any(text in message.text for text in TROUBLE_LOOKS_LIKE)
        if message.type in ("error", "warning") and not expected:
            self.wrong.append(f"{message.type}: {message.text}")

    # -- time ---------------------------------------------------------------------------------------------------

    def trouble(self) -> None:
        """It begins now."""
        self.began = time.monotonic()

    def note(self, name: str) -> float:
        """So many seconds after the trouble, or its end, began."""
        took = self.figures[name] = round(time.monotonic() - self.began, 1)
        return took

    def last(self, seconds: float) -> None:
        """The trouble lasts until so many seconds after it began: really, or on the page's clock in steps of 20 s."""
        if not self.fast:
            self.page.wait_for_timeout(max(0.0, self.began + seconds - time.monotonic()) * 1000)
            return
        left = seconds
        while left > 0:
            self.page.clock.fast_forward(int(min(20.0, left) * 1000))
            self.page.wait_for_timeout(30)  # what was dialled is refused meanwhile
            left -= 20

    # -- what is seen -------------------------------------------------------------------------------------------

    def sees(self, state: str, within_s: float) -> None:
        """The whole page says that it is live, late or down."""
        self.page.wait_for_selector(f'html[data-life="{state}"]', state="attached", timeout=within_s * 1000)

    def is_late(self) -> None:
        """Amber, in time: the header says so, nothing is covered."""
        self.sees("late", LATE_S + 1)
        took = self.note("late")
        assert took <= LATE_S, took
        expect(self.page.locator("#banner")).to_be_hidden()

    def is_down(self, *texts: str) -> None:
        """The banner over the full width names the trouble and the last good time."""
        banner = self.page.locator("#banner")
        expect(banner).to_be_visible(timeout=DOWN_S * 1000)
        if not self.fast:
            self.note("down")
        for text in texts:
            expect(banner).to_contain_text(text)
        expect(banner).to_contain_text("最后一次有效数据")
        box, size = banner.bounding_box(), self.page.viewport_size
        assert box
        assert size
        # What guards a screen against burning in moves the page by some pixels.
        assert box["width"] > size["width"] - 16, box

    def is_live(self, within_s: float = LONGEST_WAIT_S + 5, name: str = "live") -> None:
        """Live again without a hand, the banner gone."""
        if self.fast:
            self.page.clock.fast_forward(int(LONGEST_WAIT_S * 1000))
        self.page.wait_for_function(LIVE, timeout=within_s * 1000)
        if not self.fast:
            self.note(name)
        expect(self.page.locator("#banner")).to_be_hidden()

    def open_events(self) -> int:
        """The headline figure as the page holds it."""
        got: int = self.page.evaluate(OPEN)
        return got

    def shows_what_is_reported(self) -> None:
        """One more event reaches the wall, and the figure on it is that of all that were taken."""
        answer = self.site.report()
        assert answer.status_code == 200, answer.text
        self.count += 1
        self.page.wait_for_function("n => onescreen.panels.value('kpi').open.n === n", arg=self.count, timeout=10_000)
        value = self.page.locator("#kpi .kpi-value").nth(1)
        expect(value).to_have_text(str(self.count))

    # -- soundness ----------------------------------------------------------------------------------------------

    def held(self) -> int:
        """How many listeners the page has."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable")
        session.send("HeapProfiler.collectGarbage")
        found = session.send("Performance.getMetrics")["metrics"]
        session.detach()
        return next(int(one["value"]) for one in found if one["name"] == "JSEventListeners")

    def is_sound(self, slack: int = 40) -> None:
        """One socket, no more listeners than before, nothing unexpected on the console."""
        until(self.page, lambda: self.site.relay.sockets == 1, 10)
        held = self.held()
        assert held <= self.listeners + slack, f"{held} listeners, before {self.listeners}"
        assert self.wrong == [], self.wrong


def until(page: Page, true: Callable[[], Any], timeout_s: float = 60) -> None:
    """Wait while the page's events go on being handled."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not become true"
        page.wait_for_timeout(50)


@contextmanager
def screen(browser: Browser, site: Site, *scripts: str, clock: bool = False) -> Iterator[tuple[BrowserContext, Page]]:
    """A wall of the city as it loads; ``clock``: its time can be moved on."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", reduced_motion="reduce")
    context.add_cookies([cookie_of(site.relay.address, site.secret)])
    page = context.new_page()
    page.set_default_timeout(60_000)
    for script in scripts:
        page.add_init_script(script)
    if clock:
        page.clock.install()
    try:
        yield context, page
    finally:
        context.close()


@contextmanager
def wall(
    browser: Browser, site: Site, drill: str, *scripts: str, fast: bool = False, slack: int = 40
) -> Iterator[Wall]:
    """A wall that is live and complete. At the end it must show what is reported then, and be sound.

    Its seconds are kept.
    """
    with screen(browser, site, *scripts, clock=fast) as (_, page):
        one = Wall(page, site, fast)
        one.watch()
        page.goto(f"{site.relay.address}/wall/C")
        page.wait_for_function(LIVE)
        page.wait_for_function("() => onescreen.map.state.alive && onescreen.panels.value('kpi')")
        page.evaluate(HISTORY)
        one.count, one.listeners = one.open_events(), one.held()
        yield one
        one.shows_what_is_reported()
        one.is_sound(slack)
        record.keep(drill, one.figures)
