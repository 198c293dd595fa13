"""Patrol coverage in the store: counted stay by stay, it is what a slow recount of all fixes says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from geodata.domain.coverage import PatrolPlan, PatrolRule, Shift, shift_at, shifts_between
from geodata.domain.roles import Role
from geodata.services import patrolling
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Submitted
from geodata.services.tracking import Position, report_positions
from geodata.situation.grid_listing import GridQuery, GridState
from geodata.situation.loading import load_situation
from geodata.situation.situation import Situation
from geodata.situation.tailing import read_news
from geodata.store import shift_blocks, walks
from geodata.store.engine import Store
from geodata.store.models_coverage import CoverageRollupRow, CoverageRow, CoverageShiftRow, WalkChangeRow, WalkRow
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, OPERATOR, POINT, SECOND, Town, kept_in, of, town

GRID_IDS = {"G1": 6, "G2": 7, "G3": 8, "D2": 3}
PLAN = PatrolPlan((0, 480, 960), (PatrolRule("shift", 0, 5, 3), PatrolRule("days", 2, 5, 3), PatrolRule("", 1, 10, 4)))
KINDS = {"G1": "shift", "G2": "days", "G3": "shift"}


def planned(city: Town, plan: PatrolPlan = PLAN) -> Town:
    """The little city with grids of three kinds."""
    tree = city.desk.tree
    areas = [replace(a, kind=KINDS.get(a.code, "")) for a in tree.areas]
    made = type(tree)(tree.levels, areas)
    return Town(city.access, replace(city.desk, tree=made, patrol=plan))


@dataclass
class Log:
    """Every fix that was taken, in the order of each unit; None where it signed off."""

    of: dict[str, list[tuple[int, str] | None]] = field(default_factory=lambda: defaultdict(list))

    def recount(self, city: Town) -> dict[tuple[int, str], tuple[int, int, int]]:
        """(ms inside, fixes, newest) by shift and grid, one fix after the other."""
        plan, zone = city.desk.patrol, city.desk.calendar.zone
        sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for fixes in self.of.values():
            for before, now in pairwise([None, *fixes]):
                if now is None:
                    continue
                ms, area = now
                shift = shift_at(plan, zone, ms).from_ms
                if before is not None and before[1] in GRID_IDS and ms - before[0] <= plan.gap_ms:
                    sums[shift, before[1]][0] += ms - before[0]
                    sums[shift, before[1]][2] = max(sums[shift, before[1]][2], before[0])
                if area in GRID_IDS:
                    sums[shift, area][1] += 1
                    sums[shift, area][2] = max(sums[shift, area][2], ms)
        return {key: (a, b, c) for key, (a, b, c) in sums.items()}


def kept(store: Store) -> dict[tuple[int, str], tuple[int, int, int]]:
    """What the store keeps of shifts that are over and of the one that runs, with what waits in the units' rows."""
    code = {i: c for c, i in GRID_IDS.items()}
    with store.read() as conn:
        last = walks.began(conn)
        begins = sorted({r["shift_ms"] for r in kept_in(store, "coverage")})
        over = [(ms, shift_blocks.of_shift(conn, ms)) for ms in begins]
    rows = [(ms, *row) for ms, w in over for row in zip(*(column.tolist() for column in w), strict=True)]
    names = ("shift_ms", "area_id", "inside_ms", "fixes", "last_ms")
    rows += [tuple(r[name] for name in names) for r in kept_in(store, "walk") if r["shift_ms"] == last]
    found = {(ms, code[area]): (inside, fixes, newest) for ms, area, inside, fixes, newest in rows}
    for unit in kept_in(store, "unit"):
        if unit["stay_fixes"]:
            key = last, code[unit["area_id"]]
            known = found.get(key, (0, 0, 0))
            found[key] = (known[0] + unit["stay_ms"], known[1] + unit["stay_fixes"], max(known[2], unit["fix_ms"]))
    return found


def settle(city: Town, at_ms: int) -> None:
    """Count what waits in the units' rows."""
    with city.store.begin() as conn:
        walks.settle(conn, at_ms)
    assert not any(u["stay_ms"] or u["stay_fixes"] for u in kept_in(city.store, "unit"))


