"""Sections that list: title, extent, feed, worst, ticker, feeds, options of the filters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from callbacks.live import unusual
from callbacks.live.doors import MINUTE_MS
from callbacks.live.scene import Scene
from dashboard.format import age, number
from dashboard.words import named, words
from geodata.domain.events import Source, Stage, State
from geodata.domain.figures import RECENT_MS
from geodata.domain.units import Freshness
from geodata.situation.briefs import EventBrief

Json = dict[str, Any]
Row = tuple[str, str, int, str, str, str, int, int | None, bool]
FEED_ROWS, WORST_ROWS = 20, 10
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


def extent(scene: Scene) -> Json:
    """Where the area lies, for the map's camera: bbox as west, south, east, north in degrees to a metre."""
    area = scene.tree.areas[scene.o]
    return {
        "code": area.code, "depth": area.depth, "leaf": scene.tree.is_leaf(scene.o),
        "bbox": [round(degrees, 5) for degrees in area.bbox],
    }  # fmt: skip


def feed(scene: Scene) -> list[Row]:
    """The newest events."""
    return [_row(scene, e) for e in scene.situation.feed(scene.o, scene.view.filters, FEED_ROWS)]


def rate(scene: Scene) -> Json:
    """Events reported per minute over the last ten, and how many those were; filters aside."""
    n = scene.situation.reported_since(scene.o, scene.situation.now_ms - RECENT_MS)
    return {"per_min": round(n * MINUTE_MS / RECENT_MS, 1), "n": n}


def worst(scene: Scene) -> list[Row]:
    """Open events that are overdue, longest first."""
    return [_row(scene, e) for e in scene.situation.worst(scene.o, scene.view.filters, WORST_ROWS)]


def _row(scene: Scene, e: EventBrief) -> Row:
    return (
        e.code, kind(scene, e.subtype_code), e.urgency, words(scene.lang, f"state.{e.state}"), e.state,
        place(scene, e.area), e.reported_ms, e.deadline_ms, e.overdue,
    )  # fmt: skip


def kind(scene: Scene, subtype_code: str) -> str:
    """The name of a subtype."""
    return named(scene.lang, scene.catalogue.subtypes.get(subtype_code), subtype_code)


def place(scene: Scene, o: int) -> str:
    """The names from below the view's area down to ``o``; its own name where the event stands directly at it."""
    return scene.tree.place(o, scene.lang, scene.o)


def ticker(scene: Scene) -> list[Json]:
    """Facts that need a human: what is more than usual, red events that are overdue, silent feeds, records held back,
    units lost, with the list behind their number.
    """
    lang, now_ms = scene.lang, scene.situation.now_ms
    lines: list[tuple[str, str, str]] = [
        ("red_overdue", words(lang, "ticker.red_overdue", area=place(scene, e.area), what=kind(scene, e.subtype_code),
                              age=age(lang, now_ms - e.deadline_ms)), "")
        for e in scene.red_and_overdue if e.deadline_ms is not None
    ]  # fmt: skip
    lines += [
        ("feed_silent", words(lang, "ticker.feed_silent", name=name, age=age(lang, age_ms)), "")
        for name, age_ms, state in feeds(scene) if state == "silent"
    ]  # fmt: skip
    if scene.o == 0 and (held := scene.doors.quarantined):
        lines.append(("quarantine", words(lang, "ticker.quarantine", n=number(lang, held)), "quarantine?"))
    if lost := scene.situation.unit_totals(scene.o).by_freshness.get(Freshness.LOST, 0):
        lines.append(("units_lost", words(lang, "ticker.units_lost", n=number(lang, lost)), "units?fresh=lost"))
    told = [
        {"kind": kind, "label": words(lang, f"ticker.kind.{kind}"), "text": text, "opens": opens}
        for kind, text, opens in lines
    ]
    return unusual.lines(scene) + told


def feeds(scene: Scene) -> list[tuple[str, int, str]]:
    """(name, age in ms, "ok" or "silent") of every feed; below the city they have numbers for names.

    That a feed is silent concerns everybody; which systems other parts of the city have does not.
    """
    return [
        (f.name if scene.o == 0 else f"#{n}", f.age_ms, "silent" if f.silent else "ok")
        for n, f in enumerate(scene.doors.feeds, 1)
    ]


def queue(scene: Scene) -> Json:
    """How many wait in the queue, filters applied; per stage, that filter aside; a number that moves with it;
    and what is listed beside it, all filters aside."""
    view, situation = scene.view, scene.situation
    stages = scene.totals_of(replace(view.filters, stages=())).by_stage
    version = (situation.stamp("areas", scene.o), situation.stamp("events", scene.o), situation.stamp("clock", scene.o))
    return {
        "total": scene.totals.open, "stages": {s.value: stages.get(s, 0) for s in Stage},
        "version": ".".join(map(str, version)),
        "to_reply": scene.unfiltered.to_reply, "suspended": scene.unfiltered.by_stage.get(Stage.PAUSED, 0),
    }  # fmt: skip


def filters(scene: Scene) -> Json:
    """Open events by what they can be filtered by, filters aside."""
    t = scene.unfiltered
    return {
        "classes": {code: count.open for code, count in t.by_class.items()},
        "urgencies": {str(u): n for u, n in enumerate(t.by_urgency, 1)},
        "sources": {s.value: t.by_source.get(s, 0) for s in Source},
        "states": {s.value: n for s in State if (n := t.by_state.get(s, 0))},
        "lights": scene.situation.lights(scene.o),
        "stages": {s.value: n for s in Stage if (n := t.by_stage.get(s, 0))},
    }
