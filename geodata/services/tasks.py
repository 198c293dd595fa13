"""Tasks 任务 of a unit: the events that it was sent to, and those of its neighbourhood that it might check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from geodata.domain.events import State
from geodata.domain.field import FIELD_ACTS
from geodata.domain.roles import Right
from geodata.services.acting import possible
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.duty import CONSENT, own_unit
from geodata.store import areas, changes, events, photos, receipts
from geodata.store import tasks as store
from geodata.store.changes import Change
from geodata.store.engine import Connection
from geodata.store.events import EventNow
from geodata.store.photos import Photo
from geodata.store.tasks import TaskNow
from geodata.store.units import UnitNow

CHECKS_MAX, NEAR_MAX = 5, 500
CHANGES_READ = 30
BESIDE_MAX, RINGS_MAX, STEPS = 12, 3, 160
WAITS = frozenset({State.HANDLED.value, State.TO_CHECK.value, State.TO_CLOSE.value})
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Task:
    """An event for a unit. ``own``: it was sent there, else it might check it. ``lead``: it leads there. ``state``: of
    its own task there (dispatched until it has signed for it), else of the event. ``arrived_ms``: since it was sent.

    ``said``: the last reason that somebody gave, of a rework for example. ``outline``: the rings of its area,
    ``around``: of those beside it.
    """

    event: EventNow
    own: bool
    lead: bool
    state: State
    acts: tuple[str, ...]
    arrived_ms: int | None
    said: Change | None
    photos: tuple[Photo, ...]
    outline: tuple[Ring, ...]
    around: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class Tasks:
    """A unit and what it has to do, the most pressing first. ``agreed_ms``: to the text about positions in force."""

    unit: UnitNow | None
    agreed_ms: int | None
    tasks: tuple[Task, ...]


def tasks(desk: Desk, actor: Actor) -> Tasks:
    """What the actor's own unit has to do. Raises NotAllowedError."""
    actor.needs(Right.SIGN_ON)
    with desk.store.read() as conn:
        unit = own_unit(conn, actor)
        agreed_ms = receipts.agreed(conn, actor.account_id, CONSENT)
        if unit is None:
            return Tasks(None, agreed_ms, ())
        doing = {task.event_id: task for task in store.open_of_unit(conn, unit.id)}
        leading = [e for e in events.of_unit(conn, unit.id) if e.state in WAITS]
        own = [*events.by_ids(conn, list(doing)), *leading]
        own = [e for e in own if actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(e.area_id, 0))]
        found = sorted(own, key=_pressing)
        found += _to_check(desk, conn, actor, unit)
        pictures = photos.of_events(conn, [e.id for e in found])
        allowed = possible(conn, desk, actor, found, unit.id)
        return Tasks(unit, agreed_ms, tuple(
            _task(desk, conn, unit, e, doing.get(e.id), allowed[e.id], pictures[e.id]) for e in found
        ))  # fmt: skip


def _pressing(event: EventNow) -> tuple[bool, int]:
    """What is still to be done before what waits for others; then by deadline."""
    return event.state in WAITS, event.deadline_ms if event.deadline_ms is not None else 2**53


def _to_check(desk: Desk, conn: Connection, actor: Actor, unit: UnitNow) -> list[EventNow]:
    """Events that wait longest for a check around the unit's home: there, and in the area above it where that is small;
    as far as the actor reaches."""
    tree = desk.tree
    home = tree.ordinal_by_id.get(unit.home_area_id)
    if home is None:
        return []
    above = int(tree.parent[home]) if home else 0
    top = above if int(tree.end[above]) - above <= NEAR_MAX else home
    spans = [range(max(top, span.start), min(int(tree.end[top]), span.stop)) for span in actor.ordinals(tree)]
    near = [tree.areas[o].id for span in spans for o in span]
    waiting = events.waiting(conn, near, [State.TO_CHECK.value], CHECKS_MAX * 4)
    allowed = possible(conn, desk, actor, waiting, unit.id)
    return [e for e in waiting if "check" in allowed[e.id]][:CHECKS_MAX]


def _task(
    desk: Desk, conn: Connection, unit: UnitNow, event: EventNow, doing: TaskNow | None, allowed: Sequence[str],
    taken: Sequence[Photo],
) -> Task:  # fmt: skip
    own = doing is not None or event.unit_id == unit.id
    told = changes.of_event(conn, event.id, CHANGES_READ)
    said = next((c for c in reversed(told) if c.detail), None)
    acts = tuple(a for a, act in FIELD_ACTS.items() if act.own == own and a in allowed)
    state = State(event.state) if doing is None else State.DISPATCHED if doing.accepted_ms is None else State.HANDLING
    arrived_ms = None if doing is None else doing.arrived_ms
    lead = doing is None or bool(doing.lead)
    return Task(event, own, lead, state, acts, arrived_ms, said, tuple(taken), *_drawn(desk, conn, event.area_id))


def _drawn(desk: Desk, conn: Connection, area_id: int) -> tuple[tuple[Ring, ...], tuple[Ring, ...]]:
    """The rings of an area, and of those beside it that have the same area above."""
    tree = desk.tree
    o = tree.ordinal_by_id.get(area_id, 0)
    beside = [int(i) for i in tree.children(int(tree.parent[o]))] if o else []
    near = sorted(beside, key=lambda i: (tree.lon[i] - tree.lon[o]) ** 2 + (tree.lat[i] - tree.lat[o]) ** 2)
    ids = [tree.areas[i].id for i in near[: BESIDE_MAX + 1] if i != o]
    found = areas.outlines(conn, [area_id, *ids])
    return _rings(found.get(area_id)), tuple(ring for i in ids for ring in _rings(found.get(i)))


def _rings(wkb: bytes | None) -> tuple[Ring, ...]:
    """The outer rings of an area, coarse enough for a picture of the size of a palm."""
    if wkb is None:
        return ()
    shape = shapely.from_wkb(wkb)
    west, south, east, north = shape.bounds
    thin = shapely.simplify(shape, max(east - west, north - south) / STEPS)
    rings = [tuple((round(x, 5), round(y, 5)) for x, y in p.exterior.coords) for p in shapely.get_parts(thin)
             if p.geom_type == "Polygon"]  # fmt: skip
    return tuple(sorted(rings, key=len)[-RINGS_MAX:])
