"""The little city with people, as the tests of access have it."""

from __future__ import annotations

from tests.integration.access.conftest import (
    city,
    founded_database,
    founded_file,
    small,
    sqlite_store,
    store,
)

__all__ = ["city", "founded_database", "founded_file", "small", "sqlite_store", "store"]
