"""The base map of the synthetic city: water, roads and relief, as sources of one tile archive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.boundaries.tiles import TileSource
from geodata.demo.cells import CellGraph
from geodata.demo.edges import Arcs, Ground
from geodata.demo.relief import elevation_bands
from geodata.demo.roads import Roads
from geodata.demo.terrain import Bools, Floats, Terrain

Lines = npt.NDArray[np.object_]
MIN_ZOOM, MAX_ZOOM = 4, 14
ARTERIALS_FROM = 9
HIGHWAYS_FROM = 6
STRAIGHTEN = 0.05  # plan units: bends of a highway below this are not drawn


@dataclass(frozen=True, slots=True)
class Basemap:
    """Geometries in WGS-84. ``relief`` has one multipolygon per height of ``relief.BANDS``, rising."""

    water: npt.NDArray[np.object_]
    highways: Lines
    arterials: Lines
    relief: npt.NDArray[np.object_]

    def sources(self) -> list[TileSource]:
        """The layers of the archive: ``relief`` (property band 1 …, rising), ``water``, ``highway``, ``arterial``."""
        count = np.arange(len(self.relief)) + 1
        return [
            TileSource("relief", self.relief, count.tolist(), {"band": [str(b) for b in count]}, MIN_ZOOM, 12),
            TileSource("water", self.water, list(range(len(self.water))), {}, MIN_ZOOM, MAX_ZOOM),
            TileSource("highway", self.highways, list(range(len(self.highways))), {}, HIGHWAYS_FROM, MAX_ZOOM),
            TileSource("arterial", self.arterials, list(range(len(self.arterials))), {}, ARTERIALS_FROM, MAX_ZOOM),
        ]


def draw_basemap(graph: CellGraph, terrain: Terrain, roads: Roads, arcs: Arcs, ground: Ground) -> Basemap:
    """Water, roads and relief in longitude and latitude."""
    highways = shapely.simplify(road_lines(arcs, roads.highway), STRAIGHTEN)
    rounded = np.array([shapely.linestrings(_rounded(shapely.get_coordinates(x))) for x in highways], object)
    return Basemap(
        _on_earth(shapely.get_parts(terrain.water), ground),
        _on_earth(rounded, ground),
        _on_earth(road_lines(arcs, roads.arterial), ground),
        _on_earth(elevation_bands(terrain), ground),
    )


def road_lines(arcs: Arcs, used: Bools) -> Lines:
    """The edges of a network merged into lines from junction to junction, in plan units."""
    edges = np.flatnonzero(used)
    count = arcs.start[edges + 1] - arcs.start[edges]
    owner = np.repeat(np.arange(len(edges)), count)
    index = np.arange(count.sum()) - np.repeat(np.r_[0, np.cumsum(count)[:-1]], count) + arcs.start[edges][owner]
    return shapely.get_parts(
        shapely.line_merge(shapely.multilinestrings(shapely.linestrings(arcs.points[index], indices=owner)))
    )


def _rounded(line: Floats) -> Floats:
    """The line with its corners cut twice; both ends stay."""
    for _ in range(2):
        cut = np.stack([0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]], 1).reshape(-1, 2)
        line = np.concatenate([line[:1], cut, line[-1:]])
    return line


def _on_earth(geometries: npt.NDArray[np.object_], ground: Ground) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.transform(geometries, ground.lonlat), object)

