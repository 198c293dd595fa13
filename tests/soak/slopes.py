"""Slopes of what was sampled, and the bars they are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import theilslopes

HOUR_S = 3600.0
CONFIDENCE = 0.95
BLOCKS_MIN = 4
Floats = npt.NDArray[np.float64]


class Verdict(StrEnum):
    """What the samples say of a bar. OPEN: too noisy for a word; the bar lies within the interval."""

    HOLDS = "holds"
    OPEN = "open"
    FAILS = "FAILS"
    TOLD = "–"


@dataclass(frozen=True, slots=True)
class Bar:
    """What a measure may do. ``per_h``: its slope; ``most``: its largest value; ``more``: by how much its lowest value
    in the last third may be above that in the first one: what turns comes back to it, what is left behind does not.
    None: not judged by it."""

    per_h: float | None = None
    most: float | None = None
    more: float | None = None


class Slope(NamedTuple):
    """Units per hour, with the bounds of its 95 % interval."""

    per_h: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure after the warm-up."""

    name: str
    unit: str
    first: float
    last: float
    most: float
    slope: Slope
    bar: Bar
    verdict: Verdict


def blocks(seconds: Floats, values: Floats, block_s: float) -> tuple[Floats, Floats]:
    """The median of each whole block of time and its middle (s): what turns within a block is no slope, and samples
    that hang together count once."""
    number = np.floor(seconds / block_s).astype(np.int64)
    kept = [n for n in np.unique(number) if (n + 1) * block_s <= seconds[-1] + block_s / 4]
    middles = np.array([(n + 0.5) * block_s for n in kept])
    return middles, np.array([float(np.median(values[number == n])) for n in kept])


def slope_of(seconds: Floats, values: Floats, block_s: float) -> Slope:
    """Theil–Sen over the blocks (Sen 1968), its interval from Kendall's tau. Raises ValueError where few."""
    at_s, level = blocks(seconds, values, block_s)
    if len(at_s) < BLOCKS_MIN:
        raise ValueError(f"{len(at_s)} blocks of {block_s} s are no slope")
    found = theilslopes(level, at_s / HOUR_S, alpha=CONFIDENCE)
    return Slope(float(found[0]), float(found[2]), float(found[3]))


def judge(bar: Bar, slope: Slope, most: float, more: float) -> Verdict:
    """A bar is broken where even the lower bound of the slope is above it, and holds where the upper one is below."""
    if (bar.most is not None and most > bar.most) or (bar.more is not None and more > bar.more):
        return Verdict.FAILS
    if bar.per_h is None:
        return Verdict.TOLD if bar.most is None and bar.more is None else Verdict.HOLDS
    if slope.low > bar.per_h:
        return Verdict.FAILS
    return Verdict.HOLDS if slope.high < bar.per_h else Verdict.OPEN


def find(
    samples: Mapping[str, Sequence[tuple[float, float]]], units: Mapping[str, str], bars: Mapping[str, Bar],
    warm_up_s: float, block_s: float,
) -> list[Finding]:  # fmt: skip
    """What each measure did after the warm-up. ``samples``: (s, value), in the order of time; ``units`` and ``bars`` by
    the last part of a measure's name."""
    found = []
    for name, rows in samples.items():
        kind = name.rsplit(" ", 1)[-1]
        told = np.array([row for row in rows if row[0] >= warm_up_s], float).reshape(-1, 2)
        seconds, values = told[:, 0] - warm_up_s, told[:, 1]
        slope = slope_of(seconds, values, block_s)
        third = seconds[-1] / 3
        before, after = values[seconds <= third], values[seconds >= 2 * third]
        first, last, most = float(np.median(before)), float(np.median(after)), float(values.max())
        bar = bars.get(kind, Bar())
        verdict = judge(bar, slope, most, float(after.min() - before.min()))
        found.append(Finding(name, units[kind], first, last, most, slope, bar, verdict))
    return found
