"""Reading the areas of a level: columns found, codes as text, polygons in WGS-84."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.boundaries.cleaning import polygons_only, repaired
from geodata.boundaries.crs import to_wgs84
from geodata.boundaries.mapping import Source
from geodata.boundaries.mvt import Geometries
from geodata.boundaries.opening import Dataset, Opened, ReadError, choose, open_layer
from geodata.boundaries.report import Report

GUESSES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "code": ("code", "adcode", "admincode", "area_code", "areacode", "gbcode", "zoningcode", "geoid", "gid", "id",
             "编码", "代码", "区划代码", "行政区划代码", "行政编码", "网格编码", "网格编号", "编号"),
    "name": ("name", "fullname", "mc", "xzqmc", "label", "名称", "区划名称", "行政区名称", "网格名称", "namelsad"),
    "name_en": ("name_en", "nameen", "name:en", "en_name", "英文名"),
    "parent": ("parent", "parent_code", "parentcode", "pcode", "p_code", "parent_id", "pid", "上级编码", "上级代码",
               "父级编码"),
})  # fmt: skip
"""Column names that are tried, in this order and in any case, where the mapping names none."""
OPTIONAL = ("kind", "valid_from", "valid_to")
REQUIRED = frozenset({"code", "name"})
"""Of these a wrong column name is refused. The others may be named for all files although some have no such column."""
WHOLE_NUMBER = re.compile(r"[+-]?\d+\.0+")
DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?")


@dataclass
class RawAreas:
    """The areas of one file in their order: texts by column, polygons (None where there is none)."""

    code: list[str]
    name: list[str]
    name_en: list[str]
    parent: list[str]
    kind: list[str]
    valid_from: list[str]
    valid_to: list[str]
    polygon: Geometries
    has_parent_column: bool

    def __len__(self) -> int:
        return len(self.code)

    def take(self, keep: npt.NDArray[np.bool_]) -> RawAreas:
        """Only these rows."""
        chosen = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, list):
                value = [v for v, k in zip(value, keep, strict=True) if k]
            elif isinstance(value, np.ndarray):
                value = value[keep]
            chosen[f.name] = value
        return RawAreas(**chosen)


def read_areas(found: Sequence[Dataset], source: Source, level: str, report: Report) -> RawAreas:
    """Read the areas that a source of the mapping means. Raises ReadError or PlaceError; faults go into the report."""
    opened = open_layer(choose(found, source.file), source.layer, source.encoding)
    frame = _kept(opened, source)
    columns = _columns(frame, opened.name, source, report)
    for text in opened.assumptions:
        report.add("assumed", text)
    told = ", ".join(f"{k} = {v}" for k, v in columns.items())
    crs = source.crs or (frame.crs.name if frame.crs is not None else "no CRS")
    datum = source.datum or "wgs84"
    facts = [f"{len(frame):,} rows", crs, *([datum] if datum != "wgs84" else []), *opened.facts, told]
    report.add("read", f"{opened.name}: {', '.join(facts)}", level=level)
    texts = {key: [as_text(v) for v in frame[columns[key]]] if key in columns else [""] * len(frame)
             for key in ("code", "name", "name_en", "parent", "kind")}  # fmt: skip
    dates = {key: _dates(frame, columns.get(key), opened.name, level, report) for key in ("valid_from", "valid_to")}
    code = [_code(c, source.code_width, source.code_prefix) for c in texts["code"]]
    shapes = np.asarray(frame.geometry.values, object)
    polygon = _polygons(shapes, code, opened, source, level, report)
    return RawAreas(
        code, texts["name"], texts["name_en"], [_code(p, 0, source.parent_code_prefix) for p in texts["parent"]],
        texts["kind"], dates["valid_from"], dates["valid_to"], polygon, "parent" in columns,
    )  # fmt: skip


def _kept(opened: Opened, source: Source) -> gpd.GeoDataFrame:
    """The rows that the mapping's ``where`` keeps."""
    frame = opened.frame
    for column, values in source.where.items():
        texts = [as_text(v) for v in frame[column_of(frame, column, opened.name)]]
        frame = frame[np.isin(texts, values)]
    return frame


