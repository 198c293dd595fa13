"""How the analysis is told to the browser: names in its language, numbers as numbers, and which list opens behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from callbacks.room import Room
from dashboard.words import named, words
from geodata.domain.analysis import Cell, added
from geodata.domain.events import SOURCES
from geodata.domain.indicators import NO_COLOUR, colour_of, is_small
from geodata.domain.indicators_rank import PEERS, Rank
from geodata.domain.indicators_table import INDICATORS, LEVEL_OF, RANKED, Better, Indicator, Measured
from geodata.domain.periods import Period
from geodata.domain.units import DEPARTMENTS
from geodata.domain.view import UNLISTED, Filters, MapView
from geodata.services.analysing import Hanging, Marked, Now, Past, Point, by_class, by_source, total
from geodata.services.measuring import Value
from geodata.situation.briefs import EventBrief

Json = dict[str, Any]
HEADLINES = (
    "closing", "on_time", "overdue", "registration", "handling_median", "handling_p90", "dispatch", "rework", "repeat",
    "proactive", "response",
)  # fmt: skip
FOLLOWED = ("classes", "sources", "day")
"""What narrows the figures of a period; the other filters are of open events only, and the panels say so."""


def now(room: Room, view: MapView, seen: Now, counted: Hanging) -> Json:
    """Stages, departments by children, the worst events, supervised and placarded ones."""
    tree, lang = room.situation.tree, view.lang
    codes = [tree.areas[o].code for o in tree.children(seen.o).tolist()]
    names = [tree.areas[o].label(lang) for o in tree.children(seen.o).tolist()]
    own = tree.areas[seen.o]
    direct = (own.code, words(lang, "analysis.unplaced") if codes else own.label(lang))
    rows = [
        [code, name, [_cell(room, c) for c in cells], _cell(room, added([[c] for c in cells])[0])]
        for (code, name), cells in zip([*zip(codes, names, strict=True), direct], counted.rows, strict=True)
    ]
    if codes and not rows[-1][3][0]:
        rows.pop()
    return {
        "at": seen.at_ms, "as_of": room.situation.change_ms, "leaf": not codes,
        "stages": [
            {"id": s.stage.value, "n": s.n, "overdue": s.overdue, "median_ms": s.median_ms, "p90_ms": s.p90_ms,
             "states": [(state.value, n) for state, n in s.states if n]}
            for s in counted.stages
        ],
        "matrix": {"kinds": list(DEPARTMENTS), "rows": rows, "sum": [_cell(room, c) for c in added(counted.rows)]},
        "worst": [_event(room, view, seen.o, e, e.deadline_ms) for e in seen.worst],
        "supervised": _marked(room, view, seen.o, seen.supervised, counted.orders),
        "placarded": _marked(room, view, seen.o, seen.placarded, counted.placards),
    }  # fmt: skip


def _cell(room: Room, cell: Cell) -> tuple[int, int, str, bool]:
    """(open, overdue, colour of the share that is not overdue, too few to be compared)."""
    return cell.open, cell.overdue, _share(room, cell.open - cell.overdue, cell.open), is_small(cell.open)


def _marked(room: Room, view: MapView, o: int, marked: Marked, due: Mapping[int, int]) -> Json:
    rows = [_event(room, view, o, e, due.get(e.id, e.deadline_ms)) for e in marked.events]
    return {"n": marked.n, "overdue": marked.overdue, "rows": rows}


def _event(room: Room, view: MapView, o: int, e: EventBrief, due_ms: int | None) -> tuple[Any, ...]:
    """As a row of the live lists (``callbacks.live.lists``), with what counts as its deadline here."""
    lang = view.lang
    return (
        e.code, named(lang, room.catalogue.subtypes.get(e.subtype_code), e.subtype_code), e.urgency,
        words(lang, f"state.{e.state}"), e.state, room.situation.tree.place(e.area, lang, o), e.reported_ms, due_ms,
        e.overdue,
    )  # fmt: skip


def period(room: Room, view: MapView, past: Past) -> Json:
    """Indicators with what they were, the trend, the children in their peer groups, classes and sources."""
    m, filters = past.measures, view.filters
    classes, sorts = room.catalogue.classes, past.sorts
    sources = {s.value: words(view.lang, f"source.{s.value}") for s in SOURCES}
    return {
        "at": room.situation.now_ms, "as_of": room.situation.change_ms, "days": _days(m.period),
        "whole": _days(past.whole), "before": _days(m.before) if past.known(m.before) else None,
        "year": _days(m.year) if past.known(m.year) else None,
        "ignored": [f.name for f in fields(Filters) if f.name not in FOLLOWED and getattr(filters, f.name)],
        "reported": _compared(past, *(total(s, filters) for s in sorts)),
        "indicators": [_indicator(room, view.lang, name, past) for name in HEADLINES if name in m.now],
        "local": [_indicator(room, view.lang, name, past) for name in LEVEL_OF if name in m.now],
        "trend": [_point(p) for p in past.points], "phases": list(past.phases) if past.phases else None,
        "rank": view.rank, "ranks": [(name, words(view.lang, f"indicator.{name}")) for name in RANKED],
        "peers": _peers(room, view, past),
        "classes": _sorted_out(
            past, {code: named(view.lang, c, code) for code, c in classes.items()}
            | {UNLISTED: words(view.lang, "classes.unlisted")},
            *(by_class(s, filters) for s in sorts),
        ),
        "sources": _sorted_out(past, sources, *(by_source(s, filters) for s in sorts)),
    }  # fmt: skip


def _days(of: Period) -> tuple[str, str]:
    return of.first.isoformat(), of.last.isoformat()


def _indicator(room: Room, lang: str, name: str, past: Past) -> Json:
    m, row = past.measures, INDICATORS[name]
    value: Value = m.now[name]
    share = row.measured is Measured.SHARE
    return {
        "id": name, "name": words(lang, f"indicator.{name}"), "why": words(lang, f"formula.{name}"),
        "value": value.value, "num": value.num, "den": value.den, "error": value.error, "share": share,
        "then": m.then[name].value if past.known(m.before) else None,
        "year": m.year_ago[name].value if past.known(m.year) else None, "better": row.better.value,
        "num_list": row.num, "den_list": row.den, "small": is_small(value.den),
        "colour": _colour(room, row, value.num, value.den) if share else None,
    }  # fmt: skip


def _colour(room: Room, row: Indicator, num: int | None, den: int) -> str:
    """Of a share; of one that is good when it is low, of what it leaves."""
    if num is None:
        return NO_COLOUR
    return _share(room, num if row.better is Better.HIGH else den - num, den)


def _share(room: Room, num: int, den: int) -> str:
    """The colour of a share by the city's own steps."""
    return colour_of(num, den, room.city.colours.steps)


