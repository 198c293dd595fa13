"""The walk log 巡查日志: what was written to ``walk`` when, packed, so that coverage can be told as of any instant.

It is made from what the store has anyway: which change wrote which grids (``walk_change``), and how those grids are
now. A *piece* tells of some seconds. When its half hour is over, all pieces become one *span*. Every two hours a
*whole* holds all grids. Pieces and spans follow each other without a gap, by the numbers of changes: an instant is a
whole and the few rows after it. A whole that nothing leads up to begins at its own moment.

Of a grid that was written more than once in a row, the log knows the first and the last write; that a rule was met in
a piece counts from the last. Moments are those of changes: what a phone delivered late counts when it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import sqlalchemy as sa
import zstandard
from sqlalchemy.engine import Connection

from geodata.domain.coverage import MINUTE_MS, NEVER_MET, Grids, Longs
from geodata.store import changes, walks
from geodata.store.models_coverage import WalkLogRow

PIECE, SPAN, WHOLE = range(3)
LATE_MS = MINUTE_MS
"""A change bears the moment at which its writer began: it may be earlier than the end of the row before it."""
LEVEL = 3


class Mark(NamedTuple):
    """A row without its content."""

    kind: int
    to_ms: int
    from_ms: int
    seq: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was written from a moment up to another, the change ``seq`` included. Times in epoch ms.

    Of each grid, in the order of ``area_id``: the moments of its first and of its last write, when it was walked last
    as of the first (some part of a minute too early) and as of the last. Then that a rule was met: in which grid,
    known from which moment on, and the begin of the shift; by grid, and of a grid in the order of time.
    """

    from_ms: int
    to_ms: int
    seq: int
    area_id: Longs
    first_ms: Longs
    first_walk_ms: Longs
    last_ms: Longs
    walk_ms: Longs
    met_id: Longs
    met_at_ms: Longs
    met_ms: Longs

    def __len__(self) -> int:
        """How many grids it tells of."""
        return len(self.area_id)


@dataclass(slots=True)
class GridsThen:
    """All grids at an instant, by area id: when each was walked last (0: never), and the begin of the last shift in
    which its rule was met (NEVER_MET: none)."""

    walk_ms: Longs = field(default_factory=lambda: np.zeros(0, np.int64))
    met_ms: Longs = field(default_factory=lambda: np.zeros(0, np.int64))

    def take(self, of: Stretch, at_ms: int) -> None:
        """Take what was written up to a moment."""
        self.reach(max(of.area_id.max(initial=-1), of.met_id.max(initial=-1)) + 1)
        begun = of.first_ms <= at_ms
        ids = of.area_id[begun]
        walked = np.where(of.last_ms[begun] <= at_ms, of.walk_ms[begun], of.first_walk_ms[begun])
        self.walk_ms[ids] = np.maximum(self.walk_ms[ids], walked)
        known = of.met_at_ms <= at_ms
        np.maximum.at(self.met_ms, of.met_id[known], of.met_ms[known])

    def reach(self, n: int) -> None:
        """Have a place for each area id below ``n``."""
        more = int(n) - len(self.walk_ms)
        if more > 0:
            self.walk_ms = np.concatenate((self.walk_ms, np.zeros(more, np.int64)))
            self.met_ms = np.concatenate((self.met_ms, np.full(more, NEVER_MET)))


def since(conn: Connection, grids: Grids, last: Mark, to_ms: int) -> Stretch | None:
    """What was written after a row; None where that is not known any more (``walks.purge``)."""
    seq, _ = changes.newest(conn)
    if seq - last.seq > changes.FOLLOWED_MAX:
        return None
    ids, at_ms = walks.written(conn, last.seq)
    order = np.lexsort((at_ms, ids))
    area_id, first, n = np.unique(ids[order], return_index=True, return_counts=True)
    moments = at_ms[order]
    first_ms, last_ms = (moments[at] if len(moments) else moments for at in (first, first + n - 1))
    rows = walks.by_ids(conn, area_id)
    there = np.isin(area_id, rows.area_id)
    area_id, first_ms, last_ms = area_id[there], first_ms[there], last_ms[there]
    rows = walks.Walks(*(column[np.argsort(rows.area_id)] for column in rows))
    met_ms = walks.covered_in(grids, rows)
    met = met_ms != NEVER_MET
    return Stretch(
        last.to_ms, to_ms, seq, area_id, first_ms, _minutes_before(first_ms, rows.last_ms), last_ms, rows.last_ms,
        area_id[met], last_ms[met], met_ms[met],
    )  # fmt: skip


def whole(conn: Connection, grids: Grids, from_ms: int, to_ms: int) -> Stretch:
    """All grids as they are now."""
    rows = walks.everything(conn)
    rows = walks.Walks(*(column[np.argsort(rows.area_id)] for column in rows))
    seq, _ = changes.newest(conn)
    return all_of(from_ms, to_ms, seq, rows.area_id, rows.last_ms, walks.covered_in(grids, rows))


