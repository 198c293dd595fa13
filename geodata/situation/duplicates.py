"""Duplicates: open events that may tell of the same as another one (合并建议)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geodata.domain.dispatch import distance_m
from geodata.domain.events import ENDED, MERGE_WITHIN_M, MERGE_WITHIN_MS, STATES, State
from geodata.situation.columns import EventColumns
from geodata.situation.runs import Longs

MAYBE = np.array([s not in ENDED and s != State.SUSPENDED for s in STATES])
MOST = 5


def alike(columns: EventColumns, slot: int, within: Sequence[range]) -> list[tuple[int, float]]:
    """(slot, metres) of the open events in ``within`` of the same subtype, at most ``MERGE_WITHIN_M`` away and reported
    at most ``MERGE_WITHIN_MS`` before or after it; the nearest first.
    """
    lon, lat = float(columns.lon[slot]), float(columns.lat[slot])
    if np.isnan(lon):
        return []
    near = np.abs(columns.reported_ms - columns.reported_ms[slot]) <= MERGE_WITHIN_MS
    near &= (columns.subtype == columns.subtype[slot]) & (columns.o >= 0) & MAYBE[columns.state]
    near[slot] = False
    slots: Longs = np.flatnonzero(near)
    slots = slots[[any(o in span for span in within) for o in columns.o[slots].tolist()]]
    metres = distance_m(lon, lat, columns.lon[slots], columns.lat[slots])
    order = np.argsort(metres, kind="stable")
    return [(int(slots[i]), float(metres[i])) for i in order[:MOST] if metres[i] <= MERGE_WITHIN_M]
