"""P17: what it costs that the grids are counted in the transactions of the positions."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
import sqlalchemy as sa

from bench.live_city import demo_folder
from geodata.domain.stays import HOLD_MS, Stay
from geodata.services import tracking
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.services.tracking import TRACK_EVERY_MS, Position, report_positions
from geodata.store import unit_writes, units
from geodata.store.engine import Store
from geodata.store.models import UnitRow
from geodata.store.unit_writes import Fix, save_fixes

BATCH, PASSES, WARM = 1_333, 20, 4
"""Fixes in a batch; how often each unit reports, and how often before that counts."""
FIX_EVERY_MS = 15_000
STRAY = 0.04
"""How many of those who move are in another grid than at their fix before: a walk of some six minutes in each."""
OPERATOR = Actor.operator()
STAY = ("stay_ms", "stay_fixes")
PLAIN = {
    (tracking, "Walking"): lambda *_: _Nothing(),
    (unit_writes, "MOVED"): tuple(name for name in unit_writes.MOVED if name not in STAY),
    (units, "_NOW"): sa.select(*(getattr(UnitRow, name) for name in units.UNIT_FIELDS if name not in STAY)),
}
"""What is patched so that nothing is counted: neither are the two columns of stays read and written."""


def figures() -> dict[str, dict[str, Any]]:
    """Batches of 1,333 fixes of 20,000 units over the demo city at full size, with and without, in turns."""
    folder = demo_folder()
    store = Store.open(folder.database_url)
    desk = Desk.load(store, folder.city())
    rng = np.random.default_rng(1)
    now = time.time_ns() // 1_000_000
    codes, grid = _on_their_way(desk, rng, now)
    times: dict[bool, list[float]] = {True: [], False: []}
    wall: dict[bool, list[float]] = {True: [], False: []}
    rounds = len(codes) // BATCH
    for k in range(PASSES * rounds):
        # Every other part of the units is counted, always the same ones: what waits with a unit is what it walked.
        counted = bool(k % rounds % 2)
        part = np.arange(k % rounds, len(codes), rounds)
        moved = rng.random(len(part)) < STRAY
        grid[part[moved]] = rng.choice(desk.grids.o, int(moved.sum()))
        at = now + (k // rounds + 1) * FIX_EVERY_MS + k % rounds
        sent = [
            Submitted({}, Position(codes[i], float(desk.tree.lon[g]), float(desk.tree.lat[g]), at, 8.0, 1.0, 0.8))
            for i, g in zip(part.tolist(), grid[part].tolist(), strict=True)
        ]
        with ExitStack() as stack:
            if not counted:
                for (place, name), instead in PLAIN.items():
                    stack.enter_context(patch.object(place, name, instead))
            cpu, began = time.process_time(), time.perf_counter()
            report_positions(desk, OPERATOR, sent, feed="bench/p", now_ms=at)
            took = (time.process_time() - cpu) * 1000, (time.perf_counter() - began) * 1000
        if k >= WARM * rounds:
            times[counted].append(took[0])
            wall[counted].append(took[1])
    store.close()
    plain, whole = median(times[False]), median(times[True])
    means = 100 * (float(np.mean(times[True]) / np.mean(times[False])) - 1)
    return {
        "P17.walk_cost": {
            "value": round(100 * (whole - plain) / plain, 1), "unit": "%", "bar": 10, "better": "lower",
            "peer": f"the same positions without it: {plain:.1f} ms of processor time for {BATCH:,} "
                    f"({1000 * BATCH / plain:,.0f} a second); with it {whole:.1f} ms ({1000 * BATCH / whole:,.0f})",
            "method": f"batches of {BATCH:,} fixes of {len(codes):,} units over the demo city at full size "
                      f"({len(desk.grids.id):,} grids) through the service into SQLite, {STRAY:.0%} of them in another "
                      "grid than before, the rest at any moment of their stay and of their track; batch by batch with "
                      f"and without counting grids; medians of processor time of {len(times[True])} and "
                      f"{len(times[False])} batches ({means:.1f} % by their means). "
                      f"By the clock {median(wall[False]):.1f} and {median(wall[True]):.1f} ms",
        }
    }  # fmt: skip


def _on_their_way(desk: Desk, rng: np.random.Generator, now_ms: int) -> tuple[list[str], np.ndarray]:
    """(code, ordinal of its grid) of every unit: on duty, seen just now, at some moment of its stay and its track."""
    with desk.store.read() as conn:
        known = sorted(units.all_units(conn), key=lambda u: u.code)
    signed = [Submitted({}, UnitReport(u.code, status="on_duty", at_ms=now_ms)) for u in known]
    for i in range(0, len(signed), 1000):
        enrol_units(desk, OPERATOR, signed[i : i + 1000], feed="bench/units", now_ms=now_ms)
    grid = rng.choice(desk.grids.o, len(known))
    stays = rng.integers(1, HOLD_MS // FIX_EVERY_MS + 1, len(known)).tolist()
    since = (now_ms - rng.integers(0, TRACK_EVERY_MS, len(known))).tolist()
    fixes = [
        Fix(u.id, float(desk.tree.lon[g]), float(desk.tree.lat[g]), now_ms, now_ms, 8.0, 1.0, 0.8,
            desk.tree.areas[g].id, track_ms, False, (n - 1) * FIX_EVERY_MS, n)
        for u, g, track_ms, n in zip(known, grid.tolist(), since, stays, strict=True)
    ]  # fmt: skip
    with desk.store.begin() as conn:
        save_fixes(conn, fixes, at_ms=now_ms, actor="bench")
    return [u.code for u in known], grid


class _Nothing:
    """In place of the counting: nothing waits with any unit."""

    def __init__(self) -> None:
        self.stays = self
        self.of = defaultdict[str, Stay](lambda: (None, None, 0, 0))

    def go(self, *_: object) -> None:
        """Nothing."""

    def write(self, _: int) -> None:
        """Nothing."""


if __name__ == "__main__":
    print(figures())
