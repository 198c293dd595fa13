"""Indicators: how good a rate is. The table is the default of the field; a zero denominator has no colour."""

from __future__ import annotations

FIVE_COLOURS: tuple[tuple[float, str], ...] = (
    (0.95, "green"), (0.90, "blue"), (0.80, "yellow"), (0.70, "orange"), (0.0, "red"),
)  # fmt: skip
NO_COLOUR = "none"
SMALL_BELOW = 20


def colour_of(num: int, den: int) -> str:
    """The colour key of ``num / den``: green from 95 %, blue from 90, yellow from 80, orange from 70, else red."""
    if den <= 0:
        return NO_COLOUR
    return next(colour for least, colour in FIVE_COLOURS if num >= least * den)


def is_small(den: int) -> bool:
    """Whether a rate stands on too few cases to be compared (drawn hatched)."""
    return den < SMALL_BELOW
