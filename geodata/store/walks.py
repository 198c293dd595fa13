"""Walks: when which grid was walked, and for how long in the shift that runs; shifts that are over, grid by grid.

``walk`` has one row per grid. The first writer of a new shift copies what the shift before left there to ``coverage``,
in its own transaction: whatever stops or starts meanwhile, each fix counts once, in the shift in which it was made.
What a unit walks in its grid waits in the unit's row (``domain.stays``) and is always of the shift that ``walk`` is of:
it is settled before another one begins, when the unit signs off, and when it falls silent.

``walk_change`` names the grids that a change wrote, for whoever follows: an index of ``walk`` by change would be
written grid by grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.alerts import MACHINE
from geodata.domain.coverage import MINUTE_MS, NEVER_MET, Grids, Longs, Shift, Walked
from geodata.store import bulk, changes, coverage, shift_blocks
from geodata.store.lists import parts
from geodata.store.models import ChangeRow, UnitRow, table
from geodata.store.models_coverage import CoverageShiftRow, WalkChangeRow, WalkRow

_ON = 'CASE WHEN "walk"."shift_ms" = excluded."shift_ms" THEN "walk"."{0}" ELSE 0 END + excluded."{0}"'
_LATER = 'CASE WHEN excluded."last_ms" > "{0}"."last_ms" THEN excluded."last_ms" ELSE "{0}"."last_ms" END'
_MERGE_WALK = (
    f'"inside_ms" = {_ON.format("inside_ms")}, "fixes" = {_ON.format("fixes")}, '
    f'"last_ms" = {_LATER.format("walk")}, "shift_ms" = excluded."shift_ms"'
)
_MERGE_LATE = f'"last_ms" = {_LATER.format("walk")}'


class Walks(NamedTuple):
    """Rows of WalkRow as columns."""

    area_id: Longs
    shift_ms: Longs
    inside_ms: Longs
    fixes: Longs
    last_ms: Longs
    met_ms: Longs


_WALKS = sa.select(*(getattr(WalkRow, name) for name in Walks._fields))
_PACKED = "<i4"
NO_WALKS = Walks(*[np.zeros(0, np.int64)] * 6)


def everything(conn: Connection) -> Walks:
    """Every grid that was ever walked."""
    return _columns(conn.execute(_WALKS).all())


def after(conn: Connection, seq: int) -> Walks:
    """The grids that were walked with a change later than ``seq``, each once, as they are now.

    Of changes that are further back than ``changes.FOLLOWED_MAX`` this is not known (``purge``).
    """
    told = conn.execute(sa.select(WalkChangeRow.packed).where(WalkChangeRow.seq > seq)).scalars().all()
    return by_ids(conn, np.unique(np.frombuffer(b"".join(told), _PACKED)))


def written(conn: Connection, seq: int) -> tuple[Longs, Longs]:
    """(area, moment of the change) of every write after a change: a grid once for each change that wrote it."""
    of = sa.select(WalkChangeRow.packed, ChangeRow.at_ms).join(ChangeRow, ChangeRow.seq == WalkChangeRow.seq)
    told = conn.execute(of.where(WalkChangeRow.seq > seq)).all()
    ids = np.frombuffer(b"".join(packed for packed, _ in told), _PACKED).astype(np.int64)
    each = np.array([len(packed) for packed, _ in told], np.int64) // np.dtype(_PACKED).itemsize
    return ids, np.repeat(np.array([at_ms for _, at_ms in told], np.int64), each)


def by_ids(conn: Connection, area_ids: npt.NDArray[np.integer]) -> Walks:
    """These grids as they are now, those of them that were ever walked."""
    ids = area_ids.tolist()
    rows: list[sa.Row[tuple[int, ...]]] = []
    for some in parts(ids):
        rows += conn.execute(_WALKS.where(WalkRow.area_id.in_(some))).all()
    return _columns(rows)


def covered_in(grids: Grids, rows: Walks) -> Longs:
    """The begin of the last shift in which each of these rows' rule was met, NEVER_MET without any."""
    met = grids.met(grids.places(rows.area_id), rows.inside_ms, rows.fixes)
    return np.where(met, np.maximum(rows.shift_ms, rows.met_ms), rows.met_ms)


def outdated(conn: Connection) -> bool:
    """Whether something is kept of changes from which nobody follows any more."""
    return conn.execute(sa.select(WalkChangeRow.seq).where(_unfollowed(conn)).limit(1)).first() is not None


def purge(conn: Connection) -> None:
    """Forget which grids were written by changes from which nobody follows any more."""
    conn.execute(sa.delete(WalkChangeRow).where(_unfollowed(conn)))


