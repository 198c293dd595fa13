"""Alerts in the native API: those that ask you, their answer, and the record of what rang."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from geodata.domain.areas import AreaTree
from geodata.intake.door import Door, now_ms
from geodata.intake.spans import span_ms
from geodata.services import alerting
from geodata.services.actors import asking
from geodata.store.alerts import AlertNow

AreaCode = Annotated[str | None, Query(max_length=64, description="Only in this area and all below it.")]
AlertId = Annotated[int, Path(ge=1, le=2**53)]
Before = Annotated[int | None, Query(ge=1, le=2**53, description="Only older ones than this id (`next`).")]


def add_routes(guarded: APIRouter, door: Door) -> None:
    """Add the routes. All of them are plain functions: the framework runs them in threads."""

    @guarded.get("/alerts", tags=["alerts"])
    def list_alerts(
        area: AreaCode = None, from_at: AwareDatetime | None = None, to_at: AwareDatetime | None = None,
        before: Before = None, limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> dict[str, Any]:  # fmt: skip
        """What rang in a span of at most 31 days (without one: the last 24 hours), newest first."""
        desk = door.desk()
        from_ms, to_ms = span_ms(from_at, to_at, now_ms())
        found = alerting.past(
            desk, asking.get(), area=area, from_ms=from_ms, to_ms=to_ms, before_id=before, limit=limit
        )
        return {
            "alerts": [_alert(desk.tree, a) for a in found], "next": found[-1].id if len(found) == limit else None,
        }  # fmt: skip

    @guarded.get("/alerts/mine", tags=["alerts"])
    def my_alerts() -> dict[str, Any]:
        """What stands and asks you, the oldest first."""
        desk = door.desk()
        return {"alerts": [_alert(desk.tree, a) for a in alerting.mine(desk, asking.get())]}

    @guarded.post("/alerts/{alert_id}/acknowledge", tags=["alerts"])
    def acknowledge(alert_id: AlertId) -> dict[str, Any]:
        """Answer an alert that asks you: it falls silent on every desk, and that you did is written down.

        ``first`` is false where it had ended before.
        """
        desk = door.desk()
        answered = alerting.acknowledge(door.access, desk, asking.get(), alert_id, now_ms())
        return {"first": answered.first, "alert": _alert(desk.tree, answered.alert)}


def _alert(tree: AreaTree, a: AlertNow) -> dict[str, Any]:
    o = tree.ordinal_by_id.get(a.area_id, 0)
    return {
        "id": a.id, "event": a.code, "trigger": a.trigger, "subtype": a.subtype_code, "urgency": a.urgency,
        "area": tree.areas[o].code, "raised_at": _time(a.raised_ms), "tier": a.tier + 1, "tier_at": _time(a.tier_ms),
        "asked": a.asked, "ended_at": _time(a.ended_ms), "answer": a.answer or None, "ended_by": a.ended_by or None,
    }  # fmt: skip


def _time(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat()
