"""Two invented cities that the tests of this room look at: a tiny one, and one large enough for towns and bridges."""

from __future__ import annotations

import pytest

from geodata.demo.city import CitySize, SyntheticCity, grow_city
from geodata.demo.roster import Roster, draw_roster
from geodata.demo.stage import Stage, set_stage

TINY = CitySize(3, 12, 60, 300)
MIDDLE = CitySize(9, 50, 400, 4000)


@pytest.fixture(scope="session")
def tiny() -> SyntheticCity:
    """3 districts, 12 streets, 60 communities, 300 grids."""
    return grow_city(7, TINY)


@pytest.fixture(scope="session")
def middle() -> SyntheticCity:
    """9 districts, 50 streets, 400 communities, 4,000 grids."""
    return grow_city(11, MIDDLE)


@pytest.fixture(scope="session")
def stage(middle: SyntheticCity) -> Stage:
    """The stage of the middle city."""
    return set_stage(middle)


@pytest.fixture(scope="session")
def roster(stage: Stage) -> Roster:
    """The units of the middle city."""
    return draw_roster(stage)
