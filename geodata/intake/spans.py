"""Spans of time that a request asks for: of the last day where it names none, and of 31 days at most."""

from __future__ import annotations

from datetime import datetime

from geodata.services.outcomes import Refusal

DAY_MS = 86_400_000
LONGEST_DAYS = 31


def span_ms(from_at: datetime | None, to_at: datetime | None, now_ms: int) -> tuple[int, int]:
    """From ≤ moment < to, in epoch ms. Raises Refusal where it ends before it begins, or is too long."""
    to_ms = now_ms + 1 if to_at is None else int(to_at.timestamp() * 1000)
    from_ms = to_ms - DAY_MS if from_at is None else int(from_at.timestamp() * 1000)
    if from_ms > to_ms:
        raise Refusal("from_at", str(from_at), "is later than to_at")
    if to_ms - from_ms > LONGEST_DAYS * DAY_MS:
        raise Refusal("from_at", str(from_at), f"is more than {LONGEST_DAYS} days before to_at")
    return from_ms, to_ms
