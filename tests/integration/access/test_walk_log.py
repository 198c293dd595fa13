"""The walk log: of any instant it says what the store said then, whoever writes it and whatever stops meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from geodata.services.walk_keeping import SPAN_MS, WHOLE_MS, keep_walks
from geodata.situation.replay.walks_then import walks_at
from geodata.store import changes, walk_log, walks
from geodata.store.engine import Store
from geodata.store.models_coverage import WalkLogRow
from geodata.store.walk_log import PIECE, SPAN, WHOLE
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, SECOND, Town, kept_in, town
from tests.integration.access.test_coverage import GRID_IDS, planned, wander

Told = dict[str, tuple[int, int]]
"""(newest walk, shift in which the rule was met last) by grid."""


def now_kept(city: Town) -> Told:
    """What the store holds now."""
    with city.store.read() as conn:
        rows = walks.everything(conn)
    met = walks.covered_in(city.desk.grids, rows)
    return by_code(rows.area_id.tolist(), rows.last_ms.tolist(), met.tolist())


def then(city: Town, at_ms: int) -> Told | None:
    """What the log says of an instant."""
    rows = walks_at(city.store, city.desk.grids, at_ms)
    return None if rows is None else by_code(rows.area_id.tolist(), rows.last_ms.tolist(), rows.met_ms.tolist())


def by_code(ids: list[int], walked: list[int], met: list[int]) -> Told:
    code = {i: c for c, i in GRID_IDS.items()}
    return {code[i]: (w, m) for i, w, m in zip(ids, walked, met, strict=True) if i in code and (w or m >= 0)}


def keep(city: Town, at_ms: int, may_write: bool = True) -> int:
    return keep_walks(city.desk, lambda _: may_write, at_ms - 30 * DAY, at_ms)


def kinds(store: Store) -> list[int]:
    return sorted(row["kind"] for row in kept_in(store, "walk_log"))


def recorded(city: Town, seed: int, hours: float, when: Callable[[int], bool]) -> tuple[dict[int, Told], list[int]]:
    """A walk: what the store held on the way, and when the log was written, at moments of which ``when`` is true."""
    seen: dict[int, Told] = {}
    runs: list[int] = []

    def look(at_ms: int) -> None:
        if when(at_ms):
            keep(city, at_ms)
            runs.append(at_ms)
        seen[at_ms] = now_kept(city)

    wander(city, seed, hours, look=look)
    return seen, runs


def test_every_instant_is_told_as_the_store_held_it_then(city: Town) -> None:
    city = planned(city)
    seen, runs = recorded(city, 11, 20, lambda _: True)
    assert {SPAN, WHOLE} <= {*kinds(city.store)}
    began = next(at_ms for at_ms in runs if then(city, at_ms) is not None)
    # In a span that is over the log knows the first and the last walk of a grid; what lies between is as recent.
    for at_ms, held in seen.items():
        told = then(city, at_ms)
        if at_ms < began:
            assert told is None
            continue
        assert told is not None
        assert told.keys() == held.keys()
        for grid, (walked, met) in held.items():
            assert told[grid][1] == met, (at_ms, grid)
            assert told[grid][0] == walked or walked - SPAN_MS - MINUTE < told[grid][0] < walked, (at_ms, grid)
    assert sum(then(city, at_ms) == held for at_ms, held in seen.items() if at_ms >= began) > len(seen) // 2


def test_what_is_not_in_the_log_yet_is_told_from_the_store(city: Town) -> None:
    city = planned(city)
    seen, runs = recorded(city, 12, 6, lambda _: not kinds(city.store))
    assert kinds(city.store) == [WHOLE]
    newest = max(seen)
    assert then(city, newest) == seen[newest]
    assert then(city, newest + HOUR) == seen[newest], "nothing happened since"
    assert len(runs) == 1


def test_written_seldom_and_by_several_servers_it_says_a_rule_was_met_no_later_than_the_next_row(city: Town) -> None:
    other = planned(town(Store.open(city.store.url)))
    city = planned(city)
    dice = Random(5)
    seen, runs = recorded(city, 13, 24, lambda _: dice.random() < 0.2)
    other_told = {at_ms: then(other, at_ms) for at_ms in seen}
    other.store.close()
    began = next(at_ms for at_ms in runs if then(city, at_ms) is not None)
    late = 0
    for at_ms, held in seen.items():
        if at_ms < began:
            continue
        told = then(city, at_ms)
        assert told == other_told[at_ms]
        assert told is not None
        before = seen[max(run for run in runs if run <= at_ms)]
        for grid, (_, met) in held.items():
            assert before.get(grid, (0, -1))[1] <= told.get(grid, (0, -1))[1] <= met, (at_ms, grid)
            late += told.get(grid, (0, -1))[1] < met
    assert late < len(seen) / 20
    for run in runs:
        if run >= began:
            assert {g: m for g, (_, m) in (then(city, run) or {}).items()} == {g: m for g, (_, m) in seen[run].items()}


def test_pieces_become_spans_and_a_whole_stands_every_two_hours(city: Town) -> None:
    city = planned(city)
    recorded(city, 14, 20, lambda _: True)
    rows = kept_in(city.store, "walk_log")
    wholes = sorted(r["to_ms"] for r in rows if r["kind"] == WHOLE)
    assert all(WHOLE_MS <= b - a < 2 * WHOLE_MS for a, b in pairwise(wholes))
    assert len(wholes) > 6
    spans = sorted((r["from_ms"], r["to_ms"]) for r in rows if r["kind"] == SPAN)
    pieces = sorted((r["from_ms"], r["to_ms"]) for r in rows if r["kind"] == PIECE)
    assert len(spans) > 25
    begun = pieces[0][0] if pieces else spans[-1][1]
    assert all(to - begun < SPAN_MS for _, to in pieces)
    every = [*spans, *pieces]
    assert all(a[1] <= b[0] for a, b in pairwise(every)), "they follow each other"


def test_who_has_lost_the_lease_or_was_overtaken_writes_nothing(city: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    city = planned(city)
    _, end = wander(city, 3, 4)
    assert keep(city, end, may_write=False) == 0
    assert not kinds(city.store)
    real = walk_log.whole

    def overtaken(*args: object) -> walk_log.Stretch:
        monkeypatch.setattr(walk_log, "whole", real)
        assert keep(city, end) == 1
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(walk_log, "whole", overtaken)
    assert keep(city, end + SECOND) == 0
    assert [r["to_ms"] for r in kept_in(city.store, "walk_log")] == [end]


def test_a_process_that_starts_anew_goes_on_where_the_last_row_ends(city: Town) -> None:
    city = planned(city)
    for hour in range(3):
        at = NOW + hour * HOUR
        for code in ("U1", "U2"):
            city.enrol(code, at_ms=at)
            city.enrol(code, status="on_duty", at_ms=at)
        for k in range(8):
            city.fix("U1", at + k * MINUTE, at="G1")
        again = planned(town(Store.open(city.store.url)))
        keep(again, at + 10 * MINUTE)
        again.store.close()
    held = now_kept(city)
    assert then(city, NOW + 3 * HOUR) == held
    early = then(city, NOW + 20 * MINUTE)
    assert early is not None
    assert early["G1"][0] < held["G1"][0]


def test_of_a_time_from_which_changes_are_not_followed_nothing_is_said(
    city: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "FOLLOWED_MAX", 6)
    city = planned(city)
    begun, silent, back = NOW + 2 * HOUR, NOW + 4 * HOUR, NOW + 9 * HOUR
    seen, _ = recorded(city, 15, 12, lambda at_ms: begun <= at_ms < silent or at_ms >= back)
    last = max(r["to_ms"] for r in kept_in(city.store, "walk_log") if r["to_ms"] < back)
    anew = min(r["to_ms"] for r in kept_in(city.store, "walk_log") if r["to_ms"] >= back)
    for at_ms in seen:
        assert (then(city, at_ms) is not None) == (min(seen) < begun <= at_ms <= last or at_ms >= anew), at_ms
    assert then(city, begun - 1) is None


def happens(city: Town, n: int, at_ms: int) -> None:
    """So many changes by which nobody walks."""
    with city.store.begin() as conn:
        for _ in range(n):
            changes.append(conn, at_ms=at_ms, kind="positions", subject_id=0, actor="test")


def walked(city: Town, at_ms: int) -> None:
    """A unit signs on and is in G1 for some minutes."""
    city.enrol("U1", at_ms=at_ms)
    city.enrol("U1", status="on_duty", at_ms=at_ms)
    for k in range(5):
        city.fix("U1", at_ms + k * MINUTE, at="G1")
    city.enrol("U1", status="off_duty", at_ms=at_ms + 5 * MINUTE)


def test_of_hours_in_which_much_happens_and_nobody_walks_it_is_known_that_nobody_did(
    city: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "FOLLOWED_MAX", 40)
    city = planned(city)
    keep(city, NOW)
    walked(city, NOW)
    quiet = NOW + 6 * MINUTE
    keep(city, quiet)
    held = now_kept(city)
    assert held["G1"][0] > 0
    hours = [NOW + n * HOUR // 2 for n in range(1, 24)]
    for at_ms in hours:
        happens(city, 8, at_ms)
        keep(city, at_ms + MINUTE)
    rows = len(kinds(city.store))
    assert rows < len(hours), "not one for each look"
    walked(city, NOW + 12 * HOUR)
    keep(city, NOW + 12 * HOUR + 6 * MINUTE)
    assert [then(city, at_ms) for at_ms in (quiet, *hours)] == [held] * 24
    assert then(city, NOW + 12 * HOUR + 6 * MINUTE) == now_kept(city) != held


def test_of_a_quiet_time_as_long_as_is_kept_it_is_known_that_nobody_walked(city: Town) -> None:
    city = planned(city)
    walked(city, NOW)
    keep(city, NOW + HOUR)
    held = now_kept(city)
    for day in range(1, 70):
        keep(city, NOW + day * DAY)
        with city.store.begin() as conn:
            walks.forget(conn, NOW + (day - 30) * DAY)
            walk_log.purge(conn, NOW + (day - 30) * DAY)
    assert [then(city, NOW + day * DAY - HOUR) for day in range(40, 70)] == [held] * 30
    assert len(kinds(city.store)) < 8


@pytest.mark.parametrize("leap", [3 * HOUR, 400 * DAY])
def test_after_the_clock_leapt_forward_and_was_set_right_the_log_goes_on(city: Town, leap: int) -> None:
    city = planned(city)
    keep(city, NOW)
    walked(city, NOW)
    before = NOW + 10 * MINUTE
    keep(city, before)
    held = now_kept(city)
    keep(city, NOW + SPAN_MS)
    leapt = NOW + SPAN_MS + 10 * MINUTE
    walked(city, leapt - 9 * MINUTE)
    keep(city, leapt)
    for late in (MINUTE, HOUR):
        walked(city, leapt + leap + late)
        keep(city, leapt + leap + late + 10 * MINUTE)
    right = leapt + 3 * MINUTE
    assert keep(city, right) == 1
    assert then(city, right) == now_kept(city)
    assert then(city, before) == held
    assert then(city, right - 1) is None, "what was dated wrongly is not known"
    happens(city, 1, right + MINUTE)
    keep(city, right + MINUTE)
    assert then(city, right + MINUTE) == now_kept(city)
    assert max(row["to_ms"] for row in kept_in(city.store, "walk_log")) <= right + MINUTE


def test_a_row_that_ends_a_moment_ahead_of_the_clock_is_left_there(city: Town) -> None:
    city = planned(city)
    keep(city, NOW + walk_log.LATE_MS)
    assert keep(city, NOW) == 0
    assert [row["to_ms"] for row in kept_in(city.store, "walk_log")] == [NOW + walk_log.LATE_MS]


def test_what_no_instant_that_can_be_replayed_is_made_of_is_forgotten(city: Town) -> None:
    city = planned(city)
    seen, _ = recorded(city, 16, 12, lambda _: True)
    moments = sorted(seen)
    cut = moments[len(moments) // 2]
    before = {at_ms: then(city, at_ms) for at_ms in moments if at_ms >= cut}
    with city.store.begin() as conn:
        assert walk_log.purge(conn, cut) > 5
        first = walk_log.known_since(conn)
    assert first is not None
    assert cut - WHOLE_MS - SPAN_MS < first <= cut
    assert {at_ms: then(city, at_ms) for at_ms in before} == before
    assert then(city, first - 1) is None
    with city.store.begin() as conn:
        assert walk_log.purge(conn, first - 1) == 0, "it is still needed"


def test_a_new_edition_leaves_the_grids_it_keeps_as_they_were_and_knows_nothing_of_new_ones(city: Town) -> None:
    city = planned(city)
    _, end = wander(city, 17, 6, look=lambda at_ms: keep(city, at_ms))
    held = then(city, end)
    assert held is not None
    assert {"G1", "G2", "G3"} <= held.keys()
    tree = city.desk.tree
    areas = [replace(a, id=99) if a.code == "G2" else a for a in tree.areas]
    newer = Town(city.access, replace(city.desk, tree=type(tree)(tree.levels, areas)))
    rows = walks_at(newer.store, newer.desk.grids, end)
    assert rows is not None
    place = newer.desk.grids.places(np.array([99, GRID_IDS["G1"]])).tolist()
    assert [(rows.last_ms[p], rows.met_ms[p]) for p in place] == [(0, -1), held["G1"]]


def test_no_unit_is_in_the_log(city: Town) -> None:
    names = " ".join(column.name for column in WalkLogRow.__table__.columns)
    fields = " ".join(walk_log.Stretch.__dataclass_fields__)
    assert not [word for word in ("unit", "account", "actor") if word in names + fields]


def test_where_no_position_has_come_yet_it_is_known_that_nothing_was_walked(city: Town) -> None:
    assert keep(city, NOW) == 1
    assert keep(city, NOW + DAY) == 0, "nothing happened"
    assert then(city, NOW - 1) is None
    assert then(city, NOW) == then(city, NOW + DAY) == {}


def test_a_stretch_is_unpacked_as_it_was_packed() -> None:
    dice = np.random.default_rng(3)
    n, met = 500, 90
    first = NOW + dice.integers(0, HOUR, n)
    last = first + dice.integers(0, HOUR, n)
    ids = np.sort(dice.choice(90_000, n, replace=False))
    of = walk_log.Stretch(
        NOW, NOW + HOUR, 7, ids, first, first - MINUTE * dice.integers(0, 3_000, n), last,
        last - dice.integers(-5, 40 * DAY, n), np.sort(dice.choice(ids, met)), NOW + dice.integers(-9, HOUR, met),
        dice.choice(np.array([NOW - DAY, NOW]), met),
    )  # fmt: skip
    again = walk_log.unpacked(walk_log.packed(of), walk_log.Mark(SPAN, of.to_ms, of.from_ms, of.seq))
    for name in walk_log.Stretch.__dataclass_fields__:
        assert np.array_equal(getattr(again, name), getattr(of, name)), name
