"""The duty desk in a real browser: worked by keys alone, selected both ways, several sent off at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from callbacks.room import Room
from dashboard.words import words
from geodata.store import events
from tests.browser.duty_desk import ALONE, KIND, Officer, idle, long_room, officer, register, report, send, state_of

pytestmark = pytest.mark.usefixtures("rooms_are_left")
TO_SEND = "/duty/D1?stages=dispatch"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = long_room(tmp_path_factory.mktemp("duty"))
    yield opened
    opened.store.close()


def of_kind(room: Room, n: int) -> list[str]:
    """Events of the many of one kind that nobody has touched yet."""
    with room.store.read() as conn:
        every = events.page(conn, area_ids=None, states=["reported"], after_id=40, limit=400)
    return [e.code for e in every if e.subtype_code == KIND and (e.lon, e.lat) != ALONE][:n]


def test_a_dispatch_takes_two_keys_and_no_mouse_and_the_next_one_takes_its_place(
    room: Room, base: str, browser: Browser
) -> None:
    idle(room)
    codes = report(room, [(106.433, 29.533), (106.434, 29.534)], urgency=1)
    register(room, codes)
    ling = officer(browser, room, base, "ling", TO_SEND)
    for code in codes:
        expect(ling.row(code)).to_be_visible()
    ling.press("j")
    first = ling.current.get_attribute("data-key")
    assert first in codes
    ling.press("d")
    expect(ling.page.locator(".candidate[aria-checked=true]")).to_be_focused()
    ways = ling.page.evaluate("() => onescreen.map.advice.ways()")
    assert [unit[0] for unit in ways["units"]] == [ways["chosen"]] == ["U1"]
    ling.press("Enter")
    expect(ling.page.locator(".steps-told")).to_have_text("已完成：派遣")
    assert state_of(room, first) == "dispatched"
    expect(ling.page.locator(".desk-rows")).to_be_focused()
    expect(ling.row(first)).to_have_count(0)
    expect(ling.current).to_have_count(1)
    assert ling.page.evaluate("() => onescreen.map.advice.ways()") is None
    ling.press("d")
    expect(ling.page.locator(".candidate[aria-checked=true]")).to_be_focused()
    expect(ling.page.locator(".candidate[aria-checked=true] em")).to_have_text("手上已有 1 件任务")
    ling.press("Escape")
    expect(ling.page.locator(".steps-form")).to_be_hidden()
    expect(ling.page.locator(".desk-rows")).to_be_focused()
    assert ling.map.wrong == []


def test_what_is_chosen_in_the_queue_is_ringed_on_the_map_and_the_other_way_round(
    room: Room, base: str, browser: Browser
) -> None:
    an = officer(browser, room, base, "an")
    an.page.evaluate("async () => await onescreen.map.idle()")
    expect(an.page.locator("#drawer")).to_have_attribute("data-empty", re.compile("按 \\? 查看快捷键"))
    an.rows.nth(3).click()
    code = an.rows.nth(3).get_attribute("data-key")
    expect(an.page).to_have_url(re.compile(f"selected=event%3A{code}"))
    expect(an.page.locator("#drawer > dl dd").last).to_have_text(code or "")
    assert an.page.evaluate("() => onescreen.map.advice.spot(onescreen.view.param('selected'))") is not None
    # The one that lies apart, by its mark.
    alone = an.page.evaluate(
        """([lon, lat]) => { const s = onescreen.map.state, d = 1e-4;
             const m = onescreen.map.marks.nearest('events/marks', {lng: lon - d, lat: lat - d},
               {lng: lon + d, lat: lat + d}, {lng: lon, lat: lat}); return m && m.id; }""",
        list(ALONE),
    )
    assert alone, "its mark is drawn"
    x, y = an.map.at(*ALONE)
    box = an.page.locator("#map-pane").bounding_box()
    assert box is not None
    an.page.mouse.click(box["x"] + x, box["y"] + y)
    expect(an.page.locator("#drawer > dl dd").last).to_have_text(alone)
    expect(an.current).to_have_attribute("data-key", alone)
    expect(an.current).to_have_attribute("data-open", "")
    assert an.map.wrong == []


def test_an_address_that_names_an_event_shows_and_marks_its_row_and_the_mark_follows_it(
    room: Room, base: str, browser: Browser
) -> None:
    code = of_kind(room, 250)[-1]
    rui = officer(browser, room, base, "rui", f"/duty/D1?selected=event:{code}")
    expect(rui.current).to_have_attribute("data-key", code)
    expect(rui.current).to_have_attribute("data-open", "")
    expect(rui.current).to_be_in_viewport(ratio=0.95)
    place = int(rui.current.get_attribute("aria-posinset") or 0)
    assert place > 50, "it lies far below the first screen"
    report(room, [(106.436, 29.536)] * 2, urgency=1)
    expect(rui.current).to_have_attribute("aria-posinset", str(place + 2))
    expect(rui.current).to_have_attribute("data-key", code)
    expect(rui.page.locator(".job[data-open]:not([hidden])")).to_have_count(1)
    # The same from within the page: another one is chosen by its address.
    other = of_kind(room, 20)[-1]
    rui.page.evaluate("code => onescreen.view.go('/duty/D1?selected=event:' + code)", other)
    expect(rui.current).to_have_attribute("data-key", other)
    expect(rui.current).to_be_in_viewport(ratio=0.95)
    assert rui.map.wrong == []


def test_the_map_goes_to_an_event_that_is_out_of_sight_and_keeps_its_zoom(
    room: Room, base: str, browser: Browser
) -> None:
    bo = officer(browser, room, base, "bo")
    bo.page.evaluate("async () => await onescreen.map.idle()")
    bo.page.evaluate("() => onescreen.map.state.map.jumpTo({center: [106.55, 29.59], zoom: 15})")
    bo.rows.nth(2).click()
    code = bo.rows.nth(2).get_attribute("data-key")
    expect(bo.page.locator("#drawer > dl dd").last).to_have_text(code or "")
    bo.page.wait_for_function(
        """() => { const s = onescreen.map.state, at = onescreen.map.advice.spot(s.view.selected);
             return at && !s.map.isMoving() && s.map.getBounds().contains(at); }"""
    )
    assert bo.map.camera()[2] == pytest.approx(15)
    assert bo.map.wrong == []


def test_several_of_one_kind_are_sent_off_together_and_each_says_what_became_of_it(
    room: Room, base: str, browser: Browser
) -> None:
    idle(room)
    before, *codes = of_kind(room, 4)
    register(room, [before, *codes])
    send(room, before, "U1")
    wei = officer(browser, room, base, "wei", TO_SEND + "&order=newest")
    for code in codes:
        wei.row(code).locator(".rows-tick").click()
    expect(wei.page.locator("#desk .desk-foot")).to_contain_text("已选 3 件")
    wei.press("b")
    sheet = wei.page.locator(".batch-sheet")
    expect(sheet.locator("li")).to_have_count(3)
    expect(sheet.locator("li b").first).to_have_text("渝中巡-01")
    # Another officer is first with one of them.
    qiang = officer(browser, room, base, "qiang", f"/duty/D1?selected=event:{codes[0]}")
    qiang.press("d")
    expect(qiang.page.locator(".candidate[aria-checked=true]")).to_be_focused()
    # The unit has something to do: both say so before it is sent all the same.
    qiang.press("Enter")
    expect(qiang.page.locator(".steps-told")).to_contain_text("再确认一次")
    qiang.press("Enter")
    expect(qiang.page.locator(".steps-told")).to_have_text("已完成：派遣")
    expect(sheet.locator("button[type=submit]")).to_be_disabled()
    sheet.locator(".batch-allow input").check()
    sheet.locator("button[type=submit]").click()
    expect(sheet.locator(".batch-told")).to_have_text("已派遣 2 件，未派遣 1 件")
    expect(sheet.locator("li[data-ok=false]")).to_contain_text("qiang 已于")
    assert [state_of(room, code) for code in codes] == ["dispatched"] * 3
    wei.press("Escape")
    expect(sheet).to_have_count(0)
    expect(wei.page.locator("#desk .desk-foot")).to_be_hidden()
    assert wei.map.wrong == qiang.map.wrong == []


def test_a_view_is_saved_by_a_name_opened_by_its_digit_and_deleted(room: Room, base: str, browser: Browser) -> None:
    min_ = officer(browser, room, base, "min", "/duty/D1?stages=accept&order=deadline")
    min_.press("v")
    expect(min_.page.locator(".views-name")).to_be_focused()
    min_.page.keyboard.type("待受理")
    min_.press("Enter")
    expect(min_.page.locator(".view a")).to_have_text("1待受理")
    expect(min_.page.locator(".view a")).to_have_attribute("aria-current", "true")
    min_.page.locator(".stage").first.click()
    expect(min_.page.locator(".view a")).not_to_have_attribute("aria-current", "true")
    min_.press("1")
    expect(min_.page).to_have_url(re.compile(r"/duty/D1\?stages=accept&order=deadline$"))
    expect(min_.page.locator("#desk .desk-order")).to_have_value("deadline")
    again = officer(browser, room, base, "min2")
    expect(again.page.locator(".view")).to_have_count(0)
    min_.page.reload()
    expect(min_.page.locator(".view a")).to_have_text("1待受理")
    min_.page.locator(".view a").focus()
    min_.press("Delete")
    expect(min_.page.locator(".view")).to_have_count(0)
    expect(min_.page.locator(".desk-rows")).to_be_focused()
    assert min_.map.wrong == again.map.wrong == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_question_mark_shows_every_key_in_the_language_of_the_page(
    room: Room, base: str, browser: Browser, lang: str
) -> None:
    yu = officer(browser, room, base, f"yu.{lang}", f"/duty/D1?lang={lang}")
    yu.press("?")
    sheet = yu.page.locator(".keys-sheet")
    expect(sheet).to_be_visible()
    rows = yu.page.evaluate("() => onescreen.keys.rows.filter((row) => row[3]()).map((row) => [row[1], row[2]])")
    shown = sheet.locator("dd").all_text_contents()
    assert sorted(shown) == sorted(words(lang, key) for key, _ in rows)
    keys = sheet.locator("kbd").all_text_contents()
    assert len(keys) == sum(len(bound) for _, bound in rows)
    assert len(set(keys)) == len(keys), "no key means two things"
    yu.press("j", "d")
    expect(sheet).to_be_visible()
    yu.press("Escape")
    expect(sheet).to_have_count(0)
    expect(yu.current).to_have_count(0)
    assert yu.map.wrong == []


def test_a_new_event_is_marked_counted_in_the_title_and_found_by_its_key_until_it_is_opened(
    room: Room, base: str, browser: Browser
) -> None:
    hua = officer(browser, room, base, "hua")
    expect(hua.page.locator(".desk-unread")).to_be_hidden()
    (code,) = report(room, [(106.44, 29.54)], urgency=1)
    expect(hua.page.locator(".desk-unread")).to_have_text("1 件未读")
    expect(hua.page).to_have_title(re.compile(r"^\(1\) "))
    hua.press("u")
    expect(hua.current).to_have_attribute("data-key", code)
    expect(hua.page.locator("#drawer > dl dd").last).to_have_text(code)
    expect(hua.page.locator(".desk-unread")).to_be_hidden()
    expect(hua.page).not_to_have_title(re.compile(r"^\("))
    assert hua.map.wrong == []


def test_a_long_queue_is_a_few_nodes_and_what_is_looked_at_stays_when_rows_come_before_it(
    room: Room, base: str, browser: Browser
) -> None:
    lin = officer(browser, room, base, "lin")
    lin.page.locator(".desk-rows").focus()
    lin.press("End")
    total = lin.page.evaluate("() => onescreen.queue.list().total()")
    assert total > 250
    expect(lin.current).to_have_attribute("aria-posinset", str(total))
    expect(lin.current).not_to_have_attribute("data-wait", "")
    assert lin.page.locator(".job").count() < 45
    lin.press("PageUp", "PageUp")
    expect(lin.current).not_to_have_attribute("data-wait", "")
    code = lin.current.get_attribute("data-key") or ""
    place = int(lin.current.get_attribute("aria-posinset") or 0)
    before = place_on_screen(lin, code)
    report(room, [(106.435, 29.535)] * 3, urgency=1)
    expect(lin.current).to_have_attribute("aria-posinset", str(place + 3))
    expect(lin.current).to_have_attribute("data-key", code)
    assert place_on_screen(lin, code) == pytest.approx(before, abs=1)
    assert lin.map.wrong == []


def test_a_late_answer_leaves_the_cursor_on_the_row_that_the_hand_chose_meanwhile(
    room: Room, base: str, browser: Browser
) -> None:
    mei = officer(browser, room, base, "mei")
    mei.page.locator(".desk-rows").focus()
    mei.press("ArrowDown", "ArrowDown")
    held: list[Route] = []
    mei.page.route("**/windows/queue", lambda route: route.continue_() if held else held.append(route))
    mei.page.evaluate("() => onescreen.queue.list().renew()")
    while not held:
        mei.page.wait_for_timeout(50)
    mei.press("ArrowDown", "ArrowDown")
    code = mei.current.get_attribute("data-key") or ""
    place = int(mei.current.get_attribute("aria-posinset") or 0)
    report(room, [(106.437, 29.537)], urgency=1)
    held[0].continue_()
    expect(mei.current).to_have_attribute("aria-posinset", str(place + 1))
    expect(mei.current).to_have_attribute("data-key", code)
    mei.press("Enter")
    expect(mei.page.locator("#drawer > dl dd").last).to_have_text(code)
    assert mei.map.wrong == []


def test_a_key_that_is_held_goes_along_the_rows_and_ticks_once(room: Room, base: str, browser: Browser) -> None:
    lei = officer(browser, room, base, "lei")
    for _ in range(3):
        lei.page.keyboard.down("j")
    lei.page.keyboard.up("j")
    expect(lei.current).to_have_attribute("aria-posinset", "3")
    for _ in range(2):
        lei.page.keyboard.down("x")
    lei.page.keyboard.up("x")
    expect(lei.page.locator("#desk .desk-foot")).to_contain_text("已选 1 件")
    lei.page.locator(".desk-rows").focus()
    for _ in range(2):
        lei.page.keyboard.down(" ")
    lei.page.keyboard.up(" ")
    expect(lei.page.locator("#desk .desk-foot")).to_be_hidden()
    assert lei.map.wrong == []


def place_on_screen(who: Officer, code: str) -> float:
    box = who.row(code).bounding_box()
    assert box is not None
    return box["y"]


def test_a_unit_dropped_on_an_event_of_the_queue_opens_its_dispatch_and_sends_nobody(
    room: Room, base: str, browser: Browser
) -> None:
    (code,) = of_kind(room, 1)
    register(room, [code])
    tao = officer(browser, room, base, "tao", TO_SEND + "&layers=units")
    tao.page.evaluate("async () => await onescreen.map.idle()")
    tao.page.wait_for_function("() => onescreen.map.marks.get('units/marks', 'U1')")
    unit = tao.page.evaluate("() => onescreen.map.marks.get('units/marks', 'U1').geometry.coordinates")
    x, y = tao.map.at(*unit)
    pane = tao.page.locator("#map-pane").bounding_box()
    assert pane is not None
    camera = tao.map.camera()
    tao.page.mouse.move(pane["x"] + x, pane["y"] + y)
    tao.page.mouse.down()
    tao.page.mouse.move(pane["x"] + x - 60, pane["y"] + y, steps=4)
    expect(tao.page.locator(".drag-tip")).to_have_text("派 U1：放到事件上")
    row = tao.row(code).bounding_box()
    assert row is not None
    tao.page.mouse.move(row["x"] + 80, row["y"] + row["height"] / 2, steps=4)
    expect(tao.page.locator(".drag-tip")).to_contain_text("派 U1 前往")
    tao.page.mouse.up()
    expect(tao.page.locator(".drag-tip")).to_have_count(0)
    expect(tao.page.locator(".candidate[aria-checked=true]")).to_contain_text("渝中巡-01")
    assert tao.map.camera() == pytest.approx(camera), "the map was not dragged along"
    assert state_of(room, code) == "to_dispatch"
    assert tao.map.wrong == []


@pytest.mark.parametrize("page", ["duty", "units", "list"])
def test_on_a_phone_list_map_and_card_lie_one_below_the_other_and_nothing_goes_beyond_the_edge(
    room: Room, base: str, browser: Browser, page: str
) -> None:
    rows = ".unit" if page == "units" else ".job"
    shi = officer(browser, room, base, f"shi.{page}", f"/{page}/D1", size=(390, 844), rows=rows)
    tops = []
    shi.page.locator(f"{rows}:not([data-wait]):not([hidden])").first.click()
    expect(shi.page.locator("#drawer h2")).to_be_in_viewport()
    for part in ("#header", "#alerts", ".rows:visible", "#map-pane", "#drawer"):
        box = shi.page.locator(part).first.bounding_box()
        assert box is not None
        assert box["x"] >= 0, part
        assert box["x"] + box["width"] <= 390, part
        tops.append(box["y"] if part != "#header" else -10_000)
    assert tops == sorted(tops)
    for tool in shi.page.locator("#header .tool:visible").all():
        expect(tool).to_be_in_viewport(ratio=1)
    assert shi.page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert shi.map.wrong == []
