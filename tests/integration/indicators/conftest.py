"""The little city, founded, with hourly roll-ups for the city only."""

from __future__ import annotations

import pytest

from geodata.store.engine import Store
from tests.factories.little_city import found_city


@pytest.fixture
def store(store: Store) -> Store:
    """A store with areas."""
    with store.begin() as conn:
        found_city(conn)
    return store
