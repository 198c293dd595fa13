"""The analysis: whose it is, what is asked for wrongly, and nonsense."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks import analysis_told
from callbacks.analysis import AT_ONCE, parts_of
from geodata.domain.roles import Role
from geodata.domain.view import MapView
from geodata.services import analysing
from tests.factories.access_city import OPERATOR
from tests.integration.security.asking import JSON, Answer
from tests.integration.security.place import ALL_ROLES, AREAS, IN_REACH, Place, Who
from tests.integration.security.rules import PEOPLE
from tests.integration.security.test_fuzz import FUZZED, TEXT, holds

PARTS = ("now", "period")


def ask(place: Place, who: Who, what: str, address: Any, **more: Any) -> Answer:
    return place.ask("POST", f"/analysis/{what}", who, json.dumps({"address": address} | more).encode(), JSON)


@pytest.mark.parametrize("what", PARTS)
def test_it_is_for_whoever_sees_the_area_and_tells_nothing_of_another(place: Place, what: str) -> None:
    for role in ALL_ROLES:
        for name, area in AREAS.items():
            answer = ask(place, place.who(role), what, f"/area/{area}")
            expected = 401 if role == Role.FEED else 200 if role in PEOPLE and name in IN_REACH else 404
            assert answer.status == expected, (role, name, answer.text[:200])
            assert not place.leaks(answer.bytes()), (role, name)
            assert answer.header("cache-control") == "no-store"
        beyond = {ask(place, place.who(role), what, f"/area/{AREAS[n]}").text for n in ("sibling", "none")}
        assert len(beyond) == 1, "what is beyond one's reach looks like what is not there"


def test_an_answer_that_is_kept_for_one_is_not_given_to_another(place: Place) -> None:
    whole = ask(place, place.who("centre_head", "C"), "now", "/area/D2")
    assert whole.status == 200
    assert ask(place, place.who("centre_head"), "now", "/area/D2").status == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("period=decade", "period"), ("period=2026-02-01..2026-01-01", "period"), ("period=2026-02-30..", "period"),
        ("period=1980-01-01..2026-01-01", "period"), ("day=today", "day"), ("kinds=police", "kinds"),
        ("rank=handling_mean", "rank"), ("classes=none", "classes"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("what", PARTS)
def test_a_wrong_value_is_named_with_its_rule(place: Place, what: str, query: str, field: str) -> None:
    answer = ask(place, place.who("leader"), what, f"/area/D1?{query}")
    told = orjson.loads(answer.body)
    assert (answer.status, told["field"]) == (422, field)
    assert told["value"] in query
    assert told["rule"]


@pytest.mark.parametrize(
    ("body", "field"),
    [(b"", "body"), (b"[]", "body"), (b"{}", "address"), (b'{"address": 5}', "address"),
     (b'{"address": "/area/D1", "more": 1}', "more"), (b'{"address": "/wall/D1"}', "path"),
     (b'{"address": "//["}', "view")],
)  # fmt: skip
def test_what_is_no_question_is_refused(place: Place, body: bytes, field: str) -> None:
    answer = place.ask("POST", "/analysis/period", place.who("leader"), body, JSON)
    assert (answer.status, orjson.loads(answer.body)["field"]) == (422, field)


@pytest.mark.parametrize("what", PARTS)
def test_however_many_ask_a_few_threads_read(place: Place, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    lock, running, peak, done = threading.Lock(), 0, 0, threading.Event()

    def work(*_: object) -> Any:
        nonlocal running, peak
        with lock:
            running, peak = running + 1, max(peak, running + 1)
        done.wait(0.1)
        with lock:
            running -= 1

    for name in ("count_now", "look_back"):
        monkeypatch.setattr(analysing, name, work)
    for name in PARTS:
        monkeypatch.setattr(analysis_told, name, lambda *_: {})

    async def all_at_once() -> None:
        part = parts_of(place.room)[what]
        await asyncio.gather(*(part(OPERATOR, MapView("D1")) for _ in range(6)))

    asyncio.run(all_at_once())
    assert peak == AT_ONCE


def test_an_analysis_that_is_none_is_not_there(place: Place) -> None:
    answer = ask(place, place.who("leader"), "future", "/area/D1")
    assert (answer.status, "now, period" in answer.text) == (404, True)


@FUZZED
@given(what=st.sampled_from(PARTS), role=st.sampled_from(["viewer", "leader"]),
       area=st.sampled_from(["D1", "D2", "C"]) | TEXT, query=TEXT)  # fmt: skip
def test_no_address_breaks_it_or_tells_of_another_district(
    place: Place, what: str, role: str, area: str, query: str
) -> None:
    address = f"/area/{area}?{query}"
    holds(place, ask(place, place.who(role), what, address), address)
