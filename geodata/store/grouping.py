"""Adding up columns under equal keys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]


def grouped(keys: Longs, values: Longs) -> tuple[Longs, Longs]:
    """Equal keys once, ascending, with the sums of their columns; ``values`` is (k, n)."""
    unique, inverse = np.unique(keys, return_inverse=True)
    return unique, np.stack([summed(inverse, v, len(unique)) for v in values])


def climbed(keys: Longs, values: Longs, above: Longs, span: int) -> tuple[Longs, Longs]:
    """As ``grouped``, with what each area has added to everything above it. A key is an area's position times ``span``
    and whatever else is counted by; ``above``: the position above each, −1 at the top."""
    keys, sums = grouped(keys, values)
    found_keys, found = [keys], [sums]
    while len(keys):
        higher = above[keys // span]
        up = higher >= 0
        keys, sums = grouped(higher[up] * span + keys[up] % span, sums[:, up])
        found_keys.append(keys)
        found.append(sums)
    return grouped(np.concatenate(found_keys), np.concatenate(found, axis=1))


def summed(at: Longs, values: Longs, n: int) -> Longs:
    """The sums of values by the place (0 to n − 1) that each goes to."""
    return np.rint(np.bincount(at, values, n)).astype(np.int64)
