"""Exports: the areas, events or units of an area and all below it, as CSV, GeoJSON or GeoPackage."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right
from geodata.services.access import Access
from geodata.services.actors import Actor
from geodata.store.areas import load_tree, polygons
from geodata.store.engine import Store
from geodata.store.listing import events_in
from geodata.store.units import all_units

EVENT_COLUMNS = (
    "code", "source", "source_system", "source_id", "class_code", "subtype_code", "urgency", "state", "description",
    "lon", "lat", "reported_ms", "deadline_ms", "dispatched_ms", "handled_ms", "ended_ms", "on_time",
)  # fmt: skip
UNIT_COLUMNS = ("code", "call_sign", "kind", "status", "lon", "lat", "fix_ms")


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class ExportError(ValueError):
    """What was asked for cannot be exported; the message names the value and what is possible."""


def export_list(store: Store, actor: Actor, what: str, area_code: str, path: Path) -> int:
    """Write ``areas``, ``events`` or ``units`` of an area and all below it; return how many rows were written.

    Without an area: of the whole reach. The ending of ``path`` chooses the format: .csv, .geojson or .gpkg. Times are
    ISO 8601 in UTC. Raises ExportError and NotAllowedError.
    """
    actor.needs(Right.EXPORT)
    if what not in LISTS:
        raise ExportError(f"list: {what!r} is not known; possible: {', '.join(LISTS)}")
    if path.suffix.lower() not in FORMATS:
        raise ExportError(f"file: {path.name!r} must end in one of {', '.join(FORMATS)}")
    with store.read() as conn:
        tree = load_tree(conn)
    spans = actor.ordinals(tree)
    if area_code:
        o = tree.ordinal.get(area_code)
        if o is None or not actor.reaches(tree, o):
            raise ExportError(f"area: {area_code!r} is not an area of this city")
        spans = [range(o, int(tree.end[o]))]
    frame = LISTS[what](store, tree, [o for span in spans for o in span])
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        FORMATS[path.suffix.lower()](frame, path)
    except (OSError, RuntimeError) as error:
        raise ExportError(f"file: {path} cannot be written: {error}") from error
    return len(frame)


def export_bytes(access: Access, actor: Actor, what: str, ending: str, area_code: str | None, now_ms: int) -> bytes:
    """The same list as the content of a file; that it is taken is written down. Raises as ``export_list`` does."""
    actor.needs(Right.EXPORT)
    if what not in LISTS or ending not in MEDIA_TYPES:
        raise ExportError(f"there is no list {f'{what}.{ending}'[:64]!r}; possible: {', '.join(LISTS)} as "
                          f"{', '.join(MEDIA_TYPES)}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list.{ending}"
        rows = export_list(access.store, actor, what, area_code or "", path)
        home = _home(access, actor)
        with access.store.begin() as conn:
            access.audit.record(conn, actor, "export", f"list:{what}.{ending}", at_ms=now_ms, area=area_code or home,
                                new={"rows": rows})  # fmt: skip
        return path.read_bytes()


def _home(access: Access, actor: Actor) -> str:
    """The code of the area where the actor's reach begins."""
    with access.store.read() as conn:
        tree = load_tree(conn)
    home = actor.home(tree)
    return "" if home is None else tree.areas[home].code


def _areas(store: Store, tree: AreaTree, ordinals: Sequence[int]) -> gpd.GeoDataFrame:
    with store.read() as conn:
        ids, wkb = polygons(conn)
    shape_of = dict(zip(ids, shapely.from_wkb(wkb), strict=True))
    chosen = [tree.areas[o] for o in ordinals]
    columns = {name: [getattr(a, name) for a in chosen] for name in ("code", "name", "name_en", "depth", "parent_code",
                                                                     "kind", "area_m2")}  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=[shape_of[a.id] for a in chosen], crs=4326)


def _events(store: Store, tree: AreaTree, ordinals: Sequence[int]) -> gpd.GeoDataFrame:
    with store.read() as conn:
        rows = list(events_in(conn, {tree.areas[o].id for o in ordinals}))
    return _points(rows, EVENT_COLUMNS, tree)


def _units(store: Store, tree: AreaTree, ordinals: Sequence[int]) -> gpd.GeoDataFrame:
    with store.read() as conn:
        units = all_units(conn)
    inside = {tree.areas[o].id for o in ordinals}
    rows = [u for u in units if (u.home_area_id if u.area_id is None else u.area_id) in inside]
    return _points(rows, UNIT_COLUMNS, tree)


def _points(rows: Sequence[Any], columns: Sequence[str], tree: AreaTree) -> gpd.GeoDataFrame:
    table: dict[str, Any] = {}
    for name in columns:
        values = [getattr(row, name) for row in rows]
        table[name.replace("_ms", "_at")] = [_iso(v) for v in values] if name.endswith("_ms") else values
    placed = (tree.ordinal_by_id.get(row.area_id) for row in rows)
    table["area_code"] = ["" if o is None else tree.areas[o].code for o in placed]
    where = np.array([None if row.lon is None else shapely.Point(row.lon, row.lat) for row in rows], object)
    return gpd.GeoDataFrame(table, geometry=where, crs=4326)


def _iso(epoch_ms: int | None) -> str | None:
    return None if epoch_ms is None else datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat()


def _csv(frame: gpd.GeoDataFrame, path: Path) -> None:
    # The byte order mark lets Excel read the Chinese.
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).map(unarmed)
    # With this end of a line a text with a line's end of any kind is quoted, and cannot begin a row of its own.
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def unarmed(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula begins with an apostrophe instead."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _vector(driver: str) -> Callable[[gpd.GeoDataFrame, Path], None]:
    return lambda frame, path: frame.to_file(path, driver=driver, engine="pyogrio")


Reader = Callable[[Store, AreaTree, Sequence[int]], gpd.GeoDataFrame]
LISTS: Mapping[str, Reader] = MappingProxyType({"areas": _areas, "events": _events, "units": _units})
FORMATS: Mapping[str, Callable[[gpd.GeoDataFrame, Path], None]] = MappingProxyType(
    {".csv": _csv, ".geojson": _vector("GeoJSON"), ".gpkg": _vector("GPKG")}
)
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json", "gpkg": "application/geopackage+sqlite3"}
)
