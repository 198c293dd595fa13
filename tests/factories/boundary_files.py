"""A tiny city of three levels as files in every format of the field, and with every fault."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from geodata.boundaries.importer import ImportOptions, import_areas
from geodata.boundaries.mapping import Flags, Root, Source
from geodata.boundaries.report import Report
from geodata.store.folder import DataFolder

WEST, SOUTH, STEP = 106.4, 29.5, 0.05
ROOT = Root(code="C", name="云江市")


def cell(x: int, y: int, width: int = 1, height: int = 1) -> shapely.Polygon:
    """A rectangle on the city's lattice."""
    return shapely.box(WEST + x * STEP, SOUTH + y * STEP, WEST + (x + width) * STEP, SOUTH + (y + height) * STEP)


def city() -> gpd.GeoDataFrame:
    """The city, 4 × 2 cells."""
    return frame(["C"], ["云江市"], [""], [cell(0, 0, 4, 2)])


def districts() -> gpd.GeoDataFrame:
    """Its two districts, 2 × 2 cells each."""
    return frame(["D1", "D2"], ["渝中区", "江北区"], ["C", "C"], [cell(0, 0, 2, 2), cell(2, 0, 2, 2)])


def grids() -> gpd.GeoDataFrame:
    """Eight grids of one cell, four in each district."""
    cells = [(x, y) for x in range(4) for y in range(2)]
    return frame(
        [f"G{x}{y}" for x, y in cells], [f"网格{x}{y}" for x, y in cells],
        [f"D{1 + x // 2}" for x, _ in cells], [cell(x, y) for x, y in cells],
    )  # fmt: skip


def frame(
    codes: Sequence[Any], names: Sequence[Any], parents: Sequence[Any], shapes: Sequence[shapely.Geometry | None]
) -> gpd.GeoDataFrame:
    """Areas with the columns code, name and parent in WGS-84."""
    columns = {"code": list(codes), "name": list(names), "parent": list(parents)}
    return gpd.GeoDataFrame(columns, geometry=np.array(shapes, object), crs=4326)


def write(path: Path, areas: gpd.GeoDataFrame, **options: Any) -> Path:
    """Write a file in the format that its ending says."""
    driver = "LIBKML" if path.suffix == ".kml" else None
    pyogrio.write_dataframe(areas, path, driver=driver, **options)
    return path


def three_files(folder: Path, suffix: str = ".geojson") -> list[Path]:
    """The tiny city, one file per level, the city first."""
    made = (city(), districts(), grids())
    return [write(folder / f"{n}{suffix}", f) for n, f in zip(("1city", "2districts", "3grids"), made, strict=True)]


def reshaped(areas: gpd.GeoDataFrame, shapes: Sequence[shapely.Geometry | None]) -> gpd.GeoDataFrame:
    """The same areas with other shapes."""
    return areas.set_geometry(gpd.GeoSeries(np.array(shapes, object), index=areas.index, crs=areas.crs))


def dry(
    files: Sequence[Path | str], *, mapping: Path | None = None, root: Root | None = None,
    levels: Sequence[str] = (), leave_out_broken: bool = False, merge_parts: bool = False, **source: Any,
) -> Report:  # fmt: skip
    """The report of a dry run of these files."""
    flags = Flags(source=Source(**source), root=root, levels=tuple(levels))
    options = ImportOptions(flags, None, True, leave_out_broken, merge_parts)
    return import_areas(None, DataFolder(Path("/nonexistent")), files, mapping, options)


def counts(report: Report) -> list[int]:
    """Areas per level."""
    return [row[3] for row in report.counts]
