"""Instants of the past in an address: a local time of the city, and how fast it goes on from there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from geodata.domain.periods import YEARS

SPEEDS = (1, 10, 60, 300, 600)
"""How many seconds pass in one."""
REPLAYED = ("wall", "area", "duty")
"""The pages that can show an instant of the past."""
FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")


def local_instant(text: str) -> str:
    """A local time as an address has it, e.g. 2026-11-20T14:30:00. Raises ValueError."""
    if not FORM.fullmatch(text) or not YEARS[0] <= int(text[:4]) <= YEARS[1]:
        raise ValueError(text)
    return datetime.fromisoformat(text).isoformat(timespec="seconds")


def moment_ms(instant: str, zone: ZoneInfo) -> int:
    """The epoch ms of a local instant; of two equal ones the first, and where clocks jump, after it."""
    local = datetime.fromisoformat(instant).replace(tzinfo=zone)
    return int(local.astimezone(UTC).timestamp() * 1000)


def instant_of(ms: int, zone: ZoneInfo) -> str:
    """The local instant of a moment, to the second."""
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")
