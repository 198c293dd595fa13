"""Store: one city's database. SQLite by default, PostgreSQL by URL; one writer at a time, readers on a snapshot."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self, cast

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from geodata.store import changes

__all__ = ["Connection", "Store", "StoreError", "StoreFullError", "Watch"]

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_MS = 30_000
WRITER_LOCK = 7_310_211
WAL_MAX, WAL_WAIT_MS = 33_554_432, 2_000
READER_POOL = 8
DRIVERS = (sqlite3.OperationalError, psycopg.OperationalError, psycopg.InterfaceError)
DISK_STATES = frozenset({"53100", "58030"})
LIFE_S = 600
"""So long a connection is used. What it has gathered goes with it: pages, mapped and not, and prepared statements."""
Dialect = Literal["sqlite", "postgresql"]
Cover = Callable[[Connection, int], None]
"""Called at the end of a write transaction that appended transitions, with the number of the first of them."""


class StoreError(RuntimeError):
    """The database cannot be used: wrong URL, not reachable, locked for too long, or made by a newer version."""


class StoreFullError(StoreError):
    """The disk under the database takes nothing any more, being full or failing. What is there can be read."""


class Watch:
    """Tells cheaply whether another connection may have committed since the last look (SQLite: 3 µs)."""

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection
        self._seen = -1

    def moved(self) -> bool:
        """True when something may be new. PostgreSQL has no such counter: always True, poll at a calmer pace."""
        if self._connection is None:
            return True
        raw = cast(sqlite3.Connection, self._connection.connection.driver_connection)
        now: int = raw.execute("PRAGMA data_version").fetchone()[0]
        moved, self._seen = now != self._seen, now
        return moved

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Store:
    """One database. Thread-safe. ``begin`` writes, ``read`` reads; both give a SQLAlchemy Core connection."""

    def __init__(self, url: str, writer: Engine, reader: Engine) -> None:
        self.url = url
        self.dialect: Dialect = "sqlite" if writer.dialect.name == "sqlite" else "postgresql"
        self._writer, self._reader = writer, reader
        self._turn = threading.Lock()
        self._readable = threading.Event()
        self._readable.set()
        self._cover: Cover | None = None

    @classmethod
    def open(cls, url: str) -> Self:
        """Open, create and migrate. Safe when several processes start at once. Raises StoreError."""
        try:
            name = make_url(url).get_backend_name()
        except SQLAlchemyError as error:
            raise StoreError(f"{url!r} is not a database address: {error}") from error
        if name not in ("sqlite", "postgresql"):
            raise StoreError(f"{name} is not supported; use sqlite:///… or postgresql+psycopg://…")
        writer, reader = _sqlite_engines(url) if name == "sqlite" else _postgresql_engines(url)
        store = cls(url, writer, reader)
        try:
            store._migrate()
        except StoreError:
            store.close()
            raise
        except SQLAlchemyError as error:
            store.close()
            raise StoreError(f"{make_url(url).render_as_string()}: {error}") from error
        return store

    def attend(self, cover: Cover) -> None:
        """Let this see the transitions of every write transaction, inside of it and whoever writes: the audit."""
        self._cover = cover

    @contextmanager
    def begin(self, *, durable: bool = True) -> Iterator[Connection]:
        """A write transaction that holds the city's one writer lock from its start; commits at the end.

        ``durable=False`` lets the last moment be lost with the power (positions); it never corrupts.
        """
        with (
            self._turn, _reaching(self.url), self._writer.connect().execution_options(durable=durable) as conn,
            conn.begin(),
        ):  # fmt: skip
            if self.dialect == "postgresql":
                if not durable:
                    conn.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
                conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
            changes.begun(conn)
            yield conn
            first = changes.first_written(conn)
            if first is not None and self._cover is not None:
                self._cover(conn, first)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction on one snapshot: what a first query saw, the next one sees."""
        if not self._readable.is_set():
            self._readable.wait(WAL_WAIT_MS / 1000)
        with _reaching(self.url), self._reader.connect() as conn, conn.begin():
            yield conn

    def watch(self) -> Watch:
        """A watch for the change log's tail; close it when done."""
        return Watch(self._reader.connect() if self.dialect == "sqlite" else None)

    def shorten(self, most_bytes: int = WAL_MAX, wait_ms: int = WAL_WAIT_MS) -> bool:
        """Begin SQLite's write-ahead log anew where it has become longer; whether it is short now.

        SQLite does so by itself at a moment without readers, which need not come: while reads overlap, it grows by all
        that is written. Who writes or begins to read here waits meanwhile, so long at most (readers ``WAL_WAIT_MS``);
        after that those who still read keep it.
        """
        if self.dialect != "sqlite":
            return True
        log = Path(f"{make_url(self.url).database}-wal")
        if not log.exists() or log.stat().st_size <= most_bytes:
            return True
        with self._turn, _reaching(self.url), self._writer.connect() as conn:
            raw = cast(sqlite3.Connection, conn.connection.driver_connection)
            raw.execute(f"PRAGMA busy_timeout={wait_ms}")
            self._readable.clear()
            try:
                busy: int = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                self._readable.set()
                raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        return not busy

    def close(self) -> None:
        """Close all connections."""
        self._writer.dispose()
        self._reader.dispose()

    def _migrate(self) -> None:
        script = ScriptDirectory(str(MIGRATIONS))
        head = script.get_current_head()
        with self._reader.connect() as conn, conn.begin():
            now = MigrationContext.configure(conn).get_current_revision()
        if now == head:
            return
        if now is not None and now not in {r.revision for r in script.walk_revisions()}:
            raise StoreError(f"the database was made by a newer version (its migration is {now})")
        with self.begin() as conn:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = conn
            command.upgrade(config, "head")


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    """What the database itself cannot do now becomes a StoreError: rooms above know no SQLAlchemy, and no driver, to
    which ``bulk`` speaks itself.
    """
    try:
        yield
    except (OperationalError, InterfaceError, *DRIVERS) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        kind = StoreFullError if _is_full(cause) else StoreError
        raise kind(f"{make_url(url).render_as_string()}: {error}") from error


