"""What happens where: classes by kind of grid, subtypes inside a class, sources by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geodata.demo.terrain import Floats
from geodata.domain.catalogue import Catalogue

Longs = npt.NDArray[np.int64]

# Weights of the classes 01 … 10 in a rural, an urban and a dedicated grid (office towers, parks, campuses).
CLASS_WEIGHTS: Mapping[str, tuple[float, float, float]] = MappingProxyType({
    "01": (20, 24, 14), "02": (12, 14, 10), "03": (16, 9, 8), "04": (5, 21, 16), "05": (9, 7, 6),
    "06": (6, 6, 14), "07": (6, 4, 12), "08": (2.5, 0.9, 0.8), "09": (13, 7, 7), "10": (12, 9, 12),
})  # fmt: skip
URGENCY_WEIGHTS = {1: 0.03, 2: 0.35, 3: 1.0, 4: 1.0}
# Weights of single subtypes by kind of grid, where they differ from those of their urgency.
SUBTYPE_WEIGHTS: Mapping[str, tuple[float, float, float]] = MappingProxyType({
    "0107": (0.8, 0.2, 0.1), "0206": (0, 0.3, 0.2), "0306": (1.2, 0.3, 0.1), "0401": (0.3, 1.4, 0.6),
    "0403": (0.8, 1.6, 1.4), "0702": (0, 0.05, 0.12), "0802": (0.08, 0.01, 0), "0803": (0.05, 0, 0),
    "0801": (0.01, 0.03, 0.02), "0905": (0.8, 0.1, 0.1), "0906": (0.2, 1.5, 0.5), "0503": (0.1, 1.2, 0.6),
})  # fmt: skip
STORM_SUBTYPES = ("0301", "0302", "0304", "0801", "0805", "0804", "0203", "0807", "0206", "0205")
STORM_WEIGHTS = (30, 12, 22, 4, 8, 2, 1, 4, 5, 6)
GRID_WEIGHTS = (0.45, 1.0, 0.9)  # events of a rural, an urban and a dedicated grid

_DEFAULT = (52, 14, 3, 12, 6, 9, 4)
SOURCE_WEIGHTS: Mapping[str, tuple[float, ...]] = MappingProxyType({
    # patrol, hotline, transfer, public, sensor, video, order
    "01": (62, 8, 1, 9, 0, 17, 3), "04": (50, 10, 2, 10, 0, 26, 2), "06": (48, 10, 4, 10, 20, 5, 3),
    "07": (44, 12, 4, 8, 24, 3, 5), "08": (28, 20, 18, 12, 14, 6, 2), "09": (30, 40, 14, 12, 0, 0, 4),
    "10": (2, 76, 4, 16, 0, 0, 2), "03": (46, 15, 3, 14, 14, 6, 2),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mix:
    """Cumulative weights, ready to draw from. ``subtype`` (3, k) by kind of grid, ``source`` (k, 7) by subtype."""

    codes: tuple[str, ...]
    subtype: Floats
    storm: Floats
    source: Floats

    @classmethod
    def of(cls, catalogue: Catalogue) -> Mix:
        """The mix for a catalogue; classes that the tables do not know weigh like the rarest."""
        subtypes = list(catalogue.subtypes.values())
        weight = np.zeros((3, len(subtypes)))
        for kind in range(3):
            inside = [SUBTYPE_WEIGHTS.get(s.code, (URGENCY_WEIGHTS[s.urgency],) * 3)[kind] for s in subtypes]
            total: dict[str, float] = {}
            for s, w in zip(subtypes, inside, strict=True):
                total[s.class_code] = total.get(s.class_code, 0.0) + w
            for k, (s, w) in enumerate(zip(subtypes, inside, strict=True)):
                share = CLASS_WEIGHTS.get(s.class_code, (1.0, 1.0, 1.0))[kind]
                weight[kind, k] = share * w / total[s.class_code] if total[s.class_code] else 0.0
        storm_of = dict(zip(STORM_SUBTYPES, STORM_WEIGHTS, strict=True))
        storm = np.array([storm_of.get(s.code, 0.0) for s in subtypes])
        source = np.array([SOURCE_WEIGHTS.get(s.class_code, _DEFAULT) for s in subtypes], float)
        codes = tuple(s.code for s in subtypes)
        return cls(codes, _cumulative(weight), _cumulative(storm[None])[0], _cumulative(source))

    def draw(self, rng: np.random.Generator, kind: Longs) -> tuple[Longs, Longs]:
        """Subtype and source (indexes) of an event in each of these grids' kinds."""
        subtype = _pick(self.subtype[kind], rng)
        return subtype, _pick(self.source[subtype], rng)

    def draw_storm(self, rng: np.random.Generator, n: int) -> tuple[Longs, Longs]:
        """Subtype and source (indexes) of ``n`` events that a storm brings."""
        subtype = np.searchsorted(self.storm, rng.random(n), side="right").astype(np.int64)
        return subtype, _pick(self.source[subtype], rng)


def _cumulative(weight: Floats) -> Floats:
    total = np.cumsum(weight, axis=1)
    return np.asarray(total / total[:, -1:], np.float64)


def _pick(cumulative: Floats, rng: np.random.Generator) -> Longs:
    """One column for each row, by its cumulative weights; rows may be many, columns are few."""
    draw = rng.random(len(cumulative))
    out = np.zeros(len(cumulative), np.int64)
    for k in range(cumulative.shape[1] - 1):
        out += draw >= cumulative[:, k]
    return out


