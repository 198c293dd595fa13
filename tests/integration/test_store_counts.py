"""Counts, intervals and the change log are what the events say, however the events came in. On both databases."""

from __future__ import annotations

import importlib
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.clocks import judgement
from geodata.domain.events import CLOSED, State
from geodata.store import changes, events, intervals, recount, rollups
from geodata.store.ancestry import UnknownAreaError
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.history import bulk_history
from geodata.store.journal import Journal
from geodata.store.models import AreaMonthRow, AreaTotalRow, Base, EventRow, RollupRow, table
from geodata.store.models_days import DayRow
from geodata.store.tallies import TOTALS
from tests.factories.little_city import AREAS, HOUR, T0, found_city, history

HOURS = (T0 // HOUR, T0 // HOUR + 24 * 60)


@pytest.fixture
def city(store: Store) -> Store:
    """The little city, with hourly roll-ups for the city only."""
    with store.begin() as conn:
        found_city(conn)
    return store


def rows_of(conn: Connection, row: type[Base]) -> set[tuple[object, ...]]:
    """Rows that count something."""
    keys = len(table(row).primary_key.columns) + 2 * (row is AreaTotalRow)
    return {tuple(r) for r in conn.execute(sa.select(table(row))) if any(r[keys:])}


def everything(conn: Connection) -> list[set[tuple[object, ...]]]:
    return [rows_of(conn, row) for row in (RollupRow, AreaMonthRow, AreaTotalRow, DayRow)]


def all_events(conn: Connection) -> list[EventNow]:
    ids = conn.execute(sa.select(EventRow.id)).scalars().all()
    return events.by_ids(conn, ids)


def below(area_id: int) -> set[int]:
    return {i for i in AREAS if area_id in chain(i)}


def chain(area_id: int | None) -> list[int]:
    found = []
    while area_id is not None:
        found.append(area_id)
        area_id = AREAS[area_id][1]
    return found


def test_totals_of_every_area_are_the_count_of_its_events_and_of_all_below_it(city: Store) -> None:
    with city.begin() as conn:
        bulk_history(conn, history(500), at_ms=T0, actor="test")
    with city.read() as conn:
        held = all_events(conn)
        totals = rollups.totals(conn)
    assert sorted(totals.area_id.tolist()) == sorted(AREAS)
    for k, area_id in enumerate(totals.area_id.tolist()):
        mine = [e for e in held if e.area_id in below(area_id)]
        judged = [
            judgement(closed=State(e.state) in CLOSED, on_time=e.on_time, ended_ms=e.ended_ms, deadline=e.deadline_ms)
            for e in mine
        ]
        assert mine
        assert (
            totals.reported[k], totals.ended[k], totals.closed[k], totals.closed_on_time[k], totals.closed_late[k],
        ) == (
            len(mine), sum(e.ended_ms is not None for e in mine), sum(e.state == "closed" for e in mine),
            judged.count(1), judged.count(0),
        )  # fmt: skip


def test_an_area_is_the_sum_of_its_children_and_what_stands_directly_at_it(city: Store) -> None:
    with city.begin() as conn:
        bulk_history(conn, history(300), at_ms=T0, actor="test")
    with city.read() as conn:
        totals = rollups.totals(conn)
        direct = [e.area_id for e in all_events(conn)]
    reported = dict(zip(totals.area_id.tolist(), totals.reported.tolist(), strict=True))
    for area_id in AREAS:
        children = [i for i, (_, parent, _) in AREAS.items() if parent == area_id]
        assert reported[area_id] == sum(reported[c] for c in children) + direct.count(area_id)


def test_roll_ups_and_raw_events_give_the_same_answers(city: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with city.begin() as conn:
        bulk_history(conn, history(400), at_ms=T0, actor="test")
    answers, closings = [], []
    for rolled_from in (1, 10_000):
        monkeypatch.setattr("geodata.store.ancestry.ROLLED_FROM", rolled_from)
        with city.begin() as conn:
            rollups.rebuild(conn)
        with city.read() as conn:
            assert rollups.is_rolled(conn, 4) is (rolled_from == 1)
            answers.append([(rollups.hourly(conn, i, *HOURS), rollups.by_class(conn, i, *HOURS)) for i in AREAS])
            closings.append(rollups.closing(conn, list(AREAS), *HOURS))
    assert answers[0] == answers[1]
    assert closings[0] == closings[1]
    assert sum(answers[0][0][0]) == 400
    assert closings[0][1].due > closings[0][1].due_closed > closings[0][1].due_on_time > 0


def test_events_moved_step_by_step_leave_the_counts_of_a_rebuild(city: Store) -> None:
    rng = np.random.default_rng(3)
    with city.begin() as conn:
        bulk_history(conn, history(60), at_ms=T0, actor="test")
    states = list(State)
    for _ in range(30):
        with city.begin() as conn:
            journal = Journal(conn, T0)
            for old in [all_events(conn)[i] for i in rng.choice(60, 5, replace=False)]:
                state = states[rng.integers(len(states))]
                at = old.state_ms + int(rng.integers(1, 5 * HOUR))
                journal.move(
                    old,
                    replace(old, state=state, state_ms=at, area_id=int(rng.choice(list(AREAS))),
                            marks=int(rng.integers(0, 1 << 7)), traces=int(rng.integers(0, 1 << 8)),
                            paused_ms=int(rng.integers(0, HOUR)),
                            ended_ms=at if state in ("closed", "void", "merged") else None),
                    "step", "test",
                )  # fmt: skip
            journal.write()
    with city.begin() as conn:
        kept = everything(conn)
        rollups.rebuild(conn)
        assert everything(conn) == kept


def test_one_batch_may_report_an_event_and_move_it_several_times(city: Store) -> None:
    with city.begin() as conn:
        bulk_history(conn, history(1), at_ms=T0, actor="test")
        model = all_events(conn)[0]
        journal = Journal(conn, T0)
        new = replace(model, code="N1", source_id="N1", state="reported", state_ms=T0, ended_ms=None, area_id=6)
        new = journal.begin(new, "test")
        for k, state in enumerate(("to_dispatch", "dispatched", "handling"), 1):
            new = journal.move(new, replace(new, state=state, state_ms=T0 + k * HOUR), state, "test")
        last = journal.write()
    with city.read() as conn:
        stored = events.by_code(conn, "N1")
        log = changes.tail(conn, 1)
        assert stored == new
        assert stored is not None
        assert stored.rev == 4
        assert [(c.seq, c.rev, c.state) for c in log] == [
            (2, 1, "reported"), (3, 2, "to_dispatch"), (4, 3, "dispatched"), (5, 4, "handling"),
        ]  # fmt: skip
        assert changes.newest(conn) == (last, T0)
        held = {h.event_id: h.state for h in intervals.as_of(conn, T0 + HOUR + 1)}
        assert held[stored.id] == "to_dispatch"


def test_the_past_is_the_state_that_each_event_had_then(city: Store) -> None:
    rows = history(200)
    with city.begin() as conn:
        first = bulk_history(conn, rows, at_ms=T0, actor="test")
    with city.read() as conn:
        for at in (T0 - 1, T0 + 5 * 24 * HOUR, T0 + 20 * 24 * HOUR, T0 + 90 * 24 * HOUR):
            expected: dict[int, str] = {}
            for k in range(len(rows)):
                if rows.state_ms[k] <= at:
                    expected[first + k] = rows.state[k]
            for k in np.flatnonzero((rows.left_from_ms <= at) & (rows.left_to_ms > at)).tolist():
                expected[first + int(rows.left_event[k])] = rows.left_state[k]
            held = intervals.as_of(conn, at)
            assert len(held) == len(expected) == (rows.reported_ms <= at).sum()
            assert {h.event_id: h.state for h in held} == expected


def test_an_event_in_an_area_that_does_not_exist_is_refused_and_nothing_is_kept(city: Store) -> None:
    rows = history(3)
    rows.area_id[1] = 99
    with pytest.raises(UnknownAreaError, match="99"), city.begin() as conn:
        bulk_history(conn, rows, at_ms=T0, actor="test")
    with city.read() as conn:
        assert all_events(conn) == []
        assert changes.newest(conn) == (0, None)


def test_months_follow_the_citys_calendar(city: Store) -> None:
    rows = history(1)
    rows.area_id[0], rows.on_time[0] = 6, 1
    rows.state[0] = "closed"  # type: ignore[index]
    rows.deadline_ms[0] = 1_761_926_400_000  # 2025-11-01 00:00 in Shanghai, still October in UTC
    with city.begin() as conn:
        bulk_history(conn, rows, at_ms=T0, actor="test")
    with city.read() as conn:
        november = rollups.months(conn, 2025 * 12 + 10)
        assert (november.area_id.tolist(), november.due.tolist(), november.due_on_time.tolist()) == ([6], [1], [1])
        assert not len(rollups.months(conn, 2025 * 12 + 9).area_id)


def test_codes_are_searched_by_their_beginning_and_wildcards_mean_nothing(city: Store) -> None:
    with city.begin() as conn:
        bulk_history(conn, history(30), at_ms=T0, actor="test")
    with city.read() as conn:
        assert [e.code for e in events.search_code(conn, "H2", 5)] == ["H2", "H20", "H21", "H22", "H23"]
        assert events.search_code(conn, "%", 5) == events.search_code(conn, "H_", 5) == []
        assert events.search_code(conn, "", 5) == []


def test_the_migration_counts_the_past_as_a_rebuild_does(city: Store) -> None:
    migration = importlib.import_module("geodata.store.migrations.versions.0009_replies")
    with city.begin() as conn:
        bulk_history(conn, history(300), at_ms=T0, actor="test")
        changes.append_all(conn, [
            changes.Change(changes.next_seq(conn) + k, T0, "event", event, 9, action, "reopened", "t", "")
            for k, (event, action) in enumerate([(5, "reopen"), (9, "resume"), (17, "reopen")])
        ])  # fmt: skip
        closed = EventRow.state == State.CLOSED.value
        conn.execute(sa.update(EventRow).where(closed, EventRow.id % 3 == 0).values(state=State.FORCED_CLOSED.value))
        forced = sum(c.forced for c in recount.events_by_area(conn))
        conn.exec_driver_sql("UPDATE area_total SET forced = 0")
        migration.count_the_past(conn)
        once = rows_of(conn, AreaTotalRow)
        rollups.rebuild(conn)
        assert rows_of(conn, AreaTotalRow) == once
        totals = rollups.totals(conn)
    assert (totals.reopened.max(), totals.forced.max(), forced > 0) == (2, forced, True)


def test_the_slow_recount_of_check_agrees_with_the_totals_that_are_kept(city: Store) -> None:
    with city.begin() as conn:
        bulk_history(conn, history(300), at_ms=T0, actor="test")
    with city.read() as conn:
        direct = {c.area_id: c for c in recount.events_by_area(conn)}
        kept = {c.area_id: c for c in recount.totals_by_area(conn)}
    for area_id in AREAS:
        summed = [sum(direct[i][k] for i in below(area_id)) for k in range(1, 1 + len(TOTALS))]
        assert list(kept[area_id][1:]) == summed
