"""What tests of several rooms share: stores on both databases, a small city, the folder of real data."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from geodata.store.engine import Store
from tests.postgres import NoPostgresError, Server, running_server

REQUIRE_ALL = os.environ.get("ONESCREEN_REQUIRE_ALL") == "1"

# How long an example takes says how busy the machine is. Where everything is required, the same examples come each
# time: a commit is judged by what it changed; elsewhere they are drawn anew.
settings.register_profile(
    "onescreen", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=REQUIRE_ALL
)
settings.load_profile("onescreen")


def missing(reason: str) -> None:
    """Skip because something is not on this machine; where everything is required, fail instead."""
    if REQUIRE_ALL:
        pytest.fail(f"ONESCREEN_REQUIRE_ALL=1, and yet: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL 15."""
    try:
        with running_server() as server:
            yield server
    except NoPostgresError as error:
        missing(str(error))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'city.sqlite'}"
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty, migrated store, once on each database."""
    opened = Store.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty, migrated store on SQLite, where the database makes no difference."""
    opened = Store.open(f"sqlite:///{tmp_path / 'city.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data sets, which are not part of the project."""
    folder = os.environ.get("ONESCREEN_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        missing("set ONESCREEN_TEST_DATA to the folder with the real data sets (boston, chongqing …)")
    return Path(folder)


@pytest.fixture(scope="session")
def node() -> None:
    """Node.js, which runs the browser's scripts without a browser."""
    if shutil.which("node") is None:
        missing("node is not installed")
