"""A real PostgreSQL 15 for the tests: its own folder, its own port on the loopback, no fsync, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

BIN = Path(os.environ.get("ONESCREEN_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=120", "shared_buffers=64MB")
IN_MEMORY, ROOM_BYTES = Path("/dev/shm"), 2 << 30
_numbers = count(1)


class NoPostgresError(RuntimeError):
    """PostgreSQL's programs are not on this machine."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; ``new_database`` gives the SQLAlchemy URL of an empty database.

    ``control``: the command that starts and stops it, without its last word; ``root``: where it lies.
    """

    port: int
    control: tuple[str, ...]
    options: str
    root: Path

    def start(self) -> None:
        """Start it, and wait until it answers."""
        _run([*self.control, "-o", self.options, "start"], self.root)

    def stop(self) -> None:
        """Stop it as an operator does; who is connected is cut off."""
        _run([*self.control, "-m", "fast", "stop"], self.root)

    def new_database(self, like: str = "template1") -> str:
        """Create a database with a name of its own, empty or a copy of another one that nobody uses."""
        name = f"city_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres", autocommit=True) as conn:
            conn.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'.encode())
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Delete a database, whoever is connected to it."""
        name = url.rpartition("/")[2]
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres", autocommit=True) as conn:
            conn.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server and stop it at the end. Raises NoPostgresError where it is not installed."""
    if not (BIN / "initdb").exists():
        raise NoPostgresError(f"PostgreSQL 15 is not installed in {BIN} (on Debian: apt-get install postgresql-15)")
    # In memory where there is room: the tests are about what is kept, not about the disk.
    roomy = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES
    root = Path(tempfile.mkdtemp(prefix="onescreen-pg-", dir=IN_MEMORY if roomy else None))
    data = root / "data"
    as_user: list[str] = []
    if os.geteuid() == 0:
        # The server refuses to run as root.
        user = pwd.getpwnam("postgres")
        os.chown(root, user.pw_uid, user.pw_gid)
        as_user = ["runuser", "-u", "postgres", "--"]
    port = _free_port()
    try:
        _run([*as_user, str(BIN / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8",
              "--no-sync", "--locale=C.UTF-8"], root)  # fmt: skip
        own = (f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={root}")
        options = " ".join(f"-c {o}" for o in (*SPEED, *own))
        control = (*as_user, str(BIN / "pg_ctl"), "-D", str(data), "-w", "-l", str(root / "log"))
        server = Server(port, control, options, root)
        server.start()
        try:
            yield server
        finally:
            if (data / "postmaster.pid").exists():
                _run([*control, "-m", "immediate", "stop"], root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(command: list[str], root: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, timeout=120)
    if done.returncode:
        log = root / "log"
        said = log.read_text("utf-8", "replace") if log.exists() else ""
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}{said}")
