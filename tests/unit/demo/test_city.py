"""The synthetic city: nested, whole, without enclaves, named, and the same each time."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
import shapely

from geodata.demo.cells import grow_cells
from geodata.demo.city import CitySize, SyntheticCity, grow_city, merged
from geodata.demo.hierarchy import holes, open_enclaves, split
from geodata.demo.names import DISTRICTS, roman
from geodata.demo.terrain import grow_terrain
from tests.unit.demo.conftest import TINY


@pytest.mark.parametrize("name", ["tiny", "middle"])
def test_every_level_has_exactly_as_many_areas_as_asked(name: str, request: pytest.FixtureRequest) -> None:
    city: SyntheticCity = request.getfixturevalue(name)
    size = city.size
    wanted = [1, size.districts, size.streets, size.communities, size.grids]
    assert [len(level.codes) for level in city.levels] == wanted


@pytest.mark.parametrize("name", ["tiny", "middle"])
def test_an_area_is_exactly_the_union_of_its_children(name: str, request: pytest.FixtureRequest) -> None:
    city: SyntheticCity = request.getfixturevalue(name)
    for above, below in zip(city.levels[:-1], city.levels[1:], strict=True):
        joined = merged(below.polygons, below.parent)
        assert shapely.equals_exact(shapely.normalize(joined), shapely.normalize(above.polygons)).all()


@pytest.mark.parametrize("name", ["tiny", "middle"])
def test_no_area_has_a_hole_a_second_part_or_an_invalid_outline(name: str, request: pytest.FixtureRequest) -> None:
    city: SyntheticCity = request.getfixturevalue(name)
    for level in city.levels:
        assert {p.geom_type for p in level.polygons} == {"Polygon"}
        assert shapely.get_num_interior_rings(level.polygons).sum() == 0
        assert shapely.is_valid(level.polygons).all()
        assert shapely.coverage_is_valid(level.polygons)


@pytest.mark.parametrize("seed", range(6))
def test_no_seed_leaves_an_enclave(seed: int) -> None:
    terrain = grow_terrain(seed, 1500)
    graph = grow_cells(terrain, 1500)
    for level in split(graph, terrain, (6, 40, 300)):
        assert (holes(graph, level.of) == 0).all()


def test_an_enclave_is_opened_and_every_area_stays_in_one_piece() -> None:
    terrain = grow_terrain(3, 400)
    graph = grow_cells(terrain, 400)
    centre = graph.centre[: graph.n]
    near = np.argsort(np.hypot(*(centre - centre.mean(0)).T))
    label = np.zeros(graph.n, np.int64)
    label[near[:60]] = 1  # a disc inside the rest …
    label[near[:8]] = 2  # … and a smaller one inside that
    assert holes(graph, label).tolist() == [1, 1, 0]
    opened = open_enclaves(graph, label)
    assert (holes(graph, opened) == 0).all()
    assert set(opened.tolist()) == {0, 1, 2}


def test_the_same_seed_grows_the_same_city_to_the_bit(tiny: SyntheticCity) -> None:
    again = grow_city(7, TINY)
    for first, second in zip(tiny.levels, again.levels, strict=True):
        assert first.codes == second.codes
        assert first.names == second.names
        assert shapely.to_wkb(first.polygons).tolist() == shapely.to_wkb(second.polygons).tolist()
    assert shapely.equals_exact(tiny.basemap.water, again.basemap.water).all()


def test_another_seed_grows_another_city(tiny: SyntheticCity) -> None:
    other = grow_city(8, TINY)
    assert not shapely.equals(tiny.levels[0].polygons[0], other.levels[0].polygons[0])


def test_codes_are_unique_nested_and_of_no_real_province(middle: SyntheticCity) -> None:
    lengths = [6, 6, 9, 12, 15]
    for depth, level in enumerate(middle.levels):
        assert len(set(level.codes)) == len(level.codes)
        assert {len(c) for c in level.codes} == {lengths[depth]}
        assert all(c.startswith("99") for c in level.codes)
        if depth >= 2:
            above = middle.levels[depth - 1].codes
            assert all(c.startswith(above[p]) for c, p in zip(level.codes, level.parent.tolist(), strict=True))


def test_names_are_unique_among_siblings_in_both_languages(middle: SyntheticCity) -> None:
    for level in middle.levels[1:]:
        for words in (level.names, level.names_en):
            by_parent: dict[int, list[str]] = defaultdict(list)
            for word, parent in zip(words, level.parent.tolist(), strict=True):
                by_parent[parent].append(word)
            if words is level.names:
                assert all(len(set(siblings)) == len(siblings) for siblings in by_parent.values())
            assert all(words)


def test_there_are_38_different_districts_to_name() -> None:
    assert len(set(DISTRICTS)) == 38


@pytest.mark.parametrize(
    ("word", "latin"), [("青木", "Qingmu"), ("平安", "Ping'an"), ("江口", "Jiangkou"), ("长岭", "Changling")]
)
def test_names_are_spelled_as_on_a_signpost(word: str, latin: str) -> None:
    assert roman(word) == latin


def test_kinds_follow_density(middle: SyntheticCity) -> None:
    grids = middle.levels[4]
    kinds = np.array(grids.kinds)
    assert set(grids.kinds) == {"rural", "urban", "dedicated"}
    assert middle.density[kinds == "rural"].max() < middle.density[kinds == "urban"].min()
    assert 0.01 < Counter(grids.kinds)["dedicated"] / len(kinds) < 0.1


def test_every_grid_holds_its_own_middle(middle: SyntheticCity) -> None:
    assert shapely.contains_xy(middle.levels[4].polygons, *middle.centres.T).all()


def test_a_size_that_cannot_nest_is_refused() -> None:
    with pytest.raises(ValueError, match="at least as many"):
        CitySize(10, 5, 60, 300)


def test_the_district_of_the_lake_is_named_after_it(middle: SyntheticCity) -> None:
    lon, lat = middle.ground.lonlat(np.array(middle.terrain.lake.centroid.coords))[0]
    districts = middle.levels[1]
    at = np.flatnonzero(shapely.intersects_xy(districts.polygons, lon, lat))
    assert [districts.names[k][:2] for k in at] == ["明湖"]
    assert len(set(districts.names)) == len(districts.names)
