"""OneScreen's wiring and its command line: ``python app.py --help``."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvicorn
from dash import Dash
from fastapi import FastAPI
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from starlette_compress import CompressMiddleware

from callbacks import map, navigation, search, selection  # noqa: A004
from callbacks.live import sweeping, wiring
from callbacks.room import Room
from dashboard.shell import INDEX, shell
from geodata.boundaries.edition import Progress as Tell
from geodata.boundaries.importer import ImportOptions, import_areas
from geodata.boundaries.mapping import Flags, Root, Source
from geodata.demo.build import DemoError, build_demo
from geodata.demo.city import CitySize
from geodata.demo.simulator.play import Script, run_simulator
from geodata.intake import api, tiles
from geodata.intake.history_file import import_events
from geodata.intake.keys import ensure_ingest_key
from geodata.services.checking import check_city
from geodata.services.export import ExportError, export_list
from geodata.situation.loading import load_situation
from geodata.situation.tailing import Tail
from geodata.store import settings
from geodata.store.engine import Store, StoreError
from geodata.store.folder import DataFolder
from layers.registry import LAYERS

CODE = Path(__file__).resolve().parent
ROOMS = ("app.py", "callbacks", "dashboard", "geodata", "layers")
WAIT_FOR_SCREENS_S = 3
SIMULATOR_NICE = 10
SCREENS_AT_ONCE, MESSAGE_MAX = 4_096, 65_536
SMALL = CitySize(districts=6, streets=30, communities=150, grids=900)
say = Console(stderr=True, highlight=False)
cli = typer.Typer(
    help="一屏统览 OneScreen: the one screen of a grassroots governance command centre.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
imports = typer.Typer(help="Bring in a city's boundaries or its history of events.", no_args_is_help=True)
cli.add_typer(imports, name="import")

Data = Annotated[Path, typer.Option(help="The city's data folder.", file_okay=False)]
Database = Annotated[str, typer.Option(help="postgresql+psycopg://…; without it the folder's SQLite file.")]
Host = Annotated[str, typer.Option(help="Address to listen on. Beyond this machine accounts are needed.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]


# -- wiring ---------------------------------------------------------------------------------------------------------


def code_build() -> str:
    """A short name for the code and assets that run: screens reload themselves when it changes."""
    digest = hashlib.blake2b(digest_size=6)
    for room in ROOMS:
        top = CODE / room
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.suffix in {".py", ".js", ".css", ".csv"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def open_room(folder: DataFolder, database: str) -> Room:
    """Open the city's database and load the live picture. Raises StoreError, and SystemExit without any areas."""
    city = folder.city()
    store = existing(folder, database)
    situation = load_situation(store, city.zone)
    return Room(store, situation, Tail(store, situation), city, folder, code_build())


def create_app(room: Room) -> Dash:
    """The Dash app of one process: routes first, then pages and callbacks."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tailing = asyncio.create_task(room.tail.run())
        yield
        tailing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tailing

    server = FastAPI(title="OneScreen", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    hub = wiring.register(server, room)
    server.include_router(api.router(room.store, room.folder, lag=room.tail.state, push=hub.metrics))
    server.include_router(tiles.router(room.store, room.folder))
    server.include_router(navigation.router(room))
    server.add_middleware(CompressMiddleware, minimum_size=500)
    app = Dash(
        __name__, server=server, backend="fastapi", serve_locally=True,
        assets_folder=str(CODE / "dashboard" / "assets"),
        title="一屏统览 OneScreen", update_title="", suppress_callback_exceptions=True, index_string=INDEX,
    )  # fmt: skip
    # A function: whoever opens or reloads a page gets the boundaries and the catalogue that are in force then.
    app.layout = lambda: shell(room.catalogue, [layer.id for layer in LAYERS], map.pane(room))
    for part in (navigation, map, search, selection):
        part.register(app, room)
    # Dash finds its assets and callbacks at the first request for "/"; a wall's first request is a deep link.
    app._setup_server()
    return app


# -- serving --------------------------------------------------------------------------------------------------------


def stop(message: str) -> NoReturn:
    """Say what is wrong and what to do, and end with code 1."""
    say.print(f"[bold red]✗[/] {escape(message)}")
    raise typer.Exit(1)


def refuse_strangers(host: str) -> None:
    """Without accounts nobody but this machine may look: any other binding is refused."""
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    stop(
        f"Listening on {host} is refused: it would be open to the network, and this version has no accounts. "
        "Listen on 127.0.0.1 and put an authenticating reverse proxy in front."
    )


def free(host: str, port: int) -> None:
    """Stop at once when somebody else listens there, before any long work."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            stop(f"{host}:{port} cannot be listened on ({error.strerror}); choose another with --port")


