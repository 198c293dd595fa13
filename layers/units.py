"""Units: signed-on posts and teams at their last fix; counts per area where they are too many to tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Audience
from geodata.domain.units import Freshness, UnitStatus
from geodata.domain.view import MapView
from geodata.situation.briefs import UnitMarks, UnitTotals
from geodata.situation.situation import Situation
from layers.base import Drawing, Feature, Json, LegendItem, MarkSlot, Slot
from layers.palette import COLOURS, Colours, icon, swatch

UNITS_MAX = 1200
"""Dots on the map at most, units or areas; below the 2,000 of every layer because this one moves all the time."""

SHAPES: Mapping[UnitStatus, str] = MappingProxyType({
    UnitStatus.ON_DUTY: "circle", UnitStatus.BREAK: "circle", UnitStatus.OFF_DUTY: "circle",
    UnitStatus.EN_ROUTE: "caret", UnitStatus.ON_SCENE: "target", UnitStatus.BUSY: "target",
})  # fmt: skip
MOVING = (UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE, UnitStatus.BUSY)
RADII: Mapping[str, float] = MappingProxyType({"circle": 2.6, "caret": 4.4, "target": 3.8})


@dataclass(frozen=True, slots=True)
class UnitRows:
    """The marks, the figures of the legend, and the tree that names the cells."""

    marks: UnitMarks
    totals: UnitTotals
    tree: AreaTree


def _icon(shape: str, fresh: Freshness, colours: Colours) -> Json:
    radius = RADII[shape]
    if fresh is Freshness.LIVE:
        return icon(shape, radius, colours.alive, line=colours.halo, width=0.8)
    color = colours.alive if fresh is Freshness.STALE else colours.silent
    return icon(shape, radius, "", line=color, width=1.3)


def _icons(theme: str) -> dict[str, Json]:
    return {
        f"onescreen:unit-{shape}-{fresh}-{theme}": _icon(shape, fresh, COLOURS[theme])
        for shape in RADII for fresh in Freshness
    }  # fmt: skip


def _style(theme: str) -> list[Json]:
    colours = COLOURS[theme]
    quiet: list[Any] = ["has", "q"]
    by_count = ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 1.9, 5, 2.9, 15, 5, 50, 9]
    return [
        {
            "type": "circle",
            "filter": ["has", "n"],
            "paint": {
                "circle-radius": by_count, "circle-color": colours.alive, "circle-opacity": ["case", quiet, 0, 0.9],
                "circle-stroke-color": ["case", quiet, colours.alive, colours.halo],
                "circle-stroke-width": ["case", quiet, 1.1, 0.6],
            },
        },
        {
            "type": "symbol",
            "filter": ["!", ["has", "n"]],
            "layout": {
                "icon-image": ["concat", "onescreen:unit-", ["get", "i"], "-", ["get", "f"], f"-{theme}"],
                "icon-size": 1, "icon-allow-overlap": True, "icon-ignore-placement": True,
            },
        },
    ]  # fmt: skip


class Units:
    """Green for alive; the shape says who is on the way or at work; hollow when the fix is old, never gone."""

    id = "units"
    order = 45
    topics = frozenset({"units", "areas", "clock"})
    slots: Mapping[str, Slot] = MappingProxyType({
        "marks": MarkSlot({t: _style(t) for t in COLOURS}, {t: _icons(t) for t in COLOURS}),
    })  # fmt: skip

    def rows(self, situation: Situation, view: MapView) -> UnitRows:
        """Units while they fit into UNITS_MAX, else counts per area at the finest level that fits."""
        o = situation.tree.ordinal[view.area]
        return UnitRows(situation.unit_marks(o, UNITS_MAX), situation.unit_totals(o), situation.tree)

    def draw(self, rows: UnitRows, view: MapView) -> Drawing:
        """Of a unit ``i`` its shape and ``f`` its freshness; of a cell ``n`` how many units, ``t`` its name.

        For the public's eyes units carry no codes.
        """
        marks = _cells(rows, view) if rows.marks.cells is not None else _units(rows.marks)
        if rows.marks.cells is None and view.audience is Audience.PUBLIC:
            marks = _nameless(marks)
        return Drawing(marks={"marks": marks}, legend=_legend(rows, len(marks)))


def _units(marks: UnitMarks) -> list[Feature]:
    columns = zip(
        marks.codes, marks.lon.tolist(), marks.lat.tolist(), marks.statuses, marks.freshness, strict=True
    )  # fmt: skip
    return [
        (code, round(lon, 5), round(lat, 5), {"i": SHAPES[UnitStatus(status)], "f": str(fresh)})
        for code, lon, lat, status, fresh in columns
    ]


def _nameless(marks: list[Feature]) -> list[Feature]:
    """Numbered by where they are instead of who they are: nothing leads from one frame's dot to the next one's."""
    placed = sorted((lon, lat, str(properties), properties) for _, lon, lat, properties in marks)
    return [(f"u{k}", lon, lat, properties) for k, (lon, lat, _, properties) in enumerate(placed)]


def _cells(rows: UnitRows, view: MapView) -> list[Feature]:
    cells = rows.marks.cells
    if cells is None or cells.areas is None:
        return []
    columns = zip(cells.areas.tolist(), cells.lon.tolist(), cells.lat.tolist(), cells.weight.tolist(), strict=True)
    areas = rows.tree.areas
    # A cell does not know whose fixes it sums: it turns hollow when more than half of the area's are old.
    quiet = {"q": 1} if rows.totals.by_freshness.get(Freshness.LIVE, 0) * 2 < rows.totals.on else {}
    return [
        (areas[o].code, round(lon, 5), round(lat, 5), {"n": int(n), "t": areas[o].label(view.lang)} | quiet)
        for o, lon, lat, n in columns
        if n
    ]


def _legend(rows: UnitRows, dots: int) -> list[LegendItem]:
    totals, summed = rows.totals, rows.marks.cells is not None
    moving = sum(totals.by_status.get(s, 0) for s in MOVING)
    note, note_n = ("legend.note.cells", dots) if summed else ("", None)
    items = [
        LegendItem(
            "on", "legend.units.live", "circle", swatch("alive"), totals.on, note, note_n, of=totals.total,
            opens="units?on=1", of_opens="units?",
        )
    ]  # fmt: skip
    if moving:
        opens = f"units?status={'.'.join(MOVING)}"
        items.append(LegendItem("moving", "legend.units.moving", "caret", swatch("alive"), moving, opens=opens))
    for fresh, color in ((Freshness.STALE, "alive"), (Freshness.LOST, "silent")):
        if count := totals.by_freshness.get(fresh, 0):
            text, opens = f"legend.units.{fresh.value}", f"units?fresh={fresh.value}"
            items.append(LegendItem(fresh.value, text, "hollow", swatch(color), count, opens=opens))
    return items


LAYER = Units()
