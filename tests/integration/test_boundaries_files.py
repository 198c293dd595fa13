"""Boundary files as they come from the field: every format, every way to name columns and parents."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata.boundaries.mapping import Root
from geodata.boundaries.opening import ReadError, datasets
from tests.factories.boundary_files import (
    ROOT,
    SOUTH,
    STEP,
    WEST,
    cell,
    city,
    counts,
    districts,
    dry,
    frame,
    grids,
    three_files,
    write,
)


@pytest.mark.parametrize(
    ("at", "byte"),
    [(43, 0xFF), (8, 99), (6, 1)],
    ids=["damaged", "packed in an unknown way", "locked with a password"],
)
def test_an_archive_that_cannot_be_unpacked_is_named(tmp_path: Path, at: int, byte: int) -> None:
    file = tmp_path / "areas.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a.geojson", b"hello world" * 1000)
    data = bytearray(file.read_bytes())
    directory = data.index(b"PK\x01\x02")
    if at < 30:  # the method and the flags stand in the directory too, two bytes later
        data[directory + at + 2] = byte
    data[at] = byte
    file.write_bytes(data)
    with pytest.raises(ReadError, match=r"areas\.zip: not a readable archive"), datasets([file]):
        pass


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".kml", ".fgb"])
def test_each_format_gives_the_same_tree(tmp_path: Path, suffix: str) -> None:
    report = dry(three_files(tmp_path, suffix))
    assert not report.refused, list(report.findings)
    assert counts(report) == [1, 2, 8]
    assert not report.totals["gap"] + report.totals["overlap"] + report.totals["beyond_parent"]


def test_topojson_is_read_with_its_shared_arcs(tmp_path: Path) -> None:
    x, y = WEST, SOUTH
    arcs = [
        [[x + STEP, y], [x + STEP, y + STEP]],
        [[x + STEP, y + STEP], [x, y + STEP], [x, y], [x + STEP, y]],
        [[x + STEP, y], [x + 2 * STEP, y], [x + 2 * STEP, y + STEP], [x + STEP, y + STEP]],
    ]
    made = [
        {"type": "Polygon", "arcs": [[0, 1]], "properties": {"code": "D1", "name": "渝中区"}},
        {"type": "Polygon", "arcs": [[2, -1]], "properties": {"code": "D2", "name": "江北区"}},
    ]
    objects = {"districts": {"type": "GeometryCollection", "geometries": made}}
    (tmp_path / "d.topojson").write_text(json.dumps({"type": "Topology", "arcs": arcs, "objects": objects}), "utf-8")
    report = dry([tmp_path / "d.topojson"], root=ROOT)
    assert counts(report) == [1, 2]
    assert [f.text for f in report.of("assumed")]  # it names no CRS


def test_one_geopackage_holds_all_levels_as_layers(tmp_path: Path) -> None:
    path = tmp_path / "city.gpkg"
    for layer, areas in (("c", city()), ("d", districts()), ("g", grids())):
        write(path, areas, layer=layer, append=path.exists())
    assert counts(dry([f"{path}#c", f"{path}#d", f"{path}#g"])) == [1, 2, 8]
    report = dry([path])
    assert report.refused
    assert "city.gpkg#d" in next(report.of("unreadable")).text


def test_zipped_shapefiles_are_read_in_whatever_folder_they_lie(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    write(inner / "区县.shp", districts(), encoding="gbk")
    with zipfile.ZipFile(tmp_path / "areas.zip", "w") as z:
        for part in inner.iterdir():
            z.write(part, f"folder/{part.name}")
    report = dry([tmp_path / "areas.zip"], root=ROOT)
    assert not report.refused, report.findings
    assert counts(report) == [1, 2]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [("gbk", ["渝中区", "江北区"]), ("big5", ["臺北市", "高雄縣"]), ("cp1252", ["São Paulo", "Łomé".replace("Ł", "L")]),
     ("utf-8", ["渝中区", "Łódź"])],
)  # fmt: skip
def test_a_table_that_does_not_say_its_encoding_is_read_rightly(
    tmp_path: Path, encoding: str, names: list[str]
) -> None:
    areas = districts()
    areas["name"] = names
    write(tmp_path / "d.shp", areas, encoding=encoding)
    (tmp_path / "d.cpg").unlink()
    table = bytearray((tmp_path / "d.dbf").read_bytes())
    table[29] = 0  # the header's language driver says nothing
    (tmp_path / "d.dbf").write_bytes(table)
    report = dry([tmp_path / "d.shp"], root=ROOT, levels=["district"])
    doubled = dry([tmp_path / "d.shp"], root=ROOT, levels=["district"], name="name", name_en="name")
    assert not report.refused
    assert not doubled.refused
    twice = gpd.GeoDataFrame(pd.concat([areas, areas.assign(code=["E1", "E2"])]), crs=4326)
    write(tmp_path / "twice.shp", twice, encoding=encoding)
    (tmp_path / "twice.cpg").unlink()
    table = bytearray((tmp_path / "twice.dbf").read_bytes())
    table[29] = 0
    (tmp_path / "twice.dbf").write_bytes(table)
    told = {f.text.split(":")[0] for f in dry([tmp_path / "twice.shp"], root=ROOT).of("name_twice")}
    assert told == set(names)


def test_a_json_file_in_gbk_or_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    text = write(tmp_path / "d.geojson", districts()).read_text("utf-8")
    for name, data in (("gbk.geojson", text.encode("gbk")), ("bom.geojson", text.encode("utf-8-sig")),
                       ("utf16.geojson", text.encode("utf-16"))):  # fmt: skip
        (tmp_path / name).write_bytes(data)
        report = dry([tmp_path / name], root=ROOT)
        assert counts(report) == [1, 2], (name, report.findings)


def test_codes_keep_their_zeros_and_lose_the_point_of_a_number(tmp_path: Path) -> None:
    shapes = [cell(0, 0, 2, 2), cell(2, 0, 2, 2)]
    write(tmp_path / "1.gpkg", frame([10203.0, 10204.0], ["a", "b"], [None, None], shapes))
    leaves = frame(["010203001", "010204001"], ["c", "d"], [10203, 10204], shapes)
    write(tmp_path / "2.gpkg", leaves)
    mapping = tmp_path / "areas.toml"
    mapping.write_text(
        'root = {code = "C", name = "城"}\n'
        '[[levels]]\nfile = "1.gpkg"\ncode = "code"\ncode_width = 6\nlevel = {key = "street"}\n'
        '[[levels]]\nfile = "2.gpkg"\ncode = "code"\nparents = "prefix"\nparent_prefix = 6\nlevel = {key = "grid"}\n',
        "utf-8",
    )
    report = dry([tmp_path / "1.gpkg", tmp_path / "2.gpkg"], mapping=mapping)
    assert not report.refused, report.findings
    assert counts(report) == [1, 2, 2]


def test_parents_are_found_by_column_by_prefix_or_by_place(tmp_path: Path) -> None:
    upper = frame(["5001", "5002"], ["a", "b"], ["", ""], [cell(0, 0, 2, 2), cell(2, 0, 2, 2)])
    lower = frame(["500101", "500201"], ["c", "d"], ["5001", "5002"], [cell(0, 0, 2, 2), cell(2, 0, 2, 2)])
    files = [write(tmp_path / "1.geojson", upper), write(tmp_path / "2.geojson", lower)]
    for way in ({"parents": "column"}, {"parents": "prefix"}, {"parents": "prefix", "parent_prefix": 4},
                {"parents": "within"}):  # fmt: skip
        report = dry(files, root=ROOT, levels=["a", "b"], **way)
        assert counts(report) == [1, 2, 2], (way, report.findings)
        assert not report.totals["gap"] + report.totals["beyond_parent"]
    blind = write(tmp_path / "3.geojson", lower.drop(columns="parent"))
    assert dry([files[0], blind], root=ROOT).totals["orphan"] == 2


def test_padded_national_codes_find_their_parents_by_prefix(tmp_path: Path) -> None:
    upper = frame(["500110000000", "500112000000"], ["a", "b"], ["", ""], [cell(0, 0, 2, 2), cell(2, 0, 2, 2)])
    lower = frame(["500110001000", "500112001000"], ["c", "d"], ["", ""], [cell(0, 0, 2, 2), cell(2, 0, 2, 2)])
    files = [write(tmp_path / "1.geojson", upper), write(tmp_path / "2.geojson", lower)]
    report = dry(files, root=ROOT, parents="prefix", parent_prefix=6)
    assert counts(report) == [1, 2, 2], report.findings


def test_one_file_with_a_parent_column_is_a_whole_tree_of_any_depth(tmp_path: Path) -> None:
    chain = [("C", ""), ("L1", "C"), ("L2", "L1"), ("L3", "L2"), ("L4", "L3"), ("L5", "L4"), ("short", "C")]
    shapes = [cell(0, 0, 4, 2), *[cell(0, 0, 2, 2)] * 5, cell(2, 0, 2, 2)]
    path = write(tmp_path / "tree.geojson", frame([c for c, _ in chain], ["x"] * 7, [p for _, p in chain], shapes))
    report = dry([path])
    assert not report.refused, report.findings
    assert counts(report) == [1, 2, 1, 1, 1, 1]


def test_one_file_with_a_level_column_is_split_by_the_mapping(tmp_path: Path) -> None:
    whole = pd.concat([city().assign(kind="city"), districts().assign(kind="district"), grids().assign(kind="grid")])
    write(tmp_path / "all.geojson", gpd.GeoDataFrame(whole, crs=4326))
    mapping = tmp_path / "areas.toml"
    mapping.write_text(
        "".join(f'[[levels]]\nwhere = {{kind = "{k}"}}\nlevel = {{key = "{k}", zh = "{k}"}}\n'
                for k in ("city", "district", "grid")), "utf-8",
    )  # fmt: skip
    assert counts(dry([tmp_path / "all.geojson"], mapping=mapping)) == [1, 2, 8]


@pytest.mark.parametrize("epsg", [4490, 4544, 3857, 32648])
def test_any_crs_comes_home(tmp_path: Path, epsg: int) -> None:
    files = [write(tmp_path / f"{i}.gpkg", f.to_crs(epsg)) for i, f in enumerate((city(), districts(), grids()))]
    report = dry(files)
    assert counts(report) == [1, 2, 8]
    assert not report.totals["suspect_crs"], report.findings


def test_a_file_without_a_crs_needs_one_unless_it_looks_like_degrees(tmp_path: Path) -> None:
    metres = write(tmp_path / "m.shp", districts().to_crs(4544))
    (tmp_path / "m.prj").unlink()
    report = dry([metres], root=ROOT)
    assert "names no CRS" in next(report.of("crs")).text
    assert counts(dry([metres], root=ROOT, crs="EPSG:4544")) == [1, 2]
    degrees = write(tmp_path / "d.shp", districts())
    (tmp_path / "d.prj").unlink()
    report = dry([degrees], root=ROOT)
    assert counts(report) == [1, 2]
    assert report.totals["assumed"] == 1


def test_parts_in_rows_of_their_own_are_joined_only_when_asked(tmp_path: Path) -> None:
    rows = frame(["D1", "D2", "D2"], ["a", "b", "b"], [""] * 3, [cell(0, 0), cell(1, 0), cell(3, 0)])
    path = write(tmp_path / "d.geojson", rows)
    assert dry([path], root=ROOT).totals["duplicate_code"] == 1
    report = dry([path], root=ROOT, merge_parts=True)
    assert counts(report) == [1, 2]
    assert next(report.of("merged_parts")).code == "D2"


def test_islands_holes_heights_and_collections_are_polygons_all_the_same(tmp_path: Path) -> None:
    holed = shapely.difference(cell(0, 0, 2, 2), cell(0, 0).centroid.buffer(0.01))
    high = shapely.force_3d(cell(2, 0), 12.0)
    both = shapely.GeometryCollection([cell(3, 0), shapely.Point(WEST, SOUTH)])
    islands = shapely.MultiPolygon([cell(2, 1), cell(3, 1)])
    path = write(tmp_path / "d.geojson", frame(list("abcd"), list("abcd"), [""] * 4, [holed, high, both, islands]))
    report = dry([path], root=ROOT)
    assert counts(report) == [1, 4]
    assert [f.code for f in report.of("mixed_geometry")] == ["c"]
    assert [f.code for f in report.of("gap")] == ["C"]  # the hole that was cut


def test_a_mapping_file_that_is_wrong_says_where(tmp_path: Path) -> None:
    mapping = tmp_path / "areas.toml"
    for text, word in (("[[levels]]\nfile = 'x'", "level"), ("nonsense = 1", "nonsense"), ("[[", "TOML"), ("", "tree")):
        mapping.write_text(text, "utf-8")
        assert word in next(dry(three_files(tmp_path), mapping=mapping).of("unreadable")).text


def test_a_root_is_made_only_when_asked_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "d.geojson", districts().assign(parent=""))
    report = dry([path], levels=["district"])
    assert "--root-code" in next(report.of("no_root")).text
    report = dry([path], levels=["district"], root=Root(code="X", name="城"))
    assert counts(report) == [1, 2]
    assert next(report.of("root_made")).text.startswith("X 城")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ('<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "entities"),
        ('<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', "entities"),
        ("<unclosed>", "not well-formed"),
    ],
)
def test_xml_that_could_read_other_files_or_swell_is_not_read(tmp_path: Path, head: str, said: str) -> None:
    file = tmp_path / "areas.kml"
    file.write_text(f'<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"></kml>', "utf-8")
    with pytest.raises(ReadError, match=said), datasets([file]):
        pass
