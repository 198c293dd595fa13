"""Acting from the map with real browsers: a clerk, two officers at once, and what the second one is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from callbacks.room import Room
from geodata.domain.roles import Role
from tests.browser.duty_desk import idle, register, report, send
from tests.browser.map_browser import MapPage
from tests.factories.page_city import open_room
from tests.factories.people import account_of, cookie_of, secret_of

pytestmark = pytest.mark.usefixtures("rooms_are_left")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("steps"))
    yield opened
    opened.store.close()


@pytest.fixture(autouse=True)
def nobody_is_busy(room: Room) -> None:
    idle(room)


def somebody(browser: Browser, room: Room, base: str, login: str, role: Role, code: str) -> MapPage:
    """A browser of their own on the card of an event."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(30_000)
    context.add_cookies([cookie_of(base, secret_of(room.access, account_of(room.access, [role], ["D1"], login=login)))])
    opened = MapPage(context.new_page(), base)
    opened.watch()
    opened.page.goto(f"{base}/area/D1?selected=event:{code}")
    expect(opened.page.locator("#drawer h2")).to_be_visible(timeout=30_000)
    return opened


def test_an_event_is_registered_dispatched_with_the_keys_and_the_second_officer_is_told_who_was_first(
    room: Room, base: str, browser: Browser
) -> None:
    (code,) = report(room, [(106.471, 29.571)])
    clerk = somebody(browser, room, base, "clerk", Role.INTAKE, code)
    clerk.page.locator(".act", has_text="立案").first.click()
    expect(clerk.page.locator(".steps-reason")).to_have_value("属受理范围，事实清楚")
    clerk.page.keyboard.press("Enter")
    expect(clerk.page.locator(".steps-told")).to_have_text("已完成：立案")
    first = somebody(browser, room, base, "ling", Role.DUTY_OFFICER, code)
    second = somebody(browser, room, base, "qiang", Role.DUTY_OFFICER, code)
    for officer in (first, second):
        officer.page.get_by_role("button", name="派遣").click()
        expect(officer.page.locator(".candidate[aria-checked=true]")).to_contain_text("渝中巡-01")
        expect(officer.page.locator(".candidate[aria-checked=true]")).to_be_focused()
    first.page.keyboard.press("Enter")
    expect(first.page.locator(".steps-told")).to_have_text("已完成：派遣")
    # The second one's card may have heard of it already; the key then finds no form, and the card has said the same.
    second.page.keyboard.press("Enter")
    told = second.page.locator(".steps-told")
    expect(told).to_contain_text("ling 已于")
    expect(told).to_have_attribute("data-ok", "false")
    expect(second.page.locator("#drawer dd").first).to_have_text("已派遣", timeout=10_000)
    expect(second.page.get_by_role("button", name="派遣")).to_have_count(0)
    expect(second.page.locator("#drawer h2")).to_be_focused()
    assert clerk.wrong == first.wrong == second.wrong == []


def test_whoever_still_decides_is_told_when_another_officer_was_first(room: Room, base: str, browser: Browser) -> None:
    before, code = report(room, [(106.472, 29.572), (106.473, 29.573)])
    register(room, [before, code])
    send(room, before, "U1")
    first = somebody(browser, room, base, "an", Role.DUTY_OFFICER, code)
    second = somebody(browser, room, base, "bo", Role.DUTY_OFFICER, code)
    for officer in (second, first):
        officer.page.get_by_role("button", name="派遣").click()
        expect(officer.page.locator(".candidate[aria-checked=true]")).to_be_focused()
    first.page.keyboard.press("Enter")
    expect(first.page.locator(".steps-told")).to_contain_text("再确认一次")
    first.page.keyboard.press("Enter")
    expect(second.page.locator(".steps-told")).to_contain_text("an 已于", timeout=15_000)
    expect(second.page.locator(".steps-form")).to_be_hidden()
    # The step is gone, and the hand is not lost.
    expect(second.page.locator(".act", has_text="派遣")).to_have_count(0)
    expect(second.page.locator("#drawer h2")).to_be_focused()
    assert first.wrong == second.wrong == []


def test_a_rejection_needs_a_reason_and_escape_leaves_everything_as_it_was(
    room: Room, base: str, browser: Browser
) -> None:
    (code,) = report(room, [(106.474, 29.574)])
    clerk = somebody(browser, room, base, "wen", Role.INTAKE, code)
    page = clerk.page
    page.get_by_role("button", name="不立案").click()
    expect(page.locator(".steps-reason")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".steps-told")).to_have_text("请填写原因。")
    page.locator(".steps-reason").fill("不属于受理范围")
    page.keyboard.press("Escape")
    expect(page.locator(".steps-form")).to_be_hidden()
    expect(page.locator("#drawer")).to_be_visible()
    page.get_by_role("button", name="不立案").click()
    page.locator(".steps-reason").fill("不属于受理范围")
    page.keyboard.press("Enter")
    expect(page.locator(".steps-told")).to_have_text("已完成：不立案")
    expect(page.locator("#drawer dd").first).to_have_text("不立案", timeout=10_000)
    assert clerk.wrong == []
