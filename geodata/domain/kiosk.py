"""A screen as it hangs: edges and bezels that hide pixels, hours at which it is dimmed, the guard against burn-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from geodata.domain.programmes import DAY_MIN

INSET_MAX, BEZEL_MAX, COLUMNS_MAX, ROWS_MAX, SHIFT_MAX = 400, 200, 12, 4, 8
DIM_MIN = 20
"""Darker than this, in percent, nobody could read it from where it hangs."""


@dataclass(frozen=True, slots=True)
class Kiosk:
    """Pixels of CSS: insets of the edges, ``columns`` of monitors side by side and ``rows`` one above the other with
    ``bezel`` between two pictures.

    ``dim``: percent of the brightness between ``dim_from`` and ``dim_to``, 100 for none (local minutes of the day, past
    midnight where the second is earlier, all day where they are one). ``shift``: by how many pixels the picture
    wanders, 0 for not at all.
    """

    top: int = 0
    right: int = 0
    bottom: int = 0
    left: int = 0
    columns: int = 1
    rows: int = 1
    bezel: int = 0
    dim: int = 100
    dim_from: int = 22 * 60
    dim_to: int = 6 * 60
    shift: int = 2

    def brightness(self, zone: ZoneInfo, ms: int) -> int:
        """Percent of the brightness at a moment, by the clock on the wall."""
        local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)
        minute = local.hour * 60 + local.minute
        inside = self.dim_from <= minute < self.dim_to
        if self.dim_from >= self.dim_to:
            inside = minute >= self.dim_from or minute < self.dim_to
        return self.dim if inside else 100


class Rule(NamedTuple):
    """Fields that obey one rule, its short name, and the test of a value."""

    fields: tuple[str, ...]
    name: str
    holds: Callable[[int], bool]


RULES: Sequence[Rule] = (
    Rule(("top", "right", "bottom", "left"), "kiosk_inset", lambda n: 0 <= n <= INSET_MAX),
    Rule(("columns",), "kiosk_columns", lambda n: 1 <= n <= COLUMNS_MAX),
    Rule(("rows",), "kiosk_rows", lambda n: 1 <= n <= ROWS_MAX),
    Rule(("bezel",), "kiosk_bezel", lambda n: 0 <= n <= BEZEL_MAX),
    Rule(("dim",), "kiosk_dim", lambda n: DIM_MIN <= n <= 100),
    Rule(("dim_from", "dim_to"), "kiosk_hours", lambda n: 0 <= n <= DAY_MIN),
    Rule(("shift",), "kiosk_shift", lambda n: 0 <= n <= SHIFT_MAX),
)


def broken(kiosk: Kiosk) -> tuple[str, int, str] | None:
    """(field, value, name of the rule) of the first rule that is broken, None for none."""
    for rule in RULES:
        for name in rule.fields:
            if not rule.holds(value := getattr(kiosk, name)):
                return name, value, rule.name
    return None
