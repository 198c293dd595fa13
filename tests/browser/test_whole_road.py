"""The whole road in a real browser: a server process of its own, drilled by clicks, fed by the API, restarted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from geodata.domain.roles import Role
from geodata.services.access import Access
from geodata.store.areas import load_tree
from geodata.store.engine import Store
from geodata.store.folder import DataFolder
from tests.browser.map_browser import MapPage
from tests.factories.people import cookie_of, signed_in

ROOT = Path(__file__).resolve().parents[2]
OF_AREA = "code => document.querySelector('[data-area]')?.dataset.area === code"
LIVE = "() => window.onescreen && onescreen.live && onescreen.live.state().state === 'live'"
SETTLED = "async () => await onescreen.map.idle()"
PROJECT = """([lon, lat]) => {
  const map = document.querySelector('.js-plotly-plot')._fullLayout.map._subplot.map;
  const at = map.project([lon, lat]), box = map.getCanvas().getBoundingClientRect();
  return [box.left + at.x, box.top + at.y];
}"""


@dataclass
class Served:
    """A city served by a process of its own, as an operator starts it."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    sent: int = field(default=0)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "app.py", "serve", "--data", str(self.data), "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                httpx.get(f"{self.base}/api/health", timeout=2)
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the server did not answer in a minute")

    def stop(self) -> None:
        """End it as a machine that goes down does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def api(self, method: str, path: str, **more: Any) -> Any:
        """Speak to the API with the key."""
        key = (self.data / "ingest.key").read_text().strip()
        answer = httpx.request(method, self.base + path, headers={"X-Ingest-Key": key}, timeout=20, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def session(self) -> str:
        """The secret of a leader of the whole city who has signed in."""
        folder = DataFolder(self.data)
        store = Store.open(folder.database_url)
        with store.read() as conn:
            root = load_tree(conn).areas[0].code
        secret = signed_in(Access.open(store, folder), Role.LEADER, root)
        store.close()
        return secret

    def children(self, code: str) -> list[dict[str, Any]]:
        """The direct children of an area."""
        areas: list[dict[str, Any]] = []
        after = 0
        while True:
            page = self.api("GET", "/api/v1/areas", params={"area": code, "limit": 1000, "after": after})
            areas += page["areas"]
            if not page.get("next"):
                return [a for a in areas if a["parent"] == code]
            after = page["next"]

    def report(self, lon: float, lat: float) -> str:
        """Report a red event at a place; its code."""
        answer = self.api("POST", "/api/v1/events", json=self.record(lon, lat))
        assert answer["accepted"] == 1, answer
        return str(answer["results"][0]["code"])

    def record(self, lon: float, lat: float) -> dict[str, Any]:
        """A red event at a place, reported just now."""
        self.sent += 1
        return {
            "source": "patrol", "source_system": "browser-test", "source_id": f"n{self.sent}", "subtype": "0601",
            "reported_at": datetime.now(UTC).isoformat(), "lon": lon, "lat": lat, "description": "测试",
        }  # fmt: skip

    def neglect(self, grid: dict[str, Any], n: int) -> None:
        """So many red events are reported in a grid and are at once past their deadline: nobody came."""
        now = datetime.now(UTC)
        reported, deadline = now - timedelta(minutes=2), now - timedelta(seconds=1)
        late = {"reported_at": reported.isoformat(), "deadline_at": deadline.isoformat()}
        records = [self.record(grid["lon"], grid["lat"]) | late for _ in range(n)]
        answer = self.api("POST", "/api/v1/events", json=records)
        assert answer["accepted"] == n, answer["results"][:2]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("road") / "demo"
    built = [sys.executable, "app.py", "demo", "--small", "--build-only", "--data", str(data)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True, env=os.environ)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        city = Served(data, free.getsockname()[1])
    city.start()
    yield city
    city.stop()


@pytest.fixture
def screen(browser: Browser, served: Served) -> Iterator[MapPage]:
    context = browser.new_context(viewport={"width": 1600, "height": 900}, locale="zh-CN")
    context.add_cookies([cookie_of(served.base, served.session())])
    page = context.new_page()
    watched = MapPage(page, served.base)
    watched.watch()
    page.goto(served.base + "/")
    page.wait_for_function(LIVE, timeout=60_000)
    page.evaluate(SETTLED)
    yield watched
    context.close()


def area_of(page: Page) -> str:
    """The area that the address names."""
    return unquote(urlsplit(page.url).path.rsplit("/", 1)[1])


def double_click(page: Page, lon: float, lat: float) -> None:
    x, y = page.evaluate(PROJECT, [lon, lat])
    page.mouse.dblclick(x, y)


def test_the_first_address_shows_the_live_city_with_a_clean_console(screen: MapPage, served: Served) -> None:
    assert "/area/" in screen.page.url
    assert screen.page.locator("[aria-busy=true]").count() == 0
    city = served.children(area_of(screen.page))
    drawn = screen.page.evaluate("() => document.querySelector('.js-plotly-plot').data[0].locations")
    assert sorted(drawn) == sorted(a["code"] for a in city)
    assert screen.wrong == []


def test_double_clicks_on_the_map_lead_from_the_city_down_to_a_grid_and_back(screen: MapPage, served: Served) -> None:
    page = screen.page
    trail = [area_of(page)]
    while below := served.children(trail[-1]):
        child = max(below, key=lambda a: a["area_m2"])
        double_click(page, child["lon"], child["lat"])
        page.wait_for_function("code => decodeURIComponent(location.pathname).endsWith('/' + code)", arg=child["code"])
        page.wait_for_function(OF_AREA, arg=child["code"])
        page.evaluate(SETTLED)
        trail.append(child["code"])
    assert len(trail) == 5
    page.go_back()
    page.wait_for_function("code => decodeURIComponent(location.pathname).endsWith('/' + code)", arg=trail[-2])
    assert screen.wrong == []


def test_a_reported_event_appears_on_the_open_page(screen: MapPage, served: Served) -> None:
    page = screen.page
    place = served.children(area_of(page))[0]
    before = page.evaluate("() => onescreen.panels.value('kpi').reported.n")
    code = served.report(place["lon"], place["lat"])
    page.wait_for_function("code => onescreen.panels.value('feed').some((row) => row[0] === code)", arg=code)
    page.wait_for_function("n => onescreen.panels.value('kpi').reported.n === n + 1", arg=before)
    assert screen.wrong == []


def test_a_leader_goes_from_the_red_district_to_the_grid_sees_why_opens_the_case_and_takes_it_along(
    screen: MapPage, served: Served, browser: Browser
) -> None:
    page, n = screen.page, 600
    below = [served.children(area_of(page))[-1]]
    while deeper := served.children(below[-1]["code"]):
        below.append(deeper[0])
    grid = below[-1]
    served.neglect(grid, n)
    served.stop()
    served.start()
    page.goto(served.base + "/")
    page.wait_for_function(LIVE, timeout=60_000)
    screen.wrong.clear()  # what the page said of the restart
    clicks = 0
    for area in below:  # the worst of each level stands out in red, and its name leads there
        worst = page.locator("#ranking .rank", has=page.locator("i[data-colour=red]")).filter(has_text=area["name"])
        worst.locator(".rank-name").click()
        page.wait_for_function(OF_AREA, arg=area["code"])
        clicks += 1
    assert (area_of(page), clicks) == (grid["code"], 4)
    kpis = page.locator('[data-key="overdue"] .kpi-value')
    assert int(kpis.inner_text().replace(",", "")) >= n

    page.locator(".an-handle").click()  # why: they all hang in one stage, late
    late = page.locator(".an-stage[data-key] .an-late[data-some]")
    expect(late).to_have_count(1)
    assert int(late.inner_text().replace(",", "")) >= n
    page.locator(".an-up").click()

    case = page.locator("#worst .row").first
    code = case.get_attribute("data-key") or ""
    case.click()
    expect(page.locator("#drawer h2")).to_be_visible()
    expect(page.locator("#drawer")).to_contain_text("测试")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".tool-link").click()
    sent = page.evaluate("() => navigator.clipboard.readText()")
    assert sent == page.url

    other = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    other.add_cookies([cookie_of(served.base, served.session())])
    theirs = other.new_page()
    theirs.goto(sent)
    expect(theirs.locator("#drawer")).to_contain_text(code)
    assert area_of(theirs) == grid["code"]

    page.locator(".tools a[href^='/briefing/']").click()
    expect(page.locator("article.sheet h1")).to_contain_text(grid["name"])
    page.emulate_media(media="print")
    expect(page.locator(".briefing-tools")).to_be_hidden()
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    with page.expect_download() as taken:
        page.emulate_media(media="screen")
        page.locator("a[href*='briefing.pdf']").click()
    assert Path(taken.value.path()).read_bytes().startswith(b"%PDF")
    assert screen.wrong == []
    other.close()


def test_a_page_says_that_the_server_is_gone_and_is_live_again_after_its_restart(
    screen: MapPage, served: Served
) -> None:
    page = screen.page
    place = served.children(area_of(page))[0]
    served.stop()
    page.wait_for_function("() => onescreen.live.state().state !== 'live'", timeout=30_000)
    said_while_away = page.locator(".liveness").get_attribute("data-state")
    served.start()
    page.wait_for_function(LIVE, timeout=60_000)
    code = served.report(place["lon"], place["lat"])
    page.wait_for_function("code => onescreen.panels.value('feed').some((row) => row[0] === code)", arg=code)
    assert said_while_away in ("late", "down")
    assert [w for w in screen.wrong if "ERR_CONNECTION" not in w and "WebSocket" not in w] == []
