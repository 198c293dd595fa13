"""The native API as its clients meet it: stored once, quarantined with the reason, never a server error."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.domain.roles import Role
from geodata.intake.door import Door
from geodata.services.access import Access
from geodata.store import changes, events, intervals, rollups, units
from geodata.store.engine import Store
from geodata.store.folder import DataFolder
from tests.factories.little_city import found_city
from tests.factories.people import account_of, native_api, secret_of

NOW = datetime.now(UTC)


def ago(**how_long: float) -> str:
    return (NOW - timedelta(**how_long)).isoformat()


def an_event(source_id: str, **other: Any) -> dict[str, Any]:
    return {
        "source": "hotline", "source_system": "12345", "source_id": source_id, "subtype": "0101",
        "reported_at": ago(hours=2), "lon": 1.5, "lat": 0.5, "description": "暴露垃圾",
    } | other  # fmt: skip


def an_action(source_id: str, action: str, at: str, **other: Any) -> dict[str, Any]:
    why = {"reason": "属受理范围"} if action == "register" else {}
    return {"source_system": "12345", "source_id": source_id, "action": action, "at": at} | why | other


def a_unit(code: str, **other: Any) -> dict[str, Any]:
    return {"code": code, "call_sign": f"巡{code}", "kind": "grid_post", "home_area": "G1"} | other


def a_fix(unit: str, at: str, **other: Any) -> dict[str, Any]:
    return {"unit": unit, "lon": 0.5, "lat": 0.5, "at": at, "accuracy_m": 5, "speed_ms": 1.2, "battery": 0.8} | other


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


@pytest.fixture
def city(store: Store) -> Store:
    with store.begin() as conn:
        found_city(conn)
    return store


class Client:
    """Posts with the right key and gives back what the API said."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def post(self, path: str, body: object) -> dict[str, Any]:
        said = await self.http.post(f"/api/v1/{path}", content=json.dumps(body))
        assert said.status_code == 200, said.text
        answer: dict[str, Any] = said.json()
        return answer

    async def get(self, path: str) -> dict[str, Any]:
        said = await self.http.get(f"/api/{path}")
        assert said.status_code == 200, said.text
        answer: dict[str, Any] = said.json()
        return answer


@pytest.fixture
async def client(city: Store, folder: DataFolder) -> AsyncIterator[Client]:
    app, access = native_api(city, folder, lag=lambda: {"behind_ms": 3})
    headers = {"X-Ingest-Key": secret_of(access, account_of(access, [Role.FEED], ["C"], login="native"))}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://city", headers=headers) as http:
        yield Client(http)


async def test_an_event_is_stored_once_and_a_repeat_answers_the_same_code(client: Client, city: Store) -> None:
    first = await client.post("events", an_event("a"))
    again = await client.post("events", [an_event("a"), an_event("b"), an_event("b")])
    code = first["results"][0]["code"]
    assert (first["accepted"], again["accepted"], again["duplicate"]) == (1, 1, 2)
    assert again["results"][0] == {"n": 0, "status": "duplicate", "code": code}
    with city.read() as conn:
        stored = events.by_code(conn, code)
        assert len(changes.tail(conn, 0)) == 2
        totals = rollups.totals(conn)
    assert stored is not None
    assert (stored.area_id, stored.state, stored.class_code, stored.urgency) == (7, "reported", "01", 3)
    assert stored.deadline_ms is not None
    assert stored.deadline_ms > stored.reported_ms
    assert dict(zip(totals.area_id.tolist(), totals.reported.tolist(), strict=True))[1] == 2


async def test_the_same_source_id_with_other_content_is_not_taken_for_the_same_event(client: Client) -> None:
    await client.post("events", an_event("a"))
    said = await client.post("events", an_event("a", description="道路不洁"))
    assert said["results"][0]["status"] == "quarantined"
    assert (said["results"][0]["field"], said["results"][0]["value"]) == ("description", "道路不洁")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"reported_at": "2026-11-01T10:00:00"}, "reported_at", "timezone"),
    ({"reported_at": "2126-11-01T10:00:00Z"}, "reported_at", "future"),
    ({"reported_at": "1066-10-14T09:00:00Z"}, "reported_at", "1990"),
    ({"reported_at": 1e300}, "reported_at", "moment"),
    ({"lon": 200}, "lon", "180"),
    ({"lon": "here"}, "lon", "number"),
    ({"lon": None}, "lon", "together"),
    ({"lon": float("nan")}, "lon", "finite"),
    ({"subtype": "9999"}, "subtype", "catalogue"),
    ({"source": "rumour"}, "source", "patrol"),
    ({"urgency": 7}, "urgency", "4"),
    ({"urgency": True}, "urgency", "integer"),
    ({"area": "Atlantis"}, "area", "not an area"),
    ({"description": "a\x00b"}, "description", "NUL"),
    ({"description": "a\ud800b"}, "description", "unicode"),
    ({"description": "x" * 1_000_000}, "description", "2000"),
    ({"source_id": ""}, "source_id", "1 character"),
    ({"deadline_at": "2020-01-01T00:00:00Z"}, "deadline_at", "before"),
]


