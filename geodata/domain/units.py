"""Units: posts and teams that respond. A position exists only while a unit is signed on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class UnitStatus(StrEnum):
    """What a unit does now (勤务状态)."""

    OFF_DUTY = "off_duty"
    ON_DUTY = "on_duty"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    BUSY = "busy"
    BREAK = "break"


UNIT_STATUSES: tuple[UnitStatus, ...] = tuple(UnitStatus)


class UnitKind(StrEnum):
    """Which kind of post or team it is."""

    GRID_POST = "grid_post"
    ENFORCEMENT = "enforcement"
    MEDIATION = "mediation"
    EMERGENCY = "emergency"
    PROPERTY = "property"


UNIT_KINDS: tuple[UnitKind, ...] = tuple(UnitKind)
OTHER = "other"
DEPARTMENTS: tuple[str, ...] = (*(kind.value for kind in UNIT_KINDS), OTHER)
"""Departments 部门: who leads at an event, by the kind of the unit; OTHER: nobody yet, or a unit of no known kind."""


class Freshness(StrEnum):
    """How old a unit's last fix is."""

    LIVE = "live"
    STALE = "stale"
    LOST = "lost"


FRESHNESS: tuple[Freshness, ...] = tuple(Freshness)
STALE_AFTER_S: Mapping[Freshness, float] = MappingProxyType({Freshness.STALE: 300.0, Freshness.LOST: 900.0})


def freshness(fix_ms: int | None, now_ms: int) -> Freshness:
    """LIVE up to 5 min after the fix, STALE to 15 min, then LOST (also without any fix). Times in epoch ms."""
    if fix_ms is None or now_ms - fix_ms > STALE_AFTER_S[Freshness.LOST] * 1000:
        return Freshness.LOST
    return Freshness.STALE if now_ms - fix_ms > STALE_AFTER_S[Freshness.STALE] * 1000 else Freshness.LIVE
