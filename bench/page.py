"""P3.first_load, P3.tile and P5: what a page costs to load, and how long a click takes until it is painted."""

from __future__ import annotations

import gzip
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from playwright.sync_api import Browser, Page, Request
from pmtiles.reader import MmapSource, all_tiles

from bench.live_city import demo_folder
from bench.screen import answering, chromium, demo, free_port, live_map, sign_in, step_in
from geodata.store.folder import DataFolder

ROUNDS = 20
PLOTLY = "plotly"
HTTP_OK = 200
# The rasteriser's own frame: one whole redraw of the settled map, read back so that software GL has really drawn it.
RASTER = """() => {
  const map = document.querySelector('.js-plotly-plot')._fullLayout.map._subplot.map, gl = map.painter.context.gl;
  const began = performance.now();
  map.redraw();
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  return performance.now() - began;
}"""
# Armed before the click: the clock starts with the pointer's last press, and ends with the frame drawn after `done`.
ARM = """([done, argument]) => {
  const holds = new Function('argument', 'return ' + done);
  window.painted = new Promise((resolve) => {
    let began = 0;
    addEventListener('pointerdown', () => { began = performance.now(); }, { capture: true });
    (async function wait() {
      while (!began || !holds(argument)) await new Promise((next) => setTimeout(next, 2));
      const map = document.querySelector('.js-plotly-plot')._fullLayout.map._subplot.map, gl = map.painter.context.gl;
      await new Promise((drawn) => { map.once('render', drawn); map.triggerRepaint(); });
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
      resolve(performance.now() - began);
    })();
  });
}"""
PROJECT = """([lon, lat]) => {
  const map = document.querySelector('.js-plotly-plot')._fullLayout.map._subplot.map;
  const at = map.project([lon, lat]), box = map.getCanvas().getBoundingClientRect();
  return [box.left + at.x, box.top + at.y];
}"""
AREA_SHOWN = (
    "document.querySelector('[data-area]').dataset.area === argument && onescreen.panels.value('title') "
    "&& onescreen.panels.value('title').path.at(-1)[0] === argument "
    "&& document.querySelector('.js-plotly-plot').data[0].geojson.includes('/' + argument + '.json')"
)
SELECTED = "!document.getElementById('drawer').hidden && location.search.includes('selected=')"
FILTERED = "onescreen.live.state().state === 'live' && onescreen.panels.value('kpi').open.n !== argument"
METHOD = (
    "{what} in headless Chromium (1366×768) on the running full-size demo, {n} times; milliseconds from the press to "
    "the first frame of the map that shows the result (panels, colours, camera), less one redraw of the settled map by "
    "the software rasteriser ({raster:.0f} ms here); 95th percentile, {median:.0f} ms in the middle"
)


class Clicks:
    """One page on the live city, and the times of what is done on it."""

    def __init__(self, page: Page, base: str, key: str) -> None:
        self.page, self._base, self._key = page, base, key
        self.rasters: list[float] = []

    def children(self, code: str) -> list[dict[str, Any]]:
        """The direct children of an area with their label points, the largest first."""
        found: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page = httpx.get(
                f"{self._base}/api/v1/areas", params={"area": code, "limit": 1000, "after": after},
                headers={"X-Ingest-Key": self._key}, timeout=30,
            ).json()  # fmt: skip
            found += [a for a in page["areas"] if a["parent"] == code]
            after = page.get("next")
        return sorted(found, key=lambda a: -float(a["area_m2"]))

    def point(self, area: dict[str, Any]) -> tuple[float, float]:
        """Where an area's label point lies on the screen."""
        x, y = self.page.evaluate(PROJECT, [area["lon"], area["lat"]])
        return x, y

    def time(self, done: str, argument: object, act: Callable[[], None]) -> float:
        """Milliseconds from the press of ``act`` until ``done`` is painted, less the rasteriser's own frame."""
        self.page.evaluate(ARM, [done, argument])
        act()
        took = float(self.page.evaluate("() => window.painted"))
        raster = min(float(self.page.evaluate(RASTER)) for _ in range(3))
        self.rasters.append(raster)
        return max(0.0, took - raster)


