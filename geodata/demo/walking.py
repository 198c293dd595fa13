"""Who walked where before: thirty days of patrols, shift by shift and grid by grid, as the units' beats give them.

Nobody's way is invented. Of each shift it is known who was there (``shifts``) and whose beat a grid is part of
(``roster``); a unit goes from grid to grid of its beat and stays in each as long as the simulator's units do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from geodata.demo.roster import Roster
from geodata.demo.shifts import turns_of
from geodata.demo.simulator.crowd import FIX_EVERY_MS, M_PER_DEGREE, NEXT_GRID, WALK_MS
from geodata.demo.stage import Longs, Stage
from geodata.demo.terrain import Floats
from geodata.domain.coverage import NEVER_MET, Grids, Shift, Walked, periods, shifts_between
from geodata.services.desk import Desk
from geodata.services.patrolling import added_up
from geodata.store import bulk, changes, coverage, shift_blocks, walk_log, walks
from geodata.store.coverage import ShiftKnown
from geodata.store.engine import Connection
from geodata.store.models import table
from geodata.store.models_coverage import CoverageShiftRow

STAY_MOST_MS = 4 * 3_600_000
ACROSS = 0.9
"""How far it is from one point of a grid to another, in times the way from its middle to its border."""


@dataclass(frozen=True, slots=True)
class Walker:
    """Draws what was walked. ``place`` of each grid of the stage among the store's grids."""

    stage: Stage
    roster: Roster
    desk: Desk
    place: Longs
    seed: int

    def drawn(self, shift: Shift, until_ms: int) -> tuple[Longs, Longs, Longs]:
        """(ms inside, fixes, time of the newest or 0) per grid of the store, from the shift's begin up to a moment."""
        n, passed = len(self.desk.grids.id), until_ms - shift.from_ms
        rng = np.random.default_rng([self.seed, shift.from_ms // 60_000])
        stay = self._stay_ms()
        visits = rng.poisson(self._share(shift) * passed / stay)
        inside = np.minimum(rng.gamma(np.maximum(visits, 1e-9)) * stay * (visits > 0), passed).astype(np.int64)
        ago = rng.exponential(passed / np.maximum(visits, 1)) * (visits > 0)
        last = np.where(visits > 0, until_ms - np.minimum(ago, passed - 1).astype(np.int64), 0)
        fixes = np.where(visits > 0, np.maximum(1, inside // FIX_EVERY_MS), 0)
        columns = []
        for column in (inside, fixes, last):
            whole = np.zeros(n, np.int64)
            whole[self.place] = column
            columns.append(whole)
        return columns[0], columns[1], columns[2]

    def _share(self, shift: Shift) -> Floats:
        """How much of its time each grid gets of those who were there, in units."""
        zone, roster = self.desk.calendar.zone, self.roster
        turns = turns_of(date.fromordinal(shift.day), zone, len(roster))
        turn = next((t for t in turns if t.from_ms <= shift.from_ms < t.to_ms), turns[-1])
        there = ~(turn.leave | turn.absent)
        share = np.zeros(len(self.stage) + 1)
        first, last = turn.beats(roster.first, roster.last)
        each = there / (last - first)
        np.add.at(share, first, each)
        np.add.at(share, last, -each)
        return np.maximum(np.cumsum(share)[:-1], 0)

    def _stay_ms(self) -> Floats:
        """How long a unit stays in a grid before it goes on to another one of its beat."""
        metres: Floats = self.stage.reach.mean(axis=1) * M_PER_DEGREE * ACROSS
        stay: Floats = np.clip(1000 * metres / WALK_MS / NEXT_GRID, FIX_EVERY_MS, STAY_MOST_MS)
        return stay


def walk_past(desk: Desk, walker: Walker, from_ms: int, now_ms: int) -> int:
    """Write the shifts from a moment up to now that the store does not know; return how many."""
    plan, zone, grids = desk.patrol, desk.calendar.zone, desk.grids
    with desk.store.read() as conn:
        last = walks.began(conn)
    shifts = [s for s in shifts_between(plan, zone, from_ms, now_ms) if last is None or s.from_ms > last]
    if not shifts:
        return 0
    if last is not None:
        with desk.store.begin(durable=False) as conn:
            walks.close(conn, grids, last, now_ms)
    with desk.store.read() as conn:
        before = walks.everything(conn)
    met, newest = np.full(len(grids.id), NEVER_MET), np.zeros(len(grids.id), np.int64)
    at = grids.places(before.area_id)
    met[at[at >= 0]], newest[at[at >= 0]] = before.met_ms[at >= 0], before.last_ms[at >= 0]
    every = np.arange(len(grids.id))
    before_ms, day = shifts[0].from_ms, -1
    for shift in shifts:
        inside, fixes, walked = walker.drawn(shift, min(now_ms, shift.to_ms))
        with desk.store.begin(durable=False) as conn:
            if shift.day != day:
                _log_all(conn, grids, before_ms, shift.from_ms, (newest, met))
            before_ms, day = shift.from_ms, shift.day
            _log_shift(conn, grids, shift, min(now_ms, shift.to_ms), (inside, fixes, walked))
            newest = np.maximum(newest, walked)
            if shift.to_ms > now_ms:
                _put_running(conn, grids, shift, (inside, fixes, newest, met))
                _log_all(conn, grids, shift.from_ms, now_ms, (newest, np.where(
                    grids.met(every, inside, fixes), shift.from_ms, met
                )))  # fmt: skip
                break
            _put_shift(conn, grids, shift, (inside, fixes, walked))
            met[grids.met(every, inside, fixes)] = shift.from_ms
            begin, end = periods(grids, plan, zone, shift)
            due = end == shift.to_ms
            rates = added_up(desk.tree, grids, due.astype(np.int64), (due & (met >= begin)).astype(np.int64))
            coverage.put_rollup(conn, ShiftKnown(shift.from_ms, shift.to_ms, 0, -1), *rates)
    return len(shifts)


def _put_shift(conn: Connection, grids: Grids, shift: Shift, columns: tuple[Longs, Longs, Longs]) -> None:
    row = {"shift_ms": shift.from_ms, "to_ms": shift.to_ms, "rev": 0, "counted": -1}
    bulk.insert(conn, table(CoverageShiftRow), {name: [value] for name, value in row.items()})
    inside, fixes, last = columns
    some = fixes > 0
    shift_blocks.add(conn, shift.from_ms, Walked(grids.id[some], inside[some], fixes[some], last[some]))


def _log_all(conn: Connection, grids: Grids, from_ms: int, at_ms: int, columns: tuple[Longs, Longs]) -> None:
    """All grids as of a moment, for the replay."""
    order = np.argsort(grids.id)
    some = order[columns[0][order] > 0]
    seq, _ = changes.newest(conn)
    of = walk_log.all_of(from_ms, at_ms, seq, grids.id[some], *(column[some] for column in columns))
    walk_log.write(conn, walk_log.WHOLE, of)


def _log_shift(
    conn: Connection, grids: Grids, shift: Shift, until_ms: int, columns: tuple[Longs, Longs, Longs]
) -> None:
    """What was walked in a shift, for the replay: as if the time inside had passed evenly up to the newest fix."""
    inside, fixes, last = columns
    order = np.argsort(grids.id)
    some = order[fixes[order] > 0]
    met = some[grids.met(some, inside[some], fixes[some])]
    known_ms = last.copy()
    known_ms[met] = shift.from_ms + (last[met] - shift.from_ms) * grids.need_ms[met] // np.maximum(inside[met], 1)
    first = np.maximum(np.minimum(last - inside, known_ms - grids.need_ms), shift.from_ms)
    seq, _ = changes.newest(conn)
    walk_log.write(conn, walk_log.SPAN, walk_log.Stretch(
        shift.from_ms, until_ms, seq, grids.id[some], first[some], first[some], last[some], last[some],
        grids.id[met], known_ms[met], np.full(len(met), shift.from_ms),
    ))  # fmt: skip


def _put_running(conn: Connection, grids: Grids, shift: Shift, columns: tuple[Longs, Longs, Longs, Longs]) -> None:
    """The shift that runs: from here on the simulator's units walk on."""
    row = {"shift_ms": shift.from_ms, "to_ms": shift.to_ms, "rev": 0, "counted": -1}
    bulk.insert(conn, table(CoverageShiftRow), {name: [value] for name, value in row.items()})
    inside, fixes, last, met = columns
    walks.put_all(conn, grids.id[last > 0], shift.from_ms, *(c[last > 0] for c in (inside, fixes, last, met)))


def walker_of(desk: Desk, stage: Stage, roster: Roster, seed: int) -> Walker:
    """Who draws the past of this city."""
    ids = {area.code: area.id for area in desk.tree.areas}
    place = desk.grids.places(np.array([ids[code] for code in stage.code.tolist()], np.int64))
    return Walker(stage, roster, desk, place, seed)