def wander(
    city: Town, seed: int, hours: float, others: Sequence[Town] = (), look: Callable[[int], object] = lambda _: None
) -> tuple[Log, int]:
    """Units that walk, fall silent, hold fixes back, sign off and on again; the log, and the time at the end. With
    ``others`` any of these processes takes what is sent, and their upkeep runs in between. ``look`` is called with the
    time whenever somebody may."""
    rng, log = Random(seed), Log()
    now = dict.fromkeys(("U1", "U2", "U3"), NOW)
    for code in now:
        city.enrol(code, at_ms=NOW - HOUR)
        city.enrol(code, status="on_duty", at_ms=NOW)
    held: list[Position] = []
    where = dict.fromkeys(now, "G1")
    clock = NOW
    end = NOW + round(hours * HOUR)
    while clock < end:
        door = rng.choice([city, *others]) if others else city
        if others and rng.random() < 0.1:
            patrolling.count_shifts(door.desk, lambda _: True, clock)
        look(clock)
        clock += rng.choice([15 * SECOND, 30 * SECOND, MINUTE, 4 * MINUTE, 7 * MINUTE])
        for code in now:
            if rng.random() < 0.3:
                where[code] = rng.choice(list(POINT))
            if rng.random() < 0.8:
                held.append(Position(code, *POINT[where[code]], clock))
                now[code] = clock
        if rng.random() < 0.9 or not held:
            continue  # without a network
        sent = [Submitted({}, p) for p in held]
        outcomes = report_positions(door.desk, OPERATOR, sent, feed="t/p", now_ms=clock)
        for outcome, item in zip(outcomes, held, strict=True):
            assert outcome.status == "accepted"
            at = next(a for a, point in POINT.items() if point == (item.lon, item.lat))
            log.of[item.unit_code].append((item.fix_ms, at))
        held = []
        if rng.random() < 0.15:
            code = rng.choice(list(now))
            door.enrol(code, status="off_duty", at_ms=clock)
            door.enrol(code, status="on_duty", at_ms=clock)
            log.of[code].append(None)
    return log, clock


def follow(situation: Situation, store: Store, now_ms: int) -> None:
    situation.advance(now_ms)
    news = read_news(store, situation)
    assert news is not None
    situation.apply_units(news.units)
    if len(news.walks.area_id):
        situation.apply_walks(news.walks)
    situation.seq = news.changes[-1].seq if news.changes else situation.seq


def said(situation: Situation) -> list[object]:
    tree = situation.tree
    lines = situation.grid_lines(situation.grids_listed(0, GridQuery()).ids)
    return [*(situation.coverage(o) for o in range(len(tree))), *lines]


def recounted(log: Log, city: Town) -> dict[tuple[int, str], tuple[int, int, int]]:
    return {k: v for k, v in log.recount(city).items() if v != (0, 0, 0)}


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_counted_stay_by_stay_is_what_a_slow_recount_of_all_fixes_says(city: Town, seed: int) -> None:
    city = planned(city)
    log, end = wander(city, seed, 30)
    assert len({shift for shift, _ in log.recount(city)}) > 3
    assert kept(city.store) == recounted(log, city)
    settle(city, end)
    assert kept(city.store) == recounted(log, city)


def test_several_processes_and_their_upkeep_count_nothing_twice_and_leave_nothing_out(city: Town) -> None:
    others = [planned(town(Store.open(city.store.url))) for _ in range(2)]
    city = planned(city)
    log, end = wander(city, 6, 40, others)
    for other in others:
        other.store.close()
    assert kept(city.store) == recounted(log, city)
    # The next shift begins: of the one before, all is in what is kept of it.
    patrolling.count_shifts(city.desk, lambda _: True, end + DAY)
    assert not any(u["stay_fixes"] for u in kept_in(city.store, "unit"))
    assert kept(city.store) == recounted(log, city)


def test_every_number_is_the_length_of_its_list_and_a_parent_is_the_sum_of_its_children(city: Town) -> None:
    city = planned(city)
    _, end = wander(city, 5, 12)
    situation = load_situation(city.store, city.desk.calendar.zone, end, patrol=PLAN)
    tree = situation.tree
    for o in range(len(tree)):
        here = situation.coverage(o)
        listing = situation.grids_listed(o, GridQuery())
        for state, n in listing.by_state.items():
            assert len(situation.grids_listed(o, GridQuery(states=(state,))).ids) == n
        by = listing.by_state
        assert (here.covered, here.due - here.covered) == (by[GridState.COVERED], by[GridState.MISSING])
        assert here.later == by[GridState.LATER]
        assert here.grids == listing.total == len(listing.ids)
        assert len(situation.grids_listed(o, GridQuery(due=True)).ids) == here.due
        children = [situation.coverage(c) for c in tree.children(o).tolist()]
        if children:
            assert (sum(c.due for c in children), sum(c.covered for c in children)) == (here.due, here.covered)


