"""Windows of the long lists: whose they are, what is asked for wrongly, and nonsense."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.live.wiring import replays_of
from callbacks.windows import windows_of
from geodata.domain.roles import Role
from tests.integration.security.asking import JSON, Answer
from tests.integration.security.place import ALL_ROLES, AREAS, IN_REACH, Place, Who
from tests.integration.security.rules import WINDOWS
from tests.integration.security.test_fuzz import DEEP, FUZZED, TEXT, holds

GOOD: dict[str, Any] = {"n": 7, "address": "/duty/D1", "offset": 0, "limit": 50, "find": [], "hold": -1, "since": 0}


def ask(place: Place, who: Who, what: str = "queue", **other: Any) -> Answer:
    return place.ask("POST", f"/windows/{what}", who, json.dumps(GOOD | other).encode(), JSON)


def test_the_table_names_every_list_with_the_right_that_it_needs(place: Place) -> None:
    found = {name: window.right.value for name, window in windows_of(place.room, replays_of(place.room)).items()}
    assert found == {name: right for name, (right, _, _) in WINDOWS.items()}


@pytest.mark.parametrize("what", WINDOWS)
def test_a_window_is_for_whoever_has_the_right_within_its_reach(place: Place, what: str) -> None:
    _, roles, page = WINDOWS[what]
    for role in ALL_ROLES:
        for name, area in AREAS.items():
            answer = ask(place, place.who(role), what, address=f"/{page}/{area}")
            reached = name in IN_REACH and role != Role.SCREEN
            expected = 401 if role == Role.FEED else 403 if role not in roles else 200 if reached else 404
            assert answer.status == expected, (role, name, answer.text[:200])
            assert not place.leaks(answer.bytes()), (role, name)
            assert answer.header("cache-control") == "no-store"
            if answer.status == 200:
                told = orjson.loads(answer.body)
                assert told["n"] == 7
                assert len(told["rows"]) <= told["total"]
        beyond = {ask(place, place.who(role), what, address=f"/{page}/{AREAS[n]}").text for n in ("sibling", "none")}
        assert len(beyond) == 1, "what is beyond one's reach looks like what is not there"
    whole = ask(place, place.who("centre_head", "C"), what, address=f"/{page}/C", limit=200)
    assert place.leaks(whole.bytes(), ("D2",)), "the marks are in what the city's own account gets"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", -1), ("n", "1"), ("n", None), ("offset", -5), ("offset", 2**31 + 1), ("offset", 1.5), ("limit", 201),
        ("limit", -1), ("limit", True), ("find", "x"), ("find", ["a"] * 5), ("find.0", [1]), ("find.0", ["x" * 65]),
        ("hold", -2), ("hold", 10**12), ("since", -1), ("since", 2**60), ("address", 5), ("address", "/" * 2_001),
        ("more", 1),
    ],
)  # fmt: skip
def test_a_question_that_no_page_asks_is_refused_with_field_value_and_rule(
    place: Place, field: str, value: Any
) -> None:
    answer = ask(place, place.who("duty_officer"), **{field.partition(".")[0]: value})
    assert answer.status == 422
    told = orjson.loads(answer.body)
    assert told["field"] == field
    assert told["rule"]
    assert told["detail"] == f"{field}: {told['value']} {told['rule']}"


@pytest.mark.parametrize(
    ("what", "address", "field"),
    [
        ("queue", "/duty/D1?lights=blue", "lights"), ("queue", "/duty/D1?order=x", "order"), ("queue", "//[", "view"),
        ("queue", "/area/D1", "path"), ("queue", "", "path"), ("list", "/list/D1?figure=x", "figure"),
        ("list", "/list/D1?sort=x", "sort"), ("list", "/units/D1", "path"), ("list", "/list/D1/x", "path"),
        ("units", "/units/D1?status=asleep", "status"), ("units", "/units/D1?roster=some", "roster"),
        ("units", "/list/D1", "path"),
    ],
)  # fmt: skip
def test_an_address_that_is_no_list_is_refused_with_what_is_wrong(
    place: Place, what: str, address: str, field: str
) -> None:
    answer = ask(place, place.who("duty_officer"), what, address=address)
    assert (answer.status, orjson.loads(answer.body)["field"]) == (422, field)


@pytest.mark.parametrize("made", [b"", b"{", b"null", b"[]", b"[" * 30_000, b"\xff", b'"\\ud800"', b"NaN"])
def test_what_is_no_question_is_refused(place: Place, made: bytes) -> None:
    answer = place.ask("POST", "/windows/units", place.who("leader"), made, JSON)
    assert (answer.status, orjson.loads(answer.body)["field"]) == (422, "body")


def test_a_list_that_is_none_is_not_there(place: Place) -> None:
    answer = ask(place, place.who("leader"), "people")
    assert answer.status == 404
    assert orjson.loads(answer.body)["detail"] == "there is no list 'people'; possible: queue, list, units, grids"


@FUZZED
@given(
    what=st.sampled_from(sorted(WINDOWS)), role=st.sampled_from(["viewer", "duty_officer", "admin"]),
    odd=st.dictionaries(st.sampled_from([*GOOD, "x"]), DEEP, max_size=4),
    page=st.sampled_from(["duty", "list", "units"]), area=st.sampled_from(["D1", "D2", "C"]) | TEXT, query=TEXT,
)  # fmt: skip
def test_no_question_breaks_a_list_or_tells_of_another_district(
    place: Place, what: str, role: str, odd: dict[str, Any], page: str, area: str, query: str
) -> None:
    asked = {"address": f"/{page}/{area}?{query}"} | odd
    holds(place, ask(place, place.who(role), what, **asked), asked)
