"""The field page over HTTP: what a phone's link opens and what not, what is delivered, and what is answered."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

import app as wiring
from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.domain.view import Filters
from geodata.intake.door import now_ms
from geodata.intake.gate import COOKIE
from geodata.services import phones
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.duty import CONSENT
from geodata.services.outcomes import Submitted
from geodata.services.tracking import report_positions
from geodata.store import units
from tests.factories.page_city import open_room
from tests.factories.people import account_of, signed_in
from tests.factories.pictures import photograph

OPERATOR = Actor.operator()
OWN = {"unit": "U1"}
OTHER_PAGES = ("/", "/area/D1", "/account", "/admin/phones", "/api/v1/events", "/_dash-layout", "/geo/x/own/D1.json")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    opened = open_room(tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
async def phone(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of U1's phone, which has opened its link."""
    async with browser(room) as opened:
        await opened.get(f"/f/{link(room)}")
        yield opened


def browser(room: Room) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(wiring.create_app(room).server, client=("10.0.0.9", 1))
    headers = {"sec-fetch-site": "same-origin"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


def link(room: Room) -> str:
    account = account_of(room.access, [Role.UNIT_MEMBER], ["D1"], unit_code="U1", login="phone.u1")
    return phones.issue(room.access, OPERATOR, room.situation.tree, account.login, now_ms())[1]


def dispatched(room: Room, n: int = 0) -> str:
    """The code of an event of D1 that was sent to U1."""
    code = room.situation.feed(room.situation.tree.ordinal["D1"], Filters(), n + 1)[n].code
    for action in ("register", "dispatch"):
        item = Action(action, now_ms(), code, unit_code="U1" if action == "dispatch" else "", reason="r")
        said = act(room.door.desk(), OPERATOR, [Submitted({}, item)], feed="t/actions", now_ms=now_ms())
        assert said[0].status == "accepted"
    return code


def act_of(code: str, action: str, key: str, **more: Any) -> dict[str, Any]:
    return {"unit": "U1", "key": key, "at": now_ms(), "code": code, "action": action, **more}


async def send_photo(phone: httpx.AsyncClient, code: str, key: str, content: bytes, **more: Any) -> httpx.Response:
    told = {"unit": "U1", "key": key, "at": now_ms(), "code": code, "stage": "after", **more}
    headers = {"content-type": "image/jpeg", "x-photo": json.dumps(told)}
    return await phone.post("/field/photo", content=content, headers=headers)


async def test_the_link_leads_to_the_page_and_its_secret_is_in_no_address_and_no_page_after_it(room: Room) -> None:
    secret = link(room)
    async with browser(room) as phone:
        opened = await phone.get(f"/f/{secret}")
        assert (opened.status_code, opened.headers["location"]) == (303, "/field")
        assert "HttpOnly" in opened.headers["set-cookie"]
        assert phone.cookies[COOKIE] == secret
        page = await phone.get("/field")
        assert page.status_code == 200
        assert secret not in page.text
        assert "渝中巡-01" not in page.text, "what is the unit's own is not kept with the page"
        assert "geolocation=(self)" in page.headers["permissions-policy"]
        assert "camera=()" in page.headers["permissions-policy"]
        for path in re.findall(r'(?:src|href)="(/(?:assets|field/)[^"]+)"', page.text):
            assert (await phone.get(path)).status_code == 200, path
        worker = await phone.get("/field/worker.js")
        assert worker.headers["service-worker-allowed"] == "/field"
        manifest = (await phone.get("/field/manifest.webmanifest")).json()
        assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/field", "/field", "standalone")


async def test_a_phones_link_opens_the_field_page_and_nothing_else(room: Room, phone: httpx.AsyncClient) -> None:
    for path in OTHER_PAGES:
        assert (await phone.get(path, headers={"accept": "application/json"})).status_code == 401, path
    assert (await phone.post("/api/v1/positions", json={})).status_code == 401
    assert (await phone.get("/field/tasks")).status_code == 200


async def test_a_link_that_has_ended_says_so_and_the_open_page_is_out(room: Room, phone: httpx.AsyncClient) -> None:
    phones.end(room.access, OPERATOR, room.situation.tree, "phone.u1", now_ms())
    room.sessions.forget()
    assert (await phone.get("/field/tasks")).status_code == 401
    for secret in ("nothing", phone.cookies[COOKIE], "no/thing"):
        gone = await phone.get(f"/f/{secret}")
        assert gone.status_code == 404
        assert "手机链接已失效" in gone.text


async def test_a_link_opens_again_for_a_phone_that_lost_its_cookie_until_it_is_renewed(room: Room) -> None:
    secret = link(room)
    async with browser(room) as phone:
        for _ in range(2):
            assert (await phone.get(f"/f/{secret}")).status_code == 303
            assert (await phone.get("/field/tasks")).status_code == 200
            phone.cookies.clear()
            assert (await phone.get("/field/tasks")).status_code == 401
        newer = phones.issue(room.access, OPERATOR, room.situation.tree, "phone.u1", now_ms())[1]
        room.sessions.forget()
        assert (await phone.get(f"/f/{secret}")).status_code == 404
        assert (await phone.get(f"/f/{newer}")).status_code == 303
        assert (await phone.get("/field/tasks")).status_code == 200


async def test_no_page_of_another_site_makes_a_browser_a_phone(room: Room) -> None:
    secret = link(room)
    async with browser(room) as officer:
        officer.cookies.set(COOKIE, signed_in(room.access, Role.DUTY_OFFICER, "D1"))
        lured = await officer.get(f"/f/{secret}", headers={"sec-fetch-site": "cross-site"})
        assert lured.status_code == 404
        assert "set-cookie" not in lured.headers


async def test_a_task_is_signed_for_arrived_at_photographed_and_reported_back(
    room: Room, phone: httpx.AsyncClient
) -> None:
    code = dispatched(room)
    told = (await phone.get("/field/tasks?lang=en")).json()
    assert (told["unit"]["call_sign"], [t["code"] for t in told["tasks"]]) == ("渝中巡-01", [code])
    assert told["tasks"][0]["outline"], "what the map is drawn from is there without a network"
    assert told["acts"]["accept"] == {
        "said": "Accept", "after": ["dispatched"], "to": "handling", "own": True, "reason": False, "photo": None,
        "must": False, "leads": True, "spans": [],
    }  # fmt: skip
    for n, action in enumerate(("accept", "arrive")):
        answer = await phone.post("/field/act", json=act_of(code, action, f"key-000{n}"))
        assert answer.json() == {"status": "accepted", "code": code}
    none = await phone.post("/field/act", json=act_of(code, "report_back", "key-0002"))
    assert (none.status_code, none.json()["field"]) == (422, "photo")
    photo = (await send_photo(phone, code, "key-0003", photograph(), lon=106.45, lat=29.55)).json()
    assert photo["status"] == "accepted"
    assert (await phone.post("/field/act", json=act_of(code, "report_back", "key-0004"))).json()["status"] == "accepted"
    repeated = await phone.post("/field/act", json=act_of(code, "report_back", "key-0004"))
    assert repeated.json() == {"status": "duplicate", "code": code}
    repeated = await send_photo(phone, code, "key-0003", photograph())
    assert repeated.json() == {"status": "duplicate", "code": photo["code"]}
    shown = await phone.get(f"/photos/{photo['code']}")
    assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert b"FieldPhone" not in shown.content
    (task,) = (await phone.get("/field/tasks")).json()["tasks"]
    assert (task["state"], task["acts"], task["photos"][0]["id"]) == ("handled", [], photo["code"])


async def test_what_is_new_is_told_and_what_is_not_costs_a_word(room: Room, phone: httpx.AsyncClient) -> None:
    first = await phone.get("/field/tasks")
    again = await phone.get("/field/tasks", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert abs(int(again.headers["x-now"]) - now_ms()) < 60_000
    dispatched(room)
    assert (await phone.get("/field/tasks", headers={"if-none-match": first.headers["etag"]})).status_code == 200


async def test_a_position_moves_the_own_unit_while_it_is_signed_on_and_is_dropped_when_not(
    room: Room, phone: httpx.AsyncClient
) -> None:
    def at() -> float | None:
        with room.store.read() as conn:
            return units.by_codes(conn, ["U1"])["U1"].lon

    async def fix(lon: float) -> Any:
        fixes = [{"at": now_ms() + 60_000, "lon": lon, "lat": 29.55, "accuracy": 12.5}]
        sent = {"unit": "U1", "fixes": fixes}
        return (await phone.post("/field/positions", json=sent)).json()

    async def sign(on: bool, key: str) -> Any:
        told = {"unit": "U1", "key": key, "at": now_ms(), "on": on, "consent": CONSENT if on else ""}
        return (await phone.post("/field/sign", json=told)).json()

    assert (await fix(106.45))["taken"] == 1
    assert at() == 106.45
    assert (await sign(False, "key-0001"))["status"] == "accepted"
    assert (await fix(106.46))["taken"] == 0
    assert at() is None
    assert (await sign(True, "key-0002"))["status"] == "accepted"
    assert (await fix(106.47))["taken"] == 1
    with room.store.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM quarantine").scalar() == 0


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("act", b"{", "body"),
        ("act", b"[]", "body"),
        ("act", {**OWN, "key": "short", "at": 1, "action": "accept", "code": "X"}, "key"),
        ("act", {**OWN, "key": "key-0001", "at": "now", "action": "accept", "code": "X"}, "at"),
        ("act", {**OWN, "key": "key-0001", "at": 1, "action": "accept", "code": "X\x00"}, "code"),
        ("act", {**OWN, "key": "key-0001", "at": 1, "action": "accept", "code": "X", "more": 1}, "more"),
        ("act", {**OWN, "key": "key-0001", "at": 1, "action": "fly", "code": "H000000-0"}, "code"),
        ("sign", {**OWN, "key": "key-0001", "at": 1, "on": "yes"}, "on"),
        ("sign", {**OWN, "key": "key-0001", "at": 2**44, "on": True, "consent": CONSENT}, "at"),
        ("positions", {**OWN, "fixes": []}, "fixes"),
        ("positions", {**OWN, "fixes": [{"at": 1, "lon": 181, "lat": 0}]}, "fixes.0.lon"),
        ("photo", b"picture", "body"),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_its_field_and_in_words(
    phone: httpx.AsyncClient, path: str, body: Any, field: str
) -> None:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    answer = await phone.post(f"/field/{path}", content=content, headers={"content-type": "application/json"})
    said = answer.json()
    assert (answer.status_code, said["status"], said["field"]) == (422, "refused", field)
    assert said["said"]


async def test_what_was_done_for_another_unit_is_not_taken_for_this_one(room: Room, phone: httpx.AsyncClient) -> None:
    """A phone that became another unit's while something was waiting on it."""
    code = dispatched(room)
    fixes = {"unit": "U9", "fixes": [{"at": now_ms(), "lon": 106.4, "lat": 29.5}]}
    signing = {"unit": "U9", "key": "key-0002", "at": now_ms(), "on": False}
    for path, body in (("act", act_of(code, "accept", "key-0001", unit="U9")), ("sign", signing), ("positions", fixes)):
        answer = await phone.post(f"/field/{path}", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, "unit")
    with room.store.read() as conn:
        assert units.by_codes(conn, ["U1"])["U1"].status == "on_duty"


async def test_what_an_event_has_become_meanwhile_is_said(room: Room, phone: httpx.AsyncClient) -> None:
    code = dispatched(room)
    item = Action("void", now_ms(), code, reason="重复录入")
    act(room.door.desk(), OPERATOR, [Submitted({}, item)], feed="t/actions", now_ms=now_ms())
    said = (await phone.post("/field/act", json=act_of(code, "accept", "key-0001"))).json()["said"]
    assert said == "此事件现在是“作废”，不能这样操作。"


async def test_a_photo_may_be_larger_than_other_bodies_but_not_of_any_size(
    room: Room, phone: httpx.AsyncClient
) -> None:
    code = dispatched(room)
    await phone.post("/field/act", json=act_of(code, "accept", "key-0001"))
    large = photograph(3000, 3000) + bytes(1_000_000)
    assert (await send_photo(phone, code, "key-0002", large)).status_code == 200
    assert (await send_photo(phone, code, "key-0003", bytes(3_200_000))).status_code == 413
    assert (await phone.post("/field/act", content=bytes(70_000))).status_code == 413


async def test_who_is_no_unit_member_has_no_field_page(room: Room) -> None:
    async with browser(room) as officer:
        officer.cookies.set(COOKIE, signed_in(room.access, Role.DUTY_OFFICER, "D1"))
        assert (await officer.get("/field")).status_code == 404
        assert (await officer.get("/field/tasks")).status_code == 403
        assert (await officer.post("/field/act", json=act_of("X", "accept", "key-0001"))).status_code == 403


def test_positions_reach_the_tracking_service_only() -> None:
    """A second way to the table of tracks would be a second rule about who is followed."""
    assert report_positions.__module__ == "geodata.services.tracking"
    source = Path(wiring.__file__).parent / "callbacks" / "field"
    assert "save_fixes" not in "".join(p.read_text("utf-8") for p in source.glob("*.py"))
