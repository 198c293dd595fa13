"""The demo city is built through the doors of a real import, and the simulator plays it through the public API."""

from __future__ import annotations

import asyncio
import heapq
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from geodata.boundaries import coverage
from geodata.boundaries.archive import TileArchive
from geodata.boundaries.report import RULES, Report, Severity
from geodata.demo import build
from geodata.demo import stage as staging
from geodata.demo.build import STAMP, DemoError, area_set, build_demo
from geodata.demo.city import CitySize, grow_city
from geodata.demo.simulator.casebook import Act
from geodata.demo.simulator.client import Api
from geodata.demo.simulator.crowd import ON
from geodata.demo.simulator.play import PLAYED_MS, STORM_FILE, Player, Script
from geodata.demo.stage import Stage
from geodata.domain.events import ENDED, State
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.checking import check_city
from geodata.services.desk import Desk
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.situation.loading import load_situation
from geodata.store import changes, events, intervals, pauses, settings, units
from geodata.store.areas import load_tree
from geodata.store.engine import Connection, Store
from geodata.store.events import EventNow
from geodata.store.folder import DataFolder
from tests.factories.daytime import morning_zone
from tests.factories.people import native_api

SIZE = CitySize(3, 12, 60, 300)


def _events(conn: Connection) -> list[EventNow]:
    return events.page(conn, area_ids=None, states=(), after_id=0, limit=100_000)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a built tiny city; to be copied, not changed."""
    root = tmp_path_factory.mktemp("demo") / "city"
    told: list[tuple[str, float]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "CITY_TOML", build.CITY_TOML.replace("Asia/Shanghai", morning_zone()))
        assert build_demo(DataFolder(root), 7, SIZE, lambda stage, share: told.append((stage, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1] == ("done", 1.0)
    return root


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> DataFolder:
    """A copy of the built city."""
    shutil.copytree(built, tmp_path / "city")
    stamp = json.loads((tmp_path / "city" / STAMP).read_text("utf-8"))
    stamp["database"] = DataFolder(tmp_path / "city").database_url
    (tmp_path / "city" / STAMP).write_text(json.dumps(stamp), "utf-8")
    return DataFolder(tmp_path / "city")


@pytest.fixture
def store(folder: DataFolder) -> Iterator[Store]:
    """The copy's store."""
    opened = Store.open(folder.database_url)
    yield opened
    opened.close()


@pytest.mark.parametrize(("seed", "size"), [(7, SIZE), (5, CitySize(6, 40, 300, 2000))])
def test_the_invented_areas_pass_every_check_of_an_import(seed: int, size: CitySize) -> None:
    areas = area_set(grow_city(seed, size))
    report = Report()
    coverage.check(areas, report)
    found = {rule for rule, n in report.totals.items() if n and RULES[rule].severity is not Severity.FACT}
    assert found <= {"name_twice"}  # 第01网格 is the name of a grid in every community


def test_areas_events_and_units_are_in_the_store(store: Store) -> None:
    with store.read() as conn:
        tree = load_tree(conn)
        everybody = units.all_units(conn)
        rows = _events(conn)
    assert [level.key for level in tree.levels] == ["city", "district", "street", "community", "grid"]
    assert len(tree) == 1 + 3 + 12 + 60 + 300
    assert len(everybody) == 91
    assert {u.status for u in everybody} == {"off_duty"}
    assert 3000 < len(rows) < 6000  # thirty days of about 136
    assert all(tree.is_leaf(tree.ordinal_by_id[e.area_id]) for e in rows)
    assert any(e.state not in ENDED for e in rows)


def test_ways_by_road_are_known_in_the_built_city(folder: DataFolder, store: Store) -> None:
    situation = load_situation(store, folder.city().zone)
    assert situation.roads is not None
    stage = Stage.load(folder.root / staging.FILE)
    lon, lat = stage.lon, stage.lat
    minutes = situation.roads.to(float(lon[0]), float(lat[0])).minutes(lon, lat, 1e6)
    assert np.isfinite(minutes).mean() > 0.9


def test_the_kept_counts_of_the_built_city_are_right(folder: DataFolder, store: Store) -> None:
    assert [f for f in check_city(store, folder) if f.wrong] == []


def test_whatever_stood_or_stands_in_the_built_city_has_its_line_in_the_ledger(store: Store) -> None:
    with store.read() as conn:
        everything = {e.id: e for e in _events(conn)}
        lines = [line for event_id in everything for line in pauses.suspensions(conn, event_id)]
        moment = lines[0].from_ms
        held = {h.event_id for h in intervals.as_of(conn, moment) if h.state == State.SUSPENDED}
    assert len(lines) > 5
    assert {line.event_id for line in lines if line.from_ms <= moment < (line.ended_ms or moment + 1)} == held
    standing = {e.id: e.state_ms for e in everything.values() if e.state == State.SUSPENDED}
    assert {line.event_id: line.from_ms for line in lines if line.ended_ms is None} == standing
    assert all(line.reason and line.by and line.review_ms > line.from_ms for line in lines)