def forget(conn: Connection, before_ms: int) -> None:
    """Forget which grids were written by changes before a moment."""
    of = sa.select(WalkChangeRow.seq).join(ChangeRow, ChangeRow.seq == WalkChangeRow.seq)
    old = of.where(ChangeRow.at_ms < before_ms)
    first = of.add_columns(ChangeRow.at_ms).order_by(WalkChangeRow.seq).limit(1)
    oldest = conn.execute(first).first()
    if oldest is not None and oldest.at_ms < before_ms:
        conn.execute(sa.delete(WalkChangeRow).where(WalkChangeRow.seq.in_(old)))


def _unfollowed(conn: Connection) -> sa.ColumnElement[bool]:
    return WalkChangeRow.seq <= changes.newest(conn)[0] - changes.FOLLOWED_MAX


def _columns(rows: Sequence[sa.Row[tuple[int, ...]]]) -> Walks:
    flat = np.array([tuple(row) for row in rows], np.int64).reshape(-1, len(Walks._fields))
    return Walks(*np.ascontiguousarray(flat.T))


LEAPT_MS = 5 * MINUTE_MS
"""A shift that begins so much later than now was begun by a clock that had leapt forward; those of several machines
differ by seconds."""
_BEGAN = 'SELECT max("shift_ms") FROM "coverage_shift"'


def began(conn: Connection) -> int | None:
    """The begin of the shift to which the rows of ``walk`` have been brought; None before the first."""
    found: int | None = conn.exec_driver_sql(_BEGAN).scalar_one()
    return found


def is_ahead(last: int, at_ms: int) -> bool:
    """Whether the shift that was begun last is one of the future."""
    return last > at_ms + LEAPT_MS


def turn(conn: Connection, grids: Grids, shift: Shift, last: int | None, at_ms: int) -> int:
    """Begin a shift, where it has not begun: what the one before, ``last``, left is kept. Returns the begin of the
    shift that runs, which is a later one where the city's plan was changed while it ran."""
    if last is not None and is_ahead(last, at_ms):
        return _turn_back(conn, grids, shift, last, at_ms)
    if last is not None and last >= shift.from_ms:
        return last
    if last is not None:
        close(conn, grids, last, at_ms)
    return _begin(conn, shift)


def _begin(conn: Connection, shift: Shift) -> int:
    row = {"shift_ms": shift.from_ms, "to_ms": shift.to_ms, "rev": 0, "counted": -1}
    conn.execute(sa.insert(CoverageShiftRow), [row])
    return shift.from_ms


def _turn_back(conn: Connection, grids: Grids, shift: Shift, last: int, at_ms: int) -> int:
    """Drop the shifts of the future, ``last`` the latest of them: what was walked in them was walked in the one that
    runs, which goes on where it was closed."""
    close(conn, grids, last, at_ms)
    coverage.drop(conn, shift.to_ms)
    current = began(conn)
    if current is None or current < shift.from_ms:
        current = _begin(conn, shift)
    coverage.uncount(conn, current)
    walked = Walked.summed(*shift_blocks.take(conn, current))
    walked = walked._replace(last_ms=np.minimum(walked.last_ms, at_ms))
    rows = by_ids(conn, walked.area_id)
    met = dict(zip(rows.area_id.tolist(), rows.met_ms.tolist(), strict=True))
    met_ms = [min(met.get(area, NEVER_MET), current) for area in walked.area_id.tolist()]
    for some in parts(walked.area_id.tolist()):
        conn.execute(sa.delete(WalkRow).where(WalkRow.area_id.in_(some)))
    _put(conn, current, walked, np.array(met_ms, np.int64))
    seq = changes.append(conn, at_ms=at_ms, kind="positions", subject_id=0, action="settle", actor=MACHINE)
    _tell(conn, seq, walked.area_id)
    return current


def close(conn: Connection, grids: Grids, shift_ms: int, at_ms: int) -> None:
    """Keep what a shift left, once: before another one begins."""
    settle(conn, at_ms)
    left = _columns(conn.execute(_WALKS.where(WalkRow.shift_ms == shift_ms)).all())
    shift_blocks.add(conn, shift_ms, Walked(left.area_id, left.inside_ms, left.fixes, left.last_ms))
    met = grids.met(grids.places(left.area_id), left.inside_ms, left.fixes)
    bulk.update(conn, table(WalkRow), "area_id", {"area_id": left.area_id[met], "met_ms": left.shift_ms[met]})


_STAYS = sa.select(UnitRow.area_id, UnitRow.stay_ms, UnitRow.stay_fixes, UnitRow.fix_ms).where(UnitRow.stay_fixes > 0)


def unsettled(conn: Connection, before_ms: int) -> bool:
    """Whether a unit that sent nothing since a moment has a stay that no grid has yet."""
    return conn.execute(_STAYS.where(UnitRow.received_ms < before_ms).limit(1)).first() is not None


