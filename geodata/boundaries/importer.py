"""Importing the areas of a city: read, check, and, if nothing breaks the hierarchy, write store and tiles together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from geodata.boundaries import coverage
from geodata.boundaries.areaset import AreaSet
from geodata.boundaries.crs import PlaceError
from geodata.boundaries.edition import Progress, put_areas, silent, today
from geodata.boundaries.hierarchy import TreeRules, tree_of_levels, tree_of_one_file
from geodata.boundaries.mapping import (
    Flags,
    LevelName,
    Mapping,
    MappingError,
    Source,
    load_mapping,
    mapping_for,
    with_flags,
)
from geodata.boundaries.opening import Dataset, ReadError, datasets
from geodata.boundaries.reading import RawAreas, read_areas
from geodata.boundaries.report import Report
from geodata.store.engine import Store
from geodata.store.folder import DataFolder


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import. ``edition`` is the day from which the areas are in force, by default today."""

    flags: Flags = field(default_factory=Flags)
    edition: date | None = None
    dry_run: bool = False
    leave_out_broken: bool = False
    merge_parts: bool = False


def import_areas(
    store: Store | None,
    folder: DataFolder,
    files: Sequence[Path | str],
    mapping: Path | None = None,
    options: ImportOptions | None = None,
    progress: Progress = silent,
) -> Report:
    """Import the areas in ``files``; a file may name a layer (``city.gpkg#wards``). Never raises for faults in them.

    ``store`` may be None for a dry run. The report says what was found and whether it was written.
    """
    began = time.perf_counter()
    options = options or ImportOptions()
    report = Report(dry_run=options.dry_run, edition=options.edition.isoformat() if options.edition else today(folder))
    areas = read_tree(files, mapping, options, report, progress)
    if areas is not None and store is not None and not options.dry_run:
        put_areas(store, folder, areas, report, progress)
    report.seconds = time.perf_counter() - began
    return report


def read_tree(
    files: Sequence[Path | str], mapping: Path | None, options: ImportOptions, report: Report, progress: Progress
) -> AreaSet | None:
    """Read and check the files; None when they are refused. Faults are in the report."""
    try:
        names = [str(f) for f in files]
        plan = with_flags(load_mapping(mapping), options.flags) if mapping else mapping_for(names, options.flags)
        paths = list(dict.fromkeys(Path(n.partition("#")[0]) for n in names))
        rules = TreeRules(plan.root, report.edition, options.merge_parts, options.leave_out_broken)
        with datasets(paths) as found:
            areas = _tree(found, plan, rules, report, progress)
    except (ReadError, PlaceError, MappingError) as error:
        report.add("crs" if isinstance(error, PlaceError) else "unreadable", str(error))
        return None
    if areas is None:
        return None
    report.counts = areas.counts()
    progress("check", 0, 1)
    coverage.check(areas, report)
    progress("check", 1, 1)
    return areas


def _tree(
    found: Sequence[Dataset], plan: Mapping, rules: TreeRules, report: Report, progress: Progress
) -> AreaSet | None:
    if plan.tree is not None:
        progress("read", 0, 1)
        raw = read_areas(found, plan.tree.over(plan.defaults), "", report)
        progress("read", 1, 1)
        return tree_of_one_file(raw, plan.names, rules, report)
    levels: list[tuple[LevelName, Source, RawAreas]] = []
    for depth, level in enumerate(plan.levels):
        progress("read", depth, len(plan.levels))
        source = level.over(plan.defaults)
        levels.append((level.level, source, read_areas(found, source, level.level.key, report)))
    progress("read", len(levels), len(levels))
    return tree_of_levels(levels, rules, report)
