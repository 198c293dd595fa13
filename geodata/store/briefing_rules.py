"""What ``city.toml`` may say about briefings; each figure has a default that a city may leave as it is."""

from __future__ import annotations

from datetime import time

from pydantic import BaseModel, ConfigDict, Field, field_validator

from geodata.domain.briefing import Kind


class BriefingSaid(BaseModel):
    """``[briefing]``: which periods are kept by themselves, from which local time on after their end, for which areas:
    those with these codes and all areas down to ``depth`` levels below the city (-1: those with these codes only).
    ``keep_days``: for how long."""

    model_config = ConfigDict(extra="forbid")
    periods: tuple[Kind, ...] = (Kind.DAY,)
    at: time = time(8)
    areas: tuple[str, ...] = ()
    depth: int = Field(default=0, ge=-1, le=2)
    keep_days: int = Field(default=1_100, ge=1, le=36_500)

    @field_validator("at")
    @classmethod
    def _plain(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("is a local time such as 08:00")
        return value
