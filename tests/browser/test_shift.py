"""A whole shift with real browsers: an officer at the desk, a unit on its phone, a leader who looks on, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.store import audit, changes, events
from tests.browser.duty_desk import report
from tests.browser.map_browser import MapPage
from tests.browser.phone import Phone
from tests.browser.serving import serving
from tests.factories.page_city import open_room
from tests.factories.people import account_of, cookie_of, secret_of

SEEN_MS = 20_000
OPERATOR = Actor.operator()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """The small city with a second unit that checks what the first one has handled."""
    opened = open_room(tmp_path)
    other = UnitReport("U2", "渝中巡-02", "grid_post", "G00", (), None, now_ms())
    enrol_units(opened.door.desk(), OPERATOR, [Submitted({}, other)], feed="t/units", now_ms=now_ms())
    for n in (1, 2):
        account_of(opened.access, [Role.UNIT_MEMBER], ["D1"], unit_code=f"U{n}", login=f"phone.u{n}")
    yield opened
    opened.store.close()


@pytest.fixture
def base(room: Room) -> Iterator[str]:
    with serving(room) as address:
        yield address


def somebody(browser: Browser, room: Room, base: str, login: str, address: str, *roles: Role) -> MapPage:
    """A browser of somebody's own."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(30_000)
    context.add_cookies([cookie_of(base, secret_of(room.access, account_of(room.access, roles, ["D1"], login=login)))])
    opened = MapPage(context.new_page(), base)
    opened.watch()
    opened.page.goto(base + address)
    expect(opened.page.locator("#drawer h2")).to_be_visible(timeout=30_000)
    return opened


def seen(page: Page, state: str) -> None:
    """The card says so, without anybody having touched this page."""
    expect(page.locator("#drawer dd").first).to_have_text(state, timeout=SEEN_MS)


def step(page: Page, name: str) -> None:
    """Touch a step on the card that needs nothing more."""
    page.locator(".act").get_by_text(name, exact=True).click()
    expect(page.locator(".steps-told")).to_have_text(f"已完成：{name}")


