"""Skills 技能: which events want units with which skill. Units name theirs as free text; a city says what counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skill:
    """``matters`` are codes of subtypes, or of classes for all their subtypes; ``texts`` how units name the skill."""

    name_zh: str
    name_en: str
    matters: tuple[str, ...]
    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        """ValueError for a skill that no unit could have."""
        if not [text for text in self.texts if text.strip()]:
            raise ValueError("texts: there must be at least one by which units name the skill")


SKILLS: tuple[Skill, ...] = (
    Skill("消防", "Firefighting", ("06", "0803"), ("fire", "消防")),
    Skill("燃气抢险", "Gas repair", ("0701", "0703"), ("gas", "燃气")),
    Skill("救援", "Rescue", ("08", "0203", "0601", "0702"), ("rescue", "救援")),
    Skill("电梯", "Lifts", ("0702", "0705"), ("lift", "elevator", "电梯")),
    Skill("执法", "Enforcement", ("04", "05", "0706"), ("enforcement", "执法")),
    Skill("调解", "Mediation", ("09",), ("mediation", "调解")),
    Skill("物业协调", "Property management", ("0902", "1005"), ("property", "物业")),
    Skill("巡查", "Patrol", ("01", "02", "03", "10"), ("patrol", "巡查")),
    Skill("核查", "Checks", ("07",), ("check", "核查")),
)  # fmt: skip
"""What a city begins with (default); ``city.toml`` has its own."""


def wanted(skills: Sequence[Skill], subtype_code: str, class_code: str) -> tuple[Skill, ...]:
    """The skills for a subtype; without any, those for its class."""
    for code in (subtype_code, class_code):
        if found := tuple(skill for skill in skills if code in skill.matters):
            return found
    return ()


def held(skills: Sequence[Skill], text: str) -> tuple[Skill, ...]:
    """Those of these skills that a unit with this text (its skills with commas between them) has."""
    own = {one.strip().casefold() for one in text.split(",")}
    return tuple(skill for skill in skills if any(t.strip().casefold() in own for t in skill.texts))
