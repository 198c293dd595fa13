"""A disk that is full: said by its name, nothing half written, what is there can be read, and it goes on afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from geodata.domain.roles import Role
from geodata.intake import beating
from geodata.intake.beating import beat
from geodata.intake.door import Door
from geodata.services.access import Access
from geodata.store import changes, settings
from geodata.store.engine import Store, StoreError, StoreFullError
from geodata.store.folder import City, DataFolder
from tests.factories.little_city import found_city
from tests.factories.people import account_of, native_api, secret_of
from tests.integration.test_api_native import an_event

PLENTY = 1_000_000


@pytest.fixture
def city(sqlite_store: Store) -> Store:
    with sqlite_store.begin() as conn:
        found_city(conn)
    return sqlite_store


@contextlib.contextmanager
def full(store: Store) -> Iterator[None]:
    """The file must not grow: SQLite says then what it says of a full disk."""

    def limit(pages: int) -> None:
        with store.begin() as conn:
            conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    limit(1)
    try:
        yield
    finally:
        limit(PLENTY)


def write_both(store: Store) -> None:
    """The first of them would have room."""
    with store.begin() as conn:
        settings.put(conn, "small", "x")
        settings.put(conn, "large", "x" * 1_000_000)


def test_a_full_disk_is_told_from_other_outages_and_nothing_is_half_written(city: Store) -> None:
    with full(city):
        with pytest.raises(StoreFullError, match="full"):
            write_both(city)
        with city.read() as conn:
            assert settings.get(conn, "small") is None
    with city.begin() as conn:
        settings.put(conn, "large", "x" * 1_000_000)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.errors.DiskFull("no space left on device"), StoreFullError),
        (psycopg.errors.AdminShutdown("terminating connection"), StoreError),
        (sqlite3.OperationalError("raised by nobody who knows why"), StoreError),
    ],
)
def test_what_a_driver_says_is_what_the_store_says(city: Store, error: Exception, kind: type[StoreError]) -> None:
    with pytest.raises(StoreError) as said, city.read():
        raise OperationalError("INSERT", {}, error)
    assert type(said.value) is kind


async def test_records_are_refused_by_a_clear_answer_and_taken_when_there_is_room(city: Store, tmp_path: Path) -> None:
    app, access = native_api(city, DataFolder(tmp_path / "data"))
    headers = {"X-Ingest-Key": secret_of(access, account_of(access, [Role.FEED], ["C"], login="native"))}
    many = json.dumps([an_event(f"n{k}", description="积水" * 500) for k in range(200)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://city", headers=headers) as http:
        with full(city):
            refused = await http.post("/api/v1/events", content=many)
            assert refused.status_code == 507
            assert "disk is full" in refused.json()["detail"]
            assert refused.headers["Retry-After"]
            assert (await http.get("/api/health")).status_code == 200
            with city.read() as conn:
                assert changes.newest(conn)[0] == 0, "nothing of them"
        assert (await http.post("/api/v1/events", content=many)).json()["accepted"] == 200


async def test_the_beat_knows_that_the_disk_is_full_and_says_it_once(
    city: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(beating, "EVERY_S", 0.01)
    door = Door(Access.open(city, DataFolder(tmp_path)), City())
    tried = 0

    def no_room(*_: object) -> None:
        nonlocal tried
        tried += 1
        raise StoreFullError("database or disk is full")

    async def until_full(wanted: bool) -> None:
        async with asyncio.timeout(10):
            while door.full is not wanted or (wanted and tried < 3):
                await asyncio.sleep(0.01)

    with monkeypatch.context() as patch:
        patch.setattr(beating, "_write", no_room)
        task = asyncio.create_task(beat(door, "p"))
        await until_full(True)
    await until_full(False)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert caplog.text.count("Beats do not reach the database") == 1
    assert caplog.text.count("Beats reach the database again") == 1
