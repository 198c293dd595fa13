"""Indicators: how good a rate is. The table is the default of the field; a zero denominator has no colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Steps = tuple[tuple[float, str], ...]
FIVE_COLOURS: Steps = (
    (0.95, "green"), (0.90, "blue"), (0.80, "yellow"), (0.70, "orange"), (0.0, "red"),
)  # fmt: skip
NO_COLOUR = "none"
SMALL_BELOW = 20


def colour_of(num: int, den: int, steps: Steps = FIVE_COLOURS) -> str:
    """The colour key of ``num / den``: green from 95 %, blue from 90, yellow from 80, orange from 70, else red, or as
    a city's own ``steps`` say (best first, the last one from 0). Of a rate that is good when it is low give
    ``den − num``."""
    if den <= 0:
        return NO_COLOUR
    return next(colour for least, colour in steps if num >= least * den)


def is_small(den: int) -> bool:
    """Whether a rate stands on too few cases to be compared (drawn hatched)."""
    return den < SMALL_BELOW


def on_post(rostered: Bools, leave: Bools, *, signed_on: Bools, fresh: Bools, inside: Bools) -> tuple[Bools, Bools]:
    """(due, present) per unit; the on-post rate 在岗率 is Σ present / Σ due, and has no value where nobody is due.

    on-post rate = (signed on, fix ≤ 15 min, inside its home area) / (rostered − leave)

    due = rostered and not on leave; present = due, signed on, its last fix at most 15 minutes old (``fresh``) and
    inside its home area or below. Whoever is there without being rostered does not raise the rate: it is never above 1.
    """
    due = rostered & ~leave
    return due, due & signed_on & fresh & inside
