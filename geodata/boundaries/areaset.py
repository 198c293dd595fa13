"""AreaSet: a whole city's areas as columns, parents before children, ready to be checked, drawn and stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.boundaries.mvt import Geometries
from geodata.domain.areas import Ints, Level


@dataclass(frozen=True)
class AreaSet:
    """Areas by row. ``parent`` is the row of the parent, −1 for the root; rows are sorted by depth."""

    levels: tuple[Level, ...]
    code: Sequence[str]
    name: Sequence[str]
    depth: Ints
    parent: Ints
    polygon: Geometries
    name_en: Sequence[str] = ()
    kind: Sequence[str] = ()
    valid_from: Sequence[str] = ()
    valid_to: Sequence[str] = ()

    def __post_init__(self) -> None:
        for column in ("name_en", "kind", "valid_from", "valid_to"):
            if not len(getattr(self, column)):
                object.__setattr__(self, column, [""] * len(self.code))

    def __len__(self) -> int:
        return len(self.code)

    def rows(self, depth: int) -> npt.NDArray[np.int64]:
        """The rows of one level."""
        return np.flatnonzero(self.depth == depth)

    def children(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows grouped by parent: those of parent p are ``rows[first[p]:first[p + 1]]``."""
        rows = np.argsort(self.parent, kind="stable")
        return rows, np.searchsorted(self.parent[rows], np.arange(len(self) + 1))

    def counts(self) -> list[tuple[str, str, str, int]]:
        """Per level its key, its names and how many areas it has."""
        return [(x.key, x.name_zh, x.name_en, int((self.depth == x.depth).sum())) for x in self.levels]
