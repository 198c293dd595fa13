"""The browser's side of the push: live.js on a bare page, in Chromium, against a real server or a scripted one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, sync_playwright

from callbacks.live.topics import FORM
from tests.conftest import missing
from tests.unit.live.serving import LiveServer, free_port

Json = dict[str, Any]
CHROMIUM = Path("/usr/bin/chromium")
ASSETS = Path(__file__).resolve().parents[2] / "dashboard" / "assets"
SCRIPTS = ("live_age", "life", "held", "live")
PAGE = """<!doctype html><meta charset="utf-8"><title>live</title><link rel="icon" href="data:,">
<script>
  window.seen = {sections: {}, applied: [], marks: [], traces: [], legend: null, liveness: []};
  window.onescreen = {
    panels: {
      apply(name, value, meta) {
        if (window.seen.throwing === name) throw new Error("a bug in a panel");
        if (name === "legend") seen.legend = JSON.parse(JSON.stringify(value));
        else { seen.sections[name] = value; seen.applied.push([name, value]); }
        seen.meta = meta;
      },
      liveness(report) { seen.liveness.push(report); },
    },
    map: {
      applyMarks(slot, change) { seen.marks.push([slot, change]); },
      applyTraces(slot, props) { seen.traces.push([slot, props]); },
    },
  };
