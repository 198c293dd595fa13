"""Surges: where more is reported than usual, with the number in the mark; filled once somebody has confirmed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from geodata.domain.areas import AreaTree
from geodata.domain.figures import Span
from geodata.domain.surges import Verdict, spoken
from geodata.domain.view import MapView
from geodata.situation.situation import Situation
from geodata.situation.surge_book import SurgeNow
from layers.base import MARKS_MAX, Drawing, Feature, Json, LegendItem, MarkSlot, Slot
from layers.palette import COLOURS, TEXT_BOLD, icon, swatch

SIZES: Mapping[str, float] = MappingProxyType({"s": 11.0, "m": 14.0, "l": 19.0})
"""Radius of a mark that holds at most two, three, and more digits."""

LIFT, TEXT_SIZE = 22, 12


@dataclass(frozen=True, slots=True)
class SurgeRows:
    """The surges that stand and were not dismissed, the least probable first, and the tree that knows their places."""

    found: Sequence[SurgeNow]
    tree: AreaTree


def _icons(theme: str) -> dict[str, Json]:
    c = COLOURS[theme]
    looks = {"open": (c.ground, c.outline), "sure": (c.outline, c.halo)}
    return {
        f"onescreen:surge-{size}-{look}-{theme}": icon("burst", radius, fill, line=line, width=1.2)
        for size, radius in SIZES.items() for look, (fill, line) in looks.items()
    }  # fmt: skip


def _style(theme: str) -> list[Json]:
    c = COLOURS[theme]
    return [{
        "type": "symbol",
        "layout": {
            "icon-image": ["concat", "onescreen:surge-", ["get", "z"], "-", ["get", "l"], f"-{theme}"],
            # Above the name of the area, which stands at the same place and must stay.
            "icon-size": 1, "icon-allow-overlap": True, "icon-ignore-placement": True, "icon-offset": [0, -LIFT],
            "text-field": ["to-string", ["get", "k"]], "text-font": list(TEXT_BOLD), "text-size": TEXT_SIZE,
            "text-allow-overlap": True, "text-ignore-placement": True, "text-offset": [0, -LIFT / TEXT_SIZE],
            "symbol-sort-key": ["get", "r"],
        },
        "paint": {"text-color": ["match", ["get", "l"], "sure", c.ground, c.outline]},
    }]  # fmt: skip


class Surges:
    """One mark per area: the events of all its classes that are more than usual, in the hour that was counted."""

    id = "surges"
    order = 65
    topics = frozenset({"surges", "areas"})
    slots: Mapping[str, Slot] = MappingProxyType({
        "marks": MarkSlot({t: _style(t) for t in COLOURS}, {t: _icons(t) for t in COLOURS}, pulse=False),
    })  # fmt: skip

    def rows(self, situation: Situation, view: MapView) -> SurgeRows:
        """Those of the area and below it."""
        found = situation.surges(situation.tree.ordinal[view.area])
        return SurgeRows([s for s in found if s.verdict != Verdict.DISMISSED], situation.tree)

    def draw(self, rows: SurgeRows, view: MapView) -> Drawing:
        """Properties: ``k`` how many, ``u`` how many usually (0: less than one), ``c`` classes, ``a`` and ``t`` code
        and name of the area, ``s`` the span (``figures.Span``), ``l`` look, ``z`` size, ``r`` rank."""
        marks: list[Feature] = []
        for rank, alike in enumerate(_by_area(rows.found)[:MARKS_MAX]):
            o = rows.tree.ordinal_by_id.get(alike[0].area_id, 0)
            k = sum(s.n for s in alike)
            sure = all(s.verdict == Verdict.CONFIRMED for s in alike)
            first = alike[0]
            props: Json = {
                "k": k, "u": spoken(sum(s.expected for s in alike)), "c": ".".join(sorted(s.class_code for s in alike)),
                "a": rows.tree.areas[o].code, "t": rows.tree.areas[o].label(view.lang),
                "s": str(Span(first.from_ms, first.to_ms, first.last_id)), "l": "sure" if sure else "open",
                "z": "s" if k < 100 else "m" if k < 1000 else "l", "r": rank,
            }  # fmt: skip
            key = ".".join(str(s.id) for s in alike)
            marks.append((key, round(float(rows.tree.lon[o]), 5), round(float(rows.tree.lat[o]), 5), props))
        n = len(rows.found)
        legend = (LegendItem("surges", "legend.surges", "burst", swatch("outline"), n),) if n else ()
        return Drawing(marks={"marks": marks}, legend=legend)


def _by_area(found: Sequence[SurgeNow]) -> list[list[SurgeNow]]:
    """Surges of one area that were counted in one look are one mark."""
    groups: dict[tuple[int, int], list[SurgeNow]] = {}
    for s in found:
        groups.setdefault((s.area_id, s.to_ms), []).append(s)
    return list(groups.values())


LAYER = Surges()
