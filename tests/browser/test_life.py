"""Proof of life on a wall over the whole app: what it says when the road is cut somewhere, and that it comes back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from callbacks.live import board, wiring
from callbacks.live.board import Section
from callbacks.live.echoes import Screen
from callbacks.live.scene import Scene
from callbacks.live.wiring import Push
from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from layers.registry import LAYERS
from tests.factories.boundary_files import SOUTH, STEP, WEST
from tests.factories.page_city import open_room
from tests.factories.people import cookie_of, signed_in

Json = dict[str, Any]
A_DAY_WRONG = "const now = Date.now; Date.now = () => now() + 86400000; Math.random = () => 0;"
LIVE = "() => document.documentElement.dataset.life === 'live'"
ANEW = f"() => window.before === undefined && ({LIVE})()"
ERROR_PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"
broken: set[str] = set()


def breakable(name: str, section: Section) -> Section:
    """The section, which raises while a test says so."""

    def build(scene: Scene) -> Any:
        if name in broken:
            raise ZeroDivisionError(f"a bug in {name}")
        return section.build(scene)

    return replace(section, build=build)


class Breakable:
    """The layer, which raises while a test says so."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def draw(self, *given: Any) -> Any:
        if f"layer:{self.layer.id}" in broken:
            raise ZeroDivisionError(f"a bug in the layer {self.layer.id}")
        return self.layer.draw(*given)


@pytest.fixture(scope="module")
def pushes() -> Iterator[list[Push]]:
    """The push of the app that is served, to look into; and every section and layer can be broken."""
    made: list[Push] = []
    register, sections = wiring.register, board.SECTIONS

    def noted(*given: Any) -> Push:
        made.append(register(*given))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "register", noted)
        patch.setattr(wiring, "LAYERS", [Breakable(layer) for layer in LAYERS])
        patch.setattr(board, "SECTIONS", {name: breakable(name, section) for name, section in sections.items()})
        yield made


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, pushes: list[Push]) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("life"))
    yield opened
    opened.store.close()


class Line:
    """The page's socket and its documents, as a proxy between it and the server would hand them on."""

    def __init__(self, page: Page) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.away = False
        self.documents: list[str] = []
        self.change: Callable[[Json], Json] = lambda message: message
        page.route_web_socket("**/live", self._open)
        page.route(lambda url: "/wall/" in url, self._document)

    def _open(self, socket: WebSocketRoute) -> None:
        if self.away:
            socket.close(code=1011)
            return
        server = socket.connect_to_server()
        server.on_message(lambda raw: socket.send(self._changed(raw)))
        self.sockets.append(socket)

    def _changed(self, raw: str | bytes) -> str | bytes:
        return json.dumps(self.change(json.loads(raw))) if isinstance(raw, str) else raw

    def _document(self, route: Route) -> None:
        self.documents.append("502" if self.away else "ours")
        if self.away:
            route.fulfill(status=502, body=ERROR_PAGE, content_type="text/html")
        else:
            route.continue_()

    def cut(self) -> None:
        self.away = True
        self.sockets[-1].close(code=1011)


@pytest.fixture
def opened(browser: Browser, base: str, room: Room) -> Iterator[tuple[Page, Line]]:
    """A wall that is live, on a screen whose clock is a day wrong."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", reduced_motion="reduce")
    context.add_cookies([cookie_of(base, signed_in(room.access, Role.SCREEN, "C"))])
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.add_init_script(A_DAY_WRONG)
    line = Line(page)
    page.goto(f"{base}/wall/C")
    page.wait_for_function(LIVE)
    yield page, line
    broken.clear()
    context.close()


def until(page: Page, true: Callable[[], Any], timeout_s: float = 60) -> None:
    """Wait while the page's events go on being handled."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not become true"
        page.wait_for_timeout(50)


def screens(pushes: list[Push]) -> list[Screen]:
    return [s for s in pushes[-1].hub.walls() if s.echo is not None]


def test_a_wall_shows_the_age_of_its_beat_and_the_server_knows_it(
    opened: tuple[Page, Line], pushes: list[Push], room: Room
) -> None:
    page, _ = opened
    expect(page.locator(".liveness")).to_contain_text("秒前")
    until(page, lambda: [s for s in screens(pushes) if s.echo and s.echo.beat_ms])
    (screen,) = screens(pushes)
    assert screen.echo is not None
    assert (screen.address.partition("?")[0], screen.echo.build) == ("/wall/C", room.build)  # an alert may be shown
    assert screen.age_ms < 60_000
    assert abs(page.evaluate("onescreen.panels.now()") - time.time() * 1000) < 60_000


