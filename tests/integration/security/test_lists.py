"""Lists and boards, as pages and as files: each holds its own area, and no more than its reader may know."""

from __future__ import annotations

import csv
import io
import zipfile
from urllib.parse import quote

import orjson
import pytest

from geodata.domain.figures import FIGURES, Figure
from geodata.domain.roles import Role
from geodata.services.list_files import MEDIA
from tests.integration.security.asking import JSON, Answer
from tests.integration.security.place import ALL_ROLES, AREAS, BEYOND, IN_REACH, Place, Who
from tests.integration.security.rules import DOWNLOADS, ROUTES, STAFF

EXPORTING = ROUTES["GET /lists/{name}"].roles


def window(place: Place, who: Who, what: str, address: str) -> Answer:
    """What the page gets of its list."""
    question = {"n": 1, "address": address, "offset": 0, "limit": 200, "find": [place.units["D2"]]}
    return place.ask("POST", f"/windows/{what}", who, orjson.dumps(question), JSON)


def download(place: Place, who: Who, name: str, address: str) -> Answer:
    return place.ask("GET", f"/lists/{name}?of={quote(address, safe='')}", who)


def whole_text(answer: Answer, ending: str) -> bytes:
    """The bytes of a file; of a workbook those of its parts."""
    if ending != "xlsx":
        return answer.body
    with zipfile.ZipFile(io.BytesIO(answer.body)) as book:
        return b"\n".join(book.read(name) for name in book.namelist())


@pytest.mark.parametrize("role", ALL_ROLES)
def test_a_list_shows_its_area_to_whoever_reaches_it_and_no_more_than_the_feed_of_the_page(
    place: Place, role: str
) -> None:
    who = place.who(role)
    for name, area in AREAS.items():
        for figure in FIGURES:
            answer = window(place, who, "list", f"/list/{area}?figure={figure}")
            # A screen shows its own page and no list.
            reached = name in IN_REACH and role != Role.SCREEN
            assert answer.status == (401 if role == Role.FEED else 200 if reached else 404), (role, name, figure)
            assert not place.leaks(answer.bytes()), (role, name, figure)
            said = answer.body
            assert not any(mark in said for mark in (b"CONTACT", b"DESCRIPTION", b"SOURCE", b"UNIT", b"CALL"))
            told_why = reached and role in STAFF and figure == Figure.SUSPENDED
            assert (b"REASON" in said) == told_why, (role, name, figure)


@pytest.mark.parametrize("role", ALL_ROLES)
def test_the_board_of_units_is_for_whoever_may_see_units_in_its_reach(place: Place, role: str) -> None:
    who = place.who(role)
    for name, area in AREAS.items():
        answer = window(place, who, "units", f"/units/{area}")
        assert not place.leaks(answer.bytes()), (role, name)
        if role not in STAFF:
            assert answer.status == (401 if role == Role.FEED else 403), role
            continue
        assert answer.status == (200 if name in IN_REACH else 404), (role, name)
        if answer.status == 200:
            told = orjson.loads(answer.body)
            assert told["at"] == [-1], "another district's unit has no place in it"
            assert (name == "own") == any(row[0] == place.units["D1"] for row in told["rows"])


@pytest.mark.parametrize("ending", sorted(MEDIA))
@pytest.mark.parametrize("what", sorted(DOWNLOADS))
def test_a_file_holds_the_area_that_was_asked_for_and_is_for_whoever_may_export(
    place: Place, what: str, ending: str
) -> None:
    assert DOWNLOADS[what] == tuple(sorted(MEDIA))
    for role in ALL_ROLES:
        for name, area in AREAS.items():
            answer = download(place, place.who(role), f"{what}.{ending}", f"/{what}/{area}")
            if role == Role.FEED:
                assert answer.status == 401
            elif role not in EXPORTING:
                assert answer.status == 403, (role, name)
            else:
                assert answer.status == (404 if name in BEYOND else 200), (role, name, answer.text[:200])
            said = whole_text(answer, ending) if answer.status == 200 else answer.bytes()
            assert not place.leaks(said), (role, name)
            assert b"CONTACT" not in said
    whole = download(place, place.who("leader", "C"), f"{what}.{ending}", f"/{what}/C")
    assert place.leaks(whole_text(whole, ending), ("D2",)), "the marks are in what the city's own account gets"


def test_a_unit_beyond_ones_reach_has_no_code_in_a_list_of_events(place: Place) -> None:
    asked = "/list/D1?figure=open"
    text = download(place, place.who("leader"), "list.csv", asked).body.decode("utf-8-sig")
    mine = list(csv.DictReader(io.StringIO(text)))
    assert {row["主办力量"] for row in mine} == {"", place.units["D1"], place.units["G00"]}


def test_that_a_list_was_taken_stands_in_the_audit_with_who_what_and_how_many(place: Place) -> None:
    leader = place.newcomer(Role.LEADER)
    answer = download(place, leader, "list.csv", "/list/D1?figure=open&classes=01")
    rows = answer.body.decode("utf-8-sig").strip().split("\r\n")
    told = place.ask("GET", f"/audit?actor={leader.name}", place.who("auditor")).text
    assert "list:open.csv" in told
    assert f"{len(rows) - 1}" == answer.header("x-list-rows")
    assert download(place, leader, "list.csv", "/list/D2?figure=late").status == 404
    assert "list:late" not in place.ask("GET", f"/audit?actor={leader.name}", place.who("auditor", "C")).text


@pytest.mark.parametrize(
    ("name", "address", "status"),
    [
        ("list.csv", "/list/D1?figure=nothing", 422),
        ("list.csv", "/list/D1?sort=nothing", 422),
        ("list.csv", "/list/D1?figure=reported&hour=24", 422),
        ("list.csv", "/list/D1?figure=reported&hour=-1", 422),
        ("list.csv", "/list/D1?figure=reported&hour=%D9%A3", 422),
        ("list.csv", "/list/D1?figure=overdue&hour=8", 422),
        ("list.csv", "/units/D1", 422),
        ("list.csv", "/area/D1", 422),
        ("list.csv", "//[", 422),
        ("list.csv", "", 422),
        ("units.csv", "/units/D1?status=asleep", 422),
        ("units.csv", "/units/D1?roster=some", 422),
        ("units.csv", "/units/D1?sort=none", 422),
        ("grids.csv", "/grids/D1?walk=some", 422),
        ("grids.csv", "/grids/D1?sort=none", 422),
        ("grids.csv", f"/grids/D1?type={'x' * 33}", 422),
        ("grids.csv", "/units/D1", 422),
        ("list.gpkg", "/list/D1", 404),
        ("people.csv", "/list/D1", 404),
        ("list", "/list/D1", 404),
    ],
)
def test_what_is_no_list_is_refused_with_what_is_wrong(place: Place, name: str, address: str, status: int) -> None:
    answer = download(place, place.who("leader"), name, address)
    assert answer.status == status, answer.text
    assert "Traceback" not in answer.text
