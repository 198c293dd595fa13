"""What a phone keeps and what it must not keep: for itself, and for another unit."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from callbacks.room import Room
from tests.browser.field.centre import comes, dispatched, photos_of, step, steps_of
from tests.browser.phone import Phone, link_of

FULL = "没有保存，也没有发送"
KEPT = "已保存，正在发送"
WATCH = """
  window.seen = [];
  new MutationObserver(() => document.body && window.seen.push(document.body.innerText))
    .observe(document, { childList: true, subtree: true, characterData: true });
"""


def full(phone: Phone, yes: bool) -> None:
    """The phone's storage takes nothing any more, or again."""
    phone.page.evaluate(
        """(full) => {
          const shelf = IDBObjectStore.prototype;
          shelf.real = shelf.real || shelf.add;
          shelf.add = full ? () => { throw new DOMException("full", "QuotaExceededError"); } : shelf.real;
        }""",
        yes,
    )


def test_a_step_that_could_not_be_kept_is_not_said_to_be_done_and_its_button_stays(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    notice = phone.page.locator("#refused article")
    full(phone, True)
    phone.act(code, "accept")
    expect(notice).to_contain_text(FULL)
    expect(notice).to_contain_text("再点一次")
    assert phone.page.locator("#spoken").inner_text() != KEPT
    expect(phone.task(code)).to_have_attribute("data-state", "dispatched")
    assert steps_of(room, code) == []
    full(phone, False)
    phone.act(code, "accept")
    expect(phone.task(code)).to_have_attribute("data-state", "handling")
    expect(notice).to_have_count(0)
    expect(phone.page.locator("#waiting")).to_be_hidden()
    comes(phone.page, room, code, ["accept"])


def test_a_report_that_could_not_be_kept_stays_in_its_sheet_and_goes_with_one_photo_later(
    room: Room, base: str, browser: Browser
) -> None:
    code = dispatched(room)
    phone = Phone.of(browser, room, base)
    sheet = phone.page.locator("#sheet")
    phone.act(code, "accept")
    phone.act(code, "report_back")
    phone.shoot(sheet.locator(".shot"))
    sheet.locator("#note").fill("已清理")
    full(phone, True)
    sheet.locator("[type=submit]").click()
    expect(sheet.locator(".wrong")).to_contain_text(FULL)
    expect(sheet.locator(".thumb img")).to_have_count(1)
    expect(sheet.locator("#note")).to_have_value("已清理")
    full(phone, False)
    sheet.locator("[type=submit]").click()
    expect(phone.task(code)).to_have_attribute("data-state", "handled")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    comes(phone.page, room, code, ["accept", "report_back"])
    assert len(photos_of(room, code)) == 1


def test_a_phone_that_becomes_another_units_shows_and_sends_nothing_of_the_first(
    room: Room, base: str, browser: Browser
) -> None:
    code, refused = dispatched(room, 0), dispatched(room, 1)
    phone = Phone.of(browser, room, base)
    phone.sign_on()
    phone.ready_for_a_dead_zone()
    phone.act(code, "accept")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    phone.context.set_offline(True)
    phone.task(refused).locator(".head").click()
    phone.act(refused, "accept")
    step(room, "void", refused, reason="重复录入")
    phone.context.set_offline(False)
    expect(phone.page.locator("#refused article")).to_contain_text("没有办成 · 签收")
    phone.context.set_offline(True)
    phone.act(code, "report_back")
    phone.shoot(phone.page.locator("#sheet .shot"))
    phone.page.locator("#sheet [type=submit]").click()
    expect(phone.page.locator("#waiting")).to_have_text("2 件待发送")
    title = phone.task(code).locator(".name").inner_text()
    phone.page.close()
    phone.context.set_offline(False)

    phone.page = phone.context.new_page()
    phone.page.add_init_script(WATCH)
    sent = [body for path in ("act", "photo", "positions", "sign") for body in [phone.bodies(f"/field/{path}")]]
    phone.open(link_of(room, "phone.u2"))
    expect(phone.page.locator("#unit")).to_have_text("渝中巡-02")
    expect(phone.page.locator("#refused article")).to_have_count(1)
    expect(phone.page.locator("#refused article")).to_contain_text("原力量有 2 件尚未发送")
    expect(phone.page.locator("#waiting")).to_be_hidden()
    expect(phone.page.locator(".task")).to_have_count(0)
    phone.page.wait_for_timeout(2_000)
    assert sent == [[], [], [], []]
    comes(phone.page, room, code, ["accept"])
    assert photos_of(room, code) == []
    seen = "\n".join(phone.page.evaluate("window.seen"))
    assert "渝中巡-02" in seen
    for trace in ("渝中巡-01", title, code, "没有办成"):
        assert trace not in seen
    kept = phone.page.evaluate(
        "Promise.all([field.store.queue(), field.store.refused(), field.store.get('told').then((t) => t.unit.code)])"
    )
    assert kept == [[], [], "U2"]
    assert phone.page.evaluate("field.place.state.here") is None


def test_of_very_many_refusals_the_newest_are_kept(room: Room, base: str, browser: Browser) -> None:
    phone = Phone.of(browser, room, base)
    left = phone.page.evaluate(
        """async () => {
          for (let n = 0; n < 30; n += 1)
            await field.store.refuse({ n: 1000 + n, key: "k" + n, at: n, unit: "U1" }, "no");
          return (await field.store.refused()).map((item) => item.at).sort((a, b) => a - b);
        }"""
    )
    assert left == list(range(10, 30))
