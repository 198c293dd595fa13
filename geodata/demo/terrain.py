"""The land of an invented city: outline, where people live, height, water. Pure fields over a plan.

Plan coordinates run from −100 to 100 in both axes, x east and y north, whatever the size of the city;
``km_per_unit`` scales them to the ground only when longitudes and latitudes are written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

HALF = 100.0
NOISE_CELLS = 512
FADED = 1.22  # where the hills beyond the outline have come down to nothing, as a ratio to it
CORES = np.array([(0, 0), (9, 6), (-9, 8), (7, -10), (-8, -9)], float)
TOWNS = 60
TOWN_GAP = 9.0
# Way points of the rivers and their width at both ends; the first is the main stem, the others end on it.
MAIN_STEM = np.array(
    [(-125, 8), (-96, 22), (-66, 23), (-38, 7), (-17, -4), (0, 2.5), (16, 9), (36, 3), (58, -19), (84, -16),
     (125, -24)],
    float,
)
TRIBUTARIES = (
    np.array([(22, 125), (27, 88), (13, 62), (18, 38), (7, 20)], float),
    np.array([(-18, -125), (-21, -86), (-36, -54), (-28, -26)], float),
    np.array([(108, 84), (78, 58), (70, 30), (58, 8)], float),
)
JOINS = (np.array([8.0, 6.0]), np.array([-24.0, -1.0]), np.array([52.0, -12.0]))
WIDTHS = ((0.75, 1.5), (0.30, 0.62), (0.26, 0.55), (0.22, 0.48))
LAKE = (-19.0, 17.0, 2.6, 1.5)


@dataclass(frozen=True, slots=True)
class Noise:
    """A random field over the plan, read between its cells."""

    cells: Floats

    def __call__(self, p: Floats) -> Floats:
        """(n,) the field at points (n, 2)."""
        at = [(p[:, k] / HALF * 0.4 + 0.5) * NOISE_CELLS for k in (1, 0)]
        return np.asarray(map_coordinates(self.cells, at, order=1, mode="grid-wrap"), np.float64)


@dataclass(frozen=True, slots=True)
class River:
    """A river's centre line (n, 2) in flow direction and its full width (n,), both in plan units."""

    line: Floats
    width: Floats


@dataclass(frozen=True, slots=True)
class Terrain:
    """The fields from which the city grows. Every field takes points (n, 2) and gives (n,)."""

    seed: int
    broad: Noise
    medium: Noise
    fine: Noise
    towns: Floats
    town_weight: Floats
    rivers: tuple[River, ...]
    lake: shapely.Polygon
    water: shapely.Geometry

    def edge_ratio(self, p: Floats) -> Floats:
        """Distance from the centre over the outline's radius in that direction: below 1 is inside the city."""
        angle = np.arctan2(p[:, 1], p[:, 0])
        ring = np.c_[np.cos(angle), np.sin(angle)] * 60
        radius = HALF * (0.80 + 0.09 * self.broad(ring) + 0.045 * self.medium(ring) + 0.012 * self.fine(ring))
        return np.hypot(p[:, 0], p[:, 1] * 1.12) / np.maximum(radius, 30)

    def density(self, p: Floats) -> Floats:
        """How densely people live: a rural floor that follows the valleys, the core, its four sub-cores, the towns."""
        d = 0.10 * np.exp(0.55 * self.medium(p))
        d += 9 * np.exp(-(p**2).sum(1) / (2 * 6.5**2))
        for core in CORES[1:]:
            d += 4 * np.exp(-((p - core) ** 2).sum(1) / (2 * 3.2**2))
        if len(self.towns):
            near = cKDTree(p)
            for town, weight in zip(self.towns, self.town_weight, strict=True):
                around = np.asarray(near.query_ball_point(town, 20.0), np.int64)
                r2 = ((p[around] - town) ** 2).sum(1)
                d[around] += weight * (3.2 * np.exp(-r2 / (2 * 1.5**2)) + 0.25 * np.exp(-r2 / (2 * 6**2)))
        return d

    def in_water(self, p: Floats) -> Bools:
        """Whether a point lies in a river or the lake."""
        return np.asarray(shapely.contains_xy(self.water, p[:, 0], p[:, 1]), bool)

    def height(self, p: Floats) -> Floats:
        """Height in no unit, about 0 in the valleys to 1 on the ridges; it fades out beyond the city."""
        crest = 0.8 - np.abs(self.fine(p * 0.55))  # long ridges where the field passes zero
        ridge = np.clip(0.46 + 0.15 * self.medium(p) + 0.09 * self.broad(p) + 0.22 * crest, 0, None)
        far = np.clip(np.hypot(p[:, 0], p[:, 1]) / HALF, 0, 1)
        valley = np.ones(len(p))
        for river in self.rivers:
            away, _ = cKDTree(river.line[::5]).query(p)
            valley = np.minimum(valley, 1 - np.exp(-((away / 7.0) ** 1.3)))
        lowland = 1 - 0.9 * np.exp(-(p**2).sum(1) / (2 * 15.0**2))
        fade = np.clip((FADED - self.edge_ratio(p)) / (FADED - 1), 0, 1)
        return np.asarray(ridge * (0.45 + 0.75 * far) * (0.25 + 0.75 * valley) * lowland * fade, np.float64)


