"""A wall that hangs: it follows its programme, shows a theme screen, lets a red event come between, and returns."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from callbacks.room import Room
from geodata.domain.kiosk import Kiosk
from geodata.domain.programmes import Programme, Step
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services.actors import Actor
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.store import programmes
from geodata.store.programmes import Screen
from tests.browser.map_browser import MapPage
from tests.factories.people import account_of, cookie_of, secret_of

pytestmark = pytest.mark.usefixtures("rooms_are_left", "quiet")
SOON = 30_000
PANELS = "() => [...document.querySelectorAll('.side > .panel')].filter(p => p.offsetParent).map(p => p.id)"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def room(told_room: Room) -> Room:
    return told_room


def wall(
    browser: Browser, room: Room, base: str, steps: tuple[Step, ...], kiosk: Kiosk | None = None,
    size: tuple[int, int] = (1920, 1080),
) -> MapPage:  # fmt: skip
    """A screen of the city with a programme, as its link opens it."""
    made = account_of(room.access, [Role.SCREEN], ["C"], login=f"wall.{next(_numbers)}")
    with room.store.begin() as conn:
        number = programmes.add(conn, Programme("p", "C", steps, hold_s=10), now_ms()) if steps else None
        programmes.put_screen(conn, made.id, Screen(number, kiosk or Kiosk()))
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
    context.set_default_timeout(SOON)
    context.add_cookies([cookie_of(base, secret_of(room.access, made))])
    opened = MapPage(context.new_page(), base)
    opened.watch()
    opened.page.goto(base + "/wall/C")
    opened.page.wait_for_function("() => window.onescreen && onescreen.programme && onescreen.programme.plan()")
    return opened


def at(page: Page, address: str) -> None:
    """Wait until the wall shows this address, and its picture."""
    expect(page).to_have_url(re.compile(re.escape(address) + "$"), timeout=SOON)
    expect(page.locator("html")).not_to_have_attribute("data-turning", "", timeout=SOON)


def test_a_wall_turns_by_its_programme_and_a_theme_screen_shows_its_panels(
    browser: Browser, room: Room, base: str
) -> None:
    steps = (Step("/wall/C?focus=safety", 10), Step("/wall/D1?urgencies=1&theme=light&focus=patrol", 10))
    page = wall(browser, room, base, steps).page
    before = page.evaluate("history.length")
    at(page, "/wall/C?focus=safety")
    expect(page.locator(".focus-name")).to_have_text("安全")
    assert page.evaluate(PANELS) == ["kpi", "classes", "feed", "worst"]
    assert page.evaluate("onescreen.view.several('classes').join()") == "06,07"
    expect(page.locator("#chips .chip")).to_have_count(0)
    expect(page.locator("#classes .bar")).to_have_count(2)
    at(page, "/wall/D1?urgencies=1&theme=light&focus=patrol")
    expect(page.locator("#chips .chip")).to_have_text("特急")
    expect(page.locator("#curve .panel-title")).to_have_text("24 小时上报 · 全部事件")
    expect(page.locator("#ranking .panel-aside")).to_contain_text("全部事件")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator(".focus-name")).to_have_text("巡查")
    assert page.evaluate(PANELS) == ["kpi", "curve", "coverage", "ranking"]
    assert page.evaluate("history.length") == before, "weeks of turning leave no history"


def test_a_turn_whose_request_is_lost_leaves_no_map_of_the_area_before(
    browser: Browser, room: Room, base: str
) -> None:
    """The grid is neither a child of what is shown, nor was it shown before."""
    page = wall(browser, room, base, (Step("/wall/C?focus=patrol", 10), Step("/wall/G00?focus=patrol", 10))).page
    at(page, "/wall/C?focus=patrol")
    page.wait_for_function("() => document.getElementById('map-pane').dataset.area === 'C'")
    zoom = page.evaluate("() => onescreen.map.state.map.getZoom()")
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.url)
        route.abort()

    page.route("**/_dash-update-component*", lose)
    at(page, "/wall/G00?focus=patrol")
    page.wait_for_function("() => document.getElementById('map-pane').dataset.area === 'G00'")
    assert page.evaluate("() => onescreen.map.state.map.getZoom()") > zoom
    assert lost


def test_a_red_event_comes_between_is_shown_on_the_map_and_the_wall_returns(
    browser: Browser, room: Room, base: str
) -> None:
    always = Kiosk(dim=30, dim_from=0, dim_to=1440)
    page = wall(browser, room, base, (Step("/wall/D2?focus=patrol", 3600),), always).page
    at(page, "/wall/D2?focus=patrol")
    expect(page.locator("#night")).to_have_css("opacity", "0.7")
    told = NewEvent("hotline", "test", f"red{next(_numbers)}", "0203", now_ms(), lon=106.47, lat=29.57, urgency=1)
    (found,) = report_events(room.door.desk(), Actor.operator("test"), [Submitted({}, told)], feed="t", now_ms=now_ms())
    card = page.locator("#call")
    expect(card).to_be_visible(timeout=SOON)
    expect(card).to_contain_text("新特急事件")
    at(page, f"/wall/C?selected=event%3A{found.code}")
    expect(page.locator("#night")).to_have_css("opacity", "0")
    page.wait_for_function("() => onescreen.map.state.map.getZoom() > onescreen.map.state.fitZoom + 1")
    centre = page.evaluate("() => onescreen.map.state.map.getCenter().toArray()")
    assert centre == pytest.approx([106.47, 29.57], abs=1e-3)
    at(page, "/wall/D2?focus=patrol")
    expect(card).to_be_hidden()
    expect(page.locator("#night")).to_have_css("opacity", "0.7")
    for _ in range(6):  # the alert is still new, and was shown
        with page.expect_response("**/screen?*") as answer:
            pass
    assert found.code in [call["code"] for call in answer.value.json()["calls"]]
    at(page, "/wall/D2?focus=patrol")


def test_a_screen_hangs_away_from_frames_and_seams_and_never_scrolls(browser: Browser, room: Room, base: str) -> None:
    kiosk = Kiosk(top=20, right=30, bottom=40, left=50, columns=6, bezel=24, shift=2)
    page = wall(browser, room, base, (), kiosk, (3840, 1080)).page
    expect(page.locator("html")).to_have_attribute("data-idle", "", timeout=SOON)
    assert page.evaluate("getComputedStyle(document.querySelector('#map-pane')).cursor") == "none"
    box = "(id) => document.getElementById(id).getBoundingClientRect().toJSON()"
    header, left, right, ticker = (page.evaluate(box, part) for part in ("header", "left", "right", "ticker"))
    assert (left["left"], header["top"]) == (52, 22), "inset and the room to wander"
    assert (right["right"], ticker["bottom"]) == (3840 - 32, 1080 - 42)
    seam = 3840 / 6
    assert left["right"] <= seam - 12
    assert right["left"] >= 5 * seam + 12
    for _ in range(9):
        page.evaluate("onescreen.kiosk.wander()")
        assert page.evaluate("[scrollX, scrollY, document.documentElement.scrollWidth]") == [0, 0, 3840]
        moved = page.locator("#header").bounding_box()
        assert moved is not None
        assert abs(moved["x"] - header["left"]) <= 4
        assert abs(moved["y"] - header["top"]) <= 4
    page.mouse.move(500, 500)
    expect(page.locator("html")).not_to_have_attribute("data-idle", "")


def test_a_touch_fills_the_screen_and_who_asks_for_less_motion_sees_a_cut(
    browser: Browser, room: Room, base: str
) -> None:
    page = wall(browser, room, base, (Step("/wall/C?theme=light", 10), Step("/wall/C?focus=emergency", 10))).page
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(
        """() => {
          window.faded = 0;
          new MutationObserver(() => { window.faded += document.documentElement.hasAttribute('data-turning'); })
            .observe(document.documentElement, { attributeFilter: ['data-turning'] });
        }"""
    )
    for address in ("/wall/C?theme=light", "/wall/C?focus=emergency"):
        at(page, address)
    assert page.evaluate("window.faded") == 0
    page.mouse.click(960, 30)
    page.wait_for_function("() => document.fullscreenElement === document.documentElement")


def test_the_last_filter_of_a_theme_screen_can_be_taken_off_and_no_desk_takes_over_its_filters(
    browser: Browser, room: Room, base: str
) -> None:
    made = account_of(room.access, [Role.SHIFT_LEADER], ["C"], login=f"lead.{next(_numbers)}")
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    context.set_default_timeout(SOON)
    context.add_cookies([cookie_of(base, secret_of(room.access, made))])
    page = context.new_page()
    page.goto(base + "/area/C?focus=safety&urgencies=1")
    chips = page.locator("#chips .chip")
    expect(chips).to_have_count(3)
    for left in (2, 1, 0):
        chips.first.click()
        expect(chips).to_have_count(left)
    at(page, "/area/C?measure=overdue")
    assert page.evaluate("onescreen.view.several('classes').length") == 0
    page.goto(base + "/area/C?focus=safety&urgencies=1")
    page.locator("#filters > button").click()
    page.locator(".filter-clear").click()
    expect(chips).to_have_count(0)
    page.goto(base + "/duty/C?focus=safety")
    page.wait_for_function("() => window.onescreen && onescreen.words && onescreen.words.ready()")
    assert page.evaluate("onescreen.view.several('classes').length") == 0, "the server does not filter it either"
