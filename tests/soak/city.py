"""The city that is soaked: the demo with its simulator at twenty times its speed, in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

import app
from geodata.domain.programmes import Programme, Step
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.store import programmes
from geodata.store.folder import DataFolder
from geodata.store.programmes import Screen
from tests.factories.people import account_of, secret_of
from tests.integration.crash.process import free_port

APP = Path(app.__file__).resolve()
SPEED = 20
LONGEST_START_S, LONGEST_BUILD_S, LONGEST_END_S = 180.0, 1_800.0, 30.0
MB = 1_048_576


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall by its name: the address at which it begins and the secret of its screen or session."""

    name: str
    address: str
    secret: str


def command(folder: DataFolder, small: bool, *more: str) -> list[str]:
    """How the demo is started in this folder."""
    return [
        sys.executable, str(APP), "demo", "--data", str(folder.root), "--speed", str(SPEED),
        *(["--small"] if small else []), *more,
    ]  # fmt: skip


def build(folder: DataFolder, small: bool) -> None:
    """Make sure that the city stands and reaches up to now."""
    subprocess.run(command(folder, small, "--build-only"), check=True, timeout=LONGEST_BUILD_S, capture_output=True)


def hang(folder: DataFolder, dwell_s: int) -> tuple[Wall, ...]:
    """Two walls of the city: one turns by a programme through areas and themes, one stands still."""
    room = app.open_room(folder, "")
    tree = room.situation.tree
    top, district, street = (tree.areas[o].code for o in (0, 1, 2))
    turns = (f"/wall/{top}?focus=safety", f"/wall/{district}?theme=light&focus=patrol", f"/wall/{street}")
    turning = account_of(room.access, [Role.SCREEN], [top], login=f"soak.{now_ms()}")
    standing = account_of(room.access, [Role.LEADER], [top], login=f"soak.{now_ms()}.still")
    with room.store.begin() as conn:
        steps = tuple(Step(address, dwell_s) for address in turns)
        number = programmes.add(conn, Programme("soak", top, steps, hold_s=10), now_ms())
        programmes.put_screen(conn, turning.id, Screen(number))
    walls = (
        Wall("turning", f"/wall/{top}", secret_of(room.access, turning)),
        Wall("still", f"/wall/{top}", secret_of(room.access, standing)),
    )
    room.store.close()
    return walls


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, seen from outside."""

    folder: DataFolder
    base: str
    process: subprocess.Popen[bytes]

    def sample(self) -> Mapping[str, float]:
        """Memory (MB; ``anon``: what is not mapped from files), open files, threads, WAL and database (MB)."""
        proc = Path(f"/proc/{self.process.pid}")
        lines = (line.split(":") for line in (proc / "status").read_text("ascii").splitlines())
        status = {name: told.split() for name, told in lines if name in ("VmRSS", "RssAnon", "Threads")}
        database = self.folder.root / "city.sqlite"
        wal = database.with_name("city.sqlite-wal")
        return {
            "server rss": int(status["VmRSS"][0]) / 1024,
            "server anon": int(status["RssAnon"][0]) / 1024,
            "server files": len(list((proc / "fd").iterdir())),
            "server threads": int(status["Threads"][0]),
            "server wal": wal.stat().st_size / MB if wal.exists() else 0.0,
            "server database": database.stat().st_size / MB,
        }


@contextmanager
def served(folder: DataFolder, small: bool, surroundings: Mapping[str, str]) -> Iterator[Server]:
    """The demo, playing; it ends with the context. ``surroundings``: further variables of its environment."""
    port = free_port()
    log = folder.root.with_suffix(".log")
    with log.open("wb") as said:
        process = subprocess.Popen(
            command(folder, small, "--port", str(port)), stdout=said, stderr=said, env=os.environ | surroundings
        )
    base = f"http://127.0.0.1:{port}"
    try:
        _await(base, process, log)
        yield Server(folder, base, process)
    finally:
        process.terminate()
        try:
            process.wait(LONGEST_END_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _await(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + LONGEST_START_S
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text("utf-8", "replace")[-4000:]
        try:
            if httpx.get(f"{base}/api/health", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8", "replace")[-4000:])
