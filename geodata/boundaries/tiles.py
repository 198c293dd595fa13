"""Building one PMTiles archive of vector tiles: the areas of a city, or a base map."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from geodata.boundaries.mvt import (
    LINE,
    POLYGON,
    Attributes,
    Geometries,
    Longs,
    TilePieces,
    encode_geometries,
    mercator,
    split,
)

TILE_MAX_BYTES = 200_000
TILE_PX = 512
VERTICES_AT_ONCE = 400_000
COARSE_PX, FINE_PX = 1.0, 0.25
"""Simplification tolerance in screen pixels below the last zoom, and at it (the client enlarges from there)."""
WORTH = 4.0
"""Simplifying pays only while the points stand closer than this many tolerances (it takes 5 s for 66,000 areas)."""

Advance = Callable[[int, int], None]


class TileError(ValueError):
    """The geometries cannot be made into tiles; the message says which layer and why."""


@dataclass(frozen=True)
class TileSource:
    """One layer of the archive: WGS-84 polygons or lines with integer ids and text properties.

    ``properties`` maps a key to one text per geometry. ``coverage`` keeps shared edges shared when simplifying.
    ``yields`` lets the builder raise ``min_zoom`` where a tile would be too heavy with this layer in it.
    """

    name: str
    geometries: Geometries
    ids: Sequence[int]
    properties: dict[str, list[str]] = field(default_factory=dict)
    min_zoom: int = 0
    max_zoom: int = 14
    coverage: bool = False
    yields: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """What was written: the zooms each layer is in, how many tiles, the largest in bytes, a hash of the content."""

    layers: dict[str, tuple[int, int]]
    tiles: int
    largest: int
    digest: str


@dataclass
class _Layer:
    """A source on its way down from the last zoom to the first: each zoom is simplified from the one below it."""

    source: TileSource
    kind: int
    unit: Geometries
    attributes: Attributes
    min_zoom: int

    def at(self, zoom: int, last: bool) -> Geometries:
        """The geometries for this zoom, in the unit square."""
        tolerance = (FINE_PX if last else COARSE_PX) / (TILE_PX * 2.0**zoom)
        self.unit = simplified(self.unit, tolerance, coverage=self.source.coverage)
        return self.unit


def simplified(geometries: Geometries, tolerance: float, *, coverage: bool) -> Geometries:
    """Simplify by ``tolerance`` (units of the geometries) where that would leave out a noticeable share of the points.

    With ``coverage`` shared edges stay shared.
    """
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    step = np.hypot(*(xy[1:] - xy[:-1]).T)[owner[1:] == owner[:-1]]
    if not len(step) or float(np.median(step)) > WORTH * tolerance:
        return geometries
    if coverage:
        return np.asarray(shapely.coverage_simplify(geometries, tolerance), object)
    return np.asarray(shapely.simplify(geometries, tolerance), object)


def build_archive(
    path: Path, sources: Sequence[TileSource], *, attribution: str = "", advance: Advance | None = None
) -> Archive:
    """Write ``path`` (replacing it) and say what is in it; raise TileError for sources that cannot be drawn.

    Zooms run from the smallest ``min_zoom`` to the largest ``max_zoom`` of the sources. ``advance`` is called with
    (zooms done, zooms in all).
    """
    layers = [_layer(s) for s in sources]
    first, last = min(s.min_zoom for s in sources), max(s.max_zoom for s in sources)
    tiles: dict[int, bytes] = {}
    for done, zoom in enumerate(range(last, first - 1, -1)):
        if advance:
            advance(done, last - first + 1)
        tiles |= _light_zoom([x for x in layers if x.min_zoom <= zoom <= x.source.max_zoom], zoom, zoom == last)
    if not tiles:
        raise TileError("there is nothing to draw: no geometry falls into a tile")
    zooms = {x.source.name: (x.min_zoom, x.source.max_zoom) for x in layers}
    bounds = shapely.total_bounds(np.concatenate([s.geometries for s in sources]))
    _write(path, tiles, zooms, [float(v) for v in bounds], attribution, layers)
    digest = hashlib.sha256(repr(sorted(zooms.items())).encode())
    for number in sorted(tiles):
        digest.update(number.to_bytes(8, "big") + tiles[number])
    if advance:
        advance(last - first + 1, last - first + 1)
    return Archive(zooms, len(tiles), max(map(len, tiles.values())), digest.hexdigest())


def _layer(source: TileSource) -> _Layer:
    dimensions = np.unique(shapely.get_dimensions(source.geometries))
    dimensions = dimensions[dimensions > 0]
    if len(dimensions) != 1:
        raise TileError(f"layer {source.name}: a layer holds either lines or polygons; found dimensions {dimensions}")
    kind = LINE if dimensions[0] == 1 else POLYGON
    unit = shapely.transform(shapely.force_2d(source.geometries), mercator)
    return _Layer(source, kind, unit, Attributes(source.name, source.ids, source.properties), source.min_zoom)


def _light_zoom(layers: list[_Layer], zoom: int, last: bool) -> dict[int, bytes]:
    """The tiles of one zoom, compressed; the deepest layer that may yield does so while a tile is too heavy."""
    encoded = [_encode_layer(x, x.at(zoom, last), zoom) for x in layers]
    while True:
        tiles: dict[int, list[bytes]] = {}
        for layer in encoded:
            for number, data in layer.items():
                tiles.setdefault(number, []).append(data)
        packed = {number: gzip.compress(b"".join(parts), 6, mtime=0) for number, parts in tiles.items()}
        heavy = max(map(len, packed.values()), default=0) > TILE_MAX_BYTES
        giving = [i for i, x in enumerate(layers) if x.source.yields and zoom < x.source.max_zoom]
        if not heavy or not giving:
            return packed
        layers[giving[-1]].min_zoom = zoom + 1
        del layers[giving[-1]], encoded[giving[-1]]


def _encode_layer(layer: _Layer, geometries: Geometries, zoom: int) -> dict[int, bytes]:
    out: dict[int, bytes] = {}
    waiting: list[TilePieces] = []
    vertices = 0
    for tile in split(geometries, zoom):
        waiting.append(tile)
        vertices += int(shapely.get_num_coordinates(tile.geometry).sum())
        if vertices > VERTICES_AT_ONCE:
            _encode_tiles(layer, waiting, zoom, out)
            waiting, vertices = [], 0
    if waiting:
        _encode_tiles(layer, waiting, zoom, out)
    return out


def _encode_tiles(layer: _Layer, tiles: list[TilePieces], zoom: int, out: dict[int, bytes]) -> None:
    pieces = np.concatenate([t.geometry for t in tiles])
    feature = np.concatenate([t.feature for t in tiles])
    count = np.array([len(t.feature) for t in tiles])
    owner: Longs = np.repeat(np.arange(len(tiles)), count)
    corner = np.array([(t.x, t.y) for t in tiles], np.int64)
    data, piece, offset = encode_geometries(pieces, corner[owner], zoom, layer.kind)
    cuts = np.searchsorted(owner[piece], np.arange(len(tiles) + 1)).tolist()
    features, offsets = feature[piece].tolist(), offset.tolist()
    for i, tile in enumerate(tiles):
        a, b = cuts[i], cuts[i + 1]
        if b > a:
            parts = [data[offsets[k] : offsets[k + 1]] for k in range(a, b)]
            out[zxy_to_tileid(zoom, tile.x, tile.y)] = layer.attributes.layer(layer.kind, features[a:b], parts)


def _write(
    path: Path, tiles: dict[int, bytes], zooms: dict[str, tuple[int, int]], bounds: list[float], attribution: str,
    layers: list[_Layer],
) -> None:  # fmt: skip
    west, south, east, north = (round(v * 1e7) for v in bounds)
    header = {
        "tile_type": TileType.MVT, "tile_compression": Compression.GZIP,
        "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
        "center_zoom": min(z for z, _ in zooms.values()),
        "center_lon_e7": (west + east) // 2, "center_lat_e7": (south + north) // 2,
    }  # fmt: skip
    described = [
        {
            "id": x.source.name,
            "fields": dict.fromkeys(x.source.properties, "String"),
            "minzoom": x.min_zoom,
            "maxzoom": x.source.max_zoom,
        }
        for x in layers
    ]
    with path.open("wb") as f:
        writer = Writer(f)
        for number in sorted(tiles):
            writer.write_tile(number, tiles[number])
        writer.finalize(header, {"vector_layers": described, "attribution": attribution})
        f.flush()
        os.fsync(f.fileno())  # what the database will say of it is on the disk, too
