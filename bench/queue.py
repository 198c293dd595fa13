"""P11: the queue of a desk with 50,000 open events: what a window of it costs, and whether scrolling stays smooth."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
import orjson
import uvicorn
from playwright.sync_api import Page

import app
from bench.live_city import LivingCity, demo_folder
from bench.screen import answering, chromium, free_port, sign_in
from callbacks.room import Room
from geodata.domain.events import ENDED, STATES, State
from geodata.domain.queue import PRESSING, Order
from geodata.domain.view import Filters
from geodata.domain.windows import Asked
from geodata.situation.situation import Situation
from geodata.store.events import EventNow

IDS_FROM = 1 << 41
EVENTS, ROUNDS, WINDOW, LONG_MS, PLAIN_ROWS = 50_000, 20, 60, 50, 5_000
STEPS, STEP_PX, STEP_MS, SETTLE_MS = 120, 1_500, 40, 10_000
OPEN_STATES = [s.value for s in STATES if s not in ENDED]
READY = "() => window.onescreen && onescreen.map.state.alive && onescreen.queue.list().total() > 40000"
WATCH = """() => {
  window.longTasks = [];
  new PerformanceObserver((list) => list.getEntries().forEach((t) => longTasks.push(Math.round(t.duration))))
    .observe({type: 'longtask'});
}"""
PLAINLY = """(n) => {
  const box = document.createElement('div');
  box.style.cssText = 'position:fixed;inset:0 auto 0 0;width:480px;overflow:auto';
  document.body.append(box);
  const began = performance.now(), row = document.querySelector('.job:not([data-wait])');
  for (let i = 0; i < n; i += 1) {
    const node = row.cloneNode(true);
    node.style.cssText = 'position:static;contain:none;transform:none;height:64px';
    box.append(node);
  }
  box.scrollTop = box.scrollHeight;
  const took = performance.now() - began;
  box.remove();
  return took;
}"""


def events_of(situation: Situation, n: int) -> list[EventNow]:
    """Open events all over the city: some overdue, some nearly, most in time."""
    rng = np.random.default_rng(11)
    now, tree = situation.now_ms, situation.tree
    subtypes = list(situation.catalogue.subtypes.values())
    areas = rng.integers(0, len(tree), n).tolist()
    ages, limits = rng.integers(0, 10**8, n).tolist(), rng.integers(-(10**7), 10**8, n).tolist()
    kinds, states = rng.integers(0, len(subtypes), n).tolist(), rng.integers(0, len(OPEN_STATES), n).tolist()
    return [
        EventNow(
            IDS_FROM + i, f"Q{i}", "hotline", "bench", str(i), subtypes[k].code, subtypes[k].class_code,
            subtypes[k].urgency, f"第{i}件", tree.areas[o].lon, tree.areas[o].lat, 0, tree.areas[o].id, OPEN_STATES[s],
            1, now - age, now - age, None, None, None, now + limit, None, None, 1,
        )
        for i, (o, age, limit, k, s) in enumerate(zip(areas, ages, limits, kinds, states, strict=True))
    ]  # fmt: skip


def plainly(rows: Sequence[EventNow], now_ms: int, n: int) -> list[str]:
    """The obvious way: each event's rank one by one, then all of them sorted."""

    def place(e: EventNow) -> tuple[int, int, int]:
        deadline = 1 << 62 if e.deadline_ms is None else e.deadline_ms
        if e.state == State.SUSPENDED:
            light = "red" if e.state_ms > deadline else "stopped"
        elif deadline < now_ms:
            light = "red"
        else:
            light = "yellow" if deadline - now_ms <= 1_800_000 else "green"
        return PRESSING[light][e.urgency - 1], deadline, e.id

    return [e.code for e in sorted(rows, key=place)[:n]]


def window_cost(rows: list[EventNow], whole: Situation) -> tuple[float, float]:
    """(ms of a window after something has changed, ms of the obvious way), in turns with the same answer."""
    situation = Situation(whole.tree, whole.catalogue, whole.zone, whole.now_ms)
    situation.apply_events(rows)
    fast, plain = [], []
    for turn in range(ROUNDS):
        # Something changes each time: no window is answered from one that was kept.
        rows[turn] = replace(rows[turn], rev=2)
        situation.apply_events([rows[turn]])
        began = time.process_time()
        found = situation.queue(0, Filters(), Order.PRESSING, Asked(0, WINDOW))
        fast.append(time.process_time() - began)
        began = time.process_time()
        codes = plainly(rows, situation.now_ms, WINDOW)
        plain.append(time.process_time() - began)
        assert [e.code for e in found.events] == codes
    return median(fast) * 1000, median(plain) * 1000


