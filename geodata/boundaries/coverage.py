"""Is every level a coverage of its parents? Overlaps, gaps and parts outside, each with place and size."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import numpy.typing as npt
import shapely

from geodata.boundaries.areaset import AreaSet
from geodata.boundaries.cleaning import areas_m2
from geodata.boundaries.mvt import Geometries
from geodata.boundaries.report import Report

SLIVER_M2 = 1.0
"""Below this a gap or overlap is rounding of coordinates: counted, not listed."""
Longs = npt.NDArray[np.int64]


def check(areas: AreaSet, report: Report) -> None:
    """Check names, codes and geometry of a whole tree; everything found here is imported all the same."""
    _names(areas, report)
    _codes(areas, report)
    slivers: Counter[str] = Counter()
    overlapping = np.zeros(len(areas), bool)
    for depth in range(1, len(areas.levels)):
        rows = areas.rows(depth)
        overlapping[rows] = _overlaps(areas, rows, slivers, report)
    _against_parents(areas, overlapping, slivers, report)
    _holes(areas, slivers, report)
    checked = "codes, names, parents, validity, overlaps inside each level, gaps and parts outside each parent"
    report.add("checked", f"{checked}; whether coordinates are shifted (GCJ-02, BD-09) cannot be seen in a file")
    for rule, n in slivers.items():
        report.add("checked", f"{n:,} findings of '{rule}' under {SLIVER_M2:g} m² are rounding and not listed")


def _names(areas: AreaSet, report: Report) -> None:
    for depth, level in enumerate(areas.levels):
        by_name: dict[str, list[str]] = defaultdict(list)
        for i in areas.rows(depth).tolist():
            by_name[areas.name[i]].append(areas.code[i])
            if areas.name[i] == areas.code[i]:
                report.add("missing_name", "no name", level=level.key, code=areas.code[i])
        for name, codes in by_name.items():
            if len(codes) > 1:
                shown = ", ".join(codes[:4]) + (" …" if len(codes) > 4 else "")
                report.add("name_twice", f"{name}: {len(codes)} areas ({shown})", level=level.key)


def _codes(areas: AreaSet, report: Report) -> None:
    for depth, level in enumerate(areas.levels):
        lengths = Counter(len(areas.code[i]) for i in areas.rows(depth).tolist() if areas.code[i].isdigit())
        if len(lengths) > 1:
            text = ", ".join(f"{n:,} of {k} digits" for k, n in sorted(lengths.items()))
            report.add("unequal_codes", text, level=level.key)


def _overlaps(areas: AreaSet, rows: Longs, slivers: Counter[str], report: Report) -> npt.NDArray[np.bool_]:
    """Report the overlaps among the areas of one level; which areas have faulty edges with their neighbours."""
    shapes = areas.polygon[rows]
    faulty = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
    if not faulty.any():
        return faulty
    suspects = np.flatnonzero(faulty)
    tree = shapely.STRtree(shapes[suspects])
    a, b = tree.query(shapes[suspects], predicate="intersects")
    a, b = suspects[a[a < b]], suspects[b[a < b]]
    shared = shapely.intersection(shapes[a], shapes[b])
    pair, parts = _parts(shared)
    for k, size, lon, lat in _listed(pair, parts, "overlap", slivers):
        first, second = areas.code[rows[a[k]]], areas.code[rows[b[k]]]
        level = areas.levels[int(areas.depth[rows[a[k]]])].key
        report.add("overlap", f"overlaps {second}", level=level, code=first, lon=lon, lat=lat, size_m2=size)
    return faulty


def _against_parents(
    areas: AreaSet, overlapping: npt.NDArray[np.bool_], slivers: Counter[str], report: Report
) -> None:
    """Report what of each parent no child covers, and what of its children lies outside it."""
    rows, first = areas.children()
    parents = np.flatnonzero(first[1:] > first[:-1])
    together: Geometries = np.empty(len(parents), object)
    for k, p in enumerate(parents):
        children = rows[first[p] : first[p + 1]]
        shapes = areas.polygon[children]
        clean = not overlapping[children].any()
        together[k] = shapely.coverage_union_all(shapes) if clean else shapely.union_all(shapes)
    same = shapely.equals_exact(shapely.normalize(together), shapely.normalize(areas.polygon[parents]), 1e-9)
    parents, together = parents[~same], together[~same]
    whole = areas.polygon[parents]
    for rule, left, words in (
        ("gap", shapely.difference(whole, together), "no area below covers this part"),
        ("beyond_parent", shapely.difference(together, whole), "areas below reach outside it here"),
    ):
        owner, parts = _parts(left)
        for k, size, lon, lat in _listed(owner, parts, rule, slivers):
            row = int(parents[k])
            level = areas.levels[int(areas.depth[row])].key
            report.add(rule, words, level=level, code=areas.code[row], lon=lon, lat=lat, size_m2=size)


def _holes(areas: AreaSet, slivers: Counter[str], report: Report) -> None:
    """Report the holes of the city itself, which no comparison with a parent would show."""
    parts = shapely.get_parts(areas.polygon[:1])
    holes = [shapely.Polygon(ring) for part in parts for ring in shapely.get_rings(part)[1:]]
    owner = np.zeros(len(holes), np.int64)
    for _, size, lon, lat in _listed(owner, np.array(holes, object), "gap", slivers):
        text = "a hole in the city's outline: a real enclave, or a gap between areas"
        report.add("gap", text, level=areas.levels[0].key, code=areas.code[0], lon=lon, lat=lat, size_m2=size)


def _parts(shapes: Geometries) -> tuple[Longs, Geometries]:
    """The single polygons in these geometries, and of which each is a part."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    nested = shapely.get_type_id(parts) > shapely.GeometryType.POLYGON
    if nested.any():
        inner, at = shapely.get_parts(parts[nested], return_index=True)
        parts = np.concatenate([parts[~nested], inner])
        owner = np.concatenate([owner[~nested], owner[nested][at]])
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return owner[areal].astype(np.int64), parts[areal]


def _listed(
    owner: Longs, parts: Geometries, rule: str, slivers: Counter[str]
) -> list[tuple[int, float, float, float]]:
    """(owner, m², lon, lat) of the parts that are more than rounding, largest first; the others are counted."""
    size = areas_m2(parts)
    large = size >= SLIVER_M2
    if (~large).any():
        slivers[rule] += int((~large).sum())
    order = np.flatnonzero(large)[np.argsort(-size[large], kind="stable")]
    points = shapely.point_on_surface(parts[order])
    lon, lat = shapely.get_x(points).tolist(), shapely.get_y(points).tolist()
    return list(zip(owner[order].tolist(), size[order].tolist(), lon, lat, strict=True))
