"""Alerts with real browsers: two officers hear of a red event, one confirms it, the other falls silent and says who."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Route, expect

from callbacks.room import Room
from geodata.domain.alerts import MINUTE_MS
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services import alerting
from geodata.services.actors import Actor
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from tests.browser.duty_desk import officer
from tests.browser.map_browser import MapPage
from tests.factories.people import account_of, cookie_of, secret_of

pytestmark = pytest.mark.usefixtures("rooms_are_left", "quiet")
SOON = 15_000
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def room(told_room: Room) -> Room:
    return told_room


def somebody(browser: Browser, room: Room, base: str, login: str, role: Role, path: str = "/area/D1") -> MapPage:
    """A desk of their own."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(30_000)
    account = account_of(room.access, [role], ["D1"], login=f"{login}.{next(_numbers)}")
    context.add_cookies([cookie_of(base, secret_of(room.access, account))])
    opened = MapPage(context.new_page(), base)
    opened.watch()
    opened.page.goto(base + path)
    expect(opened.page.locator("#feed .row").first).to_be_visible(timeout=30_000)
    return opened


def red_event(room: Room, subtype: str = "0203") -> None:
    """A road collapses in the first district."""
    told = NewEvent("hotline", "test", f"red{next(_numbers)}", subtype, now_ms(), lon=106.47, lat=29.57, urgency=1)
    (found,) = report_events(room.door.desk(), Actor.operator("test"), [Submitted({}, told)], feed="t", now_ms=now_ms())
    assert found.status == "accepted", found


def box_of(found: Locator) -> FloatRect:
    box = found.bounding_box()
    assert box is not None
    return box


def rings(desk: MapPage, value: str) -> None:
    expect(desk.page.locator("#alerts")).to_have_attribute("data-ringing", value, timeout=SOON)


def test_two_officers_hear_of_it_one_confirms_by_key_and_the_other_is_told_who(
    room: Room, base: str, browser: Browser
) -> None:
    first, second = (somebody(browser, room, base, name, Role.DUTY_OFFICER) for name in ("ling", "qiang"))
    leader = somebody(browser, room, base, "hua", Role.SHIFT_LEADER)
    for desk in (first, second, leader):
        expect(desk.page.locator("#alerts")).to_contain_text("没有等待您确认的告警")
        expect(desk.page.locator(".bell")).to_have_text("点击开启声音")
    first.page.locator(".bell").click()
    expect(first.page.locator(".bell")).to_have_text("声音已开")
    red_event(room)
    for desk in (first, second):
        rings(desk, "true")
        expect(desk.page.locator(".alert-name")).to_have_text("特急 · 路面塌陷")
        expect(desk.page.locator(".alert-asked")).to_have_text(re.compile(r"正在通知：派遣员 · 0\d:\d\d 后通知值班长"))
    rings(leader, "false")
    expect(leader.page.locator("#alerts")).to_contain_text("本区域共 1 条未确认")
    first.page.wait_for_function("() => onescreen.bell.strokes() > 0")
    assert second.page.evaluate("() => onescreen.bell.strokes()") == 0, "a page that nobody touched makes no sound"
    first.page.keyboard.press("a")
    for desk in (first, second):
        rings(desk, "false")
        expect(desk.page.locator(".alert")).to_have_count(0)
        expect(desk.page.locator(".alerts-ended")).to_contain_text("ling.")
        expect(desk.page.locator(".alerts-ended")).to_contain_text("已确认")
    assert not first.page.evaluate("() => onescreen.bell.ringing()")
    assert first.wrong == second.wrong == leader.wrong == []


def test_a_key_that_is_held_confirms_one_alert_and_an_answer_that_does_not_come_is_not_waited_for(
    room: Room, base: str, browser: Browser
) -> None:
    desk = somebody(browser, room, base, "yan", Role.DUTY_OFFICER)
    for _ in range(2):
        red_event(room)
    expect(desk.page.locator(".alert")).to_have_count(2, timeout=SOON)
    asked: list[Route] = []
    desk.page.route("**/acknowledge", lambda route: asked.append(route))
    for _ in range(4):
        desk.page.keyboard.down("a")
    desk.page.keyboard.up("a")
    expect(desk.page.locator(".alert-button:disabled")).to_have_count(1)
    expect(desk.page.locator(".alert-said", has_text="未能确认")).to_have_count(1, timeout=SOON)
    assert len(asked) == 1
    desk.page.unroute_all()


def test_where_a_queue_is_worked_alerts_stand_above_it_and_are_confirmed_by_the_same_key(
    room: Room, base: str, browser: Browser
) -> None:
    desk = officer(browser, room, base, f"bo.{next(_numbers)}")
    list_at = box_of(desk.page.locator(".desk-rows"))
    height = box_of(desk.page.locator("#alerts"))["height"]
    rem = desk.page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert height <= 8 * rem, "the rows have the room"
    red_event(room)
    rings(desk.map, "true")
    assert box_of(desk.page.locator(".desk-rows")) == list_at, "no row moves under the hand"
    strip = box_of(desk.page.locator("#alerts"))
    for part in (".alert-name", ".alert-button", ".alert-asked"):
        expect(desk.page.locator(part)).to_be_in_viewport(ratio=1)
        inner = box_of(desk.page.locator(part))
        assert strip["y"] < inner["y"]
        assert inner["y"] + inner["height"] < strip["y"] + strip["height"], f"{part} is cut"
    desk.press("a")
    rings(desk.map, "false")
    assert box_of(desk.page.locator(".desk-rows")) == list_at
    assert desk.map.wrong == []


