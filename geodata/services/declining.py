"""Declined: an answer of the services of accounts that a page puts into words of either language."""

from __future__ import annotations

from typing import Any


class Declined(ValueError):  # noqa: N818 - an answer, not a fault of the program
    """A rule forbids it. ``field``: where; ``reason``: a key below ``declined.`` in the words; they take ``values``."""

    def __init__(self, field: str, reason: str, **values: Any) -> None:
        super().__init__(f"{field}: {reason} {values or ''}".strip())
        self.field, self.reason, self.values = field, reason, values