def noise_field(rng: np.random.Generator, sigma: float) -> Noise:
    """A smooth random field of zero mean and unit variance that repeats far outside the plan."""
    z = gaussian_filter(rng.standard_normal((NOISE_CELLS, NOISE_CELLS)), sigma, mode="wrap")
    return Noise(z / z.std())


def _curve(points: Floats, rng: np.random.Generator, step: float = 0.1) -> Floats:
    """A smooth curve through the points, with meanders that die out at both ends; a point each ``step``."""
    t = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T) ** 0.5)]
    spline = CubicSpline(t, points)
    fine = spline(np.linspace(0, t[-1], 4000))
    s = np.r_[0, np.cumsum(np.hypot(*np.diff(fine, axis=0).T))]
    n = int(s[-1] / step)
    q = np.linspace(0, s[-1], n)
    line = np.c_[np.interp(q, s, fine[:, 0]), np.interp(q, s, fine[:, 1])]
    tangent = np.gradient(line, axis=0)
    tangent /= np.hypot(*tangent.T)[:, None]
    sway = np.zeros(n)
    for wave, size in ((5.0, 1.7), (1.8, 0.45)):
        w = gaussian_filter1d(rng.standard_normal(n), wave / step)
        sway += size * w / w.std()
    sway *= np.clip(np.minimum(q, s[-1] - q) / 8, 0, 1)
    return np.asarray(line + sway[:, None] * np.c_[-tangent[:, 1], tangent[:, 0]], np.float64)


def _rivers(rng: np.random.Generator) -> tuple[River, ...]:
    rivers: list[River] = []
    for points, (source, mouth) in zip((MAIN_STEM, *TRIBUTARIES), WIDTHS, strict=True):
        way = points + rng.normal(0, 1.6, points.shape) * (np.arange(len(points)) > 0)[:, None]
        if rivers:
            main = rivers[0].line
            join = JOINS[len(rivers) - 1]
            way = np.r_[way, main[np.argmin(((main - join) ** 2).sum(1))][None]]
        line = _curve(way, rng)
        breath = gaussian_filter1d(rng.standard_normal(len(line)), 25)
        width = np.linspace(source, mouth, len(line)) * (1 + 0.16 * np.clip(breath / breath.std(), -2, 2))
        rivers.append(River(line, width))
    return tuple(rivers)


def _river_polygon(river: River) -> shapely.Geometry:
    """The water between both banks: a buffer that follows the width."""
    line, width = river.line[::3], river.width[::3]
    pieces = shapely.linestrings(np.stack([line[:-1], line[1:]], 1))
    return shapely.union_all(shapely.buffer(pieces, width[1:] / 2, quad_segs=5))


def _lake(rng: np.random.Generator) -> shapely.Polygon:
    x, y, long, short = LAKE
    a = np.linspace(0, 2 * np.pi, 181)[:-1]
    waves = sum(rng.normal(0, 0.35 / k**1.2) * np.cos(k * a + rng.uniform(0, 6.28)) for k in range(2, 12))
    r = 1 + 0.55 * np.asarray(waves)
    turn = np.radians(25)
    ex, ey = long * r * np.cos(a), short * r * np.sin(a)
    ring = np.c_[x + ex * np.cos(turn) - ey * np.sin(turn), y + ex * np.sin(turn) + ey * np.cos(turn)]
    return shapely.Polygon(ring)


def grow_terrain(seed: int, grids: int) -> Terrain:
    """The terrain of this seed. A smaller city has fewer towns, so that each still has streets of its own."""
    rng = np.random.default_rng([seed, 1])
    broad, medium, fine = (noise_field(rng, sigma) for sigma in (40, 14, 4))
    rivers = _rivers(rng)
    lake = _lake(rng)
    water = shapely.simplify(shapely.union_all([*(_river_polygon(r) for r in rivers), lake]), 0.01)
    shapely.prepare(water)
    wanted = max(4, min(TOWNS, grids // 1000))
    bare = Terrain(seed, broad, medium, fine, np.empty((0, 2)), np.empty(0), rivers, lake, water)
    places = rng.uniform(-HALF, HALF, (4000, 2))
    fit = (bare.edge_ratio(places) < 0.92) & (np.hypot(*places.T) > 16) & ~bare.in_water(places)
    towns: list[Floats] = []
    for q in places[fit]:
        if len(towns) < wanted and all(np.hypot(*(q - t)) > TOWN_GAP for t in towns):
            towns.append(q)
    weight = rng.lognormal(0, 0.6, len(towns))
    return Terrain(seed, broad, medium, fine, np.array(towns).reshape(-1, 2), weight, rivers, lake, water)