def test_a_shift_from_the_report_to_the_end_with_a_return_a_rework_a_conflict_and_a_supervision(
    room: Room, base: str, browser: Browser
) -> None:
    (code,) = report(room, [(106.44, 29.54)])
    at = f"?selected=event:{code}"
    desk = somebody(
        browser, room, base, "ling", f"/duty/D1{at}", Role.INTAKE, Role.DUTY_OFFICER, Role.SHIFT_LEADER
    )
    leader = somebody(browser, room, base, "lin", f"/area/D1{at}", Role.LEADER)
    sent, checker = (Phone.of(browser, room, base, f"phone.u{n}") for n in (1, 2))
    officer, watching = desk.page, leader.page

    # Report → register → dispatch, with keys.
    seen(officer, "已上报")
    officer.keyboard.press("r")
    expect(officer.locator(".steps-reason")).to_be_focused()
    expect(officer.locator(".steps-reason")).to_have_value("属受理范围，事实清楚")
    officer.keyboard.press("Enter")
    expect(officer.locator(".steps-told")).to_have_text("已完成：立案")
    seen(watching, "待派遣")
    officer.keyboard.press("d")
    chosen = officer.locator(".candidate[aria-checked=true]")
    expect(chosen).to_be_focused()
    expect(chosen).to_contain_text("渝中巡-01")
    officer.keyboard.press("Enter")
    expect(officer.locator(".steps-told")).to_have_text("已完成：派遣")
    seen(watching, "已派遣")

    # The unit gives it back; the shift leader says it is its own after all.
    expect(sent.task(code)).to_be_visible(timeout=SEEN_MS)
    sent.act(code, "return")
    sent.page.locator("#sheet textarea").fill("不属于本单位职责")
    sent.page.locator("#sheet [type=submit]").click()
    seen(officer, "已回退")
    officer.locator(".act").get_by_text("驳回回退", exact=True).click()
    officer.locator(".steps-reason").fill("属于该网格")
    officer.keyboard.press("Enter")
    expect(officer.locator(".steps-told")).to_have_text("已完成：驳回回退")
    seen(watching, "已派遣")

    # Signed for, on scene, reported back with a photo.
    expect(sent.task(code)).to_have_attribute("data-state", "dispatched", timeout=SEEN_MS)
    sent.act(code, "accept")
    seen(watching, "处置中")
    sent.act(code, "arrive")
    expect(sent.task(code).locator(".steps .done")).to_have_count(2)
    handed_in(sent, code)
    seen(watching, "处置完成")
    seen(officer, "处置完成")

    # Checked by another unit: not done, once more, done.
    step(officer, "要求核查")
    checker.sign_on()
    expect(checker.task(code)).to_be_visible(timeout=SEEN_MS)
    checker.act(code, "rework")
    checker.page.locator("#sheet textarea").fill("仍有残留")
    checker.page.locator("#sheet [type=submit]").click()
    seen(officer, "处置中")
    expect(sent.task(code)).to_have_attribute("data-state", "handling", timeout=SEEN_MS)
    handed_in(sent, code)
    seen(officer, "处置完成")
    step(officer, "要求核查")

    # The leader supervises, the officer answers.
    seen(watching, "待核查")
    watching.locator(".act").get_by_text("督办", exact=True).click()
    watching.locator("[data-field=kind] select").select_option("key")
    watching.locator(".steps-reason").fill("反复出现")
    watching.keyboard.press("Enter")
    expect(watching.locator(".steps-told")).to_have_text("已完成：督办")
    expect(officer.locator("#drawer > dl")).to_contain_text("督办", timeout=SEEN_MS)
    officer.locator(".act").get_by_text("答复督办", exact=True).click()
    officer.locator(".steps-reason").fill("已返工")
    officer.keyboard.press("Enter")
    expect(officer.locator(".steps-told")).to_have_text("已完成：答复督办")

    expect(checker.task(code)).to_be_visible(timeout=SEEN_MS)
    checker.act(code, "check")
    checker.page.locator("#sheet [type=submit]").click()
    seen(officer, "待结案")

    # Two at once: the second one is told who was first.
    officer.locator(".act").get_by_text("强制结案", exact=True).click()
    expect(officer.locator(".steps-reason")).to_be_focused()
    closed = act(
        room.door.desk(), Actor.of("wen", frozenset({Role.INTAKE}), frozenset({"D1"})),
        [Submitted({}, Action("close", now_ms(), code))], feed="people/actions", now_ms=now_ms(),
        audit=room.access.audit, keep_refused=False,
    )  # fmt: skip
    assert closed[0].status == "accepted", closed
    expect(officer.locator(".steps-told")).to_contain_text(re.compile("wen 已于"), timeout=SEEN_MS)
    seen(watching, "已结案")

    with room.store.read() as conn:
        event = events.by_code(conn, code)
        assert event is not None
        taken = [c.action for c in changes.of_event(conn, event.id, 50)]
        lines = [line.action for line in audit.walk(conn) if line.subject == f"event:{code}"]
        assert room.access.audit.check(conn)[2] is None
    assert taken == [
        "report", "register", "dispatch", "return", "refuse_return", "accept", "arrive", "report_back", "ask_check",
        "rework", "report_back", "ask_check", "supervise", "answer", "check", "close",
    ]  # fmt: skip
    assert [a for a in lines if a != "photo"] == taken[1:], "whatever people did is in the audit, in its order"
    assert desk.wrong == leader.wrong == sent.wrong == checker.wrong == []


def handed_in(phone: Phone, code: str) -> None:
    """Report back with a photo."""
    phone.act(code, "report_back")
    phone.shoot(phone.page.locator("#sheet .shot"))
    expect(phone.page.locator("#sheet .thumb img")).to_be_visible()
    phone.page.locator("#sheet [type=submit]").click()
    expect(phone.task(code)).to_have_attribute("data-state", "handled")
    expect(phone.page.locator("#waiting")).to_be_hidden()