async def test_a_wrong_field_is_quarantined_with_field_value_and_rule_and_the_rest_is_taken(client: Client) -> None:
    bad = [an_event(f"bad {k}") | change for k, (change, _, _) in enumerate(WRONG)]
    said = await client.post("events", [*bad, an_event("good")])
    assert (said["accepted"], said["quarantined"]) == (1, len(WRONG))
    for result, (_, field, rule) in zip(said["results"], WRONG, strict=False):
        assert result["field"] == field
        assert rule in result["rule"]
    assert (await client.post("events", bad))["quarantined"] == len(WRONG)
    kept = (await client.get("v1/quarantine"))["records"]
    assert [(k["feed"], k["field"]) for k in kept] == [("native/events", field) for _, field, _ in WRONG]
    assert json.loads(kept[0]["record"]) == bad[0]


async def test_an_event_without_a_place_or_outside_every_area_is_kept_at_the_city(client: Client, city: Store) -> None:
    said = await client.post("events", [
        an_event("nowhere", lon=None, lat=None), an_event("abroad", lon=50), an_event("between", lon=4.5),
        an_event("named", lon=None, lat=None, area="D2"),
    ])  # fmt: skip
    codes = [r["code"] for r in said["results"]]
    with city.read() as conn:
        stored = events.by_codes(conn, codes)
    assert [stored[c].area_id for c in codes] == [1, 1, 1, 3]


async def test_the_whole_life_of_an_event(client: Client, city: Store) -> None:
    await client.post("units", a_unit("U1", status="on_duty", at=ago(hours=3)))
    code = (await client.post("events", an_event("a")))["results"][0]["code"]
    steps = [
        ("register", {}), ("dispatch", {"unit": "U1"}), ("accept", {}), ("arrive", {}), ("report_back", {}),
        ("ask_check", {}), ("rework", {"reason": "未清理"}), ("report_back", {}), ("check", {}), ("close", {}),
    ]  # fmt: skip
    said = await client.post("actions", [
        an_action("a", action, ago(minutes=100 - k), **other) for k, (action, other) in enumerate(steps)
    ])  # fmt: skip
    assert said["accepted"] == len(steps)
    told = await client.get(f"v1/events/{code}")
    assert (told["state"], told["rev"], told["unit"], told["area"]) == ("closed", 11, "U1", "G2")
    assert told["ended_at"] == told["state_at"]
    with city.read() as conn:
        past = {h.event_id: h.state for h in intervals.as_of(conn, int((NOW.timestamp() - 97.5 * 60) * 1000))}
        totals = rollups.totals(conn)
        month = [c.action for c in changes.tail(conn, 0) if c.kind == "event"]
    assert past == {1: "handling"}
    assert (totals.closed.max(), totals.closed_on_time.max()) == (1, 1)
    assert month == ["report", *(action for action, _ in steps)]


async def test_a_step_that_may_not_follow_is_refused_and_nothing_moves(client: Client, city: Store) -> None:
    wrong = [
        (an_action("a", "close", ago(hours=1)), "action", "cannot follow the state reported"),
        (an_action("a", "reject", ago(hours=1)), "reason", "must say why"),
        (an_action("a", "register", ago(hours=1), reason=" "), "reason", "register must say why"),
        (an_action("a", "dispatch", ago(hours=1)), "action", "cannot follow"),
        (an_action("a", "fly", ago(hours=1)), "action", "register"),
        (an_action("a", "register", ago(hours=30)), "at", "before"),
        (an_action("z", "register", ago(hours=1)), "source_id", "never reported"),
        ({"action": "register", "at": ago(hours=1)}, "code", "name the event"),
    ]
    await client.post("events", an_event("a"))
    said = await client.post("actions", [action for action, _, _ in wrong])
    assert said["quarantined"] == len(wrong)
    for result, (_, field, rule) in zip(said["results"], wrong, strict=True):
        assert result["field"] == field
        assert rule in result["rule"]
    with city.read() as conn:
        assert changes.newest(conn)[0] == 1


async def test_a_repeated_action_is_a_duplicate(client: Client) -> None:
    await client.post("events", an_event("a"))
    once = an_action("a", "register", ago(hours=1))
    assert (await client.post("actions", [once, once]))["duplicate"] == 1


