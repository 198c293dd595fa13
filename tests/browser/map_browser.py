"""A browser on the made city: what the tests of the map share."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.conftest import missing

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist", "--disable-background-networking",
]  # fmt: skip
SCALE = 0.5
"""A quarter of the pixels: maps are drawn by the processor here, and what is measured are boxes in pixels of CSS."""
PLAY = """async (address) => {
  const O = window.onescreen;
  if (!O.words.ready()) O.words.set(await (await fetch('/words.json')).json());
  const frame = await (await fetch('/frame?address=' + encodeURIComponent(address))).json();
  O.map.show(frame.s.extent);
  for (const [slot, change] of Object.entries(frame.marks)) O.map.applyMarks(slot, change);
  for (const [slot, props] of Object.entries(frame.traces)) O.map.applyTraces(slot, props);
  await O.map.idle();
}"""
RECORD = """() => {
  const own = dash_clientside.set_props;
  window.picked = [];
  dash_clientside.set_props = (id, props) => (id === 'pick' ? window.picked.push(props.data) : own(id, props));
}"""


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app on a free port of this machine; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """Debian's chromium with software WebGL and ``more`` flags; a test is skipped, or fails where all must run, without
    it."""
    if not Path(CHROMIUM).exists():
        missing(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *more])
        browser.new_context = partial(browser.new_context, device_scale_factor=SCALE)  # type: ignore[method-assign]
        yield browser
        browser.close()


@dataclass
class MapPage:
    """A page with the map, and what went wrong on it."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()

    def watch(self) -> None:
        """Note console errors and warnings, page errors, and requests that leave this machine."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda e: self.wrong.append(f"page error: {e}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # WebGL in software warns about its own speed; that is the machine, not the page.
        if message.type in ("error", "warning") and "GL Driver" not in message.text:
            self.wrong.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "blob:", "data:")):
            self.wrong.append(f"leaves this machine: {request.url}")

    def open(self, address: str) -> None:
        """Load the page and play the frame of its address."""
        self.page.goto(self.base + address)
        self.page.wait_for_function("() => !!(window.onescreen && onescreen.map && onescreen.map.state.alive)")
        self.page.evaluate(RECORD)
        self.play(address)

    def play(self, address: str) -> None:
        """Play the frame of an address and wait until it is drawn."""
        self.page.evaluate(PLAY, address)

    def go(self, address: str) -> None:
        """Change the address as the page's links do, and play its frame."""
        self.page.evaluate("address => onescreen.view.go(address)", address)
        self.play(address)

    def camera(self) -> list[float]:
        """Longitude, latitude and zoom."""
        got: list[float] = self.page.evaluate(
            "() => { const m = onescreen.map.state.map, c = m.getCenter(); return [c.lng, c.lat, m.getZoom()]; }"
        )
        return got

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place is on the page, in CSS pixels."""
        x, y = self.page.evaluate(
            "([lon, lat]) => { const p = onescreen.map.state.map.project([lon, lat]); return [p.x, p.y]; }", [lon, lat]
        )
        return float(x), float(y)

    def drawn(self, slot: str) -> list[str]:
        """The ids of the features of a slot that are on the screen now."""
        got: list[str] = self.page.evaluate(
            """slot => {
              const m = onescreen.map.state.map;
              const layers = m.getStyle().layers.map(l => l.id).filter(id => id.startsWith('onescreen/' + slot + '/'));
              try {
                return [...new Set(m.queryRenderedFeatures({layers}).map(f => f.properties.id))].sort();
              } catch (renewed) {
                // MapLibre's query lags behind what it draws until symbols are placed again.
                m.style.triggerSymbolPlacement();
                m.triggerRepaint();
                return [];
              }
            }""",
            slot,
        )
        return got

    def wait_drawn(self, slot: str, code: str, present: bool = True) -> None:
        """Wait until a feature is (or is no longer) among what is on the screen."""
        for _ in range(100):
            if (code in self.drawn(slot)) is present:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{code} {'did not appear' if present else 'stayed'} in {slot}")

    def fill(self) -> dict[str, Any]:
        """What Plotly's choropleth shows: locations, z, visible and the colour scale."""
        got: dict[str, Any] = self.page.evaluate(
            """() => { const t = onescreen.map.state.gd.data[0];
                 return {locations: t.locations, z: t.z, visible: t.visible, colorscale: t.colorscale}; }"""
        )
        return got

    def stats(self) -> dict[str, int]:
        """The map's own counters."""
        got: dict[str, int] = self.page.evaluate("() => ({...onescreen.map.stats})")
        return got

    def picked(self) -> list[dict[str, Any]]:
        """The picks so far."""
        got: list[dict[str, Any]] = self.page.evaluate("() => window.picked")
        return got


@contextmanager
def map_page(
    browser: Browser, base: str, address: str, size: tuple[int, int] = (900, 640), **context: Any
) -> Iterator[MapPage]:
    """A page on the map of an address; what was wrong on it fails the test at the end."""
    own = browser.new_context(viewport={"width": size[0], "height": size[1]}, **context)
    page = MapPage(own.new_page(), base)
    page.page.set_default_timeout(60_000)
    page.watch()
    page.open(address)
    yield page
    own.close()
    assert [w for w in page.wrong if not any(a in w for a in page.allowed)] == []


def made_folder(root: Path) -> Path:
    """A fresh folder for the made city's tiles."""
    folder = root / "city"
    folder.mkdir()
    return folder
