"""Duty 值勤: a unit signs itself on and off by its own phone. Nothing of another unit can be changed here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from geodata.domain.roles import Right
from geodata.domain.units import UnitStatus
from geodata.services.actors import Actor
from geodata.services.admission import check_time
from geodata.services.auditing import Audit
from geodata.services.desk import Desk
from geodata.services.enrolling import is_signed_on, with_status
from geodata.services.outcomes import Outcome, Refusal
from geodata.store import receipts, units
from geodata.store.engine import Connection
from geodata.store.unit_writes import save_units
from geodata.store.units import UnitNow

BACK_MS = 5 * 60_000
CONSENT = "2026-11"
"""The version of the text about positions (``field.consent.*`` in the words): a new text gets a new one."""


@dataclass(frozen=True, slots=True)
class Signing:
    """The own unit goes on or off duty. ``consent``: the version of the text that was agreed to, for signing on.

    ``key`` is the phone's own name of this delivery.
    """

    on: bool
    at_ms: int
    key: str
    consent: str = ""


def own_unit(conn: Connection, actor: Actor) -> UnitNow | None:
    """The unit that the actor is bound to; None without one."""
    return units.by_codes(conn, [actor.unit_code]).get(actor.unit_code) if actor.unit_code else None


def sign(desk: Desk, actor: Actor, item: Signing, *, now_ms: int, audit: Audit) -> Outcome:
    """Sign the own unit on or off; the outcome's code is the unit's. Raises NotAllowedError.

    Signing on needs consent to the text in force, and it is noted who agreed to which one when. Whoever signs off
    loses the last position in the same step.
    """
    actor.needs(Right.SIGN_ON)
    with desk.store.begin() as conn:
        try:
            known = receipts.subject(conn, actor.account_id, item.key)
            if known is not None:
                return Outcome("duplicate", known)
            unit = own_unit(conn, actor)
            if unit is None:
                raise Refusal("unit", actor.unit_code, "is not a unit of this city")
            if item.on and item.consent != CONSENT:
                raise Refusal("consent", item.consent, f"is not the text in force, which is {CONSENT}")
            at_ms = check_time("at", item.at_ms, now_ms)
            if item.on == is_signed_on(unit):
                return Outcome("duplicate", unit.code)
            if at_ms < unit.status_ms - BACK_MS:
                raise Refusal("at", item.at_ms, "lies before the unit's last change of status")
            at_ms = max(at_ms, unit.status_ms)  # clocks of two machines differ
        except Refusal as refusal:
            return Outcome.of(refusal, "dropped")
        _signed(desk, conn, actor, unit, replace(item, at_ms=at_ms), now_ms, audit)
        return Outcome("accepted", unit.code)


def _signed(
    desk: Desk, conn: Connection, actor: Actor, unit: UnitNow, item: Signing, now_ms: int, audit: Audit
) -> None:
    status = UnitStatus.ON_DUTY if item.on else UnitStatus.OFF_DUTY
    new = replace(with_status(unit, status.value, item.at_ms), rev=unit.rev + 1)
    action = "sign_on" if item.on else "sign_off"
    save_units(conn, [(new, action)], new_ids=set(), at_ms=now_ms, actor=actor.name)
    receipts.keep(conn, actor.account_id, item.key, unit.code, now_ms)
    if item.on:
        receipts.agree(conn, actor.account_id, CONSENT, now_ms)
    area = desk.tree.areas[desk.tree.ordinal_by_id.get(unit.home_area_id, 0)].code
    audit.record(conn, actor, action, f"unit:{unit.code}", at_ms=now_ms, area=area, old={"status": unit.status},
                 new={"status": new.status} | ({"consent": CONSENT} if item.on else {}))  # fmt: skip
