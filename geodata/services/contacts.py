"""Contacts of reporters: revealed to the role that handles the event or has to reply, and written down."""

from __future__ import annotations

from geodata.domain.events import STAGE_OF, State
from geodata.domain.roles import Right
from geodata.services import looking, replying
from geodata.services.access import Access
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.desk import Desk
from geodata.store import contacts
from geodata.store.events import EventNow


def reveal(access: Access, desk: Desk, actor: Actor, event_code: str, now_ms: int) -> str | None:
    """The contact of an event's reporter; None where there is none (any more). Who looked is written down first.

    Raises NotThereError, and NotAllowedError where the actor neither handles the event in the stage it is in nor
    replies to its reporter, who waits.
    """
    actor.needs(Right.OPEN_EVENTS)
    event, unit_code = looking.event(desk, actor, event_code)
    if not may_reveal(actor, event, unit_code):
        raise NotAllowedError(actor, "reveal_contact")
    with access.store.begin() as conn:
        kept = contacts.get(conn, event.id)
        area = desk.tree.areas[desk.tree.ordinal_by_id.get(event.area_id, 0)].code
        access.audit.record(conn, actor, "reveal_contact", f"event:{event.code}", at_ms=now_ms, area=area,
                            new={"found": kept is not None})  # fmt: skip
    return None if kept is None else access.seal.unseal(kept)


def may_reveal(actor: Actor, event: EventNow, unit_code: str | None) -> bool:
    """Whether the actor handles the event as it is now, or answers its reporter, who waits."""
    return actor.may_reveal(STAGE_OF.get(State(event.state)), unit_code or "", waits=replying.waits(event))
