"""Which areas lie above an area, and which of them are large enough to have roll-ups by hour, or by day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import bulk
from geodata.store.lists import IN_MAX, filled
from geodata.store.models import AreaRow, AreaTotalRow, table

Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Below so many areas the index of ``event`` answers as fast, and each event saves the writing of its roll-ups: the
# demo city has 0.4 M roll-up rows a month with it and 5 M without.
ROLLED_FROM = 200
# Days cost a fiftieth of hours, so that streets have them, too; below so many areas the events of a year are read.
DAILY_FROM = 20


class UnknownAreaError(LookupError):
    """An event names an area that does not exist."""


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Some areas and everything above them, by position: ``ids`` ascending, ``parent`` a position or −1."""

    ids: Longs
    parent: Longs
    rolled: Bools
    daily: Bools

    def positions(self, area_ids: Longs) -> Longs:
        """Where these areas stand in ``ids``; raises UnknownAreaError."""
        unknown = np.setdiff1d(area_ids, self.ids)
        if len(unknown):
            raise UnknownAreaError(f"there is no area with the id {int(unknown[0])}")
        return np.searchsorted(self.ids, area_ids).astype(np.int64)

    def above(self, kept: Bools) -> Longs:
        """For each position the nearest position above it that is among the ``kept``, −1 for none."""
        above = np.full(len(self.ids), -1, np.int64)
        for i in range(len(self.ids)):
            p = int(self.parent[i])
            while p >= 0 and not kept[p]:
                p = int(self.parent[p])
            above[i] = p
        return above


def ancestry(conn: Connection, area_ids: Longs) -> Ancestry:
    """The ancestry of these areas; counts of areas that are new are prepared first."""
    wanted = np.unique(area_ids)
    rows = _some(conn, wanted) if len(wanted) <= IN_MAX else _all(conn)
    if any(row[2] is None for row in rows):
        prepare_areas(conn)
        rows = _some(conn, wanted) if len(wanted) <= IN_MAX else _all(conn)
    rows.sort()
    ids = np.array([r[0] for r in rows], np.int64)
    parents = np.array([-1 if r[1] is None else r[1] for r in rows], np.int64)
    parent = np.where(parents >= 0, np.searchsorted(ids, parents), -1)
    rolled, daily = (np.array([bool(r[k]) for r in rows], np.bool_) for k in (2, 3))
    return Ancestry(ids, parent, rolled, daily)


def prepare_areas(conn: Connection) -> None:
    """Give every area its row of totals, and say which are rolled: the city, and those with many areas below."""
    rows = conn.execute(sa.select(AreaRow.id, AreaRow.parent_id).order_by(AreaRow.depth.desc())).all()
    size = {r.id: 1 for r in rows}
    for r in rows:
        if r.parent_id is not None:
            size[r.parent_id] += size[r.id]
    known = set(conn.execute(sa.select(AreaTotalRow.area_id)).scalars())
    rolled = {r.id: int(r.parent_id is None or size[r.id] >= ROLLED_FROM) for r in rows}
    new = {i: v for i, v in sorted(rolled.items()) if i not in known}
    zeros = [0] * len(new)
    flags = {"rolled": list(new.values()), "daily": [int(v or size[i] >= DAILY_FROM) for i, v in new.items()]}
    counts = {c.name: zeros for c in table(AreaTotalRow).columns if c.name not in ("area_id", *flags)}
    bulk.insert(conn, table(AreaTotalRow), {"area_id": list(new)} | flags | counts)


_AREAS = sa.select(AreaRow.id, AreaRow.parent_id, AreaTotalRow.rolled, AreaTotalRow.daily).outerjoin(
    AreaTotalRow, AreaTotalRow.area_id == AreaRow.id
)
Found = list[tuple[int, int | None, int | None, int | None]]


def _all(conn: Connection) -> Found:
    return [(r[0], r[1], r[2], r[3]) for r in conn.execute(_AREAS)]


def _some(conn: Connection, wanted: Longs) -> Found:
    found: Found = []
    seen: set[int] = set()
    ask = set(wanted.tolist())
    while ask:
        rows = [(r[0], r[1], r[2], r[3]) for r in conn.execute(_AREAS.where(AreaRow.id.in_(filled(ask))))]
        seen |= {r[0] for r in rows}
        found += rows
        ask = {r[1] for r in rows if r[1] is not None} - seen
    return found
