"""Editions in the store: ids stay with their codes, tiles and tree change together, events find their area again."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from geodata.boundaries.archive import TileArchive
from geodata.boundaries.importer import ImportOptions, import_areas
from geodata.boundaries.placing import Placer
from geodata.boundaries.report import Report
from geodata.store import areas, changes, rollups, settings
from geodata.store.engine import Connection, Store
from geodata.store.folder import DataFolder
from geodata.store.history import bulk_history
from geodata.store.models import EventRow
from tests.factories.boundary_files import SOUTH, STEP, WEST, cell, city, districts, frame, grids, reshaped, write
from tests.factories.little_city import history


def put(store: Store, folder: Path, frames: Sequence[gpd.GeoDataFrame], day: str) -> Report:
    """Import these levels as the edition of a day."""
    source = folder / "files"
    source.mkdir(exist_ok=True)
    files = [write(source / f"{day}-{i}.geojson", f) for i, f in enumerate(frames)]
    return import_areas(store, DataFolder(folder), files, None, ImportOptions(edition=date.fromisoformat(day)))


def ids(store: Store) -> dict[str, int]:
    """Area ids by code, in force."""
    with store.read() as conn:
        return {a.code: a.id for a in areas.load_tree(conn).areas}


def test_what_is_imported_is_the_tree_in_force(store: Store, tmp_path: Path) -> None:
    report = put(store, tmp_path, (city(), districts(), grids()), "2026-01-01")
    assert report.written
    with store.read() as conn:
        tree = areas.load_tree(conn)
        assert settings.get(conn, settings.AREAS_BUILD) == report.build
        assert [c.kind for c in changes.tail(conn, 0)] == ["areas"]
        everything, wkb = areas.polygons(conn)
        leaves, _ = areas.polygons(conn, "leaves")
        parents, _ = areas.polygons(conn, "parents")
        drawn = areas.child_outlines(conn, "D2")
    assert [x.key for x in tree.levels] == ["level1", "level2", "level3"]
    assert [a.code for a in tree.path(tree.ordinal["G21"])] == ["C", "D2", "G21"]
    assert tree.areas[0].initials == "yjs"
    assert tree.areas[0].area_m2 > 1e8
    assert len(everything) == len(wkb) == 11
    assert sorted(leaves + parents) == everything
    assert drawn is not None
    assert drawn.codes == ["G20", "G21", "G30", "G31"]
    placed = Placer.load(store, tree).place(WEST + 2.5 * STEP, SOUTH + 1.5 * STEP)
    assert tree.areas[int(placed.ordinal[0])].code == "G21"


def test_a_dry_run_and_a_refusal_write_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    files = [write(tmp_path / "d.geojson", districts())]
    folder = DataFolder(tmp_path / "data")
    assert import_areas(sqlite_store, folder, files).refused
    dry = import_areas(sqlite_store, folder, [write(tmp_path / "c.geojson", city())], None, ImportOptions(dry_run=True))
    assert not dry.refused
    assert not dry.written
    with sqlite_store.read() as conn:
        assert not areas.has_areas(conn)
    assert not folder.root.exists()


def test_areas_too_thin_to_be_drawn_are_refused(sqlite_store: Store, tmp_path: Path) -> None:
    thin = frame(["C"], ["线"], [""], [shapely.box(WEST, SOUTH, WEST + 1e-9, SOUTH + 1)])
    report = put(sqlite_store, tmp_path, (thin,), "2026-01-01")
    assert report.refused
    assert not report.written
    assert list(tmp_path.glob("*.pmtiles")) == []


def test_a_new_edition_keeps_ids_closes_what_is_gone_and_adds_what_is_new(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, (city(), districts(), grids()), "2026-01-01")
    before = ids(store)
    later = grids()
    later.loc[7, "code"] = "G99"
    later.loc[0, "name"] = "新名"
    report = put(store, tmp_path, (city(), districts(), later), "2027-01-01")
    after = ids(store)
    assert report.changes == {"kept": 10, "new": 1, "closed": 1}
    assert {c: i for c, i in after.items() if c != "G99"} == {c: i for c, i in before.items() if c != "G31"}
    assert after["G99"] not in before.values()
    with store.read() as conn:
        tree = areas.load_tree(conn)
        assert tree.areas[tree.ordinal["G00"]].name == "新名"
        assert tree.areas[tree.ordinal["G99"]].valid_from == date(2027, 1, 1)
        closed = conn.execute(sa.text("SELECT valid_to FROM area WHERE code = 'G31'")).scalar_one()
    assert closed == "2027-01-01"
    again = put(store, tmp_path, (city(), districts(), grids()), "2027-01-01")
    assert again.changes == {"kept": 10, "new": 1, "closed": 1}
    assert ids(store) == before  # G31 is taken up where it was closed on the same day


def test_an_older_edition_is_refused(sqlite_store: Store, tmp_path: Path) -> None:
    put(sqlite_store, tmp_path, (city(), districts()), "2026-05-01")
    report = put(sqlite_store, tmp_path, (city(), districts()), "2026-04-30")
    assert report.refused
    assert not report.written
    assert report.totals["edition"] == 1


def test_a_code_that_names_another_place_gets_a_new_id(sqlite_store: Store, tmp_path: Path) -> None:
    put(sqlite_store, tmp_path, (city(), districts()), "2026-01-01")
    before = ids(sqlite_store)
    swapped = reshaped(districts(), list(districts().geometry)[::-1])
    report = put(sqlite_store, tmp_path, (city(), swapped), "2027-01-01")
    assert {f.code for f in report.of("moved_code")} == {"D1", "D2"}
    after = ids(sqlite_store)
    assert after["C"] == before["C"]
    assert not {after["D1"], after["D2"]} & set(before.values())


def test_the_build_names_the_content_and_changes_with_it(sqlite_store: Store, tmp_path: Path) -> None:
    first = put(sqlite_store, tmp_path, (city(), districts()), "2026-01-01")
    same = put(sqlite_store, tmp_path, (city(), districts()), "2026-01-02")
    other = put(sqlite_store, tmp_path, (city(), districts(), grids()), "2026-01-03")
    assert first.build == same.build != other.build


def test_tiles_carry_the_ids_of_the_store_and_the_codes(sqlite_store: Store, tmp_path: Path) -> None:
    report = put(sqlite_store, tmp_path, (city(), districts(), grids()), "2026-01-01")
    archive = TileArchive(DataFolder(tmp_path).area_tiles(report.build))
    seen: dict[str, dict[int, str]] = {}
    z = archive.zooms[1]
    n = 2**z
    x0, x1 = (int((WEST + k * STEP) / 360 * n + n / 2) for k in (0, 4))
    rows = [y for y in range(n) if archive.tile(z, x0, y)] if n <= 4096 else []
    for x in range(x0, x1 + 1):
        for y in rows:
            data = archive.tile(z, x, y)
            for name, layer in mapbox_vector_tile.decode(gzip.decompress(data)).items() if data else ():
                seen.setdefault(name, {}).update({f["id"]: f["properties"]["code"] for f in layer["features"]})
    known = {i: code for code, i in ids(sqlite_store).items()}
    assert set(seen) == {"l0", "l1", "l2"} == set(report.tiles["zooms"])
    assert {i: c for found in seen.values() for i, c in found.items()} == known
    assert archive.tile(99, 0, 0) is None
    assert archive.tile(z, -1, 0) is None
    assert archive.tile(0, 0, 1) is None


def test_events_of_a_closed_area_find_the_one_that_took_its_place(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, (city(), districts(), grids()), "2026-01-01")
    before = ids(store)
    events = history(60)
    rng = np.random.default_rng(1)
    cells = [(x, y) for x in range(4) for y in range(2)]
    chosen = [cells[k] for k in rng.integers(0, 8, 60)]
    events.area_id[:] = [before[f"G{x}{y}"] for x, y in chosen]
    events.lon[:] = [WEST + (x + 0.5) * STEP for x, _ in chosen]
    events.lat[:] = [SOUTH + (y + 0.5) * STEP for _, y in chosen]
    with store.begin() as conn:
        bulk_history(conn, events, at_ms=0, actor="test")
    merged = frame(["G0"], ["合并网格"], ["D1"], [cell(0, 0, 1, 2)])
    kept = grids()[~grids()["code"].isin(["G00", "G01"])]
    new = gpd.GeoDataFrame(pd.concat([kept, merged], ignore_index=True), crs=4326)
    report = put(store, tmp_path, (city(), districts(), new), "2027-01-01")
    moved = sum(x == 0 for x, _ in chosen)
    assert f"{moved} events" in next(report.of("reattached")).text
    after = ids(store)
    with store.read() as conn:
        standing = conn.execute(sa.select(EventRow.area_id)).scalars().all()
        totals = rollups.totals(conn)
    at = Counter(standing)
    assert at[after["G0"]] == moved
    assert sum(at.values()) == 60
    assert set(at) <= set(after.values())
    assert int(totals.reported[list(totals.area_id).index(after["C"])]) == 60


class CutError(Exception):
    """The process ends here."""


def test_an_import_cut_short_before_its_commit_leaves_the_build_in_force_its_own_tiles(
    store: Store, tmp_path: Path
) -> None:
    def cut(conn: Connection, seq: int) -> None:
        raise CutError

    folder = DataFolder(tmp_path)
    first = put(store, tmp_path, (city(), districts()), "2026-01-01")
    before = folder.area_tiles(first.build).read_bytes()
    store.attend(cut)
    with pytest.raises(CutError):
        put(store, tmp_path, (city(), districts(), grids()), "2026-01-02")
    with store.read() as conn:
        assert settings.get(conn, settings.AREAS_BUILD) == first.build
    assert folder.area_tiles(first.build).read_bytes() == before
    store.attend(lambda conn, seq: None)
    second = put(store, tmp_path, (city(), districts(), grids()), "2026-01-02")
    assert [path.name for path in tmp_path.glob("areas*")] == [f"areas-{second.build}.pmtiles"]
    assert TileArchive(folder.area_tiles(second.build)).zooms


def test_tiles_of_an_older_version_count_until_the_next_import(sqlite_store: Store, tmp_path: Path) -> None:
    folder, older = DataFolder(tmp_path), tmp_path / "areas.pmtiles"
    first = put(sqlite_store, tmp_path, (city(), districts()), "2026-01-01")
    folder.area_tiles(first.build).rename(older)
    assert folder.area_tiles(first.build) == older
    second = put(sqlite_store, tmp_path, (city(), districts(), grids()), "2026-01-02")
    assert folder.area_tiles(second.build).name == f"areas-{second.build}.pmtiles"
    assert not older.exists()
