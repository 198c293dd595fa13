"""Lights 亮灯: how much of its limit an event has used, as a colour; the rules are data, the clock is passed in.

Used time is counted on the clock of the limit: clock hours run on, working hours only while offices are open. A light
therefore needs no clock of its own: the three moments at which it changes (``Turns``) are found once, and a light is a
comparison of a moment with them. They are exact where a deadline is its start plus its limit. Where the clock stood
still for a while (挂账) and the deadline was moved on by that, hand over the start moved on, too; with the first start
yellow comes a little early, red does not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geodata.domain.clocks import NEVER
from geodata.domain.worktime import Longs, WorkTime

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.int8]


class Light(StrEnum):
    """What a clock shows. ``STOPPED``: it stands still (a suspended event); ``NONE``: there is no limit."""

    NONE = "none"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    DARK = "dark"
    STOPPED = "stopped"


LIGHTS: tuple[Light, ...] = tuple(Light)
SHAPES: Mapping[Light, str] = MappingProxyType({
    Light.NONE: "", Light.GREEN: "●", Light.YELLOW: "▲", Light.RED: "■", Light.DARK: "◆", Light.STOPPED: "‖",
})  # fmt: skip
"""A shape for each colour: colour never stands alone."""
CODE: Mapping[Light, int] = MappingProxyType({light: code for code, light in enumerate(LIGHTS)})
"""The place of each light in LIGHTS: its number in a column."""


@dataclass(frozen=True, slots=True)
class LightRules:
    """From which share of the limit a light is yellow, and beyond which dark red; red is overdue, beyond 1."""

    yellow: float = 0.75
    dark: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.yellow < 1:
            raise ValueError(f"yellow: {self.yellow} must lie between 0 and 1, as a share of the limit")
        if not self.dark > 1:
            raise ValueError(f"dark: {self.dark} must be more than 1, as a share of the limit")


DEFAULT_RULES = LightRules()


class Turns(NamedTuple):
    """The moments at which lights change, as columns: yellow from the first, red after the second, dark red after the
    third; NEVER where there is no limit."""

    yellow_ms: Longs
    red_ms: Longs
    dark_ms: Longs


def turns(
    start_ms: Longs, deadline_ms: Longs, working: Bools, work: WorkTime, rules: LightRules = DEFAULT_RULES
) -> Turns:
    """The turns of many clocks; ``working``: which run in working time only.

    A working limit without any working time in it (a deadline by hand, at night) runs by the clock.
    """
    limited = deadline_ms < NEVER
    ends = np.where(limited, deadline_ms, start_ms)
    began, due = work.worked(start_ms), work.worked(ends)
    by_work = working & (due > began)
    base, limit = np.where(by_work, began, start_ms), np.where(by_work, due - began, ends - start_ms)
    yellow, dark = (base + np.rint(limit * share).astype(np.int64) for share in (rules.yellow, rules.dark))
    at = [np.where(by_work, work.moment(moments), moments) for moments in (yellow, dark)]
    # Never after the deadline, and never before it: a deadline that is no moment of working time stays what it is.
    first, last = np.minimum(at[0], ends), np.maximum(at[1], ends)
    return Turns(*(np.where(limited, moments, NEVER) for moments in (first, ends, last)))


def lights(at: Turns, now_ms: int | Longs, stopped: Bools) -> Bytes:
    """The lights of many clocks, as places in LIGHTS."""
    shown = CODE[Light.GREEN] + (now_ms >= at.yellow_ms).astype(np.int8) + (now_ms > at.red_ms) + (now_ms > at.dark_ms)
    shown = np.where(stopped, CODE[Light.STOPPED], shown)
    found: Bytes = np.where(at.red_ms < NEVER, shown, CODE[Light.NONE]).astype(np.int8)
    return found
