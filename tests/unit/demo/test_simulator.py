"""The simulator's line and its casebook."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
import orjson
import pytest

from geodata.demo.roster import Roster
from geodata.demo.simulator import client
from geodata.demo.simulator.casebook import Casebook
from geodata.demo.simulator.client import Api, ApiError
from geodata.demo.stage import Stage
from geodata.domain.catalogue import Catalogue
from geodata.domain.events import FOLLOWS, State
from geodata.services.calendar import work_calendar
from geodata.store.folder import City

NOW = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def book(stage: Stage, roster: Roster) -> Casebook:
    """A casebook that plays a thousand times as fast."""
    rng = np.random.default_rng(1)
    return Casebook(stage, roster, Catalogue.read(), work_calendar(City()), rng, speed=1000.0, now_ms=NOW)


async def test_a_server_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT_S", 0.001)
    calls: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        if len(calls) == 1:
            raise httpx.ConnectError("refused")
        if len(calls) == 2:
            return httpx.Response(503)
        return httpx.Response(200, content=orjson.dumps({"results": [{"n": 0, "status": "accepted"}]}))

    async with Api("http://demo", "key", httpx.MockTransport(answer)) as api:
        assert await api.post("/api/v1/events", [{}]) == [{"n": 0, "status": "accepted"}]
    assert len(calls) == 3


async def test_positions_are_not_sent_again() -> None:
    calls: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        return httpx.Response(503)

    async with Api("http://demo", "key", httpx.MockTransport(answer)) as api:
        assert not await api.post_now("/api/v1/positions", [{}])
    assert len(calls) == 1


async def test_a_request_that_is_wrong_for_good_is_told() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(413))
    async with Api("http://demo", "key", transport) as api:
        with pytest.raises(ApiError, match="413"):
            await api.post("/api/v1/events", [{}])


async def test_lists_are_read_page_by_page_with_the_key() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        after = int(request.url.params["after"])
        page = {"events": [after], "next": after + 1 if after < 2 else None}
        return httpx.Response(200, content=orjson.dumps(page))

    async with Api("http://demo", "key", httpx.MockTransport(answer)) as api:
        rows: list[Any] = await api.every("/api/v1/events", "events", [("state", "reported"), ("state", "handled")])
    assert rows == [0, 1, 2]
    assert asked[0].headers["X-Ingest-Key"] == "key"
    assert asked[0].url.params.get_list("state") == ["reported", "handled"]


def test_new_events_come_at_the_rate_of_the_hour(book: Casebook, stage: Stage) -> None:
    reports = [r for k in range(1, 31) for r in book.reports(NOW + 1000 * k, storm=False)]
    per_day = len(reports) / 30 * 86_400 / 1000
    assert 0.8 < per_day / (len(stage) * 30 / 66) / (46 / 41.7) < 1.4  # six in the evening, and some bursts
    records = [r for _, r in reports]
    assert len({r["source_id"] for r in records}) == len(records)
    assert {"source", "subtype", "reported_at", "lon", "lat", "description"} <= set(records[0])


def test_a_storm_brings_ten_times_as_much_to_two_districts_and_nothing_more_to_the_others(
    book: Casebook, stage: Stage
) -> None:
    counts = []
    for k, storm in enumerate((False, True)):
        grids = [c.grid for s in range(1, 41) for c, _ in book.reports(NOW + 1000 * (40 * k + s), storm=storm)]
        district = stage.district_code[stage.district[grids]]
        hit = np.isin(district, book.storm_districts)
        counts.append((hit.sum(), (~hit).sum()))
    assert len(book.storm_districts) == 2
    assert 6 < counts[1][0] / counts[0][0] < 15
    assert 0.6 < counts[1][1] / counts[0][1] < 1.6


def test_a_case_takes_its_steps_one_by_one_as_the_table_allows(book: Casebook) -> None:
    cases = [c for k in range(1, 21) for c, _ in book.reports(NOW + 1000 * k, storm=False)]
    state = {}
    for k, case in enumerate(cases):
        book.follow(case, f"C{k}")
        state[case.code] = State.REPORTED
    for second in range(20, 4000, 5):
        acts = book.due(NOW + second * 1000)
        assert len({a.case.code for a in acts}) == len(acts)
        for act in acts:
            record = book.record(act, "U1")
            step = FOLLOWS[record["action"]]
            assert state[act.case.code] in step.after
            assert bool(record.get("reason")) == step.needs_reason
            assert ("unit" in record) == step.needs_unit
            assert record["at"] <= NOW + second * 1000
            state[act.case.code] = step.to or state[act.case.code]
            book.done(act)
    assert len(book) == 0
    assert len(cases) > 10


def test_an_event_found_open_goes_on_from_its_state(book: Casebook, stage: Stage) -> None:
    event = {
        "code": "P1", "source": "hotline", "area": str(stage.code[3]), "subtype": "0202",
        "state": "handled", "lon": 1.0, "lat": 2.0,
        "state_at": "2026-11-20T09:00:00+00:00", "deadline_at": "2026-11-21T09:00:00+00:00",
    }  # fmt: skip
    case = book.resume(event, NOW)
    assert case is not None
    assert [action for _, action in case.steps] == ["check", "close"]
    assert case.steps[0][0] >= NOW
    assert book.resume(event | {"area": "elsewhere"}, NOW) is None
