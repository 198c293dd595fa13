from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import app
from geodata.demo.roster import _KINDS
from geodata.domain.catalogue import Catalogue
from geodata.domain.focus import Focus
from geodata.domain.plans import unknown_matters
from geodata.domain.skills import SKILLS, Skill, held, wanted
from geodata.domain.units import UnitKind
from geodata.store.folder import City
from tests.factories.page_city import open_room

CATALOGUE = Catalogue.read()
FIRE, WORK = Skill("消防", "Fire", ("0601",), ("Fire ", "消防")), Skill("安全", "Safety", ("06",), ("safety",))


def test_skills_of_the_subtype_go_before_those_of_its_class() -> None:
    assert wanted((WORK, FIRE), "0601", "06") == (FIRE,)
    assert wanted((WORK, FIRE), "0602", "06") == (WORK,)
    assert wanted((WORK, FIRE), "0101", "01") == ()


def test_a_unit_has_the_skills_that_its_text_names_in_any_case_and_no_others() -> None:
    assert held((FIRE, WORK), "rescue, FIRE,gas") == (FIRE,)
    assert held((FIRE, WORK), "消防") == (FIRE,)
    assert held((FIRE, WORK), "firewood") == held((FIRE, WORK), "") == ()


def test_what_a_city_begins_with_covers_the_catalogue_and_is_what_the_demos_units_can_do() -> None:
    assert unknown_matters(SKILLS, CATALOGUE.subtypes, CATALOGUE.classes) == []
    assert all(wanted(SKILLS, s.code, s.class_code) for s in CATALOGUE.subtypes.values())
    able = {kind: held(SKILLS, _KINDS[kind][3]) for kind in UnitKind}
    assert all(able.values())
    assert {skill for skills in able.values() for skill in skills} == set(SKILLS)


def test_a_city_has_skills_of_its_own_and_is_told_what_cannot_be() -> None:
    told = {"name_zh": "潜水", "name_en": "Diving", "matters": ["0806"], "texts": ["diver"]}
    assert City.model_validate({"skill": [told]}).skill == (Skill("潜水", "Diving", ("0806",), ("diver",)),)
    assert City().skill == SKILLS
    assert City.model_validate({"skill": []}).skill == ()
    for wrong, word in (({"texts": [" "]}, "texts"), ({"matters": None}, "matters"), ({"name_zh": 3}, "name_zh")):
        with pytest.raises(ValueError, match=word):
            City.model_validate({"skill": [told | wrong]})


def test_codes_that_are_none_of_the_catalogue_are_told_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = open_room(tmp_path)
    app.warn_of_strangers(room)
    assert capsys.readouterr().err == ""
    said = {"skill": (Skill("潜水", "Diving", ("0806", "9999"), ("diver",)),), "focus": {Focus.SAFETY: ("06", "0701")}}
    app.warn_of_strangers(replace(room, city=room.city.model_copy(update=said)))
    told = capsys.readouterr().err
    assert "[[skill]]: matters: not in the catalogue: 9999" in told
    assert "[focus]: safety: not in the catalogue: 0701" in told
    room.store.close()
