"""The outcome of an event, as the system that reported it reads it to tell its caller."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from geodata.domain.roles import Role
from geodata.store import changes, events
from geodata.store.engine import Store
from geodata.store.folder import DataFolder
from tests.factories.little_city import found_city
from tests.factories.people import account_of, native_api, secret_of

NOW = datetime.now(UTC)


def minutes_ago(n: int) -> str:
    return (NOW - timedelta(minutes=n)).isoformat()


@pytest.fixture
async def client(store: Store, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    with store.begin() as conn:
        found_city(conn)
    app, access = native_api(store, DataFolder(tmp_path / "data"))
    headers = {"X-Ingest-Key": secret_of(access, account_of(access, [Role.FEED], ["C"], login="native"))}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://city/api/v1/", headers=headers
    ) as http:
        yield http


async def post(client: httpx.AsyncClient, path: str, *records: dict[str, Any]) -> list[dict[str, Any]]:
    said = await client.post(path, json=[{"source_system": "12345", **record} for record in records])
    assert said.status_code == 200
    results: list[dict[str, Any]] = said.json()["results"]
    return results


async def read(client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    said = await client.get(f"events/{code}")
    told: dict[str, Any] = said.json()
    return told


async def test_a_source_system_reads_what_its_caller_can_be_told(client: httpx.AsyncClient) -> None:
    event = {"source": "hotline", "subtype": "0101", "reported_at": minutes_ago(60), "lon": 1.5, "lat": 0.5}
    made = await post(client, "events", event | {"source_id": "main"}, event | {"source_id": "part"})
    main, part = (r["code"] for r in made)
    told = await read(client, part)
    assert (told["state"], told["merged_into"], told["reply"]) == ("reported", None, None)
    await post(
        client, "actions",
        {"source_id": "part", "action": "merge", "at": minutes_ago(30), "into": main, "reason": "同一事项"},
        {"source_id": "main", "action": "void", "at": minutes_ago(20), "reason": "测试"},
    )  # fmt: skip
    told = await read(client, part)
    assert (told["state"], told["merged_into"], told["reply"], told["marks"]) == ("merged", main, None, ["to_reply"])
    answer = {"source_id": "main", "action": "reply", "at": minutes_ago(10)}
    (mute,) = await post(client, "actions", answer)
    assert (mute["field"], "reply must say why" in mute["rule"]) == ("reason", True)
    said = await post(client, "actions", answer | {"reason": "已核查处理"}, answer | {"reason": "已核查处理"})
    assert [r["status"] for r in said] == ["accepted", "quarantined"], "once for each end"
    listed = {e["code"]: e for e in (await client.get("events")).json()["events"]}
    for code in (main, part):
        told = await read(client, code)
        assert told == listed[code]
        assert (told["reply"]["text"], told["marks"]) == ("已核查处理", [])
        assert told["reply"]["at"][:19] == minutes_ago(10)[:19]
        assert set(told["reply"]) == {"at", "text"}, "nobody's name"


async def test_steps_with_a_receipt_are_taken_once_however_often_and_late_they_are_sent(
    client: httpx.AsyncClient, store: Store
) -> None:
    event = {"source": "hotline", "subtype": "0101", "reported_at": minutes_ago(60), "source_id": "a"}
    code = (await post(client, "events", event))[0]["code"]
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    steps: list[dict[str, Any]] = [
        {"action": "register", "reason": "属实"},
        {"action": "supervise", "kind": "key", "reason": "重点", "until": tomorrow},
        {"action": "placard", "kind": "city", "reason": "重点", "accountable": "副区长", "until": tomorrow},
        {"action": "progress", "reason": "已约谈"},
    ]
    named = [step | {"source_id": "a", "at": minutes_ago(1), "receipt": f"r-{n}"} for n, step in enumerate(steps)]
    first, again = await post(client, "actions", *named), await post(client, "actions", *named)
    assert {r["status"] for r in first} == {"accepted"}
    assert {r["status"] for r in again} == {"duplicate"}
    with store.read() as conn:
        kept = events.by_code(conn, code)
        assert kept is not None
        logged = [c.action for c in changes.of_event(conn, kept.id, 20)]
    assert logged == ["report", "register", "supervise", "placard", "progress"]
