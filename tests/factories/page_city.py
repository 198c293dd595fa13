"""A small city with events and units, opened as a room: for tests that see whole pages."""

from __future__ import annotations

import atexit
import shutil
import time
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import shapely
from pyogrio import write_dataframe

import app
from callbacks.room import Room
from geodata.boundaries.importer import ImportOptions, import_areas
from geodata.boundaries.mapping import Flags
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.services.tracking import Position, report_positions
from geodata.store.engine import Store
from geodata.store.folder import DataFolder
from tests.factories.boundary_files import cell, city, frame, grids
from tests.factories.daytime import morning_zone

LEVELS = ("city:市:City", "district:区县:District", "grid:网格:Grid")
TITLE = "渝江演示中心"
UNSAFE = '<img src=x onerror="window.harmed=1">'
EVENTS = 40
MINUTE_MS = 60_000


def found(root: Path, database: str = "", zone: str = "") -> DataFolder:
    """Two districts of four grids each (one name could do harm as HTML), 40 events and a unit in one grid.

    ``database``: the address of an empty one, where it is not to be the file in the folder; ``zone``: a time zone,
    where it matters which.
    """
    folder = DataFolder(root)
    if database:
        _chart(root, database, zone)
    else:
        shutil.copytree(_charted(), root, dirs_exist_ok=True)
        _name(root, zone)
    store = Store.open(database or folder.database_url)
    _happen(store, folder)
    store.close()
    return folder


@cache
def _charted() -> Path:
    """A folder in which nothing has happened yet, made once in a process."""
    root = Path(mkdtemp(prefix="onescreen-city-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    _chart(root, "", "")
    return root


def _name(root: Path, zone: str) -> None:
    told = {"title_zh": TITLE, "title_en": "Demo centre", "time_zone": zone or morning_zone()}
    lines = [*(f'{key} = "{value}"' for key, value in told.items()), "demo = true"]
    (root / "city.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _chart(root: Path, database: str, zone: str) -> None:
    """The city's name, and its areas in an empty database."""
    folder = DataFolder(root)
    _name(root, zone)
    districts = frame(["D1", "D2"], ["渝中区", f"江北{UNSAFE}区"], ["C", "C"], [cell(0, 0, 2, 2), cell(2, 0, 2, 2)])
    files = []
    for n, areas in enumerate((city(), districts, grids())):
        files.append(root / f"{n}.geojson")
        write_dataframe(areas, files[-1])
    store = Store.open(database or folder.database_url)
    report = import_areas(store, folder, files, options=ImportOptions(Flags(levels=LEVELS)))
    assert report.written, report
    store.close()


def _happen(store: Store, folder: DataFolder) -> None:
    desk, actor = Desk.load(store, folder.city()), Actor.operator("test")
    now_ms = time.time_ns() // 1_000_000
    rng = np.random.default_rng(1)
    subtypes = list(desk.catalogue.subtypes)
    events = [
        NewEvent(
            "patrol", "test", f"{n}", subtypes[n % len(subtypes)], now_ms - (n + 1) * MINUTE_MS, f"第{n}件 {UNSAFE}",
            lon=float(lon), lat=float(lat), deadline_ms=now_ms + (180 * MINUTE_MS if n % 4 else -n * MINUTE_MS),
        )
        for n, (lon, lat) in enumerate(_points(rng, EVENTS))
    ]  # fmt: skip
    outcomes = report_events(desk, actor, [Submitted({}, e) for e in events], feed="test", now_ms=now_ms)
    assert {o.status for o in outcomes} == {"accepted"}, outcomes[:2]
    unit = UnitReport("U1", "渝中巡-01", "grid_post", "G00", (), "on_duty", now_ms)
    enrol_units(desk, actor, [Submitted({}, unit)], feed="test", now_ms=now_ms)
    lon, lat = _points(rng, 1)[0]
    fix = Position("U1", float(lon), float(lat), now_ms)
    report_positions(desk, actor, [Submitted({}, fix)], feed="test", now_ms=now_ms)


def _points(rng: np.random.Generator, n: int) -> np.ndarray:
    west, south, east, north = shapely.bounds(cell(0, 0, 4, 2))
    return rng.uniform((west, south), (east, north), (n, 2))


def open_room(root: Path) -> Room:
    """The room of a new small city."""
    return app.open_room(found(root), "")
