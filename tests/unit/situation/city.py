"""Small cities, events and units for these tests, and the figures counted again from plain rows, one by one."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.areas import Area, AreaTree, Level
from geodata.domain.catalogue import Catalogue
from geodata.domain.events import CLOSED, ENDED, Mark, State
from geodata.store.events import EventNow
from geodata.store.rollups import Totals as StoredTotals
from geodata.store.units import UnitNow

CATALOGUE = Catalogue.read()
CLASSES = tuple(CATALOGUE.classes)
SUBTYPE = next(iter(CATALOGUE.subtypes))
HALF_HOUR_MS = 1_800_000
LEVELS = tuple(Level(i, f"level{i}", f"第{i}级", f"Level {i}") for i in range(5))


def tree_of(parents: Sequence[int | None]) -> AreaTree:
    """A tree from the place of each area's parent in the list; ids are 100, 101 …, the first is the city."""
    depth: list[int] = []
    for parent in parents:
        depth.append(0 if parent is None else depth[parent] + 1)
    areas = [
        Area(100 + i, f"A{i:03}", f"区{i}", depth[i], None if p is None else f"A{p:03}", 100 + i / 10, 30 + i / 100,
             (100, 30, 101, 31), 2e6)
        for i, p in enumerate(parents)
    ]  # fmt: skip
    return AreaTree(LEVELS, areas)


UNEVEN = tree_of([None, 0, 0, 1, 1, 3, 3, 3, 4, 0, 9, 10])
"""Branches of one to four levels, an only child, leaves at every depth."""


def an_event(event: int = 1, rev: int = 1, **changes: object) -> EventNow:
    """An open event at the city, reported at 0, with these fields changed."""
    fields: dict[str, object] = {
        "id": event, "code": f"E{event}", "source": "hotline", "source_system": "test", "source_id": str(event),
        "subtype_code": SUBTYPE, "class_code": CLASSES[0], "urgency": 3, "description": "", "lon": 104.0,
        "lat": 30.0, "on_pile": 0, "area_id": 100, "state": "reported", "rev": rev, "reported_ms": 0, "state_ms": 0,
        "dispatched_ms": None, "handled_ms": None, "ended_ms": None, "deadline_ms": None, "on_time": None,
        "unit_id": None, "last_seq": rev,
    }  # fmt: skip
    return EventNow(**(fields | changes))  # type: ignore[arg-type]


def a_unit(unit: int = 1, moved_seq: int = 1, **changes: object) -> UnitNow:
    """A grid post on duty at the city, seen at 0, with these fields changed."""
    fields: dict[str, object] = {
        "id": unit, "code": f"U{unit}", "call_sign": f"网格{unit}", "kind": "grid_post", "home_area_id": 100,
        "skills": "", "status": "on_duty", "status_ms": 0, "rev": 1, "lon": 104.0, "lat": 30.0, "fix_ms": 0,
        "received_ms": 0, "accuracy_m": None, "speed_ms": None, "battery": None, "area_id": 100,
        "moved_seq": moved_seq, "track_ms": 0,
    }  # fmt: skip
    return UnitNow(**(fields | changes))  # type: ignore[arg-type]


def inside(tree: AreaTree, o: int, area_id: int | None) -> bool:
    """Whether an area (by id) is this one or below it, found by walking up from it."""
    at = tree.ordinal_by_id.get(area_id if area_id is not None else -1, 0)
    while at > o:
        at = int(tree.parent[at])
    return at == o


def is_overdue(e: EventNow, now_ms: int) -> bool:
    """Open and judged late, or past its deadline by its own clock."""
    if e.state in ENDED or e.on_time in (1, -1):
        return False
    if e.on_time == 0:
        return True
    clock = min(e.state_ms, now_ms) if e.state == State.SUSPENDED else now_ms
    return e.deadline_ms is not None and clock > e.deadline_ms


def is_due_soon(e: EventNow, now_ms: int) -> bool:
    """Open, its clock runs, and its deadline lies in the next half hour."""
    stands = e.state in ENDED or e.state == State.SUSPENDED or e.on_time is not None or e.deadline_ms is None
    return not stands and e.deadline_ms is not None and 0 <= e.deadline_ms - now_ms <= HALF_HOUR_MS


