"""Coming in and going by the pages that need no script: password, second factor, invitation, a screen's link."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pyotp
import pytest

from geodata.domain.roles import PEOPLE, Role
from geodata.intake.gate import COOKIE, SECURE_COOKIE
from tests.factories import page_city
from tests.factories.access_browser import (
    ADDRESS,
    PASSWORD,
    House,
    Labels,
    cookie_in,
    hidden,
    house_of,
    path_of,
    secret_on,
    sign_in,
)

ANOTHER = "nine lanterns under a wide gate"


@pytest.fixture
def house(founded_pages: Path, tmp_path: Path) -> Iterator[House]:
    """A city that is no demo."""
    with house_of(founded_pages, tmp_path / "city", demo=False) as opened:
        yield opened


PAGES = (
    "/account", "/account/second-factor", "/admin/people", "/admin/people?q=x", "/admin/people/chief", "/admin/screens",
    "/admin/feeds", "/admin/feeds/kiosk", "/admin/rights", "/audit", "/audit?actor=nobody&from=2026-01-01",
)  # fmt: skip
OPEN_PAGES = ("/login", "/demo", "/welcome/nothing", "/s/nothing")


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_every_page_speaks_both_languages_and_names_each_of_its_controls(house: House, lang: str) -> None:
    boss = await house.inside("chief", *PEOPLE)
    house.made("kiosk", ["feed"], scopes=["report"], systems=["12345"])
    path_of_screen = "/s/" + house.made("wall-1", ["screen"], page="wall")
    invitation = "/welcome/" + house.made("new.one", ["leader"], ["D2"])
    await house.browser().get(path_of_screen)
    for browser, paths in ((boss, PAGES), (house.browser(), (*OPEN_PAGES, invitation))):
        for path in paths:
            page = await browser.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
            assert page.status_code == (404 if "nothing" in path or path == "/demo" else 200), path
            assert f'lang="{"en" if lang == "en" else "zh-CN"}"' in page.text
            assert page_city.UNSAFE not in page.text, path
            seen = Labels(page.text)
            assert seen.unnamed == [], path
            assert seen.dangling == set(), path
            assert len(seen.ids) == len(set(seen.ids)), path


async def test_the_language_stays_until_another_one_is_chosen(house: House) -> None:
    browser = house.browser()
    assert "登录" in (await browser.get("/login")).text
    first = await browser.get("/login?lang=en")
    assert "Sign in" in first.text
    assert cookie_in(first, "lang")["value"] == "en"
    assert "Sign in" in (await browser.get("/login")).text
    assert "登录" in (await browser.get("/login?lang=zh")).text
    assert 'data-theme="light"' in (await browser.get("/login?theme=light")).text
    assert 'data-theme="light"' in (await browser.get("/login?theme=loud")).text


async def test_signing_in_leads_on_with_a_cookie_that_no_script_reads(house: House) -> None:
    house.person("li.na", Role.LEADER)
    browser = house.browser()
    answer = await sign_in(browser, " Li.Na ", next="/area/D1?lang=en")
    assert answer.headers["location"] == "/area/D1?lang=en"
    cookie = cookie_in(answer)
    assert (cookie["path"], cookie["samesite"]) == ("/", "lax")
    assert "httponly" in cookie
    assert not {"max-age", "expires", "secure", "domain"} & set(cookie)
    assert "li.na" in (await browser.get("/account")).text
    assert (await browser.get("/login?next=/audit")).headers["location"] == "/audit"


async def test_over_tls_the_cookie_is_bound_to_this_very_host(house: House) -> None:
    house.person("li.na", Role.LEADER)
    browser = house.browser("https")
    cookie = cookie_in(await sign_in(browser, "li.na"), SECURE_COOKIE)
    assert "secure" in cookie
    assert cookie["path"] == "/"
    left = await browser.post("/logout")
    assert cookie_in(left, SECURE_COOKIE)["max-age"] == "0"


async def test_a_wrong_password_and_an_unknown_login_look_the_same(house: House) -> None:
    house.person("li.na", Role.LEADER)
    browser = house.browser()
    told = {
        login: await browser.post("/login", data={"login": login, "password": "wrong"}) for login in ("li.na", "li.no")
    }
    assert {page.status_code for page in told.values()} == {401}
    assert told["li.na"].text == told["li.no"].text.replace("li.no", "li.na")
    assert 'role="alert"' in told["li.na"].text
    assert 'value="li.na"' in told["li.na"].text
    assert "set-cookie" not in told["li.na"].headers


async def test_after_several_failures_the_right_password_is_refused_in_the_same_words(house: House) -> None:
    house.person("li.na", Role.LEADER)
    browser = house.browser()
    pages = [await browser.post("/login", data={"login": "li.na", "password": "wrong"}) for _ in range(5)]
    locked = await browser.post("/login", data={"login": "li.na", "password": PASSWORD})
    assert locked.status_code == 401
    assert locked.text == pages[0].text
    assert PASSWORD not in locked.text


@pytest.mark.parametrize(
    "told",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/\n/evil.example", "evil", "",
     "javascript:alert(1)", "\\\\evil.example", "/a\\b", "/" + "a" * 3000, "///evil.example", "/\u202e/x"],
)  # fmt: skip
async def test_signing_in_never_leads_to_another_server(house: House, told: str) -> None:
    house.person("li.na", Role.LEADER)
    browser = house.browser()
    shown = await browser.get("/login?next=" + quote(told, safe=""))
    assert hidden(shown, "next") == "/"
    assert (await sign_in(browser, "li.na", next=told)).headers["location"] == "/"
    assert (await browser.get("/login?next=" + quote(told, safe=""))).headers["location"] == "/"


async def test_a_form_is_taken_only_as_a_form_and_within_bounds(house: House) -> None:
    browser = house.browser()
    as_json = await browser.post("/login", json={"login": "x", "password": "y"})
    assert as_json.status_code == 415
    many = await browser.post("/login", data={f"f{n}": "" for n in range(200)})
    assert many.status_code == 400
    odd = await browser.post("/login", data={"login": "a\x00b", "password": "\ud800".encode("utf-8", "surrogatepass")})
    assert odd.status_code == 401


async def set_up(browser: httpx.AsyncClient, address: str) -> tuple[str, httpx.Response]:
    """Set up a second factor as a page tells to; the secret and the answer."""
    page = await browser.get(address)
    assert "<svg" in page.text
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page.text)
    assert found
    secret = found[1].replace(" ", "")
    data = {"sealed": hidden(page, "sealed"), "code": pyotp.TOTP(secret).now()}
    assert secret not in data["sealed"]
    return secret, await browser.post(address.partition("?")[0], data=data | {"next": "/area/D1"})


async def test_who_needs_a_second_factor_sets_it_up_on_the_way_in_and_then_uses_each_code_once(house: House) -> None:
    house.person("wang", Role.SHIFT_LEADER, totp_required=1)
    browser = house.browser()
    half = await sign_in(browser, "wang", next="/area/D1")
    assert half.headers["location"] == "/login/code?next=%2Farea%2FD1"
    assert (await browser.get("/account")).headers["location"].startswith("/login?next=")
    secret, answer = await set_up(browser, "/login/code?next=%2Farea%2FD1")
    assert answer.headers["location"] == "/area/D1"
    assert cookie_in(answer)["value"] != cookie_in(half)["value"]
    assert "wang" in (await browser.get("/account")).text
    again = house.browser()
    await sign_in(again, "wang")
    assert "<svg" not in (await again.get("/login/code")).text
    used = await again.post("/login/code", data={"code": pyotp.TOTP(secret).now()})
    assert used.status_code == 422
    assert "aria-invalid" in used.text
    next_code = pyotp.TOTP(secret).at(int(time.time()) + 30)
    assert (await again.post("/login/code", data={"code": next_code})).headers["location"] == "/"


async def test_a_second_factor_that_was_not_made_here_is_not_taken(house: House) -> None:
    house.person("wang", Role.SHIFT_LEADER, totp_required=1)
    browser = house.browser()
    await sign_in(browser, "wang")
    own = pyotp.random_base32()
    page = await browser.post("/login/code", data={"sealed": own, "code": pyotp.TOTP(own).now()})
    assert page.status_code == 200
    assert own not in page.text
    assert 'role="alert"' in page.text
    contact = house.room.access.seal.seal("13800138000")
    page = await browser.post("/login/code", data={"sealed": contact, "code": "1"})
    assert "13800138000" not in page.text.replace(" ", ""), "a form opens nothing that was sealed for another purpose"
    assert house.account("wang").totp == ""
    without = await house.browser().get("/login/code")
    assert without.headers["location"] == "/login"


async def test_a_second_factor_can_be_set_up_later_and_a_wrong_code_keeps_the_same_secret(house: House) -> None:
    browser = await house.inside("li.na", Role.LEADER)
    page = await browser.get("/account/second-factor")
    wrong = await browser.post("/account/second-factor", data={"sealed": hidden(page, "sealed"), "code": "1"})
    assert wrong.status_code == 422
    assert hidden(wrong, "sealed") == hidden(page, "sealed")
    _, answer = await set_up(browser, "/account/second-factor")
    assert answer.headers["location"] == "/account?done=factor"
    assert "role=\"status\"" in (await browser.get("/account?done=factor")).text
    assert (await sign_in(house.browser(), "li.na")).headers["location"] == "/login/code"


async def test_a_second_factor_that_is_there_is_replaced_only_with_the_password(house: House) -> None:
    browser = await house.inside("li.na", Role.LEADER)
    await set_up(browser, "/account/second-factor")
    before = house.account("li.na").totp
    page = await browser.get("/account/second-factor")
    form = {"sealed": hidden(page, "sealed"), "code": "1", "password": "not the password"}
    refused = await browser.post("/account/second-factor", data=form)
    assert refused.status_code == 422
    assert 'id="password-wrong"' in refused.text
    assert house.account("li.na").totp == before
    assert house.account("li.na").failures == 1


async def test_an_invitation_works_once(house: House) -> None:
    link = "/welcome/" + house.made("new.one", ["leader"])
    browser = house.browser()
    assert "new.one" in (await browser.get(link)).text
    differ = await browser.post(link, data={"password": ANOTHER, "again": ANOTHER + "!"})
    weak = await browser.post(link, data={"password": "password1234", "again": "password1234"})
    for page, field in ((differ, "again"), (weak, "password")):
        assert page.status_code == 422
        assert f'id="{field}-wrong"' in page.text
        assert ANOTHER not in page.text
    assert (await browser.post(link, data={"password": ANOTHER, "again": ANOTHER})).headers["location"] == "/"
    assert "new.one" in (await browser.get("/account")).text
    stranger = house.browser()
    gone = await stranger.get(link)
    assert gone.status_code == 404
    for answer in (await stranger.post(link, data={"password": ANOTHER, "again": ANOTHER}), await stranger.get(
        "/welcome/never"), await stranger.get("/welcome")):  # fmt: skip
        assert answer.status_code == 404
        assert re.sub(r"\S+", "", answer.text) == re.sub(r"\S+", "", gone.text)


async def test_a_screen_comes_in_by_its_link_and_goes_nowhere_else(house: House) -> None:
    secret = house.made("wall-1", ["screen"], ["D1"], page="wall")
    wall = house.browser()
    opened = await wall.get(f"/s/{secret}")
    assert (opened.status_code, opened.headers["location"]) == (303, "/wall/D1")
    cookie = cookie_in(opened)
    assert (cookie["value"], cookie["max-age"]) == (secret, str(400 * 86_400))
    unknown = await wall.get("/account/nothing")
    for path in ("/account", "/admin/screens", "/audit", "/account/second-factor"):
        assert (await wall.get(path)).text == unknown.text
    assert (await wall.post("/logout")).status_code == 404
    assert (await wall.get(f"/s/{secret}")).status_code == 303
    line = house.lines("open_screen")[0]
    assert (line.actor, line.address, line.area) == ("wall-1", ADDRESS, "D1")
    gone = await house.browser().get("/s/never")
    assert gone.status_code == 404
    assert "from-afar" in gone.text
    assert "set-cookie" not in gone.headers


async def test_who_signs_out_is_out_and_everywhere_means_everywhere(house: House) -> None:
    first = await house.inside("li.na", Role.LEADER)
    second, third = house.browser(), house.browser()
    await sign_in(second, "li.na")
    await sign_in(third, "li.na")
    kept = second.cookies[COOKIE]
    out = await second.post("/logout")
    assert out.headers["location"] == "/login"
    assert cookie_in(out)["max-age"] == "0"
    second.cookies.set(COOKIE, kept)
    assert (await second.get("/account")).headers["location"].startswith("/login")
    assert (await first.get("/account")).status_code == 200
    await first.post("/logout/everywhere")
    assert (await third.get("/account")).headers["location"].startswith("/login")


async def test_one_sees_ones_sessions_and_ends_them_but_nobody_elses(house: House) -> None:
    first = await house.inside("li.na", Role.LEADER)
    second = house.browser()
    await sign_in(second, "li.na")
    stranger = await house.inside("mallory", *PEOPLE - {Role.ADMIN})
    page = await first.get("/account")
    assert page.text.count("Firefox/140") == 2
    ends = re.findall(r"/account/tokens/(\d+)/end", page.text)
    assert len(ends) == 1, "its own session is left by signing out"
    refused = await stranger.post(f"/account/tokens/{ends[0]}/end")
    assert refused.status_code == 422
    assert (await second.get("/account")).status_code == 200
    assert (await first.post(f"/account/tokens/{ends[0]}/end")).headers["location"] == "/account?done=ended"
    assert (await second.get("/account")).headers["location"].startswith("/login")
    for odd in ("0", "99999999999999999999", "x"):
        assert (await first.post(f"/account/tokens/{odd}/end")).status_code in (404, 422)


async def test_a_new_password_ends_every_other_session(house: House) -> None:
    browser = await house.inside("li.na", Role.LEADER)
    other = house.browser()
    await sign_in(other, "li.na")
    new = {"password": ANOTHER, "again": ANOTHER}
    wrong = await browser.post("/account/password", data={"old": "wrong", **new})
    assert wrong.status_code == 422
    assert 'id="old-wrong"' in wrong.text
    done = await browser.post("/account/password", data={"old": PASSWORD, **new})
    assert done.headers["location"] == "/account?done=password"
    assert (await browser.get("/account")).status_code == 200
    assert (await other.get("/account")).headers["location"].startswith("/login")
    await sign_in(house.browser(), "li.na", ANOTHER)


@pytest.mark.parametrize("role", sorted(PEOPLE - {Role.ADMIN, Role.AUDITOR, Role.SHIFT_LEADER}))
async def test_a_page_one_has_no_right_to_looks_like_one_that_is_not_there(house: House, role: Role) -> None:
    house.person("someone", Role.LEADER)
    browser = await house.inside("li.na", role)
    unknown = await browser.get("/admin/nothing")
    assert unknown.status_code == 404
    refused = [
        await browser.get(p) for p in ("/admin/people", "/admin/people/someone", "/admin/screens", "/admin/feeds",
                                       "/admin/rights", "/audit", "/audit/export.csv", "/demo", "/logout")
    ]  # fmt: skip
    form = {"login": "x", "roles": "admin", "areas": "C", "page": "wall", "scopes": "read"}
    refused += [
        await browser.post(p, data=form) for p in ("/admin/people", "/admin/people/someone", "/admin/screens",
                                                   "/admin/feeds", "/admin/people/someone/end", "/demo")
    ]  # fmt: skip
    for answer in refused:
        assert (answer.status_code, answer.content) == (404, unknown.content)
    assert house.account("someone").active


async def test_a_secret_is_shown_once(house: House) -> None:
    boss = await house.inside("chief", *PEOPLE)
    forms = {
        "/admin/people": {"login": "new.one", "roles": "leader", "areas": "D1"},
        "/admin/screens": {"login": "wall-1", "areas": "D1", "page": "wall"},
        "/admin/feeds": {"login": "kiosk", "areas": "D1", "scopes": "report"},
    }
    links = [secret_on(await boss.post(path, data=form)) for path, form in forms.items()]
    later = [*forms, "/admin/people/new.one", "/admin/feeds/kiosk", "/audit", "/audit/export.csv", "/account"]
    texts = [(await boss.get(path)).text for path in later]
    for link in links:
        assert not any(link.rpartition("/")[2] in text for text in texts)
    assert (await house.browser().get(path_of(links[0]))).status_code == 200
    assert (await house.browser().get(path_of(links[1]))).headers["location"] == "/wall/D1"
