"""Writing units: who they are, what they do, and where they were seen last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import bulk, changes, versions, walks
from geodata.store import units as readers
from geodata.store.changes import Change
from geodata.store.models import TrackRow, UnitRow, table
from geodata.store.units import UNIT_FIELDS, UnitNow

_TRACK = ("unit_id", "fix_ms", "lon", "lat", "area_id")
MOVED = (
    "lon", "lat", "fix_ms", "received_ms", "accuracy_m", "speed_ms", "battery", "area_id", "track_ms", "stay_ms",
    "stay_fixes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fix:
    """A position accepted for a unit (by id), placed in an area (None: outside). ``track``: it joins the track.

    ``stay_ms``, ``stay_fixes``: what the unit walked there up to it and no grid has yet.
    """

    unit_id: int
    lon: float
    lat: float
    fix_ms: int
    received_ms: int
    accuracy_m: float | None
    speed_ms: float | None
    battery: float | None
    area_id: int | None
    track_ms: int
    track: bool
    stay_ms: int = 0
    stay_fixes: int = 0


def next_unit_id(conn: Connection) -> int:
    """The id that the next new unit gets."""
    return int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(UnitRow.id), 0))).scalar_one()) + 1


def save_units(
    conn: Connection, units: Sequence[tuple[UnitNow, str]], *, new_ids: set[int], at_ms: int, actor: str
) -> list[UnitNow]:
    """Write whole units, each with the action that made it so; those in ``new_ids`` are inserted.

    What a unit walked counts for its grid before it loses its position.
    """
    seq = changes.next_seq(conn)
    olds = readers.by_ids(conn, [u.id for u, _ in units if u.id not in new_ids])
    versions.leave_units(conn, olds, at_ms)
    lost = {u.id for u, _ in units if u.fix_ms is None}
    stays = [(u.area_id, u.stay_ms, u.stay_fixes, u.fix_ms) for u in olds if u.id in lost and u.stay_fixes]
    if stays:
        walks.add_stays(conn, stays, seq)
    saved = [replace(u, moved_seq=seq + k, since_ms=at_ms) for k, (u, _) in enumerate(units)]
    for born in (True, False):
        some = [u for u in saved if (u.id in new_ids) is born]
        columns = {name: [getattr(u, name) for u in some] for name in UNIT_FIELDS}
        if born:
            bulk.insert(conn, table(UnitRow), columns)
        else:
            bulk.update(conn, table(UnitRow), "id", columns)
    changes.append_all(
        conn,
        [
            Change(seq + k, at_ms, "unit", u.id, u.rev, action, u.status, actor, "")
            for k, (u, (_, action)) in enumerate(zip(saved, units, strict=True))
        ],
    )
    return saved


def save_fixes(conn: Connection, fixes: Sequence[Fix], *, at_ms: int, actor: str) -> int:
    """Move units (each once) and write one ``positions`` change; return its sequence number, 0 for no fixes."""
    if not fixes:
        return 0
    seq = changes.next_seq(conn)
    columns: dict[str, list[object]] = {"id": [f.unit_id for f in fixes]}
    columns |= {name: [getattr(f, name) for f in fixes] for name in MOVED}
    columns["moved_seq"] = [seq] * len(fixes)
    bulk.update(conn, table(UnitRow), "id", columns)
    kept = [f for f in fixes if f.track]
    bulk.insert(conn, table(TrackRow), {name: [getattr(f, name) for f in kept] for name in _TRACK})
    changes.append_all(conn, [Change(seq, at_ms, "positions", len(fixes), 0, "move", "", actor, "")])
    return seq


def purge_tracks(conn: Connection, before_ms: int) -> int:
    """Delete track rows older than a moment; return how many."""
    return conn.execute(sa.delete(TrackRow).where(TrackRow.fix_ms < before_ms)).rowcount
