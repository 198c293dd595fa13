"""What happens at the centre while a phone is out: dispatches, steps of others, and what became of the phone's own."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from callbacks.room import Room
from geodata.domain.view import Filters
from geodata.intake.door import now_ms
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.outcomes import Submitted
from geodata.store import changes, events, photos
from geodata.store.photos import Photo

OPERATOR = Actor.operator()


def step(room: Room, action: str, code: str, **more: Any) -> None:
    """An officer takes a step."""
    item = Action(action, now_ms(), code, **more)
    (said,) = act(room.door.desk(), OPERATOR, [Submitted({}, item)], feed="t/actions", now_ms=now_ms())
    assert said.status == "accepted", said


def registered(room: Room, n: int = 0) -> str:
    """The code of an event of D1 that waits for a unit."""
    code = room.situation.feed(room.situation.tree.ordinal["D1"], Filters(), n + 1)[n].code
    step(room, "register", code, reason="r")
    return code


def dispatched(room: Room, n: int = 0, unit: str = "U1") -> str:
    """The code of an event of D1 that was sent to a unit."""
    code = registered(room, n)
    step(room, "dispatch", code, unit_code=unit, confirmed=True)
    return code


def steps_of(room: Room, code: str) -> list[str]:
    """What was done with an event since it was dispatched, in the order in which it came."""
    with room.store.read() as conn:
        event = events.by_code(conn, code)
        assert event is not None
        return [c.action for c in changes.of_event(conn, event.id, 50)][3:]


def comes(page: Page, room: Room, code: str, steps: list[str], timeout_s: float = 15) -> None:
    """Wait until what was done with an event is this; the page goes on meanwhile."""
    for _ in range(round(timeout_s * 10)):
        if steps_of(room, code) == steps:
            return
        page.wait_for_timeout(100)
    assert steps_of(room, code) == steps


def photos_of(room: Room, code: str) -> list[Photo]:
    """The photos of an event."""
    with room.store.read() as conn:
        event = events.by_code(conn, code)
        assert event is not None
        return list(photos.of_events(conn, [event.id])[event.id])
