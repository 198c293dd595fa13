"""A little city of unequal branches, and invented events in it, for the tests of the store."""

from __future__ import annotations

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import settings
from geodata.store.bulk import NONE
from geodata.store.history import EventHistory
from geodata.store.models import AreaRow, LevelRow

# id: (code, parent id, depth). Area 3 ends above the depth of its cousins.
AREAS: dict[int, tuple[str, int | None, int]] = {
    1: ("C", None, 0),
    2: ("D1", 1, 1), 3: ("D2", 1, 1),
    4: ("S1", 2, 2), 5: ("S2", 2, 2),
    6: ("G1", 4, 3), 7: ("G2", 4, 3), 8: ("G3", 5, 3),
}  # fmt: skip
# From which to which degree of longitude each area reaches, all between latitude 0 and 1; nothing divides 4 to 5.
REACH = {1: (0, 5), 2: (0, 3), 3: (3, 4), 4: (0, 2), 5: (2, 3), 6: (0, 1), 7: (1, 2), 8: (2, 3)}
T0 = 1_760_000_400_000
HOUR = 3_600_000


def found_city(conn: Connection, zone: str = "Asia/Shanghai") -> None:
    """Write the areas and the time zone."""
    settings.put(conn, settings.TIME_ZONE, zone)
    settings.put(conn, settings.AREAS_BUILD, "little")
    conn.execute(
        sa.insert(LevelRow),
        [{"depth": d, "key": f"level{d}", "name_zh": f"第{d}级", "name_en": f"Level {d}"} for d in range(4)],
    )
    for i, (code, parent, depth) in AREAS.items():
        west, east = REACH[i]
        polygon = shapely.box(west, 0, east, 1).wkb
        conn.execute(
            sa.insert(AreaRow).values(
                id=i, code=code, name=code, depth=depth, parent_id=parent, lon=(west + east) / 2, lat=0.5,
                west=west, south=0, east=east, north=1, area_m2=1e6, polygon=polygon, outline=polygon,
            )
        )  # fmt: skip


def history(n: int, seed: int = 1, prefix: str = "H") -> EventHistory:
    """Invented events with at most three intervals that they left: open, closed in time, late, void, without limit."""
    rng = np.random.default_rng(seed)
    reported = np.sort(T0 + rng.integers(0, 40 * 24 * HOUR, n))
    ended = rng.random(n) < 0.7
    dispatched = reported + rng.integers(1000, HOUR, n)
    handled = dispatched + rng.integers(1000, 30 * HOUR, n)
    closed_at = handled + rng.integers(0, HOUR, n)
    state = np.where(ended, np.where(rng.random(n) < 0.9, "closed", "void"), "dispatched")
    deadline = np.where(rng.random(n) < 0.9, reported + rng.integers(1, 60, n) * HOUR, NONE)
    rev = np.where(ended, 3, 2)
    owner = np.repeat(np.arange(n), rev - 1)
    step = np.concatenate([np.arange(r - 1) for r in rev])
    first = step == 0
    return EventHistory(
        code=[f"{prefix}{k}" for k in range(n)], source=["hotline"] * n, source_system=["test"] * n,
        source_id=[f"{prefix}-{k}" for k in range(n)], subtype_code=["0101"] * n,
        class_code=[("01", "02", "03")[k % 3] for k in range(n)], description=["暴露垃圾"] * n,
        state=state.tolist(), urgency=rng.integers(1, 5, n), lon=np.where(rng.random(n) < 0.9, 1.5, np.nan),
        lat=np.full(n, 0.5), on_pile=np.zeros(n, np.int64), area_id=rng.choice(np.array(list(AREAS)), n), rev=rev,
        reported_ms=reported, state_ms=np.where(ended, closed_at, dispatched), dispatched_ms=dispatched,
        handled_ms=np.where(ended, handled, NONE), ended_ms=np.where(ended, closed_at, NONE), deadline_ms=deadline,
        on_time=rng.choice(np.array([NONE, NONE, 1, 0, -1]), n), unit_id=np.full(n, NONE),
        left_event=owner, left_rev=step + 1, left_from_ms=np.where(first, reported[owner], dispatched[owner]),
        left_to_ms=np.where(first, dispatched[owner], closed_at[owner]),
        left_state=np.where(first, "reported", "dispatched").tolist(),
    )  # fmt: skip
