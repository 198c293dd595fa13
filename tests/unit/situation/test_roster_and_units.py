"""The on-post rate by its formula, and the board of units: what is listed is what was counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.indicators import on_post
from geodata.domain.skills import SKILLS, Skill, held
from geodata.domain.units import FRESHNESS, UNIT_KINDS, UNIT_STATUSES, UnitStatus
from geodata.situation import unit_book
from geodata.situation.roster_book import AHEAD_MS, MINUTE_MS, OnPost, RosterBook
from geodata.situation.situation import Situation
from geodata.situation.strata import Strata
from geodata.situation.unit_batch import UnitBatch
from geodata.situation.unit_book import UnitBook
from geodata.situation.unit_listing import ROSTERS, UNIT_ORDERS, UnitOrder, UnitQuery
from geodata.store.roster import Shift
from geodata.store.units import UnitNow
from tests.unit.situation.city import CATALOGUE, UNEVEN, a_unit, an_event, inside

NOW = 1_777_780_800_000
HOUR = 3_600_000
OFF = UnitStatus.OFF_DUTY
ANY_AREA = st.integers(100, 100 + len(UNEVEN) - 1)
A_UNIT = st.fixed_dictionaries({
    "home_area_id": ANY_AREA, "area_id": st.none() | ANY_AREA,
    "status": st.sampled_from([s.value for s in UNIT_STATUSES]),
    "kind": st.sampled_from([k.value for k in UNIT_KINDS]), "fix_ms": st.none() | st.integers(NOW - 2000_000, NOW),
})  # fmt: skip
A_SHIFT = st.tuples(st.integers(1, 8), st.integers(-2, 1), st.integers(1, 3), st.integers(0, 1))


def situation_of(units: list[UnitNow], shifts: list[Shift]) -> Situation:
    situation = Situation(UNEVEN, CATALOGUE, ZoneInfo("Asia/Shanghai"), NOW, units=units)
    columns = np.array([(s.unit_id, s.from_ms, s.to_ms, s.leave) for s in shifts], np.int64).reshape(-1, 4)
    situation.set_roster(RosterBook(columns, 0, NOW + AHEAD_MS))
    return situation


def test_who_has_a_skill_follows_the_texts_and_texts_that_are_no_units_any_more_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unit_book, "GONE_TEXTS", 3)
    reads: list[str] = []

    def read(skills: Sequence[Skill], text: str) -> tuple[Skill, ...]:
        reads.append(text)
        return held(skills, text)

    monkeypatch.setattr(unit_book, "held", read)
    units = {i: a_unit(i, skills="fire" if i == 1 else f"s{i}") for i in (1, 2, 3)}
    strata = Strata(UNEVEN)
    book = UnitBook(UNEVEN, strata, UnitBatch.of(units.values(), strata), NOW)
    fire = (SKILLS[0],)
    for k in range(40):
        i = k % 3 + 1
        units[i] = replace(units[i], skills=("fire, x", "消防", f"t{k}")[k % 7 % 3], moved_seq=k + 10)
        book.apply([units[i]], NOW)
        for wanted in ((), fire, (SKILLS[3],), fire):
            assert book.having(wanted).tolist() == [bool(held(wanted, units[j].skills)) for j in (1, 2, 3)]
        assert len(book.skill_texts) <= 3 + 2 * 3
    reads.clear()
    book.having(fire)
    assert reads == [], "texts are read once"


def test_the_rate_counts_who_is_signed_on_fresh_and_inside_among_those_who_are_due() -> None:
    yes, no = np.array([True]), np.array([False])
    assert on_post(yes, no, signed_on=yes, fresh=yes, inside=yes) == (yes, yes)
    for wrong in ("signed_on", "fresh", "inside"):
        told = dict.fromkeys(("signed_on", "fresh", "inside"), yes) | {wrong: no}
        assert on_post(yes, no, **told) == (yes, no), wrong
    assert on_post(yes, yes, signed_on=yes, fresh=yes, inside=yes) == (no, no), "who is on leave is not due"
    assert on_post(no, no, signed_on=yes, fresh=yes, inside=yes) == (no, no), "who is not planned does not raise it"


@pytest.mark.parametrize(
    ("changes", "present"),
    [
        ({}, 1),
        ({"status": "off_duty"}, 0),
        ({"fix_ms": NOW - 15 * MINUTE_MS}, 1),
        ({"fix_ms": NOW - 15 * MINUTE_MS - 1}, 0),
        ({"fix_ms": None, "lon": None, "lat": None}, 0),
        ({"area_id": 105}, 1),
        ({"area_id": 100}, 0),
        ({"area_id": 102}, 0),
        ({"area_id": None}, 0),
    ],
)
def test_a_unit_is_on_its_post_inside_its_home_area_or_below_with_a_fix_of_at_most_15_minutes(
    changes: dict[str, object], present: int
) -> None:
    unit = a_unit(1, 1, **({"home_area_id": 101, "area_id": 101, "fix_ms": NOW} | changes))
    situation = situation_of([unit], [Shift(1, NOW, NOW + 1)])
    assert situation.on_post(0) == situation.on_post(1) == OnPost(1, 0, 1, present)
    assert situation.on_post(2) == OnPost(0, 0, 0, 0)


def test_a_shift_holds_from_its_beginning_to_just_before_its_end() -> None:
    situation = situation_of([a_unit(1)], [Shift(1, NOW, NOW + HOUR), Shift(1, NOW + HOUR, NOW + 2 * HOUR, leave=1)])
    seen = []
    for at in (NOW, NOW + HOUR - 1, NOW + HOUR, NOW + 2 * HOUR):
        situation.advance(at)
        rate = situation.on_post(0)
        seen.append((rate.rostered, rate.leave))
    assert seen == [(1, 0), (1, 0), (1, 1), (0, 0)]


@given(st.lists(A_UNIT, max_size=6), st.lists(A_SHIFT, max_size=10, unique_by=lambda s: s[:2]))
@settings(max_examples=60, database=None)
def test_the_board_lists_as_many_units_as_every_figure_of_them_says(
    told: list[dict[str, object]], plans: list[tuple[int, int, int, int]]
) -> None:
    units = [
        a_unit(i, i, **(t | ({"area_id": None, "lon": None, "lat": None} if t["fix_ms"] is None else {})))
        for i, t in enumerate(told, 1)
    ]
    shifts = [Shift(u, NOW + b * HOUR, NOW + (b + n) * HOUR, leave) for u, b, n, leave in plans]
    situation = situation_of(units, shifts)
    situation.apply_events([an_event(1, unit_id=1, state="handling"), an_event(2, unit_id=1, state="closed")])
    for o in range(len(UNEVEN)):
        totals, rate = situation.unit_totals(o), situation.on_post(o)

        def n(o: int = o, **asked: object) -> int:
            return len(situation.units_listed(o, UnitQuery(**asked)).ids)  # type: ignore[arg-type]

        every = situation.units_listed(o, UnitQuery())
        assert len(every.ids) == every.total == totals.total
        assert every.by_status == {s.value: k for s, k in totals.by_status.items()}
        assert every.by_freshness == {f.value: k for f, k in totals.by_freshness.items()}
        assert sum(every.by_kind.values()) == totals.total
        assert n(signed_on=True) == totals.on
        for status in UNIT_STATUSES:
            assert n(statuses=(status.value,)) == totals.by_status[status]
        for fresh in FRESHNESS:
            assert n(freshness=(fresh.value,)) == totals.by_freshness[fresh]
        assert [n(roster=r.value) for r in ROSTERS] == [
            rate.rostered, rate.due, rate.present, rate.due - rate.present, rate.leave,
        ]  # fmt: skip
        home = [u for u in units if inside(UNEVEN, o, u.home_area_id)]
        planned = {s.unit_id for s in shifts if s.from_ms <= NOW < s.to_ms}
        assert rate.rostered == sum(u.id in planned for u in home)
        for order in UNIT_ORDERS:
            assert sorted(situation.units_listed(o, UnitQuery(order=order)).ids.tolist()) == sorted(every.ids.tolist())
    lines = situation.unit_lines(situation.units_listed(0, UnitQuery(order=UnitOrder.LOAD)).ids)
    assert [line.load for line in lines] == ([1] + [0] * (len(units) - 1) if units else [])


def test_units_are_found_by_a_part_of_their_call_sign_or_code_and_stand_in_the_order_asked_for() -> None:
    units = [
        a_unit(1, call_sign="江北巡2", status="on_duty", fix_ms=NOW - 1_000_000, status_ms=3),
        a_unit(2, call_sign="江北巡1", status="busy", fix_ms=NOW, status_ms=2),
        a_unit(3, call_sign="渝中调1", status="off_duty", fix_ms=None, lon=None, status_ms=1),
    ]
    situation = situation_of(units, [])

    def listed(**asked: object) -> list[int]:
        ids: list[int] = situation.units_listed(0, UnitQuery(**asked)).ids.tolist()  # type: ignore[arg-type]
        return ids

    assert listed(text="江北") == [1, 2]
    assert listed(text="u3") == [3]
    assert listed() == [1, 2, 3], "a lost one first, then by what they do, who is off duty last"
    assert listed(order=UnitOrder.FIX) == [1, 2, 3]
    assert listed(order=UnitOrder.SINCE) == [3, 2, 1]
    assert listed(order=UnitOrder.NAME) == [2, 1, 3]
