"""What ``city.toml`` may say about the closed loop; each figure has a default that a city may leave as it is."""

from __future__ import annotations

from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geodata.domain import alerts, surges
from geodata.domain.alerts import MINUTE_MS, AlertRules, Rule, Tier, Trigger
from geodata.domain.indicators import FIVE_COLOURS, Steps
from geodata.domain.lights import DEFAULT_RULES, LightRules
from geodata.domain.roles import Role
from geodata.domain.surges import SurgeRules


class LightsSaid(BaseModel):
    """``[lights]``: from which share of its limit an event is yellow, and beyond which dark red."""

    model_config = ConfigDict(extra="forbid")
    yellow: float = Field(default=DEFAULT_RULES.yellow, gt=0, lt=1)
    dark: float = Field(default=DEFAULT_RULES.dark, gt=1, le=100)

    @property
    def rules(self) -> LightRules:
        """As the domain takes it."""
        return LightRules(self.yellow, self.dark)


class ColoursSaid(BaseModel):
    """``[colours]``: from which share on a rate has each of the five colours 五色; what is below is red."""

    model_config = ConfigDict(extra="forbid")
    green: float = Field(default=0.95, gt=0, le=1)
    blue: float = Field(default=0.90, gt=0, le=1)
    yellow: float = Field(default=0.80, gt=0, le=1)
    orange: float = Field(default=0.70, gt=0, le=1)

    @model_validator(mode="after")
    def _falling(self) -> ColoursSaid:
        if not self.green > self.blue > self.yellow > self.orange:
            raise ValueError("green, blue, yellow, orange must fall from one to the next")
        return self

    @property
    def steps(self) -> Steps:
        """As the domain takes it."""
        return tuple((getattr(self, colour, 0.0), colour) for _, colour in FIVE_COLOURS)


class TierSaid(BaseModel):
    """One line of a trigger: who is asked, so many minutes after the alert was raised."""

    model_config = ConfigDict(extra="forbid")
    roles: tuple[Role, ...] = ()
    after_min: float = Field(default=0, ge=0, le=10_080)
    handler: bool = False

    @property
    def tier(self) -> Tier:
        """As the domain takes it."""
        return Tier(self.roles, round(self.after_min * MINUTE_MS), self.handler)


class TriggerSaid(BaseModel):
    """The lines of one trigger."""

    model_config = ConfigDict(extra="forbid")
    tiers: tuple[TierSaid, ...] = Field(max_length=8)
    rings: bool = False

    @model_validator(mode="after")
    def _sound(self) -> TriggerSaid:
        if problem := alerts.fault([t.tier for t in self.tiers]):
            raise ValueError(f"tiers: {problem}")
        return self

    @property
    def rule(self) -> Rule:
        """As the domain takes it."""
        return Rule(tuple(t.tier for t in self.tiers), self.rings)


class AlertsSaid(BaseModel):
    """``[alerts]``: which events ring, and who is asked by which trigger: ``[alerts.red_event]``, ``.joint``,
    ``.yellow``, ``.red``, ``.dark``."""

    model_config = ConfigDict(extra="forbid")
    urgency: int = Field(default=alerts.DEFAULT_RULES.urgency, ge=0, le=4)
    fresh_min: float = Field(default=alerts.DEFAULT_RULES.fresh_ms / MINUTE_MS, ge=1, le=100_000)
    red_event: TriggerSaid | None = None
    joint: TriggerSaid | None = None
    yellow: TriggerSaid | None = None
    red: TriggerSaid | None = None
    dark: TriggerSaid | None = None

    @property
    def rules(self) -> AlertRules:
        """As the domain takes it; a trigger that is not mentioned stays as it is by default."""
        said = {trigger: getattr(self, trigger.value) for trigger in Trigger}
        own = {trigger: told.rule for trigger, told in said.items() if told is not None}
        rules = MappingProxyType({**alerts.DEFAULT_RULES.rules, **own})
        return AlertRules(rules, self.urgency, round(self.fresh_min * MINUTE_MS))


class SurgesSaid(BaseModel):
    """``[surges]``: how many false alarms a day are bearable, what is too little to be told of, and how many levels
    below the city are looked at."""

    model_config = ConfigDict(extra="forbid")
    per_day: float = Field(default=surges.DEFAULT_RULES.per_day, gt=0, le=100)
    least: int = Field(default=surges.DEFAULT_RULES.least, ge=2, le=1000)
    times: float = Field(default=surges.DEFAULT_RULES.times, ge=1, le=100)
    depth: int = Field(default=surges.DEFAULT_RULES.depth, ge=0, le=3)

    @property
    def rules(self) -> SurgeRules:
        """As the domain takes it."""
        return SurgeRules(self.per_day, self.least, self.times, self.depth)
