"""What must happen once happens once, also when twenty try at the same moment."""

from __future__ import annotations

import pytest

from geodata.domain.roles import Role
from geodata.services import accounts as accounts_service
from geodata.services.declining import Declined
from geodata.services.sessions import Sessions
from geodata.services.signing_in import SignedIn, accept_invitation, pass_second_factor, sign_in_federated
from geodata.store import accounts
from tests.factories.access_city import NOW, OPERATOR, OTHER_PASSWORD, PASSWORD, Town, at_once
from tests.integration.access.coming import HERE, KINDS, come, stands, token_of
from tests.integration.access.test_second_factor import code_at, half, with_app

MANY = 20


def good(answers: list[SignedIn | Exception]) -> list[SignedIn]:
    """The sessions among the answers; all others were declined and nothing else."""
    assert all(isinstance(a, SignedIn | Declined) for a in answers), answers
    return [a for a in answers if isinstance(a, SignedIn)]


def sessions_of(city: Town, login: str) -> int:
    account = city.account(login)
    return len(accounts_service.tokens_of(city.access, [account.id], KINDS)[account.id])


def test_one_of_many_who_open_the_same_invitation_wins_and_the_password_is_the_winners(city: Town) -> None:
    invite = token_of(city, city.create("wang", ["viewer"])[1])
    words = [f"{PASSWORD} {k}" for k in range(MANY)]
    answers = at_once(MANY, lambda k: accept_invitation(city.access, invite, words[k], HERE, NOW))
    won = good(answers)
    assert len(won) == 1
    assert {a.reason for a in answers if isinstance(a, Declined)} == {"link_used"}
    assert stands(city, won[0].secret, NOW)
    assert come(city, "wang", words[answers.index(won[0])]).kind == "session"
    assert len(city.lines("set_password")) == 1


@pytest.mark.parametrize("shared", [True, False])
def test_one_code_makes_one_session_however_many_send_it(city: Town, shared: bool) -> None:
    with_app(city)
    halves = [half(city)] * MANY if shared else [half(city) for _ in range(MANY)]
    won = good(at_once(MANY, lambda k: pass_second_factor(city.access, halves[k], code_at(NOW), HERE, NOW)))
    assert len(won) == 1
    assert sessions_of(city, "lin") == 1


def test_wrong_passwords_at_once_are_all_counted(city: Town) -> None:
    city.person("lin", Role.VIEWER)
    answers = at_once(MANY, lambda _: come(city, password=OTHER_PASSWORD))
    assert good(answers) == []
    failures = city.account("lin").failures
    lines = [line for line in city.lines("sign_in_failed") if '"why": "password"' in line.new]
    assert failures == len(lines) >= 5
    assert city.account("lin").locked_until_ms > NOW
    assert city.unbroken()


def test_right_passwords_at_once_all_come_in_each_with_a_session_of_its_own(city: Town) -> None:
    city.person("lin", Role.VIEWER, failures=2)
    won = good(at_once(MANY, lambda _: come(city)))
    assert len({s.secret for s in won}) == MANY == sessions_of(city, "lin")
    assert city.unbroken()


def test_one_login_is_made_once(city: Town) -> None:
    answers = at_once(MANY, lambda _: city.create("wang", ["viewer"]))
    assert sum(isinstance(a, tuple) for a in answers) == 1
    assert sum(isinstance(a, Declined) and a.reason == "login_taken" for a in answers) == MANY - 1
    with city.store.read() as conn:
        assert len(accounts.all_accounts(conn)) == 1


def test_many_accounts_at_once_get_ids_of_their_own(city: Town) -> None:
    answers = at_once(MANY, lambda k: city.create(f"p{k}", ["viewer"]))
    made = [a[0].id for a in answers if isinstance(a, tuple)]
    assert sorted(made) == list(range(1, MANY + 1))


def test_an_account_at_the_provider_is_bound_to_one_subject(city: Town) -> None:
    city.create("chen", ["viewer"], federated=True)
    answers = at_once(MANY, lambda k: sign_in_federated(city.access, f"s{k}", "chen", HERE, NOW))
    assert len(good(answers)) == 1
    assert city.account("chen").subject == f"s{answers.index(good(answers)[0])}"


def test_one_first_invitation_of_many_stands(city: Town) -> None:
    found = at_once(MANY, lambda _: accounts_service.first_invitation(city.access, "C", NOW))
    secrets = [s for s in found if isinstance(s, str)]
    assert len(set(secrets)) == MANY
    sessions = Sessions(city.access)
    assert sum(sessions.find(s, ["invite"], NOW) is not None for s in secrets) == 1


def test_changes_at_once_are_all_counted_in_the_revision(city: Town) -> None:
    city.person("lin", Role.VIEWER)
    wanted = accounts_service.Wanted("lin", roles=["viewer"], areas=["D1"])
    at_once(MANY, lambda _: accounts_service.change(city.access, OPERATOR, city.tree, wanted, NOW))
    assert city.account("lin").rev == MANY + 1
    assert city.unbroken()


def test_a_process_that_looks_sessions_up_in_many_threads_keeps_right_answers(city: Town) -> None:
    for n in range(4):
        city.person(f"p{n}", Role.VIEWER)
    secrets = [come(city, f"p{n}").secret for n in range(4)]
    sessions = Sessions(city.access)

    def look(k: int) -> str:
        name = ""
        for step in range(40):
            found = sessions.known(secrets[k % 4], KINDS) or sessions.find(secrets[k % 4], KINDS, NOW)
            assert found is not None
            name = found[1].name
            if step % 10 == k % 10:
                sessions.forget()
                sessions.flush(NOW)
        return name

    assert at_once(8, look, 8) == [f"p{k % 4}" for k in range(8)]
