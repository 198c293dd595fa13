"""The pages in a real browser over the whole app: figures, ways through them, what they say when something is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.domain.view import Filters
from geodata.intake.gate import COOKIE
from tests.browser.map_browser import MapPage, chromium
from tests.conftest import missing
from tests.factories.page_city import TITLE, UNSAFE, open_room
from tests.factories.people import cookie_of, signed_in

CHROMIUM = Path("/usr/bin/chromium")
NOON_MS = 1_440_072_000_000  # 2015-08-20 at noon UTC: that day in every zone of the tests
WALLS = [(1366, 768), (1920, 1080), (3840, 2160), (5760, 1080), (7680, 2160)]
READY = "() => window.onescreen && onescreen.panels && onescreen.panels.value('title')"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    if not CHROMIUM.exists():
        missing(f"{CHROMIUM} is not installed")
    opened = open_room(tmp_path_factory.mktemp("pages"))
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def opened(base: str, room: Room) -> Iterator[MapPage]:
    """One page for most tests: a map takes seconds to start where the processor draws. A centre head looks at it."""
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", timezone_id="UTC")
        context.add_cookies([cookie_of(base, signed_in(room.access, Role.CENTRE_HEAD, "C"))])
        watched = MapPage(context.new_page(), base)
        watched.page.set_default_timeout(30_000)
        watched.watch()
        watched.page.goto(base + "/")
        watched.page.wait_for_function(READY)
        yield watched
        context.close()


@pytest.fixture
def page(opened: MapPage) -> Iterator[Page]:
    """The overview of the city as it was at first; nothing may go wrong on it."""
    opened.page.set_viewport_size({"width": 1366, "height": 768})
    go(opened.page, "/area/C")
    yield opened.page
    assert opened.wrong == []


def go(page: Page, address: str) -> None:
    """Go as the links of the page do, and wait for the area's own frame."""
    page.evaluate("address => onescreen.view.go(address)", address)
    code = address.split("?")[0].rsplit("/", 1)[1]
    page.wait_for_function("code => (onescreen.panels.value('title') || {}).area === code", arg=code)
    page.wait_for_function("() => !document.documentElement.hasAttribute('data-waiting')")


def path(page: Page) -> str:
    """Path and query of the address."""
    told: str = page.evaluate("() => location.pathname + location.search")
    return told


def test_a_deep_link_brings_its_scripts_and_never_a_traceback(base: str, room: Room) -> None:
    cookies = {COOKIE: signed_in(room.access, Role.SCREEN, "C")}
    page = httpx.get(f"{base}/wall/NOWHERE?lang=xx", cookies=cookies)
    assert page.status_code == 200
    assert "/assets/panels.js" in page.text
    assert "Traceback" not in page.text


def test_the_root_shows_the_city_with_the_figures_of_the_situation(page: Page, room: Room) -> None:
    totals = room.situation.totals(0)
    expect(page.locator("h1.city")).to_have_text(TITLE)
    expect(page.locator(".demo")).to_have_text("演示数据")
    expect(page.locator('[data-key="open"] .kpi-value')).to_have_text(str(totals.open))
    expect(page.locator('[data-key="overdue"] .kpi-value')).to_have_text(str(totals.overdue))
    expect(page.locator("#all-time dd").first).to_have_text(str(totals.reported_all))
    expect(page.locator(".step")).to_have_text(["云江市", "全部区县"])
    assert page.title() == f"云江市 · {TITLE}"


def test_ranking_breadcrumb_and_history_lead_down_and_up(page: Page) -> None:
    page.locator('#ranking .rank[data-key="D1"] .rank-name').click()
    expect(page.locator(".step")).to_have_text(["云江市", "渝中区", "全部网格"])
    page.locator('#ranking .rank[data-key="G00"] .rank-name').focus()
    page.keyboard.press("Enter")
    expect(page.locator(".step")).to_have_text(["云江市", "渝中区", "网格00"])
    assert path(page) == "/area/G00"
    expect(page.locator("#ranking .panel-body")).to_have_attribute("data-empty", "已是最小单元，没有下级可比")
    page.go_back()
    expect(page.locator(".step").nth(1)).to_have_text("渝中区")
    page.go_forward()
    expect(page.locator(".step").nth(2)).to_have_text("网格00")
    page.locator(".step").first.click()
    expect(page.locator(".step").nth(1)).to_have_text("全部区县")
    assert path(page) == "/area/C"


