"""Processes of the product as an operator starts them, and their end by SIGKILL."""

from __future__ import annotations

import contextlib
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg

from geodata.store.engine import WRITER_LOCK
from tests.integration.crash.town import Town

APP = Path(__file__).resolve().parents[3] / "app.py"
LONGEST_START_S = 120.0
LOOK_S = 0.02


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Running:
    """A command that runs; what it says is in ``log``."""

    town: Town
    process: subprocess.Popen[bytes]
    log: Path
    began: float

    @classmethod
    def start(cls, town: Town, words: list[str], app: Path = APP) -> Self:
        """Start ``app.py`` with these words, for this city."""
        log = town.folder.root.with_suffix(".log")
        with log.open("ab") as said:
            process = subprocess.Popen([sys.executable, str(app), *words, *town.words], stdout=said, stderr=said)
        return cls(town, process, log, time.monotonic())

    def said(self) -> str:
        """The end of what it, and those before it, said."""
        return self.log.read_text("utf-8", "replace")[-4000:]

    def ended(self, within_s: float) -> bool:
        """Whether it ended by itself; its end must be a good one."""
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        assert code == 0, self.said()
        return True


def kill(running: Sequence[Running]) -> bool:
    """SIGKILL to all of them at one moment; whether somebody was in the middle of a write transaction.

    They are stopped first, so that one can look.
    """
    alive = [one.process for one in running if one.process.poll() is None]
    for process in alive:
        process.send_signal(signal.SIGSTOP)
    writing = bool(alive) and is_writing(running[0].town.url)
    for process in alive:
        process.kill()
    for process in alive:
        process.wait()
    return writing


def await_commit(url: str) -> None:
    """Wait for the next commit, a second at most: just after it, nobody has been answered yet."""
    until = time.monotonic() + 1
    connection: Any
    if url.startswith("sqlite"):
        connection, asked = sqlite3.connect(url.removeprefix("sqlite:///")), "PRAGMA data_version"
    else:
        # With one writer at a time the oldest running transaction is another one exactly when that one has ended.
        connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        asked = "SELECT pg_snapshot_xmin(pg_current_snapshot())"
    with contextlib.closing(connection):
        first = connection.execute(asked).fetchone()
        while connection.execute(asked).fetchone() == first and time.monotonic() < until:
            pass


def await_writing(running: Running, writing: bool = True) -> float:
    """Wait until the writer lock is held, or no more; when that was seen (monotonic).

    Raises AssertionError where the process ends before, or it is not seen within two minutes.
    """
    while is_writing(running.town.url) != writing:
        assert running.process.poll() is None, running.said()
        assert time.monotonic() - running.began < LONGEST_START_S, "nobody wrote"
    return time.monotonic()


def is_writing(url: str) -> bool:
    """Whether somebody holds the writer lock."""
    if url.startswith("sqlite"):
        probe = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
        try:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            probe.close()
        return False
    held = "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database()"
    with psycopg.connect(url.replace("+psycopg", "")) as probing:
        asked = f"{held} AND l.locktype = 'advisory' AND l.objid = {WRITER_LOCK} AND l.granted"
        return probing.execute(asked.encode()).fetchone() is not None


@dataclass
class Server(Running):
    """A server of the city."""

    port: int = 0

    @classmethod
    def serve(cls, town: Town, port: int, app: Path = APP) -> Server:
        """Start it; ``ready`` waits for it."""
        running = cls.start(town, ["serve", "--port", str(port)], app)
        running.port = port
        return running

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> float:
        """Wait until it answers; the seconds since its start. Fails where it ends instead: it would need a hand."""
        while time.monotonic() - self.began < LONGEST_START_S:
            assert self.process.poll() is None, f"the server did not start by itself:\n{self.said()}"
            try:
                if httpx.get(f"{self.address}/api/health", timeout=5).status_code == 200:
                    return time.monotonic() - self.began
            except httpx.HTTPError:
                pass
            time.sleep(LOOK_S)
        raise AssertionError(f"the server does not answer:\n{self.said()}")
