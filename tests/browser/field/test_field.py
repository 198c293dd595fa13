"""A unit's phone with a real browser, 390 by 844: a whole task seen by an officer, and the same in a dead zone."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Geolocation, expect

from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services import phones
from geodata.store import units
from tests.browser.field.centre import OPERATOR, comes, dispatched, photos_of, step, steps_of
from tests.browser.map_browser import MapPage
from tests.browser.phone import HERE, Phone
from tests.factories.people import account_of, cookie_of, secret_of
from tests.factories.pictures import LAT, LON, MAKE

NEXT = Geolocation(latitude=29.56, longitude=106.45, accuracy=15)


def test_a_task_goes_from_signing_on_to_the_report_and_an_officer_sees_each_step(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    expect(phone.page.locator("#unit")).to_have_text("渝中巡-01")
    sent = phone.bodies("/field/photo")
    phone.sign_on()
    expect(phone.page.locator("#fix")).to_contain_text("定位")
    officer = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    secret = secret_of(room.access, account_of(room.access, [Role.DUTY_OFFICER], ["D1"], login="ling"))
    officer.add_cookies([cookie_of(base, secret)])
    desk = MapPage(officer.new_page(), base)
    desk.watch()
    desk.page.goto(f"{base}/area/D1?selected=event:{code}")
    state = desk.page.locator("#drawer dd").first
    expect(state).to_have_text("已派遣", timeout=30_000)
    phone.act(code, "accept")
    expect(phone.task(code)).to_have_attribute("data-state", "handling")
    expect(state).to_have_text("处置中", timeout=15_000)
    phone.act(code, "arrive")
    expect(phone.task(code).locator(".steps .done")).to_have_count(2)
    phone.act(code, "report_back")
    phone.page.locator("#sheet [type=submit]").click()
    expect(phone.page.locator("#sheet .wrong")).to_have_text("请拍一张处置后照片，或说明没有照片的原因。")
    with phone.page.expect_file_chooser() as chosen:
        phone.page.locator("#sheet .shot").click()
    chosen.value.set_files({"name": "now.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(phone.page.locator("#sheet .wrong")).to_have_text("无法读取这张照片，请重拍。")
    phone.shoot(phone.page.locator("#sheet .shot"))
    expect(phone.page.locator("#sheet .thumb img")).to_be_visible()
    expect(phone.page.locator("#sheet .wrong")).to_be_hidden()
    phone.page.locator("#sheet [type=submit]").click()
    expect(phone.task(code)).to_have_attribute("data-state", "handled")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    expect(state).to_have_text("处置完成", timeout=15_000)
    thumb = desk.page.locator(".drawer-photos button")
    expect(thumb).to_have_count(1, timeout=15_000)
    thumb.click()
    large = desk.page.locator(".photo-large img")
    expect(large).to_be_visible()
    assert large.evaluate("async (img) => { await img.decode(); return [img.naturalWidth, img.naturalHeight]; }") == [
        1600, 1200,
    ]  # fmt: skip
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator(".drawer-past li").filter(has_text="拍照 · 处置后")).to_have_count(1)
    (taken,) = sent
    assert MAKE.encode() not in taken, "what the camera wrote beside the picture does not leave the phone"
    with Image.open(io.BytesIO(taken)) as picture:
        assert (picture.size, dict(picture.getexif())) == ((1600, 1200), {})
    with room.store.read() as conn:
        unit = units.by_codes(conn, ["U1"])["U1"]
    (photo,) = photos_of(room, code)
    assert (unit.status, unit.lon, unit.lat) == ("on_duty", HERE["longitude"], HERE["latitude"])
    assert (round(photo.lon or 0, 4), round(photo.lat or 0, 4)) == (LON, LAT), "the position of the picture itself"
    assert phone.wrong == desk.wrong == []


def test_what_is_done_in_a_dead_zone_outlives_the_page_and_is_delivered_once_and_in_order(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    phone.sign_on()
    expect(phone.page.locator("#waiting")).to_be_hidden()
    phone.ready_for_a_dead_zone()
    phone.context.set_offline(True)
    phone.act(code, "accept")
    phone.act(code, "arrive")
    phone.act(code, "report_back")
    phone.shoot(phone.page.locator("#sheet .shot"))
    phone.page.locator("#sheet [type=submit]").click()
    expect(phone.page.locator("#waiting")).to_have_text("4 件待发送")
    expect(phone.page.locator("#net")).to_contain_text("没有网络")
    assert steps_of(room, code) == []
    phone.page.reload()
    expect(phone.page.locator("#unit")).to_have_text("渝中巡-01")
    expect(phone.page.locator("#waiting")).to_have_text("4 件待发送")
    expect(phone.task(code)).to_have_attribute("data-state", "handled")
    phone.page.locator("#waiting").click()
    expect(phone.page.locator("#sheet .queue strong")).to_have_text(["签收", "我已到场", "照片 · 处置后", "反馈结果"])
    phone.page.locator("#sheet .round").click()
    phone.context.set_offline(False)
    expect(phone.page.locator("#waiting")).to_be_hidden(timeout=60_000)
    expect(phone.page.locator("#net")).to_be_hidden()
    comes(phone.page, room, code, ["accept", "arrive", "report_back"])
    assert len(photos_of(room, code)) == 1
    expect(phone.page.locator("#refused article")).to_have_count(0)
    assert [w for w in phone.wrong if "ERR_INTERNET_DISCONNECTED" not in w] == []


def test_an_answer_that_was_lost_on_the_way_is_asked_for_again_and_nothing_is_done_twice(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    lost: list[Any] = []

    def once(route: Any) -> None:
        if not lost:
            lost.append(route.fetch())  # the server has done it, and nobody hears of it
            route.abort()
        else:
            route.continue_()

    phone.page.route("**/field/act", once)
    phone.act(code, "accept")
    expect(phone.page.locator("#waiting")).to_be_visible()
    expect(phone.page.locator("#waiting")).to_be_hidden(timeout=30_000)
    assert [answer.status for answer in lost] == [200]
    comes(phone.page, room, code, ["accept"])
    expect(phone.page.locator("#refused article")).to_have_count(0)


def test_a_refusal_says_why_and_stays_until_somebody_has_read_it(room: Room, base: str, browser: Browser) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    phone.ready_for_a_dead_zone()
    phone.context.set_offline(True)
    phone.act(code, "accept")
    expect(phone.page.locator("#waiting")).to_have_text("1 件待发送")
    step(room, "void", code, reason="重复录入")
    phone.context.set_offline(False)
    refusal = phone.page.locator("#refused article")
    expect(refusal).to_contain_text("没有办成 · 签收", timeout=60_000)
    expect(refusal).to_contain_text("此事件现在是“作废”")
    expect(phone.page.locator(".none")).to_be_visible()
    phone.page.reload()
    expect(refusal).to_be_visible()
    refusal.get_by_role("button", name="知道了").click()
    expect(refusal).to_have_count(0)
    phone.page.reload()
    expect(phone.page.locator("#unit")).to_have_text("渝中巡-01")
    expect(refusal).to_have_count(0)


def test_off_duty_nothing_is_watched_and_signing_off_stops_it_at_once(room: Room, base: str, browser: Browser) -> None:
    phone = Phone.of(browser, room, base)
    expect(phone.page.locator("#duty")).to_have_attribute("data-on", "false")
    assert phone.page.evaluate("field.place.state.here") is None
    phone.sign_on()
    phone.page.wait_for_function("() => field.place.state.here !== null")
    phone.page.get_by_role("button", name="签退").click()
    phone.page.locator("#sheet .main").click()
    expect(phone.page.locator("#duty")).to_have_attribute("data-on", "false")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    sent = phone.bodies("/field/positions")
    phone.context.set_geolocation(NEXT)
    phone.page.wait_for_timeout(2_000)
    assert phone.page.evaluate("field.place.state.here") is None
    assert sent == []
    with room.store.read() as conn:
        unit = units.by_codes(conn, ["U1"])["U1"]
    assert (unit.status, unit.lon) == ("off_duty", None)
    assert phone.wrong == []


def test_a_phone_whose_link_has_ended_forgets_its_tasks_and_keeps_what_was_not_sent(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    phone.ready_for_a_dead_zone()
    phone.context.set_offline(True)
    phone.act(code, "accept")
    expect(phone.page.locator("#waiting")).to_have_text("1 件待发送")
    phones.end(room.access, OPERATOR, room.situation.tree, "phone.u1", now_ms())
    room.sessions.forget()
    phone.context.set_offline(False)
    expect(phone.page.locator("#net")).to_contain_text("登录已失效", timeout=60_000)
    expect(phone.page.locator(".task")).to_have_count(0)
    expect(phone.page.locator("#waiting")).to_have_text("1 件待发送")
    assert phone.page.evaluate("field.store.get('told')") is None
    assert steps_of(room, code) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everything_to_touch_is_large_enough_and_nothing_leaves_the_screen(
    room: Room, base: str, browser: Browser, lang: str
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    phone.page.goto(f"{base}/field?lang={lang}")
    card, sheet = phone.task(code), phone.page.locator("#sheet")
    expect(card.locator("[data-act=accept]")).to_be_visible()
    assert phone.too_small() == []
    phone.page.locator("#about").click()
    assert phone.too_small() == []
    sheet.locator(".round").click()
    phone.act(code, "accept")
    for action, holds in (("report_back", ".shot"), ("return", "textarea"), ("ask_extend", "select")):
        phone.act(code, action)
        expect(sheet.locator(holds)).to_be_visible()
        assert phone.too_small() == [], action
        sheet.locator(".round").click()
    assert phone.wrong == []


def test_the_focus_goes_back_to_the_task_when_a_sheet_closes_and_what_happened_is_read_aloud(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    phone.act(code, "accept")
    expect(phone.page.locator("#spoken")).to_have_text("已保存，正在发送")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    phone.act(code, "report_back")
    expect(phone.page.locator("#sheet-title")).to_be_focused()
    phone.page.keyboard.press("Escape")
    expect(phone.task(code).locator("[data-act=report_back]")).to_be_focused()
    phone.act(code, "ask_extend")
    phone.page.locator("#note").fill("等待配件")
    phone.page.locator("#sheet [type=submit]").click()
    expect(phone.page.locator("#sheet")).to_be_hidden()
    expect(phone.page.locator("#waiting")).to_be_hidden()
    comes(phone.page, room, code, ["accept", "ask_extend"])
    assert phone.page.evaluate("document.activeElement.closest('.task').dataset.code") == code
    phone.context.set_offline(True)
    expect(phone.page.locator("#spoken")).to_have_text("没有网络")


def test_what_cannot_be_done_is_given_back_with_a_reason(room: Room, base: str, browser: Browser) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    phone.act(code, "return")
    phone.page.locator("#sheet [type=submit]").click()
    expect(phone.page.locator("#sheet .wrong")).to_have_text("请填写原因。")
    assert steps_of(room, code) == []
    phone.page.locator("#note").fill("不在本单位职责范围")
    phone.page.locator("#sheet [type=submit]").click()
    expect(phone.page.locator(".none")).to_be_visible()
    expect(phone.page.locator("#waiting")).to_be_hidden()
    comes(phone.page, room, code, ["return"])
    assert phone.wrong == []
