"""Who may do what: the whole table written out a second time, so that no change of it goes unnoticed."""

from __future__ import annotations

import pytest

from geodata.domain.events import FOLLOWS, STAGE_OF, STATES, Stage, State
from geodata.domain.roles import (
    ACTS,
    OTHER_UNIT,
    OWN_UNIT,
    PEOPLE,
    REVEALS,
    RIGHTS,
    SCOPE_RIGHTS,
    Right,
    Role,
    Scope,
    acts_of,
    rights_of,
)
from geodata.services.actors import NOBODY, Actor, NotAllowedError, asking
from tests.factories.access_city import feed, of

# One letter per role in this order; the feed has every scope.
ORDER = [
    "viewer", "leader", "intake", "duty_officer", "shift_leader", "centre_head", "unit_member", "unit_head", "screen",
    "feed", "auditor", "admin",
]  # fmt: skip
EXPECTED_RIGHTS = {
    #                   V L I D S C U H s f a A
    "see":             "x x x x x x x x x x x x",
    "open_events":     ". x x x x x x x . x . .",
    "see_units":       ". x x x x x x x . x . .",
    "read_tracks":     ". . . . x x . . . . . .",
    "export":          ". x . . x x . . . . . .",
    "report":          ". . x x x . x . . x . .",
    "enrol":           ". . . . x x . . . x . .",
    "send_positions":  ". . . . . . x . . x . .",
    "sign_on":         ". . . . . . x . . . . .",
    "read_quarantine": ". . . . . . . . . x . x",
    "replay":          ". . . . . . . . . x . x",
    "see_health":      ". . . . x x . . . x . x",
    "manage_accounts": ". . . . . . . . . . . x",
    "manage_screens":  ". . . . x . . . . . . x",
    "manage_phones":   ". . . . x . . . . . . x",
    "manage_feeds":    ". . . . . . . . . . . x",
    "read_audit":      ". . . . . . . . . . x .",
    "acknowledge":     ". x x x x x x x . . . .",
    "read_alerts":     ". x . . x x . . . . . .",
    "judge_surges":    ". x . . x x . . . . . .",
}  # fmt: skip
EXPECTED_ACTS = {
    "ask_verify":     ". . x . . . . . . x . .",
    "verify":         ". . . . . . x . . x . .",
    "register":       ". . x . . . . . . x . .",
    "reject":         ". . x . . . . . . x . .",
    "dispatch":       ". . . x x . . . . x . .",
    "accept":         ". . . . . . x . . x . .",
    "arrive":         ". . . . . . x . . x . .",
    "report_back":    ". . . . . . x . . x . .",
    "return":         ". . . . . . x . . x . .",
    "confirm_return": ". . . . x . . . . x . .",
    "refuse_return":  ". . . . x . . . . x . .",
    "ask_extend":     ". . . . . . x . . x . .",
    "grant_extend":   ". . . . x x . . . x . .",
    "refuse_extend":  ". . . . x x . . . x . .",
    "ask_check":      ". . x x . . . . . x . .",
    "check":          ". . . . . . x . . x . .",
    "rework":         ". . . . . . x . . x . .",
    "close":          ". . x . . . . . . x . .",
    "force_close":    ". . . . x . . . . x . .",
    "void":           ". . . . x . . . . x . .",
    "merge":          ". . x . . . . . . x . .",
    "suspend":        ". . . . . x . . . x . .",
    "resume":         ". . . . . x . . . x . .",
    "reopen":         ". . . . x . . . . x . .",
    "supervise":      ". x . . . x . . . x . .",
    "answer":         ". . . x x . . . . x . .",
    "placard":        ". x . . . . . . . x . .",
    "progress":       ". . . . x x . . . x . .",
    "lift":           ". x . . . . . . . x . .",
    "reply":          ". . x . x . . . . x . .",
}  # fmt: skip
EXPECTED_SCOPES = {
    "report": {"report"},
    "act": set(),
    "enrol": {"enrol"},
    "positions": {"send_positions"},
    "read": {"see", "open_events", "see_units", "see_health"},
    "quarantine": {"read_quarantine", "replay"},
}
EXPECTED_REVEALS = {
    "accept": {"intake"}, "dispatch": {"duty_officer"}, "handle": {"duty_officer", "unit_member"},
    "check": {"intake"}, "paused": {"centre_head"},
}  # fmt: skip


def whole(role: str) -> Actor:
    """The actor with one role, and every scope if it is a feed."""
    return feed(*Scope) if role == "feed" else of(role, Role(role))


def marks(row: str) -> dict[str, bool]:
    return dict(zip(ORDER, (mark == "x" for mark in row.split()), strict=True))


def test_the_tables_of_the_test_name_every_role_right_step_scope_and_stage() -> None:
    assert set(ORDER) == {r.value for r in Role}
    assert set(EXPECTED_RIGHTS) == {r.value for r in Right}
    assert set(EXPECTED_ACTS) == set(ACTS) == set(FOLLOWS)
    assert set(EXPECTED_SCOPES) == {s.value for s in Scope}
    assert set(EXPECTED_REVEALS) == {s.value for s in Stage} == set(REVEALS)


@pytest.mark.parametrize("right", list(Right))
def test_each_right_is_held_by_the_expected_roles_and_no_other(right: Right) -> None:
    assert {role: whole(role).may(right) for role in ORDER} == marks(EXPECTED_RIGHTS[right])