def _point(point: Point) -> tuple[str, str, int, int, int]:
    return *_days(point.days), point.reported, point.on_time, point.due


def _peers(room: Room, view: MapView, past: Past) -> list[Json]:
    """The groups with their areas, best first; names of groups that nobody named are their own."""
    tree, row = room.situation.tree, INDICATORS[view.rank]
    groups: dict[str, list[tuple[Any, ...]]] = {}
    for r in past.ranking:
        name = tree.areas[tree.ordinal[r.key]].label(view.lang)
        groups.setdefault(r.peer, []).append(_ranked(room, row, r, past, name))
    names = {peer: words(view.lang, f"peer.{peer}") for peer in PEERS}
    return [{"id": peer, "name": names.get(peer, peer), "rows": rows} for peer, rows in groups.items()]


def _ranked(room: Room, row: Indicator, r: Rank, past: Past, name: str) -> tuple[Any, ...]:
    """(code, name, place, value, numerator, denominator, colour, too few, change, change on a year before)."""
    value = past.measures.children[r.key][row.id]
    return (
        r.key, name, r.place, r.value, value.num, r.den, _colour(room, row, value.num, r.den), is_small(r.den),
        r.change if past.known(past.measures.before) else None,
        r.change_year if past.known(past.measures.year) else None,
    )  # fmt: skip


def _compared(past: Past, now_: int, then: int, year: int) -> tuple[int, int | None, int | None]:
    """A count, and what it was; None where the records do not go back so far."""
    m = past.measures
    return now_, then if past.known(m.before) else None, year if past.known(m.year) else None


def _sorted_out(
    past: Past, names: Mapping[str, str], now_: Mapping[str, int], then: Mapping[str, int], year: Mapping[str, int]
) -> list[tuple[str, str, int, int | None, int | None]]:
    """(code, name, reported, in the period before, a year before) of whatever there was, most first."""
    keys = sorted({*now_, *then, *year, *names}, key=lambda key: (-now_.get(key, 0), -then.get(key, 0), key))
    return [
        (key, names.get(key, key), *_compared(past, now_.get(key, 0), then.get(key, 0), year.get(key, 0)))
        for key in keys
    ]
