"""Shifts that are over, grid by grid, packed: 66,000 rows for each of ninety shifts would be a gigabyte of index.

A block is ``BLOCK`` grids whose ids follow each other; of each it holds ms inside, fixes, and when the newest was, in
ms after the shift's begin. A grid that nobody walked has no fix. Numbers end at 2³¹ − 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.coverage import Longs, Walked
from geodata.store import bulk
from geodata.store.lists import parts
from geodata.store.models import table
from geodata.store.models_coverage import CoverageRow

BLOCK = 256
_MOST = 2**31 - 1


def add(conn: Connection, shift_ms: int, some: Walked) -> None:
    """Add to what is kept of a shift; of each grid the newest fix counts."""
    blocks, at = np.unique(some.area_id // BLOCK, return_inverse=True)
    if not len(blocks):
        return
    kept = np.zeros((len(blocks), BLOCK, 3), np.int64)
    for block, packed in _rows(conn, shift_ms, blocks.tolist()):
        kept[np.searchsorted(blocks, block)] = _unpacked(packed)
    place = some.area_id % BLOCK
    newer = np.where(kept[at, place, 1] + kept[at, place, 0] > 0, kept[at, place, 2], -_MOST)
    kept[at, place, 0] += some.inside_ms
    kept[at, place, 1] += some.fixes
    kept[at, place, 2] = np.maximum(newer, some.last_ms - shift_ms)
    for numbers in parts(blocks.tolist()):
        these = CoverageRow.shift_ms == shift_ms, CoverageRow.block.in_(numbers)
        conn.execute(sa.delete(CoverageRow).where(*these))
    packed_all = np.minimum(kept, _MOST).astype("<i4")
    bulk.insert(conn, table(CoverageRow), {
        "shift_ms": [shift_ms] * len(blocks), "block": blocks.tolist(), "packed": [one.tobytes() for one in packed_all],
    })  # fmt: skip


def of_shift(conn: Connection, shift_ms: int, area_ids: Longs | None = None) -> Walked:
    """What was walked in a shift that is over: of all grids that were, or of some."""
    wanted = None if area_ids is None else np.unique(area_ids // BLOCK).tolist()
    ids, parts = [np.zeros(0, np.int64)], [np.zeros((0, 3), np.int64)]
    for block, packed in _rows(conn, shift_ms, wanted):
        one = _unpacked(packed)
        there = np.flatnonzero(one[:, 0] + one[:, 1] > 0)
        ids.append(block * BLOCK + there)
        parts.append(one[there])
    found, columns = np.concatenate(ids), np.concatenate(parts)
    if area_ids is not None:
        mine = np.isin(found, area_ids)
        found, columns = found[mine], columns[mine]
    return Walked(found, columns[:, 0], columns[:, 1], columns[:, 2] + shift_ms)


def take(conn: Connection, from_ms: int) -> Walked:
    """Take out what is kept of the shifts that begin at a moment or later: grid by grid of each of them."""
    asked = sa.select(CoverageRow.shift_ms).where(CoverageRow.shift_ms >= from_ms).distinct()
    each = [of_shift(conn, int(shift_ms)) for shift_ms in conn.execute(asked).scalars().all()]
    conn.execute(sa.delete(CoverageRow).where(CoverageRow.shift_ms >= from_ms))
    none = [np.zeros((4, 0), np.int64)]
    return Walked(*np.concatenate([*none, *(np.stack(one) for one in each)], axis=1))


def of_grid(conn: Connection, area_id: int, begins: Sequence[int]) -> dict[int, tuple[int, int]]:
    """(ms inside, fixes) of one grid by the begin of each of these shifts that are over and in which it was walked."""
    asked = sa.select(CoverageRow.shift_ms, CoverageRow.packed).where(
        CoverageRow.shift_ms.in_(begins), CoverageRow.block == area_id // BLOCK
    )
    found = {}
    for shift_ms, packed in conn.execute(asked):
        inside, fixes, _ = np.frombuffer(packed, "<i4").reshape(BLOCK, 3)[area_id % BLOCK].tolist()
        if inside or fixes:
            found[int(shift_ms)] = (inside, fixes)
    return found


def purge(conn: Connection, before_ms: int) -> int:
    """Forget the shifts that began before a moment; return how many blocks."""
    return conn.execute(sa.delete(CoverageRow).where(CoverageRow.shift_ms < before_ms)).rowcount


def _rows(conn: Connection, shift_ms: int, blocks: Sequence[int] | None) -> list[tuple[int, bytes]]:
    asked = sa.select(CoverageRow.block, CoverageRow.packed).where(CoverageRow.shift_ms == shift_ms)
    if blocks is None:
        return [(int(block), packed) for block, packed in conn.execute(asked)]
    found: list[tuple[int, bytes]] = []
    for some in parts(blocks):
        rows = conn.execute(asked.where(CoverageRow.block.in_(some)))
        found += [(int(block), packed) for block, packed in rows]
    return found


def _unpacked(packed: bytes) -> Longs:
    return np.frombuffer(packed, "<i4").reshape(BLOCK, 3).astype(np.int64)
