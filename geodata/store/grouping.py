"""Adding up columns under equal keys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]


def grouped(keys: Longs, values: Longs) -> tuple[Longs, Longs]:
    """Equal keys once, ascending, with the sums of their columns; ``values`` is (k, n)."""
    unique, inverse = np.unique(keys, return_inverse=True)
    return unique, np.stack([summed(inverse, v, len(unique)) for v in values])


def summed(at: Longs, values: Longs, n: int) -> Longs:
    """The sums of values by the place (0 to n − 1) that each goes to."""
    return np.rint(np.bincount(at, values, n)).astype(np.int64)
