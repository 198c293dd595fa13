"""The queue is what sorting one by one would say, whatever is asked of it; its windows follow rows by their keys."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.clocks import WorkCalendar, deadline_ms
from geodata.domain.events import ENDED, STAGE_OF, STATES, Stage, State
from geodata.domain.lights import LIGHTS
from geodata.domain.queue import PRESSING, Order
from geodata.domain.view import Filters
from geodata.domain.windows import LIMIT_MAX, Asked
from geodata.situation.clockwork import BY_CLOCK, Clockwork
from geodata.situation.queueing import FRESH_MAX
from geodata.situation.situation import Situation
from geodata.store.events import EventNow
from tests.factories.one_light import light, turn
from tests.unit.situation.city import CATALOGUE, CLASSES, UNEVEN, an_event, inside

NOW_MS = 1_777_780_800_000
MINUTE_MS = 60_000
WHOLE = Asked(0, LIMIT_MAX)
SUBTYPES = list(CATALOGUE.subtypes.values())
EVENTS = st.lists(
    st.fixed_dictionaries({
        "state": st.sampled_from([s.value for s in STATES]),
        "urgency": st.integers(1, 4),
        "area_id": st.integers(100, 100 + len(UNEVEN) - 1),
        "class_code": st.sampled_from(CLASSES[:2]),
        "subtype_code": st.sampled_from([SUBTYPES[0].code, SUBTYPES[1].code, "of-its-own"]),
        "description": st.sampled_from(["", "Water on the ROAD", "路面积水"]),
        "reported_ms": st.integers(-3, 0).map(lambda m: NOW_MS + m * MINUTE_MS),
        "deadline_ms": st.none() | st.integers(-60, 60).map(lambda m: NOW_MS + m * MINUTE_MS),
        "state_ms": st.just(NOW_MS),
        "on_time": st.sampled_from([None, None, 0, 1, -1]),
    }),
    max_size=25,
)  # fmt: skip
CHOICES = st.builds(
    Filters,
    urgencies=st.sampled_from([(), (1,), (2, 3)]),
    classes=st.sampled_from([(), (CLASSES[0],)]),
    lights=st.sets(st.sampled_from(LIGHTS), max_size=2).map(lambda s: tuple(sorted(s))),
    stages=st.sets(st.sampled_from([s.value for s in Stage]), max_size=2).map(lambda s: tuple(sorted(s))),
    text=st.sampled_from(["", "road", "积水", "e1", "区5", SUBTYPES[1].name_zh, "nothing says this"]),
)


def light_of(e: EventNow, now_ms: int = NOW_MS) -> str:
    """The light of an open event, decided one by one; every hour counts."""
    if e.on_time is not None:
        return "red" if e.on_time == 0 else "none"
    at = turn(e.reported_ms, e.deadline_ms, working=False, work=BY_CLOCK)
    return light(at, now_ms, stopped=e.state == State.SUSPENDED).value


def says(e: EventNow, text: str, o: int) -> bool:
    """Whether an event says a text: itself, its kind, or a place below the area."""
    kind = CATALOGUE.subtypes.get(e.subtype_code)
    said = [e.description, e.code, *([kind.name_zh, kind.name_en] if kind else [])]
    at = UNEVEN.ordinal_by_id[e.area_id]
    said += [UNEVEN.areas[i].name for i in UNEVEN.chain(at) if o < i < UNEVEN.end[o]]
    return any(text.casefold() in part.casefold() for part in said)


def matches(e: EventNow, f: Filters, o: int) -> bool:
    return (
        e.state not in ENDED and inside(UNEVEN, o, e.area_id)
        and (not f.urgencies or e.urgency in f.urgencies) and (not f.classes or e.class_code in f.classes)
        and (not f.lights or light_of(e) in f.lights) and (not f.stages or STAGE_OF[State(e.state)] in f.stages)
        and (not f.text or says(e, f.text, o))
    )  # fmt: skip


def place(e: EventNow, order: Order) -> tuple[int, ...]:
    due = 1 << 62 if e.deadline_ms is None else e.deadline_ms
    keys: dict[Order, tuple[int, ...]] = {
        Order.PRESSING: (PRESSING[light_of(e)][e.urgency - 1], due, e.id), Order.NEWEST: (-e.reported_ms, -e.id),
        Order.DEADLINE: (due, e.id), Order.URGENCY: (e.urgency, due, e.id),
    }  # fmt: skip
    return keys[order]


def opened(rows: list[EventNow]) -> Situation:
    city = Situation(UNEVEN, CATALOGUE, ZoneInfo("Asia/Shanghai"), NOW_MS)
    city.apply_events(rows)
    return city


@given(EVENTS, CHOICES, st.sampled_from(list(Order)), st.integers(0, len(UNEVEN) - 1))
def test_a_queue_is_what_sorting_one_by_one_says(
    changes: list[dict[str, object]], filters: Filters, order: Order, o: int
) -> None:
    rows = [an_event(i, 1, **fields) for i, fields in enumerate(changes, 1)]
    expected = sorted((e for e in rows if matches(e, filters, o)), key=lambda e: place(e, order))
    found = opened(rows).queue(o, filters, order, WHOLE)
    assert [e.code for e in found.events] == [e.code for e in expected]
    assert list(found.lights) == [light_of(e) for e in expected]
    assert found.total == len(expected)


@given(EVENTS, st.integers(0, 30), st.integers(0, 30), st.integers(0, 25), st.integers(-1, 30), st.integers(0, 25))
def test_a_window_follows_its_first_key_and_tells_what_came_since(
    changes: list[dict[str, object]], offset: int, limit: int, wanted: int, hold: int, since: int
) -> None:
    city = opened([an_event(i, 1, **fields) for i, fields in enumerate(changes, 1)])
    codes = [e.code for e in city.queue(0, Filters(), Order.PRESSING, WHOLE).events]
    found = city.queue(0, Filters(), Order.PRESSING, Asked(offset, limit, (f"E{wanted}", "gone"), hold, since))
    at = codes.index(f"E{wanted}") if f"E{wanted}" in codes else -1
    assert list(found.at) == [at, -1]
    first = max(0, offset + at - hold) if at >= 0 and hold >= 0 else offset
    first = min(first, max(0, len(codes) - limit))
    assert found.offset == first
    assert [e.code for e in found.events] == codes[first : first + limit]
    fresh = [(i, code) for i, code in enumerate(codes) if int(code[1:]) > since]
    assert (list(found.fresh), found.fresh_n) == (fresh[:FRESH_MAX], len(fresh))


def test_a_window_has_its_bounds_and_what_came_long_ago_is_not_new() -> None:
    city = opened([an_event(i) for i in range(1, 402)])
    found = city.queue(0, Filters(), Order.NEWEST, Asked(0, 10_000, tuple(f"E{i}" for i in range(9))))
    assert (len(found.events), len(found.at), len(found.fresh), found.fresh_n) == (LIMIT_MAX, 4, FRESH_MAX, 401)
    assert found.newest == 401
    assert city.queue(0, Filters(), Order.NEWEST, Asked(0, 10, since=401)).fresh_n == 0


@pytest.mark.parametrize(("minutes", "expected"), [(0, "green"), (46, "yellow"), (61, "red"), (121, "dark")])
def test_a_queue_moves_when_a_light_turns_although_nobody_does_anything(minutes: int, expected: str) -> None:
    due = an_event(1, reported_ms=NOW_MS, deadline_ms=NOW_MS + 60 * MINUTE_MS)
    city = opened([due, an_event(2, deadline_ms=None)])
    lit = Filters(lights=(expected,))
    before = city.queue(0, lit, Order.PRESSING, WHOLE).total
    moved = city.advance(NOW_MS + minutes * MINUTE_MS)
    assert (before, moved) == ((1, False) if minutes == 0 else (0, True))
    assert city.queue(0, Filters(), Order.PRESSING, WHOLE).lights[0] == expected
    assert city.queue(0, lit, Order.PRESSING, WHOLE).total == 1
    assert city.lights(0)[expected] == 1


def test_a_working_limit_is_used_up_in_working_time() -> None:
    calendar = WorkCalendar(ZoneInfo("Asia/Shanghai"), lambda day: day.weekday() < 5)
    by_work = next(s for s in CATALOGUE.subtypes.values() if s.limit_unit == "wh" and s.limit == 4)
    begun = int(datetime(2026, 5, 8, 16, tzinfo=calendar.zone).timestamp() * 1000)  # a Friday, two hours of work left
    due = deadline_ms(begun, by_work.limit, by_work.limit_unit, calendar)
    event = an_event(1, reported_ms=begun, deadline_ms=due, subtype_code=by_work.code)
    city = Situation(UNEVEN, CATALOGUE, calendar.zone, begun, clockwork=Clockwork(calendar))
    city.apply_events([event])
    for hours, expected in ((2, "green"), (60, "green"), (65, "yellow"), (67, "red")):
        city.advance(begun + hours * 60 * MINUTE_MS)
        assert city.lights(0)[expected] == 1, hours


def test_every_light_presses_and_none_presses_more_the_less_urgent_it_is() -> None:
    assert set(PRESSING) == set(LIGHTS)
    assert all(list(ranks) == sorted(ranks) and len(ranks) == 4 for ranks in PRESSING.values())
