"""Coming in with a real browser: the first admin, a leader of a district, a contact that is revealed, a wall's link."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import app
from callbacks.live import guarding
from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services.accounts import first_invitation
from tests.browser.map_browser import MapPage
from tests.browser.serving import serving
from tests.factories.page_city import found
from tests.factories.people import cookie_of, signed_in

PASSWORD = "seven herons over the old bridge"
PHONE = "13800138000"
READY = "() => window.onescreen && onescreen.panels && onescreen.panels.value('title')"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A city that is no demo."""
    folder = found(tmp_path_factory.mktemp("coming"))
    (folder.root / "city.toml").write_text('title_zh = "渝江"\ntitle_en = "Yujiang"\n', "utf-8")
    opened = app.open_room(folder, "")
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def base(room: Room) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guarding, "EVERY_S", 0.2)
        with serving(room) as address:
            yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody's own browser."""
    own = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    own.set_default_timeout(30_000)
    yield own
    own.close()


def watched(context: BrowserContext, base: str) -> MapPage:
    """A new page that notes what goes wrong on it."""
    page = MapPage(context.new_page(), base)
    page.watch()
    return page


def set_password(page: Page, link: str) -> None:
    page.goto(link)
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("form.stack button")


def test_the_first_admin_comes_in_by_the_printed_link_and_lets_a_leader_in_who_sees_one_district(
    room: Room, base: str, context: BrowserContext, browser: Browser
) -> None:
    secret = first_invitation(room.access, "C", now_ms())
    assert secret is not None
    admin = watched(context, base)
    set_password(admin.page, f"{base}/welcome/{secret}")
    admin.page.wait_for_function(READY)
    assert admin.page.url == f"{base}/area/C"
    admin.page.click(".tool-account")
    admin.page.goto(f"{base}/admin/people")
    admin.page.fill("#login", "leader.d1")
    admin.page.fill("#areas", "D1")
    admin.page.check("input[name=roles][value=leader]")
    admin.page.click("form.split button.main")
    link = admin.page.locator("#secret").inner_text()
    assert admin.wrong == []
    own = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    leader = watched(own, base)
    set_password(leader.page, link)
    leader.page.wait_for_function(READY)
    assert leader.page.url == f"{base}/area/D1"
    steps = leader.page.locator(".step")
    expect(steps.nth(0)).to_be_visible()
    assert steps.nth(0).get_attribute("href") is None, "the way up ends where the reach ends"
    leader.page.goto(f"{base}/area/C")
    expect(leader.page.locator("#lost")).to_contain_text("没有编码为“C”的区域")
    leader.page.goto(f"{base}/area/D2")
    expect(leader.page.locator("#lost")).to_contain_text("没有编码为“D2”的区域")
    assert leader.wrong == []
    leader.page.goto(link)
    expect(leader.page.locator("h1")).to_be_visible()
    assert leader.page.locator("#password").count() == 0, "an invitation opens once"
    own.close()


def test_who_signs_out_is_led_to_the_way_in_and_back_to_the_page_that_was_asked_for(
    base: str, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{base}/area/D1?lang=en")
    assert "/login?next=" in page.url
    page.fill("#login", "leader.d1")
    page.fill("#password", "wrong horse battery staple")
    page.click("form.stack button")
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.input_value("#login") == "leader.d1"
    page.fill("#password", PASSWORD)
    page.click("form.stack button")
    page.wait_for_function(READY)
    assert page.url == f"{base}/area/D1?lang=en"
    page.goto(f"{base}/account")
    page.click("form[action='/logout'] button >> nth=0")
    page.goto(f"{base}/area/D1")
    assert "/login?next=" in page.url


def test_a_contact_is_shown_to_the_clerk_who_handles_the_event_and_the_auditor_sees_that_it_was(
    room: Room, base: str, context: BrowserContext
) -> None:
    event: dict[str, Any] = {
        "source": "hotline", "source_system": "12345", "source_id": "c1", "subtype": "0203", "contact": PHONE,
        "reported_at": time.time(), "lon": 106.42, "lat": 29.52,
    }  # fmt: skip
    key = signed_in(room.access, Role.FEED, "C")
    told = httpx.post(f"{base}/api/v1/events", json=event, headers={"X-Ingest-Key": key}).json()
    code = told["results"][0]["code"]
    context.add_cookies([cookie_of(base, signed_in(room.access, Role.INTAKE, "D1"))])
    clerk = watched(context, base)
    clerk.page.goto(f"{base}/area/D1?selected=event:{code}")
    shown = clerk.page.locator(".drawer-contact")
    expect(shown).to_be_visible(timeout=30_000)
    expect(shown.locator("output")).to_have_text("")
    shown.locator("button").click()
    expect(shown.locator("output")).to_have_text(PHONE)
    assert clerk.wrong == []
    context.clear_cookies()
    context.add_cookies([cookie_of(base, signed_in(room.access, Role.AUDITOR, "D1"))])
    clerk.page.goto(f"{base}/audit?subject=event:{code}")
    expect(clerk.page.locator("main")).to_contain_text(f"event:{code}")
    assert PHONE not in clerk.page.content()


def test_a_wall_opens_its_link_and_says_so_when_the_link_is_ended(
    room: Room, base: str, context: BrowserContext, browser: Browser
) -> None:
    context.add_cookies([cookie_of(base, signed_in(room.access, Role.ADMIN, "C"))])
    admin = context.new_page()
    admin.goto(f"{base}/admin/screens")
    admin.fill("#login", "hall-1")
    admin.fill("#areas", "D1")
    admin.check("input[name=page][value=wall]")
    admin.click("form.split button.main")
    link = admin.locator("#secret").inner_text()
    own = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    wall = own.new_page()
    wall.goto(link)
    wall.wait_for_function(READY)
    assert wall.url == f"{base}/wall/D1"
    assert wall.locator(".tool-account").is_hidden()
    wall.goto(f"{base}/area/D1")
    expect(wall.locator("#lost")).to_be_visible()
    wall.goto(f"{base}/wall/D1")
    wall.wait_for_function(READY)
    admin.goto(f"{base}/admin/screens")
    admin.locator("tr", has_text="hall-1").locator("details.confirm summary").nth(1).click()
    admin.locator("tr", has_text="hall-1").locator("form[action$='/end'] button").click()
    expect(wall.locator("#banner")).to_contain_text("登录已失效", timeout=10_000)
    own.close()