def tiles_of(folder: DataFolder) -> Path:
    """The one archive of the areas."""
    [path] = folder.root.glob("areas-*.pmtiles")
    return path


def test_areas_and_base_map_can_be_drawn(folder: DataFolder, store: Store) -> None:
    with store.read() as conn:
        build = settings.get(conn, settings.AREAS_BUILD)
    assert build
    for path in (folder.area_tiles(build), folder.base_tiles):
        assert TileArchive(path).zooms[1] >= 12
    assert folder.city().demo
    assert folder.city().basemap.kind == "archive"


def test_a_city_that_was_built_is_kept(folder: DataFolder, store: Store) -> None:
    before = tiles_of(folder).stat().st_mtime_ns
    assert not build_demo(folder, 7, SIZE)
    assert tiles_of(folder).stat().st_mtime_ns == before


def test_another_seed_builds_the_city_again(folder: DataFolder) -> None:
    before = tiles_of(folder)
    assert build_demo(folder, 8, SIZE)
    assert tiles_of(folder) != before


def test_the_time_for_which_the_city_was_off_is_filled_in(
    folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.read() as conn:
        _, newest = events.records_span(conn)
    assert newest is not None
    later = newest + 36 * 3_600_000
    monkeypatch.setattr(build, "_now_ms", lambda: later)
    assert not build_demo(folder, 7, SIZE)
    with store.read() as conn:
        since = events.reported_since(conn, newest + 1)
        _, end = events.records_span(conn)
    assert 100 < len(since) < 350
    assert end is not None
    assert later - end < 3 * 3_600_000
    later += 4 * 3_600_000  # the shifts of that day are planned already
    assert not build_demo(folder, 7, SIZE)
    assert [f for f in check_city(store, folder) if f.wrong] == []


def test_a_folder_with_a_real_city_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "city.sqlite").write_text("precious")
    with pytest.raises(DemoError, match="choose another folder"):
        build_demo(DataFolder(tmp_path), 7, SIZE)
    assert (tmp_path / "city.sqlite").read_text() == "precious"


async def _play(folder: DataFolder, store: Store, ticks: int, script: Script) -> Player:
    app, _ = native_api(store, folder)
    key = folder.ingest_key.read_text("utf-8").strip()
    async with Api("http://demo", key, httpx.ASGITransport(app=app)) as api:
        player = Player(api, folder, script)
        cases = await player.begin()
        for _ in range(ticks):
            await player.live(cases)
            await player.walk()
            await asyncio.sleep(0.05)
    return player


async def test_the_simulator_plays_the_city_through_the_api(folder: DataFolder, store: Store) -> None:
    with store.read() as conn:
        _, newest = events.records_span(conn)
        open_before = {e.code for e in _events(conn) if e.state not in ENDED}
    assert newest is not None
    await _play(folder, store, 60, Script(speed=20_000.0))
    with store.read() as conn:
        everybody = units.all_units(conn)
        new = [e for e in _events(conn) if e.reported_ms > newest]
        statuses = {c.state for c in changes.tail(conn, 0, 1_000_000) if c.kind == "unit"}
        still = {e.code for e in _events(conn) if e.state not in ENDED} & open_before
    assert sum(u.lon is not None and u.area_id is not None for u in everybody) > 0.5 * len(everybody)
    # Of all that they did meanwhile: in the small hours the last tick may find everybody waiting.
    assert statuses & {"en_route", "on_scene", "busy"}
    # At three in the night a city this small reports about fifteen in these sixty ticks, at nine in the morning 300.
    assert len(new) > 5
    assert any(e.state == "closed" for e in new)
    assert all(e.unit_id for e in new if e.state == "handling")
    assert len(still) < 0.5 * len(open_before)
    assert [f for f in check_city(store, folder) if f.wrong] == []


async def test_nothing_the_simulator_sends_is_refused(folder: DataFolder, store: Store) -> None:
    (folder.root / STORM_FILE).touch()
    await _play(folder, store, 30, Script(speed=5000.0))
    app, _ = native_api(store, folder)
    key = folder.ingest_key.read_text("utf-8").strip()
    async with Api("http://demo", key, httpx.ASGITransport(app=app)) as api:
        health = await api.get("/api/health")
    assert health["quarantine"]["waiting"] == 0
    assert {f["name"] for f in health["feeds"]} >= {"demo/events", "demo/actions", "demo/positions", "demo/units"}