def slow_rate(city: Town, log: Log, shift: Shift, grids: set[str]) -> tuple[int, int]:
    """(due, covered) from the fixes: every grid's period walked back, shift by shift."""
    sums, zone = log.recount(city), city.desk.calendar.zone
    due = covered = 0
    for code in grids:
        rule = PLAN.rule_of(KINDS.get(code, ""))
        days = [shift.day]
        if rule.every:
            phase = (shift.day + GRID_IDS[code]) % rule.every
            if phase != rule.every - 1:
                continue
            days = list(range(shift.day - phase, shift.day + 1))
        spans = [s for s in shifts_between(PLAN, zone, shift.from_ms - 9 * DAY, shift.to_ms + DAY) if s.day in days]
        if rule.every and spans[-1] != shift:
            continue
        of = spans if rule.every else [shift]
        due += 1
        walked = [sums.get((s.from_ms, code), (0, 0, 0)) for s in of]
        covered += any(ms >= rule.minutes * MINUTE and n >= rule.fixes for ms, n, _ in walked)
    return due, covered


def test_the_roll_up_of_each_shift_is_what_a_recount_says_and_what_comes_late_is_counted_again(city: Town) -> None:
    city = planned(city)
    log, end = wander(city, 8, 60)
    city.enrol("LATE", at_ms=NOW - HOUR)
    city.enrol("LATE", status="on_duty", at_ms=NOW)
    zone = city.desk.calendar.zone
    assert patrolling.count_shifts(city.desk, lambda _: True, end) > 5
    assert patrolling.count_shifts(city.desk, lambda _: True, end) == 0

    def agrees() -> None:
        for area, grids in (("C", {*GRID_IDS}), ("D1", {"G1", "G2", "G3"}), ("S1", {"G1", "G2"}), ("G1", {"G1"}),
                            ("G2", {"G2"}), ("D2", {"D2"})):  # fmt: skip
            rates = patrolling.coverage_of(city.desk, OPERATOR, area, NOW - DAY, end)
            over = [r for r in rates if r.to_ms < end - patrolling.LATE_MS]
            assert len(over) > 5
            for rate in over:
                shift = shift_at(PLAN, zone, rate.from_ms)
                assert (rate.due, rate.covered) == slow_rate(city, log, shift, grids), (area, rate)

    agrees()
    fixes = [NOW + 9 * HOUR + k * MINUTE for k in range(20)]
    sent = [Submitted({}, Position("LATE", *POINT["G2"], ms)) for ms in fixes]
    report_positions(city.desk, OPERATOR, sent, feed="t/p", now_ms=end)
    log.of["LATE"] += [(ms, "G2") for ms in fixes]
    assert patrolling.count_shifts(city.desk, lambda _: True, end) > 0
    agrees()
    assert kept(city.store) == log.recount(city)


def test_who_has_lost_the_lease_writes_nothing(small: Town) -> None:
    _, end = wander(small, 3, 20)
    assert patrolling.count_shifts(small.desk, lambda _: False, end) == 0
    assert not kept_in(small.store, "coverage_rollup")


def test_where_no_position_ever_came_nothing_is_said(small: Town) -> None:
    assert patrolling.count_shifts(small.desk, lambda _: True, NOW) == 0
    assert not kept_in(small.store, "coverage_shift")
    assert not load_situation(small.store, small.desk.calendar.zone, NOW).coverage(0).known


def test_of_who_is_not_on_duty_nothing_is_counted_and_no_unit_is_in_any_of_the_tables(small: Town) -> None:
    small.enrol("U1", at_ms=NOW - HOUR)
    for k in range(5):
        assert small.fix("U1", NOW + k * MINUTE).status == "dropped"
    assert not kept_in(small.store, "walk")
    assert not kept_in(small.store, "coverage_shift")
    for row in (WalkRow, WalkChangeRow, CoverageRow, CoverageShiftRow, CoverageRollupRow):
        names = " ".join(column.name for column in row.__table__.columns)
        assert not [word for word in ("unit", "account", "actor") if word in names]


def test_from_sign_off_to_sign_on_no_time_passes_in_a_grid(small: Town) -> None:
    small.enrol("U1", at_ms=NOW - HOUR)
    small.enrol("U1", status="on_duty", at_ms=NOW)
    small.fix("U1", NOW + MINUTE)
    small.enrol("U1", status="off_duty", at_ms=NOW + 2 * MINUTE)
    small.enrol("U1", status="on_duty", at_ms=NOW + 3 * MINUTE)
    small.fix("U1", NOW + 4 * MINUTE)
    settle(small, NOW + 4 * MINUTE)
    assert [(r["inside_ms"], r["fixes"]) for r in kept_in(small.store, "walk")] == [(0, 2)]


