"""The city's past: its rhythm, its mix, its deadlines, and lives that the table of the domain allows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.demo.deadlines import Deadlines
from geodata.demo.history import Past
from geodata.demo.lives import PATHS, Path, draw_lives, states_of
from geodata.demo.mix import Mix
from geodata.demo.places import place_pool
from geodata.demo.rhythm import HOUR_MS, HOURS, draw_times, midnight_ms, rate_per_s
from geodata.demo.roster import Roster
from geodata.demo.simulator.casebook import REASONS, TO_COME
from geodata.demo.stage import Stage
from geodata.domain.catalogue import Catalogue
from geodata.domain.clocks import deadline_ms
from geodata.domain.events import ENDED, FOLLOWS, SOURCES, State
from geodata.services.calendar import work_calendar
from geodata.store.bulk import NONE
from geodata.store.folder import City
from geodata.store.history import EventHistory

ZONE = ZoneInfo("Asia/Shanghai")
NOW = int(datetime(2026, 11, 20, 15, tzinfo=ZONE).timestamp() * 1000)
DAY_MS = 24 * HOUR_MS
CATALOGUE = Catalogue.read()
SUBTYPES = list(CATALOGUE.subtypes.values())
CALENDAR = work_calendar(City())


@pytest.fixture(scope="module")
def rows(stage: Stage, roster: Roster) -> EventHistory:
    """Twenty days of the middle city's past."""
    past = Past(stage, roster, CATALOGUE, CALENDAR, np.arange(len(stage)), np.arange(len(roster)))
    begin = midnight_ms(NOW, ZONE, 20)
    return past.span(np.random.default_rng(5), begin, NOW, now_ms=NOW, first_number=1)


def test_events_follow_the_hours_of_the_day() -> None:
    at = draw_times(np.random.default_rng(2), NOW - 30 * DAY_MS, NOW, 3000, ZONE)
    hour = (at + 8 * HOUR_MS) // HOUR_MS % 24
    count = np.bincount(hour, minlength=24)
    assert np.corrcoef(count, HOURS)[0, 1] > 0.99
    assert (np.diff(at) >= 0).all()


def test_a_day_has_as_many_events_as_asked_and_a_weekend_fewer() -> None:
    monday = midnight_ms(NOW, ZONE, 4)
    week = [len(draw_times(np.random.default_rng(k), monday + k * DAY_MS, monday + (k + 1) * DAY_MS, 30_000, ZONE))
            for k in range(7)]  # fmt: skip
    assert abs(np.mean(week) / 30_000 - 1) < 0.06
    assert max(week[5:]) < min(week[:5])


def test_the_rate_of_now_is_that_of_the_hour() -> None:
    at_ten = midnight_ms(NOW, ZONE) + 10 * HOUR_MS
    assert rate_per_s(at_ten, 30_000, ZONE) * 3600 == pytest.approx(30_000 * HOURS[10] / sum(HOURS) * 1.05)


def test_rural_grids_have_more_landslides_and_urban_ones_more_street_vending() -> None:
    mix, rng = Mix.of(CATALOGUE), np.random.default_rng(3)
    share = []
    for kind in range(3):
        subtype, _ = mix.draw(rng, np.full(60_000, kind))
        share.append(np.bincount(subtype, minlength=len(SUBTYPES)) / 60_000)
    vending, slide = (mix.codes.index(c) for c in ("0401", "0802"))
    assert share[1][vending] > 2 * share[0][vending]
    assert share[0][slide] > 3 * share[1][slide]
    classes = {c: sum(share[1][k] for k, s in enumerate(SUBTYPES) if s.class_code == c) for c in CATALOGUE.classes}
    assert all(0 < v < 0.35 for v in classes.values())


def test_hotline_requests_come_by_hotline_and_never_by_sensor() -> None:
    mix, rng = Mix.of(CATALOGUE), np.random.default_rng(4)
    subtype, source = mix.draw(rng, np.ones(60_000, np.int64))
    wish = np.array([s.class_code == "10" for s in SUBTYPES])[subtype]
    names = np.array([s.value for s in SOURCES])[source]
    assert (names[wish] == "hotline").mean() > 0.6
    assert not (names[wish] == "sensor").any()


def test_a_storm_brings_water_and_fallen_trees() -> None:
    subtype, _ = Mix.of(CATALOGUE).draw_storm(np.random.default_rng(5), 5000)
    assert {SUBTYPES[k].class_code for k in set(subtype.tolist())} <= {"02", "03", "08"}


