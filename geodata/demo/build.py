"""Building the demo city: areas, tiles, base map, units and thirty days of history, kept for the next start."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from geodata.boundaries.areaset import AreaSet
from geodata.boundaries.edition import put_areas, today
from geodata.boundaries.report import Report
from geodata.boundaries.tiles import build_archive
from geodata.demo import ledger
from geodata.demo import stage as staging
from geodata.demo.basemap import Basemap
from geodata.demo.city import LEVELS, CitySize, SyntheticCity, grow_city
from geodata.demo.history import Past
from geodata.demo.playing_key import ensure_playing_key
from geodata.demo.rhythm import HOUR_MS, midnight_ms
from geodata.demo.roster import KINDS, Roster, draw_roster
from geodata.demo.shifts import local_day, turns_of
from geodata.demo.stage import Stage, set_stage
from geodata.demo.walking import walk_past, walker_of
from geodata.domain.units import UnitStatus
from geodata.services.access import Access
from geodata.services.calendar import work_calendar
from geodata.services.desk import Desk, keep_zone
from geodata.store import areas as stored
from geodata.store import events, settings, unit_writes, units
from geodata.store import roads as road_graph
from geodata.store import roster as rosters
from geodata.store.catalogue import load_catalogue
from geodata.store.engine import Store
from geodata.store.folder import DataFolder
from geodata.store.history import bulk_history
from geodata.store.journal import Journal
from geodata.store.roster import Shift
from geodata.store.units import UnitNow

STAMP = "demo.json"
DAYS = 30
CHUNK_DAYS = 5
ALONE_MAX = 10_000
GAP_MIN_MS = 10 * 60_000
ACTOR = "demo"
CITY_TOML = """\
# The invented city of the demo. Everything in it is made up.
title_zh = "云江市基层治理指挥中心"
title_en = "Yunjiang grassroots governance command centre"
time_zone = "Asia/Shanghai"
language = "zh"
approval_number = ""
demo = true

[basemap]
kind = "archive"
attribution = "演示数据 demo data"
min_zoom = 4
max_zoom = 14
"""

Progress = Callable[[str, float], None]
# The stages in their order, and the share of the work that is done when each begins.
STAGES = (("areas", 0.0), ("tiles", 0.18), ("units", 0.42), ("history", 0.45), ("done", 1.0))


class DemoError(ValueError):
    """The demo city cannot be built in this folder; the message says why."""


def silent(stage: str, share: float) -> None:
    """Progress for nobody."""


def build_demo(
    folder: DataFolder, seed: int = 7, size: CitySize | None = None, progress: Progress = silent,
    *, database_url: str = "",
) -> bool:  # fmt: skip
    """Make sure that the folder holds the demo city up to now; whether it had to be built.

    A city of the same seed, size and code is kept, and the time since it was last on is filled in. ``progress`` gets
    a stage of STAGES and the share of all work that is done. ``database_url``: the folder's SQLite file by default.
    Raises DemoError for a folder that holds another city.
    """
    size = size or CitySize()
    _must_be_ours(folder)
    url = database_url or folder.database_url
    wanted = stamp(seed, size, url)
    path = folder.root / STAMP
    if path.exists() and json.loads(path.read_text("utf-8")) == wanted:
        _catch_up(folder, url, seed, progress)
        progress("done", 1.0)
        return False
    if database_url:
        _must_be_empty(database_url)
    path.unlink(missing_ok=True)
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.write(folder.root / "city.toml", CITY_TOML)
    if not database_url:
        for name in ("city.sqlite", "city.sqlite-wal", "city.sqlite-shm"):
            (folder.root / name).unlink(missing_ok=True)
    _build(folder, url, seed, size, progress)
    folder.write(path, json.dumps(wanted))
    progress("done", 1.0)
    return True


def stamp(seed: int, size: CitySize, url: str) -> dict[str, str]:
    """What a built city depends on: seed, size, database, and the code that makes it."""
    code = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        code.update(source.read_bytes())
    return {"seed": str(seed), "size": repr(size), "database": url, "code": code.hexdigest()[:16]}


def area_set(city: SyntheticCity) -> AreaSet:
    """The city's areas as an import would give them."""
    first = np.r_[0, np.cumsum([len(level.codes) for level in city.levels])]
    parent = [np.array([-1])] + [level.parent + first[d] for d, level in enumerate(city.levels[1:])]
    return AreaSet(
        LEVELS,
        [c for level in city.levels for c in level.codes],
        [n for level in city.levels for n in level.names],
        np.repeat(np.arange(len(city.levels)), np.diff(first)).astype(np.int32),
        np.concatenate(parent).astype(np.int32),
        np.concatenate([level.polygons for level in city.levels]),
        [n for level in city.levels for n in level.names_en],
        [k for level in city.levels for k in level.kinds],
    )


