"""Roads 路网: lines between junctions as arrays, how fast each is and in which direction it may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
EARTH_M = 6_371_008.8
DEFAULT_KMH, KMH_MAX = 25.0, 130.0
CLASS_KMH: Mapping[str, float] = MappingProxyType({
    "motorway": 80.0, "motorway_link": 45.0, "trunk": 60.0, "trunk_link": 40.0, "primary": 45.0, "primary_link": 35.0,
    "secondary": 40.0, "secondary_link": 35.0, "tertiary": 35.0, "tertiary_link": 30.0, "unclassified": 30.0,
    "residential": 25.0, "road": 25.0, "living_street": 15.0, "service": 15.0, "track": 12.0, "cycleway": 15.0,
    "track_grade1": 15.0, "track_grade2": 12.0, "track_grade3": 12.0, "track_grade4": 10.0, "track_grade5": 10.0,
    "pedestrian": 8.0, "bridleway": 6.0, "footway": 6.0, "path": 6.0, "steps": 3.0,
    "高速公路": 80.0, "高速": 80.0, "快速路": 60.0, "国道": 50.0, "主干路": 45.0, "主干道": 45.0, "省道": 45.0,
    "次干路": 40.0, "次干道": 40.0, "县道": 35.0, "支路": 30.0, "乡道": 30.0, "村道": 25.0, "小区道路": 15.0,
    "街坊路": 15.0, "巷道": 12.0, "步行街": 8.0,
})  # fmt: skip
"""How fast a unit gets along, not what is allowed (OpenStreetMap's ``highway``, and the Chinese classes)."""
CLOSED = frozenset({
    "proposed", "construction", "planned", "abandoned", "razed", "disused", "platform", "raceway", "bus_guideway",
    "rest_area", "services", "elevator", "corridor", "no", "规划道路", "在建道路",
})  # fmt: skip
"""Classes on which nobody travels."""
ONE_WAY_CLASSES = frozenset({"motorway", "motorway_link", "高速公路", "高速"})
ROUNDABOUTS = frozenset({"roundabout", "circular"})
"""One way, as OpenStreetMap has it, where nothing is said."""
DIRECTIONS: Mapping[str, int] = MappingProxyType({
    **dict.fromkeys(("yes", "true", "1", "f", "ft", "forward", "是", "单向", "正向"), 1),
    **dict.fromkeys(("-1", "reverse", "t", "tf", "backward", "反向", "逆向"), -1),
    **dict.fromkeys(("no", "false", "0", "b", "n", "both", "reversible", "alternating", "否", "双向"), 0),
})  # fmt: skip
"""What a column says of one way: 1 along the line, -1 against it, 0 both."""


@dataclass(frozen=True, slots=True)
class RoadNet:
    """``n`` junctions; road ``e`` leads from ``ends[e, 0]`` to ``ends[e, 1]`` over ``point[start[e] : start[e + 1]]``
    (degrees, both ends among them) at ``kmh``; where ``oneway`` only in this direction."""

    n: int
    ends: Ints
    start: Longs
    point: Floats
    kmh: npt.NDArray[np.float32]
    oneway: Bools

    def __len__(self) -> int:
        return len(self.kmh)

    @property
    def along(self) -> Floats:
        """For each point the metres from the beginning of its road."""
        step = np.concatenate((np.zeros(1), metres_between(self.point[:-1], self.point[1:])))
        step[self.start[:-1]] = 0.0
        total = np.cumsum(step)
        return total - np.repeat(total[self.start[:-1]], np.diff(self.start))


def metres_between(p: Floats, q: Floats) -> Floats:
    """Great-circle distances of the rows of two (n, 2) arrays of degrees (haversine, mean earth radius)."""
    a, b = np.radians(p), np.radians(q)
    half = np.sin((b - a) / 2) ** 2
    h = half[:, 1] + np.cos(a[:, 1]) * np.cos(b[:, 1]) * half[:, 0]
    metres: Floats = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))
    return metres
