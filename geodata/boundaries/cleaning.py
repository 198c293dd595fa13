"""Making polygons of whatever a file holds, and measuring them; what was done to a shape is told, never hidden."""

from __future__ import annotations

import numpy as np
import shapely

from geodata.boundaries.mvt import Bools, Geometries
from geodata.domain.areas import Floats

POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
AUTHALIC_RADIUS_M = 6371007.1809
ECCENTRICITY_2 = 0.00669437999014


def areas_m2(geometries: Geometries) -> Floats:
    """Areas on the WGS-84 ellipsoid, by its cylindrical equal-area projection (edges straight there)."""
    return np.asarray(shapely.area(shapely.transform(geometries, _equal_area)), np.float64)


def _equal_area(lonlat: Floats) -> Floats:
    e, sine = ECCENTRICITY_2**0.5, np.sin(np.radians(lonlat[:, 1]))

    def q(s: Floats) -> Floats:
        return np.asarray((1 - e * e) * (s / (1 - e * e * s * s) + np.arctanh(e * s) / e), np.float64)

    y = q(sine) / q(np.ones(1)) * AUTHALIC_RADIUS_M
    return np.column_stack((np.radians(lonlat[:, 0]) * AUTHALIC_RADIUS_M, y))


def polygons_only(geometries: Geometries) -> tuple[Geometries, Bools, Bools]:
    """(polygons or None, which had other things beside polygons, which hold no polygon at all)."""
    out = geometries.copy()
    kind = shapely.get_type_id(out)
    mixed = np.zeros(len(out), bool)
    for i in np.flatnonzero(kind == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = _parts(out[i])
        areal = [p for p in parts if shapely.get_type_id(p) == shapely.GeometryType.POLYGON]
        mixed[i] = len(areal) < len(parts)
        out[i] = shapely.union_all(areal) if areal else None
    kind = shapely.get_type_id(out)
    nothing = ~np.isin(kind, POLYGONAL) | shapely.is_empty(out)
    nothing |= ~np.isfinite(shapely.bounds(out)).all(axis=1)
    out[nothing] = None
    return out, mixed & ~nothing, nothing


def _parts(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """The single geometries in a collection of collections."""
    if shapely.get_type_id(geometry) < shapely.GeometryType.MULTIPOINT:
        return [geometry]
    return [p for g in shapely.get_parts(geometry) for p in _parts(g)]


def repaired(geometries: Geometries) -> tuple[Geometries, list[tuple[int, str, float, float, float]]]:
    """Valid polygons, and for each that was not: (index, reason, lon, lat of the fault, change of area in m²).

    What is left of a shape without any area is None.
    """
    bad = np.flatnonzero(~shapely.is_valid(geometries) & ~shapely.is_missing(geometries))
    out, told = geometries.copy(), []
    for i in bad:
        why, _, place = str(shapely.is_valid_reason(geometries[i])).partition("[")
        fixed, _, nothing = polygons_only(np.array([shapely.make_valid(geometries[i], method="structure")], object))
        out[i] = None if nothing[0] or fixed[0].area == 0 else fixed[0]
        lon, lat = (float(v) for v in place.rstrip("]").split()[:2]) if place else (np.nan, np.nan)
        before, after = areas_m2(np.array([geometries[i], out[i]], object))
        told.append((int(i), why.strip(), lon, lat, float(np.nan_to_num(after) - before)))
    return out, told