def _must_be_ours(folder: DataFolder) -> None:
    there = folder.root.exists() and any(not path.name.startswith(".") for path in folder.root.iterdir())
    if there and not folder.city().demo:
        raise DemoError(f"{folder.root} holds a city that is not the demo; choose another folder with --data")


def _must_be_empty(url: str) -> None:
    """A file of ours is made anew; a database that is only named may be somebody's city and is left alone."""
    store = Store.open(url)
    try:
        with store.read() as conn:
            built = settings.get(conn, settings.AREAS_BUILD)
    finally:
        store.close()
    if built is not None:
        raise DemoError("the database holds a city already, and it is not the demo as it would be built now; "
                        "name an empty database")  # fmt: skip


def _build(folder: DataFolder, url: str, seed: int, size: CitySize, progress: Progress) -> None:
    progress("areas", 0.0)
    city = grow_city(seed, size, lambda share: progress("areas", share * STAGES[1][1]))
    stage = set_stage(city)
    stage.save(folder.root / staging.FILE)
    progress("tiles", STAGES[1][1])
    areas, basemap, net, root_code = area_set(city), city.basemap, city.roads, city.levels[0].codes[0]
    del city
    # The base map is drawn on the second core meanwhile; a small city is drawn faster than a process starts.
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) if size.grids > ALONE_MAX else None
    if pool:
        base = pool.submit(_put_basemap, folder, basemap)
    else:
        _put_basemap(folder, basemap)
    store = Store.open(url)
    try:
        access = Access.open(store, folder)
        keep_zone(store, folder.city())
        _put_areas(store, folder, areas, progress)
        del areas
        packed = road_graph.packed(net)
        with store.begin(durable=False) as conn:
            road_graph.put(conn, packed, at_ms=_now_ms(), actor=ACTOR)
        del net
        progress("units", STAGES[2][1])
        _seed(store, folder, stage, draw_roster(stage), seed, progress)
        ensure_playing_key(access, folder, root_code, _now_ms())
    finally:
        store.close()
    if pool:
        base.result()
        pool.shutdown()


def _put_areas(store: Store, folder: DataFolder, areas: AreaSet, progress: Progress) -> None:
    begin, end = STAGES[1][1], STAGES[2][1]

    def tell(stage: str, done: int, total: int) -> None:
        if stage == "tiles":
            progress("tiles", begin + (end - begin) * (0.25 + 0.6 * done / total))

    report = put_areas(store, folder, areas, Report(edition=today(folder)), tell)
    if not report.written:
        raise DemoError("the invented areas were refused: " + "; ".join(f.text for f in report.findings))


def _put_basemap(folder: DataFolder, basemap: Basemap) -> None:
    fresh = folder.base_tiles.with_suffix(".new")
    build_archive(fresh, basemap.sources())
    fresh.replace(folder.base_tiles)


def _seed(store: Store, folder: DataFolder, stage: Stage, roster: Roster, seed: int, progress: Progress) -> None:
    now_ms = _now_ms()
    with store.begin(durable=False) as conn:
        unit_writes.save_units(
            conn, [(u, "enrol") for u in _units(stored.in_force(conn), roster, now_ms)],
            new_ids=set(range(1, len(roster) + 1)), at_ms=now_ms, actor=ACTOR,
        )  # fmt: skip
    past = _past(store, folder, stage, roster)
    _plan(store, past, now_ms)
    begin = midnight_ms(now_ms, past.calendar.zone, DAYS)
    _write_past(store, past, seed, begin, now_ms, now_ms, progress)
    _walk_past(store, folder, past, seed, now_ms)


def _walk_past(store: Store, folder: DataFolder, past: Past, seed: int, now_ms: int) -> None:
    """The patrols of the shifts that are not known yet, thirty days at most."""
    desk = Desk.load(store, folder.city())
    walker = walker_of(desk, past.stage, past.roster, seed)
    walk_past(desk, walker, midnight_ms(now_ms, past.calendar.zone, DAYS), now_ms)


