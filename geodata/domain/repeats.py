"""Repeats 重复: the same kind of thing at the same place within thirty days. Never keyed on who called."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

WITHIN_MS = 30 * 86_400_000
CELLS_PER_DEGREE = 2_000
"""A place is a square of 1/2000 of a degree, some 50 m, inside one area of the lowest level."""
NOWHERE = -1


def places(lon: Floats, lat: Floats) -> Longs:
    """The square of each point (WGS-84 degrees) as one number; NOWHERE where there is none (NaN)."""
    known = np.isfinite(lon) & np.isfinite(lat)
    east = np.floor(np.where(known, lon, 0.0) * CELLS_PER_DEGREE).astype(np.int64) + 180 * CELLS_PER_DEGREE
    north = np.floor(np.where(known, lat, 0.0) * CELLS_PER_DEGREE).astype(np.int64) + 90 * CELLS_PER_DEGREE
    return np.where(known, east * 10_000_000 + north, NOWHERE)


def place_of(lon: float, lat: float) -> int:
    """The square of one point."""
    return int(places(np.array([lon]), np.array([lat]))[0])


def repeated(kind: Longs, area: Longs, place: Longs, reported_ms: Longs) -> Bools:
    """Which of n events follow another one of their kind in the same area and square by at most WITHIN_MS.

    ``kind`` numbers the subtypes. Of two reported at the same moment the later row follows the earlier one.
    """
    order = np.lexsort((np.arange(len(kind)), reported_ms, place, area, kind))
    k, a, p, t = kind[order], area[order], place[order], reported_ms[order]
    follows = np.zeros(len(kind), np.bool_)
    same = (k[1:] == k[:-1]) & (a[1:] == a[:-1]) & (p[1:] == p[:-1]) & (p[1:] != NOWHERE)
    follows[order[1:]] = same & (t[1:] - t[:-1] <= WITHIN_MS)
    return follows