def _is_full(error: BaseException | None) -> bool:
    """Whether a driver says that the disk took nothing: full (SQLite 13, SQLSTATE 53100) or failing (10, 58030)."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR"))
    return getattr(error, "sqlstate", None) in DISK_STATES


def _sqlite_engines(url: str) -> tuple[Engine, Engine]:
    path = make_url(url).database
    if not path or path == ":memory:":
        raise StoreError("a city lives in a file; give sqlite:///path/to/city.sqlite")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    arguments = {"timeout": BUSY_MS / 1000, "check_same_thread": False}
    writer = sa.create_engine(url, connect_args=arguments, pool_size=1, max_overflow=0, pool_recycle=LIFE_S)
    # Last in, first out: what one reader has prepared serves the next one, and the others need not hold it, too.
    reader = sa.create_engine(
        url, connect_args=arguments, pool_size=READER_POOL, max_overflow=-1, pool_use_lifo=True, pool_recycle=LIFE_S
    )

    def connected(raw: sqlite3.Connection, _record: Any) -> None:
        # Without this the driver begins only at the first write: reads before it are not in the transaction, and of
        # 6,000 concurrent increments 3,621 were lost.
        raw.isolation_level = None
        _to_wal(raw)
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA temp_store=MEMORY")

    def begin_writing(conn: Connection) -> None:
        durable = conn.get_execution_options().get("durable", True)
        conn.exec_driver_sql("PRAGMA synchronous=" + ("FULL" if durable else "NORMAL"))
        conn.exec_driver_sql("BEGIN IMMEDIATE")

    def reading(raw: sqlite3.Connection, _record: Any) -> None:
        raw.execute("PRAGMA query_only=ON")

    event.listen(writer, "connect", connected)
    event.listen(writer, "begin", begin_writing)
    event.listen(reader, "connect", connected)
    event.listen(reader, "connect", reading)
    event.listen(reader, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
    return writer, reader


def _to_wal(raw: sqlite3.Connection) -> None:
    """Switch to WAL; several processes that start on a new file at once meet here, and the busy timeout does not."""
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _postgresql_engines(url: str) -> tuple[Engine, Engine]:
    try:
        writer = sa.create_engine(url, pool_size=1, max_overflow=1, pool_pre_ping=True, pool_recycle=LIFE_S)
        reader = sa.create_engine(
            url, pool_size=READER_POOL, max_overflow=READER_POOL, pool_pre_ping=True, pool_recycle=LIFE_S,
            isolation_level="REPEATABLE READ",
        ).execution_options(postgresql_readonly=True)  # fmt: skip
    except (SQLAlchemyError, ImportError) as error:
        raise StoreError(f"{make_url(url).render_as_string()}: {error}") from error
    return writer, reader
