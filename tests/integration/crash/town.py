"""The city of the drill: founded as an older version left it, on either database; and what is imported into it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from pyogrio import write_dataframe

from geodata.boundaries.importer import ImportOptions, import_areas
from geodata.boundaries.mapping import Flags
from geodata.demo.playing_key import ensure_playing_key
from geodata.domain.roles import Role
from geodata.services import phones
from geodata.services.access import Access
from geodata.services.accounts import Wanted, create
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.store.bulk import NONE
from geodata.store.engine import MIGRATIONS, Store
from geodata.store.folder import DataFolder
from geodata.store.history import EventHistory, bulk_history
from tests.factories.boundary_files import cell, city, frame, reshaped
from tests.factories.boundary_files import districts as two_districts

LEVELS = ("city:市:City", "district:区县:District", "grid:网格:Grid")
OLDER = "0011"
"""The schema of the older file: its audit covers the change log, and nothing is counted by days yet."""
PHONE_UNIT, UNITS = "U00", tuple(f"U{k:02}" for k in range(24))
COLUMNS, ROWS = 20, 12
PAST, DAY_MS = 12_000, 86_400_000
IMPORTED = 23_000
"""Rows of a file: two transactions, of which the first ends after 20,000."""
MAPPING = """
source_system = "archive"
[columns]
source_id = "id"
reported = "opened"
ended = "closed"
status = "status"
class = "kind"
subtype = "what"
lon = "x"
lat = "y"
[status]
open = "handling"
closed = "closed"
"""


@dataclass(frozen=True, slots=True)
class Town:
    """A city: its folder, its database, the key of its feed, the secret of its phone."""

    folder: DataFolder
    url: str
    key: str
    phone: str

    @property
    def words(self) -> list[str]:
        """Where it lies, as options of a command."""
        told = ["--data", str(self.folder.root)]
        return told if self.url == self.folder.database_url else [*told, "--database", self.url]


@dataclass
class Files:
    """What may be imported: two editions of the grids, which differ in where they meet, and histories."""

    root: Path
    editions: Mapping[str, list[Path]] = field(init=False)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.editions = {name: _edition(self.root / name, bend) for name, bend in (("straight", 0.0), ("bent", 0.4))}
        (self.root / "events.toml").write_text(MAPPING, "utf-8")

    def areas(self, edition: str) -> list[str]:
        """The words that import an edition."""
        levels = [word for level in LEVELS for word in ("--level", level)]
        return ["import", "areas", *map(str, self.editions[edition]), *levels]

    def events(self, name: str) -> list[str]:
        """The words that import a history of ``IMPORTED`` events, whose ids begin with this name."""
        path = self.root / f"{name}.csv"
        if not path.exists():
            rng = np.random.default_rng(len(name))
            xy = _points(rng, IMPORTED)
            lines = ["id,opened,closed,status,kind,what,x,y"]
            for k in range(IMPORTED):
                day, hour, closed = f"2026-0{1 + k % 9}-1{k % 7}", f"{k % 20:02}:{k % 60:02}", k % 3
                ended = f"{day} 22:00" if closed else ""
                told = "closed" if closed else "open"
                x, y = xy[k]
                lines.append(f"{name}-{k},{day} {hour},{ended},{told},环境,垃圾{k % 5},{x:.5f},{y:.5f}")
            path.write_text("\n".join(lines) + "\n", "utf-8")
        return ["import", "events", str(path), "--mapping", str(self.root / "events.toml")]


def found(root: Path, files: Files, bare_url: str) -> Town:
    """The city as an older version left it, in the empty database at ``bare_url``; its folder is ``root``."""
    folder = DataFolder(root)
    root.mkdir(parents=True)
    (root / "city.toml").write_text('time_zone = "Asia/Shanghai"\ndemo = true\n', "utf-8")
    newest = f"sqlite:///{root / 'newest.sqlite'}"
    store = Store.open(newest)
    access = Access.open(store, folder)
    report = import_areas(store, folder, files.editions["straight"], options=ImportOptions(Flags(levels=LEVELS)))
    assert report.written, report
    phone = _people(store, access, folder)
    with store.begin() as conn:
        bulk_history(conn, _past(conn), at_ms=_now(), actor="archive/import")
    store.close()
    copied(newest, bare_url)
    for name in ("newest.sqlite", "newest.sqlite-wal", "newest.sqlite-shm"):
        (root / name).unlink(missing_ok=True)
    return Town(folder, bare_url, folder.ingest_key.read_text("utf-8").strip(), phone)


def copy_of(town: Town, root: Path, url: str = "") -> Town:
    """The same city in a folder of its own; ``url``: its copy on a server, otherwise the file is copied, too."""
    shutil.copytree(town.folder.root, root)
    folder = DataFolder(root)
    return Town(folder, url or folder.database_url, town.key, town.phone)


def copied(newest: str, bare_url: str) -> None:
    """Make the older schema in an empty database, and bring over every column that it knows."""
    source, target = sa.create_engine(newest), sa.create_engine(bare_url)
    with source.connect() as old, target.begin() as new:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = new
        command.upgrade(config, OLDER)
        held, known = sa.MetaData(), sa.MetaData()
        held.reflect(old)
        known.reflect(new)
        for name in [t.name for t in known.sorted_tables if t.name != "alembic_version" and t.name in held.tables]:
            shared = [c.name for c in known.tables[name].columns if c.name in held.tables[name].columns]
            new.execute(known.tables[name].delete())
            rows = old.execute(sa.select(*(held.tables[name].c[c] for c in shared))).mappings().all()
            if rows:
                new.execute(known.tables[name].insert(), [dict(row) for row in rows])
    source.dispose()
    target.dispose()


def points(rng: np.random.Generator, n: int) -> list[tuple[float, float]]:
    """(lon, lat) within the city."""
    return [(round(x, 6), round(y, 6)) for x, y in _points(rng, n).tolist()]


def _points(rng: np.random.Generator, n: int) -> np.ndarray:
    west, south, east, north = shapely.bounds(cell(0, 0, 4, 2))
    return rng.uniform((west, south), (east, north), (n, 2))


def _now() -> int:
    return time.time_ns() // 1_000_000


def _edition(root: Path, bend: float) -> list[Path]:
    """Files of three levels; the lines between the rows of grids are bent by a share of their distance."""
    root.mkdir()
    west, south, east, north = shapely.bounds(cell(0, 0, 4, 2))
    xs = np.linspace(west, east, COLUMNS + 1)
    ys = np.tile(np.linspace(south, north, ROWS + 1), (COLUMNS + 1, 1))
    ys[1:-1:2, 1:-1] += bend * (north - south) / ROWS
    corners = np.stack([np.repeat(xs[:, None], ROWS + 1, 1), ys], axis=2)
    codes, names, parents, shapes = [], [], [], []
    for x in range(COLUMNS):
        for y in range(ROWS):
            ring = [corners[x, y], corners[x + 1, y], corners[x + 1, y + 1], corners[x, y + 1]]
            codes.append(f"G{x:02}{y:02}")
            names.append(f"网格{x:02}{y:02}")
            parents.append(f"D{1 + 2 * x // COLUMNS}")
            shapes.append(shapely.Polygon(ring))
    # The border between the districts has the corners of the grids on both sides.
    middle = corners[COLUMNS // 2]
    halves = [[(west, south), *middle, (west, north)], [(east, south), *middle, (east, north)]]
    grids = frame(codes, names, parents, shapes)
    districts = reshaped(two_districts(), [shapely.Polygon(half) for half in halves])
    made = []
    for n, areas in enumerate((city(), districts, grids)):
        made.append(root / f"{n}.geojson")
        write_dataframe(areas, made[-1])
    return made


def _people(store: Store, access: Access, folder: DataFolder) -> str:
    """A feed that may everything, units on duty, and a member of one of them; the secret of its phone."""
    desk, operator, now_ms = Desk.load(store, folder.city()), Actor.operator("drill"), _now()
    ensure_playing_key(access, folder, desk.tree.areas[0].code, now_ms)
    units = [
        UnitReport(code, f"巡{code}", "grid_post", "D1" if k % 2 else "C", (), "on_duty", now_ms)
        for k, code in enumerate(UNITS)
    ]
    outcomes = enrol_units(desk, operator, [Submitted({}, unit) for unit in units], feed="drill/units", now_ms=now_ms)
    assert {o.status for o in outcomes} == {"accepted"}, outcomes[:2]
    wanted = Wanted("phone", roles=[Role.UNIT_MEMBER.value], areas=["C"], unit_code=PHONE_UNIT)
    create(access, operator, desk.tree, wanted, now_ms)
    return phones.issue(access, operator, desk.tree, "phone", now_ms)[1]


def _past(conn: sa.Connection) -> EventHistory:
    """Events of the last forty days, two thirds of them closed."""
    rng, n = np.random.default_rng(5), PAST
    xy = _points(rng, n)
    leaves = conn.execute(sa.text("SELECT id FROM area WHERE depth = 2")).scalars().all()
    reported = np.sort(_now() - rng.integers(DAY_MS, 40 * DAY_MS, n))
    over = rng.random(n) < 0.67
    ended = np.where(over, reported + rng.integers(3_600_000, DAY_MS, n), NONE)
    left = np.flatnonzero(over)
    nothing = np.full(n, NONE, np.int64)
    return EventHistory(
        code=[f"OLD{k}" for k in range(n)], source=["hotline"] * n, source_system=["old"] * n,
        source_id=[str(k) for k in range(n)], subtype_code=["0101"] * n, class_code=["01"] * n, description=[""] * n,
        state=np.where(over, "closed", "handling").tolist(), urgency=rng.integers(3, 5, n), lon=xy[:, 0], lat=xy[:, 1],
        on_pile=np.zeros(n, np.int64), area_id=rng.choice(np.array(leaves, np.int64), n), rev=np.where(over, 2, 1),
        reported_ms=reported, state_ms=np.where(over, ended, reported), dispatched_ms=nothing, handled_ms=nothing,
        ended_ms=ended, deadline_ms=reported + 60 * DAY_MS, on_time=nothing, unit_id=nothing, left_event=left,
        left_rev=np.ones(len(left), np.int64), left_from_ms=reported[left], left_to_ms=ended[left],
        left_state=["handling"] * len(left),
    )  # fmt: skip
