"""Batching: several events of one kind sent off at once, each decided on what was seen of it, each with its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geodata.domain.areas import AreaTree
from geodata.domain.events import FOLLOWS, State
from geodata.domain.roles import Right
from geodata.services.acting import act
from geodata.services.actors import PEOPLE, Actor, NotAllowedError
from geodata.services.auditing import Audit
from geodata.services.case import Action
from geodata.services.desk import Desk
from geodata.services.outcomes import Outcome, Submitted
from geodata.store import events
from geodata.store.events import EventNow

BATCH_MAX = 30


class UnlikeError(ValueError):
    """These events cannot be sent off together; ``reason``: too_many, not_there, kind, state, area."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sent:
    """One event of a batch: its code, the revision that was seen, and the unit that is to go."""

    code: str
    rev: int
    unit_code: str


def alike(desk: Desk, actor: Actor, codes: Sequence[str], o: int, *, must_wait: bool = True) -> list[EventNow]:
    """The events of these codes, in their order, where they may be sent off together from the area ``o``.

    They are of one subtype, each waits for its dispatch (unless ``must_wait`` is False: the outcome will say so), and
    all lie in one child of the area (or directly at it). Raises NotAllowedError, UnlikeError.
    """
    if "dispatch" not in actor.acts:
        raise NotAllowedError(actor, "dispatch")
    if not 1 <= len(set(codes)) == len(codes) <= BATCH_MAX:
        raise UnlikeError("too_many")
    with desk.store.read() as conn:
        held = events.by_codes(conn, [code for code in codes if "\x00" not in code])
    found = [held[code] for code in codes if code in held and _reached(desk.tree, actor, held[code])]
    if len(found) < len(codes):
        raise UnlikeError("not_there")
    if len({e.subtype_code for e in found}) > 1:
        raise UnlikeError("kind")
    if must_wait and not all(_waits(e) for e in found):
        raise UnlikeError("state")
    parts = {part_of(desk.tree, o, desk.tree.ordinal_by_id.get(e.area_id, 0)) for e in found}
    if len(parts) > 1 or -1 in parts:
        raise UnlikeError("area")
    return found


def part_of(tree: AreaTree, o: int, area: int) -> int:
    """The child of ``o`` in which an area lies; ``o`` where it lies directly there, -1 outside."""
    chain = tree.chain(area)
    if o not in chain:
        return -1
    at = chain.index(o)
    return int(chain[at + 1]) if at + 1 < len(chain) else o


def send(
    desk: Desk, actor: Actor, batch: Sequence[Sent], o: int, *, confirmed: bool, now_ms: int, audit: Audit
) -> list[Outcome]:
    """Dispatch each event to its unit; outcomes stand in the same order.

    ``confirmed``: also units that have something to do already. Raises NotAllowedError, UnlikeError.
    """
    alike(desk, actor, [one.code for one in batch], o, must_wait=False)
    actions = [
        Submitted({}, Action("dispatch", now_ms, one.code, unit_code=one.unit_code, rev=one.rev, confirmed=confirmed))
        for one in batch
    ]
    return act(desk, actor, actions, feed=f"{PEOPLE}/actions", now_ms=now_ms, audit=audit, keep_refused=False)


def waiting(desk: Desk, actor: Actor, codes: Sequence[str]) -> set[str]:
    """Those of these codes whose event is within reach and waits for its dispatch. Raises NotAllowedError."""
    actor.needs(Right.OPEN_EVENTS)
    with desk.store.read() as conn:
        held = events.by_codes(conn, codes)
    return {code for code, event in held.items() if _waits(event) and _reached(desk.tree, actor, event)}


def _waits(event: EventNow) -> bool:
    return State(event.state) in FOLLOWS["dispatch"].after


def _reached(tree: AreaTree, actor: Actor, event: EventNow) -> bool:
    return actor.reaches(tree, tree.ordinal_by_id.get(event.area_id, 0))
