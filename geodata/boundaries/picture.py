"""A picture of areas for paper: their outlines as SVG paths in whole units, north up, edges that neighbours share drawn
the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely

WIDTH, HEIGHT_MAX, HEIGHT_MIN, EDGE = 7_200, 5_600, 2_000, 60
"""In tenths of a point of the finest print; the map is as high as its areas are, within bounds."""
TOLERANCE = 9.0
COVERAGE_MAX = 2_000
"""Up to so many areas are simplified together."""


class Drawn(NamedTuple):
    """An outline: its path, the middle of its largest circle and the radius of that. Units as WIDTH."""

    path: str
    x: int
    y: int
    r: int


def picture(wkb: Sequence[bytes]) -> tuple[tuple[int, int], list[Drawn]]:
    """((width, height), an outline for each polygon in WGS-84). Distances are true in the middle of the picture;
    without polygons it is empty."""
    shapes = shapely.from_wkb(list(wkb))
    if not len(shapes):
        return (WIDTH, HEIGHT_MIN), []
    west, south, east, north = shapely.total_bounds(shapes)
    wide = np.cos(np.radians((south + north) / 2))
    across, down = max((east - west) * wide, 1e-9), max(north - south, 1e-9)
    scale = min((WIDTH - 2 * EDGE) / across, (HEIGHT_MAX - 2 * EDGE) / down)
    height = int(max(HEIGHT_MIN, round(down * scale + 2 * EDGE)))
    left, top = (WIDTH - across * scale) / 2, (height - down * scale) / 2
    placed = shapely.transform(
        shapes, lambda p: np.column_stack((left + (p[:, 0] - west) * wide * scale, top + (north - p[:, 1]) * scale))
    )
    thin = _thin(placed)
    return (WIDTH, height), [_drawn(fine, whole) for fine, whole in zip(thin, placed, strict=True)]


def _thin(shapes: np.ndarray) -> np.ndarray:
    if len(shapes) <= COVERAGE_MAX and not shapely.is_missing(shapes).any():
        thin = shapely.coverage_simplify(shapes, TOLERANCE)
        return np.where(shapely.is_empty(thin), shapes, thin)
    return np.asarray(shapely.simplify(shapes, TOLERANCE), object)


def _drawn(shape: shapely.Geometry, whole: shapely.Geometry) -> Drawn:
    rings = [ring for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)
             for ring in (part.exterior, *part.interiors)]  # fmt: skip
    path = "".join(_ring(np.rint(shapely.get_coordinates(ring)).astype(int)) for ring in rings)
    (circle,) = shapely.maximum_inscribed_circle([whole], 10.0)
    (x, y), r = shapely.get_coordinates(circle)[0], shapely.length(circle)
    return Drawn(path, round(x), round(y), round(float(r)))


def _ring(points: np.ndarray) -> str:
    """Relative steps after the first point; points that fall on the one before are left out."""
    moves = np.diff(points, axis=0)
    steps = [f"{dx} {dy}" for dx, dy in moves[:-1].tolist() if dx or dy]
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}z" if steps else ""
