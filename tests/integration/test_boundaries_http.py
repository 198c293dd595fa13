"""Tiles and outlines over HTTP: kept for ever, never a 5xx."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import httpx
import mapbox_vector_tile
import pytest
import shapely
from fastapi import FastAPI
from pmtiles.tile import tileid_to_zxy

from geodata.boundaries.archive import ArchiveError, TileArchive
from geodata.boundaries.importer import import_areas
from geodata.boundaries.tiles import TileSource, build_archive
from geodata.intake import tiles
from geodata.services.actors import Actor, asking
from geodata.store.areas import load_tree
from geodata.store.engine import Store
from geodata.store.folder import DataFolder
from tests.factories.boundary_files import cell, districts, three_files, write


@dataclass(frozen=True)
class Client:
    """Asks the routes of one store and folder, without a socket."""

    store: Store
    folder: DataFolder
    app: FastAPI = field(default_factory=FastAPI)

    def __post_init__(self) -> None:
        with self.store.read() as conn:
            tree = load_tree(conn)
        self.app.include_router(tiles.router(self.store, self.folder, lambda: tree))

    def get(self, address: str, **headers: str) -> httpx.Response:
        """The answer; header names are given with underscores."""
        named = {k.replace("_", "-"): v for k, v in headers.items()}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
                asking.set(Actor.operator())
                return await client.get(address, headers=named)

        return asyncio.run(ask())


class City(NamedTuple):
    """A store and folder with the tiny city in them."""

    store: Store
    folder: DataFolder
    build: str


def found(root: Path) -> City:
    """Import the tiny city."""
    folder = DataFolder(root)
    (root / "files").mkdir(parents=True)
    store = Store.open(folder.database_url)
    report = import_areas(store, folder, three_files(root / "files"))
    assert report.written
    return City(store, folder, report.build)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city that no test changes."""
    city = found(tmp_path_factory.mktemp("city"))
    yield city
    city.store.close()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city of a test's own."""
    made = found(tmp_path)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def client(standing: City) -> Client:
    return Client(standing.store, standing.folder)


@pytest.fixture(scope="module")
def build(standing: City) -> str:
    return standing.build


@pytest.fixture(scope="module")
def folder(standing: City) -> DataFolder:
    return standing.folder


def some_tile(folder: DataFolder, build: str) -> tuple[int, int, int]:
    """A tile at the last zoom that is not empty."""
    archive = TileArchive(folder.area_tiles(build))
    z, x, y = tileid_to_zxy(int(archive._last[-1]) - 1)
    return z, x, y


def test_a_tile_is_kept_for_ever_and_gzipped_where_that_is_accepted(
    client: Client, build: str, folder: DataFolder
) -> None:
    z, x, y = some_tile(folder, build)
    address = f"/tiles/{build}/areas/{z}/{x}/{y}.mvt"
    packed = client.get(address, Accept_Encoding="gzip")
    plain = client.get(address, Accept_Encoding="identity")
    assert packed.status_code == plain.status_code == 200
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert "l2" in mapbox_vector_tile.decode(plain.content)
    for answer in (packed, plain):
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert packed.headers["etag"] != plain.headers["etag"]
    again = client.get(address, Accept_Encoding="gzip", If_None_Match=packed.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "numbers",
    ["0/0/0", "12/0/0", "99/1/1", "5/-1/3", "5/40/3", "a/b/c", "1.5/0/0", "14/99999999999999999999/0", "²/0/0"],
)
def test_what_is_no_tile_is_empty(client: Client, build: str, numbers: str) -> None:
    answer = client.get(f"/tiles/{build}/areas/{numbers}.mvt")
    assert (answer.status_code, answer.content) == (204, b"")


def test_an_unknown_build_or_archive_is_not_found(client: Client, build: str) -> None:
    assert client.get("/tiles/nobuild/areas/1/0/0.mvt").status_code == 404
    assert client.get(f"/tiles/{build}/secrets/1/0/0.mvt").status_code == 404


