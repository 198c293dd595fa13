"""Benches of the push: how many screens one core holds, against polling; what a live frame weighs, against a figure."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from bench.figure import figure_of
from bench.live_city import LivingCity, demo_folder
from callbacks.live.board import Board
from callbacks.live.frames import ViewPicture
from callbacks.live.hub import PERIOD_S
from callbacks.live.topics import Topic
from geodata.domain.view import MapView
from geodata.store.folder import DataFolder
from layers.registry import LAYERS

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]
VIEWS = 500
STAGES = (4_000, 8_000, 10_000, 12_000, 14_000, 16_000, 18_000)
STAGE_S, POLL_WARM_S, POLL_S = 8.0, 3.0, 8.0
START_MAX_S = 90.0
P99_MAX_S = 1.0
DELIVERED_MIN = 0.999
FRAMES = 60


def figures() -> dict[str, Json]:
    """P2.screens, P2.ratio, P3.frame, P3.frame_share."""
    folder = demo_folder()
    frame_kb, frame_p95_kb, figure_kb = asyncio.run(weights(folder))
    held, seen = screens(folder)
    polled = polling(folder)
    return {
        "P2.screens": {
            "value": held, "unit": "screens", "bar": 10_000, "better": "higher",
            "peer": f"its smaller selves: {seen}",
            "method": "Real board, layers and hub over the demo city at full size (1,333 fixes and 3 event changes a "
            "second), one process on one core, uvicorn with uvloop and prepared frames; "
            f"{VIEWS} different areas (the city, its districts, streets). The client on the other core notes every "
            f"frame. A stage holds when 99 % of (change, screen) pairs take less than {P99_MAX_S:g} s from the "
            f"situation to the first byte read, a topic that changed sends a frame each {PERIOD_S:g} s, and "
            f"{DELIVERED_MIN:.1%} of the frames arrive. The largest stage that holds of {', '.join(map(str, STAGES))}.",
        },
        "P2.ratio": {
            "value": round(held / polled, 1), "unit": "×", "bar": 25, "better": "higher",
            "peer": f"dcc.Interval on Dash's FastAPI backend: {polled:.0f} screens at 1 Hz",
            "method": "Same content, city, core and run: a plain callback gives sections, legend and figure of the "
            "view on each tick; answers per second of 24 connections that ask without pause (generous to the peer: "
            "no limit on how long an answer takes).",
        },
        "P3.frame": {
            "value": round(frame_p95_kb, 1), "unit": "kB", "bar": 20, "better": "lower",
            "peer": f"median {frame_kb:.1f} kB; the full figure {figure_kb:.0f} kB",
            "method": f"95th percentile of {FRAMES} live delta frames of the city view at full size, one second of "
            "changes each, uncompressed.",
        },
        "P3.frame_share": {
            "value": round(frame_kb / figure_kb, 4), "unit": "", "bar": 0.02, "better": "lower",
            "peer": f"the Plotly figure of the same content: {figure_kb:.0f} kB of JSON",
            "method": "Median live frame of the city view over the full figure: choropleth with its outlines, and one "
            "scatter trace per layer of marks.",
        },
    }  # fmt: skip


async def weights(folder: DataFolder) -> tuple[float, float, float]:
    """(median, 95th percentile) kB of a city delta, and kB of the full figure of the same content."""
    city = LivingCity(folder)
    board = Board(city.store, city.situation, city.city)
    view = MapView(city.situation.tree.areas[0].code)
    picture = ViewPicture(board, LAYERS, view)
    topic = Topic(view.topic(), picture, city.situation.now_ms)
    picture.refresh()
    await asyncio.sleep(2)
    picture.refresh()
    sizes = []
    for _ in range(FRAMES):
        list(city.feed(1.0))
        await asyncio.sleep(0.05)
        body = picture.refresh()
        if body is not None:
            now_ms = city.situation.now_ms
            sizes.append(len(topic.advance({"at": now_ms, "src": now_ms, **body}).payload))
    figure = figure_of(picture.full(), city.outlines(view.area))
    city.store.close()
    return float(np.median(sizes)) / 1e3, float(np.percentile(sizes, 95)) / 1e3, len(orjson.dumps(figure)) / 1e3


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


@contextmanager
def server(kind: str, folder: DataFolder, path: str) -> Iterator[int]:
    """A bench server that answers on ``path``; its port."""
    port = free_port()
    run = subprocess.Popen([sys.executable, "-m", "bench.push_server", kind, str(port), str(folder.root)], cwd=ROOT)
    try:
        deadline = time.monotonic() + START_MAX_S
        while True:
            try:
                ask(port, path)
                break
            except OSError:
                if time.monotonic() > deadline or run.poll() is not None:
                    raise
                time.sleep(0.2)
        yield port
    finally:
        run.terminate()
        run.wait(20)


@contextmanager
def load(module: str, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A load generator that takes a line and answers with one."""
    run = subprocess.Popen(
        [sys.executable, "-m", module, str(port), *arguments], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield run
    finally:
        run.terminate()
        run.wait(20)


def say(run: subprocess.Popen[str], line: object) -> Json:
    """Give a load generator its line and wait for the answer."""
    assert run.stdin is not None
    assert run.stdout is not None
    run.stdin.write(f"{line}\n")
    run.stdin.flush()
    answer: Json = json.loads(run.stdout.readline())
    return answer


def ask(port: int, path: str) -> bytes:
    """GET from the bench server."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        body: bytes = answer.read()
        return body


def screens(folder: DataFolder) -> tuple[int, str]:
    """The largest number of screens that held, and what was seen at each stage."""
    held, seen = 0, []
    city = LivingCity(folder)
    views = city.views(VIEWS)
    city.store.close()
    with tempfile.TemporaryDirectory() as temporary:
        names, out = Path(temporary) / "views.json", Path(temporary) / "frames.npz"
        names.write_text(json.dumps(views), "utf-8")
        with (
            server("push", folder, "/bench/log") as port,
            load("bench.push_load", port, str(names), str(out)) as hall,
        ):
            for n in STAGES:
                stage = say(hall, n)
                log = orjson.loads(ask(port, "/bench/log"))
                p99_s, delivered = latency(views, log["sent"], out, stage["screens"])
                seen.append(f"{n:,}: p99 {p99_s * 1000:.0f} ms")
                print(f"  {seen[-1]}, {delivered:.2%} delivered, {stage}", flush=True)
                if p99_s >= P99_MAX_S or delivered < DELIVERED_MIN or stage["lost"] or stage["screens"] < n:
                    break
                held = n
    return held, "; ".join(seen)


def latency(views: list[str], sent: list[Any], out: Path, n: int) -> tuple[float, float]:
    """The 99th percentile over all (change, screen) pairs, in s, and the share of frames that arrived."""
    got = np.load(out)
    number = {topic: i for i, topic in enumerate(views)}
    times = {(number[topic], seq): np.array(at) for topic, seq, at in sent}
    first, last = got["began"] + PERIOD_S, got["at"].max() - PERIOD_S
    waited, arrived, expected = [], 0, 0
    at_of: dict[tuple[int, int], list[float]] = {}
    for view, seq, at in zip(got["view"].tolist(), got["seq"].tolist(), got["at"].tolist(), strict=True):
        at_of.setdefault((view, seq), []).append(at)
    for key, changed in times.items():
        if not first < changed.max() < last:
            continue
        at = np.array(at_of.get(key, []))
        expected += len(range(key[0], n, len(views)))
        arrived += len(at)
        waited.append((at[:, None] - changed[None, :]).ravel())
    return float(np.percentile(np.concatenate(waited), 99)), arrived / expected


def polling(folder: DataFolder) -> float:
    """Answers per second of plain polling: the screens at 1 Hz that it could at most hold."""
    city = LivingCity(folder)
    views = city.views(VIEWS)
    city.store.close()
    with tempfile.TemporaryDirectory() as temporary:
        names = Path(temporary) / "views.json"
        names.write_text(json.dumps(views), "utf-8")
        with server("poll", folder, "/_dash-layout") as port, load("bench.poll_load", port, str(names)) as pollers:
            say(pollers, POLL_WARM_S)
            answer = say(pollers, POLL_S)
    print(f"  polling: {answer}", flush=True)
    return float(answer["answers"]) / POLL_S
