"""GCJ-02 and BD-09, the shifted datums of Chinese web maps, to and from WGS-84.

Neither has an EPSG code. The forward formula of GCJ-02 is the published one (Krasovsky 1940 ellipsoid and a sum of
sines); it has no closed inverse, so the way back is iterated. Outside China's box both maps show WGS-84 unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np

from geodata.domain.areas import Floats

Datum = Literal["wgs84", "gcj02", "bd09"]
AXIS_M, ECCENTRICITY_2 = 6378245.0, 0.00669342162296594323
BOX = (72.004, 0.8293, 137.8347, 55.8271)
TOLERANCE_DEG = 1e-9
ROUNDS_MAX = 12


def wgs84_to_gcj02(lonlat: Floats) -> Floats:
    """(n, 2) degrees of WGS-84 → GCJ-02."""
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + waves
    north += (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi / 3 * y)) * 2 / 3
    north += (160 * np.sin(np.pi / 12 * y) + 320 * np.sin(np.pi / 30 * y)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + waves
    east += (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi / 3 * x)) * 2 / 3
    east += (150 * np.sin(np.pi / 12 * x) + 300 * np.sin(np.pi / 30 * x)) * 2 / 3
    sine, cosine = np.sin(np.radians(lat)), np.cos(np.radians(lat))
    magic = 1 - ECCENTRICITY_2 * sine * sine
    d_lat = np.degrees(north / (AXIS_M * (1 - ECCENTRICITY_2) / magic**1.5))
    d_lon = np.degrees(east / (AXIS_M / np.sqrt(magic) * cosine))
    west, south, e, n = BOX
    shifted = (lon >= west) & (lon <= e) & (lat >= south) & (lat <= n)
    return lonlat + np.where(shifted[:, None], np.column_stack((d_lon, d_lat)), 0.0)


def gcj02_to_wgs84(lonlat: Floats) -> Floats:
    """(n, 2) degrees of GCJ-02 → WGS-84, iterated to 0.1 mm."""
    guess = lonlat.copy()
    for _ in range(ROUNDS_MAX):
        error = wgs84_to_gcj02(guess) - lonlat
        guess -= error
        if not len(error) or np.abs(error).max() < TOLERANCE_DEG:
            break
    return guess


def gcj02_to_bd09(lonlat: Floats) -> Floats:
    """(n, 2) degrees of GCJ-02 → BD-09."""
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    turn = np.pi * 3000 / 180
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * turn)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * turn)
    return np.column_stack((radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006))


def bd09_to_gcj02(lonlat: Floats) -> Floats:
    """(n, 2) degrees of BD-09 → GCJ-02, iterated to 0.1 mm."""
    guess = lonlat - (0.0065, 0.006)
    for _ in range(ROUNDS_MAX):
        error = gcj02_to_bd09(guess) - lonlat
        guess -= error
        if not len(error) or np.abs(error).max() < TOLERANCE_DEG:
            break
    return guess


TO_WGS84: Mapping[Datum, Callable[[Floats], Floats]] = MappingProxyType({
    "wgs84": lambda lonlat: lonlat,
    "gcj02": gcj02_to_wgs84,
    "bd09": lambda lonlat: gcj02_to_wgs84(bd09_to_gcj02(lonlat)),
})  # fmt: skip
"""How to bring coordinates of each datum home."""