@given(st.integers(0, 40 * 24 * 3600), st.integers(0, len(SUBTYPES) - 1))
def test_deadlines_of_arrays_are_those_of_the_domain(seconds: int, k: int) -> None:
    begin = int(datetime(2026, 9, 15, tzinfo=UTC).timestamp() * 1000)  # over the national holiday
    at = begin + seconds * 1000
    found = Deadlines(CALENDAR, begin, begin + 40 * DAY_MS).of(np.array([at]), np.array([k]), SUBTYPES)
    assert found.tolist() == [deadline_ms(at, SUBTYPES[k].limit, SUBTYPES[k].limit_unit, CALENDAR)]


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.name)
def test_every_path_follows_the_table_of_the_domain_to_an_end(path: Path) -> None:
    assert states_of(path)[-1] in ENDED


@pytest.mark.parametrize("state", TO_COME, ids=lambda s: s.value)
def test_what_is_to_come_follows_the_table_from_every_open_state(state: State) -> None:
    now = state
    for action, _ in TO_COME[state]:
        assert now in FOLLOWS[action].after
        now = FOLLOWS[action].to or now
    assert now in ENDED


def test_every_open_state_has_something_to_come_and_every_reason_is_given() -> None:
    assert set(TO_COME) == set(State) - ENDED
    used = {a for p in PATHS for a, _ in p.steps} | {a for steps in TO_COME.values() for a, _ in steps}
    assert {a for a in used if FOLLOWS[a].needs_reason} | {"reply"} == set(REASONS)


def test_lives_go_forward_and_only_the_late_miss_a_near_deadline() -> None:
    n, rng = 20_000, np.random.default_rng(6)
    at = np.full(n, midnight_ms(NOW, ZONE) + 9 * HOUR_MS)
    subtype, source = Mix.of(CATALOGUE).draw(rng, np.ones(n, np.int64))
    deadline = Deadlines(CALENDAR, int(at[0]), int(at[0]) + 1).of(at, subtype, SUBTYPES)
    late = rng.random(n) < 0.3
    lives = draw_lives(rng, at, deadline, subtype, source, late, np.full(n, 9 * HOUR_MS), SUBTYPES)
    assert (np.diff(np.c_[at, lives.at_ms], axis=1) >= 0).all()
    end = lives.at_ms[np.arange(n), np.array([len(p.steps) for p in PATHS])[lives.path] - 1]
    assert (end[~late] <= deadline[~late]).all()
    assert (end[late] > deadline[late]).mean() > 0.4


def test_intervals_of_an_event_follow_each_other_up_to_its_present_state(rows: EventHistory) -> None:
    order = np.lexsort((rows.left_rev, rows.left_event))
    event, begin, end = (np.asarray(c)[order] for c in (rows.left_event, rows.left_from_ms, rows.left_to_ms))
    state = np.asarray(rows.left_state)[order]
    same = event[1:] == event[:-1]
    assert (end[:-1][same] == begin[1:][same]).all()
    assert (state[:-1][same] != state[1:][same]).all()
    last = np.r_[~same, True]
    assert (end[last] == rows.state_ms[event[last]]).all()
    first = np.r_[True, ~same]
    assert (begin[first] == rows.reported_ms[event[first]]).all()


def test_nothing_of_the_past_lies_in_the_future(rows: EventHistory) -> None:
    for column in (rows.reported_ms, rows.state_ms, rows.dispatched_ms, rows.handled_ms, rows.ended_ms):
        assert column.max() <= NOW
    assert (rows.state_ms >= rows.reported_ms).all()
    ended = np.isin(rows.state, [s.value for s in ENDED])
    assert ((rows.ended_ms != NONE) == ended).all()
    assert (rows.handled_ms[rows.handled_ms != NONE] >= rows.dispatched_ms[rows.handled_ms != NONE]).all()


def test_a_plausible_part_is_open_now_and_most_is_closed_in_time(rows: EventHistory, stage: Stage) -> None:
    ended = rows.ended_ms != NONE
    per_day = len(stage) * 30 / 66
    assert 0.1 < (~ended).sum() / per_day < 0.25  # 3,000 to 7,500 of 30,000
    closed = np.isin(rows.state, ["closed", "forced_closed"])
    late = rows.ended_ms[closed] > rows.deadline_ms[closed]
    assert 0.02 < late.mean() < 0.15
    assert {"handling", "dispatched", "to_dispatch", "handled"} <= set(np.asarray(rows.state)[~ended].tolist())


def test_codes_look_like_those_of_the_api_and_are_unique(rows: EventHistory) -> None:
    assert len(set(rows.code)) == len(rows)
    day = f"{datetime.fromtimestamp(int(rows.reported_ms[-1]) / 1000, ZONE):%y%m%d}"
    assert rows.code[-1][1:] == f"{day}-{len(rows)}"


def test_descriptions_tell_of_a_place_and_a_matter() -> None:
    for pool in place_pool():
        assert all(pool)
        assert not any("{" in place for place in pool)
