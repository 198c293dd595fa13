"""Drills of the line: absences, a proxy in the server's place, a cable, flapping, an ended link, poisoned frames."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.drills.record import FULL
from tests.browser.drills.relay import Road, answer
from tests.browser.drills.site import Site, opened
from tests.browser.drills.wall import LIVE, LONGEST_WAIT_S, wall

Json = dict[str, Any]
ABSENCES = {"30 s": (32, FULL), "4 min": (240, FULL), "1 h": (3_600, False)}
"""How long, and whether it is lived through in a full run; an hour passes by the page's own clock."""
FLAPS, UP_S, DOWN_S = (60 if FULL else 8), 0.6, 0.5
FROZEN = {"an error page": Road.BAD_GATEWAY, "a page that calls itself good": Road.WELCOME}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(tmp_path_factory.mktemp("line")) as made:
        yield made


@pytest.fixture(autouse=True)
def road_is_open(site: Site) -> Iterator[None]:
    yield
    site.relay.become(Road.OPEN)


@pytest.mark.parametrize("absence", ABSENCES)
def test_the_server_is_away(browser: Browser, site: Site, absence: str) -> None:
    seconds, real = ABSENCES[absence]
    with wall(browser, site, f"away {absence}", fast=not real) as one:
        one.trouble()
        site.relay.become(Road.REFUSED)
        one.is_late()
        one.last(seconds)
        one.is_down("画面已停止更新", "与服务器的连接中断")
        dialled = len(site.relay.dials)
        one.last(60 if one.fast else 0)
        assert len(site.relay.dials) > dialled or not one.fast, "it gave up"
        one.trouble()
        site.relay.become(Road.OPEN)
        one.is_live()


@pytest.mark.parametrize("page", FROZEN)
def test_a_proxy_answers_in_the_servers_place(browser: Browser, site: Site, page: str) -> None:
    with wall(browser, site, f"proxy: {page}", fast=not FULL) as one:
        one.page.evaluate("() => { window.before = true; }")
        one.trouble()
        site.relay.become(FROZEN[page])
        one.is_late()
        one.last(40)
        one.is_down("与服务器的连接中断")
        one.trouble()
        site.relay.become(Road.OPEN)
        one.is_live()
        assert one.page.evaluate("() => window.before"), "it went on, and did not load anew"


def test_a_cable_is_pulled_and_nobody_is_told(browser: Browser, site: Site) -> None:
    with wall(browser, site, "cable", fast=not FULL) as one:
        one.trouble()
        site.relay.become(Road.SILENT)
        one.is_late()
        one.last(40)
        one.is_down("与服务器的连接中断")
        one.trouble()
        site.relay.become(Road.OPEN)
        one.is_live(LONGEST_WAIT_S + 10)


def test_a_line_flaps(browser: Browser, site: Site) -> None:
    with wall(browser, site, "flapping") as one:
        for _ in range(FLAPS):
            site.relay.become(Road.REFUSED)
            one.page.wait_for_timeout(DOWN_S * 1000)
            site.relay.become(Road.OPEN)
            one.page.wait_for_timeout(UP_S * 1000)
        one.trouble()
        one.is_live()


def test_a_link_is_ended_and_another_one_opened(browser: Browser, site: Site) -> None:
    with wall(browser, site, "ended link", slack=200) as one:
        banner = one.page.locator("#banner")
        ended = int(time.time() * 1000)
        one.trouble()
        with site.access.store.begin() as conn:
            conn.exec_driver_sql(f"UPDATE token SET ended_ms = {ended} WHERE kind = 'screen'")
        expect(banner).to_contain_text("登录已失效")
        one.note("said")
        expect(banner).to_contain_text("请管理员")
        one.page.wait_for_timeout(3_000)  # its line tries on, and goes on saying so
        expect(banner).to_contain_text("登录已失效")
        with site.access.store.begin() as conn:
            conn.exec_driver_sql(f"UPDATE token SET ended_ms = NULL WHERE ended_ms = {ended}")
        one.trouble()
        one.is_live(name="valid again")
        with site.access.store.begin() as conn:
            conn.exec_driver_sql(f"UPDATE token SET ended_ms = {ended} WHERE kind = 'screen'")
        expect(banner).to_contain_text("登录已失效")
        site.secret = site.link()
        second = one.page.context.new_page()
        second.goto(f"{site.relay.address}/s/{site.secret}")
        second.close()
        one.trouble()
        one.is_live()


