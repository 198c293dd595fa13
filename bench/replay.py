"""P7: any instant of the last thirty days, when the store holds ten million changes.

The city is invented with numpy straight into the tables, because ten million changes through the services would take
hours; what is measured is what a server does: the log of the day, the situation of the instant, the frame of the whole
city. ``python -m bench.replay`` prints the figures.
"""

from __future__ import annotations

import gc
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import orjson
import sqlalchemy as sa

from bench.situation import ZONE, tree_of
from callbacks.live.frames import ViewPicture
from callbacks.live.then import ThenBoard
from geodata.domain.catalogue import Catalogue
from geodata.domain.coverage import DEFAULT_PLAN, MINUTE_MS, Grids
from geodata.domain.roles import Audience
from geodata.domain.view import MapView
from geodata.services.walk_keeping import SPAN_MS, WHOLE_MS
from geodata.situation.clockwork import BY_THE_CLOCK
from geodata.situation.days import midnight_ms
from geodata.situation.replay.archive import Archive
from geodata.situation.replay.daylog import local_day
from geodata.situation.replay.files import LogFiles
from geodata.store import bulk, intervals, settings, walk_log
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
from geodata.store.models_past import UnitVersionRow
from geodata.store.models_roster import RosterRow
from layers.registry import LAYERS

FOLDER = Path(__file__).resolve().parents[1] / "data" / "bench_replay"
CHANGES, DAYS, STATES_EACH, UNITS, POINTS, TURNS = 10_000_000, 32, 5, 20_000, 12, 6
FAN_OUT = (38, 27, 11, 6)
DAY_MS, HOUR_MS, SHIFT_MS = 86_400_000, 3_600_000, 8 * 3_600_000
PLACES = {"city": 0, "district": 1, "street": 2}
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
    """Every third unit is on duty, by a roster of three shifts a day, does something else now and then, and is seen."""
    first = end_ms - DAYS * DAY_MS
    ids, home = np.arange(1, UNITS + 1), rng.choice(areas, UNITS)
    on = ids % 3 == 0
    times = np.sort(rng.integers(first + 1, end_ms, (int(on.sum()), TURNS * DAYS)), axis=1)
    times[:, 0] = first
    since = np.full(UNITS, first)
    since[on] = times[:, -1]
    units = [
        {"id": i, "code": f"U{i}", "call_sign": f"U{i}", "kind": "grid_post", "home_area_id": area,
         "status": "on_duty" if duty else "off_duty", "status_ms": ms, "since_ms": ms, "signed_on_ms": first}
        for i, area, duty, ms in zip(ids.tolist(), home.tolist(), on.tolist(), since.tolist(), strict=True)
    ]  # fmt: skip
    from_ms, to_ms = times[:, :-1].reshape(-1), times[:, 1:].reshape(-1)
    turn = np.tile(np.arange(times.shape[1] - 1), len(times))
    left: dict[str, Any] = {
        "span": intervals.spans_of(from_ms, to_ms), "from_ms": from_ms,
        "unit_id": np.repeat(ids[on], times.shape[1] - 1),
        "rev": turn + 1, "to_ms": to_ms, "status": np.where(turn % 2, "on_duty", "busy").astype(object),
        "status_ms": from_ms, "signed_on_ms": np.full(len(turn), first),
        "home_area_id": np.repeat(home[on], times.shape[1] - 1),
    }  # fmt: skip
    order = np.lexsort((left["unit_id"], from_ms, left["span"]))
    order = order[(to_ms > from_ms)[order]]
    shifts = np.arange(first, end_ms, SHIFT_MS)
    with store.begin(durable=False) as conn:
        conn.execute(sa.insert(UnitRow), units)
        bulk.insert(conn, table(UnitVersionRow), {name: column[order] for name, column in left.items()})
        bulk.insert(conn, table(RosterRow), {
            "unit_id": np.repeat(ids[on], len(shifts)), "from_ms": np.tile(shifts, len(times)),
            "to_ms": np.tile(shifts + SHIFT_MS, len(times)), "leave": np.zeros(len(times) * len(shifts), np.int64),
            "source": [""] * (len(times) * len(shifts)),
        })  # fmt: skip
        at = np.sort(rng.integers(first, end_ms, (UNITS, POINTS)), axis=1).reshape(-1)
        bulk.insert(conn, table(TrackRow), {
            "unit_id": np.repeat(ids, POINTS), "fix_ms": at, "lon": 104 + rng.random(len(at)),
            "lat": 30 + rng.random(len(at)), "area_id": np.repeat(home, POINTS),
        })  # fmt: skip


