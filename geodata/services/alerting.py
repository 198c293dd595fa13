"""Alerting 告警: new red events ring in the transaction that reports them, and stand until somebody answers.

An alert is raised where an event is reported and nowhere else: an import brings a past, and a past does not ring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geodata.domain.alerts import MACHINE, Answer, Trigger, answer_of, roles_asked, tier_at, unit_asked
from geodata.domain.areas import AreaTree
from geodata.domain.events import State
from geodata.domain.plans import plan_for
from geodata.domain.roles import Right
from geodata.services.access import Access
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.desk import Desk
from geodata.services.leasing import MayWrite
from geodata.services.looking import NotThereError, area_ids
from geodata.store import alerts, changes, units
from geodata.store.alerts import AlertNow, NewAlert
from geodata.store.engine import Connection
from geodata.store.events import EventNow

JOB = "alerts"
MINE_MAX = 200


def new_alert(desk: Desk, event: EventNow, trigger: Trigger, clock_ms: int) -> NewAlert:
    """The alert of an event in its first tier."""
    rule = desk.alerts.rules[trigger]
    has_unit = event.unit_id is not None
    asked = roles_asked(rule, 0, State(event.state), has_unit=has_unit)
    return NewAlert(event.id, trigger.value, clock_ms, 0, tuple(asked), unit_asked(rule, 0))


def ring(conn: Connection, desk: Desk, born: Sequence[EventNow], actor: str, now_ms: int) -> None:
    """Raise an alert for each new event that rings, in the transaction of its report."""
    rules = desk.alerts
    ringing = [e for e in born if e.urgency <= rules.urgency and now_ms - e.reported_ms <= rules.fresh_ms]
    new = [new_alert(desk, event, Trigger.RED_EVENT, event.reported_ms) for event in ringing]
    alerts.raise_all(conn, new, at_ms=now_ms, actor=actor)


def tell_joint(
    conn: Connection, desk: Desk, sent: Sequence[EventNow], actor: str, now_ms: int
) -> None:
    """Tell of joint dispatches whoever the plan names, in the transaction of the dispatch."""
    new = []
    for event in sent:
        plan = plan_for(desk.joint, event.subtype_code, event.class_code)
        if plan is not None and plan.tell:
            new.append(NewAlert(event.id, Trigger.JOINT.value, now_ms, 0, tuple(plan.tell), handler=False))
    alerts.raise_all(conn, new, at_ms=now_ms, actor=actor)


def answer(conn: Connection, moved: Sequence[EventNow], actor: str, now_ms: int) -> None:
    """End the alerts that these steps answer, in the transaction of the steps."""
    now = {event.id: event for event in moved}
    if now:
        _end(conn, [(a, answer_of(Trigger(a.trigger), State(now[a.event_id].state)))
                    for a in alerts.standing_of(conn, now)], actor, now_ms)  # fmt: skip


Answered = Sequence[tuple[AlertNow, Answer | None]]
"""Alerts, each with what it was answered with; None where it stands."""


def overtaken(conn: Connection) -> Answered:
    """The alerts whose events have gone on by a way that did not say so."""
    maybe = alerts.overtaken(conn, Trigger.RED_EVENT.value)
    found = [(a, answer_of(Trigger(a.trigger), State(a.state))) for a in maybe]
    return [(a, way) for a, way in found if way is not None]


def sweep(conn: Connection, answered: Answered, now_ms: int) -> None:
    """End what was overtaken, and still stands."""
    _end(conn, answered, MACHINE, now_ms)


def climb(desk: Desk, may_write: MayWrite, now_ms: int) -> int:
    """Ask the next tier of what nobody answered in time; how many alerts climbed. Doing it twice does nothing more."""
    rules = desk.alerts.rules
    with desk.store.read() as conn:
        standing = alerts.stand_below(conn, {t.value: len(rule.tiers) - 1 for t, rule in rules.items()})
    due = [(a, tier) for a in standing if (tier := _tier(desk, a, now_ms)) > a.tier]
    if not due:
        return 0
    climbed = 0
    with desk.store.begin() as conn:
        if not may_write(conn):
            return 0
        for a, tier in due:
            rule = rules[Trigger(a.trigger)]
            own = roles_asked(rule, tier, State(a.state), has_unit=a.unit_id is not None)
            asked, handler = tuple(dict.fromkeys((*a.asked, *own))), unit_asked(rule, tier)
            climbed += alerts.climb(conn, a.id, tier, asked, handler=handler, at_ms=now_ms, actor=MACHINE)
    return climbed


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An alert after somebody answered it; ``first``: it was this one who did."""

    alert: AlertNow
    first: bool