class Poison:
    """Between the page and its line: hands frames on, and adds or changes some."""

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.change: Callable[[Json], Json] | None = None

    def install(self, page: Page) -> None:
        """Stand in the way of the page's sockets."""
        page.route_web_socket("**/live", self._open)

    def _open(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda raw: socket.send(self._changed(raw)))
        self.sockets.append(socket)

    def _changed(self, raw: str | bytes) -> str | bytes:
        if self.change is None or not isinstance(raw, str):
            return raw
        return json.dumps(self.change(json.loads(raw)))


def lie(**more: Any) -> Callable[[Json], str]:
    """A frame that would be believed but for this."""
    return lambda head: json.dumps({**head, "s": {"kpi": {"open": {"n": 999}}}, **more})


POISON: dict[str, Callable[[Json], str | bytes]] = {
    "no JSON": lambda head: json.dumps(head)[:-5],
    "an error page": lambda head: answer("502 Bad Gateway").decode(),
    "50 MB": lambda head: lie(padding="x" * 50_000_000)(head),
    "bytes that are no gzip": lambda head: b"\x1f\x8b no",
    "another version": lie(form=2),
    "no version": lie(form=None),
    "a number that is none": lie(seq="next"),
    "no times": lie(at=None),
    "a time that cannot be": lie(at=4e15, beat=4e15),
    "unknown": lie(k="fullest"),
}
PASSED_OVER = {"a number of the past": lie(seq=1), "another picture": lie(topic="another")}


def test_poisoned_frames_are_dropped_and_asked_for_anew(browser: Browser, site: Site) -> None:
    line = Poison()
    with wall(browser, site, "poisoned frames", before=line.install) as one:
        one.page.evaluate("""() => {
          window.believed = 0;
          const own = onescreen.panels.apply;
          onescreen.panels.apply = (name, value, meta) => {
            if (name === "kpi" && value && value.open.n === 999) window.believed += 1;
            own(name, value, meta);
          };
        }""")
        worst = 0.0
        for name, made in {**POISON, **PASSED_OVER}.items():
            bad, now = one.page.evaluate("() => [onescreen.live.stats.bad, Math.round(onescreen.age.now())]")
            topic, seq = one.page.evaluate("() => onescreen.live.held()")
            head = {"k": "delta", "form": 1, "topic": topic, "seq": seq + 1, "at": now, "src": now, "beat": now}
            one.trouble()
            line.sockets[-1].send(made(head))
            if name in POISON:
                one.page.wait_for_function("bad => onescreen.live.stats.bad === bad + 1", arg=bad)
            one.page.wait_for_function("() => onescreen.live.held()[1] > 0")
            one.page.wait_for_function(LIVE)
            worst = max(worst, one.note("live"))
            assert one.page.evaluate("() => window.believed") == 0, name
        one.figures = {"live": worst}
        assert one.page.evaluate("() => onescreen.live.stats.closed") == 0
        line.change = lambda m: {**m, "seq": m["seq"] + 7} if m["k"] == "delta" else m
        gaps = one.page.evaluate("() => onescreen.live.stats.gaps")
        site.report()
        one.count += 1
        one.page.wait_for_function("gaps => onescreen.live.stats.gaps > gaps", arg=gaps)
        line.change = None
        one.page.wait_for_function(LIVE)
