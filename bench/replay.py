"""P7: any instant of the last thirty days, when the store holds ten million changes.

The city is invented with numpy straight into the tables, because ten million changes through the services would take
hours; what is measured is what a server does: the log of the day, the situation of the instant, the frame of the whole
city. ``python -m bench.replay`` prints the figures.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import sqlalchemy as sa

from bench.situation import ZONE, tree_of
from callbacks.live.frames import ViewPicture
from callbacks.live.then import ThenBoard
from geodata.domain.catalogue import Catalogue
from geodata.domain.roles import Audience
from geodata.domain.view import MapView
from geodata.situation.clockwork import BY_THE_CLOCK
from geodata.situation.replay.archive import Archive
from geodata.situation.replay.files import LogFiles
from geodata.store import bulk, intervals, settings
from geodata.store.areas import load_tree
from geodata.store.catalogue import load_catalogue
from geodata.store.engine import Store
from geodata.store.folder import City
from geodata.store.models import (
    AreaRow,
    AreaTotalRow,
    ClassRow,
    EventRow,
    LevelRow,
    SubtypeRow,
    TrackRow,
    UnitRow,
    table,
)
from layers.registry import LAYERS

FOLDER = Path(__file__).resolve().parents[1] / "data" / "bench_replay"
CHANGES, DAYS, STATES_EACH, UNITS, POINTS = 10_000_000, 32, 5, 20_000, 12
FAN_OUT = (38, 27, 11, 6)
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
BATCH = 100_000
PATH = ("reported", "to_dispatch", "dispatched", "handling", "handled", "closed")
INSTANTS, STEPS, STEP_MS = 40, 30, 600_000
BAR_MS = 300.0
SEED = 7


def build(store: Store, end_ms: int, changes: int) -> None:
    """A city with so many changes that ends now; nothing when it is there."""
    with store.read() as conn:
        if conn.execute(sa.select(EventRow.id).limit(1)).first() is not None:
            return
    rng, catalogue = np.random.default_rng(SEED), Catalogue.read()
    _found(store, catalogue)
    with store.read() as conn:
        tree = load_tree(conn)
    leaves = np.flatnonzero(tree.end == np.arange(len(tree)) + 1)
    ids = np.array([tree.areas[i].id for i in leaves.tolist()], np.int64)
    subtypes = list(catalogue.subtypes.values())
    n = changes // (len(PATH))
    reported = np.sort(end_ms - rng.integers(0, DAYS * DAY_MS, n))
    for begin in range(0, n, BATCH):
        some = reported[begin : begin + BATCH]
        _events(store, rng, begin + 1, some, ids, subtypes, end_ms)
    _units(store, rng, ids, end_ms)
    with store.begin(durable=False) as conn:  # as a city has them: districts and streets are answered from roll-ups
        conn.execute(sa.insert(AreaTotalRow), [{"area_id": a.id, "rolled": 1} for a in tree.areas if a.depth < 3])


def _found(store: Store, catalogue: Catalogue) -> None:
    tree = tree_of(FAN_OUT)
    with store.begin(durable=False) as conn:
        settings.put(conn, settings.TIME_ZONE, ZONE.key)
        settings.put(conn, settings.AREAS_BUILD, "bench")
        conn.execute(sa.insert(LevelRow), [
            {"depth": v.depth, "key": v.key, "name_zh": v.name_zh, "name_en": v.name_en} for v in tree.levels
        ])  # fmt: skip
        id_of = {a.code: a.id for a in tree.areas}
        conn.execute(sa.insert(AreaRow), [
            {"id": a.id, "code": a.code, "name": a.code, "depth": a.depth, "lon": a.lon, "lat": a.lat, "west": 103,
             "parent_id": id_of.get(a.parent_code or ""), "south": 29, "east": 105, "north": 31, "area_m2": a.area_m2,
             "polygon": b"", "outline": b""} for a in tree.areas
        ])  # fmt: skip
        for row, things in ((ClassRow, catalogue.classes), (SubtypeRow, catalogue.subtypes)):
            names = [c.name for c in table(row).columns if c.name != "position"]
            some = [{k: getattr(t, k) for k in names if hasattr(t, k)} for t in things.values()]
            if row is SubtypeRow:
                some = [s | {"limit_value": t.limit, "limit_unit": t.limit_unit} for s, t in
                        zip(some, catalogue.subtypes.values(), strict=True)]  # fmt: skip
            conn.execute(sa.insert(row), [s | {"position": k} for k, s in enumerate(some)])


def _events(
    store: Store, rng: np.random.Generator, first: int, reported: Any, areas: Any, subtypes: Any, end_ms: int
) -> None:
    n = len(reported)
    ids = np.arange(first, first + n)
    # Half a day in all for most of them, some of them weeks: 100,000 stand open at any time.
    life = np.clip(rng.lognormal(9.9, 1.4, n), 300, 40 * 86_400) * 1000
    shares = np.sort(rng.random((n, STATES_EACH)), axis=1)
    at = np.concatenate([reported[:, None], reported[:, None] + (life[:, None] * shares).astype(np.int64)], axis=1)
    done = (at <= end_ms).sum(axis=1) - 1
    rows, what = np.arange(n), rng.integers(0, len(subtypes), n)

    def moment(k: int) -> Any:
        return np.where(done >= k, at[:, k], bulk.NONE)

    columns: dict[str, Any] = {
        "id": ids, "code": [f"H{i}" for i in ids.tolist()], "source": ["hotline"] * n, "source_system": ["bench"] * n,
        "source_id": list(map(str, ids.tolist())), "subtype_code": [subtypes[k].code for k in what.tolist()],
        "class_code": [subtypes[k].class_code for k in what.tolist()], "urgency": rng.integers(1, 5, n),
        "description": [""] * n, "lon": 104 + rng.random(n), "lat": 30 + rng.random(n),
        "on_pile": np.zeros(n, np.int64),
        "area_id": rng.choice(areas, n), "state": [PATH[k] for k in done.tolist()], "rev": done + 1,
        "reported_ms": reported, "state_ms": at[rows, done], "dispatched_ms": moment(2), "handled_ms": moment(4),
        "ended_ms": moment(5), "deadline_ms": reported + rng.integers(1, 72, n) * HOUR_MS,
        "on_time": np.full(n, bulk.NONE), "unit_id": np.where(done >= 2, rng.integers(1, UNITS + 1, n), bulk.NONE),
        "last_seq": np.ones(n, np.int64),
    }  # fmt: skip
    left = [(k, np.flatnonzero(done > k)) for k in range(STATES_EACH)]
    with store.begin(durable=False) as conn:
        bulk.insert(conn, table(EventRow), columns)
        intervals.write(
            conn, event_id=np.concatenate([ids[i] for _, i in left]),
            rev=np.concatenate([np.full(len(i), k + 1) for k, i in left]),
            from_ms=np.concatenate([at[i, k] for k, i in left]),
            to_ms=np.concatenate([at[i, k + 1] for k, i in left]),
            state=[PATH[k] for k, i in left for _ in range(len(i))],
            area_id=np.concatenate([columns["area_id"][i] for _, i in left]),
        )  # fmt: skip


def _units(store: Store, rng: np.random.Generator, areas: Any, end_ms: int) -> None:
    first = end_ms - DAYS * DAY_MS
    ids, home = np.arange(1, UNITS + 1), rng.choice(areas, UNITS)
    units = [
        {"id": i, "code": f"U{i}", "call_sign": f"U{i}", "kind": "grid_post", "home_area_id": area,
         "status": "off_duty" if i % 3 else "on_duty", "status_ms": first, "since_ms": first, "signed_on_ms": first}
        for i, area in zip(ids.tolist(), home.tolist(), strict=True)
    ]  # fmt: skip
    with store.begin(durable=False) as conn:
        conn.execute(sa.insert(UnitRow), units)
        at = np.sort(rng.integers(first, end_ms, (UNITS, POINTS)), axis=1).reshape(-1)
        bulk.insert(conn, table(TrackRow), {
            "unit_id": np.repeat(ids, POINTS), "fix_ms": at, "lon": 104 + rng.random(len(at)),
            "lat": 30 + rng.random(len(at)), "area_id": np.repeat(home, POINTS),
        })  # fmt: skip


def frames(store: Store, archive: Archive, now_ms: int) -> Iterator[tuple[float, float, int]]:
    """(ms by the clock and of the processor that the frame of the whole city took, versions known) at random instants
    of thirty days."""
    rng = np.random.default_rng(SEED)
    view = MapView("0", audience=Audience.STAFF)
    for ago in rng.integers(DAY_MS, 30 * DAY_MS, INSTANTS).tolist():
        began, worked = time.perf_counter(), time.thread_time()
        instant = archive.instant(now_ms - ago, now_ms)
        board: Any = ThenBoard(store, City(), instant, 0, 0)
        picture = ViewPicture(board, LAYERS, view)
        picture.refresh()
        took, worked = time.perf_counter() - began, time.thread_time() - worked
        yield took * 1000, worked * 1000, len(instant.log.held(instant.at_ms))


def steps(archive: Archive, now_ms: int) -> list[float]:
    """ms of steps of ten minutes each: a second of the fastest play."""
    instant = archive.instant(now_ms - 3 * DAY_MS, now_ms)
    took = []
    for _ in range(STEPS):
        if instant.can_reach(at_ms := instant.at_ms + STEP_MS):
            began = time.perf_counter()
            instant.step(at_ms)
            took.append((time.perf_counter() - began) * 1000)
    return took


def figures(changes: int = CHANGES) -> dict[str, dict[str, Any]]:
    """P7.any_instant."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    stamp = FOLDER / "end_ms"
    if not stamp.exists():
        stamp.write_text(str(time.time_ns() // 1_000_000))
    now_ms = int(stamp.read_text())
    store = Store.open(f"sqlite:///{FOLDER / 'city.sqlite'}")
    try:
        build(store, now_ms, changes)
        with store.read() as conn:
            city = load_tree(conn), load_catalogue(conn)
        archive = Archive(store, LogFiles(FOLDER / "replay"), lambda: city, ZONE, BY_THE_CLOCK)
        made, began = 0, time.perf_counter()
        while archive.prepare(30, now_ms):
            made += 1
        each = (time.perf_counter() - began) / made if made else 0.0
        gc.collect()
        gc.freeze()
        list(frames(store, archive, now_ms))
        taken = list(frames(store, archive, now_ms))
        gc.unfreeze()
        stepped = steps(archive, now_ms)
    finally:
        store.close()
    ms, cpu, held = zip(*taken, strict=True)
    size = sum(p.stat().st_size for p in (FOLDER / "replay").glob("*.log")) / 1e6
    return {
        "P7.any_instant": {
            "value": round(float(np.percentile(ms, 95)), 1), "unit": "ms", "bar": BAR_MS, "better": "lower",
            "peer": f"stepping ten minutes on from an instant: {median(stepped):.0f} ms",
            "method": f"{changes:,} changes of events in {DAYS} days on SQLite, {UNITS:,} units, every third on duty, "
            f"{int(np.prod(FAN_OUT)):,} grids. At {INSTANTS} random instants of 30 days the log of the day is read "
            "from its file (three days are kept in memory), the whole city's situation made of it and the first frame "
            f"of the overview computed: median {median(ms):.0f}, 95th percentile {np.percentile(ms, 95):.0f}, longest "
            f"{max(ms):.0f} ms by the clock, median {median(cpu):.0f} of the processor; {min(held):,} to "
            f"{max(held):,} versions known. The logs of 30 days are {size:.0f} MB; making one took {each:.1f} s where "
            "it was made in this run.",
        }
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(figures(), ensure_ascii=False, indent=1))
