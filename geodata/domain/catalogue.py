"""The event catalogue: classes and subtypes with their default urgency and time limit."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

BUILT_IN = Path(__file__).with_name("event_catalogue.csv")
LimitUnit = Literal["h", "wh", "wd"]
LIMIT_UNITS: Mapping[str, LimitUnit] = MappingProxyType({"h": "h", "wh": "wh", "wd": "wd"})


@dataclass(frozen=True, slots=True)
class EventClass:
    """A class of events (10 in the built-in catalogue)."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Subtype:
    """A subtype: ``urgency`` 1 (most) to 4; limit in clock hours ``h``, working hours ``wh`` or working days ``wd``."""

    code: str
    class_code: str
    name_zh: str
    name_en: str
    urgency: int
    limit: float
    limit_unit: LimitUnit


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Classes and subtypes in their printed order."""

    classes: Mapping[str, EventClass]
    subtypes: Mapping[str, Subtype]

    @classmethod
    def of(cls, classes: Iterable[EventClass], subtypes: Iterable[Subtype]) -> Catalogue:
        """A read-only catalogue."""
        return cls(
            MappingProxyType({c.code: c for c in classes}),
            MappingProxyType({s.code: s for s in subtypes}),
        )

    @classmethod
    def read(cls, path: Path = BUILT_IN) -> Catalogue:
        """Read a catalogue file (UTF-8 CSV with the columns of the built-in one)."""
        classes: dict[str, EventClass] = {}
        subtypes: list[Subtype] = []
        with path.open(encoding="utf-8-sig", newline="") as f:
            for row in csv.DictReader(f):
                code = row["class_code"]
                classes.setdefault(code, EventClass(code, row["class_zh"], row["class_en"]))
                unit = LIMIT_UNITS.get(row["sla_unit"])
                if unit is None:
                    raise ValueError(f"{path.name}: sla_unit of {row['code']} is {row['sla_unit']!r}; use h, wh, wd")
                subtypes.append(
                    Subtype(row["code"], code, row["name_zh"], row["name_en"], int(row["urgency"]),
                            float(row["sla_value"]), unit)
                )  # fmt: skip
        return cls.of(classes.values(), subtypes)