def test_what_a_unit_walked_that_signs_off_or_falls_silent_is_counted_and_seen_by_who_follows(city: Town) -> None:
    tailed = load_situation(city.store, city.desk.calendar.zone, NOW)
    for code in ("U1", "U2"):
        city.enrol(code, at_ms=NOW - HOUR)
        city.enrol(code, status="on_duty", at_ms=NOW)
        for k in range(3):
            city.fix(code, NOW + k * MINUTE)

    def followed(at_ms: int) -> tuple[int, int]:
        follow(tailed, city.store, at_ms)
        inside, fixes = tailed.walks.this_shift(tailed.walks.grids.places(np.array([GRID_IDS["G1"]])))
        return int(inside[0]), int(fixes[0])

    at = NOW + 2 * MINUTE
    assert followed(at) == (0, 0)
    hours = tailed.walks.hours(tailed.tree.ordinal["G1"], at)
    assert hours == 0, "when it was walked last is known at once"
    city.enrol("U1", status="off_duty", at_ms=at)
    assert followed(at) == (2 * MINUTE, 3)
    patrolling.count_shifts(city.desk, lambda _: True, at + patrolling.SILENT_MS)
    assert followed(at) == (2 * MINUTE, 3), "U2 may go on"
    patrolling.count_shifts(city.desk, lambda _: False, at + patrolling.SILENT_MS + 1)
    assert followed(at) == (2 * MINUTE, 3), "another process has the lease"
    patrolling.count_shifts(city.desk, lambda _: True, at + patrolling.SILENT_MS + 1)
    assert followed(at) == (4 * MINUTE, 6)
    city.fix("U2", at + 3 * MINUTE, at="G2")
    assert followed(at + 3 * MINUTE) == (7 * MINUTE, 6), "and goes on from there"


def test_the_coverage_of_an_area_is_for_whoever_reaches_it(small: Town) -> None:
    _, end = wander(small, 3, 20)
    patrolling.count_shifts(small.desk, lambda _: True, end)
    chief = of("chief", Role.LEADER, areas=["D1"])
    assert patrolling.coverage_of(small.desk, chief, "S1", NOW - DAY, end)
    for area in ("D2", "C", "nowhere"):
        with pytest.raises(NotThereError):
            patrolling.coverage_of(small.desk, chief, area, NOW - DAY, end)


def test_what_was_walked_outside_of_every_grid_counts_nowhere(small: Town) -> None:
    small.enrol("U1", at_ms=NOW - HOUR)
    small.enrol("U1", status="on_duty", at_ms=NOW)
    for k in range(5):
        assert small.fix("U1", NOW + k * MINUTE, at="C").status == "accepted"
    assert not kept_in(small.store, "walk")


def test_a_store_that_is_opened_again_goes_on_where_it_stopped(small: Town) -> None:
    small.enrol("U1", at_ms=NOW - HOUR)
    small.enrol("U1", status="on_duty", at_ms=NOW)
    small.fix("U1", NOW + MINUTE)
    again = town(Store.open(small.store.url))
    again.fix("U1", NOW + 3 * MINUTE)
    settle(again, NOW + 3 * MINUTE)
    again.store.close()
    row = kept_in(small.store, "walk")[0]
    assert (row["inside_ms"], row["fixes"], row["last_ms"]) == (2 * MINUTE, 2, NOW + 3 * MINUTE)


def test_thinned_tracks_tell_the_same_time_inside_where_nobody_was_silent(small: Town) -> None:
    small.enrol("U1", at_ms=NOW - HOUR)
    small.enrol("U1", status="on_duty", at_ms=NOW)
    rng, area, clock = Random(4), "G1", NOW
    for _ in range(400):
        clock += 15 * SECOND
        area = rng.choice(["G1", "G2", "G3"]) if rng.random() < 0.04 else area
        small.fix("U1", clock, at=area)
    settle(small, clock)
    inside: dict[int, int] = defaultdict(int)
    points = [(r["fix_ms"], r["area_id"]) for r in kept_in(small.store, "track")]
    for (ms, at), (after_ms, _) in pairwise(sorted(points)):
        inside[at] += after_ms - ms
    counted = {r["area_id"]: r["inside_ms"] for r in kept_in(small.store, "walk")}
    behind = np.array([counted[i] - inside[i] for i in counted])
    assert (behind >= 0).all()
    assert behind.sum() == clock - max(ms for ms, _ in points)
    assert behind.sum() < 3 * MINUTE
