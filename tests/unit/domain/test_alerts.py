"""Alerts: who is asked when, by table and by hypothesis; and what a city may say about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.alerts import (
    BY_LIGHT,
    DEFAULT_RULES,
    HANDLERS,
    LIGHT_OF,
    MINUTE_MS,
    Answer,
    Rule,
    Tier,
    Trigger,
    answer_of,
    fault,
    roles_asked,
    tier_at,
    unit_asked,
)
from geodata.domain.events import ENDED, OPEN, STAGE_OF, Stage, State
from geodata.domain.lights import Light
from geodata.domain.roles import RIGHTS, Right, Role
from geodata.store.folder import DataFolder

RED = DEFAULT_RULES.rules[Trigger.RED_EVENT]
TIERS = st.lists(st.integers(1, 600), max_size=5, unique=True).map(
    lambda minutes: tuple(Tier((Role.DUTY_OFFICER,), m * MINUTE_MS) for m in (0, *sorted(minutes)))
)


@pytest.mark.parametrize(
    ("after_min", "asked"),
    [
        (-1, [Role.DUTY_OFFICER]), (0, [Role.DUTY_OFFICER]), (2.99, [Role.DUTY_OFFICER]),
        (3, [Role.DUTY_OFFICER, Role.SHIFT_LEADER]), (9.99, [Role.DUTY_OFFICER, Role.SHIFT_LEADER]),
        (10, [Role.DUTY_OFFICER, Role.SHIFT_LEADER, Role.CENTRE_HEAD]),
        (6000, [Role.DUTY_OFFICER, Role.SHIFT_LEADER, Role.CENTRE_HEAD]),
    ],
)  # fmt: skip
def test_a_red_event_asks_the_duty_officer_then_the_shift_leader_then_the_head(
    after_min: float, asked: list[Role]
) -> None:
    tier = tier_at(RED, 1_000_000, 1_000_000 + round(after_min * MINUTE_MS))
    assert list(roles_asked(RED, tier, State.REPORTED, has_unit=False)) == asked


@given(TIERS, st.lists(st.integers(-1000 * MINUTE_MS, 1000 * MINUTE_MS), min_size=2))
def test_tiers_only_climb_and_never_beyond_the_last(tiers: tuple[Tier, ...], passed: list[int]) -> None:
    rule = Rule(tiers)
    reached = [tier_at(rule, 0, ms) for ms in sorted(passed)]
    assert reached == sorted(reached)
    assert set(reached) <= set(range(len(tiers)))


@given(st.sampled_from(list(Trigger)), st.sampled_from(sorted(OPEN)), st.booleans())
def test_whoever_was_asked_stays_asked_and_somebody_always_is(trigger: Trigger, state: State, has_unit: bool) -> None:
    rule = DEFAULT_RULES.rules[trigger]
    before: set[Role] = set()
    for tier in range(len(rule.tiers)):
        asked = roles_asked(rule, tier, state, has_unit=has_unit)
        assert before <= set(asked)
        assert asked or (has_unit and unit_asked(rule, tier))
        assert len(asked) == len(set(asked))
        before = set(asked)


def test_yellow_reminds_the_handler_red_also_the_heads_and_dark_red_the_leader_of_the_district() -> None:
    def asked(trigger: Trigger, state: State, *, has_unit: bool) -> tuple[bool, list[Role]]:
        rule = DEFAULT_RULES.rules[trigger]
        return has_unit and unit_asked(rule, 0), list(roles_asked(rule, 0, state, has_unit=has_unit))

    assert asked(Trigger.YELLOW, State.HANDLING, has_unit=True) == (True, [])
    assert asked(Trigger.YELLOW, State.TO_REGISTER, has_unit=False) == (False, [Role.INTAKE])
    assert asked(Trigger.RED, State.HANDLING, has_unit=True) == (True, [Role.UNIT_HEAD, Role.SHIFT_LEADER])
    told = [Role.DUTY_OFFICER, Role.SHIFT_LEADER]
    assert asked(Trigger.RED, State.TO_DISPATCH, has_unit=False) == (False, told)
    assert asked(Trigger.DARK, State.HANDLING, has_unit=True) == (False, [Role.LEADER, Role.SHIFT_LEADER])
    assert [rule.rings for rule in DEFAULT_RULES.rules.values()] == [True, True, False, False, False]


def test_the_lights_that_escalate_are_in_the_order_of_how_bad_they_are() -> None:
    assert [LIGHT_OF[trigger] for trigger in BY_LIGHT] == [Light.YELLOW, Light.RED, Light.DARK]
    assert set(DEFAULT_RULES.rules) == set(Trigger)
    assert set(HANDLERS) == set(Stage)
    assert all(role in RIGHTS[Right.ACKNOWLEDGE] for role in HANDLERS.values())


@pytest.mark.parametrize("state", list(State))
def test_a_step_answers_what_it_answers(state: State) -> None:
    sent = state in OPEN and STAGE_OF[state] not in (Stage.ACCEPT, Stage.DISPATCH)
    expected = Answer.ENDED if state in ENDED else Answer.DISPATCHED if sent else None
    assert answer_of(Trigger.RED_EVENT, state) == expected
    for trigger in BY_LIGHT:
        assert answer_of(trigger, state) == (Answer.ENDED if state in ENDED else None)


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        ((), "at least one"), ((Tier((Role.LEADER,), 1),), "after_min is 0"), ((Tier(),), "ask somebody"),
        ((Tier((Role.LEADER,)), Tier((Role.INTAKE,))), "later than"), ((Tier((Role.ADMIN,)),), "may not acknowledge"),
        ((Tier((Role.SCREEN,)),), "may not acknowledge"),
    ],
)  # fmt: skip
def test_tiers_that_make_no_sense_are_refused_with_the_reason(tiers: tuple[Tier, ...], said: str) -> None:
    assert said in fault(tiers)
    with pytest.raises(ValueError, match=said):
        Rule(tiers)


def test_a_city_says_who_is_asked_and_when_and_the_rest_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text(
        """
        [alerts]
        urgency = 2
        fresh_min = 30
        [alerts.red_event]
        rings = true
        tiers = [{roles = ["intake", "duty_officer"]}, {roles = ["centre_head"], after_min = 1.5}]
        """,
        "utf-8",
    )
    rules = DataFolder(tmp_path).city().alerts.rules
    assert (rules.urgency, rules.fresh_ms) == (2, 30 * MINUTE_MS)
    own = Rule((Tier((Role.INTAKE, Role.DUTY_OFFICER)), Tier((Role.CENTRE_HEAD,), 90_000)), rings=True)
    assert rules.rules == {**DEFAULT_RULES.rules, Trigger.RED_EVENT: own}
    (tmp_path / "city.toml").write_text("", "utf-8")
    assert DataFolder(tmp_path).city().alerts.rules == DEFAULT_RULES


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("urgency = 5", "urgency"), ("fresh_min = 0", "fresh_min"), ("orange = 1", "orange"),
        ("[alerts.red]\ntiers = []", "red.*at least one"),
        ("[alerts.red]\ntiers = [{roles = ['nobody']}]", "red.tiers.0.roles"),
        ("[alerts.red]\ntiers = [{roles = ['leader'], after_min = 3}]", "red.*after_min is 0"),
        ("[alerts.dark]\ntiers = [{roles = ['auditor']}]", "dark.*auditor cannot be asked"),
        ("[alerts.yellow]\ntiers = [{handler = true, after = 1}]", "yellow.tiers.0.after"),
    ],
)  # fmt: skip
def test_what_a_city_says_wrongly_is_named(tmp_path: Path, said: str, field: str) -> None:
    (tmp_path / "city.toml").write_text(f"[alerts]\n{said}\n", "utf-8")
    with pytest.raises(ValueError, match=rf"(?s)alerts\.{field}"):
        DataFolder(tmp_path).city()