def drills(clicks: Clicks, city: str) -> list[float]:
    """Double-click into a district, then into one of its streets, and back to the city."""
    times: list[float] = []
    districts = clicks.children(city)
    for district in districts[: ROUNDS // 2]:
        street = clicks.children(district["code"])[0]
        for area in (district, street):
            x, y = clicks.point(area)
            times.append(clicks.time(AREA_SHOWN, area["code"], partial(clicks.page.mouse.dblclick, x, y)))
        clicks.page.evaluate("(code) => onescreen.view.go(onescreen.view.withArea(code))", city)
        clicks.page.wait_for_function(f"(argument) => {AREA_SHOWN}", arg=city)
        clicks.page.evaluate("async () => await onescreen.map.idle()")
    return times


def selections(clicks: Clicks, city: str) -> list[float]:
    """Click a district: it is highlighted and its card opens."""
    times: list[float] = []
    for district in clicks.children(city)[:ROUNDS]:
        x, y = clicks.point(district)
        times.append(clicks.time(SELECTED, None, partial(clicks.page.mouse.click, x, y)))
        clicks.page.evaluate("() => onescreen.view.go(onescreen.view.withParam('selected', ''))")
        clicks.page.wait_for_function("() => document.getElementById('drawer').hidden")
    return times


def filterings(clicks: Clicks) -> list[float]:
    """Tick and untick a class in the filter panel: figures, marks and colours follow."""
    page, times = clicks.page, []
    page.click("#filters button")
    for n in range(ROUNDS):
        option = page.locator(".filter-groups .option").nth(n // 2 % 8)
        before = page.evaluate("() => onescreen.panels.value('kpi').open.n")
        times.append(clicks.time(FILTERED, before, option.click))
    return times


def first_load(browser: Browser, base: str, city: str) -> tuple[float, float]:
    """Kilobytes until a wall is live and drawn, without plotly.js: as sent, and unpacked."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    sign_in(page, base, "screen")
    done: list[Request] = []
    page.on("requestfinished", lambda request: done.append(request))
    live_map(page, f"{base}/wall/{city}")
    sent = plain = 0
    for request in done:
        response = request.response()
        if response is None or response.status != HTTP_OK or PLOTLY in urlsplit(request.url).path:
            continue
        sent += request.sizes()["responseBodySize"]
        plain += len(response.body())
    page.close()
    return sent / 1000, plain / 1000


def area_tiles(folder: DataFolder) -> Path:
    """The archive of the areas."""
    return next(folder.root.glob("areas*.pmtiles"))


def largest_tile(folder: DataFolder) -> float:
    """Kilobytes of the largest tile as it is sent."""
    with area_tiles(folder).open("rb") as f:
        return max(len(data) for _, data in all_tiles(MmapSource(f))) / 1000


def bare_tile(folder: DataFolder) -> float:
    """Kilobytes of the same tile unpacked."""
    with area_tiles(folder).open("rb") as f:
        return len(gzip.decompress(max((data for _, data in all_tiles(MmapSource(f))), key=len))) / 1000


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def figures() -> dict[str, dict[str, Any]]:
    """Take all of them on one running demo."""
    folder = demo_folder()
    with demo(folder.root, free_port()) as base, chromium() as browser:
        answering(base)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        step_in(page, base)
        live_map(page)
        city = unquote(urlsplit(page.url).path.rsplit("/", 1)[1])
        clicks = Clicks(page, base, folder.ingest_key.read_text("utf-8").strip())
        taken = {
            "P5.drill_p95": ("a double-click that drills into a district or street", drills(clicks, city)),
            "P5.select_p95": ("a click that selects a district", selections(clicks, city)),
            "P5.filter_p95": ("a tick in the filter panel", filterings(clicks)),
        }
        page.close()
        load, plain = first_load(browser, base, city)
    raster = statistics.median(clicks.rasters)
    found: dict[str, dict[str, Any]] = {
        key: {
            "value": round(_p95(times), 1), "unit": "ms", "bar": 250, "better": "lower",
            "peer": f"one frame of the rasteriser: {raster:.0f} ms",
            "method": METHOD.format(what=what, n=len(times), raster=raster, median=statistics.median(times)),
        }
        for key, (what, times) in taken.items()
    }  # fmt: skip
    found["P3.first_load"] = {
        "value": round(load, 1), "unit": "kB", "bar": 900, "better": "lower",
        "peer": f"the same unpacked: {plain:.0f} kB",
        "method": "bytes of all answers until a wall is live and drawn, as sent, without plotly.js, cold cache",
    }  # fmt: skip
    found["P3.tile"] = {
        "value": round(largest_tile(folder), 1), "unit": "kB", "bar": 200, "better": "lower",
        "peer": f"the same tile unpacked: {bare_tile(folder):.0f} kB", "method": "largest tile of the areas' archive",
    }  # fmt: skip
    return found
