"""Writing an edition: a sound tree becomes the areas in force, their tiles, and the build that names both."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import shapely

from geodata.boundaries import drawing
from geodata.boundaries.areaset import AreaSet
from geodata.boundaries.cleaning import areas_m2
from geodata.boundaries.mvt import Geometries
from geodata.boundaries.reattaching import reattach
from geodata.boundaries.report import Report
from geodata.boundaries.tiles import Archive, TileError, build_archive
from geodata.store import areas as stored
from geodata.store import changes, settings
from geodata.store.engine import Store
from geodata.store.folder import DataFolder

BUILD_LENGTH = 12
FRESH = "areas.new"
"""An archive while it is made; what an import that was cut short left of it, the next one writes over."""
SAME_PLACE = 0.1
"""A code names the same place as before while old and new polygon share this part of the smaller one."""


class Progress(Protocol):
    """Told how far a stage has come: "read", "check", "draw", "tiles", "store"."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def silent(stage: str, done: int, total: int) -> None:
    """Progress for nobody."""


def today(folder: DataFolder) -> str:
    """The day it is in the city, ISO."""
    return datetime.now(folder.city().zone).date().isoformat()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What becomes of each area: its id and first day; ``known`` is in force before, ``moved`` names a new place."""

    ids: list[int]
    since: list[str]
    known: Mapping[str, stored.Known]
    moved: frozenset[str]


def put_areas(
    store: Store, folder: DataFolder, areas: AreaSet, report: Report | None = None, progress: Progress = silent
) -> Report:
    """Write a sound tree into the store and its tiles beside it; codes in force keep their ids.

    Refused (in the report) where a later edition is in force, or where nothing is large enough to be drawn.
    """
    report = report or Report(edition=today(folder))
    plan = _plan(store, areas, report)
    if plan is None:
        return report
    progress("draw", 0, 1)
    outline = drawing.outlines(areas)
    columns = _columns(areas, plan, outline)
    progress("draw", 1, 1)
    folder.root.mkdir(parents=True, exist_ok=True)
    fresh = folder.root / FRESH
    sources = drawing.tile_sources(areas, plan.ids)
    try:
        archive = build_archive(fresh, sources, advance=lambda done, total: progress("tiles", done, total))
    except TileError as error:
        report.add("no_polygon", str(error))
        return report
    report.build = _build(archive, areas, outline)
    progress("store", 0, 1)
    _write(store, folder, areas, columns, fresh, report)
    progress("store", 1, 1)
    _tell(report, archive, plan, areas)
    return report


def _plan(store: Store, areas: AreaSet, report: Report) -> _Plan | None:
    with store.read() as conn:
        if stored.edition(conn) > report.edition:
            report.add("edition", f"{report.edition} is before {stored.edition(conn)}, the edition in force")
            return None
        known = stored.in_force(conn)
        before = dict(zip(*stored.polygons(conn), strict=True)) if known else {}
        moved = _moved(before, known, areas)
        again = {**stored.closed_on(conn, report.edition), **known}
        stay = {code: k for code, k in again.items() if code not in moved}
        first_day = report.edition if known else ""
        since = [
            areas.valid_from[i] or (stay[c].valid_from if c in stay else first_day) for i, c in enumerate(areas.code)
        ]
        return _Plan(stored.assign_ids(conn, areas.code, since, stay), since, known, moved)


def _moved(before: Mapping[int, bytes], known: Mapping[str, stored.Known], areas: AreaSet) -> frozenset[str]:
    """The codes that name another place than in the edition in force."""
    rows = [i for i, c in enumerate(areas.code) if c in known]
    old = np.asarray(shapely.from_wkb([before[known[areas.code[i]].id] for i in rows]), object)
    new = areas.polygon[rows]
    changed = np.flatnonzero(~shapely.equals_exact(old, new, 0.0))
    shared = shapely.area(shapely.intersection(old[changed], new[changed]))
    smaller = np.minimum(shapely.area(old[changed]), shapely.area(new[changed]))
    return frozenset(areas.code[rows[k]] for k in changed[shared < SAME_PLACE * smaller].tolist())


def _columns(areas: AreaSet, plan: _Plan, outline: Geometries) -> dict[str, list[object]]:
    """The columns of the table ``area``."""
    west, south, east, north = shapely.bounds(areas.polygon).T
    lon, lat = drawing.label_points(areas, outline).T
    parent = [None if p < 0 else plan.ids[p] for p in areas.parent.tolist()]
    return {
        "id": list(plan.ids), "code": list(areas.code), "name": list(areas.name), "name_en": list(areas.name_en),
        "initials": [drawing.initials(n) for n in areas.name], "depth": areas.depth.tolist(), "parent_id": parent,
        "kind": list(areas.kind), "lon": lon.tolist(), "lat": lat.tolist(), "west": west.tolist(),
        "south": south.tolist(), "east": east.tolist(), "north": north.tolist(),
        "area_m2": areas_m2(areas.polygon).tolist(), "valid_from": list(plan.since),
        "valid_to": [v or None for v in areas.valid_to],
        "polygon": shapely.to_wkb(areas.polygon).tolist(), "outline": shapely.to_wkb(outline).tolist(),
    }  # fmt: skip


def _build(archive: Archive, areas: AreaSet, outline: Geometries) -> str:
    """The name of this build: what is addressed with it never changes."""
    digest = hashlib.sha256(archive.digest.encode())
    for code, parent, wkb in zip(areas.code, areas.parent.tolist(), shapely.to_wkb(outline), strict=True):
        digest.update(f"{code}\0{parent}\0".encode() + wkb)
    return digest.hexdigest()[:BUILD_LENGTH]


def _write(
    store: Store, folder: DataFolder, areas: AreaSet, columns: dict[str, list[object]], fresh: Path, report: Report
) -> None:
    """Store and archive change together: nobody asks for an archive of this name before the commit."""
    now_ms = time.time_ns() // 1_000_000
    with store.begin() as conn:
        stored.replace_levels_and_areas(conn, areas.levels, columns, report.edition)
        settings.put(conn, settings.AREAS_BUILD, report.build)
        if stored.has_events(conn):
            events, units = reattach(conn, now_ms)
            if events or units:
                report.add("reattached", f"{events:,} events and {units:,} units stand at another area now")
        changes.append(conn, at_ms=now_ms, kind="areas", subject_id=len(areas), action="imported", detail=report.build)
        fresh.replace(folder.named_tiles(report.build))
    folder.drop_other_tiles(report.build)
    report.written = True


def _tell(report: Report, archive: Archive, plan: _Plan, areas: AreaSet) -> None:
    """Put into the report what changed and what was built."""
    codes = set(areas.code)
    kept = (plan.known.keys() & codes) - plan.moved
    report.changes = {"kept": len(kept), "new": len(codes) - len(kept), "closed": len(plan.known) - len(kept)}
    report.tiles = {"tiles": archive.tiles, "largest_bytes": archive.largest, "zooms": archive.layers}
    report.counts = areas.counts()
    for code in sorted(plan.moved):
        report.add("moved_code", f"was {plan.known[code].name}", code=code)