def address_of(host: str, port: int) -> str:
    """The address to open."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(room: Room, host: str, port: int) -> None:
    """Serve until told to stop."""
    server = create_app(room).server
    sweeping.settle()
    config = uvicorn.Config(
        server, host=host, port=port, log_level="warning", access_log=False, lifespan="on", backlog=SCREENS_AT_ONCE,
        timeout_graceful_shutdown=WAIT_FOR_SCREENS_S, ws="callbacks.live.outlets:PreparedFrames",
        ws_per_message_deflate=False, ws_max_size=MESSAGE_MAX,
    )  # fmt: skip
    say.print(f"[bold green]●[/] OneScreen is at [bold]{address_of(host, port)}/[/]   (API: /api/docs, Ctrl+C ends)")
    uvicorn.Server(config).run()


@cli.command()
def serve(data: Data, port: Port = 8050, host: Host = "127.0.0.1", database: Database = "") -> None:
    """Serve a city from its data folder."""
    refuse_strangers(host)
    free(host, port)
    with told():
        room = open_room(DataFolder(data), database)
        say.print(f"The ingest key for /api/v1 is in {room.folder.ingest_key}")
        listen(room, host, port)


@cli.command()
def demo(
    data: Data = Path("data/demo"),
    port: Port = 8050,
    host: Host = "127.0.0.1",
    database: Database = "",
    seed: Annotated[int, typer.Option(help="The invented city's random seed.")] = 7,
    small: Annotated[bool, typer.Option(help="A small town instead of the full-size city, for a quick look.")] = False,
    speed: Annotated[float, typer.Option(help="How fast the simulated day runs.", min=0.1, max=100)] = 1.0,
    storm: Annotated[bool, typer.Option(help="A storm: ten times the events in two districts.")] = False,
    build_only: Annotated[bool, typer.Option(help="Build the city and end.")] = False,
) -> None:
    """Build the demo city 云江市 (once), serve it and let the simulator play it through the public API."""
    refuse_strangers(host)
    free(host, port)
    folder = DataFolder(data)
    with told(), progress() as shown:
        build_demo(folder, seed, SMALL if small else None, whole(shown, "云江市 Yunjiang"), database_url=database)
    if build_only:
        return
    with told():
        room = open_room(folder, database)
        ensure_ingest_key(room.store, folder)
        with playing(folder, host, port, seed, speed, storm):
            listen(room, host, port)


@contextlib.contextmanager
def playing(folder: DataFolder, host: str, port: int, seed: int, speed: float, storm: bool) -> Iterator[None]:
    """Run the simulator in a process of its own; it waits for the server, and ends with it."""
    command = [
        sys.executable, str(CODE / "app.py"), "simulate", address_of(host, port), "--data", str(folder.root),
        "--seed", str(seed), "--speed", str(speed), *(["--storm"] if storm else []),
    ]  # fmt: skip
    # uvicorn ends with the signal it was sent; as an exit it passes through the lines below, and none plays on alone.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    process = subprocess.Popen(command)
    if hasattr(os, "setpriority"):  # the city that is played must not slow down the one that is watched
        os.setpriority(os.PRIO_PROCESS, process.pid, SIMULATOR_NICE)
    try:
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


@cli.command()
def simulate(
    address: Annotated[str, typer.Argument(help="The server's address, e.g. http://127.0.0.1:8050")],
    data: Data = Path("data/demo"),
    seed: Annotated[int, typer.Option()] = 7,
    speed: Annotated[float, typer.Option(min=0.1, max=100)] = 1.0,
    storm: Annotated[bool, typer.Option()] = False,
) -> None:
    """Play the demo city against a running server, through the public API only.

    A storm lasts while the data folder holds a file named "storm".
    """
    folder = DataFolder(data)
    if not folder.ingest_key.exists():
        stop(f"{folder.ingest_key} is missing: serve the folder once, it is made then.")
    with told(), contextlib.suppress(KeyboardInterrupt):
        key = folder.ingest_key.read_text("utf-8").strip()
        run_simulator(address, key, folder, Script(seed=seed, speed=speed, storm=storm))


# -- files in and out -----------------------------------------------------------------------------------------------


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
        store = None if dry_run else Store.open(database or folder.database_url)
        with progress() as shown:
            report = import_areas(store, folder, files, mapping, options, stages(shown))
    report.print(say)
    if json_report:
        with told():
            json_report.write_text(json.dumps(report.as_dict(), ensure_ascii=False, indent=1), "utf-8")
    raise typer.Exit(int(report.refused))


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what is expected to go wrong into a sentence and an exit code."""
    try:
        yield
    except (StoreError, ExportError, DemoError, OSError, ValueError) as error:
        stop(str(error))


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on the terminal."""
    columns = (TextColumn("{task.description:<34}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=say) as shown:
        yield shown


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
        store = Store.open(database or folder.database_url)
        with progress() as shown:
            report = import_events(store, folder, file, mapping, dry_run=dry_run, progress=stages(shown))
    for line in report.lines():
        say.print(line, markup=False)


def stages(shown: Progress) -> Tell:
    """One bar for each stage of a long work, as it is told of."""
    bars: dict[str, TaskID] = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            bars[stage] = shown.add_task(stage)
        shown.update(bars[stage], completed=done, total=total)

    return tell


def whole(shown: Progress, title: str) -> Callable[[str, float], None]:
    """One bar for a long work that tells its share."""
    bar = shown.add_task(title, total=1.0)
    return lambda stage, share: shown.update(bar, completed=share, description=f"{title}: {stage}")


def existing(folder: DataFolder, database: str) -> Store:
    """The store of a city that is there with its areas; ends the command where it is not."""
    if not database and not Path(folder.database_url.removeprefix("sqlite:///")).exists():
        stop(f"There is no city in {folder.root}.")
    store = Store.open(database or folder.database_url)
    with store.read() as conn:
        built = settings.get(conn, settings.AREAS_BUILD)
    if built is None:
        stop(f"There are no areas in {folder.root} yet. Import them first: python app.py import areas --help")
    return store


@cli.command()
def check(data: Data, database: Database = "") -> None:
    """Recount what is kept against what happened; ends with 1 when something needs someone."""
    folder = DataFolder(data)
    with told():
        findings = check_city(existing(folder, database), folder)
    for finding in findings:
        mark = "[bold red]✗[/]" if finding.wrong else "[green]✓[/]"
        say.print(f"{mark} {finding.subject}: {escape(finding.text)}")
    raise typer.Exit(int(any(f.wrong for f in findings)))


@cli.command()
def export(
    what: Annotated[str, typer.Argument(help="areas, events or units")],
    out: Annotated[Path, typer.Argument(help="A file that ends in .csv, .geojson or .gpkg")],
    data: Data,
    area: Annotated[str, typer.Option(help="Only this area and all below it.")] = "",
    database: Database = "",
) -> None:
    """Write a list of an area and all below it to a file."""
    with told():
        n = export_list(existing(DataFolder(data), database), what, area, out)
    say.print(f"[green]✓[/] {n:,} {what} in {out}")


if __name__ == "__main__":
    cli()
