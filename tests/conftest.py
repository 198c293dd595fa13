"""What tests of several rooms share: stores on both databases, a small city, the folder of real data."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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

LONGEST_FIRST = (
    "tests/soak/", "tests/browser/drills/", "tests/integration/crash/", "tests/browser/", "tests/integration/",
)  # fmt: skip
"""Folders whose files take minutes come first: whatever is begun last, the other processes wait for."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the tests' files by ``LONGEST_FIRST``."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(config.rootpath).as_posix()
        return next((i for i, folder in enumerate(LONGEST_FIRST) if path.startswith(folder)), len(LONGEST_FIRST))

    items.sort(key=place)


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
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    told: str = request.param
    return told


@pytest.fixture
def database_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'city.sqlite'}"
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture(scope="session")
def city_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file that each test's store is a copy of: migrated, and nothing in it."""
    path = tmp_path_factory.mktemp("empty") / "city.sqlite"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def city_database(postgres: Server) -> str:
    """The same on PostgreSQL: the name of the database."""
    url = postgres.new_database()
    Store.open(url).close()
    return url.rpartition("/")[2]


@pytest.fixture
def store(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store of the test's own, once on each database."""
    with own_store(kind, request, tmp_path) as opened:
        yield opened


@contextmanager
def own_store(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Store]:
    """A store that is nobody else's; for fixtures of any scope."""
    if kind == "sqlite":
        opened = _copied(request.getfixturevalue("city_file"), folder)
    else:
        server: Server = request.getfixturevalue("postgres")
        opened = Store.open(server.new_database(request.getfixturevalue("city_database")))
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(city_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A store of the test's own on SQLite, where the database makes no difference."""
    opened = _copied(city_file, tmp_path)
    yield opened
    opened.close()


def _copied(file: Path, into: Path) -> Store:
    return Store.open(f"sqlite:///{shutil.copy(file, into / 'city.sqlite')}")


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
