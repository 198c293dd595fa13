"""Photos 照片 of events: taken by the unit that handles an event or checks it, seen by whoever may open the event."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from geodata.domain.field import TAKEN_WITH, PhotoStage
from geodata.domain.roles import Right
from geodata.services import imaging
from geodata.services.acting import possible
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.admission import check_time
from geodata.services.auditing import Audit
from geodata.services.desk import Desk
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Outcome, Refusal
from geodata.store import events, photos, receipts, units
from geodata.store.engine import Connection
from geodata.store.events import EventNow
from geodata.store.photos import Photo

OF_EVENT_MAX = 12
ID_BYTES = 12


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """A photo as sent. ``key`` is the phone's own name of this delivery; ``lon`` and ``lat`` in WGS-84 degrees."""

    code: str
    stage: str
    at_ms: int
    content: bytes
    key: str
    lon: float | None = None
    lat: float | None = None


def take(desk: Desk, actor: Actor, item: NewPhoto, *, now_ms: int, audit: Audit) -> Outcome:
    """Keep a photo of an event; the outcome's code is the photo's id. A repeat of a delivery is a duplicate.

    Raises NotAllowedError for who takes no steps of a unit.
    """
    if not actor.is_unit_member:
        raise NotAllowedError(actor, "take_photos")
    with desk.store.read() as conn:
        known = receipts.subject(conn, actor.account_id, item.key)
    if known is not None:
        return Outcome("duplicate", known)
    try:
        check_time("at", item.at_ms, now_ms)
        picture = imaging.cleaned(item.content)  # before the city's one writer is held up
        with desk.store.begin() as conn:
            known = receipts.subject(conn, actor.account_id, item.key)
            if known is not None:
                return Outcome("duplicate", known)
            event = _photographed(desk, conn, actor, item)
            photo = Photo(
                secrets.token_urlsafe(ID_BYTES), event.id, item.stage, item.at_ms, now_ms, actor.name, item.lon,
                item.lat, imaging.TYPE, picture.width, picture.height, picture.sha256,
            )  # fmt: skip
            photos.add(conn, photo, picture.content, picture.small)
            receipts.keep(conn, actor.account_id, item.key, photo.id, now_ms)
            area = desk.tree.areas[desk.tree.ordinal_by_id.get(event.area_id, 0)].code
            audit.record(conn, actor, "photo", f"event:{event.code}", at_ms=now_ms, area=area,
                         new={"photo": photo.id, "stage": photo.stage})  # fmt: skip
            return Outcome("accepted", photo.id)
    except Refusal as refusal:
        return Outcome.of(refusal, "dropped")


def _photographed(desk: Desk, conn: Connection, actor: Actor, item: NewPhoto) -> EventNow:
    """The event, where the actor may photograph it now. Raises Refusal."""
    event = events.by_code(conn, item.code)
    if event is None or not actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(event.area_id, 0)):
        raise Refusal("code", item.code, "is not an event of this city")
    try:
        steps = TAKEN_WITH[PhotoStage(item.stage)]
    except ValueError:
        raise Refusal("stage", item.stage, "is not known; known: " + ", ".join(PhotoStage)) from None
    own = units.by_codes(conn, [actor.unit_code]).get(actor.unit_code) if actor.unit_code else None
    if not steps & set(possible(conn, desk, actor, [event], own.id if own else None)[event.id]):
        raise Refusal("code", item.code, f"takes no photo of {item.stage} by {actor.name} now")
    if len(photos.of_events(conn, [event.id])[event.id]) >= OF_EVENT_MAX:
        raise Refusal("photo", item.code, f"has {OF_EVENT_MAX} photos already")
    return event


def of_events(desk: Desk, actor: Actor, found: Collection[EventNow]) -> dict[int, list[Photo]]:
    """The photos of events that the actor has opened, oldest first, by the event's id. Raises NotAllowedError."""
    actor.needs(Right.OPEN_EVENTS)
    reached = [e.id for e in found if actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(e.area_id, 0))]
    with desk.store.read() as conn:
        return photos.of_events(conn, reached)


def open_photo(desk: Desk, actor: Actor, photo_id: str, *, small: bool) -> tuple[Photo, bytes]:
    """A photo and its bytes, for whoever may open its event. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.OPEN_EVENTS)
    with desk.store.read() as conn:
        photo = photos.by_id(conn, photo_id[:64])
        event = events.by_ids(conn, [photo.event_id]) if photo is not None else []
        if photo is None or not event or not actor.reaches(
            desk.tree, desk.tree.ordinal_by_id.get(event[0].area_id, 0)
        ):  # fmt: skip
            raise NotThereError("there is no such photo")
        return photo, photos.content(conn, photo.id, small=small)
