"""Sections that list: title, feed, worst, ticker, feeds, options of the filters."""

from __future__ import annotations

from typing import Any

from callbacks.live.doors import MINUTE_MS
from callbacks.live.scene import Scene
from dashboard.format import age, number
from dashboard.words import words
from geodata.domain.events import Source, State
from geodata.domain.units import Freshness
from geodata.situation.briefs import EventBrief

Json = dict[str, Any]
Row = tuple[str, str, int, str, str, str, int, int | None, bool]
FEED_ROWS, WORST_ROWS = 20, 10
RATE_MINUTES = 10
QUIET_AFTER_MS = 120_000


def title(scene: Scene) -> Json:
    """Which area this is, on which road, of what city, and whether anything still comes in."""
    area, city = scene.tree.areas[scene.o], scene.city
    newest_ms = scene.situation.change_ms
    quiet_ms = scene.situation.now_ms - newest_ms if newest_ms else 0
    return {
        "area": area.code,
        "path": [(scene.tree.areas[i].code, scene.name(i)) for i in scene.tree.chain(scene.o)],
        "level": scene.level(area.depth),
        "children_level": None if scene.tree.is_leaf(scene.o) else scene.level(area.depth + 1),
        "city_title": city.title_en if scene.lang == "en" else city.title_zh,
        "demo": city.demo,
        "zone": city.time_zone,
        "approval": city.approval_number,
        "data_span": scene.doors.span_ms,
        "feed_quiet_ms": None if quiet_ms < QUIET_AFTER_MS else quiet_ms - quiet_ms % MINUTE_MS,
    }


def feed(scene: Scene) -> list[Row]:
    """The newest events."""
    return [_row(scene, e) for e in scene.situation.feed(scene.o, scene.view.filters, FEED_ROWS)]


def rate(scene: Scene) -> Json:
    """Events reported per minute, over the last ten."""
    since_ms = scene.situation.now_ms - RATE_MINUTES * MINUTE_MS
    return {"per_min": round(scene.situation.reported_since(scene.o, since_ms) / RATE_MINUTES, 1)}


def worst(scene: Scene) -> list[Row]:
    """Open events that are overdue, longest first."""
    return [_row(scene, e) for e in scene.situation.worst(scene.o, scene.view.filters, WORST_ROWS)]


def _row(scene: Scene, e: EventBrief) -> Row:
    return (
        e.code, _subtype(scene, e), e.urgency, words(scene.lang, f"state.{e.state}"), e.state, _place(scene, e.area),
        e.reported_ms, e.deadline_ms, e.overdue,
    )  # fmt: skip


def _subtype(scene: Scene, e: EventBrief) -> str:
    subtype = scene.catalogue.subtypes.get(e.subtype_code)
    if subtype is None:
        return e.subtype_code
    return subtype.name_en if scene.lang == "en" else subtype.name_zh


def _place(scene: Scene, o: int) -> str:
    """The names from below the view's area down to ``o``; its own name where the event stands directly at it."""
    chain = scene.tree.chain(o)
    below = chain[chain.index(scene.o) + 1 :] if scene.o in chain else chain[1:]
    return " · ".join(scene.name(i) for i in below or [o])


def ticker(scene: Scene) -> list[Json]:
    """Facts that need a human: red events that are overdue, silent feeds, records held back, units lost."""
    lang, now_ms = scene.lang, scene.situation.now_ms
    lines: list[tuple[str, str]] = [
        ("red_overdue", words(lang, "ticker.red_overdue", area=_place(scene, e.area), what=_subtype(scene, e),
                              age=age(lang, now_ms - e.deadline_ms)))
        for e in scene.red_and_overdue if e.deadline_ms is not None
    ]  # fmt: skip
    lines += [
        ("feed_silent", words(lang, "ticker.feed_silent", name=f.name, age=age(lang, f.age_ms)))
        for f in scene.doors.feeds if f.silent
    ]  # fmt: skip
    if held := scene.doors.quarantined:
        lines.append(("quarantine", words(lang, "ticker.quarantine", n=number(lang, held))))
    if lost := scene.situation.unit_totals(scene.o).by_freshness.get(Freshness.LOST, 0):
        lines.append(("units_lost", words(lang, "ticker.units_lost", n=number(lang, lost))))
    return [{"kind": kind, "label": words(lang, f"ticker.kind.{kind}"), "text": text} for kind, text in lines]


def feeds(scene: Scene) -> list[tuple[str, int, str]]:
    """(name, age in ms, "ok" or "silent") of every feed."""
    return [(f.name, f.age_ms, "silent" if f.silent else "ok") for f in scene.doors.feeds]


def filters(scene: Scene) -> Json:
    """Open events by what they can be filtered by, filters aside."""
    t = scene.unfiltered
    return {
        "classes": {code: count.open for code, count in t.by_class.items()},
        "urgencies": {str(u): n for u, n in enumerate(t.by_urgency, 1)},
        "sources": {s.value: t.by_source.get(s, 0) for s in Source},
        "states": {s.value: n for s in State if (n := t.by_state.get(s, 0))},
    }
