"""Frames: a view's sections and layers, recomputed only when what they depend on moved, and what changed in them.

A delta is the difference of two states of the same picture, so that building and updating cannot drift.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from callbacks.live.board import Board, Section
from callbacks.live.scene import Scene
from dashboard.format import number
from dashboard.words import words
from geodata.domain.view import MapView, ViewError
from layers.base import Drawing, Feature, Json, Layer, LegendItem, MarkSlot, TraceSlot

log = logging.getLogger(__name__)
NOTHING = Drawing()
_MISSING = object()


class Pane:
    """One layer of a picture: its slots as they are on the screens, addressed ``<layer id>/<slot name>``."""

    __slots__ = ("layer", "legend", "marks", "shown", "traces")

    def __init__(self, layer: Layer[Any], view: MapView) -> None:
        self.layer, self.shown = layer, layer.id in view.layers
        self.marks: dict[str, dict[str, Feature]] = {}
        self.traces: dict[str, Json] = {}
        self.legend: list[Json] = []
        self.take(NOTHING, view.lang)

    def draw(self, board: Board, view: MapView) -> Drawing:
        """What the layer draws now; one that raises is logged and says in its legend that it is unavailable."""
        try:
            return self.layer.draw(self.layer.rows(board.situation, view), view)
        except Exception:
            log.exception("Layer %s failed for %s", self.layer.id, view.topic())
            return Drawing(legend=(LegendItem("unavailable", "legend.unavailable", "none", ""),))

    def take(self, drawing: Drawing, lang: str) -> tuple[dict[str, Any], dict[str, Any], bool]:
        """Take a new drawing in: (marks, traces) that changed, in the form of a delta, and whether the legend did."""
        marks: dict[str, Any] = {}
        traces: dict[str, Any] = {}
        for name, slot in self.layer.slots.items():
            address = f"{self.layer.id}/{name}"
            if isinstance(slot, MarkSlot):
                old, new = self.marks.get(address, {}), {f[0]: f for f in drawing.marks.get(name, ())}
                self.marks[address] = new
                if moved := marks_moved(old, new):
                    marks[address] = moved
            elif isinstance(slot, TraceSlot):
                before, after = self.traces.get(address, {}), _trace(slot, drawing.traces.get(name))
                self.traces[address] = after
                if changed := {k: v for k, v in after.items() if before.get(k, _MISSING) != v}:
                    traces[address] = changed
        legend = [legend_line(item, lang) for item in drawing.legend]
        changed_legend, self.legend = legend != self.legend, legend
        return marks, traces, changed_legend


def marks_moved(old: Mapping[str, Feature], new: Mapping[str, Feature]) -> Json:
    """``{"set": [added or changed …], "gone": [ids …]}``; only the keys that are needed, empty when nothing moved."""
    moved: Json = {}
    if to_set := [f for key, f in new.items() if old.get(key) != f]:
        moved["set"] = to_set
    if len(new) - len(to_set) < len(old) and (gone := [key for key in old if key not in new]):
        moved["gone"] = gone
    return moved


def legend_line(item: LegendItem, lang: str) -> Json:
    """A legend item in the view's language, as the panels take it."""
    note = words(lang, item.note, n=number(lang, item.note_n)) if item.note else ""
    lists = {"opens": item.opens, "of_opens": item.of_opens, "note_opens": item.note_opens}
    return {
        "key": item.key, "text": words(lang, item.text), "shape": item.shape, "color": item.color,
        "count": item.count, "of": item.of, "note": note, **{name: opens for name, opens in lists.items() if opens},
    }  # fmt: skip


def _trace(slot: TraceSlot, drawn: Json | None) -> Json:
    """All properties of a trace but its type: the slot's empty form under what is drawn now."""
    return {k: v for k, v in {**slot.trace, **(drawn or {})}.items() if k != "type"}


class ViewPicture:
    """The picture of one view, for one topic of the hub."""

    def __init__(self, board: Board, layers: Iterable[Layer[Any]], view: MapView) -> None:
        """Look the area up; raise ViewError when there is none of that code."""
        self._board, self._view = board, view
        self._tree = board.situation.tree
        self._o = ordinal_of(board, view)
        self._tokens: Mapping[str, object] = {}
        self._sections: dict[str, Any] = {}
        self._panes: Sequence[Pane] = [Pane(layer, view) for layer in layers]

    def stale(self) -> bool:
        """Whether a stamp that the picture depends on moved."""
        return self._board.situation.tree is not self._tree or self._board.tokens(self._o) != self._tokens

    def refresh(self) -> Json | None:
        """Recompute the sections and layers whose stamps moved; the changed parts, or None."""
        self._follow_areas()
        tokens = self._board.tokens(self._o)
        moved = frozenset(k for k, v in tokens.items() if self._tokens.get(k, _MISSING) != v)
        body: Json = {}
        if changed := self._refresh_sections(moved):
            body["s"] = changed
        for pane in self._panes:
            if pane.shown and pane.layer.topics & moved:
                marks, traces, legend = pane.take(pane.draw(self._board, self._view), self._view.lang)
                if marks:
                    body.setdefault("marks", {}).update(marks)
                if traces:
                    body.setdefault("traces", {}).update(traces)
                if legend:
                    body.setdefault("legend", {})[pane.layer.id] = pane.legend
        self._tokens = tokens
        return body or None

    def full(self) -> Json:
        """Everything as of the last refresh. Layers that are switched off come with empty slots."""
        return {
            "s": self._sections,
            "marks": {k: {"all": list(v.values())} for pane in self._panes for k, v in pane.marks.items()},
            "traces": {k: v for pane in self._panes for k, v in pane.traces.items()},
            "legend": {pane.layer.id: pane.legend for pane in self._panes if pane.shown},
        }

    def _follow_areas(self) -> None:
        """After an import of areas every ordinal is another: find the area again and compute everything."""
        if self._board.situation.tree is not self._tree:
            self._o = ordinal_of(self._board, self._view)
            self._tree = self._board.situation.tree
            self._tokens = {}

    def _refresh_sections(self, moved: frozenset[str]) -> Json:
        changed: Json = {}
        scene = self._board.scene(self._view, self._o)
        for name, section in self._board.sections.items():
            if not section.shown(self._view) or not section.depends & moved:
                continue
            value = guarded(name, section, scene)
            if self._sections.get(name, _MISSING) != value:
                self._sections[name] = changed[name] = value
        return changed


def guarded(name: str, section: Section, scene: Scene) -> Any:
    """What the section says; None, logged, when it raises: its panel then says so, and the others go on."""
    try:
        return section.build(scene)
    except Exception:
        log.exception("Section %s failed for %s", name, scene.view.topic())
        return None


def ordinal_of(board: Board, view: MapView) -> int:
    """The ordinal of the view's area; ViewError when there is none of that code."""
    o = board.situation.tree.ordinal.get(view.area)
    if o is None:
        raise ViewError("area", view.area, "is not an area of this city")
    return o
