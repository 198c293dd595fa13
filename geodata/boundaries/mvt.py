"""Vector tiles (MVT 2.1) encoded with numpy: one pass over all pieces of many tiles, not one call per feature.

Geometries are in Web Mercator scaled to the unit square, y down (``mercator``). A *piece* is what is left of one
feature inside one tile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.domain.areas import Floats

EXTENT = 4096
BUFFER = 64
LAT_MAX = 85.05112878
LINE, POLYGON = 2, 3
"""The geometry types of the MVT specification that are written."""

Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]


def mercator(lonlat: Floats) -> Floats:
    """(n, 2) degrees → (n, 2) in the unit square of Web Mercator, y down."""
    sine = np.sin(np.radians(np.clip(lonlat[:, 1], -LAT_MAX, LAT_MAX)))
    return np.column_stack((lonlat[:, 0] / 360 + 0.5, 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)))


@dataclass(frozen=True, slots=True)
class TilePieces:
    """The pieces of one layer in tile (x, y): ``feature[i]`` is the index of the feature that ``geometry[i]`` is of."""

    x: int
    y: int
    feature: Longs
    geometry: Geometries


def split(geometries: Geometries, zoom: int) -> Iterator[TilePieces]:
    """Cut unit-square geometries into the tiles of ``zoom`` by halving: each vertex is touched log(tiles) times.

    Tiles come in no particular order; a tile without pieces does not come.
    """
    feature = np.flatnonzero(~(shapely.is_missing(geometries) | shapely.is_empty(geometries)))
    if not len(feature):
        return
    now = geometries[feature]
    n, edge = 2**zoom, BUFFER / EXTENT
    west, north, east, south = shapely.total_bounds(now) * n
    first = [int(np.clip(np.floor(v - edge), 0, n - 1)) for v in (west, north)]
    last = [int(np.clip(np.floor(v + edge), 0, n - 1)) for v in (east, south)]
    stack = [(first[0], first[1], last[0], last[1], feature, now)]
    while stack:
        x0, y0, x1, y1, feature, now = stack.pop()
        box = ((x0 - edge) / n, (y0 - edge) / n, (x1 + 1 + edge) / n, (y1 + 1 + edge) / n)
        feature, now = _within(feature, now, box)
        if not len(feature):
            continue
        if x0 == x1 and y0 == y1:
            yield TilePieces(x0, y0, feature, now)
        elif x1 - x0 >= y1 - y0:
            middle = (x0 + x1) // 2
            stack += [(x0, y0, middle, y1, feature, now), (middle + 1, y0, x1, y1, feature, now)]
        else:
            middle = (y0 + y1) // 2
            stack += [(x0, y0, x1, middle, feature, now), (x0, middle + 1, x1, y1, feature, now)]


def _within(
    feature: Longs, geometries: Geometries, box: tuple[float, float, float, float]
) -> tuple[Longs, Geometries]:
    """The geometries that meet the box, those that cross its border clipped to it."""
    west, north, east, south = box
    b = shapely.bounds(geometries)
    meets = (b[:, 0] <= east) & (b[:, 2] >= west) & (b[:, 1] <= south) & (b[:, 3] >= north)
    crosses = meets & ((b[:, 0] < west) | (b[:, 2] > east) | (b[:, 1] < north) | (b[:, 3] > south))
    if crosses.any():
        geometries = geometries.copy()
        geometries[crosses] = shapely.clip_by_rect(geometries[crosses], west, north, east, south)
        meets[crosses] = ~shapely.is_empty(geometries[crosses])
    return (feature, geometries) if meets.all() else (feature[meets], geometries[meets])


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL = tuple(_varint(i) for i in range(1 << 14))


def varint(value: int) -> bytes:
    """One protobuf varint."""
    return _SMALL[value] if value < 1 << 14 else _varint(value)


def _varints(values: Longs) -> tuple[bytes, Longs]:
    """All varints one after another, and the byte offset of each (one more at the end)."""
    unsigned = values.astype(np.uint64)
    size = np.ones(len(values), np.int64)
    for bits in (7, 14, 21, 28):
        size += unsigned >= 1 << bits
    offset = np.concatenate(([0], np.cumsum(size)))
    out = np.empty(offset[-1], np.uint8)
    for k in range(int(size.max(initial=0))):
        has = size > k
        byte = ((unsigned[has] >> np.uint64(7 * k)) & np.uint64(127)).astype(np.uint8)
        out[offset[:-1][has] + k] = byte | ((size[has] > k + 1).astype(np.uint8) << 7)
    return out.tobytes(), offset


@dataclass(frozen=True, slots=True)
class _Paths:
    """Rings or lines in tile units: path p has the rows ``[start[p], start[p] + n[p])`` and is of ``piece[p]``."""

    points: Longs
    start: Longs
    n: Longs
    piece: Longs


def _quantise(paths: Geometries, piece: Longs, tile: Longs, zoom: int) -> tuple[Longs, Longs]:
    """Points in tile units without repeats, and the path of each. ``tile`` is (pieces, 2)."""
    xy, path = shapely.get_coordinates(paths, return_index=True)
    points = np.rint((xy * 2.0**zoom - tile[piece[path]]) * EXTENT).astype(np.int64)
    keep = np.ones(len(points), bool)
    keep[1:] = (points[1:] != points[:-1]).any(axis=1) | (path[1:] != path[:-1])
    return points[keep], path[keep].astype(np.int64)


def _rows(path: Longs, count: int) -> tuple[Longs, Longs]:
    """First row and number of rows of each path, for rows sorted by path."""
    n = np.bincount(path, minlength=count).astype(np.int64)
    return np.concatenate(([0], np.cumsum(n)[:-1])).astype(np.int64), n


def _keep_paths(points: Longs, path: Longs, piece: Longs, good: Bools) -> _Paths:
    row = good[path]
    number = np.cumsum(good) - 1
    start, n = _rows(number[path[row]].astype(np.int64), int(good.sum()))
    return _Paths(points[row], start, n, piece[good])


def _rings(pieces: Geometries, tile: Longs, zoom: int) -> _Paths:
    """Exterior rings clockwise on screen, holes the other way; what collapses in tile units is left out."""
    parts, piece = shapely.get_parts(pieces, return_index=True)
    is_polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, part = shapely.get_rings(parts[is_polygon], return_index=True)
    piece = piece[is_polygon][part].astype(np.int64)
    exterior = np.ones(len(rings), bool)
    exterior[1:] = part[1:] != part[:-1]
    points, path = _quantise(rings, piece, tile, zoom)
    closing = np.ones(len(points), bool)
    closing[:-1] = path[1:] != path[:-1]
    points, path = points[~closing], path[~closing]
    start, n = _rows(path, len(rings))
    following = np.arange(1, len(points) + 1)
    some = n > 0
    following[(start + n - 1)[some]] = start[some]
    cross = points[:, 0] * points[following, 1] - points[following, 0] * points[:, 1]
    area = np.bincount(path, cross.astype(np.float64), minlength=len(rings))
    flip = np.where(exterior, area < 0, area > 0)[path]
    row = np.arange(len(points))
    points = points[np.where(flip, 2 * start[path] + n[path] - 1 - row, row)]
    good = (n >= 3) & (area != 0)
    # a hole without its exterior would be drawn as a polygon of its own
    good &= good[np.maximum.accumulate(np.where(exterior, np.arange(len(rings)), 0))] if len(rings) else good
    return _keep_paths(points, path, piece, good)


def _lines(pieces: Geometries, tile: Longs, zoom: int) -> _Paths:
    """Lines of at least two points."""
    parts, piece = shapely.get_parts(pieces, return_index=True)
    is_line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    piece = piece[is_line].astype(np.int64)
    points, path = _quantise(parts[is_line], piece, tile, zoom)
    _, n = _rows(path, len(piece))
    return _keep_paths(points, path, piece, n >= 2)


def encode_geometries(pieces: Geometries, tile: Longs, zoom: int, kind: int) -> tuple[bytes, Longs, Longs]:
    """The geometry field of each piece: (all bytes, piece numbers that are not empty, offsets of those plus the end).

    ``tile`` is (pieces, 2): x and y of each piece's tile. ``kind`` is LINE or POLYGON.
    """
    closed = kind == POLYGON
    p = (_rings if closed else _lines)(pieces, tile, zoom)
    if not len(p.n):
        return b"", np.empty(0, np.int64), np.zeros(1, np.int64)
    new = np.ones(len(p.piece), bool)
    new[1:] = p.piece[1:] != p.piece[:-1]
    # the cursor runs on over the paths of one piece and starts at the tile's corner for the next
    delta = np.empty_like(p.points)
    delta[0] = p.points[0]
    delta[1:] = p.points[1:] - p.points[:-1]
    delta[p.start[new]] = p.points[p.start[new]]
    zigzag = (delta << 1) ^ (delta >> 63)
    # per path: MoveTo(1) dx dy, LineTo(n - 1) and its pairs, ClosePath for rings
    length = 2 * p.n + (3 if closed else 2)
    begin = np.concatenate(([0], np.cumsum(length)))
    stream = np.empty(begin[-1], np.int64)
    stream[begin[:-1]] = 9
    stream[begin[:-1] + 3] = (p.n - 1) << 3 | 2
    if closed:
        stream[begin[1:] - 1] = 15
    path = np.repeat(np.arange(len(p.n)), p.n)
    k = np.arange(len(p.points)) - p.start[path]
    at = begin[path] + np.where(k == 0, 1, 2 * k + 2)
    stream[at], stream[at + 1] = zigzag[:, 0], zigzag[:, 1]
    data, offset = _varints(stream)
    return data, p.piece[new], offset[np.append(begin[:-1][new], begin[-1])]


class Attributes:
    """The ids and text properties of one layer's features, ready to be written into tiles."""

    __slots__ = ("heads", "keys", "name", "values")

    def __init__(self, name: str, ids: Sequence[int], properties: dict[str, list[str]]) -> None:
        """``properties``: key → one text per feature; an empty text is left out."""
        self.name = name.encode()
        self.heads = [b"\x08" + varint(i) for i in ids]
        self.keys = [key.encode() for key in properties]
        self.values = [[_value(v) if v else b"" for v in column] for column in properties.values()]

    def layer(self, kind: int, features: Sequence[int], geometries: Sequence[bytes]) -> bytes:
        """One layer of one tile."""
        table: dict[bytes, int] = {}
        out = [b"\x0a" + varint(len(self.name)) + self.name]
        for f, geometry in zip(features, geometries, strict=True):
            tags = b"".join(
                varint(k) + varint(table.setdefault(column[f], len(table)))
                for k, column in enumerate(self.values)
                if column[f]
            )
            body = b"".join((
                self.heads[f], b"\x12" + varint(len(tags)) + tags if tags else b"",
                b"\x18", varint(kind), b"\x22", varint(len(geometry)), geometry,
            ))  # fmt: skip
            out.append(b"\x12" + varint(len(body)) + body)
        out += [b"\x1a" + varint(len(key)) + key for key in self.keys]
        out += [b"\x22" + varint(len(value)) + value for value in table]
        out.append(b"\x28" + varint(EXTENT) + b"\x78\x02")
        layer = b"".join(out)
        return b"\x1a" + varint(len(layer)) + layer


def _value(text: str) -> bytes:
    raw = text.encode()
    return b"\x0a" + varint(len(raw)) + raw
