"""After a new edition: what stood at areas that are closed, or at areas that now have areas below, finds its place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geodata.boundaries.placing import Placer
from geodata.store import areas, rollups, walks


class Reattached(NamedTuple):
    """How many events and units stand at another area now."""

    events: int
    units: int


def reattach(conn: areas.Connection, at_ms: int) -> Reattached:
    """Place again by coordinates, else at the successor of the closed area; then count everything again.

    The successor is the area in force around the closed area's label point, or the city. What units walked counts for
    the grids where they were.
    """
    walks.settle(conn, at_ms)
    tree = areas.load_tree(conn)
    ids, wkb = areas.polygons(conn)
    placer = Placer(tree, ids, shapely.from_wkb(wkb))
    events, fixes, homes = (_moved(conn, placer, what) for what in ("event", "fix", "home"))
    rollups.rebuild(conn)
    return Reattached(len(events), len(fixes | homes))


def _moved(conn: areas.Connection, placer: Placer, what: areas.What) -> set[int]:
    """Move what is loose; the ids of what stands elsewhere now."""
    standing = areas.loose(conn, what)
    if not standing:
        return set()
    label = areas.label_points(conn, {s.area_id for s in standing})
    tree = placer.tree
    heir = placer.place(*np.array([label[s.area_id] for s in standing]).T)
    here = placer.place([np.nan if s.lon is None else s.lon for s in standing],
                        [np.nan if s.lat is None else s.lat for s in standing])  # fmt: skip
    by_place = here.inside if what != "home" else np.zeros(len(standing), bool)
    closed = np.array([s.area_id not in tree.ordinal_by_id for s in standing])
    target = np.where(by_place, here.ordinal, np.where(closed, heir.ordinal, -1)).tolist()
    moves = {s.id: tree.areas[o].id for s, o in zip(standing, target, strict=True) if o >= 0}
    changed = {s.id: moves[s.id] for s in standing if s.id in moves and moves[s.id] != s.area_id}
    areas.move(conn, what, list(changed), list(changed.values()))
    return set(changed)
