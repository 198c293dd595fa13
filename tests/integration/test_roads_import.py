"""Importing roads: files of lines as they come, each fault named; every process follows; units are ranked by them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.affinity
from typer.testing import CliRunner

import app
from callbacks.batch import planned
from callbacks.room import Room
from callbacks.selection import look_up
from callbacks.stepping import called
from geodata.boundaries.datum import gcj02_to_bd09, wgs84_to_gcj02
from geodata.boundaries.opening import ReadError
from geodata.boundaries.roads import RoadReport, RoadSource, import_roads
from geodata.boundaries.weaving import weave
from geodata.domain.roads import CLASS_KMH, DEFAULT_KMH, RoadNet
from geodata.domain.roles import Role
from geodata.services.actors import Actor
from geodata.situation.advising import Advice, Inquiry
from geodata.situation.loading import load_situation
from geodata.situation.tailing import Tail
from geodata.store import roads
from geodata.store.engine import Store
from tests.factories.boundary_files import write
from tests.factories.little_city import T0, found_city
from tests.factories.page_city import open_room
from tests.integration.test_duty import alike
from tests.integration.test_situation_tail import ZONE

Lines = Sequence[shapely.Geometry | None]
NO_SOURCE = RoadSource()
ONE = shapely.LineString([(1.0, 0.5), (1.1, 0.5), (1.2, 0.5)])
TWO = shapely.LineString([(1.1, 0.4), (1.1, 0.5), (1.1, 0.6)])
POINT_LIKE = shapely.LineString([(1.0, 0.5), (1.0, 0.5)])
APART = shapely.LineString([(2.0, 0.2), (2.01, 0.2)])


@pytest.fixture
def city(store: Store) -> Store:
    with store.begin() as conn:
        found_city(conn)
    return store


def lines(shapes: Lines, crs: int | None = 4326, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns or {"n": range(len(shapes))}, geometry=np.array(shapes, object), crs=crs)


def bring(store: Store, path: Path, frame: gpd.GeoDataFrame, source: RoadSource = NO_SOURCE) -> RoadReport:
    return import_roads(store, str(write(path, frame)), source)


def held(store: Store) -> RoadNet:
    with store.read() as conn:
        net = roads.load(conn)
    assert net is not None
    return net


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "shp", "fgb", "kml"])
def test_lines_of_any_format_become_a_graph_that_shares_their_vertices(
    sqlite_store: Store, tmp_path: Path, ending: str
) -> None:
    with sqlite_store.begin() as conn:
        found_city(conn)
    report = bring(sqlite_store, tmp_path / f"roads.{ending}", lines([ONE, TWO, APART]))
    net = held(sqlite_store)
    assert report.written
    assert (net.n, len(net), report.woven and report.woven.parts) == (7, 5, 2)
    told = "\n".join(report.lines())
    assert "5 roads between 7 junctions" in told
    assert "2 unconnected parts, 97." in told


async def test_a_graph_is_kept_to_the_centimetre_replaced_whole_and_followed_by_every_process(
    city: Store, tmp_path: Path
) -> None:
    before = Tail(city, load_situation(city, ZONE, T0), now=lambda: T0)
    assert before.situation.roads is None
    first = bring(city, tmp_path / "a.geojson", lines([ONE, TWO], highway=["primary", "steps"], oneway=["yes", None]))
    assert first.woven is not None
    net = held(city)
    assert np.abs(net.point - first.woven.net.point).max() < 1e-8
    assert (net.ends.tolist(), net.kmh.tolist()) == (first.woven.net.ends.tolist(), [45, 45, 3, 3])
    assert net.oneway.tolist() == [True, True, False, False]
    await follow(before)
    seen = before.situation.roads
    assert seen is not None
    assert len(seen.net) == 4
    bring(city, tmp_path / "b.geojson", lines([APART]))
    await follow(before)
    assert before.situation.roads is not None
    assert len(before.situation.roads.net) == len(held(city)) == 1
    again = load_situation(city, ZONE, T0, graph=before.situation.roads)
    assert again.roads is before.situation.roads


async def follow(tail: Tail) -> None:
    tail.look_again()
    await tail.step()


def test_an_import_that_is_refused_leaves_the_roads_as_they_were(city: Store, tmp_path: Path) -> None:
    bring(city, tmp_path / "a.geojson", lines([ONE]))
    with pytest.raises(ReadError):
        bring(city, tmp_path / "b.geojson", lines([ONE], oneway=["perhaps"]))
    assert len(held(city)) == 1
    assert not import_roads(city, str(tmp_path / "a.geojson"), NO_SOURCE, dry_run=True).written


WRONG: list[tuple[str, Callable[[], gpd.GeoDataFrame], RoadSource, str]] = [
    ("areas", lambda: lines([ONE.buffer(0.01)]), NO_SOURCE, "geometry: Polygon found; roads are lines"),
    ("elsewhere", lambda: lines([shapely.affinity.translate(ONE, 40, 10)]), NO_SOURCE, "not in the city's 0.000"),
    ("metres", lambda: lines([shapely.LineString([(5e5, 3e6), (5e5, 3.1e6)])]), NO_SOURCE, "these are metres"),
    ("oneway", lambda: lines([ONE, TWO], oneway=["no", "perhaps"]), NO_SOURCE, "row 2: oneway = 'perhaps' is no direc"),
    ("speed", lambda: lines([ONE], speed=["fast"]), NO_SOURCE, "row 1: speed = 'fast' is no speed"),
    ("speed", lambda: lines([ONE], speed=[900]), NO_SOURCE, "row 1: speed = '900' is not between 0 and 130 km/h"),
    ("points", lambda: lines([POINT_LIKE]), NO_SOURCE, "geometry: none of 1 lines has a length; a road leads from"),
    ("column", lambda: lines([ONE], kind=["x"]), RoadSource(road_class="klass"), "no column 'klass'; there are: kind"),
    ("closed", lambda: lines([ONE], highway=["proposed"]), NO_SOURCE, "highway: nobody travels on any"),
    ("datum", lambda: lines([ONE]), RoadSource(datum="mars"), "datum: 'mars' is not known; possible: wgs84"),
    ("crs", lambda: lines([ONE]), RoadSource(crs="EPSG:nothing"), "is not a coordinate reference system"),
]


@pytest.mark.parametrize(("frame", "source", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_is_wrong_is_refused_with_field_value_and_rule(
    sqlite_store: Store, tmp_path: Path, frame: Callable[[], gpd.GeoDataFrame], source: RoadSource, said: str
) -> None:
    with sqlite_store.begin() as conn:
        found_city(conn)
    with pytest.raises(ValueError, match=r".") as told:
        bring(sqlite_store, tmp_path / "x.gpkg", frame(), source)
    assert said in str(told.value)


def test_what_is_left_out_or_assumed_is_told(sqlite_store: Store, tmp_path: Path) -> None:
    with sqlite_store.begin() as conn:
        found_city(conn)
    far = shapely.affinity.translate(ONE, 30, 0)
    shapes = [ONE, shapely.Point(1, 0.5), None, TWO, far, APART]
    kinds = ["primary", "primary", "primary", "proposed", "primary", "camel_track"]
    report = bring(sqlite_store, tmp_path / "x.geojson", lines(shapes, highway=kinds))
    told = "\n".join(report.lines())
    assert "2 rows that are no lines, left out: row 2, 3" in told
    assert "1 rows of classes on which nobody travels, left out: row 4" in told
    assert "1 roads further than some 5 km outside the city, left out" in told
    assert f"class 'camel_track' is not known: 1 roads taken at {DEFAULT_KMH:.0f} km/h" in told
    assert sorted(held(sqlite_store).kmh.tolist()) == [DEFAULT_KMH, CLASS_KMH["primary"]]


def test_directions_speeds_and_datums_are_read_as_said(sqlite_store: Store, tmp_path: Path) -> None:
    with sqlite_store.begin() as conn:
        found_city(conn)
    apart = [shapely.affinity.translate(APART, 0, 0.05 * k) for k in range(6)]
    says, speeds = ["T", "F", "B", None, "-1", None], ["20 mph", "50", None, "30 km/h", "12.5", None]
    frame = lines(apart, fclass=["motorway"] * 6, oneway=says, v=speeds)
    bring(sqlite_store, tmp_path / "x.gpkg", frame, RoadSource(speed="v"))
    net = held(sqlite_store)
    assert net.oneway.tolist() == [True, True, False, True, True, True]
    eastwards = (net.point[1::2, 0] > net.point[::2, 0]).tolist()
    assert eastwards == [False, True, True, True, False, True]
    assert net.kmh.tolist() == pytest.approx([32.18688, 50, 80, 30, 12.5, 80])


def test_odd_values_in_a_large_file_are_told_and_taken_for_nothing_said(sqlite_store: Store, tmp_path: Path) -> None:
    with sqlite_store.begin() as conn:
        found_city(conn)
    odd = {"0": "no", "none": "unknown", "unknown": "none", "walk": "perhaps", "50;30": "no", "900": "no"}
    many = [shapely.affinity.translate(APART, 0, 0.002 * k) for k in range(120)]
    speeds, says = [*odd, *["50"] * 114], [*odd.values(), *["no"] * 114]
    frame = lines(many, highway=["primary"] * 120, speed=speeds, oneway=says)
    told = "\n".join(bring(sqlite_store, tmp_path / "x.gpkg", frame).lines())
    net = held(sqlite_store)
    assert sorted(net.kmh.tolist()) == [CLASS_KMH["primary"]] * 6 + [50] * 114
    assert not net.oneway.any()
    left = "values cannot be read and are taken for nothing said, as row 4"
    assert f"speed: 3 {left}: 'walk', row 5: '50;30', row 6: '900'; the first is no speed" in told
    assert f"oneway: 1 {left}: 'perhaps'; the first is no direction" in told
    frame["speed"] = ["walk"] * 7 + ["50"] * 113
    with pytest.raises(ReadError, match=r"row 1: speed = 'walk' is no speed; .* \(7 of 120 values cannot"):
        bring(sqlite_store, tmp_path / "y.gpkg", frame)


def test_roads_in_bd_09_come_home(sqlite_store: Store, tmp_path: Path) -> None:
    room = open_room(tmp_path)
    home = shapely.LineString([(106.41, 29.51), (106.45, 29.53)])
    away = shapely.transform(home, lambda xy: gcj02_to_bd09(wgs84_to_gcj02(xy)))
    import_roads(room.store, str(write(tmp_path / "r.geojson", lines([away]))), RoadSource(datum="bd09"))
    assert held(room.store).point == pytest.approx(shapely.get_coordinates(home), abs=2e-7)
    room.store.close()


def test_ends_within_a_metre_are_joined_and_those_further_apart_are_not() -> None:
    metre = 1 / 111_195
    trunk = shapely.LineString([(0, 0), (0, 1e-3), (0, 2e-3)])
    near = shapely.LineString([(0.7 * metre, 1e-3), (1e-2, 1e-3)])
    far = shapely.LineString([(1.5 * metre, 2e-3), (1e-2, 2e-3)])
    shapes = np.array([trunk, near, far], object)
    woven = weave(shapes, np.full(3, 20.0), np.zeros(3, np.bool_))
    assert (woven.joined, woven.parts, len(woven.net)) == (1, 2, 4)
    bridge = np.array([shapely.LineString([(0, -1), (0, 1)]), shapely.LineString([(-1, 0), (1, 0)])], object)
    assert weave(bridge, np.full(2, 20.0), np.zeros(2, np.bool_)).parts == 2


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    opened = open_room(tmp_path)
    yield opened
    opened.store.close()


async def test_a_candidate_tells_its_way_by_road_and_the_line_that_is_drawn(room: Room, tmp_path: Path) -> None:
    officer = Actor.of("ling", frozenset({Role.DUTY_OFFICER}), frozenset({"C"}))
    unit = room.situation.unit("U1")
    assert unit is not None
    assert unit.lon is not None
    assert unit.lat is not None
    (code,) = alike(room, 1)
    way = [[unit.lon, unit.lat], [unit.lon, 29.61], [106.42, 29.61], [106.42, 29.52]]
    straight = await offered(room, officer, code)
    assert straight[2].startswith("直线 ")
    assert straight[6] == ()
    file = write(tmp_path / "roads.geojson", lines([shapely.LineString(way)], highway=["primary"]))
    assert CliRunner().invoke(app.cli, ["import", "roads", str(file), "--data", str(tmp_path)]).exit_code == 0
    room.tail.look_again()
    await room.tail.step()
    by_road = await offered(room, officer, code)
    assert by_road[2].startswith("路网 ")
    assert "约" in by_road[2]
    assert [list(p) for p in by_road[6]] == [pytest.approx(p, abs=2e-5) for p in way]
    far = shapely.LineString([(106.59, 29.59), (106.6, 29.59)])
    import_roads(room.store, str(write(tmp_path / "far.geojson", lines([far]))), NO_SOURCE)
    room.tail.look_again()
    await room.tail.step()
    off = await offered(room, officer, code)
    assert "不通路网" in off[2]
    assert off[6] == ()


async def test_ways_are_searched_in_a_thread_so_that_frames_go_out_meanwhile(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    answered = Inquiry.answered

    def watched(inquiry: Inquiry) -> Advice:
        asked.append(threading.current_thread() is threading.main_thread())
        return answered(inquiry)

    monkeypatch.setattr(Inquiry, "answered", watched)
    officer = Actor.of("ling", frozenset({Role.DUTY_OFFICER}), frozenset({"C"}))
    codes = alike(room, 2)
    await offered(room, officer, codes[0])
    await called(room, officer, {"n": 1, "code": codes[0], "text": "U1", "lang": "zh"})
    await planned(room, officer, codes, 0, "zh")
    assert len(asked) >= 5
    assert not any(asked)


async def offered(room: Room, actor: Actor, code: str) -> tuple[Any, ...]:
    card = await look_up(room, actor, f"event:{code}", "zh")
    assert card.steps is not None
    (row,) = card.steps["candidates"]
    found: tuple[Any, ...] = row
    return found
