"""Drills of the line: absences, a proxy in the server's place, a cable, flapping, an ended link, poisoned frames."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from callbacks.live.packets import Packet
from tests.browser.drills.record import FULL
from tests.browser.drills.relay import PAGE, Road
from tests.browser.drills.site import Site, opened
from tests.browser.drills.wall import LIVE, LONGEST_WAIT_S, until, wall

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
        until(one.page, lambda: len(site.relay.dials) > dialled, 20)  # it has not given up
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


BELIEVED = """() => {
  window.believed = 0;
  const own = onescreen.panels.apply;
  onescreen.panels.apply = (name, value, meta) => {
    if (name === "kpi" && value && value.open.n === 999) window.believed += 1;
    own(name, value, meta);
  };
}"""


def lie(**more: Any) -> Callable[[Json], bytes]:
    """A full frame that would be believed but for this."""
    return lambda head: json.dumps({**head, **more}).encode()


POISON: dict[str, Callable[[Json], bytes]] = {
    "no JSON": lambda head: json.dumps(head)[:-5].encode(),
    "an error page": lambda head: PAGE.encode(),
    "50 MB": lie(padding="x" * 50_000_000),
    "another version": lie(form=2),
    "no version": lie(form=None),
    "a number that is none": lie(seq="next"),
    "no times": lie(at=None),
    "a time that cannot be": lie(at=4e15, beat=4e15),
    "a beat from after its time": lie(beat=4e15),
    "unknown": lie(k="fullest"),
}


def test_poisoned_frames_are_dropped_and_asked_for_anew(browser: Browser, site: Site) -> None:
    with wall(browser, site, "poisoned frames") as one:
        one.page.evaluate(BELIEVED)
        bad, now = one.page.evaluate("() => [onescreen.live.stats.bad, Math.floor(onescreen.age.now())]")
        topic, seq = one.page.evaluate("() => onescreen.live.held()")
        head = {
            "k": "full", "form": 1, "topic": topic, "seq": seq, "at": now, "src": now, "beat": now, "fails": {},
            "s": {"kpi": one.page.evaluate("() => ({ ...onescreen.panels.value('kpi'), open: { n: 999 } })")},
        }  # fmt: skip
        one.trouble()
        no_gzip = Packet(b"\x1f\x8b no", binary=True)
        frames = [*(Packet(made(head)) for made in POISON.values()), no_gzip, Packet(lie(topic="another")(head))]
        site.relay.poison(*(frame.wire for frame in frames))
        one.page.wait_for_function("bad => onescreen.live.stats.bad === bad", arg=bad + len(POISON) + 1)
        one.page.wait_for_function("() => onescreen.live.held()[1] > 0")
        one.page.wait_for_function(LIVE)
        one.note("live")
        assert one.page.evaluate("() => window.believed") == 0
        site.relay.poison(Packet(lie()(head)).wire)
        one.page.wait_for_function("() => window.believed === 1")
        gaps, seq = one.page.evaluate("() => [onescreen.live.stats.gaps, onescreen.live.held()[1]]")
        site.relay.poison(Packet(lie(k="delta", seq=seq + 7)(head)).wire)
        one.page.wait_for_function("gaps => onescreen.live.stats.gaps > gaps", arg=gaps)
        one.page.wait_for_function("n => onescreen.panels.value('kpi').open.n === n", arg=one.count)
        one.page.wait_for_function(LIVE)
        assert one.page.evaluate("() => window.believed") == 1
        assert one.page.evaluate("() => onescreen.live.stats.closed") == 0
