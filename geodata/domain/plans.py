"""Plans of joint dispatch 联动快响: which kinds of units go together to which events, and who is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geodata.domain.roles import RIGHTS, Right, Role
from geodata.domain.skills import Skill
from geodata.domain.units import UnitKind


@dataclass(frozen=True, slots=True)
class Plan:
    """``matters`` are codes of subtypes, or of classes for all their subtypes. One unit leads, one of each of the
    other kinds assists. ``tell``: roles that are alerted besides.
    """

    name_zh: str
    name_en: str
    matters: tuple[str, ...]
    lead: UnitKind
    assists: tuple[UnitKind, ...] = ()
    tell: tuple[Role, ...] = ()

    def __post_init__(self) -> None:
        """ValueError for a role that could not answer."""
        if strangers := [role.value for role in self.tell if role not in RIGHTS[Right.ACKNOWLEDGE]]:
            raise ValueError(f"tell: {strangers[0]!r} cannot be told: the role may not acknowledge")


EMERGENCY, ENFORCEMENT, POST = UnitKind.EMERGENCY, UnitKind.ENFORCEMENT, UnitKind.GRID_POST
PLANS: tuple[Plan, ...] = (
    Plan("火情联动", "Fire", ("0601", "0803"), EMERGENCY, (ENFORCEMENT, POST), (Role.SHIFT_LEADER, Role.CENTRE_HEAD)),
    Plan("燃气泄漏联动", "Gas leak", ("0701",), EMERGENCY, (ENFORCEMENT, POST), (Role.SHIFT_LEADER, Role.CENTRE_HEAD)),
    Plan("内涝积水联动", "Flooding", ("0801", "0301"), EMERGENCY, (POST, UnitKind.PROPERTY), (Role.SHIFT_LEADER,)),
    Plan("塌陷阻断联动", "Road collapse", ("0203", "0805"), EMERGENCY, (ENFORCEMENT, POST), (Role.SHIFT_LEADER,)),
    Plan("纠纷联调", "Dispute", ("0901", "0902", "0903"), UnitKind.MEDIATION, (POST,)),
)  # fmt: skip
"""What a city begins with (default); ``city.toml`` has its own."""


def plan_for(plans: Sequence[Plan], subtype_code: str, class_code: str) -> Plan | None:
    """The first plan for a subtype; else the first for its class."""
    for code in (subtype_code, class_code):
        for plan in plans:
            if code in plan.matters:
                return plan
    return None


def unknown_matters(
    said: Sequence[Plan | Skill], known: Mapping[str, object], classes: Mapping[str, object]
) -> list[str]:
    """Codes of plans or skills that the city's catalogue does not hold."""
    return [code for one in said for code in one.matters if code not in known and code not in classes]
