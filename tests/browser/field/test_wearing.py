"""What wears a phone's page down: a server behind a gate that fails, photos that cannot be read, an upgrade, a slip of
the thumb."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from callbacks.room import Room
from geodata.intake.door import now_ms
from geodata.services import phones
from tests.browser.field.centre import OPERATOR, comes, dispatched, photos_of, steps_of
from tests.browser.phone import Phone, link_of

NO_MEMORY = "HTMLCanvasElement.prototype.getContext = () => null"
NOT_READABLE = "Blob.prototype.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'))"
UNREAD = "无法读取这张照片，请重拍。"


def silent(_: WebSocketRoute) -> None:
    """A line over which nothing is ever said: what the page knows it has asked for."""


def failing(status: int) -> Callable[[Route], None]:
    """What a gate answers while the server behind it does not."""
    return lambda route: route.fulfill(status=status, body="<html>no</html>")


def times_loaded(page: Page) -> list[str]:
    """The pages that are loaded from now on."""
    loaded: list[str] = []
    page.on("domcontentloaded", lambda p: loaded.append(p.url))
    return loaded


def upgrade(room: Room, build: str) -> None:
    """The server runs other code from now on."""
    object.__setattr__(room, "build", build)


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_gate_that_answers_in_place_of_the_server_counts_as_no_network_and_the_tasks_say_how_old_they_are(
    room: Room, base: str, browser: Browser, status: int
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base, line=silent)
    net = phone.page.locator("#net")
    expect(phone.task(code)).to_be_visible()
    expect(net).to_be_hidden()
    phone.page.route("**/field/tasks", failing(status))
    phone.page.route("**/field/act", failing(status))
    phone.act(code, "accept")
    expect(net).to_contain_text("没有网络")
    expect(net).to_contain_text("显示的是")
    expect(phone.page.locator("#waiting")).to_have_text("1 件待发送")
    phone.page.reload()
    expect(net).to_contain_text("没有网络")
    expect(phone.task(code)).to_have_attribute("data-state", "handling")
    assert steps_of(room, code) == []
    phone.page.unroute_all()
    expect(net).to_be_hidden(timeout=40_000)
    expect(phone.page.locator("#waiting")).to_be_hidden()
    comes(phone.page, room, code, ["accept"])


def test_a_phone_that_kept_nothing_says_that_it_reaches_nobody(room: Room, base: str, browser: Browser) -> None:
    phone = Phone.of(browser, room, base, line=silent)
    phone.page.route("**/field/tasks", failing(503))
    phone.page.evaluate("field.store.forget('told')")
    phone.page.reload()
    expect(phone.page.locator("#net")).to_contain_text("没有网络")


@pytest.mark.parametrize("broken", [NOT_READABLE, NO_MEMORY])
def test_a_photo_that_cannot_be_read_is_said_to_be_and_the_next_one_goes(
    room: Room, base: str, browser: Browser, broken: str
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    sheet = phone.page.locator("#sheet")
    phone.act(code, "accept")
    phone.page.evaluate(
        f"window.real = [Blob.prototype.arrayBuffer, HTMLCanvasElement.prototype.getContext]; {broken}; 0"
    )
    phone.shoot(phone.task(code).locator(".shoot button"))
    expect(phone.page.locator("#toast")).to_have_text(UNREAD)
    expect(phone.task(code).locator(".shoot button")).to_be_enabled()
    phone.act(code, "report_back")
    phone.shoot(sheet.locator(".shot"))
    expect(sheet.locator(".wrong")).to_have_text(UNREAD)
    expect(sheet.locator("[type=submit]")).to_be_enabled()
    phone.page.evaluate("[Blob.prototype.arrayBuffer, HTMLCanvasElement.prototype.getContext] = window.real; 0")
    phone.shoot(sheet.locator(".shot"))
    expect(sheet.locator(".thumb img")).to_have_count(1)
    sheet.locator("[type=submit]").click()
    expect(phone.task(code)).to_have_attribute("data-state", "handled")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    assert len(photos_of(room, code)) == 1
    assert phone.wrong == []


def test_a_photo_comes_to_its_task_though_the_page_was_drawn_anew_while_the_camera_was_in_front(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room, 0)
    phone = Phone.of(browser, room, base)
    phone.act(code, "accept")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    with phone.page.expect_file_chooser() as chosen:
        phone.task(code).locator(".shoot button").click()
    phone.page.evaluate("document.querySelector('.task').stale = true")
    other = dispatched(room, 1)
    expect(phone.task(other)).to_be_visible()
    assert phone.page.evaluate("Array.from(document.querySelectorAll('.task')).some((card) => card.stale)") is False
    picture = phone.page.screenshot(type="jpeg")
    chosen.value.set_files({"name": "now.jpg", "mimeType": "image/jpeg", "buffer": picture})
    expect(phone.page.locator("#toast")).to_have_text("已保存，正在发送")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    assert len(photos_of(room, code)) == 1


def test_after_an_upgrade_the_page_loads_itself_anew_once_and_not_under_somebodys_hands(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base, line=silent)
    phone.act(code, "accept")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    phone.act(code, "report_back")
    phone.page.locator("#note").fill("已清理")
    loaded = times_loaded(phone.page)
    upgrade(room, "b2")
    phone.page.evaluate("field.start.refresh(0)")
    phone.page.wait_for_function("() => field.build.old()")
    phone.page.wait_for_timeout(2_500)
    assert loaded == []
    phone.page.locator("#sheet [type=submit]").click()
    expect(phone.page.locator("body")).to_have_attribute("data-build", "b2", timeout=10_000)
    expect(phone.task(code)).to_have_attribute("data-state", "handled")
    phone.page.wait_for_timeout(3_000)
    assert len(loaded) == 1
    comes(phone.page, room, code, ["accept", "report_back"])


def test_a_server_that_says_another_build_for_ever_is_loaded_once(room: Room, base: str, browser: Browser) -> None:
    phone = Phone.of(browser, room, base, line=lambda line: line.send('{"k":"hello","build":"b9"}'))
    phone.page.wait_for_function(
        "() => performance.getEntriesByType('navigation')[0].type === 'reload' && window.field && field.told"
    )
    loaded = times_loaded(phone.page)
    phone.page.wait_for_timeout(4_000)
    assert loaded == []


def test_what_the_server_of_another_build_refuses_is_kept_and_sent_by_the_page_that_fits(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base, line=silent)
    expect(phone.task(code)).to_be_visible()
    phone.page.locator("#about").click()  # nothing is loaded under an open sheet
    phone.page.route(
        "**/field/act",
        lambda route: route.fulfill(status=422, headers={"x-build": "b2"}, json={"status": "refused", "said": "no"}),
    )
    phone.page.evaluate("document.querySelector('[data-act=accept]').click()")
    expect(phone.page.locator("#waiting")).to_have_text("1 件待发送")
    phone.page.wait_for_function("() => field.build.old()")
    phone.page.wait_for_timeout(3_000)
    assert phone.page.evaluate("field.store.queue().then((q) => q.length)") == 1
    expect(phone.page.locator("#refused article")).to_have_count(0)
    upgrade(room, "b2")
    phone.page.unroute_all()
    phone.page.locator("#sheet .round").click()
    expect(phone.page.locator("body")).to_have_attribute("data-build", "b2", timeout=20_000)
    expect(phone.page.locator("#waiting")).to_be_hidden()
    comes(phone.page, room, code, ["accept"])


def test_what_was_filled_in_is_not_lost_by_a_slip_of_the_thumb(room: Room, base: str, browser: Browser) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    sheet = phone.page.locator("#sheet")
    phone.act(code, "return")
    phone.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    phone.act(code, "return")
    phone.page.locator("#note").fill("不在本单位职责范围")
    for _ in range(3):
        phone.page.keyboard.press("Escape")
        expect(sheet).to_be_visible()
        expect(sheet.get_by_role("button", name="继续填写")).to_be_focused()
    assert phone.too_small() == []
    sheet.get_by_role("button", name="继续填写").click()
    expect(phone.page.locator("#note")).to_be_focused()
    expect(phone.page.locator("#note")).to_have_value("不在本单位职责范围")
    sheet.locator(".round").first.click()
    sheet.get_by_role("button", name="放弃").click()
    expect(sheet).to_be_hidden()
    expect(phone.task(code).locator("[data-act=return]")).to_be_focused()
    assert steps_of(room, code) == []
    assert phone.wrong == []


def test_a_link_that_ends_behind_a_filled_sheet_leaves_it_and_what_it_sends_is_sent_with_the_next_link(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base, line=silent)
    sheet = phone.page.locator("#sheet")
    phone.act(code, "accept")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    phone.act(code, "report_back")
    phone.page.locator("#note").fill("已清理")
    phones.end(room.access, OPERATOR, room.situation.tree, "phone.u1", now_ms())
    room.sessions.forget()
    phone.page.evaluate("field.start.refresh(0)")
    expect(sheet.locator(".wrong")).to_contain_text("登录已失效", timeout=20_000)
    expect(phone.page.locator(".task")).to_have_count(0)
    expect(phone.page.locator("#note")).to_have_value("已清理")
    sheet.locator("[type=submit]").click()
    expect(sheet).to_be_hidden()
    expect(phone.page.locator("#waiting")).to_have_text("1 件待发送")
    phone.open(link_of(room, "phone.u1"))
    expect(phone.task(code)).to_have_attribute("data-state", "handled")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    comes(phone.page, room, code, ["accept", "report_back"])


def test_the_focus_stays_on_duty_when_its_button_changes(room: Room, base: str, browser: Browser) -> None:
    phone = Phone.of(browser, room, base)
    phone.sign_on()
    expect(phone.page.locator("#waiting")).to_be_hidden()
    expect(phone.page.locator("#duty button")).to_be_focused()
    phone.page.locator("#duty button").click()
    phone.page.locator("#sheet .main").click()
    expect(phone.page.locator("#duty")).to_have_attribute("data-on", "false")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    expect(phone.page.locator("#duty button")).to_be_focused()