def _plan(store: Store, past: Past, now_ms: int) -> None:
    """The roster of today and tomorrow, where it is not planned yet: the simulator goes on from there."""
    zone = past.calendar.zone
    for day in (local_day(now_ms, zone) + timedelta(days=k) for k in range(2)):
        turns = turns_of(day, zone, len(past.roster))
        with store.read() as conn:
            known = rosters.around(conn, turns[0].from_ms, turns[-1].to_ms)
        planned = {(unit_id, from_ms) for unit_id, from_ms, _, _ in known.tolist()}
        shifts = [
            Shift(unit_id, turn.from_ms, turn.to_ms, int(leave), ACTOR)
            for turn in turns
            for unit_id, leave in zip(past.unit_id.tolist(), turn.leave, strict=True)
            if (unit_id, turn.from_ms) not in planned
        ]
        with store.begin(durable=False) as conn:
            rosters.save(conn, shifts, at_ms=now_ms, actor=ACTOR)


def _units(known: dict[str, stored.Known], roster: Roster, now_ms: int) -> list[UnitNow]:
    """The units, off duty: the simulator signs them on through the API."""
    city = min(k.id for k in known.values())
    rows = zip(roster.code, roster.call_sign, roster.kind.tolist(), roster.home, roster.skills, strict=True)
    return [
        UnitNow(
            id=i, code=code, call_sign=call_sign, kind=KINDS[kind].value,
            home_area_id=known[home].id if home else city, skills=skills,
            status=UnitStatus.OFF_DUTY.value, status_ms=now_ms, signed_on_ms=0, rev=1, lon=None, lat=None, fix_ms=None,
            received_ms=None, accuracy_m=None, speed_ms=None, battery=None, area_id=None, moved_seq=0, track_ms=0,
        )
        for i, (code, call_sign, kind, home, skills) in enumerate(rows, 1)
    ]  # fmt: skip


def _past(store: Store, folder: DataFolder, stage: Stage, roster: Roster) -> Past:
    with store.read() as conn:
        known = stored.in_force(conn)
        catalogue = load_catalogue(conn)
        enrolled = units.by_codes(conn, roster.code)
    return Past(
        stage, roster, catalogue, work_calendar(folder.city()),
        np.array([known[c].id for c in stage.code.tolist()], np.int64),
        np.array([enrolled[c].id for c in roster.code], np.int64),
    )  # fmt: skip


def _write_past(
    store: Store, past: Past, seed: int, from_ms: int, to_ms: int, now_ms: int, progress: Progress
) -> None:
    """The events reported in a span, some days at once."""
    rng = np.random.default_rng([seed, from_ms])
    begin = STAGES[3][1]
    edges = [*range(from_ms, to_ms, CHUNK_DAYS * 24 * HOUR_MS), to_ms]
    for k, (low, high) in enumerate(pairwise(edges)):
        progress("history", begin + (1 - begin) * k / (len(edges) - 1))
        with store.begin(durable=False) as conn:
            first = Journal(conn, now_ms).next_id()
            rows = past.span(rng, low, high, now_ms=now_ms, first_number=first)
            ledger.enter(conn, rng, rows, bulk_history(conn, rows, at_ms=now_ms, actor=ACTOR))


def _catch_up(folder: DataFolder, url: str, seed: int, progress: Progress) -> None:
    """Fill the time for which the city was off, thirty days at most. What was open goes on with the simulator."""
    now_ms = _now_ms()
    store = Store.open(url)
    try:
        Access.open(store, folder)
        with store.read() as conn:
            _, newest = events.records_span(conn)
        if newest is None or now_ms - newest < GAP_MIN_MS:
            return
        stage = Stage.load(folder.root / staging.FILE)
        past = _past(store, folder, stage, draw_roster(stage))
        _plan(store, past, now_ms)
        begin = max(newest + 1, midnight_ms(now_ms, past.calendar.zone, DAYS))
        _write_past(store, past, seed, begin, now_ms, now_ms, progress)
        _walk_past(store, folder, past, seed, now_ms)
    finally:
        store.close()


def _now_ms() -> int:
    return int(time.time() * 1000)