@contextmanager
def serving(room: Room, city: LivingCity) -> Iterator[str]:
    """The app of a room in which a city lives, in a thread of this process: what is watched is the browser."""
    port = free_port()
    config = uvicorn.Config(
        app.create_app(room).server, port=port, log_level="critical", ws="callbacks.live.outlets:PreparedFrames",
        ws_per_message_deflate=False,
    )  # fmt: skip
    server = uvicorn.Server(config)

    async def serve() -> None:
        living = asyncio.create_task(city.live())
        await server.serve()
        living.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    answering(f"http://127.0.0.1:{port}")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@dataclass(frozen=True, slots=True)
class Scrolled:
    """What a page did while its queue was scrolled: ms of long tasks, of those in the same time before it, how many
    live frames came meanwhile, how long it took, the most processor time of one task (scrolled once more, with a
    trace), and ms to draw PLAIN_ROWS rows at once."""

    moving: list[int]
    resting: list[int]
    frames: int
    seconds: float
    busiest: float
    whole: float


def scroll(page: Page) -> None:
    """Turn a wheel over the queue, down and up again, until all rows are there."""
    page.mouse.move(200, 600)
    for step in range(STEPS):
        page.mouse.wheel(0, STEP_PX if step < STEPS * 2 // 3 else -STEP_PX)
        page.wait_for_timeout(STEP_MS)
    page.wait_for_function("() => !document.querySelector('.job[data-wait]:not([hidden])')")


def busiest(trace: bytes) -> float:
    """The most processor time (ms) of one task of the page's main thread. A task waits where others have the
    processor, as the rasteriser does: that is not in it."""
    told = orjson.loads(trace)["traceEvents"]
    main = {(e["pid"], e["tid"]) for e in told
            if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"}  # fmt: skip
    tasks = [e for e in told if e["name"].endswith("RunTask") and (e["pid"], e["tid"]) in main]
    return max(float(e.get("tdur", 0)) for e in tasks) / 1000


def scrolled(base: str, query: str) -> Scrolled:
    """Scroll the queue of the duty page and watch its main thread."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        city = sign_in(page, base, "duty_officer")
        page.goto(f"{base}/duty/{city}{query}")
        page.wait_for_function(READY, timeout=120_000)
        page.wait_for_timeout(SETTLE_MS)
        page.evaluate(WATCH)
        page.wait_for_timeout(STEPS * STEP_MS)
        resting = page.evaluate("() => longTasks.splice(0)")
        before, began = page.evaluate("() => onescreen.live.stats.frames"), time.monotonic()
        scroll(page)
        took, frames = time.monotonic() - began, page.evaluate("() => onescreen.live.stats.frames") - before
        moving = page.evaluate("() => longTasks.splice(0)")
        browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
        scroll(page)
        most = busiest(browser.stop_tracing())
        return Scrolled(moving, resting, frames, took, most, float(page.evaluate(PLAINLY, PLAIN_ROWS)))


def figures() -> dict[str, dict[str, Any]]:
    """Both, over the demo city at full size that has 50,000 open events more and lives on while it is looked at."""
    folder = demo_folder()
    room = app.open_room(folder, "")
    city = LivingCity(folder, room.situation)
    rows = events_of(room.situation, EVENTS)
    fast, plain = window_cost(list(rows), room.situation)
    room.situation.apply_events(rows)
    with serving(room, city) as base:
        bare, real = scrolled(base, "?layers=none"), scrolled(base, "")
    room.store.close()
    return {
        "P11.window": {
            "value": round(fast / plain, 3), "unit": "×", "bar": 0.2, "better": "lower",
            "peer": f"each event's rank in a Python loop, then sorted: {plain:.0f} ms; a window: {fast:.1f} ms",
            "method": f"the first {WINDOW} of {EVENTS:,} open events, most pressing first, after one of them changed; "
                      f"{ROUNDS} times in turns with the same answer; medians of processor time, their ratio",
        },
        "P11.scroll": {
            "value": len(real.moving), "unit": "tasks", "bar": 0, "better": "lower",
            "peer": f"{len(real.resting)} in {STEPS * STEP_MS / 1000:.1f} s at rest; {len(bare.moving)} with the map's "
                    f"layers off; {PLAIN_ROWS:,} rows as nodes at once: {real.whole:.0f} ms",
            "method": f"tasks over {LONG_MS} ms in the main thread of headless Chromium (1920×1080) on the duty page "
                      f"of the demo city at full size with {EVENTS:,} open events more, map and all, while its queue "
                      f"is scrolled, {STEPS} turns of {STEP_PX} px, until all rows are there: {real.seconds:.1f} s, in "
                      f"which {real.frames} live frames came (20,000 units that move, 3 events a second). Wall time: "
                      f"the software rasteriser, the server and the feeder share two processors with the page. What "
                      f"the page itself takes: {real.busiest:.0f} ms of processor time in its busiest task, with the "
                      f"map's layers off {bare.busiest:.0f} ms. Longest: {max(real.moving, default=0)} ms",
        },
    }  # fmt: skip


if __name__ == "__main__":
    print(figures())