def _columns(frame: gpd.GeoDataFrame, name: str, source: Source, report: Report) -> dict[str, str]:
    """Which column is what: as named, else guessed."""
    columns = {}
    for key in (*GUESSES, *OPTIONAL):
        said = getattr(source, key)
        if said and (key in REQUIRED or _plain(said) in map(_plain, _names(frame))):
            columns[key] = column_of(frame, said, name)
        elif said:
            report.add("assumed", f"{name}: there is no column {said!r} for {key}; it stays empty")
        elif guess := guessed(frame, GUESSES.get(key, ()), set(columns.values())):
            columns[key] = guess
    if "code" not in columns:
        raise ReadError(f"{name}: no column looks like the areas' codes; say which (--code): {listed(frame)}")
    return columns


def column_of(frame: gpd.GeoDataFrame, said: str, name: str) -> str:
    """The column of this name, in any case."""
    by_name = {_plain(c): c for c in reversed(_names(frame))}
    if said in _names(frame):
        return said
    if _plain(said) not in by_name:
        raise ReadError(f"{name}: there is no column {said!r}; there are: {listed(frame)}")
    return by_name[_plain(said)]


def guessed(frame: gpd.GeoDataFrame, candidates: Sequence[str], taken: set[str]) -> str:
    by_name = {_plain(c): c for c in reversed(_names(frame)) if c not in taken}
    return next((by_name[c] for c in candidates if c in by_name), "")


def _names(frame: gpd.GeoDataFrame) -> list[str]:
    return [str(c) for c in frame.columns if c != frame.geometry.name]


def listed(frame: gpd.GeoDataFrame) -> str:
    return ", ".join(_names(frame)) or "none"


def _plain(name: str) -> str:
    return name.strip("\ufeff \t").casefold()


def as_text(value: Any) -> str:
    """A cell as text: no blanks around it, no ``.0`` after a whole number, nothing for a missing value."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).replace("\x00", "").strip("\ufeff \t\r\n\u3000")


def _code(text: str, width: int, prefix: str) -> str:
    """A code as text: half-width, without ``.0``, with its leading zeros and prefix; empty stays empty."""
    text = unicodedata.normalize("NFKC", text)
    if WHOLE_NUMBER.fullmatch(text):
        text = text.split(".")[0]
    return prefix + text.zfill(width) if text else ""


def _dates(frame: gpd.GeoDataFrame, column: str | None, name: str, level: str, report: Report) -> list[str]:
    """ISO days; empty where there is none or it cannot be read."""
    if column is None:
        return [""] * len(frame)
    days = []
    for value in frame[column]:
        day = _day(value)
        if day is None:
            report.add("wrong_date", f"{name}: {column} = {as_text(value)!r} was left empty", level=level)
        days.append(day or "")
    return days


def _day(value: Any) -> str | None:
    if value is pd.NaT or not (text := as_text(value)):
        return ""
    if isinstance(value, date | datetime):
        return value.strftime("%Y-%m-%d")
    parts = DATE.fullmatch(text)
    try:
        return date(*(int(p) for p in parts.groups())).isoformat() if parts else None
    except ValueError:
        return None


def _polygons(
    shapes: Geometries, code: Sequence[str], opened: Opened, source: Source, level: str, report: Report
) -> Geometries:
    """Valid polygons in WGS-84; every repair is told."""
    polygon, mixed, _ = polygons_only(shapes)
    for i in np.flatnonzero(mixed).tolist():
        report.add("mixed_geometry", "points or lines beside the polygon", level=level, code=code[i])
    polygon = to_wgs84(polygon, opened.frame.crs, source.crs, source.datum or "wgs84", opened.name, report)
    polygon, faults = repaired(polygon)
    for i, why, lon, lat, change in faults:
        where = {"lon": lon, "lat": lat} if np.isfinite(lon) else {}
        report.add("invalid_polygon", f"{why}; the repair changed the area by {change:+,.1f} m²", level=level,
                   code=code[i], **where)  # fmt: skip
    return polygon
