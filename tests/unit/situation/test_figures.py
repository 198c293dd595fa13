"""A list is as long as its number: every live figure of every area, whatever happened, with and without filters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.events import ENDED, SOURCES, STATES, Stage
from geodata.domain.figures import (
    FIGURES,
    FIRST,
    HOURLY,
    HOURS,
    KEPT,
    LIST_ORDERS,
    RECENT_MS,
    Figure,
    ListOrder,
    held_by,
    states_of,
)
from geodata.domain.view import Filters
from geodata.situation.briefs import Totals
from geodata.situation.situation import Situation
from geodata.store.events import EventNow
from tests.unit.situation.city import CATALOGUE, CLASSES, UNEVEN, an_event

NOW = 1_777_780_800_000
HOUR = 3_600_000
ZONE = ZoneInfo("Asia/Shanghai")
NUMBER: dict[Figure, Callable[[Totals], int]] = {
    Figure.REPORTED: lambda t: t.reported_today, Figure.OPEN: lambda t: t.open, Figure.OVERDUE: lambda t: t.overdue,
    Figure.DUE_SOON: lambda t: t.due_soon, Figure.CLOSED: lambda t: t.closed_today,
    Figure.JUDGED: lambda t: t.on_time_today + t.late_today, Figure.ON_TIME: lambda t: t.on_time_today,
    Figure.LATE: lambda t: t.late_today, Figure.TIMED: lambda t: t.handling_n, Figure.UNPLACED: lambda t: t.unplaced,
    Figure.SUSPENDED: lambda t: t.by_stage[Stage.PAUSED], Figure.FORCED: lambda t: t.forced_today,
    Figure.REOPENED: lambda t: t.reopened,
}  # fmt: skip
LIVE = {*NUMBER, Figure.RECENT, Figure.ON_PILE, Figure.SUPERVISED, Figure.PLACARDED}
MAYBE = st.none() | st.integers(-40, 3)
AN_EVENT = st.fixed_dictionaries({
    "area_id": st.integers(100, 100 + len(UNEVEN) - 1), "state": st.sampled_from([s.value for s in STATES]),
    "urgency": st.integers(1, 4), "class_code": st.sampled_from([*CLASSES[:2], "other"]),
    "source": st.sampled_from([s.value for s in SOURCES[:2]]), "on_time": st.sampled_from([None, None, 0, 1, -1]),
    "reported_ms": st.integers(-40, 0), "dispatched_ms": MAYBE, "handled_ms": MAYBE, "ended_ms": st.integers(-40, 0),
    "deadline_ms": MAYBE, "on_pile": st.integers(0, 1), "lon": st.sampled_from([104.0, None]),
    "marks": st.integers(0, 127),
})  # fmt: skip
CITY = st.lists(AN_EVENT, max_size=12)


def an_event_of(i: int, told: dict[str, object]) -> EventNow:
    """The event; its times are hours from now."""
    times = {k: NOW + v * HOUR if isinstance(v, int) else v for k, v in told.items() if k.endswith("_ms")}
    if told["state"] not in ENDED:
        times["ended_ms"] = None
    return an_event(i, 1, **(told | times))


def situation_of(told: list[dict[str, object]]) -> Situation:
    situation = Situation(UNEVEN, CATALOGUE, ZONE, NOW)
    situation.apply_events([an_event_of(i, t) for i, t in enumerate(told, 1)])
    return situation


def test_every_figure_is_live_or_kept_and_none_is_both() -> None:
    assert set(FIGURES) == LIVE | KEPT
    assert not LIVE & KEPT
    assert not set(FIRST) & KEPT


@given(CITY)
@settings(max_examples=60, database=None)
def test_a_list_holds_as_many_events_as_its_number_says(told: list[dict[str, object]]) -> None:
    situation = situation_of(told)
    for filters in (Filters(), Filters(classes=(CLASSES[0],)), Filters(urgencies=(1, 2), sources=("hotline",))):
        for o in range(len(UNEVEN)):
            totals = situation.totals(o, filters)
            for figure, number in NUMBER.items():
                ids = situation.events_listed(o, figure, filters, ListOrder.NEWEST)
                assert len(ids) == len(set(ids.tolist())) == number(totals), (figure, o, filters)
            for stage in Stage:
                staged = Filters(filters.classes, filters.urgencies, filters.sources, states_of(stage))
                assert len(situation.events_listed(o, Figure.OPEN, staged, ListOrder.NEWEST)) == totals.by_stage[stage]


@given(CITY)
@settings(max_examples=60, database=None)
def test_an_hour_a_pile_and_the_last_minutes_list_as_many_as_is_said_of_them(told: list[dict[str, object]]) -> None:
    situation = situation_of(told)
    ended = {i: an_event_of(i, t).ended_ms for i, t in enumerate(told, 1)}
    for o in range(len(UNEVEN)):
        for filters in (Filters(), Filters(classes=(CLASSES[0],)), Filters(urgencies=(1, 2), sources=("hotline",))):
            marks = situation.event_marks(o, filters, 0, True)
            piled = situation.events_listed(o, Figure.ON_PILE, filters, ListOrder.NEWEST)
            assert len(piled) == marks.hidden_on_pile
            assert marks.overdue_n == situation.totals(o, filters).overdue
        recent = situation.events_listed(o, Figure.RECENT, Filters(), ListOrder.NEWEST)
        assert len(recent) == situation.reported_since(o, NOW - RECENT_MS)
        for figure in HOURLY - KEPT:
            every = situation.events_listed(o, figure, Filters(), ListOrder.NEWEST).tolist()
            by_hour = [situation.events_listed(o, figure, Filters(), ListOrder.NEWEST, h).tolist() for h in HOURS]
            assert sorted(i for hour in by_hour for i in hour) == sorted(every)
            if figure is Figure.REPORTED:
                assert list(map(len, by_hour)) == situation.hours_today(o)
            elif figure is Figure.CLOSED:
                hours = [{datetime.fromtimestamp((ended[i] or 0) / 1000, ZONE).hour for i in hour} for hour in by_hour]
                assert hours == [{h} if hour else set() for h, hour in zip(HOURS, by_hour, strict=True)]


@given(CITY)
@settings(max_examples=60, database=None)
def test_a_figure_holds_no_other_states_than_are_offered_and_each_with_its_count(
    told: list[dict[str, object]],
) -> None:
    situation = situation_of(told)
    for figure in LIVE:
        for hour in (None, *(HOURS if figure in HOURLY else ())):
            counts = situation.listed_by(0, figure, hour)
            assert set(counts["states"]) <= set(held_by(figure)), figure
            for state in held_by(figure):
                narrowed = situation.events_listed(0, figure, Filters(states=(state,)), ListOrder.NEWEST, hour)
                assert len(narrowed) == counts["states"].get(state, 0), (figure, state)
            for name, value, only in (
                ("classes", CLASSES[0], Filters(classes=(CLASSES[0],))), ("urgencies", "2", Filters(urgencies=(2,))),
                ("sources", "hotline", Filters(sources=("hotline",))),
            ):  # fmt: skip
                narrowed = situation.events_listed(0, figure, only, ListOrder.NEWEST, hour)
                assert len(narrowed) == counts[name].get(value, 0), (figure, name)


@given(CITY)
@settings(max_examples=20, database=None)
def test_an_order_changes_nothing_but_the_order(told: list[dict[str, object]]) -> None:
    situation = situation_of(told)
    known = {i: an_event_of(i, t) for i, t in enumerate(told, 1)}
    newest = situation.events_listed(0, Figure.OPEN, Filters(), ListOrder.NEWEST).tolist()
    for order in LIST_ORDERS:
        assert sorted(situation.events_listed(0, Figure.OPEN, Filters(), order).tolist()) == sorted(newest)
    assert newest == sorted(newest, key=lambda i: (-known[i].reported_ms, -i))
    oldest = situation.events_listed(0, Figure.OPEN, Filters(), ListOrder.OLDEST).tolist()
    assert oldest == newest[::-1]
    urgent = situation.events_listed(0, Figure.OPEN, Filters(), ListOrder.URGENCY).tolist()
    assert urgent == sorted(newest, key=lambda i: known[i].urgency)
    due = situation.events_listed(0, Figure.OPEN, Filters(), ListOrder.DEADLINE).tolist()
    deadlines = [(known[i].deadline_ms is None, known[i].deadline_ms or 0) for i in due]
    assert deadlines == sorted(deadlines)
    listed = situation.events_listed(0, Figure.OPEN, Filters(), ListOrder.URGENCY)
    assert [e.id for e in situation.event_briefs(listed)] == listed.tolist()
