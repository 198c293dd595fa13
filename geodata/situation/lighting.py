"""Lighting: lights as they are counted and filtered; which one an event shows is kept by the clock (``judging``)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from geodata.domain.lights import CODE, LIGHTS
from geodata.situation.columns import EventColumns
from geodata.situation.runs import Longs


def codes_of(lights: Iterable[str]) -> list[int]:
    """The places of these lights."""
    return [code for light, code in CODE.items() if light.value in set(lights)]


def counted_lights(c: EventColumns, slots: Longs) -> dict[str, int]:
    """How many of these that are open show which light."""
    counts = np.bincount(c.light[slots[c.is_open(slots)]], minlength=len(LIGHTS))
    return dict(zip(map(str, LIGHTS), counts.tolist(), strict=True))
