"""Commands that bring files in and take lists out, and the one that counts again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from geodata.boundaries.importer import ImportOptions, import_areas
from geodata.boundaries.mapping import Flags, Root, Source
from geodata.boundaries.roads import RoadSource, import_roads
from geodata.intake.history_file import import_events
from geodata.intake.roster_file import import_roster
from geodata.intake.terminal import Data, Database, existing, progress, say, stages, told, writing
from geodata.services.access import Access
from geodata.services.actors import Actor
from geodata.services.checking import check_audit, check_city
from geodata.services.export import export_list
from geodata.store.engine import Store
from geodata.store.folder import DataFolder

imports = typer.Typer(help="Bring in a city's boundaries, its roads or its history of events.", no_args_is_help=True)
lists = typer.Typer()


@imports.command("areas")
def areas_in(
    files: Annotated[list[str], typer.Argument(help="One file per level, the city first, or one file with a parent "
                                               "column; city.gpkg#layer names a layer.")],
    data: Data,
    mapping: Annotated[Path | None, typer.Option(help="A TOML file that says which column is what.")] = None,
    level: Annotated[list[str] | None, typer.Option(help="key:中文:English, from the city downwards.")] = None,
    code: Annotated[str, typer.Option(help="Column of the code.")] = "",
    name: Annotated[str, typer.Option(help="Column of the name.")] = "",
    parent: Annotated[str, typer.Option(help="Column of the parent's code.")] = "",
    parents: Annotated[str, typer.Option(help="How parents are found: column, prefix or within.")] = "",
    parent_prefix: Annotated[int, typer.Option(help="Characters of the code that are the parent's.")] = 0,
    crs: Annotated[str, typer.Option(help="Any EPSG code, where the file says none.")] = "",
    datum: Annotated[str, typer.Option(help="gcj02 or bd09, which no file says.")] = "",
    encoding: Annotated[str, typer.Option(help="Of a shapefile without .cpg; guessed otherwise.")] = "",
    root_code: Annotated[str, typer.Option(help="Make a root area with this code as the union of the rest.")] = "",
    root_name: Annotated[str, typer.Option()] = "",
    edition: Annotated[str, typer.Option(help="Day from which these areas are in force, YYYY-MM-DD.")] = "",
    leave_out_broken: Annotated[bool, typer.Option(help="Import the rest when single areas are broken.")] = False,
    merge_parts: Annotated[bool, typer.Option(help="Join rows that share one code into one area.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Report only.")] = False,
    json_report: Annotated[Path | None, typer.Option(help="Also write the whole report here.")] = None,
    database: Database = "",
) -> None:
    """Import a city's boundaries: check, report, write areas and tiles. Ends with 1 when refused."""
    folder = DataFolder(data)
    with told():
        source = Source.model_validate({
            "code": code, "name": name, "parent": parent, "parents": parents, "parent_prefix": parent_prefix,
            "crs": crs, "datum": datum, "encoding": encoding,
        })  # fmt: skip
        root = Root(code=root_code, name=root_name) if root_code else None
        flags = Flags(source=source, levels=tuple(level or ()), root=root)
        day = date.fromisoformat(edition) if edition else None
        options = ImportOptions(flags, day, dry_run, leave_out_broken, merge_parts)
        store = None if dry_run else writing(Store.open(database or folder.database_url), folder)
        with progress() as shown:
            report = import_areas(store, folder, files, mapping, options, stages(shown))
    report.print(say)
    if json_report:
        with told():
            json_report.write_text(json.dumps(report.as_dict(), ensure_ascii=False, indent=1), "utf-8")
    raise typer.Exit(int(report.refused))


@imports.command("events")
def events_in(
    file: Annotated[Path, typer.Argument(help="CSV, also zipped.")],
    mapping: Annotated[Path, typer.Option(help="A TOML file that says which column is what.")],
    data: Data,
    dry_run: Annotated[bool, typer.Option(help="Report only.")] = False,
    database: Database = "",
) -> None:
    """Import a history of events; may be run again. Rows that cannot be read or placed go to quarantine."""
    folder = DataFolder(data)
    with told():
        store = writing(Store.open(database or folder.database_url), folder)
        with progress() as shown:
            report = import_events(store, folder, file, mapping, dry_run=dry_run, progress=stages(shown))
    for line in report.lines():
        say.print(line, markup=False)


@imports.command("roster")
def roster_in(
    file: Annotated[Path, typer.Argument(help="CSV with the columns unit, from, to and, where somebody is excused, "
                                              "leave (1).")],
    data: Data,
    database: Database = "",
) -> None:
    """Import planned shifts; may be run again. Times without an offset are the city's. What is refused waits in
    quarantine."""
    folder = DataFolder(data)
    with told():
        report = import_roster(writing(existing(folder, database), folder), folder, file)
    for line in report.lines():
        say.print(line, markup=False)


@imports.command("roads")
def roads_in(
    file: Annotated[str, typer.Argument(help="Any file of lines; city.gpkg#roads names a layer.")],
    data: Data,
    road_class: Annotated[str, typer.Option("--class", help="Column of the class, as OpenStreetMap's highway.")] = "",
    oneway: Annotated[str, typer.Option(help="Column that says one way: yes, no, -1, or F, T, B.")] = "",
    speed: Annotated[str, typer.Option(help="Column of the speed that units make there, in km/h.")] = "",
    crs: Annotated[str, typer.Option(help="Any EPSG code, where the file says none.")] = "",
    datum: Annotated[str, typer.Option(help="gcj02 or bd09, which no file says.")] = "",
    encoding: Annotated[str, typer.Option(help="Of a shapefile without .cpg; guessed otherwise.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Report only.")] = False,
    database: Database = "",
) -> None:
    """Import the city's roads, by which ways of units are found; takes the place of those before."""
    with told():
        source = RoadSource(road_class, oneway, speed, crs, datum, encoding)
        folder = DataFolder(data)
        store = writing(existing(folder, database), folder)
        with progress() as shown:
            report = import_roads(store, file, source, dry_run=dry_run, progress=stages(shown))
    for line in report.lines():
        say.print(line, markup=False)


@lists.command()
def check(
    data: Data,
    what: Annotated[str, typer.Argument(help="all, or only the audit")] = "all",
    head: Annotated[str, typer.Option(help="A head of the audit that was noted before: it must still be in it.")] = "",
    database: Database = "",
) -> None:
    """Recount what is kept against what happened, follow the audit's chain, and compare the change log with what its
    lines cover; ends with 1 when something is wrong."""
    folder = DataFolder(data)
    with told():
        if what not in ("all", "audit"):
            raise ValueError(f"what: {what!r} is not known; possible: all, audit")
        store = existing(folder, database)
        findings = check_audit(Access.open(store, folder), head)
        if what == "all":
            findings += check_city(store, folder)
    for finding in findings:
        mark = "[bold red]✗[/]" if finding.wrong else "[green]✓[/]"
        say.print(f"{mark} {finding.subject}: {escape(finding.text)}")
    raise typer.Exit(int(any(f.wrong for f in findings)))


@lists.command()
def export(
    what: Annotated[str, typer.Argument(help="areas, events or units")],
    out: Annotated[Path, typer.Argument(help="A file that ends in .csv, .geojson or .gpkg")],
    data: Data,
    area: Annotated[str, typer.Option(help="Only this area and all below it.")] = "",
    database: Database = "",
) -> None:
    """Write a list of an area and all below it to a file."""
    with told():
        n = export_list(existing(DataFolder(data), database), Actor.operator(), what, area, out)
    say.print(f"[green]✓[/] {n:,} {what} in {out}")
