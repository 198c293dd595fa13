"""The light of one clock, decided by itself: what the columns of ``domain.lights`` must agree with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geodata.domain.lights import DEFAULT_RULES, Light, LightRules, turns
from geodata.domain.worktime import WorkTime


class Turn(NamedTuple):
    """The moments at which one clock's light changes."""

    yellow_ms: int
    red_ms: int
    dark_ms: int


def turn(
    start_ms: int, deadline_ms: int | None, *, working: bool, work: WorkTime, rules: LightRules = DEFAULT_RULES
) -> Turn | None:
    """The turns of one clock; None without a deadline."""
    if deadline_ms is None:
        return None
    found = turns(np.array([start_ms]), np.array([deadline_ms]), np.array([working]), work, rules)
    return Turn(*(int(column[0]) for column in found))


def light(at: Turn | None, now_ms: int, *, stopped: bool = False) -> Light:
    """Its light."""
    if at is None:
        return Light.NONE
    if stopped:
        return Light.STOPPED
    if now_ms > at.dark_ms:
        return Light.DARK
    if now_ms > at.red_ms:
        return Light.RED
    return Light.YELLOW if now_ms >= at.yellow_ms else Light.GREEN
