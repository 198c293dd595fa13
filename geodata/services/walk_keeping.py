"""Keeping the walk log 巡查日志: what was walked when, piece by piece, so that coverage can be replayed.

Nothing is held in memory and the positions write nothing for it: any process goes on where the last row ends.
"""

from __future__ import annotations

from collections.abc import Callable

from geodata.services.desk import Desk
from geodata.store import changes, walk_log
from geodata.store.engine import Connection
from geodata.store.walk_log import LATE_MS, PIECE, SPAN, WHOLE, Mark, Stretch

SPAN_MS = 1_800_000
"""Shorter than an hour: what was walked in it at all is "< 1 h" ago throughout, though only its first and last walk of
a grid are known."""
WHOLE_MS = 4 * SPAN_MS
MayWrite = Callable[[Connection], bool]


def keep_walks(desk: Desk, may_write: MayWrite, before_ms: int, now_ms: int) -> int:
    """Write what was walked since the last row; return how many rows. A log that ends before ``before_ms``, or further
    back than changes are followed from, begins anew: of what lies between nothing is known. So does one that ends in
    the future: the clock had leapt forward and was set right, and what it dated there is dropped."""
    with desk.store.read() as conn:
        last = walk_log.newest(conn)
        leapt = last is not None and last.to_ms > now_ms + LATE_MS
        if last is not None and not leapt and now_ms <= last.to_ms:
            return 0
        known = last is not None and before_ms <= last.to_ms < now_ms
        fresh = walk_log.since(conn, desk.grids, last, now_ms) if last is not None and known else None
        if last is None or fresh is None:
            rows = [(WHOLE, walk_log.whole(conn, desk.grids, now_ms, now_ms))]
        else:
            rows = _rows(conn, desk, fresh, is_due=_is_half_lost(last, fresh, before_ms))
    if not rows:
        return 0
    with desk.store.begin(durable=False) as conn:
        if not may_write(conn) or walk_log.newest(conn) != last:
            return 0
        if leapt:
            walk_log.drop(conn, now_ms)
        for kind, of in rows:
            walk_log.write(conn, kind, of)
    return len(rows)


def _is_half_lost(last: Mark, fresh: Stretch, before_ms: int) -> bool:
    """Whether a row is due although nothing was walked, before nobody can tell any more that nothing was."""
    return fresh.seq - last.seq > changes.FOLLOWED_MAX // 2 or 2 * last.to_ms < before_ms + fresh.to_ms


def _rows(conn: Connection, desk: Desk, fresh: Stretch, *, is_due: bool) -> list[tuple[int, Stretch]]:
    """A piece; or a span of all pieces where their half hour is over, and a whole where it is time for one. None where
    nothing was walked, unless one is due."""
    marks, now_ms = walk_log.pieces(conn), fresh.to_ms
    begun = marks[0].from_ms if marks else fresh.from_ms
    if begun // SPAN_MS == now_ms // SPAN_MS:
        return [(PIECE, fresh)] if len(fresh) or is_due else []
    some = [walk_log.load(conn, mark) for mark in marks]
    if len(fresh) or is_due or not marks:
        some.append(fresh)
    if not is_due and not any(map(len, some)):
        return []
    before = walk_log.at(conn, walk_log.leading_to(conn, begun), begun)
    rows = [(SPAN, walk_log.merged(some, before))]
    whole = walk_log.newest(conn, WHOLE)
    if whole is None or now_ms - whole.to_ms >= WHOLE_MS:
        rows.append((WHOLE, walk_log.whole(conn, desk.grids, fresh.from_ms, now_ms)))
    return rows
