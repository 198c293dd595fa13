"""Two other ways in: the demo's door, and the OpenID provider."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import httpx
import pytest

from callbacks.access import federated
from callbacks.access.answering import Answers
from geodata.domain.roles import Role
from geodata.intake.gate import COOKIE
from geodata.intake.oidc import Identified, OidcError, Pending, Provider
from geodata.store.folder import Oidc
from tests.factories.access_browser import House, cookie_in

STARTS = {
    "screen": "/wall/D1", "auditor": "/audit", "admin": "/admin/people", "leader": "/area/D1", "viewer": "/area/D1",
    "unit_member": "/field", "duty_officer": "/duty/D1", "intake": "/duty/D1",
    "centre_head": "/area/D1",
}  # fmt: skip


@pytest.mark.parametrize("role", sorted(STARTS))
async def test_one_steps_into_a_role_of_the_demo_without_a_password(house: House, role: str) -> None:
    browser = house.browser()
    assert "演示数据" in (await browser.get("/demo")).text
    for _ in range(2):
        answer = await browser.post("/demo", data={"role": role, "area": "D1"})
        assert (answer.status_code, answer.headers["location"]) == (303, STARTS[role])
        assert ("max-age" in cookie_in(answer)) == (role == "screen")
    account = house.account(f"demo-{role.replace('_', '-')}-d1")
    assert (account.roles, account.areas, account.password) == ((role,), ("D1",), "")
    assert account.unit_code == ("U1" if role == "unit_member" else "")
    assert len(house.lines("create_account")) == 1
    assert len(house.lines("step_in")) == 2
    again = await browser.post("/demo?lang=en", data={"role": role, "area": "D1"})
    assert again.headers["location"].removesuffix("?lang=en") == STARTS[role]


async def test_the_demo_offers_no_more_than_its_roles_and_is_there_only_in_a_demo(house: House) -> None:
    browser = house.browser()
    for form in ({"role": "feed", "area": "C"}, {"role": "leader", "area": "nowhere"}, {"x": ""}):
        page = await browser.post("/demo", data=form)
        assert page.status_code == 422
        assert "set-cookie" not in page.headers
    real = House(replace(house.room, access=replace(house.room.access, demo=False))).browser()
    unknown = await real.get("/login/nothing")
    assert (await real.get("/demo")).content == unknown.content
    assert (await real.post("/demo", data={"role": "leader", "area": "C"})).content == unknown.content


async def test_a_role_of_the_demo_that_was_ended_or_changed_is_put_right(house: House) -> None:
    boss, browser = await house.inside("chief", Role.ADMIN), house.browser()
    await browser.post("/demo", data={"role": "leader", "area": "D1"})
    await boss.post("/admin/people/demo-leader-d1/end")
    await browser.post("/demo", data={"role": "leader", "area": "D1"})
    assert (await browser.get("/account")).status_code == 200
    await boss.post("/admin/people/demo-leader-d1", data={"roles": "admin", "areas": "C"})
    await browser.post("/demo", data={"role": "leader", "area": "D1"})
    assert (await browser.get("/admin/people")).status_code == 404


class Somewhere:
    """A provider that is not asked: who comes back is whoever it was made for."""

    def __init__(self, who: Identified | None) -> None:
        self.who = who

    async def begin(self, redirect_uri: str, next_address: str) -> tuple[str, Pending]:
        assert redirect_uri == "http://city.example/login/oidc/back"
        return "https://login.example/authorize?x=1", Pending("state", "nonce", "verifier", redirect_uri, next_address)

    async def finish(self, pending: Pending, query: str) -> Identified:
        if self.who is None or query != f"code=1&state={pending.state}":
            raise OidcError("Top secret detail")
        return self.who


def _provided(house: House, who: Identified | None, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    rules = house.room.city.access.model_copy(update={"oidc": Oidc(issuer="https://login.example", client_id="x")})
    city = house.room.city.model_copy(update={"access": rules})
    monkeypatch.setattr(federated, "provider_of", lambda *_: cast(Provider, Somewhere(who)))
    return House(replace(house.room, city=city)).browser()


async def test_who_comes_back_from_the_provider_is_led_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.person("wang", Role.LEADER, federated=1)
    browser = _provided(house, Identified("s|1", "wang"), monkeypatch)
    assert 'href="/login/oidc?next=/area/D1"' in (await browser.get("/login?next=/area/D1")).text
    begun = await browser.get("/login/oidc?next=/area/D1")
    assert begun.headers["location"].startswith("https://login.example/")
    cookie = cookie_in(begun, federated.COOKIE)
    assert (cookie["path"], cookie["max-age"], cookie["samesite"]) == ("/login/oidc", "600", "lax")
    assert "nonce" not in cookie["value"]
    back = await browser.get("/login/oidc/back?code=1&state=state")
    assert back.headers["location"] == "/area/D1"
    assert cookie_in(back, federated.COOKIE)["max-age"] == "0"
    assert cookie_in(back, COOKIE)["value"]
    assert (await browser.get("/account")).status_code == 200
    assert house.account("wang").subject == "s|1"


async def test_whoever_the_provider_does_not_vouch_for_gets_one_calm_sentence(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = _provided(house, None, monkeypatch)
    assert (await browser.get("/login/oidc/back?code=1&state=state")).status_code == 401
    await browser.get("/login/oidc?next=//evil.example")
    failed = await browser.get("/login/oidc/back?code=1&state=other")
    assert failed.status_code == 401
    assert 'role="alert"' in failed.text
    assert "Top secret" not in failed.text
    assert "Top secret" in caplog.text
    stranger = _provided(house, Identified("s|2", "nobody"), monkeypatch)
    await stranger.get("/login/oidc")
    unknown = await stranger.get("/login/oidc/back?code=1&state=state")
    assert unknown.status_code == 401
    assert "没有对应的账号" in unknown.text
    assert (await house.browser().get("/login/oidc")).status_code == 404
    assert (await house.browser().get("/login/oidc/back")).status_code == 404


def test_a_provider_that_is_not_configured_as_it_should_be_leaves_the_password(house: House) -> None:
    rules = house.room.city.access.model_copy(update={"oidc": Oidc(issuer="http://login.example", client_id="")})
    room = replace(house.room, city=house.room.city.model_copy(update={"access": rules}))
    assert federated.provider_of(room.city, room.folder) is None
    assert federated.router(Answers(room)).routes