def acknowledge(access: Access, desk: Desk, actor: Actor, alert_id: int, now_ms: int) -> Acknowledged:
    """Answer an alert in the name of who is asked: it falls silent everywhere. Raises NotAllowedError, NotThereError.

    What has ended already stays as it ended: the second one is told who was first.
    """
    actor.needs(Right.ACKNOWLEDGE)
    with access.store.begin() as conn:
        alert = _alert(conn, desk.tree, actor, alert_id)
        if not _is_asked(conn, actor, alert):
            raise NotAllowedError(actor, f"acknowledge what asks {', '.join(alert.asked) or 'a unit'}")
        first = bool(alerts.end(conn, [alert.id], at_ms=now_ms, answer=Answer.ACKNOWLEDGED, by=actor.name))
        if first:
            area = desk.tree.areas[desk.tree.ordinal_by_id.get(alert.area_id, 0)].code
            told = {"trigger": alert.trigger, "tier": alert.tier + 1, "raised_ms": alert.raised_ms}
            access.audit.record(
                conn, actor, "acknowledge", f"event:{alert.code}", at_ms=now_ms, area=area, new=told,
                covers=changes.last(conn),
            )  # fmt: skip
            alert = alerts.by_ids(conn, [alert.id])[0]
    return Acknowledged(alert, first)


def past(
    desk: Desk, actor: Actor, *, area: str | None, from_ms: int, to_ms: int, before_id: int | None, limit: int
) -> list[AlertNow]:
    """Alerts raised in a span, in an area and all below it (without one: in the whole reach), newest first.

    Raises NotAllowedError, NotThereError.
    """
    actor.needs(Right.READ_ALERTS)
    ids = area_ids(actor, desk.tree, area)
    with desk.store.read() as conn:
        return alerts.page(conn, area_ids=ids, from_ms=from_ms, to_ms=to_ms, before_id=before_id, limit=limit)


def standing(desk: Desk, actor: Actor, *, area: str | None, asked: bool) -> list[AlertNow]:
    """The alerts that stand in an area and all below it (without one: in the whole reach), newest first; with ``asked``
    those that ask the actor. Raises NotAllowedError, NotThereError.
    """
    actor.needs(Right.ACKNOWLEDGE if asked else Right.READ_ALERTS)
    ids = area_ids(actor, desk.tree, area)
    within = None if ids is None else frozenset(ids)
    with desk.store.read() as conn:
        found = [a for a in alerts.standing(conn) if within is None or a.area_id in within]
        own = _own_unit(conn, actor)
    return sorted((a for a in found if not asked or _asks(actor, own, a)), key=lambda a: -a.id)


def mine(desk: Desk, actor: Actor) -> list[AlertNow]:
    """The alerts that stand in the actor's reach and ask it, at most MINE_MAX, the oldest first. NotAllowedError."""
    return standing(desk, actor, area=None, asked=True)[::-1][:MINE_MAX]


def _tier(desk: Desk, alert: AlertNow, now_ms: int) -> int:
    return tier_at(desk.alerts.rules[Trigger(alert.trigger)], alert.raised_ms, now_ms)


def _end(conn: Connection, answered: Answered, by: str, now_ms: int) -> None:
    for way in Answer:
        if ids := [alert.id for alert, how in answered if how is way]:
            alerts.end(conn, ids, at_ms=now_ms, answer=way.value, by=by)


def _alert(conn: Connection, tree: AreaTree, actor: Actor, alert_id: int) -> AlertNow:
    found = alerts.by_ids(conn, [alert_id])
    if not found or not _reached(tree, actor, found[0]):
        raise NotThereError("there is no such alert")
    return found[0]


def _reached(tree: AreaTree, actor: Actor, alert: AlertNow) -> bool:
    return actor.reaches(tree, tree.ordinal_by_id.get(alert.area_id, 0))


def _is_asked(conn: Connection, actor: Actor, alert: AlertNow) -> bool:
    return _asks(actor, _own_unit(conn, actor), alert)


def _asks(actor: Actor, own_unit_id: int | None, alert: AlertNow) -> bool:
    """Whether the alert asks this actor: one of its roles, or its unit."""
    own = bool(alert.handler) and own_unit_id is not None and own_unit_id == alert.unit_id
    return own or bool(actor.roles.intersection(alert.asked))


def _own_unit(conn: Connection, actor: Actor) -> int | None:
    found = units.by_codes(conn, [actor.unit_code]) if actor.is_unit_member and actor.unit_code else {}
    return found[actor.unit_code].id if found else None
