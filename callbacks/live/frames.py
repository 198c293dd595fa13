"""Frames: a view's sections and layers, recomputed only when what they depend on moved, and what changed in them.

A delta is the difference of two states of the same picture, so that building and updating cannot drift. A section or a
layer that raises, or whose content cannot be written as JSON, keeps what it showed, is named in the frame and tried
again; the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from callbacks.live.board import Board
from callbacks.live.packets import serialised
from callbacks.live.soundness import Soundness
from dashboard.format import number
from dashboard.words import words
from geodata.domain.view import MapView, ViewError
from layers.base import Drawing, Feature, Json, Layer, LegendItem, MarkSlot, TraceSlot

log = logging.getLogger(__name__)
NOTHING = Drawing()
RETRY_MS = 5_000
_MISSING = object()


class Pane:
    """One layer of a picture: its slots as they are on the screens, addressed ``<layer id>/<slot name>``."""

    __slots__ = ("layer", "legend", "marks", "part", "shown", "traces")

    def __init__(self, layer: Layer[Any], view: MapView) -> None:
        self.layer, self.part, self.shown = layer, f"layer:{layer.id}", layer.id in view.layers
        self.marks: dict[str, dict[str, Feature]] = {}
        self.traces: dict[str, Json] = {}
        self.legend: list[Json] = []
        self.take(NOTHING, view.lang)

    def draw(self, board: Board, view: MapView) -> Drawing:
        """What the layer draws now."""
        return self.layer.draw(self.layer.rows(board.situation, view), view)

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
        self._soundness = Soundness()
        self._retry_ms = 0

    def stale(self) -> bool:
        """Whether a stamp that the picture depends on moved, or something that failed is to be tried again."""
        situation = self._board.situation
        if self._soundness.raised and situation.now_ms >= self._retry_ms:
            return True
        return situation.tree is not self._tree or self._board.tokens(self._o) != self._tokens

    def refresh(self) -> Json | None:
        """Recompute the sections and layers whose stamps moved; the changed parts, or None."""
        self._follow_areas()
        self._retry_ms = self._board.situation.now_ms + RETRY_MS
        tokens = self._board.tokens(self._o)
        moved = frozenset(k for k, v in tokens.items() if self._tokens.get(k, _MISSING) != v)
        body: Json = {}
        if changed := self._refresh_sections(moved):
            body["s"] = changed
        for pane in self._panes:
            if pane.shown and (pane.layer.topics & moved or pane.part in self._soundness.raised):
                self._refresh_layer(pane, body)
        self._soundness.is_behind(self._behind())
        if fails := self._soundness.moved():
            body["fails"] = fails
        self._tokens = tokens
        return body or None

    def full(self) -> Json:
        """Everything as of the last refresh. Layers that are switched off come with empty slots."""
        return {
            "s": self._sections,
            "marks": {k: {"all": list(v.values())} for pane in self._panes for k, v in pane.marks.items()},
            "traces": {k: v for pane in self._panes for k, v in pane.traces.items()},
            "legend": {pane.layer.id: pane.legend for pane in self._panes if pane.shown},
            "fails": self._soundness.fails,
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
            if not section.shown(self._view) or not (section.depends & moved or name in self._soundness.raised):
                continue
            try:
                value = section.build(scene)
                moved_on = self._sections.get(name, _MISSING) != value
                if moved_on:
                    serialised({name: value})
            except Exception:
                self._failed(name)
                self._sections.setdefault(name, None)
                continue
            self._soundness.is_good(name, scene.situation.now_ms)
            if moved_on:
                self._sections[name] = changed[name] = value
        return changed

    def _refresh_layer(self, pane: Pane, body: Json) -> None:
        held = {**pane.marks}, {**pane.traces}, pane.legend
        try:
            marks, traces, legend = pane.take(pane.draw(self._board, self._view), self._view.lang)
            serialised({"marks": marks, "traces": traces, "legend": pane.legend})
        except Exception:
            pane.marks, pane.traces, pane.legend = held
            self._failed(pane.part)
            return
        self._soundness.is_good(pane.part, self._board.situation.now_ms)
        if marks:
            body.setdefault("marks", {}).update(marks)
        if traces:
            body.setdefault("traces", {}).update(traces)
        if legend:
            body.setdefault("legend", {})[pane.layer.id] = pane.legend

    def _behind(self) -> dict[str, int]:
        """The parts one of whose sources was not read in time, and when it was."""
        overdue = self._board.overdue(self._o)
        if not overdue:
            return {}
        parts = {name: s.depends for name, s in self._board.sections.items() if s.shown(self._view)}
        parts |= {pane.part: pane.layer.topics for pane in self._panes if pane.shown}
        late = {part: depends & overdue.keys() for part, depends in parts.items()}
        return {part: min(overdue[source] for source in sources) for part, sources in late.items() if sources}

    def _failed(self, part: str) -> None:
        if self._soundness.has_raised(part):
            log.exception("%s failed for %s; it is tried again", part, self._view.topic())


def ordinal_of(board: Board, view: MapView) -> int:
    """The ordinal of the view's area; ViewError when there is none of that code."""
    o = board.situation.tree.ordinal.get(view.area)
    if o is None:
        raise ViewError("area", view.area, "is not an area of this city")
    return o
