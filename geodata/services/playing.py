"""Playing: what one screen shows in the minutes to come, by whose order, how it hangs, the alerts that come between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from geodata.domain.kiosk import Kiosk
from geodata.domain.programmes import CALL_FRESH_MS, CALLS, Programme, Slot, running_order
from geodata.domain.roles import Role
from geodata.domain.showing import Shown
from geodata.services.access import Access
from geodata.services.actors import Actor
from geodata.services.looking import NotThereError
from geodata.services.walls import Read, shows, standing
from geodata.situation.briefs import EventBrief
from geodata.situation.situation import Situation
from geodata.store import programmes, showing
from geodata.store.alerts import AlertNow
from geodata.store.programmes import Screen

AHEAD_MS = 10 * 60_000
"""A screen that loses its line goes on for so long with what it knows."""
CALLS_MAX = 5


@dataclass(frozen=True, slots=True)
class Call:
    """An alert that comes between, and its event."""

    alert: AlertNow
    event: EventBrief


@dataclass(frozen=True, slots=True)
class Playing:
    """Slots of ``programme``, in order; without a programme none, and the screen shows its own page.

    ``shown``: what a desk makes it show instead.
    """

    kiosk: Kiosk
    programme: Programme | None
    slots: list[Slot]
    shown: Shown | None = None


def playing(access: Access, zone: ZoneInfo, actor: Actor, read: Read, now_ms: int) -> Playing:
    """Of the screen that asks, for a thread; ``read`` does without the live picture.

    Raises NotThereError for everybody else.
    """
    if Role.SCREEN not in actor.roles:
        raise NotThereError("only a screen plays")
    with access.store.read() as conn:
        screen = programmes.screens_of(conn, [actor.account_id]).get(actor.account_id, Screen())
        kept = programmes.by_id(conn, screen.programme_id) if screen.programme_id is not None else None
        order = standing(showing.shown(conn, [actor.account_id]).get(actor.account_id), now_ms)
    if actor.page != "wall":
        return Playing(screen.kiosk, None, [])
    if order is not None and not shows(read, actor, order.address):
        order = None
    if kept is None:
        return Playing(screen.kiosk, None, [], order)
    programme = _shown(kept.programme, actor, read)
    slots = running_order(programme.steps, zone, now_ms, now_ms + AHEAD_MS)
    return Playing(screen.kiosk, programme, slots, order)


def calls(situation: Situation, actor: Actor) -> list[Call]:
    """The alerts of the last two minutes in the actor's areas that come between, the most pressing first; on walls.

    Of each it has what the lists of a wall have: kind, place, time. Who is asked is for the staff. Asked on the event
    loop, to which the live picture belongs.
    """
    if actor.page != "wall":
        return []
    tree, since = situation.tree, situation.now_ms - CALL_FRESH_MS
    rows = [row for span in actor.ordinals(tree) for row in situation.alerts(span.start, CALLS_MAX).rows]
    fresh = [row for row in rows if row.ended_ms is None and row.raised_ms > since and row.trigger in CALLS]
    fresh.sort(key=lambda row: ([t.value for t in CALLS].index(row.trigger), -row.id))
    found = [(row, situation.event(row.code)) for row in fresh[:CALLS_MAX]]
    return [Call(row, event) for row, event in found if event is not None]


def _shown(programme: Programme, screen: Actor, read: Read) -> Programme:
    """Without the steps that the screen cannot show: areas that are no longer there or no longer its own, theme
    screens, layers and classes that the city no longer has."""
    return replace(programme, steps=tuple(step for step in programme.steps if shows(read, screen, step.address)))