@pytest.mark.parametrize("action", list(FOLLOWS))
def test_each_step_is_taken_by_the_expected_roles_and_no_other(action: str) -> None:
    assert {role: action in whole(role).acts for role in ORDER} == marks(EXPECTED_ACTS[action])


def test_every_right_has_a_holder_and_every_step_has_a_person_who_takes_it() -> None:
    assert all(RIGHTS[right] for right in Right)
    assert all(ACTS[action] & PEOPLE for action in FOLLOWS)


@pytest.mark.parametrize("scope", list(Scope))
def test_each_scope_of_a_key_gives_its_rights_and_only_act_gives_steps(scope: Scope) -> None:
    assert {r.value for r in feed(scope).rights} == EXPECTED_SCOPES[scope]
    assert feed(scope).acts == (frozenset(FOLLOWS) if scope == Scope.ACT else frozenset())


def test_scopes_add_up_and_a_feed_without_any_holds_nothing() -> None:
    both = feed(Scope.REPORT, Scope.ENROL)
    assert (both.rights, both.acts) == (frozenset({Right.REPORT, Right.ENROL}), frozenset())
    assert (feed().rights, feed().acts) == (frozenset(), frozenset())


def test_no_scope_gives_a_right_that_a_feed_has_not_got() -> None:
    assert frozenset().union(*SCOPE_RIGHTS.values()) <= rights_of(frozenset({Role.FEED}))


def test_scopes_and_systems_mean_nothing_for_a_person() -> None:
    person = of("lin", Role.VIEWER, scopes=list(Scope), systems=["12345"])
    assert (person.rights, person.acts, person.systems) == (frozenset({Right.SEE}), frozenset(), frozenset({"people"}))


def test_a_screen_holds_nothing_but_seeing() -> None:
    assert (whole("screen").rights, whole("screen").acts) == (frozenset({Right.SEE}), frozenset())


@pytest.mark.parametrize("role", ["admin", "auditor", "viewer", "screen"])
def test_who_handles_no_events_opens_no_event_no_track_and_no_contact(role: str) -> None:
    actor = whole(role)
    closed = {Right.OPEN_EVENTS, Right.SEE_UNITS, Right.READ_TRACKS, Right.EXPORT, Right.REPORT, Right.ENROL}
    assert not actor.rights & closed
    assert not actor.acts
    assert not any(actor.may_reveal(stage, "U1") for stage in [*Stage, None])


def test_who_reads_the_audit_can_change_nothing_of_what_it_tells() -> None:
    assert whole("auditor").rights == {Right.SEE, Right.READ_AUDIT}
    assert not whole("admin").may(Right.READ_AUDIT)


def test_nobody_may_nothing_anywhere() -> None:
    assert (NOBODY, asking.get()) == (Actor(), NOBODY)
    assert (NOBODY.rights, NOBODY.acts, NOBODY.areas, NOBODY.systems) == (frozenset(),) * 4
    for right in Right:
        with pytest.raises(NotAllowedError, match=f"nobody may not {right}"):
            NOBODY.needs(right)


def test_an_account_without_a_known_role_may_nothing() -> None:
    assert (of("x").rights, of("x").acts) == (frozenset(), frozenset())


def test_roles_of_people_add_up() -> None:
    pair = frozenset({Role.INTAKE, Role.AUDITOR})
    assert rights_of(pair) == rights_of(frozenset({Role.INTAKE})) | rights_of(frozenset({Role.AUDITOR}))
    assert acts_of(pair) == acts_of(frozenset({Role.INTAKE}))


def test_the_operator_has_every_right_and_the_whole_city() -> None:
    operator = Actor.operator()
    assert (operator.rights, operator.acts, operator.areas) == (frozenset(Right), frozenset(FOLLOWS), None)


def test_screens_and_feeds_are_no_people() -> None:
    assert {r.value for r in PEOPLE} == set(ORDER) - {"screen", "feed"}


def test_steps_for_the_own_unit_and_for_another_one_are_all_steps_of_units_but_verifying() -> None:
    of_units = {action for action, roles in ACTS.items() if Role.UNIT_MEMBER in roles}
    assert OWN_UNIT | OTHER_UNIT | {"verify"} == of_units
    assert not OWN_UNIT & OTHER_UNIT


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", list(Role))
def test_a_contact_is_for_the_role_that_handles_the_stage(state: State, role: Role) -> None:
    stage = STAGE_OF.get(state)
    handles = stage is not None and role in EXPECTED_REVEALS[stage]
    member = role == Role.UNIT_MEMBER
    assert of("x", role, unit_code="U1").may_reveal(stage, "U1") is handles
    assert of("x", role, unit_code="U2").may_reveal(stage, "U1") is (handles and not member)
    assert of("x", role, unit_code="").may_reveal(stage, "") is (handles and not member)


@pytest.mark.parametrize("role", list(Role))
def test_after_the_end_a_contact_is_for_whoever_replies_to_the_reporter_who_waits(role: Role) -> None:
    assert of("x", role).may_reveal(None, "", waits=True) is (role in (Role.INTAKE, Role.SHIFT_LEADER))
    assert not of("x", role).may_reveal(None, "", waits=False)


def test_a_unit_member_with_another_handling_role_reveals_by_that_one() -> None:
    both = of("x", Role.UNIT_MEMBER, Role.DUTY_OFFICER, unit_code="U2")
    assert both.may_reveal(Stage.HANDLE, "U1")
    assert not of("x", Role.UNIT_MEMBER, Role.INTAKE, unit_code="U2").may_reveal(Stage.HANDLE, "U1")
