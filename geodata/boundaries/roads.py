"""Importing roads: lines with their classes, checked, woven into a graph and put in place of the one before."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import shapely

from geodata.boundaries.crs import to_wgs84
from geodata.boundaries.datum import TO_WGS84, Datum
from geodata.boundaries.edition import Progress, silent
from geodata.boundaries.mvt import Geometries
from geodata.boundaries.opening import Opened, ReadError, choose, datasets, open_layer
from geodata.boundaries.reading import as_text, column_of, guessed
from geodata.boundaries.report import Report
from geodata.boundaries.weaving import SNAP_M, Woven, weave
from geodata.domain.roads import (
    CLASS_KMH,
    CLOSED,
    DEFAULT_KMH,
    DIRECTIONS,
    KMH_MAX,
    ONE_WAY_CLASSES,
    ROUNDABOUTS,
    Bools,
    Floats,
    Longs,
)
from geodata.store import roads
from geodata.store.areas import load_tree
from geodata.store.engine import Store

CLASS = ("highway", "fclass", "road_class", "roadclass", "class", "道路等级", "道路类型", "等级", "type")
ONE_WAY = ("oneway", "one_way", "dir_travel", "单行", "单行线", "通行方向")
SPEED = ("speed_kmh", "kmh", "speed", "行驶速度", "车速")
JUNCTION = ("junction",)
AROUND_DEG = 0.05
"""Roads within some 5 km around the city belong to it: ways lead over the border."""
MPH_KMH = 1.609344
NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?", re.IGNORECASE)
NAMED_MAX = 8
ODD_MAX = 0.05
"""A file with a few odd values is imported without them; with more of them the column is not the one that is meant."""
UNSAID = frozenset({"", "none", "unknown", "无", "未知"})
LINES = [shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RoadSource:
    """What the file does not say by itself. Empty texts: guess the column, or there is none."""

    road_class: str = ""
    oneway: str = ""
    speed: str = ""
    crs: str = ""
    datum: str = ""
    encoding: str = ""


@dataclass(slots=True)
class RoadReport:
    """What was read, left out and assumed, and how well the graph hangs together."""

    said: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    woven: Woven | None = None
    written: bool = False
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """For a terminal."""
        told = [*self.said, *(f"notice: {text}" for text in self.doubts)]
        if self.woven is not None:
            net = self.woven.net
            km = float(net.along[net.start[1:] - 1].sum()) / 1000
            told.append(f"{len(net):,} roads between {net.n:,} junctions, {km:,.0f} km")
            told.append(f"{self.woven.joined:,} loose ends joined to what lies within {SNAP_M:.0f} m")
            share = f"{100 * self.woven.largest:.1f} % of the length in the largest"
            told.append(f"{self.woven.parts:,} unconnected parts, {share}; units on others than the event's are "
                        "ranked as cut off")  # fmt: skip
        told.append(f"Imported in {self.seconds:.1f} s." if self.written else "Dry run; nothing was written.")
        return told


def import_roads(
    store: Store, file: str, source: RoadSource, *, dry_run: bool = False, progress: Progress = silent
) -> RoadReport:
    """Import the lines of a file (``city.gpkg#roads`` names a layer). Raises ReadError or PlaceError."""
    began = time.perf_counter()
    report = RoadReport()
    path, _, layer = file.partition("#")
    progress("read", 0, 1)
    if source.datum and source.datum not in TO_WGS84:
        raise ReadError(f"datum: {source.datum!r} is not known; possible: {', '.join(TO_WGS84)}")
    with datasets([Path(path)]) as found:
        opened = open_layer(choose(found, ""), layer, source.encoding, "Line")
    with store.read() as conn:
        box = load_tree(conn).areas[0].bbox
    lines, kmh, oneway = read_roads(opened, source, box, report)
    progress("read", 1, 1)
    progress("weave", 0, 1)
    report.woven = weave(lines, kmh, oneway)
    if not len(report.woven.net):
        raise ReadError(f"{opened.name}: geometry: none of {len(lines):,} lines has a length; a road leads from one "
                        "place to another")  # fmt: skip
    progress("weave", 1, 1)
    if not dry_run:
        progress("store", 0, 1)
        packed = roads.packed(report.woven.net)
        with store.begin() as conn:
            roads.put(conn, packed, at_ms=time.time_ns() // 1_000_000, actor="operator")
        report.written = True
        progress("store", 1, 1)
    report.seconds = time.perf_counter() - began
    return report


def read_roads(
    opened: Opened, source: RoadSource, box: tuple[float, float, float, float], report: RoadReport
) -> tuple[Geometries, Floats, Bools]:
    """(lines in WGS-84 in the direction of travel, km/h, whether one-way) of a layer that lie in or around a box."""
    frame, name = opened.frame, opened.name
    report.doubts += opened.assumptions
    columns = _columns(frame, name, source)
    told = ", ".join(f"{key} = {column}" for key, column in columns.items() if column) or "no columns used"
    report.said.append(f"{name}: {len(frame):,} rows, {source.crs or frame.crs or 'no CRS'}, {told}")
    classes, says, speeds, junctions = (_texts(frame, columns[key]) for key in columns)
    row = _keep(np.arange(len(frame)), _are_lines(frame, name), "that are no lines, left out", report)
    travelled = np.array([classes[i] not in CLOSED for i in row.tolist()], np.bool_)
    kept = _keep(row, travelled, "of classes on which nobody travels, left out", report)
    if not len(kept):
        raise ReadError(f"{name}: {columns['road_class']}: nobody travels on any of these classes: "
                        f"{', '.join(sorted(set(classes))[:NAMED_MAX])}")  # fmt: skip
    part, of = shapely.get_parts(np.asarray(frame.geometry.values, object)[kept], return_index=True)
    row = kept[of]
    place = _placed(part, frame, source, name, report)
    west, south, east, north = box
    low_x, low_y, high_x, high_y = shapely.bounds(place).T
    near = (low_x < east + AROUND_DEG) & (high_x > west - AROUND_DEG)
    near &= (low_y < north + AROUND_DEG) & (high_y > south - AROUND_DEG)
    if not near.any():
        found = ", ".join(f"{x:.3f}" for x in (low_x.min(), low_y.min(), high_x.max(), high_y.max()))
        city = ", ".join(f"{x:.3f}" for x in box)
        raise ReadError(f"{name}: geometry: the roads lie in {found}, not in the city's {city} (west, south, east, "
                        "north); is the CRS or the datum right (--crs, --datum)?")  # fmt: skip
    if (out := int((~near).sum())) > 0:
        report.doubts.append(f"{out:,} roads further than some 5 km outside the city, left out")
    place, row = place[near], row[near]
    used = set(row.tolist())
    directions = list(zip(says, classes, junctions, strict=True))
    direction = _each(row, _direction, directions, name, columns["oneway"], report)
    kmh = _each(row, _kmh, list(zip(speeds, classes, strict=True)), name, columns["speed"], report)
    _tell_classes([classes[i] for i in used if speeds[i] in UNSAID], name, bool(columns["road_class"]), report)
    way = np.array(direction, np.int64)
    place[way < 0] = shapely.reverse(place[way < 0])
    return place, np.array(kmh, np.float64), way != 0


def _columns(frame: gpd.GeoDataFrame, name: str, source: RoadSource) -> dict[str, str]:
    asked = {
        "road_class": (source.road_class, CLASS), "oneway": (source.oneway, ONE_WAY), "speed": (source.speed, SPEED),
        "junction": ("", JUNCTION),
    }  # fmt: skip
    return {
        key: column_of(frame, said, name) if said else guessed(frame, known, set())
        for key, (said, known) in asked.items()
    }


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    return [as_text(v).casefold() for v in frame[column]] if column else [""] * len(frame)


def _are_lines(frame: gpd.GeoDataFrame, name: str) -> Bools:
    """Which rows are lines. Raises ReadError where none is."""
    shapes = np.asarray(frame.geometry.values, object)
    lines: Bools = np.isin(shapely.get_type_id(shapes), LINES) & ~shapely.is_empty(shapes)
    if not lines.any():
        kinds = sorted({str(k) for k in frame.geometry.geom_type.dropna()}) or ["nothing"]
        raise ReadError(f"{name}: geometry: {', '.join(kinds)} found; roads are lines (LineString, MultiLineString)")
    return lines


def _keep(row: Longs, wanted: Bools, why: str, report: RoadReport) -> Longs:
    left = row[~wanted]
    if len(left):
        named = ", ".join(str(i + 1) for i in left[:NAMED_MAX].tolist())
        more = f" and {len(left) - NAMED_MAX:,} more" if len(left) > NAMED_MAX else ""
        report.doubts.append(f"{len(left):,} rows {why}: row {named}{more}")
    return row[wanted]


def _placed(part: Geometries, frame: gpd.GeoDataFrame, source: RoadSource, name: str, report: RoadReport) -> Geometries:
    heard = Report()
    datum: Datum = next((d for d in TO_WGS84 if d == source.datum), "wgs84")
    placed = to_wgs84(part, frame.crs, source.crs, datum, name, heard)
    report.doubts += [finding.text for finding in heard.findings]
    finite = np.isfinite(shapely.bounds(placed)).all(axis=1)
    if not finite.all():
        raise ReadError(f"{name}: geometry: {int((~finite).sum()):,} lines have coordinates that are no numbers")
    return placed


def _each(
    row: Longs, read: Callable[..., T], values: Sequence[tuple[str, ...]], name: str, column: str, report: RoadReport
) -> list[T]:
    """What the rows say, read once per different value; what cannot be read is told and taken for nothing said.

    Raises ReadError with the row, the column and the value when more than ODD_MAX of what is said cannot be read.
    """
    known: dict[tuple[str, ...], T] = {}
    odd: dict[tuple[str, ...], tuple[int, str]] = {}
    rows = row.tolist()
    for i in rows:
        value = values[i]
        if value not in known:
            try:
                known[value] = read(*value)
            except ValueError as error:
                known[value], odd[value] = read("", *value[1:]), (i, str(error))
    if odd:
        said = {i for i in rows if values[i][0]}
        n = sum(values[i] in odd for i in said)
        first, rule = next(iter(odd.values()))
        if n > ODD_MAX * len(said):
            raise ReadError(f"{name}: row {first + 1}: {column} = {values[first][0]!r} {rule} ({n:,} of {len(said):,} "
                            f"values cannot be read; up to {ODD_MAX:.0%} are left out)")  # fmt: skip
        shown = list(dict.fromkeys(f"row {i + 1}: {value[0]!r}" for value, (i, _) in odd.items()))[:NAMED_MAX]
        report.doubts.append(f"{name}: {column}: {n:,} values cannot be read and are taken for nothing said, as "
                             f"{', '.join(shown)}; the first {rule}")  # fmt: skip
    return [known[values[i]] for i in rows]


def _direction(said: str, road_class: str, junction: str) -> int:
    if said in DIRECTIONS:
        return DIRECTIONS[said]
    if said not in UNSAID:
        raise ValueError(f"is no direction; known are: {', '.join(DIRECTIONS)}, or nothing")
    return int(road_class in ONE_WAY_CLASSES or junction in ROUNDABOUTS)


def _kmh(said: str, road_class: str) -> float:
    if said in UNSAID:
        return CLASS_KMH.get(road_class, DEFAULT_KMH)
    parts = NUMBER.fullmatch(said)
    if parts is None:
        raise ValueError("is no speed; it is a number of km/h (or mph), or nothing for the default of the class")
    kmh = float(parts[1]) * (MPH_KMH if (parts[2] or "").casefold() == "mph" else 1.0)
    if kmh == 0:
        return CLASS_KMH.get(road_class, DEFAULT_KMH)
    if kmh > KMH_MAX:
        raise ValueError(f"is not between 0 and {KMH_MAX:.0f} km/h")
    return kmh


def _tell_classes(classes: Sequence[str], name: str, has_column: bool, report: RoadReport) -> None:
    """Which roads get the default speed."""
    if not has_column:
        if classes:
            report.doubts.append(f"{name}: no column tells the roads' class (--class); without a speed of their own "
                                 f"they are taken at {DEFAULT_KMH:.0f} km/h")  # fmt: skip
        return
    strange: dict[str, int] = {}
    for one in classes:
        if one not in CLASS_KMH:
            strange[one] = strange.get(one, 0) + 1
    for one, n in sorted(strange.items(), key=lambda x: -x[1])[:NAMED_MAX]:
        report.doubts.append(f"{name}: class {one!r} is not known: {n:,} roads taken at {DEFAULT_KMH:.0f} km/h")