def test_a_missing_or_broken_archive_is_empty_and_not_an_error(city: City) -> None:
    store, folder, build = city
    folder.base_tiles.write_bytes(b"this is not an archive")
    client = Client(store, folder)
    answer = client.get(f"/tiles/{build}/basemap/5/25/13.mvt")
    assert answer.status_code == 204
    assert answer.headers["cache-control"] == "no-store"
    with pytest.raises(ArchiveError):
        TileArchive(folder.base_tiles)


def test_the_base_map_is_served_from_its_own_archive(city: City) -> None:
    store, folder, build = city
    water = TileSource("water", shapely.from_wkb(shapely.to_wkb([cell(0, 0)])), [1], {"class": ["river"]}, 5, 5)
    build_archive(folder.base_tiles, [water])
    z, x, y = 5, 25, 13
    client = Client(store, folder)
    answer = client.get(f"/tiles/{build}/basemap/{z}/{x}/{y}.mvt")
    (feature,) = mapbox_vector_tile.decode(answer.content)["water"]["features"]
    assert feature["properties"] == {"class": "river"}


def test_the_outlines_of_the_children_are_geojson_with_codes_as_ids(client: Client, build: str) -> None:
    answer = client.get(f"/geo/{build}/children/C.json")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    collection = answer.json()
    assert [f["id"] for f in collection["features"]] == ["D1", "D2"]
    shapes = [shapely.geometry.shape(f["geometry"]) for f in collection["features"]]
    assert shapely.equals_exact(shapes[0].normalize(), districts().geometry[0].normalize(), 1e-5)
    tag = answer.headers["etag"]
    assert client.get(f"/geo/{build}/children/C.json", If_None_Match=tag).status_code == 304
    leaf = client.get(f"/geo/{build}/children/G21.json").json()
    assert [f["id"] for f in leaf["features"]] == ["G21"]


def test_an_area_s_own_outline_is_there_for_whoever_does_not_reach_its_parent(client: Client, build: str) -> None:
    answer = client.get(f"/geo/{build}/own/D1.json")
    (feature,) = answer.json()["features"]
    assert feature["id"] == "D1"
    assert shapely.equals_exact(
        shapely.geometry.shape(feature["geometry"]).normalize(), districts().geometry[0].normalize(), 1e-5
    )
    assert answer.headers["etag"] != client.get(f"/geo/{build}/children/D1.json").headers["etag"]


@pytest.mark.parametrize("code", ["nobody", "%20", "C%00", "'; DROP TABLE area; --", "x" * 500])
def test_an_unknown_area_is_not_found_as_json(client: Client, build: str, code: str) -> None:
    answer = client.get(f"/geo/{build}/children/{code}.json")
    assert answer.status_code == 404
    assert answer.json()["field"] == "code"


def test_codes_of_any_script_are_found(city: City, tmp_path: Path) -> None:
    store, folder, _ = city
    rows = districts().assign(code=["渝 1#", "a+b?c"], parent="")
    path = write(tmp_path / "d.gpkg", rows)
    report = import_areas(store, folder, [path])
    assert report.refused  # two areas, no root
    single = write(tmp_path / "s.gpkg", rows[:1])
    report = import_areas(store, folder, [single])
    client = Client(store, folder)
    answer = client.get(f"/geo/{report.build}/children/%E6%B8%9D%201%23.json")
    assert [f["id"] for f in answer.json()["features"]] == ["渝 1#"]


def test_a_new_edition_is_served_without_a_restart(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, folder, build = city
    client = Client(store, folder)
    assert client.get(f"/geo/{build}/children/C.json").status_code == 200
    monkeypatch.setattr(tiles, "LOOK_AGAIN_S", 0.0)
    files = three_files(tmp_path / "files")
    write(files[1], districts()[:1].assign(name="新"))
    write(files[2], districts()[:1].assign(code="G1", parent="D1"))
    report = import_areas(store, folder, files)
    assert report.build != build
    outlines = client.get(f"/geo/{report.build}/children/C.json").json()
    assert [f["id"] for f in outlines["features"]] == ["D1"]
    assert client.get(f"/geo/{build}/children/C.json").status_code == 404
    z, x, y = some_tile(folder, report.build)
    tile = client.get(f"/tiles/{report.build}/areas/{z}/{x}/{y}.mvt", Accept_Encoding="identity")
    assert tile.status_code == 200
