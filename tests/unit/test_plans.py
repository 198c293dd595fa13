from __future__ import annotations

import pytest

from geodata.domain.catalogue import Catalogue
from geodata.domain.plans import PLANS, Plan, plan_for, unknown_matters
from geodata.domain.roles import Role
from geodata.domain.units import UnitKind
from geodata.store.folder import City

CATALOGUE = Catalogue.read()
FIRE = Plan("火情", "Fire", ("0601",), UnitKind.EMERGENCY)
CLASS = Plan("消防", "Fire safety", ("06",), UnitKind.ENFORCEMENT)


def test_a_plan_for_the_subtype_goes_before_one_for_its_class() -> None:
    plans = (CLASS, FIRE)
    assert plan_for(plans, "0601", "06") is FIRE
    assert plan_for(plans, "0602", "06") is CLASS
    assert plan_for(plans, "0101", "01") is None


def test_what_a_city_begins_with_names_matters_of_the_catalogue_and_each_kind_once() -> None:
    assert unknown_matters(PLANS, CATALOGUE.subtypes, CATALOGUE.classes) == []
    for plan in PLANS:
        assert len({plan.lead, *plan.assists}) == 1 + len(plan.assists)


def test_a_city_has_plans_of_its_own() -> None:
    told = {"name_zh": "火情", "name_en": "Fire", "matters": ["0601"], "lead": "emergency", "assists": ["grid_post"],
            "tell": ["shift_leader"]}  # fmt: skip
    (plan,) = City.model_validate({"joint": [told]}).joint
    assert (plan.lead, plan.assists, plan.tell) == (UnitKind.EMERGENCY, (UnitKind.GRID_POST,), (Role.SHIFT_LEADER,))
    assert City().joint == PLANS


@pytest.mark.parametrize(
    ("wrong", "word"), [({"lead": "nobody"}, "lead"), ({"tell": ["screen"]}, "screen"), ({"matters": None}, "matters")]
)
def test_a_plan_that_cannot_be_is_refused_with_its_field(wrong: dict[str, object], word: str) -> None:
    told = {"name_zh": "火情", "name_en": "Fire", "matters": ["0601"], "lead": "emergency"}
    with pytest.raises(ValueError, match=word):
        City.model_validate({"joint": [told | wrong]})