def test_a_red_event_is_said_once_and_nothing_else_is_read_out_while_seconds_are_counted(
    room: Room, base: str, browser: Browser
) -> None:
    desk = somebody(browser, room, base, "li", Role.DUTY_OFFICER)
    said = desk.page.locator("[aria-live=assertive], [role=alert]")
    expect(said).to_have_count(1)
    # Every change within what a screen reader reads out by itself, from now on.
    desk.page.evaluate(
        """() => { window.read = [];
             const live = '[aria-live=assertive], [aria-live=polite], [role=status], [role=alert]';
             for (const node of document.querySelectorAll(live))
               new MutationObserver(() => window.read.push(node.className + ': ' + node.textContent))
                 .observe(node, {childList: true, characterData: true, subtree: true}); }"""
    )
    red_event(room)
    rings(desk, "true")
    expect(said).to_contain_text("特急 · 路面塌陷 · ")
    desk.page.wait_for_timeout(3_500)
    assert len(desk.page.evaluate("() => window.read")) == 1, desk.page.evaluate("() => window.read")
    desk.page.keyboard.press("a")
    rings(desk, "false")
    expect(said).to_have_text("")
    assert desk.wrong == []


def test_nobody_answers_and_the_shift_leader_is_asked_and_confirms_by_hand(
    room: Room, base: str, browser: Browser
) -> None:
    leader = somebody(browser, room, base, "hua", Role.SHIFT_LEADER)
    red_event(room)
    expect(leader.page.locator("#alerts")).to_contain_text("本区域共 1 条未确认", timeout=SOON)
    assert alerting.climb(room.door.desk(), lambda _: True, now_ms() + 3 * MINUTE_MS) == 1
    rings(leader, "true")
    expect(leader.page.locator(".alert-asked")).to_contain_text("派遣员、值班长")
    leader.page.locator(".alert-button").click()
    rings(leader, "false")
    leader.page.locator(".alerts-past").click()
    row = leader.page.locator("tr[data-alert]").first
    expect(row).to_contain_text("派遣员 → 值班长")
    expect(row).to_contain_text("已确认")
    assert leader.wrong == []


def test_a_muted_desk_still_shows_what_rings_and_remembers_that_it_is_muted(
    room: Room, base: str, browser: Browser
) -> None:
    officer = somebody(browser, room, base, "an", Role.DUTY_OFFICER)
    bell = officer.page.locator(".bell")
    bell.click()
    expect(bell).to_have_text("声音已开")
    officer.page.wait_for_function("() => !onescreen.bell.justWoken()")
    bell.click()
    officer.page.get_by_label("本席位静音").check()
    expect(bell).to_have_text("已静音")
    officer.page.reload()
    expect(bell).to_have_text("已静音", timeout=30_000)
    red_event(room)
    rings(officer, "true")
    expect(officer.page.locator(".alert")).to_have_count(1)
    assert officer.page.evaluate("() => onescreen.bell.strokes()") == 0
    assert officer.wrong == []


def test_quiet_hours_may_go_over_midnight(room: Room, base: str, browser: Browser) -> None:
    officer = somebody(browser, room, base, "bo", Role.DUTY_OFFICER)
    table = [
        ("12:00", "", "", False), ("12:00", "12:00", "12:00", False), ("12:00", "11:00", "13:00", True),
        ("13:00", "11:00", "13:00", False), ("23:30", "22:00", "06:00", True), ("05:59", "22:00", "06:00", True),
        ("06:00", "22:00", "06:00", False), ("12:00", "22:00", "06:00", False),
    ]  # fmt: skip
    for time, start, end, is_quiet in table:
        assert officer.page.evaluate("a => onescreen.bell.within(...a)", [time, start, end]) is is_quiet, (time, start)
    assert officer.wrong == []


@pytest.mark.parametrize(("role", "path"), [(Role.DUTY_OFFICER, "/wall/D1"), (Role.VIEWER, "/area/D1")])
def test_a_wall_never_rings_and_whoever_only_looks_hears_nothing(
    room: Room, base: str, browser: Browser, role: Role, path: str
) -> None:
    desk = somebody(browser, room, base, "wu", role, path)
    before = desk.page.evaluate("() => onescreen.panels.value('kpi').open.n")
    red_event(room)
    desk.page.wait_for_function("n => onescreen.panels.value('kpi').open.n > n", arg=before)
    expect(desk.page.locator("#alerts")).to_be_hidden()
    assert desk.page.evaluate("() => onescreen.panels.value('alerts') === undefined")
    assert desk.wrong == []