def test_a_filter_narrows_the_figures_and_its_chip_takes_it_away(page: Page, room: Room) -> None:
    page.locator("#filters button").click()
    page.locator('#filter-panel [data-key="1"]').click()
    only_red = room.situation.totals(0, Filters(urgencies=(1,))).open
    assert 0 < only_red < room.situation.totals(0).open
    expect(page.locator('[data-key="open"] .kpi-value')).to_have_text(str(only_red))
    assert path(page) == "/area/C?urgencies=1"
    expect(page.locator("#filters button")).to_have_text("筛选 1")
    page.keyboard.press("Escape")
    expect(page.locator("#filter-panel")).to_be_hidden()
    page.locator("#chips .chip").click()
    expect(page.locator('[data-key="open"] .kpi-value')).to_have_text(str(room.situation.totals(0).open))
    assert path(page) == "/area/C"


def test_who_turns_back_before_the_frame_came_sees_the_old_picture_again(page: Page) -> None:
    page.evaluate("() => { onescreen.view.go('/area/G10'); onescreen.view.go('/area/C'); }")
    expect(page.locator("html")).not_to_have_attribute("data-waiting", "")
    expect(page.locator(".step")).to_have_text(["云江市", "全部区县"])


def test_switches_and_measure_stand_in_the_address(page: Page) -> None:
    page.locator('#layer-switches [data-key="density"]').click()
    assert path(page) == "/area/C?layers=areas.boundaries.density.events.labels.surges.units"
    expect(page.locator('#layer-switches [data-key="density"]')).to_have_attribute("aria-checked", "true")
    page.locator('#layer-switches [data-key="density"]').click()
    page.locator("#measure select").select_option("overdue")
    assert path(page) == "/area/C?measure=overdue"
    expect(page.locator("#legend")).to_contain_text("底色 · 超期件数")


