"""Covering 巡查覆盖: the roll-up of each shift that is over, and the coverage of an area shift by shift."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from geodata.domain.areas import AreaTree
from geodata.domain.coverage import (
    AGAIN_DAYS,
    DAYS_MAX,
    MINUTE_MS,
    NEVER_MET,
    Grids,
    Longs,
    Shift,
    day_of,
    periods,
    shift_at,
)
from geodata.domain.roles import Role
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.looking import area_of
from geodata.store import accounts, coverage, shift_blocks, walks
from geodata.store.coverage import ShiftKnown
from geodata.store.engine import Connection

LATE_MS = 20 * 60_000
"""So long after its end a shift is counted: phones that had no network have sent most by then."""
SILENT_MS = 2 * MINUTE_MS
"""A unit that sent nothing for so long does not end its stay itself."""
DAY_MS = 86_400_000
ANSWERING = (Role.SHIFT_LEADER.value, Role.DUTY_OFFICER.value, Role.CENTRE_HEAD.value)
"""Who answers for an area, the first of them that is there."""
MayWrite = Callable[[Connection], bool]


class ShiftRate(NamedTuple):
    """The coverage of an area in a shift, from < end in epoch ms. ``due`` None: nothing is known of that shift yet."""

    from_ms: int
    to_ms: int
    due: int | None
    covered: int


def count_shifts(desk: Desk, may_write: MayWrite, now_ms: int) -> int:
    """Begin the shift that runs, where nobody has moved in it yet, and count those that are over; return how many.

    What units walked that fell silent meanwhile is settled. A shift is read on one snapshot and written in another
    transaction: what comes late in between has raised its number (``rev``), and it is counted once more.
    """
    shift = shift_at(desk.patrol, desk.calendar.zone, now_ms)
    with desk.store.read() as conn:
        last = walks.began(conn)
        pending = coverage.uncounted(conn, now_ms - LATE_MS, now_ms - AGAIN_DAYS * DAY_MS)
        silent = walks.unsettled(conn, now_ms - SILENT_MS)
        outdated = walks.outdated(conn)
    if last is None:  # no position has ever come: there is nothing to say
        return 0
    if last < shift.from_ms or walks.is_ahead(last, now_ms) or silent or outdated:
        with desk.store.begin() as conn:
            if may_write(conn):
                walks.turn(conn, desk.grids, shift, walks.began(conn), now_ms)
                walks.settle(conn, now_ms, now_ms - SILENT_MS)
                walks.purge(conn)
    done = 0
    for one in pending:
        with desk.store.read() as conn:
            due, covered = counted(conn, desk, one)
        area_id, whole_due, whole_covered = added_up(desk.tree, desk.grids, due, covered)
        with desk.store.begin() as conn:
            if not may_write(conn):
                return done
            coverage.put_rollup(conn, one, area_id, whole_due, whole_covered)
        done += 1
    return done


def counted(conn: Connection, desk: Desk, shift: ShiftKnown) -> tuple[Longs, Longs]:
    """(due, covered) of each grid in a shift that is over, 0 or 1, counted from what was kept of its period."""
    grids, zone = desk.grids, desk.calendar.zone
    begin, end = periods(grids, desk.patrol, zone, _shift(desk, shift))
    last_met = np.full(len(grids.id), NEVER_MET)
    for earlier in coverage.known(conn, int(begin.min()), shift.from_ms + 1):
        rows = shift_blocks.of_shift(conn, earlier.from_ms)
        at = grids.places(rows.area_id)
        last_met[at[grids.met(at, rows.inside_ms, rows.fixes)]] = earlier.from_ms
    due = end == shift.to_ms
    return due.astype(np.int64), (due & (last_met >= begin)).astype(np.int64)


def coverage_of(desk: Desk, actor: Actor, area: str, low_ms: int, high_ms: int) -> list[ShiftRate]:
    """The coverage of an area in each shift that began in [low, high) and is over, the oldest first.

    Raises NotAllowedError, NotThereError.
    """
    o = area_of(actor, desk.tree, area)
    with desk.store.read() as conn:
        if desk.tree.is_leaf(o):
            return _of_grid(conn, desk, o, low_ms, high_ms)
        found = coverage.rates(conn, desk.tree.areas[o].id, low_ms, high_ms)
        return [
            ShiftRate(s.from_ms, s.to_ms, *(found.get(s.from_ms, (0, 0)) if s.counted >= 0 else (None, 0)))
            for s in coverage.known(conn, low_ms, high_ms)[: None if _over(conn, high_ms) else -1]
        ]


def _over(conn: Connection, high_ms: int) -> bool:
    """Whether the last shift before a moment is not the one that runs."""
    last = walks.began(conn)
    return last is None or last >= high_ms


def _of_grid(conn: Connection, desk: Desk, o: int, low_ms: int, high_ms: int) -> list[ShiftRate]:
    grids = one_grid(desk.grids, o)
    shifts = coverage.known(conn, low_ms - DAYS_MAX * DAY_MS, high_ms)[: None if _over(conn, high_ms) else -1]
    walked = shift_blocks.of_grid(conn, int(grids.id[0]), [s.from_ms for s in shifts])
    last_met, told = NEVER_MET, []
    for shift in shifts:
        inside, fixes = walked.get(shift.from_ms, (0, 0))
        if inside >= grids.need_ms[0] and fixes >= grids.need_fixes[0]:
            last_met = shift.from_ms
        begin, end = periods(grids, desk.patrol, desk.calendar.zone, _shift(desk, shift))
        due = int(end[0] == shift.to_ms)
        told.append(ShiftRate(shift.from_ms, shift.to_ms, due, int(due and last_met >= begin[0])))
    return [rate for rate in told if rate.from_ms >= low_ms]


def answering_role(desk: Desk, actor: Actor, area: str) -> tuple[str, int] | None:
    """(role, ordinal of its area) of who answers for an area: the post nearest above it; never a person's name.

    Raises NotAllowedError, NotThereError.
    """
    tree = desk.tree
    chain = tree.chain(area_of(actor, tree, area))
    with desk.store.read() as conn:
        posts = accounts.in_roles(conn, ANSWERING)
    for o in reversed(chain):
        here = {role for roles, areas in posts for role in roles if tree.areas[o].code in areas}
        if found := next((role for role in ANSWERING if role in here), None):
            return found, o
    return None


def one_grid(grids: Grids, o: int) -> Grids:
    """The same of one grid, by its ordinal."""
    at = np.flatnonzero(grids.o == o)
    return Grids(grids.o[at], grids.id[at], grids.every[at], grids.need_ms[at], grids.need_fixes[at], grids.table)


def _shift(desk: Desk, shift: ShiftKnown) -> Shift:
    return Shift(shift.from_ms, shift.to_ms, day_of(desk.calendar.zone, shift.from_ms))


def added_up(tree: AreaTree, grids: Grids, due: Longs, covered: Longs) -> tuple[Longs, Longs, Longs]:
    """(area id, due, covered) of every area that has children: what its grids are, summed over its ordinals."""
    sums = []
    for column in (due, covered):
        at = np.zeros(len(tree) + 1, np.int64)
        at[grids.o + 1] = column
        running = np.cumsum(at)
        sums.append(running[tree.end] - running[:-1])
    inner = np.flatnonzero(tree.end > np.arange(len(tree)) + 1)
    ids = np.array([tree.areas[i].id for i in inner.tolist()], np.int64)
    return ids, sums[0][inner], sums[1][inner]
