"""Coordinate reference systems: from what a file says, or should have said, to WGS-84 degrees."""

from __future__ import annotations

import warnings

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from geodata.boundaries.datum import TO_WGS84, Datum
from geodata.boundaries.mvt import Geometries
from geodata.boundaries.report import Report
from geodata.domain.areas import Floats

WGS84 = CRS.from_epsg(4326)
LAT_UNUSUAL = 66.0
SPAN_UNUSUAL_DEG = 8.0
ACCURACY_M = 30.0
CGCS2000 = 4490


class PlaceError(ValueError):
    """The coordinates cannot be where the file says they are."""


def to_wgs84(geometries: Geometries, crs: CRS | None, said: str, datum: Datum, name: str, report: Report) -> Geometries:
    """Bring a file's coordinates to WGS-84 degrees.

    ``crs`` is what the file says, ``said`` what the user says over it. Raises PlaceError for coordinates that are
    impossible there; a suspicion goes into the report.
    """
    try:
        source = CRS.from_user_input(said) if said else crs
    except CRSError as error:
        raise PlaceError(f"{name}: {said!r} is not a coordinate reference system ({error})") from error
    bounds = shapely.total_bounds(geometries)
    if not np.isfinite(bounds).all():
        return geometries
    looks = _looks_like_degrees(bounds)
    if source is None:
        if not looks:
            raise PlaceError(f"{name}: the file names no CRS and {_span(bounds)} are no degrees; say --crs EPSG:…")
        report.add("assumed", f"{name}: the file names no CRS; its coordinates look like degrees: taken as WGS-84")
        source = WGS84
    if source.is_geographic and not looks:
        raise PlaceError(f"{name}: {_named(source)} is in degrees, but the coordinates are {_span(bounds)}: "
                         f"{_swapped_or_metres(bounds)}")  # fmt: skip
    if source.is_projected and looks:
        raise PlaceError(f"{name}: {_named(source)} is in metres, but {_span(bounds)} are degrees; say --crs EPSG:4326")
    if source != WGS84:
        geometries = _transformed(geometries, source, name, report)
    bounds = shapely.total_bounds(geometries)
    if not _looks_like_degrees(bounds):
        raise PlaceError(f"{name}: in {_named(source)} the coordinates lie outside the world; the CRS is wrong")
    _suspect(bounds, name, report)
    return np.asarray(shapely.transform(geometries, TO_WGS84[datum]), object) if datum != "wgs84" else geometries


def _transformed(geometries: Geometries, source: CRS, name: str, report: Report) -> Geometries:
    try:
        transformer = Transformer.from_crs(source, WGS84, always_xy=True)
        moved = shapely.transform(geometries, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))
    except ProjError as error:
        raise PlaceError(f"{name}: {_named(source)} cannot be brought to WGS-84 ({error})") from error
    accuracy_m = _accuracy_m(source)
    if accuracy_m is None or accuracy_m > ACCURACY_M:
        how = "is not known" if accuracy_m is None else f"is {accuracy_m:.0f} m"
        report.add("suspect_crs", f"{name}: how exactly {_named(source)} fits WGS-84 {how} (100 m are usual there)")
    return np.asarray(moved, object)


def _accuracy_m(source: CRS) -> float | None:
    """How well the best known way to WGS-84 fits, in metres; None where nobody knows."""
    if source.geodetic_crs is not None and source.geodetic_crs.to_epsg() == CGCS2000:
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the very best grid is not installed; the accuracy says what is
        best = TransformerGroup(source, WGS84, always_xy=True).transformers[0].accuracy
    return None if best < 0 else float(best)


def _looks_like_degrees(bounds: Floats) -> bool:
    west, south, east, north = bounds
    return bool(west >= -180.000001 and east <= 180.000001 and south >= -90 and north <= 90)


def _swapped_or_metres(bounds: Floats) -> str:
    west, south, east, north = bounds
    if west >= -90 and east <= 90 and south >= -180 and north <= 180:
        return "longitude and latitude are swapped"
    if west >= -360 and east <= 360 and south >= -90 and north <= 90:
        return "longitudes go beyond 180; bring them into -180 to 180 (a city across that line cannot be shown)"
    return "these are metres; say --crs EPSG:… for the projection"


def _suspect(bounds: Floats, name: str, report: Report) -> None:
    west, south, east, north = (float(v) for v in bounds)
    lon, lat, wide = (west + east) / 2, (south + north) / 2, max(east - west, north - south)
    doubts = {
        f"the city lies at latitude {lat:.1f}; are longitude and latitude swapped?": abs(lat) > LAT_UNUSUAL,
        "the city lies off Africa, at longitude and latitude 0; is the CRS right?": max(map(abs, bounds)) < 1,
        f"the city is {wide:.0f} degrees wide; is a part of it misplaced?": wide > SPAN_UNUSUAL_DEG,
    }
    for text, doubtful in doubts.items():
        if doubtful:
            report.add("suspect_crs", f"{name}: {text}", lon=lon, lat=lat)


def _span(bounds: Floats) -> str:
    return f"x {bounds[0]:,.6g} to {bounds[2]:,.6g}, y {bounds[1]:,.6g} to {bounds[3]:,.6g}"


def _named(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code} ({crs.name})" if code else crs.name
