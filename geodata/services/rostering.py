"""The roster 排班: who plans which unit's shifts. A unit's shifts never overlap; who is excused is on leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from geodata.domain.roles import Right
from geodata.services.actors import Actor
from geodata.services.admission import EARLIEST_MS, Admission
from geodata.services.auditing import Audit
from geodata.services.desk import Desk
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.store import roster, units
from geodata.store.roster import SHIFT_MAX_MS, Shift
from geodata.store.units import UnitNow

DAY_MS = 86_400_000
AHEAD_MAX_MS = 400 * DAY_MS


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """A shift as planned: of which unit, from < end in epoch ms; ``leave``: it is excused from it."""

    unit_code: str
    from_ms: int
    to_ms: int
    leave: bool = False


def plan_roster(
    desk: Desk, actor: Actor, submitted: Sequence[Submitted[ShiftPlan]], *, feed: str, now_ms: int,
    audit: Audit | None = None,
) -> list[Outcome]:  # fmt: skip
    """Write shifts in one transaction; outcomes stand in the order of what was submitted.

    A shift that begins when another of the same unit begins takes its place; one that overlaps another is refused.
    """
    actor.needs(Right.ENROL)
    plans = [s.item for s in submitted if isinstance(s.item, ShiftPlan)]
    with desk.store.begin() as conn:
        admission = Admission(feed, now_ms, actor.account_id)
        known = units.by_codes(conn, sorted({p.unit_code for p in plans}))
        held = _held(roster.of_units(conn, [u.id for u in known.values()], *_span(plans)) if plans else ())
        written: dict[tuple[int, int], Shift] = {}
        for one in submitted:
            item = one.item
            try:
                if isinstance(item, Refusal):
                    raise item
                unit = _unit(desk, actor, known, item)
                new = _checked(item, unit, feed.rpartition("/")[0], now_ms)
                mine = held[unit.id]
                old = mine.get(new.from_ms)
                if old is not None and (old.to_ms, old.leave) == (new.to_ms, new.leave):
                    admission.duplicate(unit.code)
                    continue
                _no_overlap(new, mine.values())
                mine[new.from_ms] = written[unit.id, new.from_ms] = new
                admission.accept(unit.code, min(now_ms, new.from_ms))
                if audit is not None:
                    area = desk.tree.areas[desk.tree.ordinal_by_id.get(unit.home_area_id, 0)].code
                    audit.record(conn, actor, "plan_roster", f"unit:{unit.code}", at_ms=now_ms, area=area,
                                 old=_said(old) if old else None, new=_said(new))  # fmt: skip
            except Refusal as refusal:
                admission.refuse(refusal, one.record, one.key)
        roster.save(conn, list(written.values()), at_ms=now_ms, actor=actor.name)
        admission.write(conn)
    return admission.outcomes


def _span(plans: Sequence[ShiftPlan]) -> tuple[int, int]:
    """What of the roster has to be known to judge these plans; a plan that is out of bounds is refused anyway."""
    low = min(p.from_ms for p in plans) - SHIFT_MAX_MS
    return max(low, EARLIEST_MS), max(p.from_ms for p in plans) + SHIFT_MAX_MS


def _held(shifts: Iterable[Shift]) -> defaultdict[int, dict[int, Shift]]:
    held: defaultdict[int, dict[int, Shift]] = defaultdict(dict)
    for shift in shifts:
        held[shift.unit_id][shift.from_ms] = shift
    return held


def _unit(desk: Desk, actor: Actor, known: dict[str, UnitNow], item: ShiftPlan) -> UnitNow:
    unit = known.get(item.unit_code)
    if unit is None or not actor.reaches(desk.tree, desk.tree.ordinal_by_id.get(unit.home_area_id, 0)):
        raise Refusal("unit", item.unit_code, "is not a unit of this city")
    return unit


def _checked(item: ShiftPlan, unit: UnitNow, source: str, now_ms: int) -> Shift:
    if item.to_ms <= item.from_ms:
        raise Refusal("to", _time(item.to_ms), f"is not after the shift's beginning, {_time(item.from_ms)}")
    if item.to_ms - item.from_ms > SHIFT_MAX_MS:
        raise Refusal("to", _time(item.to_ms), f"is more than 24 hours after the shift's beginning, "
                                               f"{_time(item.from_ms)}")  # fmt: skip
    if item.from_ms < EARLIEST_MS or item.from_ms > now_ms + AHEAD_MAX_MS:
        raise Refusal("from", _time(item.from_ms), "is not between 1990 and 400 days from now")
    return Shift(unit.id, item.from_ms, item.to_ms, int(item.leave), source)


def _no_overlap(new: Shift, others: Iterable[Shift]) -> None:
    for other in others:
        if other.from_ms != new.from_ms and other.from_ms < new.to_ms and new.from_ms < other.to_ms:
            raise Refusal("from", _time(new.from_ms), f"overlaps the unit's shift from {_time(other.from_ms)} to "
                                                      f"{_time(other.to_ms)}")  # fmt: skip


def _said(shift: Shift) -> dict[str, object]:
    return {"from": _time(shift.from_ms), "to": _time(shift.to_ms), "leave": bool(shift.leave)}


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
