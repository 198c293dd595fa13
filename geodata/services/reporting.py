"""Reporting events: each once, placed, classified, with its deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

import numpy as np

from geodata.domain.catalogue import Subtype
from geodata.domain.clocks import deadline_ms
from geodata.domain.events import State
from geodata.domain.repeats import WITHIN_MS, place_of
from geodata.domain.roles import Right
from geodata.domain.traces import Trace
from geodata.services import alerting
from geodata.services.actors import Actor
from geodata.services.admission import Admission, check_time
from geodata.services.auditing import Audit
from geodata.services.desk import Desk
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.store import contacts, events, tracing
from geodata.store.engine import Connection
from geodata.store.events import EventNow
from geodata.store.journal import Journal

LETTER_OF: Mapping[str, str] = MappingProxyType({
    "patrol": "P", "hotline": "H", "transfer": "T", "public": "C", "sensor": "S", "video": "V", "order": "L",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as reported. Without coordinates ``area_code`` places it; without either it stays unplaced."""

    source: str
    source_system: str
    source_id: str
    subtype_code: str
    reported_ms: int
    description: str = ""
    lon: float | None = None
    lat: float | None = None
    area_code: str | None = None
    urgency: int | None = None
    deadline_ms: int | None = None
    sealed_contact: str = ""


def report_events(
    desk: Desk, actor: Actor, submitted: Sequence[Submitted[NewEvent]], *, feed: str, now_ms: int,
    audit: Audit | None = None,
) -> list[Outcome]:
    """Take new events in one transaction; the outcomes stand in the order of what was submitted.

    A repeat with the same content answers the code it got the first time; one with other content is refused.
    """
    actor.needs(Right.REPORT)
    stands = _ordinals(desk, submitted)
    with desk.store.begin() as conn:
        admission = Admission(feed, now_ms, actor.account_id)
        told: list[contacts.Told] = []
        born: list[EventNow] = []
        known = _known(conn, submitted)
        journal = Journal(conn, now_ms)
        for one, o in zip(submitted, stands, strict=True):
            item = one.item
            try:
                if isinstance(item, Refusal):
                    raise item
                key = item.source_system, item.source_id
                if key in known and _is_own(desk, actor, known[key]):
                    admission.duplicate(_same(known[key], item))
                    continue
                o = _permitted(desk, actor, item, o)
                if key in known:
                    raise Refusal("source_id", item.source_id, "was used in this source_system for an event elsewhere")
                new = _new_event(desk, item, o, journal.next_id(), now_ms)
                if _came_before(conn, desk, new, o, born):
                    new = replace(new, traces=new.traces | Trace.REPEATED)
                known[key] = journal.begin(new, actor.name)
                born.append(known[key])
                if item.sealed_contact:
                    told.append(contacts.Told(known[key].id, one.received_ms or now_ms, item.sealed_contact))
                admission.accept(new.code, item.reported_ms)
                if audit is not None:
                    audit.record(conn, actor, "report", f"event:{new.code}", at_ms=now_ms,
                                 area=desk.tree.areas[desk.tree.ordinal_by_id.get(new.area_id, 0)].code,
                                 new={"subtype": item.subtype_code, "source": item.source},
                                 covers=[journal.last])  # fmt: skip
            except Refusal as refusal:
                admission.refuse(refusal, one.record, one.key)
        journal.write()
        alerting.ring(conn, desk, born, actor.name, now_ms)
        contacts.add(conn, told)
        admission.write(conn)
    return admission.outcomes


def _came_before(conn: Connection, desk: Desk, new: EventNow, o: int, born: Sequence[EventNow]) -> bool:
    """Whether the same kind of thing was reported at the same place within thirty days, in this batch or before."""
    if new.lon is None or new.lat is None or not desk.tree.is_leaf(o):
        return False
    if tracing.came_before(conn, new.subtype_code, new.area_id, new.lon, new.lat, new.reported_ms):
        return True
    place = place_of(new.lon, new.lat)
    return any(
        e.subtype_code == new.subtype_code and e.area_id == new.area_id and e.lon is not None and e.lat is not None
        and 0 <= new.reported_ms - e.reported_ms <= WITHIN_MS and place_of(e.lon, e.lat) == place for e in born
    )


