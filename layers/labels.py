"""Labels: the name and the value of each child area, or of the area itself where nothing lies below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from geodata.domain.view import MapView
from geodata.situation.situation import Situation
from layers.base import MARKS_MAX, Drawing, Feature, Json, MarkSlot, Slot
from layers.child_values import ChildValues, child_values, value_text
from layers.coverage import LAYER as COVERAGE
from layers.coverage import rate_text
from layers.palette import COLOURS, TEXT, TEXT_BOLD, Colours


def _style(colours: Colours) -> list[Json]:
    return [{
        "type": "symbol",
        "layout": {
            "text-field": [
                "format",
                ["get", "n"], {"text-color": colours.name},
                ["concat", " ", ["get", "v"]],
                {"text-color": colours.value, "text-font": ["literal", list(TEXT_BOLD)]},
            ],
            "text-font": list(TEXT),
            "text-size": 16,
            "text-max-width": 30,
            "text-padding": 1,
            # Where a label would touch another it moves a little before it yields; larger areas come first.
            "text-variable-anchor": [
                "center", "top", "bottom", "left", "right", "top-left", "top-right", "bottom-left", "bottom-right",
            ],
            "text-radial-offset": 0.4,
            "text-justify": "auto",
            "symbol-sort-key": ["get", "k"],
        },
        "paint": {"text-color": colours.name, "text-halo-color": colours.halo, "text-halo-width": 1.6},
    }]  # fmt: skip


class Labels:
    """Names with values, never on top of each other."""

    id = "labels"
    order = 60
    topics = frozenset({"events", "units", "areas", "clock", "walks"})
    slots: Mapping[str, Slot] = MappingProxyType({
        "names": MarkSlot({theme: _style(colours) for theme, colours in COLOURS.items()}, pick=False),
    })  # fmt: skip

    def rows(self, situation: Situation, view: MapView) -> ChildValues:
        """The same values as the colours below: those of the topmost choropleth."""
        rows = child_values(situation, view)
        if COVERAGE.id not in view.layers:
            return rows
        return replace(rows, texts=tuple(rate_text(situation, o) for o in rows.ordinals))

    def draw(self, rows: ChildValues, view: MapView) -> Drawing:
        """One label per child: ``n`` name, ``v`` value, ``k`` rank by size."""
        values = rows.values or (None,) * len(rows.ordinals)
        names: list[Feature] = []
        for i, value in list(zip(rows.ordinals, values, strict=True))[:MARKS_MAX]:
            area = rows.tree.areas[i]
            text = rows.texts[len(names)] if rows.texts else "" if value is None else value_text(value, view.measure)
            # The rank only has to order siblings, so a few digits of the area's size are enough.
            props: Json = {"n": area.label(view.lang), "v": text, "k": -round(area.area_m2 / 1e4)}
            names.append((area.code, round(area.lon, 5), round(area.lat, 5), props))
        return Drawing(marks={"names": names})


LAYER = Labels()
