"""The shifted datums of Chinese web maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geodata.boundaries.datum import TO_WGS84, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02
from geodata.domain.areas import Floats

GEOD = Geod(ellps="WGS84")
IN_CHINA = st.tuples(st.floats(73.5, 134.8), st.floats(18.0, 53.6))


def apart_m(a: Floats, b: Floats) -> float:
    """Metres between two single points."""
    return float(GEOD.inv(*a[0], *b[0])[2])


@given(IN_CHINA)
def test_gcj02_comes_back_within_a_millimetre(place: tuple[float, float]) -> None:
    here = np.array([place])
    shifted = wgs84_to_gcj02(here)
    assert 20 < apart_m(here, shifted) < 1_000
    assert apart_m(gcj02_to_wgs84(shifted), here) < 0.001


@given(IN_CHINA)
def test_bd09_comes_back_within_a_millimetre(place: tuple[float, float]) -> None:
    here = np.array([place])
    shifted = gcj02_to_bd09(wgs84_to_gcj02(here))
    assert apart_m(TO_WGS84["bd09"](shifted), here) < 0.001


@given(st.tuples(st.floats(-179, 70), st.floats(-80, 80)))
def test_outside_china_nothing_is_shifted(place: tuple[float, float]) -> None:
    here = np.array([place])
    assert (wgs84_to_gcj02(here) == here).all()
    assert (gcj02_to_wgs84(here) == here).all()


def test_known_pairs_of_the_published_formula_hold() -> None:
    # Beijing, Tian'anmen, as printed with the reference implementations (eviltransform, coordtransform)
    wgs = np.array([[116.404, 39.915]])
    assert wgs84_to_gcj02(wgs)[0] == pytest.approx([116.41024449916938, 39.91640428150164], abs=1e-9)
    assert gcj02_to_bd09(wgs)[0] == pytest.approx([116.41036949371029, 39.92133699351021], abs=1e-9)


def test_no_points_are_no_error() -> None:
    for convert in TO_WGS84.values():
        assert convert(np.empty((0, 2))).shape == (0, 2)