def event_code(source: str, reported_ms: int, desk: Desk, number: int) -> str:
    """The code of an event: its source's letter, the local day, a number: H261121-4711."""
    day = datetime.fromtimestamp(reported_ms / 1000, desk.calendar.zone)
    return f"{LETTER_OF[source]}{day:%y%m%d}-{number}"


def _ordinals(desk: Desk, submitted: Sequence[Submitted[NewEvent]]) -> list[int]:
    """Where each event stands, by its coordinates; 0 (the city) without them or outside every area."""
    nowhere = (np.nan, np.nan)
    points = [
        nowhere if isinstance(i, Refusal) or i.lon is None or i.lat is None else (i.lon, i.lat)
        for i in (s.item for s in submitted)
    ]
    if not points:
        return []
    found: list[int] = desk.placer.place(*np.array(points).T).ordinal.tolist()
    return found


def _known(
    conn: Connection, submitted: Sequence[Submitted[NewEvent]]
) -> dict[tuple[str, str], EventNow]:
    by_system: dict[str, list[str]] = {}
    for one in submitted:
        if isinstance(one.item, NewEvent):
            by_system.setdefault(one.item.source_system, []).append(one.item.source_id)
    return {
        (system, source_id): event
        for system, ids in by_system.items()
        for source_id, event in events.by_source_ids(conn, system, ids).items()
    }


def _is_own(desk: Desk, actor: Actor, event: EventNow) -> bool:
    """Whether the actor speaks for the event's system and reaches it: of others it learns nothing by their numbers."""
    speaks = actor.systems is None or event.source_system in actor.systems
    return speaks and actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(event.area_id, 0))


def _same(event: EventNow, item: NewEvent) -> str:
    for name in ("source", "subtype_code", "description", "lon", "lat", "reported_ms"):
        told, now = getattr(event, name), getattr(item, name)
        if told != now:
            raise Refusal(name, now, f"differs from what {event.code} was reported with under this source_id")
    return event.code


def _permitted(desk: Desk, actor: Actor, item: NewEvent, o: int) -> int:
    """Where the event stands, if the actor speaks for its system and for there."""
    if actor.systems is not None and item.source_system not in actor.systems:
        raise Refusal("source_system", item.source_system, f"is not a system that {actor.name} speaks for")
    o = _with_area_code(desk, actor, item, o)
    if not actor.reaches(desk.tree, o):
        if item.lon is None:
            raise Refusal("area", None, f"is missing; {actor.name} reports for a part of the city")
        raise Refusal("lon", item.lon, f"and lat {item.lat} lie outside of what {actor.name} reports for")
    return o


def _new_event(desk: Desk, item: NewEvent, o: int, number: int, now_ms: int) -> EventNow:
    check_time("reported_at", item.reported_ms, now_ms)
    subtype = desk.catalogue.subtypes.get(item.subtype_code)
    if subtype is None:
        raise Refusal("subtype", item.subtype_code, "is not in the city's event catalogue")
    return EventNow(
        id=0, code=event_code(item.source, item.reported_ms, desk, number), source=item.source,
        source_system=item.source_system, source_id=item.source_id, subtype_code=subtype.code,
        class_code=subtype.class_code, urgency=item.urgency or subtype.urgency, description=item.description,
        lon=item.lon, lat=item.lat, on_pile=0, area_id=desk.tree.areas[o].id, state=State.REPORTED.value, rev=1,
        reported_ms=item.reported_ms, state_ms=item.reported_ms, dispatched_ms=None, handled_ms=None, ended_ms=None,
        deadline_ms=_deadline(desk, item, subtype), on_time=None, unit_id=None, last_seq=0,
    )  # fmt: skip


def _with_area_code(desk: Desk, actor: Actor, item: NewEvent, o: int) -> int:
    if item.area_code is None:
        return o
    told = desk.tree.ordinal.get(item.area_code)
    if told is None or not actor.reaches(desk.tree, told):
        raise Refusal("area", item.area_code, "is not an area of this city")
    return o if o else told


def _deadline(desk: Desk, item: NewEvent, subtype: Subtype) -> int:
    if item.deadline_ms is None:
        return deadline_ms(item.reported_ms, subtype.limit, subtype.limit_unit, desk.calendar)
    if item.deadline_ms < item.reported_ms:
        raise Refusal("deadline_at", item.deadline_ms, "lies before reported_at")
    return item.deadline_ms
