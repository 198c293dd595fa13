"""What ``city.toml`` may say about patrols; each figure has a default that a city may leave as it is."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geodata.domain.coverage import (
    AGAIN_DAYS,
    DAYS_MAX,
    DEFAULT_PLAN,
    EVERY_DAY,
    EVERY_SHIFT,
    MINUTE_MS,
    PatrolPlan,
    PatrolRule,
    fault,
)

Days = Annotated[int, Field(ge=1, le=DAYS_MAX)]
_EVERY = {"shift": EVERY_SHIFT, "day": EVERY_DAY}


class RuleSaid(BaseModel):
    """``[[coverage.plan]]``: how often a kind of grid is due ("shift", "day", or a number of days), and by what it is
    covered in a shift. ``kind`` "" is for every kind without a line of its own."""

    model_config = ConfigDict(extra="forbid")
    kind: str = Field(default="", max_length=32)
    every: Literal["shift", "day"] | Days = "shift"
    minutes: float = Field(default=10, ge=0, le=480)
    fixes: int = Field(default=3, ge=1, le=1_000)

    @property
    def rule(self) -> PatrolRule:
        """As the domain takes it."""
        every = _EVERY[self.every] if isinstance(self.every, str) else self.every
        return PatrolRule(self.kind, every, self.minutes, self.fixes)


class CoverageSaid(BaseModel):
    """``[coverage]``: when shifts begin, which grids are due when, the silence of a unit that counts nowhere, and how
    long the shifts of single grids and the rates of areas are kept."""

    model_config = ConfigDict(extra="forbid")
    shifts: tuple[time, ...] = tuple(time(*divmod(m, 60)) for m in DEFAULT_PLAN.starts)
    plan_lines: tuple[RuleSaid, ...] | None = Field(default=None, alias="plan", max_length=32)
    gap_min: float = Field(default=DEFAULT_PLAN.gap_ms / MINUTE_MS, ge=1, le=30)
    days: int = Field(default=40, ge=DAYS_MAX + AGAIN_DAYS + 1, le=400)
    rate_days: int = Field(default=400, ge=31, le=4_000)

    @property
    def plan(self) -> PatrolPlan:
        """As the domain takes it."""
        rules = DEFAULT_PLAN.rules if self.plan_lines is None else tuple(line.rule for line in self.plan_lines)
        starts = tuple(t.hour * 60 + t.minute for t in self.shifts)
        return PatrolPlan(starts, rules, round(self.gap_min * MINUTE_MS))

    @model_validator(mode="after")
    def _sound(self) -> CoverageSaid:
        if problem := fault(self.plan.starts, self.plan.rules):
            raise ValueError(problem)
        return self