def judged(e: EventNow) -> int | None:
    """1 closed on time, 0 closed late, None neither."""
    if e.state not in CLOSED or e.on_time == -1:
        return None
    if e.on_time is not None:
        return e.on_time
    return int(e.deadline_ms is None or e.ended_ms is None or e.ended_ms <= e.deadline_ms)


def figures(events: Iterable[EventNow], now_ms: int, zone: ZoneInfo) -> dict[str, object]:
    """Every figure of Totals but ``unplaced``, counted one by one with the calendar of the standard library."""

    def today(ms: int | None) -> bool:
        return ms is not None and _local(ms, zone).date() == _local(now_ms, zone).date()

    all_of = list(events)
    opened = [e for e in all_of if e.state not in ENDED]
    reported = [e for e in all_of if today(e.reported_ms)]
    ended = [e for e in all_of if e.state in ENDED and today(e.ended_ms)]
    closed = [e for e in ended if e.state in CLOSED]
    seconds = [
        max(0, e.handled_ms - e.dispatched_ms - e.paused_ms) // 1000
        for e in closed
        if e.dispatched_ms is not None and e.handled_ms is not None and e.handled_ms >= e.dispatched_ms
    ]
    late = sum(is_overdue(e, now_ms) for e in opened)
    unjudged = sum(e.on_time == -1 for e in opened)
    verdicts = Counter(judged(e) for e in all_of if e.state in CLOSED)
    by_class = Counter(e.class_code for e in opened)
    reported_by_class = Counter(e.class_code for e in reported)
    return {
        "open": len(opened), "overdue": late, "due_soon": sum(is_due_soon(e, now_ms) for e in opened),
        "by_urgency": tuple(sum(e.urgency == u for e in opened) for u in (1, 2, 3, 4)),
        "by_state": {s: n for s, n in Counter(State(e.state) for e in opened).items() if n},
        "by_source": dict(Counter(e.source for e in opened)),
        "by_class": {c: (reported_by_class[c], by_class[c]) for c in {*by_class, *reported_by_class}},
        "reported_today": len(reported), "ended_today": len(ended), "closed_today": len(closed),
        "on_time_today": sum(judged(e) == 1 for e in closed), "late_today": sum(judged(e) == 0 for e in closed),
        "handling_n": len(seconds), "handling_mean_s": statistics.mean(seconds) if seconds else None,
        "handling_median_s": statistics.median(seconds) if seconds else None,
        "reported_all": len(all_of), "ended_all": sum(e.state in ENDED for e in all_of),
        "closed_all": sum(verdicts.values()), "closed_on_time_all": verdicts[1], "closed_late_all": verdicts[0],
        "on_time_all": verdicts[1] + len(opened) - late - unjudged, "overdue_all": verdicts[0] + late,
        "unjudged_all": verdicts[None] + unjudged,
        "forced_today": sum(e.state == State.FORCED_CLOSED for e in closed),
        "reopened": sum(e.marks & Mark.REOPENED > 0 for e in opened),
        "forced_all": sum(e.state == State.FORCED_CLOSED for e in all_of),
        "reopened_all": sum(e.marks & Mark.REOPENED > 0 for e in all_of),
        "to_reply": sum(e.marks & Mark.TO_REPLY > 0 for e in all_of),
        "hours": [sum(_local(e.reported_ms, zone).hour == h for e in reported) for h in range(24)],
    }  # fmt: skip


def _local(ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(ms / 1000, zone)


def stored_totals(tree: AreaTree, events: Iterable[EventNow]) -> StoredTotals:
    """What the store's all-time counts say of these events."""
    rows = []
    every = list(events)
    for o, area in enumerate(tree.areas):
        here = [e for e in every if inside(tree, o, e.area_id)]
        verdicts = Counter(judged(e) for e in here)
        rows.append((
            area.id, len(here), sum(e.state in ENDED for e in here), sum(e.state in CLOSED for e in here),
            verdicts[1], verdicts[0], sum(e.state == "forced_closed" for e in here),
            sum(e.marks & Mark.REOPENED > 0 for e in here), sum(e.marks & Mark.TO_REPLY > 0 for e in here),
        ))  # fmt: skip
    return StoredTotals(*np.array(rows, np.int64).T)
