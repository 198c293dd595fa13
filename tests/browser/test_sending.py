"""Whom a desk sends, in a real browser: names that are looked for, units that assist, a joint dispatch, what failed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.services.desk import Desk
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.services.tracking import Position, report_positions
from geodata.store import events, tasks, units
from tests.browser.duty_desk import OPERATOR, Officer, idle, long_room, officer, register, report, send, state_of

pytestmark = pytest.mark.usefixtures("rooms_are_left")
TO_SEND = "/duty/D1?stages=dispatch&order=newest"
_steps = itertools.count()
UNITS = ("U1", "U2", "U3", "E1")
NEAR = [(106.4405, 29.5405), (106.4415, 29.5415), (106.4425, 29.5425)]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = long_room(tmp_path_factory.mktemp("sending"))
    desk, now = Desk.load(opened.store, opened.city), opened.situation.now_ms
    more = {"U2": ("渝中巡-02", "grid_post"), "U3": ("渝中巡-03", "grid_post"), "E1": ("应急-01", "emergency")}
    told = [Submitted({}, UnitReport(u, *named, "G00", (), "on_duty", now)) for u, named in more.items()]
    enrol_units(desk, OPERATOR, told, feed="test", now_ms=now)
    fixes = [Submitted({}, Position(u, 106.48 + i / 100, 29.58, now)) for i, u in enumerate(more)]
    report_positions(desk, OPERATOR, fixes, feed="test", now_ms=now)
    yield opened
    opened.store.close()


def waiting(room: Room, n: int = 1) -> list[str]:
    """New events that wait for their dispatch, while nobody has anything to do."""
    idle(room)
    codes = report(room, [(lon + next(_steps) * 1e-5, lat) for lon, lat in NEAR[:n]])
    register(room, codes)
    return codes


def sent_to(room: Room, code: str) -> list[tuple[str, bool]]:
    """The units of an event in the store, and whether each leads."""
    with room.store.read() as conn:
        event = events.by_code(conn, code)
        assert event is not None
        named = {unit.id: unit.code for unit in units.by_codes(conn, UNITS).values()}
        return sorted((named[task.unit_id], bool(task.lead)) for task in tasks.of_events(conn, [event.id]))


class Held:
    """Answers to questions for units by name, kept back until they are let go."""

    def __init__(self, who: Officer) -> None:
        self.page = who.page
        self.page.evaluate(
            """() => { const own = onescreen.stepUnits.called; window.held = [];
                 onescreen.stepUnits.called = (answer) => window.held.push(() => own(answer)); }"""
        )

    def wait(self, n: int) -> None:
        self.page.wait_for_function("n => window.held.length >= n", arg=n)

    def let_go(self, which: int) -> None:
        self.page.evaluate("which => window.held.at(which)()", which)


def dispatching(browser: Browser, room: Room, base: str, login: str, code: str) -> Officer:
    """An officer whose form for a dispatch is open, its best unit chosen."""
    who = officer(browser, room, base, login, f"{TO_SEND}&selected=event:{code}")
    expect(who.current).to_have_attribute("data-key", code)
    who.press("d")
    expect(who.page.locator(".candidate[aria-checked=true]")).to_be_focused()
    return who


def test_nobody_is_sent_while_the_unit_that_was_typed_is_still_looked_for(
    room: Room, base: str, browser: Browser
) -> None:
    (code,) = waiting(room)
    ling = dispatching(browser, room, base, "ling", code)
    best = ling.page.locator(".candidate[aria-checked=true] strong").text_content()
    assert best != "渝中巡-03"
    held = Held(ling)
    ling.page.locator(".steps-others").click()
    ling.page.keyboard.type("U3")
    # Enter at once, the button, and Enter on the unit of the text before.
    ling.press("Enter", "Enter")
    ling.page.locator(".steps-form button[type=submit]").click()
    expect(ling.page.locator(".steps-told")).to_have_text("正在查找该力量，请稍候")
    ling.page.locator(".candidate[aria-checked=true]").focus()
    ling.press("Enter")
    held.wait(1)
    ling.page.wait_for_timeout(600)
    assert state_of(room, code) == "to_dispatch"
    ling.page.locator(".steps-others").focus()
    ling.press("Enter")
    held.wait(2)
    held.let_go(-1)
    chosen = ling.page.locator(".candidate[aria-checked=true]")
    expect(chosen).to_contain_text("渝中巡-03")
    expect(chosen).to_be_focused()
    ling.press("Enter")
    expect(ling.page.locator(".steps-told")).to_have_text("已完成：派遣")
    assert sent_to(room, code) == [("U3", True)]
    assert ling.map.wrong == []


def test_a_late_answer_to_another_text_changes_nothing_and_a_name_that_nobody_has_sends_nobody(
    room: Room, base: str, browser: Browser
) -> None:
    (code,) = waiting(room)
    qiang = dispatching(browser, room, base, "qiang", code)
    held = Held(qiang)
    field = qiang.page.locator(".steps-others")
    field.fill("U2")
    held.wait(1)
    field.fill("U3")
    # The answer to the text before comes last of all, or while the new one has not even been asked.
    held.let_go(0)
    assert qiang.page.locator(".candidate[aria-checked=true] strong").text_content() != "渝中巡-02"
    held.wait(2)
    held.let_go(1)
    expect(qiang.page.locator(".candidate[aria-checked=true]")).to_contain_text("渝中巡-03")
    field.fill("没有")
    held.wait(3)
    held.let_go(2)
    expect(qiang.page.locator(".steps-told")).to_have_text("没有可派的力量")
    expect(qiang.page.locator(".candidate[aria-checked=true]")).to_have_count(0)
    field.press("Enter")
    qiang.page.locator(".steps-form button[type=submit]").click()
    expect(qiang.page.locator(".steps-told")).to_have_text("请选择力量。")
    assert state_of(room, code) == "to_dispatch"
    assert qiang.map.wrong == []


def test_a_step_that_came_to_nothing_is_told_after_its_card_was_left(room: Room, base: str, browser: Browser) -> None:
    code, other = waiting(room, 2)
    for unit in UNITS:
        (busy,) = report(room, [(106.446 + next(_steps) * 1e-5, 29.546)])
        register(room, [busy])
        send(room, busy, unit)
    ning = dispatching(browser, room, base, "ning", code)
    name = ning.page.locator("#drawer h2").text_content() or ""
    ning.page.evaluate(
        """() => { const own = onescreen.steps.answered;
             onescreen.steps.answered = (answer) => { window.answer = () => own(answer); }; }"""
    )
    ning.press("Enter")
    ning.page.wait_for_function("() => window.answer")
    ning.row(other).click()
    expect(ning.page.locator("#drawer > dl dd").last).to_have_text(other)
    lost = ning.page.locator(".steps-lost li")
    expect(lost).to_have_count(0)
    # One step at a time: what is opened meanwhile waits for the answer.
    expect(ning.page.get_by_role("button", name="派遣", exact=True)).to_be_disabled()
    ning.page.evaluate("() => window.answer()")
    expect(lost).to_have_count(1)
    expect(lost.locator("a")).to_have_text(name)
    expect(lost).to_contain_text("派遣未完成")
    expect(lost).to_contain_text("再确认一次")
    expect(ning.page.get_by_role("button", name="派遣", exact=True)).to_be_enabled()
    # It stays, also where no card is open at all, until its own card has said it.
    ning.page.locator(".drawer-close").click()
    expect(lost).to_have_count(1)
    lost.locator("a").click()
    expect(ning.page.locator("#drawer > dl dd").last).to_have_text(code)
    expect(ning.page.locator(".steps-told")).to_contain_text("再确认一次")
    expect(ning.page.locator(".steps-lost")).to_be_hidden()
    assert state_of(room, code) == "to_dispatch"
    assert ning.map.wrong == []


def test_a_unit_that_assists_stays_on_show_while_others_are_looked_for(room: Room, base: str, browser: Browser) -> None:
    (code,) = waiting(room)
    jia = dispatching(browser, room, base, "jia", code)
    jia.page.evaluate(
        """() => { window.names = ["X1"]; const own = onescreen.stepUnits.called;
             onescreen.stepUnits.called = (answer) => own({...answer,
               candidates: window.names.map((n) => [n, n, "", 106.47, 29.57, 0, []])}); }"""
    )
    jia.page.locator(".steps-others").fill("X")
    marked = jia.page.locator(".candidate-row[data-key=X1] .assist")
    expect(jia.page.locator(".candidate[aria-checked=true]")).to_contain_text("X1")
    jia.page.locator(".candidate").first.click()
    marked.click()
    expect(marked).to_have_attribute("aria-pressed", "true")
    jia.page.evaluate("() => { window.names = ['Y1']; }")
    jia.page.locator(".steps-others").fill("Y")
    expect(jia.page.locator(".candidate[aria-checked=true]")).to_contain_text("Y1")
    expect(marked).to_have_attribute("aria-pressed", "true")
    expect(marked).to_be_visible()
    # Whom no answer comes for cannot be sent, and says so.
    jia.page.evaluate("() => { onescreen.stepUnits.called = () => {}; }")
    jia.page.locator(".steps-others").fill("Z")
    expect(jia.page.locator(".steps-told")).to_have_text("力量查找失败，请重试")
    expect(jia.page.locator(".candidate[aria-checked=true]")).to_have_count(0)
    expect(marked).to_be_visible()
    assert state_of(room, code) == "to_dispatch"
    assert jia.map.wrong == []


def test_a_unit_that_assists_is_named_with_keys_alone(room: Room, base: str, browser: Browser) -> None:
    (code,) = waiting(room)
    an = dispatching(browser, room, base, "an", code)
    names = an.page.locator(".candidate-row")
    lead = an.page.locator(".candidate[aria-checked=true]").locator("..").get_attribute("data-key")
    others = [key for key in names.evaluate_all("rows => rows.map((row) => row.dataset.key)") if key != lead]
    while an.page.evaluate("() => document.activeElement.parentNode.dataset.key") != others[1]:
        an.press("Tab")
    an.press("Space")
    expect(an.page.locator(".assist[aria-pressed=true]")).to_have_count(1)
    an.page.locator(".candidate[aria-checked=true]").focus()
    an.press("Enter")
    expect(an.page.locator(".steps-told")).to_have_text("已完成：派遣")
    assert sent_to(room, code) == sorted([(lead, True), (others[1], False)])
    assert an.map.wrong == []


def test_a_joint_dispatch_takes_two_keys_and_tells_who_went(room: Room, base: str, browser: Browser) -> None:
    idle(room)
    (code,) = report(room, NEAR[:1], kind="0203")
    register(room, [code])
    bo = officer(browser, room, base, "bo", TO_SEND)
    bo.row(code).click()
    expect(bo.page.locator(".steps-plan")).to_contain_text("塌陷阻断联动")
    bo.press("l")
    expect(bo.page.locator(".steps-plan")).to_be_focused()
    bo.press("Enter")
    expect(bo.page.locator(".steps-told")).to_have_text("已完成：派遣")
    expect(bo.page.locator(".desk-rows")).to_be_focused()
    assert ("E1", True) in sent_to(room, code)
    assert bo.map.wrong == []


def test_where_there_is_no_plan_the_key_says_so(room: Room, base: str, browser: Browser) -> None:
    (code,) = waiting(room)
    wen = officer(browser, room, base, "wen", f"{TO_SEND}&selected=event:{code}")
    expect(wen.current).to_have_attribute("data-key", code)
    wen.press("l")
    expect(wen.page.locator(".steps-told")).to_contain_text("没有联动预案")
    wen.press("s")
    expect(wen.page.locator(".act").first).to_be_focused()
    assert wen.map.wrong == []


def test_of_a_batch_what_failed_says_why_and_stays_ticked_while_it_waits(
    room: Room, base: str, browser: Browser
) -> None:
    before, *codes = waiting(room, 3)
    wei = officer(browser, room, base, "wei", TO_SEND)
    for code in codes:
        wei.row(code).locator(".rows-tick").click()
    wei.press("b")
    sheet = wei.page.locator(".batch-sheet")
    expect(sheet.locator("li")).to_have_count(2)
    expect(sheet.locator(".batch-allow")).to_be_hidden()
    # Meanwhile all units get something to do: the desk's word is not for that.
    for unit in UNITS:
        (other,) = report(room, [(106.445 + next(_steps) * 1e-5, 29.545)])
        register(room, [other])
        send(room, other, unit)
    # And another officer is first with one of the two.
    send(room, codes[0], "U3")
    sheet.locator("button[type=submit]").click()
    expect(sheet.locator("li[data-ok=false]")).to_have_count(2)
    said = sheet.locator("li[data-ok=false]")
    expect(said.filter(has_text="test 已于")).to_have_count(1)
    expect(said.filter(has_text="再确认")).to_have_count(1)
    assert state_of(room, codes[1]) == "to_dispatch"
    wei.press("Escape")
    expect(sheet).to_have_count(0)
    expect(wei.page.locator("#desk .desk-foot")).to_contain_text("已选 1 件")
    expect(wei.row(codes[1])).to_have_attribute("data-ticked", "")
    # It is sent with one more word.
    wei.press("b")
    sheet.locator(".batch-allow input").check()
    sheet.locator("button[type=submit]").click()
    expect(sheet.locator("li[data-ok=true]")).to_have_count(1)
    assert state_of(room, codes[1]) == "dispatched"
    assert state_of(room, before) == "to_dispatch"
    assert wei.map.wrong == []


def test_a_batch_without_an_answer_says_so_and_may_be_sent_again(room: Room, base: str, browser: Browser) -> None:
    codes = waiting(room, 2)
    hua = officer(browser, room, base, "hua", TO_SEND)
    for code in codes:
        hua.row(code).locator(".rows-tick").click()
    hua.press("b")
    sheet = hua.page.locator(".batch-sheet")
    expect(sheet.locator("li")).to_have_count(2)
    hua.page.evaluate(
        """() => { const own = dash_clientside.set_props; window.again = () => { dash_clientside.set_props = own; };
             dash_clientside.set_props = (id, props) => id === "batch-ask" || own(id, props); }"""
    )
    sheet.locator("button[type=submit]").click()
    expect(sheet.locator("button[type=submit]")).to_be_disabled()
    hua.press("Escape")
    expect(sheet).to_be_visible()
    expect(sheet.locator(".batch-told")).to_contain_text("未收到结果", timeout=30_000)
    hua.page.evaluate("() => window.again()")
    expect(sheet.locator("button[type=submit]")).to_be_enabled()
    sheet.locator("button[type=submit]").click()
    expect(sheet.locator("li[data-ok=true]")).to_have_count(2)
    assert [state_of(room, code) for code in codes] == ["dispatched"] * 2
    assert hua.map.wrong == []


def test_an_event_is_suspended_until_a_day_with_keys_alone(room: Room, base: str, browser: Browser) -> None:
    (code,) = waiting(room)
    lin = officer(browser, room, base, "lin", f"{TO_SEND}&selected=event:{code}", Role.CENTRE_HEAD)
    expect(lin.current).to_have_attribute("data-key", code)
    lin.press("s")
    expect(lin.page.locator(".act").first).to_be_focused()
    while lin.page.evaluate("() => document.activeElement.textContent") != "挂账":
        lin.press("Tab")
    lin.press("Enter")
    expect(lin.page.locator(".steps-reason")).to_be_focused()
    lin.press("Shift+Tab", "ArrowDown", "Tab")
    in_14_days = datetime.fromtimestamp(room.situation.now_ms / 1000, room.city.zone) + timedelta(days=14)
    expect(lin.page.locator("[data-field=until] option:checked")).to_have_text(f"14 天 · {in_14_days:%Y-%m-%d}")
    lin.page.keyboard.type("等待备件")
    lin.press("Enter")
    expect(lin.page.locator(".steps-told")).to_have_text("已完成：挂账")
    expect(lin.page.locator(".desk-rows")).to_be_focused()
    assert state_of(room, code) == "suspended"
    assert lin.map.wrong == []
