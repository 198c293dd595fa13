"""A desk drives walls: it pushes to some of them, holds and releases them, and lets one go where it goes itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from callbacks.room import Room
from geodata.domain.alerts import Trigger
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services import playing
from geodata.services.actors import Actor
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from tests.browser.map_browser import MapPage
from tests.browser.ringing import answer_all
from tests.factories.page_city import open_room
from tests.factories.people import account_of, cookie_of, secret_of, signed_in

pytestmark = pytest.mark.usefixtures("rooms_are_left")
SOON = 30_000
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("walls"))
    answer_all(opened)
    with pytest.MonkeyPatch.context() as patch:
        # The lights of the city's events turn red meanwhile: only what a test reports itself comes between.
        patch.setattr(playing, "CALLS", (Trigger.RED_EVENT,))
        yield opened
    opened.store.close()


def wall(browser: Browser, room: Room, base: str) -> tuple[str, MapPage]:
    """(login, page) of a new wall of the city that is open and shows its own page."""
    made = account_of(room.access, [Role.SCREEN], ["C"], login=f"hall.{next(_numbers)}")
    opened = page_of(browser, base, secret_of(room.access, made), "/wall/C")
    opened.page.wait_for_function("() => window.onescreen && onescreen.programme && onescreen.programme.plan()")
    return made.login, opened


def page_of(browser: Browser, base: str, secret: str, address: str) -> MapPage:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", reduced_motion="reduce")
    context.set_default_timeout(SOON)
    context.add_cookies([cookie_of(base, secret)])
    opened = MapPage(context.new_page(), base)
    opened.watch()
    opened.page.goto(base + address)
    return opened


def desk(browser: Browser, room: Room, base: str, address: str) -> MapPage:
    """The page of a shift leader of the city."""
    opened = page_of(browser, base, signed_in(room.access, Role.SHIFT_LEADER, "C"), address)
    expect(opened.page.locator(".tool-show")).to_be_visible()
    return opened


def driving(desk: Page) -> Page:
    """The page of walls, as the desk's own tool opens it."""
    with desk.expect_popup() as popup:
        desk.locator(".tool-show").click()
    return popup.value


def at(page: Page, address: str) -> None:
    """Wait until a wall shows this address."""
    expect(page).to_have_url(re.compile(re.escape(address) + "$"), timeout=SOON)


def well(opened: MapPage) -> bool:
    """Whether nothing went wrong on it; a wall asks to fill the screen, which needs a touch."""
    return [w for w in opened.wrong if "requestFullscreen" not in w] == []


def tick(page: Page, *logins: str) -> None:
    for login in logins:
        page.locator(f'.wall[data-screen="{login}"] input').check()


def test_a_desk_pushes_to_two_of_three_walls_holds_one_and_releases_it(browser: Browser, room: Room, base: str) -> None:
    walls = dict(wall(browser, room, base) for _ in range(3))
    (first, one), (second, two), (third, three) = walls.items()
    own = desk(browser, room, base, "/area/D1?lights=red")
    page = driving(own.page)
    for login in walls:
        shown = page.locator(f'.wall[data-screen="{login}"]')
        expect(shown.locator(".wall-state")).to_have_text("实时", timeout=SOON)
        expect(shown.locator('[data-part="build"]')).to_have_text(room.build)
        expect(shown.locator('[data-part="memory"]')).to_contain_text("MB")
        expect(shown.locator('[data-part="age"]')).to_contain_text("前")
        expect(shown.locator('[data-part="why"]')).to_have_text("自己的页面")
    expect(page.locator("#choice option:checked")).to_contain_text("我正在看的")
    tick(page, first, second)
    expect(page.locator("#n-chosen")).to_have_text("已选 2 块")
    page.locator('button[value="push"]').click()
    for pushed in (one.page, two.page):
        at(pushed, "/wall/D1?lights=red")
        expect(pushed.locator(".shown-by")).to_have_text(re.compile(r"^由.+值班长推送 · 至 \d\d:\d\d$"))
    expect(page.locator('.wall .wall-why[data-kind="push"]')).to_have_count(2, timeout=SOON)
    tick(page, first)
    page.locator('button[value="hold"]').click()
    expect(one.page.locator(".shown-by")).to_contain_text("定住画面", timeout=SOON)
    told = NewEvent("hotline", "test", "red1", "0203", now_ms(), lon=106.47, lat=29.57, urgency=1)
    (found,) = report_events(room.door.desk(), Actor.operator("t"), [Submitted({}, told)], feed="t", now_ms=now_ms())
    expect(one.page.locator("#call")).to_contain_text("画面已定住", timeout=SOON)
    at(one.page, "/wall/D1?lights=red")
    at(three.page, f"/wall/C?selected=event%3A{found.code}")
    tick(page, first)
    page.locator('button[value="release"]').click()
    at(one.page, "/wall/C")
    expect(one.page.locator(".shown-by")).to_be_hidden()
    at(two.page, "/wall/D1?lights=red")
    assert urlsplit(three.page.url).path == "/wall/C"
    expect(three.page.locator(".shown-by")).to_be_hidden()
    # One goes away: it is shown so, and what is chosen stays chosen meanwhile.
    tick(page, third)
    two.page.context.close()
    expect(page.locator(f'.wall[data-screen="{second}"] .wall-state')).to_have_text("未连接", timeout=SOON)
    expect(page.locator(f'.wall[data-screen="{third}"] input')).to_be_checked()
    for opened in (one, three, own):
        assert well(opened), opened.wrong


def test_a_wall_goes_where_the_desk_goes_until_it_stops(browser: Browser, room: Room, base: str) -> None:
    login, shown = wall(browser, room, base)
    own = desk(browser, room, base, "/area/C?theme=light&lang=en")
    page = driving(own.page)
    tick(page, login)
    page.locator('button[value="mirror"]').click()
    chip = own.page.locator(".mirror")
    expect(chip).to_contain_text("1 wall mirrors this page", timeout=SOON)
    expect(shown.page.locator(".shown-by")).to_contain_text("值班长的页面", timeout=SOON)
    own.page.evaluate("() => onescreen.view.go('/area/D1?theme=light&lang=en&urgencies=1')")
    at(shown.page, "/wall/D1?urgencies=1")
    own.page.evaluate("() => onescreen.view.go('/duty/D2?theme=light&lang=en&text=x')")
    at(shown.page, "/wall/D2")
    expect(shown.page.locator("html")).to_have_attribute("data-theme", "dark")
    own.page.reload()
    expect(chip).to_contain_text("1 wall mirrors this page", timeout=SOON)
    own.page.evaluate("() => onescreen.view.go('/area/G00?lang=en')")
    at(shown.page, "/wall/G00")
    chip.get_by_role("button").click()
    expect(chip).to_be_hidden()
    at(shown.page, "/wall/C")
    expect(shown.page.locator(".shown-by")).to_be_hidden()
    for opened in (shown, own):
        assert well(opened), opened.wrong
