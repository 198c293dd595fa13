"""The demo city's road graph: one piece over every bridge, near to everybody, and exactly along its borders."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.boundaries.weaving import hanging
from geodata.demo.city import SyntheticCity
from geodata.demo.lanes import ARTERIAL_KMH, HIGHWAY_KMH, LANE_KMH, STREET_KMH
from geodata.situation.roads import NOWHERE, RoadGraph


@pytest.mark.parametrize("name", ["tiny", "middle"])
def test_the_graph_is_as_good_as_whole_and_near_to_every_grid(name: str, request: pytest.FixtureRequest) -> None:
    city: SyntheticCity = request.getfixturevalue(name)
    _, largest = hanging(city.roads)
    assert largest > 0.99
    assert set(city.roads.kmh.tolist()) == {HIGHWAY_KMH, ARTERIAL_KMH, STREET_KMH, LANE_KMH}
    far = RoadGraph(city.roads).spots(*city.centres.T).edge == NOWHERE
    assert far.mean() < 0.05


def test_roads_run_along_the_borders_and_only_large_ones_cross_water(middle: SyntheticCity) -> None:
    net = middle.roads
    borders = shapely.union_all(shapely.boundary(middle.levels[-1].polygons))
    shapely.prepare(borders)
    roads = [shapely.LineString(net.point[net.start[e] : net.start[e + 1]]) for e in range(0, len(net), 50)]
    assert np.mean([borders.distance(shapely.Point(road.coords[1])) < 1e-6 for road in roads]) > 0.97
    lane = net.kmh <= STREET_KMH
    ends = middle.ground.plan(net.point[net.start[:-1]])
    wet = middle.terrain.in_water(ends)
    assert wet[lane].mean() < 0.005  # junctions are smoothed after roads were chosen, by a fifth of a kilometre at most
    assert wet[~lane].mean() > 5 * wet[lane].mean()
