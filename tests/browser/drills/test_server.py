"""Drills of the server: a restart, an upgrade, a hanging process; a locked, full or stopped database."""

from __future__ import annotations

import resource
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app import CODE, ROOMS
from tests.browser.drills.record import FULL
from tests.browser.drills.site import Site, opened
from tests.browser.drills.wall import LIVE, Wall, wall
from tests.postgres import running_server

HANGS_S, LOCKED_S = (40, 20) if FULL else (8, 8)
SOON = "{ const own = Math.random; Math.random = () => own() / 20; }"
"""After an upgrade pages load anew within 20 s, each at a moment of its own."""
ADDED = "\nwindow.upgraded = %d;\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Served from a copy of the program, which can be upgraded."""
    root = tmp_path_factory.mktemp("server")
    program = root / "program"
    program.mkdir()
    for room in ROOMS:
        there = CODE / room
        shutil.copytree(there, program / room) if there.is_dir() else shutil.copy2(there, program / room)
    with opened(root, app=program / "app.py") as made:
        yield made


def test_the_server_is_killed_and_started_again(browser: Browser, site: Site) -> None:
    with wall(browser, site, "restart") as one:
        one.page.evaluate("() => { window.before = true; }")
        one.trouble()
        site.kill()
        one.is_late()
        site.start()
        one.trouble()
        one.is_live()
        assert one.page.evaluate("() => window.before"), "nothing changed: the same page goes on"


def test_after_an_upgrade_the_wall_loads_itself_anew(browser: Browser, site: Site) -> None:
    scripts = () if FULL else (SOON,)
    with wall(browser, site, "upgrade", *scripts, slack=10_000) as one:
        mark = time.time_ns() // 1_000_000
        site.kill()
        with (site.app.parent / "dashboard" / "assets" / "words.js").open("a") as script:
            script.write(ADDED % mark)
        site.start()
        one.trouble()
        one.page.wait_for_function("mark => window.upgraded === mark", arg=mark)
        one.page.wait_for_function(LIVE)
        one.note("live")
        one.page.wait_for_function("() => onescreen.map.state.alive && onescreen.panels.value('kpi')")


def test_the_server_hangs(browser: Browser, site: Site) -> None:
    with wall(browser, site, "hanging server") as one:
        one.trouble()
        site.server.process.send_signal(signal.SIGSTOP)
        try:
            one.is_late()
            one.last(HANGS_S)
            if FULL:
                one.is_down("与服务器的连接中断")
        finally:
            site.server.process.send_signal(signal.SIGCONT)
        one.trouble()
        one.is_live()


def test_the_database_is_locked(browser: Browser, site: Site) -> None:
    other = sqlite3.connect(site.town.url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    with wall(browser, site, "locked database") as one:
        one.trouble()
        other.execute("BEGIN EXCLUSIVE")
        try:
            one.is_late()
            assert why(one) == "intake"
            one.last(LOCKED_S)
        finally:
            other.execute("ROLLBACK")
            other.close()
        one.trouble()
        one.is_live()


def test_the_disk_is_full(browser: Browser, site: Site) -> None:
    with wall(browser, site, "full disk") as one:
        one.trouble()
        with nothing_can_be_written(site):
            answer = site.report()
            assert (answer.status_code, answer.headers["Retry-After"]) == (507, "5")
            assert "disk is full" in answer.json()["detail"]
            one.is_late()
            assert why(one) == "disk"
            assert one.open_events() == one.count
            if FULL:
                one.is_down("磁盘已满")
            second = one.page.context.new_page()
            second.goto(f"{site.relay.address}/wall/C")
            expect(second.locator("#kpi .kpi-value").nth(1)).to_have_text(str(one.count))
            second.close()
        one.trouble()
        one.is_live()
    assert "Traceback" not in site.server.said()


@contextmanager
def nothing_can_be_written(site: Site) -> Iterator[None]:
    """No file of the server's may grow: what a full disk does, for this process alone."""
    pid = site.server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def why(one: Wall) -> str:
    """Where the wall says that the road is cut."""
    said: str = one.page.evaluate("() => onescreen.live.state().why")
    return said


def test_the_database_server_is_stopped_and_started_again(browser: Browser, tmp_path: Path) -> None:
    with (
        running_server() as postgres, opened(tmp_path, postgres.new_database()) as site,
        wall(browser, site, "stopped database") as one,
    ):  # fmt: skip
        one.trouble()
        postgres.stop()
        one.is_late()  # at first, it may be, because nothing was written for so long
        one.page.wait_for_function("() => onescreen.live.state().why === 'store'", timeout=15_000)
        assert site.report().status_code == 503
        if FULL:
            one.is_down("服务器读不到数据库")
        postgres.start()
        one.trouble()
        one.is_live()
