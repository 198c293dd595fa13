"""Outlines, label points, initials and zooms: what a map needs of the areas beside their polygons."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geodata.boundaries.areaset import AreaSet
from geodata.boundaries.cleaning import areas_m2
from geodata.boundaries.drawing import initials, label_points, outlines, zooms
from geodata.boundaries.mvt import Geometries
from geodata.domain.areas import Level


def wavy(n: int, size: float, points: int) -> Geometries:
    """n × n touching areas whose shared edges have many small bends."""
    step, west, south = size / n, 106.0, 29.5
    lines = []
    t = np.linspace(0, size, points * n + 1)
    bend = 0.02 * step * np.sin(t / step * 40)
    for k in range(n + 1):
        lines.append(np.column_stack((west + t, south + k * step + bend * (0 < k < n))))
        lines.append(np.column_stack((west + k * step + bend * (0 < k < n), south + t)))
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(
        shapely.linestrings(lines))))), object)  # fmt: skip


def two_levels(n: int, size: float, points: int = 20) -> AreaSet:
    """A city and its n × n areas."""
    cells = wavy(n, size, points)
    levels = (Level(0, "city", "市", "City"), Level(1, "ward", "区", "Ward"))
    depth = np.array([0] + [1] * len(cells), np.int32)
    parent = np.array([-1] + [0] * len(cells), np.int32)
    shapes = np.array([shapely.union_all(cells), *cells], object)
    return AreaSet(levels, [f"A{i}" for i in range(len(depth))], ["x"] * len(depth), depth, parent, shapes)


def test_outlines_have_fewer_points_and_still_share_their_edges() -> None:
    areas = two_levels(3, 2.0, points=600)
    thin = outlines(areas)
    assert shapely.get_num_coordinates(thin).sum() < 0.7 * shapely.get_num_coordinates(areas.polygon).sum()
    assert shapely.is_valid(thin).all()
    assert shapely.coverage_is_valid(thin[1:])
    assert shapely.area(thin).sum() == pytest.approx(shapely.area(areas.polygon).sum(), rel=0.01)


def test_a_label_point_lies_well_inside_even_of_a_crescent() -> None:
    crescent = shapely.Point(106, 29).buffer(0.2).difference(shapely.Point(106.1, 29).buffer(0.2))
    areas = AreaSet((Level(0, "c", "c", "c"),), ["C"], ["c"], np.zeros(1, np.int32), np.full(1, -1, np.int32),
                    np.array([crescent], object))  # fmt: skip
    (lon, lat), = label_points(areas, outlines(areas)).tolist()
    assert isinstance(crescent, shapely.Polygon)
    deepest = shapely.length(shapely.maximum_inscribed_circle(crescent))
    assert shapely.distance(shapely.boundary(crescent), shapely.Point(lon, lat)) > 0.9 * deepest


@pytest.mark.parametrize(
    ("name", "typed"),
    [("渝中区", "yzq"), ("重庆市", "cqs"), ("长寿区", "csq"), ("Ward 1", "w1"), ("Precinct 1-1", "p11"),
     ("第12网格", "d12wg"), ("", ""), ("São Paulo", "sp"), ("中" * 100, "z" * 64)],
)  # fmt: skip
def test_initials_are_what_one_types(name: str, typed: str) -> None:
    assert initials(name) == typed


@pytest.mark.parametrize("size", [0.02, 0.2, 2.0, 5.0])
def test_every_level_appears_at_some_zoom_of_cities_of_any_size(size: float) -> None:
    areas = two_levels(6, size)
    first, last = zooms(areas)
    assert first[0] <= first[1] <= last
    # when the city fills a screen of 1,000 pixels, the level below it is already there
    fitted = np.log2(1000 / 512 / (size / 360))
    assert first[1] <= fitted


def test_levels_of_ever_smaller_areas_appear_one_after_another() -> None:
    small = two_levels(15, 2.0)
    large = two_levels(3, 2.0)
    assert zooms(large)[0][1] < zooms(small)[0][1]
    assert zooms(small)[1] >= 12


@given(st.floats(-179, 170), st.floats(-75, 75), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_areas_are_those_on_the_ellipsoid(lon: float, lat: float, wide: float, high: float) -> None:
    box = shapely.segmentize(shapely.box(lon, lat, lon + wide, lat + high), 0.01)
    true_m2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(box)[0])
    assert areas_m2(np.array([box], object))[0] == pytest.approx(true_m2, rel=1e-4)