def test_when_nothing_can_be_written_the_wall_says_so_first_in_the_header_then_over_its_full_width(
    opened: tuple[Page, Line], room: Room
) -> None:
    page, _ = opened
    with room.store.begin():
        expect(page.locator(".liveness")).to_have_attribute("data-state", "late", timeout=60_000)
        assert page.evaluate("onescreen.live.state().why") == "intake"
        expect(page.locator("#banner")).to_be_hidden()
        banner = page.locator("#banner")
        expect(banner).to_be_visible(timeout=90_000)
        expect(banner).to_contain_text("画面已停止更新")
        expect(banner).to_contain_text("新数据写不进数据库")
        expect(banner).to_contain_text("最后一次有效数据")
        box = banner.bounding_box()
        assert box
        assert box["width"] > 1350  # what guards a screen against burning in moves the page by some pixels
    page.wait_for_function(LIVE)
    expect(page.locator("#banner")).to_be_hidden()


def failed(page: Page) -> Mapping[str, str]:
    """What is said on parts of the page, by their ids."""
    said: Mapping[str, str] = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('[data-failed]')].map((n) => [n.id, n.dataset.failed]))"
    )
    return said


def report(room: Room) -> None:
    """One more event: every section and layer of events is built anew."""
    now_ms = time.time_ns() // 1_000_000
    event = NewEvent(
        "patrol", "test", str(now_ms), next(iter(room.catalogue.subtypes)), now_ms, "", lon=WEST + STEP / 2,
        lat=SOUTH + STEP / 2, deadline_ms=now_ms + 3_600_000,
    )  # fmt: skip
    desk = Desk.load(room.store, room.city)
    (outcome,) = report_events(desk, Actor.operator("test"), [Submitted({}, event)], feed="test", now_ms=now_ms)
    assert outcome.status == "accepted"


def test_a_section_or_layer_that_raises_and_a_panel_that_cannot_draw_keep_what_they_show_and_say_so(
    opened: tuple[Page, Line], room: Room
) -> None:
    page, _ = opened
    until(page, lambda: page.locator("#kpi").inner_text())
    before = page.locator("#kpi .panel-body").inner_text()
    broken.update(("kpi", "layer:events"))
    report(room)
    until(page, lambda: all("之后未更新" in failed(page).get(box, "") for box in ("kpi", "map-pane")))
    assert page.locator("#kpi .panel-body").inner_text() == before
    expect(page.locator(".liveness")).to_have_attribute("data-state", "live")
    page.evaluate("onescreen.sections.feed.draw = () => { throw new Error('a bug'); }; onescreen.panels.refresh()")
    until(page, lambda: set(failed(page)) == {"kpi", "feed", "map-pane"})
    expect(page.locator(".stale")).to_contain_text("3 处未更新")
    broken.clear()
    until(page, lambda: set(failed(page)) == {"feed"})


def test_an_error_page_in_place_of_a_frame_is_dropped_and_a_full_frame_asked_for(opened: tuple[Page, Line]) -> None:
    page, line = opened
    fulls = page.evaluate("onescreen.live.stats.fulls")
    line.sockets[-1].send(ERROR_PAGE)
    page.wait_for_function("() => onescreen.live.stats.bad === 1")
    page.wait_for_function("fulls => onescreen.live.stats.fulls > fulls", arg=fulls)
    page.wait_for_function(LIVE)
    assert page.evaluate("onescreen.live.stats.closed") == 0


def test_after_an_outage_with_an_upgrade_the_wall_loads_anew_but_not_into_the_proxys_error_page(
    opened: tuple[Page, Line], room: Room
) -> None:
    page, line = opened
    page.evaluate("window.before = true")
    line.cut()
    expect(page.locator("#banner")).to_be_visible(timeout=90_000)
    expect(page.locator("#banner")).to_contain_text("与服务器的连接中断")
    sockets = len(line.sockets)
    line.away = False
    until(page, lambda: len(line.sockets) > sockets)
    page.wait_for_function(LIVE)
    assert page.evaluate("window.before"), "nothing changed: the same page goes on"
    line.change = lambda m: {**m, "build": "next"} if m["k"] == "hello" else m
    line.documents.clear()
    line.sockets[-1].close(code=1011)
    page.wait_for_function(ANEW)
    assert line.documents[-1] == "ours"
    assert "Bad Gateway" not in page.content()


def test_a_probe_waits_while_the_proxy_answers_in_the_servers_place(opened: tuple[Page, Line]) -> None:
    page, line = opened
    page.evaluate("window.before = true")
    line.away = True
    page.evaluate("void onescreen.life.reload()")
    until(page, lambda: line.documents.count("502") >= 2)
    assert page.evaluate("window.before")
    line.away = False
    page.wait_for_function(ANEW)


def test_a_page_whose_script_did_not_come_loads_itself_anew(browser: Browser, base: str, room: Room) -> None:
    context = browser.new_context()
    context.add_cookies([cookie_of(base, signed_in(room.access, Role.SCREEN, "C"))])
    page = context.new_page()
    page.clock.install()
    refused: list[str] = []

    def answer(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=502, body=ERROR_PAGE, content_type="text/html")

    page.route("**/assets/panels.js*", answer)
    page.goto(f"{base}/wall/C")
    page.wait_for_timeout(1_000)
    assert refused
    assert not page.evaluate("Boolean(onescreen.started)")
    page.clock.fast_forward(31_000)
    page.wait_for_function(LIVE, timeout=60_000)
    context.close()
