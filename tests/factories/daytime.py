"""A time zone in which it is late morning: what a test says of "today" then holds at any hour at which it runs."""

from __future__ import annotations

from datetime import UTC, datetime

HOUR = 11


def morning_zone() -> str:
    """The name of a zone without summer time in which it is between 11 and 12 o'clock now."""
    east = HOUR - datetime.now(UTC).hour
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"  # their signs tell how far west a zone lies
