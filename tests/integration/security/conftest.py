"""One running city for all tests of security that change nothing in it that another one counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.security.place import Place, found_place


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The place."""
    with found_place(tmp_path_factory.mktemp("secured")) as found:
        yield found


@pytest.fixture
def other_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Another one, for a test that turns things over."""
    with found_place(tmp_path_factory.mktemp("turned")) as found:
        yield found
