"""What a map needs of the areas beside their polygons: outlines, label points, initials, and at which zooms to show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
from pypinyin import Style, lazy_pinyin

from geodata.boundaries.areaset import AreaSet
from geodata.boundaries.mvt import Geometries, mercator
from geodata.boundaries.tiles import TILE_PX, TileSource, simplified
from geodata.domain.areas import Floats

OUTLINE_STEPS = 2000
"""An outline is as fine as one part in so many of the area above it: about a pixel of a screen that it fills."""
LEVEL_PX, ROOT_PX = 24.0, 16.0
"""A level is shown from the zoom on at which its areas are so large on screen."""
ZOOM_DEEPEST, ZOOM_FINE, ZOOM_USUAL = 16, 12, 14
INSCRIBED_MAX = 15_000
"""Up to so many areas per level get the middle of their largest circle for a label point, beyond any inner point."""
INITIALS_MAX = 64
WORD = re.compile(r"[^\W\d_]+")
NUMBERS = re.compile(r"(\d+)")


def outlines(areas: AreaSet) -> Geometries:
    """Every area simplified together with its level, so that shared edges stay shared."""
    out = areas.polygon.copy()
    extent = np.ptp(shapely.bounds(areas.polygon).reshape(-1, 2, 2), axis=1).max(axis=1)
    for depth in range(len(areas.levels)):
        rows = areas.rows(depth)
        seen = extent[np.maximum(areas.parent[rows], 0)]
        thin = simplified(areas.polygon[rows], float(np.median(seen)) / OUTLINE_STEPS, coverage=True)
        good = shapely.is_valid(thin) & ~shapely.is_empty(thin)
        out[rows[good]] = thin[good]
    return out


def label_points(areas: AreaSet, outline: Geometries) -> Floats:
    """(n, 2) a point well inside each area."""
    points = shapely.point_on_surface(areas.polygon)
    for depth in range(len(areas.levels)):
        rows = areas.rows(depth)
        if len(rows) <= INSCRIBED_MAX:
            tolerance = np.sqrt(shapely.area(outline[rows])) / 50
            radius = shapely.maximum_inscribed_circle(outline[rows], tolerance)
            centre = shapely.get_point(radius, 0)
            inside = shapely.contains(areas.polygon[rows], centre)
            points[rows[inside]] = centre[inside]
    return shapely.get_coordinates(points)


def initials(name: str) -> str:
    """What one types to find a name: pinyin initials, of other words the first letters, and numbers whole."""
    return "".join(map(_initials, NUMBERS.split(name))).casefold()[:INITIALS_MAX]


@lru_cache(maxsize=100_000)
def _initials(text: str) -> str:
    # numbers stand apart, so that 第1网格 to 第999网格 are looked up once
    return text if text.isdigit() else "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors=_first_letters))


def _first_letters(text: str) -> str:
    return "".join(word[0] for word in WORD.findall(text))


def zooms(areas: AreaSet) -> tuple[list[int], int]:
    """(the first zoom of each level, the last zoom of the archive), from the size of the areas on screen."""
    first: list[int] = []
    for depth in range(len(areas.levels)):
        corners = shapely.bounds(areas.polygon[areas.rows(depth)]).reshape(-1, 2)
        sides = np.abs(np.diff(mercator(corners).reshape(-1, 2, 2), axis=1)).reshape(-1, 2)
        size = float(np.median(np.sqrt(np.maximum(sides.prod(axis=1), 1e-18))))
        wanted = int(np.ceil(np.log2((LEVEL_PX if depth else ROOT_PX) / (TILE_PX * size))))
        first.append(int(np.clip(wanted, first[-1] if first else 0, ZOOM_DEEPEST)))
    return first, max(ZOOM_FINE, min(first[-1] + 2, ZOOM_USUAL), first[-1])


def tile_sources(areas: AreaSet, ids: Sequence[int]) -> list[TileSource]:
    """One layer per level, ``l0`` the city: features carry the area's id, and its code as their only property."""
    first, last = zooms(areas)
    sources = []
    for depth in range(len(areas.levels)):
        rows = areas.rows(depth).tolist()
        sources.append(
            TileSource(f"l{depth}", areas.polygon[rows], [ids[i] for i in rows],
                       {"code": [areas.code[i] for i in rows]}, first[depth], last, coverage=True, yields=depth > 0)
        )  # fmt: skip
    return sources
