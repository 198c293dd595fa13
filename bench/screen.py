"""What the benches of start and page share: the demo as an operator starts it, and a browser that looks at it."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist", "--disable-background-networking",
)  # fmt: skip
START_MAX_S = 300.0
LIVE_MAP = """() => window.onescreen && onescreen.live && onescreen.live.state().state === 'live'
  && document.querySelector('.js-plotly-plot') && document.querySelector('.js-plotly-plot').data[0].locations.length"""
IDLE = "async () => await onescreen.map.idle()"


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextlib.contextmanager
def demo(data: Path, port: int) -> Iterator[str]:
    """``app.py demo`` in a process of its own; its address at once, answering or not."""
    command = [sys.executable, "app.py", "demo", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def answering(base: str) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + START_MAX_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{base}/api/health", timeout=2):
            return
        time.sleep(0.05)
    raise TimeoutError(f"{base} did not answer in {START_MAX_S:.0f} s")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium with software WebGL."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def step_in(page: Page, base: str, role: str = "leader") -> str:
    """Step into a role of the demo for the whole city, as a newcomer does: one click; the address it leads to."""
    page.goto(base + "/")
    page.click(f"form:has(input[value={role}]) button[name=area]")
    page.wait_for_url("**/area/**" if role != "screen" else "**/wall/**")
    return page.url


def sign_in(page: Page, base: str, role: str) -> str:
    """Step into a role of the demo without opening any page, so that the next one is loaded cold; the city's code."""
    asked = page.context.request
    city = re.search(r'name="area" value="([^"]+)"', asked.get(f"{base}/demo").text())
    assert city is not None
    asked.post(f"{base}/demo", form={"role": role, "area": city[1]}, headers={"Origin": base}, max_redirects=0)
    return city[1]


def live_map(page: Page, address: str = "") -> None:
    """Open an address (without one: stay) and wait until its map is live and drawn."""
    if address:
        page.goto(address)
    page.wait_for_function(LIVE_MAP, timeout=120_000)
    page.evaluate(IDLE)
