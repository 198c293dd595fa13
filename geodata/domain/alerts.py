"""Alerts 告警: what rings or is told, who is asked, and who is asked next while nobody answers. Rules are data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from geodata.domain.events import ENDED, STAGE_OF, Stage, State
from geodata.domain.lights import Light
from geodata.domain.roles import RIGHTS, Right, Role

MINUTE_MS = 60_000
MACHINE = "onescreen"
"""Who climbs, escalates and orders by itself, in the change log."""


class Trigger(StrEnum):
    """What raises an alert: a new event of the highest urgency; a joint dispatch 联动快响, for those whom its plan
    tells; a light that turns (escalation 升级).
    """

    RED_EVENT = "red_event"
    JOINT = "joint"
    YELLOW = "yellow"
    RED = "red"
    DARK = "dark"


class Answer(StrEnum):
    """How an alert ended: somebody said "seen"; its event went on or ended; a worse light took its place."""

    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    ENDED = "ended"
    SUPERSEDED = "superseded"


LIGHT_OF: Mapping[Trigger, Light] = MappingProxyType({
    Trigger.YELLOW: Light.YELLOW, Trigger.RED: Light.RED, Trigger.DARK: Light.DARK,
})  # fmt: skip
BY_LIGHT: Sequence[Trigger] = tuple(LIGHT_OF)
"""The triggers of the lights, each worse than the one before it and taking its place."""
HANDLERS: Mapping[Stage, Role] = MappingProxyType({
    Stage.ACCEPT: Role.INTAKE, Stage.DISPATCH: Role.DUTY_OFFICER, Stage.HANDLE: Role.DUTY_OFFICER,
    Stage.CHECK: Role.INTAKE, Stage.PAUSED: Role.CENTRE_HEAD,
})  # fmt: skip
"""Who handles an event that no unit has."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Who is asked, ``after_ms`` after the alert was raised: roles in the event's area, and whoever handles it."""

    roles: tuple[Role, ...] = ()
    after_ms: int = 0
    handler: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The tiers of a trigger, in their order, and whether it is heard or only shown."""

    tiers: tuple[Tier, ...]
    rings: bool = False

    def __post_init__(self) -> None:
        if problem := fault(self.tiers):
            raise ValueError(problem)


@dataclass(frozen=True, slots=True)
class AlertRules:
    """All of a city. Events up to ``urgency`` raise an alert, unless they are older than ``fresh_ms`` on arrival."""

    rules: Mapping[Trigger, Rule]
    urgency: int = 1
    fresh_ms: int = 12 * 60 * MINUTE_MS


def fault(tiers: Sequence[Tier]) -> str:
    """The rule that these tiers break, "" for none."""
    if not tiers:
        return "there must be at least one tier"
    if tiers[0].after_ms:
        return "the first tier is asked at once: its after_min is 0"
    for before, tier in pairwise(tiers):
        if tier.after_ms <= before.after_ms:
            return "each tier must come later than the one before it"
    for tier in tiers:
        if not tier.roles and not tier.handler:
            return "a tier must ask somebody: roles, or the handler"
        if strangers := sorted(set(tier.roles) - RIGHTS[Right.ACKNOWLEDGE]):
            return f"{', '.join(strangers)} cannot be asked: the role may not acknowledge"
    return ""


DEFAULT_RULES = AlertRules(MappingProxyType({
    Trigger.RED_EVENT: Rule((
        Tier((Role.DUTY_OFFICER,)), Tier((Role.SHIFT_LEADER,), 3 * MINUTE_MS),
        Tier((Role.CENTRE_HEAD,), 10 * MINUTE_MS),
    ), rings=True),
    Trigger.JOINT: Rule((Tier((Role.SHIFT_LEADER,)),), rings=True),
    Trigger.YELLOW: Rule((Tier(handler=True),)),
    Trigger.RED: Rule((Tier((Role.UNIT_HEAD, Role.SHIFT_LEADER), handler=True),)),
    Trigger.DARK: Rule((Tier((Role.LEADER, Role.SHIFT_LEADER)),)),
}))  # fmt: skip


def tier_at(rule: Rule, raised_ms: int, now_ms: int) -> int:
    """The place of the last tier that is asked by now; 0 also before the alert was raised."""
    return max(i for i, tier in enumerate(rule.tiers) if i == 0 or now_ms - raised_ms >= tier.after_ms)


def roles_asked(rule: Rule, tier: int, state: State, *, has_unit: bool) -> tuple[Role, ...]:
    """The roles asked up to a tier, each once, in their order; for a handler that is no unit, the role of its stage.
    Heads of units are asked of what a unit has."""
    asked: list[Role] = []
    for one in rule.tiers[: tier + 1]:
        stage = STAGE_OF.get(state)
        own = (HANDLERS[stage],) if one.handler and not has_unit and stage is not None else ()
        heard = (role for role in one.roles if has_unit or role is not Role.UNIT_HEAD)
        asked += [role for role in (*own, *heard) if role not in asked]
    return tuple(asked)


def unit_asked(rule: Rule, tier: int) -> bool:
    """Whether the event's unit is asked up to a tier."""
    return any(one.handler for one in rule.tiers[: tier + 1])


def answer_of(trigger: Trigger, state: State) -> Answer | None:
    """What a step to this state answers an alert with; None while it stands."""
    if state in ENDED:
        return Answer.ENDED
    waiting = STAGE_OF[state] in (Stage.ACCEPT, Stage.DISPATCH)
    return None if trigger != Trigger.RED_EVENT or waiting else Answer.DISPATCHED

