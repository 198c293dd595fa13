"""Merging 合并: an event that tells of the same as another one goes on as part of it."""

from __future__ import annotations

from dataclasses import replace

from geodata.domain.events import ENDED, State
from geodata.services.case import Action, Case
from geodata.services.outcomes import Refusal
from geodata.store.events import EventNow


def merge(case: Case, action: Action, at_ms: int) -> EventNow:
    """The other one must be open, and must not be this one. Both stay on record, each with its reporter."""
    other = case.other(action.into)
    if other is None:
        raise Refusal("into", action.into, "is not an event of this city")
    if other.id == case.event.id:
        raise Refusal("into", action.into, "is the event itself")
    if State(other.state) in ENDED:
        raise Refusal("into", action.into, f"has ended: it is {other.state}")
    return replace(case.entered(State.MERGED, at_ms), merged_into=other.id)
