"""OneScreen's wiring and its command line: ``python app.py --help``."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from dash import Dash
from fastapi import FastAPI
from rich.markup import escape
from starlette_compress import CompressMiddleware

from callbacks import (
    analysis,
    batch,
    downloads,
    map,  # noqa: A004
    memory,
    navigation,
    saved,
    search,
    selection,
    stepping,
    windows,
)
from callbacks.access import commands as accounts
from callbacks.access import pages
from callbacks.answers import add_answers
from callbacks.live import sweeping, wiring
from callbacks.live.guarding import guard
from callbacks.live.noting import keep_noting
from callbacks.policy import content_policy, hash_of
from callbacks.room import Room
from callbacks.upkeep import keep_up
from callbacks.wellformed import WellFormed
from dashboard import indicators, rules
from dashboard.shell import INDEX, RESCUE, STILL, shell
from geodata.demo.build import build_demo
from geodata.demo.city import CitySize
from geodata.demo.playing_key import ensure_playing_key
from geodata.demo.simulator.play import Script, run_simulator
from geodata.domain.plans import unknown_matters
from geodata.intake import api, commands, tiles
from geodata.intake.beating import beat
from geodata.intake.door import Door, now_ms
from geodata.intake.gate import COME_IN, DEMO, Gate, is_this_machine
from geodata.intake.terminal import Data, Database, existing, progress, say, stop, told, whole
from geodata.services.access import Access
from geodata.services.accounts import first_invitation, is_configured
from geodata.services.actors import asking
from geodata.services.calendar import work_calendar
from geodata.services.sessions import Sessions
from geodata.situation.clockwork import Clockwork
from geodata.situation.loading import load_situation
from geodata.situation.tailing import Tail
from geodata.store.folder import DataFolder
from layers.registry import LAYERS

CODE = Path(__file__).resolve().parent
ROOMS = ("app.py", "callbacks", "dashboard", "geodata", "layers")
WAIT_FOR_SCREENS_S = 3
SIMULATOR_NICE = 10
SCREENS_AT_ONCE, MESSAGE_MAX = 4_096, 65_536
SMALL = CitySize(districts=6, streets=30, communities=150, grids=900)
OPEN_HOUSE = "anybody may step into any role of the demo city, so it is for this machine only."
LOOPBACK = ("localhost", "127.0.0.1", "::1")
cli = typer.Typer(
    help="一屏统览 OneScreen: the one screen of a grassroots governance command centre.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
cli.add_typer(commands.imports, name="import")
cli.add_typer(commands.lists)
for noun, part in (("user", accounts.users), ("screen", accounts.screens), ("feed", accounts.feeds)):
    cli.add_typer(part, name=noun)

Host = Annotated[str, typer.Option(help="Address to listen on. Beyond this machine accounts are needed.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]


# -- wiring ---------------------------------------------------------------------------------------------------------


def code_build() -> str:
    """A short name for the code and assets that run: screens reload themselves when it changes."""
    digest = hashlib.blake2b(digest_size=6)
    for room in ROOMS:
        top = CODE / room
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.suffix in {".py", ".js", ".css", ".csv", ".html"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def open_room(folder: DataFolder, database: str) -> Room:
    """Open the city's database and load the live picture. Raises StoreError, and SystemExit without any areas."""
    city = folder.city()
    store = existing(folder, database)
    access = Access.open(store, folder)
    clockwork = Clockwork(work_calendar(city), city.lights.rules)
    situation = load_situation(store, city.zone, clockwork=clockwork, patrol=city.coverage.plan)
    return Room(
        store, situation, Tail(store, situation), city, folder, code_build(), access, Sessions(access),
        Door(access, city),
    )  # fmt: skip