async def test_a_suspended_events_clock_stands_still_and_a_reopened_one_starts_again(
    client: Client, city: Store
) -> None:
    code = (await client.post("events", an_event("a")))["results"][0]["code"]
    with city.read() as conn:
        before = events.by_code(conn, code)
    await client.post("actions", [
        an_action("a", "register", ago(minutes=90)),
        an_action("a", "suspend", ago(minutes=80), reason="待断电", until=ago(days=-7)),
        an_action("a", "resume", ago(minutes=50)), an_action("a", "force_close", ago(minutes=40), reason="重复"),
    ])  # fmt: skip
    with city.read() as conn:
        after = events.by_code(conn, code)
    assert before is not None
    assert after is not None
    assert before.deadline_ms is not None
    assert after.deadline_ms == before.deadline_ms + 30 * 60_000
    await client.post("actions", an_action("a", "reopen", ago(minutes=30), reason="复发"))
    with city.read() as conn:
        again = events.by_code(conn, code)
        totals = rollups.totals(conn)
    assert again is not None
    assert (again.state, again.ended_ms) == ("reopened", None)
    assert totals.closed.max() == totals.ended.max() == 0


async def test_positions_move_only_units_that_are_signed_on_and_vanish_when_they_sign_off(
    client: Client, city: Store
) -> None:
    await client.post("units", [a_unit("U1", status="on_duty", at=ago(hours=1)), a_unit("U2")])
    fixes = [
        a_fix("U1", ago(minutes=9)), a_fix("U1", ago(minutes=5), lon=1.5), a_fix("U1", ago(minutes=7)),
        a_fix("U1", ago(minutes=5), lon=1.5), a_fix("U2", ago(minutes=5)), a_fix("U9", ago(minutes=5)),
        a_fix("U1", ago(hours=2)),
    ]  # fmt: skip
    said = await client.post("positions", fixes)
    assert (said["accepted"], said["duplicate"], said["dropped"], said["quarantined"]) == (2, 2, 3, 0)
    assert {r["n"] for r in said["results"]} == {2, 3, 4, 5, 6}
    with city.read() as conn:
        seq = changes.newest(conn)[0]
        moved = units.moved_after(conn, seq - 1)
        assert changes.tail(conn, seq - 1)[0].kind == "positions"
    assert [(u.code, u.lon, u.area_id) for u in moved] == [("U1", 1.5, 7)]
    await client.post("units", {"code": "U1", "status": "off_duty", "at": ago(minutes=1)})
    with city.read() as conn:
        off = units.by_codes(conn, ["U1"])["U1"]
    assert (off.status, off.lon, off.lat, off.fix_ms, off.area_id) == ("off_duty", None, None, None, None)
    assert (await client.post("positions", a_fix("U1", ago(seconds=30))))["dropped"] == 1
    assert (await client.get("v1/quarantine"))["records"] == []


async def test_a_new_unit_must_say_who_it_is_and_an_old_status_does_not_come_back(client: Client, city: Store) -> None:
    said = await client.post("units", [{"code": "U1"}, a_unit("U2", status="on_duty", at=ago(minutes=5))])
    assert (said["accepted"], said["results"][0]["field"]) == (1, "call_sign")
    late = await client.post("units", {"code": "U2", "status": "off_duty", "at": ago(minutes=50)})
    assert late["duplicate"] == 1
    put = await client.http.put("/api/v1/units", json={"code": "U2", "skills": ["急救", "排涝"]})
    assert put.json()["accepted"] == 1
    listed = (await client.get("v1/units"))["units"]
    assert [(u["code"], u["status"], u["skills"]) for u in listed] == [("U2", "on_duty", ["急救", "排涝"])]


async def test_only_the_right_key_opens_the_door(client: Client, folder: DataFolder) -> None:
    assert stat.S_IMODE(folder.secret_key.stat().st_mode) == 0o600
    for key in (b"", b"wrong", "ключ".encode()):
        said = await client.http.post("/api/v1/events", json=an_event("a"), headers={b"X-Ingest-Key": key})
        assert said.status_code == 401
        assert "X-Ingest-Key" in said.json()["detail"]
    assert (await client.http.get("/api/v1/units", headers={"X-Ingest-Key": "wrong"})).status_code == 401
    assert (await client.http.get("/api/health", headers={"X-Ingest-Key": ""})).status_code == 200


async def test_what_waits_in_quarantine_is_taken_when_it_is_replayed_after_the_cause_is_gone(client: Client) -> None:
    early = await client.post("actions", an_action("a", "register", ago(hours=1)))
    assert early["quarantined"] == 1
    await client.post("events", an_event("a"))
    replayed = await client.http.post("/api/v1/quarantine/replay")
    assert replayed.json() == {"accepted": 1}
    assert (await client.get("v1/quarantine"))["records"] == []
    assert (await client.get("v1/events?state=to_dispatch"))["events"][0]["source_id"] == "a"