def walk(store: Store, areas: Any, end_ms: int) -> None:
    """What was walked when: in each half hour six grids of ten, twice each; a whole each two hours. Nothing when it is
    there."""
    rng = np.random.default_rng(SEED)
    ids, newest, met = np.sort(areas), np.zeros(len(areas), np.int64), np.full(len(areas), -1)
    with store.begin(durable=False) as conn:
        if walk_log.known_since(conn) is not None:
            return
        first = end_ms - DAYS * DAY_MS
        for from_ms in range(first, end_ms, SPAN_MS):
            if (from_ms - first) % WHOLE_MS == 0:
                walk_log.write(conn, walk_log.WHOLE, walk_log.all_of(from_ms - 1, from_ms, 0, ids, newest, met))
            at = np.flatnonzero(rng.random(len(ids)) < 0.6)
            begun, done = np.sort(from_ms + 1000 * rng.integers(0, SPAN_MS // 1000, (2, len(at))), axis=0)
            newest[at] = done - rng.integers(0, 15_000, len(at))
            news = at[rng.random(len(at)) < 0.1]
            met[news] = first + (from_ms - first) // SHIFT_MS * SHIFT_MS
            walk_log.write(conn, walk_log.SPAN, walk_log.Stretch(
                from_ms, from_ms + SPAN_MS, 0, ids[at], begun, begun - MINUTE_MS, done, newest[at],
                ids[news], newest[news], met[news],
            ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """ms by the clock and of the processor from the question to the frame, and the versions known then."""

    ms: float
    cpu_ms: float
    known: int


def shown(store: Store, archive: Archive, at_ms: int, now_ms: int, code: str) -> Shown:
    """The frame of an area at an instant, as a screen asks for it."""
    began, worked = time.perf_counter(), time.thread_time()
    instant = archive.instant(at_ms, now_ms)
    board: Any = ThenBoard(store, City(), instant, 0, 0)
    picture = ViewPicture(board, LAYERS, MapView(code, audience=Audience.STAFF))
    picture.refresh()
    orjson.dumps(picture.full())
    took, worked = time.perf_counter() - began, time.thread_time() - worked
    return Shown(took * 1000, worked * 1000, len(instant.log.held(instant.at_ms)))


def asked(store: Store, archive: Archive, now_ms: int) -> dict[tuple[str, str], list[Shown]]:
    """Frames of (city, district, street) at random instants of thirty days: each first of a day that was not looked at
    (``cold``), then some minutes or hours further of the same day (``warm``)."""
    rng, taken = np.random.default_rng(SEED), defaultdict(list)
    days = rng.permutation(np.arange(1, 30)).tolist()  # round and round: more of them than are kept
    for place, depth in PLACES.items():
        for k in range(INSTANTS):
            code = "0" + "".join(f"{rng.integers(n):02}" for n in FAN_OUT[:depth])
            begin = midnight_ms(local_day(now_ms - days[k % len(days)] * DAY_MS, ZONE), ZONE)
            first, second = (begin + int(ms) for ms in rng.integers(0, DAY_MS - 1, 2))
            for heat, at_ms in (("cold", first), ("warm", second)):
                taken[place, heat].append(shown(store, archive, at_ms, now_ms, code))
    return taken


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
        walk(store, Grids.of(city[0], DEFAULT_PLAN).id, now_ms)
        archive = Archive(store, LogFiles(FOLDER / "replay"), lambda: city, ZONE, BY_THE_CLOCK)
        made, began = 0, time.perf_counter()
        while archive.prepare(30, now_ms):
            made += 1
        each = (time.perf_counter() - began) / made if made else 0.0
        gc.collect()
        gc.freeze()
        asked(store, archive, now_ms)
        taken = asked(store, archive, now_ms)
        gc.unfreeze()
        stepped = steps(archive, now_ms)
    finally:
        store.close()
    size = sum(p.stat().st_size for p in (FOLDER / "replay").glob("*.log")) / 1e6
    cold = [one.ms for (_, heat), some in taken.items() if heat == "cold" for one in some]
    every = [one for some in taken.values() for one in some]
    listed = "; ".join(
        f"{place}, {heat}: {percentile([s.ms for s in some], 50)} / {percentile([s.ms for s in some], 95)} / "
        f"{max(s.ms for s in some):.0f} ({percentile([s.cpu_ms for s in some], 50)} / "
        f"{percentile([s.cpu_ms for s in some], 95)})"
        for (place, heat), some in taken.items()
    )
    return {
        "P7.any_instant": {
            "value": percentile(cold, 95), "unit": "ms", "bar": BAR_MS, "better": "lower",
            "peer": f"stepping ten minutes on from an instant: {median(stepped):.0f} ms",
            "method": f"{changes:,} changes of events in {DAYS} days on SQLite, {UNITS:,} units, every third on duty "
            f"with three shifts and {TURNS} changes a day, {int(np.prod(FAN_OUT)):,} grids with the log of what was "
            f"walked when. {INSTANTS} random instants of 30 days each for the city, a district and a street, from the "
            "question to the bytes of the first frame: "
            "in a day whose log lies on the disk and is not in memory (cold), and in that day once more (warm). "
            f"Median / 95th percentile / longest ms by the clock (median / 95th of the processor): {listed}. The "
            f"value is the 95th percentile of all that are cold. {min(s.known for s in every):,} to "
            f"{max(s.known for s in every):,} versions known. The logs of 30 days are {size:.0f} MB; making one took "
            f"{each:.1f} s where it was made in this run.",
        }
    }  # fmt: skip


def percentile(values: Sequence[float], share: float) -> int:
    """Rounded to a whole number."""
    return round(float(np.percentile(values, share)))


if __name__ == "__main__":
    print(json.dumps(figures(), ensure_ascii=False, indent=1))
