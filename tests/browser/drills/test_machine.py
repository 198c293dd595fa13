"""Drills of the screen's own machine: sleep, a clock that is wrong, lost graphics, a part that cannot draw."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.drills.record import FULL
from tests.browser.drills.relay import Road
from tests.browser.drills.site import Site, opened
from tests.browser.drills.wall import LIVE, until, wall

SLEEPS_S = 60 if FULL else 8
DAY_MS = 86_400_000
SKEW = "{ const own = Date.now; window.skew = %d; Date.now = () => own() + window.skew; }"
LOSE = """() => {
  const canvas = onescreen.map.state.map.getCanvas();
  window.lost = (canvas.getContext("webgl2") || canvas.getContext("webgl")).getExtension("WEBGL_lose_context");
  window.lost.loseContext();
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(tmp_path_factory.mktemp("machine")) as made:
        yield made


@contextmanager
def asleep(browser: Browser) -> Iterator[None]:
    """The processes in which pages run stand still."""
    session = browser.new_browser_cdp_session()
    running = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    pids = [int(one["id"]) for one in running if one["type"] == "renderer"]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("line", ["lost", "held"])
def test_a_screen_that_slept_shows_nothing_old_as_live(browser: Browser, site: Site, line: str) -> None:
    with wall(browser, site, f"sleep, line {line}") as one:
        with asleep(browser):
            if line == "lost":
                site.relay.become(Road.REFUSED)
            time.sleep(SLEEPS_S)  # nothing can be waited for: the page stands still
        one.trouble()
        if line == "lost":
            one.page.wait_for_function("() => onescreen.live.state().state !== 'live'", timeout=2_000)
            one.note("late")
            one.page.wait_for_timeout(1_000)
            assert one.page.evaluate("() => onescreen.live.state().state") != "live"
            site.relay.become(Road.OPEN)
            one.trouble()
        one.is_live()
        assert one.page.evaluate("() => onescreen.live.state().ageMs") < 5_000


def test_a_machine_whose_own_time_stood_still_doubts_what_it_holds(browser: Browser, site: Site) -> None:
    """Where a computer sleeps, performance.now() does not pass, and no socket tells that it is cut."""
    with wall(browser, site, "sleep without own time", SKEW % 0) as one:
        site.relay.become(Road.SILENT)
        one.trouble()
        one.page.evaluate("() => { window.skew = 3600e3; }")
        one.sees("late", 2.5)
        one.note("late")
        site.relay.become(Road.OPEN)
        one.trouble()
        one.is_live()


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_is_wrong_by_a_day_and_is_set_right(browser: Browser, site: Site, days: int) -> None:
    with wall(browser, site, f"clock wrong by {days:+d} day", SKEW % (days * DAY_MS)) as one:
        assert one.page.evaluate("() => onescreen.live.state().ageMs") < 5_000
        assert abs(one.page.evaluate("() => onescreen.panels.now()") - time.time() * 1000) < 5_000
        one.trouble()
        one.page.evaluate("() => { window.skew = 0; }")
        one.page.wait_for_timeout(1_100)
        one.is_live()
        assert "down" not in [state for _, state in one.page.evaluate("() => window.shown")]
        assert abs(one.page.evaluate("() => onescreen.panels.now()") - time.time() * 1000) < 5_000


def test_the_maps_graphics_are_lost_and_come_back(browser: Browser, site: Site) -> None:
    with wall(browser, site, "WebGL context lost", slack=200) as one:
        layers = one.page.evaluate("() => onescreen.map.state.map.getStyle().layers.length")
        mounts = one.page.evaluate("() => onescreen.map.stats.mounts")
        one.trouble()
        one.page.evaluate(LOSE)
        expect(one.page.locator("#map-pane[data-lost]")).to_have_count(1)
        one.note("said")
        site.report()
        one.count += 1
        one.trouble()
        one.page.evaluate("() => window.lost.restoreContext()")
        one.page.wait_for_function(
            "mounts => onescreen.map.state.alive && onescreen.map.stats.mounts > mounts", arg=mounts
        )
        one.note("live")
        expect(one.page.locator("#map-pane[data-lost]")).to_have_count(0)
        assert one.page.evaluate("() => onescreen.map.state.map.getStyle().layers.length") == layers
        assert one.page.evaluate("() => onescreen.map.marks.count('events/marks')") == one.count
        assert one.page.evaluate("() => onescreen.live.stats.closed") == 0


BREAK = """what => {
  window.own = what === "panel" ? onescreen.sections.feed.draw : onescreen.map.applyMarks;
  const broken = () => { throw new Error("a bug"); };
  if (what === "panel") onescreen.sections.feed.draw = broken;
  else onescreen.map.applyMarks = broken;
}"""
MEND = """what => {
  if (what === "panel") onescreen.sections.feed.draw = window.own;
  else onescreen.map.applyMarks = window.own;
}"""


@pytest.mark.parametrize(("part", "box"), [("panel", "#feed"), ("layer", "#map-pane")])
def test_a_part_that_cannot_draw_is_named_and_the_others_go_on(
    browser: Browser, site: Site, part: str, box: str
) -> None:
    with wall(browser, site, f"{part} that cannot draw", slack=200) as one:
        one.page.evaluate(BREAK, part)
        one.trouble()
        one.shows_what_is_reported()
        expect(one.page.locator(f"{box}[data-failed]")).to_have_count(1)
        one.note("said")
        one.page.wait_for_function(LIVE)
        one.page.evaluate(MEND, part)
        one.trouble()
        one.shows_what_is_reported()
        expect(one.page.locator(f"{box}[data-failed]")).to_have_count(0)
        one.note("live")
        until(one.page, lambda: one.page.evaluate("() => onescreen.map.marks.count('events/marks')") == one.count)
        one.wrong = [text for text in one.wrong if "a bug" not in text]