def all_of(from_ms: int, to_ms: int, seq: int, area_id: Longs, walk_ms: Longs, met_ms: Longs) -> Stretch:
    """Grids as of a moment, by when each was walked last and the shift in which its rule was met last."""
    then, met = np.full(len(area_id), to_ms), met_ms != NEVER_MET
    return Stretch(from_ms, to_ms, seq, area_id, then, then, then, walk_ms, area_id[met], then[met], met_ms[met])


def merged(pieces: Sequence[Stretch], before: GridsThen) -> Stretch:
    """One stretch of several that follow each other; ``before``: the grids as they were before the first."""

    def column(name: str) -> Longs:
        return np.concatenate([getattr(piece, name) for piece in pieces])

    ids = column("area_id")
    order = np.argsort(ids, kind="stable")
    area_id, first, n = np.unique(ids[order], return_index=True, return_counts=True)
    begin, end = order[first], order[first + n - 1]
    walk_ms = np.maximum.reduceat(column("walk_ms")[order], first) if len(first) else ids
    met_id, met_ms = column("met_id"), column("met_ms")
    order = np.argsort(met_id, kind="stable")
    met_id, met_ms, met_at_ms = met_id[order], met_ms[order], column("met_at_ms")[order]
    before.reach(met_id.max(initial=-1) + 1)
    same = np.diff(met_id, prepend=-1) == 0
    news = met_ms > np.where(same, np.roll(met_ms, 1), before.met_ms[met_id])
    return Stretch(
        pieces[0].from_ms, pieces[-1].to_ms, pieces[-1].seq, area_id, column("first_ms")[begin],
        column("first_walk_ms")[begin], column("last_ms")[end], walk_ms, met_id[news], met_at_ms[news], met_ms[news],
    )  # fmt: skip


def _minutes_before(moment_ms: Longs, walk_ms: Longs) -> Longs:
    """A whole number of minutes before these moments, not after the walks."""
    before: Longs = moment_ms + np.minimum(walk_ms - moment_ms, 0) // MINUTE_MS * MINUTE_MS
    return before


_MARKS = sa.select(*(getattr(WalkLogRow, name) for name in Mark._fields))


def newest(conn: Connection, *kinds: int) -> Mark | None:
    """The last row, or the last one of some kinds."""
    found: list[Mark] = []
    for kind in kinds or (PIECE, SPAN, WHOLE):
        its = _MARKS.where(WalkLogRow.kind == kind).order_by(WalkLogRow.to_ms.desc()).limit(1)
        found += [Mark(*row) for row in conn.execute(its)]
    return max(found, key=lambda mark: (mark.seq, mark.to_ms), default=None)


def pieces(conn: Connection) -> list[Mark]:
    """The pieces since the last whole that no span has taken the place of, the oldest first."""
    last = newest(conn, WHOLE)
    asked = _MARKS.where(WalkLogRow.kind == PIECE, WalkLogRow.to_ms > (last.to_ms if last is not None else 0))
    return [Mark(*row) for row in conn.execute(asked.order_by(WalkLogRow.to_ms))]


def leading_to(conn: Connection, at_ms: int) -> list[Mark]:
    """The rows of which an instant is made: a whole and what was written after it; none where it is not known.

    The last of them may be older than the instant: what was written since is not in the log yet (``since``).
    """
    wholes = _MARKS.where(WalkLogRow.kind == WHOLE)
    before = conn.execute(wholes.where(WalkLogRow.to_ms <= at_ms).order_by(WalkLogRow.to_ms.desc()).limit(1)).first()
    if before is None:
        return []
    begin = Mark(*before)
    later = wholes.order_by(WalkLogRow.to_ms).limit(1)
    beyond = conn.execute(later.where(WalkLogRow.to_ms > at_ms + LATE_MS)).first()
    asked = _MARKS.where(WalkLogRow.kind.in_((PIECE, SPAN)), WalkLogRow.to_ms > begin.to_ms)
    if beyond is not None:
        asked = asked.where(WalkLogRow.to_ms <= Mark(*beyond).to_ms)
    rows = [begin, *(Mark(*row) for row in conn.execute(asked.order_by(WalkLogRow.to_ms)))]
    after = conn.execute(later.where(WalkLogRow.to_ms > at_ms)).first()
    if after is not None and after.from_ms == after.to_ms:  # nothing leads up to it
        rows = [mark for mark in rows if mark.to_ms < after.to_ms]
        if at_ms > rows[-1].to_ms:
            return []
    return [mark for mark in rows if mark.from_ms <= at_ms + LATE_MS or mark is begin]


