"""Nobody gets beyond its own rights and areas by way of accounts, and what one may not manage looks unknown."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from geodata.domain.roles import PEOPLE, Right, Role, Scope
from geodata.services.accounts import Wanted, change, end, end_token, managed, renew
from geodata.services.actors import NOBODY, Actor, NotAllowedError
from geodata.services.declining import Declined
from geodata.store import accounts
from geodata.store.accounts import Account
from tests.factories.access_city import NOW, Town, of
from tests.integration.access.coming import come, declined, token_of

SCREEN: dict[str, Any] = {"page": "wall"}
FEED: dict[str, Any] = {"scopes": ["read"]}


@pytest.fixture
def people(city: Town) -> Town:
    """An admin of the city and of D1, a shift leader of D1, and others to manage."""
    city.person("boss", Role.ADMIN)
    city.person("d1admin", Role.ADMIN, areas=("D1",))
    city.person("shift", Role.SHIFT_LEADER, areas=("D1",))
    city.person("d1viewer", Role.VIEWER, areas=("D1",))
    city.person("g1viewer", Role.VIEWER, areas=("G1",))
    city.person("d2viewer", Role.VIEWER, areas=("D2",))
    city.person("wide", Role.VIEWER, areas=("D1", "D2"))
    city.create("wall1", ["screen"], ["S1"], **SCREEN)
    city.create("wall2", ["screen"], ["D2"], **SCREEN)
    city.create("kiosk", ["feed"], ["D1"], **FEED)
    return city


def kept(city: Town) -> list[Account]:
    with city.store.read() as conn:
        return accounts.all_accounts(conn)


def test_an_admin_of_a_district_makes_accounts_for_it_and_below_only(people: Town) -> None:
    d1admin, before = people.actor("d1admin"), kept(people)
    for role, area in itertools.product(("viewer", "admin", "screen", "feed"), ("C", "D2", "Atlantis", "")):
        said = declined(people.create, "new", [role], [area], by=d1admin, **SCREEN, **FEED)
        assert said == ("areas", "unknown_area", {"value": area}) or (said[1], area) == ("areas_missing", "")
        said = declined(people.create, "new", [role], ["D1", area or "D2"], by=d1admin, **SCREEN, **FEED)
        assert said[:2] == ("areas", "unknown_area")
    assert kept(people) == before
    for role in ("viewer", "admin", "screen", "feed"):
        assert people.create(f"new-{role}", [role], ["S2"], by=d1admin, **SCREEN, **FEED)[0].areas == ("S2",)


def test_what_lies_beyond_the_district_is_unknown_there(people: Town) -> None:
    d1admin, before = people.actor("d1admin"), kept(people)
    for login in ("boss", "d2viewer", "wide", "wall2", "nobody.such", "", "\x00"):
        wanted = Wanted(login, roles=["viewer"], areas=["D1"])
        for said in (
            declined(change, people.access, d1admin, people.tree, wanted, NOW),
            declined(end, people.access, d1admin, people.tree, login, NOW),
            declined(renew, people.access, d1admin, people.tree, login, NOW),
        ):
            assert said == ("login", "unknown_account", {"value": login})
    assert kept(people) == before


def test_an_admin_of_a_district_cannot_widen_an_account(people: Town) -> None:
    for areas in (["C"], ["D1", "D2"], ["D2"]):
        wanted = Wanted("g1viewer", roles=["viewer"], areas=areas)
        assert declined(change, people.access, people.actor("d1admin"), people.tree, wanted, NOW)[0] == "areas"
    assert people.account("g1viewer").areas == ("G1",)


OTHERWISE = [(["admin", "auditor"], ["D1"]), (["viewer"], ["D1"]), (["admin"], ["S1"]), (["admin"], ["D1", "S1"])]


def test_nobody_changes_the_own_roles_or_areas(people: Town) -> None:
    d1admin = people.actor("d1admin")
    for roles, areas in OTHERWISE:
        wanted = Wanted("d1admin", roles=roles, areas=areas)
        assert declined(change, people.access, d1admin, people.tree, wanted, NOW)[:2] == ("roles", "not_oneself")
    assert declined(end, people.access, d1admin, people.tree, "d1admin", NOW)[:2] == ("login", "not_oneself")
    assert declined(renew, people.access, d1admin, people.tree, "d1admin", NOW)[:2] == ("login", "not_oneself")
    lighter = Wanted("d1admin", roles=["admin"], areas=["D1"], totp_required=True)
    assert declined(change, people.access, d1admin, people.tree, lighter, NOW)[:2] == ("login", "not_oneself")
    renamed = Wanted("d1admin", "渝中", ["admin"], ["D1"])
    assert change(people.access, d1admin, people.tree, renamed, NOW).name == "渝中"


def test_a_shift_leader_makes_screens_and_no_account_of_a_person_or_a_feed(people: Town) -> None:
    shift, before = people.actor("shift"), kept(people)
    for role in PEOPLE | {Role.FEED}:
        with pytest.raises(NotAllowedError):
            people.create("new", [role], ["D1"], by=shift, **FEED)
        said = declined(people.create, "new", ["screen", role], ["D1"], by=shift, **SCREEN, **FEED)
        assert said[:2] == ("roles", "roles_alone")
    assert kept(people) == before
    assert people.create("new", ["screen"], ["G1"], by=shift, **SCREEN)[1]


def test_a_shift_leader_cannot_touch_what_is_no_screen_of_its_district(people: Town) -> None:
    shift, before = people.actor("shift"), kept(people)
    for login in ("d1admin", "d1viewer", "shift", "kiosk", "wall2"):
        for wanted in (Wanted(login, roles=["screen"], areas=["D1"], page="wall"), Wanted(login, roles=["viewer"])):
            said = declined(change, people.access, shift, people.tree, wanted, NOW)
            assert said == ("login", "unknown_account", {"value": login})
        assert declined(end, people.access, shift, people.tree, login, NOW)[1] == "unknown_account"
        assert declined(renew, people.access, shift, people.tree, login, NOW)[1] == "unknown_account"
    assert kept(people) == before


def test_an_account_of_one_kind_never_becomes_one_of_another(people: Town) -> None:
    kinds = {"wall1": "screen", "kiosk": "feed", "d1viewer": "viewer"}
    for login, role in itertools.permutations(kinds, 2):
        wanted = Wanted(login, roles=[kinds[role]], areas=["D1"], page="wall", scopes=["read"])
        said = declined(change, people.access, people.actor("boss"), people.tree, wanted, NOW)
        assert said[:2] == ("roles", "kind_fixed")


def test_a_shift_leader_cannot_make_a_person_of_its_screen(people: Town) -> None:
    shift = people.actor("shift")
    with pytest.raises(NotAllowedError):
        change(people.access, shift, people.tree, Wanted("wall1", roles=["admin"], areas=["D1"]), NOW)
    assert people.account("wall1").roles == ("screen",)


def test_all_others_manage_nothing_even_with_the_whole_city(people: Town) -> None:
    before = kept(people)
    for role in set(Role) - {Role.ADMIN, Role.SHIFT_LEADER}:
        actor = of("somebody", role, scopes=list(Scope))
        for roles in (["viewer"], ["screen"], ["feed"]):
            with pytest.raises(NotAllowedError):
                people.create("new", roles, ["C"], by=actor, **SCREEN, **FEED)
        assert managed(people.access, actor, people.tree, list(Role)) == []
        for login in ("d1viewer", "wall1", "kiosk"):
            assert declined(end, people.access, actor, people.tree, login, NOW)[1] == "unknown_account"
            assert declined(renew, people.access, actor, people.tree, login, NOW)[1] == "unknown_account"
    assert kept(people) == before


def test_nobody_and_an_actor_without_areas_manage_nothing(people: Town) -> None:
    for actor in (NOBODY, of("x", Role.ADMIN, areas=()), of("x", Role.ADMIN, areas=["gone"])):
        with pytest.raises((NotAllowedError, Declined)):
            people.create("new", ["viewer"], ["C"], by=actor)
        assert managed(people.access, actor, people.tree, list(Role)) == []


def test_sessions_of_people_beyond_the_district_cannot_be_ended_from_it(people: Town) -> None:
    far, near = token_of(people, come(people, "d2viewer").secret), token_of(people, come(people, "d1viewer").secret)
    d1admin = people.actor("d1admin")
    assert declined(end_token, people.access, d1admin, people.tree, far.id, NOW)[1] == "unknown_token"
    end_token(people.access, d1admin, people.tree, near.id, NOW)
    shift = people.actor("shift")
    own = token_of(people, come(people, "g1viewer").secret)
    assert declined(end_token, people.access, shift, people.tree, own.id, NOW)[1] == "unknown_token"


def test_an_account_at_an_area_no_longer_in_force_is_for_the_whole_citys_admin(people: Town) -> None:
    people.person("lost", Role.VIEWER, areas=("D1", "old"))
    assert declined(renew, people.access, people.actor("d1admin"), people.tree, "lost", NOW)[1] == "unknown_account"
    assert renew(people.access, people.actor("boss"), people.tree, "lost", NOW)
    wanted = Wanted("lost", roles=["viewer"], areas=["D1"])
    assert change(people.access, people.actor("boss"), people.tree, wanted, NOW).areas == ("D1",)


def test_no_tried_escalation_leaves_a_trace_of_success(people: Town) -> None:
    lines = len(people.lines())
    d1admin: Actor = people.actor("d1admin")
    declined(people.create, "new", ["admin"], ["C"], by=d1admin)
    declined(end, people.access, d1admin, people.tree, "boss", NOW)
    assert len(people.lines()) == lines
    assert d1admin.may(Right.MANAGE_ACCOUNTS)
