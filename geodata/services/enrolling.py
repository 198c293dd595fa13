"""Units: enrolled with call sign, home area and skills; signed on and off. Off duty, a unit has no position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from geodata.domain.roles import Right
from geodata.domain.units import UnitStatus
from geodata.services.actors import Actor
from geodata.services.admission import Admission, check_time
from geodata.services.auditing import Audit
from geodata.services.desk import Desk
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.store import units
from geodata.store.unit_writes import next_unit_id, save_units
from geodata.store.units import UnitNow


@dataclass(frozen=True, slots=True)
class UnitReport:
    """What is told of a unit. None: as it was; a new unit needs call sign, kind and home area, and is off duty."""

    code: str
    call_sign: str | None = None
    kind: str | None = None
    home_area_code: str | None = None
    skills: tuple[str, ...] | None = None
    status: str | None = None
    at_ms: int | None = None


def enrol_units(
    desk: Desk, actor: Actor, submitted: Sequence[Submitted[UnitReport]], *, feed: str, now_ms: int,
    audit: Audit | None = None,
) -> list[Outcome]:
    """Write units in one transaction; outcomes stand in the order of what was submitted.

    A unit that signs off loses its last position in the same step.
    """
    actor.needs(Right.ENROL)
    with desk.store.begin() as conn:
        admission = Admission(feed, now_ms, actor.account_id)
        known = units.by_codes(conn, [s.item.code for s in submitted if isinstance(s.item, UnitReport)])
        following = next_unit_id(conn)
        new_ids: set[int] = set()
        written: dict[str, tuple[UnitNow, str]] = {}
        for one in submitted:
            item = one.item
            try:
                if isinstance(item, Refusal):
                    raise item
                old = known.get(item.code)
                new = _told(desk, actor, item, old or _unknown(item, following), now_ms)
                if new == old:
                    admission.duplicate(item.code)
                    continue
                if old is None:
                    new_ids.add(new.id)
                    following += 1
                new = replace(new, rev=1 if old is None else old.rev + 1)
                known[item.code] = new
                written[item.code] = (new, _action(old, new))
                admission.accept(item.code, new.status_ms)
                if audit is not None:
                    area = desk.tree.areas[desk.tree.ordinal_by_id.get(new.home_area_id, 0)].code
                    audit.record(conn, actor, _action(old, new), f"unit:{item.code}", at_ms=now_ms, area=area,
                                 old=_said(old) if old else None, new=_said(new))  # fmt: skip
            except Refusal as refusal:
                admission.refuse(refusal, one.record, one.key)
        save_units(conn, list(written.values()), new_ids=new_ids, at_ms=now_ms, actor=actor.name)
        admission.write(conn)
    return admission.outcomes


def _said(unit: UnitNow) -> dict[str, object]:
    """What may be told of a unit, positions aside."""
    return {name: getattr(unit, name) for name in ("call_sign", "kind", "home_area_id", "skills", "status")}


def is_signed_on(unit: UnitNow) -> bool:
    """Whether the unit is on duty in any way."""
    return unit.status != UnitStatus.OFF_DUTY


def _unknown(item: UnitReport, unit_id: int) -> UnitNow:
    for field, value in (("call_sign", item.call_sign), ("kind", item.kind), ("home_area", item.home_area_code)):
        if not value:
            raise Refusal(field, value, f"is missing; {item.code} is a new unit")
    return UnitNow(
        id=unit_id, code=item.code, call_sign="", kind="", home_area_id=0, skills="",
        status=UnitStatus.OFF_DUTY.value, status_ms=0, rev=0, lon=None, lat=None, fix_ms=None, received_ms=None,
        accuracy_m=None, speed_ms=None, battery=None, area_id=None, moved_seq=0, track_ms=0,
    )  # fmt: skip


def _told(desk: Desk, actor: Actor, item: UnitReport, old: UnitNow, now_ms: int) -> UnitNow:
    at_ms = check_time("at", now_ms if item.at_ms is None else item.at_ms, now_ms)
    home = old.home_area_id
    if item.home_area_code is not None:
        o = desk.tree.ordinal.get(item.home_area_code)
        if o is None or not actor.reaches(desk.tree, o):
            raise Refusal("home_area", item.home_area_code, "is not an area of this city")
        home = desk.tree.areas[o].id
    if not actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(old.home_area_id or home, 0)):
        raise Refusal("code", item.code, f"is not a code that {actor.name} may enrol a unit under")
    new = replace(
        old, home_area_id=home,
        call_sign=old.call_sign if item.call_sign is None else item.call_sign,
        kind=old.kind if item.kind is None else item.kind,
        skills=old.skills if item.skills is None else ",".join(item.skills),
    )  # fmt: skip
    if old.status_ms == 0:
        new = replace(new, status_ms=at_ms)
    if item.status is None or item.status == old.status or at_ms < old.status_ms:
        return new
    return with_status(new, item.status, at_ms)


def with_status(unit: UnitNow, status: str, at_ms: int) -> UnitNow:
    """The unit with another status from a moment on: whoever signs off has no position any more."""
    new = replace(unit, status=status, status_ms=at_ms)
    if not is_signed_on(new):
        return _without_fix(new)
    return new if is_signed_on(unit) else replace(new, signed_on_ms=at_ms)


def _without_fix(unit: UnitNow) -> UnitNow:
    return replace(
        unit, lon=None, lat=None, fix_ms=None, received_ms=None, accuracy_m=None, speed_ms=None, battery=None,
        area_id=None, stay_ms=0, stay_fixes=0,
    )  # fmt: skip


def _action(old: UnitNow | None, new: UnitNow) -> str:
    if old is None:
        return "enrol"
    if is_signed_on(old) != is_signed_on(new):
        return "sign_on" if is_signed_on(new) else "sign_off"
    return "status" if old.status != new.status else "edit"