async def test_lists_come_in_pages_and_by_area(client: Client) -> None:
    await client.post("events", [an_event(f"{k}", lon=k % 3 + 0.5) for k in range(7)])
    first = await client.get("v1/events?area=S1&limit=3")
    rest = await client.get(f"v1/events?area=S1&limit=3&after={first['next']}")
    assert [e["area"] for e in first["events"] + rest["events"]] == ["G1", "G2", "G1", "G2", "G1"]
    assert rest["next"] is None
    below = (await client.get("v1/areas?area=D1"))["areas"]
    assert [a["code"] for a in below] == ["D1", "S1", "G1", "G2", "S2", "G3"]
    assert [s["code"] for s in (await client.get("v1/catalogue"))["subtypes"]][:1] == ["0101"]
    assert (await client.http.get("/api/v1/events?area=Atlantis")).status_code == 404
    assert (await client.http.get("/api/v1/events/none")).status_code == 404


async def test_health_tells_the_age_of_every_feed_and_of_the_newest_change(client: Client) -> None:
    await client.http.post("/api/v1/events", json=an_event("a"), headers={"X-Source-System": "hotline-12345"})
    said = await client.get("health")
    assert (said["status"], said["database"]["ok"], said["situation"]) == ("ok", True, {"behind_ms": 3})
    assert 0 <= said["newest_change_age_s"] < 60
    (feed,) = said["feeds"]
    assert (feed["name"], feed["accepted"]) == ("hotline-12345/events", 1)
    expected = (datetime.now(UTC) - NOW + timedelta(hours=2)).total_seconds()
    assert feed["newest_record_age_s"] == pytest.approx(expected, abs=60)


async def test_the_description_of_the_api_is_complete_and_needs_no_other_host(client: Client) -> None:
    page = (await client.http.get("/api/docs")).text
    assert "http://" not in page.replace("http://city", "")
    assert "https://" not in page
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/api/docs/{name}" in page
        assert (await client.http.get(f"/api/docs/{name}")).status_code == 200
    paths = (await client.get("openapi.json"))["paths"]
    assert {"/api/v1/events", "/api/v1/actions", "/api/v1/units", "/api/v1/positions", "/api/health"} <= set(paths)
    schema = paths["/api/v1/events"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert "$ref" not in json.dumps(schema)
    assert schema["oneOf"][0]["required"] == ["source", "source_system", "source_id", "subtype", "reported_at"]


async def test_an_unknown_path_is_a_404_in_json_and_too_large_a_body_a_413(client: Client) -> None:
    unknown = await client.http.get("/api/v2/anything")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "there is no /api/v2/anything"})
    assert (await client.http.post("/api/v1/events", content=b"[" * 9_000_000)).status_code == 413


async def test_a_changed_boundary_edition_is_noticed_without_a_restart(city: Store, folder: DataFolder) -> None:
    door = Door(Access.open(city, folder), folder.city())
    before = door.desk()
    assert door.desk() is before
    with city.begin() as conn:
        conn.exec_driver_sql("UPDATE setting SET value = 'next' WHERE key = 'areas_build'")
    assert door.desk() is not before


HOSTILE = [
    b"", b"{", b"null", b"[]", b"[[[[]]]]", b'"text"', b"42", b"NaN", b"[NaN, Infinity, -Infinity]", b"\xff\xfe\x00",
    b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"source_id":"\\ud800"}', b'{"lon":1e400}',
    b'{"reported_at":' + b"9" * 5000 + b"}", b'{"description":"' + b"x" * 1_000_000 + b'"}', b"\x00" * 100,
]  # fmt: skip


async def test_no_body_makes_the_server_fail(client: Client) -> None:
    for path in ("events", "actions", "units", "positions"):
        for body in HOSTILE:
            said = await client.http.post(f"/api/v1/{path}", content=body)
            assert (said.status_code, said.json()["accepted"]) == (200, 0), (path, body[:50])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=20)
    | st.sampled_from(["2026-11-01T10:00:00+08:00", "0101", "G1", "close", "hotline", "\x00", "U1", 1.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes_made=st.dictionaries(
        st.sampled_from(["source", "source_id", "subtype", "reported_at", "lon", "lat", "area", "urgency", "at", "code",
                         "action", "unit", "reason", "description", "skills", "status", "battery", "deadline_at"]),
        VALUES, max_size=4,
    ),
    path=st.sampled_from(["events", "actions", "units", "positions"]),
)  # fmt: skip
async def test_no_value_of_any_field_makes_the_server_fail(
    client: Client, changes_made: dict[str, Any], path: str
) -> None:
    base = {
        "events": an_event("f"), "actions": an_action("f", "register", ago(hours=1)), "units": a_unit("F"),
        "positions": a_fix("F", ago(minutes=1)),
    }[path]  # fmt: skip
    said = await client.http.post(f"/api/v1/{path}", content=json.dumps([base | changes_made]))
    assert said.status_code == 200
    assert said.json()["results"] or said.json()["accepted"] == 1
