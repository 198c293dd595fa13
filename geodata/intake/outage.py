"""Outage: what is answered while the database cannot be used."""

from __future__ import annotations

from collections.abc import Mapping

from geodata.store.engine import StoreError, StoreFullError

LATER: Mapping[str, str] = {"Retry-After": "5"}
AWAY = 503, "the database does not answer; send it again"
FULL = 507, "the server's disk is full or failing: nothing was written, and nothing can be; send it again later"


def outage(error: StoreError) -> tuple[int, str]:
    """Status and detail."""
    return FULL if isinstance(error, StoreFullError) else AWAY