async def test_a_simulator_that_starts_again_goes_on_with_what_is_open(folder: DataFolder, store: Store) -> None:
    # Slowly at first: what the past left open must still be open when the second one comes, at any hour of the day.
    await _play(folder, store, 3, Script(speed=20.0))
    with store.read() as conn:
        before = {e.code: e.rev for e in _events(conn) if e.state not in ENDED}
    assert before
    await _play(folder, store, 30, Script(speed=3000.0))
    with store.read() as conn:
        after = {e.code: e.rev for e in events.by_codes(conn, list(before)).values()}
    assert sum(after[code] > rev for code, rev in before.items()) > 0.5 * len(before)


def _brought(store: Store, folder: DataFolder, unit: str = "") -> str:
    """The code of a new event that waits for a unit, or to which this one was sent a minute ago."""
    now_ms = int(time.time() * 1000)
    desk = Desk.load(store, folder.city())
    with store.read() as conn:
        place = next(e for e in _events(conn) if e.lon is not None)
    born = NewEvent("patrol", "test", f"brought-{time.time_ns()}", place.subtype_code, now_ms - 180_000, "",
                    lon=place.lon, lat=place.lat)  # fmt: skip
    (told,) = report_events(desk, Actor.operator(), [Submitted({}, born)], feed="test", now_ms=now_ms)
    steps = [Action("register", now_ms - 120_000, told.code, reason="r")]
    if unit:
        steps.append(Action("dispatch", now_ms - 60_000, told.code, unit_code=unit, confirmed=True))
    for step in steps:
        (done,) = act(desk, Actor.operator(), [Submitted({}, step)], feed="test", now_ms=now_ms)
        assert done.status == "accepted", done
    return str(told.code)


async def test_what_a_person_did_is_gone_on_from_by_the_simulator(folder: DataFolder, store: Store) -> None:
    app, access = native_api(store, folder)
    key = folder.ingest_key.read_text("utf-8").strip()
    with store.read() as conn:
        unit = units.all_units(conn)[5]
    waiting = _brought(store, folder)
    async with Api("http://demo", key, httpx.ASGITransport(app=app)) as api:
        player = Player(api, folder, Script(speed=20.0))
        cases = await player.begin()
        now_ms = int(time.time() * 1000)
        dispatch = Action("dispatch", now_ms, waiting, unit_code=unit.code, confirmed=True)
        desk = Desk.load(store, folder.city())
        outcome = act(desk, Actor.operator(), [Submitted({}, dispatch)], feed="people/actions", now_ms=now_ms)[0]
        assert (outcome.status, access.demo) == ("accepted", True)
        before = len(cases)
        case = next(c for _, _, c in cases._heap if c.code == waiting)
        await player._go_on(cases, Act(case, "dispatch", now_ms), now_ms)
    assert player.crowd.played_until_ms.max() == 0, "an officer plays no unit"
    assert len(cases) == before + 1
    (case,) = [c for _, _, c in cases._heap if c.code == waiting and c.steps[0][1] == "accept"]
    assert player._roster.code[case.unit] == unit.code


async def test_a_unit_for_which_a_person_acted_is_left_alone_for_a_while(folder: DataFolder, store: Store) -> None:
    app, _ = native_api(store, folder)
    key = folder.ingest_key.read_text("utf-8").strip()
    with store.read() as conn:
        unit = next(u for u in units.all_units(conn) if u.kind == "grid_post")
    code = _brought(store, folder, unit.code)
    async with Api("http://demo", key, httpx.ASGITransport(app=app)) as api:
        player = Player(api, folder, Script(speed=20.0))
        cases = await player.begin()
        number = player._unit_index[unit.code]
        now_ms = int(time.time() * 1000)
        desk = Desk.load(store, folder.city())
        accept = Action("accept", now_ms - 1_000, code)
        outcome = act(desk, Actor.operator(), [Submitted({}, accept)], feed="people/actions", now_ms=now_ms)[0]
        assert outcome.status == "accepted"
        for _, _, case in cases._heap:
            if case.code == code:
                case.steps[0] = (now_ms, "accept")
        cases._heap = [(c.steps[0][0], n, c) for n, (_, _, c) in enumerate(cases._heap)]
        heapq.heapify(cases._heap)
        await player.live(cases)
        until_ms = int(player.crowd.played_until_ms[number])
        assert until_ms - now_ms >= PLAYED_MS
        later = [c for _, _, c in cases._heap if c.code == code]
        step = Act(later[0], "report_back", now_ms)
        waiting = len(cases)
        assert player._waits(cases, step, now_ms)
        assert len(cases) == waiting + 1
        assert not player._waits(cases, step, until_ms)
        player.crowd.status[number] = ON
        told = {fix["unit"] for fix in player.crowd.fixes(now_ms, everybody=True)}
        assert told
        assert unit.code not in told
        assert unit.code in {fix["unit"] for fix in player.crowd.fixes(until_ms, everybody=True)}
