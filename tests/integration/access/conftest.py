"""The little city with people, copied instead of founded again for each test, and passwords that cost nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from geodata.services import passwords
from geodata.store.engine import Store
from tests.factories.access_city import Town, town
from tests.factories.little_city import found_city
from tests.postgres import Server

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
def city_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The little city as an SQLite file."""
    path = tmp_path_factory.mktemp("founded") / "city.sqlite"
    _found(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def city_database(postgres: Server) -> str:
    """The little city on PostgreSQL: the name of its database."""
    url = postgres.new_database()
    _found(url)
    return url.rpartition("/")[2]


@pytest.fixture
def city(store: Store) -> Town:
    """Its access and its desk, once on each database."""
    return town(store)


@pytest.fixture
def small(sqlite_store: Store) -> Town:
    """Its access and its desk, where the database makes no difference."""
    return town(sqlite_store)
