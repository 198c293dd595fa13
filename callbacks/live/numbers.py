"""Sections that count: headline figures, all time, classes, the day's curve, the ranking of the children."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from callbacks.live.doors import MINUTE_MS
from callbacks.live.past import Hours
from callbacks.live.scene import Scene
from dashboard.words import named, words
from geodata.domain.events import Stage
from geodata.domain.focus import Ranked
from geodata.domain.indicators import NO_COLOUR, colour_of, is_small
from geodata.domain.units import Freshness
from geodata.domain.view import UNLISTED
from geodata.services.listing import yesterday_of

Json = dict[str, Any]
RANKED_MAX = 100


def kpi(scene: Scene) -> Json:
    """The headline figures, with what they are compared with where that is known."""
    t, units = scene.totals, scene.situation.unit_totals(scene.o)
    post = scene.situation.on_post(scene.o)
    plain = not scene.view.filters
    month = scene.month.of(scene.o) if scene.month and plain else (None, None)
    before = scene.situation.overdue_before(scene.o)
    return {
        "reported": {
            "n": t.reported_today,
            "prev": same_time_yesterday(scene, scene.hours) if scene.hours and plain else None,
            "prev_label": words(scene.lang, "prev.yesterday"),
        },
        "open": {
            "n": t.open, "to_accept": t.by_stage.get(Stage.ACCEPT, 0), "to_dispatch": t.by_stage.get(Stage.DISPATCH, 0),
            "handling": t.by_stage.get(Stage.HANDLE, 0), "checking": t.by_stage.get(Stage.CHECK, 0),
            "paused": t.by_stage.get(Stage.PAUSED, 0),
        },
        "overdue": {
            "n": t.overdue, "prev": len(before[1]) if before and plain else None,
            "prev_label": words(scene.lang, "prev.hour_ago"),
        },
        "due_soon": {"n": t.due_soon},
        "on_time": {
            "num": t.on_time_today, "den": t.on_time_today + t.late_today,
            "month_num": month[0], "month_den": month[1],
        },
        "handling": {"mean_s": t.handling_mean_s, "median_s": t.handling_median_s, "n": t.handling_n},
        "units": {
            "on": units.on, "total": units.total, "stale": units.by_freshness.get(Freshness.STALE, 0),
            "lost": units.by_freshness.get(Freshness.LOST, 0), "present": post.present, "due": post.due,
        },
        "unplaced": {"n": t.unplaced},
    }  # fmt: skip


def coverage(scene: Scene) -> Json:
    """Patrol coverage of the shift that runs: covered of due, what is due later, and when the shift began and ends.

    It has no colour: a shift is judged when it is over.
    """
    here = scene.situation.coverage(scene.o)
    return {
        "grids": here.grids, "due": here.due, "covered": here.covered, "later": here.later, "known": here.known,
        "from_ms": here.from_ms, "to_ms": here.to_ms,
    }  # fmt: skip


def same_time_yesterday(scene: Scene, hours: Hours) -> int:
    """Reported yesterday up to this minute of the city's clock."""
    low, high = yesterday_of(scene.situation.now_ms, scene.situation.zone)
    return hours.yesterday((high - low) // MINUTE_MS)


def all_time(scene: Scene) -> Json:
    """Everything on record for this area, filters aside. Reported = open + closed + dropped, and also on time +
    overdue + unjudged + dropped; what is dropped was not registered or is void, and has no judgement.
    """
    t, span = scene.unfiltered, scene.doors.span_ms
    return {
        "reported": t.reported_all, "open": t.open, "closed": t.closed_all, "on_time": t.on_time_all,
        "overdue": t.overdue_all, "unjudged": t.unjudged_all, "dropped": t.ended_all - t.closed_all,
        "forced": t.forced_all, "reopened": t.reopened_all, "to_reply": t.to_reply,
        "suspended": t.by_stage.get(Stage.PAUSED, 0), "forced_now": t.forced_today, "reopened_now": t.reopened,
        "from_ms": span[0] if span else None, "to_ms": span[1] if span else None,
    }  # fmt: skip


def classes(scene: Scene) -> list[tuple[str, str, int, int]]:
    """(code, name, reported today, open) of every class, most reported first; those that the city does not list
    are one row, under the name that a filter has for them."""
    known, others = scene.catalogue.classes, words(scene.lang, "classes.unlisted")
    rows = [
        (code or UNLISTED, named(scene.lang, known.get(code), code or others), *count)
        for code, count in scene.totals.by_class.items()
    ]
    return sorted(rows, key=lambda row: (-row[2], -row[3]))


def curve(scene: Scene) -> Json:
    """Reported per local hour: today up to now, and the same weekday of last week. None for an hour that its day had
    not; one that came twice counts both times.
    """
    zone = scene.situation.zone
    local = datetime.fromtimestamp(scene.situation.now_ms / 1000, UTC).astimezone(zone)
    today = local.date()
    return {
        "today": had(scene.situation.hours_today(scene.o), today, zone)[: local.hour + 1],
        "base": had(scene.hours.last_week, today - timedelta(days=7), zone) if scene.hours else [],
        "base_label": words(scene.lang, "base.last_week"),
    }


def had(hours: Sequence[int], day: date, zone: ZoneInfo) -> list[int | None]:
    """The counts of a day's local hours, None for those that were left out when clocks went forward."""
    out = left_out(day, zone)
    return [None if hour in out else n for hour, n in enumerate(hours)] if out else list(hours)


@lru_cache(maxsize=32)
def left_out(day: date, zone: ZoneInfo) -> frozenset[int]:
    """The local hours that a day did not have."""
    begins = [datetime(day.year, day.month, day.day, hour, tzinfo=zone) for hour in range(24)]
    return frozenset(begin.hour for begin in begins if begin.astimezone(UTC).astimezone(zone).hour != begin.hour)


def ranking(scene: Scene) -> Json:
    """The children by a rate, best first; those where nothing was due come last. On-time closing of this month or, on
    a theme screen that says so, patrol coverage of the shift that runs.

    ``rows``: (code, name, good, due, colour, whether few were due); a shift that runs has no colours.
    """
    by = scene.view.look.ranked if scene.view.look else Ranked.ON_TIME
    depth = scene.tree.areas[scene.o].depth
    told = {"by": by.value, "label": words(scene.lang, f"ranking.{by}", level=scene.level(depth + 1) or "")}
    if scene.tree.is_leaf(scene.o):
        return {**told, "rows": [], "reason": words(scene.lang, "ranking.leaf")}
    if by is Ranked.ON_TIME and scene.month is None:
        return {**told, "rows": [], "reason": ""}
    rows = [
        (scene.tree.areas[o].code, scene.name(o), *RATES[by](scene, o)) for o in scene.tree.children(scene.o).tolist()
    ]
    rows.sort(key=lambda row: (row[3] == 0, -row[2] / row[3] if row[3] else 0.0, row[0]))
    reason = "" if any(row[3] for row in rows) else words(scene.lang, _why_nothing(scene, by))
    return {**told, "rows": rows[:RANKED_MAX], "reason": reason}


def _why_nothing(scene: Scene, by: Ranked) -> str:
    if by is Ranked.COVERAGE and not scene.situation.coverage(scene.o).known:
        return "coverage.unknown_then" if scene.view.at else "coverage.unknown"
    return f"ranking.{by}_none"


Rate = tuple[int, int, str, bool]


def _on_time(scene: Scene, o: int) -> Rate:
    good, due = scene.month.of(o) if scene.month else (0, 0)
    return good, due, colour_of(good, due, scene.city.colours.steps), is_small(due)


def _covered(scene: Scene, o: int) -> Rate:
    here = scene.situation.coverage(o)
    return (here.covered, here.due, NO_COLOUR, False) if here.known else (0, 0, NO_COLOUR, False)


RATES: Mapping[Ranked, Callable[[Scene, int], Rate]] = MappingProxyType({
    Ranked.ON_TIME: _on_time, Ranked.COVERAGE: _covered,
})  # fmt: skip
