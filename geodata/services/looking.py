"""Looking: what an actor may read of the city. What is beyond its jurisdiction is not refused: it is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Audience, Right, Role
from geodata.domain.view import MapView, ViewError
from geodata.services.access import Access
from geodata.services.actors import Actor
from geodata.services.closing import without_contact
from geodata.services.desk import Desk
from geodata.store import changes, events, pauses, quarantine, units
from geodata.store.changes import Change
from geodata.store.engine import Connection
from geodata.store.events import EventNow
from geodata.store.pauses import Suspension
from geodata.store.quarantine import Waiting
from geodata.store.units import UnitNow

CODES_PAGE, CODES_READ_MAX = 200, 5_000
TRACK_MAX = 20_000
TIMELINE_MAX = 50
NEEDED: Mapping[str, Right] = MappingProxyType({
    "duty": Right.OPEN_EVENTS, "units": Right.SEE_UNITS, "grids": Right.SEE_UNITS,
})  # fmt: skip
"""What a page asks for besides the right to see."""


class NotThereError(LookupError):
    """There is no such thing, or it is not the actor's: both look the same."""


def permitted_view(actor: Actor, tree: AreaTree, view: MapView) -> MapView:
    """The view as this actor gets it: for the staff's eyes, or for the public's. Raises ViewError.

    A wall is always for the public: whoever opens it, others stand in front of it. The duty page is for whoever may
    open events, the board of units and the list of grids for whoever may see units.
    """
    o = tree.ordinal.get(view.area)
    bound = (actor.page and view.page != actor.page) or not actor.may(NEEDED.get(view.page, Right.SEE))
    if o is None or bound or not actor.may(Right.SEE) or not actor.reaches(tree, o):
        raise ViewError("area", view.area, "is not an area of this city")
    staff = view.page != "wall" and actor.may(Right.SEE_UNITS)
    return replace(view, audience=Audience.STAFF if staff else Audience.PUBLIC)


def area_of(actor: Actor, tree: AreaTree, code: str | None) -> int:
    """The ordinal of an area in the actor's reach; of its home without a code. NotAllowedError, NotThereError."""
    actor.needs(Right.SEE)
    o = actor.home(tree) if code is None else tree.ordinal.get(code)
    if o is None or not actor.reaches(tree, o):
        raise NotThereError(f"there is no area {(code or '')[:64]!r}")
    return o


def area_ids(actor: Actor, tree: AreaTree, code: str | None) -> list[int] | None:
    """The ids of an area and all below it, of the whole reach without a code; None for the whole city."""
    spans = actor.ordinals(tree)
    if code is not None:
        o = area_of(actor, tree, code)
        spans = [range(o, int(tree.end[o]))]
    if spans == [range(len(tree))]:
        return None
    return [tree.areas[o].id for span in spans for o in span]


def events_page(
    desk: Desk, actor: Actor, *, area: str | None, states: Sequence[str], after_id: int, limit: int
) -> list[tuple[EventNow, str | None]]:
    """Events with the code of their unit, by ascending id. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.OPEN_EVENTS)
    ids = area_ids(actor, desk.tree, area)
    with desk.store.read() as conn:
        found = events.page(conn, area_ids=ids, states=states, after_id=after_id, limit=limit)
        return _with_units(conn, desk.tree, actor, found)


def event(desk: Desk, actor: Actor, code: str) -> tuple[EventNow, str | None]:
    """One event with the code of its unit. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.OPEN_EVENTS)
    with desk.store.read() as conn:
        return _with_units(conn, desk.tree, actor, [_event(conn, desk.tree, actor, code)])[0]


def events_by_ids(desk: Desk, actor: Actor, ids: Sequence[int]) -> list[tuple[EventNow, str | None]]:
    """Those of these events that the actor reaches, in this order, with the code of their unit. NotAllowedError."""
    actor.needs(Right.OPEN_EVENTS)
    with desk.store.read() as conn:
        found = {e.id: e for e in events.by_ids(conn, ids)}
        rows = [found[i] for i in ids if i in found]
        mine = [e for e in rows if actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(e.area_id, 0))]
        return _with_units(conn, desk.tree, actor, mine)


def running_lines(desk: Desk, actor: Actor, ids: Sequence[int]) -> dict[int, Suspension]:
    """The open line in the ledger of suspensions of each of these events, which the actor has reached already."""
    actor.needs(Right.OPEN_EVENTS)
    with desk.store.read() as conn:
        return pauses.running(conn, ids)


def units_by_ids(desk: Desk, actor: Actor, ids: Sequence[int]) -> list[UnitNow]:
    """Those of these units that are at home, or were seen last, where the actor reaches; in this order."""
    actor.needs(Right.SEE_UNITS)
    with desk.store.read() as conn:
        found = {u.id: u for u in units.by_ids(conn, ids)}
    places = desk.tree.ordinal_by_id
    return [
        found[i] for i in ids if i in found
        and any(actor.reaches(desk.tree, places.get(a, 0)) for a in (found[i].home_area_id, found[i].area_id) if a)
    ]  # fmt: skip


