"""Stages and departments by area: as a slow recount says, and each cell as long as the list that it opens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.analysis import funnel, matrix
from geodata.domain.events import ENDED, STAGE_OF, STATES, Stage, State
from geodata.domain.figures import Figure, ListOrder
from geodata.domain.units import DEPARTMENTS, OTHER, UNIT_KINDS
from geodata.domain.view import Filters
from geodata.situation.situation import Situation
from geodata.store.events import EventNow
from tests.unit.situation.city import CATALOGUE, CLASSES, UNEVEN, a_unit, an_event, inside, is_overdue

NOW, HOUR = 1_777_780_800_000, 3_600_000
ZONE = ZoneInfo("Asia/Shanghai")
KIND_OF = {1: "grid_post", 2: "enforcement", 3: "property", 4: "grid_post", 5: "choir"}
AN_EVENT = st.fixed_dictionaries({
    "area_id": st.integers(100, 100 + len(UNEVEN) - 1), "state": st.sampled_from([s.value for s in STATES]),
    "class_code": st.sampled_from(CLASSES[:2]), "unit_id": st.sampled_from([None, 1, 2, 3, 4, 5, 9]),
    "state_ms": st.integers(NOW - 90 * HOUR, NOW + HOUR), "reported_ms": st.integers(NOW - 60 * HOUR, NOW),
    "deadline_ms": st.none() | st.integers(NOW - 40 * HOUR, NOW + 40 * HOUR), "marks": st.integers(0, 3),
})  # fmt: skip
SOME = (Filters(), Filters(classes=(CLASSES[0],)), Filters(kinds=("grid_post", OTHER)), Filters(day="2026-05-02"))


def made(told: Sequence[dict[str, Any]]) -> tuple[Situation, list[EventNow]]:
    rows = [an_event(i, ended_ms=NOW if t["state"] in ENDED else None, **t) for i, t in enumerate(told, 1)]
    units = [a_unit(i, kind=kind) for i, kind in KIND_OF.items()]
    situation = Situation(UNEVEN, CATALOGUE, ZONE, NOW, units=units)
    situation.apply_events(rows)
    return situation, [e for e in rows if e.state not in ENDED]


def department(e: EventNow) -> str:
    kind = KIND_OF.get(e.unit_id or 0, OTHER)
    return kind if kind in [k.value for k in UNIT_KINDS] else OTHER


def chosen(rows: list[EventNow], o: int, filters: Filters) -> list[EventNow]:
    return [
        e for e in rows if inside(UNEVEN, o, e.area_id) and (not filters.classes or e.class_code in filters.classes)
        and (not filters.kinds or department(e) in filters.kinds)
        and (not filters.day or datetime.fromtimestamp(e.reported_ms / 1000, ZONE).date().isoformat() == filters.day)
    ]  # fmt: skip


def nth(values: list[int], share: float) -> int | None:
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else None


@given(st.lists(AN_EVENT, max_size=25))
@settings(max_examples=40, deadline=None, database=None)
def test_the_funnel_is_what_looking_at_one_event_after_the_other_says(told: list[dict[str, Any]]) -> None:
    situation, rows = made(told)
    for o in range(len(UNEVEN)):
        for filters in SOME:
            seen = situation.open_now(o, filters)
            for stage in funnel(seen.state, seen.waited_ms, seen.overdue):
                here = [e for e in chosen(rows, o, filters) if STAGE_OF[State(e.state)] is stage.stage]
                waits = [max(0, NOW - e.state_ms) for e in here]
                assert (stage.n, stage.overdue) == (len(here), sum(is_overdue(e, NOW) for e in here))
                assert (stage.median_ms, stage.p90_ms) == (nth(waits, 0.5), nth(waits, 0.9))
                assert {s: n for s, n in stage.states if n} == {
                    s: n for s in STATES if (n := sum(e.state == s for e in here))
                }
                listed = replace(filters, stages=(stage.stage.value,))
                assert len(situation.events_listed(o, Figure.OPEN, listed, ListOrder.NEWEST)) == stage.n
                assert len(situation.events_listed(o, Figure.OVERDUE, listed, ListOrder.NEWEST)) == stage.overdue


@given(st.lists(AN_EVENT, max_size=25))
@settings(max_examples=40, deadline=None, database=None)
def test_a_cell_of_the_matrix_is_recounted_and_as_long_as_its_list(told: list[dict[str, Any]]) -> None:
    situation, rows = made(told)
    for o in range(len(UNEVEN)):
        kids = UNEVEN.children(o).tolist()
        for filters in (SOME[0], SOME[1], SOME[3]):
            seen = situation.open_now(o, filters)
            row = np.where(seen.area == o, len(kids), np.searchsorted(kids, seen.area, side="right") - 1)
            cells = matrix(row, seen.department, seen.overdue, len(kids) + 1)
            for i, kid in enumerate(kids):
                for k, kind in enumerate(DEPARTMENTS):
                    here = [e for e in chosen(rows, kid, filters) if department(e) == kind]
                    assert cells[i][k] == (len(here), sum(is_overdue(e, NOW) for e in here))
                    listed = replace(filters, kinds=(kind,))
                    found = situation.events_listed(kid, Figure.OPEN, listed, ListOrder.NEWEST)
                    assert sorted(found.tolist()) == sorted(e.id for e in here)
            whole = chosen(rows, o, filters)
            assert sum(c.open for line in cells for c in line) == len(whole)
            if kids:
                direct = situation.events_listed(o, Figure.UNPLACED, filters, ListOrder.NEWEST)
                assert sum(c.open for c in cells[-1]) == len(direct)


@given(st.lists(AN_EVENT, max_size=25), st.sampled_from([(Figure.SUPERVISED, 1), (Figure.PLACARDED, 2)]))
@settings(max_examples=40, deadline=None, database=None)
def test_what_is_supervised_or_on_a_placard_is_listed_while_it_is_open(
    told: list[dict[str, Any]], of: tuple[Figure, int]
) -> None:
    situation, rows = made(told)
    figure, bit = of
    for o in range(len(UNEVEN)):
        expected = {e.id for e in chosen(rows, o, Filters()) if e.marks // bit % 2}
        assert set(situation.events_listed(o, figure, Filters(), ListOrder.DEADLINE).tolist()) == expected


def test_a_unit_that_becomes_of_another_kind_takes_its_events_along() -> None:
    situation, _ = made([{"unit_id": 1, "state": "handling", "area_id": 100}])
    posts, teams = Filters(kinds=("grid_post",)), Filters(kinds=("enforcement",))
    assert [len(situation.open_now(0, f).state) for f in (posts, teams)] == [1, 0]
    situation.apply_units([a_unit(1, 2, kind="enforcement")])
    assert [len(situation.open_now(0, f).state) for f in (posts, teams)] == [0, 1]
    situation.apply_units([a_unit(1, 3, kind="enforcement", lon=104.5)])
    assert [len(situation.open_now(0, f).state) for f in (posts, teams)] == [0, 1]


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_of_nothing_there_is_no_wait(share: float) -> None:
    assert nth([], share) is None
    found = funnel(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_))
    assert [(s.stage, s.n, s.median_ms, s.p90_ms) for s in found] == [(stage, 0, None, None) for stage in Stage]