def create_app(room: Room) -> Dash:
    """The Dash app of one process: routes first, then pages and callbacks, and the gate around all of it."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        works = (
            beat(room.door, room.tail.process), room.tail.run(), push.bells.run(), guard(push.sockets, room.sessions),
            keep_up(room), push.replays.run(), keep_noting(push.hub, room.store, room.tail.process),
        )  # fmt: skip
        tasks = [asyncio.create_task(work) for work in works]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        push.replays.close()

    server = FastAPI(title="OneScreen", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    push = wiring.register(server, room)
    server.include_router(api.router(room.door, lag=room.tail.state, push=push.metrics, upkeep=room.pace.told))
    server.include_router(tiles.router(room.store, room.folder, lambda: room.situation.tree))
    server.include_router(pages.router(room))
    server.include_router(navigation.router(room))
    server.include_router(downloads.router(room))
    server.include_router(windows.router(room, push.replays))
    server.include_router(analysis.router(room))
    add_answers(server)
    server.add_middleware(CompressMiddleware, minimum_size=500)
    app = Dash(
        __name__, server=server, backend="fastapi", serve_locally=True,
        assets_folder=str(CODE / "dashboard" / "assets"), assets_ignore=r"^(forms|field)(_\w+)?\.(css|js)$",
        title="一屏统览 OneScreen", update_title="", suppress_callback_exceptions=True, index_string=INDEX,
    )  # fmt: skip
    # A function: whoever opens or reloads a page gets the boundaries and the catalogue that are in force then.
    app.layout = lambda: shell(
        room.catalogue, [layer.id for layer in LAYERS], map.pane(room, asking.get()), navigation.me(room, asking.get()),
        room.city.looks,
    )  # fmt: skip
    for part in (navigation, search, selection, stepping, saved, batch):
        part.register(app, room)
    # Dash finds its assets and callbacks at the first request for "/"; a wall's first request is a deep link.
    app._setup_server()
    # Dash's own socket is not used: what is not there needs no guard.
    server.router.routes[:] = [r for r in server.router.routes if getattr(r, "path", "") != "/_dash-ws-callback"]
    server.add_middleware(WellFormed, dash=app)
    hosts = (*LOOPBACK, *room.city.access.hosts) if room.access.demo else room.city.access.hosts
    # Last, and so the outermost: nothing is asked of anything that it has not let through.
    policy = content_policy((*app.csp_hashes(), hash_of(RESCUE), hash_of(STILL)), room.city.basemap)
    server.add_middleware(Gate, sessions=room.sessions, policy=policy, hosts=hosts,
                          come_in=DEMO if room.access.demo else COME_IN)  # fmt: skip
    return app


# -- serving --------------------------------------------------------------------------------------------------------


def refuse_open_house(room: Room, host: str) -> None:
    """Nobody else may reach a server into which anybody could come: without accounts, or with those of the demo."""
    if is_this_machine(host):
        return
    if room.access.demo:
        stop(f"Listening on {host} is refused: {OPEN_HOUSE}")
    if not is_configured(room.access):
        stop(
            f"Listening on {host} is refused: there is no account yet that could sign in. Make one first: "
            f"python app.py user add LOGIN --role admin --data {room.folder.root}"
        )


def warn_of_strangers(room: Room) -> None:
    """Say which codes of ``city.toml`` are none of the catalogue: what they are written for never happens."""
    known = room.catalogue.subtypes, room.catalogue.classes
    places = {f"[[{key}]]: matters": unknown_matters(said, *known)
              for key, said in (("joint", room.city.joint), ("skill", room.city.skill))}  # fmt: skip
    for focus, codes in room.city.focus.items():
        places[f"[focus]: {focus}"] = [code for code in codes if code not in room.catalogue.classes]
    for place, strangers in places.items():
        if strangers:
            said_of = f"city.toml: {place}: not in the catalogue: {', '.join(strangers)}"
            say.print(f"[yellow]●[/] {escape(said_of)}", soft_wrap=True)


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
    memory.settle()
    server = create_app(room).server
    sweeping.settle()
    config = uvicorn.Config(
        server, host=host, port=port, log_level="warning", access_log=False, lifespan="on", backlog=SCREENS_AT_ONCE,
        timeout_graceful_shutdown=WAIT_FOR_SCREENS_S, ws="callbacks.live.outlets:PreparedFrames",
        ws_per_message_deflate=False, ws_max_size=MESSAGE_MAX, server_header=False,
    )  # fmt: skip
    address = room.city.access.address.rstrip("/") or address_of(host, port)
    say.print(f"[bold green]●[/] OneScreen is at [bold]{address}/[/]   (API: /api/docs, Ctrl+C ends)")
    invite(room, address)
    if not is_this_machine(host):
        say.print("[yellow]●[/] Put a proxy with TLS in front: without it passwords travel in the clear.")
    uvicorn.Server(config).run()


def invite(room: Room, address: str) -> None:
    """Where nobody could sign in: print the one-time link by which the first admin comes in."""
    if room.access.demo:
        return
    secret = first_invitation(room.access, room.situation.tree.areas[0].code, now_ms())
    if secret is not None:
        say.print(f"[bold yellow]●[/] The first admin comes in by this link, once: [bold]{address}/welcome/{secret}[/]",
                  soft_wrap=True)  # fmt: skip


@cli.command()
def serve(data: Data, port: Port = 8050, host: Host = "127.0.0.1", database: Database = "") -> None:
    """Serve a city from its data folder."""
    free(host, port)
    with told():
        room = open_room(DataFolder(data), database)
        refuse_open_house(room, host)
        warn_of_strangers(room)
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
    if not is_this_machine(host):
        stop(f"Listening on {host} is refused: {OPEN_HOUSE}")
    free(host, port)
    folder = DataFolder(data)
    with told(), progress() as shown:
        build_demo(folder, seed, SMALL if small else None, whole(shown, "云江市 Yunjiang"), database_url=database)
    if build_only:
        return
    with told():
        room = open_room(folder, database)
        ensure_playing_key(room.access, folder, room.situation.tree.areas[0].code, now_ms())
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
        stop(f"{folder.ingest_key} is missing: start the demo in this folder once, it is made then.")
    with told(), contextlib.suppress(KeyboardInterrupt):
        key = folder.ingest_key.read_text("utf-8").strip()
        run_simulator(address, key, folder, Script(seed=seed, speed=speed, storm=storm))


@cli.command(name="rules")
def print_rules() -> None:
    """Print the rules of the closed loop as docs/loop.md has them."""
    typer.echo(rules.table())


@cli.command(name="indicators")
def print_indicators() -> None:
    """Print the table of indicators as docs/indicators.md has it."""
    typer.echo(indicators.table())


if __name__ == "__main__":
    cli()
