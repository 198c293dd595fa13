"""Units on their way into the book, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import Ints
from geodata.domain.clocks import NEVER
from geodata.domain.units import UNIT_KINDS, UNIT_STATUSES, UnitStatus
from geodata.situation.strata import Strata
from geodata.store.units import UnitNow

STATUS_INDEX = {status.value: i for i, status in enumerate(UNIT_STATUSES)}
KIND_INDEX = {kind.value: i for i, kind in enumerate(UNIT_KINDS)}
NO_FIX = -NEVER
NUMBERS: dict[str, type[np.generic]] = {
    "moved_seq": np.int64, "o": np.int32, "lon": np.float64, "lat": np.float64, "fix_ms": np.int64,
    "status": np.int8, "home": np.int32, "kind": np.int8, "id": np.int64, "placed": np.bool_, "since": np.int64,
}  # fmt: skip
_VALUES = attrgetter(
    "moved_seq", "area_id", "home_area_id", "lon", "lat", "fix_ms", "status", "kind", "id", "status_ms",
    "skills", "code",
)  # fmt: skip


class Units(Protocol):
    """Units as they are now, by slot; those of an instant of the past are made when they are looked at."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[UnitNow]: ...
    def __getitem__(self, slot: int) -> UnitNow: ...
    def __setitem__(self, slot: int, unit: UnitNow) -> None: ...
    def append(self, unit: UnitNow) -> None:
        """One more unit."""


@dataclass(frozen=True, slots=True)
class UnitBatch:
    """Units on their way into the book, each once: one array per name in NUMBERS; ``skill`` numbers ``skills``."""

    numbers: Mapping[str, npt.NDArray[np.generic]]
    code: Sequence[str]
    skill: Ints
    skills: Sequence[str]
    now: Units

    @classmethod
    def of(cls, rows: Iterable[UnitNow], strata: Strata) -> UnitBatch:
        """These units. An area that is not in force counts for the city itself."""
        now = list(rows)
        columns = zip(*map(_VALUES, now), strict=True) if now else [()] * 12
        seq, area, home, lon, lat, fix, status, kinds, ids, since, skills, code = columns
        numbers: dict[str, npt.ArrayLike] = {
            "moved_seq": seq, "o": strata.ordinals_of(list(map(place_id, area, home, status))),
            "lon": [np.nan if x is None else x for x in lon], "lat": [np.nan if x is None else x for x in lat],
            "fix_ms": [NO_FIX if t is None else t for t in fix], "status": [STATUS_INDEX[s] for s in status],
            "home": strata.ordinals_of(home), "kind": [KIND_INDEX.get(k, -1) for k in kinds], "id": ids,
            "placed": [a is not None for a in area], "since": since,
        }  # fmt: skip
        texts: dict[str, int] = {}
        skill = np.array([texts.setdefault(s, len(texts)) for s in skills], np.int32)
        typed = {name: np.array(numbers[name], kind) for name, kind in NUMBERS.items()}
        return cls(typed, code, skill, list(texts), now)


def place_id(area_id: int | None, home_area_id: int, status: str) -> int:
    """The area that a unit counts in: that of its fix while it is signed on, else its home."""
    return home_area_id if area_id is None or status == UnitStatus.OFF_DUTY else area_id
