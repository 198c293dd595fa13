"""The analysis in a real browser: a way down to it, periods and filters that live in the address, lists, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.domain.view import Filters
from tests.browser.map_browser import MapPage
from tests.browser.test_pages_overview import READY, go, path
from tests.factories.page_city import open_room
from tests.factories.people import cookie_of, signed_in

expect.set_options(timeout=30_000)
SETTLED = "() => !document.querySelector('.an[aria-busy=true], .an[data-old]')"
DRAWN = """n => onescreen.panels.value("legend").events.filter((item) => "1234".includes(item.key))
  .reduce((sum, item) => sum + item.count, 0) === n"""
ABOVE = "() => window.scrollY === 0"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("analysis"))
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def opened(base: str, room: Room, browser: Browser) -> Iterator[MapPage]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", timezone_id="UTC",
                                  reduced_motion="reduce")  # fmt: skip
    context.add_cookies([cookie_of(base, signed_in(room.access, Role.CENTRE_HEAD, "C"))])
    watched = MapPage(context.new_page(), base)
    watched.page.set_default_timeout(60_000)
    watched.watch()
    watched.page.goto(base + "/area/C")
    watched.page.wait_for_function(READY)
    yield watched
    context.close()


@pytest.fixture
def page(opened: MapPage) -> Iterator[Page]:
    go(opened.page, "/area/C")
    opened.page.evaluate("() => window.scrollTo(0, 0)")
    yield opened.page
    assert opened.wrong == []


def enter(page: Page) -> None:
    page.locator(".an-handle").click()
    page.wait_for_function(SETTLED)


def test_a_period_a_bar_and_a_department_filter_the_page_and_the_map_and_back_undoes_them(
    page: Page, room: Room
) -> None:
    enter(page)
    page.locator('.an-pick[data-key="7d"]').click()
    assert path(page) == "/area/C?period=7d"
    expect(page.locator('.an-pick[data-key="7d"]')).to_have_attribute("aria-checked", "true")
    page.wait_for_function(SETTLED)
    bar = page.locator('.an-by_class .an-bar-row:has(.bar-n:not(:text-is("0")))').first
    code = bar.get_attribute("data-key") or ""
    bar.locator(".bar-name").click()
    assert path(page) == f"/area/C?classes={code}&period=7d"
    expect(page.locator(".an-chips .chip")).to_have_count(1)
    expect(page.locator("#chips .chip")).to_have_count(1)
    few = room.situation.totals(0, Filters(classes=(code,))).open
    assert 0 < few < room.situation.totals(0).open
    expect(page.locator('[data-key="open"] .kpi-value')).to_have_text(str(few))
    page.wait_for_function(DRAWN, arg=few)
    page.locator('.an-matrix thead [data-key="other"] a').click()
    assert path(page) == f"/area/C?classes={code}&kinds=other&period=7d"
    expect(page.locator(".an-chips .chip")).to_have_count(2)
    for address in (f"/area/C?classes={code}&period=7d", "/area/C?period=7d", "/area/C"):
        page.go_back()
        page.wait_for_function("address => location.pathname + location.search === address", arg=address)
    expect(page.locator(".an-chips .chip")).to_have_count(0)
    expect(page.locator('[data-key="open"] .kpi-value')).to_have_text(str(room.situation.totals(0).open))


def test_numbers_open_their_lists(page: Page, room: Room) -> None:
    enter(page)
    stage = page.locator('.an-stage[data-key="accept"]')
    n = room.situation.totals(0, Filters(stages=("accept",))).open
    expect(stage.locator(".bar-n")).to_have_text(str(n))
    stage.locator(".bar-n").click()
    expect(page.locator(".list-total")).to_have_attribute("data-n", str(n))
    assert path(page) == "/list/C?stages=accept&figure=open"
    page.go_back()
    page.wait_for_function(SETTLED)
    cell = page.locator('.an-matrix tbody tr[data-key="D1"] td').nth(6)
    number = cell.locator("a").nth(1)
    shown = number.inner_text()
    number.click()
    expect(page.locator(".list-total")).to_have_attribute("data-n", shown)
    assert path(page).startswith("/list/D1")


def test_a_day_of_the_trend_is_a_chip_that_takes_it_away(page: Page) -> None:
    enter(page)
    page.locator(".an-point").last.click()
    page.wait_for_function("() => /[?&]day=\\d{4}-\\d\\d-\\d\\d/.test(location.search)")
    page.wait_for_function(SETTLED)
    day = re.search(r"day=([\d-]+)", path(page))
    assert day is not None
    expect(page.locator(".an-kpi .an-foot")).to_contain_text(f"{day[1]} ·")
    page.locator(".an-chips .chip").click()
    page.wait_for_function("() => location.search === ''")


def test_a_wall_has_none_of_it_and_does_not_scroll_and_keys_lead_there(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_function("() => window.scrollY > 300")
    page.locator(".an-up").click()
    page.wait_for_function(ABOVE)
    go(page, "/wall/C")
    expect(page.locator("#analysis")).to_be_hidden()
    expect(page.locator(".an-handle")).to_be_hidden()
    assert page.evaluate("() => document.documentElement.scrollHeight <= window.innerHeight")


def test_what_cannot_be_counted_says_so_and_is_tried_again(page: Page, opened: MapPage) -> None:
    page.route("**/analysis/period", lambda route: route.fulfill(status=503, body="{}"))
    enter(page)
    page.evaluate("() => onescreen.view.go('/area/C?period=year')")
    expect(page.locator(".an-trend .an-said")).to_contain_text("暂时无法计算")
    expect(page.locator(".an-funnel .an-said")).to_be_hidden()
    page.unroute("**/analysis/period")
    page.locator(".an-trend .an-none button").click()
    expect(page.locator(".an-trend .an-said")).to_be_hidden()
    opened.wrong[:] = [line for line in opened.wrong if "503" not in line]