</script>
<div id="react-entry-point"></div>
""" + "\n".join(f'<script src="/assets/{name}.js"></script>' for name in SCRIPTS)


def add_page(app: FastAPI) -> None:
    """The bare page and the script under test."""

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return PAGE

    @app.get("/assets/{name}.js")
    async def script(name: str) -> FileResponse:
        return FileResponse(ASSETS / f"{name}.js")


def serving(port: int, build: str = "b1") -> LiveServer:
    live = LiveServer(port, build=build)
    add_page(live.app)
    return live


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing(f"there is no {CHROMIUM}")
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def server() -> Iterator[LiveServer]:
    with serving(free_port()) as live:
        yield live


def open_page(context: BrowserContext, port: int, address: str = "/area/W01", before: str = "") -> Page:
    page = context.new_page()
    if before:
        page.add_init_script(before)
    page.goto(f"http://127.0.0.1:{port}/")
    page.evaluate("address => onescreen.live.sub(address)", address)
    return page


def until(page: Page, true: str, timeout_s: float = 20) -> None:
    page.wait_for_function(true, timeout=timeout_s * 1000, polling=20)


def shows(n: int) -> str:
    return f"() => seen.sections.n === {n} && onescreen.live.state().state === 'live'"


def stats(page: Page) -> Json:
    counted: Json = page.evaluate("onescreen.live.stats")
    return counted


class Script:
    """A server that says exactly what a test tells it to, on the page's newest socket."""

    def __init__(self, page: Page) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.subs: list[Json] = []
        self.began = time.monotonic()
        self.greets = True
        page.route_web_socket("**/live", self._open)

    def _open(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(self._hear)
        if self.greets:
            self.say({"k": "hello", "build": "b1", "now": self.at})

    def _hear(self, raw: str | bytes) -> None:
        message = json.loads(raw)
        if message["k"] == "sub":
            self.subs.append(message)

    @property
    def at(self) -> int:
        """The server's clock: right in its pace, far from the browser's."""
        return 1_800_000_000_000 + int((time.monotonic() - self.began) * 1000)

    def say(self, message: Json | str | bytes) -> None:
        self.sockets[-1].send(json.dumps(message) if isinstance(message, dict) else message)

    def confirm(self, topic: str = "T") -> None:
        self.say({"k": "on", "topic": topic, "n": self.subs[-1]["n"]})

    def full(self, seq: int, topic: str = "T", **parts: Any) -> None:
        self.say({"k": "full", "topic": topic, "view": topic, "seq": seq, **self.proof(), **parts})

    def delta(self, seq: int, topic: str = "T", **parts: Any) -> None:
        self.say({"k": "delta", "topic": topic, "seq": seq, **self.proof(), **parts})

    def proof(self) -> Json:
        return {"form": FORM, "at": self.at, "src": self.at, "beat": self.at}


@pytest.fixture
def scripted(context: BrowserContext, server: LiveServer) -> tuple[Page, Script]:
    """A page that has subscribed and been confirmed on topic T."""
    page = context.new_page()
    script = Script(page)
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.evaluate("onescreen.live.sub('/area/W01')")
    wait(page, lambda: script.subs)
    script.confirm()
    return page, script


def wait(page: Page, true: Callable[[], Any], timeout_s: float = 8) -> None:
    """Wait while the page's events (the scripted socket among them) go on being handled."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not become true"
        page.wait_for_timeout(10)


def test_a_page_goes_live_and_knows_how_old_its_data_is(context: BrowserContext, server: LiveServer) -> None:
    page = open_page(context, server.port)
    until(page, shows(0))
    server.bump("/area/W01")
    until(page, shows(1))
    until(page, "() => seen.liveness.length && seen.liveness.at(-1).state === 'live'")
    report = page.evaluate("seen.liveness.at(-1)")
    assert 0 <= report["ageMs"] < 3_000
    assert 0 <= report["srcAgeMs"] < 3_000


def test_eight_tabs_of_one_browser_are_live_at_once(context: BrowserContext, server: LiveServer) -> None:
    pages = [open_page(context, server.port) for _ in range(8)]
    for page in pages:
        until(page, shows(0))
    server.bump("/area/W01")
    for page in pages:
        until(page, shows(1))
    assert server.do(lambda: len(server.hub.clients)) == 8
    assert server.do(lambda: server.pictures["/area/W01"].fulls) <= 2


def test_a_page_comes_back_by_itself_after_the_server_was_restarted(context: BrowserContext) -> None:
    port = free_port()
    with serving(port):
        page = open_page(context, port)
        until(page, shows(0))
    until(page, "() => onescreen.live.stats.closed >= 1")
    with serving(port) as again:
        until(page, "() => onescreen.live.stats.opened >= 2 && onescreen.live.state().state === 'live'")
        again.bump("/area/W01")
        until(page, shows(1))
        assert stats(page)["reloads"] == 0
        page.close()


def test_a_new_build_reloads_the_page(context: BrowserContext) -> None:
    port = free_port()
    with serving(port):
        page = open_page(context, port, before="Math.random = () => 0.02")
        until(page, shows(0))
        page.evaluate("window.before = true")
    with serving(port, build="b2"):
        until(page, "() => window.before === undefined")
        page.close()


def test_the_age_is_right_on_a_screen_whose_clock_is_wrong(context: BrowserContext, server: LiveServer) -> None:
    wrong = "const now = Date.now; Date.now = () => now() + 86400000;"
    page = open_page(context, server.port, before=wrong)
    until(page, shows(0))
    assert abs(page.evaluate("onescreen.live.serverNow()") - time.time() * 1000) < 3_000
    assert 0 <= page.evaluate("onescreen.live.state().ageMs") < 3_000


def test_going_to_another_area_shows_only_its_frames(context: BrowserContext, server: LiveServer) -> None:
    page = open_page(context, server.port)
    until(page, shows(0))
    page.evaluate("onescreen.live.sub('/area/W02')")
    until(page, "() => seen.meta.topic === '/area/W02'")
    page.evaluate("seen.applied = []")
    server.bump("/area/W01")
    server.bump("/area/W02")
    server.bump("/area/W02")
    until(page, shows(2))
    assert page.evaluate("onescreen.live.stats.gaps") == 0
    assert page.evaluate("seen.meta.topic") == "/area/W02"


def test_a_change_of_theme_or_selection_sends_no_second_full_frame(context: BrowserContext, server: LiveServer) -> None:
    page = open_page(context, server.port)
    until(page, shows(0))
    page.evaluate("onescreen.live.sub('/area/W01?theme=light&selected=E1')")
    server.bump("/area/W01")
    until(page, shows(1))
    assert stats(page)["fulls"] == 1


def test_a_wrong_address_is_told_and_a_right_one_recovers(context: BrowserContext, server: LiveServer) -> None:
    page = open_page(context, server.port, "/area/nowhere")
    until(page, "() => onescreen.live.state().state === 'down'")
    assert stats(page)["refused"] == 1
    page.evaluate("onescreen.live.sub('/area/W01')")
    until(page, shows(0))


def test_a_large_frame_is_unpacked_and_what_follows_stays_in_order(context: BrowserContext, server: LiveServer) -> None:
    page = open_page(context, server.port)
    until(page, shows(0))
    server.bump("/area/W01", "城" * 30_000)
    other = open_page(context, server.port)
    for n in range(2, 6):
        server.bump("/area/W01", "城" * 30_000)
        until(page, shows(n))
    until(other, shows(5))
    assert stats(other)["fulls"] == 1
    assert stats(other)["gaps"] == 0
    assert other.evaluate("seen.sections.padding.length") == 30_000


def test_a_gap_is_noticed_and_a_full_frame_asked_for(scripted: tuple[Page, Script]) -> None:
    page, script = scripted
    script.full(10, s={"n": 0})
    script.delta(11, s={"n": 1})
    until(page, "() => seen.sections.n === 1")
    script.delta(13, s={"n": 3})
    wait(page, lambda: len(script.subs) == 2)
    assert (script.subs[-1]["seq"], script.subs[-1]["topic"]) == (0, "")
    assert stats(page)["gaps"] == 1
    until(page, "() => onescreen.live.state().state !== 'live'")
    script.confirm()
    script.full(13, s={"n": 33})
    until(page, shows(33))


def test_frames_that_cannot_be_read_are_counted_and_a_full_one_is_asked_for(scripted: tuple[Page, Script]) -> None:
    page, script = scripted
    script.full(10, s={"n": 0})
    for bad in ("{", "null", '{"k":"new kind"}', b"not gzip", '{"k":"delta","topic":"T","seq":11,"marks":{"a":3}}'):
        script.say(bad)
    until(page, "() => onescreen.live.stats.bad >= 4")
    wait(page, lambda: len(script.subs) == 2)
    script.confirm()
    script.full(20, s={"n": 5})
    until(page, shows(5))
    assert len(script.subs) == 2


def test_marks_traces_and_legends_reach_the_map_as_one_change_each(scripted: tuple[Page, Script]) -> None:
    page, script = scripted
    page.evaluate("window.map = onescreen.map; onescreen.map = undefined")
    script.full(
        10, s={"n": 0}, marks={"events/new": {"all": [["a", 1, 2, {}], ["b", 1, 2, {}]]}},
        traces={"areas/fill": {"z": [1], "visible": True}}, legend={"events": [{"key": "1"}], "units": []},
    )  # fmt: skip
    script.delta(11, marks={"events/new": {"set": [["c", 3, 4, {}]], "gone": ["a"]}}, legend={"units": [{"key": "2"}]})
    script.delta(12, traces={"areas/fill": {"z": [2]}})
    until(page, "() => seen.legend && seen.legend.units.length")
    page.evaluate("onescreen.map = window.map")
    until(page, "() => seen.marks.length && seen.traces.length")
    assert page.evaluate("seen.marks") == [["events/new", {"all": [["b", 1, 2, {}], ["c", 3, 4, {}]]}]]
    assert page.evaluate("seen.traces") == [["areas/fill", {"z": [2], "visible": True}]]
    assert page.evaluate("seen.legend") == {"events": [{"key": "1"}], "units": [{"key": "2"}]}
    page.evaluate("seen.marks = []")
    script.delta(13, marks={"events/new": {"set": [["d", 5, 6, {}]]}})
    script.delta(14, marks={"events/new": {"gone": ["d", "b"]}})
    until(page, "() => seen.marks.flatMap(([, change]) => change.gone || []).includes('b')")


def test_a_hidden_tab_keeps_only_the_newest_and_paints_it_when_shown(scripted: tuple[Page, Script]) -> None:
    page, script = scripted
    script.full(10, s={"n": 0})
    until(page, "() => seen.sections.n === 0")
    page.evaluate("""() => {
      Object.defineProperty(document, 'hidden', {configurable: true, get: () => window.away});
      window.show = (shown) => { window.away = !shown; document.dispatchEvent(new Event('visibilitychange')); };
      show(false); seen.applied = []; seen.marks = [];
    }""")
    for i in range(1, 51):
        script.delta(10 + i, s={"n": i}, marks={"units/now": {"set": [["u", i, i, {}]]}})
    until(page, "() => onescreen.live.stats.deltas === 50")
    page.wait_for_timeout(400)
    assert page.evaluate("seen.applied") == []
    page.evaluate("show(true)")
    until(page, "() => seen.applied.length > 0 && seen.marks.length > 0")
    assert page.evaluate("seen.applied") == [["n", 50]]
    assert page.evaluate("seen.marks") == [["units/now", {"set": [["u", 50, 50, {}]], "gone": []}]]


def test_a_panel_that_throws_stops_no_other_and_has_a_full_frame_asked_for(scripted: tuple[Page, Script]) -> None:
    page, script = scripted
    page.evaluate("seen.throwing = 'kpi'")
    script.full(10, s={"kpi": 1, "n": 7})
    until(page, "() => seen.sections.n === 7")
    wait(page, lambda: len(script.subs) == 2)
    assert stats(page)["sinkErrors"] == 1


def test_a_line_that_falls_silent_is_called_late_and_dialled_again(scripted: tuple[Page, Script]) -> None:
    page, script = scripted
    script.full(10, s={"n": 0})
    until(page, shows(0))
    script.greets = False
    until(page, "() => onescreen.live.state().state === 'late'", 9)
    wait(page, lambda: len(script.sockets) >= 2)
    wait(page, lambda: len(script.subs) >= 2)
    assert (script.subs[-1]["topic"], script.subs[-1]["seq"]) == ("T", 10)
    script.confirm()
    script.delta(11, s={"n": 1})
    until(page, shows(1))