def test_a_slash_searches_and_enter_goes_there(page: Page) -> None:
    page.locator("#centre").focus()
    page.keyboard.press("/")
    page.keyboard.type("网格10")
    option = page.locator("#search-list [aria-selected=true]")
    expect(option).to_contain_text("网格10")
    expect(page.locator(".search input")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.pathname === '/area/G10'")
    expect(page.locator("#search-list")).to_be_hidden()


def test_an_event_opens_beside_the_map_and_escape_closes_it(page: Page, room: Room) -> None:
    event = room.situation.feed(0, Filters(), 1)[0]
    page.locator(f'#feed [data-key="{event.code}"]').click()
    expect(page.locator("#drawer dl")).to_contain_text(event.code)
    expect(page.locator("#drawer .drawer-note")).to_contain_text(UNSAFE)
    expect(page.locator("#drawer h2")).to_be_focused()
    assert path(page) == f"/area/C?selected=event%3A{event.code}"
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    assert path(page) == "/area/C"


def test_text_of_the_data_is_never_taken_for_html(page: Page) -> None:
    go(page, "/area/D2")
    expect(page.locator(".step").nth(1)).to_have_text(f"江北{UNSAFE}区")
    assert page.evaluate("() => window.harmed") is None


def test_language_and_theme_change_in_place(page: Page) -> None:
    page.locator(".tool-lang").click()
    expect(page.locator("#kpi .panel-title")).to_have_text("Today")
    expect(page.locator("h1.city")).to_have_text("Demo centre")
    assert page.evaluate("() => document.documentElement.lang") == "en"
    page.locator(".tool-theme").click()
    assert path(page) == "/area/C?lang=en&theme=light"
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(244, 247, 251)"


def test_a_new_event_comes_up_in_the_feed_and_in_the_figures(page: Page, room: Room, base: str) -> None:
    before = room.situation.totals(0).open
    key = signed_in(room.access, Role.FEED, "C")
    event: dict[str, Any] = {
        "source": "sensor", "source_system": "test", "source_id": "new", "subtype": "0203",
        "reported_at": time.time(), "lon": 106.42, "lat": 29.52,
    }  # fmt: skip
    told = httpx.post(f"{base}/api/v1/events", json=event, headers={"X-Ingest-Key": key}).json()
    code = told["results"][0]["code"]
    row = page.locator(f'#feed [data-key="{code}"]')
    expect(row.locator(".row-name")).to_have_text("路面塌陷")
    expect(row.locator(".left")).to_contain_text("剩")
    expect(page.locator('[data-key="open"] .kpi-value')).to_have_text(str(before + 1))


def test_a_picture_that_is_not_live_says_so_over_its_whole_width(page: Page) -> None:
    now = time.time() * 1000
    down = {"state": "down", "ageMs": 65_000, "srcAgeMs": 65_000, "lastAt": now - 65_000}
    # The page's own line goes on telling that it is live: this one is told in its place for a moment.
    page.evaluate(
        "down => { const p = onescreen.panels; p.was = p.liveness; p.was(down); p.liveness = () => {}; }", down
    )
    banner = page.locator("#banner")
    expect(banner).to_contain_text("画面已停止更新")
    expect(banner).to_contain_text("1 分钟前")
    box = banner.bounding_box()
    assert box is not None
    assert box["width"] == 1366
    page.evaluate("() => { onescreen.panels.liveness = onescreen.panels.was; }")
    expect(banner).to_be_hidden()
    expect(page.locator(".liveness")).to_have_attribute("data-state", "live")


def test_the_number_of_feeds_opens_each_of_them_with_its_age(page: Page) -> None:
    each = page.locator("#feeds-list")
    expect(each).to_be_hidden()
    page.locator(".feeds").click()
    expect(each).to_be_visible()
    names = [name for name, _, _ in page.evaluate("onescreen.panels.value('feeds')")]
    assert names
    said = each.locator("li").all_inner_texts()
    assert len(said) == len(names)
    assert all(name in line for name, line in zip(names, said, strict=True))
    page.keyboard.press("Escape")
    expect(each).to_be_hidden()


def test_old_records_are_not_shown_as_a_quiet_day(page: Page) -> None:
    title = page.evaluate("() => onescreen.panels.value('title')")
    old = title | {"data_span": [1_420_000_000_000, NOON_MS]}
    page.evaluate("title => onescreen.panels.apply('title', title)", old)
    expect(page.locator(".stale")).to_have_text("历史数据：最新一条记录于 2015-08-20")
    page.evaluate("title => onescreen.panels.apply('title', title)", title)
    expect(page.locator(".stale")).to_be_hidden()


def test_an_unknown_area_is_a_calm_page_that_leads_back(page: Page, base: str) -> None:
    page.goto(base + "/area/NOWHERE")
    expect(page.locator("#lost")).to_contain_text("没有编码为“NOWHERE”的区域")
    expect(page.locator("#banner")).to_be_hidden()
    page.locator("#lost a").click()
    page.wait_for_function(READY)
    assert path(page) == "/area/C"


@pytest.mark.parametrize("size", WALLS, ids=lambda s: f"{s[0]}x{s[1]}")
def test_on_a_wall_nothing_scrolls_or_overflows_and_the_map_has_its_room(page: Page, size: tuple[int, int]) -> None:
    go(page, "/wall/C")
    # The map's picture is of no matter here, and drawing it at this size without a graphics card takes long.
    page.add_style_tag(content=".map-graph { display: none }")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_timeout(200)
    found = page.evaluate("""() => {
      const root = document.documentElement;
      const out = [];
      const watched = "#header > *, .side > *, #ticker, .kpi-value, .panel-head";
      for (const node of document.querySelectorAll(watched)) {
        const r = node.getBoundingClientRect();
        if (!r.width) continue;
        if (r.left < -1 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1) out.push(node.className || node.id);
      }
      const panels = [...document.querySelectorAll(".side > *")].map(n => n.getBoundingClientRect());
      const on = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
      const meet = panels.some((a, i) => panels.some((b, j) => j > i && b.width && on(a, b)));
      const map = document.getElementById("centre").getBoundingClientRect().width / innerWidth;
      const scrolls = [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight];
      return {scrolls, out, meet, map};
    }""")
    assert found["scrolls"] == [0, 0]
    assert found["out"] == []
    assert found["meet"] is False
    assert found["map"] >= 0.4


def test_a_wall_has_no_controls_of_a_desk_and_its_events_are_no_links(page: Page) -> None:
    go(page, "/wall/D1")
    for selector in (".search", "#filters", "#measure", "#drawer"):
        expect(page.locator(selector)).to_be_hidden()
    expect(page.locator("#feed .row").first).to_be_visible()
    assert page.locator("#feed a[href]").count() == 0


def test_a_phone_shows_the_map_first_and_never_scrolls_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") == 0
    order = page.evaluate(
        "() => ['centre', 'kpi', 'feed', 'ticker'].map(id => document.getElementById(id).getBoundingClientRect().top)"
    )
    assert order == sorted(order)
    assert page.locator("#kpi .kpi-value").first.is_visible()