def last_step(desk: Desk, actor: Actor, code: str) -> Change | None:
    """The last change of an event: who did what when. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.OPEN_EVENTS)
    with desk.store.read() as conn:
        return changes.at(conn, _event(conn, desk.tree, actor, code).last_seq)


def timeline(desk: Desk, actor: Actor, code: str) -> list[Change]:
    """What happened to an event, oldest first, at most TIMELINE_MAX. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.OPEN_EVENTS)
    with desk.store.read() as conn:
        return changes.of_event(conn, _event(conn, desk.tree, actor, code).id, TIMELINE_MAX)


def event_codes(access: Access, tree: AreaTree, actor: Actor, prefix: str, limit: int) -> list[EventNow]:
    """Events whose code begins with a text, in the order of their codes; none without the right to open them."""
    if not actor.may(Right.OPEN_EVENTS):
        return []
    found: list[EventNow] = []
    after = ""
    with access.store.read() as conn:
        for _ in range(CODES_READ_MAX // CODES_PAGE):
            some = events.search_code(conn, prefix, CODES_PAGE, after)
            found += [e for e in some if actor.reaches(tree, tree.ordinal_by_id.get(e.area_id, 0))]
            if len(found) >= limit or len(some) < CODES_PAGE:
                break
            after = some[-1].code
    return found[:limit]


def units_page(desk: Desk, actor: Actor, *, after_id: int, limit: int) -> list[UnitNow]:
    """Units at home or last seen in the actor's reach, by ascending id. Raises NotAllowedError."""
    actor.needs(Right.SEE_UNITS)
    with desk.store.read() as conn:
        return units.page(conn, area_ids=area_ids(actor, desk.tree, None), after_id=after_id, limit=limit)


def track(
    access: Access, desk: Desk, actor: Actor, unit_code: str, *, from_ms: int, to_ms: int, now_ms: int
) -> list[tuple[int, float, float]]:
    """(time in epoch ms, lon, lat) of where a unit was; who looked is written down first.

    Raises NotAllowedError, NotThereError.
    """
    actor.needs(Right.READ_TRACKS)
    with desk.store.read() as conn:
        unit = None if "\x00" in unit_code else units.by_codes(conn, [unit_code]).get(unit_code)
    if unit is None or not actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(unit.home_area_id, 0)):
        raise NotThereError("there is no such unit")
    area = desk.tree.areas[desk.tree.ordinal_by_id.get(unit.home_area_id, 0)].code
    with access.store.begin() as conn:
        access.audit.record(conn, actor, "read_track", f"unit:{unit.code}", at_ms=now_ms, area=area,
                            new={"from_ms": from_ms, "to_ms": to_ms})  # fmt: skip
    with desk.store.read() as conn:
        return units.track(conn, unit.id, from_ms, to_ms, TRACK_MAX)


def quarantined(access: Access, tree: AreaTree, actor: Actor, feed: str | None, after_id: int,
                limit: int) -> list[Waiting]:  # fmt: skip
    """Records that wait, without contacts: a feed's own; all of them for an admin of the whole city.

    Raises NotAllowedError.
    """
    with access.store.read() as conn:
        asked = feed if feed is None or "\x00" not in feed else ""
        sender = sender_of(actor, tree, Right.READ_QUARANTINE)
        found = quarantine.waiting(conn, feed=asked, account_id=sender, after_id=after_id, limit=limit)
    return [one._replace(record=without_contact(one.record)) for one in found]


def sender_of(actor: Actor, tree: AreaTree, right: Right) -> int | None:
    """Whose quarantined records the actor may deal with: None is everybody's. Raises NotAllowedError."""
    actor.needs(right)
    everybodys = Role.ADMIN in actor.roles and actor.reaches(tree, 0)
    return None if everybodys else actor.account_id


def _event(conn: Connection, tree: AreaTree, actor: Actor, code: str) -> EventNow:
    found = events.by_code(conn, code)
    if found is None or not actor.reaches(tree, tree.ordinal_by_id.get(found.area_id, 0)):
        raise NotThereError("there is no such event")
    return found


def _with_units(
    conn: Connection, tree: AreaTree, actor: Actor, found: Sequence[EventNow]
) -> list[tuple[EventNow, str | None]]:
    """A unit at home beyond the actor's reach has no code for it."""
    ids = [e.unit_id for e in found if e.unit_id is not None]
    codes = {
        u.id: u.code for u in units.by_ids(conn, ids)
        if actor.may(Right.SEE_UNITS) and actor.reaches(tree, tree.ordinal_by_id.get(u.home_area_id, 0))
    }  # fmt: skip
    return [(e, None if e.unit_id is None else codes.get(e.unit_id)) for e in found]
