"""Events: open ones, one by one from the most urgent down, as long as the picture stays readable."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from geodata.domain.events import URGENCIES
from geodata.domain.view import MapView
from geodata.situation.briefs import EventMarks
from geodata.situation.situation import Situation
from layers.base import Drawing, Feature, Json, LegendItem, MarkSlot, Slot
from layers.palette import COLOURS, URGENCY_RADII, URGENCY_SHAPES, icon, swatch

EVENTS_MAX = 450
"""More than this and nobody can tell one from another; the rest is counted in the colours and said in the legend."""


def _icons(theme: str) -> dict[str, Json]:
    colours = COLOURS[theme]
    return {
        f"onescreen:event-{u}{late}-{theme}": icon(
            URGENCY_SHAPES[u], URGENCY_RADII[u], colours.urgency[u - 1],
            line=colours.outline if late else colours.halo, width=1.3 if late else 1.0,
            ring=colours.urgency[0] if u == 1 else "",
        )
        for u in URGENCIES for late in ("", "-late")
    }  # fmt: skip


def _style(theme: str) -> list[Json]:
    return [{
        "type": "symbol",
        "layout": {
            "icon-image": [
                "concat", "onescreen:event-", ["to-string", ["get", "u"]],
                ["case", ["has", "o"], "-late", ""], f"-{theme}",
            ],
            "icon-size": 1,
            # Events never hide each other or a label; the urgent ones lie on top.
            "icon-allow-overlap": True,
            "icon-ignore-placement": True,
            "symbol-sort-key": ["-", 0, ["get", "u"]],
        },
    }]  # fmt: skip


class Events:
    """Urgency by shape and colour; overdue ones are outlined; new ones pulse once."""

    id = "events"
    order = 50
    topics = frozenset({"events", "areas", "clock"})
    slots: Mapping[str, Slot] = MappingProxyType({
        "marks": MarkSlot({t: _style(t) for t in COLOURS}, {t: _icons(t) for t in COLOURS}, pulse=True),
    })  # fmt: skip

    def rows(self, situation: Situation, view: MapView) -> EventMarks:
        """Whole tiers of urgency while they fit into EVENTS_MAX."""
        o = situation.tree.ordinal[view.area]
        return situation.event_marks(o, view.filters, EVENTS_MAX, view.without_piles)

    def draw(self, rows: EventMarks, view: MapView) -> Drawing:
        """Properties: ``u`` urgency, ``s`` subtype, ``o`` where it is overdue."""
        marks: list[Feature] = []
        columns = zip(
            rows.codes, rows.lon.tolist(), rows.lat.tolist(), rows.urgency.tolist(), rows.subtype_codes,
            rows.overdue.tolist(), strict=True,
        )  # fmt: skip
        for code, lon, lat, urgency, subtype, overdue in columns:
            props: Json = {"u": urgency, "s": subtype}
            if overdue:
                props["o"] = 1
            marks.append((code, round(lon, 5), round(lat, 5), props))
        return Drawing(marks={"marks": marks}, legend=_legend(rows))


def _legend(rows: EventMarks) -> list[LegendItem]:
    items = [
        _drawn(str(u), URGENCY_SHAPES[u], swatch(f"urgency-{u}"), shown, total, f"list?figure=open&urgencies={u}")
        for u, shown, total in zip(URGENCIES, rows.shown, rows.total, strict=True) if total
    ]  # fmt: skip
    if rows.overdue_n:
        shown = int(rows.overdue.sum())
        items.append(_drawn("overdue", "outlined", swatch("outline"), shown, rows.overdue_n, "list?figure=overdue"))
    if rows.hidden_on_pile:
        items.append(
            LegendItem(
                "piles", "legend.events.piles", "hollow", swatch("silent"), rows.hidden_on_pile,
                opens="list?figure=on_pile",
            )
        )  # fmt: skip
    return items


def _drawn(key: str, shape: str, colour: str, shown: int, total: int, opens: str) -> LegendItem:
    """A line of the legend; where not all of its events are drawn one by one it says so, and how many are not."""
    note = "" if shown == total else "legend.note.partly" if shown else "legend.note.in_colours"
    return LegendItem(
        key, f"legend.events.{key}", shape, colour, total, note, total - shown if shown and note else None,
        opens=opens, note_opens=opens if note else "",
    )  # fmt: skip


LAYER = Events()