def settle(conn: Connection, at_ms: int, before_ms: int | None = None) -> None:
    """Count the stays of all units, or of those that sent nothing since a moment, as a change of their own."""
    silent = [] if before_ms is None else [UnitRow.received_ms < before_ms]
    stays = conn.execute(_STAYS.where(*silent)).all()
    if not stays:
        return
    conn.execute(sa.update(UnitRow).where(UnitRow.stay_fixes > 0, *silent).values(stay_ms=0, stay_fixes=0))
    seq = changes.append(conn, at_ms=at_ms, kind="positions", subject_id=0, action="settle", actor=MACHINE)
    add_stays(conn, [tuple(row) for row in stays], seq)


def add_stays(conn: Connection, stays: Sequence[tuple[int | None, ...]], seq: int) -> None:
    """Count stays, as (area, ms inside, fixes, newest fix), in the shift that ``walk`` is of and the change ``seq``."""
    current = began(conn)
    if current is not None:  # a unit with a stay has an area and a fix, and its shift began
        part = Walked.summed(*np.array(stays, np.int64).T)
        _add(conn, part, current)
        _tell(conn, seq, part.area_id)


def put_all(
    conn: Connection, area_id: Longs, shift_ms: int, inside_ms: Longs, fixes: Longs, last_ms: Longs, met_ms: Longs
) -> None:
    """Write every grid anew, as of a history that is brought in."""
    conn.execute(sa.delete(WalkRow))
    _put(conn, shift_ms, Walked(area_id, inside_ms, fixes, last_ms), met_ms)


def _put(conn: Connection, shift_ms: int, rows: Walked, met_ms: Longs) -> None:
    bulk.insert(conn, table(WalkRow), {
        "area_id": rows.area_id, "shift_ms": np.full(len(met_ms), shift_ms), "inside_ms": rows.inside_ms,
        "fixes": rows.fixes, "last_ms": rows.last_ms, "met_ms": met_ms,
    })  # fmt: skip


def add(
    conn: Connection, grids: Grids, shift: Shift, ended: Iterable[tuple[Shift, Walked]], current: int, seq: int
) -> None:
    """Add what was walked, shift by shift, in the transaction of the change ``seq``. ``shift`` is the one that runs,
    ``current`` what ``turn`` said of it.

    Only grids count; what was walked elsewhere is left out.
    """
    touched: list[Longs] = []
    for of, some in ended:
        known = grids.places(some.area_id) >= 0
        if not known.any():
            continue
        part = Walked(*(column[known] for column in some))
        if of.from_ms < current and of != shift:
            _add_late(conn, grids, of, part, current)
        else:
            _add(conn, part, current)
        touched.append(part.area_id)
    if touched:
        _tell(conn, seq, np.concatenate(touched))


def _tell(conn: Connection, seq: int, area_id: Longs) -> None:
    """Which grids a change wrote; once for each change."""
    packed = area_id.astype(_PACKED).tobytes()
    bulk.insert(conn, table(WalkChangeRow), {"seq": [seq], "packed": [packed]})


def _add(conn: Connection, part: Walked, current: int) -> None:
    n = len(part.area_id)
    bulk.insert(conn, table(WalkRow), {
        "area_id": part.area_id, "shift_ms": np.full(n, current), "inside_ms": part.inside_ms, "fixes": part.fixes,
        "last_ms": part.last_ms, "met_ms": np.full(n, NEVER_MET),
    }, merge=_MERGE_WALK)  # fmt: skip


def _add_late(conn: Connection, grids: Grids, of: Shift, part: Walked, current: int) -> None:
    """What a phone held back belongs to the shift in which it was walked, and its roll-up is counted again."""
    n = len(part.area_id)
    shift_blocks.add(conn, of.from_ms, part)
    bulk.insert(conn, table(WalkRow), {
        "area_id": part.area_id, "shift_ms": np.full(n, of.from_ms), "inside_ms": np.zeros(n, np.int64),
        "fixes": np.zeros(n, np.int64), "last_ms": part.last_ms, "met_ms": np.full(n, NEVER_MET),
    }, merge=_MERGE_LATE)  # fmt: skip
    now = shift_blocks.of_shift(conn, of.from_ms, part.area_id)
    met = now.area_id[grids.met(grids.places(now.area_id), now.inside_ms, now.fixes)].tolist()
    for some in parts(met):
        older = WalkRow.area_id.in_(some), WalkRow.met_ms < of.from_ms
        conn.execute(sa.update(WalkRow).where(*older).values(met_ms=of.from_ms))
    touched = CoverageShiftRow.shift_ms >= of.from_ms, CoverageShiftRow.shift_ms < current
    conn.execute(sa.update(CoverageShiftRow).where(*touched).values(rev=CoverageShiftRow.rev + 1))
