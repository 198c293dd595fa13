"""Accounts of people, screens and feeds: made, changed, renewed and ended; secrets are kept as hashes only."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from geodata.domain.roles import Right, Role, Scope
from geodata.services.access import actor_of
from geodata.services.accounts import (
    Wanted,
    change,
    end,
    end_token,
    first_invitation,
    is_configured,
    managed,
    renew,
    tokens_of,
)
from geodata.services.sessions import Sessions
from geodata.services.signing_in import accept_invitation
from geodata.store import accounts, tokens
from tests.factories.access_city import (
    NOW,
    OPERATOR,
    OTHER_PASSWORD,
    PASSWORD,
    SECOND,
    Town,
    all_kept,
)
from tests.integration.access.coming import EVERY_KIND, HERE, INVITE, actor_by, come, declined, stands, token_of

ALL = list(Role)


def opens(city: Town, secret: str, now_ms: int = NOW) -> bool:
    return Sessions(city.access).find(secret, EVERY_KIND, now_ms) is not None


def test_a_person_gets_a_one_time_invitation_and_is_what_was_wanted(city: Town) -> None:
    account, secret = city.create(" Wang ", ["intake", "duty_officer"], [" D1 ", "D2", "D1", ""], name=" 王\u200b敏\n ")
    assert (account.login, account.name, account.roles) == ("wang", "王敏", ("intake", "duty_officer"))
    assert (account.areas, account.password, account.rev, account.created_ms) == (("D1", "D2"), "", 1, NOW)
    assert token_of(city, secret).kind == "invite"
    actor = actor_of(account)
    assert (actor.areas, actor.systems) == (frozenset({"D1", "D2"}), frozenset({"people"}))
    assert not is_configured(city.access)


def test_a_screen_gets_a_lasting_link_to_one_page_of_one_area(city: Town) -> None:
    _, secret = city.create("wall1", ["screen"], ["D1"], page="wall", scopes=["read"], systems=["x"], unit_code="U1",
                            federated=True)  # fmt: skip
    actor = actor_by(city, secret, ("screen",))
    assert (actor.page, actor.areas, actor.rights) == ("wall", frozenset({"D1"}), frozenset({Right.SEE}))
    assert (actor.systems, actor.unit_code, actor.acts) == (frozenset({"people"}), "", frozenset())
    assert city.account("wall1").federated == 0


def test_a_feed_gets_a_key_for_its_scopes_and_systems(city: Town) -> None:
    scopes, systems = ["report", "act", "no such"], [" 12345 ", "", "s"]
    _, secret = city.create("kiosk", ["feed"], ["D1"], scopes=scopes, systems=systems)
    actor = actor_by(city, secret, ("feed",))
    assert (actor.rights, actor.systems) == (frozenset({Right.REPORT}), frozenset({"12345", "s"}))
    assert actor.acts
    _, secret = city.create("any", ["feed"], scopes=["read"])
    assert actor_by(city, secret, ("feed",)).systems is None


def test_a_federated_person_has_no_secret_here(city: Town) -> None:
    account, secret = city.create("chen", ["admin"], federated=True)
    assert (secret, account.federated) == ("", 1)
    assert tokens_of(city.access, [account.id], EVERY_KIND) == {account.id: []}
    assert is_configured(city.access)


WRONG = [
    (Wanted("", roles=["viewer"], areas=["C"]), "login", "login_form"),
    (Wanted("a", roles=["viewer"], areas=["C"]), "login", "login_form"),
    (Wanted("王敏", roles=["viewer"], areas=["C"]), "login", "login_form"),
    (Wanted("ſun", roles=["viewer"], areas=["C"]), "login", "taken"),
    (Wanted("a b", roles=["viewer"], areas=["C"]), "login", "login_form"),
    (Wanted("a\x00b", roles=["viewer"], areas=["C"]), "login", "login_form"),
    (Wanted("<b>x</b>", roles=["viewer"], areas=["C"]), "login", "login_form"),
    (Wanted("a" * 65, roles=["viewer"], areas=["C"]), "login", "login_form"),
    (Wanted("who", roles=[], areas=["C"]), "roles", "roles_missing"),
    (Wanted("who", roles=["viewer", "king"], areas=["C"]), "roles", "roles_missing"),
    (Wanted("who", roles=["screen", "admin"], areas=["C"], page="wall"), "roles", "roles_alone"),
    (Wanted("who", roles=["feed", "viewer"], areas=["C"], scopes=["read"]), "roles", "roles_alone"),
    (Wanted("who", roles=["feed", "screen"], areas=["C"], scopes=["read"], page="wall"), "roles", "roles_alone"),
    (Wanted("who", roles=["viewer"], areas=[]), "areas", "areas_missing"),
    (Wanted("who", roles=["viewer"], areas=["", " "]), "areas", "areas_missing"),
    (Wanted("who", roles=["viewer"], areas=[f"A{n}" for n in range(51)]), "areas", "areas_missing"),
    (Wanted("who", roles=["viewer"], areas=["D1", "Atlantis"]), "areas", "unknown_area"),
    (Wanted("who", roles=["viewer"], areas=["d1"]), "areas", "unknown_area"),
    (Wanted("who", roles=["screen"], areas=["C"]), "page", "screen_page"),
    (Wanted("who", roles=["screen"], areas=["C"], page="admin"), "page", "screen_page"),
    (Wanted("who", roles=["screen"], areas=["D1", "D2"], page="wall"), "page", "screen_page"),
    (Wanted("who", roles=["feed"], areas=["C"]), "scopes", "scopes_missing"),
    (Wanted("who", roles=["feed"], areas=["C"], scopes=["all"]), "scopes", "scopes_missing"),
    (Wanted("who", roles=["feed"], areas=["C"], scopes=["read"], systems=["s" * 33]), "systems", "systems_form"),
    (Wanted("who", roles=["feed"], areas=["C"], scopes=["read"], systems=["a\nb"]), "systems", "systems_form"),
]


def test_what_is_wrong_is_declined_with_its_field_and_nothing_is_kept(small: Town) -> None:
    small.person("sun", Role.VIEWER)
    for wanted, field, reason in WRONG:
        said = declined(small.create, wanted.login, wanted.roles, wanted.areas, page=wanted.page,
                        scopes=wanted.scopes, systems=wanted.systems)  # fmt: skip
        assert said[:2] == (field, "login_taken" if reason == "taken" else reason), wanted
    with small.store.read() as conn:
        assert [a.login for a in accounts.all_accounts(conn)] == ["sun"]
    assert small.lines() == []


def test_a_login_is_taken_once_whatever_its_case_and_also_by_an_ended_account(city: Town) -> None:
    city.create("wang", ["viewer"])
    end(city.access, OPERATOR, city.tree, "wang", NOW)
    assert declined(city.create, "WANG", ["viewer"])[:2] == ("login", "login_taken")


def test_no_secret_of_any_kind_is_kept_anywhere_but_as_a_hash(city: Town) -> None:
    secrets = [
        city.create("wang", ["viewer"])[1], city.create("wall1", ["screen"], page="wall")[1],
        city.create("kiosk", ["feed"], scopes=["read"])[1],
    ]  # fmt: skip
    city.person("lin", Role.ADMIN)
    city.person("wu", Role.ADMIN, totp_required=1)
    secrets += [come(city).secret, come(city, "wu").secret]
    secrets += [renew(city.access, OPERATOR, city.tree, login, NOW) for login in ("wang", "wall1", "kiosk")]
    accept_invitation(city.access, token_of(city, secrets[-3]), OTHER_PASSWORD, HERE, NOW)
    kept = all_kept(city.store)
    for secret in secrets:
        assert len(secret) >= 43
        assert tokens.hash_of(secret) in kept
        assert secret not in kept
    assert PASSWORD not in kept
    assert OTHER_PASSWORD not in kept
    assert len(set(secrets)) == len(secrets)


def test_a_change_is_seen_counted_and_logged_with_old_and_new(city: Town) -> None:
    city.person("lin", Role.VIEWER)
    signed = come(city)
    wanted = Wanted("lin", "林", ["intake"], ["D1"], totp_required=True)
    account = change(city.access, OPERATOR, city.tree, wanted, NOW)
    assert (account.rev, account.name, account.roles, account.areas) == (2, "林", ("intake",), ("D1",))
    assert account == city.account("lin")
    assert (account.password, account.created_ms) != ("", 0), "what is not of the form stays"
    assert actor_by(city, signed.secret).areas == frozenset({"D1"})
    line = city.lines("change_account")[0]
    old, new = json.loads(line.old), json.loads(line.new)
    assert (old["roles"], new["roles"], old["areas"], new["areas"]) == (["viewer"], ["intake"], ["C"], ["D1"])
    assert (line.actor, line.address, line.subject, line.area) == ("operator", "local", "account:lin", "D1")
    assert "password" not in line.old + line.new


def test_an_end_kills_every_secret_and_keeps_the_account_for_the_audit(city: Town) -> None:
    city.person("lin", Role.VIEWER, totp=city.access.seal.seal("x"))
    city.person("wu", Role.VIEWER)
    secrets = {
        "lin": come(city).secret, "wu": come(city, "wu").secret, "wang": city.create("wang", ["viewer"])[1],
        "wall1": city.create("wall1", ["screen"], page="wall")[1],
        "kiosk": city.create("kiosk", ["feed"], scopes=["read"])[1],
    }  # fmt: skip
    assert all(opens(city, s) for s in secrets.values())
    for login, secret in secrets.items():
        end(city.access, OPERATOR, city.tree, login, NOW)
        gone = city.account(login)
        assert not opens(city, secret)
        assert token_of(city, secret).ended_ms == NOW
        assert (gone.ended_ms, gone.password, gone.totp, gone.active) == (NOW, "", "", False)
        assert declined(renew, city.access, OPERATOR, city.tree, login, NOW)[1] == "unknown_account"
    assert len(city.lines("end_account")) == len(secrets)


def test_a_screens_old_link_ends_with_the_new_one(city: Town) -> None:
    _, first = city.create("wall1", ["screen"], page="wall")
    second = renew(city.access, OPERATOR, city.tree, "wall1", NOW)
    assert (opens(city, first), opens(city, second)) == (False, True)


def test_a_feeds_key_changes_over_without_a_gap(city: Town) -> None:
    account, first = city.create("kiosk", ["feed"], scopes=["report"])
    second = renew(city.access, OPERATOR, city.tree, "kiosk", NOW)
    assert (opens(city, first), opens(city, second)) == (True, True)
    listed = tokens_of(city.access, [account.id], ["feed"])[account.id]
    assert [t.id for t in listed] == [token_of(city, second).id, token_of(city, first).id]
    end_token(city.access, OPERATOR, city.tree, listed[-1].id, NOW)
    assert (opens(city, first), opens(city, second)) == (False, True)
    assert [t.id for t in tokens_of(city.access, [account.id], ["feed"])[account.id]] == [listed[0].id]


def test_one_ends_ones_own_sessions_and_nobody_elses(city: Town) -> None:
    city.person("lin", Role.VIEWER)
    city.person("wu", Role.VIEWER)
    here, there, others = come(city), come(city), come(city, "wu")
    actor = actor_by(city, here.secret)
    end_token(city.access, actor, city.tree, token_of(city, there.secret).id, NOW)
    unknown = declined(end_token, city.access, actor, city.tree, 9999, NOW)
    assert declined(end_token, city.access, actor, city.tree, token_of(city, others.secret).id, NOW) == unknown
    assert [stands(city, s.secret, NOW) for s in (here, there, others)] == [True, False, True]
    assert json.loads(city.lines("end_token")[0].old) == {"account": "lin", "kind": "session"}


def test_what_one_may_manage_is_listed_and_nothing_else(city: Town) -> None:
    made: list[tuple[str, list[str], list[str], dict[str, Any]]] = [
        ("boss", ["admin"], ["C"], {}), ("d1admin", ["admin"], ["D1"], {}), ("d2admin", ["admin"], ["D2"], {}),
        ("both", ["viewer"], ["D1", "D2"], {}), ("g1", ["viewer", "intake"], ["G1"], {}),
        ("shift", ["shift_leader"], ["D1"], {}), ("wall1", ["screen"], ["S1"], {"page": "wall"}),
        ("wall2", ["screen"], ["D2"], {"page": "wall"}), ("kiosk", ["feed"], ["D1"], {"scopes": ["read"]}),
    ]  # fmt: skip
    for login, roles, areas, more in made:
        city.create(login, roles, areas, **more)

    def seen(login: str) -> list[str]:
        return [a.login for a in managed(city.access, city.actor(login), city.tree, ALL)]

    assert seen("boss") == ["boss", "both", "d1admin", "d2admin", "g1", "kiosk", "shift", "wall1", "wall2"]
    assert seen("d1admin") == ["d1admin", "g1", "kiosk", "shift", "wall1"]
    assert seen("shift") == ["wall1"]
    assert seen("g1") == seen("wall1") == seen("kiosk") == []
    assert [a.login for a in managed(city.access, city.actor("boss"), city.tree, [Role.FEED])] == ["kiosk"]


def test_the_screens_are_found_without_reading_everybody_else(city: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(30):
        city.person(f"unit{n}", Role.UNIT_MEMBER, areas=("D1",))
    city.create("wall", ["screen"], ["D1"], page="wall")
    read: list[str] = []
    of_row = accounts.of_row

    def counted(row: Any) -> accounts.Account:
        account = of_row(row)
        read.append(account.login)
        return account

    monkeypatch.setattr(accounts, "of_row", counted)
    assert [a.login for a in managed(city.access, OPERATOR, city.tree, [Role.SCREEN])] == ["wall"]
    assert read == ["wall"]
    assert len(managed(city.access, OPERATOR, city.tree, [Role.SCREEN, Role.UNIT_MEMBER])) == 31
    assert managed(city.access, OPERATOR, city.tree, [Role.UNIT_HEAD]) == []


def test_the_first_invitation_is_there_only_while_no_admin_can_come_in(city: Town) -> None:
    first = first_invitation(city.access, "C", NOW)
    second = first_invitation(city.access, "C", NOW)
    assert first is not None
    assert second is not None
    assert (opens(city, first), is_configured(city.access)) == (False, False)
    admin = city.account("admin")
    assert (admin.roles, admin.areas) == (("admin",), ("C",))
    signed = accept_invitation(city.access, token_of(city, second), PASSWORD, HERE, NOW)
    assert actor_by(city, signed.secret).may(Right.MANAGE_ACCOUNTS)
    assert is_configured(city.access)
    assert first_invitation(city.access, "C", NOW) is None
    end(city.access, OPERATOR, city.tree, "admin", NOW)
    assert not is_configured(city.access)
    again = first_invitation(city.access, "C", NOW + SECOND)
    assert again is not None
    assert accept_invitation(city.access, token_of(city, again), OTHER_PASSWORD, HERE, NOW + SECOND).kind == "session"
    assert [line.action for line in city.lines()].count("invite_first_admin") == 3


def test_an_admin_who_was_only_invited_or_ended_cannot_come_in_and_a_federated_one_can(city: Town) -> None:
    city.create("boss", ["admin"])
    assert not is_configured(city.access)
    assert first_invitation(city.access, "C", NOW) is not None
    city.create("chen", ["admin", "viewer"], federated=True)
    assert is_configured(city.access)
    assert first_invitation(city.access, "C", NOW) is None


@pytest.mark.parametrize(("role", "more"), [("screen", {"page": "wall"}), ("feed", {"scopes": [Scope.READ]})])
def test_secrets_of_what_was_called_admin_before_are_no_admins(city: Town, role: str, more: dict[str, Any]) -> None:
    _, secret = city.create("admin", [role], **more)
    assert first_invitation(city.access, "C", NOW) is not None
    assert not opens(city, secret)


def test_an_invitation_to_somebody_who_comes_in_already_leaves_the_old_password_until_it_is_used(city: Town) -> None:
    city.person("lin", Role.VIEWER)
    secret = renew(city.access, OPERATOR, city.tree, "lin", NOW)
    assert Sessions(city.access).find(secret, INVITE, NOW) is not None
    assert come(city).kind == "session"
    accept_invitation(city.access, token_of(city, secret), OTHER_PASSWORD, HERE, NOW)
    assert declined(come, city)[1] == "wrong_login"


def test_what_is_kept_of_an_account_is_read_back_as_it_was(city: Town) -> None:
    account = city.person("lin", Role.VIEWER, Role.ADMIN, areas=("D1", "渝中"))
    wanted = replace(account, name="林'\"\\", systems=("a,b", "c"), subject="x" * 512, totp_step=2**40, failures=7)
    with city.store.begin() as conn:
        accounts.save(conn, wanted)
        assert accounts.by_id(conn, account.id) == accounts.by_login(conn, "LIN") == wanted
        assert accounts.by_subject(conn, "x" * 512) == wanted
        assert accounts.by_subject(conn, "") is None
        assert accounts.by_id(conn, 99) is None
