"""The base map: rivers that roads cross and never run in, and relief that rises."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely

from geodata.demo.city import SyntheticCity
from geodata.demo.terrain import WIDTHS, grow_terrain


def _in_water(city: SyntheticCity, lines: np.ndarray[tuple[int], np.dtype[np.object_]]) -> tuple[float, list[float]]:
    """The length of all lines, and that of each piece of them in the water; plan units."""
    plan = shapely.transform(lines, city.ground.plan)
    water = city.terrain.water
    pieces = shapely.get_parts(shapely.line_merge(shapely.intersection(shapely.union_all(plan), water)))
    return float(shapely.length(plan).sum()), shapely.length(pieces).tolist()


def test_highways_and_arterials_cross_rivers_and_never_run_in_them(middle: SyntheticCity) -> None:
    widest = max(w for pair in WIDTHS for w in pair) * 1.4
    for lines in (middle.basemap.highways, middle.basemap.arterials):
        total, wet = _in_water(middle, lines)
        assert sum(wet) < 0.03 * total
        assert max(wet, default=0) < 3 * widest


def test_there_is_a_bridge_over_the_main_stem(middle: SyntheticCity) -> None:
    main = shapely.linestrings(middle.terrain.rivers[0].line)
    roads = np.r_[middle.basemap.highways, middle.basemap.arterials]
    plan = shapely.transform(roads, middle.ground.plan)
    assert shapely.intersects(plan, main).any()


def test_every_tributary_ends_in_the_main_stem() -> None:
    for seed in range(5):
        main, *others = grow_terrain(seed, 1000).rivers
        stem = shapely.linestrings(main.line)
        for river in others:
            assert shapely.distance(stem, shapely.points(river.line[-1])) < 0.01


def test_the_main_stem_is_the_widest_river_and_crosses_the_city(middle: SyntheticCity) -> None:
    main, *others = middle.terrain.rivers
    assert main.width.mean() > 1.5 * max(r.width.mean() for r in others)
    inside = middle.terrain.edge_ratio(main.line) < 1
    assert inside.any()
    assert not inside[0]
    assert not inside[-1]


def test_relief_bands_lie_inside_the_ones_below(middle: SyntheticCity) -> None:
    bands = middle.basemap.relief
    assert shapely.is_valid(bands).all()
    areas = shapely.area(bands)
    assert (np.diff(areas) < 0).all()
    for lower, higher in pairwise(bands.tolist()):
        assert shapely.area(shapely.difference(higher, lower)) < 0.02 * shapely.area(higher)


def test_water_is_valid_and_the_middle_of_every_grid_is_dry_beside_the_rivers(middle: SyntheticCity) -> None:
    assert shapely.is_valid(middle.basemap.water).all()
    wet = middle.terrain.in_water(middle.ground.plan(middle.centres))
    assert wet.mean() < 0.005
