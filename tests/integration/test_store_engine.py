"""One writer at a time, nothing lost, nothing skipped, migrations that make the models. On both databases."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import InternalError

from geodata.store import changes, settings
from geodata.store.ancestry import UnknownAreaError, ancestry
from geodata.store.engine import Store, StoreError
from geodata.store.models_access import AccountRow
from geodata.store.models_roster import RosterRow

INCREMENTS = 900
WRITERS = 8


def in_threads(n: int, work: Callable[[int], None]) -> None:
    failed: list[BaseException] = []

    def run(k: int) -> None:
        try:
            work(k)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert failed == []


def open_and_close(url: str) -> None:
    Store.open(url).close()


def increment(url: str, times: int) -> None:
    store = Store.open(url)
    for _ in range(times):
        with store.begin(durable=False) as conn:
            settings.put(conn, "n", str(int(settings.get(conn, "n") or 0) + 1))
    store.close()


def test_no_concurrent_read_and_write_is_lost(database_url: str) -> None:
    open_and_close(database_url)
    each = INCREMENTS // 3
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=increment, args=(database_url, each)) for _ in "ab"]
    for p in processes:
        p.start()
    increment(database_url, each)
    for p in processes:
        p.join()
    assert [p.exitcode for p in processes] == [0, 0]
    store = Store.open(database_url)
    with store.read() as conn:
        assert settings.get(conn, "n") == str(INCREMENTS)
    store.close()


def test_the_tail_never_skips_a_change_of_eight_writers(database_url: str) -> None:
    # Each writer has a store of its own, as eight processes would: only the database keeps them apart.
    stores = [Store.open(database_url) for _ in range(WRITERS)]
    reader = Store.open(database_url)
    done = threading.Event()
    seen: list[int] = []

    def follow() -> None:
        while True:
            ended = done.is_set()
            with reader.read() as conn:
                new = changes.tail(conn, seen[-1] if seen else 0, 50)
            seen.extend(c.seq for c in new)
            if ended and not new:
                return

    def write(k: int) -> None:
        for n in range(28):
            with stores[k].begin(durable=False) as conn:
                for _ in range(n % 4 + 1):
                    changes.append(conn, at_ms=n, kind="event", subject_id=k)

    follower = threading.Thread(target=follow)
    follower.start()
    in_threads(WRITERS, write)
    done.set()
    follower.join()
    assert seen == list(range(1, WRITERS * 70 + 1))
    for store in [*stores, reader]:
        store.close()


def test_several_processes_may_start_on_a_new_database_at_once(database_url: str) -> None:
    in_threads(6, lambda _: open_and_close(database_url))
    store = Store.open(database_url)
    with store.begin() as conn:
        assert changes.append(conn, at_ms=1, kind="areas", subject_id=0) == 1
    store.close()


def test_the_migrations_make_exactly_the_tables_of_the_models(store: Store) -> None:
    with store.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert RosterRow.metadata is AccountRow.metadata
        assert compare_metadata(context, AccountRow.metadata) == []


def test_a_reader_sees_one_moment_and_cannot_write(store: Store) -> None:
    with store.begin() as conn:
        settings.put(conn, "a", "1")
    with store.read() as reading:
        assert settings.get(reading, "a") == "1"
        with store.begin() as conn:
            settings.put(conn, "a", "2")
        assert settings.get(reading, "a") == "1"
    with pytest.raises((StoreError, InternalError), match=r"read-?only"), store.read() as conn:
        settings.put(conn, "a", "3")
    with store.read() as conn:
        assert settings.get(conn, "a") == "2"


def test_what_fails_inside_a_transaction_leaves_nothing_behind(store: Store) -> None:
    def put_and_fail() -> None:
        with store.begin() as conn:
            settings.put(conn, "a", "1")
            ancestry(conn, np.array([1])).positions(np.array([1]))

    with pytest.raises(UnknownAreaError):
        put_and_fail()
    with store.read() as conn:
        assert settings.get(conn, "a") is None


def test_a_watch_tells_of_the_commits_of_others(sqlite_store: Store) -> None:
    watch = sqlite_store.watch()
    assert watch.moved()
    assert not watch.moved()
    with sqlite_store.begin() as conn:
        settings.put(conn, "a", "1")
    assert watch.moved()
    assert not watch.moved()
    watch.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not a database address"),
        ("mysql://host/db", "mysql is not supported"),
        ("sqlite://", "lives in a file"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "127.0.0.1"),
    ],
)
def test_an_address_that_cannot_be_opened_is_refused_with_the_reason(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        Store.open(url)


def test_a_database_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'city.sqlite'}"
    store = Store.open(url)
    with store.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(StoreError, match="newer version"):
        Store.open(url)


PAD = "x" * 3_000


@contextmanager
def always_read(store: Store, hold_s: float) -> Iterator[None]:
    """Three readers whose reads overlap: there is no moment without one."""
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            with store.read() as conn:
                settings.get(conn, "n")
                ended.wait(hold_s)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for n, reader in enumerate(readers):
        reader.start()
        ended.wait(hold_s * (n + 1) / len(readers) / 2)
    yield
    ended.set()
    for reader in readers:
        reader.join()


def write_mb(store: Store, tmp_path: Path, megabytes: int) -> float:
    """Write about so much; how long the log is then."""
    for n in range(megabytes * 20):
        with store.begin(durable=False) as conn:
            for key in range(12):
                settings.put(conn, f"pad{key}", f"{n}{PAD}")
    return (tmp_path / "city.sqlite-wal").stat().st_size / 1_048_576


def test_the_write_ahead_log_is_begun_anew_although_somebody_always_reads(sqlite_store: Store, tmp_path: Path) -> None:
    with always_read(sqlite_store, 0.2):
        assert write_mb(sqlite_store, tmp_path, 12) > 8, "by itself it is never begun anew"
        assert sqlite_store.shorten(most_bytes=1_048_576, wait_ms=20_000)
        assert (tmp_path / "city.sqlite-wal").stat().st_size < 1_048_576
    with sqlite_store.read() as conn:
        assert (settings.get(conn, "pad0") or "").endswith(PAD)


def test_whoever_reads_for_long_keeps_the_log_and_nobody_from_writing(sqlite_store: Store, tmp_path: Path) -> None:
    with sqlite_store.read() as conn:
        settings.get(conn, "n")
        assert write_mb(sqlite_store, tmp_path, 2) > 1
        assert not sqlite_store.shorten(most_bytes=1_048_576, wait_ms=50)
        write_mb(sqlite_store, tmp_path, 1)
        assert settings.get(conn, "pad0") is None
    assert sqlite_store.shorten(most_bytes=1_048_576)
    assert (tmp_path / "city.sqlite-wal").stat().st_size == 0


def test_readers_that_come_one_after_the_other_share_a_connection(sqlite_store: Store) -> None:
    with sqlite_store.read(), sqlite_store.read(), sqlite_store.read():
        pass
    used = set()
    for _ in range(6):
        with sqlite_store.read() as conn:
            used.add(id(conn.connection.driver_connection))
    assert len(used) == 1, "what each has prepared would be held by all"
