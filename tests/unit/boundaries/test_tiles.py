"""Vector tiles: what a client decodes is what was put in."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from shapely.affinity import affine_transform

from geodata.boundaries import tiles as tiles_module
from geodata.boundaries.mvt import Geometries, mercator
from geodata.boundaries.tiles import TileError, TileSource, build_archive

WEST, SOUTH, STEP = 106.4, 29.5, 0.02


def squares(n: int, step: float = STEP) -> Geometries:
    """n × n squares that touch, from the south-west."""
    k = np.arange(n)
    x, y = (v.ravel() for v in np.meshgrid(WEST + k * step, SOUTH + k * step))
    return np.asarray(shapely.box(x, y, x + step, y + step), object)


def decoded(path: Path) -> dict[tuple[int, int, int], dict[str, Any]]:
    """Every tile of an archive by (z, x, y), y down."""
    with path.open("rb") as f:
        return {
            zxy: mapbox_vector_tile.decode(gzip.decompress(data), default_options={"y_coord_down": True})
            for zxy, data in all_tiles(MmapSource(f))
        }


def test_every_feature_comes_back_with_its_id_its_text_and_its_place(tmp_path: Path) -> None:
    shapes = squares(4)
    source = TileSource("l1", shapes, list(range(7, 23)), {"code": [f"区{i}" for i in range(16)]}, 8, 12, coverage=True)
    archive = build_archive(tmp_path / "a.pmtiles", [source])
    found = decoded(tmp_path / "a.pmtiles")
    assert archive.tiles == len(found)
    assert {z for z, _, _ in found} == set(range(8, 13))
    for z in range(8, 13):
        parts: dict[int, list[shapely.Geometry]] = {}
        for (tz, x, y), layers in found.items():
            if tz != z:
                continue
            for feature in layers["l1"]["features"]:
                assert feature["properties"] == {"code": f"区{feature['id'] - 7}"}
                shape = shapely.geometry.shape(feature["geometry"])
                parts.setdefault(feature["id"], []).append(
                    affine_transform(shape, [1 / 4096 / 2**z, 0, 0, 1 / 4096 / 2**z, x / 2**z, y / 2**z])
                )
        unit = shapely.transform(shapes, mercator)
        assert sorted(parts) == list(range(7, 23))
        for number, pieces in parts.items():
            together = shapely.union_all(shapely.make_valid(np.array(pieces)))
            assert shapely.hausdorff_distance(together, unit[number - 7]) < 2.0 / (4096 * 2**z)


def test_holes_turn_the_other_way_and_stay_holes(tmp_path: Path) -> None:
    ring = shapely.difference(shapely.box(106.4, 29.5, 106.6, 29.7), shapely.box(106.45, 29.55, 106.55, 29.65))
    build_archive(tmp_path / "a.pmtiles", [TileSource("l0", np.array([ring], object), [1], {}, 5, 5)])
    (layers,) = decoded(tmp_path / "a.pmtiles").values()
    shape = shapely.geometry.shape(layers["l0"]["features"][0]["geometry"])
    assert isinstance(shape, shapely.Polygon)
    assert len(shape.interiors) == 1
    assert shape.area == pytest.approx(shape.envelope.area * 0.75, rel=0.02)


def test_multipolygons_and_lines_are_one_feature_each(tmp_path: Path) -> None:
    two = shapely.MultiPolygon([shapely.box(106.4, 29.5, 106.42, 29.52), shapely.box(106.45, 29.5, 106.47, 29.52)])
    one = shapely.LineString([(106.4, 29.5), (106.5, 29.6)])
    apart = shapely.MultiLineString([[(106.4, 29.6), (106.42, 29.6)], [(106.44, 29.6), (106.46, 29.6)]])
    sources = [
        TileSource("water", np.array([two], object), [1], {"class": ["river"]}, 5, 5),
        TileSource("road", np.array([one, apart], object), [1, 2], {"class": ["highway", ""]}, 5, 5),
    ]
    build_archive(tmp_path / "a.pmtiles", sources)
    (layers,) = decoded(tmp_path / "a.pmtiles").values()
    assert [f["geometry"]["type"] for f in layers["water"]["features"]] == ["MultiPolygon"]
    assert [f["geometry"]["type"] for f in layers["road"]["features"]] == ["LineString", "MultiLineString"]
    assert [f["properties"] for f in layers["road"]["features"]] == [{"class": "highway"}, {}]


def test_a_layer_that_may_yield_starts_later_where_a_tile_would_be_too_heavy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [
        TileSource("l0", squares(1, 0.4), [1], {}, 6, 11, coverage=True, yields=True),
        TileSource("l1", squares(20), list(range(2, 402)), {}, 6, 11, coverage=True, yields=True),
    ]
    monkeypatch.setattr(tiles_module, "TILE_MAX_BYTES", 1_000)
    archive = build_archive(tmp_path / "a.pmtiles", sources)
    assert archive.layers["l0"] == (6, 11)
    first, last = archive.layers["l1"]
    assert 6 < first <= last == 11
    assert all(("l1" in layers) == (z >= first) for (z, _, _), layers in decoded(tmp_path / "a.pmtiles").items())
    assert archive.largest <= 1_000


def test_the_same_content_has_the_same_digest_and_another_one_has_not(tmp_path: Path) -> None:
    def digest(ids: list[int]) -> str:
        return build_archive(tmp_path / "a.pmtiles", [TileSource("l0", squares(2), ids, {}, 8, 9)]).digest

    assert digest([1, 2, 3, 4]) == digest([1, 2, 3, 4]) != digest([1, 2, 3, 5])


def test_the_archive_says_which_layers_it_holds_at_which_zooms(tmp_path: Path) -> None:
    build_archive(tmp_path / "a.pmtiles", [TileSource("l0", squares(2), [1, 2, 3, 4], {"code": list("abcd")}, 8, 9)])
    with (tmp_path / "a.pmtiles").open("rb") as f:
        reader = Reader(MmapSource(f))
        assert reader.metadata()["vector_layers"] == [
            {"id": "l0", "fields": {"code": "String"}, "minzoom": 8, "maxzoom": 9}
        ]
        assert (reader.header()["min_zoom"], reader.header()["max_zoom"]) == (8, 9)


def test_points_and_nothing_at_all_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TileError, match="layer dots"):
        build_archive(tmp_path / "a.pmtiles", [TileSource("dots", np.array([shapely.Point(1, 1)], object), [1])])
    with pytest.raises(TileError, match="nothing"):
        build_archive(tmp_path / "a.pmtiles", [TileSource("l0", np.array([shapely.Polygon()], object), [1])])
