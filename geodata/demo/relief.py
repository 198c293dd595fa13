"""Relief as elevation bands: the areas above each of a few heights, from the terrain's height field."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geodata.demo.terrain import FADED, Floats, Terrain

BANDS = (0.20, 0.34, 0.46, 0.58, 0.70)
STEPS = 256
HALF = 130.0
SMALLEST = 1.5  # plan units²; smaller knolls are left out
TOLERANCE = 0.08


def elevation_bands(terrain: Terrain) -> npt.NDArray[np.object_]:
    """For each height of ``BANDS`` the polygons above it, in plan units; higher ones lie inside lower ones."""
    x = np.linspace(-HALF, HALF, STEPS)
    p = np.stack(np.meshgrid(x, x), -1)
    flat = p.reshape(-1, 2)
    near = np.flatnonzero(terrain.edge_ratio(flat) < FADED)
    height = np.zeros((STEPS, STEPS))
    height.flat[near] = terrain.height(flat[near])
    height[[0, -1]] = height[:, [0, -1]] = -1.0  # every contour closes
    return np.array([_above(p, height, level) for level in BANDS], object)


def _above(p: Floats, height: Floats, level: float) -> shapely.Geometry:
    """What lies above a height: contour lines through the triangles of the raster, assembled by even and odd."""
    a, b, c, d = _corners(p, height)
    lines = np.concatenate([_contour((a, b, c), level), _contour((a, c, d), level)])
    area = shapely.build_area(shapely.multilinestrings(np.asarray(shapely.linestrings(lines), object)))
    parts = shapely.get_parts(area)
    parts = parts[shapely.area(parts) > SMALLEST]
    rounded = shapely.simplify(np.array([_rounded(part) for part in parts], object), TOLERANCE)
    return shapely.MultiPolygon(list(shapely.get_parts(rounded)))


def _corners(p: Floats, height: Floats) -> list[Floats]:
    """(n, 3) x, y and height of the four corners of each raster cell, counter-clockwise."""
    z = np.concatenate([p, height[..., None]], -1)
    return [s.reshape(-1, 3) for s in (z[:-1, :-1], z[:-1, 1:], z[1:, 1:], z[1:, :-1])]


def _contour(triangle: tuple[Floats, Floats, Floats], level: float) -> Floats:
    """(m, 2, 2) the piece of the contour line in each triangle that it passes."""
    above = np.stack([t[:, 2] >= level for t in triangle], 1)
    count = above.sum(1)
    some = (count == 1) | (count == 2)
    odd = np.where(count == 1, above.argmax(1), above.argmin(1))[some]  # the corner alone on its side
    corners = np.stack(triangle, 1)[some]
    rows = np.arange(len(odd))
    alone = corners[rows, odd]
    ends = [_crossing(alone, corners[rows, (odd + k) % 3], level) for k in (1, 2)]
    pieces = np.stack(ends, 1)
    return np.asarray(pieces[(pieces[:, 0] != pieces[:, 1]).any(1)], np.float64)


def _crossing(a: Floats, b: Floats, level: float) -> Floats:
    """Where the side between two corners passes the level; the same to the bit from both its triangles."""
    low = np.where((a[:, 2] < b[:, 2])[:, None], a, b)
    high = np.where((a[:, 2] < b[:, 2])[:, None], b, a)
    t = (level - low[:, 2]) / (high[:, 2] - low[:, 2])
    return np.asarray(low[:, :2] + t[:, None] * (high[:, :2] - low[:, :2]), np.float64)


def _rounded(polygon: shapely.Polygon) -> shapely.Geometry:
    """The polygon with its corners cut twice (Chaikin), which keeps it inside its own band."""
    holes = [_chaikin(h) for h in polygon.interiors if shapely.Polygon(h).area > SMALLEST]
    return shapely.make_valid(shapely.Polygon(_chaikin(polygon.exterior), holes))


def _chaikin(ring: shapely.LinearRing) -> Floats:
    p = shapely.get_coordinates(ring)[:-1]
    for _ in range(2):
        q = np.roll(p, -1, axis=0)
        p = np.stack([0.75 * p + 0.25 * q, 0.25 * p + 0.75 * q], 1).reshape(-1, 2)
    return np.asarray(p, np.float64)
