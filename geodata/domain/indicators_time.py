"""Handling times in buckets that can be added up: the median and P90 of any area over any days, from counts.

Buckets are spaced by a fifth each from one minute on. A quantile is the geometric middle of the bucket it falls in, so
that it is at most ERROR (9.6 %) away from the true one between a minute and 56 days; below a minute half a minute.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]

FIRST_S, RATIO, BUCKETS = 60.0, 1.2, 64
ERROR = math.sqrt(RATIO) - 1
EDGES_S = FIRST_S * RATIO ** np.arange(BUCKETS - 1)
"""Where the buckets after the first begin, in seconds; the last one is open."""


def bucket_of(seconds: Longs) -> Longs:
    """The bucket of each handling time."""
    return np.searchsorted(EDGES_S, seconds, side="right").astype(np.int64)


def quantile_s(counts: Longs, share: float) -> float | None:
    """The time, in seconds, below which ``share`` (0 to 1) of the handling times lie; None without any.

    The nearest-rank quantile: the ⌈share · n⌉-th smallest. In the open bucket its lower bound.
    """
    n = int(counts.sum())
    if not n:
        return None
    rank = max(1, math.ceil(share * n))
    k = int(np.searchsorted(np.cumsum(counts), rank))
    if k == 0:
        return FIRST_S / 2
    low = float(EDGES_S[k - 1])
    return low if k == BUCKETS - 1 else low * math.sqrt(RATIO)


def exact_s(seconds: Longs, share: float) -> float | None:
    """The same quantile of the times themselves."""
    if not len(seconds):
        return None
    rank = max(1, math.ceil(share * len(seconds)))
    return float(np.partition(seconds, rank - 1)[rank - 1])
