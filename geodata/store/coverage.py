"""Coverage of shifts that are over: which are known, and the roll-up of each per area."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.coverage import Longs
from geodata.store import bulk, shift_blocks
from geodata.store.models import table
from geodata.store.models_coverage import CoverageRollupRow, CoverageShiftRow


class ShiftKnown(NamedTuple):
    """A shift that has begun, from < end in epoch ms; ``counted`` where its roll-up is of its ``rev``."""

    from_ms: int
    to_ms: int
    rev: int
    counted: int


_KNOWN = sa.select(CoverageShiftRow.shift_ms, CoverageShiftRow.to_ms, CoverageShiftRow.rev, CoverageShiftRow.counted)


def known(conn: Connection, low_ms: int, high_ms: int) -> list[ShiftKnown]:
    """The shifts that began in [low, high), the oldest first."""
    asked = _KNOWN.where(CoverageShiftRow.shift_ms >= low_ms, CoverageShiftRow.shift_ms < high_ms)
    return [ShiftKnown(*row) for row in conn.execute(asked.order_by(CoverageShiftRow.shift_ms))]


def uncounted(conn: Connection, ended_before_ms: int, again_from_ms: int) -> list[ShiftKnown]:
    """The shifts that ended before a moment and have no roll-up, or, of those that began at ``again_from_ms`` or later,
    one that is no longer true; the oldest first."""
    row = CoverageShiftRow
    again = sa.or_(row.counted < 0, row.shift_ms >= again_from_ms)
    asked = _KNOWN.where(row.counted != row.rev, row.to_ms < ended_before_ms, again)
    return [ShiftKnown(*row) for row in conn.execute(asked.order_by(CoverageShiftRow.shift_ms))]


def put_rollup(conn: Connection, shift: ShiftKnown, area_id: Longs, due: Longs, covered: Longs) -> None:
    """Write the roll-up of a shift in place of what there was; areas where nothing was due have no row."""
    conn.execute(sa.delete(CoverageRollupRow).where(CoverageRollupRow.shift_ms == shift.from_ms))
    some = due > 0
    bulk.insert(conn, table(CoverageRollupRow), {
        "area_id": area_id[some], "shift_ms": np.full(int(some.sum()), shift.from_ms), "due": due[some],
        "covered": covered[some],
    })  # fmt: skip
    its = CoverageShiftRow.shift_ms == shift.from_ms
    conn.execute(sa.update(CoverageShiftRow).where(its).values(counted=shift.rev))


def drop(conn: Connection, from_ms: int) -> None:
    """Forget that shifts began that begin at a moment or later; what was walked in them is left."""
    conn.execute(sa.delete(CoverageRollupRow).where(CoverageRollupRow.shift_ms >= from_ms))
    conn.execute(sa.delete(CoverageShiftRow).where(CoverageShiftRow.shift_ms >= from_ms))


def uncount(conn: Connection, shift_ms: int) -> None:
    """A shift that was counted runs on."""
    conn.execute(sa.delete(CoverageRollupRow).where(CoverageRollupRow.shift_ms == shift_ms))
    conn.execute(sa.update(CoverageShiftRow).where(CoverageShiftRow.shift_ms == shift_ms).values(counted=-1))


def rates(conn: Connection, area_id: int, low_ms: int, high_ms: int) -> dict[int, tuple[int, int]]:
    """(due, covered) of an area that has children, by the begin of each shift in [low, high) that was counted."""
    asked = sa.select(CoverageRollupRow.shift_ms, CoverageRollupRow.due, CoverageRollupRow.covered).where(
        CoverageRollupRow.area_id == area_id, CoverageRollupRow.shift_ms >= low_ms,
        CoverageRollupRow.shift_ms < high_ms,
    )  # fmt: skip
    return {int(ms): (int(due), int(covered)) for ms, due, covered in conn.execute(asked)}


def purge(conn: Connection, grids_before_ms: int, rates_before_ms: int) -> int:
    """Forget single grids, and the roll-ups of areas, of shifts before a moment; return how many rows."""
    gone = shift_blocks.purge(conn, grids_before_ms)
    old = sa.select(CoverageShiftRow.shift_ms).where(CoverageShiftRow.shift_ms < rates_before_ms)
    if conn.execute(old.limit(1)).first() is not None:
        gone += conn.execute(sa.delete(CoverageRollupRow).where(CoverageRollupRow.shift_ms < rates_before_ms)).rowcount
        conn.execute(sa.delete(CoverageShiftRow).where(CoverageShiftRow.shift_ms < rates_before_ms))
    return gone
