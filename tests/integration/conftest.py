"""The small city behind the pages that need no script: built once, copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import page_city
from tests.factories.access_browser import House, house_of


@pytest.fixture(scope="session")
def founded_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small city."""
    return page_city.found(tmp_path_factory.mktemp("city")).root


@pytest.fixture
def house(founded_pages: Path, tmp_path: Path) -> Iterator[House]:
    """The small city for one test; into its roles one may step."""
    with house_of(founded_pages, tmp_path / "city") as opened:
        yield opened
