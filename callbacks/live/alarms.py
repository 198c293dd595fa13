"""The section of the alerts: what stands in the area, whom it asks, who is next, and who has just answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from callbacks.live.lists import kind, place
from callbacks.live.scene import Scene
from dashboard.words import words
from geodata.domain.alerts import AlertRules, Trigger
from geodata.store.alerts import AlertNow

Json = dict[str, Any]
EACH = 8
"""Rows of a kind in a frame; a desk shows four of its own and two that were answered."""


def alerts(scene: Scene) -> Json:
    """``standing``: (trigger, roles asked, number); ``rows``: what rings first. Which of them are one's own the browser
    picks out: frames are shared, and whoever answers for another is refused by the service."""
    found = scene.situation.alerts(scene.o, EACH)
    rules = scene.city.alerts.rules
    standing = [(*heard, n) for heard, n in found.standing.items()]
    return {"standing": standing, "rows": [_row(scene, rules, alert) for alert in found.rows]}


def _row(scene: Scene, rules: AlertRules, alert: AlertNow) -> Json:
    rule = rules.rules[Trigger(alert.trigger)]
    later = rule.tiers[alert.tier + 1 : alert.tier + 2]
    o = scene.tree.ordinal_by_id.get(alert.area_id, 0)
    return {
        "id": alert.id, "trigger": alert.trigger, "rings": rule.rings, "code": alert.code,
        "what": kind(scene, alert.subtype_code), "urgency": alert.urgency, "place": place(scene, o),
        "at": alert.raised_ms, "asked": _named(scene, alert.asked), "unit": _unit(scene, alert),
        "next": [_named(scene, later[0].roles), alert.raised_ms + later[0].after_ms] if later else None,
        "end": None if alert.ended_ms is None else [alert.ended_ms, alert.answer, alert.ended_by],
    }  # fmt: skip


def _unit(scene: Scene, alert: AlertNow) -> int | None:
    """The unit that is asked: the one that the event has now."""
    event = scene.situation.event(alert.code) if alert.handler else None
    return None if event is None else event.unit_id


def _named(scene: Scene, roles: Iterable[str]) -> list[tuple[str, str]]:
    return [(role, words(scene.lang, f"role.{role}")) for role in roles]
