"""The little city with people, as the tests of access have it."""

from __future__ import annotations

from tests.integration.access.conftest import city, city_database, city_file, small

__all__ = ["city", "city_database", "city_file", "small"]
