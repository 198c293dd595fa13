"""Field: what a unit does with an event on its phone, as one table. What is not in it no phone offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from geodata.domain.events import State


class PhotoStage(StrEnum):
    """What a photo shows: how it was found, how it was left, what the check saw."""

    BEFORE = "before"
    AFTER = "after"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class FieldAct:
    """A button of the phone. ``own``: for the unit's own events, else for those that it checks for others.

    ``after`` and ``to``: the states it is offered in and what it makes of them, so that a phone without a network
    knows what comes next; the service decides. Of its own events a unit is told the state of its own task.
    ``reason``: it must say why. ``photo``: the stage of the photo that goes with it; with ``photo_or_reason`` it must
    have one, or say why there is none. ``leads``: the way forward, drawn large. ``spans``: for how many hours it may
    ask.
    """

    after: frozenset[State]
    to: State
    own: bool = True
    reason: bool = False
    photo: PhotoStage | None = None
    photo_or_reason: bool = False
    leads: bool = True
    spans: tuple[int, ...] = ()


S = State
SENT, SIGNED = frozenset({S.DISPATCHED}), frozenset({S.HANDLING})
DONE = frozenset({S.HANDLED, S.TO_CHECK})
FIELD_ACTS: Mapping[str, FieldAct] = MappingProxyType({
    "accept": FieldAct(SENT, S.HANDLING),
    "arrive": FieldAct(SIGNED, S.HANDLING),
    "report_back": FieldAct(SIGNED, S.HANDLED, photo=PhotoStage.AFTER, photo_or_reason=True),
    "return": FieldAct(SENT | SIGNED, S.RETURNED, reason=True, leads=False),
    "ask_extend": FieldAct(SIGNED, S.HANDLING, reason=True, leads=False, spans=(1, 2, 4, 8, 24, 72)),
    "check": FieldAct(DONE, S.TO_CLOSE, own=False, photo=PhotoStage.CHECK),
    "rework": FieldAct(DONE, S.HANDLING, own=False, reason=True, photo=PhotoStage.CHECK, leads=False),
})  # fmt: skip
"""In the order in which they are offered."""

TAKEN_WITH: Mapping[PhotoStage, frozenset[str]] = MappingProxyType({
    PhotoStage.BEFORE: frozenset({"accept", "arrive", "report_back"}),
    PhotoStage.AFTER: frozenset({"report_back"}),
    PhotoStage.CHECK: frozenset({"check", "rework"}),
})  # fmt: skip
"""A photo of a stage is for whoever may take one of these steps now."""
