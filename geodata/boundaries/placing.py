"""Placing: which area a coordinate belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geodata.domain.areas import AreaTree, Floats, Ints
from geodata.store import areas
from geodata.store.engine import Store

PREPARED_FROM = 100
"""Polygons with as many points are indexed inside, too; for smaller ones that costs more than it saves."""


class Placed(NamedTuple):
    """For each point the ordinal of the deepest area that contains it, and whether any does.

    A point outside the city, or without coordinates, has ordinal 0 and ``inside`` False: it is unplaced.
    """

    ordinal: Ints
    inside: npt.NDArray[np.bool_]


class _Index:
    """Polygons in the order of the areas' ids, so that the lowest id wins on a shared edge."""

    def __init__(self, tree: AreaTree, ids: Sequence[int], polygons: npt.NDArray[np.object_]) -> None:
        order = np.argsort(np.asarray(ids))
        self.polygons = polygons[order]
        self.ordinal: Ints = np.array([tree.ordinal_by_id[int(ids[i])] for i in order], np.int32)
        shapely.prepare(self.polygons[shapely.get_num_coordinates(self.polygons) >= PREPARED_FROM])
        self.tree = shapely.STRtree(self.polygons)

    def pairs(self, lon: Floats, lat: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """(points, polygons) that meet."""
        point, polygon = self.tree.query(shapely.points(lon, lat))
        meets = shapely.intersects_xy(self.polygons[polygon], lon[point], lat[point])
        return point[meets], polygon[meets]


class Placer:
    """Places WGS-84 coordinates: the leaf that contains them, else the deepest area that does.

    Where areas touch, the one with the lowest id takes the edge.
    """

    def __init__(
        self,
        tree: AreaTree,
        ids: Sequence[int],
        polygons: npt.NDArray[np.object_],
        *,
        parents: Callable[[], tuple[Sequence[int], npt.NDArray[np.object_]]] | None = None,
    ) -> None:
        """``ids`` and ``polygons`` of all areas, or of the leaves only and ``parents`` to ask for the others later."""
        leaf = np.array([tree.is_leaf(tree.ordinal_by_id[int(i)]) for i in ids], bool)
        number = np.asarray(ids)
        self.tree = tree
        self._leaves = _Index(tree, number[leaf].tolist(), polygons[leaf])
        self._ask = parents or (lambda: (number[~leaf].tolist(), polygons[~leaf]))
        self._parents: _Index | None = None

    @classmethod
    def load(cls, store: Store, tree: AreaTree) -> Placer:
        """A placer for the areas in force; the polygons of upper levels are read when a point first needs them."""
        with store.read() as conn:
            ids, wkb = areas.polygons(conn, "leaves")

        def parents() -> tuple[Sequence[int], npt.NDArray[np.object_]]:
            with store.read() as conn:
                upper, shapes = areas.polygons(conn, "parents")
            return upper, shapely.from_wkb(shapes)

        return cls(tree, ids, shapely.from_wkb(wkb), parents=parents)

    def place(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Placed:
        """Place points given as two arrays of degrees of equal length; NaN means: no coordinates."""
        x, y = np.atleast_1d(np.asarray(lon, np.float64)), np.atleast_1d(np.asarray(lat, np.float64))
        found: Ints = np.full(len(x), -1, np.int32)
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        point, polygon = self._leaves.pairs(x[known], y[known])
        lowest = np.full(len(known), len(self._leaves.ordinal), np.int64)
        np.minimum.at(lowest, point, polygon)
        hit = lowest < len(self._leaves.ordinal)
        found[known[hit]] = self._leaves.ordinal[lowest[hit]]
        left = known[~hit]
        if len(left):
            found[left] = self._deepest_above(x[left], y[left])
        return Placed(np.maximum(found, 0), found >= 0)

    def _deepest_above(self, x: Floats, y: Floats) -> Ints:
        """The deepest area with areas below it that contains each point, −1 for none."""
        if self._parents is None:
            self._parents = _Index(self.tree, *self._ask())
        index = self._parents
        point, polygon = index.pairs(x, y)
        order = np.lexsort((polygon, -self.tree.depth[index.ordinal[polygon]], point))
        point, polygon = point[order], polygon[order]
        first = np.ones(len(point), bool)
        first[1:] = point[1:] != point[:-1]
        out: Ints = np.full(len(x), -1, np.int32)
        out[point[first]] = index.ordinal[polygon[first]]
        return out
