"""Theme screens 专题屏: the same wall with another focus.

A focus is a row of a table: which events count, which layers are on, what the areas are coloured by, which panels are
shown. It has no page and no panel of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class Focus(StrEnum):
    """What a theme screen is about; its name stands in the address as ``focus=``."""

    CITY_ORDER = "city_order"
    SAFETY = "safety"
    DISPUTES = "disputes"
    PATROL = "patrol"
    LIVELIHOOD = "livelihood"
    EMERGENCY = "emergency"


class Ranked(StrEnum):
    """By what a panel ranks the areas one level down."""

    ON_TIME = "on_time"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class Look:
    """What a focus stands for where the address says nothing else.

    ``measure`` is a ``view.Measure``; ``classes`` and ``urgencies`` are filters, empty for all; ``panels`` are ids of
    panels (``dashboard/ids.py``), those that are left out give their room to the others.
    """

    layers: tuple[str, ...]
    measure: str
    panels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    urgencies: tuple[int, ...] = ()
    ranked: Ranked = Ranked.ON_TIME

    def fits(self, class_codes: Collection[str]) -> bool:
        """Whether a city whose catalogue has these classes can show it."""
        return not self.classes or any(code in class_codes for code in self.classes)


_GROUND = ("areas", "boundaries", "labels")


def _on(*layers: str) -> tuple[str, ...]:
    return tuple(sorted((*_GROUND, *layers)))


LOOKS: Mapping[Focus, Look] = MappingProxyType({
    Focus.CITY_ORDER: Look(_on("events", "surges"), "open", ("kpi", "classes", "curve", "feed", "ranking"),
                           classes=("01", "02", "04", "05")),
    Focus.SAFETY: Look(_on("events", "surges", "units"), "overdue", ("kpi", "classes", "feed", "worst"),
                       classes=("06", "07")),
    # Marks would point at homes: disputes are counted by areas and as density, and are not listed.
    Focus.DISPUTES: Look(_on("density"), "open", ("kpi", "curve", "all-time", "ranking"), classes=("09",)),
    Focus.PATROL: Look(("boundaries", "coverage", "labels", "units"), "units",
                       ("kpi", "curve", "coverage", "ranking"), ranked=Ranked.COVERAGE),
    Focus.LIVELIHOOD: Look(_on("density", "surges"), "reported", ("kpi", "curve", "feed", "worst", "ranking"),
                           classes=("10",)),
    Focus.EMERGENCY: Look(_on("events", "surges", "units"), "open", ("kpi", "classes", "feed", "worst"),
                          urgencies=(1,)),
})  # fmt: skip
"""Those of the built-in catalogue."""


def looks_of(classes: Mapping[Focus, Collection[str]]) -> Mapping[Focus, Look]:
    """The table of a city that says of some theme screens which classes of its own catalogue they count."""
    said = {focus: replace(LOOKS[focus], classes=tuple(sorted(set(codes)))) for focus, codes in classes.items()}
    return MappingProxyType({**LOOKS, **said})
