"""Real cities: Boston in three levels, and Chongqing's districts from two sources with different datum and encoding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from geodata.boundaries.importer import ImportOptions, import_areas
from geodata.boundaries.mapping import Flags, Root, Source
from geodata.boundaries.placing import Placer
from geodata.boundaries.report import Report
from geodata.domain.areas import AreaTree, Floats
from geodata.store import areas
from geodata.store.engine import Store
from geodata.store.folder import DataFolder

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/boston/areas.toml"
CITY_HALL = (-71.0587, 42.3594)
ROOT = Root(code="500000", name="重庆市")
DISTRICTS = ("district:区县:District",)


@pytest.fixture(scope="module")
def boston(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, DataFolder, Report]]:
    """Boston, imported with the mapping that ships as an example."""
    folder = DataFolder(tmp_path_factory.mktemp("boston"))
    store = Store.open(folder.database_url)
    files = sorted((test_data / "boston").glob("L*.geojson"))
    yield store, folder, import_areas(store, folder, files, EXAMPLE)
    store.close()


def test_boston_has_its_three_levels(boston: tuple[Store, DataFolder, Report]) -> None:
    store, _, report = boston
    assert report.written
    assert [(row[0], row[3]) for row in report.counts] == [("city", 1), ("ward", 22), ("precinct", 255)]
    with store.read() as conn:
        tree = areas.load_tree(conn)
    assert (tree.areas[0].code, tree.areas[0].name) == ("BOS", "Boston")
    assert [x.name_en for x in tree.levels] == ["City", "Ward", "Precinct"]
    assert "0502A" in {a.code.removeprefix("P") for a in tree.areas}
    assert [a.code for a in tree.path(tree.ordinal["P0101"])] == ["BOS", "W01", "P0101"]


def test_boston_tells_what_is_not_quite_right_with_it(boston: tuple[Store, DataFolder, Report]) -> None:
    _, _, report = boston
    assert report.totals["invalid_polygon"] == 1
    assert report.totals["overlap"] > 50
    assert report.totals["gap"] > 100
    worst = next(report.of("beyond_parent"))
    assert worst.size_m2 is not None
    assert worst.size_m2 > 500_000  # harbour islands that the precinct has and its ward has not
    assert all(f.lon is not None and -71.3 < f.lon < -70.8 for f in report.of("overlap"))


def test_a_place_in_boston_is_in_its_precinct_and_one_in_the_sea_is_in_none(
    boston: tuple[Store, DataFolder, Report],
) -> None:
    store, _, _ = boston
    with store.read() as conn:
        tree = areas.load_tree(conn)
    placed = Placer.load(store, tree).place([CITY_HALL[0], -60.0], [CITY_HALL[1], 42.0])
    assert placed.inside.tolist() == [True, False]
    assert tree.areas[int(placed.ordinal[0])].depth == 2
    assert int(placed.ordinal[1]) == 0


def test_the_tiles_of_boston_are_small_and_show_every_level(boston: tuple[Store, DataFolder, Report]) -> None:
    _, folder, report = boston
    assert folder.area_tiles(report.build).exists()
    assert report.tiles["largest_bytes"] < 200_000
    first = [report.tiles["zooms"][f"l{k}"][0] for k in range(3)]
    assert first == sorted(first)
    assert first[1] <= 11  # the zoom at which the city fills a screen


def imported(file: Path, folder: Path, source: Source) -> tuple[Report, dict[str, shapely.Geometry]]:
    """The report, and the districts by the stem of their name, in metres of a plane around the city."""
    data = DataFolder(folder)
    store = Store.open(data.database_url)
    report = import_areas(store, data, [file], None, ImportOptions(Flags(source=source, root=ROOT, levels=DISTRICTS)))
    with store.read() as conn:
        tree: AreaTree = areas.load_tree(conn)
        ids, wkb = areas.polygons(conn, "leaves")
    store.close()
    shapes = dict(zip(ids, shapely.transform(shapely.from_wkb(wkb), plane), strict=True))
    return report, {stem(a.name): shapes[a.id] for a in tree.areas if a.depth == 1}


def unconverted(file: Path) -> dict[str, shapely.Geometry]:
    """The districts as they stand in the file, as if that were WGS-84."""
    frame = pyogrio.read_dataframe(file)
    shapes = shapely.transform(np.asarray(frame.geometry.values, object), plane)
    return {stem(name): shape for name, shape in zip(frame["name"], shapes, strict=True)}


def plane(lonlat: Floats) -> Floats:
    return np.column_stack((lonlat[:, 0] * 111_320 * np.cos(np.radians(30)), lonlat[:, 1] * 110_850))


def stem(name: str) -> str:
    """The name without what it is: counties became districts between the two editions (开县, 开州区)."""
    short = re.sub("土家族|苗族|自治县|区|县", "", name)
    return {"开州": "开"}.get(short, short)


def apart_m(a: shapely.Geometry, b: shapely.Geometry) -> Floats:
    """How far points along each of two borders, every kilometre or closer, lie from the other border."""

    def one_way(of: shapely.Geometry, to: shapely.Geometry) -> Floats:
        places = shapely.get_coordinates(shapely.segmentize(shapely.boundary(of), 100.0))[::10]
        return np.asarray(shapely.distance(shapely.points(places), shapely.boundary(to)), np.float64)

    return np.concatenate([one_way(a, b), one_way(b, a)])


Layer = tuple[Report, dict[str, shapely.Geometry]]


@pytest.fixture(scope="module")
def web_map(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Layer:
    """The districts of a web map in GCJ-02, converted."""
    file = test_data / "chongqing/districts_gcj02.geojson"
    return imported(file, tmp_path_factory.mktemp("web"), Source(datum="gcj02"))


@pytest.fixture(scope="module")
def shapefile(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Layer:
    """The districts of 2011 in WGS-84, with names in GBK."""
    return imported(test_data / "chongqing/区县界_area.shp", tmp_path_factory.mktemp("shp"), Source())


def test_both_layers_of_chongqing_import_with_38_districts(web_map: Layer, shapefile: Layer) -> None:
    for report, shapes in (web_map, shapefile):
        assert report.written
        assert [row[3] for row in report.counts] == [1, 38]
        assert len(shapes) == 38
    assert "gb18030" in next(shapefile[0].of("read")).text
    assert set(web_map[1]) == set(shapefile[1])


def test_the_two_layers_of_chongqing_coincide_within_30_m_after_conversion(
    test_data: Path, web_map: Layer, shapefile: Layer
) -> None:
    """All 38 districts are compared by name. The layers are some ten years apart, and parts of every border were drawn
    anew meanwhile, by up to some kilometres; where a border is the same in both, it coincides within about 2 m. So the
    middle of all distances along the borders stays below 30 m for every district but 巫山 (39 m), most of whose border
    was drawn anew; without the conversion it is 220 m to 430 m."""
    true, raw = shapefile[1], unconverted(test_data / "chongqing/districts_gcj02.geojson")
    after = {k: float(np.median(apart_m(shape, true[k]))) for k, shape in web_map[1].items()}
    before = {k: float(np.median(apart_m(shape, true[k]))) for k, shape in raw.items()}
    assert {k for k, m in after.items() if m >= 30} == {"巫山"}
    assert np.median(list(after.values())) < 3
    assert min(before.values()) > 200


def test_the_districts_whose_border_did_not_change_coincide_nearly_everywhere(web_map: Layer, shapefile: Layer) -> None:
    """南岸 and 璧山 kept their borders: nine tenths of them lie within 30 m of each other, most within 3 m."""
    for name in ("南岸", "璧山"):
        distances = apart_m(web_map[1][name], shapefile[1][name])
        assert np.percentile(distances, 90) < 30
        assert np.percentile(distances, 75) < 3
