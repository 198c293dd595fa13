"""What breaks the hierarchy is refused by name; what is only ugly is told with place and size."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import Geod
from rich.console import Console
from shapely.affinity import translate

from geodata.boundaries.report import RULES, Severity
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
    reshaped,
    three_files,
    write,
)


def levels(folder: Path, *frames: gpd.GeoDataFrame) -> list[Path]:
    return [write(folder / f"{i}.geojson", f) for i, f in enumerate(frames)]


def test_a_sound_city_has_nothing_to_tell(tmp_path: Path) -> None:
    report = dry(three_files(tmp_path))
    assert {rule for rule in report.totals if RULES[rule].severity is not Severity.FACT} == set()
    assert report.outcome() == "Dry run; nothing was written."


def test_an_orphan_is_refused_with_the_parent_it_names(tmp_path: Path) -> None:
    lost = grids()
    lost.loc[3, "parent"] = "D9"
    report = dry(levels(tmp_path, city(), districts(), lost))
    assert report.refused
    assert [(f.code, "D9" in f.text) for f in report.of("orphan")] == [("G11", True)]


def test_equal_codes_are_refused_within_a_level_and_across(tmp_path: Path) -> None:
    same = grids()
    same.loc[3, "code"] = "G00"
    assert next(dry(levels(tmp_path, city(), districts(), same)).of("duplicate_code")).code == "G00"
    across = grids()
    across.loc[3, "code"] = "D1"
    assert "code_prefix" in next(dry(levels(tmp_path, city(), districts(), across)).of("duplicate_code")).text


@pytest.mark.parametrize(
    ("code", "rule"),
    [(None, "missing_code"), ("  ", "missing_code"), ("a/b", "unusable_code"), ("x" * 65, "unusable_code"),
     ("..", "unusable_code")],
)  # fmt: skip
def test_a_code_that_is_missing_or_cannot_stand_in_an_address_is_refused(
    tmp_path: Path, code: str | None, rule: str
) -> None:
    bad = grids()
    bad.loc[2, "code"] = code
    report = dry(levels(tmp_path, city(), districts(), bad))
    assert report.refused
    assert report.totals[rule] == 1


@pytest.mark.parametrize(
    "shape",
    [None, shapely.Point(WEST, SOUTH), shapely.LineString([(WEST, SOUTH), (WEST + 1, SOUTH)]), shapely.Polygon()],
)
def test_an_area_without_a_polygon_is_refused(tmp_path: Path, shape: shapely.Geometry | None) -> None:
    rows = grids()
    shapes: list[shapely.Geometry | None] = list(rows.geometry)
    shapes[5] = shape
    report = dry(levels(tmp_path, city(), districts(), reshaped(rows, shapes)))
    assert [f.code for f in report.of("no_polygon")] == ["G21"]


def test_broken_areas_are_left_out_only_when_asked_with_all_below_them(tmp_path: Path) -> None:
    lost = districts()
    lost.loc[0, "parent"] = "nowhere"
    files = levels(tmp_path, city(), lost, grids())
    assert dry(files).refused
    report = dry(files, leave_out_broken=True)
    assert not report.refused
    assert counts(report) == [1, 1, 4]
    assert report.totals["left_out"] == 5


def test_areas_in_a_circle_are_refused(tmp_path: Path) -> None:
    rows = frame(list("abc"), list("abc"), ["", "c", "b"], [cell(0, 0), cell(1, 0), cell(2, 0)])
    report = dry(levels(tmp_path, rows))
    assert {f.code for f in report.of("not_above")} == {"b", "c"}


def test_two_roots_and_none_are_refused(tmp_path: Path) -> None:
    assert dry(levels(tmp_path, districts().assign(parent="")), levels=["district"]).totals["no_root"] == 1
    assert dry(levels(tmp_path, districts().assign(parent="C"))).refused


def test_an_overlap_is_told_with_place_and_size_on_the_ground(tmp_path: Path) -> None:
    rows = grids()
    shapes = list(rows.geometry)
    shapes[0] = shapely.union(shapes[0], shapely.box(WEST, SOUTH + STEP, WEST + 0.01, SOUTH + STEP + 0.002))
    report = dry(levels(tmp_path, city(), districts(), reshaped(rows, shapes)))
    assert not report.refused
    (found,) = report.of("overlap")
    true_m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(
        shapely.box(WEST, SOUTH + STEP, WEST + 0.01, SOUTH + STEP + 0.002)
    )
    assert found.size_m2 == pytest.approx(abs(true_m2), rel=1e-3)
    assert (found.code, found.text) == ("G00", "overlaps G01")
    assert found.lon is not None
    assert found.lat is not None
    assert WEST < found.lon < WEST + 0.01
    assert SOUTH + STEP < found.lat < SOUTH + STEP + 0.002


def test_a_gap_and_a_part_outside_are_told_at_the_parent(tmp_path: Path) -> None:
    rows = grids()
    shapes = list(rows.geometry)
    shapes[0] = shapely.difference(shapes[0], shapely.box(WEST + 0.01, SOUTH + 0.01, WEST + 0.02, SOUTH + 0.02))
    shapes[7] = shapely.union(shapes[7], cell(4, 1).buffer(0))
    report = dry(levels(tmp_path, city(), districts(), reshaped(rows, shapes)))
    assert [f.code for f in report.of("gap")] == ["D1"]
    assert [f.code for f in report.of("beyond_parent")] == ["D2"]
    assert report.sizes_m2["gap"] == pytest.approx(1_073_000, rel=0.01)


def test_what_is_only_rounding_is_counted_and_not_listed(tmp_path: Path) -> None:
    rows = districts()
    shapes = [rows.geometry[0], translate(rows.geometry[1], 1e-10, 0)]
    report = dry(levels(tmp_path, city(), reshaped(rows, shapes)))
    assert not report.totals["gap"] + report.totals["overlap"] + report.totals["beyond_parent"]
    assert any("rounding" in f.text for f in report.of("checked"))


def test_an_invalid_polygon_is_repaired_and_the_repair_is_told(tmp_path: Path) -> None:
    x, y = WEST, SOUTH
    bow = shapely.Polygon([(x, y), (x + STEP, y + STEP), (x + STEP, y), (x, y + STEP)])
    rows = grids()
    shapes = list(rows.geometry)
    shapes[0] = bow
    report = dry(levels(tmp_path, city(), districts(), reshaped(rows, shapes)))
    (found,) = report.of("invalid_polygon")
    assert found.code == "G00"
    assert "Self-intersection" in found.text
    assert found.lon == pytest.approx(x + STEP / 2)


def test_names_that_are_missing_or_not_unique_are_told(tmp_path: Path) -> None:
    rows = grids()
    rows["name"] = ["甲", "甲", None, "丁", "戊", "己", "庚", "辛"]
    report = dry(levels(tmp_path, city(), districts(), rows))
    assert [f.text for f in report.of("name_twice")] == ["甲: 2 areas (G00, G01)"]
    assert [f.code for f in report.of("missing_name")] == ["G10"]


def test_codes_of_unequal_length_raise_the_question_of_lost_zeros(tmp_path: Path) -> None:
    rows = districts().assign(code=["10203", "110204"])
    assert "5 digits" in next(dry(levels(tmp_path, city(), rows)).of("unequal_codes")).text


def test_swapped_axes_and_mislabelled_units_are_refused(tmp_path: Path) -> None:
    swapped = districts()
    swapped = reshaped(swapped, [shapely.transform(g, lambda p: p[:, ::-1]) for g in swapped.geometry])
    assert "swapped" in next(dry(levels(tmp_path, swapped), root=ROOT).of("crs")).text
    metres = districts().to_crs(4544).set_crs(4326, allow_override=True)
    assert "--crs" in next(dry([write(tmp_path / "m.gpkg", metres)], root=ROOT).of("crs")).text
    degrees = districts().set_crs(3857, allow_override=True)
    assert "are degrees" in next(dry([write(tmp_path / "d.gpkg", degrees)], root=ROOT).of("crs")).text
    beyond = reshaped(districts(), [translate(g, 73.5, 0) for g in districts().geometry])
    assert "beyond 180" in next(dry(levels(tmp_path, beyond), root=ROOT).of("crs")).text
    assert dry(levels(tmp_path, districts()), root=ROOT, crs="EPSG:nonsense").totals["crs"] == 1


def test_a_city_in_the_ice_or_at_zero_is_a_suspicion(tmp_path: Path) -> None:
    rows = districts()
    boston_swapped = [translate(g, 42.36 - WEST, -71.06 - SOUTH) for g in rows.geometry]
    assert "swapped" in next(dry(levels(tmp_path, reshaped(rows, boston_swapped)), root=ROOT).of("suspect_crs")).text
    zero = districts()
    zero = reshaped(zero, [translate(g, -WEST, -SOUTH) for g in zero.geometry])
    assert "Africa" in next(dry(levels(tmp_path, zero), root=ROOT).of("suspect_crs")).text


def test_areas_out_of_their_time_are_left_out_and_named(tmp_path: Path) -> None:
    rows = districts()
    old = frame(["D0"], ["旧区"], ["C"], [cell(0, 0, 2, 2)]).assign(valid_to="2011-10-27")
    soon = frame(["D3"], ["新区"], ["C"], [cell(0, 0)]).assign(valid_from="2999/1/1")
    both = pd.concat([rows.assign(valid_from="19970618"), old, soon])
    files = levels(tmp_path, city(), gpd.GeoDataFrame(both, crs=4326))
    report = dry(files, valid_from="valid_from", valid_to="valid_to")
    assert counts(report) == [1, 2]
    assert {f.code for f in report.of("not_in_force")} == {"D0", "D3"}


def test_missing_columns_and_files_are_told_with_what_there_is(tmp_path: Path) -> None:
    files = three_files(tmp_path)
    assert "code, name, parent" in next(dry(files, code="adcode").of("unreadable")).text
    assert "no such file" in next(dry([tmp_path / "nothing.shp"]).of("unreadable")).text
    (tmp_path / "notes.txt").write_text("hello", "utf-8")
    assert "those that can end in .fgb" in next(dry([tmp_path / "notes.txt"]).of("unreadable")).text
    (tmp_path / "broken.gpkg").write_bytes(b"not a database")
    assert dry([tmp_path / "broken.gpkg"]).totals["unreadable"] == 1
    (tmp_path / "broken.zip").write_bytes(b"PK not an archive")
    assert dry([tmp_path / "broken.zip"]).totals["unreadable"] == 1


def test_the_report_prints_and_is_json(tmp_path: Path) -> None:
    lost = grids()
    lost.loc[3, "parent"] = "D9"
    report = dry(levels(tmp_path, city(), districts(), lost))
    console = Console(width=120, record=True)
    with console.capture() as shown:
        report.print(console)
    assert "G11" in shown.get()
    assert "Refused; nothing was written." in shown.get()
    data = json.loads(json.dumps(report.as_dict()))
    assert data["refused"] is True
    assert data["totals"]["orphan"]["count"] == 1
