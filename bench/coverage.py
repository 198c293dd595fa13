"""P17: what it costs that the grids are counted with each batch of positions."""

from __future__ import annotations

import time
from contextlib import nullcontext
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np

from bench.live_city import demo_folder
from geodata.services import tracking
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.services.tracking import Position, report_positions
from geodata.store import units
from geodata.store.engine import Store

BATCH, ROUNDS, WARM = 1_333, 60, 15
FIX_EVERY_MS = 15_000
STRAY = 0.04
"""How many of those who move are in another grid than at their fix before: a walk of some six minutes in each."""
OPERATOR = Actor.operator()


def figures() -> dict[str, dict[str, Any]]:
    """Batches of 1,333 fixes of 20,000 units over the demo city at full size, with and without, in turns."""
    folder = demo_folder()
    store = Store.open(folder.database_url)
    desk = Desk.load(store, folder.city())
    with store.read() as conn:
        codes = sorted(u.code for u in units.all_units(conn))
    now = time.time_ns() // 1_000_000
    signed = [Submitted({}, UnitReport(code, status="on_duty", at_ms=now)) for code in codes]
    for i in range(0, len(signed), 1000):
        enrol_units(desk, OPERATOR, signed[i : i + 1000], feed="bench/units", now_ms=now)
    rng = np.random.default_rng(1)
    grid = rng.choice(desk.grids.o, len(codes))
    times: dict[bool, list[float]] = {True: [], False: []}
    wall: dict[bool, list[float]] = {True: [], False: []}
    rounds = len(codes) // BATCH
    for k in range(2 * (ROUNDS + WARM)):
        # Two rounds of the same units follow each other, one of each way.
        counted = bool((k // rounds) % 2)
        part = np.arange(k % rounds, len(codes), rounds)
        moved = rng.random(len(part)) < STRAY
        grid[part[moved]] = rng.choice(desk.grids.o, int(moved.sum()))
        at = now + (k // rounds + 1) * FIX_EVERY_MS + k % rounds
        sent = [
            Submitted({}, Position(codes[i], float(desk.tree.lon[g]), float(desk.tree.lat[g]), at, 8.0, 1.0, 0.8))
            for i, g in zip(part.tolist(), grid[part].tolist(), strict=True)
        ]
        cpu, began = time.process_time(), time.perf_counter()
        with nullcontext() if counted else patch.object(tracking, "_walk", _nothing):
            report_positions(desk, OPERATOR, sent, feed="bench/p", now_ms=at)
        if k >= 2 * WARM:
            times[counted].append((time.process_time() - cpu) * 1000)
            wall[counted].append((time.perf_counter() - began) * 1000)
    store.close()
    plain, whole = median(times[False]), median(times[True])
    return {
        "P17.walk_cost": {
            "value": round(100 * (whole - plain) / plain, 1), "unit": "%", "bar": 10, "better": "lower",
            "peer": f"the same positions without it: {plain:.1f} ms of processor time for {BATCH:,} "
                    f"({1000 * BATCH / plain:,.0f} a second); with it {whole:.1f} ms ({1000 * BATCH / whole:,.0f})",
            "method": f"batches of {BATCH:,} fixes of {len(codes):,} units over the demo city at full size "
                      f"({len(desk.grids.id):,} grids) through the service into SQLite, {STRAY:.0%} of them in another "
                      "grid than before; round by round with and without counting grids; medians of processor time. "
                      f"By the clock {median(wall[False]):.1f} and {median(wall[True]):.1f} ms",
        }
    }  # fmt: skip


def _nothing(*_: object) -> None:
    """In place of the counting."""


if __name__ == "__main__":
    print(figures())