def at(conn: Connection, rows: Sequence[Mark], at_ms: int) -> GridsThen:
    """The grids at an instant, of the rows that lead to it."""
    then = GridsThen()
    for mark in rows:
        then.take(load(conn, mark), at_ms)
    return then


def load(conn: Connection, mark: Mark) -> Stretch:
    """The content of a row."""
    its = sa.select(WalkLogRow.packed).where(WalkLogRow.kind == mark.kind, WalkLogRow.to_ms == mark.to_ms)
    return unpacked(conn.execute(its).scalar_one(), mark)


def write(conn: Connection, kind: int, of: Stretch) -> None:
    """Add a row; a span takes the place of the pieces of its time."""
    if kind == SPAN:
        its = WalkLogRow.to_ms > of.from_ms, WalkLogRow.to_ms <= of.to_ms
        conn.execute(sa.delete(WalkLogRow).where(WalkLogRow.kind == PIECE, *its))
    row = {"kind": kind, "to_ms": of.to_ms, "from_ms": of.from_ms, "seq": of.seq, "packed": packed(of)}
    conn.execute(sa.insert(WalkLogRow), [row])


def drop(conn: Connection, from_ms: int) -> None:
    """Take back every row that ends at a moment or later."""
    conn.execute(sa.delete(WalkLogRow).where(WalkLogRow.to_ms >= from_ms))


def known_since(conn: Connection) -> int | None:
    """From when on it is known what had been walked; None while nothing is."""
    first = sa.select(sa.func.min(WalkLogRow.to_ms)).where(WalkLogRow.kind == WHOLE)
    found: int | None = conn.execute(first).scalar()
    return found


def purge(conn: Connection, before_ms: int) -> int:
    """Forget what no instant after a moment is made of; return how many rows."""
    of = sa.select(sa.func.max(WalkLogRow.to_ms)).where(WalkLogRow.kind == WHOLE, WalkLogRow.to_ms <= before_ms)
    begin = conn.execute(of).scalar()
    if begin is None:
        return 0
    return conn.execute(sa.delete(WalkLogRow).where(WalkLogRow.to_ms < begin)).rowcount


def packed(of: Stretch) -> bytes:
    """A stretch as bytes: a line of JSON with the kind, the length and the base of each column, then the columns."""
    shifts, shift = np.unique(of.met_ms, return_inverse=True)
    # A change writes a hundred grids: its number among those that are told of needs fewer bytes than its moment.
    moments, which = np.unique(np.concatenate((of.first_ms, of.last_ms, of.met_at_ms)), return_inverse=True)
    first, last, met_at = np.split(which, (len(of), 2 * len(of)))
    columns = (
        np.diff(of.area_id, prepend=0), first, (of.first_ms - of.first_walk_ms) // MINUTE_MS, last - first,
        of.last_ms - of.walk_ms, np.diff(of.met_id, prepend=0), met_at, shift, shifts,
        np.diff(moments, prepend=of.from_ms),
    )  # fmt: skip
    told = [_narrow(column) for column in columns]
    head = orjson.dumps([(narrow.dtype.str, len(narrow), base) for narrow, base in told])
    # Byte by byte of all numbers: what is alike stands together.
    body = b"".join(narrow.view(np.uint8).reshape(len(narrow), narrow.itemsize).T.tobytes() for narrow, _ in told)
    return zstandard.ZstdCompressor(LEVEL).compress(head + b"\n" + body)


def unpacked(data: bytes, mark: Mark) -> Stretch:
    """The stretch in these bytes."""
    raw = zstandard.ZstdDecompressor().decompress(data)
    at = raw.index(b"\n") + 1
    columns: list[Longs] = []
    for kind, n, base in orjson.loads(raw[: at - 1]):
        width = np.dtype(kind).itemsize
        planes = np.frombuffer(raw, np.uint8, n * width, at).reshape(width, n)
        columns.append(np.ascontiguousarray(planes.T).view(kind).reshape(n).astype(np.int64) + base)
        at += n * width
    ids, first, before, on, walk, met_id, met_at, shift, shifts, steps = columns
    moments = np.cumsum(steps) + mark.from_ms
    first_ms, last_ms = moments[first], moments[first + on]
    return Stretch(
        mark.from_ms, mark.to_ms, mark.seq, np.cumsum(ids), first_ms, first_ms - before * MINUTE_MS, last_ms,
        last_ms - walk, np.cumsum(met_id), moments[met_at], shifts[shift],
    )  # fmt: skip


def _narrow(column: Longs) -> tuple[npt.NDArray[np.unsignedinteger], int]:
    """A column in as few bytes as its values need, and what to add to them."""
    base = int(column.min()) if len(column) else 0
    most = int(column.max()) - base if len(column) else 0
    kind = next(kind for kind in ("<u1", "<u2", "<u4", "<u8") if most <= np.iinfo(kind).max)
    return (column - base).astype(kind), base
