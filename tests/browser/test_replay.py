"""Replay with a real browser: a moment by its link, played, paused to a link that can be shared, and back to live."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from callbacks.room import Room
from geodata.domain.instants import instant_of
from geodata.domain.roles import Role
from tests.browser.map_browser import MapPage
from tests.factories.page_city import EVENTS, open_room
from tests.factories.people import account_of, cookie_of, secret_of

pytestmark = pytest.mark.usefixtures("rooms_are_left")
DAY_S = 86_400


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("replay"))
    yield opened
    opened.store.close()


def opened_at(browser: Browser, room: Room, base: str, address: str) -> MapPage:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(60_000)
    context.add_cookies([cookie_of(base, secret_of(room.access, account_of(room.access, [Role.DUTY_OFFICER], ["C"])))])
    seen = MapPage(context.new_page(), base)
    seen.watch()
    seen.page.goto(base + address)
    return seen


def then_ms(page: Page) -> int:
    return int(page.evaluate("() => onescreen.replay.now()"))


def test_a_moment_is_opened_played_paused_and_left(room: Room, base: str, browser: Browser) -> None:
    at = instant_of(int((time.time() - 2 * DAY_S) * 1000), room.city.zone)
    seen = opened_at(browser, room, base, f"/area/C?at={at}&selected=area:D1")
    page = seen.page
    bar, when = page.locator("#replay"), page.locator(".replay-when")
    expect(bar).to_contain_text("非实时 NOT LIVE", timeout=60_000)
    expect(when).to_have_text(at.replace("T", " "))
    expect(page.locator(".clock")).to_have_text(at[11:], timeout=60_000)
    expect(page.locator("html")).to_have_class(re.compile("is-replay"))
    expect(page.locator(".liveness")).to_be_hidden()
    expect(page.locator("#drawer .steps")).to_be_hidden()
    expect(page.locator(".replay-told")).to_contain_text("详情卡片为当前状态")
    expect(page.locator("#coverage .cover-none")).to_have_text("该时刻没有巡查记录")
    before = then_ms(page)
    page.locator(".replay-speed").select_option("600")
    page.locator(".replay-play").click()
    page.wait_for_function(f"() => onescreen.replay.now() >= {before + 1_200_000}", timeout=60_000)
    page.locator(".replay-play").click()
    assert "play=" not in page.url
    paused = page.evaluate("() => onescreen.view.param('at')")
    assert paused > at
    expect(page.locator(".clock")).to_have_text(paused[11:], timeout=60_000)
    assert page.evaluate("() => onescreen.replay.href()") == page.url
    page.locator(".replay-live").click()
    expect(bar).to_be_hidden()
    assert "at=" not in page.url
    expect(page.locator(".liveness")).to_be_visible()
    page.wait_for_function(f"() => onescreen.panels.value('kpi').open.n === {EVENTS}", timeout=60_000)
    assert seen.wrong == []


def test_what_is_not_kept_is_said_and_the_way_back_is_there(room: Room, base: str, browser: Browser) -> None:
    seen = opened_at(browser, room, base, "/area/C?at=2020-01-01T08:00")
    page = seen.page
    expect(page.locator(".replay-told")).to_have_text("2020-01-01 08:00:00 早于保存期限，无法回放", timeout=60_000)
    page.keyboard.press("t")
    expect(page.locator("#replay")).to_be_hidden()


def test_on_the_duty_desk_the_queue_is_that_of_then_and_nothing_can_be_done(
    room: Room, base: str, browser: Browser
) -> None:
    at = instant_of(int((time.time() - 2 * DAY_S) * 1000), room.city.zone)
    seen = opened_at(browser, room, base, f"/duty/C?at={at}")
    page = seen.page
    shown = "() => onescreen.replay.now() !== null && onescreen.queue.list().total() === 0"
    page.wait_for_function(shown, timeout=60_000)
    page.keyboard.press("t")
    page.wait_for_function(f"() => onescreen.queue.list().total() === {EVENTS}", timeout=60_000)
