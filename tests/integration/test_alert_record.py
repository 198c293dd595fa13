"""The record of alerts as a page and in the API: by day and area, within reach, clear about what is asked wrongly."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services import alerting
from geodata.services.actors import Actor
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from tests.factories.access_browser import House, Labels
from tests.factories.people import native_api, signed_in

POINTS = {"D1": (106.47, 29.57), "D2": (106.57, 29.57)}


def rung(house: House) -> dict[str, str]:
    """A red event in each district; their codes."""
    desk, who, now = house.room.door.desk(), Actor.operator("t"), now_ms()
    told = [
        Submitted({}, NewEvent("hotline", "t", f"red-{area}", "0203", now, lon=lon, lat=lat, urgency=1))
        for area, (lon, lat) in POINTS.items()
    ]
    return dict(zip(POINTS, (o.code for o in report_events(desk, who, told, feed="t", now_ms=now)), strict=True))


def listed(page: httpx.Response) -> set[str]:
    """The events on a page."""
    return set(re.findall(r"selected=event%3A([\w-]+)", page.text))


async def test_a_shift_leader_reads_what_rang_in_the_own_district_and_who_confirmed_it(house: House) -> None:
    codes = rung(house)
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    page = await leader.get("/alerts")
    assert page.status_code == 200
    assert codes["D1"] in listed(page)
    assert codes["D2"] not in listed(page)
    assert "等待确认" in page.text
    assert Labels(page.text).unnamed == []
    assert '<a href="/alerts"' in page.text
    desk, officer = house.room.door.desk(), Actor.of("ling", frozenset({Role.DUTY_OFFICER}), frozenset({"D1"}))
    (alert,) = [a for a in alerting.mine(desk, officer) if a.code == codes["D1"]]
    alerting.acknowledge(house.room.access, desk, officer, alert.id, alert.raised_ms + 62_000)
    row = re.search(rf'<tr data-alert="{alert.id}">.*?</tr>', (await leader.get("/alerts?lang=en")).text, re.DOTALL)
    assert row
    assert "ling" in row[0]
    assert "01:02" in row[0]
    assert "confirmed" in row[0]
    grid = await leader.get("/alerts?area=G20")
    assert grid.status_code == 404
    city = await house.inside("head", Role.CENTRE_HEAD)
    assert {codes["D1"], codes["D2"]} <= listed(await city.get("/alerts"))
    assert codes["D1"] not in listed(await city.get("/alerts?area=D2"))


async def test_a_day_is_a_day_of_the_city_and_a_wrong_one_is_said_at_its_field(house: House) -> None:
    codes = rung(house)
    leader = await house.inside("lead", Role.SHIFT_LEADER)
    today = datetime.now(UTC).astimezone(house.room.city.zone).date()
    assert codes["D1"] in listed(await leader.get(f"/alerts?day={today}"))
    assert listed(await leader.get(f"/alerts?day={today - timedelta(days=2)}")) == set()
    for wrong in ("yesterday", "2026-13-01", "0001-01-01", "<b>"):
        page = await leader.get("/alerts", params={"day": wrong})
        assert page.status_code == 422
        assert 'id="day-wrong"' in page.text
        assert "<b>" not in page.text


async def test_it_is_no_page_for_whoever_may_not_read_it(house: House) -> None:
    for n, role in enumerate((Role.VIEWER, Role.DUTY_OFFICER, Role.INTAKE, Role.UNIT_MEMBER, Role.AUDITOR, Role.ADMIN)):
        browser = await house.inside(f"p{n}", role)
        assert (await browser.get("/alerts")).status_code == 404
        assert '<a href="/alerts"' not in (await browser.get("/account")).text


async def test_the_api_lists_confirms_and_names_what_is_asked_wrongly(house: House) -> None:
    codes = rung(house)
    app, access = native_api(house.room.store, house.room.folder)

    async def ask(who: str, method: str, path: str) -> tuple[int, Any]:
        transport = httpx.ASGITransport(app)
        headers = {"sec-fetch-site": "same-origin", "cookie": f"onescreen={who}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://city", headers=headers) as browser:
            answer = await browser.request(method, path)
            return answer.status_code, answer.json()

    officer = signed_in(access, Role.DUTY_OFFICER, "D1")
    leader = signed_in(access, Role.SHIFT_LEADER, "D1")
    for path in ("/api/v1/alerts", "/api/v1/surges/past"):
        for span, rule in (
            ("from_at=2026-01-01T00:00:00Z&to_at=2026-02-01T00:00:01Z", "is more than 31 days before to_at"),
            ("from_at=2026-02-01T00:00:00Z&to_at=2026-01-31T00:00:00Z", "is later than to_at"),
        ):
            status, body = await ask(leader, "GET", f"{path}?{span}")
            assert (status, body["field"], body["rule"]) == (422, "from_at", rule)
        status, body = await ask(leader, "GET", f"{path}?from_at=2026-01-01T00:00:00Z&to_at=2026-02-01T00:00:00Z")
        assert status == 200
    other = signed_in(access, Role.DUTY_OFFICER, "D2")
    status, body = await ask(officer, "GET", "/api/v1/alerts/mine")
    assert status == 200
    (mine,) = [a for a in body["alerts"] if a["event"] == codes["D1"]]
    assert (mine["trigger"], mine["tier"], mine["asked"], mine["ended_at"]) == ("red_event", 1, ["duty_officer"], None)
    confirm = f"/api/v1/alerts/{mine['id']}/acknowledge"
    assert (await ask(other, "POST", confirm)) == (404, {"detail": "there is no such alert"})
    assert (await ask(leader, "POST", confirm))[0] == 403, "nobody asked the shift leader yet"
    status, body = await ask(officer, "POST", confirm)
    assert (status, body["first"], body["alert"]["answer"]) == (200, True, "acknowledged")
    assert (await ask(officer, "POST", confirm))[1]["first"] is False
    status, body = await ask(leader, "GET", "/api/v1/alerts?limit=1")
    assert (status, len(body["alerts"])) == (200, 1)
    older = await ask(leader, "GET", f"/api/v1/alerts?limit=1&before={body['next']}")
    assert older[1]["alerts"] != body["alerts"]
    for wrong in ("?from_at=yesterday", "?from_at=2026-01-01T00:00:00", "?limit=0", "?before=x"):
        assert (await ask(leader, "GET", "/api/v1/alerts" + wrong))[0] == 422, wrong
    for number in ("0", "x", str(2**54)):
        assert (await ask(officer, "POST", f"/api/v1/alerts/{number}/acknowledge"))[0] == 422, number


async def test_the_numbers_of_a_desk_open_what_stands_and_what_asks_oneself(house: House) -> None:
    officer = await house.inside("o.d1", Role.DUTY_OFFICER, areas=("D1",))
    leader = await house.inside("l.d1", Role.SHIFT_LEADER, areas=("D1",))
    codes = rung(house)
    every = await leader.get("/alerts", params={"which": "standing", "area": "D1"})
    assert codes["D1"] in listed(every)
    assert codes["D2"] not in listed(every)
    assert f"未确认的告警 {len(listed(every))} 条" in every.text
    assert (await officer.get("/alerts", params={"which": "standing"})).status_code == 404
    for browser, asked in ((officer, True), (leader, False)):
        mine = await browser.get("/alerts", params={"which": "mine", "area": "D1"})
        assert codes["D2"] not in listed(mine)
        assert (codes["D1"] in listed(mine)) == asked
        assert f"待我确认的告警 {len(listed(mine))} 条" in mine.text
    assert (await officer.get("/alerts", params={"which": "mine", "area": "D2"})).status_code == 404


@pytest.mark.parametrize("area", ["D2", "nowhere", "\x00"])
async def test_an_area_beyond_ones_reach_is_answered_like_one_that_is_not_there(house: House, area: str) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    page = await leader.get("/alerts", params={"area": area})
    assert page.status_code == (200 if area == "\x00" else 404), "a NUL is dropped at the door: no area was asked for"
