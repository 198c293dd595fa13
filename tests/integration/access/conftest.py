"""The little city with people, copied instead of founded again for each test, and passwords that cost nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from sqlalchemy.engine import make_url

from geodata.services import passwords
from geodata.store.engine import Store
from tests.factories.access_city import Town, town
from tests.factories.little_city import found_city
from tests.postgres import Server

_numbers = count(1)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """How slow a hash is does not matter here."""
    monkeypatch.setattr(passwords, "_HASHER", CHEAP)
    monkeypatch.setattr(passwords, "_NOBODYS", CHEAP.hash("nobody's"))


def _found(url: str) -> None:
    opened = Store.open(url)
    with opened.begin() as conn:
        found_city(conn)
    opened.close()


@pytest.fixture(scope="session")
def founded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The little city as a SQLite file."""
    path = tmp_path_factory.mktemp("founded") / "city.sqlite"
    _found(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def founded_database(postgres: Server) -> str:
    """The address of the little city on PostgreSQL."""
    url = postgres.new_database()
    _found(url)
    return url


@pytest.fixture
def sqlite_store(founded_file: Path, tmp_path: Path) -> Iterator[Store]:
    """The little city on SQLite."""
    path = tmp_path / "city.sqlite"
    shutil.copyfile(founded_file, path)
    opened = Store.open(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """The little city, once on each database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_store")
        return
    founded = make_url(request.getfixturevalue("founded_database"))
    name = f"{founded.database}_{next(_numbers)}"
    with psycopg.connect(f"host=127.0.0.1 port={founded.port} user=postgres dbname=postgres", autocommit=True) as conn:
        conn.execute(f'CREATE DATABASE "{name}" TEMPLATE "{founded.database}"'.encode())
    opened = Store.open(founded.set(database=name).render_as_string(hide_password=False))
    yield opened
    opened.close()


@pytest.fixture
def city(store: Store) -> Town:
    """Its access and its desk, once on each database."""
    return town(store)


@pytest.fixture
def small(sqlite_store: Store) -> Town:
    """Its access and its desk, where the database makes no difference."""
    return town(sqlite_store)
