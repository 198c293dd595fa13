"""A wall loads itself anew at night, and nobody who looks at it sees a gap."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Page, Route, expect

from callbacks.room import Room
from geodata.domain.roles import Role
from tests.factories.page_city import open_room
from tests.factories.people import cookie_of, signed_in

pytestmark = pytest.mark.usefixtures("rooms_are_left")
SOON = 30_000
SIZE = (1920, 1080)
SMALL = (192, 108)
SAME, ALIKE = 24, 0.08
"""Grey levels by which a point may differ, and the share of points that may: panels and marks go on living."""
BLINK_MAX_S = 1.0
WHOLE = """() => window.onescreen && onescreen.fresh && onescreen.live.state().state === 'live'
  && onescreen.map.state.alive && onescreen.live.stats.applied > 0"""
ANEW = "() => !window.before && !document.getElementById('still')"
Grey = npt.NDArray[np.int16]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("fresh"))
    yield opened
    opened.store.close()


def wall(browser: Browser, room: Room, base: str, role: Role = Role.SCREEN) -> Page:
    """A wall with its picture; what it was before it loads anew is marked."""
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}, locale="zh-CN")
    context.set_default_timeout(SOON)
    context.add_cookies([cookie_of(base, signed_in(room.access, role, "C"))])
    page = context.new_page()
    page.goto(base + "/wall/C")
    page.wait_for_function(WHOLE)
    page.evaluate("() => onescreen.map.idle()")
    page.evaluate("() => { window.before = true; }")
    return page


class Film:
    """What is on the screen, as often as it is painted: (s, grey levels of a small picture)."""

    def __init__(self, page: Page) -> None:
        self.frames: list[tuple[float, Grey]] = []
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.on("Page.screencastFrame", self._take)
        self._session.send("Page.startScreencast", {"format": "jpeg", "maxWidth": 960, "maxHeight": 540})

    def _take(self, told: dict[str, object]) -> None:
        self._session.send("Page.screencastFrameAck", {"sessionId": told["sessionId"]})
        picture = Image.open(io.BytesIO(base64.b64decode(str(told["data"])))).convert("L").resize(SMALL)
        self.frames.append((float(told["metadata"]["timestamp"]), np.asarray(picture, np.int16)))  # type: ignore[index]

    def end(self) -> None:
        """No more of it."""
        self._session.send("Page.stopScreencast")

    def longest_gap_s(self) -> float:
        """For how long at most the screen did not look as it did in the beginning."""
        first, longest, since = self.frames[0][1], 0.0, None
        for at_s, frame in self.frames:
            alike = float((np.abs(frame - first) > SAME).mean()) < ALIKE
            longest = max(longest, at_s - since) if since is not None else longest
            since = None if alike else (at_s if since is None else since)
        assert since is None, "it does not look as before in the end"
        return longest


def test_a_wall_that_loads_itself_anew_shows_no_gap(browser: Browser, room: Room, base: str) -> None:
    page = wall(browser, room, base)
    film = Film(page)
    page.evaluate("() => { onescreen.fresh.renew(() => true, true); }")
    page.wait_for_function(ANEW)
    page.wait_for_function(WHOLE)
    page.evaluate("() => onescreen.map.idle()")
    film.end()
    assert len(film.frames) > 2
    assert film.longest_gap_s() < BLINK_MAX_S
    assert page.evaluate("() => window.harmed") is None, "names with markup in them are names in the still, too"


def test_a_wall_stays_as_it_is_while_the_server_has_no_page_of_ours(browser: Browser, room: Room, base: str) -> None:
    page = wall(browser, room, base)
    page.route("**/wall/C*", bad)
    page.evaluate("() => onescreen.fresh.renew(() => true, true)")
    assert page.evaluate("() => window.before") is True
    expect(page.locator("#still")).to_have_count(0)


def bad(route: Route) -> None:
    """A proxy's page."""
    route.fulfill(status=502, body="<h1>502</h1>", content_type="text/html")


def test_the_calm_minute_is_four_in_the_morning_of_a_night_after_half_a_day(
    browser: Browser, room: Room, base: str
) -> None:
    page = wall(browser, room, base, Role.LEADER)
    asked = [("04:00:00", 0), ("03:00:10", 15), ("12:00:00", -15), ("16:30:00", 0), ("23:59:59", 15)]
    until = page.evaluate("asked => asked.map(([clock, apart]) => onescreen.fresh.minutesUntil(clock, apart))", asked)
    assert until == [1440, 1515, 945, 1440 + 690, 1440 + 256]
