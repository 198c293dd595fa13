"""What becomes of a submitted record: accepted, known already, or refused with field, value and rule."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from geodata.store.quarantine import storable

VALUE_MAX = 80
T = TypeVar("T")


def as_text(record: object) -> str:
    """A record as JSON in ASCII; what is nested too deep to be written says so."""
    try:
        return json.dumps(record, default=str)
    except (RecursionError, ValueError):
        return '"nested too deep to be kept"'


class Refusal(ValueError):  # noqa: N818 - a refusal is an answer, not a fault of the program
    """A rule forbids it; ``field``, ``value`` and ``rule`` say which and why."""

    def __init__(self, field: str, value: object, rule: str) -> None:
        self.field, self.rule = field, rule
        self.value = storable(value if isinstance(value, str) else as_text(value), VALUE_MAX)
        super().__init__(f"{field}: {self.value} {rule}")


@dataclass(frozen=True, slots=True)
class Submitted(Generic[T]):
    """A record at the door: as it came (plain JSON values), and what was read from it or why it could not be read.

    ``key`` tells repeats of the record apart from others where the record itself holds something sealed.
    ``received_ms``: when it first came, where that was before now (a replay).
    """

    record: object
    item: T | Refusal
    key: str = ""
    received_ms: int | None = None


Status = Literal["accepted", "duplicate", "dropped", "quarantined"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one record. ``dropped``: neither taken nor kept (a position of a unit that is not signed on)."""

    status: Status
    code: str = ""
    field: str = ""
    value: str = ""
    rule: str = ""

    @property
    def done(self) -> bool:
        """Whether what was sent is done, now or before."""
        return self.status in ("accepted", "duplicate")

    @classmethod
    def of(cls, refusal: Refusal, status: Status = "quarantined") -> Outcome:
        """The answer that carries a refusal."""
        return cls(status, "", refusal.field, refusal.value, refusal.rule)
